/* A backup's life from its claim to its completion, as the engine drives it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/random.h"
#include "../codec/json.h"
#include "../stream/object.h"
#include "claim.h"
#include "folder.h"
#include "seal.h"

int claim_parse_environment(const char *text, json_t **environment, jb_error *error)
{
    if (text == NULL) {
        *environment = json_object();
        return *environment != NULL ? JB_OK : error_no_memory(error);
    }
    int code = json_parse(text, strlen(text), "the environment", environment, error);
    if (code != JB_OK)
        return code;
    bool good = json_is_object(*environment);
    const char *name;
    json_t *value;
    if (good)
        json_object_foreach(*environment, name, value) good = good && json_is_string(value);
    if (good)
        return JB_OK;
    json_decref(*environment);
    return error_set(error, JB_ERROR_USAGE, "the environment is no JSON object of texts");
}

int claim_check_name(const jb_backup_name *name, jb_error *error)
{
    if (name == NULL || name->size != sizeof *name)
        return error_set(error, JB_ERROR_USAGE, "jb_backup_name is missing or of another size");
    return store_check_names(name->bucket, NULL, error);
}

int claim_id(const jb_backup_name *name, struct backup_id *id, jb_error *error)
{
    int code = claim_check_name(name, error);
    if (code != JB_OK)
        return code;
    char minute[CLOCK_TIMESTAMP_SIZE];
    clock_format_timestamp(clock_now() / 60 * 60, minute);
    bool given = name->timestamp != NULL && name->timestamp[0] != '\0';
    return backup_id_set(id, name->name, given ? name->timestamp : minute, name->mode == NULL ? "manual" : name->mode,
                         error);
}

static json_t *first_document(const struct backup_id *id, const char *owner, json_t *environment, int *code,
                              jb_error *error)
{
    char now[CLOCK_UTC_SIZE];
    clock_format_utc(clock_now(), now);
    json_t *document = json_object();
    json_put_text(document, "format", SEAL_FORMAT, code, error);
    json_put_text(document, "state", "running", code, error);
    json_put_text(document, "name", id->name, code, error);
    json_put_text(document, "timestamp", id->timestamp, code, error);
    json_put_text(document, "mode", id->mode, code, error);
    json_put_text(document, "owner", owner, code, error);
    json_put_text(document, "created", now, code, error);
    json_put_text(document, "tool", "jpsbackup " JPSBACKUP_VERSION, code, error);
    json_put(document, "environment", environment, code, error);
    json_put(document, "objects", json_array(), code, error);
    return document;
}

int claim_text(const struct backup_id *id, const char *owner, json_t *objects, char **claim, jb_error *error)
{
    int code = JB_OK;
    json_t *json = json_object();
    json_put_text(json, "name", id->name, &code, error);
    json_put_text(json, "timestamp", id->timestamp, &code, error);
    json_put_text(json, "mode", id->mode, &code, error);
    json_put_text(json, "folder", id->folder, &code, error);
    json_put_text(json, "owner", owner, &code, error);
    json_put(json, "objects", json_incref(objects), &code, error);
    if (code == JB_OK)
        code = json_text(json, claim, error);
    json_decref(json);
    return code;
}

/* A folder without a seal may be an old backup: nothing is put beside its files. */
static int refuse_used_folder(jb_store *store, jb_operation *operation, const char *bucket, const struct backup_id *id,
                              jb_error *error)
{
    struct folder folder;
    int code = folder_read(store, operation, bucket, id, &folder, error);
    if (code == JB_ERROR_NOT_FOUND)
        return JB_OK;
    if (code != JB_OK)
        return code;
    error_set(error, JB_ERROR_CONFLICT, "the backup '%s' exists already in '%s'", id->folder, bucket);
    return error_hint(error, "wait a minute, or choose another name or timestamp; nothing was changed");
}

