#include "restore.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../codec/json.h"

#define PATH_SIZE 4096

/* *begun: the journal holds something of this call, so that its failure has something to undo. */
static int stage(jb_store *store, struct restore *restore, struct swap *swap, json_t **account, bool *begun,
                 jb_error *error)
{
    const char *target = restore->options->target;
    char staging[PATH_SIZE];
    struct tar_counts counts = {0};
    int code = swap_may_stage(swap, error);
    *begun = code == JB_OK;
    if (code == JB_OK)
        code = swap_stage(swap, restore->operation, target, restore->kind, staging, sizeof staging, error);
    if (code == JB_OK)
        code = restore_fill(store, restore, staging, &counts, error);
    /* An archive brings owner and mode of the tree itself; all else looks like what it replaces. */
    if (code == JB_OK)
        code = swap_staged(swap, restore->operation, target, !restore->tree && !restore->owner.given, error);
    if (code != JB_OK)
        return code;
    json_t *json = restore_account(restore, &code, error);
    json_put_text(json, "staging", staging, &code, error);
    json_put_count(json, "files", counts.files, &code, error);
    json_put(json, "verified", json_boolean(!restore->backup.old), &code, error);
    *account = json;
    return code;
}

/* *account, which may be set in either case, is the caller's to free. */
static int restore_stage(jb_store *store, jb_operation *operation, const jb_restore_options *options, json_t **account,
                         bool *begun, jb_error *error)
{
    struct restore restore;
    int code = restore_open(store, operation, options, &restore, error);
    if (code != JB_OK)
        return code;
    struct restore_room room;
    struct swap *swap;
    code = restore_check_room(&restore, &room, error);
    if (code == JB_OK)
        code = swap_open(options->journal, &swap, error);
    if (code == JB_OK) {
        code = stage(store, &restore, swap, account, begun, error);
        swap_close(swap);
    }
    restore_clean_up(&restore);
    return code;
}

int jb_restore_stage(jb_store *store, jb_operation *operation, const jb_restore_options *options, char **account,
                     jb_error *error)
{
    jb_error own = JB_ERROR_INIT;
    if (error == NULL)
        error = &own;
    json_t *json = NULL;
    bool begun;
    if (options != NULL && options->size == sizeof *options && options->in_place)
        return error_set(error, JB_ERROR_USAGE, "a restore in place has no staging");
    int code = restore_stage(store, operation, options, &json, &begun, error);
    if (code == JB_OK && account != NULL)
        code = json_text(json, account, error);
    json_decref(json);
    return code;
}

/* Brings the old state back after a failure, whatever it was: also when cancelled. */
static int undo_failed(const char *journal, int code, jb_error *error)
{
    jb_error undo = JB_ERROR_INIT;
    if (jb_restore_undo(NULL, journal, NULL, &undo) == JB_OK)
        return code;
    char text[sizeof error->text];
    memcpy(text, error->text, sizeof text);
    error_set(error, (jb_code)code, "%.350s; and the old state is not back: %.350s", text, undo.text);
    return error_hint(error, "run the undo step with the journal '%s'", journal);
}

static int commit(jb_operation *operation, const jb_restore_options *options, jb_error *error)
{
    int code = jb_restore_commit(operation, options->journal, options->keep_old, NULL, error);
    if (code == JB_OK)
        return JB_OK;
    error_prefix(error, "'%s' is restored, but its old content is not %s", options->target,
                 options->keep_old ? "in its place" : "removed");
    return error_hint(error, "remove the cause, then run the commit step with the journal '%s'", options->journal);
}

/* The staging has become the target; in its place stands what the target was, where that was to stay. */
static void name_old(json_t *account, int *code, jb_error *error)
{
    const char *staging = json_member_text(account, "staging");
    char old[PATH_SIZE];
    snprintf(old, sizeof old, "%.*s/old", (int)(strrchr(staging, '/') - staging), staging);
    json_object_del(account, "staging");
    if (access(old, F_OK) == 0)
        json_put_text(account, "old", old, code, error);
}

static int stage_and_swap(jb_store *store, jb_operation *operation, const jb_restore_options *options, json_t **account,
                          jb_error *error)
{
    bool begun = false;
    int code = restore_stage(store, operation, options, account, &begun, error);
    if (code == JB_OK)
        code = jb_restore_swap(operation, options->journal, NULL, error);
    /* A journal that was not this call's to change may be another restore's, which stays as it is. */
    if (code != JB_OK && begun)
        undo_failed(options->journal, code, error);
    if (code == JB_OK)
        code = commit(operation, options, error);
    if (code == JB_OK)
        name_old(*account, &code, error);
    return code;
}

static int put_in_place(jb_store *store, jb_operation *operation, const jb_restore_options *options, json_t **account,
                        jb_error *error)
{
    if (options->keep_old)
        return error_set(error, JB_ERROR_USAGE, "a restore in place cannot keep the old content");
    struct restore restore;
    int code = restore_open(store, operation, options, &restore, error);
    if (code != JB_OK)
        return code;
    code = restore_in_place(store, &restore, account, error);
    restore_clean_up(&restore);
    return code;
}

int jb_restore(jb_store *store, jb_operation *operation, const jb_restore_options *options, char **account,
               jb_error *error)
{
    jb_error own = JB_ERROR_INIT;
    if (error == NULL)
        error = &own;
    json_t *json = NULL;
    bool in_place = options != NULL && options->size == sizeof *options && options->in_place;
    int code = in_place ? put_in_place(store, operation, options, &json, error)
                        : stage_and_swap(store, operation, options, &json, error);
    if (code == JB_OK && account != NULL)
        code = json_text(json, account, error);
    json_decref(json);
    return code;
}
