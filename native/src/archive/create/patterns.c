#include "patterns.h"

#include <fnmatch.h>
#include <string.h>

#include "../tar.h"

static bool can_match(const char *pattern)
{
    if (*pattern == '/')
        pattern++;
    for (;; pattern++) {
        size_t size = strcspn(pattern, "/");
        if (size == 0 || (size <= 2 && strncmp(pattern, "..", size) == 0))
            return false;
        pattern += size;
        if (*pattern == '\0')
            return true;
    }
}

int tar_check_patterns(const char *const *patterns, jb_error *error)
{
    for (; patterns && *patterns; patterns++) {
        if (!can_match(*patterns)) {
            error_set(error, JB_ERROR_USAGE, "the pattern '%.200s' can match nothing", *patterns);
            return error_hint(error, "write a path below the directory, without './' and without '/' at its end");
        }
    }
    return JB_OK;
}

bool patterns_match(const char *const *patterns, const char *path, const char *name)
{
    for (; patterns && *patterns; patterns++) {
        const char *slash = strchr(*patterns, '/');
        const char *from = slash == *patterns ? *patterns + 1 : *patterns;
        if (fnmatch(from, slash ? path : name, FNM_PATHNAME) == 0)
            return true;
    }
    return false;
}
