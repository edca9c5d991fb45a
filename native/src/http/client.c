#include "client.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "../base/clock.h"
#include "../base/event.h"
#include "../base/workers.h"
#include "loop.h"
#include "pace.h"
#include "transfer.h"

#define TICK_MS 100   /* how soon a cancellation, a stall or a deadline is seen */
#define IDLE_MS 60000 /* with nothing under way, only a submission matters, and that wakes the thread */

/* Where nothing was ever answered, the address is wrong more often than a server is about to start: it is not waited
 * for as long as for one that went away. */
#define TRIES_OF_UNKNOWN 5
/* Faults that go by themselves do so within the first tries; then whoever waits is told. */
#define TRIES_BEFORE_WARNING 3

struct queue {
    struct http_request *first;
    struct http_request **end;
};

struct http_client {
    struct http_options options;
    char *ca_file;
    char *proxy;
    struct http_loop loop;
    pthread_t thread;
    pthread_mutex_t mutex;
    /* Under the mutex. */
    struct queue submitted;
    bool ending;
    /* The thread's own. */
    struct queue waiting; /* for a connection, or for their next try's time */
    struct http_request *running;
    unsigned running_count;
    struct http_pace pace;
    int64_t checked_ms; /* when cancellations, stalls and deadlines were looked for last */
    CURL **idle;        /* handles to use again */
    unsigned idle_count;
    bool answered; /* some server has answered something */
    bool warned;   /* of what has failed since the last success */
};

static void queue_add(struct queue *queue, struct http_request *request)
{
    request->next = NULL;
    *queue->end = request;
    queue->end = &request->next;
}

static void queue_remove(struct queue *queue, struct http_request **link)
{
    struct http_request *request = *link;
    *link = request->next;
    if (queue->end == &request->next)
        queue->end = link;
}

/* Puts the handle back; the request is in no list afterwards. */
static void release_handle(struct http_client *client, struct http_request *request)
{
    curl_multi_remove_handle(client->loop.multi, request->easy);
    curl_easy_reset(request->easy);
    client->idle[client->idle_count++] = request->easy;
    request->easy = NULL;
    struct http_request **link = &client->running;
    while (*link != request)
        link = &(*link)->next;
    *link = request->next;
    client->running_count--;
}

static void finish(struct http_request *request, int code, const char *text)
{
    if (code != JB_OK)
        error_set(&request->error, (jb_code)code, "%s", text);
    request->done(request); /* the request may be gone now */
}

static unsigned tries_of(const struct http_client *client, const struct http_request *request)
{
    bool unknown = request->unreached && !client->answered;
    return unknown && client->options.tries > TRIES_OF_UNKNOWN ? TRIES_OF_UNKNOWN : client->options.tries;
}

/* Once for all requests that fail together. */
static void warn(struct http_client *client, const struct http_request *request)
{
    if (client->warned || request->tries < TRIES_BEFORE_WARNING)
        return;
    client->warned = true;
    operation_log(request->operation, JB_LOG_WARNING, "requests to the server fail and are tried again: %s",
                  request->error.text);
}

/* A server that is asked too much says so, or leaves a try without any answer (status 0) for long. */
static void keep_pace(struct http_client *client, const struct http_request *request, enum http_verdict verdict,
                      bool timed_out)
{
    if (verdict == HTTP_DONE)
        http_pace_success(&client->pace);
    else if (request->status == 429 || request->status == 503 || (request->status == 0 && timed_out))
        http_pace_complaint(&client->pace, request->number);
}

/* The try has ended with the verdict, and the handle is released. */
static void end_try(struct http_client *client, struct http_request *request, enum http_verdict verdict, bool timed_out)
{
    keep_pace(client, request, verdict, timed_out);
    client->answered = client->answered || request->status != 0;
    if (verdict != HTTP_RETRY)
        client->warned = false;
    if (verdict == HTTP_RETRY && request->tries < tries_of(client, request)) {
        int64_t pause_ms = http_retry_pause_ms(request, &client->options);
        warn(client, request);
        operation_log(request->operation, JB_LOG_DEBUG, "try %u of %u failed, the next in %lld ms: %s", request->tries,
                      client->options.tries, (long long)pause_ms, request->error.text);
        request->due_ms = clock_monotonic_ms() + pause_ms;
        queue_add(&client->waiting, request);
        return;
    }
    request->done(request);
}

static bool out_of_time(const struct http_request *request, int64_t now_ms)
{
    return request->deadline_ms != 0 && now_ms >= request->deadline_ms;
}

static const char late[] = "the request took longer than it may";

