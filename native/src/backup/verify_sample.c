#include "verify_sample.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/event.h"
#include "../base/pages.h"
#include "../stream/memory.h"

/* While one range is hashed, the next ones come. */
#define SLOTS           4
#define RANGE_BYTES_MAX ((size_t)16 << 20)

/* One range: a part, or a piece of one that is larger than a slot. */
struct slot {
    struct store_transfer transfer; /* begins the struct, for its done callback */
    struct reading *reading;
    char key[STORE_KEY_MAX + 1];
    const struct object_part *part;
    bool last_piece;
    bool busy; /* guarded by the reading's event */
};

struct reading {
    struct sample *sample;
    jb_store *store;
    jb_operation *operation;
    const char *bucket;
    const char *prefix;
    const struct object *object;
    struct event event;
    size_t capacity; /* of each slot */
    struct slot slots[SLOTS];
    unsigned first; /* the oldest under way */
    unsigned active;
    struct sha256 *digest; /* of the part whose pieces are being hashed */
    /* What to ask for next. */
    size_t segment;
    size_t part;
    uint64_t offset;  /* in the segment, of that part */
    uint64_t piece;   /* in the part */
    uint64_t to_read; /* parts that are still to be chosen */
    uint64_t left;    /* parts that are still to be looked at */
    bool chosen;      /* the part is, and some of it was asked for */
};

/* splitmix64: the same seed gives the same choice on every machine. */
static uint64_t next_number(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static void next_part(struct reading *reading)
{
    reading->offset += reading->object->segments[reading->segment].parts[reading->part].bytes;
    reading->part++;
    reading->left--;
    reading->piece = 0;
    reading->chosen = false;
}

/* Goes to the next part that is to be read; false where there is none. Selection sampling: each set of parts of the
 * wanted number is as likely as any other. */
static bool find_part(struct reading *reading)
{
    while (!reading->chosen) {
        if (reading->to_read == 0)
            return false;
        if (reading->part == reading->object->segments[reading->segment].part_count) {
            reading->segment++;
            reading->part = 0;
            reading->offset = 0;
        } else if (next_number(&reading->sample->state) % reading->left < reading->to_read) {
            reading->to_read--;
            reading->chosen = true;
        } else {
            next_part(reading);
        }
    }
    return true;
}

static void range_done(struct store_transfer *transfer)
{
    struct slot *slot = (struct slot *)transfer;
    event_lock(&slot->reading->event);
    slot->busy = false;
    event_signal(&slot->reading->event);
    event_unlock(&slot->reading->event);
}

static int start_slot(struct reading *reading, struct slot *slot, jb_error *error)
{
    const struct object_segment *segment = &reading->object->segments[reading->segment];
    const struct object_part *part = &segment->parts[reading->part];
    uint64_t left = part->bytes - reading->piece;
    char *bytes = slot->transfer.bytes != NULL ? slot->transfer.bytes : pages_new(reading->capacity);
    if (bytes == NULL)
        return error_no_memory(error);
    slot->transfer = (struct store_transfer){
        .bytes = bytes,
        .count = left < reading->capacity ? (size_t)left : reading->capacity,
        .offset = reading->offset + reading->piece,
        .done = range_done,
        .error = JB_ERROR_INIT,
    };
    slot->reading = reading;
    slot->part = part;
    slot->last_piece = slot->transfer.count == left;
    snprintf(slot->key, sizeof slot->key, "%s%s", reading->prefix, segment->name);
    reading->piece += slot->transfer.count;
    if (slot->last_piece)
        next_part(reading);
    slot->busy = true;
    int code = reading->store->driver->range(reading->store, reading->operation, reading->bucket, slot->key,
                                             object_segment_version(segment), &slot->transfer, error);
    if (code != JB_OK)
        slot->busy = false; /* nothing will be called */
    else
        reading->active++;
    return code;
}

static int check_slot(struct reading *reading, const struct slot *slot, jb_error *error)
{
    if (slot->transfer.error.code != JB_OK)
        return error_copy(error, &slot->transfer.error);
    sha256_update(reading->digest, slot->transfer.bytes, slot->transfer.count);
    int code = operation_progress(reading->operation, slot->transfer.count, 0, NULL, error);
    if (code != JB_OK || !slot->last_piece)
        return code;
    unsigned char sha256[SHA256_SIZE];
    sha256_finish(reading->digest, sha256);
    reading->sample->parts_read++;
    if (memcmp(sha256, slot->part->sha256, SHA256_SIZE) == 0)
        return JB_OK;
    uint64_t end = slot->transfer.offset + slot->transfer.count;
    return error_set(
        error, JB_ERROR_VERIFY, "'%s/%s' is damaged between bytes %llu and %llu: its digest differs from the seal's",
        reading->bucket, slot->key, (unsigned long long)(end - slot->part->bytes), (unsigned long long)end);
}

static void wait_for(struct reading *reading, const struct slot *slot)
{
    event_lock(&reading->event);
    while (slot->busy)
        event_wait(&reading->event);
    event_unlock(&reading->event);
}

static int read_chosen(struct reading *reading, jb_error *error)
{
    for (;;) {
        while (reading->active < SLOTS && find_part(reading)) {
            int code = start_slot(reading, &reading->slots[(reading->first + reading->active) % SLOTS], error);
            if (code != JB_OK)
                return code;
        }
        if (reading->active == 0)
            return JB_OK;
        struct slot *slot = &reading->slots[reading->first];
        wait_for(reading, slot);
        int code = check_slot(reading, slot, error);
        reading->first = (reading->first + 1) % SLOTS;
        reading->active--;
        if (code != JB_OK)
            return code;
    }
}

int sample_object(struct sample *sample, jb_store *store, jb_operation *operation, const char *bucket,
                  const char *prefix, const struct object *object, jb_error *error)
{
    sample->parts = sample->parts_read = 0;
    for (size_t i = 0; i < object->segment_count; i++)
        sample->parts += object->segments[i].part_count;
    struct reading *reading = calloc(1, sizeof *reading);
    if (reading == NULL)
        return error_no_memory(error);
    size_t share = memory_for_buffers(operation) / SLOTS;
    *reading = (struct reading){
        .sample = sample,
        .store = store,
        .operation = operation,
        .bucket = bucket,
        .prefix = prefix,
        .object = object,
        .capacity = share < RANGE_BYTES_MAX ? share : RANGE_BYTES_MAX,
        .left = sample->parts,
        .to_read = (sample->parts * sample->percent + 99) / 100,
    };
    event_init(&reading->event);
    int code = sha256_new(&reading->digest, error);
    if (code == JB_OK)
        code = read_chosen(reading, error);
    for (unsigned i = 0; i < SLOTS; i++) {
        wait_for(reading, &reading->slots[i]);
        pages_free(reading->slots[i].transfer.bytes, reading->capacity);
    }
    event_clean_up(&reading->event);
    sha256_free(reading->digest);
    free(reading);
    return code;
}
