#include "principal.h"

#include <string.h>

#include "../../base/secret.h"
#include "../../codec/json.h"

#define WHAT "the service principal's file"

static const char hint[] = "it is what 'az ad sp create-for-rbac --sdk-auth' prints, or an object whose 'value' is "
                           "that as a text";

static int parse_object(const char *text, json_t **object, jb_error *error)
{
    size_t size = strlen(text);
    if (size > PRINCIPAL_TEXT_MAX)
        return error_set(error, JB_ERROR_LIMIT, WHAT " is longer than %d bytes", PRINCIPAL_TEXT_MAX);
    int code = json_parse_secret(text, size, WHAT, object, error);
    if (code == JB_OK && !json_is_object(*object)) {
        json_wipe(*object);
        *object = NULL;
        code = error_set(error, JB_ERROR_FORMAT, WHAT " is no JSON object");
    }
    return code == JB_ERROR_FORMAT ? error_hint(error, "%s", hint) : code;
}

static int take(const json_t *object, const char *name, bool needed, char **to, jb_error *error)
{
    const json_t *member = json_object_get(object, name);
    const char *text = json_string_value(member);
    if (text != NULL && *text != '\0')
        return (*to = strdup(text)) == NULL ? error_no_memory(error) : JB_OK;
    if (!needed && (member == NULL || json_is_null(member) || text != NULL))
        return JB_OK;
    error_set(error, JB_ERROR_FORMAT, WHAT " has no text '%s'", name);
    return error_hint(error, "%s", hint);
}

static int take_members(struct principal_file *file, const json_t *object, jb_error *error)
{
    const struct {
        const char *name;
        bool needed;
        char **to;
    } members[] = {
        {"tenantId", true, &file->tenant},
        {"clientId", true, &file->client},
        {"clientSecret", true, &file->secret},
        {"subscriptionId", false, &file->subscription},
        {"activeDirectoryEndpointUrl", false, &file->login},
        {"resourceManagerEndpointUrl", false, &file->manager},
    };
    int code = JB_OK;
    for (size_t i = 0; i < sizeof members / sizeof *members && code == JB_OK; i++)
        code = take(object, members[i].name, members[i].needed, members[i].to, error);
    return code;
}

int principal_file_parse(struct principal_file *file, const char *text, jb_error *error)
{
    json_t *object = NULL, *inner = NULL;
    *file = (struct principal_file){0};
    int code = parse_object(text, &object, error);
    const char *value = json_member_text(object, "value");
    if (code == JB_OK && value != NULL)
        code = parse_object(value, &inner, error);
    if (code == JB_OK)
        code = take_members(file, inner != NULL ? inner : object, error);
    json_wipe(inner);
    json_wipe(object);
    if (code != JB_OK)
        principal_file_clean_up(file);
    return code;
}

void principal_file_clean_up(struct principal_file *file)
{
    secret_free(file->tenant);
    secret_free(file->client);
    secret_free(file->secret);
    secret_free(file->subscription);
    secret_free(file->login);
    secret_free(file->manager);
    *file = (struct principal_file){0};
}
