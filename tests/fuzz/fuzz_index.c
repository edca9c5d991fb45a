/* Indexes of archives' members: any lines are refused or understood; what is chosen lies where the index says that
 * something is, and the source of it gives no more than that. */
#include <stdlib.h>
#include <string.h>

#include "archive/index/selected_source.h"
#include "codec/digest.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

struct lines {
    struct byte_source base;
    const uint8_t *bytes;
    size_t count;
};

static int lend_lines(struct byte_source *source, const void **bytes, size_t *count, jb_error *error)
{
    struct lines *lines = (struct lines *)source;
    (void)error;
    *bytes = lines->bytes;
    *count = lines->count < 100 ? lines->count : 100;
    lines->bytes += *count;
    lines->count -= *count;
    return JB_OK;
}

/* An archive of zeros, whatever is asked for. */
static int read_zeros(struct byte_range *range, uint64_t offset, void *bytes, size_t count, jb_error *error)
{
    if (offset > range->bytes || count > range->bytes - offset)
        return error_set(error, JB_ERROR_FORMAT, "beyond the end");
    memset(bytes, 0, count);
    return JB_OK;
}

static void check(const struct selection *selection)
{
    uint64_t end = 0;
    for (size_t i = 0; i < selection->stretch_count; i++) {
        if (selection->stretches[i].offset < end || selection->stretches[i].end <= selection->stretches[i].offset)
            abort();
        end = selection->stretches[i].end;
    }
    end = 0;
    for (size_t i = 0; i < selection->frame_count; i++) {
        if (selection->frames[i].plain_offset < end)
            abort();
        end = selection->frames[i].plain_offset + selection->frames[i].plain_bytes;
    }
}

static void read_selected(const struct selection *selection)
{
    struct byte_range zeros = {.bytes = 1 << 20, .read_at = read_zeros};
    struct selected_source *source;
    jb_error error = JB_ERROR_INIT;
    if (selected_source_new(&zeros, selection, "a", &source, &error) != JB_OK)
        abort();
    struct byte_source *base = selected_source_bytes(source);
    const void *bytes;
    size_t count = 1;
    while (count > 0 && base->read(base, &bytes, &count, &error) == JB_OK)
        continue;
    selected_source_free(source);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
    /* What the archive's description says is not the index's to choose, but here any of it may fit. */
    static const char *const paths[] = {"f", "d/", NULL};
    if (count < 3)
        return 0;
    const struct indexed_archive archive = {.name = "a",
                                            .root = "r",
                                            .files = bytes[0],
                                            .content_bytes = bytes[1] * UINT64_C(512),
                                            .stored_bytes = 1 << 20};
    jb_error error = JB_ERROR_INIT;
    struct selection selection;
    if (selection_init(&selection, paths, "r", &error) != JB_OK)
        abort();
    bool again = true;
    int code = JB_OK;
    for (int i = 0; i < 2 && code == JB_OK && again; i++) {
        struct lines lines = {.base = {lend_lines}, .bytes = bytes + 2, .count = count - 2};
        code = selection_read(&selection, &lines.base, &archive, &again, &error);
    }
    check(&selection);
    if (code == JB_OK)
        read_selected(&selection);
    selection_clean_up(&selection);
    return 0;
}
