#include <errno.h>
#include <fcntl.h>
#include <jpsbackup/backup.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../base/error.h"
#include "../base/random.h"

int jb_revision_read(const char *path, uint64_t *revision, jb_error *error)
{
    int fd = path == NULL ? -1 : open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return error_set_errno(error, path == NULL ? EINVAL : errno, "cannot open '%s'", path == NULL ? "" : path);
    unsigned char bytes[9];
    ssize_t got = read(fd, bytes, sizeof bytes);
    int errnum = errno;
    close(fd);
    if (got < 0)
        return error_set_errno(error, errnum, "cannot read '%s'", path);
    if (got != 8)
        return error_set(error, JB_ERROR_FORMAT, "'%s' does not hold a revision: it is not 8 bytes long", path);
    *revision = 0;
    for (int i = 0; i < 8; i++)
        *revision = *revision << 8 | bytes[i];
    return JB_OK;
}

/* The file keeps its owner and mode; a new one is as readable as the repository's other files. */
static int write_temporary(int fd, const char *path, const unsigned char bytes[8], jb_error *error)
{
    struct stat old;
    if (stat(path, &old) == 0) {
        if (fchmod(fd, old.st_mode & 07777) != 0 || fchown(fd, old.st_uid, old.st_gid) != 0)
            return error_set_errno(error, errno, "cannot give '%s' its owner and mode", path);
    } else if (fchmod(fd, 0644) != 0) {
        return error_set_errno(error, errno, "cannot set the mode of '%s'", path);
    }
    ssize_t written = write(fd, bytes, 8);
    if (written != 8)
        return error_set_errno(error, written < 0 ? errno : ENOSPC, "cannot write '%s'", path);
    return fsync(fd) == 0 ? JB_OK : error_set_errno(error, errno, "cannot sync '%s'", path);
}

static int sync_directory_of(const char *path, jb_error *error)
{
    char *directory = strdup(path);
    if (directory == NULL)
        return error_no_memory(error);
    char *slash = strrchr(directory, '/');
    if (slash != NULL)
        slash[slash == directory ? 1 : 0] = '\0';
    int fd = open(slash == NULL ? "." : directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int code =
        fd >= 0 && fsync(fd) == 0 ? JB_OK : error_set_errno(error, errno, "cannot sync the directory of '%s'", path);
    if (fd >= 0)
        close(fd);
    free(directory);
    return code;
}

int jb_revision_write(const char *path, uint64_t revision, jb_error *error)
{
    if (path == NULL || path[0] == '\0')
        return error_set(error, JB_ERROR_USAGE, "the revision's file is missing");
    unsigned char bytes[8];
    for (int i = 0; i < 8; i++)
        bytes[i] = (unsigned char)(revision >> (56 - 8 * i));
    char random[33];
    random_name(random);
    char *temporary;
    if (asprintf(&temporary, "%s.%s", path, random) < 0)
        return error_no_memory(error);
    int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    int code =
        fd < 0 ? error_set_errno(error, errno, "cannot make '%s'", temporary) : write_temporary(fd, path, bytes, error);
    if (fd >= 0)
        close(fd);
    if (code == JB_OK && rename(temporary, path) != 0)
        code = error_set_errno(error, errno, "cannot replace '%s'", path);
    if (code != JB_OK && fd >= 0)
        unlink(temporary);
    free(temporary);
    return code == JB_OK ? sync_directory_of(path, error) : code;
}
