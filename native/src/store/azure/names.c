#include <string.h>

#include "request.h"

/* Azure: "Naming and referencing containers, blobs, and metadata". */
static int check_bucket(const char *bucket, jb_error *error)
{
    size_t size = strlen(bucket);
    bool good = size >= 3 && size <= 63 && bucket[0] != '-' && bucket[size - 1] != '-' &&
                strstr(bucket, "--") == NULL && strspn(bucket, "abcdefghijklmnopqrstuvwxyz0123456789-") == size;
    if (good)
        return JB_OK;
    error_set(error, JB_ERROR_USAGE, "'%.300s' is no name for a container of Azure", bucket);
    return error_hint(error,
                      "use 3 to 63 lower-case letters, digits and single '-', with a letter or digit at both ends");
}

/* The service turns '\' into '/' and drops a dot at a name's end; XML cannot hold U+FFFE and U+FFFF in a listing. */
static bool changes_on_the_way(const char *key)
{
    for (const char *c = key; *c != '\0'; c++)
        if (*c == '.' && (c[1] == '/' || c[1] == '\0'))
            return true;
    return strchr(key, '\\') != NULL || strstr(key, "\xef\xbf\xbe") != NULL || strstr(key, "\xef\xbf\xbf") != NULL;
}

int azure_check_names(const char *bucket, const char *key, jb_error *error)
{
    int code = bucket != NULL ? check_bucket(bucket, error) : JB_OK;
    if (code != JB_OK || key == NULL || !changes_on_the_way(key))
        return code;
    error_set(error, JB_ERROR_USAGE, "Azure cannot hold an object of the name '%.300s'", key);
    return error_hint(error, "choose a name without '\\', and without a '.' at the end or before a '/'");
}
