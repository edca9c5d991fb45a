/* A backup's removal: all that lies in its folder, in every version that the bucket keeps, the seal last. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/clock.h"
#include "../codec/json.h"
#include "../store/abort_uploads.h"
#include "folder.h"

#define BATCH_KEYS 1000 /* as stores take them */

enum selection {
    SELECT_ALIVE,       /* signs of life */
    SELECT_OBJECTS,     /* all but the seal, and but what is kept */
    SELECT_OLDER_SEALS, /* the seal's versions that nobody reads any more */
    SELECT_SEAL,
    SELECT_ALL,
};

/* One walk through a folder's objects, or through all their versions where the bucket keeps them. */
struct walk {
    jb_store *store;
    jb_operation *operation;
    const char *bucket;
    const struct backup_id *id;
    enum selection selection;
    const json_t *kept; /* of SELECT_OBJECTS: the names of what stays; NULL: none */
    int (*each)(struct walk *walk, const jb_object_info *info); /* fills walk->error */
    /* Of removals. */
    struct store_key keys[BATCH_KEYS];
    size_t count;
    jb_error error; /* the first failure; a listing that it ends has a text of its own */
};

static bool is_selected(const struct walk *walk, const jb_object_info *info)
{
    const char *object = info->key + strlen(walk->id->folder) + 1;
    bool seal = strcmp(object, SEAL_NAME) == 0;
    switch (walk->selection) {
    case SELECT_ALIVE:
        return strncmp(object, ALIVE_PREFIX, strlen(ALIVE_PREFIX)) == 0;
    case SELECT_OBJECTS:
        return !seal && json_object_get(walk->kept, object) == NULL;
    case SELECT_OLDER_SEALS:
        return seal && info->version[0] != '\0' && !info->is_latest;
    case SELECT_SEAL:
        return seal;
    case SELECT_ALL:
        break;
    }
    return true;
}

static int visit(void *context, const jb_object_info *info)
{
    struct walk *walk = context;
    return is_selected(walk, info) ? walk->each(walk, info) : 0;
}

static int walk_folder(struct walk *walk)
{
    char prefix[FOLDER_SIZE + 1];
    snprintf(prefix, sizeof prefix, "%s/", walk->id->folder);
    struct store_bucket_features features;
    jb_error problem = JB_ERROR_INIT;
    int code = store_bucket_features(walk->store, walk->operation, walk->bucket, &features, &problem);
    const jb_list_options listing = {.size = sizeof listing, .prefix = prefix, .versions = features.versioned};
    if (code == JB_OK)
        code = jb_store_list(walk->store, walk->operation, walk->bucket, &listing, visit, walk, &problem);
    bool batch_full = walk->count == BATCH_KEYS;
    if (code != JB_OK && walk->error.code == JB_OK && !batch_full)
        error_copy(&walk->error, &problem);
    return (int)walk->error.code;
}

static int remove_batch(struct walk *walk)
{
    int code = (int)walk->error.code;
    if (code == JB_OK && walk->count > 0)
        code = store_remove(walk->store, walk->operation, walk->bucket, walk->keys, walk->count, &walk->error);
    for (size_t i = 0; i < walk->count; i++) {
        free((char *)(uintptr_t)walk->keys[i].key);
        free((char *)(uintptr_t)walk->keys[i].version);
    }
    walk->count = 0;
    return code;
}

static int collect(struct walk *walk, const jb_object_info *info)
{
    struct store_key *key = &walk->keys[walk->count];
    *key = (struct store_key){.key = strdup(info->key),
                              .version = info->version[0] != '\0' ? strdup(info->version) : NULL};
    walk->count++;
    if (key->key == NULL || (info->version[0] != '\0' && key->version == NULL))
        return error_no_memory(&walk->error);
    return walk->count == BATCH_KEYS; /* ends the listing */
}

/* A store that goes on listing what it has removed would be asked for ever. */
static void refuse_same(struct walk *walk, char *first, size_t size)
{
    if (walk->count == 0 || walk->error.code != JB_OK)
        return;
    char now[STORE_KEY_MAX + JB_VERSION_SIZE + 1];
    snprintf(now, sizeof now, "%s %s", walk->keys[0].key, walk->keys[0].version != NULL ? walk->keys[0].version : "");
    if (strcmp(now, first) == 0)
        error_set(&walk->error, JB_ERROR_VERIFY, "the store still lists '%s/%s' after it was removed", walk->bucket,
                  walk->keys[0].key);
    snprintf(first, size, "%s", now);
}

static int remove_selected(jb_store *store, jb_operation *operation, const char *bucket, const struct backup_id *id,
                           enum selection selection, const json_t *kept, jb_error *error)
{
    struct walk *walk = calloc(1, sizeof *walk);
    if (walk == NULL)
        return error_no_memory(error);
    *walk = (struct walk){.store = store,
                          .operation = operation,
                          .bucket = bucket,
                          .id = id,
                          .selection = selection,
                          .kept = kept,
                          .each = collect,
                          .error = JB_ERROR_INIT};
    /* A batch is removed only when its listing has ended: some stores skip entries where a listing goes on after what
       it showed is gone. */
    bool more;
    int code;
    char first[STORE_KEY_MAX + JB_VERSION_SIZE + 1] = "";
    do {
        walk_folder(walk);
        more = walk->count == BATCH_KEYS;
        refuse_same(walk, first, sizeof first);
        code = remove_batch(walk);
    } while (code == JB_OK && more);
    if (code != JB_OK)
        error_copy(error, &walk->error);
    free(walk);
    return code;
}

