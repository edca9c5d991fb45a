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

#endif
