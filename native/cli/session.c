#include "session.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "credentials.h"
#include "../src/base/error.h"

static int open_store(struct session *session, const struct credentials *credentials, const char *region,
                      jb_store **store, jb_error *error)
{
    const struct arguments *arguments = &session->arguments;
    const char *url = arguments->texts[OPTION_STORE];
    if (url == NULL)
        url = getenv("JPSBACKUP_STORE");
    if (url == NULL || *url == '\0') {
        error_set(error, JB_ERROR_USAGE, "no store was named");
        return error_hint(error, "give --store file:///DIRECTORY, s3:// or azure://ACCOUNT, or set JPSBACKUP_STORE");
    }
    if (credentials->account != NULL &&
        (strncmp(url, "azure://", 8) != 0 || strcmp(url + 8, credentials->account) != 0))
        return error_set(error, JB_ERROR_USAGE,
                         "the credentials are for the storage account '%.80s', and the store is '%.200s'",
                         credentials->account, url);
    jb_store_options options = {
        .size = sizeof options,
        .url = url,
        .endpoint = arguments->texts[OPTION_ENDPOINT],
        .region = region,
        .access_key = credentials->access_key,
        .secret_key = credentials->secret_key,
        .session_token = credentials->session_token,
        .account_key = credentials->account_key,
        .sas = credentials->sas,
        .tenant = credentials->tenant,
        .client = credentials->client,
        .client_secret = credentials->client_secret,
        .grants = credentials->grants,
        .profile = arguments->texts[OPTION_PROFILE],
        .ca_file = arguments->texts[OPTION_CA_FILE],
        .proxy = arguments->texts[OPTION_PROXY],
        .tls_minimum = arguments->texts[OPTION_TLS_MINIMUM],
        .server_side_encryption = arguments->texts[OPTION_ENCRYPT],
        .kms_key = arguments->texts[OPTION_KMS_KEY],
        .storage_class = arguments->texts[OPTION_STORAGE_CLASS],
        .checksums = arguments->texts[OPTION_CHECKSUMS],
        .single_writer = arguments->texts[OPTION_SINGLE_WRITER] != NULL,
        .virtual_host = arguments->texts[OPTION_VIRTUAL_HOST] != NULL,
        .tries = (uint32_t)arguments->numbers[OPTION_TRIES],
    };
    return jb_store_open(&options, store, error);
}

int session_connect(struct session *session, jb_error *error)
{
    const struct arguments *arguments = &session->arguments;
    const char *kept = arguments->texts[OPTION_CREDENTIALS];
    const char *once = arguments->texts[OPTION_CREDENTIALS_ONCE];
    if (kept != NULL && once != NULL)
        return error_set(error, JB_ERROR_USAGE, "options '--credentials' and '--credentials-once' exclude one another");
    const char *catalog_region = arguments->texts[OPTION_CATALOG_REGION];
    if (catalog_region != NULL && arguments->texts[OPTION_CATALOG] == NULL)
        return error_set(error, JB_ERROR_USAGE, "option '--catalog-region' has no meaning without '--catalog'");
    struct credentials credentials = {0};
    int code = JB_OK;
    if (kept != NULL || once != NULL)
        code = credentials_read(&credentials, kept != NULL ? kept : once, once != NULL, error);
    if (code == JB_OK)
        code = open_store(session, &credentials, arguments->texts[OPTION_REGION], &session->store, error);
    session->catalog_store = session->store;
    if (code == JB_OK && catalog_region != NULL) {
        session->catalog_store = NULL;
        code = open_store(session, &credentials, catalog_region, &session->catalog_store, error);
    }
    credentials_wipe(&credentials);
    return code;
}

int session_take_account(struct session *session, char *text, jb_error *error)
{
    json_error_t trouble;
    session->account = text != NULL ? json_loads(text, 0, &trouble) : json_object();
    jb_text_free(text);
    if (session->account == NULL)
        return error_set(error, JB_ERROR_FORMAT, "the account of what was done is not valid JSON: %s", trouble.text);
    return JB_OK;
}

