#include "selected_source.h"

#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "../../base/buffer.h"
#include "../pax.h"
#include "pax_rename.h"

#define RUN_BYTES  ((size_t)16 << 20) /* frames that follow one another are fetched together, up to so much */
#define HEADER_MAX (PAX_RECORDS_MAX + 3 * PAX_BLOCK)
#define OUT_MAX    (4 * PAX_RECORDS_MAX)

struct selected_source {
    struct byte_source base;
    struct byte_range *packed;
    const struct selection *selection;
    const char *name;
    ZSTD_DCtx *context;
    char *run; /* packed frames as they lie in the archive */
    size_t run_capacity;
    size_t run_first; /* of the selection's frames, and behind its last */
    size_t run_end;
    char *plain; /* of the frame `frame` */
    size_t plain_capacity;
    size_t frame; /* behind the last where none is there yet */
    size_t stretch;
    uint64_t position;    /* in the plain stream, within the stretch */
    bool inside;          /* the stretch's own place is set */
    struct buffer header; /* of a member that gets another name */
    struct buffer renamed;
    bool ended;
};

static int fit(char **bytes, size_t *capacity, size_t size, jb_error *error)
{
    if (size <= *capacity)
        return JB_OK;
    free(*bytes);
    *capacity = 0;
    *bytes = malloc(size);
    if (*bytes == NULL)
        return error_no_memory(error);
    *capacity = size;
    return JB_OK;
}

/* From the frame `first` on, as many as lie side by side and fit. */
static int fetch_run(struct selected_source *source, size_t first, jb_error *error)
{
    const struct index_frame *frames = source->selection->frames;
    size_t end = first, bytes = 0;
    do {
        bytes += (size_t)frames[end++].packed_bytes;
    } while (end < source->selection->frame_count && frames[end].packed_offset == frames[first].packed_offset + bytes &&
             bytes + frames[end].packed_bytes <= RUN_BYTES);
    source->run_first = source->run_end = 0;
    int code = fit(&source->run, &source->run_capacity, bytes, error);
    if (code == JB_OK)
        code = source->packed->read_at(source->packed, frames[first].packed_offset, source->run, bytes, error);
    if (code != JB_OK)
        return code;
    source->run_first = first;
    source->run_end = end;
    return JB_OK;
}

static int damaged(const struct selected_source *source, const struct index_frame *frame, const char *how,
                   jb_error *error)
{
    error_set(error, JB_ERROR_VERIFY, "'%s' is damaged between bytes %llu and %llu: %s", source->name,
              (unsigned long long)frame->packed_offset,
              (unsigned long long)(frame->packed_offset + frame->packed_bytes), how);
    return error_hint(error, "nothing of it was used; restore another backup, and look into the store");
}

static int check(const struct selected_source *source, const struct index_frame *frame, const char *packed,
                 jb_error *error)
{
    unsigned char digest[SHA256_SIZE];
    if (frame->digest_size == XXH128_SIZE)
        xxh128_of(packed, (size_t)frame->packed_bytes, digest);
    else if (sha256_of(packed, (size_t)frame->packed_bytes, digest, error) != JB_OK)
        return JB_ERROR_MEMORY;
    return memcmp(digest, frame->digest, frame->digest_size) == 0
               ? JB_OK
               : damaged(source, frame, "its digest differs from the index's", error);
}

static int unpack(struct selected_source *source, size_t number, jb_error *error)
{
    const struct index_frame *frame = &source->selection->frames[number];
    const struct index_frame *first = &source->selection->frames[source->run_first];
    const char *packed = source->run + (frame->packed_offset - first->packed_offset);
    source->frame = source->selection->frame_count;
    int code = check(source, frame, packed, error);
    if (code == JB_OK)
        code = fit(&source->plain, &source->plain_capacity, (size_t)frame->plain_bytes, error);
    if (code != JB_OK)
        return code;
    size_t count = ZSTD_decompressDCtx(source->context, source->plain, (size_t)frame->plain_bytes, packed,
                                       (size_t)frame->packed_bytes);
    if (ZSTD_isError(count) || count != frame->plain_bytes)
        return damaged(source, frame, "it does not hold what the index says", error);
    source->frame = number;
    return JB_OK;
}

