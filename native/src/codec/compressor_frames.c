#include "compressor_frames.h"

#include <stdlib.h>
#include <string.h>

#include "../base/event.h"
#include "../base/pages.h"
#include "seek_table.h"

#define SLOTS_MAX 16

/* One frame on its way through the pool. */
struct slot {
    struct work work;
    struct frames_compressor *owner;
    void *context;
    char *plain;
    size_t plain_count;
    char *packed;
    size_t packed_count;
    bool busy;
    bool done;
    unsigned char xxh128[XXH128_SIZE]; /* of the packed bytes, where somebody wants it */
    jb_error error;
};

struct frames_compressor {
    struct compressor base;
    struct byte_sink *output;
    struct frame_packer packer;
    struct workers *workers;
    jb_operation *operation;
    struct event event; /* guards busy, done of the slots */
    unsigned slot_count;
    unsigned first;  /* the oldest frame under way */
    unsigned active; /* frames under way, `first` onward */
    struct slot slots[SLOTS_MAX];
    uint64_t frame_count; /* that were handed on */
    struct seek_table table;
    compressor_frame_fn each; /* NULL where nobody wants to know */
    void *each_context;
};

static void pack_frame(struct work *work)
{
    struct slot *slot = (struct slot *)work;
    struct frames_compressor *owner = slot->owner;
    const struct frame_packer *packer = &owner->packer;
    slot->error = (jb_error)JB_ERROR_INIT;
    int code = packer->pack(slot->context, packer->level, slot->plain, slot->plain_count, slot->packed,
                            packer->packed_bytes, &slot->packed_count, &slot->error);
    if (code == JB_OK && owner->each != NULL)
        xxh128_of(slot->packed, slot->packed_count, slot->xxh128);
    event_lock(&owner->event);
    slot->done = true;
    event_signal(&owner->event);
    event_unlock(&owner->event);
}

static int tell(const struct frames_compressor *compressor, const struct slot *slot, jb_error *error)
{
    if (compressor->each == NULL)
        return JB_OK;
    struct compressor_frame frame = {.plain_bytes = slot->plain_count, .packed_bytes = slot->packed_count};
    memcpy(frame.xxh128, slot->xxh128, XXH128_SIZE);
    return compressor->each(compressor->each_context, &frame, error);
}

/* Waits for the oldest frame and hands it on. */
static int collect(struct frames_compressor *compressor, jb_error *error)
{
    struct slot *slot = &compressor->slots[compressor->first];
    event_lock(&compressor->event);
    while (!slot->done)
        event_wait(&compressor->event);
    slot->done = slot->busy = false;
    event_unlock(&compressor->event);
    compressor->first = (compressor->first + 1) % compressor->slot_count;
    compressor->active--;
    if (slot->error.code != JB_OK)
        return error_copy(error, &slot->error);
    compressor->frame_count++;
    int code = compressor->packer.seek_table
                   ? seek_table_add(&compressor->table, slot->packed_count, slot->plain_count, error)
                   : JB_OK;
    if (code == JB_OK)
        code = compressor->output->write(compressor->output, slot->packed, slot->packed_count, error);
    if (code == JB_OK)
        code = tell(compressor, slot, error);
    slot->plain_count = 0;
    return code;
}

static void start(struct frames_compressor *compressor, struct slot *slot)
{
    slot->busy = true;
    compressor->active++;
    workers_submit(compressor->workers, &slot->work);
}

static int frames_write(struct byte_sink *sink, const void *bytes, size_t count, jb_error *error)
{
    struct frames_compressor *compressor = (struct frames_compressor *)sink;
    size_t frame_bytes = compressor->packer.frame_bytes;
    const char *next = bytes;
    while (count > 0) {
        if (compressor->active == compressor->slot_count) {
            int code = collect(compressor, error);
            if (code != JB_OK)
                return code;
        }
        struct slot *slot = &compressor->slots[(compressor->first + compressor->active) % compressor->slot_count];
        size_t taken = frame_bytes - slot->plain_count < count ? frame_bytes - slot->plain_count : count;
        memcpy(slot->plain + slot->plain_count, next, taken);
        slot->plain_count += taken;
        next += taken;
        count -= taken;
        if (slot->plain_count == frame_bytes)
            start(compressor, slot);
    }
    return operation_check(compressor->operation, error);
}

