#include "qpress.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "../base/event.h"
#include "quicklz.h"

#define FILE_HEAD_BYTES  21 /* magic, block size, 'F', length of the name */
#define MARK_BYTES       8
#define BLOCK_HEAD_BYTES 12 /* offset, checksum */
#define NAME_MAX_BYTES   4096u
#define UNIT_OVERHEAD    400u /* QuickLZ's own bound on how much a unit may exceed what it holds */
#define SLOTS_MAX        32
#define SLOTS_MEMORY     ((size_t)4 << 20)

/* One block on its way through the pool. */
struct slot {
    struct work work;
    struct qpress *owner;
    struct quicklz_head head;
    uint32_t checksum;
    unsigned char *unit;
    unsigned char *plain;
    size_t count; /* of the unit, so far */
    bool damaged;
    bool done;
};

enum state { IN_FILE_HEAD, IN_NAME, AT_MARK, IN_BLOCK_HEAD, IN_UNIT_HEAD, IN_UNIT, IN_TRAILER, ENDED };

struct qpress {
    struct byte_sink sink;
    struct byte_sink *output;
    struct workers *workers;
    jb_operation *operation;
    enum state state;
    unsigned char head[FILE_HEAD_BYTES + QUICKLZ_HEAD_MAX]; /* of what the state says */
    size_t head_count;
    size_t head_wanted;
    uint64_t name_left; /* with its 0 byte */
    uint64_t block_bytes;
    uint64_t plain_bytes; /* of all blocks so far */
    struct event event;   /* guards done of the slots */
    unsigned slot_count;
    unsigned first;  /* the oldest block under way */
    unsigned active; /* blocks under way, `first` onward */
    struct slot slots[SLOTS_MAX];
};

static uint64_t little(const unsigned char *bytes, size_t count)
{
    uint64_t value = 0;
    for (size_t i = 0; i < count; i++)
        value |= (uint64_t)bytes[i] << (8 * i);
    return value;
}

static int damaged(jb_error *error, const char *what)
{
    return error_set(error, JB_ERROR_VERIFY, "the qpress file is damaged: %s", what);
}

static void decode(struct work *work)
{
    struct slot *slot = (struct slot *)work;
    uint32_t sum = (uint32_t)adler32(1, slot->unit, slot->head.unit_bytes);
    slot->damaged = sum != slot->checksum || !quicklz_decode(&slot->head, slot->unit, slot->plain);
    event_lock(&slot->owner->event);
    slot->done = true;
    event_signal(&slot->owner->event);
    event_unlock(&slot->owner->event);
}

/* Waits for the oldest block and hands it on. */
static int collect(struct qpress *qpress, jb_error *error)
{
    struct slot *slot = &qpress->slots[qpress->first];
    event_lock(&qpress->event);
    while (!slot->done)
        event_wait(&qpress->event);
    slot->done = false;
    event_unlock(&qpress->event);
    qpress->first = (qpress->first + 1) % qpress->slot_count;
    qpress->active--;
    if (slot->damaged)
        return damaged(error, "a block's checksum or content is wrong");
    return qpress->output->write(qpress->output, slot->plain, slot->head.plain_bytes, error);
}

static void expect(struct qpress *qpress, enum state state, size_t head_wanted)
{
    qpress->state = state;
    qpress->head_count = 0;
    qpress->head_wanted = head_wanted;
}

static int read_file_head(struct qpress *qpress, jb_error *error)
{
    const unsigned char *head = qpress->head;
    if (memcmp(head, "qpress10", 8) != 0)
        return error_set(error, JB_ERROR_FORMAT, "it is no qpress file, whatever its name says");
    qpress->block_bytes = little(head + 8, 8);
    uint64_t name_bytes = little(head + 17, 4);
    if (head[16] != 'F' || name_bytes > NAME_MAX_BYTES)
        return damaged(error, "its header holds no file");
    if (qpress->block_bytes > QPRESS_BLOCK_MAX)
        return error_set(error, JB_ERROR_LIMIT,
                         "the qpress file has blocks of %llu bytes, and more than %llu are refused",
                         (unsigned long long)qpress->block_bytes, (unsigned long long)QPRESS_BLOCK_MAX);
    size_t slots = SLOTS_MEMORY / (size_t)(2 * qpress->block_bytes + UNIT_OVERHEAD);
    qpress->slot_count = slots < 1 ? 1 : slots > SLOTS_MAX ? SLOTS_MAX : (unsigned)slots;
    qpress->name_left = name_bytes + 1;
    qpress->state = IN_NAME;
    return JB_OK;
}

static int read_mark(struct qpress *qpress, jb_error *error)
{
    if (memcmp(qpress->head, "ENDSENDS", MARK_BYTES) == 0)
        expect(qpress, IN_TRAILER, 8);
    else if (memcmp(qpress->head, "NEWBNEWB", MARK_BYTES) == 0)
        expect(qpress, IN_BLOCK_HEAD, BLOCK_HEAD_BYTES + 1);
    else
        return damaged(error, "neither a block nor its end follows");
    return JB_OK;
}

