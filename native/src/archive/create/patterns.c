#include "patterns.h"

#include <fnmatch.h>
#include <string.h>

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
