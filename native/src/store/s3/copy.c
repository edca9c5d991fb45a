/*
 * Copies within the store. Only the completion of an upload has a condition that all stores keep: of CopyObject's,
 * MinIO and versitygw take no notice, and AWS knows it since 2025 only. So a copy that must not replace anything is an
 * upload of copied parts, even where one request could copy the whole object.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "checksum.h"
#include "result.h"
#include "upload.h"

#define WHOLE_BYTES_MAX (UINT64_C(5) << 30)   /* S3's bound for CopyObject */
#define PART_BYTES      (UINT64_C(512) << 20) /* a store copies some hundred MiB a second */
#define REPLY_MAX       65536
#define SOURCE_MAX      8192
#define STALL_FACTOR    10 /* it answers when it is done */

struct copying {
    struct s3_store *s3;
    jb_operation *operation;
    const jb_copy_options *options;
    jb_object_info source;
};

/* The source as it was seen: another version, or other bytes, must not come in between. */
static int name_source(const struct copying *copying, struct s3_request *request, jb_error *error)
{
    struct buffer source;
    const char *version = copying->source.version;
    buffer_init(&source, SOURCE_MAX);
    int code = buffer_append_text(&source, "/", error);
    if (code == JB_OK)
        code = uri_encode(&source, copying->options->from_bucket, false, error);
    if (code == JB_OK)
        code = buffer_append_text(&source, "/", error);
    if (code == JB_OK)
        code = uri_encode(&source, copying->options->from_key, true, error);
    if (code == JB_OK && *version != '\0' && strcmp(version, "null") != 0) {
        code = buffer_append_text(&source, "?versionId=", error);
        if (code == JB_OK)
            code = uri_encode(&source, version, false, error);
    }
    if (code == JB_OK)
        code = s3_request_header(request, "x-amz-copy-source", source.data, error);
    if (code == JB_OK)
        code = s3_request_header(request, "x-amz-copy-source-if-match", copying->source.tag, error);
    buffer_clean_up(&source);
    return code;
}

/* `result` names what the answer is; a source that changed fails its condition. */
static int perform(const struct copying *copying, struct s3_request *request, struct s3_result *result, jb_error *error)
{
    struct buffer reply;
    buffer_init(&reply, REPLY_MAX);
    request->http.reply = &reply;
    request->http.expected = 200;
    request->http.stall_factor = STALL_FACTOR;
    request->check = s3_result_check;
    request->context = result;
    int code = name_source(copying, request, error);
    if (code == JB_OK)
        code = s3_request_perform(request, error);
    if (code == JB_ERROR_CONFLICT)
        error_hint(error, "the object that is copied changed meanwhile: try again");
    request->http.reply = NULL;
    buffer_clean_up(&reply);
    return code;
}

static int confirm(const struct copying *copying, const char *version, jb_error *error)
{
    const jb_copy_options *options = copying->options;
    jb_object_info made = {.size = sizeof made};
    int code = s3_head(copying->s3, copying->operation, options->to_bucket, options->to_key,
                       *version != '\0' ? version : NULL, &made, NULL, error);
    if (code == JB_OK && made.bytes != copying->source.bytes)
        code = error_set(error, JB_ERROR_VERIFY, "the copy 's3://%s/%s' has %" PRIu64 " bytes instead of %" PRIu64,
                         options->to_bucket, options->to_key, made.bytes, copying->source.bytes);
    return code == JB_OK ? s3_confirm_encryption(copying->s3, copying->operation, options->to_bucket, options->to_key,
                                                 version, error)
                         : code;
}

static int copy_whole(const struct copying *copying, jb_error *error)
{
    struct s3_request request;
    struct s3_result result = {.name = "CopyObjectResult"};
    int code = s3_request_init(&request, copying->s3, copying->operation, "make the copy", "PUT",
                               copying->options->to_bucket, copying->options->to_key, error);
    if (code != JB_OK)
        return code;
    code = s3_ask_attributes(&request, error);
    if (code == JB_OK)
        code = perform(copying, &request, &result, error);
    s3_request_clean_up(&request);
    return code == JB_OK ? confirm(copying, result.info.version, error) : code;
}

