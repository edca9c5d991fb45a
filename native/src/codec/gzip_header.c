#include "gzip_header.h"

#include <libdeflate.h>

#define FIXED_BYTES 10

enum gzip_flag { FLAG_CHECKSUM = 2, FLAG_EXTRA = 4, FLAG_NAME = 8, FLAG_COMMENT = 16, FLAGS_RESERVED = 0xe0 };

static void next_field(struct gzip_header *header)
{
    static const unsigned char flags[] = {[GZIP_EXTRA_SIZE] = FLAG_EXTRA,
                                          [GZIP_EXTRA] = FLAG_EXTRA,
                                          [GZIP_NAME] = FLAG_NAME,
                                          [GZIP_COMMENT] = FLAG_COMMENT,
                                          [GZIP_CHECKSUM] = FLAG_CHECKSUM};
    header->at = 0;
    do
        header->field++;
    while (header->field < GZIP_CONTENT &&
           ((header->flags & flags[header->field]) == 0 || (header->field == GZIP_EXTRA && header->extra_size == 0)));
}

static bool take_fixed(struct gzip_header *header, unsigned char byte)
{
    static const unsigned char magic[] = {0x1f, 0x8b, 8 /* deflate */};
    if (header->at < sizeof magic)
        return byte == magic[header->at];
    if (header->at == sizeof magic)
        header->flags = byte;
    return (header->flags & FLAGS_RESERVED) == 0;
}

/* *ends where the byte is its field's last one. */
static bool take_byte(struct gzip_header *header, unsigned char byte, bool *ends)
{
    *ends = false;
    switch (header->field) {
    case GZIP_FIXED:
        *ends = header->at + 1 == FIXED_BYTES;
        return take_fixed(header, byte);
    case GZIP_EXTRA_SIZE:
        header->extra_size |= (unsigned)byte << (8 * header->at);
        *ends = header->at == 1;
        return true;
    case GZIP_EXTRA:
        *ends = header->at + 1 == header->extra_size;
        return true;
    case GZIP_NAME:
    case GZIP_COMMENT:
        *ends = byte == 0;
        return true;
    case GZIP_CHECKSUM:
        header->checksum |= (unsigned)byte << (8 * header->at);
        *ends = header->at == 1;
        return !*ends || header->checksum == (header->crc & 0xffff);
    case GZIP_CONTENT:
        break;
    }
    return true;
}

bool gzip_header_take(struct gzip_header *header, const unsigned char *bytes, size_t count, size_t *used)
{
    for (*used = 0; *used < count && header->field != GZIP_CONTENT;) {
        unsigned char byte = bytes[(*used)++];
        if (header->field != GZIP_CHECKSUM)
            header->crc = libdeflate_crc32(header->crc, &byte, 1);
        bool ends;
        if (!take_byte(header, byte, &ends))
            return false;
        /* A name's length may be any, but nobody asks where in it we are. */
        header->at += header->field == GZIP_NAME || header->field == GZIP_COMMENT ? 0 : 1;
        if (ends)
            next_field(header);
    }
    return true;
}
