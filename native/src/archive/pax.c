#include "pax.h"

#include <stdbool.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "../base/digits.h"

/* The header of POSIX.1-1988, which the extended one overrides. */
struct ustar {
    char name[100];
    char mode[8];
    char uid[8];
    char gid[8];
    char size[12];
    char mtime[12];
    char checksum[8];
    char type;
    char link[100];
    char magic[6];
    char version[2];
    char user[32];
    char group[32];
    char major[8];
    char minor[8];
    char prefix[155];
    char pad[12];
};
_Static_assert(sizeof(struct ustar) == PAX_BLOCK, "a header is one block");

int pax_record(struct buffer *records, const char *key, const void *value, size_t value_size, jb_error *error)
{
    /* The length counts its own digits. */
    size_t rest = strlen(key) + value_size + 3; /* ' ', '=', '\n' */
    char digits[DIGITS_MAX + 1], *end = digits + DIGITS_MAX;
    *end++ = ' ';
    size_t length = rest;
    char *begin;
    do {
        begin = digits_before(end - 1, ++length, 10, 1);
    } while (rest + (size_t)(end - 1 - begin) != length);
    int code = buffer_append(records, begin, (size_t)(end - begin), error);
    if (code == JB_OK) {
        code = buffer_append_text(records, key, error);
    }
    if (code == JB_OK) {
        code = buffer_append(records, "=", 1, error);
    }
    if (code == JB_OK) {
        code = buffer_append(records, value, value_size, error);
    }
    return code == JB_OK ? buffer_append(records, "\n", 1, error) : code;
}

static bool is_ascii(const char *text)
{
    for (; *text; text++) {
        if ((unsigned char)*text >= 0x80) {
            return false;
        }
    }
    return true;
}

/* Well-formed after RFC 3629: shortest forms, no surrogates, up to U+10FFFF. */
static bool is_utf8(const char *text)
{
    const unsigned char *at = (const unsigned char *)text;
    while (*at) {
        unsigned char first = *at++;
        if (first < 0x80) {
            continue;
        }
        int more = first >= 0xc2 && first <= 0xdf   ? 1
                   : (first & 0xf0) == 0xe0         ? 2
                   : first >= 0xf0 && first <= 0xf4 ? 3
                                                    : 0;
        if (more == 0 || (first == 0xe0 && *at < 0xa0) || (first == 0xed && *at > 0x9f) ||
            (first == 0xf0 && *at < 0x90) || (first == 0xf4 && *at > 0x8f)) {
            return false;
        }
        for (; more > 0; more--, at++) {
            if ((*at & 0xc0) != 0x80) {
                return false;
            }
        }
    }
    return true;
}

/* Octal digits and a NUL; 0 where the number is too large for the field: a record has it then. */
static bool put_octal(char *field, size_t size, uint64_t number)
{
    bool fits = number >> (3 * (size - 1)) == 0;
    field[size - 1] = '\0';
    for (size_t i = size - 1; i-- > 0; number >>= 3) {
        field[i] = (char)('0' + (fits ? number & 7 : 0));
    }
    return fits;
}

/* A text field needs no NUL where it is full. */
static bool put_text(char *field, size_t size, const char *text)
{
    size_t length = strnlen(text, size + 1);
    memcpy(field, text, length <= size ? length : size);
    return length <= size && is_ascii(text);
}

static void seal_header(struct ustar *header)
{
    memcpy(header->magic, "ustar", 6);
    memcpy(header->version, "00", 2);
    memset(header->checksum, ' ', sizeof(header->checksum));
    unsigned sum = 0;
    for (size_t i = 0; i < sizeof(*header); i++) {
        sum += ((const unsigned char *)header)[i];
    }
    put_octal(header->checksum, sizeof(header->checksum) - 1, sum); /* the blank behind its NUL stays */
}

static int number_record(struct buffer *records, const char *key, uint64_t number, jb_error *error)
{
    char text[DIGITS_MAX], *end = text + sizeof(text);
    const char *begin = digits_before(end, number, 10, 1);
    return pax_record(records, key, begin, (size_t)(end - begin), error);
}

static int text_record(struct buffer *records, const char *key, const char *text, jb_error *error)
{
    return pax_record(records, key, text, strlen(text), error);
}

/* Decimal seconds; of negative times the fraction counts down from the whole second, as everywhere in pax. */
static int time_record(struct buffer *records, struct timespec time, jb_error *error)
{
    uint64_t seconds = (uint64_t)time.tv_sec;
    long nanoseconds = time.tv_nsec;
    bool negative = time.tv_sec < 0;
    if (negative) {
        seconds = 0 - seconds;
        if (nanoseconds > 0) {
            seconds--;
            nanoseconds = 1000000000 - nanoseconds;
        }
    }
    char text[48], *end = text + sizeof(text);
    char *begin = digits_before(end, (uint64_t)nanoseconds, 10, 9);
    *--begin = '.';
    begin = digits_before(begin, seconds, 10, 1);
    if (negative) {
        *--begin = '-';
    }
    while (end[-1] == '0') {
        end--;
    }
    end -= end[-1] == '.';
    return pax_record(records, "mtime", begin, (size_t)(end - begin), error);
}

