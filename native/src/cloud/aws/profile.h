/* One profile of AWS's shared config and credentials files ("AWS SDKs and Tools Reference Guide", shared files). */
#ifndef CLOUD_AWS_PROFILE_H
#define CLOUD_AWS_PROFILE_H

#include "../../base/error.h"

enum profile_setting {
    PROFILE_ACCESS_KEY,
    PROFILE_SECRET_KEY,
    PROFILE_SESSION_TOKEN,
    PROFILE_REGION,
    PROFILE_ROLE,
    PROFILE_SOURCE_PROFILE,
    PROFILE_CREDENTIAL_SOURCE,
    PROFILE_EXTERNAL_ID,
    PROFILE_SESSION_NAME,
    PROFILE_DURATION,
    PROFILE_MFA,
    PROFILE_TOKEN_FILE,
    PROFILE_PROCESS,
    PROFILE_SSO_SESSION,
    PROFILE_SSO_START_URL,
    PROFILE_SETTINGS
};

struct profile {
    bool found;                     /* in one of the files */
    char *values[PROFILE_SETTINGS]; /* NULL: not set */
};

#define PROFILE_FILE_MAX (1u << 20)

/* `option`, AWS_PROFILE, else "default". */
const char *profile_name(const char *option);

/*
 * Reads both files (AWS_CONFIG_FILE, AWS_SHARED_CREDENTIALS_FILE, else ~/.aws/config and ~/.aws/credentials); one that
 * is not there is empty, and in the credentials file a setting wins. Clean `profile` up in either case.
 */
int profile_load(const char *name, struct profile *profile, jb_error *error);
/* Zeroes what it frees. */
void profile_clean_up(struct profile *profile);

/* Takes the settings of one file's text into `profile`; in `config` files a section is named "profile NAME". */
int profile_take(struct profile *profile, const char *name, bool config, const char *bytes, size_t count,
                 jb_error *error);

#endif
