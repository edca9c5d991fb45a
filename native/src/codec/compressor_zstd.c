#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "../base/event.h"
#include "../base/pages.h"
#include "compressor.h"

#define FRAME_BYTES ((size_t)4 << 20)
#define SLOTS_MAX   16
/* The table's entries are 8 bytes (no checksum: the frames have their own). At 16 MiB of table, 8 TiB of content,
   entries end: the stream stays valid zstd without a table, and only jumping into it is lost. */
#define ENTRIES_MAX     ((size_t)2 << 20)
#define SKIPPABLE_MAGIC 0x184D2A5Eu
#define SEEKABLE_MAGIC  0x8F92EAB1u

/* One frame on its way through the pool. */
struct slot {
    struct work work;
    struct zstd_compressor *owner;
    ZSTD_CCtx *context;
    char *plain;
    size_t plain_count;
    char *packed;
    size_t packed_capacity;
    size_t packed_count;
    bool busy;
    bool done;
    unsigned char sha256[SHA256_SIZE]; /* of the packed bytes, where somebody wants it */
    jb_error error;
};

struct seek_entry {
    uint32_t packed_count;
    uint32_t plain_count;
};

struct zstd_compressor {
    struct compressor base;
    struct byte_sink *output;
    struct workers *workers;
    jb_operation *operation;
    struct event event; /* guards busy, done, failure of the slots */
    unsigned slot_count;
    unsigned first;  /* the oldest frame under way */
    unsigned active; /* frames under way, `first` onward */
    struct slot slots[SLOTS_MAX];
    struct seek_entry *entries;
    size_t entry_count;
    size_t entry_capacity;
    bool table_full;
    compressor_frame_fn each; /* NULL where nobody wants to know */
    void *each_context;
};

static int pack(struct slot *slot, jb_error *error)
{
    size_t count = ZSTD_compress2(slot->context, slot->packed, slot->packed_capacity, slot->plain, slot->plain_count);
    if (ZSTD_isError(count))
        return error_set(error, JB_ERROR_FAILED, "zstd cannot compress: %s", ZSTD_getErrorName(count));
    slot->packed_count = count;
    return slot->owner->each == NULL ? JB_OK : sha256_of(slot->packed, count, slot->sha256, error);
}

static void compress_frame(struct work *work)
{
    struct slot *slot = (struct slot *)work;
    slot->error = (jb_error)JB_ERROR_INIT;
    pack(slot, &slot->error);
    event_lock(&slot->owner->event);
    slot->done = true;
    event_signal(&slot->owner->event);
    event_unlock(&slot->owner->event);
}

static int remember(struct zstd_compressor *compressor, const struct slot *slot, jb_error *error)
{
    if (compressor->entry_count == ENTRIES_MAX)
        compressor->table_full = true;
    if (compressor->table_full)
        return JB_OK;
    if (compressor->entry_count == compressor->entry_capacity) {
        size_t capacity = compressor->entry_capacity == 0 ? 256 : compressor->entry_capacity * 2;
        struct seek_entry *entries = realloc(compressor->entries, capacity * sizeof *entries);
        if (entries == NULL)
            return error_no_memory(error);
        compressor->entries = entries;
        compressor->entry_capacity = capacity;
    }
    compressor->entries[compressor->entry_count++] =
        (struct seek_entry){(uint32_t)slot->packed_count, (uint32_t)slot->plain_count};
    return JB_OK;
}

static int tell(const struct zstd_compressor *compressor, const struct slot *slot, jb_error *error)
{
    if (compressor->each == NULL)
        return JB_OK;
    struct compressor_frame frame = {.plain_bytes = slot->plain_count, .packed_bytes = slot->packed_count};
    memcpy(frame.sha256, slot->sha256, SHA256_SIZE);
    return compressor->each(compressor->each_context, &frame, error);
}

/* Waits for the oldest frame and hands it on. */
static int collect(struct zstd_compressor *compressor, jb_error *error)
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
    int code = remember(compressor, slot, error);
    if (code == JB_OK)
        code = compressor->output->write(compressor->output, slot->packed, slot->packed_count, error);
    if (code == JB_OK)
        code = tell(compressor, slot, error);
    slot->plain_count = 0;
    return code;
}

static void start(struct zstd_compressor *compressor, struct slot *slot)
{
    slot->busy = true;
    compressor->active++;
    workers_submit(compressor->workers, &slot->work);
}

static int zstd_write(struct byte_sink *sink, const void *bytes, size_t count, jb_error *error)
{
    struct zstd_compressor *compressor = (struct zstd_compressor *)sink;
    const char *next = bytes;
    while (count > 0) {
        if (compressor->active == compressor->slot_count) {
            int code = collect(compressor, error);
            if (code != JB_OK)
                return code;
        }
        struct slot *slot = &compressor->slots[(compressor->first + compressor->active) % compressor->slot_count];
        size_t taken = FRAME_BYTES - slot->plain_count < count ? FRAME_BYTES - slot->plain_count : count;
        memcpy(slot->plain + slot->plain_count, next, taken);
        slot->plain_count += taken;
        next += taken;
        count -= taken;
        if (slot->plain_count == FRAME_BYTES)
            start(compressor, slot);
    }
    return operation_check(compressor->operation, error);
}

static void put_u32(unsigned char *to, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        to[i] = (unsigned char)(value >> (8 * i));
}

