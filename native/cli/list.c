#include <string.h>

#include "format.h"
#include "session.h"

/* "2026-11-23 full", "2026-11-23 damaged" */
static void print_verification(const json_t *verification, FILE *out)
{
    char text[64] = "";
    const char *outcome = account_text(verification, "outcome");
    if (verification != NULL)
        snprintf(text, sizeof text, "%.10s %.20s", account_text(verification, "when"),
                 strcmp(outcome, "good") == 0 ? account_text(verification, "how") : outcome);
    replace_controls(text);
    fprintf(out, "%-18s  ", text);
}

static void print_backups(const json_t *account, FILE *out)
{
    const json_t *backups = json_object_get(account, "backups");
    size_t index;
    json_t *backup;
    if (json_array_size(backups) == 0) {
        fputs("no backups\n", out);
        return;
    }
    fprintf(out, "%-19s  %-6s  %-9s  %10s  %-18s  %s\n", "TIMESTAMP (UTC)", "MODE", "STATE", "SIZE", "VERIFIED",
            "NAME");
    json_array_foreach(backups, index, backup)
    {
        char size[FIGURE_SIZE];
        fprintf(out, "%-19s  %-6s  %-9s  %10s  ", account_text(backup, "timestamp"), account_text(backup, "mode"),
                account_text(backup, "state"), format_bytes(account_number(backup, "size"), size));
        print_verification(json_object_get(backup, "verification"), out);
        print_text(out, account_text(backup, "name"));
        fputs(*account_text(backup, "encryption") != '\0' ? " (encrypted)\n" : "\n", out);
    }
}

static int run(struct session *session, jb_error *error)
{
    const char *bucket;
    session->print = print_backups;
    int code = session_expect(session, 0, 0, "none", error);
    if (code == JB_OK)
        code = arguments_require(&session->arguments, OPTION_BUCKET, &bucket, error);
    if (code == JB_OK)
        code = session_connect(session, error);
    char *account = NULL;
    if (code == JB_OK)
        code = jb_backup_list(session->store, session->operation, bucket, session->arguments.texts[OPTION_NAME],
                              &account, error);
    return code == JB_OK ? session_take_account(session, account, error) : code;
}

const struct subcommand list_subcommand = {
    .name = "list",
    .bit = IN_LIST,
    .summary = "list backups",
    .usage = "--bucket BUCKET [--name NAME] [OPTIONS]",
    .about = "Lists the backups of a bucket, newest first, with their state: complete, running, abandoned, deleting, "
             "old (made by the tools before this one), damaged or newer (made by a newer version); and when and how "
             "each was last verified.",
    .examples = "jpsbackup list --store file:///mnt/backups --bucket mine\n"
                "jpsbackup list --store s3:// --bucket mine --name notes --json",
    .run = run,
};
