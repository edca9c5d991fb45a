/* A reply's header, and what is made of it: what an object is, and how long the server wants to be left alone. */
#include <stdlib.h>
#include <string.h>

#include "http/transfer.h"
#include "store/s3/request.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

static void take_lines(struct http_request *request, const char *bytes, size_t count)
{
    while (count > 0) {
        const char *end = memchr(bytes, '\n', count);
        size_t length = end == NULL ? count : (size_t)(end - bytes) + 1;
        if (!http_transfer_header(request, bytes, length))
            return;
        bytes += length;
        count -= length;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
    static const struct http_options options = {
        .backoff_base_ms = 100, .backoff_max_ms = 10000, .retry_after_max_ms = 60000};
    struct http_request request;
    jb_object_info info = {.size = sizeof info};
    jb_error error = JB_ERROR_INIT;
    char value[96];
    http_request_init(&request, "GET", "http://host/", NULL);
    take_lines(&request, (const char *)bytes, count);
    if (request.headers.size > HTTP_HEADERS_MAX)
        abort();
    if (s3_info_from_reply(&request, count % 2 == 0, &info, &error) == JB_OK && !reply_tag_is_sound(info.tag))
        abort();
    static const char *const names[] = {"content-range", "x-amz-bucket-region", "x-amz-version-id", "date", ""};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (http_request_reply_header(&request, names[i], value, sizeof value) && strlen(value) >= sizeof value)
            abort();
    request.status = 503;
    for (request.tries = 1; request.tries < 100; request.tries += 33) {
        int64_t pause_ms = http_retry_pause_ms(&request, &options);
        if (pause_ms < 0 || pause_ms > options.retry_after_max_ms)
            abort();
    }
    http_request_clean_up(&request);
    return 0;
}
