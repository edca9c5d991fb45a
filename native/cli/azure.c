#include <stdlib.h>
#include <string.h>

#include "../src/base/error.h"
#include "aws_connect.h"
#include "private_file.h"
#include "secret_file.h"
#include "session.h"

#define PRINCIPAL_MAX 65536

/* The service principal as a text that is a secret; NULL where the options name none. */
static int read_principal(const struct session *session, char **principal, jb_error *error)
{
    const struct arguments *arguments = &session->arguments;
    const char *path = arguments->texts[OPTION_PRINCIPAL], *secret = arguments->texts[OPTION_PRINCIPAL_SECRET];
    *principal = NULL;
    if (secret != NULL) {
        jb_aws *aws = NULL;
        int code = aws_connect(arguments, &aws, error);
        if (code == JB_OK)
            code = jb_aws_secret_get(aws, session->operation, secret, principal, NULL, error);
        jb_aws_close(aws);
        return code;
    }
    if (path == NULL)
        return JB_OK;
    *principal = malloc(PRINCIPAL_MAX + 1);
    if (*principal == NULL)
        return error_no_memory(error);
    return private_file_read(path, "the service principal's file", false, *principal, PRINCIPAL_MAX, error);
}

static int open_azure(const struct session *session, jb_azure **azure, jb_error *error)
{
    const struct arguments *arguments = &session->arguments;
    char *principal;
    int code = read_principal(session, &principal, error);
    const jb_azure_options options = {
        .size = sizeof options,
        .principal = principal,
        .subscription = arguments->texts[OPTION_SUBSCRIPTION],
        .login = arguments->texts[OPTION_LOGIN],
        .manager = arguments->texts[OPTION_MANAGER],
        .ca_file = arguments->texts[OPTION_CA_FILE],
        .proxy = arguments->texts[OPTION_PROXY],
        .tls_minimum = arguments->texts[OPTION_TLS_MINIMUM],
        .wait_seconds = (uint32_t)arguments->numbers[OPTION_WAIT],
        .tries = (uint32_t)arguments->numbers[OPTION_TRIES],
    };
    if (code == JB_OK)
        code = jb_azure_open(&options, azure, error);
    jb_text_free(principal); /* zeroes it */
    return code;
}

static int create(struct session *session, jb_azure *azure, const jb_azure_account *account, jb_error *error)
{
    char *told = NULL;
    int code = jb_azure_account_create(azure, session->operation, account, &told, error);
    return code == JB_OK ? session_take_account(session, told, error) : code;
}

static int exists(struct session *session, jb_azure *azure, const jb_azure_account *account, jb_error *error)
{
    char *told = NULL;
    bool there = false;
    int code = jb_azure_account_exists(azure, session->operation, account, &there, &told, error);
    if (code == JB_OK)
        code = session_take_account(session, told, error);
    if (code == JB_OK && !there)
        code = error_set(error, JB_ERROR_NOT_FOUND, "the storage account '%s' does not exist in the resource group",
                         account->name);
    return code;
}

static int delete (struct session *session, jb_azure *azure, const jb_azure_account *account, jb_error *error)
{
    return jb_azure_account_delete(azure, session->operation, account, error);
}

static int check_name(struct session *session, jb_azure *azure, const jb_azure_account *account, jb_error *error)
{
    char *told = NULL;
    bool available = false;
    int code = jb_azure_account_name_check(azure, session->operation, account->name, &available, &told, error);
    if (code == JB_OK)
        code = session_take_account(session, told, error);
    if (code == JB_OK && !available)
        code = error_set(error, JB_ERROR_CONFLICT, "the name '%s' is not free", account->name);
    return code;
}

/* In the form of a credentials file, so that --credentials takes it as it is. */
static int write_key(struct session *session, jb_azure *azure, const jb_azure_account *account, jb_error *error)
{
    char *told = NULL, *key = NULL, *line = NULL;
    int code = jb_azure_account_key(azure, session->operation, account, session->arguments.texts[OPTION_KEY_NAME], &key,
                                    &told, error);
    if (code == JB_OK)
        code = session_take_account(session, told, error);
    if (code == JB_OK && asprintf(&line, "AZURE_STORAGE_KEY=%s\n", key) < 0) {
        line = NULL;
        code = error_no_memory(error);
    }
    if (code == JB_OK)
        code = secret_file_write(session->arguments.positional[2], line, strlen(line), error);
    jb_text_free(key);
    jb_text_free(line);
    return code;
}

