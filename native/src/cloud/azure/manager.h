/* Azure Resource Manager: its requests, what its refusals mean, and its operations that take long. */
#ifndef CLOUD_AZURE_MANAGER_H
#define CLOUD_AZURE_MANAGER_H

#include "problem.h"
#include "token.h"

/* Pauses between questions whether a long operation has ended. 0 means the default. */
struct manager_pauses {
    uint32_t default_ms; /* where the manager asks for none; default 5,000 */
    uint32_t least_ms;   /* default 1,000 */
    uint32_t most_ms;    /* default 60,000 */
};

struct azure_manager {
    struct http_client *http;
    struct azure_tokens *tokens;
    char *endpoint;     /* "https://management.azure.com" */
    char *subscription; /* a GUID */
    uint32_t wait_ms;   /* for a long operation with all its requests */
    struct manager_pauses pauses;
};

struct manager_call {
    const char *method;
    const char *path; /* from "/subscriptions/", encoded, without a query */
    const char *body; /* JSON; NULL: empty where the method has one */
    const char *what; /* for messages: "make the storage account 'x'" */
    const char *api_version;
};

struct manager_answer {
    int status;                   /* of the last reply */
    struct azure_problem problem; /* on failure */
    struct buffer body;           /* of the first reply where it succeeded */
};

void manager_answer_init(struct manager_answer *answer);
void manager_answer_clean_up(struct manager_answer *answer);

/* One request, and where the manager says that it goes on after its answer, questions until it has ended. Follows no
 * address on another host. `deadline_ms` is on the monotonic clock. */
int azure_manager_call(const struct azure_manager *manager, jb_operation *operation, const struct manager_call *call,
                       int64_t deadline_ms, struct manager_answer *answer, jb_error *error);

/* Waits as long as the last reply asks for, or by default; not beyond the deadline, and no longer than until cancelled.
 * `retry_after` is that header's value or "". */
int azure_manager_pause(const struct azure_manager *manager, jb_operation *operation, const char *retry_after,
                        int64_t deadline_ms, jb_error *error);

/* manager_error.c: fills `error` from a refusal; true where another try may help. */
bool azure_manager_refused(const struct azure_problem *problem, int status, jb_error *error);

#endif
