#include "lane.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "../base/clock.h"
#include "../base/workers.h"
#include "loop.h"
#include "transfer.h"

#define TICK_MS 100   /* how soon a cancellation, a stall or a deadline is seen */
#define IDLE_MS 60000 /* with nothing under way, only a submission matters, and that wakes the thread */

/* Where nothing was ever answered, the address is wrong more often than a server is about to start: it is not waited
 * for as long as for one that went away. */
#define TRIES_OF_UNKNOWN 5
/* Faults that go by themselves do so within the first tries; then whoever waits is told. */
#define TRIES_BEFORE_WARNING 3

/* Where so much has moved since the lane looked last, more is about to, and is left to gather in the sockets' buffers:
 * a lane that looks at once is woken for every piece that the server sends, and takes both more time over the waking
 * than over the bytes. At 10 Gbit/s, 250 KB gather in such a while. */
#define MUCH_BYTES ((size_t)32 << 10)
#define WHILE_NS   200000

struct queue {
    struct http_request *first;
    struct http_request **end;
};

struct http_lane {
    struct http_shared *shared;
    const struct http_options *options;
    struct http_loop loop;
    pthread_t thread;
    pthread_mutex_t mutex;
    /* Under the mutex. */
    struct queue submitted;
    bool ending;
    atomic_uint load; /* requests that it has and that are not done */
    /* The thread's own. */
    struct queue waiting; /* for a connection, or for their next try's time */
    struct http_request *running;
    atomic_bool starved; /* a request is due and had no turn; another lane's turn that ends wakes this one */
    size_t moved;        /* bytes of bodies, since the lane looked last */
    int64_t checked_ms;  /* when cancellations, stalls and deadlines were looked for last */
    CURL **idle;         /* handles to use again */
    unsigned idle_count;
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

/* May one more request be under way? */
static bool take_turn(struct http_lane *lane, uint64_t *number)
{
    struct http_shared *shared = lane->shared;
    pthread_mutex_lock(&shared->mutex);
    bool free = shared->under_way < shared->pace.whole;
    if (free) {
        shared->under_way++;
        *number = http_pace_start(&shared->pace);
    }
    atomic_store(&lane->starved, !free);
    pthread_mutex_unlock(&shared->mutex);
    return free;
}

static void end_turn(struct http_lane *lane)
{
    struct http_shared *shared = lane->shared;
    pthread_mutex_lock(&shared->mutex);
    shared->under_way--;
    for (unsigned i = 0; i < shared->lane_count; i++)
        if (shared->lanes[i] != lane && atomic_exchange(&shared->lanes[i]->starved, false))
            http_loop_wake(&shared->lanes[i]->loop);
    pthread_mutex_unlock(&shared->mutex);
}

/* Puts the handle back; the request is in no list afterwards. */
static void release_handle(struct http_lane *lane, struct http_request *request)
{
    curl_multi_remove_handle(lane->loop.multi, request->easy);
    curl_easy_reset(request->easy);
    lane->idle[lane->idle_count++] = request->easy;
    request->easy = NULL;
    struct http_request **link = &lane->running;
    while (*link != request)
        link = &(*link)->next;
    *link = request->next;
    end_turn(lane);
}

/* The request may be gone afterwards. */
static void hand_back(struct http_lane *lane, struct http_request *request)
{
    atomic_fetch_sub(&lane->load, 1);
    request->done(request);
}

static void give_up(struct http_lane *lane, struct http_request *request, int code, const char *text)
{
    error_set(&request->error, (jb_code)code, "%s", text);
    hand_back(lane, request);
}

static unsigned tries_of(const struct http_lane *lane, const struct http_request *request)
{
    bool unknown = request->unreached && !atomic_load(&lane->shared->answered);
    return unknown && lane->options->tries > TRIES_OF_UNKNOWN ? TRIES_OF_UNKNOWN : lane->options->tries;
}

/* Once for all requests that fail together. */
static void warn(struct http_lane *lane, const struct http_request *request)
{
    if (request->tries < TRIES_BEFORE_WARNING || atomic_exchange(&lane->shared->warned, true))
        return;
    operation_log(request->operation, JB_LOG_WARNING, "requests to the server fail and are tried again: %s",
                  request->error.text);
}

/* A server that is asked too much says so, or leaves a try without any answer (status 0) for long. */
static void keep_pace(struct http_lane *lane, const struct http_request *request, enum http_verdict verdict,
                      bool timed_out)
{
    struct http_shared *shared = lane->shared;
    pthread_mutex_lock(&shared->mutex);
    if (verdict == HTTP_DONE)
        http_pace_success(&shared->pace);
    else if (request->status == 429 || request->status == 503 || (request->status == 0 && timed_out))
        http_pace_complaint(&shared->pace, request->number);
    pthread_mutex_unlock(&shared->mutex);
}

/* The try has ended with the verdict, and the handle is released. */
static void end_try(struct http_lane *lane, struct http_request *request, enum http_verdict verdict, bool timed_out)
{
    keep_pace(lane, request, verdict, timed_out);
    if (request->status != 0)
        atomic_store(&lane->shared->answered, true);
    if (verdict != HTTP_RETRY)
        atomic_store(&lane->shared->warned, false);
    if (verdict == HTTP_RETRY && request->tries < tries_of(lane, request)) {
        int64_t pause_ms = http_retry_pause_ms(request, lane->options);
        warn(lane, request);
        operation_log(request->operation, JB_LOG_DEBUG, "try %u of %u failed, the next in %lld ms: %s", request->tries,
                      lane->options->tries, (long long)pause_ms, request->error.text);
        request->due_ms = clock_monotonic_ms() + pause_ms;
        queue_add(&lane->waiting, request);
        return;
    }
    hand_back(lane, request);
}

static bool out_of_time(const struct http_request *request, int64_t now_ms)
{
    return request->deadline_ms != 0 && now_ms >= request->deadline_ms;
}

static const char late[] = "the request took longer than it may";

static void check_waiting(struct http_lane *lane, int64_t now_ms)
{
    struct http_request **link = &lane->waiting.first;
    while (*link != NULL) {
        struct http_request *request = *link;
        bool cancelled = operation_cancelled(request->operation);
        if (!cancelled && !out_of_time(request, now_ms)) {
            link = &request->next;
            continue;
        }
        queue_remove(&lane->waiting, link);
        give_up(lane, request, cancelled ? JB_ERROR_CANCELLED : JB_ERROR_UNREACHABLE, cancelled ? "cancelled" : late);
    }
}

static void check_running(struct http_lane *lane, int64_t now_ms)
{
    struct http_request *next;
    for (struct http_request *request = lane->running; request != NULL; request = next) {
        next = request->next;
        bool cancelled = operation_cancelled(request->operation);
        if (cancelled || out_of_time(request, now_ms)) {
            release_handle(lane, request);
            request->maybe_applied = true;
            give_up(lane, request, cancelled ? JB_ERROR_CANCELLED : JB_ERROR_UNREACHABLE,
                    cancelled ? "cancelled" : late);
        } else if (http_transfer_stalled(request, lane->options, now_ms)) {
            release_handle(lane, request);
            request->maybe_applied = true;
            request->status = 0;
            error_set(&request->error, JB_ERROR_UNREACHABLE, "the transfer stalled: less than 1 KiB/s for %u s",
                      (lane->options->stall_ms + 999) / 1000 * (request->stall_factor > 0 ? request->stall_factor : 1));
            request->error.retryable = true;
            end_try(lane, request, HTTP_RETRY, true);
        }
    }
}

/* The request has its turn. */
static void start(struct http_lane *lane, struct http_request *request)
{
    CURL *easy = lane->idle_count > 0 ? lane->idle[--lane->idle_count] : curl_easy_init();
    if (easy == NULL) {
        end_turn(lane);
        give_up(lane, request, JB_ERROR_MEMORY, "the system gave no memory");
        return;
    }
    request->next = lane->running;
    lane->running = request;
    request->moved = &lane->moved;
    int code = http_transfer_begin(request, easy, lane->options, &request->error);
    if (code == JB_OK && curl_multi_add_handle(lane->loop.multi, easy) != CURLM_OK)
        code = error_no_memory(&request->error);
    if (code != JB_OK) {
        release_handle(lane, request);
        hand_back(lane, request);
    }
}

static void start_due(struct http_lane *lane, int64_t now_ms)
{
    struct http_request **link = &lane->waiting.first;
    while (*link != NULL) {
        struct http_request *request = *link;
        bool cancelled = operation_cancelled(request->operation);
        if (!cancelled && request->due_ms > now_ms) {
            link = &request->next;
            continue;
        }
        if (!cancelled && !take_turn(lane, &request->number))
            return;
        queue_remove(&lane->waiting, link);
        if (cancelled)
            give_up(lane, request, JB_ERROR_CANCELLED, "cancelled");
        else
            start(lane, request);
    }
}

static void reap(struct http_lane *lane)
{
    int left;
    for (CURLMsg *message; (message = curl_multi_info_read(lane->loop.multi, &left)) != NULL;) {
        if (message->msg != CURLMSG_DONE)
            continue;
        char *private = NULL;
        CURLcode result = message->data.result;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &private);
        struct http_request *request = (struct http_request *)(void *)private;
        enum http_verdict verdict = http_transfer_end(request, result);
        release_handle(lane, request);
        end_try(lane, request, verdict, result == CURLE_OPERATION_TIMEDOUT);
    }
}

