#include "storage_accounts.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../base/clock.h"
#include "../../base/secret.h"
#include "../../codec/json.h"
#include "../uri.h"

/* Of 2023: all clouds have it, and no later one changes what is asked for here. */
#define API_VERSION   "2023-01-01"
#define DEFAULT_GROUP "paas_backup"
#define TYPE          "Microsoft.Storage/storageAccounts"
#define BODY_MAX      65536
#define REST_MAX      2048
#define WHAT_MAX      128
#define KEY_MAX       1024

/* Azure, "Naming rules and restrictions": Microsoft.Storage and Microsoft.Resources. */
static int check_name(const char *name, jb_error *error)
{
    size_t size = name != NULL ? strlen(name) : 0;
    bool sound = size >= 3 && size <= 24;
    for (size_t i = 0; i < size && sound; i++)
        sound = (name[i] >= 'a' && name[i] <= 'z') || isdigit((unsigned char)name[i]);
    if (sound)
        return JB_OK;
    error_set(error, JB_ERROR_USAGE, "'%.60s' is no name of a storage account", size > 0 ? name : "");
    return error_hint(error, "give 3 to 24 lower-case letters and digits");
}

static int check_group(const char *group, jb_error *error)
{
    size_t size = strlen(group);
    bool sound = size > 0 && size <= 90 && group[size - 1] != '.';
    for (size_t i = 0; i < size && sound; i++)
        sound = isalnum((unsigned char)group[i]) || strchr("-_.()", group[i]) != NULL;
    if (sound)
        return JB_OK;
    error_set(error, JB_ERROR_USAGE, "'%.100s' is no name of a resource group", group);
    return error_hint(error, "give up to 90 letters, digits and '-_.()', not ending in '.'");
}

/* One call with what it is built of. */
struct request {
    struct manager_call call;
    struct buffer path, body;
    struct manager_answer answer;
    char what[WHAT_MAX];
};

static void request_init(struct request *request, const char *method, const char *what, const char *name)
{
    *request = (struct request){.call = {.method = method, .api_version = API_VERSION}};
    buffer_init(&request->path, REST_MAX);
    buffer_init(&request->body, BODY_MAX);
    manager_answer_init(&request->answer);
    snprintf(request->what, sizeof request->what, "%s '%s'", what, name);
    request->call.what = request->what;
}

static void request_clean_up(struct request *request)
{
    buffer_clean_up(&request->path);
    buffer_clean_up(&request->body);
    manager_answer_clean_up(&request->answer);
}

/* The account's own path, and what follows it ("/listKeys"). */
static int account_path(struct request *request, const struct azure_manager *manager,
                        const struct storage_account *account, const char *rest, jb_error *error)
{
    const char *group = account->group != NULL ? account->group : DEFAULT_GROUP;
    int code = check_name(account->name, error);
    if (code == JB_OK)
        code = check_group(group, error);
    if (code == JB_OK)
        code = buffer_printf(&request->path, error, "/subscriptions/%s/resourceGroups/", manager->subscription);
    if (code == JB_OK)
        code = uri_encode(&request->path, group, false, error);
    if (code == JB_OK)
        code = buffer_printf(&request->path, error, "/providers/" TYPE "/%s%s", account->name, rest);
    request->call.path = request->path.data;
    return code;
}

static int perform(struct request *request, const struct azure_manager *manager, jb_operation *operation,
                   int64_t deadline_ms, jb_error *error)
{
    request->call.body = request->body.size > 0 ? request->body.data : NULL;
    return azure_manager_call(manager, operation, &request->call, deadline_ms, &request->answer, error);
}

/* Without quoting: some answers hold keys. */
static int parse_answer(const struct request *request, json_t **document, jb_error *error)
{
    const struct buffer *body = &request->answer.body;
    int code = json_parse_secret(body->data, body->size, "the manager's answer", document, error);
    if (code == JB_OK && !json_is_object(*document)) {
        json_wipe(*document);
        *document = NULL;
        code = error_set(error, JB_ERROR_FORMAT, "the manager's answer is no JSON object");
    }
    return code != JB_OK ? error_prefix(error, "cannot %s", request->what) : JB_OK;
}

