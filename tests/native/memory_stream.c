#include "memory_stream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static int write_bytes(struct byte_sink *base, const void *bytes, size_t count, jb_error *error)
{
    struct memory_sink *sink = (struct memory_sink *)base;
    if (sink->on_write)
        sink->on_write(sink->context);
    return buffer_append(&sink->bytes, bytes, count, error);
}

void memory_sink_init(struct memory_sink *sink)
{
    *sink = (struct memory_sink){.base.write = write_bytes};
    buffer_init(&sink->bytes, (size_t)1 << 30);
}

static int read_bytes(struct byte_source *base, const void **bytes, size_t *count, jb_error *error)
{
    (void)error;
    struct memory_source *source = (struct memory_source *)base;
    size_t left = source->size - source->at;
    *bytes = source->bytes + source->at;
    *count = left < source->chunk ? left : source->chunk;
    source->at += *count;
    return JB_OK;
}

void memory_source_init(struct memory_source *source, const void *bytes, size_t size, size_t chunk)
{
    *source = (struct memory_source){.base.read = read_bytes, .bytes = bytes, .size = size, .chunk = chunk};
}

void memory_load(const char *path, struct buffer *bytes)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    buffer_init(bytes, (size_t)1 << 30);
    char block[65536];
    size_t count;
    while ((count = fread(block, 1, sizeof(block), file)) > 0)
        assert_int_equal(buffer_append(bytes, block, count, NULL), JB_OK);
    assert_int_equal(ferror(file), 0);
    fclose(file);
}

void memory_save(const char *path, const struct buffer *bytes)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes->data, 1, bytes->size, file), bytes->size);
    assert_int_equal(fclose(file), 0);
}
