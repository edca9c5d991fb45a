/* With what rights an Azure store is asked: one of four ways, chosen once. */
#ifndef STORE_AZURE_AUTH_H
#define STORE_AZURE_AUTH_H

#include "../../cloud/azure/shared_key.h"
#include "../../cloud/azure/token.h"
#include "../store.h"

/* One blob's own signature, out of jb_store_grant. */
struct azure_blob_grant {
    char *name; /* "CONTAINER/BLOB" */
    char *sas;
};

struct azure_auth {
    enum azure_auth_kind { AZURE_SHARED_KEY, AZURE_SAS, AZURE_BEARER, AZURE_GRANTS } kind;
    struct shared_key key;
    char *sas; /* a query, as it stands in URLs */
    struct azure_tokens *tokens;
    struct azure_blob_grant *grants;
    size_t grant_count;
};

/* By the options; what none of them gives, the environment does; else the machine's managed identity. */
int azure_auth_init(struct azure_auth *auth, const jb_store_options *options, const struct http_options *http,
                    jb_error *error);
void azure_auth_clean_up(struct azure_auth *auth);

/* *sas: what the URL of a request to this bucket (or NULL) and key (or NULL) ends with; NULL where a header signs it.
 */
int azure_auth_sas(const struct azure_auth *auth, const char *bucket, const char *key, const char **sas,
                   jb_error *error);

#endif
