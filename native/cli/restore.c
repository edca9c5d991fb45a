#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "format.h"
#include "../src/base/error.h"
#include "keys.h"
#include "session.h"

static void print_target(const json_t *account, const char *done, FILE *out)
{
    char size[FIGURE_SIZE];
    print_text(out, account_text(account, "object"));
    fprintf(out, " %s ", done);
    print_text(out, account_text(account, "target"));
    fprintf(out, ": %s", format_bytes(account_number(account, "bytes"), size));
}

/* How a target is replaced, by the method of the plan. */
static const struct {
    const char *method;
    const char *what;
} methods[] = {
    {"exchange", "by one exchange of names"},
    {"rename", "by renaming"},
    {"entries", "entry by entry, for its own name cannot be changed"},
    {"copy", "by overwriting, after a copy was made"},
    {"in-place", "in place: its content is removed before the new one comes, and there is no undo"},
};

static void print_checked(const json_t *account, FILE *out)
{
    char needed[FIGURE_SIZE], room[FIGURE_SIZE];
    print_target(account, "can be restored into", out);
    fprintf(out, "; %s needed, %s free\n", format_bytes(account_number(account, "bytes_needed"), needed),
            format_bytes(account_number(account, "bytes_free"), room));
    const char *method = account_text(account, "method");
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
        if (account_flag(account, "replaces") && strcmp(method, methods[i].method) == 0)
            fprintf(out, "what is there is replaced %s\n", methods[i].what);
    if (!account_flag(account, "replaces"))
        fputs("nothing is there yet\n", out);
    if (!account_flag(account, "verified"))
        fputs("the backup is old and has no digests: only damage to its archives can be noticed\n", out);
    fputs("nothing was changed\n", out);
}

static void print_files(const json_t *account, FILE *out)
{
    uint64_t files = account_number(account, "files");
    if (files > 0)
        fprintf(out, ", %llu files and directories", (unsigned long long)files);
    if (account_flag(account, "verified"))
        fputs(", every byte verified", out);
    fputc('\n', out);
}

static void print_staged(const json_t *account, FILE *out)
{
    print_target(account, "is staged for", out);
    print_files(account, out);
}

static void print_restored(const json_t *account, FILE *out)
{
    print_target(account, "is restored into", out);
    print_files(account, out);
    if (account_text(account, "old")[0] != '\0') {
        fputs("the old content is kept in ", out);
        print_text(out, account_text(account, "old"));
        fputc('\n', out);
    }
}

static void print_journal(const json_t *account, FILE *out)
{
    size_t index;
    json_t *target;
    fprintf(out, "state: %s\n", account_text(account, "state"));
    json_array_foreach(json_object_get(account, "targets"), index, target)
    {
        fputs("  ", out);
        print_text(out, account_text(target, "path"));
        fputc('\n', out);
    }
}

/* An absolute path without a '/' at its end; the last component need not exist. */
static int absolute_path(const char *path, const char *option, char **absolute, jb_error *error)
{
    *absolute = NULL;
    size_t length = strlen(path);
    while (length > 1 && path[length - 1] == '/')
        length--;
    const char *slash = memrchr(path, '/', length);
    const char *name = slash != NULL ? slash + 1 : path;
    size_t name_length = length - (size_t)(name - path);
    if (name_length == 0 || (name_length <= 2 && strncmp(name, "..", name_length) == 0))
        return error_set(error, JB_ERROR_USAGE, "option '%s' must end with a name, not '%s'", option, path);
    char *parent = slash == NULL ? strdup(".") : strndup(path, slash == path ? 1 : (size_t)(slash - path));
    char *resolved = parent != NULL ? realpath(parent, NULL) : NULL;
    int code = JB_OK;
    if (parent == NULL)
        code = error_no_memory(error);
    else if (resolved == NULL)
        code = error_set_errno(error, errno, "cannot find '%s', where option '%s' points", parent, option);
    else if (asprintf(absolute, "%s/%.*s", strcmp(resolved, "/") == 0 ? "" : resolved, (int)name_length, name) < 0)
        code = error_no_memory(error);
    free(parent);
    free(resolved);
    return code;
}

