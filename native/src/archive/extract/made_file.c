#include "made_file.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

int made_file_refused(int errnum, jb_error *error)
{
    return errnum == EEXIST ? error_set(error, JB_ERROR_FORMAT, "its name was there before")
                            : error_set_errno(error, errnum, "cannot make it");
}

/* A file that keeps the maker's owner has its own mode from the start, which spares a call; any other one is open to
 * nobody until it has its owner. */
static mode_t first_mode(const struct metadata *metadata)
{
    bool own = metadata->uid == geteuid() && metadata->gid == getegid();
    return own && (metadata->mode & 0600) == 0600 ? metadata->mode & 0777 : 0600;
}

int made_file_open(int directory, const char *name, const struct metadata *metadata, int *fd, jb_error *error)
{
    *fd = openat(directory, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, first_mode(metadata));
    return *fd >= 0 ? JB_OK : made_file_refused(errno, error);
}

int made_file_write(int fd, const void *bytes, size_t count, uint64_t offset, jb_error *error)
{
    const char *at = bytes;
    while (count > 0) {
        ssize_t written = pwrite(fd, at, count, (off_t)offset);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return error_set_errno(error, errno, "cannot write");
        at += written;
        offset += (uint64_t)written;
        count -= (size_t)written;
    }
    return JB_OK;
}

int made_file_finish(int fd, uint64_t end, uint64_t size, struct metadata_context *context,
                     const struct metadata *metadata, struct archive_entry *entry, const char *path, jb_error *error)
{
    if (end < size && ftruncate(fd, (off_t)size) != 0)
        return error_set_errno(error, errno, "cannot set its size");
    struct made made = {.fd = fd};
    return metadata_apply(context, metadata, entry, &made, path, error);
}
