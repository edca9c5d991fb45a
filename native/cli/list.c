#include <string.h>

#include "format.h"
#include "session.h"

static void print_backups(const json_t *account, FILE *out)
{
    const json_t *backups = json_object_get(account, "backups");
    size_t index;
    json_t *backup;
    if (json_array_size(backups) == 0) {
        fputs("no backups\n", out);
        return;
    }
    fprintf(out, "%-19s  %-6s  %-9s  %10s  %s\n", "TIMESTAMP (UTC)", "MODE", "STATE", "SIZE", "NAME");
    json_array_foreach(backups, index, backup)
    {
        char size[FIGURE_SIZE];
        fprintf(out, "%-19s  %-6s  %-9s  %10s  ", account_text(backup, "timestamp"), account_text(backup, "mode"),
                account_text(backup, "state"), format_bytes(account_number(backup, "size"), size));
        print_text(out, account_text(backup, "name"));
        fputc('\n', out);
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
             "old (made by the "
             "tools before this one) or damaged.",
    .examples = "jpsbackup list --store file:///mnt/backups --bucket mine\n"
                "jpsbackup list --store s3:// --bucket mine --name notes --json",
    .run = run,
};
