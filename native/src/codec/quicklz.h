/* One unit of QuickLZ 1.5.0 at level 1, which qpress files are made of; described in docs/formats.md. */
#ifndef CODEC_QUICKLZ_H
#define CODEC_QUICKLZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define QUICKLZ_HEAD_MAX 9 /* flags, and two sizes of 4 bytes */

struct quicklz_head {
    bool compressed; /* else stored */
    size_t bytes;    /* of the header itself */
    uint32_t unit_bytes;
    uint32_t plain_bytes;
};

/* How many bytes the header has, by its first one. */
size_t quicklz_head_bytes(unsigned char flags);
/* Reads a whole header; false where it is of another level or variant, or its sizes contradict each other. */
bool quicklz_read_head(const unsigned char *bytes, struct quicklz_head *head);

/* Decodes a whole unit, its header first, into exactly head->plain_bytes; false where it is damaged. Neither reads nor
 * writes beyond the two, whatever the bytes are. */
bool quicklz_decode(const struct quicklz_head *head, const unsigned char *unit, unsigned char *plain);

#endif
