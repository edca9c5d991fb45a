/* Keys of the instance's own role, by IMDSv2 alone: the first version answers whoever can make this machine send a GET.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "../endpoint.h"
#include "chain.h"

#define ROLE_PATH   "/latest/meta-data/iam/security-credentials/"
#define TOKEN_LIFE  "21600"
#define TOKEN_LIMIT 1024
static const char place[] = "the instance's endpoint";

struct instance {
    const struct chain *chain;
    char *scheme, *host;
    struct buffer token, role, url;
};

static int ask(struct instance *instance, const char *method, const char *path, const char *more,
               const char *const header[2], struct buffer *reply, int *status, jb_error *error)
{
    instance->url.size = 0;
    int code = buffer_printf(&instance->url, error, "%s://%s%s%s", instance->scheme, instance->host, path, more);
    const struct metadata_request request = {
        .method = method, .url = instance->url.data, .headers = {{header[0], header[1]}}};
    return code == JB_OK ? metadata_ask(instance->chain, &request, reply, status, error) : code;
}

static bool is_token(const struct buffer *text)
{
    for (size_t i = 0; i < text->size; i++)
        if (text->data[i] <= ' ' || text->data[i] > '~')
            return false;
    return text->size > 0;
}

/* The first line: an instance has one role. Its name goes into an address. */
static bool take_role(struct buffer *role)
{
    role->size = role->size == 0 ? 0 : strcspn(role->data, "\r\n");
    if (role->size == 0)
        return false;
    role->data[role->size] = '\0';
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+=,.@_-";
    return strspn(role->data, allowed) == role->size && strcmp(role->data, "..") != 0 && strcmp(role->data, ".") != 0;
}

/* No answer, or one that knows no such thing, means that this machine is no instance, or one without a role. */
static int find_role(struct instance *instance, bool *found, jb_error *error)
{
    static const char *const life[2] = {"X-aws-ec2-metadata-token-ttl-seconds", TOKEN_LIFE};
    int status = 0;
    int code = ask(instance, "PUT", "/latest/api/token", "", life, &instance->token, &status, error);
    *found = false;
    if (code == JB_ERROR_UNREACHABLE || (code == JB_OK && status != 200))
        return JB_OK;
    if (code == JB_OK && !is_token(&instance->token))
        code = error_set(error, JB_ERROR_FORMAT, "%s gives a malformed token", place);
    if (code != JB_OK)
        return code;
    const char *const token[2] = {"X-aws-ec2-metadata-token", instance->token.data};
    code = ask(instance, "GET", ROLE_PATH, "", token, &instance->role, &status, error);
    if (code != JB_OK)
        return error_prefix(error, "cannot ask %s for its role", place);
    if (status == 404)
        return JB_OK;
    if (status != 200)
        return error_set(error, JB_ERROR_ACCESS, "%s refuses to name its role (status %d)", place, status);
    *found = true;
    return take_role(&instance->role) ? JB_OK : error_set(error, JB_ERROR_FORMAT, "%s names a malformed role", place);
}

static int fetch(struct instance *instance, struct sts_session *session, bool *found, jb_error *error)
{
    struct buffer reply;
    int status = 0;
    int code = find_role(instance, found, error);
    if (code != JB_OK || !*found)
        return code;
    buffer_init(&reply, METADATA_REPLY_MAX);
    const char *const token[2] = {"X-aws-ec2-metadata-token", instance->token.data};
    code = ask(instance, "GET", ROLE_PATH, instance->role.data, token, &reply, &status, error);
    if (code != JB_OK)
        error_prefix(error, "cannot get keys from %s", place);
    else if (status != 200)
        code = error_set(error, JB_ERROR_ACCESS, "%s refuses the keys of its role '%s' (status %d)", place,
                         instance->role.data, status);
    if (code == JB_OK)
        code = metadata_keys(reply.data, reply.size, place, session, error);
    buffer_clean_up(&reply);
    return code;
}

int chain_instance(const struct chain *chain, struct sts_session *session, bool *found, jb_error *error)
{
    const char *disabled = getenv("AWS_EC2_METADATA_DISABLED");
    const char *endpoint = getenv("AWS_EC2_METADATA_SERVICE_ENDPOINT");
    *found = false;
    if (disabled != NULL && strcasecmp(disabled, "true") == 0)
        return JB_OK;
    if (endpoint == NULL || *endpoint == '\0')
        endpoint = "http://169.254.169.254";
    struct instance instance = {.chain = chain};
    int code = endpoint_parse(endpoint, &instance.scheme, &instance.host, error);
    if (code != JB_OK)
        return error_prefix(error, "AWS_EC2_METADATA_SERVICE_ENDPOINT");
    buffer_init(&instance.token, TOKEN_LIMIT);
    buffer_init(&instance.role, TOKEN_LIMIT);
    buffer_init(&instance.url, 4096);
    code = fetch(&instance, session, found, error);
    buffer_clean_up(&instance.token);
    buffer_clean_up(&instance.role);
    buffer_clean_up(&instance.url);
    free(instance.scheme);
    free(instance.host);
    return code;
}
