/* How bytes pass from stage to stage. */
#ifndef BASE_BYTES_H
#define BASE_BYTES_H

#include <stdint.h>

#include "error.h"

/* Takes bytes; a stage's own struct begins with this. */
struct byte_sink {
    int (*write)(struct byte_sink *sink, const void *bytes, size_t count, jb_error *error);
};

/* Gives bytes; a stage's own struct begins with this. */
struct byte_source {
    /* Lends the next bytes until the next call; *count 0 at the end. */
    int (*read)(struct byte_source *source, const void **bytes, size_t *count, jb_error *error);
};

/* Gives bytes from anywhere in a stream of known length; a stage's own struct begins with this. */
struct byte_range {
    uint64_t bytes; /* the stream's length */
    /* All `count` bytes from `offset` on; what lies beyond the end is JB_ERROR_FORMAT. One call at a time. */
    int (*read_at)(struct byte_range *range, uint64_t offset, void *bytes, size_t count, jb_error *error);
};

#endif
