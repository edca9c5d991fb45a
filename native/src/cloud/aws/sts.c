#include "sts.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../base/clock.h"
#include "service.h"

#define VERSION "2011-06-15"

/* Everything that the answers of this service tell. */
struct answer {
    char *access_key, *secret_key, *session_token;
    int64_t expires;
    struct sts_identity identity;
};

static int take_text(char **place, const char *text, jb_error *error)
{
    if (*place != NULL)
        return error_set(error, JB_ERROR_FORMAT, "a key is given twice");
    *place = strdup(text);
    return *place == NULL ? error_no_memory(error) : JB_OK;
}

static int take_bounded(char *place, size_t size, const char *text, jb_error *error)
{
    if (strlen(text) >= size)
        return error_set(error, JB_ERROR_FORMAT, "a text is longer than %zu bytes", size - 1);
    memcpy(place, text, strlen(text) + 1);
    return JB_OK;
}

/* Paths are "AssumeRoleResponse/AssumeRoleResult/Credentials/AccessKeyId" and alike. */
static int take_element(void *context, const char *path, const char *text, jb_error *error)
{
    struct answer *answer = context;
    const char *name = strrchr(path, '/');
    if (name == NULL)
        return JB_OK;
    size_t folder = (size_t)(name++ - path);
    bool keys = folder > 12 && memcmp(path + folder - 12, "/Credentials", 12) == 0;
    if (keys && strcmp(name, "AccessKeyId") == 0)
        return take_text(&answer->access_key, text, error);
    if (keys && strcmp(name, "SecretAccessKey") == 0)
        return take_text(&answer->secret_key, text, error);
    if (keys && strcmp(name, "SessionToken") == 0)
        return take_text(&answer->session_token, text, error);
    if (keys && strcmp(name, "Expiration") == 0)
        return clock_parse_http(text, &answer->expires)
                   ? JB_OK
                   : error_set(error, JB_ERROR_FORMAT, "the keys' last moment is no date");
    if (strcmp(path, "GetCallerIdentityResponse/GetCallerIdentityResult/Account") == 0)
        return take_bounded(answer->identity.account, sizeof answer->identity.account, text, error);
    if (strcmp(path, "GetCallerIdentityResponse/GetCallerIdentityResult/Arn") == 0)
        return take_bounded(answer->identity.arn, sizeof answer->identity.arn, text, error);
    if (strcmp(path, "GetCallerIdentityResponse/GetCallerIdentityResult/UserId") == 0)
        return take_bounded(answer->identity.user_id, sizeof answer->identity.user_id, text, error);
    return JB_OK;
}

static void zero_and_free(char *secret)
{
    if (secret != NULL)
        OPENSSL_cleanse(secret, strlen(secret));
    free(secret);
}

static int ask(const struct sts *sts, const struct service_call *call, bool with_keys,
               const struct service_parameter *parameters, size_t count, struct answer *answer, jb_error *error)
{
    struct service service;
    int code = service_init(&service, "sts", sts->region, sts->endpoint, error);
    if (code != JB_OK)
        return code;
    service.http = sts->http;
    service.provider = with_keys ? sts->provider : NULL;
    service.credentials = with_keys ? sts->credentials : NULL;
    code = service_query(&service, call, VERSION, parameters, count, take_element, answer, error);
    service_clean_up(&service);
    return code;
}

static int ask_for_session(const struct sts *sts, const struct service_call *call, bool with_keys,
                           const struct service_parameter *parameters, size_t count, struct sts_session *session,
                           jb_error *error)
{
    struct answer answer = {.expires = 0};
    int code = ask(sts, call, with_keys, parameters, count, &answer, error);
    if (code == JB_OK &&
        (answer.access_key == NULL || answer.secret_key == NULL || answer.session_token == NULL || answer.expires == 0))
        code = error_set(error, JB_ERROR_FORMAT, "cannot %s: the answer lacks keys, token or their last moment",
                         call->what);
    if (code == JB_OK) {
        code =
            credentials_copy(&session->credentials, answer.access_key, answer.secret_key, answer.session_token, error);
        if (code == JB_ERROR_USAGE) { /* it is the service that gave them */
            error->code = JB_ERROR_FORMAT;
            code = error_prefix(error, "cannot %s: the answer makes no sense", call->what);
        }
    }
    session->expires = answer.expires;
    zero_and_free(answer.access_key);
    zero_and_free(answer.secret_key);
    zero_and_free(answer.session_token);
    return code;
}

