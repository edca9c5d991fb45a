/* A compressor whose output is a row of independent frames, each packed at once on a thread of a pool. */
#ifndef CODEC_COMPRESSOR_FRAMES_H
#define CODEC_COMPRESSOR_FRAMES_H

#include "compressor.h"

/* How one frame is packed. */
struct frame_packer {
    size_t frame_bytes;   /* of content, at most, in a frame */
    size_t packed_bytes;  /* what a frame may become */
    size_t context_bytes; /* what a context takes */
    bool seek_table;      /* behind the frames */
    int level;
    void *(*context_new)(int level); /* NULL without memory */
    void (*context_free)(void *context);
    int (*pack)(void *context, int level, const char *plain, size_t plain_count, char *packed, size_t packed_capacity,
                size_t *packed_count, jb_error *error);
};

int compressor_frames_new(struct byte_sink *output, const struct frame_packer *packer, struct workers *workers,
                          jb_operation *operation, size_t memory_bytes, struct compressor **compressor,
                          jb_error *error);

#endif
