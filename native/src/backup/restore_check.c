#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "../base/saturating.h"
#include "../codec/json.h"
#include "restore.h"
#include "swap_journal.h"

/* Room for directories, journals and the file system's own needs. */
#define RESERVE_BYTES_MIN ((uint64_t)1 << 20)
#define RESERVE_BYTES_MAX ((uint64_t)64 << 20)
#define RESERVE_SHARE     20u   /* of what comes, one part of so many */
#define BLOCK_BYTES       4096u /* that a small file takes */
#define PATH_SIZE         4096

static uint64_t with_reserve(uint64_t bytes)
{
    uint64_t reserve = RESERVE_BYTES_MIN + bytes / RESERVE_SHARE;
    return saturating_add(bytes, reserve < RESERVE_BYTES_MAX ? reserve : RESERVE_BYTES_MAX);
}

static int no_room(const struct restore *restore, const struct restore_room *room, jb_error *error)
{
    const char *target = restore->options->target;
    bool in_place = restore->options->in_place;
    error_set(error, JB_ERROR_NO_SPACE, "'%s' needs %llu MiB %s '%s', where %llu MiB are free", restore->name,
              (unsigned long long)(room->bytes_needed >> 20), in_place ? "more in the place of" : "beside", target,
              (unsigned long long)(room->bytes_free >> 20));
    bool empty = !room->target.exists;
    if (!empty && restore->kind == SWAP_TREE && restore_target_is_empty(target, &empty) != 0)
        empty = true;
    bool helps = !in_place && !empty && restore->options->paths == NULL;
    return error_hint(error, !helps ? "free some space"
                                    : "the old content stays until the new one is in place: free some space, or "
                                      "restore in place, which cannot be undone");
}

/* Where nobody has reckoned it, each file may begin a block. */
static uint64_t disk_bytes(const struct restore *restore)
{
    bool chosen = restore->options->paths != NULL;
    if (!chosen && restore->object.disk_bytes > 0)
        return restore->object.disk_bytes;
    uint64_t files = chosen ? restore->selection.files : restore->object.files;
    return saturating_add(restore_needed_bytes(restore), saturating_multiply(files, BLOCK_BYTES));
}

int restore_check_room(const struct restore *restore, struct restore_room *room, jb_error *error)
{
    const jb_restore_options *options = restore->options;
    *room = (struct restore_room){0};
    int code = restore_target_look(options->target, restore->kind, options->in_place, restore->operation, &room->target,
                                   error);
    if (code == JB_OK && options->in_place)
        code = restore_check_in_place(restore, &room->target, error);
    if (code == JB_OK)
        code = swap_space(options->target, &room->bytes_free, error);
    if (code != JB_OK)
        return code;
    room->bytes_needed = with_reserve(disk_bytes(restore));
    room->bytes_needed -= room->bytes_needed < room->target.bytes ? room->bytes_needed : room->target.bytes;
    return room->bytes_free >= room->bytes_needed ? JB_OK : no_room(restore, room, error);
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

static int try_staging(const struct restore *restore, const char *journal, enum swap_method *method, jb_error *error)
{
    const jb_restore_options *options = restore->options;
    struct swap *swap;
    char staging[PATH_SIZE];
    int code = undo_earlier(journal, error);
    if (code == JB_OK)
        code = swap_open(journal, &swap, error);
    if (code != JB_OK)
        return code;
    code = swap_stage(swap, restore->operation, options->target, restore->kind, staging, sizeof staging, error);
    if (code == JB_OK)
        *method = swap->targets[0]->method;
    jb_error undo = JB_ERROR_INIT;
    int undone = swap_undo(swap, NULL, &undo);
    if (code == JB_OK && undone != JB_OK)
        code = error_copy(error, &undo);
    swap_close(swap);
    return code;
}

/*
 * Can the target be exchanged? An empty staging is made beside it as for the restore itself, and undone, under a
 * journal of its own. The directory's time tells of neither.
 */
static int try_swap(const struct restore *restore, enum swap_method *method, jb_error *error)
{
    char *journal = NULL;
    char *parent = swap_parent(restore->options->target);
    if (parent == NULL || asprintf(&journal, "%s.check", restore->options->journal) < 0) {
        free(parent);
        return error_no_memory(error);
    }
    struct stat before;
    bool known = stat(parent, &before) == 0;
    int code = try_staging(restore, journal, method, error);
    if (known)
        (void)utimensat(AT_FDCWD, parent, (struct timespec[]){{.tv_nsec = UTIME_OMIT}, before.st_mtim}, 0);
    free(parent);
    free(journal);
    return code;
}

static int make_plan(const struct restore *restore, const struct restore_room *room, enum swap_method method,
                     char **account, jb_error *error)
{
    int code = JB_OK;
    json_t *json = restore_account(restore, &code, error);
    json_put_text(json, "kind", restore->kind == SWAP_TREE ? "tree" : "file", &code, error);
    json_put_count(json, "bytes_needed", room->bytes_needed, &code, error);
    json_put_count(json, "bytes_free", room->bytes_free, &code, error);
    json_put_text(json, "method", swap_method_name(method), &code, error);
    json_put(json, "replaces", json_boolean(room->target.exists), &code, error);
    json_put(json, "verified", json_boolean(!restore->backup.old), &code, error);
    if (code == JB_OK && account != NULL)
        code = json_text(json, account, error);
    json_decref(json);
    return code;
}

int jb_restore_check(jb_store *store, jb_operation *operation, const jb_restore_options *options, char **account,
                     jb_error *error)
{
    jb_error own = JB_ERROR_INIT;
    if (error == NULL)
        error = &own;
    struct restore restore;
    struct restore_room room;
    enum swap_method method = SWAP_WITHOUT;
    int code = restore_open(store, operation, options, &restore, error);
    if (code != JB_OK)
        return code;
    code = restore_check_room(&restore, &room, error);
    if (code == JB_OK)
        code = swap_check(options->journal, options->target, restore.kind, options->in_place, error);
    if (code == JB_OK && !options->in_place)
        code = try_swap(&restore, &method, error);
    /* A file that something is mounted on cannot be renamed, which shows at the exchange only. */
    if (room.target.mount_point && method == SWAP_BY_RENAME)
        method = SWAP_BY_COPY;
    if (code == JB_OK)
        code = make_plan(&restore, &room, method, account, error);
    restore_clean_up(&restore);
    return code;
}
