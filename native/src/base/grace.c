#include "grace.h"

#include <stdlib.h>

#include "clock.h"
#include "event.h"
#include "workers.h"

struct grace {
    jb_operation *watched, *own;
    int64_t milliseconds;
    pthread_t thread;
    struct event event;
    bool ending; /* under the event's lock */
};

static void *watch(void *argument)
{
    struct grace *grace = argument;
    int64_t end_ms = 0; /* 0: not cancelled */
    event_lock(&grace->event);
    while (!grace->ending) {
        if (end_ms == 0 && operation_cancelled(grace->watched))
            end_ms = clock_monotonic_ms() + grace->milliseconds;
        if (end_ms != 0 && clock_monotonic_ms() >= end_ms) {
            jb_operation_cancel(grace->own);
            break;
        }
        event_wait(&grace->event);
    }
    event_unlock(&grace->event);
    return NULL;
}

int grace_new(jb_operation *operation, int64_t milliseconds, struct grace **grace, jb_error *error)
{
    struct grace *made = calloc(1, sizeof *made);
    if (made == NULL)
        return error_no_memory(error);
    made->watched = operation;
    made->milliseconds = milliseconds;
    event_init(&made->event);
    int code = jb_operation_new(NULL, &made->own, error);
    int errnum = code == JB_OK ? thread_start(&made->thread, watch, made) : 0;
    if (errnum != 0)
        code = error_set_errno(error, errnum, "cannot start a thread");
    if (code != JB_OK) {
        jb_operation_free(made->own);
        event_clean_up(&made->event);
        free(made);
        return code;
    }
    *grace = made;
    return JB_OK;
}

void grace_free(struct grace *grace)
{
    if (grace == NULL)
        return;
    event_lock(&grace->event);
    grace->ending = true;
    event_signal(&grace->event);
    event_unlock(&grace->event);
    pthread_join(grace->thread, NULL);
    jb_operation_free(grace->own);
    event_clean_up(&grace->event);
    free(grace);
}

jb_operation *grace_operation(const struct grace *grace)
{
    return grace->own;
}
