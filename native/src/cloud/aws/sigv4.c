#include "sigv4.h"

#include <ctype.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "../../codec/digest.h"

#define ALGORITHM "AWS4-HMAC-SHA256"
#define TEXT_MAX  65536

void sigv4_signature_init(struct sigv4_signature *signature)
{
    buffer_init(&signature->canonical_request, TEXT_MAX);
    buffer_init(&signature->string_to_sign, TEXT_MAX);
    buffer_init(&signature->authorization, TEXT_MAX);
}

void sigv4_signature_clean_up(struct sigv4_signature *signature)
{
    buffer_clean_up(&signature->canonical_request);
    buffer_clean_up(&signature->string_to_sign);
    buffer_clean_up(&signature->authorization);
}

/* Insertion, for it keeps the order of equal names. */
static void sort_headers(const struct sigv4_header *headers, size_t count, const struct sigv4_header **sorted)
{
    for (size_t i = 0; i < count; i++) {
        size_t at = i;
        for (; at > 0 && strcasecmp(sorted[at - 1]->name, headers[i].name) > 0; at--)
            sorted[at] = sorted[at - 1];
        sorted[at] = &headers[i];
    }
}

static int append_lower(struct buffer *buffer, const char *text, jb_error *error)
{
    int code = JB_OK;
    for (; *text != '\0' && code == JB_OK; text++) {
        char c = (char)tolower((unsigned char)*text);
        code = buffer_append(buffer, &c, 1, error);
    }
    return code;
}

/* Without blanks at either end, and runs of them as one. */
static int append_trimmed(struct buffer *buffer, const char *text, jb_error *error)
{
    bool gap = false, begun = false;
    for (; *text != '\0'; text++) {
        if (isspace((unsigned char)*text)) {
            gap = begun;
            continue;
        }
        int code = gap ? buffer_append(buffer, " ", 1, error) : JB_OK;
        if (code == JB_OK)
            code = buffer_append(buffer, text, 1, error);
        if (code != JB_OK)
            return code;
        gap = false, begun = true;
    }
    return JB_OK;
}

static bool repeats(const struct sigv4_header *const *sorted, size_t i)
{
    return i > 0 && strcasecmp(sorted[i - 1]->name, sorted[i]->name) == 0;
}

static int append_signed_names(struct buffer *buffer, const struct sigv4_header *const *sorted, size_t count,
                               jb_error *error)
{
    int code = JB_OK;
    for (size_t i = 0; i < count && code == JB_OK; i++) {
        if (repeats(sorted, i))
            continue;
        if (i > 0)
            code = buffer_append(buffer, ";", 1, error);
        if (code == JB_OK)
            code = append_lower(buffer, sorted[i]->name, error);
    }
    return code;
}

static int build_canonical_request(const struct sigv4_request *request, const struct sigv4_header *const *sorted,
                                   struct buffer *buffer, jb_error *error)
{
    int code = buffer_printf(buffer, error, "%s\n%s\n%s\n", request->method, request->path, request->query);
    for (size_t i = 0; i < request->header_count && code == JB_OK; i++) {
        if (repeats(sorted, i)) {
            buffer->size--; /* the line's end */
            code = buffer_append(buffer, ",", 1, error);
        } else {
            code = append_lower(buffer, sorted[i]->name, error);
            if (code == JB_OK)
                code = buffer_append(buffer, ":", 1, error);
        }
        if (code == JB_OK)
            code = append_trimmed(buffer, sorted[i]->value, error);
        if (code == JB_OK)
            code = buffer_append(buffer, "\n", 1, error);
    }
    if (code == JB_OK)
        code = buffer_append(buffer, "\n", 1, error);
    if (code == JB_OK)
        code = append_signed_names(buffer, sorted, request->header_count, error);
    if (code == JB_OK)
        code = buffer_printf(buffer, error, "\n%s", request->payload_hash);
    return code;
}

static int build_string_to_sign(const struct sigv4_scope *scope, const struct buffer *canonical, struct buffer *buffer,
                                jb_error *error)
{
    unsigned char digest[SHA256_SIZE];
    char hex[SHA256_HEX_SIZE];
    int code = sha256_of(canonical->data, canonical->size, digest, error);
    if (code != JB_OK)
        return code;
    hex_encode(digest, sizeof digest, hex);
    return buffer_printf(buffer, error, ALGORITHM "\n%s\n%.8s/%s/%s/aws4_request\n%s", scope->date, scope->date,
                         scope->region, scope->service, hex);
}

static int compute_signature(const struct sigv4_scope *scope, const struct buffer *string_to_sign,
                             char hex[SHA256_HEX_SIZE], jb_error *error)
{
    char first[512];
    unsigned char key[SHA256_SIZE];
    int size = snprintf(first, sizeof first, "AWS4%s", scope->credentials->secret_key);
    if (size < 0 || (size_t)size >= sizeof first)
        return error_set(error, JB_ERROR_LIMIT, "the secret key is too long");
    int code = hmac_sha256(first, (size_t)size, scope->date, 8, key, error);
    const char *const steps[] = {scope->region, scope->service, "aws4_request"};
    for (size_t i = 0; i < 3 && code == JB_OK; i++)
        code = hmac_sha256(key, sizeof key, steps[i], strlen(steps[i]), key, error);
    if (code == JB_OK)
        code = hmac_sha256(key, sizeof key, string_to_sign->data, string_to_sign->size, key, error);
    if (code == JB_OK)
        hex_encode(key, sizeof key, hex);
    OPENSSL_cleanse(first, sizeof first);
    OPENSSL_cleanse(key, sizeof key);
    return code;
}

