#include <stdlib.h>
#include <string.h>

#include "format.h"
#include "../src/base/error.h"
#include "../src/codec/json.h"
#include "keys.h"
#include "session.h"

/* --environment KEY=VALUE … as one JSON object's text; NULL for none. */
static int environment_text(const struct arguments *arguments, char **text, jb_error *error)
{
    const char **pairs = arguments->lists[OPTION_ENVIRONMENT];
    *text = NULL;
    if (pairs == NULL)
        return JB_OK;
    json_t *environment = json_object();
    int code = JB_OK;
    for (; *pairs != NULL && code == JB_OK; pairs++) {
        const char *equals = strchr(*pairs, '=');
        char *key = equals != NULL ? strndup(*pairs, (size_t)(equals - *pairs)) : NULL;
        if (equals == NULL || equals == *pairs)
            code = error_set(error, JB_ERROR_USAGE, "option '--environment' takes KEY=VALUE, not '%s'", *pairs);
        else if (json_object_get(environment, key) != NULL)
            code = error_set(error, JB_ERROR_USAGE, "option '--environment' gives '%s' twice", key);
        else if (json_object_set_new(environment, key, json_string(equals + 1)) != 0)
            code = error_set(error, JB_ERROR_USAGE, "option '--environment': '%s' is not UTF-8", *pairs);
        free(key);
    }
    if (code == JB_OK)
        code = json_text(environment, text, error);
    json_decref(environment);
    return code;
}

static void print_backup(const json_t *account, FILE *out)
{
    char size[FIGURE_SIZE], content[FIGURE_SIZE];
    size_t index;
    json_t *object;
    uint64_t total = 0;
    json_array_foreach(json_object_get(account, "objects"), index, object)
    {
        total += account_number(object, "size");
        fputs("  ", out);
        print_text(out, account_text(object, "name"));
        fprintf(out, ": %llu files and directories, %s", (unsigned long long)account_number(object, "files"),
                format_bytes(account_number(object, "content_size"), content));
        fprintf(out, ", stored as %s", format_bytes(account_number(object, "size"), size));
        if (*account_text(object, "encryption") != '\0')
            fputs(", encrypted", out);
        size_t warnings = json_array_size(json_object_get(object, "warnings"));
        if (warnings > 0)
            fprintf(out, ", %zu warning%s", warnings, warnings == 1 ? "" : "s");
        fputc('\n', out);
    }
    fputs("backup '", out);
    print_text(out, account_text(account, "name"));
    fprintf(out, "' of %s (%s) is complete: %s stored, sizes and checksums confirmed by the store\n",
            account_text(account, "timestamp"), account_text(account, "mode"), format_bytes(total, size));
}

static int back_up(struct session *session, jb_backup_directories_options *options, jb_catalog *catalog,
                   jb_error *error)
{
    int code = session_connect(session, error);
    if (code != JB_OK)
        return code;
    catalog->store = session->catalog_store;
    options->catalog = catalog->key != NULL ? catalog : NULL;
    char *account = NULL;
    code = jb_backup_directories(session->store, session->operation, options, &account, error);
    return code == JB_OK ? session_take_account(session, account, error) : code;
}

static int run(struct session *session, jb_error *error)
{
    const struct arguments *arguments = &session->arguments;
    struct patterns patterns = {0};
    struct keys keys = {0};
    struct location location = {0};
    jb_catalog catalog = {0};
    char *environment = NULL;
    jb_backup_directories_options options = {.size = sizeof options,
                                             .strict = arguments->texts[OPTION_STRICT] != NULL,
                                             .one_file_system = arguments->texts[OPTION_ONE_FILE_SYSTEM] != NULL,
                                             .resume = arguments->texts[OPTION_RESUME] != NULL,
                                             .no_index = arguments->texts[OPTION_NO_INDEX] != NULL};
    session->print = print_backup;
    int code = session_expect(session, 1, SIZE_MAX, "the directories", error);
    if (code == JB_OK)
        code = session_backup_name(session, &options.name, error);
    if (code == JB_OK)
        code = session_compression(session, JB_COMPRESSION_ZSTD, &options.compression, &options.level, error);
    if (code == JB_OK)
        code = session_catalog(session, &location, &catalog, error);
    if (code == JB_OK)
        code = environment_text(arguments, &environment, error);
    if (code == JB_OK)
        code = patterns_read(&patterns, arguments, error);
    if (code == JB_OK)
        code = keys_to_encrypt(&keys, arguments, &options.encryption, error);
    jb_protection protection;
    bool protected = false;
    if (code == JB_OK)
        code = session_protection(session, &protection, &protected, error);
    options.protection = protected ? &protection : NULL;
    options.directories = arguments->positional;
    options.exclude = patterns.exclude.list;
    options.include = patterns.include.list;
    options.environment = environment;
    if (code == JB_OK)
        code = back_up(session, &options, &catalog, error);
    keys_wipe(&keys);
    patterns_free(&patterns);
    free(environment);
    free(location.bucket);
    return code;
}

const struct subcommand backup_subcommand = {
    .name = "backup",
    .bit = IN_BACKUP,
    .summary = "back directories up under one name",
    .usage = "--bucket BUCKET --name NAME [OPTIONS] DIR...",
    .about = "Makes a backup that holds each directory as an object '{last name of DIR}.tar.zst'. The bucket is made "
             "where it is "
             "missing. A backup of the same name, timestamp and mode is a conflict; a failure leaves nothing behind. "
             "With --resume, takes over one that was interrupted: what is complete of it is kept, and it stays if this "
             "fails, too.",
    .examples = "jpsbackup backup --store file:///mnt/backups --bucket mine --name notes /home/me/notes\n"
                "jpsbackup backup --store s3:// --region eu-west-1 --bucket mine --name web --mode auto \\\n"
                "    --exclude 'cache/*' /srv/www /etc/nginx",
    .run = run,
};
