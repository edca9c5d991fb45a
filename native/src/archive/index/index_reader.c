#include "index_reader.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "../../base/buffer.h"
#include "../../codec/json.h"
#include "index_writer.h"
#include "../pax.h"

#define LINE_MAX_BYTES ((size_t)8 << 20)
#define END_MARK       1024u  /* two blocks of zeros */
#define PACKED_MORE    65536u /* that a frame may grow by where nothing in it shrinks */
#define PLACE_MAX      ((uint64_t)1 << 60)
#define FIRST_FORMAT   "jpsbackup-index-1" /* with SHA-256 of each frame */

struct index_reader {
    struct byte_source *source;
    struct indexed_archive archive;
    size_t digest_size; /* of a frame */
    const char *bytes;  /* lent by the source, not yet used */
    size_t count;
    struct buffer line; /* one that came in pieces */
    uint64_t line_number;
    json_t *document; /* of the present line, whose texts are lent */
    char *path_bytes; /* decoded ones */
    char *link_bytes;
    bool ended;
    uint64_t members;
    uint64_t members_end; /* in the plain stream */
    uint64_t frames;
    uint64_t plain_bytes;
    uint64_t packed_bytes;
    uint64_t last_frame; /* its plain bytes */
};

static int wrong(const struct index_reader *reader, const char *what, jb_error *error)
{
    return error_set(error, JB_ERROR_FORMAT, "the index of '%s' is damaged: line %llu: %s", reader->archive.name,
                     (unsigned long long)reader->line_number, what);
}

/* Lends the next line without its end; *text NULL at the end of the stream. */
static int next_line(struct index_reader *reader, const char **text, size_t *size, jb_error *error)
{
    reader->line.size = 0;
    reader->line_number++;
    for (;;) {
        const char *end = reader->count > 0 ? memchr(reader->bytes, '\n', reader->count) : NULL;
        size_t taken = end != NULL ? (size_t)(end - reader->bytes) : reader->count;
        bool whole = end != NULL && reader->line.size == 0;
        if (taken > LINE_MAX_BYTES - reader->line.size)
            return wrong(reader, "it is too long", error);
        *text = reader->bytes;
        *size = taken;
        int code = whole ? JB_OK : buffer_append(&reader->line, reader->bytes, taken, error);
        if (end != NULL) {
            reader->bytes += taken + 1;
            reader->count -= taken + 1;
        } else if (code == JB_OK) {
            const void *bytes;
            code = reader->source->read(reader->source, &bytes, &reader->count, error);
            reader->bytes = bytes;
        }
        if (code != JB_OK || whole)
            return code;
        if (end == NULL && reader->count == 0 && reader->line.size > 0)
            return wrong(reader, "its end is missing", error);
        if (end != NULL || reader->count == 0) {
            *text = end != NULL ? reader->line.data : NULL;
            *size = reader->line.size;
            return JB_OK;
        }
    }
}

static int next_document(struct index_reader *reader, jb_error *error)
{
    const char *text;
    size_t size;
    json_decref(reader->document);
    reader->document = NULL;
    free(reader->path_bytes);
    free(reader->link_bytes);
    reader->path_bytes = reader->link_bytes = NULL;
    int code = next_line(reader, &text, &size, error);
    if (code != JB_OK)
        return code;
    if (text == NULL)
        return wrong(reader, "the index is cut off", error);
    jb_error trouble = JB_ERROR_INIT;
    code = json_parse(text, size, "it", &reader->document, &trouble);
    if (code == JB_ERROR_FORMAT)
        return wrong(reader, "it is no valid JSON", error);
    if (code != JB_OK)
        return error_copy(error, &trouble);
    return json_is_object(reader->document) ? JB_OK : wrong(reader, "it is no object", error);
}