int sigv4_sign(const struct sigv4_request *request, const struct sigv4_scope *scope, struct sigv4_signature *signature,
               jb_error *error)
{
    if (request->header_count > SIGV4_HEADERS_MAX)
        return error_set(error, JB_ERROR_LIMIT, "more than %d headers to sign", SIGV4_HEADERS_MAX);
    const struct sigv4_header *sorted[SIGV4_HEADERS_MAX];
    sort_headers(request->headers, request->header_count, sorted);
    char hex[SHA256_HEX_SIZE];
    int code = build_canonical_request(request, sorted, &signature->canonical_request, error);
    if (code == JB_OK)
        code = build_string_to_sign(scope, &signature->canonical_request, &signature->string_to_sign, error);
    if (code == JB_OK)
        code = compute_signature(scope, &signature->string_to_sign, hex, error);
    if (code == JB_OK)
        code = buffer_printf(&signature->authorization, error,
                             ALGORITHM " Credential=%s/%.8s/%s/%s/aws4_request, SignedHeaders=",
                             scope->credentials->access_key, scope->date, scope->region, scope->service);
    if (code == JB_OK)
        code = append_signed_names(&signature->authorization, sorted, request->header_count, error);
    if (code == JB_OK)
        code = buffer_printf(&signature->authorization, error, ", Signature=%s", hex);
    return code;
}

/* The request's own parameters and those that say how it is signed, but for the signature. */
static int build_presigned_query(const struct sigv4_header *const *sorted, size_t header_count,
                                 const struct uri_parameter *parameters, size_t count, const struct sigv4_scope *scope,
                                 uint32_t seconds, struct buffer *query, jb_error *error)
{
    struct uri_parameter all[URI_PARAMETERS_MAX];
    struct buffer credential, names;
    char expires[16];
    if (count > URI_PARAMETERS_MAX - 6)
        return error_set(error, JB_ERROR_LIMIT, "more than %d parameters to sign", URI_PARAMETERS_MAX - 6);
    if (count > 0)
        memcpy(all, parameters, count * sizeof *all);
    buffer_init(&credential, TEXT_MAX);
    buffer_init(&names, TEXT_MAX);
    snprintf(expires, sizeof expires, "%u", seconds);
    int code = buffer_printf(&credential, error, "%s/%.8s/%s/%s/aws4_request", scope->credentials->access_key,
                             scope->date, scope->region, scope->service);
    if (code == JB_OK)
        code = append_signed_names(&names, sorted, header_count, error);
    if (code == JB_OK) {
        all[count++] = (struct uri_parameter){"X-Amz-Algorithm", ALGORITHM};
        all[count++] = (struct uri_parameter){"X-Amz-Credential", credential.data};
        all[count++] = (struct uri_parameter){"X-Amz-Date", scope->date};
        all[count++] = (struct uri_parameter){"X-Amz-Expires", expires};
        all[count++] = (struct uri_parameter){"X-Amz-SignedHeaders", names.data};
        if (scope->credentials->session_token != NULL)
            all[count++] = (struct uri_parameter){"X-Amz-Security-Token", scope->credentials->session_token};
        code = uri_canonical_query(query, all, count, error);
    }
    buffer_clean_up(&credential);
    buffer_clean_up(&names);
    return code;
}

int sigv4_presign(const struct sigv4_request *request, const struct uri_parameter *parameters, size_t count,
                  const struct sigv4_scope *scope, uint32_t seconds, struct buffer *query, jb_error *error)
{
    if (request->header_count > SIGV4_HEADERS_MAX)
        return error_set(error, JB_ERROR_LIMIT, "more than %d headers to sign", SIGV4_HEADERS_MAX);
    const struct sigv4_header *sorted[SIGV4_HEADERS_MAX];
    sort_headers(request->headers, request->header_count, sorted);
    struct buffer canonical, to_sign;
    char hex[SHA256_HEX_SIZE];
    buffer_init(&canonical, 2 * TEXT_MAX);
    buffer_init(&to_sign, TEXT_MAX);
    int code = build_presigned_query(sorted, request->header_count, parameters, count, scope, seconds, query, error);
    if (code == JB_OK) {
        struct sigv4_request presigned = *request;
        presigned.query = query->data;
        code = build_canonical_request(&presigned, sorted, &canonical, error);
    }
    if (code == JB_OK)
        code = build_string_to_sign(scope, &canonical, &to_sign, error);
    if (code == JB_OK)
        code = compute_signature(scope, &to_sign, hex, error);
    if (code == JB_OK)
        code = buffer_printf(query, error, "&X-Amz-Signature=%s", hex);
    buffer_clean_up(&canonical);
    buffer_clean_up(&to_sign);
    return code;
}
