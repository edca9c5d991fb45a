/* Restoring single members of an archive: what its index says is fetched, and no more. */
#ifndef BACKUP_RESTORE_PATHS_H
#define BACKUP_RESTORE_PATHS_H

#include "restore.h"

/* Finds the members that options->paths choose, in restore->selection, which is the caller's to clean up in any case.
 */
int restore_select(jb_store *store, struct restore *restore, jb_error *error);

/* Extracts them into `staging`. */
int restore_fill_selected(jb_store *store, struct restore *restore, const char *staging, struct tar_counts *counts,
                          jb_error *error);

/* What is read of the store for it, in bytes. */
uint64_t restore_selected_fetch(const struct restore *restore);

#endif
