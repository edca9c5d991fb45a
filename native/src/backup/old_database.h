/* Directories of mariabackup's in an archive, as old backups hold them: their files are packed by qpress, and they lie
 * anywhere in the archive. */
#ifndef BACKUP_OLD_DATABASE_H
#define BACKUP_OLD_DATABASE_H

#include <jansson.h>
#include <stdbool.h>

#include "../base/workers.h"

/* Does the description (old.h) say that it is one? */
bool old_database_is(const json_t *description);

/* Threads that unpack, where it is one; else NULL. To be freed by workers_free. */
int old_database_workers(const json_t *description, struct workers **workers, jb_error *error);

/* Directories that hold nothing but one directory go: what lies in the innermost comes to lie in `staging` itself, with
 * that one's owner and mode. */
int old_database_raise(const char *staging, jb_error *error);

#endif