/* Strict base64 of bytes without a NUL among them; NULL where it is none, or without memory. */
static char *decode(const char *text)
{
    size_t size = strlen(text);
    size_t padding = 0;
    while (padding < 2 && padding < size && text[size - 1 - padding] == '=')
        padding++;
    if (size == 0 || size % 4 != 0 || size > LINE_MAX_BYTES)
        return NULL;
    char *bytes = malloc(size / 4 * 3 + 1);
    int length = bytes == NULL ? -1 : EVP_DecodeBlock((unsigned char *)bytes, (const unsigned char *)text, (int)size);
    if (length != (int)(size / 4 * 3) || memchr(bytes, '\0', size / 4 * 3 - padding) != NULL) {
        free(bytes);
        return NULL;
    }
    bytes[size / 4 * 3 - padding] = '\0';
    return bytes;
}

/* The text `name`, or what `encoded` holds, which `*bytes` keeps; NULL where neither or both are there. */
static const char *take_name(const json_t *document, const char *name, const char *encoded, char **bytes)
{
    const char *text = json_member_text(document, name);
    const char *base64 = json_member_text(document, encoded);
    if ((text == NULL) == (base64 == NULL))
        return NULL;
    if (text != NULL)
        return text;
    *bytes = decode(base64);
    return *bytes;
}

static bool take_text(const struct index_reader *reader, const char *name, const char **text)
{
    *text = json_member_text(reader->document, name);
    return *text != NULL || json_object_get(reader->document, name) == NULL;
}

/* Relative, and without "", "." and ".." in it. */
static bool is_clean(const char *path)
{
    for (;;) {
        size_t length = strcspn(path, "/");
        if (length == 0 || (length == 1 && path[0] == '.') || (length == 2 && memcmp(path, "..", 2) == 0))
            return false;
        if (path[length] == '\0')
            return true;
        path += length + 1;
    }
}

/* The root of a tree without one is named ".". */
static bool is_below_root(const struct index_reader *reader, const char *path)
{
    size_t size = strlen(reader->archive.root);
    if (size == 0)
        return strcmp(path, ".") == 0 || is_clean(path);
    return is_clean(path) && strncmp(path, reader->archive.root, size) == 0 &&
           (path[size] == '\0' || path[size] == '/');
}

const char *index_reader_below(const struct index_reader *reader, const char *path)
{
    size_t size = strlen(reader->archive.root);
    if (size == 0)
        return strcmp(path, ".") == 0 ? "" : path;
    return path[size] == '/' ? path + size + 1 : path + size;
}

static bool take_type(const char *name, char *type)
{
    static const char types[] = {PAX_FILE,         PAX_HARD_LINK, PAX_SYMBOLIC_LINK, PAX_CHARACTER_DEVICE,
                                 PAX_BLOCK_DEVICE, PAX_DIRECTORY, PAX_FIFO};
    for (size_t i = 0; name != NULL && i < sizeof types; i++)
        if (strcmp(name, index_type_name(types[i])) == 0) {
            *type = types[i];
            return true;
        }
    return false;
}

/* Digits to `base` alone, at least one and at most `most` of them. */
static bool take_digits(const char **text, unsigned base, size_t most, uint64_t *number)
{
    const char *first = *text;
    *number = 0;
    while (**text >= '0' && **text < (char)('0' + base) && (size_t)(*text - first) <= most)
        *number = *number * base + (uint64_t)(*(*text)++ - '0');
    return *text != first && (size_t)(*text - first) <= most;
}

static bool take_time(const char *text, struct timespec *time)
{
    uint64_t seconds, fraction;
    if (text == NULL)
        return false;
    bool negative = *text == '-';
    text += negative;
    if (!take_digits(&text, 10, 18, &seconds) || *text++ != '.' || strlen(text) != 9 ||
        !take_digits(&text, 10, 9, &fraction) || *text != '\0')
        return false;
    *time = (struct timespec){.tv_sec = (time_t)seconds, .tv_nsec = (long)fraction};
    if (negative)
        *time = (struct timespec){.tv_sec = -(time_t)seconds - (fraction > 0),
                                  .tv_nsec = fraction > 0 ? 1000000000 - (long)fraction : 0};
    return true;
}

static bool take_mode(const char *text, mode_t *mode)
{
    uint64_t number;
    if (text == NULL || !take_digits(&text, 8, 6, &number) || *text != '\0' || number > 07777)
        return false;
    *mode = (mode_t)number;
    return true;
}

