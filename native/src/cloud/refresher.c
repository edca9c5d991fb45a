#include "refresher.h"

#include <stdlib.h>

#include "../base/clock.h"
#include "../base/event.h"
#include "../base/workers.h"

#define MARGIN_S     300   /* renewed so long before its end, or a third of a shorter life */
#define PAUSE_MIN_MS 1000  /* between two fetches, whoever asks */
#define PAUSE_MAX_MS 60000 /* after failures; and how soon a wall clock that was set is seen */

struct refresher {
    refresher_fetch_fn fetch;
    void *context;
    pthread_t thread;
    struct event event;
    /* Under the event's lock. */
    bool hastened, ending;
    /* The thread's own. */
    int64_t renew_at;   /* seconds since 1970; 0: not by time */
    int64_t fetched_ms; /* when the last fetch ended, on the monotonic clock */
    int64_t pause_ms;   /* after a failure; 0: the last fetch succeeded */
};

static int fetch_now(struct refresher *refresher, jb_error *error)
{
    int64_t expires = 0;
    int code = refresher->fetch(refresher->context, &expires, error);
    refresher->fetched_ms = clock_monotonic_ms();
    if (code != JB_OK) {
        refresher->pause_ms = refresher->pause_ms == 0 ? PAUSE_MIN_MS : refresher->pause_ms * 2;
        if (refresher->pause_ms > PAUSE_MAX_MS)
            refresher->pause_ms = PAUSE_MAX_MS;
        return code;
    }
    refresher->pause_ms = 0;
    refresher->renew_at = 0;
    if (expires > 0) {
        int64_t life = expires - clock_now();
        int64_t margin = life / 3 < MARGIN_S ? life / 3 : MARGIN_S;
        refresher->renew_at = expires - (margin > 0 ? margin : 0);
    }
    return JB_OK;
}

/* When the next fetch is due, on the monotonic clock, as far as is known now. */
static int64_t due_ms(const struct refresher *refresher)
{
    if (refresher->hastened)
        return refresher->fetched_ms + PAUSE_MIN_MS;
    if (refresher->pause_ms > 0)
        return refresher->fetched_ms + refresher->pause_ms;
    int64_t now_ms = clock_monotonic_ms(), left = refresher->renew_at - clock_now();
    if (refresher->renew_at == 0 || left > PAUSE_MAX_MS / 1000)
        return now_ms + PAUSE_MAX_MS;
    int64_t due = left > 0 ? now_ms + left * 1000 : now_ms;
    int64_t earliest = refresher->fetched_ms + PAUSE_MIN_MS;
    return due > earliest ? due : earliest;
}

static void *run(void *argument)
{
    struct refresher *refresher = argument;
    event_lock(&refresher->event);
    while (!refresher->ending) {
        int64_t due = due_ms(refresher);
        bool wanted = refresher->hastened || refresher->pause_ms > 0 ||
                      (refresher->renew_at != 0 && clock_now() >= refresher->renew_at);
        if (!wanted || clock_monotonic_ms() < due) {
            event_wait_until(&refresher->event, due);
            continue;
        }
        refresher->hastened = false;
        event_unlock(&refresher->event);
        jb_error ignored = JB_ERROR_INIT; /* whoever uses the old value is told by its server */
        fetch_now(refresher, &ignored);
        event_lock(&refresher->event);
    }
    event_unlock(&refresher->event);
    return NULL;
}

int refresher_new(refresher_fetch_fn fetch, void *context, struct refresher **refresher, jb_error *error)
{
    struct refresher *made = calloc(1, sizeof *made);
    if (made == NULL)
        return error_no_memory(error);
    made->fetch = fetch;
    made->context = context;
    event_init(&made->event);
    int code = fetch_now(made, error);
    if (code == JB_OK) {
        int errnum = thread_start(&made->thread, run, made);
        if (errnum != 0)
            code = error_set_errno(error, errnum, "cannot start a thread");
    }
    if (code != JB_OK) {
        event_clean_up(&made->event);
        free(made);
        return code;
    }
    *refresher = made;
    return JB_OK;
}

void refresher_hasten(struct refresher *refresher)
{
    event_lock(&refresher->event);
    refresher->hastened = true;
    event_signal(&refresher->event);
    event_unlock(&refresher->event);
}

void refresher_free(struct refresher *refresher)
{
    if (refresher == NULL)
        return;
    event_lock(&refresher->event);
    refresher->ending = true;
    event_signal(&refresher->event);
    event_unlock(&refresher->event);
    pthread_join(refresher->thread, NULL);
    event_clean_up(&refresher->event);
    free(refresher);
}
