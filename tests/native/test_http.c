/* The client's tries, pauses and limits against a scripted server. */
#include <arpa/inet.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/operation.h"
#include "http/client.h"
#include "scripted_server.h"

#define STALL_MS 300

static const struct http_options options = {
    .connections = 4,
    .tries = 3,
    .stall_ms = STALL_MS,
    .connect_timeout_ms = 1000,
    .backoff_base_ms = 2,
    .backoff_max_ms = 10,
    .retry_after_max_ms = 400,
};

struct setting {
    struct scripted_server *server;
    struct http_client *client;
    jb_operation *operation;
    struct http_request request;
    struct buffer reply;
    char url[128];
};

static void begin(struct setting *setting, const struct exchange *exchanges, size_t count, const char *method)
{
    setting->server = scripted_server_start(exchanges, count);
    assert_int_equal(jb_library_init(NULL), JB_OK);
    assert_int_equal(http_client_new(&options, &setting->client, NULL), JB_OK);
    assert_int_equal(jb_operation_new(NULL, &setting->operation, NULL), JB_OK);
    snprintf(setting->url, sizeof setting->url, "%s/x", scripted_server_endpoint(setting->server));
    http_request_init(&setting->request, method, setting->url, setting->operation);
    buffer_init(&setting->reply, 1024);
    setting->request.reply = &setting->reply;
}

static int perform(struct setting *setting)
{
    return http_perform(setting->client, &setting->request);
}

static void end_client(struct setting *setting)
{
    http_request_clean_up(&setting->request);
    buffer_clean_up(&setting->reply);
    http_client_free(setting->client);
    jb_operation_free(setting->operation);
}

static void end(struct setting *setting)
{
    end_client(setting);
    scripted_server_stop(setting->server);
}

#define BEGIN(setting, exchanges, method) begin(&(setting), exchanges, sizeof(exchanges) / sizeof *(exchanges), method)
#define OK_REPLY                          .status = "200 OK", .reply = "hello"

static void a_reply_and_its_headers_arrive(void **state)
{
    (void)state;
    const struct exchange script[] = {{"GET",
                                       "/x",
                                       {"!expect", "!accept", "user-agent: jpsbackup/*"},
                                       OK_REPLY,
                                       .reply_headers = "ETag:   \"1\" \r\nX-Empty:\r\n"}};
    struct setting setting;
    BEGIN(setting, script, "GET");
    assert_int_equal(perform(&setting), JB_OK);
    assert_int_equal(setting.request.status, 200);
    assert_string_equal(setting.reply.data, "hello");
    char value[64];
    assert_true(http_request_reply_header(&setting.request, "etag", value, sizeof value));
    assert_string_equal(value, "\"1\"");
    assert_true(http_request_reply_header(&setting.request, "x-empty", value, sizeof value));
    assert_string_equal(value, "");
    assert_false(http_request_reply_header(&setting.request, "eta", value, sizeof value));
    assert_false(http_request_reply_header(&setting.request, "etag", value, 3)); /* does not fit */
    end(&setting);
}

static void a_503_is_tried_again(void **state)
{
    (void)state;
    const struct exchange script[] = {{"GET", "/x", .status = "503 Busy", .reply = "later"}, {"GET", "/x", OK_REPLY}};
    struct setting setting;
    BEGIN(setting, script, "GET");
    assert_int_equal(perform(&setting), JB_OK);
    assert_int_equal(setting.request.tries, 2);
    assert_string_equal(setting.reply.data, "hello");
    end(&setting);
}

static void tries_are_bounded(void **state)
{
    (void)state;
    const struct exchange script[] = {
        {"GET", "/x", .status = "500 No"}, {"GET", "/x", .status = "502 No"}, {"GET", "/x", .status = "503 No"}};
    struct setting setting;
    BEGIN(setting, script, "GET");
    assert_int_equal(perform(&setting), JB_ERROR_FAILED);
    assert_int_equal(setting.request.tries, 3);
    assert_int_equal(setting.request.error.store_status, 503);
    end(&setting);
}

