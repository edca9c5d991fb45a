#include "grant.h"

#include "../../base/clock.h"

#define SECONDS_DEFAULT 43200
#define SECONDS_MAX     604800 /* of a signed request */
#define TEXT_MAX        (2u << 20)

int s3_grant(jb_store *store, jb_operation *operation, const jb_grant_options *options, char **credentials,
             jb_error *error)
{
    struct s3_store *s3 = (struct s3_store *)store;
    uint32_t seconds = options->seconds != 0 ? options->seconds : SECONDS_DEFAULT;
    if (seconds > SECONDS_MAX)
        return error_set(error, JB_ERROR_USAGE, "a grant for %u s is longer than %d s", seconds, SECONDS_MAX);
    if (s3->presigned != NULL)
        return error_set(error, JB_ERROR_ACCESS, "what was granted cannot be granted to others");
    struct buffer text;
    buffer_init(&text, TEXT_MAX);
    int code = s3_grant_requests(s3, operation, options, clock_now(), seconds, &text, error);
    if (code == JB_OK && (*credentials = buffer_detach(&text)) == NULL)
        code = error_no_memory(error);
    buffer_clean_up(&text);
    return code;
}