/* The journal's own steps: they reach no store. */
static int run_journal_step(struct session *session, const char *step, jb_error *error)
{
    const struct arguments *arguments = &session->arguments;
    static const enum option_id of_others[] = {OPTION_BUCKET,
                                               OPTION_NAME,
                                               OPTION_TIMESTAMP,
                                               OPTION_MODE,
                                               OPTION_OBJECT,
                                               OPTION_INTO,
                                               OPTION_OWNER,
                                               OPTION_PATH,
                                               OPTION_STORE,
                                               OPTION_CREDENTIALS,
                                               OPTION_CREDENTIALS_ONCE,
                                               OPTION_REGION,
                                               OPTION_ENDPOINT,
                                               OPTION_CA_FILE,
                                               OPTION_ENCRYPT,
                                               OPTION_TRIES,
                                               OPTION_VIRTUAL_HOST,
                                               OPTION_DRY_RUN,
                                               OPTION_IN_PLACE,
                                               OPTION_OLD,
                                               OPTION_PASSPHRASE_FILE,
                                               OPTION_IDENTITY,
                                               OPTION_COUNT};
    char why[64];
    snprintf(why, sizeof why, "with '--step %s'", step);
    const char *given;
    char *journal = NULL;
    session->print = print_journal;
    int code = arguments_refuse(arguments, of_others, why, error);
    if (code == JB_OK && arguments->rest != NULL)
        code = error_set(error, JB_ERROR_USAGE, "a program after '--' has no meaning %s", why);
    if (code == JB_OK)
        code = arguments_require(arguments, OPTION_JOURNAL, &given, error);
    if (code == JB_OK)
        code = absolute_path(given, "--journal", &journal, error);
    if (code != JB_OK)
        return code;
    char *account = NULL;
    if (strcmp(step, "swap") == 0)
        code = jb_restore_swap(session->operation, journal, &account, error);
    else if (strcmp(step, "undo") == 0)
        code = jb_restore_undo(session->operation, journal, &account, error);
    else if (strcmp(step, "commit") == 0)
        code =
            jb_restore_commit(session->operation, journal, arguments->texts[OPTION_KEEP_OLD] != NULL, &account, error);
    else
        code = jb_restore_status(session->operation, journal, &account, error);
    free(journal);
    return code == JB_OK ? session_take_account(session, account, error) : code;
}

static int default_journal(const char *target, char **journal, jb_error *error)
{
    const char *name = strrchr(target, '/') + 1;
    if (asprintf(journal, "%.*s.%s.jpsbackup-journal", (int)(name - target), target, name) >= 0)
        return JB_OK;
    *journal = NULL;
    return error_no_memory(error);
}

static int restore(struct session *session, const char *step, const jb_restore_options *options, jb_error *error)
{
    int code = session_connect(session, error);
    if (code != JB_OK)
        return code;
    char *account = NULL;
    bool check = step == NULL ? session->arguments.texts[OPTION_DRY_RUN] != NULL : strcmp(step, "check") == 0;
    if (step == NULL && !check)
        code = jb_restore(session->store, session->operation, options, &account, error);
    else if (check)
        code = jb_restore_check(session->store, session->operation, options, &account, error);
    else
        code = jb_restore_stage(session->store, session->operation, options, &account, error);
    session->print = check ? print_checked : step == NULL ? print_restored : print_staged;
    return code == JB_OK ? session_take_account(session, account, error) : code;
}

