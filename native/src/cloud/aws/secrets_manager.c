#include "secrets_manager.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../base/random.h"

#define SECRET_MAX 65536 /* the service's own bound */

static int call(const struct service *service, jb_operation *operation, const char *what, const char *action,
                const char *secret, json_t *input, int built, json_t **output, jb_error *error)
{
    const struct service_call asked = {.operation = operation, .what = what, .action = action, .secret = secret};
    *output = NULL;
    int code = built == JB_OK ? service_json(service, &asked, input, output, error) : built;
    json_wipe(input);
    return code;
}

static json_t *begin(const char *name, int *code, jb_error *error)
{
    json_t *input = json_object();
    *code = input == NULL ? error_no_memory(error) : JB_OK;
    json_put_text(input, "SecretId", name, code, error);
    return input;
}

static int copy_member(const json_t *output, const char *member, char **copy, jb_error *error)
{
    const char *text = json_member_text(output, member);
    if (text == NULL)
        return error_set(error, JB_ERROR_FORMAT, "the answer lacks '%s'", member);
    *copy = strdup(text);
    return *copy == NULL ? error_no_memory(error) : JB_OK;
}

int secrets_manager_get(const struct service *service, jb_operation *operation, const char *name, char **secret,
                        char **version, jb_error *error)
{
    char what[600];
    snprintf(what, sizeof what, "read the secret '%.512s'", name);
    *secret = *version = NULL;
    int code;
    json_t *input = begin(name, &code, error), *output;
    code = call(service, operation, what, "secretsmanager.GetSecretValue", NULL, input, code, &output, error);
    if (code != JB_OK)
        return code;
    if (json_member_text(output, "SecretString") == NULL && json_member_text(output, "SecretBinary") != NULL)
        code = error_set(error, JB_ERROR_UNSUPPORTED, "it holds bytes, not a text");
    if (code == JB_OK)
        code = copy_member(output, "SecretString", secret, error);
    if (code == JB_OK)
        code = copy_member(output, "VersionId", version, error);
    if (code != JB_OK) {
        error_prefix(error, "cannot %s", what);
        if (*secret != NULL)
            OPENSSL_cleanse(*secret, strlen(*secret));
        free(*secret);
        *secret = NULL;
    }
    json_wipe(output);
    return code;
}

int secrets_manager_create(const struct service *service, jb_operation *operation, const char *name, const char *secret,
                           char **arn, char **version, jb_error *error)
{
    char what[600], token[33];
    snprintf(what, sizeof what, "create the secret '%.512s'", name);
    *arn = *version = NULL;
    if (strlen(secret) > SECRET_MAX)
        return error_set(error, JB_ERROR_LIMIT, "cannot %s: it is longer than %d bytes", what, SECRET_MAX);
    random_name(token); /* by which the service knows a request that is tried again */
    json_t *input = json_object(), *output;
    int code = input == NULL ? error_no_memory(error) : JB_OK;
    json_put_text(input, "Name", name, &code, error);
    json_put_text(input, "ClientRequestToken", token, &code, error);
    if (code == JB_OK) {
        json_t *value = json_string(secret);
        if (value == NULL)
            code = error_set(error, JB_ERROR_USAGE, "cannot %s: it is no valid UTF-8", what);
        else
            json_put(input, "SecretString", value, &code, error);
    }
    code = call(service, operation, what, "secretsmanager.CreateSecret", secret, input, code, &output, error);
    if (code == JB_OK)
        code = copy_member(output, "ARN", arn, error);
    if (code == JB_OK)
        code = copy_member(output, "VersionId", version, error);
    if (code != JB_OK) {
        free(*arn);
        *arn = NULL;
    }
    json_wipe(output);
    return code;
}

int secrets_manager_exists(const struct service *service, jb_operation *operation, const char *name, bool *exists,
                           jb_error *error)
{
    char what[600];
    snprintf(what, sizeof what, "look for the secret '%.512s'", name);
    *exists = false;
    int code;
    json_t *input = begin(name, &code, error), *output;
    code = call(service, operation, what, "secretsmanager.DescribeSecret", NULL, input, code, &output, error);
    if (code == JB_ERROR_NOT_FOUND)
        return JB_OK;
    if (code == JB_OK) {
        const json_t *deleted = json_object_get(output, "DeletedDate");
        *exists = deleted == NULL || json_is_null(deleted);
    }
    json_wipe(output);
    return code;
}

int secrets_manager_delete(const struct service *service, jb_operation *operation, const char *name, bool at_once,
                           jb_error *error)
{
    char what[600];
    snprintf(what, sizeof what, "delete the secret '%.512s'", name);
    int code;
    json_t *input = begin(name, &code, error), *output;
    if (at_once)
        json_put(input, "ForceDeleteWithoutRecovery", json_true(), &code, error);
    else
        json_put_count(input, "RecoveryWindowInDays", 30, &code, error);
    code = call(service, operation, what, "secretsmanager.DeleteSecret", NULL, input, code, &output, error);
    json_wipe(output);
    return code;
}
