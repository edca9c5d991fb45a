#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../base/random.h"
#include "files.h"

#define DIRECTORY_FLAGS (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

static int step_into(int parent, const char *name)
{
    int fd = openat(parent, name, DIRECTORY_FLAGS);
    if (fd >= 0 || errno != ENOENT)
        return fd;
    if (mkdirat(parent, name, 0777) != 0 && errno != EEXIST)
        return -1;
    return openat(parent, name, DIRECTORY_FLAGS);
}

static int open_directory(int directory, const char *path, struct files_place *place, jb_error *error)
{
    int fd = openat(directory, ".", DIRECTORY_FLAGS);
    place->name = path;
    for (const char *slash; fd >= 0 && (slash = strchr(place->name, '/')) != NULL; place->name = slash + 1) {
        char name[NAME_MAX + 1];
        size_t size = (size_t)(slash - place->name);
        if (size > NAME_MAX) {
            close(fd);
            return error_set_errno(error, ENAMETOOLONG, "cannot make the directory of '%s'", path);
        }
        memcpy(name, place->name, size);
        name[size] = '\0';
        int next = step_into(fd, name);
        int errnum = errno;
        close(fd);
        fd = next;
        errno = errnum;
    }
    place->directory_fd = fd;
    if (fd >= 0)
        return JB_OK;
    int errnum = errno;
    error_set_errno(error, errnum, "cannot open the directory of '%s'", path);
    if (errnum != ELOOP && errnum != ENOTDIR)
        return (int)error->code;
    error->code = JB_ERROR_CONFLICT;
    return error_hint(error, "a link or a file stands where a directory is needed");
}

static int refuse_existing(const struct files_place *place, bool replace, jb_error *error)
{
    struct stat status;
    if (fstatat(place->directory_fd, place->name, &status, AT_SYMLINK_NOFOLLOW) != 0)
        return JB_OK;
    if (!replace) {
        error_set(error, JB_ERROR_CONFLICT, "the file exists");
        return error_hint(error, "ask for files to be replaced");
    }
    return S_ISDIR(status.st_mode) ? error_set(error, JB_ERROR_CONFLICT, "a directory of this name exists") : JB_OK;
}

int files_place_open(int directory, const char *path, bool replace, struct files_place *place, jb_error *error)
{
    *place = (struct files_place){.directory_fd = -1, .fd = -1};
    int code = open_directory(directory, path, place, error);
    if (code == JB_OK)
        code = refuse_existing(place, replace, error);
    if (code != JB_OK)
        return code;
    char random[33];
    random_name(random);
    snprintf(place->temporary, sizeof place->temporary, ".jpsbackup-%s", random);
    place->fd =
        openat(place->directory_fd, place->temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (place->fd < 0) {
        int errnum = errno;
        place->temporary[0] = '\0';
        return error_set_errno(error, errnum, "cannot make a file beside '%s'", path);
    }
    return JB_OK;
}

int files_place_write(struct files_place *place, const void *bytes, size_t count, jb_error *error)
{
    const char *next = bytes;
    while (count > 0) {
        ssize_t written = write(place->fd, next, count);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return error_set_errno(error, errno, "cannot write '%s'", place->name);
        next += written;
        count -= (size_t)written;
    }
    return JB_OK;
}

int files_place_publish(struct files_place *place, bool replace, jb_error *error)
{
    int fd = place->fd;
    place->fd = -1;
    if (close(fd) != 0) /* some file systems tell only now that there is no room */
        return error_set_errno(error, errno, "cannot write '%s'", place->name);
    /* link(2), unlike rename(2), never replaces what somebody else has put there meanwhile. */
    int result = replace ? renameat(place->directory_fd, place->temporary, place->directory_fd, place->name)
                         : linkat(place->directory_fd, place->temporary, place->directory_fd, place->name, 0);
    if (result != 0 && errno == EEXIST)
        return error_set(error, JB_ERROR_CONFLICT, "the file exists");
    if (result != 0)
        return error_set_errno(error, errno, "cannot give '%s' its name", place->name);
    if (replace)
        place->temporary[0] = '\0';
    return JB_OK;
}

void files_place_close(struct files_place *place)
{
    if (place->fd >= 0)
        close(place->fd);
    if (place->temporary[0] != '\0')
        unlinkat(place->directory_fd, place->temporary, 0);
    if (place->directory_fd >= 0)
        close(place->directory_fd);
}
