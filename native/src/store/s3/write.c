/* Whole objects in one request, and the store's word that they are what was sent. */
#include <inttypes.h>
#include <string.h>

#include "../../base/grace.h"
#include "checksum.h"
#include "presigned.h"

/* One write, as it was asked for, and what came of it. */
struct writing {
    struct s3_store *s3;
    jb_operation *operation;
    const char *bucket, *key;
    const void *bytes;
    size_t count;
    unsigned char sha256[SHA256_SIZE];
    char checksum[S3_CHECKSUM_SIZE];
    struct store_condition condition;
    jb_object_info *info;
    enum s3_confirmation confirmation;
    bool maybe_applied, no_bucket;
};

static enum http_verdict check(struct s3_request *request)
{
    struct writing *writing = request->context;
    jb_error *error = &request->http.error;
    writing->confirmation = s3_checksum_in_reply(request->s3, &request->http, writing->checksum);
    if (s3_info_from_reply(&request->http, false, writing->info, error) != JB_OK)
        return HTTP_FAILED;
    if (writing->confirmation == S3_CONTRADICTED) {
        error_set(error, JB_ERROR_VERIFY,
                  "the store took other bytes than were sent: it answers with another checksum");
        return HTTP_FAILED;
    }
    return s3_attributes_confirmed(request) ? HTTP_DONE : HTTP_FAILED;
}

static int send_put(struct writing *writing, struct s3_request *request, bool with_checksum, jb_error *error)
{
    request->check = check;
    request->context = writing;
    int code = s3_request_body(request, writing->bytes, writing->count, writing->sha256, error);
    if (code == JB_OK)
        code = s3_ask_attributes(request, error);
    if (code == JB_OK && with_checksum)
        code = s3_request_header(request, "x-amz-checksum-sha256", writing->checksum, error);
    if (code == JB_OK)
        code = s3_request_condition(request, writing->condition, error);
    return code == JB_OK ? s3_request_perform(request, error) : code;
}

static int put(struct writing *writing, bool with_checksum, bool *refused, jb_error *error)
{
    struct s3_request request;
    int code = s3_request_init(&request, writing->s3, writing->operation, "write", "PUT", writing->bucket, writing->key,
                               error);
    if (code != JB_OK)
        return code;
    code = send_put(writing, &request, with_checksum, error);
    *refused = code != JB_OK && with_checksum && s3_checksum_refused(&request);
    writing->maybe_applied = writing->maybe_applied || request.http.maybe_applied;
    writing->no_bucket = strcmp(request.store_code, "NoSuchBucket") == 0;
    s3_request_clean_up(&request);
    return code;
}

static int put_somehow(struct writing *writing, jb_error *error)
{
    bool refused = false;
    int code = put(writing, s3_checksums_wanted(writing->s3), &refused, error);
    if (!refused)
        return code;
    code = put(writing, false, &refused, error);
    if (code == JB_OK)
        s3_checksums_forget(writing->s3, writing->operation);
    return code;
}

/* What a store that keeps cut objects, and answers 200, would hide: the size it holds. */
static int confirm(struct writing *writing, jb_error *error)
{
    writing->info->bytes = writing->count;
    if (writing->confirmation == S3_CONFIRMED)
        return JB_OK;
    int code = s3_checksums_check(writing->s3, writing->bucket, writing->key, error);
    if (code != JB_OK)
        return code;
    jb_object_info held = {.size = sizeof held};
    const char *version = writing->info->version[0] != '\0' ? writing->info->version : NULL;
    code = s3_stat(&writing->s3->store, writing->operation, writing->bucket, writing->key, version, &held, error);
    if (code == JB_OK && held.bytes != writing->count)
        code =
            error_set(error, JB_ERROR_VERIFY, "the store holds %" PRIu64 " bytes of 's3://%s/%s' after %zu were sent",
                      held.bytes, writing->bucket, writing->key, writing->count);
    return code;
}

void s3_remove_own(struct s3_store *s3, jb_operation *operation, const char *bucket, const char *key,
                   const char *version)
{
    const struct store_key keys[] = {{key, version}};
    jb_error error = JB_ERROR_INIT;
    struct grace *grace;
    int code = grace_new(operation, GRACE_MS, &grace, &error);
    if (code == JB_OK) {
        code = s3_remove(&s3->store, grace_operation(grace), bucket, keys, 1, &error);
        grace_free(grace);
    }
    if (code != JB_OK)
        operation_log(operation, JB_LOG_WARNING, "'s3://%s/%s' is left in place: %s", bucket, key, error.text);
}