static int64_t deadline(const struct azure_manager *manager)
{
    return clock_monotonic_ms() + manager->wait_ms;
}

/* A text of the answer, where it is there and of a sensible length. */
static void put_if_there(json_t *told, const char *name, const json_t *object, const char *member, int *code,
                         jb_error *error)
{
    const char *text = json_member_text(object, member);
    if (text != NULL && strlen(text) <= 1024)
        json_put_text(told, name, text, code, error);
}

/* What is told of an account, out of the manager's description of it. */
static int tell(const struct storage_account *account, const json_t *described, json_t **told, jb_error *error)
{
    const json_t *properties = json_object_get(described, "properties");
    int code = JB_OK;
    if ((*told = json_object()) == NULL)
        return error_no_memory(error);
    json_put_text(*told, "name", account->name, &code, error);
    json_put_text(*told, "resource_group", account->group != NULL ? account->group : DEFAULT_GROUP, &code, error);
    put_if_there(*told, "location", described, "location", &code, error);
    put_if_there(*told, "sku", json_object_get(described, "sku"), "name", &code, error);
    put_if_there(*told, "kind", described, "kind", &code, error);
    put_if_there(*told, "state", properties, "provisioningState", &code, error);
    put_if_there(*told, "endpoint", json_object_get(properties, "primaryEndpoints"), "blob", &code, error);
    if (code != JB_OK) {
        json_decref(*told);
        *told = NULL;
    }
    return code;
}

/* What the manager says of the account; `*described` is NULL where it is not there. */
static int describe(const struct azure_manager *manager, jb_operation *operation, const struct storage_account *account,
                    int64_t deadline_ms, bool group_may_miss, json_t **described, jb_error *error)
{
    struct request request;
    *described = NULL;
    request_init(&request, "GET", "look at the storage account", account->name != NULL ? account->name : "");
    int code = account_path(&request, manager, account, "", error);
    if (code == JB_OK) {
        code = perform(&request, manager, operation, deadline_ms, error);
        const char *problem = request.answer.problem.code;
        bool missing = strcmp(problem, "ResourceNotFound") == 0 ||
                       (group_may_miss && strcmp(problem, "ResourceGroupNotFound") == 0);
        if (code == JB_OK)
            code = parse_answer(&request, described, error);
        else if (missing && request.answer.status == 404)
            code = JB_OK;
    }
    request_clean_up(&request);
    return code;
}

int storage_account_exists(const struct azure_manager *manager, jb_operation *operation,
                           const struct storage_account *account, bool *exists, json_t **told, jb_error *error)
{
    json_t *described;
    *told = NULL;
    *exists = false;
    int code = describe(manager, operation, account, deadline(manager), true, &described, error);
    if (code == JB_OK)
        code = tell(account, described, told, error);
    if (code == JB_OK) {
        *exists = described != NULL;
        json_put(*told, "exists", json_boolean(*exists), &code, error);
    }
    json_decref(described);
    return code;
}

/* TLS 1.2 and no anonymous reading: what backups need and what older defaults did not give. */
static int write_wish(struct request *request, const struct storage_account_wish *wish, jb_error *error)
{
    int code = JB_OK;
    json_t *document = json_object(), *sku = json_object(), *properties = json_object();
    json_put_text(sku, "name", wish->sku != NULL ? wish->sku : "Standard_RAGRS", &code, error);
    json_put_text(properties, "minimumTlsVersion", "TLS1_2", &code, error);
    json_put(properties, "allowBlobPublicAccess", json_false(), &code, error);
    json_put(properties, "supportsHttpsTrafficOnly", json_true(), &code, error);
    json_put_text(document, "kind", wish->kind != NULL ? wish->kind : "StorageV2", &code, error);
    json_put_text(document, "location", wish->location, &code, error);
    json_put(document, "sku", sku, &code, error);
    json_put(document, "properties", properties, &code, error);
    if (code == JB_OK)
        code = json_write(document, JSON_COMPACT, &request->body, error);
    json_decref(document);
    return code;
}

