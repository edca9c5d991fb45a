/* Taking over a backup that was interrupted, with what is complete of it. */
#include <stdlib.h>
#include <string.h>

#include "../base/random.h"
#include "../codec/json.h"
#include "../stream/alive.h"
#include "claim.h"
#include "find.h"

#define SIGNS_MAX 10000

struct resumption {
    jb_store *store;
    jb_operation *operation;
    const char *bucket;
    struct backup_id id;
    struct seal seal;
    json_t *told;  /* descriptions of what is said to be complete, the newest last */
    json_t *kept;  /* those that the store confirms */
    json_t *names; /* a set: what belongs to these in the folder */
};

struct newest {
    jb_store *store;
    jb_operation *operation;
    const jb_backup_name *name;
    bool found;
    struct backup_id id;
    bool running; /* one that is being made, or was cut off a moment ago */
    struct folder running_folder;
};

static int consider(void *context, const struct folder *folder, jb_error *error)
{
    struct newest *newest = context;
    const char *mode = newest->name->mode != NULL ? newest->name->mode : "manual";
    if (!folder->has_seal || strcmp(folder->id.mode, mode) != 0 ||
        (newest->found && strcmp(folder->id.timestamp, newest->id.timestamp) < 0))
        return JB_OK;
    struct seal seal;
    int code = seal_read(newest->store, newest->operation, newest->name->bucket, &folder->id, &seal, error);
    if (seal_is_unreadable(code) || code == JB_ERROR_NOT_FOUND)
        return JB_OK; /* damaged, or removed meanwhile */
    if (code != JB_OK)
        return code;
    const char *state = backup_state(newest->store, newest->operation, folder, &seal);
    if (strcmp(state, "abandoned") == 0) {
        newest->found = true;
        newest->id = folder->id;
    } else if (strcmp(state, "running") == 0) {
        newest->running = true;
        newest->running_folder = *folder;
    }
    seal_clean_up(&seal);
    return JB_OK;
}

static int refuse_state(const struct folder *folder, const char *state, jb_error *error)
{
    const char *name = folder->id.folder;
    if (strcmp(state, "running") != 0)
        return error_set(error, JB_ERROR_CONFLICT, "the backup '%s' cannot be resumed: it is '%s'", name, state);
    char last[CLOCK_UTC_SIZE], from[CLOCK_UTC_SIZE];
    clock_format_utc(folder->modified, last);
    clock_format_utc(folder->modified + SEAL_ABANDONED_SECONDS + 1, from);
    error_set(error, JB_ERROR_CONFLICT, "the backup '%s' is being made: its last sign of life was at %s", name, last);
    return error_hint(error, "if it was cut off, it can be resumed from %s on, by the store's clock", from);
}

/* The named backup, or the newest abandoned one of the name and mode. */
static int find_id(struct resumption *resumption, const jb_backup_name *name, jb_error *error)
{
    if (name->timestamp != NULL && name->timestamp[0] != '\0')
        return backup_id_set(&resumption->id, name->name, name->timestamp, name->mode == NULL ? "manual" : name->mode,
                             error);
    int code = backup_name_check(name->name, error);
    if (code == JB_OK && name->mode != NULL)
        code = backup_mode_check(name->mode, error);
    if (code != JB_OK)
        return code;
    struct newest newest = {.store = resumption->store, .operation = resumption->operation, .name = name};
    code = folder_list(resumption->store, resumption->operation, name->bucket, name->name, consider, &newest, error);
    resumption->id = newest.id;
    if (code != JB_OK || newest.found)
        return code;
    if (newest.running)
        return refuse_state(&newest.running_folder, "running", error);
    error_set(error, JB_ERROR_NOT_FOUND, "there is no abandoned backup of the name '%s' in '%s'", name->name,
              name->bucket);
    return error_hint(error, "a backup counts as abandoned after 15 minutes without a sign of life");
}

