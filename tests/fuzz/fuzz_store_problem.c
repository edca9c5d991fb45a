/* Answers of stores and account services that explain a failure. The first byte chooses the status. */
#include <stdlib.h>
#include <string.h>

#include "cloud/aws/service.h"
#include "store/s3/request.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

static struct s3_store *a_store(void)
{
    static jb_store *store;
    static const struct http_options tuning = {0};
    static const jb_store_options options = {.size = sizeof options,
                                             .url = "s3://",
                                             .endpoint = "http://127.0.0.1:1",
                                             .region = "us-east-1",
                                             .access_key = "ACCESS",
                                             .secret_key = "hush"};
    if (store == NULL && (jb_library_init(NULL) != JB_OK || s3_open_tuned(&options, &tuning, &store, NULL) != JB_OK))
        abort();
    return (struct s3_store *)store;
}

static void check(enum http_verdict verdict, const jb_error *error)
{
    if (verdict == HTTP_DONE || error->code == JB_OK || error->text[0] == '\0')
        abort();
    if (strnlen(error->text, sizeof error->text) == sizeof error->text ||
        strnlen(error->hint, sizeof error->hint) == sizeof error->hint)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
    static const int statuses[] = {301, 307, 400, 403, 404, 409, 412, 500, 503, 100, 600, 302};
    if (count == 0)
        return 0;
    struct s3_request request;
    if (s3_request_init(&request, a_store(), NULL, "read", "GET", "bucket", "key", NULL) != JB_OK)
        return 0;
    request.http.status = statuses[bytes[0] % (sizeof statuses / sizeof *statuses)];
    if (buffer_append(&request.http.problem, bytes + 1, count - 1, NULL) == JB_OK) {
        check(s3_judge_problem(&request), &request.http.error);
        s3_request_explain(&request);
        check(HTTP_FAILED, &request.http.error);
        request.http.error = (jb_error)JB_ERROR_INIT;
        check(service_judge(&request.http, NULL, "a secret that is long enough"), &request.http.error);
    }
    s3_request_clean_up(&request);
    return 0;
}