/* The block's header and its unit's are both there: makes room for the unit. */
static int begin_unit(struct qpress *qpress, jb_error *error)
{
    const unsigned char *unit = qpress->head + BLOCK_HEAD_BYTES;
    if (qpress->active == qpress->slot_count) {
        int code = collect(qpress, error);
        if (code != JB_OK)
            return code;
    }
    struct slot *slot = &qpress->slots[(qpress->first + qpress->active) % qpress->slot_count];
    if (!quicklz_read_head(unit, &slot->head) || slot->head.plain_bytes > qpress->block_bytes ||
        slot->head.unit_bytes > qpress->block_bytes + UNIT_OVERHEAD)
        return damaged(error, "a block's header is wrong");
    if (little(qpress->head, 8) != qpress->plain_bytes)
        return damaged(error, "a block is missing or out of order");
    /* As large as any block may be, for the next one in this place. */
    if (slot->unit == NULL)
        slot->unit = malloc((size_t)qpress->block_bytes + UNIT_OVERHEAD);
    if (slot->plain == NULL)
        slot->plain = malloc((size_t)qpress->block_bytes + 1);
    if (slot->unit == NULL || slot->plain == NULL)
        return error_no_memory(error);
    slot->checksum = (uint32_t)little(qpress->head + 8, 4);
    slot->count = slot->head.bytes;
    memcpy(slot->unit, unit, slot->head.bytes);
    qpress->plain_bytes += slot->head.plain_bytes;
    qpress->state = IN_UNIT;
    return JB_OK;
}

static int read_head(struct qpress *qpress, jb_error *error)
{
    switch (qpress->state) {
    case IN_FILE_HEAD:
        return read_file_head(qpress, error);
    case AT_MARK:
        return read_mark(qpress, error);
    case IN_BLOCK_HEAD: /* the unit's first byte tells how long its header is */
        qpress->state = IN_UNIT_HEAD;
        qpress->head_wanted = BLOCK_HEAD_BYTES + quicklz_head_bytes(qpress->head[BLOCK_HEAD_BYTES]);
        return JB_OK;
    case IN_UNIT_HEAD:
        return begin_unit(qpress, error);
    default:
        if (little(qpress->head, 8) != 0)
            return damaged(error, "its end is wrong");
        qpress->state = ENDED;
        return JB_OK;
    }
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static int take_head(struct qpress *qpress, const unsigned char *bytes, size_t count, size_t *taken, jb_error *error)
{
    *taken = least(count, qpress->head_wanted - qpress->head_count);
    memcpy(qpress->head + qpress->head_count, bytes, *taken);
    qpress->head_count += *taken;
    return qpress->head_count == qpress->head_wanted ? read_head(qpress, error) : JB_OK;
}

static int take_name(struct qpress *qpress, const unsigned char *bytes, size_t count, size_t *taken, jb_error *error)
{
    *taken = least(count, (size_t)qpress->name_left);
    qpress->name_left -= *taken;
    if (qpress->name_left > 0)
        return JB_OK;
    if (bytes[*taken - 1] != 0)
        return damaged(error, "its name does not end");
    expect(qpress, AT_MARK, MARK_BYTES);
    return JB_OK;
}

static int take_unit(struct qpress *qpress, const unsigned char *bytes, size_t count, size_t *taken)
{
    struct slot *slot = &qpress->slots[(qpress->first + qpress->active) % qpress->slot_count];
    *taken = least(count, slot->head.unit_bytes - slot->count);
    memcpy(slot->unit + slot->count, bytes, *taken);
    slot->count += *taken;
    if (slot->count == slot->head.unit_bytes) {
        qpress->active++;
        workers_submit(qpress->workers, &slot->work);
        expect(qpress, AT_MARK, MARK_BYTES);
    }
    return JB_OK;
}

static int qpress_write(struct byte_sink *sink, const void *bytes, size_t count, jb_error *error)
{
    struct qpress *qpress = (struct qpress *)sink;
    const unsigned char *next = bytes;
    int code = operation_check(qpress->operation, error);
    while (count > 0 && code == JB_OK) {
        size_t taken;
        if (qpress->state == ENDED)
            return damaged(error, "something follows its end");
        if (qpress->state == IN_NAME)
            code = take_name(qpress, next, count, &taken, error);
        else if (qpress->state == IN_UNIT)
            code = take_unit(qpress, next, count, &taken);
        else
            code = take_head(qpress, next, count, &taken, error);
        next += taken;
        count -= taken;
    }
    return code;
}

struct byte_sink *qpress_sink(struct qpress *qpress)
{
    return &qpress->sink;
}

int qpress_finish(struct qpress *qpress, jb_error *error)
{
    int code = qpress->state == ENDED ? JB_OK : damaged(error, "it ends too early");
    while (qpress->active > 0 && code == JB_OK)
        code = collect(qpress, error);
    return code;
}

void qpress_free(struct qpress *qpress)
{
    if (qpress == NULL)
        return;
    event_lock(&qpress->event);
    for (unsigned i = 0; i < qpress->active; i++)
        while (!qpress->slots[(qpress->first + i) % qpress->slot_count].done)
            event_wait(&qpress->event);
    event_unlock(&qpress->event);
    for (unsigned i = 0; i < SLOTS_MAX; i++) {
        free(qpress->slots[i].unit);
        free(qpress->slots[i].plain);
    }
    event_clean_up(&qpress->event);
    free(qpress);
}

int qpress_new(struct byte_sink *output, struct workers *workers, jb_operation *operation, struct qpress **made,
               jb_error *error)
{
    struct qpress *qpress = calloc(1, sizeof *qpress);
    if (qpress == NULL)
        return error_no_memory(error);
    qpress->sink.write = qpress_write;
    qpress->output = output;
    qpress->workers = workers;
    qpress->operation = operation;
    event_init(&qpress->event);
    for (unsigned i = 0; i < SLOTS_MAX; i++) {
        qpress->slots[i].work.run = decode;
        qpress->slots[i].owner = qpress;
    }
    expect(qpress, IN_FILE_HEAD, FILE_HEAD_BYTES);
    *made = qpress;
    return JB_OK;
}

bool qpress_name(const char *name, size_t *plain_length)
{
    size_t length = strlen(name);
    if (length < 4 || strcmp(name + length - 3, ".qp") != 0 || name[length - 4] == '/')
        return false;
    *plain_length = length - 3;
    return true;
}
