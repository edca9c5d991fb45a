#include "credentials.h"

#include <stdlib.h>
#include <string.h>

#include "../src/base/clock.h"
#include "../src/base/error.h"
#include "options.h"
#include "private_file.h"

#define TIME_MAX UINT64_C(253402300799) /* the year 9999 ends */

static int take_line(struct credentials *credentials, char *line, unsigned number, const char *path, jb_error *error)
{
    const struct {
        const char *key;
        const char **value;
    } known[] = {
        {"AWS_ACCESS_KEY_ID", &credentials->access_key},
        {"AWS_SECRET_ACCESS_KEY", &credentials->secret_key},
        {"AWS_SESSION_TOKEN", &credentials->session_token},
        {"JPSBACKUP_GRANTS", &credentials->grants},
        {"JPSBACKUP_EXPIRES", &credentials->expires},
        {"AZURE_STORAGE_ACCOUNT", &credentials->account},
        {"AZURE_STORAGE_KEY", &credentials->account_key},
        {"AZURE_STORAGE_SAS_TOKEN", &credentials->sas},
        {"AZURE_TENANT_ID", &credentials->tenant},
        {"AZURE_CLIENT_ID", &credentials->client},
        {"AZURE_CLIENT_SECRET", &credentials->client_secret},
    };
    char *equals = strchr(line, '=');
    for (size_t i = 0; equals != NULL && i < sizeof known / sizeof *known; i++) {
        if (strlen(known[i].key) != (size_t)(equals - line) || memcmp(line, known[i].key, strlen(known[i].key)) != 0)
            continue;
        if (*known[i].value != NULL)
            return error_set(error, JB_ERROR_USAGE, "line %u of the credentials file '%s' gives %s again", number, path,
                             known[i].key);
        for (const char *c = equals + 1; *c != '\0'; c++)
            /* Blanks stand in grants only, in objects' names. */
            if ((unsigned char)*c < 0x20 || (unsigned char)*c >= 0x7f ||
                (*c == ' ' && known[i].value != &credentials->grants))
                return error_set(error, JB_ERROR_USAGE,
                                 "line %u of the credentials file '%s': %s holds blanks or control characters", number,
                                 path, known[i].key);
        *known[i].value = equals + 1;
        return JB_OK;
    }
    error_set(error, JB_ERROR_USAGE, "line %u of the credentials file '%s' is not a setting that is known here", number,
              path);
    return error_hint(error, "lines are AWS_ACCESS_KEY_ID=…, AWS_SECRET_ACCESS_KEY=…, AWS_SESSION_TOKEN=…, "
                             "AZURE_STORAGE_KEY=…, AZURE_STORAGE_SAS_TOKEN=…, AZURE_TENANT_ID=…, AZURE_CLIENT_ID=…, "
                             "AZURE_CLIENT_SECRET=… and JPSBACKUP_GRANTS=…");
}

static int check_values(struct credentials *credentials, const char *path, jb_error *error)
{
    /* A key that is there but empty means that there is none: that is how a script writes a token it has not got. */
    const char **values[] = {&credentials->access_key, &credentials->secret_key,  &credentials->session_token,
                             &credentials->account,    &credentials->account_key, &credentials->sas,
                             &credentials->tenant,     &credentials->client,      &credentials->client_secret,
                             &credentials->grants};
    const size_t count = sizeof values / sizeof *values;
    bool aws = false, azure = false;
    for (size_t i = 0; i < count; i++)
        if (*values[i] != NULL && **values[i] == '\0')
            *values[i] = NULL;
    for (size_t i = 0; i + 1 < count; i++)
        *(i < 3 ? &aws : &azure) |= *values[i] != NULL;
    if (credentials->grants != NULL)
        return aws || azure
                   ? error_set(error, JB_ERROR_USAGE, "the credentials file '%s' gives keys beside grants", path)
                   : JB_OK;
    if (aws && azure)
        return error_set(error, JB_ERROR_USAGE, "the credentials file '%s' gives keys for both S3 and Azure", path);
    if (!azure && (credentials->access_key == NULL || credentials->secret_key == NULL))
        return error_set(error, JB_ERROR_USAGE, "the credentials file '%s' lacks %s", path,
                         credentials->access_key == NULL ? "AWS_ACCESS_KEY_ID" : "AWS_SECRET_ACCESS_KEY");
    return JB_OK;
}

static int check_time(const struct credentials *credentials, const char *path, jb_error *error)
{
    uint64_t expires;
    char text[CLOCK_UTC_SIZE];
    if (credentials->expires == NULL)
        return JB_OK;
    if (!parse_number(credentials->expires, &expires) || expires > TIME_MAX)
        return error_set(error, JB_ERROR_USAGE, "the credentials file '%s' has a malformed JPSBACKUP_EXPIRES", path);
    if (clock_now() <= (int64_t)expires)
        return JB_OK;
    clock_format_utc((int64_t)expires, text);
    error_set(error, JB_ERROR_ACCESS, "the credentials in '%s' were good until %s", path, text);
    return error_hint(error,
                      "get new ones, for a longer time if the work takes longer; and check this machine's clock");
}

static int take_content(struct credentials *credentials, const char *path, jb_error *error)
{
    unsigned number = 0;
    for (char *line = credentials->content, *next; line != NULL; line = next) {
        next = strchr(line, '\n');
        if (next != NULL)
            *next++ = '\0';
        size_t length = strlen(line);
        if (length > 0 && line[length - 1] == '\r')
            line[length - 1] = '\0';
        number++;
        if (*line == '\0')
            continue;
        int taken = take_line(credentials, line, number, path, error);
        if (taken != JB_OK)
            return taken;
    }
    int code = check_values(credentials, path, error);
    return code == JB_OK ? check_time(credentials, path, error) : code;
}

int credentials_read(struct credentials *credentials, const char *path, bool once, jb_error *error)
{
    memset(credentials, 0, sizeof *credentials);
    credentials->content = calloc(1, CREDENTIALS_FILE_MAX + 1);
    int code = credentials->content == NULL ? error_no_memory(error)
                                            : private_file_read(path, "the credentials file", once,
                                                                credentials->content, CREDENTIALS_FILE_MAX, error);
    if (code == JB_OK)
        code = take_content(credentials, path, error);
    if (code != JB_OK)
        credentials_wipe(credentials);
    return code;
}

void credentials_wipe(struct credentials *credentials)
{
    if (credentials->content != NULL)
        explicit_bzero(credentials->content, CREDENTIALS_FILE_MAX + 1);
    free(credentials->content);
    *credentials = (struct credentials){0};
}
