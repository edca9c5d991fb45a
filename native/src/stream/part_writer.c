#include "part_writer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/event.h"
#include "../base/grace.h"
#include "../base/pages.h"
#include "part_plan.h"

#define SLOTS_MAX    64
#define SEGMENTS_MAX 1000
/* While so many parts are under way, a full one waits for the next. */
#define UNDER_WAY_MIN 2

struct slot {
    struct store_transfer transfer; /* begins the struct, for its done callback */
    struct work work;
    struct part_writer *writer;
    struct slot *other; /* goes with this one's work; NULL: none */
    struct store_upload *upload;
    unsigned number;
    size_t capacity;
    enum { SLOT_FREE, SLOT_FILLING, SLOT_BUSY, SLOT_DONE } state;
    size_t segment;
};

struct part_writer {
    struct byte_sink sink;
    jb_store *store;
    jb_operation *operation;
    struct workers *workers;
    char *bucket;
    char *key;
    bool replace;
    struct part_plan plan;
    struct task *after; /* NULL: none */
    struct event event; /* guards the slots' states, `held` and `under_way` */
    struct slot slots[SLOTS_MAX];
    struct slot *filling;
    struct slot *held;  /* full; waits for the next one, for two digests are made in little more time than one */
    unsigned under_way; /* slots that are busy, but for the one that is held */
    /* The segments so far; uploads[i] is open until it is completed. */
    struct object object;
    struct store_upload *uploads[SEGMENTS_MAX];
    unsigned parts_started;  /* in the last segment */
    uint64_t segment_offset; /* bytes started in the last segment */
};

/* The held one, which is under way from now on; NULL where none is held. Under the lock. */
static struct slot *take_held(struct part_writer *writer)
{
    struct slot *held = writer->held;
    writer->held = NULL;
    writer->under_way += held != NULL;
    return held;
}

/* After a failure the held one need not go any more: it has failed likewise. Under the lock. */
static void drop_held(struct part_writer *writer, const jb_error *failure)
{
    if (writer->held == NULL)
        return;
    error_copy(&writer->held->transfer.error, failure);
    writer->held->state = SLOT_DONE;
    writer->held = NULL;
}

static void transfer_done(struct store_transfer *transfer)
{
    struct slot *slot = (struct slot *)transfer, *next = NULL;
    struct part_writer *writer = slot->writer;
    event_lock(&writer->event);
    slot->state = SLOT_DONE;
    writer->under_way--;
    if (transfer->error.code != JB_OK)
        drop_held(writer, &transfer->error);
    else if (writer->under_way < UNDER_WAY_MIN)
        next = take_held(writer);
    event_signal(&writer->event);
    event_unlock(&writer->event);
    if (next != NULL) /* which keeps the writer, too */
        workers_submit(writer->workers, &next->work);
}

static void send_part(struct slot *slot, int code)
{
    struct store_transfer *transfer = &slot->transfer;
    if (code == JB_OK)
        code = slot->writer->store->driver->upload_part(slot->upload, slot->number, transfer, &transfer->error);
    if (code != JB_OK) {
        transfer->error.code = (jb_code)code;
        transfer_done(transfer);
    }
}

/* On a worker: hash the part and the one that it goes with, then give them to the store. */
static void send_parts(struct work *work)
{
    struct slot *slot = (struct slot *)((char *)work - offsetof(struct slot, work));
    struct slot *other = slot->other;
    struct sha256_text texts[2];
    size_t count = 0;
    if (other != NULL)
        texts[count++] = (struct sha256_text){other->transfer.bytes, other->transfer.count, other->transfer.sha256};
    texts[count++] = (struct sha256_text){slot->transfer.bytes, slot->transfer.count, slot->transfer.sha256};
    int code = sha256_of_each(texts, count, &slot->transfer.error);
    if (other != NULL) {
        if (code != JB_OK)
            error_copy(&other->transfer.error, &slot->transfer.error);
        send_part(other, code);
    }
    send_part(slot, code);
}

/* Takes a sent part's slot back: enters it in the object, or tells its failure. */
static int reap(struct part_writer *writer, struct slot *slot, jb_error *error)
{
    slot->state = SLOT_FREE;
    if (slot->transfer.error.code != JB_OK)
        return error_copy(error, &slot->transfer.error);
    struct object_part *part = &writer->object.segments[slot->segment].parts[slot->number];
    part->bytes = slot->transfer.count;
    memcpy(part->sha256, slot->transfer.sha256, SHA256_SIZE);
    return operation_progress(writer->operation, 0, 0, NULL, error);
}

/* Reaps what is done; with `all`, waits until nothing is under way; else until bytes for one more part are free and a
 * slot is. */
