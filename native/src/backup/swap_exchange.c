/*
 * Targets out and in. Every change of names follows a record in the journal, or can be told from the names afterwards:
 *   by exchange   the directory in the container bears the journal's tag as its time, or it is the other one;
 *   by rename     "new" is there: not yet in; "old" is there and the target is not: between the two;
 *   by entries    each entry lies in exactly one place; the phase says where all of them belong;
 *   by copy       "old" is whole before the phase says that the target may be overwritten.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../base/error.h"
#include "../base/random.h"
#include "swap_journal.h"
#include "swap_tree.h"

/* The paths that a step needs. */
struct places {
    char *fresh; /* the container's "new" */
    char *old;
    char *parent;      /* of the target */
    const char *inner; /* the container's own name where it lies inside the target */
};

static int places_init(struct places *places, const struct swap_target *target, jb_error *error)
{
    *places = (struct places){swap_inside(target, "new"), swap_inside(target, "old"), swap_parent(target->path),
                              strrchr(target->container, '/') + 1};
    return places->fresh && places->old && places->parent ? JB_OK : error_no_memory(error);
}

static void places_clean_up(struct places *places)
{
    free(places->fresh);
    free(places->old);
    free(places->parent);
}

/* Only "it does not exist" means so: who takes another failure for it would remove the old content as left-over
 * staging.
 */
static int look_for(const char *path, bool *is_there, jb_error *error)
{
    struct stat status;
    *is_there = lstat(path, &status) == 0;
    return *is_there || errno == ENOENT || errno == ENOTDIR
               ? JB_OK
               : error_set_errno(error, errno, "cannot look for '%s'", path);
}

static int read_time(const char *path, struct timespec *time, jb_error *error)
{
    struct stat status;
    if (lstat(path, &status) != 0)
        return error_set_errno(error, errno, "cannot read '%s'", path);
    *time = status.st_mtim;
    return JB_OK;
}

static int set_time(struct swap *swap, const char *path, struct timespec time, jb_error *error)
{
    return swap->system->set_time(path, time) == 0 ? JB_OK
                                                   : error_set_errno(error, errno, "cannot set the time of '%s'", path);
}

static bool bears(struct timespec time, int64_t tag)
{
    return time.tv_sec == tag && time.tv_nsec == 0;
}

static int move(struct swap *swap, const char *from, const char *to, unsigned flags, jb_error *error)
{
    if (swap->system->rename(AT_FDCWD, from, AT_FDCWD, to, flags) == 0)
        return JB_OK;
    return error_set_errno(error, errno, "cannot rename '%s' to '%s'", from, to);
}

static int sync_names(struct swap *swap, const struct swap_target *target, const struct places *places, jb_error *error)
{
    int code = swap_tree_sync(swap->system, target->container, error);
    return code == JB_OK ? swap_tree_sync(swap->system, places->parent, error) : code;
}