static int open_abandoned(struct resumption *resumption, jb_error *error)
{
    struct folder folder;
    int code =
        folder_read(resumption->store, resumption->operation, resumption->bucket, &resumption->id, &folder, error);
    if (code != JB_OK)
        return code;
    if (!folder.has_seal)
        return refuse_state(&folder, "old", error);
    code = seal_read(resumption->store, resumption->operation, resumption->bucket, &resumption->id, &resumption->seal,
                     error);
    if (code != JB_OK)
        return code;
    const char *state = backup_state(resumption->store, resumption->operation, &folder, &resumption->seal);
    return strcmp(state, "abandoned") == 0 ? JB_OK : refuse_state(&folder, state, error);
}

struct signs {
    size_t skip;
    json_t *keys;
    int code;
    jb_error error; /* why the listing was ended; the store has a text of its own for that */
};

static int collect_sign(void *context, const jb_object_info *info)
{
    struct signs *signs = context;
    if (strncmp(info->key + signs->skip, ALIVE_PREFIX, strlen(ALIVE_PREFIX)) != 0)
        return 0;
    if (json_array_size(signs->keys) == SIGNS_MAX)
        signs->code = error_set(&signs->error, JB_ERROR_LIMIT, "more than %d signs of life", SIGNS_MAX);
    else
        json_append(signs->keys, json_string(info->key), &signs->code, &signs->error);
    return signs->code != JB_OK;
}

/* What the seal and the signs of life tell. */
static int gather(struct resumption *resumption, jb_error *error)
{
    char prefix[STORE_KEY_MAX + 1];
    backup_key(&resumption->id, "", prefix, sizeof prefix);
    struct signs signs = {.skip = strlen(prefix), .keys = json_array(), .error = JB_ERROR_INIT};
    const jb_list_options listing = {.size = sizeof listing, .prefix = prefix};
    int code = jb_store_list(resumption->store, resumption->operation, resumption->bucket, &listing, collect_sign,
                             &signs, error);
    if (signs.code != JB_OK)
        code = error_copy(error, &signs.error);
    resumption->told = json_copy(json_object_get(resumption->seal.document, "objects"));
    if (code == JB_OK && resumption->told == NULL)
        code = error_no_memory(error);
    for (size_t i = 0; code == JB_OK && i < json_array_size(signs.keys); i++) {
        json_t *objects = NULL;
        code = alive_read(resumption->store, resumption->operation, resumption->bucket,
                          json_string_value(json_array_get(signs.keys, i)), &objects, error);
        if (code == JB_OK && json_array_extend(resumption->told, objects) != 0)
            code = error_no_memory(error);
        json_decref(objects);
    }
    json_decref(signs.keys);
    return code;
}

static void enter_segments(struct resumption *resumption, const struct object *object, int *code, jb_error *error)
{
    for (size_t i = 0; i < object->segment_count; i++)
        json_put(resumption->names, object->segments[i].name, json_true(), code, error);
}

/* Does the store hold all segments of the object and of its index? Enters them as belonging to it. */
static int confirm(struct resumption *resumption, const json_t *description, jb_error *error)
{
    struct object object;
    int code = object_from_json(description, &object, error);
    if (code != JB_OK)
        return code;
    if (folder_keeps_name(object.name))
        code = error_set(error, JB_ERROR_FORMAT, "an object cannot have the name '%s'", object.name);
    if (code == JB_OK)
        code = folder_confirm_object(resumption->store, resumption->operation, resumption->bucket, &resumption->id,
                                     &object, error);
    enter_segments(resumption, &object, &code, error);
    if (object.index != NULL)
        enter_segments(resumption, object.index, &code, error);
    object_clean_up(&object);
    return code;
}

static bool is_wrong(int code)
{
    return code == JB_ERROR_VERIFY || code == JB_ERROR_NOT_FOUND || code == JB_ERROR_FORMAT;
}

