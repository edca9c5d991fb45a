#include "request.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../base/clock.h"
#include "presigned.h"

#define URL_MAX 16384

static int add_signature(struct s3_request *request, const struct credentials *credentials,
                         const struct sigv4_header *headers, size_t count, const char *date, jb_error *error)
{
    const struct sigv4_request to_sign = {
        .method = request->http.method,
        .path = request->path.data,
        .query = request->canonical_query.size > 0 ? request->canonical_query.data : "",
        .headers = headers,
        .header_count = count,
        .payload_hash = request->payload_hash,
    };
    const struct sigv4_scope scope = {
        .credentials = credentials, .region = request->region, .service = "s3", .date = date};
    struct sigv4_signature signature;
    sigv4_signature_init(&signature);
    int code = sigv4_sign(&to_sign, &scope, &signature, error);
    if (code == JB_OK)
        code = http_request_header(&request->http, "Authorization", signature.authorization.data, error);
    sigv4_signature_clean_up(&signature);
    return code;
}

static int sign_with(struct s3_request *request, const struct credentials *credentials, jb_error *error)
{
    char date[17];
    clock_format_amz(clock_now() + atomic_load(&request->s3->clock_ahead_s), date);
    struct sigv4_header headers[S3_HEADERS_MAX + 4] = {
        {"Host", request->host}, {"x-amz-content-sha256", request->payload_hash}, {"x-amz-date", date}};
    size_t count = 3;
    if (credentials->session_token != NULL)
        headers[count++] = (struct sigv4_header){"x-amz-security-token", credentials->session_token};
    for (size_t i = 0; i < request->header_count; i++)
        headers[count++] = request->headers[i];
    int code = JB_OK;
    for (size_t i = 0; i < count && code == JB_OK; i++)
        code = http_request_header(&request->http, headers[i].name, headers[i].value, error);
    return code == JB_OK ? add_signature(request, credentials, headers, count, date, error) : code;
}

/* Each try is dated and signed anew, by the store's clock once it is known: stores refuse dates that are 15 minutes
 * off, and keys change. */
static int sign(struct http_request *http, jb_error *error)
{
    struct s3_request *request = http->context;
    if (request->s3->presigned != NULL)
        return s3_presigned_prepare(request->s3->presigned, request, error);
    struct credentials credentials;
    int code = credentials_provider_get(request->s3->provider, &credentials, error);
    if (code != JB_OK)
        return code;
    code = sign_with(request, &credentials, error);
    credentials_clean_up(&credentials);
    return code;
}

static enum http_verdict judge(struct http_request *http)
{
    struct s3_request *request = http->context;
    request->store_code[0] = '\0';
    bool wanted = http->expected != 0 ? http->status == http->expected : http->status >= 200 && http->status <= 299;
    if (!wanted)
        return s3_judge_problem(request);
    return request->check != NULL ? request->check(request) : HTTP_DONE;
}

int s3_request_init(struct s3_request *request, struct s3_store *s3, jb_operation *operation, const char *what,
                    const char *method, const char *bucket, const char *key, jb_error *error)
{
    *request = (struct s3_request){.s3 = s3, .what = what};
    http_request_init(&request->http, method, NULL, operation);
    request->http.context = request;
    request->http.prepare = sign;
    request->http.judge = judge;
    buffer_init(&request->path, URL_MAX);
    buffer_init(&request->canonical_query, URL_MAX);
    buffer_init(&request->url, 3 * URL_MAX);
    request->bucket = strdup(bucket);
    request->key = key != NULL ? strdup(key) : NULL;
    if (request->bucket == NULL || (key != NULL && request->key == NULL)) {
        s3_request_clean_up(request);
        return error_no_memory(error);
    }
    return s3_request_body(request, "", 0, NULL, error);
}

void s3_request_query(struct s3_request *request, const char *name, const char *value)
{
    request->query[request->query_count++] = (struct uri_parameter){name, value};
}

void s3_request_version(struct s3_request *request, const char *version)
{
    if (version != NULL && *version != '\0')
        s3_request_query(request, "versionId", version);
}

int s3_request_header(struct s3_request *request, const char *name, const char *value, jb_error *error)
{
    char *copy = strdup(value);
    if (copy == NULL)
        return error_no_memory(error);
    request->headers[request->header_count++] = (struct sigv4_header){name, copy};
    return JB_OK;
}

