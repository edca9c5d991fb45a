#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checksum.h"
#include "request.h"

int s3_info_from_reply(const struct http_request *reply, bool with_bytes, jb_object_info *info, jb_error *error)
{
    return reply_info(reply, with_bytes, "x-amz-version-id", info, error);
}

static enum http_verdict verdict_on_info(struct s3_request *request, bool with_bytes)
{
    jb_object_info info = {.size = sizeof info};
    return s3_info_from_reply(&request->http, with_bytes, &info, &request->http.error) == JB_OK ? HTTP_DONE
                                                                                                : HTTP_FAILED;
}

static enum http_verdict check_with_bytes(struct s3_request *request)
{
    return verdict_on_info(request, true);
}

static enum http_verdict check_tag(struct s3_request *request)
{
    return verdict_on_info(request, false);
}

static enum http_verdict check_whole(struct s3_request *request)
{
    if (http_request_told_length(&request->http))
        return check_tag(request);
    error_set(&request->http.error, JB_ERROR_FORMAT, "the store's answer does not say how long it is");
    return HTTP_FAILED;
}

/* A HEAD's 404 has no body that could tell a missing object from a missing bucket. */
static int explain_missing(struct s3_store *s3, jb_operation *operation, const char *bucket, jb_error *error)
{
    struct s3_request request;
    jb_error problem = JB_ERROR_INIT;
    if (s3_request_init(&request, s3, operation, "find the bucket", "HEAD", bucket, NULL, &problem) != JB_OK)
        return JB_ERROR_NOT_FOUND;
    if (s3_request_perform(&request, &problem) == JB_ERROR_NOT_FOUND) {
        error_copy(error, &problem);
        if (error != NULL)
            error_hint(error, "make the bucket first, or check its name and the endpoint");
    }
    s3_request_clean_up(&request);
    return JB_ERROR_NOT_FOUND;
}

int s3_head(struct s3_store *s3, jb_operation *operation, const char *bucket, const char *key, const char *version,
            jb_object_info *info, char checksum[S3_CHECKSUM_VALUE_SIZE], jb_error *error)
{
    struct s3_request request;
    int code = s3_request_init(&request, s3, operation, "find", "HEAD", bucket, key, error);
    if (code != JB_OK)
        return code;
    s3_request_version(&request, version);
    request.check = check_with_bytes;
    if (checksum != NULL)
        code = s3_request_header(&request, "x-amz-checksum-mode", "ENABLED", error);
    if (code == JB_OK)
        code = s3_request_perform(&request, error);
    if (code == JB_OK)
        code = s3_info_from_reply(&request.http, true, info, error);
    if (checksum != NULL && (code != JB_OK || !http_request_reply_header(&request.http, "x-amz-checksum-sha256",
                                                                         checksum, S3_CHECKSUM_VALUE_SIZE)))
        checksum[0] = '\0';
    info->key = key;
    s3_request_clean_up(&request);
    return code == JB_ERROR_NOT_FOUND ? explain_missing(s3, operation, bucket, error) : code;
}

int s3_stat(jb_store *store, jb_operation *operation, const char *bucket, const char *key, const char *version,
            jb_object_info *info, jb_error *error)
{
    return s3_head((struct s3_store *)store, operation, bucket, key, version, info, NULL, error);
}

int s3_stat_digest(jb_store *store, jb_operation *operation, const char *bucket, const char *key, const char *version,
                   jb_object_info *info, struct store_digest *digest, jb_error *error)
{
    struct s3_store *s3 = (struct s3_store *)store;
    char checksum[S3_CHECKSUM_VALUE_SIZE] = "";
    jb_error refused = JB_ERROR_INIT;
    int code = JB_ERROR_ACCESS;
    if (s3_checksums_wanted(s3))
        code = s3_head(s3, operation, bucket, key, version, info, checksum, &refused);
    /* Of an object that a key of the account encrypts, AWS tells the checksum only to who may use the key. */
    if (code == JB_ERROR_ACCESS)
        return s3_head(s3, operation, bucket, key, version, info, NULL, error);
    if (code != JB_OK)
        return error_copy(error, &refused);
    s3_checksum_read(checksum, digest);
    return JB_OK;
}

int s3_read(jb_store *store, jb_operation *operation, const char *bucket, const char *key, const char *version,
            struct buffer *body, jb_object_info *info, jb_error *error)
{
    struct s3_request request;
    int code = s3_request_init(&request, (struct s3_store *)store, operation, "read", "GET", bucket, key, error);
    if (code != JB_OK)
        return code;
    s3_request_version(&request, version);
    request.http.reply = body;
    request.http.expected = 200;
    request.check = check_whole;
    code = s3_request_perform(&request, error);
    if (code == JB_OK)
        code = s3_info_from_reply(&request.http, false, info, error);
    info->bytes = body->size;
    info->key = key;
    s3_request_clean_up(&request);
    return code;
}
