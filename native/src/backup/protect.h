/* The store's protection of finished backups. */
#ifndef BACKUP_PROTECT_H
#define BACKUP_PROTECT_H

#include "../store/store.h"

/* Before anything is done: is the protection a sensible one, and can the bucket give it? A bucket that is missing
 * cannot. */
int protect_check(jb_store *store, jb_operation *operation, const char *bucket, const jb_protection *protection,
                  jb_error *error);

#endif
