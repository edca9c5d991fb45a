#include "request.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "../../base/clock.h"

#define URL_MAX 24576

static int add_signature(struct azure_request *request, const struct shared_key_header *headers, size_t count,
                         jb_error *error)
{
    const struct azure_auth *auth = &request->azure->auth;
    struct buffer value;
    buffer_init(&value, HTTP_HEADERS_MAX);
    int code = JB_OK;
    if (auth->kind == AZURE_SHARED_KEY) {
        const struct shared_key_request to_sign = {.method = request->http.method,
                                                   .account = request->azure->account,
                                                   .path = request->path.data,
                                                   .query = request->query,
                                                   .query_count = request->query_count,
                                                   .headers = headers,
                                                   .header_count = count,
                                                   .body_size = request->http.body_size};
        code = shared_key_authorization(&auth->key, &to_sign, &value, error);
    } else if (auth->kind == AZURE_BEARER) {
        char *token = NULL;
        code = azure_tokens_get(auth->tokens, &token, error);
        if (code == JB_OK)
            code = buffer_printf(&value, error, "Bearer %s", token);
        if (token != NULL)
            OPENSSL_cleanse(token, strlen(token));
        free(token);
    }
    if (code == JB_OK && value.size > 0)
        code = http_request_header(&request->http, "authorization", value.data, error);
    buffer_clean_up(&value);
    return code;
}

/* Each try is dated anew, for the service refuses dates that are 15 minutes off. */
static int sign(struct http_request *http, jb_error *error)
{
    struct azure_request *request = http->context;
    char date[CLOCK_HTTP_SIZE];
    clock_format_http(clock_now(), date);
    struct shared_key_header headers[AZURE_HEADERS_MAX + 2] = {{"x-ms-date", date}, {"x-ms-version", AZURE_VERSION}};
    size_t count = 2;
    for (size_t i = 0; i < request->header_count; i++)
        headers[count++] = request->headers[i];
    int code = JB_OK;
    for (size_t i = 0; i < count && code == JB_OK; i++)
        code = http_request_header(http, headers[i].name, headers[i].value, error);
    return code == JB_OK ? add_signature(request, headers, count, error) : code;
}

static enum http_verdict judge(struct http_request *http)
{
    struct azure_request *request = http->context;
    request->store_code[0] = '\0';
    bool wanted = http->expected != 0 ? http->status == http->expected : http->status >= 200 && http->status <= 299;
    if (!wanted)
        return azure_judge_problem(request);
    return request->check != NULL ? request->check(request) : HTTP_DONE;
}

int azure_request_init(struct azure_request *request, struct azure_store *azure, jb_operation *operation,
                       const char *what, const char *method, const char *bucket, const char *key, jb_error *error)
{
    *request = (struct azure_request){.azure = azure, .what = what};
    int code = azure_check_names(bucket, key, error);
    if (code != JB_OK)
        return code;
    http_request_init(&request->http, method, NULL, operation);
    request->http.context = request;
    request->http.prepare = sign;
    request->http.judge = judge;
    request->http.with_body = strcmp(method, "PUT") == 0 || strcmp(method, "POST") == 0;
    request->http.body = "";
    buffer_init(&request->path, URL_MAX);
    buffer_init(&request->url, 2 * URL_MAX);
    request->bucket = bucket != NULL ? strdup(bucket) : NULL;
    request->key = key != NULL ? strdup(key) : NULL;
    if ((bucket != NULL && request->bucket == NULL) || (key != NULL && request->key == NULL)) {
        azure_request_clean_up(request);
        return error_no_memory(error);
    }
    return JB_OK;
}

void azure_request_query(struct azure_request *request, const char *name, const char *value)
{
    if (value != NULL)
        request->query[request->query_count++] = (struct uri_parameter){name, value};
}

int azure_request_header(struct azure_request *request, const char *name, const char *value, jb_error *error)
{
    if (request->header_count == AZURE_HEADERS_MAX)
        return error_set(error, JB_ERROR_LIMIT, "a request of more than %d headers", AZURE_HEADERS_MAX);
    struct shared_key_header *header = &request->headers[request->header_count++];
    *header = (struct shared_key_header){strdup(name), strdup(value)};
    return header->name == NULL || header->value == NULL ? error_no_memory(error) : JB_OK;
}