static void retry_after_is_honoured(void **state)
{
    (void)state;
    const struct exchange script[] = {{"GET", "/x", .status = "503 Busy", .reply_headers = "Retry-After: 1\r\n"},
                                      {"GET", "/x", OK_REPLY}};
    struct setting setting;
    BEGIN(setting, script, "GET");
    int64_t before = clock_monotonic_ms();
    assert_int_equal(perform(&setting), JB_OK);
    assert_in_range(clock_monotonic_ms() - before, 400, 10000);
    end(&setting);
}

static void an_endless_retry_after_is_bounded(void **state)
{
    (void)state;
    const struct exchange script[] = {
        {"GET", "/x", .status = "429 Slow", .reply_headers = "Retry-After: 86400\r\n"},
        {"GET", "/x", .status = "503 Slow", .reply_headers = "Retry-After: Fri, 31 Dec 9999 23:59:59 GMT\r\n"},
        {"GET", "/x", OK_REPLY}};
    struct setting setting;
    BEGIN(setting, script, "GET");
    int64_t before = clock_monotonic_ms();
    assert_int_equal(perform(&setting), JB_OK);
    assert_in_range(clock_monotonic_ms() - before, 800, 20000);
    end(&setting);
}

static void a_404_is_not_tried_again(void **state)
{
    (void)state;
    const struct exchange script[] = {{"GET", "/x", .status = "404 No", .reply = "<none/>"}};
    struct setting setting;
    BEGIN(setting, script, "GET");
    assert_int_equal(perform(&setting), JB_ERROR_FAILED);
    assert_string_equal(setting.request.problem.data, "<none/>"); /* kept apart from the wanted body */
    assert_int_equal(setting.reply.size, 0);
    assert_false(setting.request.maybe_applied);
    end(&setting);
}

static void a_redirect_is_not_followed(void **state)
{
    (void)state;
    const struct exchange script[] = {{"GET", "/x", .status = "302 Elsewhere", .reply_headers = "Location: /y\r\n"}};
    struct setting setting;
    BEGIN(setting, script, "GET");
    assert_int_equal(perform(&setting), JB_ERROR_FAILED);
    assert_int_equal(setting.request.status, 302);
    end(&setting);
}

static void fault_then_success(const struct exchange *fault, const char *body)
{
    struct exchange script[] = {*fault, {"PUT", "/x", .body = body, OK_REPLY}};
    struct setting setting;
    BEGIN(setting, script, "PUT");
    setting.request.with_body = true;
    setting.request.body = body;
    setting.request.body_size = strlen(body);
    assert_int_equal(perform(&setting), JB_OK);
    assert_int_equal(setting.request.tries, 2);
    assert_true(setting.request.maybe_applied);
    assert_string_equal(setting.reply.data, "hello");
    end(&setting);
}

static void reset_before_the_request_body_is_tried_again(void **state)
{
    (void)state;
    fault_then_success(&(struct exchange){"PUT", "/x", .fault = FAULT_RESET_BEFORE_BODY}, "bytes");
}

static void reset_while_a_large_body_is_sent_is_tried_again_from_its_start(void **state)
{
    (void)state;
    size_t size = 8 << 20;
    char *body = malloc(size + 1);
    for (size_t i = 0; i < size; i++)
        body[i] = (char)('a' + i % 23);
    body[size] = '\0';
    fault_then_success(&(struct exchange){"PUT", "/x", .fault = FAULT_RESET_BEFORE_BODY}, body);
    free(body);
}

static void reset_without_an_answer_is_tried_again(void **state)
{
    (void)state;
    fault_then_success(&(struct exchange){"PUT", "/x", .body = "bytes", .fault = FAULT_RESET_UNANSWERED}, "bytes");
}

static void reset_within_the_reply_is_tried_again(void **state)
{
    (void)state;
    fault_then_success(&(struct exchange){"PUT", "/x", .status = "200 OK", .reply = "hello, hello", .cut = 5,
                                          .fault = FAULT_RESET_IN_REPLY},
                       "bytes");
}