static int copy_part(const struct copying *copying, struct store_upload *upload, unsigned number, uint64_t offset,
                     uint64_t bytes, jb_error *error)
{
    struct s3_request request;
    struct s3_result result = {.name = "CopyPartResult"};
    char text[16], range[64];
    int code = s3_request_init(&request, copying->s3, copying->operation, "copy a part of", "PUT", upload->bucket,
                               upload->key, error);
    if (code != JB_OK)
        return code;
    snprintf(text, sizeof text, "%u", number + 1);
    snprintf(range, sizeof range, "bytes=%" PRIu64 "-%" PRIu64, offset, offset + bytes - 1);
    s3_request_query(&request, "partNumber", text);
    s3_request_query(&request, "uploadId", upload->id);
    /* Ranges of small objects are refused. */
    if (bytes < copying->source.bytes)
        code = s3_request_header(&request, "x-amz-copy-source-range", range, error);
    if (code == JB_OK)
        code = perform(copying, &request, &result, error);
    if (code == JB_OK)
        code = s3_upload_set_part(upload, number, &(struct s3_part){.tag = result.tag, .bytes = bytes}, error);
    s3_request_clean_up(&request);
    return code;
}

static int copy_parts(const struct copying *copying, struct store_condition condition, jb_error *error)
{
    const jb_copy_options *options = copying->options;
    struct store_upload *upload;
    int code =
        s3_upload_create(copying->s3, copying->operation, options->to_bucket, options->to_key, false, &upload, error);
    if (code != JB_OK)
        return code;
    uint64_t size = copying->source.bytes / S3_PARTS_MAX + 1;
    size = size < PART_BYTES ? PART_BYTES : size;
    unsigned number = 0;
    for (uint64_t offset = 0; code == JB_OK && offset < copying->source.bytes; offset += size, number++) {
        uint64_t left = copying->source.bytes - offset;
        code = copy_part(copying, upload, number, offset, left < size ? left : size, error);
    }
    jb_object_info made = {.size = sizeof made};
    if (code == JB_OK)
        code = s3_upload_complete(upload, condition, &made, error);
    if (code != JB_OK)
        s3_upload_abort(upload);
    return code;
}

/* So that nothing is copied only to find that it may not be there. */
static int check_free(const struct copying *copying, jb_error *error)
{
    const jb_copy_options *options = copying->options;
    jb_object_info there = {.size = sizeof there};
    jb_error problem = JB_ERROR_INIT;
    int code =
        s3_head(copying->s3, copying->operation, options->to_bucket, options->to_key, NULL, &there, NULL, &problem);
    /* AWS answers so for what is not there, where listing is not granted; then the completion's condition tells. */
    if (code == JB_ERROR_NOT_FOUND || code == JB_ERROR_ACCESS)
        return JB_OK;
    if (code != JB_OK)
        return error_copy(error, &problem);
    error_set(error, JB_ERROR_CONFLICT, "cannot copy to 's3://%s/%s'", options->to_bucket, options->to_key);
    return error_hint(error, "an object of this name is there already");
}

int s3_copy(jb_store *store, jb_operation *operation, const jb_copy_options *options, jb_error *error)
{
    struct copying copying = {.s3 = (struct s3_store *)store, .operation = operation, .options = options};
    if (strcmp(options->from_bucket, options->to_bucket) == 0 && strcmp(options->from_key, options->to_key) == 0)
        return error_set(error, JB_ERROR_USAGE, "'s3://%s/%s' would be copied onto itself", options->to_bucket,
                         options->to_key);
    int code = s3_stat(store, operation, options->from_bucket, options->from_key, NULL, &copying.source, error);
    if (code == JB_OK && !options->replace)
        code = check_free(&copying, error);
    if (code != JB_OK)
        return code;
    const struct store_condition condition = {.when = options->replace ? STORE_ALWAYS : STORE_IF_ABSENT};
    jb_object_info made = {.size = sizeof made};
    if (copying.source.bytes == 0)
        return s3_write(store, operation, options->to_bucket, options->to_key, "", 0, NULL, condition, &made, error);
    return options->replace && copying.source.bytes <= WHOLE_BYTES_MAX ? copy_whole(&copying, error)
                                                                       : copy_parts(&copying, condition, error);
}
