/* The header of a gzip member (RFC 1952, 2.3), which may come in any pieces and be of any length. */
#ifndef CODEC_GZIP_HEADER_H
#define CODEC_GZIP_HEADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All zero to begin with. */
struct gzip_header {
    enum { GZIP_FIXED, GZIP_EXTRA_SIZE, GZIP_EXTRA, GZIP_NAME, GZIP_COMMENT, GZIP_CHECKSUM, GZIP_CONTENT } field;
    unsigned at; /* bytes of the field that were seen */
    unsigned extra_size;
    unsigned char flags;
    unsigned checksum; /* as the header tells it */
    uint32_t crc;      /* of what was seen */
};

/* Takes the header's next bytes, *used of them; false where this is no gzip. It is through once `field` is
 * GZIP_CONTENT. */
bool gzip_header_take(struct gzip_header *header, const unsigned char *bytes, size_t count, size_t *used);

#endif
