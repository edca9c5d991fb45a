/* The outside of zstd's frames (RFC 8878, 3.1.1), as far as it takes to find where one ends. */
#ifndef CODEC_ZSTD_FRAME_H
#define CODEC_ZSTD_FRAME_H

#include <stdbool.h>
#include <stdint.h>

#define ZSTD_FRAME_BEGINNING    5 /* bytes that tell of the header's length */
#define ZSTD_FRAME_BLOCK_HEADER 3
#define ZSTD_FRAME_CHECKSUM     4
#define ZSTD_FRAME_UNKNOWN      UINT64_MAX

struct zstd_frame {
    uint64_t content_bytes; /* ZSTD_FRAME_UNKNOWN where it does not tell */
    uint64_t window_bytes;  /* that a decoder needs */
    bool checksum;
};

struct zstd_block {
    bool last;
    uint32_t bytes; /* that follow its header */
};

/* From the first ZSTD_FRAME_BEGINNING bytes: how many the header has; 0 where no frame begins, or one without content
 * ("skippable"). */
unsigned zstd_frame_header_bytes(const unsigned char *bytes);
/* From the whole header. */
void zstd_frame_parse(const unsigned char *header, struct zstd_frame *frame);
/* False where there is no such block. */
bool zstd_frame_parse_block(const unsigned char header[ZSTD_FRAME_BLOCK_HEADER], struct zstd_block *block);

#endif
