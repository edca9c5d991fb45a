/* Keys of a container's task or pod (ECS, EKS Pod Identity, and others that speak the same). */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../endpoint.h"
#include "chain.h"
#include "small_file.h"

#define AUTHORIZATION_MAX 16384
static const char place[] = "the container's endpoint";

static const char *variable(const char *name)
{
    const char *value = getenv(name);
    return value != NULL && *value != '\0' ? value : NULL;
}

static bool is_loopback(const char *host, size_t size)
{
    if (size > 4 && memcmp(host, "127.", 4) == 0)
        return strspn(host, "0123456789.") == size;
    return (size == 9 && memcmp(host, "localhost", 9) == 0) || (size == 5 && memcmp(host, "[::1]", 5) == 0);
}

/* Plain HTTP may carry keys only where it does not leave the machine (AWS SDKs, "Container credential provider"). */
static bool is_near(const char *host, size_t size)
{
    static const char *const near[] = {"169.254.170.2", "169.254.170.23", "[fd00:ec2::23]"};
    for (size_t i = 0; i < sizeof near / sizeof *near; i++)
        if (strlen(near[i]) == size && memcmp(near[i], host, size) == 0)
            return true;
    return is_loopback(host, size);
}

static bool is_printable(const char *text)
{
    for (; *text != '\0'; text++)
        if (*text <= ' ' || *text > '~')
            return false;
    return true;
}

static int check_full(const char *uri, jb_error *error)
{
    bool https = strncmp(uri, "https://", 8) == 0;
    const char *host = https ? uri + 8 : strncmp(uri, "http://", 7) == 0 ? uri + 7 : NULL;
    size_t size = host == NULL ? 0 : strcspn(host, "/?#");
    if (host == NULL || !endpoint_is_host(host, size) || !is_printable(uri))
        return error_set(error, JB_ERROR_USAGE, "AWS_CONTAINER_CREDENTIALS_FULL_URI is malformed");
    const char *bracket = memchr(host, ']', size);
    const char *port =
        memchr(bracket != NULL ? bracket : host, ':', bracket != NULL ? size - (size_t)(bracket - host) : size);
    if (https || is_near(host, port != NULL ? (size_t)(port - host) : size))
        return JB_OK;
    error_set(error, JB_ERROR_USAGE, "AWS_CONTAINER_CREDENTIALS_FULL_URI names another machine over plain HTTP");
    return error_hint(error, "use https, or the container's own address");
}

static int find_uri(const char *relative, const char *full, struct buffer *uri, jb_error *error)
{
    if (relative == NULL) {
        int code = check_full(full, error);
        return code == JB_OK ? buffer_append_text(uri, full, error) : code;
    }
    if (*relative != '/' || !is_printable(relative))
        return error_set(error, JB_ERROR_USAGE, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI is malformed");
    return buffer_printf(uri, error, "http://169.254.170.2%s", relative);
}

static int find_authorization(struct buffer *authorization, jb_error *error)
{
    const char *file = variable("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
    const char *token = variable("AWS_CONTAINER_AUTHORIZATION_TOKEN");
    int code = JB_OK;
    if (file != NULL)
        code = small_file_read(file, "the container's authorization token", authorization, error);
    else if (token != NULL)
        code = buffer_append_text(authorization, token, error);
    while (authorization->size > 0 && strchr("\r\n", authorization->data[authorization->size - 1]) != NULL)
        authorization->data[--authorization->size] = '\0';
    return code;
}

int chain_container(const struct chain *chain, struct sts_session *session, bool *found, jb_error *error)
{
    const char *relative = variable("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
    const char *full = variable("AWS_CONTAINER_CREDENTIALS_FULL_URI");
    *found = relative != NULL || full != NULL;
    if (!*found)
        return JB_OK;
    struct buffer uri, authorization, reply;
    buffer_init(&uri, 4096);
    buffer_init(&authorization, AUTHORIZATION_MAX);
    buffer_init(&reply, METADATA_REPLY_MAX);
    int status = 0;
    int code = find_uri(relative, full, &uri, error);
    if (code == JB_OK)
        code = find_authorization(&authorization, error);
    if (code == JB_OK) {
        const struct metadata_request request = {
            .method = "GET",
            .url = uri.data,
            .headers = {{authorization.size > 0 ? "Authorization" : NULL, authorization.data}}};
        code = metadata_ask(chain, &request, &reply, &status, error);
        if (code != JB_OK)
            error_prefix(error, "cannot get keys from %s", place);
    }
    if (code == JB_OK && status != 200)
        code = error_set(error, JB_ERROR_ACCESS, "%s refuses (status %d)", place, status);
    if (code == JB_OK)
        code = metadata_keys(reply.data, reply.size, place, session, error);
    buffer_clean_up(&uri);
    buffer_clean_up(&authorization);
    buffer_clean_up(&reply);
    return code;
}