static int frames_finish(struct compressor *base, jb_error *error)
{
    struct frames_compressor *compressor = (struct frames_compressor *)base;
    struct slot *last = &compressor->slots[(compressor->first + compressor->active) % compressor->slot_count];
    /* An empty stream is one empty frame, which every reader takes. */
    bool empty = compressor->active == 0 && compressor->frame_count == 0;
    if (compressor->active < compressor->slot_count && (last->plain_count > 0 || empty))
        start(compressor, last);
    int code = JB_OK;
    while (code == JB_OK && compressor->active > 0)
        code = collect(compressor, error);
    if (code == JB_OK && compressor->packer.seek_table)
        code = seek_table_write(&compressor->table, compressor->output, error);
    return code;
}

void compressor_observe(struct compressor *base, compressor_frame_fn each, void *context)
{
    struct frames_compressor *compressor = (struct frames_compressor *)base;
    compressor->each = each;
    compressor->each_context = context;
}

static void frames_free(struct compressor *base)
{
    struct frames_compressor *compressor = (struct frames_compressor *)base;
    event_lock(&compressor->event);
    for (unsigned i = 0; i < compressor->slot_count; i++)
        while (compressor->slots[i].busy && !compressor->slots[i].done)
            event_wait(&compressor->event);
    event_unlock(&compressor->event);
    for (unsigned i = 0; i < compressor->slot_count; i++) {
        if (compressor->slots[i].context != NULL)
            compressor->packer.context_free(compressor->slots[i].context);
        pages_free(compressor->slots[i].plain, compressor->packer.frame_bytes);
        pages_free(compressor->slots[i].packed, compressor->packer.packed_bytes);
    }
    seek_table_clean_up(&compressor->table);
    event_clean_up(&compressor->event);
    free(compressor);
}

static int prepare_slot(struct frames_compressor *compressor, struct slot *slot, jb_error *error)
{
    slot->work.run = pack_frame;
    slot->owner = compressor;
    slot->context = compressor->packer.context_new(compressor->packer.level);
    slot->plain = pages_new(compressor->packer.frame_bytes);
    slot->packed = pages_new(compressor->packer.packed_bytes);
    return slot->context == NULL || slot->plain == NULL || slot->packed == NULL ? error_no_memory(error) : (int)JB_OK;
}

static unsigned count_slots(const struct frame_packer *packer, const struct workers *workers, size_t memory_bytes)
{
    size_t slots = memory_bytes / (packer->frame_bytes + packer->packed_bytes + packer->context_bytes);
    /* One more than there are threads: that one is filled while the others are packed. */
    if (slots > workers_count(workers) + 1)
        slots = workers_count(workers) + 1;
    if (slots > SLOTS_MAX)
        slots = SLOTS_MAX;
    return slots < 1 ? 1 : (unsigned)slots;
}

int compressor_frames_new(struct byte_sink *output, const struct frame_packer *packer, struct workers *workers,
                          jb_operation *operation, size_t memory_bytes, struct compressor **made, jb_error *error)
{
    struct frames_compressor *compressor = calloc(1, sizeof *compressor);
    if (compressor == NULL)
        return error_no_memory(error);
    compressor->base = (struct compressor){{frames_write}, frames_finish, frames_free};
    compressor->output = output;
    compressor->packer = *packer;
    compressor->workers = workers;
    compressor->operation = operation;
    event_init(&compressor->event);
    compressor->slot_count = count_slots(packer, workers, memory_bytes);
    int code = JB_OK;
    for (unsigned i = 0; code == JB_OK && i < compressor->slot_count; i++)
        code = prepare_slot(compressor, &compressor->slots[i], error);
    if (code != JB_OK) {
        frames_free(&compressor->base);
        return code;
    }
    *made = &compressor->base;
    return JB_OK;
}
