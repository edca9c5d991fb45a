#include "../../codec/qpress.h"
#include "content.h"
#include "member_name.h"
#include "packed.h"
#include "../tar.h"

static int drop_plain(struct byte_sink *sink, const void *bytes, size_t count, jb_error *error)
{
    (void)sink;
    (void)bytes;
    (void)count;
    (void)error;
    return JB_OK;
}

static int check_member(const struct content *content, struct archive_entry *entry, struct buffer *name,
                        struct workers *qpress, struct tar_counts *counts, jb_error *error)
{
    static const struct tar_extract_options no_bounds;
    int code = content_count_member(content, entry, &no_bounds, counts, error);
    if (code == JB_OK)
        code = member_name_clean(archive_entry_pathname(entry), NULL, name, error);
    bool file = archive_entry_filetype(entry) == AE_IFREG && !archive_entry_hardlink(entry);
    if (code == JB_OK && file)
        code = content_count_size(entry, &no_bounds, counts, error);
    if (code != JB_OK)
        return code;
    uint64_t size = (uint64_t)archive_entry_size(entry), end;
    size_t plain_length;
    struct byte_sink nowhere = {drop_plain};
    if (qpress != NULL && file && qpress_name(name->data, &plain_length))
        code = packed_copy(content, size, name->data, qpress, &nowhere, error);
    else
        code = content_copy(content, size, name->data, NULL, NULL, &end, error);
    return code == JB_OK || code == JB_ERROR_CANCELLED ? code : error_prefix(error, "the member '%.300s'", name->data);
}

int tar_check(jb_operation *operation, struct byte_source *source, struct tar_counts *counts, jb_error *error)
{
    return tar_check_packed(operation, source, NULL, counts, error);
}

int tar_check_packed(jb_operation *operation, struct byte_source *source, struct workers *qpress,
                     struct tar_counts *counts, jb_error *error)
{
    struct tar_counts ignored;
    if (!counts)
        counts = &ignored;
    *counts = (struct tar_counts){0};
    struct content content = {.operation = operation};
    struct buffer name;
    buffer_init(&name, MEMBER_NAME_MAX);
    int code = reader_new(source, &content.reader, error);
    struct archive_entry *entry = NULL;
    do {
        if (code == JB_OK)
            code = reader_next(content.reader, &entry, error);
        if (code == JB_OK && entry)
            code = check_member(&content, entry, &name, qpress, counts, error);
    } while (code == JB_OK && entry);
    reader_free(content.reader);
    buffer_clean_up(&name);
    return code;
}