static bool take_id(const struct index_reader *reader, const char *name, uint32_t *id)
{
    uint64_t number;
    if (!json_member_count(reader->document, name, &number) || number > UINT32_MAX)
        return false;
    *id = (uint32_t)number;
    return true;
}

static int take_link(struct index_reader *reader, struct tar_member *member, jb_error *error)
{
    bool expected = member->type == PAX_SYMBOLIC_LINK || member->type == PAX_HARD_LINK;
    bool given =
        json_object_get(reader->document, "link") != NULL || json_object_get(reader->document, "link_base64") != NULL;
    if (!expected && !given)
        return JB_OK;
    member->link = take_name(reader->document, "link", "link_base64", &reader->link_bytes);
    if (!expected || member->link == NULL || member->link[0] == '\0' ||
        (member->type == PAX_HARD_LINK && !is_below_root(reader, member->link)))
        return wrong(reader, "it has no valid 'link'", error);
    return JB_OK;
}

/* Where one member ends, the next one begins. */
static int take_place(struct index_reader *reader, struct tar_member *member, jb_error *error)
{
    if (!json_member_count(reader->document, "offset", &member->offset) || member->offset != reader->members_end)
        return wrong(reader, "its 'offset' is not where the member before it ends", error);
    if (!json_member_count(reader->document, "end", &member->end) || member->end <= member->offset ||
        member->end % PAX_BLOCK != 0 || member->end > PLACE_MAX)
        return wrong(reader, "it has no valid 'end'", error);
    reader->members_end = member->end;
    return JB_OK;
}

static int take_member(struct index_reader *reader, struct tar_member *member, jb_error *error)
{
    const json_t *document = reader->document;
    *member = (struct tar_member){0};
    member->path = take_name(document, "path", "path_base64", &reader->path_bytes);
    if (member->path == NULL || !is_below_root(reader, member->path))
        return wrong(reader, "it has no valid 'path'", error);
    if (!take_type(json_member_text(document, "type"), &member->type))
        return wrong(reader, "it has no valid 'type'", error);
    int code = take_link(reader, member, error);
    if (code == JB_OK)
        code = take_place(reader, member, error);
    if (code != JB_OK)
        return code;
    if (!json_member_count(document, "size", &member->size) || member->size > PLACE_MAX)
        return wrong(reader, "it has no valid 'size'", error);
    if (!take_mode(json_member_text(document, "mode"), &member->mode) || !take_id(reader, "uid", &member->uid) ||
        !take_id(reader, "gid", &member->gid) || !take_text(reader, "user", &member->user) ||
        !take_text(reader, "group", &member->group))
        return wrong(reader, "it has no valid mode or owner", error);
    if (!take_time(json_member_text(document, "mtime"), &member->mtime))
        return wrong(reader, "it has no valid 'mtime'", error);
    if (!take_text(reader, "trouble", &member->trouble))
        return wrong(reader, "it has no valid 'trouble'", error);
    reader->members++;
    return JB_OK;
}

static bool take_size(const json_t *value, uint64_t least, uint64_t most, uint64_t *size)
{
    if (!json_is_integer(value) || json_integer_value(value) < (json_int_t)least ||
        json_integer_value(value) > (json_int_t)most)
        return false;
    *size = (uint64_t)json_integer_value(value);
    return true;
}

static int take_frame(struct index_reader *reader, const json_t *values, struct index_frame *frame, jb_error *error)
{
    const char *hex = json_string_value(json_array_get(values, 2));
    *frame = (struct index_frame){
        .plain_offset = reader->plain_bytes, .packed_offset = reader->packed_bytes, .digest_size = reader->digest_size};
    if (json_array_size(values) != 3 ||
        !take_size(json_array_get(values, 0), 1, INDEX_FRAME_MAX, &frame->plain_bytes) ||
        !take_size(json_array_get(values, 1), 1, INDEX_FRAME_MAX + PACKED_MORE, &frame->packed_bytes) || hex == NULL ||
        !hex_decode(hex, frame->digest, frame->digest_size))
        return wrong(reader, "it is no valid frame", error);
    if (reader->frames > 0 && reader->last_frame < INDEX_FRAME_MIN)
        return wrong(reader, "the frame before it is too small", error);
    reader->last_frame = frame->plain_bytes;
    reader->plain_bytes += frame->plain_bytes;
    reader->packed_bytes += frame->packed_bytes;
    reader->frames++;
    bool fits = reader->plain_bytes <= reader->archive.content_bytes && reader->plain_bytes <= PLACE_MAX &&
                reader->packed_bytes <= reader->archive.stored_bytes;
    return fits ? JB_OK : wrong(reader, "the frames are larger than the archive", error);
}

