#include "swap.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "../base/error.h"
#include "../base/random.h"
#include "../codec/json.h"
#include "../codec/utf8.h"
#include "swap_journal.h"
#include "swap_tree.h"

/* A lock file that was removed by its last user is none: the lock must be on the file that has the name. */
static int lock(const char *path, int *fd, jb_error *error)
{
    for (;;) {
        *fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (*fd < 0)
            return error_set_errno(error, errno, "cannot open the lock '%s'", path);
        struct stat locked, named;
        if (flock(*fd, LOCK_EX | LOCK_NB) != 0) {
            int reason = errno;
            close(*fd);
            *fd = -1;
            if (reason != EWOULDBLOCK)
                return error_set_errno(error, reason, "cannot lock '%s'", path);
            return error_set(error, JB_ERROR_CONFLICT, "another process works on the swap of '%s'", path);
        }
        if (fstat(*fd, &locked) == 0 && stat(path, &named) == 0 && locked.st_ino == named.st_ino &&
            locked.st_dev == named.st_dev)
            return JB_OK;
        close(*fd);
    }
}

static int open_lock(struct swap *swap, jb_error *error)
{
    char *path;
    char *parent = swap_parent(swap->journal);
    if (!parent || asprintf(&path, "%s.lock", swap->journal) < 0) {
        free(parent);
        return error_no_memory(error);
    }
    int code = mkdir(parent, 0700) != 0 && errno != EEXIST
                   ? error_set_errno(error, errno, "cannot make the directory '%s'", parent)
                   : lock(path, &swap->lock, error);
    free(parent);
    free(path);
    return code;
}

int swap_open(const char *journal, struct swap **swap, jb_error *error)
{
    if (journal[0] != '/' || strlen(journal) > 3000)
        return error_set(error, JB_ERROR_USAGE, "the journal's path '%.300s' must be absolute and not too long",
                         journal);
    struct swap *fresh = calloc(1, sizeof(*fresh));
    if (!fresh)
        return error_no_memory(error);
    fresh->lock = -1;
    fresh->system = &swap_system_calls;
    fresh->journal = strdup(journal);
    int code = fresh->journal ? open_lock(fresh, error) : error_no_memory(error);
    if (code == JB_OK)
        code = swap_load(fresh, error);
    if (code != JB_OK) {
        swap_close(fresh);
        return code;
    }
    *swap = fresh;
    return JB_OK;
}

void swap_close(struct swap *swap)
{
    if (!swap)
        return;
    while (swap->count > 0)
        swap_forget(swap, swap->targets[0]);
    /* With the journal goes its lock, while it is held. */
    if (swap->lock >= 0) {
        char *path;
        if (access(swap->journal, F_OK) != 0 && asprintf(&path, "%s.lock", swap->journal) >= 0) {
            (void)unlink(path);
            free(path);
        }
        close(swap->lock);
    }
    free(swap->journal);
    free(swap);
}

void swap_use_system(struct swap *swap, const struct swap_system *system)
{
    swap->system = system;
}

/* The parent without links, and the last name as it is. */
static int canonical(const char *target, char **path, jb_error *error)
{
    size_t size = strlen(target);
    while (size > 1 && target[size - 1] == '/')
        size--;
    if (target[0] != '/' || size == 1 || !utf8_is_text(target))
        return error_set(error, JB_ERROR_USAGE,
                         "'%s' cannot be a target: it must be an absolute path of UTF-8, and not '/'", target);
    char *copy = strndup(target, size);
    if (!copy)
        return error_no_memory(error);
    char *name = strrchr(copy, '/');
    *name++ = '\0';
    int code = JB_OK;
    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        code = error_set(error, JB_ERROR_USAGE, "'%s' cannot be a target: its last name must be its own", target);
    char *parent = code == JB_OK ? realpath(*copy ? copy : "/", NULL) : NULL;
    if (code == JB_OK && !parent)
        code = error_set_errno(error, errno, "cannot find the directory of the target '%s'", target);
    if (code == JB_OK && asprintf(path, "%s/%s", strcmp(parent, "/") == 0 ? "" : parent, name) < 0)
        code = error_no_memory(error);
    free(parent);
    free(copy);
    return code;
}