static int write_table(struct zstd_compressor *compressor, jb_error *error)
{
    unsigned char bytes[8];
    put_u32(bytes, SKIPPABLE_MAGIC);
    put_u32(bytes + 4, (uint32_t)(compressor->entry_count * 8 + 9));
    int code = compressor->output->write(compressor->output, bytes, 8, error);
    for (size_t i = 0; code == JB_OK && i < compressor->entry_count; i++) {
        put_u32(bytes, compressor->entries[i].packed_count);
        put_u32(bytes + 4, compressor->entries[i].plain_count);
        code = compressor->output->write(compressor->output, bytes, 8, error);
    }
    unsigned char footer[9];
    put_u32(footer, (uint32_t)compressor->entry_count);
    footer[4] = 0; /* descriptor: no checksums in the table */
    put_u32(footer + 5, SEEKABLE_MAGIC);
    return code != JB_OK ? code : compressor->output->write(compressor->output, footer, sizeof footer, error);
}

static int zstd_finish(struct compressor *base, jb_error *error)
{
    struct zstd_compressor *compressor = (struct zstd_compressor *)base;
    struct slot *last = &compressor->slots[(compressor->first + compressor->active) % compressor->slot_count];
    bool empty = compressor->active == 0 && compressor->entry_count == 0 && !compressor->table_full;
    /* An empty stream is one empty frame, which every reader takes. */
    if (compressor->active < compressor->slot_count && (last->plain_count > 0 || empty))
        start(compressor, last);
    int code = JB_OK;
    while (code == JB_OK && compressor->active > 0)
        code = collect(compressor, error);
    if (code == JB_OK && !compressor->table_full)
        code = write_table(compressor, error);
    return code;
}

void compressor_observe(struct compressor *base, compressor_frame_fn each, void *context)
{
    struct zstd_compressor *compressor = (struct zstd_compressor *)base;
    compressor->each = each;
    compressor->each_context = context;
}

static void zstd_free(struct compressor *base)
{
    struct zstd_compressor *compressor = (struct zstd_compressor *)base;
    event_lock(&compressor->event);
    for (unsigned i = 0; i < compressor->slot_count; i++)
        while (compressor->slots[i].busy && !compressor->slots[i].done)
            event_wait(&compressor->event);
    event_unlock(&compressor->event);
    for (unsigned i = 0; i < compressor->slot_count; i++) {
        ZSTD_freeCCtx(compressor->slots[i].context);
        pages_free(compressor->slots[i].plain, FRAME_BYTES);
        pages_free(compressor->slots[i].packed, compressor->slots[i].packed_capacity);
    }
    free(compressor->entries);
    event_clean_up(&compressor->event);
    free(compressor);
}

static int prepare_slot(struct zstd_compressor *compressor, struct slot *slot, int level, jb_error *error)
{
    slot->work.run = compress_frame;
    slot->owner = compressor;
    slot->packed_capacity = ZSTD_compressBound(FRAME_BYTES);
    slot->context = ZSTD_createCCtx();
    slot->plain = pages_new(FRAME_BYTES);
    slot->packed = pages_new(slot->packed_capacity);
    if (slot->context == NULL || slot->plain == NULL || slot->packed == NULL)
        return error_no_memory(error);
    ZSTD_CCtx_setParameter(slot->context, ZSTD_c_checksumFlag, 1);
    size_t set = ZSTD_CCtx_setParameter(slot->context, ZSTD_c_compressionLevel, level);
    return ZSTD_isError(set) ? error_set(error, JB_ERROR_USAGE, "zstd has no level %d", level) : JB_OK;
}

/* What a context takes at most for one frame; asked of zstd 1.5.4 level by level and rounded up. */
static size_t context_bytes(int level)
{
    return (size_t)(level <= 2 ? 1 : level <= 3 ? 2 : level <= 8 ? 8 : level <= 11 ? 28 : 68) << 20;
}

int compressor_new_zstd(struct byte_sink *output, int level, struct workers *workers, jb_operation *operation,
                        size_t memory_bytes, struct compressor **made, jb_error *error)
{
    if (level == 0)
        level = 1;
    if (level < 1 || level > 19)
        return error_set(error, JB_ERROR_USAGE, "zstd has no level %d; take 1 to 19", level);
    struct zstd_compressor *compressor = calloc(1, sizeof *compressor);
    if (compressor == NULL)
        return error_no_memory(error);
    compressor->base = (struct compressor){{zstd_write}, zstd_finish, zstd_free};
    compressor->output = output;
    compressor->workers = workers;
    compressor->operation = operation;
    event_init(&compressor->event);
    size_t slot_bytes = FRAME_BYTES + ZSTD_compressBound(FRAME_BYTES) + context_bytes(level);
    size_t slots = memory_bytes / slot_bytes;
    /* One more than there are threads: that one is filled while the others are compressed. */
    if (slots > workers_count(workers) + 1)
        slots = workers_count(workers) + 1;
    if (slots > SLOTS_MAX)
        slots = SLOTS_MAX;
    compressor->slot_count = slots < 1 ? 1 : (unsigned)slots;
    for (unsigned i = 0; i < compressor->slot_count; i++) {
        int code = prepare_slot(compressor, &compressor->slots[i], level, error);
        if (code != JB_OK) {
            zstd_free(&compressor->base);
            return code;
        }
    }
    *made = &compressor->base;
    return JB_OK;
}