/*
 * Reads what lies under the key after an answer was lost: exactly these bytes mean that the write was done. A beginning
 * of them is what a store kept of a request that broke.
 */
static int read_back(struct writing *writing, bool *same, bool *cut, jb_error *error)
{
    struct buffer body;
    buffer_init(&body, writing->count);
    int code = s3_read(&writing->s3->store, writing->operation, writing->bucket, writing->key, NULL, &body,
                       writing->info, error);
    bool begins = code == JB_OK && body.size <= writing->count &&
                  (body.size == 0 || memcmp(body.data, writing->bytes, body.size) == 0);
    *same = begins && body.size == writing->count;
    *cut = begins && !*same && body.size > 0;
    buffer_clean_up(&body);
    return code == JB_ERROR_LIMIT || code == JB_ERROR_NOT_FOUND ? JB_OK : code;
}

/* A failed conditional write may be one's own that was done: its answer came not through. */
static int recognise(struct writing *writing, int code, jb_error *problem)
{
    bool same = false, cut = false;
    jb_error unknown = JB_ERROR_INIT;
    int read_code = read_back(writing, &same, &cut, &unknown);
    if (same) /* what was lost had said how it is encrypted */
        return s3_confirm_encryption(writing->s3, writing->operation, writing->bucket, writing->key,
                                     writing->info->version, problem);
    if (cut && code == JB_ERROR_CONFLICT) {
        error_set(problem, JB_ERROR_VERIFY, "'s3://%s/%s' holds the beginning of what was sent, and no more",
                  writing->bucket, writing->key);
        error_hint(problem, "the store kept a part of a request that broke: remove the object and try again");
        return JB_ERROR_VERIFY;
    }
    if (read_code != JB_OK && code == JB_ERROR_CONFLICT) {
        error_prefix(&unknown, "cannot tell whether the write was done");
        error_copy(problem, &unknown);
        return read_code;
    }
    return code;
}

static int conclude(struct writing *writing, int code, jb_error *problem)
{
    bool conditional = writing->condition.when != STORE_ALWAYS;
    if (code == JB_ERROR_NOT_FOUND && writing->condition.when == STORE_IF_UNCHANGED && !writing->no_bucket) {
        problem->code = JB_ERROR_CONFLICT; /* what was to be replaced is gone */
        code = JB_ERROR_CONFLICT;
    }
    if ((code == JB_ERROR_CONFLICT || code == JB_ERROR_UNREACHABLE) && conditional && writing->maybe_applied)
        code = recognise(writing, code, problem);
    if (code == JB_ERROR_CONFLICT)
        error_hint(problem, "%s",
                   writing->condition.when == STORE_IF_ABSENT ? "an object of this name is there already"
                                                              : "somebody changed the object meanwhile: read it again");
    return code;
}

int s3_write(jb_store *store, jb_operation *operation, const char *bucket, const char *key, const void *bytes,
             size_t count, const unsigned char *sha256, struct store_condition condition, jb_object_info *info,
             jb_error *error)
{
    struct writing writing = {.s3 = (struct s3_store *)store,
                              .operation = operation,
                              .bucket = bucket,
                              .key = key,
                              .bytes = bytes,
                              .count = count,
                              .condition = condition,
                              .info = info};
    jb_error problem = JB_ERROR_INIT;
    int code = JB_OK;
    *info = (jb_object_info){.size = sizeof *info};
    if (sha256 != NULL)
        memcpy(writing.sha256, sha256, SHA256_SIZE);
    else
        code = sha256_of(bytes, count, writing.sha256, &problem);
    if (code == JB_OK) {
        s3_checksum_text(writing.sha256, writing.checksum);
        code = put_somehow(&writing, &problem);
        if (code == JB_OK)
            code = confirm(&writing, &problem);
        /* It was made, but is not what was asked for, or cannot be seen to be: nothing may stay under a free name. */
        if (code != JB_OK && info->tag[0] != '\0' && store_key_was_free(condition))
            s3_remove_own(writing.s3, operation, bucket, key, info->version);
        code = code == JB_OK ? JB_OK : conclude(&writing, code, &problem);
    }
    if (code == JB_OK)
        s3_presigned_drop(writing.s3, bucket, key);
    if (code != JB_OK)
        error_copy(error, &problem);
    info->key = key;
    return code;
}