static void check_waiting(struct http_client *client, int64_t now_ms)
{
    struct http_request **link = &client->waiting.first;
    while (*link != NULL) {
        struct http_request *request = *link;
        bool cancelled = operation_cancelled(request->operation);
        if (!cancelled && !out_of_time(request, now_ms)) {
            link = &request->next;
            continue;
        }
        queue_remove(&client->waiting, link);
        finish(request, cancelled ? JB_ERROR_CANCELLED : JB_ERROR_UNREACHABLE, cancelled ? "cancelled" : late);
    }
}

static void check_running(struct http_client *client, int64_t now_ms)
{
    struct http_request *next;
    for (struct http_request *request = client->running; request != NULL; request = next) {
        next = request->next;
        bool cancelled = operation_cancelled(request->operation);
        if (cancelled || out_of_time(request, now_ms)) {
            release_handle(client, request);
            request->maybe_applied = true;
            finish(request, cancelled ? JB_ERROR_CANCELLED : JB_ERROR_UNREACHABLE, cancelled ? "cancelled" : late);
        } else if (http_transfer_stalled(request, &client->options, now_ms)) {
            release_handle(client, request);
            request->maybe_applied = true;
            request->status = 0;
            error_set(&request->error, JB_ERROR_UNREACHABLE, "the transfer stalled: less than 1 KiB/s for %u s",
                      (client->options.stall_ms + 999) / 1000 *
                          (request->stall_factor > 0 ? request->stall_factor : 1));
            request->error.retryable = true;
            end_try(client, request, HTTP_RETRY, true);
        }
    }
}

static void start(struct http_client *client, struct http_request *request)
{
    if (operation_cancelled(request->operation)) {
        finish(request, JB_ERROR_CANCELLED, "cancelled");
        return;
    }
    CURL *easy = client->idle_count > 0 ? client->idle[--client->idle_count] : curl_easy_init();
    if (easy == NULL) {
        finish(request, JB_ERROR_MEMORY, "the system gave no memory");
        return;
    }
    request->next = client->running;
    client->running = request;
    client->running_count++;
    request->number = http_pace_start(&client->pace);
    int code = http_transfer_begin(request, easy, &client->options, &request->error);
    if (code == JB_OK && curl_multi_add_handle(client->loop.multi, easy) != CURLM_OK)
        code = error_no_memory(&request->error);
    if (code != JB_OK) {
        release_handle(client, request);
        request->done(request);
    }
}

static void start_due(struct http_client *client, int64_t now_ms)
{
    struct http_request **link = &client->waiting.first;
    while (*link != NULL && client->running_count < client->pace.whole) {
        struct http_request *request = *link;
        if (request->due_ms > now_ms) {
            link = &request->next;
            continue;
        }
        queue_remove(&client->waiting, link);
        start(client, request);
    }
}

static void reap(struct http_client *client)
{
    int left;
    for (CURLMsg *message; (message = curl_multi_info_read(client->loop.multi, &left)) != NULL;) {
        if (message->msg != CURLMSG_DONE)
            continue;
        char *private = NULL;
        CURLcode result = message->data.result;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &private);
        struct http_request *request = (struct http_request *)(void *)private;
        enum http_verdict verdict = http_transfer_end(request, result);
        release_handle(client, request);
        end_try(client, request, verdict, result == CURLE_OPERATION_TIMEDOUT);
    }
}

static int pause_until_work(const struct http_client *client, int64_t now_ms)
{
    if (client->waiting.first == NULL && client->running == NULL)
        return IDLE_MS;
    int64_t pause = TICK_MS;
    if (client->running_count < client->pace.whole)
        for (const struct http_request *request = client->waiting.first; request != NULL; request = request->next)
            if (request->due_ms - now_ms < pause)
                pause = request->due_ms > now_ms ? request->due_ms - now_ms : 0;
    return (int)pause;
}

static bool take_submitted(struct http_client *client)
{
    pthread_mutex_lock(&client->mutex);
    if (client->submitted.first != NULL) {
        *client->waiting.end = client->submitted.first;
        client->waiting.end = client->submitted.end;
        client->submitted = (struct queue){NULL, &client->submitted.first};
    }
    bool ending = client->ending;
    pthread_mutex_unlock(&client->mutex);
    return ending;
}

static void *run(void *context)
{
    struct http_client *client = context;
    for (;;) {
        bool ending = take_submitted(client);
        int64_t now_ms = clock_monotonic_ms();
        if (now_ms - client->checked_ms >= TICK_MS) {
            check_waiting(client, now_ms);
            check_running(client, now_ms);
            client->checked_ms = now_ms;
        }
        start_due(client, now_ms);
        if (ending && client->waiting.first == NULL && client->running == NULL)
            return NULL;
        http_loop_step(&client->loop, pause_until_work(client, now_ms));
        reap(client);
    }
}

