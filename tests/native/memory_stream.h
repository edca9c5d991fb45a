/* A byte sink and a byte source in memory. */
#ifndef TEST_MEMORY_STREAM_H
#define TEST_MEMORY_STREAM_H

#include "base/buffer.h"
#include "base/bytes.h"

struct memory_sink {
    struct byte_sink base;
    struct buffer bytes;
    void (*on_write)(void *context); /* before each write; may be NULL */
    void *context;
};

struct memory_source {
    struct byte_source base;
    const char *bytes;
    size_t size;
    size_t chunk; /* lent at a time */
    size_t at;
};

void memory_sink_init(struct memory_sink *sink);
void memory_source_init(struct memory_source *source, const void *bytes, size_t size, size_t chunk);

/* A whole file, read or written; the test fails where that does not work. */
void memory_load(const char *path, struct buffer *bytes);
void memory_save(const char *path, const struct buffer *bytes);

#endif
