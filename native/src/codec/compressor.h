/*
 * Compression as a sink in front of another sink.
 *
 * zstd: the seekable format (zstd's contrib/seekable_format/zstd_seekable_compression_format.md, version 0.1.0):
 * independent frames of 4 MiB of content with checksums, and behind them a seek table in a skippable frame, so that
 * frames can be decompressed in parallel and reached alone. gzip: members of 1 MiB of content after one another, which
 * every reader of gzip takes for one file.
 */
#ifndef CODEC_COMPRESSOR_H
#define CODEC_COMPRESSOR_H

#include <jpsbackup/store.h>

#include "../base/bytes.h"
#include "../base/operation.h"
#include "../base/workers.h"
#include "digest.h"

struct compressor {
    struct byte_sink sink;                                         /* write plain bytes here */
    int (*finish)(struct compressor *compressor, jb_error *error); /* writes all that is left */
    void (*free)(struct compressor *compressor);                   /* waits for the pool's threads to let go */
};

/* A frame that was handed on (of gzip, a member): what it holds, and what it became. */
struct compressor_frame {
    uint64_t plain_bytes;
    uint64_t packed_bytes;
    unsigned char xxh128[XXH128_SIZE]; /* of the packed bytes */
};

/* A failure ends the compression. */
typedef int (*compressor_frame_fn)(void *context, const struct compressor_frame *frame, jb_error *error);

/*
 * Tells of each frame in order, after the sink has it, on the thread that calls write and finish; the seek table is
 * not told of. Before the first byte. Digests are made only for this, on the pool's threads.
 */
void compressor_observe(struct compressor *compressor, compressor_frame_fn each, void *context);

/*
 * `output` gets the compressed bytes on the thread that calls write and finish. Level 0 is the default (zstd 1, gzip
 * 6). Frames are compressed on the pool's threads, as many at a time as `memory_bytes` allows, at least one.
 */
int compressor_new_zstd(struct byte_sink *output, int level, struct workers *workers, jb_operation *operation,
                        size_t memory_bytes, struct compressor **compressor, jb_error *error);
int compressor_new_gzip(struct byte_sink *output, int level, struct workers *workers, jb_operation *operation,
                        size_t memory_bytes, struct compressor **compressor, jb_error *error);

#endif
