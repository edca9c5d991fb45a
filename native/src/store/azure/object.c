#include <inttypes.h>
#include <string.h>

#include "request.h"

static enum http_verdict verdict_on_info(struct azure_request *request, bool with_bytes)
{
    jb_object_info info = {.size = sizeof info};
    return reply_info(&request->http, with_bytes, AZURE_VERSION_HEADER, &info, &request->http.error) == JB_OK
               ? HTTP_DONE
               : HTTP_FAILED;
}

static enum http_verdict check_with_bytes(struct azure_request *request)
{
    return verdict_on_info(request, true);
}

enum http_verdict azure_check_tag(struct azure_request *request)
{
    return verdict_on_info(request, false);
}

static enum http_verdict check_whole(struct azure_request *request)
{
    if (http_request_told_length(&request->http))
        return azure_check_tag(request);
    error_set(&request->http.error, JB_ERROR_FORMAT, "the store's answer does not say how long it is");
    return HTTP_FAILED;
}

int azure_stat(jb_store *store, jb_operation *operation, const char *bucket, const char *key, const char *version,
               jb_object_info *info, jb_error *error)
{
    struct azure_request request;
    int code = azure_request_init(&request, (struct azure_store *)store, operation, "find", "HEAD", bucket, key, error);
    if (code != JB_OK)
        return code;
    azure_request_query(&request, "versionid", version);
    request.http.expected = 200;
    request.check = check_with_bytes;
    code = azure_request_perform(&request, error);
    if (code == JB_OK)
        code = reply_info(&request.http, true, AZURE_VERSION_HEADER, info, error);
    info->key = key;
    azure_request_clean_up(&request);
    return code;
}

int azure_read(jb_store *store, jb_operation *operation, const char *bucket, const char *key, const char *version,
               struct buffer *body, jb_object_info *info, jb_error *error)
{
    struct azure_request request;
    int code = azure_request_init(&request, (struct azure_store *)store, operation, "read", "GET", bucket, key, error);
    if (code != JB_OK)
        return code;
    azure_request_query(&request, "versionid", version);
    request.http.reply = body;
    request.http.expected = 200;
    request.check = check_whole;
    code = azure_request_perform(&request, error);
    if (code == JB_OK)
        code = reply_info(&request.http, false, AZURE_VERSION_HEADER, info, error);
    info->bytes = body->size;
    info->key = key;
    azure_request_clean_up(&request);
    return code;
}

/* Whether the object holds exactly these bytes: then a write whose answer was lost had been done. */
static int read_back(jb_store *store, jb_operation *operation, const char *bucket, const char *key, const void *bytes,
                     size_t count, jb_object_info *info, bool *same, jb_error *error)
{
    struct buffer body;
    buffer_init(&body, count);
    int code = azure_read(store, operation, bucket, key, NULL, &body, info, error);
    *same = code == JB_OK && body.size == count && (count == 0 || memcmp(body.data, bytes, count) == 0);
    buffer_clean_up(&body);
    return code == JB_ERROR_LIMIT || code == JB_ERROR_NOT_FOUND ? JB_OK : code;
}

static int put(struct azure_request *request, const void *bytes, size_t count, struct store_condition condition,
               jb_error *error)
{
    request->check = azure_check_tag;
    azure_request_body(request, bytes, count);
    int code = azure_request_header(request, "x-ms-blob-type", "BlockBlob", error);
    if (code == JB_OK)
        code = azure_request_header(request, "content-type", "application/octet-stream", error);
    if (code == JB_OK)
        code = azure_request_tier(request, error);
    if (code == JB_OK)
        code = azure_request_condition(request, condition, error);
    return code == JB_OK ? azure_request_perform(request, error) : code;
}

/*
 * The answer to a write has no size. What a look at the object shows counts only where it is this very write's object,
 * and a look that fails says nothing: the write itself was confirmed.
 */
static int confirm_size(jb_store *store, const struct azure_request *request, size_t count, jb_object_info *info,
                        jb_error *error)
{
    jb_object_info seen = {.size = sizeof seen};
    jb_error ignored = JB_ERROR_INIT;
    info->bytes = count;
    if (azure_stat(store, request->http.operation, request->bucket, request->key, NULL, &seen, &ignored) != JB_OK ||
        strcmp(seen.tag, info->tag) != 0 || seen.bytes == count)
        return JB_OK;
    return error_set(error, JB_ERROR_VERIFY, "'azure://%s/%s/%s' has %" PRIu64 " bytes in the store instead of %zu",
                     request->azure->account, request->bucket, request->key, seen.bytes, count);
}

/* After a failure that may have come after the write was done. */
static int settle(jb_store *store, const struct azure_request *request, struct store_condition condition,
                  jb_object_info *info, jb_error *error)
{
    int code = (int)error->code;
    if (code == JB_ERROR_NOT_FOUND && condition.when == STORE_IF_UNCHANGED &&
        !azure_request_failed_with(request, "ContainerNotFound"))
        code = error->code = JB_ERROR_CONFLICT; /* what was to be replaced is gone */
    if ((code == JB_ERROR_CONFLICT || code == JB_ERROR_UNREACHABLE) && condition.when != STORE_ALWAYS &&
        request->http.maybe_applied) {
        jb_error unknown = JB_ERROR_INIT;
        bool same = false;
        int read_code = read_back(store, request->http.operation, request->bucket, request->key, request->http.body,
                                  request->http.body_size, info, &same, &unknown);
        if (same)
            return JB_OK;
        if (read_code != JB_OK && code == JB_ERROR_CONFLICT) {
            error_prefix(&unknown, "cannot tell whether the write was done");
            return error_copy(error, &unknown);
        }
    }
    if (code == JB_ERROR_CONFLICT && error->hint[0] == '\0')
        error_hint(error, "%s",
                   condition.when == STORE_IF_ABSENT ? "an object of this name is there already"
                                                     : "somebody changed the object meanwhile: read it again");
    return code;
}

int azure_write(jb_store *store, jb_operation *operation, const char *bucket, const char *key, const void *bytes,
                size_t count, const unsigned char *sha256, struct store_condition condition, jb_object_info *info,
                jb_error *error)
{
    (void)sha256; /* the service verifies MD5 and CRC-64 only */
    struct azure_request request;
    jb_error problem = JB_ERROR_INIT;
    int code = azure_request_init(&request, (struct azure_store *)store, operation, "write", "PUT", bucket, key, error);
    if (code != JB_OK)
        return code;
    request.http.expected = 201;
    code = put(&request, bytes, count, condition, &problem);
    if (code == JB_OK)
        code = reply_info(&request.http, false, AZURE_VERSION_HEADER, info, &problem);
    if (code == JB_OK) {
        code = confirm_size(store, &request, count, info, &problem);
        if (code == JB_ERROR_VERIFY && store_key_was_free(condition))
            azure_remove_unconfirmed(request.azure, operation, bucket, key, info);
    } else {
        code = settle(store, &request, condition, info, &problem);
    }
    if (code != JB_OK)
        error_copy(error, &problem);
    info->key = key;
    azure_request_clean_up(&request);
    return code;
}
