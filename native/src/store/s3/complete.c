/* The end of a multipart upload: the parts become an object, and the store confirms what it holds. */
#include <inttypes.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../base/clock.h"
#include "checksum.h"
#include "result.h"
#include "upload.h"

#define REPLY_MAX    65536
#define BODY_MAX     (4u << 20) /* 10,000 parts with the longest tag, escaped */
#define STALL_FACTOR 10         /* a store may work for minutes on it, and send a blank now and then */

static int append_checksum(struct buffer *body, const struct s3_part *part, jb_error *error)
{
    char checksum[S3_CHECKSUM_SIZE];
    s3_checksum_text(part->sha256, checksum);
    return buffer_printf(body, error, "<ChecksumSHA256>%s</ChecksumSHA256>", checksum);
}

static int build_body(const struct store_upload *upload, struct buffer *body, jb_error *error)
{
    int code = buffer_append_text(body, "<CompleteMultipartUpload xmlns=\"" S3_XMLNS "\">", error);
    for (size_t i = 0; i < upload->count && code == JB_OK; i++) {
        code = buffer_printf(body, error, "<Part><PartNumber>%zu</PartNumber><ETag>", i + 1);
        if (code == JB_OK)
            code = xml_append_escaped(body, upload->parts[i].tag, error);
        if (code == JB_OK)
            code = buffer_append_text(body, "</ETag>", error);
        if (code == JB_OK && upload->checksums)
            code = append_checksum(body, &upload->parts[i], error);
        if (code == JB_OK)
            code = buffer_append_text(body, "</Part>", error);
    }
    return code == JB_OK ? buffer_append_text(body, "</CompleteMultipartUpload>", error) : code;
}

static uint64_t total_bytes(const struct store_upload *upload)
{
    uint64_t total = 0;
    for (size_t i = 0; i < upload->count; i++)
        total += upload->parts[i].bytes;
    return total;
}

bool s3_same_tag(const char *left, const char *right)
{
    size_t left_size = strlen(left), right_size = strlen(right);
    if (left_size >= 2 && *left == '"')
        left++, left_size -= 2;
    if (right_size >= 2 && *right == '"')
        right++, right_size -= 2;
    return left_size == right_size && memcmp(left, right, left_size) == 0;
}

/* What a store keeps as the checksum of an object of these parts: SHA-256 of their digests in order. */
static int expected_checksum(const struct store_upload *upload, char checksum[S3_CHECKSUM_SIZE], jb_error *error)
{
    struct sha256 *sha;
    unsigned char digest[SHA256_SIZE];
    int code = sha256_new(&sha, error);
    if (code != JB_OK)
        return code;
    for (size_t i = 0; i < upload->count; i++)
        sha256_update(sha, upload->parts[i].sha256, SHA256_SIZE);
    sha256_finish(sha, digest);
    sha256_free(sha);
    s3_checksum_text(digest, checksum);
    return JB_OK;
}

static bool part_md5(const char *tag, unsigned char md5[16])
{
    char hex[33];
    size_t size = strlen(tag);
    if (size != 32 && !(size == 34 && *tag == '"'))
        return false;
    memcpy(hex, tag + (size == 34), 32);
    hex[32] = '\0';
    return hex_decode(hex, md5, 16);
}

/*
 * The tag that S3 gives an object of these parts: the MD5 of the parts' MD5s, '-', their number. False where a part's
 * tag is no MD5 (the store's encryption may have it so); then a lost answer cannot be told from somebody else's object.
 */
static bool expected_tag(const struct store_upload *upload, char tag[64])
{
    unsigned char md5[16];
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool known = context != NULL && EVP_DigestInit_ex(context, EVP_md5(), NULL) == 1;
    for (size_t i = 0; i < upload->count && known; i++)
        known = part_md5(upload->parts[i].tag, md5) && EVP_DigestUpdate(context, md5, sizeof md5) == 1;
    known = known && EVP_DigestFinal_ex(context, md5, NULL) == 1;
    if (known) {
        char hex[33];
        hex_encode(md5, sizeof md5, hex);
        snprintf(tag, 64, "%s-%zu", hex, upload->count);
    }
    EVP_MD_CTX_free(context);
    return known;
}