static int wait_for_room(struct part_writer *writer, bool all, size_t wanted, struct slot **room, jb_error *error)
{
    int code = JB_OK;
    event_lock(&writer->event);
    for (;;) {
        size_t busy_bytes = 0;
        unsigned busy = 0;
        bool reaped = false;
        struct slot *free_slot = NULL;
        for (struct slot *slot = writer->slots; slot < writer->slots + SLOTS_MAX; slot++) {
            if (slot->state == SLOT_DONE && code == JB_OK) {
                event_unlock(&writer->event);
                code = reap(writer, slot, error);
                reaped = true;
                event_lock(&writer->event);
            }
            busy += slot->state == SLOT_BUSY;
            busy_bytes += slot->state == SLOT_BUSY ? slot->capacity : 0;
            /* Prefer one whose pages are the right size already. */
            if (slot->state == SLOT_FREE && (free_slot == NULL || slot->capacity == wanted))
                free_slot = slot;
        }
        bool enough =
            all ? busy == 0 : free_slot != NULL && (busy_bytes + wanted <= writer->plan.memory_bytes || busy == 0);
        if (code != JB_OK || enough) {
            if (room != NULL)
                *room = free_slot;
            break;
        }
        code = operation_check(writer->operation, error);
        if (code == JB_OK && !reaped) /* else others may have ended meanwhile, whose signal is over */
            event_wait(&writer->event);
    }
    event_unlock(&writer->event);
    return code;
}

/* Pages of idle slots of another size go back first, so that the budget holds while parts grow. */
static int fit_pages(struct part_writer *writer, struct slot *slot, size_t size, jb_error *error)
{
    if (slot->capacity == size)
        return JB_OK;
    event_lock(&writer->event);
    for (struct slot *other = writer->slots; other < writer->slots + SLOTS_MAX; other++)
        if (other->state == SLOT_FREE && other->capacity != size) {
            pages_free(other->transfer.bytes, other->capacity);
            other->transfer.bytes = NULL;
            other->capacity = 0;
        }
    event_unlock(&writer->event);
    slot->transfer.bytes = pages_new(size);
    if (slot->transfer.bytes == NULL)
        return error_no_memory(error);
    slot->capacity = size;
    return JB_OK;
}

static void segment_key(const struct part_writer *writer, size_t index, char key[STORE_KEY_MAX + 8])
{
    snprintf(key, STORE_KEY_MAX + 8, index == 0 ? "%s" : "%s.%03zu", writer->key, index);
}

static int begin_segment(struct part_writer *writer, jb_error *error)
{
    size_t index = writer->object.segment_count;
    if (index == SEGMENTS_MAX)
        return error_set(error, JB_ERROR_LIMIT, "'%s' outgrows %d objects", writer->key, SEGMENTS_MAX);
    char key[STORE_KEY_MAX + 8];
    segment_key(writer, index, key);
    int code = task_wait(writer->after, error);
    if (code == JB_OK)
        code =
            store_upload_begin(writer->store, writer->operation, writer->bucket, key, &writer->uploads[index], error);
    if (code != JB_OK)
        return code;
    const char *slash = strrchr(key, '/');
    if (object_add_segment(&writer->object, slash == NULL ? key : slash + 1, error) == NULL) {
        writer->store->driver->upload_abort(writer->uploads[index]);
        writer->uploads[index] = NULL;
        return JB_ERROR_MEMORY;
    }
    writer->parts_started = 0;
    writer->segment_offset = 0;
    return JB_OK;
}

/* Does a full part wait for the next? While others keep the store busy, and there is room for that next one. Under the
 * lock. */
static bool can_hold(const struct part_writer *writer, size_t bytes)
{
    return sha256_makes_pairs() && writer->under_way >= UNDER_WAY_MIN &&
           (writer->under_way + 2) * bytes <= writer->plan.memory_bytes;
}

static int start_part(struct part_writer *writer, bool last, jb_error *error)
{
    struct slot *slot = writer->filling;
    if (writer->object.segment_count == 0 || writer->parts_started == writer->plan.limits.parts_max) {
        int code = begin_segment(writer, error);
        if (code != JB_OK)
            return code;
    }
    static const unsigned char unknown[SHA256_SIZE];
    slot->segment = writer->object.segment_count - 1;
    int code = object_add_part(&writer->object.segments[slot->segment], slot->transfer.count, unknown, error);
    if (code != JB_OK)
        return code;
    slot->upload = writer->uploads[slot->segment];
    slot->number = writer->parts_started++;
    slot->transfer.offset = writer->segment_offset;
    slot->transfer.done = transfer_done;
    slot->transfer.error = (jb_error)JB_ERROR_INIT;
    writer->segment_offset += slot->transfer.count;
    writer->filling = NULL;
    event_lock(&writer->event);
    bool hold = writer->held == NULL && !last && can_hold(writer, slot->capacity);
    slot->state = SLOT_BUSY;
    slot->other = hold ? NULL : take_held(writer);
    if (hold)
        writer->held = slot;
    else
        writer->under_way++;
    event_unlock(&writer->event);
    if (!hold)
        workers_submit(writer->workers, &slot->work);
    return JB_OK;
}

