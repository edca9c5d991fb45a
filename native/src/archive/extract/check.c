#include <limits.h>
#include <string.h>

#include "../../codec/qpress.h"
#include "../tar.h"
#include "content.h"
#include "member_name.h"
#include "packed.h"
#include "seen_names.h"

struct check {
    const struct tar_extract_options *options;
    struct tar_counts *counts;
    struct content content;
    struct seen_names *names; /* NULL: they are nobody's concern */
    struct buffer name;
    struct buffer link;
};

/* What a packed member unpacks to, on its way to nowhere. */
struct counter {
    struct byte_sink sink; /* first */
    uint64_t *total;
};

static int count_plain(struct byte_sink *sink, const void *bytes, size_t count, jb_error *error)
{
    (void)bytes;
    (void)error;
    *((struct counter *)sink)->total += count;
    return JB_OK;
}

static int count_piece(void *context, const void *bytes, size_t count, uint64_t offset, jb_error *error)
{
    (void)bytes;
    (void)offset;
    (void)error;
    *(uint64_t *)context += count;
    return JB_OK;
}

static int check_special(const struct check *check, struct archive_entry *entry, jb_error *error)
{
    const char *target = archive_entry_symlink(entry);
    switch (archive_entry_filetype(entry)) {
    case AE_IFLNK:
        return target && *target && strlen(target) < PATH_MAX
                   ? JB_OK
                   : error_set(error, JB_ERROR_FORMAT, "it is a link to nothing, or too far");
    case AE_IFCHR:
    case AE_IFBLK:
        return check->options->devices
                   ? JB_OK
                   : error_set(error, JB_ERROR_UNSUPPORTED, "it is a device, and devices were not asked for");
    case AE_IFREG:
    case AE_IFDIR:
    case AE_IFIFO:
        return JB_OK;
    default:
        return error_set(error, JB_ERROR_FORMAT, "it is of an unknown kind");
    }
}

/* As an extraction would take it, after all that came before. */
static int check_name(struct check *check, struct archive_entry *entry, jb_error *error)
{
    const char *hard_link = archive_entry_hardlink(entry);
    int code = JB_OK;
    if (hard_link) {
        code = member_name_clean(hard_link, check->options->prefix, &check->link, error);
        if (code == JB_OK)
            code = seen_names_link(check->names, check->link.data, hard_link, error);
    } else
        code = check_special(check, entry, error);
    bool directory = !hard_link && archive_entry_filetype(entry) == AE_IFDIR;
    return code == JB_OK ? seen_names_add(check->names, check->name.data, directory, error) : code;
}

static int check_content(struct check *check, struct archive_entry *entry, bool packed, jb_error *error)
{
    const char *path = check->name.data;
    uint64_t size = (uint64_t)archive_entry_size(entry), end;
    /* What a hard link repeats stands there already. */
    uint64_t nowhere = 0, *stored = archive_entry_hardlink(entry) ? &nowhere : &check->counts->stored;
    struct counter plain = {{count_plain}, stored};
    return packed ? packed_copy(&check->content, size, path, check->options->qpress, &plain.sink, error)
                  : content_copy(&check->content, size, path, count_piece, stored, &end, error);
}

static int check_cleaned(struct check *check, struct archive_entry *entry, jb_error *error)
{
    bool file = archive_entry_filetype(entry) == AE_IFREG && !archive_entry_hardlink(entry);
    size_t plain_length;
    bool packed = file && check->options->qpress != NULL && qpress_name(check->name.data, &plain_length);
    int code = file ? content_count_size(entry, check->options, check->counts, error) : JB_OK;
    if (packed) {
        check->name.size = plain_length;
        check->name.data[plain_length] = '\0';
    }
    if (code == JB_OK && check->names != NULL)
        code = check_name(check, entry, error);
    return code == JB_OK ? check_content(check, entry, packed, error) : code;
}

static int check_member(struct check *check, struct archive_entry *entry, jb_error *error)
{
    const char *raw = archive_entry_pathname(entry);
    int code = content_count_member(&check->content, entry, check->options, check->counts, error);
    if (code == JB_OK)
        code = member_name_clean(raw, check->options->prefix, &check->name, error);
    if (code != JB_OK)
        return code;
    code = check_cleaned(check, entry, error);
    return code == JB_OK || code == JB_ERROR_CANCELLED ? code : error_prefix(error, "the member '%.300s'", raw);
}

static int check_members(struct check *check, struct byte_source *source, jb_error *error)
{
    *check->counts = (struct tar_counts){0};
    buffer_init(&check->name, MEMBER_NAME_MAX);
    buffer_init(&check->link, MEMBER_NAME_MAX);
    int code = reader_new(source, &check->content.reader, error);
    struct archive_entry *entry = NULL;
    do {
        if (code == JB_OK)
            code = reader_next(check->content.reader, &entry, error);
        if (code == JB_OK && entry)
            code = check_member(check, entry, error);
    } while (code == JB_OK && entry);
    reader_free(check->content.reader);
    buffer_clean_up(&check->name);
    buffer_clean_up(&check->link);
    return code;
}

int tar_check(jb_operation *operation, struct byte_source *source, struct tar_counts *counts, jb_error *error)
{
    return tar_check_packed(operation, source, NULL, counts, error);
}

int tar_check_packed(jb_operation *operation, struct byte_source *source, struct workers *qpress,
                     struct tar_counts *counts, jb_error *error)
{
    const struct tar_extract_options options = {.bytes_max = UINT64_MAX, .qpress = qpress};
    struct tar_counts ignored;
    struct check check = {
        .options = &options, .counts = counts ? counts : &ignored, .content = {.operation = operation}};
    return check_members(&check, source, error);
}

int tar_check_extract(jb_operation *operation, struct byte_source *source, const struct tar_extract_options *options,
                      struct tar_counts *counts, jb_error *error)
{
    struct check check = {.options = options, .counts = counts, .content = {.operation = operation}};
    int code = seen_names_new(0, &check.names, error);
    if (code == JB_OK)
        code = check_members(&check, source, error);
    seen_names_free(check.names);
    return code;
}
