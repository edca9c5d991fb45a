/* Storage accounts on Azure: made, looked at, deleted, and their keys, by Azure Resource Manager. */
#ifndef JPSBACKUP_AZURE_H
#define JPSBACKUP_AZURE_H

#include "operation.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct jb_azure jb_azure;

/*
 * Who asks, and whom. Texts are copied by jb_azure_open; NULL or 0 means the default. The principal is, whole, the
 * first that is there of: the three options; `principal`; AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET; the
 * machine's managed identity.
 */
typedef struct jb_azure_options {
    size_t size;           /* required: sizeof(jb_azure_options) */
    const char *principal; /* JSON: Azure's auth file, or the secret whose `value` is that file (docs/formats.md) */
    const char *tenant;
    const char *client; /* alone: which of the machine's managed identities */
    const char *client_secret;
    const char *subscription; /* default: the principal's own, else AZURE_SUBSCRIPTION_ID */
    const char *login;        /* "https://host"; default: the principal's, AZURE_AUTHORITY_HOST, else
                                 https://login.microsoftonline.com. Plain http only to this machine */
    const char *manager;      /* the same; default: the principal's, else https://management.azure.com */
    const char *ca_file;      /* PEM file; default: AWS_CA_BUNDLE, else where the system keeps it */
    const char *proxy;        /* "http://host:port"; default: as the environment says (HTTPS_PROXY, NO_PROXY) */
    const char *tls_minimum;  /* "1.2" (default) or "1.3" */
    uint32_t wait_seconds;    /* for a call, with what Azure goes on with after its answer; default 600 */
    uint32_t tries;           /* of each request; default 8 */
} jb_azure_options;

/* Asks for a token at once (some seconds at most where nothing answers): JB_ERROR_ACCESS where it is refused. */
JB_API int jb_azure_open(const jb_azure_options *options, jb_azure **azure, jb_error *error);
/* No call may be running on the handle. NULL is allowed. */
JB_API void jb_azure_close(jb_azure *azure);

/* Calls wait until done and may run on several threads at a time. Each account is JSON (docs/formats.md), to be freed
 * with jb_text_free; it may be NULL where none is wanted. `operation` may be NULL. */

typedef struct jb_azure_account {
    size_t size;          /* required: sizeof(jb_azure_account) */
    const char *name;     /* required: 3 to 24 lower-case letters and digits */
    const char *group;    /* resource group; default "paas_backup" */
    const char *location; /* to make it: required, "westeurope" */
    const char *sku;      /* to make it: default "Standard_RAGRS" */
    const char *kind;     /* to make it: default "StorageV2" */
} jb_azure_account;

/*
 * Makes the account, with TLS 1.2 at least and without anonymous reading, and returns once it can be used. One that is
 * there already in this group stays as it is (`created` is false then). JB_ERROR_CONFLICT where somebody else has the
 * name, JB_ERROR_NOT_FOUND where there is no such resource group: it is not made.
 */
JB_API int jb_azure_account_create(jb_azure *azure, jb_operation *operation, const jb_azure_account *account,
                                   char **told, jb_error *error);
/* `*exists` says whether it is there; that it is not is no failure. */
JB_API int jb_azure_account_exists(jb_azure *azure, jb_operation *operation, const jb_azure_account *account,
                                   bool *exists, char **told, jb_error *error);
/* Deletes the account and ALL that lies in it. JB_ERROR_NOT_FOUND where it is not there. */
JB_API int jb_azure_account_delete(jb_azure *azure, jb_operation *operation, const jb_azure_account *account,
                                   jb_error *error);
/* `*available` says whether the account's name is free in all of Azure; `told` says why not. */
JB_API int jb_azure_account_name_check(jb_azure *azure, jb_operation *operation, const char *name, bool *available,
                                       char **told, jb_error *error);
/* `key` is a secret: one of the account's keys (`key_name`; NULL: "key1"). Free it with jb_text_free, which zeroes it.
 * `told` holds the names of all keys. */
JB_API int jb_azure_account_key(jb_azure *azure, jb_operation *operation, const jb_azure_account *account,
                                const char *key_name, char **key, char **told, jb_error *error);

#ifdef __cplusplus
}
#endif
#endif
