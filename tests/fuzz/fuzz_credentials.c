/* The command's credentials file. No message holds any of it. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../native/cli/credentials.h"
#include "base/error.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

static char path[64];

static void remove_file(void)
{
    unlink(path);
}

static void write_file(const uint8_t *bytes, size_t count)
{
    if (path[0] == '\0') {
        snprintf(path, sizeof path, "/dev/shm/jpsbackup-fuzz-XXXXXX");
        int file = mkstemp(path);
        if (file < 0)
            abort();
        close(file);
        atexit(remove_file);
    }
    FILE *file = fopen(path, "wb");
    if (file == NULL || fwrite(bytes, 1, count, file) != count || fclose(file) != 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
    struct credentials credentials;
    jb_error error = JB_ERROR_INIT;
    write_file(bytes, count);
    if (credentials_read(&credentials, path, false, &error) == JB_OK) {
        bool aws = credentials.access_key != NULL && credentials.secret_key != NULL;
        bool azure = credentials.account != NULL || credentials.account_key != NULL || credentials.sas != NULL ||
                     credentials.tenant != NULL || credentials.client != NULL || credentials.client_secret != NULL;
        if (aws + azure + (credentials.grants != NULL) != 1)
            abort();
        credentials_wipe(&credentials);
    } else if (error.code == JB_OK || strstr(error.text, "hush") != NULL || strstr(error.hint, "hush") != NULL) {
        abort();
    }
    return 0;
}
