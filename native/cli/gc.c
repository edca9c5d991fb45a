#include <stdlib.h>

#include "../src/base/error.h"
#include "session.h"

static void print_aborted(const json_t *account, FILE *out)
{
    const json_t *aborted = json_object_get(account, "aborted");
    size_t index;
    json_t *entry;
    json_array_foreach(aborted, index, entry)
    {
        fprintf(out, "  %s  ", account_text(entry, "begun"));
        print_text(out, account_text(entry, "key"));
        fputc('\n', out);
    }
    fprintf(out, "%zu unfinished upload%s %s\n", json_array_size(aborted), json_array_size(aborted) == 1 ? "" : "s",
            account_flag(account, "dry_run") ? "would be aborted" : "aborted");
}

/* "90m", "12h", "7d" in seconds. */
static int parse_age(const char *text, uint64_t *seconds, jb_error *error)
{
    static const struct {
        char unit;
        uint64_t seconds;
    } units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
    char *end;
    unsigned long number = *text >= '0' && *text <= '9' ? strtoul(text, &end, 10) : 0;
    for (size_t i = 0; number > 0 && number <= 10000 && i < sizeof units / sizeof *units; i++)
        if (end[0] == units[i].unit && end[1] == '\0') {
            *seconds = number * units[i].seconds;
            return JB_OK;
        }
    return error_set(error, JB_ERROR_USAGE, "option '--older-than' takes an age such as 90m, 12h or 7d, not '%.40s'",
                     text);
}

static int run(struct session *session, jb_error *error)
{
    const struct arguments *arguments = &session->arguments;
    session->print = print_aborted;
    int code = session_expect(session, 1, 1, "BUCKET", error);
    jb_gc_options options = {
        .size = sizeof options,
        .bucket = code == JB_OK ? arguments->positional[0] : NULL,
        .prefix = arguments->texts[OPTION_PREFIX],
        .dry_run = arguments->texts[OPTION_DRY_RUN] != NULL,
    };
    const char *age = arguments->texts[OPTION_OLDER_THAN];
    if (code == JB_OK && (age == NULL) != (options.prefix == NULL))
        code = error_set(error, JB_ERROR_USAGE, "options '--prefix' and '--older-than' need one another");
    if (code == JB_OK && age != NULL)
        code = parse_age(age, &options.older_than, error);
    if (code == JB_OK)
        code = session_connect(session, error);
    char *account = NULL;
    if (code == JB_OK)
        code = jb_gc(session->store, session->operation, &options, &account, error);
    return code == JB_OK ? session_take_account(session, account, error) : code;
}

const struct subcommand gc_subcommand = {
    .name = "gc",
    .bit = IN_GC,
    .summary = "abort uploads that were never finished",
    .usage = "BUCKET [--dry-run] [OPTIONS]\nBUCKET --prefix PREFIX --older-than AGE [--dry-run] [OPTIONS]",
    .about =
        "Aborts the unfinished uploads below the folders of abandoned backups: those of which no sign of life came "
        "for 15 minutes. Other uploads may be somebody's at work, and are only touched below a given prefix and "
        "beyond a given age. In a file store these are the temporary files of writers that were killed.",
    .examples = "jpsbackup gc --store s3:// --region eu-west-1 mine --dry-run\n"
                "jpsbackup gc --store s3:// --region eu-west-1 mine --prefix notes_ --older-than 7d",
    .run = run,
};
