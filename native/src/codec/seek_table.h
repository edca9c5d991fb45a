/*
 * The seek table of zstd's seekable format (zstd's contrib/seekable_format/zstd_seekable_compression_format.md, version
 * 0.1.0): for each entry its packed and its plain size. It stays under 16 MiB whatever the stream's length: an entry
 * stands for one frame at first, and each time the table is full, neighbours are put together, so that an entry stands
 * for 2, 4, … frames in a row, which every decoder of zstd reads like one.
 */
#ifndef CODEC_SEEK_TABLE_H
#define CODEC_SEEK_TABLE_H

#include "../base/bytes.h"

/* With 8 bytes each and 17 around them, under 16 MiB. Even, so that all can be put together in pairs. */
#define SEEK_ENTRIES_MAX (((size_t)2 << 20) - 4)
/* An entry's sizes have 32 bits, and a frame holds at most 4 MiB. */
#define SEEK_SPAN_MAX 512u

struct seek_entry {
    uint32_t packed_bytes;
    uint32_t plain_bytes;
};

/* All zero to begin with. */
struct seek_table {
    struct seek_entry *entries;
    size_t count;
    size_t capacity;
    unsigned span;    /* frames an entry stands for; 0 as 1 */
    unsigned in_last; /* frames in the last entry */
    bool overfull;    /* more frames came than a table can hold: 4 PiB of content */
};

void seek_table_clean_up(struct seek_table *table);
/* The next frame; at most 4 MiB of content. */
int seek_table_add(struct seek_table *table, size_t packed_bytes, size_t plain_bytes, jb_error *error);
/* As the skippable frame that ends the stream; nothing where a table cannot hold all. */
int seek_table_write(const struct seek_table *table, struct byte_sink *output, jb_error *error);

/* How many frames an entry stands for in a stream of so many; 0 where no table holds them. */
unsigned seek_table_span(uint64_t frames);

#endif
