#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "aws_connect.h"
#include "../src/base/error.h"
#include "secret_file.h"
#include "session.h"

#define SECRET_MAX 65536 /* Secrets Manager's own bound */
#define POLICY_MAX 131072

/* What every action works with: the account, and the arguments after the action's name. */
struct call {
    struct session *session;
    jb_aws *aws;
    const char *const *given;
};

/* The library's account, freed in any case, becomes the session's where all went well. */
static int take(struct call *call, int code, char *account, jb_error *error)
{
    if (code == JB_OK)
        return session_take_account(call->session, account, error);
    jb_text_free(account);
    return code;
}

/* Before anything is asked for: "-" is standard output, which then carries nothing but the secret. */
static int expect_secret(struct session *session, const char *path, jb_error *error)
{
    if (strcmp(path, "-") != 0)
        return JB_OK;
    if (session->output.mode != OUTPUT_HUMAN)
        return error_set(error, JB_ERROR_USAGE, "with '-' the secret goes to standard output, and no JSON may");
    session->account_to = stderr;
    return JB_OK;
}

static int write_secret(const char *path, const char *secret, jb_error *error)
{
    if (strcmp(path, "-") != 0)
        return secret_file_write(path, secret, strlen(secret), error);
    if (fputs(secret, stdout) < 0 || fflush(stdout) != 0)
        return error_set_errno(error, errno, "cannot write to standard output");
    return JB_OK;
}

static int identity(struct call *call, jb_error *error)
{
    char *account = NULL;
    int code = jb_aws_identity(call->aws, call->session->operation, &account, error);
    return take(call, code, account, error);
}

/* There or not: the account says it, and the exit status, as for objects that are not there. */
static int tell_existence(struct call *call, int code, bool exists, const char *what, jb_error *error)
{
    if (code != JB_OK)
        return code;
    call->session->account = json_pack("{s:b}", "exists", exists);
    if (call->session->account == NULL)
        return error_no_memory(error);
    return exists ? JB_OK : error_set(error, JB_ERROR_NOT_FOUND, "there is no %s '%.200s'", what, call->given[0]);
}

static int secret_get(struct call *call, jb_error *error)
{
    char *secret = NULL, *account = NULL;
    int code = expect_secret(call->session, call->given[1], error);
    if (code == JB_OK)
        code = jb_aws_secret_get(call->aws, call->session->operation, call->given[0], &secret, &account, error);
    if (code == JB_OK)
        code = write_secret(call->given[1], secret, error);
    jb_text_free(secret);
    return take(call, code, account, error);
}

static int secret_create(struct call *call, jb_error *error)
{
    char *secret = NULL, *account = NULL;
    int code = read_text(call->given[1], SECRET_MAX, &secret, error);
    if (code == JB_OK)
        code = jb_aws_secret_create(call->aws, call->session->operation, call->given[0], secret, &account, error);
    jb_text_free(secret); /* zeroes it */
    return take(call, code, account, error);
}

static int secret_exists(struct call *call, jb_error *error)
{
    bool exists = false;
    int code = jb_aws_secret_exists(call->aws, call->session->operation, call->given[0], &exists, error);
    return tell_existence(call, code, exists, "secret", error);
}

static int secret_delete(struct call *call, jb_error *error)
{
    bool at_once = call->session->arguments.texts[OPTION_AT_ONCE] != NULL;
    return jb_aws_secret_delete(call->aws, call->session->operation, call->given[0], at_once, error);
}

static int user_create(struct call *call, jb_error *error)
{
    char *account = NULL;
    int code = jb_aws_user_create(call->aws, call->session->operation, call->given[0], &account, error);
    return take(call, code, account, error);
}

static int user_exists(struct call *call, jb_error *error)
{
    bool exists = false;
    int code = jb_aws_user_exists(call->aws, call->session->operation, call->given[0], &exists, error);
    return tell_existence(call, code, exists, "user", error);
}

static int user_delete(struct call *call, jb_error *error)
{
    bool with_own = call->session->arguments.texts[OPTION_WITH_OWN] != NULL;
    return jb_aws_user_delete(call->aws, call->session->operation, call->given[0], with_own, error);
}

