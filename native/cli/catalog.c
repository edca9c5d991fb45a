#include <stdlib.h>
#include <string.h>

#include "format.h"
#include "../src/base/error.h"
#include "session.h"

#define ENTRY_MAX (1u << 20)

static void print_catalog(const json_t *account, FILE *out)
{
    const json_t *backups = json_object_get(account, "backups");
    size_t index;
    json_t *backup;
    if (json_array_size(backups) == 0) {
        fputs("no entries\n", out);
        return;
    }
    fprintf(out, "%-19s  %-6s  %10s  %-20s  %s\n", "TIMESTAMP (UTC)", "MODE", "SIZE", "ENVIRONMENT", "NAME");
    json_array_foreach(backups, index, backup)
    {
        char size[FIGURE_SIZE];
        fprintf(out, "%-19s  %-6s  %10s  %-20s  ", account_text(backup, "timestamp"), account_text(backup, "mode"),
                format_bytes(account_number(backup, "size"), size), account_text(backup, "envname"));
        print_text(out, account_text(backup, "name"));
        fputc('\n', out);
    }
}

static int list_entries(struct session *session, jb_catalog *catalog, jb_error *error)
{
    static const enum option_id of_others[] = {OPTION_ENTRY, OPTION_NAME, OPTION_TIMESTAMP, OPTION_MODE, OPTION_COUNT};
    session->print = print_catalog;
    int code = arguments_refuse(&session->arguments, of_others, "with 'list'", error);
    if (code == JB_OK)
        code = session_connect(session, error);
    catalog->store = session->store;
    char *account = NULL;
    if (code == JB_OK)
        code = jb_catalog_list(catalog, session->operation, &account, error);
    return code == JB_OK ? session_take_account(session, account, error) : code;
}

static int add_entry(struct session *session, jb_catalog *catalog, jb_error *error)
{
    static const enum option_id of_others[] = {OPTION_NAME, OPTION_TIMESTAMP, OPTION_MODE, OPTION_COUNT};
    const char *path;
    char *entry = NULL;
    int code = arguments_refuse(&session->arguments, of_others, "with 'add'", error);
    if (code == JB_OK)
        code = arguments_require(&session->arguments, OPTION_ENTRY, &path, error);
    if (code == JB_OK)
        code = read_text(path, ENTRY_MAX, &entry, error);
    if (code == JB_OK)
        code = session_connect(session, error);
    catalog->store = session->store;
    if (code == JB_OK)
        code = jb_catalog_add(catalog, session->operation, entry, error);
    free(entry);
    return code;
}

static int remove_entry(struct session *session, jb_catalog *catalog, jb_error *error)
{
    static const enum option_id of_others[] = {OPTION_ENTRY, OPTION_COUNT};
    const struct arguments *arguments = &session->arguments;
    const char *name, *timestamp, *mode;
    int code = arguments_refuse(arguments, of_others, "with 'remove'", error);
    if (code == JB_OK)
        code = arguments_require(arguments, OPTION_NAME, &name, error);
    if (code == JB_OK)
        code = arguments_require(arguments, OPTION_TIMESTAMP, &timestamp, error);
    if (code == JB_OK)
        code = arguments_require(arguments, OPTION_MODE, &mode, error);
    if (code == JB_OK)
        code = session_connect(session, error);
    catalog->store = session->store;
    return code == JB_OK ? jb_catalog_remove(catalog, session->operation, name, timestamp, mode, error) : code;
}

static int run(struct session *session, jb_error *error)
{
    struct location location = {0};
    jb_catalog catalog;
    const char *given;
    int code = session_expect(session, 1, 1, "list, add or remove", error);
    if (code == JB_OK)
        code = arguments_require(&session->arguments, OPTION_CATALOG, &given, error);
    if (code == JB_OK)
        code = session_catalog(session, &location, &catalog, error);
    if (code == JB_OK) {
        const char *action = session->arguments.positional[0];
        if (strcmp(action, "list") == 0)
            code = list_entries(session, &catalog, error);
        else if (strcmp(action, "add") == 0)
            code = add_entry(session, &catalog, error);
        else if (strcmp(action, "remove") == 0)
            code = remove_entry(session, &catalog, error);
        else
            code = error_set(error, JB_ERROR_USAGE, "the action is list, add or remove, not '%s'", action);
    }
    free(location.bucket);
    return code;
}

const struct subcommand catalog_subcommand = {
    .name = "catalog",
    .bit = IN_CATALOG,
    .summary = "list or change an owner's catalog of backups",
    .usage = "list --catalog BUCKET/KEY [OPTIONS]\nadd --catalog BUCKET/KEY --entry FILE|- [OPTIONS]\n"
             "remove --catalog BUCKET/KEY --name NAME --timestamp TIME --mode MODE [OPTIONS]",
    .about = "The catalog is the file that the platform's front end reads. 'add' replaces the entry with the same "
             "name, timestamp and "
             "mode, and keeps members that the new one lacks. 'remove' succeeds also where there is no such entry.",
    .examples =
        "jpsbackup catalog list --store s3:// --region eu-west-1 --catalog "
        "jcprodbackupmetadata/7_backup_metadata.json\n"
        "jpsbackup catalog add --store s3:// --catalog jcprodbackupmetadata/7_backup_metadata.json --entry entry.json",
    .run = run,
};
