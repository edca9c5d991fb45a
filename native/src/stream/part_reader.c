#include "part_reader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/event.h"
#include "../base/pages.h"

/* One request fetches so much, many parts if they are small. Stores give each connection only so much bandwidth, so
 * that several ranges at a time come faster than a long one; but each range costs the store and the client a start. */
#define RANGE_BYTES_MAX ((size_t)16 << 20)
/* While one range is read, the next ones come. */
#define SLOTS_MIN 2
#define SLOTS_MAX 16

struct slot {
    struct store_transfer transfer; /* begins the struct, for its done callback */
    struct work start;
    struct work check;
    struct part_reader *reader;
    char key[STORE_KEY_MAX + 1];
    const char *version;             /* of the object; NULL: the present one */
    const struct object_part *parts; /* what the range holds; NULL where that is not described */
    size_t part_count;               /* 0: the range is a piece of one part, which is too large for a slot */
    bool last_piece;
    size_t capacity;
    enum { SLOT_FREE, SLOT_BUSY, SLOT_DONE } state;
};

struct part_reader {
    struct byte_source source;
    jb_store *store;
    jb_operation *operation;
    struct workers *workers;
    const char *bucket;
    const char *prefix;
    const struct object *object;
    uint64_t bytes;                                /* of the whole stream */
    char tag[sizeof((jb_object_info *)NULL)->tag]; /* of what is not described: all ranges must be of one object */
    struct event event;                            /* guards the slots' states */
    struct slot slots[SLOTS_MAX];
    unsigned slot_count;
    unsigned first; /* the oldest slot under way, or lent */
    unsigned active;
    bool lent;
    /* What to ask for next. */
    size_t segment;
    size_t part;
    uint64_t offset;          /* in the segment */
    uint64_t piece_offset;    /* in the part, where that comes in pieces */
    struct sha256 *of_pieces; /* of those lent so far */
};

static void finish_slot(struct slot *slot)
{
    event_lock(&slot->reader->event);
    slot->state = SLOT_DONE;
    event_signal(&slot->reader->event);
    event_unlock(&slot->reader->event);
}

static int damaged(const struct slot *slot, uint64_t begin, uint64_t bytes, const char *used, jb_error *error)
{
    error_set(error, JB_ERROR_VERIFY,
              "'%s/%s' is damaged between bytes %llu and %llu: its digest differs from the seal's",
              slot->reader->bucket, slot->key, (unsigned long long)begin, (unsigned long long)(begin + bytes));
    return error_hint(error, "%s; restore another backup, and look into the store", used);
}

/* In the reader's own order; the last piece is lent only when the whole part was found right. */
static int check_piece(struct part_reader *reader, const struct slot *slot, jb_error *error)
{
    unsigned char sha256[SHA256_SIZE];
    sha256_update(reader->of_pieces, slot->transfer.bytes, slot->transfer.count);
    if (!slot->last_piece)
        return JB_OK;
    sha256_finish(reader->of_pieces, sha256);
    if (memcmp(sha256, slot->parts->sha256, SHA256_SIZE) == 0)
        return JB_OK;
    uint64_t end = slot->transfer.offset + slot->transfer.count;
    return damaged(slot, end - slot->parts->bytes, slot->parts->bytes, "do not use what came of it", error);
}

/* On a worker. */
static void check_parts(struct work *work)
{
    struct slot *slot = (struct slot *)((char *)work - offsetof(struct slot, check));
    struct store_transfer *transfer = &slot->transfer;
    unsigned char digests[2][SHA256_SIZE];
    size_t done = 0;
    int code = JB_OK;
    for (size_t i = 0; code == JB_OK && i < slot->part_count; i += 2) {
        struct sha256_text texts[2];
        size_t count = slot->part_count - i < 2 ? slot->part_count - i : 2;
        for (size_t j = 0; j < count; j++) {
            texts[j] = (struct sha256_text){transfer->bytes + done, (size_t)slot->parts[i + j].bytes, digests[j]};
            done += texts[j].count;
        }
        code = sha256_of_each(texts, count, &transfer->error);
        for (size_t j = 0; code == JB_OK && j < count; j++)
            if (memcmp(digests[j], slot->parts[i + j].sha256, SHA256_SIZE) != 0)
                code = damaged(slot, transfer->offset + (uint64_t)((const char *)texts[j].bytes - transfer->bytes),
                               texts[j].count, "nothing of it was used", &transfer->error);
    }
    finish_slot(slot);
}

