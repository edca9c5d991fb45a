#include <stdlib.h>

#include "../base/clock.h"
#include "../base/random.h"
#include "transfer.h"

/* Seconds or a date (RFC 9110, 10.2.3); 0 where there is none. */
static int64_t retry_after_ms(const struct http_request *request)
{
    char value[64];
    if ((request->status != 429 && request->status != 503) ||
        !http_request_reply_header(request, "retry-after", value, sizeof value))
        return 0;
    int64_t when;
    if (clock_parse_http(value, &when))
        return (when - clock_now()) * 1000;
    char *end;
    long seconds = strtol(value, &end, 10);
    return *end == '\0' && seconds > 0 && seconds < 1000000 ? seconds * 1000 : 0;
}

int64_t http_retry_pause_ms(const struct http_request *request, const struct http_options *options)
{
    int64_t pause = options->backoff_base_ms;
    for (unsigned i = 1; i < request->tries && pause < options->backoff_max_ms; i++)
        pause *= 2;
    if (pause > options->backoff_max_ms)
        pause = options->backoff_max_ms;
    /* Jitter, so that many parts that failed together do not come back together. */
    pause = pause / 2 + (int64_t)random_below((uint64_t)pause / 2 + 1);
    int64_t asked = retry_after_ms(request);
    if (asked > options->retry_after_max_ms)
        asked = options->retry_after_max_ms;
    return asked > pause ? asked : pause;
}
