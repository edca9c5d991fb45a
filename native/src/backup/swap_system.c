#include "swap_system.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static int rename_name(int from_directory, const char *from, int to_directory, const char *to, unsigned flags)
{
    return flags == 0 ? renameat(from_directory, from, to_directory, to)
                      : renameat2(from_directory, from, to_directory, to, flags);
}

static int set_time(const char *path, struct timespec mtime)
{
    return utimensat(AT_FDCWD, path, (struct timespec[]){{.tv_nsec = UTIME_OMIT}, mtime}, AT_SYMLINK_NOFOLLOW);
}

const struct swap_system swap_system_calls = {
    .rename = rename_name,
    .link = link,
    .make_directory = mkdirat,
    .remove = unlinkat,
    .sync = fsync,
    .set_time = set_time,
    .write = write,
};
