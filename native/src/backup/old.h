/* Backups of the scripts that came before this product: folders without a seal (docs/formats.md, Old backups). */
#ifndef BACKUP_OLD_H
#define BACKUP_OLD_H

#include "folder.h"

/* Are the files there without which it cannot be restored? */
bool old_is_complete(const struct folder *folder);

/* A description in the seal's form; its objects have name, kind, compression, size and, for trees, root, but no
 * digests. */
int old_describe(jb_store *store, jb_operation *operation, const char *bucket, const struct backup_id *id,
                 json_t **document, jb_error *error);

#endif