/* The path without links but a last one, also where its directories are still to be made. NULL with errno. */
static char *real_path(const char *path)
{
    char *parent = swap_parent(path);
    if (!parent || strcmp(parent, path) == 0)
        return parent;
    char *real = realpath(parent, NULL);
    if (!real && errno == ENOENT)
        real = real_path(parent);
    free(parent);
    char *joined = NULL;
    if (real && asprintf(&joined, "%s%s", strcmp(real, "/") == 0 ? "" : real, strrchr(path, '/')) < 0)
        joined = NULL;
    free(real);
    return joined;
}

static bool is_inside(const char *path, const char *directory)
{
    size_t size = strlen(directory);
    return strncmp(path, directory, size) == 0 && path[size] == '/';
}

/* A target that goes, and the journal with it, would leave nothing to undo or to go on by. */
static int check_journal(const char *journal, const char *path, jb_error *error)
{
    char *real = real_path(journal);
    if (!real)
        return error_set_errno(error, errno, "cannot find the directory of the journal '%s'", journal);
    bool inside = is_inside(real, path);
    free(real);
    return inside ? error_set(error, JB_ERROR_USAGE, "the journal '%s' lies inside the target '%s'", journal, path)
                  : JB_OK;
}

int swap_check_journal(const char *journal, const char *target, jb_error *error)
{
    char *path;
    int code = canonical(target, &path, error);
    if (code != JB_OK)
        return code;
    code = check_journal(journal, path, error);
    free(path);
    return code;
}

static int check_others(struct swap *swap, const char *path, jb_error *error)
{
    for (size_t i = 0; i < swap->count; i++) {
        const char *other = swap->targets[i]->path;
        if (is_inside(path, other) || is_inside(other, path))
            return error_set(error, JB_ERROR_USAGE, "the targets '%s' and '%s' lie inside one another", path, other);
    }
    return swap->count < SWAP_TARGETS_MAX ? check_journal(swap->journal, path, error)
                                          : error_set(error, JB_ERROR_LIMIT, "more than %u targets", SWAP_TARGETS_MAX);
}

static int look_at_target(struct swap_target *target, jb_error *error)
{
    struct stat status;
    if (lstat(target->path, &status) != 0)
        return errno == ENOENT ? JB_OK : error_set_errno(error, errno, "cannot read the target '%s'", target->path);
    target->existed = true;
    target->old_time = status.st_mtim;
    if (S_ISLNK(status.st_mode))
        return error_set(error, JB_ERROR_USAGE, "the target '%s' is a link: name what it leads to", target->path);
    if (target->kind == SWAP_TREE ? !S_ISDIR(status.st_mode) : !S_ISREG(status.st_mode))
        return error_set(error, JB_ERROR_USAGE, "the target '%s' is no %s", target->path,
                         target->kind == SWAP_TREE ? "directory" : "regular file");
    return JB_OK;
}

/* The container gets its place in the journal before it is made. */
static int make_container(struct swap *swap, struct swap_target *target, bool inside, jb_error *error)
{
    char id[33];
    random_name(id);
    char *parent = inside ? strdup(target->path) : swap_parent(target->path);
    free(target->container);
    target->container = NULL;
    if (!parent || asprintf(&target->container, "%s/%s%s", strcmp(parent, "/") == 0 ? "" : parent,
                            SWAP_CONTAINER_PREFIX, id) < 0) {
        target->container = NULL;
        free(parent);
        return error_no_memory(error);
    }
    free(parent);
    int code = swap_save(swap, error);
    /* Passable, so that steps between staging and exchange can work on the staged content as its owner; what is in it
     * has modes of its own. */
    if (code == JB_OK && swap->system->make_directory(AT_FDCWD, target->container, 0711) != 0)
        code = error_set_errno(error, errno, "cannot make the staging directory '%s'", target->container);
    return code;
}

