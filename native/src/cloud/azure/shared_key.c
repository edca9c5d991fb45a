#include "shared_key.h"

#include <inttypes.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "../../codec/digest.h"

#define STRING_MAX (128u << 10)

static bool is_base64(const char *text, size_t size)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t plain = strspn(text, digits);
    return size > 0 && size % 4 == 0 && size - plain <= 2 && strspn(text + plain, "=") == size - plain;
}

int shared_key_init(struct shared_key *key, const char *base64, jb_error *error)
{
    size_t size = strlen(base64);
    *key = (struct shared_key){.size = 0};
    if (!is_base64(base64, size) || size / 4 * 3 > SHARED_KEY_MAX) {
        error_set(error, JB_ERROR_USAGE, "the storage account's key is malformed");
        return error_hint(error, "give it as the portal and 'az storage account keys list' show it: in base64");
    }
    int bytes = EVP_DecodeBlock(key->bytes, (const unsigned char *)base64, (int)size);
    key->size = bytes > 0 ? (size_t)bytes : 0;
    for (size_t i = size; i > 0 && base64[i - 1] == '='; i--)
        key->size--; /* OpenSSL counts the padding's zeros in */
    return JB_OK;
}

void shared_key_clean_up(struct shared_key *key)
{
    OPENSSL_cleanse(key, sizeof *key);
}

int shared_key_sign(const struct shared_key *key, const char *text, size_t size,
                    char signature[SHARED_KEY_SIGNATURE_SIZE], jb_error *error)
{
    unsigned char digest[SHA256_SIZE];
    int code = hmac_sha256(key->bytes, key->size, text, size, digest, error);
    if (code == JB_OK)
        EVP_EncodeBlock((unsigned char *)signature, digest, sizeof digest);
    return code;
}

static const char *header_value(const struct shared_key_request *request, const char *name)
{
    for (size_t i = 0; i < request->header_count; i++)
        if (strcmp(request->headers[i].name, name) == 0)
            return request->headers[i].value;
    return "";
}

/* The service sorts as its platform does: '-' does not count, and '_' comes before digits, digits before letters. */
static int weight(char c)
{
    return c == '\0' ? 0 : c == '_' ? 1 : (unsigned char)c + 1;
}

static int compare_headers(const void *left, const void *right)
{
    const char *a = ((const struct shared_key_header *)left)->name,
               *b = ((const struct shared_key_header *)right)->name;
    for (;; a++, b++) {
        a += strspn(a, "-");
        b += strspn(b, "-");
        if (*a != *b || *a == '\0')
            return weight(*a) - weight(*b);
    }
}

static int append_headers(const struct shared_key_request *request, struct buffer *string, jb_error *error)
{
    struct shared_key_header sorted[SHARED_KEY_HEADERS_MAX];
    size_t count = 0;
    for (size_t i = 0; i < request->header_count; i++) {
        if (strncmp(request->headers[i].name, "x-ms-", 5) != 0)
            continue;
        if (count == SHARED_KEY_HEADERS_MAX)
            return error_set(error, JB_ERROR_LIMIT, "a request of more than %d headers", SHARED_KEY_HEADERS_MAX);
        sorted[count++] = request->headers[i];
    }
    if (count > 1)
        qsort(sorted, count, sizeof *sorted, compare_headers);
    int code = JB_OK;
    for (size_t i = 0; i < count && code == JB_OK; i++)
        code = buffer_printf(string, error, "%s:%s\n", sorted[i].name, sorted[i].value);
    return code;
}

static int compare_parameters(const void *left, const void *right)
{
    return strcmp(((const struct uri_parameter *)left)->name, ((const struct uri_parameter *)right)->name);
}

static int append_resource(const struct shared_key_request *request, struct buffer *string, jb_error *error)
{
    struct uri_parameter sorted[URI_PARAMETERS_MAX];
    if (request->query_count > URI_PARAMETERS_MAX)
        return error_set(error, JB_ERROR_LIMIT, "a query of more than %d parameters", URI_PARAMETERS_MAX);
    for (size_t i = 0; i < request->query_count; i++)
        sorted[i] = request->query[i];
    if (request->query_count > 1)
        qsort(sorted, request->query_count, sizeof *sorted, compare_parameters);
    int code = buffer_printf(string, error, "/%s%s", request->account, request->path);
    for (size_t i = 0; i < request->query_count && code == JB_OK; i++)
        code = buffer_printf(string, error, "\n%s:%s", sorted[i].name, sorted[i].value);
    return code;
}

int shared_key_string(const struct shared_key_request *request, struct buffer *string, jb_error *error)
{
    static const char *const lines[] = {"content-encoding",
                                        "content-language",
                                        NULL,
                                        "content-md5",
                                        "content-type",
                                        "date",
                                        "if-modified-since",
                                        "if-match",
                                        "if-none-match",
                                        "if-unmodified-since",
                                        "range"};
    int code = buffer_printf(string, error, "%s\n", request->method);
    for (size_t i = 0; i < sizeof lines / sizeof *lines && code == JB_OK; i++) {
        if (lines[i] != NULL)
            code = buffer_printf(string, error, "%s\n", header_value(request, lines[i]));
        else if (request->body_size > 0)
            code = buffer_printf(string, error, "%" PRIu64 "\n", request->body_size);
        else
            code = buffer_append_text(string, "\n", error);
    }
    if (code == JB_OK)
        code = append_headers(request, string, error);
    return code == JB_OK ? append_resource(request, string, error) : code;
}

int shared_key_authorization(const struct shared_key *key, const struct shared_key_request *request,
                             struct buffer *value, jb_error *error)
{
    struct buffer string;
    char signature[SHARED_KEY_SIGNATURE_SIZE];
    buffer_init(&string, STRING_MAX);
    int code = shared_key_string(request, &string, error);
    if (code == JB_OK)
        code = shared_key_sign(key, string.data, string.size, signature, error);
    if (code == JB_OK)
        code = buffer_printf(value, error, "SharedKey %s:%s", request->account, signature);
    buffer_clean_up(&string);
    return code;
}
