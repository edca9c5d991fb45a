/* Who asks: the keys that sign requests. */
#ifndef CLOUD_CREDENTIALS_H
#define CLOUD_CREDENTIALS_H

#include "../../base/error.h"

struct credentials {
    char *access_key;
    char *secret_key;
    char *session_token; /* NULL where there is none */
};

/*
 * From the arguments, or, where `access_key` is NULL, all three from AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and
 * AWS_SESSION_TOKEN. Empty means missing. JB_ERROR_USAGE for half a pair or for characters that no header holds,
 * JB_ERROR_ACCESS where there are none. On failure nothing needs cleaning up.
 */
int credentials_load(struct credentials *credentials, const char *access_key, const char *secret_key,
                     const char *session_token, jb_error *error);

/* Zeroes the secrets before it frees them. */
void credentials_clean_up(struct credentials *credentials);

#endif
