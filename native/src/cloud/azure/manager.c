#include "manager.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "../../base/clock.h"
#include "../../base/secret.h"
#include "../../codec/json.h"
#include "endpoint.h"

#define ANSWER_MAX  1048576
#define URL_MAX     8192
#define ADDRESS_MAX 4096 /* of what a header names */

void manager_answer_init(struct manager_answer *answer)
{
    *answer = (struct manager_answer){0};
    buffer_init(&answer->body, ANSWER_MAX);
}

void manager_answer_clean_up(struct manager_answer *answer)
{
    buffer_clean_up(&answer->body);
}

/* One request on its way, with what a reply says about going on. */
struct exchange {
    struct http_request http;
    const struct azure_manager *manager;
    char *token; /* of the last try */
    struct azure_problem problem;
};

static int prepare(struct http_request *http, jb_error *error)
{
    struct exchange *exchange = http->context;
    secret_free(exchange->token);
    exchange->token = NULL;
    struct buffer bearer;
    buffer_init(&bearer, HTTP_HEADERS_MAX);
    int code = azure_tokens_get(exchange->manager->tokens, &exchange->token, error);
    if (code == JB_OK)
        code = buffer_printf(&bearer, error, "Bearer %s", exchange->token);
    if (code == JB_OK)
        code = http_request_header(http, "Authorization", bearer.data, error);
    if (code == JB_OK && http->body != NULL)
        code = http_request_header(http, "Content-Type", "application/json", error);
    buffer_clean_up(&bearer);
    return code;
}

static enum http_verdict judge(struct http_request *http)
{
    struct exchange *exchange = http->context;
    exchange->problem = (struct azure_problem){"", ""};
    if (http->status >= 200 && http->status <= 299)
        return HTTP_DONE;
    azure_problem_read(&http->problem, exchange->token, &exchange->problem);
    bool again = azure_manager_refused(&exchange->problem, http->status, &http->error);
    if (strcmp(exchange->problem.code, "ExpiredAuthenticationToken") == 0)
        azure_tokens_expired(exchange->manager->tokens);
    return again ? HTTP_RETRY : HTTP_FAILED;
}

static void exchange_init(struct exchange *exchange, const struct azure_manager *manager, jb_operation *operation,
                          const char *method, const char *url, int64_t deadline_ms, struct buffer *reply)
{
    *exchange = (struct exchange){.manager = manager};
    http_request_init(&exchange->http, method, url, operation);
    exchange->http.context = exchange;
    exchange->http.prepare = prepare;
    exchange->http.judge = judge;
    exchange->http.reply = reply;
    exchange->http.deadline_ms = deadline_ms;
    exchange->http.with_body = strcmp(method, "PUT") == 0 || strcmp(method, "POST") == 0;
}

static void exchange_clean_up(struct exchange *exchange)
{
    http_request_clean_up(&exchange->http);
    secret_free(exchange->token);
}

static int perform(struct exchange *exchange, struct manager_answer *answer, jb_error *error)
{
    int code = http_perform(exchange->manager->http, &exchange->http);
    answer->status = exchange->http.status;
    if (code == JB_OK)
        return JB_OK;
    answer->problem = exchange->problem;
    error_copy(error, &exchange->http.error);
    if (code == JB_ERROR_UNREACHABLE && error->hint[0] == '\0')
        error_hint(error, "check that '%s' is right and reachable from this machine", exchange->manager->endpoint);
    return code;
}

/* Where to ask, and in which of the manager's two ways (Azure Resource Manager, "Track asynchronous operations"). */
struct tracking {
    char url[ADDRESS_MAX]; /* "": nothing to wait for */
    char retry_after[64];
    bool by_status; /* the body says how it stands (Azure-AsyncOperation); else the status does (Location) */
};

static int read_tracking(const struct exchange *exchange, struct tracking *tracking, jb_error *error)
{
    const struct http_request *http = &exchange->http;
    *tracking = (struct tracking){.by_status = true};
    if (!http_request_reply_header(http, "retry-after", tracking->retry_after, sizeof tracking->retry_after))
        tracking->retry_after[0] = '\0';
    if (!http_request_reply_header(http, "azure-asyncoperation", tracking->url, sizeof tracking->url)) {
        tracking->by_status = false;
        if (http->status != 202 || !http_request_reply_header(http, "location", tracking->url, sizeof tracking->url))
            tracking->url[0] = '\0';
    }
    if (tracking->url[0] == '\0')
        return JB_OK;
    if (azure_url_is_on(tracking->url, exchange->manager->endpoint))
        return JB_OK;
    /* The bearer token would go there. */
    error_set(error, JB_ERROR_UNREACHABLE, "the manager names an address outside of '%s' to ask for its progress",
              exchange->manager->endpoint);
    return error_hint(error, "it is not followed; check that the endpoint is Azure Resource Manager's own");
}

static int64_t pause_ms(const struct manager_pauses *pauses, const char *retry_after)
{
    int64_t least = pauses->least_ms > 0 ? pauses->least_ms : 1000;
    int64_t most = pauses->most_ms > 0 ? pauses->most_ms : 60000;
    int64_t pause = pauses->default_ms > 0 ? pauses->default_ms : 5000;
    int64_t when;
    size_t size = strlen(retry_after);
    if (size > 0 && size < 8 && retry_after[strspn(retry_after, "0123456789")] == '\0')
        pause = strtoll(retry_after, NULL, 10) * 1000;
    else if (size > 0 && clock_parse_http(retry_after, &when))
        pause = (when - clock_now()) * 1000;
    return pause < least ? least : pause > most ? most : pause;
}