static int run_store_step(struct session *session, const char *step, jb_error *error)
{
    const struct arguments *arguments = &session->arguments;
    jb_restore_options options = {
        .size = sizeof options,
        .object = arguments->texts[OPTION_OBJECT],
        .owner = arguments->texts[OPTION_OWNER],
        .consumer = arguments->rest,
        .paths = arguments->lists[OPTION_PATH],
        .old = arguments->texts[OPTION_OLD] != NULL,
        .keep_old = arguments->texts[OPTION_KEEP_OLD] != NULL,
        .in_place = arguments->texts[OPTION_IN_PLACE] != NULL,
    };
    const char *into = NULL, *journal_given = arguments->texts[OPTION_JOURNAL];
    char *target = NULL, *journal = NULL;
    struct keys keys = {0};
    int code = session_backup_name(session, &options.name, error);
    if (code == JB_OK)
        code = arguments_require(arguments, OPTION_INTO, &into, error);
    if (code == JB_OK && step != NULL)
        code = arguments_require(arguments, OPTION_JOURNAL, &journal_given, error);
    if (code == JB_OK && arguments->rest != NULL && arguments->rest[0] == NULL)
        code = error_set(error, JB_ERROR_USAGE, "a program is missing after '--'");
    if (code == JB_OK)
        code = absolute_path(into, "--into", &target, error);
    if (code == JB_OK && journal_given != NULL)
        code = absolute_path(journal_given, "--journal", &journal, error);
    else if (code == JB_OK)
        code = default_journal(target, &journal, error);
    options.target = target;
    options.journal = journal;
    if (code == JB_OK)
        code = keys_to_decrypt(&keys, arguments, &options.decryption, error);
    if (code == JB_OK)
        code = restore(session, step, &options, error);
    keys_wipe(&keys);
    free(target);
    free(journal);
    return code;
}

static int run(struct session *session, jb_error *error)
{
    const char *step = session->arguments.texts[OPTION_STEP];
    static const enum option_id of_commit[] = {OPTION_KEEP_OLD, OPTION_COUNT};
    static const enum option_id of_whole[] = {OPTION_DRY_RUN, OPTION_COUNT};
    int code = session_expect(session, 0, 0, "none", error);
    if (code == JB_OK && step != NULL && strcmp(step, "commit") != 0)
        code = arguments_refuse(&session->arguments, of_commit, "with a step that is not 'commit'", error);
    if (code == JB_OK && step != NULL)
        code = arguments_refuse(&session->arguments, of_whole, "with '--step'", error);
    if (code != JB_OK)
        return code;
    bool reaches_store = step == NULL || strcmp(step, "check") == 0 || strcmp(step, "stage") == 0;
    return reaches_store ? run_store_step(session, step, error) : run_journal_step(session, step, error);
}

const struct subcommand restore_subcommand = {
    .name = "restore",
    .bit = IN_RESTORE,
    .summary = "restore an object of a backup onto a directory or file",
    .usage = "--bucket BUCKET --name NAME --into TARGET [--dry-run] [--in-place | --keep-old] [OPTIONS] [-- PROGRAM "
             "[ARGUMENTS]]\n"
             "--step check|stage --journal FILE --bucket BUCKET --name NAME --into TARGET [OPTIONS] [-- PROGRAM "
             "[ARGUMENTS]]\n"
             "--step swap|undo|commit|status --journal FILE [--keep-old]",
    .about = "Fetches, verifies and unpacks the object beside TARGET, then exchanges the two; a failure leaves TARGET "
             "as it was. Where there is no room for both, '--in-place' reads and verifies everything first, then "
             "removes what is there; a failure after that leaves TARGET incomplete until the same command is run "
             "again. '--dry-run' prints the plan. In "
             "steps: 'check' changes nothing and tells whether the rest can work; 'stage' unpacks; 'swap' exchanges "
             "all targets of the "
             "journal; 'undo' puts all back; 'commit' removes the old trees; 'status' shows the journal. A PROGRAM "
             "takes the plain "
             "bytes by its standard input, in the staging directory, instead of the unpacking.",
    .examples =
        "jpsbackup restore --store file:///mnt/backups --bucket mine --name notes --into /home/me/notes\n"
        "jpsbackup restore --step stage --journal /var/lib/restore/journal --store s3:// --bucket mine --name web \\\n"
        "    --object database.xbstream.zst --into /var/lib/mysql --owner mysql -- mbstream -x\n"
        "jpsbackup restore --step swap --journal /var/lib/restore/journal\n"
        "jpsbackup restore --step commit --journal /var/lib/restore/journal",
    .takes_rest = true,
    .run = run,
};
