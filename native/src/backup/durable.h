/* Is what was written really on the disk? */
#ifndef BACKUP_DURABLE_H
#define BACKUP_DURABLE_H

#include <stdbool.h>

#include "../base/error.h"

/*
 * Before the first byte below `path`, or of `path` itself where that is no directory (yet). The kernel tells a
 * descriptor of the failed writes since it was opened: one that is opened afterwards may hear of none. Close *fd.
 */
int durable_begin(const char *path, int *fd, jb_error *error);

/* All below `path` is on the disk, or JB_ERROR_IO, or JB_ERROR_NO_SPACE where the disk found that out only now. */
int durable_end(int fd, const char *path, jb_error *error);

/* Whether this kernel's syncfs(2) keeps silent on failed writes, so that each file must be asked: before Linux 5.8. */
bool durable_kernel_is_silent(const char *release);
/* The same as durable_end, for either kind of kernel. */
int durable_confirm(int fd, const char *path, bool each_file, jb_error *error);

#endif
