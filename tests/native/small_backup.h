/* Backups of a small tree in a workspace's store. */
#ifndef TESTS_SMALL_BACKUP_H
#define TESTS_SMALL_BACKUP_H

#include "workspace.h"

/* In the bucket "bucket". */
jb_backup_name named(const char *name, const char *timestamp, const char *mode);

/* PATH/tree: files, a link and a directory. */
void make_tree(struct workspace *w);

/* Backs that tree up. */
int back_up(struct workspace *w, const char *name, const char *timestamp, const char *mode, const jb_catalog *catalog,
            jb_error *error);

/* Whether the bucket holds a folder or an object. */
bool exists(struct workspace *w, const char *folder);

#endif
