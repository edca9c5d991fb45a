#include "seek_table.h"

#include <stdlib.h>

#define SKIPPABLE_MAGIC 0x184D2A5Eu
#define SEEKABLE_MAGIC  0x8F92EAB1u
#define ENTRY_BYTES     8
#define FOOTER_BYTES    9
#define WRITTEN_AT_ONCE 512 /* entries */

void seek_table_clean_up(struct seek_table *table)
{
    free(table->entries);
    *table = (struct seek_table){0};
}

unsigned seek_table_span(uint64_t frames)
{
    unsigned span = 1;
    while (span <= SEEK_SPAN_MAX && frames > (uint64_t)SEEK_ENTRIES_MAX * span)
        span *= 2;
    return span <= SEEK_SPAN_MAX ? span : 0;
}

static void put_together(struct seek_table *table)
{
    for (size_t i = 0; i < table->count / 2; i++) {
        const struct seek_entry *pair = &table->entries[2 * i];
        table->entries[i] =
            (struct seek_entry){pair[0].packed_bytes + pair[1].packed_bytes, pair[0].plain_bytes + pair[1].plain_bytes};
    }
    table->count /= 2;
    table->span *= 2;
}

static int make_room(struct seek_table *table, jb_error *error)
{
    if (table->count < table->capacity)
        return JB_OK;
    size_t capacity = table->capacity == 0 ? 256 : table->capacity * 2;
    if (capacity > SEEK_ENTRIES_MAX)
        capacity = SEEK_ENTRIES_MAX;
    struct seek_entry *entries = realloc(table->entries, capacity * sizeof *entries);
    if (entries == NULL)
        return error_no_memory(error);
    table->entries = entries;
    table->capacity = capacity;
    return JB_OK;
}

int seek_table_add(struct seek_table *table, size_t packed_bytes, size_t plain_bytes, jb_error *error)
{
    if (table->span == 0)
        table->span = 1;
    if (table->count == 0 || table->in_last == table->span) {
        if (table->count == SEEK_ENTRIES_MAX) {
            table->overfull = table->overfull || table->span == SEEK_SPAN_MAX;
            if (table->overfull)
                return JB_OK;
            put_together(table);
        }
        int code = make_room(table, error);
        if (code != JB_OK)
            return code;
        table->entries[table->count++] = (struct seek_entry){0};
        table->in_last = 0;
    }
    struct seek_entry *last = &table->entries[table->count - 1];
    last->packed_bytes += (uint32_t)packed_bytes;
    last->plain_bytes += (uint32_t)plain_bytes;
    table->in_last++;
    return JB_OK;
}

static void put_u32(unsigned char *to, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        to[i] = (unsigned char)(value >> (8 * i));
}

static int write_entries(const struct seek_table *table, struct byte_sink *output, jb_error *error)
{
    unsigned char bytes[WRITTEN_AT_ONCE * ENTRY_BYTES];
    int code = JB_OK;
    for (size_t at = 0; code == JB_OK && at < table->count;) {
        size_t count = 0;
        for (; count < WRITTEN_AT_ONCE && at < table->count; count++, at++) {
            put_u32(bytes + count * ENTRY_BYTES, table->entries[at].packed_bytes);
            put_u32(bytes + count * ENTRY_BYTES + 4, table->entries[at].plain_bytes);
        }
        code = output->write(output, bytes, count * ENTRY_BYTES, error);
    }
    return code;
}

int seek_table_write(const struct seek_table *table, struct byte_sink *output, jb_error *error)
{
    if (table->overfull)
        return JB_OK;
    unsigned char header[8];
    put_u32(header, SKIPPABLE_MAGIC);
    put_u32(header + 4, (uint32_t)(table->count * ENTRY_BYTES + FOOTER_BYTES));
    int code = output->write(output, header, sizeof header, error);
    if (code == JB_OK)
        code = write_entries(table, output, error);
    unsigned char footer[FOOTER_BYTES];
    put_u32(footer, (uint32_t)table->count);
    footer[4] = 0; /* descriptor: no checksums in the table, the frames have their own */
    put_u32(footer + 5, SEEKABLE_MAGIC);
    return code != JB_OK ? code : output->write(output, footer, sizeof footer, error);
}
