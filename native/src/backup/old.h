/* Backups of the scripts that came before this product: folders without a seal (docs/formats.md, Old backups). */
#ifndef BACKUP_OLD_H
#define BACKUP_OLD_H

#include "folder.h"

/* Are the files there without which it cannot be restored? */
bool old_is_complete(const struct folder *folder);

/* A description in the seal's form; its objects have name, kind, compression, size and, for trees, root, but no
 * digests; "mariabackup" is true for a directory of that program's in an archive. */
int old_describe(jb_store *store, jb_operation *operation, const char *bucket, const struct backup_id *id,
                 json_t **document, jb_error *error);

/* The same for one object alone, without a listing: for those who may read no more. */
int old_describe_object(jb_store *store, jb_operation *operation, const char *bucket, const struct backup_id *id,
                        const char *object, json_t **document, jb_error *error);

#endif