static int make_inside(struct swap *swap, const struct swap_target *target, const char *name, jb_error *error)
{
    char *path = swap_inside(target, name);
    if (!path)
        return error_no_memory(error);
    int code = swap->system->make_directory(AT_FDCWD, path, 0700) == 0
                   ? JB_OK
                   : error_set_errno(error, errno, "cannot make '%s'", path);
    free(path);
    return code;
}

/* The file system has let the target go. Where it cannot come back, the journal forgets its place, so that no undo
 * takes it for staging and removes it. */
static int take_back(struct swap *swap, struct swap_target *target, const char *probe, jb_error *error)
{
    if (swap->system->rename(AT_FDCWD, probe, AT_FDCWD, target->path, 0) == 0)
        return error_set(error, JB_ERROR_UNSUPPORTED, "the file system of '%s' renames directories onto full ones",
                         target->path);
    error_set_errno(error, errno, "'%s' was moved to '%s' and cannot be moved back", target->path, probe);
    error_hint(error, "move it back by hand; nothing in it was changed");
    free(target->container);
    target->container = NULL;
    return (int)error->code;
}

/*
 * Can the target's name be changed? Tried without harm: a directory is never renamed onto one that is not empty, but
 * what stands against any renaming (a mount, a lower layer, another file system) is found first and answered instead.
 */
static int probe_target(struct swap *swap, struct swap_target *target, bool *fixed, jb_error *error)
{
    int code = make_inside(swap, target, "probe", error);
    if (code == JB_OK)
        code = make_inside(swap, target, "probe/full", error);
    char *probe = swap_inside(target, "probe");
    char *spare = swap_inside(target, "spare");
    if (code == JB_OK && (!probe || !spare))
        code = error_no_memory(error);
    if (code == JB_OK && swap->system->rename(AT_FDCWD, target->path, AT_FDCWD, probe, 0) == 0)
        code = take_back(swap, target, probe, error);
    *fixed = code == JB_OK && errno != ENOTEMPTY && errno != EEXIST;
    if (code == JB_OK && !*fixed) {
        code = make_inside(swap, target, "spare", error);
        if (code == JB_OK)
            target->method = swap->system->rename(AT_FDCWD, probe, AT_FDCWD, spare, RENAME_EXCHANGE) == 0
                                 ? SWAP_BY_EXCHANGE
                                 : SWAP_BY_RENAME;
    }
    if (code == JB_OK)
        code = swap_tree_remove(swap->system, probe, error);
    if (code == JB_OK)
        code = swap_tree_remove(swap->system, spare, error);
    free(probe);
    free(spare);
    return code;
}

static int make_place(struct swap *swap, struct swap_target *target, jb_error *error)
{
    jb_error beside = JB_ERROR_INIT;
    int code = make_container(swap, target, false, &beside);
    bool tree_here = target->kind == SWAP_TREE && target->existed;
    bool fixed = code != JB_OK;
    if (code == JB_OK && tree_here)
        code = probe_target(swap, target, &fixed, &beside);
    if (!target->container)
        return error_copy(error, &beside);
    if (tree_here && fixed) {
        target->method = SWAP_BY_ENTRIES;
        code = swap_tree_remove(swap->system, target->container, error);
        if (code == JB_OK)
            code = make_container(swap, target, true, error);
    } else if (code != JB_OK)
        return error_copy(error, &beside);
    if (code == JB_OK && target->kind == SWAP_TREE)
        code = make_inside(swap, target, "new", error);
    return code == JB_OK ? swap_save(swap, error) : code;
}

static int give_path(const struct swap_target *target, char *staging, size_t size, jb_error *error)
{
    int length = snprintf(staging, size, "%s/new", target->container);
    return length >= 0 && (size_t)length < size
               ? JB_OK
               : error_set(error, JB_ERROR_LIMIT, "the path '%s/new' is too long", target->container);
}

int swap_may_stage(const struct swap *swap, jb_error *error)
{
    if (swap->state == SWAP_STAGING)
        return JB_OK;
    if (swap->state == SWAP_IN_PLACE) {
        error_set(error, JB_ERROR_CONFLICT, "'%s' is incomplete: its restore in place did not end (journal '%s')",
                  swap->targets[0]->path, swap->journal);
        return error_hint(error, "run the restore in place again; or commit to keep what is there");
    }
    error_set(error, JB_ERROR_STATE, "an exchange was begun in '%s'", swap->journal);
    return error_hint(error, "undo or commit it first");
}

