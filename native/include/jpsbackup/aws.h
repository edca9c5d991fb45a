/*
 * An account on AWS: who asks, sessions with fewer rights, secrets in Secrets Manager, users with their keys and inline
 * policies in IAM. Handles are thread-safe; calls wait until done.
 *
 * Accounts are JSON (docs/formats.md); `account` may be NULL where nobody reads it. Accounts hold no secret: secrets
 * come back in texts of their own. All texts are freed with jb_text_free, which zeroes them.
 */
#ifndef JPSBACKUP_AWS_H
#define JPSBACKUP_AWS_H

#include "operation.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct jb_aws jb_aws;

/* Texts are copied by jb_aws_open. NULL or 0 means the default. */
typedef struct jb_aws_options {
    size_t size;        /* required: sizeof(jb_aws_options) */
    const char *region; /* default AWS_REGION, AWS_DEFAULT_REGION, the profile's, else "us-east-1" */
    const char
        *endpoint; /* of all services, for compatible ones: "http[s]://host[:port]"; default AWS_ENDPOINT_URL_STS,
                      AWS_ENDPOINT_URL_SECRETS_MANAGER, AWS_ENDPOINT_URL_IAM, AWS_ENDPOINT_URL, else AWS's own */
    const char *access_key;    /* default: AWS's chain, as with jb_store_options */
    const char *secret_key;    /* required with access_key */
    const char *session_token; /* optional */
    const char *profile;       /* of the shared config and credentials files; default AWS_PROFILE, else "default" */
    const char *ca_file;       /* PEM file; default AWS_CA_BUNDLE, else where the system keeps it */
    const char *proxy;         /* "http://host:port"; default as the environment says */
    const char *tls_minimum;   /* "1.2" (default) or "1.3" */
    uint32_t tries;            /* of each request; default 8, at most 100 */
} jb_aws_options;

/* Finds the keys: JB_ERROR_ACCESS where there are none, which takes a few seconds at most to find out. */
JB_API int jb_aws_open(const jb_aws_options *options, jb_aws **aws, jb_error *error);
/* No call may be running on the handle. NULL is allowed. */
JB_API void jb_aws_close(jb_aws *aws);

/* Whose keys these are. */
JB_API int jb_aws_identity(jb_aws *aws, jb_operation *operation, char **account, jb_error *error);

/*
 * A session that others may use: of a role, or, without one, a federation token of the user whose own keys these are.
 * With a policy it has no more rights than that gives.
 */
typedef struct jb_aws_session_options {
    size_t size;             /* required: sizeof(jb_aws_session_options) */
    const char *role;        /* ARN; NULL: a federation token */
    const char *name;        /* of the session: 2 to 64 letters, digits and "=,.@-_"; default "jpsbackup" */
    const char *external_id; /* optional; with a role */
    const char *policy;      /* JSON; optional with a role; a federation token without one has no rights at all */
    uint32_t seconds;        /* 900 to 43,200 for a role (default 3,600), to 129,600 for a token (default 43,200) */
} jb_aws_session_options;
/* `credentials` is a secret text in the form of a credentials file (docs/formats.md). */
JB_API int jb_aws_session(jb_aws *aws, jb_operation *operation, const jb_aws_session_options *options,
                          char **credentials, char **account, jb_error *error);

/* The newest version of a secret's text. JB_ERROR_UNSUPPORTED where it holds bytes that are no text. */
JB_API int jb_aws_secret_get(jb_aws *aws, jb_operation *operation, const char *name, char **secret, char **account,
                             jb_error *error);
/* JB_ERROR_CONFLICT where there is one of this name, also one that was deleted and is still in its days of grace. */
JB_API int jb_aws_secret_create(jb_aws *aws, jb_operation *operation, const char *name, const char *secret,
                                char **account, jb_error *error);
/* A secret in its days of grace does not exist. */
JB_API int jb_aws_secret_exists(jb_aws *aws, jb_operation *operation, const char *name, bool *exists, jb_error *error);
/* With 30 days of grace, in which AWS can bring it back; with `at_once` there is no way back. */
JB_API int jb_aws_secret_delete(jb_aws *aws, jb_operation *operation, const char *name, bool at_once, jb_error *error);

JB_API int jb_aws_user_create(jb_aws *aws, jb_operation *operation, const char *user, char **account, jb_error *error);
JB_API int jb_aws_user_exists(jb_aws *aws, jb_operation *operation, const char *user, bool *exists, jb_error *error);
/* JB_ERROR_CONFLICT where the user still has keys, policies or groups; `with_own` removes keys and inline policies
 * first.
 */
JB_API int jb_aws_user_delete(jb_aws *aws, jb_operation *operation, const char *user, bool with_own, jb_error *error);

/* A new pair of keys; `credentials` is a secret text in the form of a credentials file. After a lost answer it fails,
 * and a pair that nobody knows may be there: list it by AWS's own means. */
JB_API int jb_aws_key_create(jb_aws *aws, jb_operation *operation, const char *user, char **credentials, char **account,
                             jb_error *error);
JB_API int jb_aws_key_exists(jb_aws *aws, jb_operation *operation, const char *user, const char *access_key,
                             bool *exists, jb_error *error);
JB_API int jb_aws_key_delete(jb_aws *aws, jb_operation *operation, const char *user, const char *access_key,
                             jb_error *error);

/* Sets a user's inline policy, JSON; one of this name is replaced. */
JB_API int jb_aws_policy_put(jb_aws *aws, jb_operation *operation, const char *user, const char *name,
                             const char *policy, jb_error *error);
JB_API int jb_aws_policy_exists(jb_aws *aws, jb_operation *operation, const char *user, const char *name, bool *exists,
                                jb_error *error);
JB_API int jb_aws_policy_delete(jb_aws *aws, jb_operation *operation, const char *user, const char *name,
                                jb_error *error);

#ifdef __cplusplus
}
#endif
#endif
