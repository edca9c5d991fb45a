#include <stdlib.h>

#include "../src/base/error.h"
#include "session.h"

static void print_list(const json_t *entries, const char *what, FILE *out)
{
    size_t index;
    json_t *entry;
    json_array_foreach(entries, index, entry)
        fprintf(out, "  %s  %s: %s\n", account_text(entry, "timestamp"), what, account_text(entry, "reason"));
}

static void print_rotated(const json_t *account, FILE *out)
{
    const json_t *kept = json_object_get(account, "kept"), *removed = json_object_get(account, "removed");
    bool dry_run = account_flag(account, "dry_run");
    print_list(kept, "kept", out);
    print_list(removed, dry_run ? "would be removed" : "removed", out);
    fprintf(out, "%zu kept, %zu %s\n", json_array_size(kept), json_array_size(removed),
            dry_run ? "would be removed" : "removed");
}

static int rotate(struct session *session, jb_rotate_options *options, jb_catalog *catalog, jb_error *error)
{
    int code = session_connect(session, error);
    if (code != JB_OK)
        return code;
    catalog->store = session->catalog_store;
    options->catalog = catalog->key != NULL ? catalog : NULL;
    char *account = NULL;
    code = jb_rotate(session->store, session->operation, options, &account, error);
    return code == JB_OK ? session_take_account(session, account, error) : code;
}

static int require_number(const struct arguments *arguments, jb_error *error)
{
    static const enum option_id numbers[] = {OPTION_KEEP, OPTION_KEEP_DAILY, OPTION_KEEP_WEEKLY, OPTION_KEEP_MONTHLY,
                                             OPTION_KEEP_YEARLY};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (arguments->texts[numbers[i]] != NULL)
            return JB_OK;
    return error_set(error, JB_ERROR_USAGE,
                     "option '--keep', '--keep-daily', '--keep-weekly', '--keep-monthly' or "
                     "'--keep-yearly' is missing");
}

static int run(struct session *session, jb_error *error)
{
    const struct arguments *arguments = &session->arguments;
    struct location location = {0};
    jb_catalog catalog = {0};
    jb_backup_name name;
    session->print = print_rotated;
    int code = session_expect(session, 0, 0, "none", error);
    if (code == JB_OK)
        code = session_backup_name(session, &name, error);
    if (code == JB_OK)
        code = require_number(arguments, error);
    if (code == JB_OK)
        code = session_catalog(session, &location, &catalog, error);
    if (code == JB_OK) {
        jb_rotate_options options = {
            .size = sizeof options,
            .bucket = name.bucket,
            .name = name.name,
            .mode = name.mode,
            .keep = (uint32_t)arguments->numbers[OPTION_KEEP],
            .keep_daily = (uint32_t)arguments->numbers[OPTION_KEEP_DAILY],
            .keep_weekly = (uint32_t)arguments->numbers[OPTION_KEEP_WEEKLY],
            .keep_monthly = (uint32_t)arguments->numbers[OPTION_KEEP_MONTHLY],
            .keep_yearly = (uint32_t)arguments->numbers[OPTION_KEEP_YEARLY],
            .dry_run = arguments->texts[OPTION_DRY_RUN] != NULL,
        };
        code = rotate(session, &options, &catalog, error);
    }
    free(location.bucket);
    return code;
}

const struct subcommand rotate_subcommand = {
    .name = "rotate",
    .bit = IN_ROTATE,
    .summary = "remove old backups",
    .usage = "--bucket BUCKET --name NAME --keep[-daily|-weekly|-monthly|-yearly] COUNT [OPTIONS]",
    .about = "Removes complete backups of exactly this name and mode, with their catalog entries, but the newest COUNT "
             "and the newest of each of the last COUNT days, ISO weeks, months and years (UTC) that have one. What any "
             "number keeps stays, and the newest in any case. Unfinished ones are left alone and do not count; what "
             "the store protects is left, too.",
    .examples =
        "jpsbackup rotate --store s3:// --bucket mine --name web --keep 15 --dry-run\n"
        "jpsbackup rotate --store s3:// --bucket mine --name web --keep-daily 7 --keep-weekly 4 --keep-monthly 12\n"
        "jpsbackup rotate --store s3:// --bucket mine --name web --keep 15 \\\n"
        "    --catalog jcprodbackupmetadata/7_backup_metadata.json --catalog-region eu-west-1",
    .run = run,
};