/* Removes an earlier staging of the same target. */
static int unstage(struct swap *swap, const char *path, jb_error *error)
{
    struct swap_target *earlier = swap_find(swap, path);
    if (!earlier)
        return JB_OK;
    int code = swap_tree_remove(swap->system, earlier->container, error);
    if (code == JB_OK && earlier->existed && earlier->method == SWAP_BY_ENTRIES &&
        swap->system->set_time(path, earlier->old_time) != 0)
        code = error_set_errno(error, errno, "cannot set the time of '%s'", path);
    if (code == JB_OK)
        swap_forget(swap, earlier);
    return code;
}

int swap_stage(struct swap *swap, jb_operation *operation, const char *target, enum swap_kind kind, char *staging,
               size_t staging_size, jb_error *error)
{
    char *path = NULL;
    int code = swap_may_stage(swap, error);
    if (code == JB_OK)
        code = operation_check(operation, error);
    if (code == JB_OK)
        code = canonical(target, &path, error);
    if (code == JB_OK)
        code = unstage(swap, path, error);
    if (code == JB_OK)
        code = check_others(swap, path, error);
    struct swap_target *fresh = code == JB_OK ? calloc(1, sizeof(*fresh)) : NULL;
    if (code == JB_OK && !fresh)
        code = error_no_memory(error);
    if (code != JB_OK) {
        free(path);
        return code;
    }
    fresh->path = path;
    fresh->kind = kind;
    fresh->method = SWAP_BY_RENAME;
    code = look_at_target(fresh, error);
    if (code != JB_OK) {
        swap_target_free(fresh);
        return code;
    }
    swap->targets[swap->count++] = fresh;
    code = make_place(swap, fresh, error);
    if (!fresh->container) {
        jb_error unsaved = JB_ERROR_INIT;
        swap_forget(swap, fresh);
        (void)swap_save(swap, &unsaved);
    }
    if (code == JB_OK)
        code = give_path(fresh, staging, staging_size, error);
    /* What was made until then stands in the journal, for undo; but no caller goes on with it. */
    return code;
}

static int find_staged(struct swap *swap, const char *target, struct swap_target **found, jb_error *error)
{
    char *path;
    int code = canonical(target, &path, error);
    if (code != JB_OK)
        return code;
    *found = swap_find(swap, path);
    free(path);
    return *found ? JB_OK : error_set(error, JB_ERROR_NOT_FOUND, "'%s' is not staged in '%s'", target, swap->journal);
}

/* *again: it was begun before, of the same target (canonical). */
static int may_begin_in_place(const struct swap *swap, const char *path, enum swap_kind kind, bool *again,
                              jb_error *error)
{
    *again =
        swap->state == SWAP_IN_PLACE && swap->targets[0]->kind == kind && strcmp(swap->targets[0]->path, path) == 0;
    int code = *again ? JB_OK : swap_may_stage(swap, error);
    if (code != JB_OK || *again)
        return code;
    if (swap->count == 0)
        return check_journal(swap->journal, path, error);
    error_set(error, JB_ERROR_STATE, "'%s' holds targets that are staged", swap->journal);
    return error_hint(error, "a restore in place has a journal of its own");
}

int swap_begin_in_place(struct swap *swap, const char *target, enum swap_kind kind, jb_error *error)
{
    char *path;
    bool again = false;
    int code = canonical(target, &path, error);
    if (code != JB_OK)
        return code;
    code = may_begin_in_place(swap, path, kind, &again, error);
    struct swap_target *fresh = code == JB_OK && !again ? calloc(1, sizeof(*fresh)) : NULL;
    if (code == JB_OK && !again && (!fresh || !(fresh->container = strdup(""))))
        code = error_no_memory(error);
    if (code != JB_OK || again) {
        free(fresh);
        free(path);
        return code;
    }
    fresh->path = path;
    fresh->kind = kind;
    fresh->method = SWAP_WITHOUT;
    swap->targets[swap->count++] = fresh;
    swap->state = SWAP_IN_PLACE;
    return swap_save(swap, error);
}

