/* Which names of a tree are archived. */
#ifndef ARCHIVE_PATTERNS_H
#define ARCHIVE_PATTERNS_H

#include <stdbool.h>

/* `patterns` is NULL-ended or NULL; `path` lies below the tree and ends with `name`. In the C locale only: patterns
 * match bytes. */
bool patterns_match(const char *const *patterns, const char *path, const char *name);

#endif
