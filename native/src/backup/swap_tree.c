#include "swap_tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "../base/error.h"

#define DIRECTORY_FLAGS (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
#define MOVE_DEPTH_MAX                                                                                                 \
    200 /* directories of a lower layer inside one another: each holds two descriptors while it is moved */
#define ATTRIBUTES_MAX 65536
#define HALF_MADE      ".jpsbackup-moving" /* a directory before it has its metadata; always empty */

static bool is_dots(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

static DIR *open_list(int directory)
{
    int fd = openat(directory, ".", DIRECTORY_FLAGS);
    DIR *list = fd >= 0 ? fdopendir(fd) : NULL;
    if (!list && fd >= 0)
        close(fd);
    return list;
}

/* The names of the directories that lead down to the one at work. */
struct trail {
    char (*names)[NAME_MAX + 1];
    size_t depth;
    size_t capacity;
};

static int trail_push(struct trail *trail, const char *name, jb_error *error)
{
    if (trail->depth == trail->capacity) {
        size_t capacity = trail->capacity ? trail->capacity * 2 : 16;
        void *grown = realloc(trail->names, capacity * sizeof(*trail->names));
        if (!grown)
            return error_no_memory(error);
        trail->names = grown;
        trail->capacity = capacity;
    }
    memcpy(trail->names[trail->depth++], name, strlen(name) + 1);
    return JB_OK;
}

/* Removes what is no directory; answers with the first directory in `below`, or "" where nothing is left. */
static int remove_files(const struct swap_system *system, int directory, char below[NAME_MAX + 1], jb_error *error)
{
    DIR *list = open_list(directory);
    if (!list)
        return error_set_errno(error, errno, "cannot list a directory of the tree to remove");
    int code = JB_OK;
    below[0] = '\0';
    const struct dirent *entry;
    while (code == JB_OK && !below[0] && (entry = readdir(list)) != NULL) {
        if (is_dots(entry->d_name))
            continue;
        /* unlink(2) of a directory fails with EISDIR or, after POSIX, EPERM. */
        if (system->remove(directory, entry->d_name, 0) == 0 || errno == ENOENT)
            continue;
        int reason = errno;
        struct stat status;
        if (fstatat(directory, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(status.st_mode)) {
            if (system->remove(directory, entry->d_name, AT_REMOVEDIR) == 0)
                continue;
            if (errno == EBUSY)
                code = error_set(error, JB_ERROR_CONFLICT,
                                 "another file system is mounted on '%s' inside the tree to remove", entry->d_name);
            else if (errno != ENOTEMPTY && errno != EEXIST)
                code = error_set_errno(error, errno, "cannot remove the directory '%s'", entry->d_name);
            else
                memcpy(below, entry->d_name, strlen(entry->d_name) + 1);
        } else
            code = error_set_errno(error, reason, "cannot remove '%s'", entry->d_name);
    }
    closedir(list);
    return code;
}

static int step(int *directory, const char *name, dev_t device, jb_error *error)
{
    int fd = openat(*directory, name, DIRECTORY_FLAGS);
    struct stat status;
    if (fd < 0 || fstat(fd, &status) != 0) {
        int code = error_set_errno(error, errno, "cannot open the directory '%s'", name);
        if (fd >= 0)
            close(fd);
        return code;
    }
    if (status.st_dev != device) {
        close(fd);
        return error_set(error, JB_ERROR_CONFLICT, "another file system is mounted on '%s' inside the tree to remove",
                         name);
    }
    close(*directory);
    *directory = fd;
    return JB_OK;
}

/* The tree lies where nobody else moves directories, so ".." leads back the way that led here. */
static int remove_below(const struct swap_system *system, int *directory, jb_error *error)
{
    struct stat status;
    if (fstat(*directory, &status) != 0)
        return error_set_errno(error, errno, "cannot open the tree to remove");
    struct trail trail = {0};
    int code;
    do {
        char below[NAME_MAX + 1];
        code = remove_files(system, *directory, below, error);
        if (code == JB_OK && below[0]) {
            code = step(directory, below, status.st_dev, error);
            if (code == JB_OK)
                code = trail_push(&trail, below, error);
            continue;
        }
        if (code != JB_OK || trail.depth == 0)
            break;
        code = step(directory, "..", status.st_dev, error);
        const char *name = trail.names[--trail.depth];
        if (code == JB_OK && system->remove(*directory, name, AT_REMOVEDIR) != 0)
            code = error_set_errno(error, errno, "cannot remove the directory '%s'", name);
    } while (code == JB_OK);
    free(trail.names);
    return code;
}

int swap_tree_remove(const struct swap_system *system, const char *path, jb_error *error)
{
    int directory = open(path, DIRECTORY_FLAGS);
    if (directory < 0 && (errno == ENOTDIR || errno == ELOOP))
        return system->remove(AT_FDCWD, path, 0) == 0 ? JB_OK
                                                      : error_set_errno(error, errno, "cannot remove '%s'", path);
    if (directory < 0)
        return errno == ENOENT ? JB_OK : error_set_errno(error, errno, "cannot remove '%s'", path);
    int code = remove_below(system, &directory, error);
    close(directory);
    if (code == JB_OK && system->remove(AT_FDCWD, path, AT_REMOVEDIR) != 0)
        code = error_set_errno(error, errno, "cannot remove it");
    return code == JB_OK ? JB_OK : error_prefix(error, "removing '%s'", path);
}

int swap_tree_empty(const struct swap_system *system, const char *path, jb_error *error)
{
    int directory = open(path, DIRECTORY_FLAGS);
    if (directory < 0)
        return error_set_errno(error, errno, "cannot open '%s'", path);
    int code = remove_below(system, &directory, error);
    close(directory);
    return code == JB_OK ? JB_OK : error_prefix(error, "emptying '%s'", path);
}

/* What the kernel or an overlay keeps for itself on a directory. */
static bool is_foreign(const char *name)
{
    return strncmp(name, "trusted.overlay.", 16) == 0 || strcmp(name, "security.selinux") == 0;
}

static int copy_attributes(int from, int to, char *names, char *value)
{
    ssize_t size = flistxattr(to, names, ATTRIBUTES_MAX);
    for (const char *name = names; size > 0 && name < names + size; name += strlen(name) + 1) {
        if (!is_foreign(name) && fremovexattr(to, name) != 0 && errno != ENODATA)
            return errno;
    }
    size = flistxattr(from, names, ATTRIBUTES_MAX);
    for (const char *name = names; size > 0 && name < names + size; name += strlen(name) + 1) {
        ssize_t got = is_foreign(name) ? -1 : fgetxattr(from, name, value, ATTRIBUTES_MAX);
        if (got >= 0 && fsetxattr(to, name, value, (size_t)got, 0) != 0)
            return errno;
    }
    return 0;
}

int swap_tree_copy_metadata(int from, int to, const char *path, jb_error *error)
{
    struct stat status;
    char *names = malloc(2 * (size_t)ATTRIBUTES_MAX);
    if (!names)
        return error_no_memory(error);
    int reason = 0;
    if (fstat(from, &status) != 0 || fchown(to, status.st_uid, status.st_gid) != 0)
        reason = errno;
    if (reason == 0)
        reason = copy_attributes(from, to, names, names + ATTRIBUTES_MAX);
    /* After the ACLs, whose mask is in the mode. */
    if (reason == 0 && fchmod(to, status.st_mode & 07777) != 0)
        reason = errno;
    free(names);
    return reason == 0 ? JB_OK : error_set_errno(error, reason, "cannot set owner, mode and attributes of '%s'", path);
}

static int move_entries(const struct swap_system *system, int from, int to, const char *except, unsigned depth,
                        jb_error *error);

/*
 * A directory that is moved entry by entry loses its time with the first of them, and a crash the memory of it. So it
 * stands on the new directory, as well as the file system can, until all is moved.
 */
#define MARK "user.jpsbackup-mtime"

static void set_mark(int directory, struct timespec time)
{
    (void)fsetxattr(directory, MARK, &time, sizeof(time), 0);
}

static bool read_mark(int directory, struct timespec *time)
{
    return fgetxattr(directory, MARK, time, sizeof(*time)) == (ssize_t)sizeof(*time);
}

/* All entries have come: the time goes from the mark to where it belongs. */
static int settle(int directory, struct timespec time)
{
    if (futimens(directory, (struct timespec[]){{.tv_nsec = UTIME_OMIT}, time}) != 0)
        return errno;
    return fremovexattr(directory, MARK) == 0 || errno == ENODATA || errno == ENOTSUP ? 0 : errno;
}

/* Under its name the new directory appears with all its metadata, so that either of two that share a name after a crash
 * is right. */
static int make_like(const struct swap_system *system, int source, struct timespec time, int to, const char *name,
                     jb_error *error)
{
    if ((system->remove(to, HALF_MADE, AT_REMOVEDIR) != 0 && errno != ENOENT) ||
        system->make_directory(to, HALF_MADE, 0700) != 0)
        return error_set_errno(error, errno, "cannot make the directory '%s'", name);
    int fresh = openat(to, HALF_MADE, DIRECTORY_FLAGS);
    if (fresh < 0)
        return error_set_errno(error, errno, "cannot open the directory '%s'", name);
    int code = swap_tree_copy_metadata(source, fresh, name, error);
    set_mark(fresh, time);
    close(fresh);
    if (code == JB_OK && system->rename(to, HALF_MADE, to, name, 0) != 0)
        code = error_set_errno(error, errno, "cannot make the directory '%s'", name);
    return code;
}

static int fill(const struct swap_system *system, int source, int target, struct timespec time, unsigned depth,
                jb_error *error)
{
    int code = move_entries(system, source, target, NULL, depth, error);
    int reason = code == JB_OK ? settle(target, time) : 0;
    if (code == JB_OK && reason == 0 && system->sync(target) != 0)
        reason = errno;
    return reason == 0 ? code : error_set_errno(error, reason, "cannot finish a directory");
}

static int move_directory(const struct swap_system *system, int from, int to, const char *name, unsigned depth,
                          jb_error *error)
{
    if (depth == MOVE_DEPTH_MAX)
        return error_set(error, JB_ERROR_LIMIT, "more than %d directories inside one another that cannot be renamed",
                         MOVE_DEPTH_MAX);
    int source = openat(from, name, DIRECTORY_FLAGS);
    int target = openat(to, name, DIRECTORY_FLAGS);
    bool fresh = target < 0 && errno == ENOENT;
    struct stat status, above;
    int code = JB_OK;
    if (source < 0 || (target < 0 && !fresh) || fstat(source, &status) != 0 || fstat(from, &above) != 0)
        code = error_set_errno(error, errno, "cannot open the directory '%s'", name);
    else if (status.st_dev != above.st_dev)
        code = error_set(error, JB_ERROR_CONFLICT, "another file system is mounted on '%s' inside the target", name);
    struct timespec time = {0};
    if (code == JB_OK && !read_mark(source, &time) && (fresh || !read_mark(target, &time)))
        time = status.st_mtim;
    if (code == JB_OK && fresh) {
        code = make_like(system, source, time, to, name, error);
        target = code == JB_OK ? openat(to, name, DIRECTORY_FLAGS) : -1;
        if (code == JB_OK && target < 0)
            code = error_set_errno(error, errno, "cannot open the directory '%s'", name);
    }
    if (code == JB_OK)
        code = fill(system, source, target, time, depth + 1, error);
    if (code == JB_OK && system->remove(from, name, AT_REMOVEDIR) != 0)
        code = error_set_errno(error, errno, "cannot remove the directory '%s'", name);
    if (source >= 0)
        close(source);
    if (target >= 0)
        close(target);
    return code;
}

/* A directory that came in one piece may bear the mark of a move that a crash ended. */
static int settle_renamed(int to, const char *name, jb_error *error)
{
    int directory = openat(to, name, DIRECTORY_FLAGS | O_NONBLOCK);
    if (directory < 0)
        return JB_OK; /* no directory */
    struct timespec time;
    int reason = read_mark(directory, &time) ? settle(directory, time) : 0;
    close(directory);
    return reason == 0 ? JB_OK : error_set_errno(error, reason, "cannot set the time of '%s'", name);
}

static int move_entry(const struct swap_system *system, int from, int to, const char *name, unsigned depth,
                      jb_error *error)
{
    if (system->rename(from, name, to, name, 0) == 0)
        return settle_renamed(to, name, error);
    int reason = errno;
    struct stat status;
    if ((reason == EXDEV || reason == ENOTEMPTY || reason == EEXIST) &&
        fstatat(from, name, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(status.st_mode))
        return move_directory(system, from, to, name, depth, error);
    int code = error_set_errno(error, reason, "cannot move '%s'", name);
    return reason == EBUSY ? error_hint(error, "unmount what is mounted inside the target") : code;
}

/* In passes until one finds nothing: a list that is read while it changes may miss names. */
static int move_entries(const struct swap_system *system, int from, int to, const char *except, unsigned depth,
                        jb_error *error)
{
    DIR *list = open_list(from);
    if (!list)
        return error_set_errno(error, errno, "cannot list a directory");
    int code = JB_OK;
    bool moved;
    do {
        moved = false;
        rewinddir(list);
        const struct dirent *entry;
        while (code == JB_OK && (entry = readdir(list)) != NULL) {
            if (is_dots(entry->d_name) || (except && strcmp(entry->d_name, except) == 0))
                continue;
            if (strcmp(entry->d_name, HALF_MADE) == 0)
                code = system->remove(from, HALF_MADE, AT_REMOVEDIR) == 0
                           ? JB_OK
                           : error_set_errno(error, errno, "cannot remove '%s'", HALF_MADE);
            else
                code = move_entry(system, from, to, entry->d_name, depth, error);
            moved = true;
        }
    } while (code == JB_OK && moved);
    closedir(list);
    return code;
}

int swap_tree_move(const struct swap_system *system, const char *from, const char *to, const char *except,
                   jb_error *error)
{
    int source = open(from, DIRECTORY_FLAGS);
    int target = open(to, DIRECTORY_FLAGS);
    int code = JB_OK;
    if (source < 0 || target < 0)
        code = error_set_errno(error, errno, "cannot open a directory");
    if (code == JB_OK)
        code = move_entries(system, source, target, except, 0, error);
    if (code == JB_OK && (system->sync(source) != 0 || system->sync(target) != 0))
        code = error_set_errno(error, errno, "cannot sync a directory");
    if (source >= 0)
        close(source);
    if (target >= 0)
        close(target);
    return code == JB_OK ? JB_OK : error_prefix(error, "moving the entries of '%s' to '%s'", from, to);
}

static int copy_bytes(const struct swap_system *system, int from, int to)
{
    char block[65536];
    for (;;) {
        ssize_t count = read(from, block, sizeof(block));
        if (count == 0)
            return 0;
        if (count < 0 && errno != EINTR)
            return errno;
        for (ssize_t at = 0; at < count;) {
            ssize_t written = system->write(to, block + at, (size_t)(count - at));
            if (written < 0 && errno != EINTR)
                return errno;
            at += written > 0 ? written : 0;
        }
    }
}

int swap_tree_copy_file(const struct swap_system *system, const char *from, const char *to, jb_error *error)
{
    int source = open(from, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    int target = source >= 0 ? open(to, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600) : -1;
    struct stat status;
    int code = JB_OK;
    int reason = 0;
    if (target < 0 || fstat(source, &status) != 0)
        reason = errno;
    if (reason == 0)
        reason = copy_bytes(system, source, target);
    if (reason == 0)
        code = swap_tree_copy_metadata(source, target, to, error);
    if (reason == 0 && code == JB_OK &&
        (futimens(target, (struct timespec[]){status.st_atim, status.st_mtim}) != 0 || system->sync(target) != 0))
        reason = errno;
    if (reason != 0)
        code = error_set_errno(error, reason, "cannot copy '%s' to '%s'", from, to);
    if (source >= 0)
        close(source);
    if (target >= 0)
        close(target);
    return code;
}

int swap_tree_sync(const struct swap_system *system, const char *directory, jb_error *error)
{
    int fd = open(directory, DIRECTORY_FLAGS);
    int code = fd < 0 || system->sync(fd) != 0
                   ? error_set_errno(error, errno, "cannot sync the directory '%s'", directory)
                   : JB_OK;
    if (fd >= 0)
        close(fd);
    return code;
}
