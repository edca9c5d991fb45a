#include <stdlib.h>
#include <string.h>

#include "../codec/json.h"
#include "find.h"
#include "old.h"

int jb_backup_remove(jb_store *store, jb_operation *operation, const jb_backup_name *name, const jb_catalog *catalog,
                     jb_error *error)
{
    jb_error own = JB_ERROR_INIT;
    if (error == NULL)
        error = &own;
    if (name == NULL || name->size != sizeof *name)
        return error_set(error, JB_ERROR_USAGE, "jb_backup_name is missing or of another size");
    struct backup_id id;
    struct folder folder;
    int code = store_check_names(name->bucket, NULL, error);
    if (code == JB_OK)
        code = backup_id_set(&id, name->name, name->timestamp, name->mode, error);
    if (code == JB_OK)
        code = folder_read(store, operation, name->bucket, &id, &folder, error);
    if (code != JB_OK || !folder.has_seal)
        return code != JB_OK ? code : folder_remove(store, operation, name->bucket, &id, NULL, catalog, error);
    struct seal seal;
    code = seal_read(store, operation, name->bucket, &id, &seal, error);
    if (code != JB_OK)
        return code;
    if (strcmp(backup_state(&folder, &seal), "running") == 0) {
        code = error_set(error, JB_ERROR_CONFLICT, "the backup '%s' is being made", id.folder);
        error_hint(error, "wait until it ends; it counts as abandoned after 15 minutes without a sign of life");
    } else {
        code = folder_remove(store, operation, name->bucket, &id, &seal, catalog, error);
    }
    seal_clean_up(&seal);
    return code;
}

struct candidate {
    struct backup_id id;
    bool deleting; /* a removal of it was begun and cut off */
};

struct candidates {
    jb_store *store;
    jb_operation *operation;
    const jb_rotate_options *options;
    struct candidate *items;
    size_t count;
    size_t capacity;
};

static int consider(void *context, const struct folder *folder, jb_error *error)
{
    struct candidates *candidates = context;
    const jb_rotate_options *options = candidates->options;
    if (strcmp(folder->id.mode, options->mode == NULL ? "auto" : options->mode) != 0)
        return JB_OK;
    bool deleting = false;
    if (folder->has_seal) {
        struct seal seal;
        int code = seal_read(candidates->store, candidates->operation, options->bucket, &folder->id, &seal, error);
        if (code == JB_ERROR_FORMAT || code == JB_ERROR_NOT_FOUND)
            return JB_OK; /* damaged ones are left for a person to look at */
        if (code != JB_OK)
            return code;
        bool complete = strcmp(seal_state(&seal), "complete") == 0;
        deleting = strcmp(seal_state(&seal), "deleting") == 0;
        seal_clean_up(&seal);
        if (!complete && !deleting)
            return JB_OK;
    } else if (!old_is_complete(folder)) {
        return JB_OK;
    }
    if (candidates->count == candidates->capacity) {
        size_t capacity = candidates->capacity == 0 ? 32 : candidates->capacity * 2;
        struct candidate *items = realloc(candidates->items, capacity * sizeof *items);
        if (items == NULL)
            return error_no_memory(error);
        candidates->items = items;
        candidates->capacity = capacity;
    }
    candidates->items[candidates->count++] = (struct candidate){.id = folder->id, .deleting = deleting};
    return JB_OK;
}

static int newest_first(const void *left, const void *right)
{
    return strcmp(((const struct candidate *)right)->id.timestamp, ((const struct candidate *)left)->id.timestamp);
}

/* What the store protects is left, and `error` says until when. */
static int remove_one(const struct candidates *candidates, const struct backup_id *id, bool *protected, jb_error *error)
{
    const jb_rotate_options *options = candidates->options;
    jb_backup_name name = {
        .size = sizeof name, .bucket = options->bucket, .name = id->name, .timestamp = id->timestamp, .mode = id->mode};
    int code = folder_refuse_protected(candidates->store, candidates->operation, options->bucket, id, error);
    if (code == JB_ERROR_CONFLICT) {
        *protected = true;
        return JB_OK;
    }
    if (code != JB_OK || options->dry_run)
        return code;
    code = jb_backup_remove(candidates->store, candidates->operation, &name, options->catalog, error);
    /* Another rotation may be at work: what it marks is removed together, and what it has removed is done. */
    if (code == JB_ERROR_CONFLICT)
        code = jb_backup_remove(candidates->store, candidates->operation, &name, options->catalog, error);
    return code == JB_OK || code == JB_ERROR_NOT_FOUND ? JB_OK : error_prefix(error, "removing '%s'", id->folder);
}

static json_t *entry_of(const struct backup_id *id, const char *reason, int *code, jb_error *error)
{
    json_t *entry = json_object();
    json_put_text(entry, "folder", id->folder, code, error);
    json_put_text(entry, "timestamp", id->timestamp, code, error);
    json_put_text(entry, "reason", reason, code, error);
    return entry;
}

static int rotate(const struct candidates *candidates, char **account, jb_error *error)
{
    json_t *kept = json_array();
    json_t *removed = json_array();
    int code = JB_OK;
    size_t keep = candidates->options->keep;
    for (size_t i = 0; code == JB_OK && i < candidates->count; i++) {
        const struct candidate *candidate = &candidates->items[i];
        if (!candidate->deleting && keep > 0) {
            const char *reason = keep-- == candidates->options->keep ? "newest" : "within the number to keep";
            json_append(kept, entry_of(&candidate->id, reason, &code, error), &code, error);
            continue;
        }
        const char *reason = candidate->deleting ? "its removal was begun before" : "older than those to keep";
        bool protected = false;
        jb_error why = JB_ERROR_INIT;
        code = remove_one(candidates, &candidate->id, &protected, &why);
        if (code != JB_OK)
            error_copy(error, &why);
        json_append(protected ? kept : removed, entry_of(&candidate->id, protected ? why.text : reason, &code, error),
                    &code, error);
    }
    json_t *result = json_object();
    json_put(result, "kept", kept, &code, error);
    json_put(result, "removed", removed, &code, error);
    json_put(result, "dry_run", json_boolean(candidates->options->dry_run), &code, error);
    if (code == JB_OK && account != NULL)
        code = json_text(result, account, error);
    json_decref(result);
    return code;
}

int jb_rotate(jb_store *store, jb_operation *operation, const jb_rotate_options *options, char **account,
              jb_error *error)
{
    jb_error own = JB_ERROR_INIT;
    if (error == NULL)
        error = &own;
    if (options == NULL || options->size != sizeof *options)
        return error_set(error, JB_ERROR_USAGE, "jb_rotate_options is missing or of another size");
    if (options->keep < 1) {
        error_set(error, JB_ERROR_USAGE, "at least 1 backup must be kept");
        return error_hint(error, "the newest complete backup is never removed by rotation");
    }
    int code = backup_name_check(options->name, error);
    if (code == JB_OK && options->mode != NULL)
        code = backup_mode_check(options->mode, error);
    if (code != JB_OK)
        return code;
    struct candidates candidates = {.store = store, .operation = operation, .options = options};
    code = folder_list(store, operation, options->bucket, options->name, consider, &candidates, error);
    if (code == JB_OK && candidates.count > 0)
        qsort(candidates.items, candidates.count, sizeof *candidates.items, newest_first);
    if (code == JB_OK)
        code = rotate(&candidates, account, error);
    free(candidates.items);
    return code;
}
