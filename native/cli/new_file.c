#include "new_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../src/base/error.h"

static int conflict(const char *path, jb_error *error)
{
    error_set(error, JB_ERROR_CONFLICT, "'%s' exists", path);
    return error_hint(error, "give --replace to replace it");
}

int new_file_open(struct new_file *file, const char *path, bool replace, jb_error *error)
{
    *file = (struct new_file){.descriptor = -1, .path = path};
    struct stat status;
    if (lstat(path, &status) == 0) {
        if (!S_ISREG(status.st_mode)) {
            error_set(error, JB_ERROR_USAGE, "'%s' is there and is not a regular file", path);
            return error_hint(error, "name a file, or '-' for standard output");
        }
        if (!replace)
            return conflict(path, error);
    } else if (errno != ENOENT) {
        return error_set_errno(error, errno, "cannot look at '%s'", path);
    }
    const char *slash = strrchr(path, '/');
    const char *name = slash != NULL ? slash + 1 : path;
    /* The name is cut so that the temporary one fits a directory whose names may be 255 bytes long. */
    if (*name == '\0')
        return error_set(error, JB_ERROR_USAGE, "'%s' is not a file's name", path);
    if (asprintf(&file->temporary, "%.*s.%.200s.jpsbackup-XXXXXX", (int)(name - path), path, name) < 0) {
        file->temporary = NULL;
        return error_no_memory(error);
    }
    file->descriptor = mkostemp(file->temporary, O_CLOEXEC);
    if (file->descriptor < 0) {
        int errnum = errno;
        free(file->temporary);
        file->temporary = NULL;
        return error_set_errno(error, errnum, "cannot make a file beside '%s'", path);
    }
    return JB_OK;
}

static int sync_directory(const char *path, jb_error *error)
{
    const char *slash = strrchr(path, '/');
    char *directory = slash == NULL ? strdup(".") : strndup(path, slash == path ? 1 : (size_t)(slash - path));
    if (directory == NULL)
        return error_no_memory(error);
    int code = JB_OK;
    int descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0 || fsync(descriptor) != 0)
        code = error_set_errno(error, errno, "cannot sync the directory of '%s'", path);
    if (descriptor >= 0)
        close(descriptor);
    free(directory);
    return code;
}

int new_file_finish(struct new_file *file, bool replace, jb_error *error)
{
    mode_t mask = umask(0);
    umask(mask);
    if (fchmod(file->descriptor, 0666 & ~mask) != 0 || fsync(file->descriptor) != 0)
        return error_set_errno(error, errno, "cannot finish '%s'", file->path);
    /* link(2), unlike rename(2), never replaces what another process has put there meanwhile. */
    if (replace ? rename(file->temporary, file->path) != 0 : link(file->temporary, file->path) != 0)
        return errno == EEXIST ? conflict(file->path, error)
                               : error_set_errno(error, errno, "cannot give '%s' its name", file->path);
    if (!replace)
        unlink(file->temporary);
    free(file->temporary);
    file->temporary = NULL;
    return sync_directory(file->path, error);
}

void new_file_clean_up(struct new_file *file)
{
    if (file->descriptor >= 0)
        close(file->descriptor);
    if (file->temporary != NULL)
        unlink(file->temporary);
    free(file->temporary);
}