int swap_check(const char *journal, const char *target, enum swap_kind kind, bool in_place, jb_error *error)
{
    char *path;
    bool again;
    struct swap *swap;
    if (access(journal, F_OK) != 0)
        return JB_OK;
    int code = canonical(target, &path, error);
    if (code != JB_OK)
        return code;
    code = swap_open(journal, &swap, error);
    if (code == JB_OK) {
        code = in_place ? may_begin_in_place(swap, path, kind, &again, error) : swap_may_stage(swap, error);
        swap_close(swap);
    }
    free(path);
    return code;
}

int swap_staging(struct swap *swap, const char *target, char *staging, size_t staging_size, jb_error *error)
{
    struct swap_target *found;
    int code = swap->state == SWAP_IN_PLACE ? swap_may_stage(swap, error) : find_staged(swap, target, &found, error);
    return code == JB_OK ? give_path(found, staging, staging_size, error) : code;
}

/* Works on the open file, so that nothing can be put in its place. */
static int finish_staging(const struct swap_target *target, int fd, bool like_target, jb_error *error)
{
    struct stat staged, old;
    if (fstat(fd, &staged) != 0)
        return error_set_errno(error, errno, "cannot read the staged content for '%s'", target->path);
    if (target->kind == SWAP_TREE ? !S_ISDIR(staged.st_mode) : !S_ISREG(staged.st_mode))
        return error_set(error, JB_ERROR_STATE, "the staged content for '%s' is no %s", target->path,
                         target->kind == SWAP_TREE ? "directory" : "regular file");
    if (like_target && lstat(target->path, &old) == 0 &&
        (fchown(fd, old.st_uid, old.st_gid) != 0 || fchmod(fd, old.st_mode & 07777) != 0))
        return error_set_errno(error, errno, "cannot give the staged content owner and mode of '%s'", target->path);
    return syncfs(fd) == 0 ? JB_OK
                           : error_set_errno(error, errno, "cannot sync the staged content for '%s'", target->path);
}

int swap_staged(struct swap *swap, jb_operation *operation, const char *target, bool like_target, jb_error *error)
{
    struct swap_target *found;
    int code = swap_may_stage(swap, error);
    if (code == JB_OK)
        code = operation_check(operation, error);
    if (code == JB_OK)
        code = find_staged(swap, target, &found, error);
    if (code != JB_OK)
        return code;
    char *path = swap_inside(found, "new");
    int fd = path ? open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC) : -1;
    if (!path)
        code = error_no_memory(error);
    else if (fd < 0)
        code = error_set_errno(error, errno, "cannot read the staged content '%s'", path);
    else
        code = finish_staging(found, fd, like_target, error);
    if (fd >= 0)
        close(fd);
    free(path);
    if (code != JB_OK)
        return code;
    found->whole = true;
    return swap_save(swap, error);
}

char *swap_describe(struct swap *swap, jb_error *error)
{
    json_t *document = swap_to_json(swap, error);
    struct buffer text;
    buffer_init(&text, SIZE_MAX);
    char *described = NULL;
    if (document && json_write(document, JSON_INDENT(2), &text, error) == JB_OK) {
        described = buffer_detach(&text);
        if (!described)
            error_no_memory(error);
    }
    buffer_clean_up(&text);
    json_decref(document);
    return described;
}

int swap_space(const char *target, uint64_t *bytes_free, jb_error *error)
{
    char *path = strdup(target);
    if (!path)
        return error_no_memory(error);
    struct statvfs status;
    int result;
    while ((result = statvfs(path, &status)) != 0 && errno == ENOENT) {
        char *slash = strrchr(path, '/');
        if (!slash || !path[1])
            break;
        slash[slash == path] = '\0';
    }
    int code = result == 0 ? JB_OK : error_set_errno(error, errno, "cannot tell the space free for '%s'", target);
    free(path);
    if (code == JB_OK)
        *bytes_free = (uint64_t)status.f_bavail * status.f_frsize;
    return code;
}