void azure_request_body(struct azure_request *request, const void *bytes, size_t count)
{
    request->http.body = bytes;
    request->http.body_size = count;
}

int azure_request_condition(struct azure_request *request, struct store_condition condition, jb_error *error)
{
    switch (condition.when) {
    case STORE_IF_ABSENT:
        return azure_request_header(request, "if-none-match", "*", error);
    case STORE_IF_UNCHANGED:
        if (condition.tag == NULL || *condition.tag == '\0' || !reply_tag_is_sound(condition.tag))
            return error_set(error, JB_ERROR_USAGE, "the tag to compare with is missing or malformed");
        return azure_request_header(request, "if-match", condition.tag, error);
    case STORE_ALWAYS:
    case STORE_ONTO_NOTHING:
        break;
    }
    return JB_OK;
}

int azure_request_tier(struct azure_request *request, jb_error *error)
{
    const char *tier = request->azure->tier;
    return tier != NULL ? azure_request_header(request, "x-ms-access-tier", tier, error) : JB_OK;
}

int azure_append_path(const struct azure_store *azure, struct buffer *path, const char *bucket, const char *key,
                      jb_error *error)
{
    int code = buffer_printf(path, error, "%s/", azure->root);
    if (code == JB_OK && bucket != NULL)
        code = uri_encode(path, bucket, false, error);
    if (code == JB_OK && key != NULL)
        code = buffer_append_text(path, "/", error);
    if (code == JB_OK && key != NULL)
        code = uri_encode(path, key, true, error);
    return code;
}

int azure_request_build(struct azure_request *request, jb_error *error)
{
    struct azure_store *azure = request->azure;
    const char *sas = NULL;
    int code = azure_auth_sas(&azure->auth, request->bucket, request->key, &sas, error);
    if (code == JB_OK)
        code = azure_append_path(azure, &request->path, request->bucket, request->key, error);
    if (code == JB_OK)
        code = buffer_printf(&request->url, error, "%s%s%s", azure->origin, request->path.data,
                             request->query_count > 0 || sas != NULL ? "?" : "");
    if (code == JB_OK && request->query_count > 0)
        code = uri_canonical_query(&request->url, request->query, request->query_count, error);
    if (code == JB_OK && sas != NULL)
        code = buffer_printf(&request->url, error, "%s%s", request->query_count > 0 ? "&" : "", sas);
    request->http.url = request->url.data;
    return code;
}

void azure_request_explain(struct azure_request *request)
{
    jb_error *error = &request->http.error;
    error_prefix(error, "cannot %s 'azure://%s%s%s%s%s'", request->what, request->azure->account,
                 request->bucket != NULL ? "/" : "", request->bucket != NULL ? request->bucket : "",
                 request->key != NULL ? "/" : "", request->key != NULL ? request->key : "");
    if (error->code == JB_ERROR_UNREACHABLE && error->hint[0] == '\0')
        error_hint(error, "check that the endpoint '%s%s' is right and reachable from this machine",
                   request->azure->origin, request->azure->root);
}

int azure_request_perform(struct azure_request *request, jb_error *error)
{
    int code = azure_request_build(request, error);
    if (code != JB_OK)
        return code;
    code = http_perform(request->azure->http, &request->http);
    if (code != JB_OK) {
        azure_request_explain(request);
        error_copy(error, &request->http.error);
    }
    return code;
}

bool azure_request_failed_with(const struct azure_request *request, const char *store_code)
{
    return strcmp(request->store_code, store_code) == 0;
}

void azure_request_clean_up(struct azure_request *request)
{
    http_request_clean_up(&request->http);
    for (size_t i = 0; i < request->header_count; i++) {
        char *value = (char *)(uintptr_t)request->headers[i].value;
        if (value != NULL)
            OPENSSL_cleanse(value, strlen(value));
        free(value);
        free((char *)(uintptr_t)request->headers[i].name);
    }
    free(request->bucket);
    free(request->key);
    buffer_clean_up(&request->path);
    buffer_clean_up(&request->url);
}
