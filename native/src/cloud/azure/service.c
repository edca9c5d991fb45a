#include "service.h"

#include <stdlib.h>
#include <string.h>

#include "../../base/secret.h"
#include "../../codec/json.h"
#include "endpoint.h"
#include "principal.h"
#include "storage_accounts.h"

#define TRIES_MAX            100
#define WAIT_SECONDS_DEFAULT 600
#define WAIT_SECONDS_MAX     86400
#define RETRY_AFTER_MAX_MS   300000 /* the storage provider counts requests over five minutes */

struct jb_azure {
    struct azure_manager manager;
};

static const char *given(const char *text)
{
    return text != NULL && *text != '\0' ? text : NULL;
}

static const char *first_of(const char *first, const char *second, const char *third)
{
    return given(first) != NULL ? first : given(second) != NULL ? second : given(third);
}

/* A GUID: it stands in paths. */
static int set_subscription(struct azure_manager *manager, const char *text, jb_error *error)
{
    static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
    if (text == NULL) {
        error_set(error, JB_ERROR_USAGE, "the subscription is missing");
        return error_hint(error, "give the subscription's id, or set AZURE_SUBSCRIPTION_ID");
    }
    bool sound = strlen(text) == sizeof form - 1;
    for (size_t i = 0; i < sizeof form - 1 && sound; i++)
        sound = form[i] == '-' ? text[i] == '-' : strchr("0123456789abcdefABCDEF", text[i]) != NULL;
    if (!sound) {
        error_set(error, JB_ERROR_USAGE, "the subscription's id is malformed");
        return error_hint(error, "it has the form %s, of hexadecimal digits", form);
    }
    manager->subscription = strdup(text);
    return manager->subscription == NULL ? error_no_memory(error) : JB_OK;
}

static int open_tokens(struct azure_manager *manager, const jb_azure_options *options,
                       const struct principal_file *file, const struct http_options *http, jb_error *error)
{
    bool of_options = given(options->tenant) != NULL || given(options->client_secret) != NULL ||
                      (given(options->client) != NULL && given(options->principal) == NULL);
    struct azure_principal principal = {
        .tenant = of_options ? options->tenant : file->tenant,
        .client = of_options ? options->client : file->client,
        .secret = of_options ? options->client_secret : file->secret,
        .login = first_of(options->login, file->login, NULL),
        .resource = manager->endpoint,
        .http = http,
    };
    return azure_tokens_new(&principal, &manager->tokens, error);
}

static int set_up(struct azure_manager *manager, const jb_azure_options *options, const struct principal_file *file,
                  const struct http_options *tuning, jb_error *error)
{
    if (options->tries > TRIES_MAX)
        return error_set(error, JB_ERROR_USAGE, "%u tries are more than %d", options->tries, TRIES_MAX);
    if (options->wait_seconds > WAIT_SECONDS_MAX)
        return error_set(error, JB_ERROR_USAGE, "%u s to wait are more than a day", options->wait_seconds);
    manager->wait_ms = (options->wait_seconds > 0 ? options->wait_seconds : WAIT_SECONDS_DEFAULT) * 1000;
    const char *endpoint = first_of(options->manager, file->manager, "https://management.azure.com");
    int code = azure_endpoint(endpoint, "the manager's address", &manager->endpoint, error);
    if (code == JB_OK)
        code = set_subscription(
            manager, first_of(options->subscription, file->subscription, getenv("AZURE_SUBSCRIPTION_ID")), error);
    struct http_options http = *tuning;
    http.ca_file = first_of(options->ca_file, getenv("AWS_CA_BUNDLE"), NULL);
    if (code == JB_OK)
        code = http_tls_minimum(options->tls_minimum, &http.tls_1_3, error);
    http.proxy = given(options->proxy);
    if (options->tries > 0)
        http.tries = options->tries;
    if (http.retry_after_max_ms == 0)
        http.retry_after_max_ms = RETRY_AFTER_MAX_MS;
    if (code == JB_OK)
        code = open_tokens(manager, options, file, &http, error);
    return code == JB_OK ? http_client_new(&http, &manager->http, error) : code;
}

int azure_open_tuned(const jb_azure_options *options, const struct http_options *tuning,
                     const struct manager_pauses *pauses, jb_azure **azure, jb_error *error)
{
    struct principal_file file = {0};
    jb_azure *made = calloc(1, sizeof *made);
    if (made == NULL)
        return error_no_memory(error);
    made->manager.pauses = *pauses;
    int code = given(options->principal) != NULL ? principal_file_parse(&file, options->principal, error) : JB_OK;
    if (code == JB_OK)
        code = set_up(&made->manager, options, &file, tuning, error);
    principal_file_clean_up(&file);
    if (code != JB_OK) {
        jb_azure_close(made);
        return code;
    }
    *azure = made;
    return JB_OK;
}

