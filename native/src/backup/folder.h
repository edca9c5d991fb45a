/* A backup's folder in its bucket: what lies in it, what that says of the backup, and its removal. */
#ifndef BACKUP_FOLDER_H
#define BACKUP_FOLDER_H

#include "../store/store.h"
#include "../stream/object.h"
#include "name.h"
#include "seal.h"
#include "verified.h"

/* What a listing shows of one folder. */
struct folder {
    struct backup_id id;
    uint64_t bytes;
    uint64_t objects;
    bool has_seal;
    bool has_verified;  /* the record of a verification, which counts for nothing else here */
    int64_t modified;   /* the newest object's time, by the store's clock */
    unsigned old_files; /* which files of an old backup are there: OLD_* bits */
};

/* Is it a name that a backup's folder keeps for itself: the seal, the record of a verification, a sign of life? */
bool folder_keeps_name(const char *object);

#define OLD_DATA     1u /* digital-factory-data.tar.gz */
#define OLD_DATABASE 2u /* database.tar or jahia.sql.gz */

/* Calls `each` for every folder of the bucket whose name is exactly `name` (NULL: any); JB_OK from each goes on.
 * Folders come in no order. */
typedef int (*folder_fn)(void *context, const struct folder *folder, jb_error *error);
int folder_list(jb_store *store, jb_operation *operation, const char *bucket, const char *name, folder_fn each,
                void *context, jb_error *error);

/* One folder. JB_ERROR_NOT_FOUND where nothing is in it. */
int folder_read(jb_store *store, jb_operation *operation, const char *bucket, const struct backup_id *id,
                struct folder *folder, jb_error *error);

/* Does the store hold all segments with their sizes, and the index likewise? JB_ERROR_VERIFY names the one that is
 * wrong or missing. */
int folder_confirm_object(jb_store *store, jb_operation *operation, const char *bucket, const struct backup_id *id,
                          const struct object *object, jb_error *error);

#define ALIVE_PREFIX "alive."

/* Removes the alive objects; best effort. */
void folder_remove_alive(jb_store *store, jb_operation *operation, const char *bucket, const struct backup_id *id);

/* Removes all but the seal and the names that are members of `kept`. */
int folder_remove_others(jb_store *store, jb_operation *operation, const char *bucket, const struct backup_id *id,
                         const json_t *kept, jb_error *error);

/* Aborts uploads that were begun below the folder, for a grant of signed requests begins them beforehand; best effort.
 */
void folder_abort_uploads(jb_store *store, jb_operation *operation, const char *bucket, const struct backup_id *id);

/* JB_ERROR_CONFLICT, with the object's name and until when, where the store protects anything in the folder. */
int folder_refuse_protected(jb_store *store, jb_operation *operation, const char *bucket, const struct backup_id *id,
                            jb_error *error);

/*
 * Removes a backup: `seal` (NULL where there is none) to "deleting", then its entry in `catalog` (may be NULL), then
 * uploads that were not finished, then all objects in all their versions, the seal last. A call that was interrupted
 * can be repeated. Nothing is changed where anything is protected: JB_ERROR_CONFLICT.
 */
int folder_remove(jb_store *store, jb_operation *operation, const char *bucket, const struct backup_id *id,
                  struct seal *seal, const jb_catalog *catalog, jb_error *error);

/* The same where the seal cannot be read, and so not be marked. */
int folder_remove_damaged(jb_store *store, jb_operation *operation, const char *bucket, const struct backup_id *id,
                          const jb_catalog *catalog, jb_error *error);

#endif
