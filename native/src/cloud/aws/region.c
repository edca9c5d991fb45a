#include "region.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "profile.h"

#define REGION_MAX 63

static const char *given(const char *text)
{
    return text != NULL && *text != '\0' ? text : NULL;
}

static bool is_sound(const char *region)
{
    size_t size = strlen(region);
    for (size_t i = 0; i < size; i++)
        if (!isalnum((unsigned char)region[i]) && region[i] != '-' && region[i] != '_')
            return false;
    return size <= REGION_MAX;
}

/* Only a profile that somebody named must be readable for its region's sake. */
static int of_profile(const char *name, char **region, jb_error *error)
{
    struct profile profile;
    bool named = given(name) != NULL || given(getenv("AWS_PROFILE")) != NULL;
    int code = profile_load(profile_name(name), &profile, error);
    if (code == JB_OK && given(profile.values[PROFILE_REGION]) != NULL) {
        *region = strdup(profile.values[PROFILE_REGION]);
        code = *region == NULL ? error_no_memory(error) : JB_OK;
    }
    profile_clean_up(&profile);
    return code == JB_ERROR_MEMORY || named ? code : JB_OK;
}

int region_choose(const char *option, const char *profile, char **region, jb_error *error)
{
    const char *chosen = given(option);
    *region = NULL;
    if (chosen == NULL)
        chosen = given(getenv("AWS_REGION"));
    if (chosen == NULL)
        chosen = given(getenv("AWS_DEFAULT_REGION"));
    int code = chosen == NULL ? of_profile(profile, region, error) : JB_OK;
    if (code == JB_OK && *region == NULL && (*region = strdup(chosen != NULL ? chosen : "us-east-1")) == NULL)
        code = error_no_memory(error);
    if (code == JB_OK && !is_sound(*region)) {
        error_set(error, JB_ERROR_USAGE, "the region '%.80s' is malformed", *region);
        code = error_hint(error, "give a region's name such as 'eu-west-1'");
    }
    if (code != JB_OK) {
        free(*region);
        *region = NULL;
    }
    return code;
}