int part_writer_reserve(struct part_writer *writer, void **room, size_t *capacity, jb_error *error)
{
    if (writer->filling == NULL) {
        unsigned next = writer->object.segment_count == 0 || writer->parts_started == writer->plan.limits.parts_max
                            ? 0
                            : writer->parts_started;
        size_t size = part_plan_bytes(&writer->plan, next);
        struct slot *slot;
        int code = wait_for_room(writer, false, size, &slot, error);
        if (code == JB_OK)
            code = fit_pages(writer, slot, size, error);
        if (code != JB_OK)
            return code;
        slot->state = SLOT_FILLING;
        slot->transfer.count = 0;
        writer->filling = slot;
    }
    *room = writer->filling->transfer.bytes + writer->filling->transfer.count;
    *capacity = writer->filling->capacity - writer->filling->transfer.count;
    return JB_OK;
}

int part_writer_advance(struct part_writer *writer, size_t count, jb_error *error)
{
    struct slot *slot = writer->filling;
    slot->transfer.count += count;
    return slot->transfer.count == slot->capacity ? start_part(writer, false, error) : JB_OK;
}

static int write_bytes(struct byte_sink *sink, const void *bytes, size_t count, jb_error *error)
{
    struct part_writer *writer = (struct part_writer *)((char *)sink - offsetof(struct part_writer, sink));
    const char *next = bytes;
    while (count > 0) {
        void *room;
        size_t capacity;
        int code = part_writer_reserve(writer, &room, &capacity, error);
        if (code != JB_OK)
            return code;
        size_t taken = capacity < count ? capacity : count;
        memcpy(room, next, taken);
        code = part_writer_advance(writer, taken, error);
        if (code != JB_OK)
            return code;
        next += taken;
        count -= taken;
    }
    return JB_OK;
}

/* After a failure between completions: those that this writer made visible, and nobody had before, go again. */
static void remove_completed(struct part_writer *writer)
{
    jb_error error = JB_ERROR_INIT;
    struct grace *grace;
    if (grace_new(writer->operation, GRACE_MS, &grace, &error) != JB_OK) {
        operation_log(writer->operation, JB_LOG_WARNING, "left in place: %s", error.text);
        return;
    }
    for (size_t i = 0; !writer->replace && i < writer->object.segment_count; i++) {
        if (writer->uploads[i] != NULL)
            continue;
        char key[STORE_KEY_MAX + 8];
        segment_key(writer, i, key);
        const struct store_key keys[] = {{.key = key, .version = object_segment_version(&writer->object.segments[i])}};
        if (writer->store->driver->remove(writer->store, grace_operation(grace), writer->bucket, keys, 1, &error) !=
            JB_OK)
            operation_log(writer->operation, JB_LOG_WARNING, "'%s/%s' is left in place: %s", writer->bucket, key,
                          error.text);
    }
    grace_free(grace);
}

/* A stream that fits its first part needs no upload of parts. */
static int finish_small(struct part_writer *writer, struct store_condition condition, jb_error *error)
{
    const struct slot *slot = writer->filling;
    size_t count = slot == NULL ? 0 : slot->transfer.count;
    const char *bytes = count == 0 ? "" : slot->transfer.bytes;
    struct object_segment *segment = object_add_segment(&writer->object, writer->object.name, error);
    if (segment == NULL)
        return JB_ERROR_MEMORY;
    unsigned char sha256[SHA256_SIZE];
    int code = sha256_of(bytes, count, sha256, error);
    if (code == JB_OK && count > 0)
        code = object_add_part(segment, count, sha256, error);
    /* All that can fail here comes before the object is visible in the store. */
    if (code == JB_OK)
        code = object_finish(&writer->object, error);
    jb_object_info info;
    if (code == JB_OK)
        code = task_wait(writer->after, error);
    if (code == JB_OK)
        code = store_write(writer->store, writer->operation, writer->bucket, writer->key, bytes, count, sha256,
                           condition, &info, error);
    if (code != JB_OK)
        return code;
    memcpy(segment->version, info.version, sizeof segment->version);
    if (info.bytes == count)
        return JB_OK;
    remove_completed(writer);
    return error_set(error, JB_ERROR_VERIFY, "the store holds %llu bytes of '%s/%s' after %zu were sent",
                     (unsigned long long)info.bytes, writer->bucket, writer->key, count);
}

/* All segments are whole in the store; now they become visible, the first one last, so that nobody finds it without the
 * others. */
