#include "find.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../codec/json.h"
#include "old.h"

#define HINT_OBJECTS_MAX 4u

void backup_clean_up(struct backup *backup)
{
    json_decref(backup->document);
    *backup = (struct backup){0};
}

const char *backup_state(jb_store *store, jb_operation *operation, const struct folder *folder, const struct seal *seal)
{
    if (!folder->has_seal)
        return "old";
    if (seal == NULL)
        return "damaged";
    const char *state = seal_state(seal);
    if (strcmp(state, "running") != 0)
        return state;
    return store_clock(store, operation) - folder->modified > SEAL_ABANDONED_SECONDS ? "abandoned" : state;
}

/* One of the backups of a name. */
struct candidate {
    char timestamp[CLOCK_TIMESTAMP_SIZE];
    char mode[sizeof((struct backup_id *)NULL)->mode];
    bool has_seal;
    bool has_verified;
};

struct candidates {
    const char *mode; /* NULL: either */
    struct candidate *items;
    size_t count;
    size_t capacity;
};

static int collect(void *context, const struct folder *folder, jb_error *error)
{
    struct candidates *candidates = context;
    if ((candidates->mode != NULL && strcmp(folder->id.mode, candidates->mode) != 0) ||
        (!folder->has_seal && !old_is_complete(folder)))
        return JB_OK;
    if (candidates->count == candidates->capacity) {
        size_t capacity = candidates->capacity * 2 + 32;
        struct candidate *items = realloc(candidates->items, capacity * sizeof *items);
        if (items == NULL)
            return error_no_memory(error);
        candidates->items = items;
        candidates->capacity = capacity;
    }
    struct candidate *candidate = &candidates->items[candidates->count++];
    memcpy(candidate->timestamp, folder->id.timestamp, sizeof candidate->timestamp);
    memcpy(candidate->mode, folder->id.mode, sizeof candidate->mode);
    candidate->has_seal = folder->has_seal;
    candidate->has_verified = folder->has_verified;
    return JB_OK;
}

/* Timestamps compare as texts; equal ones (manual and auto of one minute) by mode, so that the choice is the same every
 * time. */
static int newest_first(const void *left, const void *right)
{
    const struct candidate *a = left, *b = right;
    int order = strcmp(b->timestamp, a->timestamp);
    return order != 0 ? order : strcmp(b->mode, a->mode);
}

int backup_seal_trouble(int code, jb_error *error)
{
    if (code != JB_ERROR_FORMAT)
        return code;
    error->code = JB_ERROR_VERIFY;
    if (error->hint[0] == '\0')
        error_hint(error, "choose another backup; one with a damaged seal is removed by 'rm --name … --damaged'");
    return JB_ERROR_VERIFY;
}

/* Whoever gets the newest is told where it may not be what it was. That its record cannot be read says nothing. */
static void warn_of_damage(jb_store *store, jb_operation *operation, const char *bucket, const struct backup_id *id,
                           const struct seal *seal)
{
    bool damaged;
    char when[CLOCK_UTC_SIZE];
    jb_error ignored = JB_ERROR_INIT;
    if (verified_damaged(store, operation, bucket, id, json_member_text(seal->document, "owner"), &damaged, when,
                         &ignored) == JB_OK &&
        damaged)
        operation_log(operation, JB_LOG_WARNING, "the verification of %s found the backup '%s' damaged", when,
                      id->folder);
}

/* Whoever wants the newest is told that it is there, but not to be used. */
static int look_at(jb_store *store, jb_operation *operation, const char *bucket, const struct candidate *candidate,
                   struct backup *backup, bool *complete, jb_error *error)
{
    struct seal seal;
    jb_error trouble = JB_ERROR_INIT;
    const struct backup_id *id = &backup->id;
    int code = seal_read(store, operation, bucket, id, &seal, &trouble);
    *complete = false;
    if (seal_is_unreadable(code)) {
        operation_log(operation, JB_LOG_WARNING, "the backup '%s' is passed over: %s", id->folder, trouble.text);
        if (code == JB_ERROR_FORMAT && backup->passed_over[0] == '\0')
            memcpy(backup->passed_over, id->folder, sizeof backup->passed_over);
    }
    if (seal_is_unreadable(code) || code == JB_ERROR_NOT_FOUND)
        return JB_OK; /* damaged, or removed meanwhile */
    if (code != JB_OK)
        return error_copy(error, &trouble);
    *complete = strcmp(seal_state(&seal), "complete") == 0;
    if (*complete && candidate->has_verified)
        warn_of_damage(store, operation, bucket, id, &seal);
    seal_clean_up(&seal);
    return JB_OK;
}

