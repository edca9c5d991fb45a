#include <stdio.h>
#include <stdlib.h>

#include "../codec/json.h"
#include "restore.h"

/* Room for directories, journals and the file system's own needs. */
#define SPACE_MARGIN_BYTES ((uint64_t)64 << 20)
#define PATH_SIZE          4096

int restore_check_space(const struct restore *restore, uint64_t *bytes_free, jb_error *error)
{
    int code = swap_space(restore->options->target, bytes_free, error);
    uint64_t needed = restore_needed_bytes(restore) + SPACE_MARGIN_BYTES;
    if (code != JB_OK || *bytes_free >= needed)
        return code;
    error_set(error, JB_ERROR_NO_SPACE, "'%s' needs %llu MiB beside '%s', where %llu MiB are free", restore->name,
              (unsigned long long)(needed >> 20), restore->options->target, (unsigned long long)(*bytes_free >> 20));
    return error_hint(error, "the old content stays until the new one is in place; free some space");
}

/* A check that was killed, or could not be undone, leaves its journal and its staging. */
static int undo_earlier(const char *journal, jb_error *error)
{
    struct swap *swap;
    int code = swap_open(journal, &swap, error);
    if (code != JB_OK)
        return code;
    code = swap_undo(swap, NULL, error);
    swap_close(swap);
    return code;
}

/* Can the target be exchanged? An empty staging is made beside it as for the restore itself, and undone, under a
 * journal of its own. */
static int try_swap(const struct restore *restore, jb_error *error)
{
    const jb_restore_options *options = restore->options;
    char *journal;
    if (asprintf(&journal, "%s.check", options->journal) < 0)
        return error_no_memory(error);
    struct swap *swap;
    char staging[PATH_SIZE];
    int code = undo_earlier(journal, error);
    if (code == JB_OK)
        code = swap_open(journal, &swap, error);
    if (code == JB_OK) {
        code = swap_stage(swap, restore->operation, options->target, restore->kind, staging, sizeof staging, error);
        jb_error undo = JB_ERROR_INIT;
        int undone = swap_undo(swap, NULL, &undo);
        if (code == JB_OK && undone != JB_OK)
            code = error_copy(error, &undo);
        swap_close(swap);
    }
    free(journal);
    return code;
}

int jb_restore_check(jb_store *store, jb_operation *operation, const jb_restore_options *options, char **account,
                     jb_error *error)
{
    jb_error own = JB_ERROR_INIT;
    if (error == NULL)
        error = &own;
    struct restore restore;
    uint64_t bytes_free;
    int code = restore_open(store, operation, options, &restore, error);
    if (code != JB_OK)
        return code;
    code = restore_check_space(&restore, &bytes_free, error);
    if (code == JB_OK)
        code = try_swap(&restore, error);
    if (code == JB_OK) {
        json_t *json = restore_account(&restore, &code, error);
        json_put_count(json, "bytes_free", bytes_free, &code, error);
        if (code == JB_OK && account != NULL)
            code = json_text(json, account, error);
        json_decref(json);
    }
    restore_clean_up(&restore);
    return code;
}
