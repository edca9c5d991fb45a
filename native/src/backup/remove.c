/* Removing one backup. */
#include <string.h>

#include "find.h"

/* Its folder; JB_ERROR_NOT_FOUND where nothing is in it. */
static int find_folder(jb_store *store, jb_operation *operation, const jb_backup_name *name, struct folder *folder,
                       jb_error *error)
{
    if (name == NULL || name->size != sizeof *name)
        return error_set(error, JB_ERROR_USAGE, "jb_backup_name is missing or of another size");
    struct backup_id id;
    int code = store_check_names(name->bucket, NULL, error);
    if (code == JB_OK)
        code = backup_id_set(&id, name->name, name->timestamp, name->mode, error);
    return code == JB_OK ? folder_read(store, operation, name->bucket, &id, folder, error) : code;
}

int jb_backup_remove(jb_store *store, jb_operation *operation, const jb_backup_name *name, const jb_catalog *catalog,
                     jb_error *error)
{
    jb_error own = JB_ERROR_INIT;
    if (error == NULL)
        error = &own;
    struct folder folder;
    int code = find_folder(store, operation, name, &folder, error);
    if (code != JB_OK || !folder.has_seal)
        return code != JB_OK ? code : folder_remove(store, operation, name->bucket, &folder.id, NULL, catalog, error);
    struct seal seal;
    code = seal_read(store, operation, name->bucket, &folder.id, &seal, error);
    if (code == JB_ERROR_FORMAT)
        error_hint(error,
                   "a backup whose seal is damaged is only removed where just that is asked for: with --damaged");
    if (code != JB_OK)
        return backup_seal_trouble(code, error);
    if (strcmp(backup_state(store, operation, &folder, &seal), "running") == 0) {
        code = error_set(error, JB_ERROR_CONFLICT, "the backup '%s' is being made", folder.id.folder);
        error_hint(error, "wait until it ends; it counts as abandoned after 15 minutes without a sign of life");
    } else {
        code = folder_remove(store, operation, name->bucket, &folder.id, &seal, catalog, error);
    }
    seal_clean_up(&seal);
    return code;
}

int jb_backup_remove_damaged(jb_store *store, jb_operation *operation, const jb_backup_name *name,
                             const jb_catalog *catalog, jb_error *error)
{
    jb_error own = JB_ERROR_INIT, damage = JB_ERROR_INIT;
    if (error == NULL)
        error = &own;
    struct folder folder;
    struct seal seal;
    int code = find_folder(store, operation, name, &folder, error);
    if (code != JB_OK)
        return code;
    code = folder.has_seal ? seal_read(store, operation, name->bucket, &folder.id, &seal, &damage) : JB_OK;
    if (code == JB_ERROR_FORMAT)
        return folder_remove_damaged(store, operation, name->bucket, &folder.id, catalog, error);
    if (code != JB_OK)
        return error_copy(error, &damage);
    if (folder.has_seal)
        seal_clean_up(&seal);
    error_set(error, JB_ERROR_STATE, "the backup '%s' has no damaged seal", folder.id.folder);
    return error_hint(error, "remove it as any other backup");
}