static int find_latest(jb_store *store, jb_operation *operation, const jb_backup_name *name, struct backup *backup,
                       jb_error *error)
{
    struct candidates candidates = {.mode = name->mode};
    bool complete = false;
    int code = folder_list(store, operation, name->bucket, name->name, collect, &candidates, error);
    if (code == JB_OK && candidates.count > 0)
        qsort(candidates.items, candidates.count, sizeof *candidates.items, newest_first);
    for (size_t i = 0; code == JB_OK && !complete && i < candidates.count; i++) {
        const struct candidate *candidate = &candidates.items[i];
        code = backup_id_set(&backup->id, name->name, candidate->timestamp, candidate->mode, error);
        if (code == JB_OK && candidate->has_seal)
            code = look_at(store, operation, name->bucket, candidate, backup, &complete, error);
        else
            complete = true;
    }
    free(candidates.items);
    if (code != JB_OK || complete)
        return code;
    if (backup->passed_over[0] != '\0') {
        error_set(error, JB_ERROR_FORMAT, "the seal of the backup '%s' is damaged, and there is no older complete one",
                  backup->passed_over);
        return backup_seal_trouble(JB_ERROR_FORMAT, error);
    }
    error_set(error, JB_ERROR_NOT_FOUND, "there is no complete backup of the name '%s' in '%s'", name->name,
              name->bucket);
    return error_hint(error, "list the backups to see what there is");
}

/* With a timestamp but no mode: the one mode that is there. */
static int find_mode(jb_store *store, jb_operation *operation, const jb_backup_name *name, struct backup_id *id,
                     jb_error *error)
{
    static const char *const modes[] = {"manual", "auto"};
    for (size_t i = 0; i < 2; i++) {
        int code = backup_id_set(id, name->name, name->timestamp, name->mode != NULL ? name->mode : modes[i], error);
        if (code != JB_OK)
            return code;
        struct folder folder;
        if (name->mode != NULL)
            return JB_OK;
        code = folder_read(store, operation, name->bucket, id, &folder, error);
        if (code != JB_ERROR_NOT_FOUND)
            return code;
    }
    error_set(error, JB_ERROR_NOT_FOUND, "there is no backup '%s' of %s in '%s'", name->name, name->timestamp,
              name->bucket);
    return error_hint(error, "list the backups to see what there is");
}

static int refuse_unfinished(const struct backup *backup, const char *state, jb_error *error)
{
    error_set(error, JB_ERROR_STATE, "the backup '%s' is not complete but '%s'", backup->id.folder, state);
    return error_hint(error, "choose another one; an unfinished backup was never verified");
}

static int find_id(jb_store *store, jb_operation *operation, const jb_backup_name *name, struct backup *backup,
                   jb_error *error)
{
    if (name == NULL || name->size != sizeof *name)
        return error_set(error, JB_ERROR_USAGE, "jb_backup_name is missing or of another size");
    int code = store_check_names(name->bucket, NULL, error);
    if (code == JB_OK)
        code = backup_name_check(name->name, error);
    if (code == JB_OK && name->mode != NULL)
        code = backup_mode_check(name->mode, error);
    if (code != JB_OK)
        return code;
    bool latest = name->timestamp == NULL || name->timestamp[0] == '\0' || strcmp(name->timestamp, "latest") == 0;
    return latest ? find_latest(store, operation, name, backup, error)
                  : find_mode(store, operation, name, &backup->id, error);
}

/*
 * A complete backup that is named in full needs its seal alone: so those may read it who may not list its bucket.
 * Whatever else the seal is, or is not, the folder tells more.
 */
