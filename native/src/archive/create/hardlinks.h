/* Files with several names: which was archived first. */
#ifndef ARCHIVE_HARDLINKS_H
#define ARCHIVE_HARDLINKS_H

#include <stdint.h>
#include <sys/stat.h>

#include "../../base/error.h"

struct hardlinks;

/* Beyond `memory_max` bytes (0: 2 MiB) the names lie in a spill file; 4 bytes a file or fewer stay in memory. NULL
 * without memory. */
struct hardlinks *hardlinks_new(size_t memory_max);
void hardlinks_free(struct hardlinks *links);

/*
 * *path becomes the member under which the file stands already (valid until the next call), or NULL. Forgets the file
 * once all its names were seen. `born` (file_born) tells a file from another one that got the number of a removed one.
 */
int hardlinks_find(struct hardlinks *links, const struct stat *status, int64_t born, const char **path,
                   jb_error *error);
/* Remembers the file's first name. */
int hardlinks_add(struct hardlinks *links, const struct stat *status, int64_t born, const char *path, jb_error *error);

#endif