static void a_truncated_reply_is_tried_again(void **state)
{
    (void)state;
    fault_then_success(&(struct exchange){"PUT", "/x", .status = "200 OK", .reply = "hello, hello", .cut = 5,
                                          .fault = FAULT_CLOSE_IN_REPLY},
                       "bytes");
}

static void garbage_instead_of_http_is_tried_again(void **state)
{
    (void)state;
    fault_then_success(&(struct exchange){"PUT", "/x", .reply = "SSH-2.0-OpenSSH\r\n", .fault = FAULT_RAW}, "bytes");
}

static void a_stall_within_the_reply_fails_that_try(void **state)
{
    (void)state;
    int64_t before = clock_monotonic_ms();
    fault_then_success(
        &(struct exchange){"PUT", "/x", .status = "200 OK", .reply = "hello, hello", .cut = 5, .fault = FAULT_STALL},
        "bytes");
    assert_in_range(clock_monotonic_ms() - before, STALL_MS, 10000);
}

static void a_slow_reply_is_no_stall_but_a_trickle_is(void **state)
{
    (void)state;
    static char text[1001];
    memset(text, 'x', sizeof text - 1);
    /* The bound is 1 KiB/s, so 307 bytes in each 300 ms. */
    const struct exchange script[] = {
        {"GET", "/x", .status = "200 OK", .reply = text, .cut = 20, .fault = FAULT_SLOW},
        {"GET", "/x", .status = "200 OK", .reply = text, .cut = 160, .fault = FAULT_SLOW}};
    struct setting setting;
    BEGIN(setting, script, "GET");
    assert_int_equal(perform(&setting), JB_OK);
    assert_int_equal(setting.request.tries, 2);
    assert_string_equal(setting.reply.data, text);
    end(&setting);
}

static void a_silent_server_fails_each_try_by_its_stall(void **state)
{
    (void)state;
    const struct exchange script[] = {{"GET", "/x", .fault = FAULT_SILENT},
                                      {"GET", "/x", .fault = FAULT_SILENT},
                                      {"GET", "/x", .fault = FAULT_SILENT}};
    struct setting setting;
    BEGIN(setting, script, "GET");
    assert_int_equal(perform(&setting), JB_ERROR_UNREACHABLE);
    assert_non_null(strstr(setting.request.error.text, "stalled"));
    assert_true(setting.request.error.retryable);
    end(&setting);
}

static void a_longer_stall_may_be_allowed_for_one_request(void **state)
{
    (void)state;
    const struct exchange script[] = {{"GET", "/x", .fault = FAULT_SILENT}};
    struct setting setting;
    BEGIN(setting, script, "GET");
    setting.request.stall_factor = 1000;
    int64_t before = clock_monotonic_ms();
    setting.request.deadline_ms = before + 3 * STALL_MS;
    assert_int_equal(perform(&setting), JB_ERROR_UNREACHABLE);
    assert_in_range(clock_monotonic_ms() - before, 3 * STALL_MS, 3 * STALL_MS + 10000);
    assert_int_equal(setting.request.tries, 1);
    end(&setting);
}

static void a_reply_longer_than_its_bound_fails(void **state)
{
    (void)state;
    static char huge[4096];
    memset(huge, 'x', sizeof huge - 1);
    const struct exchange script[] = {{"GET", "/x", .status = "200 OK", .reply = huge},
                                      {"GET", "/x", .status = "200 OK", .reply = huge}};
    struct setting setting;
    BEGIN(setting, script, "GET");
    assert_int_equal(perform(&setting), JB_ERROR_LIMIT);
    char into[16];
    http_request_clean_up(&setting.request);
    http_request_init(&setting.request, "GET", setting.url, NULL);
    setting.request.into = into;
    setting.request.into_size = sizeof into;
    assert_int_equal(perform(&setting), JB_ERROR_LIMIT);
    end(&setting);
}

static void an_endless_explanation_of_an_error_is_cut_and_the_status_counts(void **state)
{
    (void)state;
    static char huge[3 * HTTP_PROBLEM_MAX];
    memset(huge, 'x', sizeof huge - 1);
    const struct exchange script[] = {{"GET", "/x", .status = "403 No", .reply = huge}};
    struct setting setting;
    BEGIN(setting, script, "GET");
    assert_int_equal(perform(&setting), JB_ERROR_FAILED);
    assert_int_equal(setting.request.status, 403);
    assert_int_equal(setting.request.tries, 1);
    end(&setting);
}