static bool find_complete(jb_store *store, jb_operation *operation, const jb_backup_name *name, struct backup *backup)
{
    struct seal seal;
    jb_error ignored = JB_ERROR_INIT;
    if (name->timestamp == NULL || name->mode == NULL ||
        seal_read(store, operation, name->bucket, &backup->id, &seal, &ignored) != JB_OK)
        return false;
    bool complete = strcmp(seal_state(&seal), "complete") == 0;
    if (complete)
        backup->document = json_incref(seal.document);
    seal_clean_up(&seal);
    return complete;
}

int backup_find(jb_store *store, jb_operation *operation, const jb_backup_name *name, bool unfinished,
                struct backup *backup, jb_error *error)
{
    *backup = (struct backup){0};
    struct folder folder;
    int code = find_id(store, operation, name, backup, error);
    if (code == JB_OK && find_complete(store, operation, name, backup))
        return JB_OK;
    if (code == JB_OK)
        code = folder_read(store, operation, name->bucket, &backup->id, &folder, error);
    if (code != JB_OK)
        return code;
    if (folder.has_seal) {
        struct seal seal;
        code = seal_read(store, operation, name->bucket, &backup->id, &seal, error);
        if (code != JB_OK)
            return backup_seal_trouble(code, error);
        backup->document = json_incref(seal.document);
        if (!unfinished && strcmp(seal_state(&seal), "complete") != 0)
            code = refuse_unfinished(backup, backup_state(store, operation, &folder, &seal), error);
        seal_clean_up(&seal);
    } else {
        backup->old = true;
        code = old_describe(store, operation, name->bucket, &backup->id, &backup->document, error);
        if (code == JB_OK && !unfinished && !old_is_complete(&folder))
            code = refuse_unfinished(backup, "an old one that lacks files", error);
    }
    if (code != JB_OK)
        backup_clean_up(backup);
    return code;
}

/* After an error that was just set: which objects there are. */
static int hint_objects(const json_t *objects, jb_error *error)
{
    char names[sizeof error->hint] = "";
    size_t used = 0, told = 0, count = json_array_size(objects);
    for (; told < count && told < HINT_OBJECTS_MAX; told++) {
        const char *name = json_member_text(json_array_get(objects, told), "name");
        size_t length = name != NULL ? strlen(name) : 0;
        if (length == 0 || length > (sizeof names - used) / 2)
            break;
        used += (size_t)snprintf(names + used, sizeof names - used, "%s'%s'", told > 0 ? ", " : "", name);
    }
    if (told == 0)
        return (int)error->code;
    return told < count ? error_hint(error, "name one of %s, and %zu more", names, count - told)
                        : error_hint(error, count > 1 ? "name one of %s" : "name %s, or none", names);
}

int backup_object(const struct backup *backup, const char *object, const json_t **description, jb_error *error)
{
    const json_t *objects = json_object_get(backup->document, "objects");
    if (object == NULL && json_array_size(objects) == 1) {
        *description = json_array_get(objects, 0);
        return JB_OK;
    }
    for (size_t i = 0; object != NULL && i < json_array_size(objects); i++) {
        *description = json_array_get(objects, i);
        const char *name = json_member_text(*description, "name");
        if (name != NULL && strcmp(name, object) == 0)
            return JB_OK;
    }
    if (object == NULL)
        error_set(error, JB_ERROR_USAGE, "the backup '%s' holds %zu objects; name the one to restore",
                  backup->id.folder, json_array_size(objects));
    else
        error_set(error, JB_ERROR_NOT_FOUND, "the backup '%s' holds no object '%s'", backup->id.folder, object);
    return hint_objects(objects, error);
}

int jb_backup_show(jb_store *store, jb_operation *operation, const jb_backup_name *name, bool unfinished,
                   char **account, jb_error *error)
{
    jb_error own = JB_ERROR_INIT;
    if (error == NULL)
        error = &own;
    struct backup backup;
    int code = backup_find(store, operation, name, unfinished, &backup, error);
    if (code != JB_OK)
        return code;
    if (account != NULL)
        code = json_text(backup.document, account, error);
    backup_clean_up(&backup);
    return code;
}
