/* Decompression as a source behind another source: zstd (any number of frames, skippable ones passed over), gzip (any
 * number of members), or nothing. */
#ifndef CODEC_DECOMPRESSOR_H
#define CODEC_DECOMPRESSOR_H

#include <jpsbackup/store.h>

#include "../base/bytes.h"
#include "../base/workers.h"

struct decompressor {
    struct byte_source source; /* read plain bytes here */
    void (*free)(struct decompressor *decompressor);
};

/*
 * `input` stays the caller's. JB_ERROR_VERIFY from read for damage and for a stream that ends inside a frame or member,
 * after all that came before it was lent. Windows above 128 MiB are refused (JB_ERROR_LIMIT).
 *
 * zstd's frames that tell of at most 4 MiB of content, as ours do, are decompressed ahead on the pool's threads, as
 * many at a time as `memory_bytes` allows; all others one after another as they come, with a window beside those bytes.
 * `workers` may be NULL, then all are.
 */
int decompressor_new(struct byte_source *input, jb_compression compression, struct workers *workers,
                     size_t memory_bytes, struct decompressor **decompressor, jb_error *error);

/* What the first bytes of a stream say; JB_COMPRESSION_NONE for all that is neither. */
jb_compression compression_of_bytes(const void *bytes, size_t count);
/* What a name's ending says: ".zst", ".gz". */
jb_compression compression_of_name(const char *name);
/* "none", "zstd", "gzip". */
const char *compression_name(jb_compression compression);
bool compression_parse(const char *name, jb_compression *compression);

#endif
