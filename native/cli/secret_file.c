#include "secret_file.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "../src/base/error.h"

static int write_all(int file, const char *path, const char *bytes, size_t count, jb_error *error)
{
    while (count > 0) {
        ssize_t written = write(file, bytes, count);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return error_set_errno(error, errno, "cannot write '%s'", path);
        bytes += written;
        count -= (size_t)written;
    }
    return fsync(file) == 0 ? JB_OK : error_set_errno(error, errno, "cannot write '%s'", path);
}

int secret_file_write(const char *path, const void *bytes, size_t count, jb_error *error)
{
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (file < 0 && errno == EEXIST) {
        error_set(error, JB_ERROR_CONFLICT, "'%s' exists", path);
        return error_hint(error, "name a new file; remove the old one if it is no longer needed");
    }
    if (file < 0)
        return error_set_errno(error, errno, "cannot make '%s'", path);
    int code = write_all(file, path, bytes, count, error);
    if (close(file) != 0 && code == JB_OK)
        code = error_set_errno(error, errno, "cannot write '%s'", path);
    if (code != JB_OK)
        unlink(path);
    return code;
}