/* Keys that could not be kept are of no use to anybody: they are taken back. */
static int keep_keys(struct call *call, const char *credentials, const char *account, jb_error *error)
{
    int code = write_secret(call->given[1], credentials, error);
    if (code == JB_OK)
        return JB_OK;
    json_error_t trouble;
    json_t *made = json_loads(account, 0, &trouble);
    jb_error second = JB_ERROR_INIT;
    if (jb_aws_key_delete(call->aws, call->session->operation, call->given[0], account_text(made, "access_key"),
                          &second) != JB_OK)
        error_hint(error, "the keys '%s' were made and could not be deleted again: delete them",
                   account_text(made, "access_key"));
    json_decref(made);
    return code;
}

static int key_create(struct call *call, jb_error *error)
{
    char *credentials = NULL, *account = NULL;
    int code = expect_secret(call->session, call->given[1], error);
    if (code == JB_OK)
        code = jb_aws_key_create(call->aws, call->session->operation, call->given[0], &credentials, &account, error);
    if (code == JB_OK)
        code = keep_keys(call, credentials, account, error);
    jb_text_free(credentials);
    return take(call, code, account, error);
}

static int key_exists(struct call *call, jb_error *error)
{
    bool exists = false;
    int code = jb_aws_key_exists(call->aws, call->session->operation, call->given[0], call->given[1], &exists, error);
    return tell_existence(call, code, exists, "such key of the user", error);
}

static int key_delete(struct call *call, jb_error *error)
{
    return jb_aws_key_delete(call->aws, call->session->operation, call->given[0], call->given[1], error);
}

static int policy_put(struct call *call, jb_error *error)
{
    char *policy = NULL;
    int code = read_text(call->given[2], POLICY_MAX, &policy, error);
    if (code == JB_OK)
        code = jb_aws_policy_put(call->aws, call->session->operation, call->given[0], call->given[1], policy, error);
    free(policy);
    return code;
}

static int policy_exists(struct call *call, jb_error *error)
{
    bool exists = false;
    int code =
        jb_aws_policy_exists(call->aws, call->session->operation, call->given[0], call->given[1], &exists, error);
    return tell_existence(call, code, exists, "such policy of the user", error);
}

static int policy_delete(struct call *call, jb_error *error)
{
    return jb_aws_policy_delete(call->aws, call->session->operation, call->given[0], call->given[1], error);
}

static int get_session(struct call *call, const jb_aws_session_options *options, const char *path, jb_error *error)
{
    char *credentials = NULL, *account = NULL;
    int code = expect_secret(call->session, path, error);
    if (code == JB_OK)
        code = jb_aws_session(call->aws, call->session->operation, options, &credentials, &account, error);
    if (code == JB_OK)
        code = write_secret(path, credentials, error);
    jb_text_free(credentials);
    return take(call, code, account, error);
}

/* `role` NULL: a federation token. */
static int make_session(struct call *call, const char *role, const char *name, jb_error *error)
{
    const struct arguments *arguments = &call->session->arguments;
    char *policy = NULL;
    int code = arguments->texts[OPTION_POLICY] != NULL
                   ? read_text(arguments->texts[OPTION_POLICY], POLICY_MAX, &policy, error)
                   : JB_OK;
    const jb_aws_session_options options = {
        .size = sizeof options,
        .role = role,
        .name = name,
        .external_id = arguments->texts[OPTION_EXTERNAL_ID],
        .policy = policy,
        .seconds = (uint32_t)arguments->numbers[OPTION_SECONDS],
    };
    if (code == JB_OK)
        code = get_session(call, &options, call->given[1], error);
    free(policy);
    return code;
}

static int assume_role(struct call *call, jb_error *error)
{
    return make_session(call, call->given[0], call->session->arguments.texts[OPTION_SESSION_NAME], error);
}

static int federation_token(struct call *call, jb_error *error)
{
    return make_session(call, NULL, call->given[0], error);
}

static const struct action {
    const char *name;
    size_t count; /* of the arguments after it */
    const char *what;
    int (*run)(struct call *call, jb_error *error);
} actions[] = {
    {"identity", 0, "none after it", identity},
    {"secret-get", 2, "NAME and FILE (or -)", secret_get},
    {"secret-create", 2, "NAME and FILE (or -)", secret_create},
    {"secret-exists", 1, "NAME", secret_exists},
    {"secret-delete", 1, "NAME", secret_delete},
    {"user-create", 1, "USER", user_create},
    {"user-exists", 1, "USER", user_exists},
    {"user-delete", 1, "USER", user_delete},
    {"key-create", 2, "USER and FILE (or -)", key_create},
    {"key-exists", 2, "USER and KEYID", key_exists},
    {"key-delete", 2, "USER and KEYID", key_delete},
    {"policy-put", 3, "USER, NAME and FILE (or -)", policy_put},
    {"policy-exists", 2, "USER and NAME", policy_exists},
    {"policy-delete", 2, "USER and NAME", policy_delete},
    {"assume-role", 2, "ROLE and FILE (or -)", assume_role},
    {"federation-token", 2, "NAME and FILE (or -)", federation_token},
};

