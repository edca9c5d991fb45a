/*
 * Frames that tell of their size are gathered whole and decompressed on a pool's threads, several at a time, and lent
 * in order. Whatever else comes (frames without a size, large ones, skippable ones, damage, the end in the middle)
 * waits until those are through, and then goes to zstd's own stream decoder, which also finds the words for what is
 * wrong.
 */
#include <stdlib.h>
#include <string.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "../base/event.h"
#include "../base/pages.h"
#include "decompressor_stages.h"
#include "zstd_frame.h"

#define OUTPUT_BYTES   ((size_t)1 << 18)
#define WINDOW_LOG_MAX 27 /* 128 MiB: zstd's own bound without --long */
#define PLAIN_BYTES    ((size_t)4 << 20)
#define CONTEXT_BYTES  ((size_t)192 << 10) /* asked of zstd 1.5.4, and rounded up */
#define SLOTS_MAX      16

/* One frame on its way through the pool. */
struct slot {
    struct work work;
    struct zstd_stage *stage;
    ZSTD_DCtx *context;
    char *packed;
    size_t packed_count;
    char *plain;
    size_t plain_count; /* as its header tells */
    bool busy;
    bool done;
    jb_error error;
};

struct zstd_stage {
    struct decompressor base;
    struct packed_input input;
    /* One frame after another, as the bytes come. */
    ZSTD_DStream *stream;
    bool streaming;              /* within a frame that is decompressed so */
    const struct slot *gathered; /* its first bytes lie there, `gathered_used` of which are used */
    size_t gathered_used;
    char *output;
    /* Frames at a time. */
    struct workers *workers;
    struct event event;  /* guards busy, done of the slots */
    unsigned slot_count; /* 0: all is streamed */
    size_t packed_capacity;
    unsigned first; /* the oldest frame under way, or lent */
    unsigned active;
    bool lent;
    bool ended;
    jb_error failure; /* of the input, for when all that came before is lent */
    struct slot slots[SLOTS_MAX];
};

static int damaged(size_t status, jb_error *error)
{
    bool window = ZSTD_getErrorCode(status) == ZSTD_error_frameParameter_windowTooLarge;
    return error_set(error, window ? JB_ERROR_LIMIT : JB_ERROR_VERIFY, "the zstd stream is damaged: %s",
                     ZSTD_getErrorName(status));
}

static size_t gathered_left(const struct zstd_stage *stage)
{
    return stage->gathered == NULL ? 0 : stage->gathered->packed_count - stage->gathered_used;
}

/* What the stream decoder gets next: what was gathered before it was its turn, then the input. */
static int next_input(struct zstd_stage *stage, ZSTD_inBuffer *next, jb_error *error)
{
    if (gathered_left(stage) > 0) {
        *next = (ZSTD_inBuffer){stage->gathered->packed + stage->gathered_used, gathered_left(stage), 0};
        return JB_OK;
    }
    int code = packed_input_refill(&stage->input, error);
    *next = (ZSTD_inBuffer){stage->input.bytes, stage->input.count, 0};
    return code;
}

static void take_input(struct zstd_stage *stage, size_t count)
{
    if (gathered_left(stage) > 0)
        stage->gathered_used += count;
    else
        packed_input_take(&stage->input, count);
}

/* Some bytes of the frame that is streamed; none where it ends. */
static int read_streamed(struct zstd_stage *stage, const void **bytes, size_t *count, jb_error *error)
{
    ZSTD_outBuffer output = {stage->output, OUTPUT_BYTES, 0};
    while (output.pos == 0 && stage->streaming) {
        ZSTD_inBuffer input;
        int code = next_input(stage, &input, error);
        if (code != JB_OK)
            return code;
        size_t left = ZSTD_decompressStream(stage->stream, &output, &input);
        if (ZSTD_isError(left))
            return damaged(left, error);
        if (input.size == 0 && output.pos == 0 && left != 0)
            return error_set(error, JB_ERROR_VERIFY, "the zstd stream ends too early");
        take_input(stage, input.pos);
        stage->streaming = left != 0 || gathered_left(stage) > 0;
    }
    *bytes = stage->output;
    *count = output.pos;
    return JB_OK;
}

