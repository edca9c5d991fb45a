/* The content of members on its way out of an archive. */
#ifndef ARCHIVE_CONTENT_H
#define ARCHIVE_CONTENT_H

#include "../../base/operation.h"
#include "reader.h"
#include "../tar.h"

struct content {
    jb_operation *operation;
    struct reader *reader;
};

/* Takes a piece that belongs at `offset`; lent for the call. */
typedef int (*content_fn)(void *context, const void *bytes, size_t count, uint64_t offset, jb_error *error);

/*
 * Reads the member's content, in order, into `take` (NULL: nowhere); what no piece covers is a hole. *end: behind the
 * last piece. Reports progress under `path`. Content that does not fit `size` is JB_ERROR_FORMAT.
 */
int content_copy(const struct content *content, uint64_t size, const char *path, content_fn take, void *context,
                 uint64_t *end, jb_error *error);

/* Counts the member; and its size, where it is a regular file. JB_ERROR_LIMIT beyond the bounds of `options`. */
int content_count_member(const struct content *content, struct archive_entry *entry,
                         const struct tar_extract_options *options, struct tar_counts *counts, jb_error *error);
int content_count_size(struct archive_entry *entry, const struct tar_extract_options *options,
                       struct tar_counts *counts, jb_error *error);

#endif