int session_expect(const struct session *session, size_t least, size_t most, const char *what, jb_error *error)
{
    size_t count = session->arguments.positional_count;
    if (count < least)
        return count == 0 ? error_set(error, JB_ERROR_USAGE, "arguments are missing: %s", what)
                          : error_set(error, JB_ERROR_USAGE, "an argument is missing after '%s'; needed: %s",
                                      session->arguments.positional[count - 1], what);
    if (count > most)
        return error_set(error, JB_ERROR_USAGE, "argument '%s' is one too many", session->arguments.positional[most]);
    return JB_OK;
}

int location_parse(struct location *location, const char *text, bool key_needed, const char *what, jb_error *error)
{
    *location = (struct location){0};
    const char *slash = strchr(text, '/');
    if (slash == text || *text == '\0' || (key_needed && (slash == NULL || slash[1] == '\0')))
        return error_set(error, JB_ERROR_USAGE, "%s must have the form %s, not '%s'", what,
                         key_needed ? "BUCKET/KEY" : "BUCKET[/PREFIX]", text);
    location->bucket = strdup(text);
    if (location->bucket == NULL)
        return error_no_memory(error);
    location->key = "";
    if (slash != NULL) {
        location->bucket[slash - text] = '\0';
        location->key = location->bucket + (slash - text) + 1;
    }
    return JB_OK;
}

int session_backup_name(const struct session *session, jb_backup_name *name, jb_error *error)
{
    *name = (jb_backup_name){
        .size = sizeof *name,
        .timestamp = session->arguments.texts[OPTION_TIMESTAMP],
        .mode = session->arguments.texts[OPTION_MODE],
    };
    int code = arguments_require(&session->arguments, OPTION_BUCKET, &name->bucket, error);
    if (code == JB_OK)
        code = arguments_require(&session->arguments, OPTION_NAME, &name->name, error);
    return code;
}

int session_catalog(const struct session *session, struct location *location, jb_catalog *catalog, jb_error *error)
{
    *location = (struct location){0};
    *catalog = (jb_catalog){.size = sizeof *catalog};
    const char *text = session->arguments.texts[OPTION_CATALOG];
    if (text == NULL)
        return JB_OK;
    int code = location_parse(location, text, true, "option '--catalog'", error);
    catalog->bucket = location->bucket;
    catalog->key = location->key;
    return code;
}

int session_compression(const struct session *session, jb_compression otherwise, jb_compression *compression,
                        int *level, jb_error *error)
{
    const char *text = session->arguments.texts[OPTION_COMPRESS];
    *compression = otherwise;
    if (text != NULL)
        *compression = strcmp(text, "zstd") == 0   ? JB_COMPRESSION_ZSTD
                       : strcmp(text, "gzip") == 0 ? JB_COMPRESSION_GZIP
                                                   : JB_COMPRESSION_NONE;
    *level = (int)session->arguments.numbers[OPTION_LEVEL];
    if (*level > 0 && *compression == JB_COMPRESSION_NONE)
        return error_set(error, JB_ERROR_USAGE, "option '--level' has no meaning without compression");
    if (*level > 9 && *compression == JB_COMPRESSION_GZIP)
        return error_set(error, JB_ERROR_USAGE, "option '--level' takes a number from 1 to 9 for gzip, not '%d'",
                         *level);
    return JB_OK;
}

int read_text(const char *path, size_t most, char **text, jb_error *error)
{
    bool standard = strcmp(path, "-") == 0;
    FILE *file = standard ? stdin : fopen(path, "re");
    if (file == NULL)
        return error_set_errno(error, errno, "cannot open '%s'", path);
    int code = JB_OK;
    char *content = malloc(most + 2);
    size_t used = content != NULL ? fread(content, 1, most + 1, file) : 0;
    if (content == NULL) {
        code = error_no_memory(error);
    } else if (ferror(file)) {
        code = error_set_errno(error, errno, "cannot read '%s'", path);
    } else if (used > most) {
        code = error_set(error, JB_ERROR_LIMIT, "'%s' is longer than %zu bytes", path, most);
    } else {
        content[used] = '\0';
        if (strlen(content) != used)
            code = error_set(error, JB_ERROR_USAGE, "'%s' holds a NUL byte", path);
    }
    if (!standard)
        fclose(file);
    if (code != JB_OK) {
        free(content);
        content = NULL;
    }
    *text = content;
    return code;
}
