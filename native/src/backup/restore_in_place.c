#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../base/random.h"
#include "../codec/json.h"
#include "restore.h"
#include "swap_tree.h"

int restore_check_in_place(const struct restore *restore, const struct restore_target *target, jb_error *error)
{
    const jb_restore_options *options = restore->options;
    if (restore->kind == SWAP_FILE && target->mount_point && target->shared) {
        error_set(error, JB_ERROR_CONFLICT,
                  "the file '%s' is mounted there and has other names, which would change too", options->target);
        return error_hint(error, "unmount it, or remove its other names");
    }
    return swap_check_journal(options->journal, options->target, error);
}

static int make_like(const char *path, int old, const char *beside, jb_error *error)
{
    int fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return error_set_errno(error, errno, "cannot make '%s'", beside);
    int code = swap_tree_copy_metadata(old, fd, path, error);
    close(fd);
    if (code == JB_OK && rename(beside, path) != 0)
        code = error_set_errno(error, errno, "cannot replace '%s'", path);
    if (code != JB_OK)
        (void)unlink(beside);
    return code;
}

/* What has other names keeps its content under these: a new, empty file like it takes this one. */
static int part_from_other_names(const char *path, jb_error *error)
{
    char id[33], *beside;
    random_name(id);
    if (asprintf(&beside, "%s.jpsbackup-%s", path, id) < 0)
        return error_no_memory(error);
    int old = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    int code = old < 0 ? error_set_errno(error, errno, "cannot open '%s'", path) : make_like(path, old, beside, error);
    if (old >= 0)
        close(old);
    free(beside);
    return code;
}

/*
 * The old content goes. An archive brings owner, mode and attributes of the directory itself, so it begins with a new
 * one where that can be made; for a program's output, the directory keeps them.
 */
static int remove_old(const struct restore *restore, const struct restore_target *target, jb_error *error)
{
    const char *path = restore->options->target;
    if (restore->kind == SWAP_FILE) /* it is overwritten */
        return target->shared ? part_from_other_names(path, error) : JB_OK;
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
        code = restore_check_room(restore, &room, error); /* again: more is known, and time has passed */
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
