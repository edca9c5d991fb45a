/* AWS's Security Token Service: who asks, and keys with fewer rights and a shorter life. */
#ifndef CLOUD_AWS_STS_H
#define CLOUD_AWS_STS_H

#include "../../http/client.h"
#include "credentials.h"

struct sts {
    struct http_client *http;
    struct credentials_provider *provider; /* signs; sts_assume_role_with_web_identity needs neither */
    const struct credentials *credentials; /* sign where there is no provider */
    const char *region;
    const char *endpoint; /* "http[s]://host[:port]"; NULL: AWS_ENDPOINT_URL_STS, AWS_ENDPOINT_URL, else AWS's own */
    int64_t deadline_ms;  /* of each call, on the monotonic clock; 0: none */
};

struct sts_session {
    struct credentials credentials; /* clean them up after success */
    int64_t expires;                /* seconds since 1970; 0: not known to */
};

struct sts_role {
    const char *role;         /* ARN; NULL only where the store's own service needs none (MinIO) */
    const char *session_name; /* letters, digits and "=,.@-_" */
    const char *external_id;  /* optional */
    const char *policy;       /* optional JSON: the session has no more rights than it gives */
    uint32_t seconds;         /* 900 to 43,200, and no more than the role allows; 0: the service's default, 3,600 */
};

int sts_assume_role(const struct sts *sts, jb_operation *operation, const struct sts_role *role,
                    struct sts_session *session, jb_error *error);
int sts_assume_role_with_web_identity(const struct sts *sts, jb_operation *operation, const struct sts_role *role,
                                      const char *token, struct sts_session *session, jb_error *error);
/* Of a user's own keys only; 36 h at most. */
int sts_federation_token(const struct sts *sts, jb_operation *operation, const char *name, const char *policy,
                         uint32_t seconds, struct sts_session *session, jb_error *error);

struct sts_identity {
    char account[32], arn[2049], user_id[256];
};
int sts_caller_identity(const struct sts *sts, jb_operation *operation, struct sts_identity *identity, jb_error *error);

#endif