static void an_endless_header_fails(void **state)
{
    (void)state;
    static char raw[2 * HTTP_HEADERS_MAX];
    size_t used = (size_t)sprintf(raw, "HTTP/1.1 200 OK\r\n");
    while (used < sizeof raw - 64)
        used += (size_t)sprintf(raw + used, "X-Filler: %032zu\r\n", used);
    sprintf(raw + used, "\r\n");
    const struct exchange script[] = {{"GET", "/x", .reply = raw, .fault = FAULT_RAW}};
    struct setting setting;
    BEGIN(setting, script, "GET");
    assert_int_equal(perform(&setting), JB_ERROR_FORMAT);
    end(&setting);
}

static void a_header_with_a_line_end_is_refused(void **state)
{
    (void)state;
    struct http_request request;
    jb_error error = JB_ERROR_INIT;
    http_request_init(&request, "GET", "http://127.0.0.1/", NULL);
    assert_int_equal(http_request_header(&request, "x-key", "a\r\nx-evil: b", &error), JB_ERROR_USAGE);
    assert_null(strstr(error.text, "evil"));
    http_request_clean_up(&request);
}

static void *cancel_soon(void *context)
{
    usleep(100000);
    jb_operation_cancel(context);
    return NULL;
}

static void cancel_while_waiting(const struct exchange *exchange)
{
    struct setting setting;
    begin(&setting, exchange, 1, "GET");
    /* Neither the stall nor the next try must come first. */
    http_client_free(setting.client);
    struct http_options patient = options;
    patient.stall_ms = patient.backoff_base_ms = patient.backoff_max_ms = 20000;
    assert_int_equal(http_client_new(&patient, &setting.client, NULL), JB_OK);
    pthread_t thread;
    pthread_create(&thread, NULL, cancel_soon, setting.operation);
    int64_t before = clock_monotonic_ms();
    assert_int_equal(perform(&setting), JB_ERROR_CANCELLED);
    assert_in_range(clock_monotonic_ms() - before, 90, 5000);
    pthread_join(thread, NULL);
    end(&setting);
}

static void cancelled_while_the_server_is_silent(void **state)
{
    (void)state;
    cancel_while_waiting(&(struct exchange){"GET", "/x", .fault = FAULT_SILENT});
}

static void cancelled_between_two_tries(void **state)
{
    (void)state;
    cancel_while_waiting(&(struct exchange){"GET", "/x", .status = "503 Busy"});
}

static void a_refused_connection_is_unreachable_and_surely_not_applied(void **state)
{
    (void)state;
    int listener = socket(AF_INET, SOCK_STREAM, 0); /* bound but not listening: refuses */
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    assert_int_equal(bind(listener, (struct sockaddr *)&address, size), 0);
    getsockname(listener, (struct sockaddr *)&address, &size);
    struct setting setting;
    begin(&setting, NULL, 0, "GET");
    snprintf(setting.url, sizeof setting.url, "http://127.0.0.1:%u/", ntohs(address.sin_port));
    assert_int_equal(perform(&setting), JB_ERROR_UNREACHABLE);
    assert_int_equal(setting.request.tries, 3);
    assert_false(setting.request.maybe_applied);
    end(&setting);
    close(listener);
}

/* Tries of a request to a port that refuses; the client has had an answer from elsewhere before, or not. */
static unsigned tries_of_refused(bool answered)
{
    const struct exchange script[] = {{"GET", "/x", OK_REPLY}};
    struct setting setting;
    struct http_options many = options;
    char url[128];
    many.tries = 9;
    BEGIN(setting, script, "GET");
    http_client_free(setting.client);
    assert_int_equal(http_client_new(&many, &setting.client, NULL), JB_OK);
    if (answered)
        assert_int_equal(perform(&setting), JB_OK);
    int listener = socket(AF_INET, SOCK_STREAM, 0); /* bound but not listening: refuses */
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    assert_int_equal(bind(listener, (struct sockaddr *)&address, size), 0);
    getsockname(listener, (struct sockaddr *)&address, &size);
    snprintf(url, sizeof url, "http://127.0.0.1:%u/", ntohs(address.sin_port));
    struct http_request request;
    http_request_init(&request, "GET", url, setting.operation);
    assert_int_equal(http_perform(setting.client, &request), JB_ERROR_UNREACHABLE);
    assert_non_null(strstr(request.error.text, "cannot be reached"));
    unsigned tries = request.tries;
    http_request_clean_up(&request);
    close(listener);
    end_client(&setting);
    scripted_server_stop_early(setting.server);
    return tries;
}

