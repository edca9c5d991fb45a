#include "session.h"

static void print_verified(const json_t *account, FILE *out)
{
    size_t index;
    json_t *object;
    json_array_foreach(json_object_get(account, "objects"), index, object)
    {
        fputs("  ", out);
        print_text(out, account_text(object, "name"));
        fputs(account_flag(object, "ok") ? ": good" : ": damaged: ", out);
        print_text(out, account_text(object, "error"));
        fputc('\n', out);
    }
    fputs("backup ", out);
    print_text(out, account_text(account, "backup"));
    if (!account_flag(account, "full"))
        fputs(": every object was looked up, and its size compared", out);
    else if (account_flag(account, "digests"))
        fputs(": every byte was read, and its digest compared", out);
    else
        fputs(": every byte was read; an old backup has no digests to compare", out);
    fprintf(out, "; %llu damaged\n", (unsigned long long)account_number(account, "damaged"));
}

static int run(struct session *session, jb_error *error)
{
    jb_backup_name name;
    session->print = print_verified;
    int code = session_expect(session, 0, 0, "none", error);
    if (code == JB_OK)
        code = session_backup_name(session, &name, error);
    if (code == JB_OK)
        code = session_connect(session, error);
    if (code != JB_OK)
        return code;
    char *account = NULL;
    code = jb_backup_verify(session->store, session->operation, &name, session->arguments.texts[OPTION_FULL] != NULL,
                            &account, error);
    /* Damage comes with an account of what is damaged. */
    if (account != NULL) {
        jb_error trouble = JB_ERROR_INIT;
        int taken = session_take_account(session, account, &trouble);
        if (code == JB_OK && taken != JB_OK) {
            *error = trouble;
            code = taken;
        }
    }
    return code;
}

const struct subcommand verify_subcommand = {
    .name = "verify",
    .bit = IN_VERIFY,
    .summary = "check a backup",
    .usage = "--bucket BUCKET --name NAME [OPTIONS]",
    .about = "Checks that a backup is whole. Exits with 3 and names each damaged object if it is not.",
    .examples = "jpsbackup verify --store file:///mnt/backups --bucket mine --name notes\n"
                "jpsbackup verify --store s3:// --bucket mine --name notes --timestamp 2026-11-22T23:48:00 --full",
    .run = run,
};