/* Made is not ready: the account's name, for one, has to be known first. */
static int wait_until_ready(const struct azure_manager *manager, jb_operation *operation,
                            const struct storage_account *account, int64_t deadline_ms, json_t **described,
                            jb_error *error)
{
    for (;;) {
        int code = describe(manager, operation, account, deadline_ms, false, described, error);
        if (code != JB_OK)
            return code;
        const char *state = json_member_text(json_object_get(*described, "properties"), "provisioningState");
        if (state != NULL && strcmp(state, "Succeeded") == 0)
            return JB_OK;
        if (state != NULL && (strcmp(state, "Failed") == 0 || strcmp(state, "Canceled") == 0))
            code = error_set(error, JB_ERROR_FAILED, "making it ended as '%.40s'", state);
        json_decref(*described);
        *described = NULL;
        if (code == JB_OK)
            code = azure_manager_pause(manager, operation, "", deadline_ms, error);
        if (code != JB_OK)
            return error_prefix(error, "cannot make the storage account '%s'", account->name);
    }
}

static int make(const struct azure_manager *manager, jb_operation *operation, const struct storage_account *account,
                const struct storage_account_wish *wish, int64_t deadline_ms, json_t **described, jb_error *error)
{
    struct request request;
    request_init(&request, "PUT", "make the storage account", account->name);
    int code = account_path(&request, manager, account, "", error);
    if (code == JB_OK)
        code = write_wish(&request, wish, error);
    if (code == JB_OK)
        code = perform(&request, manager, operation, deadline_ms, error);
    request_clean_up(&request);
    return code == JB_OK ? wait_until_ready(manager, operation, account, deadline_ms, described, error) : code;
}

int storage_account_create(const struct azure_manager *manager, jb_operation *operation,
                           const struct storage_account *account, const struct storage_account_wish *wish,
                           json_t **told, jb_error *error)
{
    int64_t until_ms = deadline(manager);
    json_t *described = NULL;
    *told = NULL;
    if (wish->location == NULL || *wish->location == '\0') {
        error_set(error, JB_ERROR_USAGE, "the storage account's location is missing");
        return error_hint(error, "name an Azure region such as 'westeurope'");
    }
    /* Asked first, for making an account that is there would change its settings. */
    int code = describe(manager, operation, account, until_ms, false, &described, error);
    bool there = described != NULL;
    if (code == JB_OK)
        code = there ? JB_OK : make(manager, operation, account, wish, until_ms, &described, error);
    if (code == JB_OK)
        code = tell(account, described, told, error);
    if (code == JB_OK)
        json_put(*told, "created", json_boolean(!there), &code, error);
    json_decref(described);
    return code;
}

int storage_account_delete(const struct azure_manager *manager, jb_operation *operation,
                           const struct storage_account *account, jb_error *error)
{
    struct request request;
    json_t *described = NULL;
    int64_t until_ms = deadline(manager);
    int code = describe(manager, operation, account, until_ms, false, &described, error);
    if (code == JB_OK && described == NULL)
        code = error_set(error, JB_ERROR_NOT_FOUND,
                         "cannot delete the storage account '%s': it does not exist in the resource group '%s'",
                         account->name, account->group != NULL ? account->group : DEFAULT_GROUP);
    json_decref(described);
    if (code != JB_OK)
        return code;
    request_init(&request, "DELETE", "delete the storage account", account->name);
    code = account_path(&request, manager, account, "", error);
    if (code == JB_OK)
        code = perform(&request, manager, operation, until_ms, error);
    request_clean_up(&request);
    return code;
}

static int tell_name(const char *name, const json_t *answer, json_t **told, jb_error *error)
{
    const json_t *available = json_object_get(answer, "nameAvailable");
    int code = JB_OK;
    if (!json_is_boolean(available))
        return error_set(error, JB_ERROR_FORMAT, "the manager does not say whether the name '%s' is free", name);
    if ((*told = json_object()) == NULL)
        return error_no_memory(error);
    json_put_text(*told, "name", name, &code, error);
    json_put(*told, "available", json_boolean(json_is_true(available)), &code, error);
    put_if_there(*told, "reason", answer, "reason", &code, error);
    put_if_there(*told, "message", answer, "message", &code, error);
    return code;
}