static int pause_until_work(const struct http_lane *lane, int64_t now_ms)
{
    if (lane->waiting.first == NULL && lane->running == NULL)
        return IDLE_MS;
    int64_t pause = TICK_MS;
    if (!atomic_load(&lane->starved))
        for (const struct http_request *request = lane->waiting.first; request != NULL; request = request->next)
            if (request->due_ms - now_ms < pause)
                pause = request->due_ms > now_ms ? request->due_ms - now_ms : 0;
    return (int)pause;
}

static bool take_submitted(struct http_lane *lane)
{
    pthread_mutex_lock(&lane->mutex);
    if (lane->submitted.first != NULL) {
        *lane->waiting.end = lane->submitted.first;
        lane->waiting.end = lane->submitted.end;
        lane->submitted = (struct queue){NULL, &lane->submitted.first};
    }
    bool ending = lane->ending;
    pthread_mutex_unlock(&lane->mutex);
    return ending;
}

static void let_gather(struct http_lane *lane)
{
    if (lane->running != NULL && lane->moved >= MUCH_BYTES)
        nanosleep(&(struct timespec){.tv_nsec = WHILE_NS}, NULL);
    lane->moved = 0;
}

static void *run(void *context)
{
    struct http_lane *lane = context;
    for (;;) {
        bool ending = take_submitted(lane);
        int64_t now_ms = clock_monotonic_ms();
        if (now_ms - lane->checked_ms >= TICK_MS) {
            check_waiting(lane, now_ms);
            check_running(lane, now_ms);
            lane->checked_ms = now_ms;
        }
        start_due(lane, now_ms);
        if (ending && lane->waiting.first == NULL && lane->running == NULL)
            return NULL;
        let_gather(lane);
        http_loop_step(&lane->loop, pause_until_work(lane, now_ms));
        reap(lane);
    }
}

