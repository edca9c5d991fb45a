#include "token_source.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "../../base/secret.h"
#include "../uri.h"
#include "endpoint.h"

#define FORM_MAX   65536
#define SECRET_MAX 4096
#define ID_MAX     253

static const char *given(const char *text)
{
    return text != NULL && *text != '\0' ? text : NULL;
}

/* A directory is a GUID or a domain, a client a GUID: nothing that a path or a form could take for more. */
static int check_name(const char *what, const char *text, jb_error *error)
{
    size_t size = strlen(text);
    for (size_t i = 0; i < size && size <= ID_MAX; i++)
        if (!isalnum((unsigned char)text[i]) && (strchr("-._", text[i]) == NULL || i == 0))
            size = ID_MAX + 1;
    if (size <= ID_MAX)
        return JB_OK;
    error_set(error, JB_ERROR_USAGE, "%s is malformed", what);
    return error_hint(error, "look for a blank or a line's end that was copied with it");
}

static int check_secret(const char *what, const char *text, jb_error *error)
{
    size_t size = strlen(text);
    if (size > SECRET_MAX)
        return error_set(error, JB_ERROR_USAGE, "%s is longer than %d characters", what, SECRET_MAX);
    for (size_t i = 0; i < size; i++)
        if ((unsigned char)text[i] <= ' ' || text[i] == 0x7f) {
            error_set(error, JB_ERROR_USAGE, "%s holds a blank or a control character", what);
            return error_hint(error, "look for a line's end or a blank that was copied with it");
        }
    return JB_OK;
}

static int copy(char **to, const char *text, jb_error *error)
{
    *to = strdup(text);
    return *to == NULL ? error_no_memory(error) : JB_OK;
}

static int detach(struct buffer *buffer, char **text, jb_error *error)
{
    *text = buffer_detach(buffer);
    return *text == NULL ? error_no_memory(error) : JB_OK;
}

/* "name=value&…" */
static int encode(const struct uri_parameter *parameters, size_t count, char **text, jb_error *error)
{
    struct buffer buffer;
    buffer_init(&buffer, FORM_MAX);
    int code = uri_canonical_query(&buffer, parameters, count, error);
    if (code == JB_OK)
        code = detach(&buffer, text, error);
    buffer_clean_up(&buffer);
    return code;
}

static int join(char **text, jb_error *error, const char *first, const char *second, const char *third)
{
    struct buffer buffer;
    buffer_init(&buffer, FORM_MAX);
    int code = buffer_printf(&buffer, error, "%s%s%s", first, second, third);
    if (code == JB_OK)
        code = detach(&buffer, text, error);
    buffer_clean_up(&buffer);
    return code;
}

/* The variable may name the host alone, as Azure's own tools allow. */
static int find_login(const struct azure_principal *principal, char **login, jb_error *error)
{
    const char *text = given(principal->login);
    char *whole = NULL;
    if (text == NULL)
        text = given(getenv("AZURE_AUTHORITY_HOST"));
    if (text == NULL)
        text = "https://login.microsoftonline.com";
    int code = strstr(text, "://") != NULL ? copy(&whole, text, error) : join(&whole, error, "https://", text, "");
    if (code == JB_OK)
        code = azure_endpoint(whole, "the address of the login service", login, error);
    free(whole);
    return code;
}

/* Microsoft identity platform, "OAuth 2.0 client credentials flow", first case: a shared secret. */
static int by_secret(struct token_source *source, const struct azure_principal *principal, const char *const three[3],
                     jb_error *error)
{
    char *scope = NULL;
    int code = check_name("the tenant's id", three[0], error);
    if (code == JB_OK)
        code = check_name("the client's id", three[1], error);
    if (code == JB_OK)
        code = check_secret("the client's secret", three[2], error);
    if (code == JB_OK)
        code = find_login(principal, &source->place, error);
    if (code == JB_OK)
        code = join(&scope, error, principal->resource, "/.default", "");
    if (code == JB_OK)
        code = copy(&source->secret, three[2], error);
    struct uri_parameter form[] = {
        {"client_id", three[1]}, {"client_secret", three[2]}, {"grant_type", "client_credentials"}, {"scope", scope}};
    if (code == JB_OK)
        code = encode(form, sizeof form / sizeof *form, &source->form, error);
    struct buffer url;
    buffer_init(&url, FORM_MAX);
    if (code == JB_OK)
        code = buffer_printf(&url, error, "%s/%s/oauth2/v2.0/token", source->place, three[0]);
    if (code == JB_OK)
        code = detach(&url, &source->url, error);
    buffer_clean_up(&url);
    free(scope);
    source->method = "POST";
    return code;
}