static int copy_directory_metadata(const char *from, const char *to, jb_error *error)
{
    int source = open(from, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    int target = open(to, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    int code = source < 0 || target < 0 ? error_set_errno(error, errno, "cannot open '%s' and '%s'", from, to)
                                        : swap_tree_copy_metadata(source, target, to, error);
    if (source >= 0)
        close(source);
    if (target >= 0)
        close(target);
    return code;
}

static int set_phase(struct swap *swap, struct swap_target *target, enum swap_phase phase, jb_error *error)
{
    target->phase = phase;
    return swap_save(swap, error);
}

static int entries_in(struct swap *swap, struct swap_target *target, const struct places *places, jb_error *error)
{
    if (swap->system->make_directory(AT_FDCWD, places->old, 0700) != 0 && errno != EEXIST)
        return error_set_errno(error, errno, "cannot make '%s'", places->old);
    int code = copy_directory_metadata(target->path, places->old, error);
    if (code == JB_OK)
        code = set_phase(swap, target, SWAP_OUT, error);
    if (code == JB_OK)
        code = swap_tree_move(swap->system, target->path, places->old, places->inner, error);
    if (code == JB_OK)
        code = set_phase(swap, target, SWAP_IN, error);
    if (code == JB_OK)
        code = swap_tree_move(swap->system, places->fresh, target->path, NULL, error);
    if (code == JB_OK)
        code = copy_directory_metadata(places->fresh, target->path, error);
    return code == JB_OK ? set_time(swap, target->path, target->new_time, error) : code;
}

static int entries_back(struct swap *swap, struct swap_target *target, const struct places *places, jb_error *error)
{
    int code = JB_OK;
    if (target->phase == SWAP_IN) {
        code = swap_tree_move(swap->system, target->path, places->fresh, places->inner, error);
        if (code == JB_OK)
            code = set_phase(swap, target, SWAP_OUT, error);
    }
    if (code == JB_OK && target->phase == SWAP_OUT) {
        code = swap_tree_move(swap->system, places->old, target->path, NULL, error);
        if (code == JB_OK)
            code = copy_directory_metadata(places->old, target->path, error);
    }
    return code;
}

static int copy_in(struct swap *swap, struct swap_target *target, const struct places *places, jb_error *error)
{
    target->method = SWAP_BY_COPY;
    if (swap->system->remove(AT_FDCWD, places->old, 0) != 0 && errno != ENOENT)
        return error_set_errno(error, errno, "cannot remove '%s'", places->old);
    int code = swap_tree_copy_file(swap->system, target->path, places->old, error);
    if (code == JB_OK)
        code = swap_tree_sync(swap->system, target->container, error);
    if (code == JB_OK)
        code = set_phase(swap, target, SWAP_IN, error);
    return code == JB_OK ? swap_tree_copy_file(swap->system, places->fresh, target->path, error) : code;
}

static int file_in(struct swap *swap, struct swap_target *target, const struct places *places, jb_error *error)
{
    if (target->method == SWAP_BY_COPY)
        return copy_in(swap, target, places, error);
    /* A second name for the old file, so that the target is never missing; one from a try before is the same file. */
    if (swap->system->remove(AT_FDCWD, places->old, 0) != 0 && errno != ENOENT)
        return error_set_errno(error, errno, "cannot remove '%s'", places->old);
    if (swap->system->link(target->path, places->old) != 0 &&
        swap->system->rename(AT_FDCWD, target->path, AT_FDCWD, places->old, 0) != 0) {
        if (errno == EBUSY || errno == EXDEV)
            return copy_in(swap, target, places, error);
        return error_set_errno(error, errno, "cannot move '%s' out of the way", target->path);
    }
    if (swap->system->rename(AT_FDCWD, places->fresh, AT_FDCWD, target->path, 0) == 0)
        return JB_OK;
    if (errno == EBUSY || errno == EXDEV)
        return copy_in(swap, target, places, error);
    return error_set_errno(error, errno, "cannot rename '%s' to '%s'", places->fresh, target->path);
}

static int put_in(struct swap *swap, struct swap_target *target, jb_error *error)
{
    struct places places;
    int code = places_init(&places, target, error);
    if (code != JB_OK) {
        places_clean_up(&places);
        return code;
    }
    if (!target->existed)
        code = move(swap, places.fresh, target->path, 0, error);
    else if (target->kind == SWAP_FILE)
        code = file_in(swap, target, &places, error);
    else if (target->method == SWAP_BY_ENTRIES)
        code = entries_in(swap, target, &places, error);
    else if (target->method == SWAP_BY_EXCHANGE) {
        code = move(swap, places.fresh, target->path, RENAME_EXCHANGE, error);
        if (code == JB_OK)
            code = set_time(swap, target->path, target->new_time, error);
    } else {
        code = move(swap, target->path, places.old, 0, error);
        if (code == JB_OK)
            code = move(swap, places.fresh, target->path, 0, error);
    }
    if (code == JB_OK)
        code = sync_names(swap, target, &places, error);
    places_clean_up(&places);
    return code;
}

static int renamed_back(struct swap *swap, struct swap_target *target, const struct places *places, jb_error *error)
{
    bool fresh_there = false, target_there = false, old_there = false;
    int code = look_for(places->fresh, &fresh_there, error);
    if (code == JB_OK)
        code = look_for(target->path, &target_there, error);
    if (code == JB_OK)
        code = look_for(places->old, &old_there, error);
    if (code != JB_OK)
        return code;
    bool is_in = !fresh_there && target_there;
    if (!target->existed)
        return is_in ? move(swap, target->path, places->fresh, 0, error) : JB_OK;
    if (target->kind == SWAP_FILE)
        return old_there && (is_in || !target_there) ? move(swap, places->old, target->path, 0, error) : JB_OK;
    if (is_in && old_there)
        code = move(swap, target->path, places->fresh, 0, error);
    return code == JB_OK && old_there ? move(swap, places->old, target->path, 0, error) : code;
}

static int exchanged_back(struct swap *swap, struct swap_target *target, const struct places *places, jb_error *error)
{
    if (!target->back)
        return JB_OK;
    struct timespec time = {0};
    int code = read_time(places->fresh, &time, error);
    if (code == JB_OK && bears(time, target->tag_back))
        code = move(swap, places->fresh, target->path, RENAME_EXCHANGE, error);
    return code == JB_OK ? set_time(swap, target->path, target->old_time, error) : code;
}

static int put_back(struct swap *swap, struct swap_target *target, jb_error *error)
{
    struct places places;
    int code = places_init(&places, target, error);
    if (code == JB_OK && target->existed && target->method == SWAP_BY_ENTRIES)
        code = entries_back(swap, target, &places, error);
    else if (code == JB_OK && target->existed && target->method == SWAP_BY_EXCHANGE)
        code = exchanged_back(swap, target, &places, error);
    else if (code == JB_OK && target->method == SWAP_BY_COPY && target->phase == SWAP_IN)
        code = swap_tree_copy_file(swap->system, places.old, target->path, error);
    else if (code == JB_OK)
        code = renamed_back(swap, target, &places, error);
    bool is_there = false;
    if (code == JB_OK)
        code = look_for(target->container, &is_there, error);
    if (code == JB_OK && is_there)
        code = sync_names(swap, target, &places, error);
    places_clean_up(&places);
    return code;
}

static bool by_exchange(const struct swap_target *target)
{
    return target->existed && target->method == SWAP_BY_EXCHANGE;
}

/* Which of them were exchanged, told by the tag, before the journal says that they are on the way back. */
static int mark_exchanged(struct swap *swap, jb_error *error)
{
    int code = JB_OK;
    for (size_t i = 0; i < swap->count && code == JB_OK; i++) {
        struct swap_target *target = swap->targets[i];
        if (!by_exchange(target))
            continue;
        char *fresh = swap_inside(target, "new");
        struct timespec time = {0};
        code = fresh ? read_time(fresh, &time, error) : error_no_memory(error);
        if (code == JB_OK) {
            target->back = !bears(time, target->tag_forward);
            if (target->back)
                code = set_time(swap, fresh, (struct timespec){.tv_sec = target->tag_back}, error);
        }
        free(fresh);
    }
    return code;
}

static int put_all_back(struct swap *swap, jb_error *error)
{
    int code = JB_OK;
    if (swap->state != SWAP_UNDOING) {
        code = mark_exchanged(swap, error);
        if (code == JB_OK) {
            swap->state = SWAP_UNDOING;
            code = swap_save(swap, error);
        }
    }
    for (size_t i = swap->count; i > 0 && code == JB_OK; i--)
        code = put_back(swap, swap->targets[i - 1], error);
    return code;
}

/* Even seconds, which every file system keeps. */
static int64_t new_tag(void)
{
    return (int64_t)(random_below(1u << 29) + 1) * 2;
}

static int prepare(struct swap_target *target, jb_error *error)
{
    if (!target->whole)
        return error_set(error, JB_ERROR_STATE, "the content for '%s' is not staged whole", target->path);
    bool is_there;
    int code = look_for(target->path, &is_there, error);
    if (code != JB_OK)
        return code;
    if (is_there != target->existed)
        return error_set(error, JB_ERROR_CONFLICT, "'%s' was %s since it was staged", target->path,
                         target->existed ? "removed" : "made");
    char *fresh = swap_inside(target, "new");
    struct timespec time = {0};
    code = fresh ? read_time(fresh, &time, error) : error_no_memory(error);
    /* The tag of an exchange that ended before its first step is not the time that the content should have. */
    if (code == JB_OK && !(by_exchange(target) && target->tag_forward != 0 && bears(time, target->tag_forward)))
        target->new_time = time;
    if (code == JB_OK && by_exchange(target))
        code = read_time(target->path, &target->old_time, error);
    free(fresh);
    target->back = false;
    target->phase = SWAP_UNTOUCHED;
    /* Once for all: content that was tagged before a crash is known by the same tag after it. */
    while (target->tag_forward == target->tag_back || target->tag_forward == target->old_time.tv_sec ||
           target->tag_forward == target->new_time.tv_sec || target->tag_back == target->new_time.tv_sec) {
        target->tag_forward = new_tag();
        target->tag_back = new_tag();
    }
    return code;
}

static int set_tags(struct swap *swap, jb_error *error)
{
    int code = JB_OK;
    for (size_t i = 0; i < swap->count && code == JB_OK; i++) {
        if (!by_exchange(swap->targets[i]))
            continue;
        char *fresh = swap_inside(swap->targets[i], "new");
        code = fresh ? set_time(swap, fresh, (struct timespec){.tv_sec = swap->targets[i]->tag_forward}, error)
                     : error_no_memory(error);
        free(fresh);
    }
    return code;
}

int swap_exchange(struct swap *swap, jb_operation *operation, jb_error *error)
{
    if (swap->state != SWAP_STAGING || swap->count == 0) {
        int code = error_set(error, JB_ERROR_STATE, "nothing is staged for an exchange in '%s'", swap->journal);
        return swap->count == 0 ? code : error_hint(error, "an exchange was begun before: undo or commit it");
    }
    int code = operation_check(operation, error);
    for (size_t i = 0; i < swap->count && code == JB_OK; i++)
        code = prepare(swap->targets[i], error);
    /* The tags are recorded before they are set: a time that is a tag is never taken for one that the content should
     * have. */
    if (code == JB_OK)
        code = swap_save(swap, error);
    if (code == JB_OK)
        code = set_tags(swap, error);
    if (code != JB_OK)
        return code;

    swap->state = SWAP_EXCHANGING;
    code = swap_save(swap, error);
    for (size_t i = 0; i < swap->count && code == JB_OK; i++)
        code = put_in(swap, swap->targets[i], error);
    if (code == JB_OK) {
        swap->state = SWAP_EXCHANGED;
        code = swap_save(swap, error);
    }
    if (code == JB_OK)
        return JB_OK;

    jb_error second = JB_ERROR_INIT;
    swap->state = SWAP_EXCHANGING;
    if (put_all_back(swap, &second) == JB_OK) {
        swap->state = SWAP_STAGING;
        for (size_t i = 0; i < swap->count; i++)
            swap->targets[i]->phase = SWAP_UNTOUCHED;
        if (swap_save(swap, &second) == JB_OK)
            return code;
        swap->state = SWAP_UNDOING;
    }
    return error_hint(error, "the old state is not back yet (%s): remove the cause, then undo", second.text);
}

/* The times of directories in which a container lay. */
static int restore_times(struct swap *swap, bool old, jb_error *error)
{
    int code = JB_OK;
    for (size_t i = 0; i < swap->count && code == JB_OK; i++) {
        struct swap_target *target = swap->targets[i];
        if (target->existed && target->method == SWAP_BY_ENTRIES)
            code = set_time(swap, target->path, old ? target->old_time : target->new_time, error);
    }
    return code;
}

static int remove_containers(struct swap *swap, jb_error *error)
{
    int code = JB_OK;
    for (size_t i = 0; i < swap->count && code == JB_OK; i++)
        code = swap_tree_remove(swap->system, swap->targets[i]->container, error);
    return code;
}

int swap_undo(struct swap *swap, jb_operation *operation, jb_error *error)
{
    (void)operation; /* what was begun is put back, cancelled or not */
    int code = JB_OK;
    if (swap->state == SWAP_IN_PLACE) {
        error_set(error, JB_ERROR_STATE, "'%s' was being restored in place: its old content is gone",
                  swap->targets[0]->path);
        return error_hint(error, "run the restore in place again; or commit to keep what is there");
    }
    if (swap->state == SWAP_COMMITTING) {
        code =
            error_set(error, JB_ERROR_STATE, "the exchange in '%s' is committed: it cannot be undone", swap->journal);
        return error_hint(error, "commit again to remove what is left of the old state");
    }
    if (swap->state != SWAP_STAGING && swap->state != SWAP_UNDONE)
        code = put_all_back(swap, error);
    if (code == JB_OK && swap->count > 0 && swap->state != SWAP_UNDONE) {
        swap->state = SWAP_UNDONE;
        code = swap_save(swap, error);
    }
    if (code == JB_OK)
        code = remove_containers(swap, error);
    if (code == JB_OK)
        code = restore_times(swap, true, error);
    return code == JB_OK ? swap_end(swap, error) : code;
}

/* The old content goes to "old", whatever the method, and "new" goes. */
static int keep(struct swap *swap, struct swap_target *target, jb_error *error)
{
    struct places places;
    int code = places_init(&places, target, error);
    if (code == JB_OK && by_exchange(target)) {
        bool fresh_there = false, old_there = false;
        code = look_for(places.fresh, &fresh_there, error);
        if (code == JB_OK)
            code = look_for(places.old, &old_there, error);
        if (code == JB_OK && fresh_there && !old_there)
            code = move(swap, places.fresh, places.old, 0, error);
    } else if (code == JB_OK && target->existed)
        code = swap_tree_remove(swap->system, places.fresh, error);
    else if (code == JB_OK)
        code = swap_tree_remove(swap->system, target->container, error);
    places_clean_up(&places);
    return code;
}

int swap_commit(struct swap *swap, jb_operation *operation, bool keep_old, jb_error *error)
{
    (void)operation; /* what was begun is ended, cancelled or not */
    if (swap->count == 0 || swap->state == SWAP_IN_PLACE)
        return swap_end(swap, error);
    if (swap->state != SWAP_EXCHANGED && swap->state != SWAP_COMMITTING) {
        error_set(error, JB_ERROR_STATE, "the targets in '%s' are not exchanged: there is nothing to commit",
                  swap->journal);
        return error_hint(error, "exchange them first, or undo");
    }
    int code = JB_OK;
    if (swap->state == SWAP_EXCHANGED) {
        swap->state = SWAP_COMMITTING;
        swap->keep_old = keep_old;
        code = swap_save(swap, error);
    }
    if (code == JB_OK && !swap->keep_old)
        code = remove_containers(swap, error);
    for (size_t i = 0; i < swap->count && code == JB_OK && swap->keep_old; i++)
        code = keep(swap, swap->targets[i], error);
    if (code == JB_OK)
        code = restore_times(swap, false, error);
    return code == JB_OK ? swap_end(swap, error) : code;
}
