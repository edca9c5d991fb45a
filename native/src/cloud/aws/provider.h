/*
 * Where AWS's keys come from: AWS's own chain of options, environment, shared config and credentials files with
 * profiles and role chains, web identity, container and instance endpoints; refreshed before they expire.
 */
#ifndef CLOUD_AWS_PROVIDER_H
#define CLOUD_AWS_PROVIDER_H

#include "../../http/client.h"
#include "credentials.h"

struct credentials_provider;

/* Texts are copied. NULL means that the chain goes on. */
struct credentials_source {
    const char *access_key, *secret_key, *session_token;
    const char *profile;
    const char *region;              /* of the token service that roles need */
    const struct http_options *http; /* CA file, proxy, times */
};

/* Has keys when it succeeds. JB_ERROR_ACCESS names every place that was looked at, and none of what stood there. */
int credentials_provider_new(const struct credentials_source *source, struct credentials_provider **provider,
                             jb_error *error);
void credentials_provider_free(struct credentials_provider *provider);

/* A copy of the keys in hand; never waits for a server. Thread-safe. Clean it up with credentials_clean_up. */
int credentials_provider_get(struct credentials_provider *provider, struct credentials *copy, jb_error *error);

/* A store refused the keys as expired: new ones are fetched in the background. False where that cannot help. */
bool credentials_provider_expired(struct credentials_provider *provider);

#endif