/* NULL where it is 0, so that the service's default holds. */
static const char *seconds_text(uint32_t seconds, char text[16])
{
    snprintf(text, 16, "%u", seconds);
    return seconds > 0 ? text : NULL;
}

static void describe_role(const struct sts_role *role, char *what, size_t size)
{
    if (role->role != NULL)
        snprintf(what, size, "assume the role '%.200s'", role->role);
    else
        snprintf(what, size, "get a session from the token service");
}

int sts_assume_role(const struct sts *sts, jb_operation *operation, const struct sts_role *role,
                    struct sts_session *session, jb_error *error)
{
    char what[256], seconds[16];
    describe_role(role, what, sizeof what);
    const struct service_call call = {
        .operation = operation, .what = what, .action = "AssumeRole", .deadline_ms = sts->deadline_ms};
    const struct service_parameter parameters[] = {
        {"RoleArn", role->role},
        {"RoleSessionName", role->session_name},
        {"ExternalId", role->external_id},
        {"Policy", role->policy},
        {"DurationSeconds", seconds_text(role->seconds, seconds)},
    };
    return ask_for_session(sts, &call, true, parameters, sizeof parameters / sizeof *parameters, session, error);
}

int sts_assume_role_with_web_identity(const struct sts *sts, jb_operation *operation, const struct sts_role *role,
                                      const char *token, struct sts_session *session, jb_error *error)
{
    char what[256], seconds[16];
    describe_role(role, what, sizeof what);
    const struct service_call call = {.operation = operation,
                                      .what = what,
                                      .action = "AssumeRoleWithWebIdentity",
                                      .secret = token,
                                      .deadline_ms = sts->deadline_ms};
    const struct service_parameter parameters[] = {
        {"RoleArn", role->role},
        {"RoleSessionName", role->session_name},
        {"WebIdentityToken", token},
        {"Policy", role->policy},
        {"DurationSeconds", seconds_text(role->seconds, seconds)},
    };
    return ask_for_session(sts, &call, false, parameters, sizeof parameters / sizeof *parameters, session, error);
}

int sts_federation_token(const struct sts *sts, jb_operation *operation, const char *name, const char *policy,
                         uint32_t seconds, struct sts_session *session, jb_error *error)
{
    char text[16];
    const struct service_call call = {.operation = operation,
                                      .what = "get a federation token",
                                      .action = "GetFederationToken",
                                      .deadline_ms = sts->deadline_ms};
    const struct service_parameter parameters[] = {
        {"Name", name}, {"Policy", policy}, {"DurationSeconds", seconds_text(seconds, text)}};
    return ask_for_session(sts, &call, true, parameters, sizeof parameters / sizeof *parameters, session, error);
}

int sts_caller_identity(const struct sts *sts, jb_operation *operation, struct sts_identity *identity, jb_error *error)
{
    struct answer answer = {.expires = 0};
    const struct service_call call = {.operation = operation,
                                      .what = "ask whose keys these are",
                                      .action = "GetCallerIdentity",
                                      .deadline_ms = sts->deadline_ms};
    int code = ask(sts, &call, true, NULL, 0, &answer, error);
    if (code == JB_OK && (answer.identity.account[0] == '\0' || answer.identity.arn[0] == '\0'))
        code = error_set(error, JB_ERROR_FORMAT, "cannot %s: the answer lacks account or ARN", call.what);
    *identity = answer.identity;
    zero_and_free(answer.access_key);
    zero_and_free(answer.secret_key);
    zero_and_free(answer.session_token);
    return code;
}
