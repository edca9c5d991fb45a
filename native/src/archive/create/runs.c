#include "runs.h"

#include <stdlib.h>
#include <string.h>

#define READ_SIZE  ((size_t)4096) /* of each run; several names */
#define WRITE_SIZE ((size_t)65536)

struct reader {
    uint64_t next; /* not read yet */
    uint64_t end;
    char *bytes; /* READ_SIZE */
    size_t at;   /* of the name at hand */
    size_t size;
};

struct merge {
    struct spill *spill;
    struct reader *readers;
    char *room;           /* of all readers */
    struct reader **heap; /* by their names at hand, the least first */
    size_t heap_size;
    char *out;
    size_t out_size;
};

int runs_add(struct runs *runs, uint64_t begin, jb_error *error)
{
    if (runs->count == runs->room) {
        size_t room = runs->room ? runs->room * 2 : 16;
        uint64_t *begins = realloc(runs->begins, room * sizeof(*begins));
        if (!begins)
            return error_no_memory(error);
        runs->begins = begins;
        runs->room = room;
    }
    runs->begins[runs->count++] = begin;
    return JB_OK;
}

void runs_clean_up(struct runs *runs)
{
    free(runs->begins);
}

/* A whole name comes to stand at reader->at, where the run has one more. */
static int fill(struct reader *reader, const struct spill *spill, jb_error *error)
{
    size_t left = reader->size - reader->at;
    if (reader->next == reader->end || (left >= RUN_HEAD && left >= run_name_size(reader->bytes + reader->at)))
        return JB_OK;
    memmove(reader->bytes, reader->bytes + reader->at, left);
    size_t some = READ_SIZE - left;
    if (some > reader->end - reader->next)
        some = (size_t)(reader->end - reader->next);
    int code = spill_read(spill, reader->next, reader->bytes + left, some, error);
    reader->next += some;
    reader->at = 0;
    reader->size = left + some;
    return code;
}

static bool less(const struct reader *left, const struct reader *right)
{
    return strcmp(left->bytes + left->at + RUN_HEAD, right->bytes + right->at + RUN_HEAD) < 0;
}

static void sink_down(struct merge *merge, size_t at)
{
    for (;;) {
        size_t least = at;
        for (size_t child = 2 * at + 1; child <= 2 * at + 2 && child < merge->heap_size; child++)
            if (less(merge->heap[child], merge->heap[least]))
                least = child;
        if (least == at)
            return;
        struct reader *swapped = merge->heap[at];
        merge->heap[at] = merge->heap[least];
        merge->heap[least] = swapped;
        at = least;
    }
}

static int flush(struct merge *merge, jb_error *error)
{
    int code = spill_append(merge->spill, merge->out, merge->out_size, error);
    merge->out_size = 0;
    return code;
}

static int take_least(struct merge *merge, jb_error *error)
{
    struct reader *least = merge->heap[0];
    size_t size = run_name_size(least->bytes + least->at);
    int code = merge->out_size + size > WRITE_SIZE ? flush(merge, error) : JB_OK;
    if (code != JB_OK)
        return code;
    memcpy(merge->out + merge->out_size, least->bytes + least->at, size);
    merge->out_size += size;
    least->at += size;
    code = fill(least, merge->spill, error);
    if (least->at == least->size)
        merge->heap[0] = merge->heap[--merge->heap_size];
    sink_down(merge, 0);
    return code;
}

static int prepare(struct merge *merge, const struct runs *runs, jb_error *error)
{
    merge->readers = calloc(runs->count, sizeof(*merge->readers));
    merge->heap = malloc(runs->count * sizeof(*merge->heap));
    merge->room = malloc(runs->count * READ_SIZE);
    merge->out = malloc(WRITE_SIZE);
    if (!merge->readers || !merge->heap || !merge->room || !merge->out)
        return error_no_memory(error);
    int code = JB_OK;
    for (size_t i = 0; i < runs->count && code == JB_OK; i++) {
        struct reader *reader = &merge->readers[i];
        reader->next = runs->begins[i];
        reader->end = i + 1 < runs->count ? runs->begins[i + 1] : merge->spill->size;
        reader->bytes = merge->room + i * READ_SIZE;
        merge->heap[merge->heap_size++] = reader;
        code = fill(reader, merge->spill, error);
    }
    for (size_t i = merge->heap_size; code == JB_OK && i-- > 0;)
        sink_down(merge, i);
    return code;
}

int runs_merge(const struct runs *runs, struct spill *spill, jb_error *error)
{
    struct merge merge = {.spill = spill};
    int code = prepare(&merge, runs, error);
    while (code == JB_OK && merge.heap_size > 0)
        code = take_least(&merge, error);
    if (code == JB_OK)
        code = flush(&merge, error);
    free(merge.readers);
    free(merge.heap);
    free(merge.room);
    free(merge.out);
    return code;
}