static void a_server_that_went_away_is_waited_for_longer_than_one_that_never_answered(void **state)
{
    (void)state;
    assert_int_equal(tries_of_refused(true), 9);
    assert_int_equal(tries_of_refused(false), 5);
}

struct logged {
    unsigned warnings;
    char last[256];
};

static void count_warnings(void *context, jb_log_level level, const char *line)
{
    struct logged *logged = context;
    if (level != JB_LOG_WARNING)
        return;
    logged->warnings++;
    snprintf(logged->last, sizeof logged->last, "%s", line);
}

static void failures_that_last_are_told_once(void **state)
{
    (void)state;
    static const struct exchange busy = {"GET", "/x", .status = "503 Busy"}, good = {"GET", "/x", OK_REPLY};
    const struct exchange script[] = {busy, busy, busy, busy, good, busy, good};
    struct logged logged = {0, ""};
    struct http_options many = options;
    many.tries = 9;
    struct setting setting;
    BEGIN(setting, script, "GET");
    http_client_free(setting.client);
    jb_operation_free(setting.operation);
    const jb_operation_options with_log = {.size = sizeof with_log, .log = count_warnings, .log_context = &logged};
    assert_int_equal(jb_operation_new(&with_log, &setting.operation, NULL), JB_OK);
    assert_int_equal(http_client_new(&many, &setting.client, NULL), JB_OK);
    setting.request.operation = setting.operation;
    assert_int_equal(perform(&setting), JB_OK);
    assert_int_equal(logged.warnings, 1);
    assert_non_null(strstr(logged.last, "status 503"));
    http_request_clean_up(&setting.request);
    http_request_init(&setting.request, "GET", setting.url, setting.operation);
    assert_int_equal(perform(&setting), JB_OK); /* one failure is nobody's business */
    assert_int_equal(logged.warnings, 1);
    end(&setting);
}

static void one_connection_serves_many_requests(void **state)
{
    (void)state;
    const struct exchange script[] = {
        {"GET", "/x", OK_REPLY}, {"GET", "/x", OK_REPLY}, {"GET", "/x", .status = "404 No"}, {"GET", "/x", OK_REPLY}};
    struct setting setting;
    BEGIN(setting, script, "GET");
    for (int i = 0; i < 4; i++) {
        http_request_clean_up(&setting.request);
        http_request_init(&setting.request, "GET", setting.url, setting.operation);
        setting.request.reply = &setting.reply;
        assert_int_equal(perform(&setting), i == 2 ? JB_ERROR_FAILED : JB_OK);
    }
    assert_int_equal(scripted_server_connections(setting.server), 1);
    end(&setting);
}

static void what_libcurl_itself_sends_again_may_have_been_applied(void **state)
{
    (void)state;
    const struct exchange script[] = {{"GET", "/x", OK_REPLY},
                                      {"PUT", "/x", .body = "", .fault = FAULT_RESET_UNANSWERED},
                                      {"PUT", "/x", .body = "", OK_REPLY}};
    struct setting setting;
    BEGIN(setting, script, "GET");
    assert_int_equal(perform(&setting), JB_OK);
    assert_false(setting.request.maybe_applied);
    http_request_clean_up(&setting.request);
    http_request_init(&setting.request, "PUT", setting.url, setting.operation);
    setting.request.with_body = true;
    setting.request.body = "";
    assert_int_equal(perform(&setting), JB_OK);
    assert_int_equal(setting.request.tries, 1);
    assert_true(setting.request.maybe_applied);
    end(&setting);
}