static void set_defaults(struct http_options *options)
{
    static const struct http_options defaults = {
        .connections = 128,
        .tries = 8,
        .stall_ms = 60000,
        .connect_timeout_ms = 15000,
        .backoff_base_ms = 100,
        .backoff_max_ms = 10000,
        .retry_after_max_ms = 60000,
    };
    options->connections = options->connections > 0 ? options->connections : defaults.connections;
    options->tries = options->tries > 0 ? options->tries : defaults.tries;
    options->stall_ms = options->stall_ms > 0 ? options->stall_ms : defaults.stall_ms;
    options->connect_timeout_ms =
        options->connect_timeout_ms > 0 ? options->connect_timeout_ms : defaults.connect_timeout_ms;
    options->backoff_base_ms = options->backoff_base_ms > 0 ? options->backoff_base_ms : defaults.backoff_base_ms;
    options->backoff_max_ms = options->backoff_max_ms > 0 ? options->backoff_max_ms : defaults.backoff_max_ms;
    options->retry_after_max_ms =
        options->retry_after_max_ms > 0 ? options->retry_after_max_ms : defaults.retry_after_max_ms;
}

static void free_members(struct http_client *client)
{
    while (client->idle_count > 0)
        curl_easy_cleanup(client->idle[--client->idle_count]);
    http_loop_clean_up(&client->loop);
    pthread_mutex_destroy(&client->mutex);
    free(client->idle);
    free(client->ca_file);
    free(client->proxy);
    free(client);
}

int http_tls_minimum(const char *text, bool *tls_1_3, jb_error *error)
{
    bool given = text != NULL && *text != '\0';
    *tls_1_3 = given && strcmp(text, "1.3") == 0;
    if (!given || *tls_1_3 || strcmp(text, "1.2") == 0)
        return JB_OK;
    error_set(error, JB_ERROR_USAGE, "the lowest version of TLS is '1.2' or '1.3', not '%.20s'", text);
    return error_hint(error, "older versions are not secure and never used");
}

int http_client_new(const struct http_options *options, struct http_client **client, jb_error *error)
{
    struct http_client *made = calloc(1, sizeof *made);
    if (made == NULL)
        return error_no_memory(error);
    made->options = *options;
    set_defaults(&made->options);
    made->submitted.end = &made->submitted.first;
    made->waiting.end = &made->waiting.first;
    pthread_mutex_init(&made->mutex, NULL);
    const char *ca_file = options->ca_file != NULL ? options->ca_file : http_ca_file();
    if (ca_file != NULL)
        made->ca_file = strdup(ca_file);
    made->options.ca_file = made->ca_file;
    if (options->proxy != NULL)
        made->proxy = strdup(options->proxy);
    made->options.proxy = made->proxy;
    http_pace_init(&made->pace, made->options.connections);
    made->idle = calloc(made->options.connections, sizeof *made->idle);
    int code = http_loop_init(&made->loop, error);
    if (code != JB_OK) {
        free_members(made);
        return code;
    }
    if (made->idle == NULL || (ca_file != NULL && made->ca_file == NULL) ||
        (options->proxy != NULL && made->proxy == NULL)) {
        free_members(made);
        return error_no_memory(error);
    }
    curl_multi_setopt(made->loop.multi, CURLMOPT_MAXCONNECTS, (long)made->options.connections);
    int errnum = thread_start(&made->thread, run, made);
    if (errnum != 0) {
        free_members(made);
        return error_set_errno(error, errnum, "cannot start a thread");
    }
    *client = made;
    return JB_OK;
}

void http_client_free(struct http_client *client)
{
    if (client == NULL)
        return;
    pthread_mutex_lock(&client->mutex);
    client->ending = true;
    http_loop_wake(&client->loop);
    pthread_mutex_unlock(&client->mutex);
    pthread_join(client->thread, NULL);
    free_members(client);
}

void http_submit(struct http_client *client, struct http_request *request)
{
    request->due_ms = 0;
    pthread_mutex_lock(&client->mutex);
    bool first = client->submitted.first == NULL;
    queue_add(&client->submitted, request);
    if (first) /* it takes all that it finds then */
        http_loop_wake(&client->loop);
    pthread_mutex_unlock(&client->mutex);
}

struct waiter {
    struct event event;
    bool finished;
};

static void wake_waiter(struct http_request *request)
{
    struct waiter *waiter = request->waiter;
    event_lock(&waiter->event);
    waiter->finished = true;
    event_signal(&waiter->event);
    event_unlock(&waiter->event);
}

const struct http_options *http_client_options(const struct http_client *client)
{
    return &client->options;
}

int http_perform(struct http_client *client, struct http_request *request)
{
    struct waiter waiter = {.finished = false};
    event_init(&waiter.event);
    request->waiter = &waiter;
    request->done = wake_waiter;
    http_submit(client, request);
    event_lock(&waiter.event);
    while (!waiter.finished)
        event_wait(&waiter.event);
    event_unlock(&waiter.event);
    event_clean_up(&waiter.event);
    return (int)request->error.code;
}