/* The last line; nothing comes behind it. */
static int take_end(struct index_reader *reader, jb_error *error)
{
    uint64_t members, frames;
    const char *text;
    size_t size;
    if (!json_member_count(reader->document, "members", &members) || members != reader->members || members == 0 ||
        !json_member_count(reader->document, "frames", &frames) || frames != reader->frames)
        return wrong(reader, "it does not count what came before it", error);
    if (reader->plain_bytes < reader->members_end + END_MARK)
        return wrong(reader, "the frames end before the members do", error);
    int code = next_line(reader, &text, &size, error);
    if (code == JB_OK && text != NULL)
        code = wrong(reader, "it comes behind the last one", error);
    reader->ended = code == JB_OK;
    return code;
}

int index_reader_next(struct index_reader *reader, struct index_item *item, jb_error *error)
{
    item->kind = INDEX_END;
    if (reader->ended)
        return JB_OK;
    int code = next_document(reader, error);
    if (code != JB_OK)
        return code;
    const json_t *frame = json_object_get(reader->document, "frame");
    if (frame != NULL) {
        item->kind = INDEX_FRAME;
        return take_frame(reader, frame, &item->frame, error);
    }
    if (json_object_get(reader->document, "members") != NULL)
        return take_end(reader, error);
    item->kind = INDEX_MEMBER;
    return take_member(reader, &item->member, error);
}

static int read_first_line(struct index_reader *reader, jb_error *error)
{
    int code = next_document(reader, error);
    if (code != JB_OK)
        return code;
    const char *format = json_member_text(reader->document, "format");
    bool first = format != NULL && strcmp(format, FIRST_FORMAT) == 0;
    reader->digest_size = first ? SHA256_SIZE : XXH128_SIZE;
    if (format == NULL || (!first && strcmp(format, INDEX_FORMAT) != 0)) {
        error_set(error, JB_ERROR_FORMAT, "the index of '%s' is of the form '%.50s', not '%s'", reader->archive.name,
                  format == NULL ? "" : format, INDEX_FORMAT);
        return error_hint(error, "a newer version of this program may know it");
    }
    const char *archive = take_name(reader->document, "archive", "archive_base64", &reader->path_bytes);
    const char *root = take_name(reader->document, "root", "root_base64", &reader->link_bytes);
    if (archive == NULL || strcmp(archive, reader->archive.name) != 0 || root == NULL ||
        strcmp(root, reader->archive.root) != 0)
        return wrong(reader, "it is about another archive", error);
    return JB_OK;
}

int index_reader_new(struct byte_source *source, const struct indexed_archive *archive, struct index_reader **made,
                     jb_error *error)
{
    struct index_reader *reader = calloc(1, sizeof *reader);
    if (reader == NULL)
        return error_no_memory(error);
    reader->source = source;
    reader->archive = *archive;
    buffer_init(&reader->line, LINE_MAX_BYTES);
    int code = read_first_line(reader, error);
    if (code != JB_OK) {
        index_reader_free(reader);
        return code;
    }
    *made = reader;
    return JB_OK;
}

void index_reader_free(struct index_reader *reader)
{
    if (reader == NULL)
        return;
    json_decref(reader->document);
    free(reader->path_bytes);
    free(reader->link_bytes);
    buffer_clean_up(&reader->line);
    free(reader);
}

int index_reader_confirm(const struct index_reader *reader, jb_error *error)
{
    if (reader->ended && reader->members == reader->archive.files &&
        reader->plain_bytes == reader->archive.content_bytes)
        return JB_OK;
    return error_set(error, JB_ERROR_FORMAT, "the index of '%s' is that of another archive", reader->archive.name);
}
