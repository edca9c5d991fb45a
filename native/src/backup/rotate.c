#include <stdlib.h>
#include <string.h>

#include "../codec/json.h"
#include "find.h"
#include "keep.h"
#include "old.h"

struct candidate {
    struct backup_id id;
    bool deleting; /* a removal of it was begun and cut off */
    bool damaged;  /* so its record says */
};

struct candidates {
    jb_store *store;
    jb_operation *operation;
    const jb_rotate_options *options;
    struct candidate *items;
    size_t count;
    size_t capacity;
    size_t others; /* backups of the name in another mode */
};

static const char *mode_of(const jb_rotate_options *options)
{
    return options->mode == NULL ? "auto" : options->mode;
}

/* Only what is complete, or half removed, takes part. */
static int judge(const struct candidates *candidates, const struct folder *folder, struct candidate *candidate,
                 bool *takes_part, jb_error *error)
{
    const char *bucket = candidates->options->bucket;
    struct seal seal;
    *candidate = (struct candidate){.id = folder->id};
    *takes_part = !folder->has_seal && old_is_complete(folder);
    if (!folder->has_seal)
        return JB_OK;
    int code = seal_read(candidates->store, candidates->operation, bucket, &folder->id, &seal, error);
    if (seal_is_unreadable(code) || code == JB_ERROR_NOT_FOUND)
        return JB_OK; /* damaged ones are left for a person to look at */
    if (code != JB_OK)
        return code;
    candidate->deleting = strcmp(seal_state(&seal), "deleting") == 0;
    *takes_part = candidate->deleting || strcmp(seal_state(&seal), "complete") == 0;
    char when[CLOCK_UTC_SIZE];
    if (*takes_part && folder->has_verified)
        code = verified_damaged(candidates->store, candidates->operation, bucket, &folder->id,
                                json_member_text(seal.document, "owner"), &candidate->damaged, when, error);
    seal_clean_up(&seal);
    return code;
}

static int consider(void *context, const struct folder *folder, jb_error *error)
{
    struct candidates *candidates = context;
    if (strcmp(folder->id.mode, mode_of(candidates->options)) != 0) {
        candidates->others++;
        return JB_OK;
    }
    struct candidate candidate;
    bool takes_part;
    int code = judge(candidates, folder, &candidate, &takes_part, error);
    if (code != JB_OK || !takes_part)
        return code;
    if (candidates->count == candidates->capacity) {
        size_t capacity = candidates->capacity == 0 ? 32 : candidates->capacity * 2;
        struct candidate *items = realloc(candidates->items, capacity * sizeof *items);
        if (items == NULL)
            return error_no_memory(error);
        candidates->items = items;
        candidates->capacity = capacity;
    }
    candidates->items[candidates->count++] = candidate;
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

/* `reasons` is not empty, and taken. */
static void enter(json_t *entries, const struct backup_id *id, json_t *reasons, int *code, jb_error *error)
{
    struct buffer all;
    buffer_init(&all, 1000);
    for (size_t i = 0; *code == JB_OK && i < json_array_size(reasons); i++)
        *code = buffer_printf(&all, error, "%s%s", i == 0 ? "" : ", ", json_string_value(json_array_get(reasons, i)));
    json_t *entry = json_object();
    json_put_text(entry, "folder", id->folder, code, error);
    json_put_text(entry, "timestamp", id->timestamp, code, error);
    if (*code == JB_OK)
        json_put_text(entry, "reason", all.data, code, error);
    json_put(entry, "reasons", reasons, code, error);
    json_append(entries, entry, code, error);
    buffer_clean_up(&all);
}

struct outcome {
    json_t *kept;
    json_t *removed;
};

static int rotate_one(const struct candidates *candidates, const struct candidate *candidate, struct keep_rules *rules,
                      const struct outcome *outcome, jb_error *error)
{
    json_t *reasons = NULL;
    int code = JB_OK;
    if (!candidate->deleting && candidate->damaged) {
        reasons = json_array();
        json_append(reasons, json_string("the last verification found it damaged"), &code, error);
    } else if (!candidate->deleting) {
        code = keep_ask(rules, &candidate->id, &reasons, error);
    }
    if (code != JB_OK)
        return code;
    if (json_array_size(reasons) > 0) {
        enter(outcome->kept, &candidate->id, reasons, &code, error);
        return code;
    }
    json_decref(reasons);
    bool protected = false;
    jb_error why = JB_ERROR_INIT;
    code = remove_one(candidates, &candidate->id, &protected, &why);
    if (code != JB_OK)
        return error_copy(error, &why);
    const char *reason = protected             ? why.text
                         : candidate->deleting ? "its removal was begun before"
                                               : "older than those to keep";
    reasons = json_array();
    json_append(reasons, json_string(reason), &code, error);
    enter(protected ? outcome->kept : outcome->removed, &candidate->id, reasons, &code, error);
    return code;
}

static int rotate(const struct candidates *candidates, struct keep_rules *rules, char **account, jb_error *error)
{
    const struct outcome outcome = {.kept = json_array(), .removed = json_array()};
    int code = JB_OK;
    for (size_t i = 0; code == JB_OK && i < candidates->count; i++)
        code = rotate_one(candidates, &candidates->items[i], rules, &outcome, error);
    json_t *result = json_object();
    json_put(result, "kept", outcome.kept, &code, error);
    json_put(result, "removed", outcome.removed, &code, error);
    json_put(result, "dry_run", json_boolean(candidates->options->dry_run), &code, error);
    if (code == JB_OK && account != NULL)
        code = json_text(result, account, error);
    json_decref(result);
    return code;
}

/* A mistyped name or a forgotten mode is not taken for a rotation that has nothing to do. */
static void warn_of_none(const struct candidates *candidates)
{
    const jb_rotate_options *options = candidates->options;
    if (candidates->count > 0)
        return;
    const char *mode = mode_of(options);
    if (candidates->others == 0)
        operation_log(candidates->operation, JB_LOG_WARNING,
                      "there is no complete backup '%s' of mode %s in '%s', and none of that name in another mode",
                      options->name, mode, options->bucket);
    else
        operation_log(candidates->operation, JB_LOG_WARNING,
                      "there is no complete backup '%s' of mode %s in '%s'; there are %zu of mode %s", options->name,
                      mode, options->bucket, candidates->others, strcmp(mode, "auto") == 0 ? "manual" : "auto");
}

int jb_rotate(jb_store *store, jb_operation *operation, const jb_rotate_options *options, char **account,
              jb_error *error)
{
    jb_error own = JB_ERROR_INIT;
    if (error == NULL)
        error = &own;
    if (options == NULL || options->size != sizeof *options)
        return error_set(error, JB_ERROR_USAGE, "jb_rotate_options is missing or of another size");
    struct keep_rules rules;
    int code = keep_rules_init(&rules, options, error);
    if (code == JB_OK)
        code = backup_name_check(options->name, error);
    if (code == JB_OK && options->mode != NULL)
        code = backup_mode_check(options->mode, error);
    if (code != JB_OK)
        return code;
    struct candidates candidates = {.store = store, .operation = operation, .options = options};
    code = folder_list(store, operation, options->bucket, options->name, consider, &candidates, error);
    if (code == JB_OK && candidates.count > 0)
        qsort(candidates.items, candidates.count, sizeof *candidates.items, newest_first);
    if (code == JB_OK)
        warn_of_none(&candidates);
    if (code == JB_OK)
        code = rotate(&candidates, &rules, account, error);
    free(candidates.items);
    return code;
}