/* Whether the object under the key is this upload's, although the store's answer did not come through. */
static bool completed_after_all(const struct store_upload *upload, jb_object_info *info)
{
    char tag[64], ours[S3_CHECKSUM_SIZE], theirs[S3_CHECKSUM_VALUE_SIZE];
    jb_error ignored = JB_ERROR_INIT;
    if (expected_checksum(upload, ours, &ignored) != JB_OK ||
        s3_head(upload->s3, upload->operation, upload->bucket, upload->key, NULL, info,
                upload->checksums ? theirs : NULL, &ignored) != JB_OK ||
        info->bytes != total_bytes(upload))
        return false;
    if (upload->checksums && theirs[0] != '\0')
        return s3_checksum_is(theirs, ours, upload->count);
    return expected_tag(upload, tag) && s3_same_tag(info->tag, tag);
}

static int contradicted(const struct store_upload *upload, jb_error *error)
{
    return error_set(error, JB_ERROR_VERIFY,
                     "the store made another object of the parts of 's3://%s/%s': its checksum "
                     "differs",
                     upload->bucket, upload->key);
}

/* The object's size and tag in the store, and its checksum where one is kept. */
static int confirm_by_head(const struct store_upload *upload, const struct s3_result *answer, const char *checksum,
                           jb_object_info *info, jb_error *error)
{
    char theirs[S3_CHECKSUM_VALUE_SIZE] = "";
    const char *version = answer->info.version[0] != '\0' ? answer->info.version : NULL;
    int code = s3_head(upload->s3, upload->operation, upload->bucket, upload->key, version, info,
                       upload->checksums ? theirs : NULL, error);
    if (code != JB_OK)
        return code;
    uint64_t total = total_bytes(upload);
    if (info->bytes != total)
        return error_set(error, JB_ERROR_VERIFY, "'s3://%s/%s' has %" PRIu64 " bytes in the store instead of %" PRIu64,
                         upload->bucket, upload->key, info->bytes, total);
    if (!s3_same_tag(info->tag, answer->tag))
        return error_set(error, JB_ERROR_VERIFY, "'s3://%s/%s' has the tag '%s' in the store instead of '%s'",
                         upload->bucket, upload->key, info->tag, answer->tag);
    if (theirs[0] != '\0' && !s3_checksum_is(theirs, checksum, upload->count))
        return contradicted(upload, error);
    return theirs[0] != '\0' || !upload->checksums ? JB_OK
                                                   : s3_checksums_check(upload->s3, upload->bucket, upload->key, error);
}

/* Where the answer holds the checksum of all, it says as much as any further question could. */
static int confirm(const struct store_upload *upload, const struct s3_result *answer, jb_object_info *info,
                   jb_error *error)
{
    char checksum[S3_CHECKSUM_SIZE];
    int code = expected_checksum(upload, checksum, error);
    if (code != JB_OK)
        return code;
    if (!upload->checksums || answer->checksum[0] == '\0')
        return confirm_by_head(upload, answer, checksum, info, error);
    if (!s3_checksum_is(answer->checksum, checksum, upload->count))
        return contradicted(upload, error);
    *info = answer->info;
    info->bytes = total_bytes(upload);
    memcpy(info->tag, answer->tag, sizeof answer->tag);
    return JB_OK;
}

/* Never an object with a hole: each part must be there. `confirmed`: the store named the checksum of each. */
static int check_parts(const struct store_upload *upload, bool *confirmed, jb_error *error)
{
    *confirmed = true;
    for (size_t i = 0; i < upload->count; i++) {
        if (upload->parts[i].tag == NULL)
            return error_set(error, JB_ERROR_STATE, "part %zu of '%s' was not uploaded", i + 1, upload->key);
        *confirmed = *confirmed && upload->parts[i].confirmed;
    }
    return JB_OK;
}

