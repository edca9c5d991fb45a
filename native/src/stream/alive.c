#include "alive.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/clock.h"
#include "../base/event.h"
#include "../base/workers.h"
#include "../codec/json.h"

#define RENEW_MS     60000
#define ALIVE_FORMAT "jpsbackup-alive-1"

struct alive {
    jb_store *store;
    jb_operation *operation;
    char *bucket;
    char *key;
    pthread_t thread;
    struct event event; /* guards stopping */
    bool stopping;
    pthread_mutex_t writing; /* guards what is completed, so that nothing older is written over it */
    json_t *completed;       /* descriptions of objects */
};

/* The time alone, until something is completed. */
static int make_content(const struct alive *alive, struct buffer *text, jb_error *error)
{
    char now[CLOCK_UTC_SIZE];
    clock_format_utc(clock_now(), now);
    if (json_array_size(alive->completed) == 0)
        return buffer_append_text(text, now, error);
    int code = JB_OK;
    json_t *json = json_object();
    json_put_text(json, "format", ALIVE_FORMAT, &code, error);
    json_put_text(json, "renewed", now, &code, error);
    json_put(json, "objects", json_incref(alive->completed), &code, error);
    if (code == JB_OK)
        code = json_write(json, JSON_COMPACT, text, error);
    json_decref(json);
    return code;
}

static int renew(struct alive *alive, jb_error *error)
{
    struct buffer text;
    buffer_init(&text, STORE_WRITE_MAX);
    jb_object_info info;
    pthread_mutex_lock(&alive->writing);
    int code = make_content(alive, &text, error);
    if (code == JB_OK)
        code = store_write(alive->store, alive->operation, alive->bucket, alive->key, text.data, text.size, NULL,
                           (struct store_condition){.when = STORE_ALWAYS}, &info, error);
    pthread_mutex_unlock(&alive->writing);
    buffer_clean_up(&text);
    return code;
}

static void renew_or_tell(struct alive *alive)
{
    jb_error error = JB_ERROR_INIT;
    if (renew(alive, &error) != JB_OK)
        operation_log(alive->operation, JB_LOG_WARNING, "cannot renew '%s/%s': %s", alive->bucket, alive->key,
                      error.text);
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
        /* A failure is only told: 15 minutes without a renewal are allowed, and the upload itself will meet a broken
         * store. */
        renew_or_tell(alive);
        event_lock(&alive->event);
        next_ms = clock_monotonic_ms() + RENEW_MS;
    }
    event_unlock(&alive->event);
    return NULL;
}

static void alive_free(struct alive *alive)
{
    event_clean_up(&alive->event);
    pthread_mutex_destroy(&alive->writing);
    json_decref(alive->completed);
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
    pthread_mutex_init(&alive->writing, NULL);
    alive->store = store;
    alive->operation = operation;
    alive->bucket = strdup(bucket);
    alive->key = strdup(key);
    int code = alive->bucket == NULL || alive->key == NULL ? error_no_memory(error) : JB_OK;
    jb_error ignored = JB_ERROR_INIT;
    /* Who may write it, but not read it, tells of its own objects alone. */
    if (code == JB_OK && alive_read(store, operation, bucket, key, &alive->completed, &ignored) != JB_OK)
        alive->completed = json_array();
    if (code == JB_OK)
        code = alive->completed == NULL ? error_no_memory(error) : renew(alive, error);
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

void alive_complete(struct alive *alive, const json_t *description)
{
    if (alive == NULL || description == NULL)
        return;
    jb_error ignored = JB_ERROR_INIT;
    int code = JB_OK;
    pthread_mutex_lock(&alive->writing);
    json_append(alive->completed, json_incref((json_t *)(uintptr_t)description), &code, &ignored);
    pthread_mutex_unlock(&alive->writing);
    renew_or_tell(alive);
}

int alive_read(jb_store *store, jb_operation *operation, const char *bucket, const char *key, json_t **objects,
               jb_error *error)
{
    struct buffer text;
    buffer_init(&text, STORE_WRITE_MAX);
    jb_object_info info;
    json_t *json = NULL;
    *objects = NULL;
    int code = store_read(store, operation, bucket, key, NULL, &text, &info, error);
    if (code == JB_OK)
        code = json_parse(text.data, text.size, "a sign of life", &json, error);
    buffer_clean_up(&text);
    if (code != JB_OK && code != JB_ERROR_NOT_FOUND && code != JB_ERROR_FORMAT && code != JB_ERROR_LIMIT)
        return code;
    const char *format = json_member_text(json, "format");
    json_t *told = json_object_get(json, "objects");
    if (format != NULL && strcmp(format, ALIVE_FORMAT) == 0 && json_is_array(told))
        *objects = json_incref(told);
    else
        *objects = json_array();
    json_decref(json);
    return *objects != NULL ? JB_OK : error_no_memory(error);
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
