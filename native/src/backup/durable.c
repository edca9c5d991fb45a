#include "durable.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "../archive/create/walk.h"

#define DIRECTORY_FLAGS (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

int durable_begin(const char *path, int *fd, jb_error *error)
{
    *fd = open(path, DIRECTORY_FLAGS);
    if (*fd >= 0)
        return JB_OK;
    char *copy = strdup(path);
    if (!copy)
        return error_no_memory(error);
    *fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    free(copy);
    return *fd >= 0 ? JB_OK : error_set_errno(error, errno, "cannot open the directory of '%s'", path);
}

/* Writes the file's bytes and tells of the failures that were met since they came into memory. */
static int confirm_file(int directory, const char *name, const char *path, jb_error *error)
{
    int fd = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) /* without root's rights, a file without any for its owner is taken on trust */
        return errno == EACCES ? JB_OK : error_set_errno(error, errno, "cannot open '%s'", path);
    const unsigned flags = SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER;
    int code = sync_file_range(fd, 0, 0, flags) == 0 || errno == ESPIPE || errno == ENOSYS
                   ? JB_OK
                   : error_set_errno(error, errno, "cannot write '%s' to the disk", path);
    close(fd);
    return code;
}

static int confirm_entry(struct walk *walk, jb_error *error)
{
    int directory = walk_at(walk)->place->fd;
    const char *name = walk->name.text;
    struct stat status;
    if (fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) != 0)
        return error_set_errno(error, errno, "cannot look at '%s'", walk->path.data);
    if (S_ISREG(status.st_mode))
        return confirm_file(directory, name, walk->path.data, error);
    if (!S_ISDIR(status.st_mode))
        return JB_OK;
    int fd = openat(directory, name, DIRECTORY_FLAGS);
    if (fd < 0)
        return errno == EACCES ? JB_OK : error_set_errno(error, errno, "cannot open '%s'", walk->path.data);
    return walk_enter(walk, fd, error);
}

static int confirm_tree(int fd, jb_error *error)
{
    struct walk walk;
    walk_init(&walk, 0);
    int code = walk_enter(&walk, fd, error);
    bool done = false, lost;
    while (code == JB_OK && !done) {
        code = walk_next(&walk, error);
        if (code != JB_OK)
            break;
        code = walk.name.text[0] ? confirm_entry(&walk, error) : walk_leave(&walk, &done, &lost, error);
    }
    walk_clean_up(&walk);
    return code;
}

bool durable_kernel_is_silent(const char *release)
{
    char *end;
    unsigned long major = strtoul(release, &end, 10);
    unsigned long minor = *end == '.' ? strtoul(end + 1, NULL, 10) : 0;
    return major < 5 || (major == 5 && minor < 8);
}

int durable_confirm(int fd, const char *path, bool each_file, jb_error *error)
{
    int code = JB_OK;
    int tree = each_file ? open(path, DIRECTORY_FLAGS) : -1;
    if (tree >= 0)
        code = confirm_tree(tree, error); /* takes the descriptor over */
    else if (each_file)
        code = confirm_file(AT_FDCWD, path, path, error);
    if (code == JB_OK && syncfs(fd) != 0)
        code = error_set_errno(error, errno, "cannot write '%s' to the disk", path);
    return code;
}

int durable_end(int fd, const char *path, jb_error *error)
{
    struct utsname kernel;
    bool silent = uname(&kernel) != 0 || durable_kernel_is_silent(kernel.release);
    return durable_confirm(fd, path, silent, error);
}
