/* Names of members: where a member may come to lie. */
#ifndef ARCHIVE_MEMBER_NAME_H
#define ARCHIVE_MEMBER_NAME_H

#include <stdbool.h>

#include "../../base/buffer.h"

#define MEMBER_NAME_MAX 65536u

/*
 * Cleans a member's name into `clean`: "." and empty components go, and the prefix (NULL or "" for none). What is not
 * below the target is refused (JB_ERROR_FORMAT), and what no file system could hold (JB_ERROR_LIMIT).
 */
int member_name_clean(const char *raw, const char *prefix, struct buffer *clean, jb_error *error);

/* Whether `path` is the directory of `size` characters at `directory`, or lies below it. */
bool member_name_below(const char *path, const char *directory, size_t size);

#endif
