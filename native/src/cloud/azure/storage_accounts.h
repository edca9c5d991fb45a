/* Storage accounts by Azure Resource Manager (Storage resource provider, REST reference, api-version 2023-01-01). */
#ifndef CLOUD_AZURE_STORAGE_ACCOUNTS_H
#define CLOUD_AZURE_STORAGE_ACCOUNTS_H

#include <jansson.h>

#include "manager.h"

struct storage_account {
    const char *group; /* NULL: "paas_backup" */
    const char *name;
};

struct storage_account_wish {
    const char *location; /* "westeurope"; needed */
    const char *sku;      /* NULL: "Standard_RAGRS" */
    const char *kind;     /* NULL: "StorageV2" */
};

/*
 * Accounts given out are new JSON objects (docs/formats.md); on failure `*told` is NULL. All calls check names before
 * they ask.
 */

/* An account that is there already in this group stays as it is: `created` is false then. Returns once it is ready. */
int storage_account_create(const struct azure_manager *manager, jb_operation *operation,
                           const struct storage_account *account, const struct storage_account_wish *wish,
                           json_t **told, jb_error *error);
/* Where it is not there, `exists` is false; that is no failure. */
int storage_account_exists(const struct azure_manager *manager, jb_operation *operation,
                           const struct storage_account *account, bool *exists, json_t **told, jb_error *error);
/* With all that lies in it. JB_ERROR_NOT_FOUND where it is not there. */
int storage_account_delete(const struct azure_manager *manager, jb_operation *operation,
                           const struct storage_account *account, jb_error *error);
/* Is the name free in all of Azure? */
int storage_account_check_name(const struct azure_manager *manager, jb_operation *operation, const char *name,
                               json_t **told, jb_error *error);
/* The key named `key_name` (NULL: "key1") is a secret, to be freed with secret_free; `told` names all that are there.
 */
int storage_account_key(const struct azure_manager *manager, jb_operation *operation,
                        const struct storage_account *account, const char *key_name, char **key, json_t **told,
                        jb_error *error);

#endif
