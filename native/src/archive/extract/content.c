#include "content.h"

int content_copy(const struct content *content, uint64_t size, const char *path, content_fn take, void *context,
                 uint64_t *end, jb_error *error)
{
    *end = 0;
    for (;;) {
        const void *bytes;
        size_t count;
        uint64_t offset;
        int code = reader_data(content->reader, &bytes, &count, &offset, error);
        if (code == JB_OK && bytes == NULL)
            return JB_OK;
        if (code == JB_OK && (offset < *end || offset > size || count > size - offset))
            code = error_set(error, JB_ERROR_FORMAT, "its content does not fit its size");
        if (code == JB_OK && take)
            code = take(context, bytes, count, offset, error);
        if (code == JB_OK)
            code = operation_progress(content->operation, count, 0, path, error);
        if (code != JB_OK)
            return code;
        *end = offset + count;
    }
}

int content_count_member(const struct content *content, struct archive_entry *entry,
                         const struct tar_extract_options *options, struct tar_counts *counts, jb_error *error)
{
    if (options->entries_max > 0 && counts->files == options->entries_max)
        return error_set(error, JB_ERROR_LIMIT, "the archive holds more than %llu members",
                         (unsigned long long)options->entries_max);
    counts->files++;
    const char *path = archive_entry_pathname(entry);
    return operation_progress(content->operation, 0, 1, path ? path : "", error);
}

int content_count_size(struct archive_entry *entry, const struct tar_extract_options *options,
                       struct tar_counts *counts, jb_error *error)
{
    int64_t size = archive_entry_size(entry);
    if (size < 0)
        return error_set(error, JB_ERROR_FORMAT, "a size below zero");
    if ((uint64_t)size > options->bytes_max - counts->bytes)
        return error_set(error, JB_ERROR_LIMIT, "the archive holds more than %llu bytes",
                         (unsigned long long)options->bytes_max);
    counts->bytes += (uint64_t)size;
    return JB_OK;
}