static void free_members(struct http_lane *lane)
{
    while (lane->idle_count > 0)
        curl_easy_cleanup(lane->idle[--lane->idle_count]);
    http_loop_clean_up(&lane->loop);
    pthread_mutex_destroy(&lane->mutex);
    free(lane->idle);
    free(lane);
}

int http_lane_new(const struct http_options *options, struct http_shared *shared, struct http_lane **lane,
                  jb_error *error)
{
    struct http_lane *made = calloc(1, sizeof *made);
    if (made == NULL)
        return error_no_memory(error);
    made->options = options;
    made->shared = shared;
    made->submitted.end = &made->submitted.first;
    made->waiting.end = &made->waiting.first;
    pthread_mutex_init(&made->mutex, NULL);
    made->idle = calloc(options->connections, sizeof *made->idle);
    int code = http_loop_init(&made->loop, error);
    if (code == JB_OK && made->idle == NULL)
        code = error_no_memory(error);
    if (code == JB_OK) {
        curl_multi_setopt(made->loop.multi, CURLMOPT_MAXCONNECTS, (long)options->connections);
        int errnum = thread_start(&made->thread, run, made);
        if (errnum != 0)
            code = error_set_errno(error, errnum, "cannot start a thread");
    }
    if (code != JB_OK) {
        free_members(made);
        return code;
    }
    *lane = made;
    return JB_OK;
}

void http_lane_free(struct http_lane *lane)
{
    if (lane == NULL)
        return;
    pthread_mutex_lock(&lane->mutex);
    lane->ending = true;
    http_loop_wake(&lane->loop);
    pthread_mutex_unlock(&lane->mutex);
    pthread_join(lane->thread, NULL);
    free_members(lane);
}

unsigned http_lane_load(const struct http_lane *lane)
{
    return atomic_load(&lane->load);
}

void http_lane_submit(struct http_lane *lane, struct http_request *request)
{
    atomic_fetch_add(&lane->load, 1);
    request->due_ms = 0;
    pthread_mutex_lock(&lane->mutex);
    bool first = lane->submitted.first == NULL;
    queue_add(&lane->submitted, request);
    if (first) /* it takes all that it finds then */
        http_loop_wake(&lane->loop);
    pthread_mutex_unlock(&lane->mutex);
}