/* Plain HTTP only where it cannot leave the machine's link: that is where Azure has these services. */
static int check_identity_url(const char *url, jb_error *error)
{
    bool plain = strncmp(url, "http://", 7) == 0;
    const char *host = plain ? url + 7 : strncmp(url, "https://", 8) == 0 ? url + 8 : "";
    size_t host_size = strcspn(host, "/");
    bool sound = host_size > 0 && strlen(url) <= 2048;
    for (const char *c = url; *c != '\0'; c++)
        sound = sound && (isalnum((unsigned char)*c) || strchr("-._~:/[]%", *c) != NULL);
    if (sound && (!plain || azure_host_is_loopback(host, host_size) || azure_host_is_link_local(host, host_size)))
        return JB_OK;
    error_set(error, JB_ERROR_USAGE, "the address of the managed identity's service is malformed or not safe");
    return error_hint(error, "it is https, or http on this machine or link; see IDENTITY_ENDPOINT and "
                             "AZURE_POD_IDENTITY_AUTHORITY_HOST");
}

static int by_identity(struct token_source *source, const struct azure_principal *principal, const char *client,
                       const char *base, const char *path, const char *version, jb_error *error)
{
    struct uri_parameter query[] = {{"api-version", version}, {"resource", principal->resource}, {"client_id", client}};
    char *text = NULL;
    int code = client != NULL ? check_name("the client's id", client, error) : JB_OK;
    if (code == JB_OK)
        code = join(&source->place, error, base, path, "");
    if (code == JB_OK)
        code = check_identity_url(source->place, error);
    if (code == JB_OK)
        code = encode(query, client != NULL ? 3 : 2, &text, error);
    if (code == JB_OK)
        code = join(&source->url, error, source->place, "?", text);
    free(text);
    source->method = "GET";
    source->managed = true;
    return code;
}

/* App Service and Container Apps say by two variables where to ask; virtual machines have one address for all. */
static int managed(struct token_source *source, const struct azure_principal *principal, const char *client,
                   jb_error *error)
{
    const char *endpoint = given(getenv("IDENTITY_ENDPOINT")), *header = given(getenv("IDENTITY_HEADER"));
    const char *authority = given(getenv("AZURE_POD_IDENTITY_AUTHORITY_HOST"));
    if (endpoint != NULL && header == NULL) {
        error_set(error, JB_ERROR_UNSUPPORTED, "IDENTITY_ENDPOINT is set without IDENTITY_HEADER");
        return error_hint(error, "identities of Azure Arc are not supported; give a service principal");
    }
    if (endpoint == NULL) {
        source->header = "Metadata";
        int code = copy(&source->header_value, "true", error);
        return code != JB_OK
                   ? code
                   : by_identity(source, principal, client, authority != NULL ? authority : "http://169.254.169.254",
                                 "/metadata/identity/oauth2/token", "2018-02-01", error);
    }
    int code = check_secret("IDENTITY_HEADER", header, error);
    source->header = "X-IDENTITY-HEADER";
    if (code == JB_OK)
        code = copy(&source->header_value, header, error);
    if (code == JB_OK)
        code = copy(&source->secret, header, error);
    return code == JB_OK ? by_identity(source, principal, client, endpoint, "", "2019-08-01", error) : code;
}

int token_source_init(struct token_source *source, const struct azure_principal *principal, jb_error *error)
{
    const char *three[] = {given(principal->tenant), given(principal->client), given(principal->secret)};
    *source = (struct token_source){0};
    if (three[0] == NULL && three[1] == NULL && three[2] == NULL) {
        three[0] = given(getenv("AZURE_TENANT_ID"));
        three[1] = given(getenv("AZURE_CLIENT_ID"));
        three[2] = given(getenv("AZURE_CLIENT_SECRET"));
    }
    int code;
    if (three[0] != NULL && three[1] != NULL && three[2] != NULL) {
        code = by_secret(source, principal, three, error);
    } else if (three[2] != NULL) {
        error_set(error, JB_ERROR_USAGE, "the %s's id is missing", three[0] == NULL ? "tenant" : "client");
        code = error_hint(error, "a service principal is three texts: AZURE_TENANT_ID, AZURE_CLIENT_ID and "
                                 "AZURE_CLIENT_SECRET, or the options of these names");
    } else if (given(principal->tenant) != NULL) {
        error_set(error, JB_ERROR_USAGE, "the client's secret is missing");
        code = error_hint(error, "a service principal is three texts; leave the tenant out to use the machine's "
                                 "managed identity");
    } else {
        code = managed(source, principal, three[1], error);
    }
    if (code != JB_OK)
        token_source_clean_up(source);
    return code;
}

void token_source_clean_up(struct token_source *source)
{
    secret_free(source->form);
    secret_free(source->header_value);
    secret_free(source->secret);
    free(source->url);
    free(source->place);
    *source = (struct token_source){0};
}
