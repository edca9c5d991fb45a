#include "decompressor.h"

#include <stdlib.h>
#include <string.h>

#include "decompressor_stages.h"

struct plain_stage {
    struct decompressor base;
    struct byte_source *input;
};

static int read_plain(struct byte_source *source, const void **bytes, size_t *count, jb_error *error)
{
    struct plain_stage *stage = (struct plain_stage *)source;
    return stage->input->read(stage->input, bytes, count, error);
}

static void plain_free(struct decompressor *stage)
{
    free(stage);
}

int decompressor_new(struct byte_source *input, jb_compression compression, struct workers *workers,
                     size_t memory_bytes, struct decompressor **made, jb_error *error)
{
    if (compression == JB_COMPRESSION_ZSTD)
        return decompressor_new_zstd(input, workers, memory_bytes, made, error);
    if (compression == JB_COMPRESSION_GZIP)
        return decompressor_new_gzip(input, made, error);
    struct plain_stage *stage = calloc(1, sizeof *stage);
    if (stage == NULL)
        return error_no_memory(error);
    stage->base = (struct decompressor){{read_plain}, plain_free};
    stage->input = input;
    *made = &stage->base;
    return JB_OK;
}

jb_compression compression_of_bytes(const void *bytes, size_t count)
{
    const unsigned char *first = bytes;
    if (count >= 4 && memcmp(first, "\x28\xb5\x2f\xfd", 4) == 0)
        return JB_COMPRESSION_ZSTD;
    if (count >= 3 && memcmp(first, "\x1f\x8b\x08", 3) == 0)
        return JB_COMPRESSION_GZIP;
    return JB_COMPRESSION_NONE;
}

static bool ends_with(const char *name, const char *ending)
{
    size_t length = strlen(name);
    size_t ending_length = strlen(ending);
    return length > ending_length && strcmp(name + length - ending_length, ending) == 0;
}

jb_compression compression_of_name(const char *name)
{
    if (ends_with(name, ".zst"))
        return JB_COMPRESSION_ZSTD;
    return ends_with(name, ".gz") ? JB_COMPRESSION_GZIP : JB_COMPRESSION_NONE;
}

static const char *const names[] = {"none", "zstd", "gzip"};

const char *compression_name(jb_compression compression)
{
    return names[compression];
}

bool compression_parse(const char *name, jb_compression *compression)
{
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(name, names[i]) == 0) {
            *compression = (jb_compression)i;
            return true;
        }
    return false;
}
