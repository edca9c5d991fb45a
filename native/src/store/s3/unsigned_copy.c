/*
 * Who holds a signed request to write one object could add the header "x-amz-copy-source" to it, and so have the store
 * copy any other object into this one. AWS refuses headers of that kind which were not signed. Not every store does,
 * and those that do not would give with one object all that the keys reach.
 */
#include <stdio.h>

#include "../../base/clock.h"
#include "../../base/random.h"
#include "grant.h"
#include "presign.h"

#define PROBE_SECONDS 900 /* the clocks may differ */

/* Both of which no one else has. */
struct probe {
    const char *bucket;
    char key[64], source[512];
};

static int add_source(struct http_request *http, jb_error *error)
{
    const struct probe *probe = http->context;
    return http_request_header(http, "x-amz-copy-source", probe->source, error);
}

static enum http_verdict judge(struct http_request *http)
{
    bool passing = http->status == 429 || (http->status >= 500 && http->status != 501);
    error_set(&http->error, JB_ERROR_UNREACHABLE, "the store answered a signed request with status %d", http->status);
    return passing ? HTTP_RETRY : HTTP_DONE;
}

static int ask(struct s3_store *s3, jb_operation *operation, struct probe *probe, int *status, jb_error *error)
{
    const struct s3_presign presign = {
        .method = "PUT", .bucket = probe->bucket, .key = probe->key, .begin = clock_now(), .seconds = PROBE_SECONDS};
    struct buffer url;
    buffer_init(&url, 65536);
    int code = s3_presign(s3, &presign, &url, error);
    if (code == JB_OK) {
        struct http_request http;
        http_request_init(&http, "PUT", url.data, operation);
        http.with_body = true;
        http.body = "";
        http.prepare = add_source;
        http.judge = judge;
        http.context = probe;
        code = http_perform(s3->http, &http);
        *status = http.status;
        if (code != JB_OK)
            error_copy(error, &http.error);
        http_request_clean_up(&http);
    }
    buffer_clean_up(&url);
    return code;
}

int s3_refuses_unsigned_copy(struct s3_store *s3, jb_operation *operation, const char *bucket, jb_error *error)
{
    struct probe probe = {.bucket = bucket};
    char name[33];
    int status = 0;
    random_name(name);
    snprintf(probe.key, sizeof probe.key, "jpsbackup-probe-%s", name);
    snprintf(probe.source, sizeof probe.source, "/%.400s/%s.missing", bucket, probe.key);
    int code = ask(s3, operation, &probe, &status, error);
    if (code != JB_OK || status == 403 || status == 501)
        return code;
    if (status >= 200 && status <= 299) { /* nothing was copied, for there is nothing: the header was ignored */
        const struct store_key key = {.key = probe.key};
        return s3_remove(&s3->store, operation, bucket, &key, 1, error);
    }
    error_set(
        error, JB_ERROR_UNSUPPORTED,
        "the store heeds headers that were not signed (status %d): a signed request to write one object would read "
        "all others",
        status);
    return error_hint(error,
                      "only a session is safe here: grant fewer objects at a time, and none with '*', '?' or '$' "
                      "in its name, or let the keys have sessions");
}
