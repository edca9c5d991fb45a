/* Files with several names: which was archived first. */
#ifndef ARCHIVE_HARDLINKS_H
#define ARCHIVE_HARDLINKS_H

#include <sys/stat.h>

#include "../base/error.h"

struct hardlinks;

/* NULL without memory. */
struct hardlinks *hardlinks_new(void);
void hardlinks_free(struct hardlinks *links);

/* The member under which the file stands already (valid until the next call), or NULL. Forgets the file once all its
 * names were seen. */
const char *hardlinks_find(struct hardlinks *links, const struct stat *status);
/* Remembers the file's first name. Memory grows with the files that have names still to come. */
int hardlinks_add(struct hardlinks *links, const struct stat *status, const char *path, jb_error *error);

#endif
