/* Reads an archive's index to its end: by its digests, and what it says of the archive. */
#ifndef BACKUP_VERIFY_INDEX_H
#define BACKUP_VERIFY_INDEX_H

#include "../stream/object.h"
#include "../store/store.h"

/* `archive` is the description that the index belongs to; names as for object_source_new. */
int verify_index(jb_store *store, jb_operation *operation, const char *bucket, const char *prefix,
                 const struct object *archive, const jb_decryption *decryption, jb_error *error);

#endif
