#include "restore_apart.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../base/error.h"

static bool is_same(const struct stat *one, const struct stat *other)
{
    return one->st_dev == other->st_dev && one->st_ino == other->st_ino;
}

/* Goes up from `fd` (taken over), by the directories themselves: paths may lead through links and bind mounts. */
static int climb(int fd, const struct stat *above, bool *found, jb_error *error)
{
    struct stat here = {0}, below;
    *found = false;
    for (bool first = true;; first = false) {
        below = here;
        if (fd < 0 || fstat(fd, &here) != 0) {
            int errnum = errno;
            if (fd >= 0)
                close(fd);
            return error_set_errno(error, errnum, "cannot find out where the store's directory and the target lie");
        }
        *found = is_same(&here, above);
        if (*found || (!first && is_same(&here, &below)))
            break;
        int up = openat(fd, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
        int errnum = errno;
        close(fd);
        errno = errnum;
        fd = up;
    }
    close(fd);
    return JB_OK;
}

/* The target, or what of the way to it is there; *whole: it is the target. */
static int open_nearest(const char *target, int *fd, bool *whole, jb_error *error)
{
    char *path = strdup(target);
    if (path == NULL)
        return error_no_memory(error);
    *whole = true;
    while ((*fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC)) < 0 && (errno == ENOENT || errno == ENOTDIR)) {
        char *slash = strrchr(path, '/');
        slash[slash == path && slash[1] != '\0'] = '\0';
        *whole = false;
    }
    int code = *fd >= 0 ? JB_OK : error_set_errno(error, errno, "cannot open '%s'", path);
    free(path);
    return code;
}

static int refuse(const char *directory, const char *target, bool holds, jb_error *error)
{
    if (!holds) {
        error_set(error, JB_ERROR_USAGE, "the target '%s' lies inside the store's own directory '%s'", target,
                  directory);
        return error_hint(error, "restore into a directory outside of the store");
    }
    error_set(error, JB_ERROR_USAGE,
              "the target '%s' holds the store itself ('%s'), which the restore would remove with all its backups",
              target, directory);
    return error_hint(error, "restore into a directory beside it and take from there what you need, or move the store");
}

int restore_apart(jb_store *store, const char *target, jb_error *error)
{
    int store_fd = -1, target_fd = -1;
    bool whole = false, holds = false, inside = false;
    struct stat of_store, of_target;
    const char *directory = store_directory(store, &store_fd);
    if (directory == NULL)
        return JB_OK;
    int code = open_nearest(target, &target_fd, &whole, error);
    if (code != JB_OK)
        return code;
    if (fstat(store_fd, &of_store) != 0 || fstat(target_fd, &of_target) != 0)
        code = error_set_errno(error, errno, "cannot read '%s' and '%s'", directory, target);
    if (code == JB_OK && whole)
        code = climb(fcntl(store_fd, F_DUPFD_CLOEXEC, 0), &of_target, &holds, error);
    if (code == JB_OK && !holds)
        code = climb(fcntl(target_fd, F_DUPFD_CLOEXEC, 0), &of_store, &inside, error);
    close(target_fd);
    return code == JB_OK && (holds || inside) ? refuse(directory, target, holds, error) : code;
}