static void range_done(struct store_transfer *transfer)
{
    struct slot *slot = (struct slot *)transfer;
    if (transfer->error.code != JB_OK || slot->parts == NULL || slot->part_count == 0)
        finish_slot(slot);
    else
        workers_submit(slot->reader->workers, &slot->check);
}

static void start_range(struct work *work)
{
    struct slot *slot = (struct slot *)((char *)work - offsetof(struct slot, start));
    struct part_reader *reader = slot->reader;
    int code = reader->store->driver->range(reader->store, reader->operation, reader->bucket, slot->key, slot->version,
                                            &slot->transfer, &slot->transfer.error);
    if (code != JB_OK) {
        slot->transfer.error.code = (jb_code)code;
        finish_slot(slot);
    }
}

static bool next_bytes(struct part_reader *reader, struct slot *slot)
{
    uint64_t left = reader->bytes - reader->offset;
    slot->parts = NULL;
    slot->version = NULL;
    slot->transfer.tag = reader->tag[0] != '\0' ? reader->tag : NULL;
    slot->transfer.count = left < slot->capacity ? (size_t)left : slot->capacity;
    snprintf(slot->key, sizeof slot->key, "%s", reader->prefix);
    return left > 0;
}

/* The next piece of a part that is larger than a slot. */
static void next_piece(struct part_reader *reader, struct slot *slot)
{
    uint64_t left = slot->parts->bytes - reader->piece_offset;
    slot->last_piece = left <= slot->capacity;
    slot->transfer.count = slot->last_piece ? (size_t)left : slot->capacity;
    reader->piece_offset = slot->last_piece ? 0 : reader->piece_offset + slot->capacity;
    reader->part += slot->last_piece;
}

/* As many of the next parts as fit. */
static bool next_parts(struct part_reader *reader, struct slot *slot)
{
    const struct object *object = reader->object;
    while (reader->segment < object->segment_count && reader->part == object->segments[reader->segment].part_count) {
        reader->segment++;
        reader->part = 0;
        reader->offset = 0;
    }
    if (reader->segment == object->segment_count)
        return false;
    const struct object_segment *segment = &object->segments[reader->segment];
    slot->version = object_segment_version(segment);
    slot->parts = &segment->parts[reader->part];
    slot->part_count = 0;
    slot->transfer.count = 0;
    while (reader->part < segment->part_count &&
           segment->parts[reader->part].bytes <= slot->capacity - slot->transfer.count) {
        slot->transfer.count += (size_t)segment->parts[reader->part++].bytes;
        slot->part_count++;
    }
    if (slot->part_count == 0)
        next_piece(reader, slot);
    snprintf(slot->key, sizeof slot->key, "%s%s", reader->prefix, segment->name);
    return true;
}

/* What to fetch next, and from where; false at the end. */
static bool next_range(struct part_reader *reader, struct slot *slot)
{
    bool more = reader->object == NULL ? next_bytes(reader, slot) : next_parts(reader, slot);
    slot->transfer.offset = reader->offset;
    reader->offset += more ? slot->transfer.count : 0;
    return more;
}

static int fill_slots(struct part_reader *reader, jb_error *error)
{
    while (reader->active < reader->slot_count) {
        struct slot *slot = &reader->slots[(reader->first + reader->active) % reader->slot_count];
        if (!next_range(reader, slot))
            return JB_OK;
        if (slot->transfer.bytes == NULL) {
            slot->transfer.bytes = pages_new(slot->capacity);
            if (slot->transfer.bytes == NULL)
                return error_no_memory(error);
        }
        slot->transfer.done = range_done;
        slot->transfer.error = (jb_error)JB_ERROR_INIT;
        slot->state = SLOT_BUSY;
        reader->active++;
        workers_submit(reader->workers, &slot->start);
    }
    return JB_OK;
}