static int complete(struct store_upload *upload, struct store_condition condition, struct s3_request *request,
                    struct buffer *body, struct s3_result *answer, jb_error *error)
{
    request->http.expected = 200;
    request->http.stall_factor = STALL_FACTOR;
    request->check = s3_result_check;
    request->context = answer;
    s3_request_query(request, "uploadId", upload->id);
    int code = build_body(upload, body, error);
    if (code == JB_OK)
        code = s3_request_body(request, body->data, body->size, NULL, error);
    if (code == JB_OK)
        code = s3_request_header(request, "Content-Type", "application/xml", error);
    if (code == JB_OK)
        code = s3_request_condition(request, condition, error);
    return code == JB_OK ? s3_request_perform(request, error) : code;
}

/* S3 has no upload of no parts; an empty object is written whole. */
static int complete_empty(struct store_upload *upload, struct store_condition condition, jb_object_info *info,
                          jb_error *error)
{
    int code = s3_write(&upload->s3->store, upload->operation, upload->bucket, upload->key, "", 0, NULL, condition,
                        info, error);
    if (code != JB_OK)
        return code;
    info->key = NULL; /* the upload's own copy goes now */
    s3_upload_abort(upload);
    return JB_OK;
}

/* Asks the store to make the object, and to say what it made; `problem` is filled on failure. */
static int complete_and_confirm(struct store_upload *upload, struct store_condition condition, jb_object_info *info,
                                jb_error *problem)
{
    struct s3_request request;
    struct buffer body, reply;
    struct s3_result answer = {.name = "CompleteMultipartUploadResult"};
    int code = s3_request_init(&request, upload->s3, upload->operation, "complete the upload of", "POST",
                               upload->bucket, upload->key, problem);
    if (code != JB_OK)
        return code;
    buffer_init(&body, BODY_MAX);
    buffer_init(&reply, REPLY_MAX);
    request.http.reply = &reply;
    code = complete(upload, condition, &request, &body, &answer, problem);
    if (code == JB_OK) {
        code = confirm(upload, &answer, info, problem);
        if (code == JB_OK && upload->encryption_open)
            code = s3_confirm_encryption(upload->s3, upload->operation, upload->bucket, upload->key,
                                         answer.info.version, problem);
        /* What is not as it was sent, or cannot be seen to be, must not stay under a name that was free. */
        if (code != JB_OK && store_key_was_free(condition))
            s3_remove_own(upload->s3, upload->operation, upload->bucket, upload->key, answer.info.version);
    } else if (request.http.maybe_applied && code != JB_ERROR_CANCELLED && completed_after_all(upload, info)) {
        code =
            s3_confirm_encryption(upload->s3, upload->operation, upload->bucket, upload->key, info->version, problem);
    } else if (strcmp(request.store_code, "PreconditionFailed") == 0 && condition.when == STORE_IF_ABSENT) {
        error_hint(problem, "an object of this name is there already");
    }
    buffer_clean_up(&body);
    buffer_clean_up(&reply);
    s3_request_clean_up(&request);
    return code;
}

int s3_upload_complete(struct store_upload *upload, struct store_condition condition, jb_object_info *info,
                       jb_error *error)
{
    if (upload->count == 0)
        return complete_empty(upload, condition, info, error);
    jb_error problem = JB_ERROR_INIT;
    bool confirmed;
    int code = check_parts(upload, &confirmed, &problem);
    if (code == JB_OK && !confirmed)
        code = s3_parts_confirm(upload, &problem);
    if (code == JB_OK)
        code = complete_and_confirm(upload, condition, info, &problem);
    if (code != JB_OK)
        return error_copy(error, &problem);
    info->key = NULL; /* the upload's own copy goes now */
    s3_upload_free(upload);
    return JB_OK;
}