int azure_manager_pause(const struct azure_manager *manager, jb_operation *operation, const char *retry_after,
                        int64_t deadline_ms, jb_error *error)
{
    int64_t until_ms = clock_monotonic_ms() + pause_ms(&manager->pauses, retry_after);
    if (until_ms >= deadline_ms) {
        error_set(error, JB_ERROR_UNREACHABLE, "it has not ended after %u s, and may still go on in Azure",
                  manager->wait_ms / 1000);
        error_hint(error, "ask later whether it has, or allow it more time");
        error->retryable = true;
        return JB_ERROR_UNREACHABLE;
    }
    for (;;) {
        int code = operation_check(operation, error);
        int64_t left = until_ms - clock_monotonic_ms();
        if (code != JB_OK || left <= 0)
            return code;
        struct pollfd cancel = {.fd = operation_cancel_fd(operation), .events = POLLIN};
        poll(&cancel, 1, left < 1000 ? (int)left : 1000);
    }
}

/* True once it has ended well; JB_OK and false: ask again. */
static int read_state(const struct buffer *body, const char *token, struct manager_answer *answer, bool *ended,
                      jb_error *error)
{
    json_t *document = NULL;
    int code = json_parse_secret(body->data, body->size, "the manager's answer about its progress", &document, error);
    if (code != JB_OK)
        return code;
    const char *state = json_member_text(document, "status");
    if (state == NULL) {
        code = error_set(error, JB_ERROR_FORMAT, "the manager's answer about its progress has no status");
    } else if (strcasecmp(state, "Failed") == 0 || strcasecmp(state, "Canceled") == 0) {
        azure_problem_read(body, token, &answer->problem);
        azure_manager_refused(&answer->problem, answer->status, error);
        error_prefix(error, strcasecmp(state, "Failed") == 0 ? "it failed" : "it was cancelled in Azure");
        code = (int)error->code;
    }
    *ended = code == JB_OK && strcasecmp(state, "Succeeded") == 0;
    json_wipe(document);
    return code;
}

static int ask(const struct azure_manager *manager, jb_operation *operation, struct tracking *tracking,
               int64_t deadline_ms, struct manager_answer *answer, bool *ended, jb_error *error)
{
    struct exchange exchange;
    struct buffer body;
    buffer_init(&body, ANSWER_MAX);
    exchange_init(&exchange, manager, operation, "GET", tracking->url, deadline_ms, &body);
    int code = perform(&exchange, answer, error);
    struct tracking next = {.url = ""};
    if (code == JB_OK)
        code = read_tracking(&exchange, &next, error);
    if (code == JB_OK && tracking->by_status)
        code = read_state(&body, exchange.token, answer, ended, error);
    else if (code == JB_OK)
        *ended = answer->status != 202;
    if (code == JB_OK) {
        memcpy(tracking->retry_after, next.retry_after, sizeof next.retry_after);
        if (next.url[0] != '\0' && next.by_status == tracking->by_status)
            memcpy(tracking->url, next.url, sizeof next.url);
    }
    exchange_clean_up(&exchange);
    buffer_clean_up(&body);
    return code;
}

static int follow(const struct azure_manager *manager, jb_operation *operation, struct tracking *tracking,
                  int64_t deadline_ms, struct manager_answer *answer, jb_error *error)
{
    bool ended = false;
    int code = JB_OK;
    while (code == JB_OK && !ended) {
        code = azure_manager_pause(manager, operation, tracking->retry_after, deadline_ms, error);
        if (code == JB_OK)
            code = ask(manager, operation, tracking, deadline_ms, answer, &ended, error);
    }
    return code;
}

static int start(const struct azure_manager *manager, jb_operation *operation, const struct manager_call *call,
                 int64_t deadline_ms, struct manager_answer *answer, struct tracking *tracking, jb_error *error)
{
    struct exchange exchange;
    struct buffer url;
    buffer_init(&url, URL_MAX);
    int code = buffer_printf(&url, error, "%s%s?api-version=%s", manager->endpoint, call->path, call->api_version);
    if (code == JB_OK) {
        exchange_init(&exchange, manager, operation, call->method, url.data, deadline_ms, &answer->body);
        exchange.http.body = call->body;
        exchange.http.body_size = call->body != NULL ? strlen(call->body) : 0;
        code = perform(&exchange, answer, error);
        if (code == JB_OK)
            code = read_tracking(&exchange, tracking, error);
        if (code == JB_OK && answer->status == 202 && tracking->url[0] == '\0')
            code = error_set(error, JB_ERROR_FORMAT, "the manager goes on after its answer and does not say where");
        exchange_clean_up(&exchange);
    }
    buffer_clean_up(&url);
    return code;
}

int azure_manager_call(const struct azure_manager *manager, jb_operation *operation, const struct manager_call *call,
                       int64_t deadline_ms, struct manager_answer *answer, jb_error *error)
{
    struct tracking tracking = {.url = ""};
    int code = start(manager, operation, call, deadline_ms, answer, &tracking, error);
    if (code == JB_OK && tracking.url[0] != '\0')
        code = follow(manager, operation, &tracking, deadline_ms, answer, error);
    if (code != JB_OK && code != JB_ERROR_CANCELLED && code != JB_ERROR_MEMORY)
        error_prefix(error, "cannot %s", call->what);
    return code;
}
