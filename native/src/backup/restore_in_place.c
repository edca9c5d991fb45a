#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../codec/json.h"
#include "restore.h"
#include "swap_tree.h"

/*
 * The old content goes. An archive brings owner, mode and attributes of the directory itself, so it begins with a new
 * one where that can be made; for a program's output, the directory keeps them.
 */
static int remove_old(const struct restore *restore, const struct restore_target *target, jb_error *error)
{
    const char *path = restore->options->target;
    if (restore->kind == SWAP_FILE)
        return JB_OK; /* it is overwritten */
    int code = target->exists ? swap_tree_empty(&swap_system_calls, path, error) : JB_OK;
    bool anew = !target->exists || (restore->options->consumer == NULL && !target->mount_point && rmdir(path) == 0);
    if (code == JB_OK && anew && mkdir(path, 0700) != 0)
        code = error_set_errno(error, errno, "cannot make the directory '%s'", path);
    return code;
}

static int replace(jb_store *store, struct restore *restore, const struct restore_target *target,
                   struct tar_counts *counts, jb_error *error)
{
    const char *path = restore->options->target;
    int code = remove_old(restore, target, error);
    if (code == JB_OK)
        code = restore_fill(store, restore, path, counts, error);
    if (code == JB_OK)
        return JB_OK;
    error_prefix(error, "'%s' is INCOMPLETE, for its restore in place did not end", path);
    return error_hint(error, "remove the cause and run the same restore in place again: it begins anew");
}

int restore_in_place(jb_store *store, struct restore *restore, json_t **account, jb_error *error)
{
    const jb_restore_options *options = restore->options;
    struct restore_room room;
    struct tar_counts counts = {0};
    struct swap *swap;
    int code = restore_check_room(restore, &room, error);
    if (code == JB_OK)
        code = swap_open(options->journal, &swap, error);
    if (code != JB_OK)
        return code;
    code = restore_verify(store, restore, error);
    if (code == JB_OK)
        code = swap_begin_in_place(swap, options->target, restore->kind, error);
    if (code == JB_OK)
        code = replace(store, restore, &room.target, &counts, error);
    if (code == JB_OK)
        code = swap_commit(swap, restore->operation, false, error);
    swap_close(swap);
    if (code != JB_OK)
        return code;
    *account = restore_account(restore, &code, error);
    json_put_count(*account, "files", counts.files, &code, error);
    json_put(*account, "verified", json_boolean(!restore->backup.old), &code, error);
    return code;
}