int claim_begin(jb_store *store, jb_operation *operation, const jb_backup_name *name, const char *environment_text,
                json_t *plan, char **claim, jb_error *error)
{
    struct backup_id id;
    json_t *environment;
    int code = claim_id(name, &id, error);
    if (code == JB_OK)
        code = claim_parse_environment(environment_text, &environment, error);
    if (code != JB_OK)
        return code;
    char owner[33];
    random_name(owner);
    struct seal seal = {.document = first_document(&id, owner, environment, &code, error)};
    if (plan != NULL)
        json_put(seal.document, CLAIM_PLAN, json_incref(plan), &code, error);
    if (code == JB_OK)
        code = jb_store_make_bucket(store, operation, name->bucket, error);
    if (code == JB_OK)
        code = refuse_used_folder(store, operation, name->bucket, &id, error);
    if (code == JB_OK)
        code = seal_write(store, operation, name->bucket, &id, &seal, true, error);
    if (code == JB_OK && claim != NULL)
        code = claim_text(&id, owner, json_object_get(seal.document, "objects"), claim, error);
    seal_clean_up(&seal);
    return code;
}

int jb_backup_begin(jb_store *store, jb_operation *operation, const jb_backup_name *name, const char *environment,
                    bool resume, char **claim, jb_error *error)
{
    jb_error own = JB_ERROR_INIT;
    if (error == NULL)
        error = &own;
    return resume ? claim_resume(store, operation, name, environment, NULL, NULL, claim, error)
                  : claim_begin(store, operation, name, environment, NULL, claim, error);
}

/* Reads the claim's seal and makes sure that it is still this claim's and running. */
static int open_claim(jb_store *store, jb_operation *operation, const char *bucket, const char *claim,
                      struct backup_id *id, struct seal *seal, jb_error *error)
{
    if (claim == NULL)
        return error_set(error, JB_ERROR_USAGE, "the claim is missing");
    json_t *json;
    int code = json_parse(claim, strlen(claim), "the claim", &json, error);
    if (code != JB_OK)
        return code;
    const char *owner = json_member_text(json, "owner");
    code = backup_id_set(id, json_member_text(json, "name"), json_member_text(json, "timestamp"),
                         json_member_text(json, "mode"), error);
    if (code == JB_OK && owner == NULL)
        code = error_set(error, JB_ERROR_USAGE, "the claim has no owner");
    if (code == JB_OK)
        code = seal_read(store, operation, bucket, id, seal, error);
    if (code == JB_OK &&
        (strcmp(seal_state(seal), "running") != 0 || strcmp(json_member_text(seal->document, "owner"), owner) != 0)) {
        code = error_set(error, JB_ERROR_CONFLICT,
                         "the backup '%s' is no longer this claim's: somebody else completed, removed or took it over",
                         id->folder);
        seal_clean_up(seal);
    }
    json_decref(json);
    return code;
}

/* Does the store hold the object as its account says? */
static int confirm_object(jb_store *store, jb_operation *operation, const char *bucket, const struct backup_id *id,
                          const json_t *json, uint64_t *bytes, jb_error *error)
{
    struct object object;
    int code = object_from_json(json, &object, error);
    if (code != JB_OK)
        return code;
    code = folder_confirm_object(store, operation, bucket, id, &object, error);
    if (code == JB_ERROR_VERIFY)
        error_hint(error, "put it again before the backup is completed");
    *bytes += object.bytes + (object.index != NULL ? object.index->bytes : 0);
    object_clean_up(&object);
    return code;
}

static bool is_among(const json_t *objects, const char *name)
{
    for (size_t i = 0; i < json_array_size(objects); i++) {
        const char *other = json_member_text(json_array_get(objects, i), "name");
        if (other != NULL && strcmp(name, other) == 0)
            return true;
    }
    return false;
}

/* What a resumption kept belongs to the backup, also where the caller does not name it. */
static int add_kept(json_t *objects, const json_t *kept, jb_error *error)
{
    int code = JB_OK;
    for (size_t i = 0; i < json_array_size(kept) && json_is_array(objects); i++) {
        json_t *object = json_array_get(kept, i);
        const char *name = json_member_text(object, "name");
        if (name != NULL && !is_among(objects, name))
            json_append(objects, json_incref(object), &code, error);
    }
    return code;
}