int jb_azure_open(const jb_azure_options *options, jb_azure **azure, jb_error *error)
{
    static const struct http_options tuning = {0};
    static const struct manager_pauses pauses = {0};
    jb_error own = JB_ERROR_INIT;
    if (error == NULL)
        error = &own;
    if (options == NULL || options->size != sizeof *options || azure == NULL)
        return error_set(error, JB_ERROR_USAGE, "jb_azure_options is missing or of another size");
    return azure_open_tuned(options, &tuning, &pauses, azure, error);
}

void jb_azure_close(jb_azure *azure)
{
    if (azure == NULL)
        return;
    /* First what uses the tokens. */
    http_client_free(azure->manager.http);
    azure_tokens_free(azure->manager.tokens);
    free(azure->manager.endpoint);
    free(azure->manager.subscription);
    free(azure);
}

static int check(const jb_azure *azure, const jb_azure_account *account, jb_error *error)
{
    if (azure == NULL)
        return error_set(error, JB_ERROR_USAGE, "the handle is missing");
    if (account == NULL || account->size != sizeof *account)
        return error_set(error, JB_ERROR_USAGE, "jb_azure_account is missing or of another size");
    return JB_OK;
}

static struct storage_account account_of(const jb_azure_account *account)
{
    return (struct storage_account){.group = given(account->group), .name = account->name};
}

/* Gives the account out as a text and takes the document back. */
static int give(json_t *document, char **told, int code, jb_error *error)
{
    if (code == JB_OK && told != NULL)
        code = json_text(document, told, error);
    json_decref(document);
    return code;
}

int jb_azure_account_create(jb_azure *azure, jb_operation *operation, const jb_azure_account *account, char **told,
                            jb_error *error)
{
    jb_error own = JB_ERROR_INIT;
    error = error != NULL ? error : &own;
    json_t *document = NULL;
    int code = check(azure, account, error);
    if (code != JB_OK)
        return code;
    struct storage_account of = account_of(account);
    struct storage_account_wish wish = {
        .location = account->location, .sku = given(account->sku), .kind = given(account->kind)};
    code = storage_account_create(&azure->manager, operation, &of, &wish, &document, error);
    return give(document, told, code, error);
}

int jb_azure_account_exists(jb_azure *azure, jb_operation *operation, const jb_azure_account *account, bool *exists,
                            char **told, jb_error *error)
{
    jb_error own = JB_ERROR_INIT;
    error = error != NULL ? error : &own;
    json_t *document = NULL;
    int code = check(azure, account, error);
    if (code != JB_OK)
        return code;
    struct storage_account of = account_of(account);
    code = storage_account_exists(&azure->manager, operation, &of, exists, &document, error);
    return give(document, told, code, error);
}

int jb_azure_account_delete(jb_azure *azure, jb_operation *operation, const jb_azure_account *account, jb_error *error)
{
    jb_error own = JB_ERROR_INIT;
    error = error != NULL ? error : &own;
    int code = check(azure, account, error);
    if (code != JB_OK)
        return code;
    struct storage_account of = account_of(account);
    return storage_account_delete(&azure->manager, operation, &of, error);
}

int jb_azure_account_name_check(jb_azure *azure, jb_operation *operation, const char *name, bool *available,
                                char **told, jb_error *error)
{
    jb_error own = JB_ERROR_INIT;
    error = error != NULL ? error : &own;
    json_t *document = NULL;
    if (azure == NULL)
        return error_set(error, JB_ERROR_USAGE, "the handle is missing");
    int code = storage_account_check_name(&azure->manager, operation, name, &document, error);
    *available = json_is_true(json_object_get(document, "available"));
    return give(document, told, code, error);
}

int jb_azure_account_key(jb_azure *azure, jb_operation *operation, const jb_azure_account *account,
                         const char *key_name, char **key, char **told, jb_error *error)
{
    jb_error own = JB_ERROR_INIT;
    error = error != NULL ? error : &own;
    json_t *document = NULL;
    int code = check(azure, account, error);
    if (code != JB_OK)
        return code;
    struct storage_account of = account_of(account);
    code = storage_account_key(&azure->manager, operation, &of, given(key_name), key, &document, error);
    code = give(document, told, code, error);
    if (code != JB_OK) {
        secret_free(*key);
        *key = NULL;
    }
    return code;
}
