#include <stdlib.h>
#include <string.h>

#include "../src/base/error.h"
#include "session.h"

static void print_line(FILE *out, const char *lead, const char *text)
{
    fputs(lead, out);
    print_text(out, text);
    fputc('\n', out);
}

static void print_check(const json_t *check, FILE *out)
{
    const char *outcome = account_text(check, "outcome"), *detail = account_text(check, "detail");
    bool failed = strcmp(outcome, "fail") == 0;
    fprintf(out, "%-9s  %-20s  ",
            failed                         ? "FAILED"
            : strcmp(outcome, "pass") == 0 ? "ok"
                                           : "not there",
            account_text(check, "name"));
    print_line(out, "", *detail != '\0' ? detail : account_text(check, "proves"));
    if (!failed)
        return;
    if (*account_text(check, "missing_right") != '\0')
        print_line(out, "           the credentials lack the right ", account_text(check, "missing_right"));
    if (*account_text(check, "hint") != '\0')
        print_line(out, "           what to do: ", account_text(check, "hint"));
}

static void print_diagnosis(const json_t *account, FILE *out)
{
    const json_t *checks = json_object_get(account, "checks");
    size_t index;
    json_t *check;
    json_array_foreach(checks, index, check) print_check(check, out);
    fprintf(out, "%llu passed, %llu failed, %llu not there\n", (unsigned long long)account_number(account, "passed"),
            (unsigned long long)account_number(account, "failed"),
            (unsigned long long)account_number(account, "not_there"));
}

static int run(struct session *session, jb_error *error)
{
    const struct arguments *arguments = &session->arguments;
    bool full = arguments->texts[OPTION_FULL] != NULL;
    session->print = print_diagnosis;
    int code = session_expect(session, full ? 1 : 0, 1, "BUCKET", error);
    if (code == JB_OK)
        code = session_connect(session, error);
    if (code != JB_OK)
        return code;
    const char *bucket = arguments->positional_count > 0 ? arguments->positional[0] : NULL;
    char *account = NULL;
    code = jb_store_diagnose(session->store, session->operation, bucket, full, &account, error);
    if (account != NULL) {
        jb_error problem = JB_ERROR_INIT;
        if (session_take_account(session, account, &problem) != JB_OK && code == JB_OK)
            code = error_copy(error, &problem);
    }
    return code;
}

const struct subcommand doctor_subcommand = {
    .name = "doctor",
    .bit = IN_DOCTOR,
    .summary = "find out what is wrong with a store, or what it can do",
    .usage = "[BUCKET] [OPTIONS]\nBUCKET --full [OPTIONS]",
    .about = "Tells how far a connection to the store comes, whether the certificate is trusted and the clocks agree, "
             "which rights are missing, whether conditional writes, uploads in parts and listings do what backups "
             "need, and how fast it is. It writes below a random prefix 'jpsbackup-doctor-…' of BUCKET and removes all "
             "of it again. --full runs every check that jpsbackup's own drivers must pass; it also makes and deletes a "
             "bucket. The exit status is that of the first check that failed.",
    .examples = "jpsbackup doctor --store s3:// --region eu-west-1 mine\n"
                "jpsbackup doctor --store file:///mnt/backups --full mine",
    .run = run,
};
