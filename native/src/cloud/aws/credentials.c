#include "credentials.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#define KEY_MAX   256
#define TOKEN_MAX 16384

static const char *given(const char *text)
{
    return text != NULL && *text != '\0' ? text : NULL;
}

/* Visible ASCII only: they stand in headers. The text itself must not appear in the message. */
static int check(const char *what, const char *text, size_t maximum, jb_error *error)
{
    size_t size = strlen(text);
    if (size > maximum)
        return error_set(error, JB_ERROR_USAGE, "the %s is longer than %zu characters", what, maximum);
    for (size_t i = 0; i < size; i++)
        if (text[i] <= ' ' || text[i] > '~') {
            error_set(error, JB_ERROR_USAGE, "the %s holds a blank or a character that is not ASCII", what);
            error_hint(error, "look for a line's end or a quote that was copied with it");
            return JB_ERROR_USAGE;
        }
    return JB_OK;
}

int credentials_copy(struct credentials *credentials, const char *access_key, const char *secret_key,
                     const char *session_token, jb_error *error)
{
    *credentials = (struct credentials){NULL, NULL, NULL};
    access_key = given(access_key), secret_key = given(secret_key), session_token = given(session_token);
    if (access_key == NULL || secret_key == NULL) {
        error_set(error, JB_ERROR_USAGE, "the %s key is missing", access_key == NULL ? "access" : "secret");
        error_hint(error, "an access key and its secret key belong together: give both, or set AWS_ACCESS_KEY_ID and "
                          "AWS_SECRET_ACCESS_KEY");
        return JB_ERROR_USAGE;
    }
    int code = check("access key", access_key, KEY_MAX, error);
    if (code == JB_OK)
        code = check("secret key", secret_key, KEY_MAX, error);
    if (code == JB_OK && session_token != NULL)
        code = check("session token", session_token, TOKEN_MAX, error);
    if (code != JB_OK)
        return code;
    credentials->access_key = strdup(access_key);
    credentials->secret_key = strdup(secret_key);
    if (session_token != NULL)
        credentials->session_token = strdup(session_token);
    if (credentials->access_key == NULL || credentials->secret_key == NULL ||
        (session_token != NULL && credentials->session_token == NULL)) {
        credentials_clean_up(credentials);
        return error_no_memory(error);
    }
    return JB_OK;
}

int credentials_from_environment(struct credentials *credentials, bool *found, jb_error *error)
{
    const char *access_key = given(getenv("AWS_ACCESS_KEY_ID"));
    const char *secret_key = given(getenv("AWS_SECRET_ACCESS_KEY"));
    *credentials = (struct credentials){NULL, NULL, NULL};
    *found = access_key != NULL || secret_key != NULL;
    return *found ? credentials_copy(credentials, access_key, secret_key, getenv("AWS_SESSION_TOKEN"), error) : JB_OK;
}

static void zero_and_free(char *secret)
{
    if (secret != NULL)
        OPENSSL_cleanse(secret, strlen(secret));
    free(secret);
}

void credentials_clean_up(struct credentials *credentials)
{
    zero_and_free(credentials->access_key);
    zero_and_free(credentials->secret_key);
    zero_and_free(credentials->session_token);
    *credentials = (struct credentials){NULL, NULL, NULL};
}
