#include "quicklz.h"

#include <string.h>

#define COMPRESSED  0x01u
#define LONG_SIZES  0x02u
#define VARIANT     0x3cu /* level and streaming */
#define LEVEL_1     0x04u
#define END_MARK    0x80000000u /* above the 31 flags of a control word */
#define TABLE       4096u
#define MATCH_LEAST 3u

static uint32_t little(const unsigned char *bytes, size_t count)
{
    uint32_t value = 0;
    for (size_t i = 0; i < count; i++)
        value |= (uint32_t)bytes[i] << (8 * i);
    return value;
}

size_t quicklz_head_bytes(unsigned char flags)
{
    return flags & LONG_SIZES ? 9 : 3;
}

bool quicklz_read_head(const unsigned char *bytes, struct quicklz_head *head)
{
    size_t width = bytes[0] & LONG_SIZES ? 4 : 1;
    head->compressed = (bytes[0] & COMPRESSED) != 0;
    head->bytes = quicklz_head_bytes(bytes[0]);
    head->unit_bytes = little(bytes + 1, width);
    head->plain_bytes = little(bytes + 1 + width, width);
    return (bytes[0] & VARIANT) == LEVEL_1 && head->unit_bytes >= head->bytes &&
           (head->compressed || head->unit_bytes - head->bytes == head->plain_bytes);
}

/* What was put out so far, and where each hash of three bytes was entered last. */
struct output {
    unsigned char *bytes;
    size_t size;
    size_t count;
    size_t next;           /* the first position that was not passed yet */
    uint32_t table[TABLE]; /* position + 1; 0: none */
};

/* Enters all positions below `end` that were not passed yet; three bytes are there from each on. */
static void enter_positions(struct output *output, size_t end)
{
    for (; output->next < end; output->next++) {
        uint32_t value = little(output->bytes + output->next, 3);
        output->table[((value >> 12) ^ value) & (TABLE - 1)] = (uint32_t)output->next + 1;
    }
}

static bool copy_match(struct output *output, size_t hash, size_t length)
{
    size_t entry = output->table[hash];
    if (entry == 0 || length < MATCH_LEAST || length > output->size - output->count)
        return false;
    const unsigned char *from = output->bytes + entry - 1;
    unsigned char *to = output->bytes + output->count;
    if ((size_t)(to - from) >= length)
        memcpy(to, from, length);
    else
        for (size_t i = 0; i < length; i++)
            to[i] = from[i]; /* may repeat what it just wrote */
    size_t start = output->count;
    output->count += length;
    enter_positions(output, start + 1);
    output->next = output->count;
    return true;
}

static bool decompress(const unsigned char *in, const unsigned char *end, struct output *output)
{
    uint32_t control = 1;
    while (output->count < output->size) {
        if (control == 1) {
            if (end - in < 4)
                return false;
            control = little(in, 4);
            in += 4;
            if ((control & END_MARK) == 0)
                return false;
        }
        bool match = control & 1;
        control >>= 1;
        if (!match) {
            if (in == end)
                return false;
            output->bytes[output->count++] = *in++;
            if (output->count > 2)
                enter_positions(output, output->count - 2);
            continue;
        }
        if (end - in < 3 && (end - in < 2 || (in[0] & 15) == 0))
            return false;
        size_t hash = little(in, 2) >> 4;
        size_t length = in[0] & 15 ? (in[0] & 15) + 2u : in[2];
        in += in[0] & 15 ? 2 : 3;
        if (!copy_match(output, hash, length))
            return false;
    }
    return true;
}

bool quicklz_decode(const struct quicklz_head *head, const unsigned char *unit, unsigned char *plain)
{
    if (!head->compressed) {
        memcpy(plain, unit + head->bytes, head->plain_bytes);
        return true;
    }
    struct output output = {.bytes = plain, .size = head->plain_bytes};
    return decompress(unit + head->bytes, unit + head->unit_bytes, &output);
}
