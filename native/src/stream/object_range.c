#include "object_range.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/event.h"

/* A long read goes by several requests at a time, for stores give each connection only so much. */
#define REQUEST_BYTES ((size_t)4 << 20)
#define REQUESTS_MAX  8

struct request {
    struct store_transfer transfer; /* begins the struct, for its done callback */
    struct object_range *range;
    char key[STORE_KEY_MAX + 1];
    enum { REQUEST_FREE, REQUEST_BUSY, REQUEST_DONE } state; /* guarded by the range's event */
};

struct object_range {
    struct byte_range base;
    jb_store *store;
    jb_operation *operation;
    const char *bucket;
    const char *prefix;
    const struct object *object;
    struct event event;
    struct request requests[REQUESTS_MAX];
};

static void request_done(struct store_transfer *transfer)
{
    struct request *request = (struct request *)transfer;
    event_lock(&request->range->event);
    request->state = REQUEST_DONE;
    event_signal(&request->range->event);
    event_unlock(&request->range->event);
}

/* Waits until a request has ended, and takes its outcome; with `all` until none is under way. */
static int reap(struct object_range *range, bool all, jb_error *error)
{
    int code = JB_OK;
    event_lock(&range->event);
    for (;;) {
        unsigned busy = 0;
        for (unsigned i = 0; i < REQUESTS_MAX; i++) {
            struct request *request = &range->requests[i];
            if (request->state == REQUEST_DONE) {
                request->state = REQUEST_FREE;
                if (code == JB_OK && request->transfer.error.code != JB_OK)
                    code = error_copy(error, &request->transfer.error);
            }
            busy += request->state == REQUEST_BUSY;
        }
        if (busy == 0 || (!all && busy < REQUESTS_MAX))
            break;
        event_wait(&range->event);
    }
    event_unlock(&range->event);
    return code;
}

static struct request *free_request(struct object_range *range)
{
    unsigned i = 0;
    while (i + 1 < REQUESTS_MAX && range->requests[i].state != REQUEST_FREE)
        i++;
    return &range->requests[i];
}

/* `offset` in the segment. */
static int start(struct object_range *range, const struct object_segment *segment, uint64_t offset, char *bytes,
                 size_t count, jb_error *error)
{
    struct request *request = free_request(range);
    int length = snprintf(request->key, sizeof request->key, "%s%s", range->prefix, segment->name);
    if (length < 0 || (size_t)length >= sizeof request->key)
        return error_set(error, JB_ERROR_USAGE, "the name '%.200s…' is too long", range->prefix);
    request->transfer = (struct store_transfer){
        .bytes = bytes, .count = count, .offset = offset, .done = request_done, .error = JB_ERROR_INIT};
    request->state = REQUEST_BUSY;
    int code = range->store->driver->range(range->store, range->operation, range->bucket, request->key,
                                           object_segment_version(segment), &request->transfer, error);
    if (code != JB_OK)
        request->state = REQUEST_FREE;
    return code;
}

static int read_segment(struct object_range *range, const struct object_segment *segment, uint64_t offset, char *bytes,
                        size_t count, jb_error *error)
{
    int code = JB_OK;
    while (code == JB_OK && count > 0) {
        size_t some = count < REQUEST_BYTES ? count : REQUEST_BYTES;
        code = reap(range, false, error);
        if (code == JB_OK)
            code = operation_check(range->operation, error);
        if (code == JB_OK)
            code = start(range, segment, offset, bytes, some, error);
        offset += some;
        bytes += some;
        count -= some;
    }
    return code;
}

static int read_at(struct byte_range *base, uint64_t offset, void *bytes, size_t count, jb_error *error)
{
    struct object_range *range = (struct object_range *)base;
    const struct object *object = range->object;
    char *next = bytes;
    if (offset > base->bytes || count > base->bytes - offset)
        return error_set(error, JB_ERROR_FORMAT, "'%s' has no %zu bytes at %llu", object->name, count,
                         (unsigned long long)offset);
    int code = JB_OK;
    for (size_t i = 0; code == JB_OK && count > 0; i++) {
        const struct object_segment *segment = &object->segments[i];
        if (offset >= segment->bytes) {
            offset -= segment->bytes;
            continue;
        }
        size_t some = count < segment->bytes - offset ? count : (size_t)(segment->bytes - offset);
        code = read_segment(range, segment, offset, next, some, error);
        offset = 0;
        next += some;
        count -= some;
    }
    /* Also after a failure: the bytes are the caller's again only when nobody writes them any more. */
    jb_error trouble = JB_ERROR_INIT;
    int reaped = reap(range, true, &trouble);
    return code == JB_OK && reaped != JB_OK ? error_copy(error, &trouble) : code;
}

int object_range_new(jb_store *store, jb_operation *operation, const char *bucket, const char *prefix,
                     const struct object *object, struct object_range **made, jb_error *error)
{
    struct object_range *range = calloc(1, sizeof *range);
    if (range == NULL)
        return error_no_memory(error);
    range->base = (struct byte_range){.bytes = object->bytes, .read_at = read_at};
    range->store = store;
    range->operation = operation;
    range->bucket = bucket;
    range->prefix = prefix;
    range->object = object;
    event_init(&range->event);
    for (unsigned i = 0; i < REQUESTS_MAX; i++)
        range->requests[i].range = range;
    *made = range;
    return JB_OK;
}

void object_range_free(struct object_range *range)
{
    if (range == NULL)
        return;
    event_clean_up(&range->event);
    free(range);
}

struct byte_range *object_range_bytes(struct object_range *range)
{
    return &range->base;
}
