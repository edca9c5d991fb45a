#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "request.h"

static enum http_verdict check(struct azure_request *request)
{
    return reply_check_range(&request->http, request->context);
}

static void free_request(struct azure_request *request)
{
    azure_request_clean_up(request);
    free(request);
}

static void finish(struct http_request *http)
{
    struct azure_request *request = http->context;
    struct store_transfer *transfer = request->context;
    if (http->error.code != JB_OK)
        azure_request_explain(request);
    error_copy(&transfer->error, &http->error);
    transfer->driver = NULL;
    free_request(request);
    transfer->done(transfer);
}

int azure_range(jb_store *store, jb_operation *operation, const char *bucket, const char *key, const char *version,
                struct store_transfer *transfer, jb_error *error)
{
    if (transfer->count == 0 || transfer->offset > UINT64_MAX - transfer->count)
        return error_set(error, JB_ERROR_USAGE, "the range is empty or too far off");
    struct azure_request *request = malloc(sizeof *request);
    if (request == NULL)
        return error_no_memory(error);
    int code = azure_request_init(request, (struct azure_store *)store, operation, "read", "GET", bucket, key, error);
    if (code != JB_OK) {
        free(request);
        return code;
    }
    char range[64];
    snprintf(range, sizeof range, "bytes=%" PRIu64 "-%" PRIu64, transfer->offset,
             transfer->offset + transfer->count - 1);
    azure_request_query(request, "versionid", version);
    code = azure_request_header(request, "range", range, error);
    if (code == JB_OK)
        code = azure_request_build(request, error);
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
    http_submit(request->azure->http, &request->http);
    return JB_OK;
}
