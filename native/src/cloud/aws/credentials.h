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
 * `session_token` may be NULL. Empty means missing. JB_ERROR_USAGE for half a pair or for characters that no header
 * holds; no message holds what was given. On failure nothing needs cleaning up.
 */
int credentials_copy(struct credentials *credentials, const char *access_key, const char *secret_key,
                     const char *session_token, jb_error *error);

/* AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN; `*found` says whether either key is there. */
int credentials_from_environment(struct credentials *credentials, bool *found, jb_error *error);

/* Zeroes the secrets before it frees them. */
void credentials_clean_up(struct credentials *credentials);

#endif
