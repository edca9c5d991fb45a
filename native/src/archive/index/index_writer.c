/* Lines are put together by hand: a tree may have ten million members, and a JSON document for each costs more than all
 * else that is done for a small file. */
#include "index_writer.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "../../base/buffer.h"
#include "../../base/digits.h"
#include "../../codec/utf8.h"
#include "../pax.h"

#define PIECE_BYTES ((size_t)256 << 10)
#define LINES_MAX   ((size_t)8 << 20) /* a piece and the longest line */
#define TEXT_BYTES  128               /* of base64 at a time */

struct index_writer {
    struct byte_sink *output;
    struct buffer lines;
    uint64_t members;
    uint64_t frames;
};

int index_writer_new(struct byte_sink *output, struct index_writer **made, jb_error *error)
{
    struct index_writer *writer = calloc(1, sizeof *writer);
    if (writer == NULL)
        return error_no_memory(error);
    writer->output = output;
    buffer_init(&writer->lines, LINES_MAX);
    *made = writer;
    return JB_OK;
}

void index_writer_free(struct index_writer *writer)
{
    if (writer == NULL)
        return;
    buffer_clean_up(&writer->lines);
    free(writer);
}

static int flush(struct index_writer *writer, jb_error *error)
{
    struct buffer *lines = &writer->lines;
    int code = lines->size > 0 ? writer->output->write(writer->output, lines->data, lines->size, error) : JB_OK;
    lines->size = 0;
    return code;
}

/* The appending functions below collect their outcome: once it is no JB_OK, nothing more is done. */
static void append(struct index_writer *writer, const void *bytes, size_t count, int *code, jb_error *error)
{
    if (*code == JB_OK)
        *code = buffer_append(&writer->lines, bytes, count, error);
}

static void append_plain(struct index_writer *writer, const char *text, int *code, jb_error *error)
{
    append(writer, text, strlen(text), code, error);
}

/* At least `digits` digits to the base. */
static void append_digits(struct index_writer *writer, uint64_t number, unsigned base, size_t digits, int *code,
                          jb_error *error)
{
    char text[DIGITS_MAX], *end = text + sizeof text;
    const char *begin = digits_before(end, number, base, digits);
    append(writer, begin, (size_t)(end - begin), code, error);
}

static void append_count(struct index_writer *writer, const char *member, uint64_t count, int *code, jb_error *error)
{
    append_plain(writer, member, code, error);
    append_digits(writer, count, 10, 1, code, error);
}

/* Between quotation marks; without control characters only these two need a sign before them. */
static void append_text(struct index_writer *writer, const char *text, int *code, jb_error *error)
{
    append(writer, "\"", 1, code, error);
    while (*text != '\0') {
        size_t plain = strcspn(text, "\"\\");
        append(writer, text, plain, code, error);
        text += plain;
        if (*text == '\0')
            break;
        char escaped[2] = {'\\', *text++};
        append(writer, escaped, sizeof escaped, code, error);
    }
    append(writer, "\"", 1, code, error);
}

static void append_base64(struct index_writer *writer, const char *bytes, int *code, jb_error *error)
{
    enum { GROUP = TEXT_BYTES / 4 * 3 };
    append(writer, "\"", 1, code, error);
    for (size_t left = strlen(bytes); left > 0 && *code == JB_OK;) {
        unsigned char text[TEXT_BYTES + 1];
        size_t some = left < GROUP ? left : GROUP;
        int length = EVP_EncodeBlock(text, (const unsigned char *)bytes, (int)some);
        append(writer, text, (size_t)length, code, error);
        bytes += some;
        left -= some;
    }
    append(writer, "\"", 1, code, error);
}

/* `member` with its comma; a name in other bytes than readable UTF-8 is given in base64. */
static void append_name(struct index_writer *writer, const char *member, const char *name, int *code, jb_error *error)
{
    bool text = utf8_is_text(name);
    append_plain(writer, member, code, error);
    append_plain(writer, text ? "\":" : "_base64\":", code, error);
    if (text)
        append_text(writer, name, code, error);
    else
        append_base64(writer, name, code, error);
}

/* An owner's name that is no text is left out: the number stands beside it. */
static void append_owner(struct index_writer *writer, const char *member, const char *name, int *code, jb_error *error)
{
    if (name == NULL || !utf8_is_text(name))
        return;
    append_plain(writer, member, code, error);
    append_text(writer, name, code, error);
}