void folder_remove_alive(jb_store *store, jb_operation *operation, const char *bucket, const struct backup_id *id)
{
    jb_error error = JB_ERROR_INIT;
    if (remove_selected(store, operation, bucket, id, SELECT_ALIVE, NULL, &error) != JB_OK)
        operation_log(operation, JB_LOG_WARNING, "left in place below '%s/%s': %s", bucket, id->folder, error.text);
}

int folder_remove_others(jb_store *store, jb_operation *operation, const char *bucket, const struct backup_id *id,
                         const json_t *kept, jb_error *error)
{
    return remove_selected(store, operation, bucket, id, SELECT_OBJECTS, kept, error);
}

void folder_abort_uploads(jb_store *store, jb_operation *operation, const char *bucket, const struct backup_id *id)
{
    char prefix[FOLDER_SIZE + 1];
    jb_error error = JB_ERROR_INIT;
    json_t *aborted = json_array();
    backup_key(id, "", prefix, sizeof prefix);
    const struct abort_request request = {.bucket = bucket, .prefix = prefix, .before = INT64_MAX};
    if (abort_uploads(store, operation, &request, aborted, &error) != JB_OK)
        operation_log(operation, JB_LOG_INFO, "cannot tell whether uploads are left below '%s/%s': %s", bucket,
                      id->folder, error.text);
    json_decref(aborted);
}

static int refuse_protected(struct walk *walk, const jb_object_info *info)
{
    if (info->is_marker)
        return 0;
    const struct store_key key = {.key = info->key, .version = info->version[0] != '\0' ? info->version : NULL};
    jb_protection protection;
    int code = store_protection(walk->store, walk->operation, walk->bucket, &key, &protection, &walk->error);
    if (code != JB_OK)
        return code;
    if (protection.legal_hold) {
        error_set(&walk->error, JB_ERROR_CONFLICT, "'%s/%s' is under a legal hold", walk->bucket, info->key);
        return error_hint(&walk->error, "it stays until the hold is taken away");
    }
    if (protection.retention == JB_RETENTION_NONE || protection.until <= clock_now())
        return 0;
    char until[CLOCK_UTC_SIZE];
    clock_format_utc(protection.until, until);
    error_set(&walk->error, JB_ERROR_CONFLICT, "'%s/%s' is protected until %s", walk->bucket, info->key, until);
    return error_hint(&walk->error, "it stays until then");
}

int folder_refuse_protected(jb_store *store, jb_operation *operation, const char *bucket, const struct backup_id *id,
                            jb_error *error)
{
    struct store_bucket_features features;
    int code = store_bucket_features(store, operation, bucket, &features, error);
    if (code != JB_OK || !features.lockable)
        return code;
    struct walk *walk = calloc(1, sizeof *walk);
    if (walk == NULL)
        return error_no_memory(error);
    *walk = (struct walk){.store = store,
                          .operation = operation,
                          .bucket = bucket,
                          .id = id,
                          .selection = SELECT_ALL,
                          .each = refuse_protected,
                          .error = JB_ERROR_INIT};
    code = walk_folder(walk);
    if (code != JB_OK)
        error_copy(error, &walk->error);
    free(walk);
    return code;
}

static int remove_all(jb_store *store, jb_operation *operation, const char *bucket, const struct backup_id *id,
                      bool has_seal, const jb_catalog *catalog, jb_error *error)
{
    int code = JB_OK;
    if (catalog != NULL)
        code = jb_catalog_remove(catalog, operation, id->name, id->timestamp, id->mode, error);
    /* Before the objects, for an upload that is completed meanwhile would leave one behind; and while there is a seal,
       for without one gc does not look here. */
    if (code == JB_OK && has_seal)
        folder_abort_uploads(store, operation, bucket, id);
    if (code == JB_OK)
        code = remove_selected(store, operation, bucket, id, SELECT_OBJECTS, NULL, error);
    /* The older first: were the newest one gone, a seal that says "complete" would come to light again. */
    if (code == JB_OK && has_seal)
        code = remove_selected(store, operation, bucket, id, SELECT_OLDER_SEALS, NULL, error);
    if (code == JB_OK && has_seal)
        code = remove_selected(store, operation, bucket, id, SELECT_SEAL, NULL, error);
    return code;
}

int folder_remove(jb_store *store, jb_operation *operation, const char *bucket, const struct backup_id *id,
                  struct seal *seal, const jb_catalog *catalog, jb_error *error)
{
    int code = folder_refuse_protected(store, operation, bucket, id, error);
    if (code == JB_OK && seal != NULL && strcmp(seal_state(seal), "deleting") != 0) {
        json_put_text(seal->document, "state", "deleting", &code, error);
        if (code == JB_OK)
            code = seal_write(store, operation, bucket, id, seal, false, error);
    }
    return code == JB_OK ? remove_all(store, operation, bucket, id, seal != NULL, catalog, error) : code;
}

int folder_remove_damaged(jb_store *store, jb_operation *operation, const char *bucket, const struct backup_id *id,
                          const jb_catalog *catalog, jb_error *error)
{
    int code = folder_refuse_protected(store, operation, bucket, id, error);
    return code == JB_OK ? remove_all(store, operation, bucket, id, true, catalog, error) : code;
}
