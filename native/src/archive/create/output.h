/* The stream that an archive is written to: gathered into blocks, and its position known. */
#ifndef ARCHIVE_OUTPUT_H
#define ARCHIVE_OUTPUT_H

#include "../../base/bytes.h"
#include "../../base/operation.h"

struct output {
    struct byte_sink *sink;
    jb_operation *operation;
    uint64_t position; /* of the next byte */
    char *block;
    size_t used; /* of block */
};

/* JB_ERROR_MEMORY. clean_up after init whatever it answered; what was not flushed is lost. */
int output_init(struct output *output, struct byte_sink *sink, jb_operation *operation, jb_error *error);
void output_clean_up(struct output *output);

int output_put(struct output *output, const void *bytes, size_t count, jb_error *error);
int output_zeros(struct output *output, uint64_t count, jb_error *error);

/* Room to fill in place, at least one byte; then output_advance by what was filled. */
char *output_room(struct output *output, size_t *room);
int output_advance(struct output *output, size_t count, jb_error *error);

int output_flush(struct output *output, jb_error *error);

#endif
