/* The names that an archive has brought so far: would its next member find its name free, and its way there? */
#ifndef ARCHIVE_SEEN_NAMES_H
#define ARCHIVE_SEEN_NAMES_H

#include <stdbool.h>

#include "../../base/error.h"

struct seen_names;

enum seen_kind { SEEN_NOTHING, SEEN_DIRECTORY, SEEN_OTHER };

/* A name takes 16 bytes, as a digest. Beyond `memory_max` bytes (0: 8 MiB) they lie in a spill file. */
int seen_names_new(size_t memory_max, struct seen_names **names, jb_error *error);
/* NULL is allowed. */
void seen_names_free(struct seen_names *names);

/* Cleaned names (member_name.h), each JB_ERROR_FORMAT where an extraction would not make it. The directories on the
 * way to it are made for it. `path` is changed meanwhile. */
int seen_names_add(struct seen_names *names, char *path, bool directory, jb_error *error);
/* Can a hard link be made to it? */
int seen_names_link(struct seen_names *names, const char *path, const char *raw, jb_error *error);

#endif
