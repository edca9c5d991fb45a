#include "private_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../src/base/error.h"

static int check_file(int file, const char *path, const char *what, jb_error *error)
{
    struct stat status;
    if (fstat(file, &status) != 0)
        return error_set_errno(error, errno, "cannot look at %s '%s'", what, path);
    if (!S_ISREG(status.st_mode))
        return error_set(error, JB_ERROR_USAGE, "%s '%s' is not a regular file", what, path);
    if (status.st_uid != geteuid())
        return error_set(error, JB_ERROR_USAGE, "%s '%s' belongs to another user (uid %u)", what, path,
                         (unsigned)status.st_uid);
    if ((status.st_mode & 077) != 0) {
        error_set(error, JB_ERROR_USAGE, "%s '%s' is open to other users (mode %04o)", what, path,
                  (unsigned)status.st_mode & 07777);
        return error_hint(error, "make it mode 0600, and consider its keys known to others");
    }
    return JB_OK;
}

static int read_content(int file, const char *path, const char *what, char *content, size_t most, jb_error *error)
{
    size_t used = 0;
    for (;;) {
        ssize_t count = read(file, content + used, most + 1 - used);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return error_set_errno(error, errno, "cannot read %s '%s'", what, path);
        if (count == 0)
            break;
        used += (size_t)count;
        if (used > most)
            return error_set(error, JB_ERROR_USAGE, "%s '%s' is longer than %zu bytes", what, path, most);
    }
    content[used] = '\0';
    if (strlen(content) != used)
        return error_set(error, JB_ERROR_USAGE, "%s '%s' holds a NUL byte", what, path);
    return JB_OK;
}

int private_file_read(const char *path, const char *what, bool once, char *content, size_t most, jb_error *error)
{
    /* O_NONBLOCK: a FIFO in the file's place must not hold the command up. */
    int file = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    content[0] = '\0';
    if (file < 0)
        return error_set_errno(error, errno, "cannot open %s '%s'", what, path);
    int code = check_file(file, path, what, error);
    if (code == JB_OK) {
        code = read_content(file, path, what, content, most, error);
        if (once && unlink(path) != 0 && code == JB_OK)
            code = error_set_errno(error, errno, "cannot remove %s '%s' after reading it", what, path);
    }
    close(file);
    if (code != JB_OK)
        explicit_bzero(content, most + 1);
    return code;
}
