#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

int file_open(int directory, const char *name)
{
    return openat(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

bool file_path(char path[FILE_PATH_SIZE], int directory, const char *name)
{
    int size = snprintf(path, FILE_PATH_SIZE, "/proc/self/fd/%d/%s", directory, name);
    return size > 0 && size < FILE_PATH_SIZE;
}

bool file_is_gone(int errnum)
{
    return errnum == ENOENT || errnum == ESTALE || errnum == ELOOP || errnum == ENOTDIR || errnum == ENXIO;
}

static bool same_time(struct timespec left, struct timespec right)
{
    return left.tv_sec == right.tv_sec && left.tv_nsec == right.tv_nsec;
}

bool file_is_unchanged(const struct stat *before, const struct stat *after)
{
    return before->st_size == after->st_size && same_time(before->st_mtim, after->st_mtim) &&
           same_time(before->st_ctim, after->st_ctim);
}

int64_t file_born(int fd, const char *name)
{
    struct statx status;
    if (statx(fd, name, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH, STATX_BTIME, &status) != 0 ||
        !(status.stx_mask & STATX_BTIME))
        return 0;
    return status.stx_btime.tv_sec * 1000000000 + status.stx_btime.tv_nsec;
}

/* Fewer blocks than bytes have also files that their file system compresses. */
bool file_may_have_holes(int fd, const struct stat *status)
{
    if ((uint64_t)status->st_blocks * 512 >= (uint64_t)status->st_size)
        return false;
    off_t hole = lseek(fd, 0, SEEK_HOLE);
    return hole >= 0 && hole < status->st_size;
}
