/* What the decompressors of each form share: the input, lent and partly used. */
#ifndef CODEC_DECOMPRESSOR_STAGES_H
#define CODEC_DECOMPRESSOR_STAGES_H

#include "decompressor.h"

struct packed_input {
    struct byte_source *source;
    const char *bytes; /* lent by the source, not yet used */
    size_t count;
    bool ended;
};

/* Makes sure that bytes are at hand unless the input has ended. */
static inline int packed_input_refill(struct packed_input *input, jb_error *error)
{
    if (input->count > 0 || input->ended)
        return JB_OK;
    const void *bytes = NULL;
    int code = input->source->read(input->source, &bytes, &input->count, error);
    input->bytes = bytes;
    input->ended = code == JB_OK && input->count == 0;
    return code;
}

static inline void packed_input_take(struct packed_input *input, size_t count)
{
    input->bytes += count;
    input->count -= count;
}

int decompressor_new_zstd(struct byte_source *input, struct workers *workers, size_t memory_bytes,
                          struct decompressor **decompressor, jb_error *error);
int decompressor_new_gzip(struct byte_source *input, struct decompressor **decompressor, jb_error *error);

#endif
