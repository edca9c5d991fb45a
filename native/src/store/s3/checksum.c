#include "checksum.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

void s3_checksum_text(const unsigned char sha256[SHA256_SIZE], char text[S3_CHECKSUM_SIZE])
{
    EVP_EncodeBlock((unsigned char *)text, sha256, SHA256_SIZE);
}

bool s3_checksum_is(const char *text, const char checksum[S3_CHECKSUM_SIZE], size_t parts)
{
    size_t size = strlen(checksum);
    if (strncmp(text, checksum, size) != 0)
        return false;
    char ending[24];
    snprintf(ending, sizeof ending, "-%zu", parts);
    return text[size] == '\0' || (parts > 0 && strcmp(text + size, ending) == 0);
}

void s3_checksum_read(const char *text, struct store_digest *digest)
{
    const size_t size = S3_CHECKSUM_SIZE - 1;
    unsigned char bytes[S3_CHECKSUM_SIZE]; /* OpenSSL writes the padding's zeros, too */
    char again[S3_CHECKSUM_SIZE];
    *digest = (struct store_digest){.known = false};
    if (strlen(text) < size || EVP_DecodeBlock(bytes, (const unsigned char *)text, (int)size) < SHA256_SIZE)
        return;
    memcpy(digest->sha256, bytes, SHA256_SIZE);
    s3_checksum_text(digest->sha256, again);
    unsigned long parts = text[size] == '-' ? strtoul(text + size + 1, NULL, 10) : 0;
    digest->parts = parts;
    digest->known = s3_checksum_is(text, again, parts);
}

enum s3_confirmation s3_checksum_in_reply(struct s3_store *s3, const struct http_request *reply,
                                          const char checksum[S3_CHECKSUM_SIZE])
{
    char value[64];
    if (!http_request_reply_header(reply, "x-amz-checksum-sha256", value, sizeof value))
        return S3_UNCONFIRMED;
    if (!s3_checksum_is(value, checksum, 0))
        return S3_CONTRADICTED;
    atomic_store(&s3->checksums_known, true);
    return S3_CONFIRMED;
}

bool s3_checksums_wanted(struct s3_store *s3)
{
    if (s3->presigned != NULL) /* what was signed beforehand holds none */
        return false;
    return s3->checksums == S3_CHECKSUMS_ALWAYS ||
           (s3->checksums == S3_CHECKSUMS_AUTO && !atomic_load(&s3->checksums_refused));
}

bool s3_checksum_refused(const struct s3_request *request)
{
    static const char *const codes[] = {"", "NotImplemented", "InvalidArgument", "InvalidRequest", "BadRequest"};
    struct s3_store *s3 = request->s3;
    if (s3->checksums != S3_CHECKSUMS_AUTO || atomic_load(&s3->checksums_known) ||
        (request->http.status != 400 && request->http.status != 501))
        return false;
    if (strcasestr(request->http.error.text, "checksum") != NULL)
        return true;
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (strcmp(request->store_code, codes[i]) == 0)
            return true;
    return false;
}

void s3_checksums_forget(struct s3_store *s3, jb_operation *operation)
{
    if (!atomic_exchange(&s3->checksums_refused, true))
        operation_log(operation, JB_LOG_INFO,
                      "the store at '%s' refuses checksums: sizes and signatures prove what it holds", s3->host);
}

int s3_checksums_check(const struct s3_store *s3, const char *bucket, const char *key, jb_error *error)
{
    if (s3->checksums != S3_CHECKSUMS_ALWAYS || s3->presigned != NULL)
        return JB_OK;
    error_set(error, JB_ERROR_UNSUPPORTED, "cannot write 's3://%s/%s': the store confirms no checksum", bucket, key);
    return error_hint(error, "let checksums be used where the store knows them: 'auto'");
}