static int read_one_by_one(struct byte_source *source, const void **bytes, size_t *count, jb_error *error)
{
    struct zstd_stage *stage = (struct zstd_stage *)source;
    *count = 0;
    while (*count == 0) {
        if (!stage->streaming) {
            int code = packed_input_refill(&stage->input, error);
            if (code != JB_OK || stage->input.ended)
                return code;
            stage->streaming = true;
        }
        int code = read_streamed(stage, bytes, count, error);
        if (code != JB_OK)
            return code;
    }
    return JB_OK;
}

static void decompress_frame(struct work *work)
{
    struct slot *slot = (struct slot *)work;
    struct zstd_stage *stage = slot->stage;
    slot->error = (jb_error)JB_ERROR_INIT;
    size_t count = ZSTD_decompressDCtx(slot->context, slot->plain, slot->plain_count, slot->packed, slot->packed_count);
    if (ZSTD_isError(count))
        damaged(count, &slot->error);
    else if (count != slot->plain_count)
        error_set(&slot->error, JB_ERROR_VERIFY, "the zstd stream is damaged: a frame is shorter than it says");
    event_lock(&stage->event);
    slot->done = true;
    event_signal(&stage->event);
    event_unlock(&stage->event);
}

/* Gathers the frame's bytes up to `wanted`; *whole false where there are not so many, or no room. */
static int gather(struct zstd_stage *stage, struct slot *slot, size_t wanted, bool *whole, jb_error *error)
{
    *whole = false;
    if (wanted > stage->packed_capacity)
        return JB_OK;
    while (slot->packed_count < wanted) {
        int code = packed_input_refill(&stage->input, error);
        if (code != JB_OK || stage->input.ended)
            return code;
        size_t missing = wanted - slot->packed_count;
        size_t taken = missing < stage->input.count ? missing : stage->input.count;
        memcpy(slot->packed + slot->packed_count, stage->input.bytes, taken);
        slot->packed_count += taken;
        packed_input_take(&stage->input, taken);
    }
    *whole = true;
    return JB_OK;
}

static int gather_blocks(struct zstd_stage *stage, struct slot *slot, bool checksum, bool *whole, jb_error *error)
{
    for (struct zstd_block block = {.last = false}; !block.last;) {
        size_t at = slot->packed_count;
        int code = gather(stage, slot, at + ZSTD_FRAME_BLOCK_HEADER, whole, error);
        if (code != JB_OK || !*whole)
            return code;
        *whole = zstd_frame_parse_block((const unsigned char *)slot->packed + at, &block);
        if (*whole)
            code = gather(stage, slot, slot->packed_count + block.bytes, whole, error);
        if (code != JB_OK || !*whole)
            return code;
    }
    return checksum ? gather(stage, slot, slot->packed_count + ZSTD_FRAME_CHECKSUM, whole, error) : JB_OK;
}

/* *whole false where the next frame, or what else comes, is not one for a slot. */
static int gather_frame(struct zstd_stage *stage, struct slot *slot, bool *whole, jb_error *error)
{
    const unsigned char *packed = (const unsigned char *)slot->packed;
    slot->packed_count = 0;
    int code = gather(stage, slot, ZSTD_FRAME_BEGINNING, whole, error);
    if (code != JB_OK || !*whole)
        return code;
    unsigned header_bytes = zstd_frame_header_bytes(packed);
    *whole = header_bytes > 0;
    if (*whole)
        code = gather(stage, slot, header_bytes, whole, error);
    if (code != JB_OK || !*whole)
        return code;
    struct zstd_frame frame;
    zstd_frame_parse(packed, &frame);
    *whole = frame.content_bytes <= PLAIN_BYTES && frame.window_bytes <= (uint64_t)1 << WINDOW_LOG_MAX;
    if (!*whole)
        return JB_OK;
    slot->plain_count = (size_t)frame.content_bytes;
    return gather_blocks(stage, slot, frame.checksum, whole, error);
}

static int prepare_slot(const struct zstd_stage *stage, struct slot *slot, jb_error *error)
{
    if (slot->context == NULL)
        slot->context = ZSTD_createDCtx();
    if (slot->packed == NULL)
        slot->packed = pages_new(stage->packed_capacity);
    if (slot->plain == NULL)
        slot->plain = pages_new(PLAIN_BYTES);
    return slot->context == NULL || slot->packed == NULL || slot->plain == NULL ? error_no_memory(error) : (int)JB_OK;
}