static int read_part(struct byte_source *source, const void **bytes, size_t *count, jb_error *error)
{
    struct part_reader *reader = (struct part_reader *)((char *)source - offsetof(struct part_reader, source));
    *count = 0;
    if (reader->lent) {
        reader->slots[reader->first].state = SLOT_FREE;
        reader->first = (reader->first + 1) % reader->slot_count;
        reader->active--;
        reader->lent = false;
    }
    int code = fill_slots(reader, error);
    if (code != JB_OK || reader->active == 0)
        return code;
    struct slot *slot = &reader->slots[reader->first];
    event_lock(&reader->event);
    while (slot->state != SLOT_DONE)
        event_wait(&reader->event);
    event_unlock(&reader->event);
    if (slot->transfer.error.code != JB_OK)
        return error_copy(error, &slot->transfer.error);
    code = slot->parts != NULL && slot->part_count == 0 ? check_piece(reader, slot, error) : JB_OK;
    if (code != JB_OK)
        return code;
    reader->lent = true;
    *bytes = slot->transfer.bytes;
    *count = slot->transfer.count;
    return operation_check(reader->operation, error);
}

struct byte_source *part_reader_source(struct part_reader *reader)
{
    return &reader->source;
}

uint64_t part_reader_bytes(const struct part_reader *reader)
{
    return reader->bytes;
}

void part_reader_free(struct part_reader *reader)
{
    if (reader == NULL)
        return;
    event_lock(&reader->event);
    for (unsigned i = 0; i < reader->slot_count; i++)
        while (reader->slots[i].state == SLOT_BUSY)
            event_wait(&reader->event);
    event_unlock(&reader->event);
    for (unsigned i = 0; i < reader->slot_count; i++)
        pages_free(reader->slots[i].transfer.bytes, reader->slots[i].capacity);
    event_clean_up(&reader->event);
    sha256_free(reader->of_pieces);
    free(reader);
}

static uint64_t largest_part(const struct object *object)
{
    uint64_t largest = 1;
    for (size_t i = 0; i < object->segment_count; i++)
        for (size_t j = 0; j < object->segments[i].part_count; j++)
            if (object->segments[i].parts[j].bytes > largest)
                largest = object->segments[i].parts[j].bytes;
    return largest;
}

int part_reader_new(jb_store *store, jb_operation *operation, struct workers *workers, const char *bucket,
                    const char *prefix, const struct object *object, size_t memory_bytes, struct part_reader **made,
                    jb_error *error)
{
    uint64_t bytes;
    jb_object_info info = {.size = sizeof info};
    size_t slot_bytes = memory_bytes / SLOTS_MIN < RANGE_BYTES_MAX ? memory_bytes / SLOTS_MIN : RANGE_BYTES_MAX;
    if (object != NULL) {
        bytes = object->bytes;
        /* A part that does not fit a slot comes in pieces, and is proven only at its end. */
        if (slot_bytes < largest_part(object) && largest_part(object) <= memory_bytes)
            slot_bytes = (size_t)largest_part(object);
    } else {
        int code = store_stat(store, operation, bucket, prefix, NULL, &info, error);
        if (code != JB_OK)
            return code;
        bytes = info.bytes;
    }
    if (bytes < slot_bytes)
        slot_bytes = bytes == 0 ? 1 : (size_t)bytes;
    struct part_reader *reader = calloc(1, sizeof *reader);
    if (reader == NULL)
        return error_no_memory(error);
    int code = sha256_new(&reader->of_pieces, error);
    if (code != JB_OK) {
        free(reader);
        return code;
    }
    event_init(&reader->event);
    reader->source.read = read_part;
    reader->store = store;
    reader->operation = operation;
    reader->workers = workers;
    reader->bucket = bucket;
    reader->prefix = prefix;
    reader->object = object;
    reader->bytes = bytes;
    memcpy(reader->tag, info.tag, sizeof reader->tag);
    size_t slots = memory_bytes / slot_bytes;
    reader->slot_count = slots < 1 ? 1 : slots > SLOTS_MAX ? SLOTS_MAX : (unsigned)slots;
    for (unsigned i = 0; i < reader->slot_count; i++) {
        struct slot *slot = &reader->slots[i];
        slot->reader = reader;
        slot->capacity = slot_bytes;
        slot->start.run = start_range;
        slot->check.run = check_parts;
    }
    *made = reader;
    return JB_OK;
}
