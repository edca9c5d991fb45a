#include <time.h>

#include "../src/base/error.h"
#include "session.h"

#define DAY_SECONDS 86400

int session_protection(const struct session *session, jb_protection *protection, bool *given, jb_error *error)
{
    const struct arguments *arguments = &session->arguments;
    const char *lock = arguments->texts[OPTION_LOCK];
    bool days = arguments->texts[OPTION_LOCK_DAYS] != NULL;
    *protection =
        (jb_protection){.size = sizeof *protection, .legal_hold = arguments->texts[OPTION_LEGAL_HOLD] != NULL};
    *given = lock != NULL || protection->legal_hold;
    if (days != (lock != NULL))
        return error_set(error, JB_ERROR_USAGE, "options '--lock' and '--lock-days' need one another");
    if (lock != NULL) {
        protection->retention = lock[0] == 'g' ? JB_RETENTION_GOVERNANCE : JB_RETENTION_COMPLIANCE;
        protection->until = (int64_t)time(NULL) + (int64_t)arguments->numbers[OPTION_LOCK_DAYS] * DAY_SECONDS;
    }
    return JB_OK;
}

static void print_protected(const json_t *account, FILE *out)
{
    fputs("backup ", out);
    print_text(out, account_text(account, "backup"));
    const char *until = account_text(account, "until");
    if (until != NULL && *until != '\0')
        fprintf(out, " is kept until %s (%s)", until, account_text(account, "retention"));
    fprintf(out, "%s\n", account_flag(account, "legal_hold") ? ", under a legal hold" : "");
}

static int run(struct session *session, jb_error *error)
{
    jb_backup_name name;
    jb_protection protection;
    bool given;
    session->print = print_protected;
    int code = session_expect(session, 0, 0, "none", error);
    if (code == JB_OK)
        code = session_backup_name(session, &name, error);
    if (code == JB_OK)
        code = session_protection(session, &protection, &given, error);
    if (code == JB_OK && !given)
        code = error_set(error, JB_ERROR_USAGE, "option '--lock' or '--legal-hold' is missing");
    if (code == JB_OK)
        code = session_connect(session, error);
    if (code != JB_OK)
        return code;
    char *account = NULL;
    code = jb_backup_protect(session->store, session->operation, &name, &protection, &account, error);
    return code == JB_OK ? session_take_account(session, account, error) : code;
}

const struct subcommand protect_subcommand = {
    .name = "protect",
    .bit = IN_PROTECT,
    .summary = "have the store keep a backup against removal",
    .usage = "--bucket BUCKET --name NAME [OPTIONS]",
    .about = "Has the store protect each object of a complete backup, in the version that the backup holds, and its "
             "seal (object lock). The bucket must have been made with it. Rotation leaves what is protected, and says "
             "so.",
    .examples = "jpsbackup protect --store s3:// --bucket mine --name notes --lock compliance --lock-days 30",
    .run = run,
};
