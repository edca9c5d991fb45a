/* AWS's shared config and credentials files: bounded lines and names, no keys in messages. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cloud/aws/profile.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

static void take(const char *name, bool config, const uint8_t *bytes, size_t count)
{
    struct profile profile = {.found = false};
    jb_error error = JB_ERROR_INIT;
    int code = profile_take(&profile, name, config, (const char *)bytes, count, &error);
    for (size_t i = 0; i < PROFILE_SETTINGS; i++)
        if (profile.values[i] != NULL && (!profile.found || memchr(bytes, '=', count) == NULL))
            abort();
    if (code != JB_OK && strncmp(error.text, "line ", 5) != 0)
        abort();
    profile_clean_up(&profile);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
    take("default", true, bytes, count);
    take("work", true, bytes, count);
    take("work", false, bytes, count);
    return 0;
}