int s3_request_body(struct s3_request *request, const void *bytes, size_t count, const unsigned char *sha256,
                    jb_error *error)
{
    unsigned char digest[SHA256_SIZE];
    if (sha256 == NULL) {
        int code = sha256_of(bytes, count, digest, error);
        if (code != JB_OK)
            return code;
        sha256 = digest;
    }
    hex_encode(sha256, SHA256_SIZE, request->payload_hash);
    request->http.with_body = strcmp(request->http.method, "PUT") == 0 || strcmp(request->http.method, "POST") == 0;
    request->http.body = bytes;
    request->http.body_size = count;
    return JB_OK;
}

/* The old form of checksum and the new, for stores know one or both. */
int s3_request_xml_body(struct s3_request *request, const struct buffer *body, jb_error *error)
{
    unsigned char md5[16], sha256[SHA256_SIZE];
    char text[64];
    int code = s3_request_header(request, "Content-Type", "application/xml", error);
    if (code == JB_OK && EVP_Digest(body->data, body->size, md5, NULL, EVP_md5(), NULL) == 1) {
        /* It may be switched off (FIPS). */
        EVP_EncodeBlock((unsigned char *)text, md5, sizeof md5);
        code = s3_request_header(request, "Content-MD5", text, error);
    }
    if (code == JB_OK)
        code = sha256_of(body->data, body->size, sha256, error);
    if (code != JB_OK)
        return code;
    EVP_EncodeBlock((unsigned char *)text, sha256, sizeof sha256);
    code = s3_request_header(request, "x-amz-checksum-sha256", text, error);
    if (code == JB_OK)
        code = s3_request_header(request, "x-amz-sdk-checksum-algorithm", "SHA256", error);
    return code == JB_OK ? s3_request_body(request, body->data, body->size, sha256, error) : code;
}

int s3_request_condition(struct s3_request *request, struct store_condition condition, jb_error *error)
{
    switch (condition.when) {
    case STORE_IF_ABSENT:
        return s3_request_header(request, "If-None-Match", "*", error);
    case STORE_IF_UNCHANGED:
        if (condition.tag == NULL || *condition.tag == '\0' || !reply_tag_is_sound(condition.tag))
            return error_set(error, JB_ERROR_USAGE, "the tag to compare with is missing or malformed");
        return s3_request_header(request, "If-Match", condition.tag, error);
    case STORE_ALWAYS:
    case STORE_ONTO_NOTHING:
        break;
    }
    return JB_OK;
}

void s3_request_explain(struct s3_request *request)
{
    jb_error *error = &request->http.error;
    error_prefix(error, "cannot %s 's3://%s%s%s'", request->what, request->bucket, request->key != NULL ? "/" : "",
                 request->key != NULL ? request->key : "");
    if (error->code == JB_ERROR_UNREACHABLE && error->hint[0] == '\0')
        error_hint(error, "check that the endpoint '%s://%s' is right and reachable from this machine",
                   request->s3->scheme, request->s3->host);
}

int s3_request_perform(struct s3_request *request, jb_error *error)
{
    int code = s3_request_build(request, error);
    if (code != JB_OK)
        return code;
    code = http_perform(request->s3->http, &request->http);
    if (code != JB_OK) {
        s3_request_explain(request);
        error_copy(error, &request->http.error);
    }
    return code;
}

int s3_request_xml(struct s3_request *request, xml_element_fn each, void *context, jb_error *error)
{
    struct buffer reply;
    buffer_init(&reply, S3_XML_MAX);
    request->http.reply = &reply;
    request->http.expected = 200;
    int code = s3_request_perform(request, error);
    if (code == JB_OK && (code = xml_read(reply.size > 0 ? reply.data : "", reply.size, each, context, error)) != JB_OK)
        error_prefix(error, "cannot %s 's3://%s'", request->what, request->bucket);
    buffer_clean_up(&reply);
    request->http.reply = NULL;
    return code;
}

void s3_request_clean_up(struct s3_request *request)
{
    http_request_clean_up(&request->http);
    for (size_t i = 0; i < request->header_count; i++)
        free((char *)(uintptr_t)request->headers[i].value);
    free(request->bucket);
    free(request->key);
    free(request->host);
    buffer_clean_up(&request->path);
    buffer_clean_up(&request->canonical_query);
    buffer_clean_up(&request->url);
}