struct crowd {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    unsigned done;
};

static void count_done(struct http_request *request)
{
    struct crowd *crowd = request->context;
    pthread_mutex_lock(&crowd->mutex);
    crowd->done++;
    pthread_cond_signal(&crowd->changed);
    pthread_mutex_unlock(&crowd->mutex);
}

static void many_requests_at_a_time_share_the_allowed_connections(void **state)
{
    (void)state;
    enum { REQUESTS = 40 };
    struct exchange script[REQUESTS];
    for (int i = 0; i < REQUESTS; i++)
        script[i] = i % 8 == 3 ? (struct exchange){"GET", "/x", .status = "200 OK", .reply = "hel"}
                               : (struct exchange){"GET", "/x", OK_REPLY};
    struct setting setting;
    BEGIN(setting, script, "GET");
    struct crowd crowd = {.mutex = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
    struct http_request *requests = calloc(REQUESTS, sizeof *requests);
    char into[REQUESTS][8];
    for (int i = 0; i < REQUESTS; i++) {
        http_request_init(&requests[i], "GET", setting.url, setting.operation);
        requests[i].into = into[i];
        requests[i].into_size = sizeof into[i];
        requests[i].context = &crowd;
        requests[i].done = count_done;
        http_submit(setting.client, &requests[i]);
    }
    pthread_mutex_lock(&crowd.mutex);
    while (crowd.done < REQUESTS)
        pthread_cond_wait(&crowd.changed, &crowd.mutex);
    pthread_mutex_unlock(&crowd.mutex);
    for (int i = 0; i < REQUESTS; i++) {
        assert_int_equal(requests[i].error.code, JB_OK);
        assert_in_range(requests[i].received, 3, 5);
        http_request_clean_up(&requests[i]);
    }
    assert_in_range(scripted_server_connections(setting.server), 1, 4);
    free(requests);
    end(&setting);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reply_and_its_headers_arrive),
        cmocka_unit_test(a_503_is_tried_again),
        cmocka_unit_test(tries_are_bounded),
        cmocka_unit_test(retry_after_is_honoured),
        cmocka_unit_test(an_endless_retry_after_is_bounded),
        cmocka_unit_test(a_404_is_not_tried_again),
        cmocka_unit_test(a_redirect_is_not_followed),
        cmocka_unit_test(reset_before_the_request_body_is_tried_again),
        cmocka_unit_test(reset_while_a_large_body_is_sent_is_tried_again_from_its_start),
        cmocka_unit_test(reset_without_an_answer_is_tried_again),
        cmocka_unit_test(reset_within_the_reply_is_tried_again),
        cmocka_unit_test(a_truncated_reply_is_tried_again),
        cmocka_unit_test(garbage_instead_of_http_is_tried_again),
        cmocka_unit_test(a_stall_within_the_reply_fails_that_try),
        cmocka_unit_test(a_slow_reply_is_no_stall_but_a_trickle_is),
        cmocka_unit_test(a_silent_server_fails_each_try_by_its_stall),
        cmocka_unit_test(a_longer_stall_may_be_allowed_for_one_request),
        cmocka_unit_test(a_reply_longer_than_its_bound_fails),
        cmocka_unit_test(an_endless_explanation_of_an_error_is_cut_and_the_status_counts),
        cmocka_unit_test(an_endless_header_fails),
        cmocka_unit_test(a_header_with_a_line_end_is_refused),
        cmocka_unit_test(cancelled_while_the_server_is_silent),
        cmocka_unit_test(cancelled_between_two_tries),
        cmocka_unit_test(a_refused_connection_is_unreachable_and_surely_not_applied),
        cmocka_unit_test(a_server_that_went_away_is_waited_for_longer_than_one_that_never_answered),
        cmocka_unit_test(failures_that_last_are_told_once),
        cmocka_unit_test(one_connection_serves_many_requests),
        cmocka_unit_test(what_libcurl_itself_sends_again_may_have_been_applied),
        cmocka_unit_test(many_requests_at_a_time_share_the_allowed_connections),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
