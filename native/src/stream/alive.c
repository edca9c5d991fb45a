#include "alive.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/clock.h"
#include "../base/event.h"
#include "../base/workers.h"

#define RENEW_MS 60000

struct alive {
    jb_store *store;
    jb_operation *operation;
    char *bucket;
    char *key;
    pthread_t thread;
    struct event event; /* guards stopping */
    bool stopping;
};

static int renew(struct alive *alive, jb_error *error)
{
    char now[CLOCK_UTC_SIZE];
    clock_format_utc(clock_now(), now);
    jb_object_info info;
    return store_write(alive->store, alive->operation, alive->bucket, alive->key, now, strlen(now), NULL,
                       (struct store_condition){.when = STORE_ALWAYS}, &info, error);
}

static void *keep_alive(void *argument)
{
    struct alive *alive = argument;
    event_lock(&alive->event);
    int64_t next_ms = clock_monotonic_ms() + RENEW_MS;
    while (!alive->stopping) {
        event_wait_until(&alive->event, next_ms);
        if (alive->stopping || clock_monotonic_ms() < next_ms)
            continue;
        event_unlock(&alive->event);
        jb_error error = JB_ERROR_INIT;
        /* A failure is only told: 15 minutes without a renewal are allowed, and the upload itself will meet a broken
         * store. */
        if (renew(alive, &error) != JB_OK)
            operation_log(alive->operation, JB_LOG_WARNING, "cannot renew '%s/%s': %s", alive->bucket, alive->key,
                          error.text);
        event_lock(&alive->event);
        next_ms = clock_monotonic_ms() + RENEW_MS;
    }
    event_unlock(&alive->event);
    return NULL;
}

static void alive_free(struct alive *alive)
{
    event_clean_up(&alive->event);
    free(alive->bucket);
    free(alive->key);
    free(alive);
}

int alive_start(jb_store *store, jb_operation *operation, const char *bucket, const char *key, struct alive **made,
                jb_error *error)
{
    struct alive *alive = calloc(1, sizeof *alive);
    if (alive == NULL)
        return error_no_memory(error);
    event_init(&alive->event);
    alive->store = store;
    alive->operation = operation;
    alive->bucket = strdup(bucket);
    alive->key = strdup(key);
    int code = alive->bucket == NULL || alive->key == NULL ? error_no_memory(error) : renew(alive, error);
    if (code == JB_OK) {
        int errnum = thread_start(&alive->thread, keep_alive, alive);
        if (errnum != 0)
            code = error_set_errno(error, errnum, "cannot start a thread");
    }
    if (code != JB_OK) {
        alive_free(alive);
        return code;
    }
    *made = alive;
    return JB_OK;
}

void alive_stop(struct alive *alive)
{
    if (alive == NULL)
        return;
    event_lock(&alive->event);
    alive->stopping = true;
    event_signal(&alive->event);
    event_unlock(&alive->event);
    pthread_join(alive->thread, NULL);
    alive_free(alive);
}