static const struct action {
    const char *name;
    size_t arguments; /* with the action itself */
    const char *needed;
    int (*run)(struct session *session, jb_azure *azure, const jb_azure_account *account, jb_error *error);
} actions[] = {
    {"account-create", 2, "account-create NAME", create},
    {"account-exists", 2, "account-exists NAME", exists},
    {"account-name-check", 2, "account-name-check NAME", check_name},
    {"account-key", 3, "account-key NAME FILE", write_key},
    {"account-delete", 2, "account-delete NAME", delete},
};

static const struct action *find_action(const char *name)
{
    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++)
        if (strcmp(actions[i].name, name) == 0)
            return &actions[i];
    return NULL;
}

static int check_options(const struct arguments *arguments, const struct action *action, jb_error *error)
{
    static const enum option_id of_create[] = {OPTION_LOCATION, OPTION_SKU, OPTION_KIND, OPTION_COUNT},
                                of_key[] = {OPTION_KEY_NAME, OPTION_COUNT},
                                of_secret[] = {OPTION_PROFILE, OPTION_CREDENTIALS, OPTION_CREDENTIALS_ONCE,
                                               OPTION_REGION, OPTION_COUNT};
    const char *location;
    int code = JB_OK;
    if (action->run != create)
        code = arguments_refuse(arguments, of_create, "but with 'account-create'", error);
    if (code == JB_OK && action->run != write_key)
        code = arguments_refuse(arguments, of_key, "but with 'account-key'", error);
    if (code == JB_OK && arguments->texts[OPTION_PRINCIPAL_SECRET] == NULL)
        code = arguments_refuse(arguments, of_secret, "without '--principal-secret'", error);
    else if (code == JB_OK && arguments->texts[OPTION_PRINCIPAL] != NULL)
        code = error_set(error, JB_ERROR_USAGE, "options '--principal' and '--principal-secret' exclude one another");
    if (code == JB_OK && action->run == create)
        code = arguments_require(arguments, OPTION_LOCATION, &location, error);
    return code;
}

static int run(struct session *session, jb_error *error)
{
    const struct arguments *arguments = &session->arguments;
    session->print = print_members;
    int code = session_expect(session, 1, 3, "an action and an account's NAME", error);
    if (code != JB_OK)
        return code;
    const struct action *action = find_action(arguments->positional[0]);
    if (action == NULL)
        return error_set(error, JB_ERROR_USAGE, "there is no action '%.60s'", arguments->positional[0]);
    code = session_expect(session, action->arguments, action->arguments, action->needed, error);
    if (code == JB_OK)
        code = check_options(arguments, action, error);
    jb_azure *azure = NULL;
    if (code == JB_OK)
        code = open_azure(session, &azure, error);
    if (code != JB_OK)
        return code;
    const jb_azure_account account = {
        .size = sizeof account,
        .name = arguments->positional[1],
        .group = arguments->texts[OPTION_RESOURCE_GROUP],
        .location = arguments->texts[OPTION_LOCATION],
        .sku = arguments->texts[OPTION_SKU],
        .kind = arguments->texts[OPTION_KIND],
    };
    code = action->run(session, azure, &account, error);
    jb_azure_close(azure);
    return code;
}

const struct subcommand azure_subcommand = {
    .name = "azure",
    .bit = IN_AZURE,
    .summary = "make, test and delete storage accounts on Azure, and get their keys",
    .usage = "account-create NAME --location REGION [OPTIONS]\naccount-exists NAME [OPTIONS]\n"
             "account-name-check NAME [OPTIONS]\naccount-key NAME FILE [OPTIONS]\naccount-delete NAME [OPTIONS]",
    .about = "Asks Azure Resource Manager. An account that is there already stays as it is when it is to be made. "
             "account-exists exits with 4 where there is none, account-name-check with 5 where the name is taken. "
             "account-key writes a new FILE (mode 0600) for --credentials. account-delete deletes the account with all "
             "that lies in it, at once. The resource group must be there; it is never made.",
    .examples =
        "jpsbackup azure account-create jcprod21135westeurope --location westeurope --principal principal.json\n"
        "jpsbackup azure account-key jcprod21135westeurope key --principal principal.json\n"
        "jpsbackup azure account-exists jcprod21135westeurope --principal-secret paas_azure_auth_file --region "
        "eu-west-1\n"
        "jpsbackup ls backups --store azure://jcprod21135westeurope --credentials key",
    .run = run,
};
