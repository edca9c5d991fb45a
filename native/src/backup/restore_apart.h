/* A restore's target and the store it reads from are apart. */
#ifndef BACKUP_RESTORE_APART_H
#define BACKUP_RESTORE_APART_H

#include "../store/store.h"

/* JB_ERROR_USAGE where the target holds the store's own directory, which the restore would remove, or lies inside it.
 */
int restore_apart(jb_store *store, const char *target, jb_error *error);

#endif
