#include "content.h"
#include "member_name.h"
#include "tar.h"

static int check_member(const struct content *content, struct archive_entry *entry, struct buffer *name,
                        struct tar_counts *counts, jb_error *error)
{
    static const struct tar_extract_options no_bounds;
    int code = content_count_member(content, entry, &no_bounds, counts, error);
    if (code == JB_OK)
        code = member_name_clean(archive_entry_pathname(entry), NULL, name, error);
    if (code == JB_OK && archive_entry_filetype(entry) == AE_IFREG && !archive_entry_hardlink(entry))
        code = content_count_size(entry, &no_bounds, counts, error);
    uint64_t end;
    return code == JB_OK
               ? content_copy(content, (uint64_t)archive_entry_size(entry), name->data, NULL, NULL, &end, error)
               : code;
}

int tar_check(jb_operation *operation, struct byte_source *source, struct tar_counts *counts, jb_error *error)
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
            code = check_member(&content, entry, &name, counts, error);
    } while (code == JB_OK && entry);
    reader_free(content.reader);
    buffer_clean_up(&name);
    return code;
}