/* Fills the old header; a record is added for all that it cannot hold. */
static int fill_header(const struct pax_member *member, struct ustar *header, struct buffer *records, jb_error *error)
{
    int code = JB_OK;
    header->type = (char)member->type;
    put_octal(header->mode, sizeof(header->mode), member->mode & 07777);
    if (member->header_path) {
        put_text(header->name, sizeof(header->name), member->header_path);
    } else if (!put_text(header->name, sizeof(header->name), member->path)) {
        code = text_record(records, "path", member->path, error);
    }
    if (code == JB_OK && member->link && !put_text(header->link, sizeof(header->link), member->link)) {
        code = text_record(records, "linkpath", member->link, error);
    }
    if (code == JB_OK && member->user && !put_text(header->user, sizeof(header->user) - 1, member->user)) {
        code = text_record(records, "uname", member->user, error);
    }
    if (code == JB_OK && member->group && !put_text(header->group, sizeof(header->group) - 1, member->group)) {
        code = text_record(records, "gname", member->group, error);
    }
    if (code == JB_OK && !put_octal(header->uid, sizeof(header->uid), member->uid)) {
        code = number_record(records, "uid", member->uid, error);
    }
    if (code == JB_OK && !put_octal(header->gid, sizeof(header->gid), member->gid)) {
        code = number_record(records, "gid", member->gid, error);
    }
    if (code == JB_OK && !put_octal(header->size, sizeof(header->size), member->size)) {
        code = number_record(records, "size", member->size, error);
    }
    bool whole_seconds = member->mtime.tv_sec >= 0 && member->mtime.tv_nsec == 0;
    uint64_t seconds = member->mtime.tv_sec >= 0 ? (uint64_t)member->mtime.tv_sec : 0;
    if (code == JB_OK && (!put_octal(header->mtime, sizeof(header->mtime), seconds) || !whole_seconds)) {
        code = time_record(records, member->mtime, error);
    }
    bool device = member->type == PAX_CHARACTER_DEVICE || member->type == PAX_BLOCK_DEVICE;
    /* Linux has 12 bits of major and 20 of minor: they always fit. */
    put_octal(header->major, sizeof(header->major), device ? major(member->device) : 0);
    put_octal(header->minor, sizeof(header->minor), device ? minor(member->device) : 0);
    seal_header(header);
    return code;
}

int pax_extended_header(const char *path, const struct buffer *records, struct buffer *out, jb_error *error)
{
    struct ustar header = {.type = 'x'};
    static const char directory[] = "PaxHeaders/";
    size_t size = sizeof(directory) - 1;
    memcpy(header.name, directory, size);
    put_text(header.name + size, sizeof(header.name) - size, path);
    put_octal(header.mode, sizeof(header.mode), 0644);
    put_octal(header.uid, sizeof(header.uid), 0);
    put_octal(header.gid, sizeof(header.gid), 0);
    put_octal(header.size, sizeof(header.size), records->size);
    put_octal(header.mtime, sizeof(header.mtime), 0);
    put_octal(header.major, sizeof(header.major), 0);
    put_octal(header.minor, sizeof(header.minor), 0);
    seal_header(&header);
    int code = buffer_append(out, &header, sizeof(header), error);
    if (code == JB_OK) {
        code = buffer_append(out, records->data, records->size, error);
    }
    static const char zeros[PAX_BLOCK];
    size_t over = records->size % PAX_BLOCK;
    return code == JB_OK && over > 0 ? buffer_append(out, zeros, PAX_BLOCK - over, error) : code;
}

int pax_header(const struct pax_member *member, struct buffer *records, struct buffer *out, jb_error *error)
{
    struct ustar header = {0};
    int code = JB_OK;
    /* Without this record all texts are UTF-8 to a reader. Names in other bytes are told so. */
    if (!is_utf8(member->path) || (member->link && !is_utf8(member->link)) ||
        (member->user && !is_utf8(member->user)) || (member->group && !is_utf8(member->group))) {
        code = text_record(records, "hdrcharset", "BINARY", error);
    }
    if (code == JB_OK) {
        code = fill_header(member, &header, records, error);
    }
    if (code == JB_OK && records->size > 0) {
        code = pax_extended_header(member->path, records, out, error);
    }
    if (code == JB_OK) {
        code = buffer_append(out, &header, sizeof(header), error);
    }
    return code == JB_ERROR_LIMIT ? error_prefix(error, "the header of '%s'", member->path) : code;
}
