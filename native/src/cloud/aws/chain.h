/* The places where keys may come from, one a file; provider.c goes through them in AWS's order. */
#ifndef CLOUD_AWS_CHAIN_H
#define CLOUD_AWS_CHAIN_H

#include "sts.h"

/* What every place needs to know; kept by the provider, as keys are fetched again and again. */
struct chain {
    char *profile; /* as the option names it; NULL: as the environment says */
    char *region;
    struct http_options http; /* its texts are copies */
    jb_operation *operation;  /* the provider's own: cancels a fetch when the provider goes */
};

/* `*found` false, with JB_OK: this place has none, go on. */
typedef int (*chain_fetch_fn)(const struct chain *chain, struct sts_session *session, bool *found, jb_error *error);

int chain_environment(const struct chain *chain, struct sts_session *session, bool *found, jb_error *error);
int chain_web_identity(const struct chain *chain, struct sts_session *session, bool *found, jb_error *error);
int chain_profile(const struct chain *chain, struct sts_session *session, bool *found, jb_error *error);
int chain_container(const struct chain *chain, struct sts_session *session, bool *found, jb_error *error);
int chain_instance(const struct chain *chain, struct sts_session *session, bool *found, jb_error *error);

/* web_identity.c: the role by the token in this file. */
int chain_role_by_token(const struct chain *chain, const struct sts_role *role, const char *token_file,
                        struct sts_session *session, jb_error *error);
/* The same by other keys. */
int chain_role_by_keys(const struct chain *chain, const struct sts_role *role, const struct credentials *keys,
                       struct sts_session *session, jb_error *error);

/* metadata.c: keys as the container's and the instance's endpoints give them, a JSON object. `what` names the place. */
int metadata_keys(const char *text, size_t size, const char *what, struct sts_session *session, jb_error *error);
/* A request to such an endpoint, straight, never by a proxy. `status` gets the reply's, 0 without one; a reply other
 * than 200 is no error here. */
struct metadata_request {
    const char *method, *url;
    const char *headers[2][2]; /* name and value */
};
int metadata_ask(const struct chain *chain, const struct metadata_request *request, struct buffer *reply, int *status,
                 jb_error *error);

/* Nobody waits long for keys: tries and times for the token service. */
#define CHAIN_TRIES       3
#define CHAIN_CONNECT_MS  3000
#define CHAIN_STALL_MS    5000
#define CHAIN_DEADLINE_MS 15000
/* For endpoints that are near or not there at all. */
#define METADATA_TRIES       2
#define METADATA_CONNECT_MS  1000
#define METADATA_DEADLINE_MS 3000
#define METADATA_REPLY_MAX   65536

#endif