static bool same_text(const char *left, const char *right)
{
    return left != NULL && right != NULL && strcmp(left, right) == 0;
}

/* Of the same name, or one of them of that of the other's index. */
static bool same_keys(const json_t *left, const json_t *right)
{
    const char *left_name = json_member_text(left, "name"), *right_name = json_member_text(right, "name");
    return same_text(left_name, right_name) ||
           same_text(left_name, json_member_text(json_object_get(right, "index"), "name")) ||
           same_text(right_name, json_member_text(json_object_get(left, "index"), "name"));
}

static int confirm_objects(jb_store *store, jb_operation *operation, const char *bucket, const struct backup_id *id,
                           const json_t *objects, uint64_t *bytes, jb_error *error)
{
    if (!json_is_array(objects) || json_array_size(objects) == 0)
        return error_set(error, JB_ERROR_USAGE, "a backup needs at least one object");
    for (size_t i = 0; i < json_array_size(objects); i++) {
        const char *name = json_member_text(json_array_get(objects, i), "name");
        if (name != NULL && folder_keeps_name(name))
            return error_set(error, JB_ERROR_USAGE, "an object of a backup cannot have the name '%.100s'", name);
        for (size_t j = 0; j < i; j++)
            if (same_keys(json_array_get(objects, i), json_array_get(objects, j)))
                return error_set(error, JB_ERROR_USAGE, "the object '%s' is named twice", name);
        int code = confirm_object(store, operation, bucket, id, json_array_get(objects, i), bytes, error);
        if (code != JB_OK)
            return code;
    }
    return JB_OK;
}

int jb_backup_complete(jb_store *store, jb_operation *operation, const char *bucket, const char *claim,
                       const char *objects_text, char **account, jb_error *error)
{
    jb_error own = JB_ERROR_INIT;
    if (error == NULL)
        error = &own;
    struct backup_id id;
    struct seal seal;
    json_t *objects = NULL;
    uint64_t bytes = 0;
    if (objects_text == NULL)
        return error_set(error, JB_ERROR_USAGE, "the objects are missing");
    int code = open_claim(store, operation, bucket, claim, &id, &seal, error);
    if (code != JB_OK)
        return code;
    code = json_parse(objects_text, strlen(objects_text), "the list of objects", &objects, error);
    if (code == JB_OK)
        code = add_kept(objects, json_object_get(seal.document, "objects"), error);
    if (code == JB_OK)
        code = confirm_objects(store, operation, bucket, &id, objects, &bytes, error);
    char now[CLOCK_UTC_SIZE];
    clock_format_utc(clock_now(), now);
    json_object_del(seal.document, CLAIM_PLAN);
    json_put_text(seal.document, "state", "complete", &code, error);
    json_put_text(seal.document, "completed", now, &code, error);
    json_put_count(seal.document, "size", bytes, &code, error);
    if (code == JB_OK)
        json_put(seal.document, "objects", json_incref(objects), &code, error);
    if (code == JB_OK)
        code = seal_write(store, operation, bucket, &id, &seal, false, error);
    if (code == JB_OK) {
        /* From here on the backup is complete; what is left over of its running is only tidied away. */
        folder_remove_alive(store, operation, bucket, &id);
        folder_abort_uploads(store, operation, bucket, &id);
        if (account != NULL)
            code = json_text(seal.document, account, error);
    }
    json_decref(objects);
    seal_clean_up(&seal);
    return code;
}

int jb_backup_discard(jb_store *store, jb_operation *operation, const char *bucket, const char *claim, jb_error *error)
{
    jb_error own = JB_ERROR_INIT;
    if (error == NULL)
        error = &own;
    struct backup_id id;
    struct seal seal;
    int code = open_claim(store, operation, bucket, claim, &id, &seal, error);
    if (code != JB_OK)
        return code;
    code = folder_remove(store, operation, bucket, &id, &seal, NULL, error);
    seal_clean_up(&seal);
    return code;
}
