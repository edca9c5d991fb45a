/*
 * Shared access signatures: a URL's query that gives rights for a time ("Create a service SAS", "... a user delegation
 * SAS", "... an account SAS"; the forms of version 2020-12-06 on). What comes out is a secret.
 */
#ifndef CLOUD_AZURE_SAS_H
#define CLOUD_AZURE_SAS_H

#include "shared_key.h"

/* The version of the service whose rules the product follows. The lowest that knows the tier "Cold". */
#define AZURE_VERSION "2021-12-02"

/* A key that the service gives to a bearer of a token, in place of the account's. */
struct sas_delegation {
    char object[64], tenant[64]; /* whose token it was */
    char start[32], expiry[32];  /* "2026-11-23T03:00:00Z" */
    char service[8], version[32];
    struct shared_key key;
};

struct sas_blob {
    const char *account, *container, *blob;
    const char *permissions; /* of "rcwd", in the service's order: read, create, write, delete */
    int64_t expires;         /* seconds since 1970 */
    bool https_only;
};

/* Rights to one blob, signed by the account's key, or else by a delegated one. */
int sas_for_blob(const struct sas_blob *blob, const struct shared_key *key, const struct sas_delegation *delegation,
                 struct buffer *query, jb_error *error);

struct sas_account {
    const char *account;
    const char *permissions;    /* of "rwdxlacup" */
    const char *resource_types; /* of "sco": service, container, object */
    int64_t expires;
    bool https_only;
};

/* Rights to all blobs of an account. */
int sas_for_account(const struct sas_account *account, const struct shared_key *key, struct buffer *query,
                    jb_error *error);

#endif
