#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "request.h"

/* "bytes FIRST-LAST/TOTAL" for exactly what was asked for. */
static bool is_asked_range(const char *value, const struct store_transfer *transfer)
{
    char expected[64];
    int size = snprintf(expected, sizeof expected, "bytes %" PRIu64 "-%" PRIu64 "/", transfer->offset,
                        transfer->offset + transfer->count - 1);
    return strncmp(value, expected, (size_t)size) == 0;
}

static enum http_verdict check(struct s3_request *request)
{
    const struct store_transfer *transfer = request->context;
    char value[96];
    if (!http_request_reply_header(&request->http, "content-range", value, sizeof value))
        error_set(&request->http.error, JB_ERROR_FORMAT, "the store's answer has no Content-Range");
    else if (!is_asked_range(value, transfer))
        error_set(&request->http.error, JB_ERROR_VERIFY,
                  "the store answers with '%s' instead of %zu bytes at %" PRIu64
                  ": the object is shorter, or another range came",
                  value, transfer->count, transfer->offset);
    else if (request->http.received != transfer->count)
        error_set(&request->http.error, JB_ERROR_VERIFY, "the store sent %zu bytes instead of %zu",
                  request->http.received, transfer->count);
    else
        return HTTP_DONE;
    return HTTP_FAILED;
}

static void free_request(struct s3_request *request)
{
    s3_request_clean_up(request);
    free(request);
}

static void finish(struct http_request *http)
{
    struct s3_request *request = http->context;
    struct store_transfer *transfer = request->context;
    if (http->error.code != JB_OK)
        s3_request_explain(request);
    error_copy(&transfer->error, &http->error);
    transfer->driver = NULL;
    free_request(request);
    transfer->done(transfer);
}

int s3_range(jb_store *store, jb_operation *operation, const char *bucket, const char *key, const char *version,
             struct store_transfer *transfer, jb_error *error)
{
    if (transfer->count == 0 || transfer->offset > UINT64_MAX - transfer->count)
        return error_set(error, JB_ERROR_USAGE, "the range is empty or too far off");
    struct s3_request *request = malloc(sizeof *request);
    if (request == NULL)
        return error_no_memory(error);
    int code = s3_request_init(request, (struct s3_store *)store, operation, "read", "GET", bucket, key, error);
    if (code != JB_OK) {
        free(request);
        return code;
    }
    char range[64];
    snprintf(range, sizeof range, "bytes=%" PRIu64 "-%" PRIu64, transfer->offset,
             transfer->offset + transfer->count - 1);
    s3_request_version(request, version);
    code = s3_request_header(request, "Range", range, error);
    if (code == JB_OK)
        code = s3_request_build(request, error);
    if (code != JB_OK) {
        free_request(request);
        return code;
    }
    request->http.expected = 206;
    request->http.into = transfer->bytes;
    request->http.into_size = transfer->count;
    request->http.done = finish;
    request->check = check;
    request->context = transfer;
    transfer->driver = request;
    http_submit(request->s3->http, &request->http);
    return JB_OK;
}
