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

static void print_entries(const json_t *entries, const char *what, FILE *out)
{
    size_t index, member_index;
    json_t *entry, *member;
    json_array_foreach(entries, index, entry)
    {
        fprintf(out, "  %s  %-6s  ", account_text(entry, "timestamp"), account_text(entry, "mode"));
        print_text(out, account_text(entry, "name"));
        fprintf(out, ": %s", what);
        json_array_foreach(json_object_get(entry, "members"), member_index, member)
        {
            fputs(member_index == 0 ? " " : ", ", out);
            print_text(out, json_string_value(member));
        }
        fputc('\n', out);
    }
}

static void print_rebuilt(const json_t *account, FILE *out)
{
    bool dry_run = account_flag(account, "dry_run");
    const json_t *added = json_object_get(account, "added"), *changed = json_object_get(account, "changed"),
                 *removed = json_object_get(account, "removed");
    print_entries(added, "added", out);
    print_entries(changed, "changed:", out);
    print_entries(removed, "removed", out);
    fprintf(out, "%zu added, %zu changed, %zu removed, %llu as they should be, %llu of no backup in these buckets\n",
            json_array_size(added), json_array_size(changed), json_array_size(removed),
            (unsigned long long)account_number(account, "kept"),
            (unsigned long long)account_number(account, "untouched"));
    if (account_number(account, "untouched") > 0)
        fputs("those may lie in other buckets, or be gone; --forget-others removes them from the catalog\n", out);
    if (account_text(account, "malformed_copy")[0] != '\0')
        fprintf(out, "what was there lies beside it as %s\n", account_text(account, "malformed_copy"));
    if (dry_run)
        fputs("nothing was written; --yes does it\n", out);
}

static int rebuild(struct session *session, jb_catalog *catalog, jb_error *error)
{
    static const enum option_id of_others[] = {OPTION_ENTRY, OPTION_NAME, OPTION_TIMESTAMP, OPTION_MODE, OPTION_COUNT};
    const struct arguments *arguments = &session->arguments;
    session->print = print_rebuilt;
    const jb_catalog_rebuild_options options = {
        .size = sizeof options,
        .buckets = arguments->positional + 1,
        .dry_run = arguments->texts[OPTION_YES] == NULL,
        .forget_others = arguments->texts[OPTION_FORGET_OTHERS] != NULL,
        .replace_malformed = arguments->texts[OPTION_REPLACE_MALFORMED] != NULL,
    };
    int code = session_expect(session, 2, SIZE_MAX, "the buckets that hold the backups", error);
    if (code == JB_OK)
        code = arguments_refuse(arguments, of_others, "with 'rebuild'", error);
    if (code == JB_OK)
        code = session_connect(session, error);
    catalog->store = session->catalog_store;
    char *account = NULL;
    if (code == JB_OK)
        code = jb_catalog_rebuild(catalog, session->store, session->operation, &options, &account, error);
    return code == JB_OK ? session_take_account(session, account, error) : code;
}

/* Options and arguments that only 'rebuild' takes. */
static int refuse_of_rebuild(const struct session *session, jb_error *error)
{
    static const enum option_id of_rebuild[] = {OPTION_YES, OPTION_FORGET_OTHERS, OPTION_REPLACE_MALFORMED,
                                                OPTION_CATALOG_REGION, OPTION_COUNT};
    int code = session_expect(session, 1, 1, "list, add, remove or rebuild", error);
    return code == JB_OK ? arguments_refuse(&session->arguments, of_rebuild, "but with 'rebuild'", error) : code;
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
    int code = session_expect(session, 1, SIZE_MAX, "list, add, remove or rebuild", error);
    bool anew = code == JB_OK && strcmp(session->arguments.positional[0], "rebuild") == 0;
    if (code == JB_OK && !anew)
        code = refuse_of_rebuild(session, error);
    if (code == JB_OK)
        code = arguments_require(&session->arguments, OPTION_CATALOG, &given, error);
    if (code == JB_OK)
        code = session_catalog(session, &location, &catalog, error);
    if (code == JB_OK) {
        const char *action = session->arguments.positional[0];
        if (anew)
            code = rebuild(session, &catalog, error);
        else if (strcmp(action, "list") == 0)
            code = list_entries(session, &catalog, error);
        else if (strcmp(action, "add") == 0)
            code = add_entry(session, &catalog, error);
        else if (strcmp(action, "remove") == 0)
            code = remove_entry(session, &catalog, error);
        else
            code = error_set(error, JB_ERROR_USAGE, "the action is list, add, remove or rebuild, not '%s'", action);
    }
    free(location.bucket);
    return code;
}

const struct subcommand catalog_subcommand = {
    .name = "catalog",
    .bit = IN_CATALOG,
    .summary = "list or change an owner's catalog of backups",
    .usage = "list --catalog BUCKET/KEY [OPTIONS]\nadd --catalog BUCKET/KEY --entry FILE|- [OPTIONS]\n"
             "remove --catalog BUCKET/KEY --name NAME --timestamp TIME --mode MODE [OPTIONS]\n"
             "rebuild --catalog BUCKET/KEY BUCKET... [--yes] [OPTIONS]",
    .about = "The catalog is the file that the platform's front end reads. 'add' replaces the entry with the same "
             "name, timestamp and "
             "mode, and keeps members that the new one lacks. 'remove' succeeds also where there is no such entry. "
             "'rebuild' compares the catalog with the complete backups of these buckets and tells the difference; with "
             "--yes it then adds, corrects and removes entries. Entries of other buckets stay as they are.",
    .examples =
        "jpsbackup catalog list --store s3:// --region eu-west-1 --catalog "
        "jcprodbackupmetadata/7_backup_metadata.json\n"
        "jpsbackup catalog add --store s3:// --catalog jcprodbackupmetadata/7_backup_metadata.json --entry entry.json",
    .run = run,
};
