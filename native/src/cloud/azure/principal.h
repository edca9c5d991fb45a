/* A service principal as a file or a secret holds it. */
#ifndef CLOUD_AZURE_PRINCIPAL_H
#define CLOUD_AZURE_PRINCIPAL_H

#include "../../base/error.h"

#define PRINCIPAL_TEXT_MAX 65536

/* Members are NULL where the file has none, but for the first three. */
struct principal_file {
    char *tenant, *client, *secret;
    char *subscription;
    char *login;   /* activeDirectoryEndpointUrl */
    char *manager; /* resourceManagerEndpointUrl */
};

/*
 * Takes Azure's auth file (az ad sp create-for-rbac --sdk-auth), or an object whose `value` is that file's JSON as a
 * text, as the secret `paas_azure_auth_file` holds it. JB_ERROR_FORMAT names the member that is missing; no message
 * holds any of the text. On failure nothing needs cleaning up.
 */
int principal_file_parse(struct principal_file *file, const char *text, jb_error *error);
/* Zeroes everything. */
void principal_file_clean_up(struct principal_file *file);

#endif
