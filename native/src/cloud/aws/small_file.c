#include "small_file.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int read_all(int file, const char *path, const char *what, struct buffer *bytes, jb_error *error)
{
    char piece[4096];
    int code = JB_OK;
    while (code == JB_OK) {
        ssize_t got = read(file, piece, sizeof piece);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            code = error_set_errno(error, errno, "cannot read %s '%s'", what, path);
        if (got <= 0)
            break;
        if (memchr(piece, '\0', (size_t)got) != NULL)
            code = error_set(error, JB_ERROR_FORMAT, "%s '%s' holds a NUL byte", what, path);
        else if ((size_t)got > bytes->maximum - bytes->size)
            code = error_set(error, JB_ERROR_LIMIT, "%s '%s' is longer than %zu bytes", what, path, bytes->maximum);
        else
            code = buffer_append(bytes, piece, (size_t)got, error);
    }
    OPENSSL_cleanse(piece, sizeof piece);
    return code;
}

int small_file_read(const char *path, const char *what, struct buffer *bytes, jb_error *error)
{
    /* O_NONBLOCK: a FIFO in the file's place must not hold the caller up. */
    int file = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (file < 0)
        return error_set_errno(error, errno, "cannot open %s '%s'", what, path);
    struct stat status;
    int code;
    if (fstat(file, &status) != 0)
        code = error_set_errno(error, errno, "cannot look at %s '%s'", what, path);
    else if (!S_ISREG(status.st_mode))
        code = error_set(error, JB_ERROR_FORMAT, "%s '%s' is not a regular file", what, path);
    else
        code = read_all(file, path, what, bytes, error);
    close(file);
    return code;
}