/* Decimal seconds with all nine digits of the fraction, which of negative times counts down from the whole second. */
static void append_time(struct index_writer *writer, struct timespec time, int *code, jb_error *error)
{
    uint64_t seconds = (uint64_t)time.tv_sec;
    uint64_t fraction = (uint64_t)time.tv_nsec;
    if (time.tv_sec < 0) {
        seconds = 0 - seconds;
        if (fraction > 0) {
            seconds--;
            fraction = 1000000000 - fraction;
        }
    }
    append_plain(writer, time.tv_sec < 0 ? ",\"mtime\":\"-" : ",\"mtime\":\"", code, error);
    append_digits(writer, seconds, 10, 1, code, error);
    append(writer, ".", 1, code, error);
    append_digits(writer, fraction, 10, 9, code, error);
    append(writer, "\"", 1, code, error);
}

static int end_line(struct index_writer *writer, int code, jb_error *error)
{
    append(writer, "}\n", 2, &code, error);
    return code == JB_OK && writer->lines.size >= PIECE_BYTES ? flush(writer, error) : code;
}

int index_writer_begin(struct index_writer *writer, const char *archive, const char *root, jb_error *error)
{
    int code = JB_OK;
    append_plain(writer, "{\"format\":\"" INDEX_FORMAT "\"", &code, error);
    append_name(writer, ",\"archive", archive, &code, error);
    append_name(writer, ",\"root", root, &code, error);
    return end_line(writer, code, error);
}

const char *index_type_name(char type)
{
    switch ((enum pax_type)type) {
    case PAX_FILE:
        return "file";
    case PAX_HARD_LINK:
        return "hardlink";
    case PAX_SYMBOLIC_LINK:
        return "symlink";
    case PAX_CHARACTER_DEVICE:
        return "character";
    case PAX_BLOCK_DEVICE:
        return "block";
    case PAX_DIRECTORY:
        return "directory";
    case PAX_FIFO:
        return "fifo";
    }
    return NULL;
}

int index_writer_member(void *context, const struct tar_member *member, jb_error *error)
{
    struct index_writer *writer = context;
    int code = JB_OK;
    append_name(writer, "{\"path", member->path, &code, error);
    append_plain(writer, ",\"type\":\"", &code, error);
    append_plain(writer, index_type_name(member->type), &code, error);
    append_count(writer, "\",\"offset\":", member->offset, &code, error);
    append_count(writer, ",\"end\":", member->end, &code, error);
    append_count(writer, ",\"size\":", member->size, &code, error);
    append_plain(writer, ",\"mode\":\"", &code, error);
    append_digits(writer, member->mode, 8, 4, &code, error);
    append_count(writer, "\",\"uid\":", member->uid, &code, error);
    append_count(writer, ",\"gid\":", member->gid, &code, error);
    append_owner(writer, ",\"user\":", member->user, &code, error);
    append_owner(writer, ",\"group\":", member->group, &code, error);
    append_time(writer, member->mtime, &code, error);
    if (member->link != NULL)
        append_name(writer, ",\"link", member->link, &code, error);
    if (member->trouble != NULL) {
        append_plain(writer, ",\"trouble\":", &code, error);
        append_text(writer, member->trouble, &code, error);
    }
    writer->members++;
    return end_line(writer, code, error);
}

int index_writer_frame(void *context, const struct compressor_frame *frame, jb_error *error)
{
    struct index_writer *writer = context;
    char hex[XXH128_HEX_SIZE];
    int code = JB_OK;
    hex_encode(frame->xxh128, XXH128_SIZE, hex);
    append_count(writer, "{\"frame\":[", frame->plain_bytes, &code, error);
    append_count(writer, ",", frame->packed_bytes, &code, error);
    append_plain(writer, ",\"", &code, error);
    append_plain(writer, hex, &code, error);
    append_plain(writer, "\"]", &code, error);
    writer->frames++;
    return end_line(writer, code, error);
}

int index_writer_finish(struct index_writer *writer, jb_error *error)
{
    int code = JB_OK;
    append_count(writer, "{\"members\":", writer->members, &code, error);
    append_count(writer, ",\"frames\":", writer->frames, &code, error);
    code = end_line(writer, code, error);
    return code == JB_OK ? flush(writer, error) : code;
}