/* An object and, of a tree, its index. What cannot be confirmed is put anew. */
static int keep_confirmed(struct resumption *resumption, json_t *description, jb_error *error)
{
    const char *name = json_member_text(description, "name");
    if (name == NULL || json_object_get(resumption->names, name) != NULL)
        return JB_OK; /* told twice: the newer one counts */
    jb_error trouble = JB_ERROR_INIT;
    int code = confirm(resumption, description, &trouble);
    if (code == JB_OK && json_array_insert(resumption->kept, 0, description) != 0)
        return error_no_memory(error);
    if (!is_wrong(code))
        return code == JB_OK ? JB_OK : error_copy(error, &trouble);
    operation_log(resumption->operation, JB_LOG_WARNING, "'%s' of '%s' is put anew: %s", name, resumption->id.folder,
                  trouble.text);
    return JB_OK;
}

/* The store's own condition lets only one of several take it over, and ends the first owner's claim. */
static int take_over(struct resumption *resumption, const char *environment_text, const char *owner, jb_error *error)
{
    char now[CLOCK_UTC_SIZE];
    clock_format_utc(clock_now(), now);
    json_t *document = resumption->seal.document;
    json_t *environment = NULL;
    int code = JB_OK;
    if (environment_text != NULL)
        code = claim_parse_environment(environment_text, &environment, error);
    if (environment != NULL)
        json_put(document, "environment", environment, &code, error);
    json_put_text(document, "owner", owner, &code, error);
    json_put_text(document, "resumed", now, &code, error);
    if (code == JB_OK)
        json_put(document, "objects", json_incref(resumption->kept), &code, error);
    if (code == JB_OK)
        code = seal_write(resumption->store, resumption->operation, resumption->bucket, &resumption->id,
                          &resumption->seal, false, error);
    if (code == JB_ERROR_CONFLICT)
        error_prefix(error, "somebody else took the backup '%s' over or removed it", resumption->id.folder);
    return code;
}

static int resume(struct resumption *resumption, const char *environment, claim_check_fn check, void *context,
                  char **claim, jb_error *error)
{
    int code = open_abandoned(resumption, error);
    if (code == JB_OK)
        code = gather(resumption, error);
    for (size_t left = json_array_size(resumption->told); code == JB_OK && left > 0; left--)
        code = keep_confirmed(resumption, json_array_get(resumption->told, left - 1), error);
    if (code == JB_OK && check != NULL)
        code = check(context, json_object_get(resumption->seal.document, CLAIM_PLAN), resumption->kept, error);
    char owner[33];
    random_name(owner);
    if (code == JB_OK)
        code = take_over(resumption, environment, owner, error);
    if (code != JB_OK)
        return code;
    folder_abort_uploads(resumption->store, resumption->operation, resumption->bucket, &resumption->id);
    code = folder_remove_others(resumption->store, resumption->operation, resumption->bucket, &resumption->id,
                                resumption->names, error);
    return code == JB_OK && claim != NULL ? claim_text(&resumption->id, owner, resumption->kept, claim, error) : code;
}

int claim_resume(jb_store *store, jb_operation *operation, const jb_backup_name *name, const char *environment,
                 claim_check_fn check, void *context, char **claim, jb_error *error)
{
    int code = claim_check_name(name, error);
    if (code != JB_OK)
        return code;
    struct resumption resumption = {
        .store = store, .operation = operation, .bucket = name->bucket, .kept = json_array(), .names = json_object()};
    if (resumption.kept == NULL || resumption.names == NULL)
        code = error_no_memory(error);
    if (code == JB_OK)
        code = find_id(&resumption, name, error);
    if (code == JB_OK)
        code = resume(&resumption, environment, check, context, claim, error);
    seal_clean_up(&resumption.seal);
    json_decref(resumption.told);
    json_decref(resumption.kept);
    json_decref(resumption.names);
    return code;
}
