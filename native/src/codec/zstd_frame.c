#include "zstd_frame.h"

#include <stddef.h>
#include <string.h>

#define MAGIC_BYTES    4
#define SINGLE_SEGMENT 0x20
#define CHECKSUM       0x04

enum block_type { BLOCK_RAW, BLOCK_REPEATED, BLOCK_PACKED, BLOCK_RESERVED };

static uint64_t little_endian(const unsigned char *bytes, unsigned count)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < count; i++)
        value |= (uint64_t)bytes[i] << (8 * i);
    return value;
}

static unsigned window_bytes(unsigned char descriptor)
{
    return (descriptor & SINGLE_SEGMENT) == 0;
}

static unsigned dictionary_bytes(unsigned char descriptor)
{
    static const unsigned char counts[] = {0, 1, 2, 4};
    return counts[descriptor & 3];
}

static unsigned size_bytes(unsigned char descriptor)
{
    static const unsigned char counts[] = {0, 2, 4, 8};
    unsigned flag = descriptor >> 6;
    return flag == 0 && (descriptor & SINGLE_SEGMENT) != 0 ? 1 : counts[flag];
}

unsigned zstd_frame_header_bytes(const unsigned char *bytes)
{
    if (memcmp(bytes, "\x28\xb5\x2f\xfd", MAGIC_BYTES) != 0)
        return 0;
    unsigned char descriptor = bytes[MAGIC_BYTES];
    return MAGIC_BYTES + 1 + window_bytes(descriptor) + dictionary_bytes(descriptor) + size_bytes(descriptor);
}

void zstd_frame_parse(const unsigned char *header, struct zstd_frame *frame)
{
    unsigned char descriptor = header[MAGIC_BYTES];
    const unsigned char *next = header + MAGIC_BYTES + 1;
    frame->checksum = (descriptor & CHECKSUM) != 0;
    if (window_bytes(descriptor) > 0) {
        uint64_t base = (uint64_t)1 << (10 + (*next >> 3));
        frame->window_bytes = base + base / 8 * (*next & 7);
        next++;
    }
    next += dictionary_bytes(descriptor);
    unsigned count = size_bytes(descriptor);
    frame->content_bytes = count == 0 ? ZSTD_FRAME_UNKNOWN : little_endian(next, count) + (count == 2 ? 256 : 0);
    if (window_bytes(descriptor) == 0)
        frame->window_bytes = frame->content_bytes;
}

bool zstd_frame_parse_block(const unsigned char header[ZSTD_FRAME_BLOCK_HEADER], struct zstd_block *block)
{
    uint32_t bits = (uint32_t)little_endian(header, ZSTD_FRAME_BLOCK_HEADER);
    enum block_type type = (enum block_type)(bits >> 1 & 3);
    block->last = (bits & 1) != 0;
    block->bytes = type == BLOCK_REPEATED ? 1 : bits >> 3;
    return type != BLOCK_RESERVED;
}
