#include "qpress_writer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include <cmocka.h>

static void append(struct buffer *to, const void *bytes, size_t count)
{
    jb_error error = JB_ERROR_INIT;
    assert_int_equal(buffer_append(to, bytes, count, &error), JB_OK);
}

static void append_number(struct buffer *to, uint64_t value, size_t width)
{
    unsigned char bytes[8];
    for (size_t i = 0; i < width; i++)
        bytes[i] = (unsigned char)(value >> (8 * i));
    append(to, bytes, width);
}

static unsigned hash_at(const unsigned char *bytes)
{
    unsigned value = bytes[0] | (unsigned)bytes[1] << 8 | (unsigned)bytes[2] << 16;
    return ((value >> 12) ^ value) & 0xfff;
}

/* Greedy: takes every match that the table offers. */
struct packer {
    const unsigned char *plain;
    size_t count;
    struct buffer *out;
    size_t control_at;
    uint32_t control;
    unsigned flags;
    size_t next;
    uint32_t table[4096];
};

static void put_flag(struct packer *packer, unsigned flag)
{
    if (packer->flags == 31) {
        packer->control |= 0x80000000u;
        for (size_t i = 0; i < 4; i++)
            packer->out->data[packer->control_at + i] = (char)(packer->control >> (8 * i));
        packer->flags = 0;
        packer->control = 0;
        packer->control_at = packer->out->size;
        append_number(packer->out, 0, 4);
    }
    packer->control |= flag << packer->flags++;
}

static void enter(struct packer *packer, size_t end)
{
    for (; packer->next < end; packer->next++)
        packer->table[hash_at(packer->plain + packer->next)] = (uint32_t)packer->next + 1;
}

static size_t match_length(const struct packer *packer, size_t at)
{
    if (packer->count - at < 3)
        return 0;
    size_t entry = packer->table[hash_at(packer->plain + at)];
    size_t length = 0;
    while (entry != 0 && length < 255 && at + length < packer->count &&
           packer->plain[entry - 1 + length] == packer->plain[at + length])
        length++;
    return length < 3 ? 0 : length;
}

static void pack(struct packer *packer)
{
    packer->control_at = packer->out->size;
    append_number(packer->out, 0, 4);
    for (size_t at = 0; at < packer->count;) {
        size_t length = match_length(packer, at);
        put_flag(packer, length > 0);
        if (length == 0) {
            append(packer->out, packer->plain + at++, 1);
            if (at > 2)
                enter(packer, at - 2);
            continue;
        }
        unsigned hash = hash_at(packer->plain + at);
        append_number(packer->out, hash << 4 | (length <= 17 ? (unsigned)length - 2 : 0), 2);
        if (length > 17)
            append_number(packer->out, length, 1);
        enter(packer, at + 1);
        at += length;
        packer->next = at;
    }
    packer->flags = 31;
    put_flag(packer, 0);
    packer->out->size -= 4;
}

void qpress_write_block(struct buffer *file, const void *plain, size_t count, uint64_t offset, int stored)
{
    struct buffer unit;
    buffer_init(&unit, SIZE_MAX);
    struct packer *packer = calloc(1, sizeof *packer);
    assert_non_null(packer);
    packer->plain = plain;
    packer->count = count;
    packer->out = &unit;
    if (stored && count > 0)
        append(&unit, plain, count);
    else if (!stored)
        pack(packer);
    free(packer);
    int wide = unit.size + 3 > 255 || count > 255;
    struct buffer whole;
    buffer_init(&whole, SIZE_MAX);
    append_number(&whole, (stored ? 0u : 1u) | (wide ? 2u : 0u) | 4u, 1);
    append_number(&whole, unit.size + (wide ? 9 : 3), wide ? 4 : 1);
    append_number(&whole, count, wide ? 4 : 1);
    if (unit.size > 0)
        append(&whole, unit.data, unit.size);
    append(file, "NEWBNEWB", 8);
    append_number(file, offset, 8);
    append_number(file, adler32(1, (const unsigned char *)whole.data, (unsigned)whole.size), 4);
    append(file, whole.data, whole.size);
    buffer_clean_up(&unit);
    buffer_clean_up(&whole);
}

void qpress_write_head(struct buffer *file, const char *name, uint64_t block_bytes)
{
    append(file, "qpress10", 8);
    append_number(file, block_bytes, 8);
    append(file, "F", 1);
    append_number(file, strlen(name), 4);
    append(file, name, strlen(name) + 1);
}

void qpress_write_end(struct buffer *file)
{
    append(file, "ENDSENDS\0\0\0\0\0\0\0\0", 16);
}

void qpress_write_file(struct buffer *file, const void *plain, size_t count, size_t block_bytes)
{
    qpress_write_head(file, "name", block_bytes);
    for (size_t at = 0; at < count; at += block_bytes) {
        size_t size = count - at < block_bytes ? count - at : block_bytes;
        size_t before = file->size;
        qpress_write_block(file, (const char *)plain + at, size, at, 0);
        if (file->size - before < size + 29)
            continue;
        file->size = before;
        qpress_write_block(file, (const char *)plain + at, size, at, 1);
    }
    qpress_write_end(file);
}