/* The frame that holds the position; the selection has one for each byte of its stretches. */
static int load(struct selected_source *source, jb_error *error)
{
    const struct selection *selection = source->selection;
    size_t number = source->frame < selection->frame_count ? source->frame : source->run_first;
    while (number < selection->frame_count &&
           selection->frames[number].plain_offset + selection->frames[number].plain_bytes <= source->position)
        number++;
    if (number == source->frame && number < selection->frame_count)
        return JB_OK;
    if (number == selection->frame_count || selection->frames[number].plain_offset > source->position)
        return error_set(error, JB_ERROR_FORMAT, "the index of '%s' has a gap between its frames", source->name);
    int code = number >= source->run_first && number < source->run_end ? JB_OK : fetch_run(source, number, error);
    return code == JB_OK ? unpack(source, number, error) : code;
}

/* Lends up to `most` bytes of the stretch at the position, and goes on behind them. */
static int lend(struct selected_source *source, uint64_t most, const void **bytes, size_t *count, jb_error *error)
{
    int code = load(source, error);
    if (code != JB_OK)
        return code;
    const struct index_frame *frame = &source->selection->frames[source->frame];
    uint64_t at = source->position - frame->plain_offset;
    uint64_t some = frame->plain_bytes - at < most ? frame->plain_bytes - at : most;
    *bytes = source->plain + at;
    *count = (size_t)some;
    source->position += some;
    return JB_OK;
}

static int take(struct selected_source *source, const struct selected_stretch *stretch, size_t size, jb_error *error)
{
    if (size > stretch->end - source->position)
        return error_set(error, JB_ERROR_FORMAT, "the index of '%s' cuts a member's header off", source->name);
    while (size > 0) {
        const void *bytes;
        size_t count;
        int code = lend(source, size, &bytes, &count, error);
        if (code == JB_OK)
            code = buffer_append(&source->header, bytes, count, error);
        if (code != JB_OK)
            return code;
        size -= count;
    }
    return JB_OK;
}

/* The whole header of the stretch's one member, under its other name. */
static int rename_header(struct selected_source *source, const struct selected_stretch *stretch, jb_error *error)
{
    size_t size;
    source->header.size = source->renamed.size = 0;
    int code = take(source, stretch, PAX_BLOCK, error);
    if (code == JB_OK)
        code = pax_header_bytes(source->header.data, &size, error);
    if (code == JB_OK)
        code = take(source, stretch, size - PAX_BLOCK, error);
    return code == JB_OK ? pax_rename(&source->header, stretch->path, stretch->link, &source->renamed, error) : code;
}

static int read_selected(struct byte_source *base, const void **bytes, size_t *count, jb_error *error)
{
    static const char end_mark[2 * PAX_BLOCK];
    struct selected_source *source = (struct selected_source *)base;
    const struct selection *selection = source->selection;
    *count = 0;
    if (source->inside && source->position == selection->stretches[source->stretch].end) {
        source->inside = false;
        source->stretch++;
    }
    if (source->stretch == selection->stretch_count) {
        *bytes = end_mark;
        *count = source->ended ? 0 : sizeof end_mark;
        source->ended = true;
        return JB_OK;
    }
    const struct selected_stretch *stretch = &selection->stretches[source->stretch];
    if (source->inside)
        return lend(source, stretch->end - source->position, bytes, count, error);
    source->inside = true;
    source->position = stretch->offset;
    if (stretch->path == NULL)
        return lend(source, stretch->end - source->position, bytes, count, error);
    int code = rename_header(source, stretch, error);
    *bytes = source->renamed.data;
    *count = source->renamed.size;
    return code;
}

int selected_source_new(struct byte_range *packed, const struct selection *selection, const char *name,
                        struct selected_source **made, jb_error *error)
{
    struct selected_source *source = calloc(1, sizeof *source);
    if (source == NULL)
        return error_no_memory(error);
    source->base.read = read_selected;
    source->packed = packed;
    source->selection = selection;
    source->name = name;
    source->frame = selection->frame_count;
    buffer_init(&source->header, HEADER_MAX);
    buffer_init(&source->renamed, OUT_MAX);
    source->context = ZSTD_createDCtx();
    if (source->context == NULL) {
        selected_source_free(source);
        return error_no_memory(error);
    }
    *made = source;
    return JB_OK;
}

struct byte_source *selected_source_bytes(struct selected_source *source)
{
    return &source->base;
}

void selected_source_free(struct selected_source *source)
{
    if (source == NULL)
        return;
    ZSTD_freeDCtx(source->context);
    free(source->run);
    free(source->plain);
    buffer_clean_up(&source->header);
    buffer_clean_up(&source->renamed);
    free(source);
}
