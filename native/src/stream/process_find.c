#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../base/error.h"
#include "process.h"

#define PATH_DEFAULT "/bin:/usr/bin" /* of posix_spawnp(3) */

/* 0, or why it cannot be run. */
static int look(const char *path)
{
    struct stat status;
    if (stat(path, &status) != 0)
        return errno;
    if (!S_ISREG(status.st_mode))
        return EACCES;
    return faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) == 0 ? 0 : errno;
}

static int look_in_path(const char *name)
{
    const char *at = getenv("PATH");
    int reason = ENOENT;
    for (at = at != NULL ? at : PATH_DEFAULT; *at != '\0';) {
        int size = (int)strcspn(at, ":");
        char path[PATH_MAX];
        if (at[0] == '/' && snprintf(path, sizeof path, "%.*s/%s", size, at, name) < (int)sizeof path) {
            int found = look(path);
            if (found == 0)
                return 0;
            reason = found == EACCES ? EACCES : reason;
        }
        at += size;
        at += *at == ':';
    }
    return reason;
}

int process_find_consumer(const char *const *argv, jb_error *error)
{
    if (argv[0] == NULL || argv[0][0] == '\0')
        return error_set(error, JB_ERROR_USAGE, "the command to run is missing");
    bool relative = argv[0][0] != '/' && strchr(argv[0], '/') != NULL;
    int reason = relative ? ENOENT : argv[0][0] == '/' ? look(argv[0]) : look_in_path(argv[0]);
    if (reason == 0)
        return JB_OK;
    error_set(error, JB_ERROR_PRODUCER, "cannot run '%.300s': %s", argv[0],
              relative ? "it is no whole path, and the program runs in another directory" : strerror(reason));
    return error_hint(error, "install it, or give its whole path");
}