/* Starts frames while there is room for them. */
static void start_frames(struct zstd_stage *stage)
{
    while (!stage->streaming && !stage->ended && stage->failure.code == JB_OK && stage->active < stage->slot_count) {
        struct slot *slot = &stage->slots[(stage->first + stage->active) % stage->slot_count];
        bool whole = false;
        int code = prepare_slot(stage, slot, &stage->failure);
        if (code == JB_OK)
            code = gather_frame(stage, slot, &whole, &stage->failure);
        if (code == JB_OK && whole) {
            slot->done = false;
            slot->busy = true;
            stage->active++;
            workers_submit(stage->workers, &slot->work);
        } else if (code == JB_OK && slot->packed_count > 0) {
            stage->streaming = true;
            stage->gathered = slot;
            stage->gathered_used = 0;
        } else {
            stage->ended = code == JB_OK;
        }
    }
}

static void wait_for(struct zstd_stage *stage, struct slot *slot)
{
    event_lock(&stage->event);
    while (slot->busy && !slot->done)
        event_wait(&stage->event);
    slot->busy = false;
    event_unlock(&stage->event);
}

static void give_back(struct zstd_stage *stage)
{
    stage->first = (stage->first + 1) % stage->slot_count;
    stage->active--;
}

static int read_ahead(struct byte_source *source, const void **bytes, size_t *count, jb_error *error)
{
    struct zstd_stage *stage = (struct zstd_stage *)source;
    *count = 0;
    if (stage->lent)
        give_back(stage);
    stage->lent = false;
    while (*count == 0) {
        start_frames(stage);
        if (stage->active > 0) {
            struct slot *slot = &stage->slots[stage->first];
            wait_for(stage, slot);
            if (slot->error.code != JB_OK)
                return error_copy(error, &slot->error);
            *bytes = slot->plain;
            *count = slot->plain_count;
            stage->lent = *count > 0;
            if (!stage->lent)
                give_back(stage);
        } else if (stage->streaming) {
            int code = read_streamed(stage, bytes, count, error);
            if (code != JB_OK)
                return code;
        } else {
            return stage->ended ? JB_OK : error_copy(error, &stage->failure);
        }
    }
    return JB_OK;
}

static void zstd_free(struct decompressor *base)
{
    struct zstd_stage *stage = (struct zstd_stage *)base;
    for (unsigned i = 0; i < stage->slot_count; i++) {
        struct slot *slot = &stage->slots[i];
        wait_for(stage, slot);
        ZSTD_freeDCtx(slot->context);
        pages_free(slot->packed, stage->packed_capacity);
        pages_free(slot->plain, PLAIN_BYTES);
    }
    event_clean_up(&stage->event);
    ZSTD_freeDStream(stage->stream);
    free(stage->output);
    free(stage);
}

static unsigned count_slots(const struct workers *workers, size_t slot_bytes, size_t memory_bytes)
{
    size_t slots = workers == NULL ? 0 : memory_bytes / slot_bytes;
    /* One more than there are threads: that one is lent while the others are decompressed. */
    if (workers != NULL && slots > workers_count(workers) + 1)
        slots = workers_count(workers) + 1;
    return slots < 2 ? 0 : slots > SLOTS_MAX ? SLOTS_MAX : (unsigned)slots;
}

int decompressor_new_zstd(struct byte_source *input, struct workers *workers, size_t memory_bytes,
                          struct decompressor **made, jb_error *error)
{
    struct zstd_stage *stage = calloc(1, sizeof *stage);
    if (stage == NULL)
        return error_no_memory(error);
    event_init(&stage->event);
    stage->input.source = input;
    stage->workers = workers;
    stage->failure = (jb_error)JB_ERROR_INIT;
    stage->packed_capacity = ZSTD_compressBound(PLAIN_BYTES);
    stage->slot_count = count_slots(workers, PLAIN_BYTES + stage->packed_capacity + CONTEXT_BYTES, memory_bytes);
    for (unsigned i = 0; i < stage->slot_count; i++) {
        stage->slots[i].work.run = decompress_frame;
        stage->slots[i].stage = stage;
    }
    stage->base = (struct decompressor){{stage->slot_count > 0 ? read_ahead : read_one_by_one}, zstd_free};
    stage->stream = ZSTD_createDStream();
    stage->output = malloc(OUTPUT_BYTES);
    if (stage->stream == NULL || stage->output == NULL ||
        ZSTD_isError(ZSTD_DCtx_setParameter(stage->stream, ZSTD_d_windowLogMax, WINDOW_LOG_MAX))) {
        zstd_free(&stage->base);
        return error_no_memory(error);
    }
    *made = &stage->base;
    return JB_OK;
}
