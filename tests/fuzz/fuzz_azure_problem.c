/* Answers of Azure's blob service that explain a failure. The first byte chooses the status. */
#include <stdlib.h>
#include <string.h>

#include "store/azure/request.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
    static const int statuses[] = {400, 403, 404, 409, 412, 500, 503, 100, 302, 600};
    static struct azure_store store = {.auth.kind = AZURE_SHARED_KEY, .account = "account"};
    if (count == 0)
        return 0;
    struct azure_request request;
    if (azure_request_init(&request, &store, NULL, "read", "GET", "bucket", "key", NULL) != JB_OK)
        return 0;
    request.http.status = statuses[bytes[0] % (sizeof statuses / sizeof *statuses)];
    if (buffer_append(&request.http.problem, bytes + 1, count - 1, NULL) == JB_OK) {
        const jb_error *error = &request.http.error;
        if (azure_judge_problem(&request) == HTTP_DONE || error->code == JB_OK || error->text[0] == '\0')
            abort();
        if (strnlen(error->text, sizeof error->text) == sizeof error->text ||
            strnlen(error->hint, sizeof error->hint) == sizeof error->hint)
            abort();
    }
    azure_request_clean_up(&request);
    return 0;
}