int storage_account_check_name(const struct azure_manager *manager, jb_operation *operation, const char *name,
                               json_t **told, jb_error *error)
{
    struct request request;
    json_t *answer = NULL;
    *told = NULL;
    int code = check_name(name, error);
    if (code != JB_OK)
        return code;
    request_init(&request, "POST", "check the name", name);
    code = buffer_printf(&request.path, error, "/subscriptions/%s/providers/Microsoft.Storage/checkNameAvailability",
                         manager->subscription);
    request.call.path = request.path.data;
    if (code == JB_OK)
        code = buffer_printf(&request.body, error, "{\"name\":\"%s\",\"type\":\"" TYPE "\"}", name);
    if (code == JB_OK)
        code = perform(&request, manager, operation, deadline(manager), error);
    if (code == JB_OK)
        code = parse_answer(&request, &answer, error);
    if (code == JB_OK)
        code = tell_name(name, answer, told, error);
    if (code != JB_OK) {
        json_decref(*told);
        *told = NULL;
    }
    json_decref(answer);
    request_clean_up(&request);
    return code;
}

/* Base64: it stands in a line of a credentials file. */
static bool is_key(const char *text)
{
    size_t size = text != NULL ? strlen(text) : 0;
    for (size_t i = 0; i < size; i++)
        if (!isalnum((unsigned char)text[i]) && strchr("+/=", text[i]) == NULL)
            return false;
    return size > 0 && size <= KEY_MAX;
}

static int take_key(const json_t *answer, const struct storage_account *account, const char *key_name, char **key,
                    json_t *told, jb_error *error)
{
    const json_t *keys = json_object_get(answer, "keys"), *each;
    json_t *names = json_array();
    const char *found = NULL;
    size_t index;
    int code = JB_OK;
    if (!json_is_array(keys))
        code = error_set(error, JB_ERROR_FORMAT, "the manager's answer holds no keys");
    json_array_foreach(keys, index, each)
    {
        const char *name = json_member_text(each, "keyName");
        if (name == NULL || strlen(name) > 64)
            continue;
        json_append(names, json_string(name), &code, error);
        if (strcmp(name, key_name) == 0)
            found = json_member_text(each, "value");
    }
    json_put_text(told, "name", account->name, &code, error);
    json_put_text(told, "key", key_name, &code, error);
    json_put(told, "keys", names, &code, error);
    if (code != JB_OK)
        return code;
    if (!is_key(found))
        return error_set(error, found == NULL ? JB_ERROR_NOT_FOUND : JB_ERROR_FORMAT, "%s '%.64s' of '%s'",
                         found == NULL ? "there is no key" : "the manager gives a malformed key", key_name,
                         account->name);
    *key = strdup(found);
    return *key == NULL ? error_no_memory(error) : JB_OK;
}

int storage_account_key(const struct azure_manager *manager, jb_operation *operation,
                        const struct storage_account *account, const char *key_name, char **key, json_t **told,
                        jb_error *error)
{
    struct request request;
    json_t *answer = NULL;
    *key = NULL;
    *told = json_object();
    if (*told == NULL)
        return error_no_memory(error);
    request_init(&request, "POST", "list the keys of the storage account", account->name != NULL ? account->name : "");
    int code = account_path(&request, manager, account, "/listKeys", error);
    if (code == JB_OK)
        code = perform(&request, manager, operation, deadline(manager), error);
    if (code == JB_OK)
        code = parse_answer(&request, &answer, error);
    if (code == JB_OK)
        code = take_key(answer, account, key_name != NULL ? key_name : "key1", key, *told, error);
    if (code != JB_OK) {
        json_decref(*told);
        *told = NULL;
    }
    json_wipe(answer);
    request_clean_up(&request);
    return code;
}
