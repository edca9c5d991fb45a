#include <string.h>

#include "../src/base/error.h"
#include "keys.h"
#include "session.h"

static void print_object(const json_t *object, FILE *out)
{
    fputs("  ", out);
    print_text(out, account_text(object, "name"));
    fputs(account_flag(object, "ok") ? ": good" : ": damaged: ", out);
    if (account_flag(object, "ok") && json_is_false(json_object_get(object, "decrypted")))
        fputs(" as encrypted; without a key its content was not looked at", out);
    print_text(out, account_text(object, "error"));
    uint64_t parts = account_number(object, "parts");
    if (account_flag(object, "ok") && parts > 0)
        fprintf(out, ", %llu of %llu parts read", (unsigned long long)account_number(object, "parts_read"),
                (unsigned long long)parts);
    fputc('\n', out);
}

/* Of damage, the error that follows tells the sum. */
static void print_verified(const json_t *account, FILE *out)
{
    size_t index;
    json_t *object;
    json_array_foreach(json_object_get(account, "objects"), index, object) print_object(object, out);
    fputs("backup ", out);
    print_text(out, account_text(account, "backup"));
    fputs(": every object was looked up, and its size compared", out);
    if (strcmp(account_text(account, "how"), "sample") == 0)
        fprintf(out, "; %llu %% of the parts, chosen by the seed %llu, were read, and their digests compared",
                (unsigned long long)account_number(account, "percent"),
                (unsigned long long)account_number(account, "seed"));
    else if (account_flag(account, "full") && account_flag(account, "digests"))
        fputs("; every byte was read, and its digest compared", out);
    else if (account_flag(account, "full"))
        fputs("; every byte was read; an old backup has no digests to compare", out);
    if (account_number(account, "damaged") == 0)
        fputs("; nothing is damaged", out);
    fputc('\n', out);
}

static int take_options(const struct session *session, jb_verify_options *options, jb_error *error)
{
    const struct arguments *arguments = &session->arguments;
    bool full = arguments->texts[OPTION_FULL] != NULL, sample = arguments->texts[OPTION_SAMPLE] != NULL;
    static const enum option_id of_sample[] = {OPTION_SEED, OPTION_COUNT};
    static const enum option_id of_full[] = {OPTION_PASSPHRASE_FILE, OPTION_IDENTITY, OPTION_COUNT};
    int code = session_backup_name(session, &options->name, error);
    if (code == JB_OK && full && sample)
        code = error_set(error, JB_ERROR_USAGE, "options '--full' and '--sample' exclude one another");
    if (code == JB_OK && !sample)
        code = arguments_refuse(arguments, of_sample, "without '--sample'", error);
    if (code == JB_OK && !full)
        code = arguments_refuse(arguments, of_full, "without '--full'", error);
    options->how = full ? JB_VERIFY_FULL : sample ? JB_VERIFY_SAMPLE : JB_VERIFY_QUICK;
    options->percent = (uint32_t)arguments->numbers[OPTION_SAMPLE];
    options->seed = arguments->numbers[OPTION_SEED];
    return code;
}

static int run(struct session *session, jb_error *error)
{
    jb_verify_options options = {.size = sizeof options};
    struct keys keys = {0};
    char *account = NULL;
    session->print = print_verified;
    int code = session_expect(session, 0, 0, "none", error);
    if (code == JB_OK)
        code = take_options(session, &options, error);
    if (code == JB_OK)
        code = keys_to_decrypt(&keys, &session->arguments, &options.decryption, error);
    if (code == JB_OK)
        code = session_connect(session, error);
    if (code == JB_OK)
        code = jb_backup_verify(session->store, session->operation, &options, &account, error);
    keys_wipe(&keys);
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
                "jpsbackup verify --store s3:// --bucket mine --name notes --timestamp 2026-11-22T23:48:00 --full\n"
                "jpsbackup verify --store s3:// --bucket mine --name notes --sample 5",
    .run = run,
};