static int complete_segments(struct part_writer *writer, struct store_condition condition, jb_error *error)
{
    for (size_t left = writer->object.segment_count; left > 0; left--) {
        struct object_segment *segment = &writer->object.segments[left - 1];
        jb_object_info info = {.size = sizeof info};
        char key[STORE_KEY_MAX + 8];
        segment_key(writer, left - 1, key);
        int code = store_upload_complete(writer->store, writer->operation, writer->bucket, key,
                                         writer->uploads[left - 1], condition, &info, error);
        if (code == JB_OK) {
            writer->uploads[left - 1] = NULL;
            memcpy(segment->version, info.version, sizeof segment->version);
            if (info.bytes == segment->bytes)
                continue;
            code = error_set(error, JB_ERROR_VERIFY, "the store holds %llu bytes of '%s/%s' after %llu were sent",
                             (unsigned long long)info.bytes, writer->bucket, segment->name,
                             (unsigned long long)segment->bytes);
        }
        return code;
    }
    return JB_OK;
}

int part_writer_flush(struct part_writer *writer, jb_error *error)
{
    if (writer->object.segment_count == 0)
        return JB_OK; /* all of it is one object, which finish makes visible at once */
    if (writer->filling != NULL && writer->filling->transfer.count > 0)
        return start_part(writer, true, error);
    event_lock(&writer->event);
    struct slot *held = take_held(writer);
    event_unlock(&writer->event);
    if (held != NULL)
        workers_submit(writer->workers, &held->work);
    return JB_OK;
}

int part_writer_finish(struct part_writer *writer, struct object *object, jb_error *error)
{
    struct store_condition condition = {.when = writer->replace ? STORE_ALWAYS : STORE_IF_ABSENT};
    int code;
    if (writer->object.segment_count == 0) {
        code = finish_small(writer, condition, error);
    } else {
        code = part_writer_flush(writer, error);
        if (code == JB_OK)
            code = wait_for_room(writer, true, 0, NULL, error);
        if (code == JB_OK)
            code = object_finish(&writer->object, error);
        if (code == JB_OK) {
            code = complete_segments(writer, condition, error);
            if (code != JB_OK)
                remove_completed(writer);
        }
    }
    if (code != JB_OK)
        return code;
    *object = writer->object;
    writer->object = (struct object){0};
    return JB_OK;
}

void part_writer_expect(struct part_writer *writer, uint64_t bytes)
{
    writer->plan.expected = bytes;
}

void part_writer_after(struct part_writer *writer, struct task *task)
{
    writer->after = task;
}

struct byte_sink *part_writer_sink(struct part_writer *writer)
{
    return &writer->sink;
}

void part_writer_free(struct part_writer *writer)
{
    if (writer == NULL)
        return;
    static const jb_error abandoned = {.code = JB_ERROR_CANCELLED};
    event_lock(&writer->event);
    drop_held(writer, &abandoned);
    for (struct slot *slot = writer->slots; slot < writer->slots + SLOTS_MAX; slot++)
        while (slot->state == SLOT_BUSY)
            event_wait(&writer->event);
    event_unlock(&writer->event);
    for (size_t i = 0; i < SEGMENTS_MAX; i++)
        if (writer->uploads[i] != NULL)
            writer->store->driver->upload_abort(writer->uploads[i]);
    for (struct slot *slot = writer->slots; slot < writer->slots + SLOTS_MAX; slot++)
        pages_free(slot->transfer.bytes, slot->capacity);
    object_clean_up(&writer->object);
    event_clean_up(&writer->event);
    free(writer->bucket);
    free(writer->key);
    free(writer);
}

int part_writer_new(jb_store *store, jb_operation *operation, struct workers *workers, const char *bucket,
                    const char *key, bool replace, size_t memory_bytes, struct part_writer **made, jb_error *error)
{
    int code = store_check_names(bucket, key, error);
    if (code != JB_OK)
        return code;
    struct part_writer *writer = calloc(1, sizeof *writer);
    if (writer == NULL)
        return error_no_memory(error);
    event_init(&writer->event);
    writer->sink.write = write_bytes;
    writer->store = store;
    writer->operation = operation;
    writer->workers = workers;
    writer->replace = replace;
    writer->plan = (struct part_plan){.limits = store->driver->limits, .memory_bytes = memory_bytes};
    writer->bucket = strdup(bucket);
    writer->key = strdup(key);
    const char *slash = strrchr(key, '/');
    writer->object.name = strdup(slash == NULL ? key : slash + 1);
    for (struct slot *slot = writer->slots; slot < writer->slots + SLOTS_MAX; slot++) {
        slot->writer = writer;
        slot->work.run = send_parts;
    }
    if (writer->bucket == NULL || writer->key == NULL || writer->object.name == NULL) {
        part_writer_free(writer);
        return error_no_memory(error);
    }
    *made = writer;
    return JB_OK;
}