static int find_action(const struct session *session, const struct action **action, jb_error *error)
{
    int code = session_expect(session, 1, SIZE_MAX, "an action", error);
    for (size_t i = 0; code == JB_OK && i < sizeof actions / sizeof *actions; i++)
        if (strcmp(actions[i].name, session->arguments.positional[0]) == 0) {
            *action = &actions[i];
            return session_expect(session, actions[i].count + 1, actions[i].count + 1, actions[i].what, error);
        }
    if (code == JB_OK)
        code = error_set(error, JB_ERROR_USAGE, "there is no action '%.60s'", session->arguments.positional[0]);
    return code;
}

static int check_options(const struct session *session, const char *action, jb_error *error)
{
    static const struct {
        enum option_id option;
        const char *actions[3];
    } taken[] = {
        {OPTION_AT_ONCE, {"secret-delete"}},
        {OPTION_WITH_OWN, {"user-delete"}},
        {OPTION_POLICY, {"assume-role", "federation-token"}},
        {OPTION_SECONDS, {"assume-role", "federation-token"}},
        {OPTION_EXTERNAL_ID, {"assume-role"}},
        {OPTION_SESSION_NAME, {"assume-role"}},
    };
    char why[64];
    snprintf(why, sizeof why, "with '%s'", action);
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++) {
        bool fits = false;
        for (size_t j = 0; taken[i].actions[j] != NULL; j++)
            fits = fits || strcmp(taken[i].actions[j], action) == 0;
        const enum option_id refused[] = {taken[i].option, OPTION_COUNT};
        int code = fits ? JB_OK : arguments_refuse(&session->arguments, refused, why, error);
        if (code != JB_OK)
            return code;
    }
    return JB_OK;
}

static int run(struct session *session, jb_error *error)
{
    const struct action *action = NULL;
    struct call call = {.session = session};
    session->print = print_members;
    int code = find_action(session, &action, error);
    if (code == JB_OK)
        code = check_options(session, action->name, error);
    if (code == JB_OK)
        code = aws_connect(&session->arguments, &call.aws, error);
    if (code == JB_OK) {
        call.given = session->arguments.positional + 1;
        code = action->run(&call, error);
    }
    jb_aws_close(call.aws);
    return code;
}

const struct subcommand aws_subcommand = {
    .name = "aws",
    .bit = IN_AWS,
    .summary = "sessions, secrets and users of an AWS account",
    .usage = "identity [OPTIONS]\n"
             "secret-get NAME FILE|- [OPTIONS]\nsecret-create NAME FILE|- [OPTIONS]\nsecret-exists NAME [OPTIONS]\n"
             "secret-delete NAME [OPTIONS]\nuser-create USER [OPTIONS]\nuser-exists USER [OPTIONS]\n"
             "user-delete USER [OPTIONS]\nkey-create USER FILE|- [OPTIONS]\nkey-exists USER KEYID [OPTIONS]\n"
             "key-delete USER KEYID [OPTIONS]\npolicy-put USER NAME FILE|- [OPTIONS]\npolicy-exists USER NAME "
             "[OPTIONS]\npolicy-delete USER NAME [OPTIONS]\nassume-role ROLE FILE|- [OPTIONS]\n"
             "federation-token NAME FILE|- [OPTIONS]",
    .about = "Asks AWS's token service (identity, assume-role, federation-token), Secrets Manager (secret-…) and IAM "
             "(user-…, key-…, policy-…). Secrets come from files or standard input and go to files of mode 0600 or "
             "standard output, never onto a command line or into an account; keys and sessions have the form that "
             "--credentials reads. What does not exist ends with exit status 4.",
    .examples = "jpsbackup aws identity --profile operator\n"
                "jpsbackup aws secret-get paas_azure_auth_file auth.json --region eu-west-1\n"
                "jpsbackup aws assume-role arn:aws:iam::123456789012:role/backup session --seconds 3600",
    .run = run,
};
