/* Credentials from a file: they never stand on a command line. */
#ifndef CLI_CREDENTIALS_H
#define CLI_CREDENTIALS_H

#include <jpsbackup/error.h>

#define CREDENTIALS_FILE_MAX (2 << 20) /* signed requests take much room */

struct credentials {
    char *content; /* the file, of CREDENTIALS_FILE_MAX + 1 bytes; the texts below point into it */
    const char *access_key;
    const char *secret_key;
    const char *session_token; /* NULL: none */
    const char *expires;       /* when all of it ends, in seconds since 1970; NULL: not known */
    const char *grants;        /* rights to single objects; NULL: none, else it stands alone */
    const char *account;       /* of Azure: of which the key is */
    const char *account_key;
    const char *sas;
    const char *tenant;
    const char *client;
    const char *client_secret;
};

/*
 * Reads lines KEY=VALUE: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN for S3, AZURE_STORAGE_ACCOUNT,
 * AZURE_STORAGE_KEY, AZURE_STORAGE_SAS_TOKEN, AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET for Azure, or
 * JPSBACKUP_GRANTS instead, and JPSBACKUP_EXPIRES beside any; others are refused. JB_ERROR_ACCESS where its time is
 * over. The file must be regular, the caller's own, and readable by nobody else. With `once` it is removed as soon as
 * it was read, whatever it holds. No message holds any of its content.
 */
int credentials_read(struct credentials *credentials, const char *path, bool once, jb_error *error);

/* Zeroes everything and frees it. */
void credentials_wipe(struct credentials *credentials);

#endif
