/* The public handle: AWS's account services behind one set of keys. */
#include <jpsbackup/aws.h>
#include <stdlib.h>
#include <string.h>

#include "../../base/clock.h"
#include "iam.h"
#include "region.h"
#include "secrets_manager.h"
#include "sts.h"

#define TRIES_MAX    100
#define NAME_MAX_ARN 2048

struct jb_aws {
    struct http_client *http;
    struct credentials_provider *provider;
    char *region;
    char *endpoint; /* NULL: each service's own */
    struct service iam, secrets;
};

static const char *given(const char *text)
{
    return text != NULL && *text != '\0' ? text : NULL;
}

static int set_up_services(struct jb_aws *aws, const char *endpoint, jb_error *error)
{
    int code = JB_OK;
    if (given(endpoint) != NULL && (aws->endpoint = strdup(endpoint)) == NULL)
        code = error_no_memory(error);
    if (code == JB_OK)
        code = service_init(&aws->iam, "iam", aws->region, aws->endpoint, error);
    if (code == JB_OK)
        code = service_init(&aws->secrets, "secretsmanager", aws->region, aws->endpoint, error);
    aws->iam.http = aws->secrets.http = aws->http;
    aws->iam.provider = aws->secrets.provider = aws->provider;
    return code;
}

static int set_up(struct jb_aws *aws, const jb_aws_options *options, jb_error *error)
{
    if (options->tries > TRIES_MAX)
        return error_set(error, JB_ERROR_USAGE, "%u tries are more than %d", options->tries, TRIES_MAX);
    const char *ca_file = given(options->ca_file);
    struct http_options http = {.ca_file = ca_file != NULL ? ca_file : given(getenv("AWS_CA_BUNDLE")),
                                .proxy = given(options->proxy),
                                .connections = 2,
                                .tries = options->tries};
    int code = http_tls_minimum(options->tls_minimum, &http.tls_1_3, error);
    if (code == JB_OK)
        code = region_choose(options->region, options->profile, &aws->region, error);
    if (code != JB_OK)
        return code;
    const struct credentials_source source = {.access_key = options->access_key,
                                              .secret_key = options->secret_key,
                                              .session_token = options->session_token,
                                              .profile = options->profile,
                                              .region = aws->region,
                                              .http = &http};
    code = credentials_provider_new(&source, &aws->provider, error);
    if (code == JB_OK)
        code = http_client_new(&http, &aws->http, error);
    return code == JB_OK ? set_up_services(aws, options->endpoint, error) : code;
}

int jb_aws_open(const jb_aws_options *options, jb_aws **aws, jb_error *error)
{
    jb_error own = JB_ERROR_INIT;
    error = error != NULL ? error : &own;
    if (options == NULL || options->size != sizeof *options || aws == NULL)
        return error_set(error, JB_ERROR_USAGE, "jb_aws_options is missing or of another size");
    struct jb_aws *made = calloc(1, sizeof *made);
    if (made == NULL)
        return error_no_memory(error);
    int code = set_up(made, options, error);
    if (code != JB_OK) {
        jb_aws_close(made);
        return code;
    }
    *aws = made;
    return JB_OK;
}

void jb_aws_close(jb_aws *aws)
{
    if (aws == NULL)
        return;
    service_clean_up(&aws->iam);
    service_clean_up(&aws->secrets);
    http_client_free(aws->http);
    credentials_provider_free(aws->provider);
    free(aws->region);
    free(aws->endpoint);
    free(aws);
}

/* Names are ASCII without blanks, and stand in messages; the services know which of them they take. */
static int check(const jb_aws *aws, const char *what, const char *name, jb_error *error)
{
    if (aws == NULL)
        return error_set(error, JB_ERROR_USAGE, "the handle is missing");
    size_t size = name == NULL ? 0 : strlen(name);
    for (size_t i = 0; i < size; i++)
        if (name[i] <= ' ' || name[i] > '~')
            return error_set(error, JB_ERROR_USAGE, "%s holds a blank or a character that is not ASCII", what);
    if (size == 0 || size > NAME_MAX_ARN)
        return error_set(error, JB_ERROR_USAGE, "%s is missing or too long", what);
    return JB_OK;
}

/* Turns members (names and texts in turn, NULL-ended) into the account that was asked for. */
static int tell(char **account, const char *const members[][2], jb_error *error)
{
    if (account == NULL)
        return JB_OK;
    json_t *document = json_object();
    int code = document == NULL ? error_no_memory(error) : JB_OK;
    for (size_t i = 0; members[i][0] != NULL; i++)
        if (members[i][1] != NULL)
            json_put_text(document, members[i][0], members[i][1], &code, error);
    if (code == JB_OK)
        code = json_text(document, account, error);
    json_decref(document);
    return code;
}

/* As command-line users and nodes read it back. */
static int credentials_text(const struct credentials *keys, char **text, jb_error *error)
{
    struct buffer buffer;
    buffer_init(&buffer, 65536);
    int code = buffer_printf(&buffer, error, "AWS_ACCESS_KEY_ID=%s\nAWS_SECRET_ACCESS_KEY=%s\n", keys->access_key,
                             keys->secret_key);
    if (code == JB_OK && keys->session_token != NULL)
        code = buffer_printf(&buffer, error, "AWS_SESSION_TOKEN=%s\n", keys->session_token);
    if (code == JB_OK && (*text = buffer_detach(&buffer)) == NULL)
        code = error_no_memory(error);
    buffer_clean_up(&buffer);
    return code;
}

static struct sts token_service(const jb_aws *aws)
{
    return (struct sts){.http = aws->http, .provider = aws->provider, .region = aws->region, .endpoint = aws->endpoint};
}

int jb_aws_identity(jb_aws *aws, jb_operation *operation, char **account, jb_error *error)
{
    jb_error own = JB_ERROR_INIT;
    error = error != NULL ? error : &own;
    if (aws == NULL)
        return error_set(error, JB_ERROR_USAGE, "the handle is missing");
    struct sts_identity identity;
    const struct sts sts = token_service(aws);
    int code = sts_caller_identity(&sts, operation, &identity, error);
    if (code != JB_OK)
        return code;
    const char *const members[][2] = {
        {"account", identity.account}, {"arn", identity.arn}, {"user_id", identity.user_id}, {NULL, NULL}};
    return tell(account, members, error);
}

static int tell_session(const struct sts_session *session, const char *role, char **credentials, char **account,
                        jb_error *error)
{
    char expires[CLOCK_UTC_SIZE];
    clock_format_utc(session->expires, expires);
    const char *const members[][2] = {
        {"access_key", session->credentials.access_key}, {"expires", expires}, {"role", role}, {NULL, NULL}};
    int code = credentials_text(&session->credentials, credentials, error);
    if (code == JB_OK && (code = tell(account, members, error)) != JB_OK) {
        jb_text_free(*credentials);
        *credentials = NULL;
    }
    return code;
}

int jb_aws_session(jb_aws *aws, jb_operation *operation, const jb_aws_session_options *options, char **credentials,
                   char **account, jb_error *error)
{
    jb_error own = JB_ERROR_INIT;
    error = error != NULL ? error : &own;
    if (options == NULL || options->size != sizeof *options || credentials == NULL)
        return error_set(error, JB_ERROR_USAGE, "jb_aws_session_options is missing or of another size");
    const char *name = given(options->name) != NULL ? options->name : "jpsbackup", *role = given(options->role);
    int code = check(aws, "the session's name", name, error);
    if (code == JB_OK && role != NULL)
        code = check(aws, "the role", role, error);
    if (code == JB_OK && role == NULL && given(options->external_id) != NULL)
        code = error_set(error, JB_ERROR_USAGE, "an external id has no meaning without a role");
    if (code != JB_OK)
        return code;
    struct sts_session session;
    const struct sts sts = token_service(aws);
    const struct sts_role wanted = {.role = role,
                                    .session_name = name,
                                    .external_id = given(options->external_id),
                                    .policy = given(options->policy),
                                    .seconds = options->seconds};
    code = role != NULL ? sts_assume_role(&sts, operation, &wanted, &session, error)
                        : sts_federation_token(&sts, operation, name, wanted.policy, options->seconds, &session, error);
    if (code != JB_OK)
        return code;
    code = tell_session(&session, role, credentials, account, error);
    credentials_clean_up(&session.credentials);
    return code;
}

int jb_aws_secret_get(jb_aws *aws, jb_operation *operation, const char *name, char **secret, char **account,
                      jb_error *error)
{
    jb_error own = JB_ERROR_INIT;
    error = error != NULL ? error : &own;
    char *version = NULL;
    int code = check(aws, "the secret's name", name, error);
    if (code == JB_OK && secret == NULL)
        code = error_set(error, JB_ERROR_USAGE, "there is no place for the secret");
    if (code == JB_OK)
        code = secrets_manager_get(&aws->secrets, operation, name, secret, &version, error);
    if (code != JB_OK)
        return code;
    const char *const members[][2] = {{"name", name}, {"version", version}, {NULL, NULL}};
    code = tell(account, members, error);
    if (code != JB_OK) {
        jb_text_free(*secret);
        *secret = NULL;
    }
    free(version);
    return code;
}

int jb_aws_secret_create(jb_aws *aws, jb_operation *operation, const char *name, const char *secret, char **account,
                         jb_error *error)
{
    jb_error own = JB_ERROR_INIT;
    error = error != NULL ? error : &own;
    char *arn = NULL, *version = NULL;
    int code = check(aws, "the secret's name", name, error);
    if (code == JB_OK && given(secret) == NULL)
        code = error_set(error, JB_ERROR_USAGE, "the secret is missing or empty");
    if (code == JB_OK)
        code = secrets_manager_create(&aws->secrets, operation, name, secret, &arn, &version, error);
    if (code != JB_OK)
        return code;
    const char *const members[][2] = {{"name", name}, {"arn", arn}, {"version", version}, {NULL, NULL}};
    code = tell(account, members, error);
    free(arn);
    free(version);
    return code;
}

int jb_aws_secret_exists(jb_aws *aws, jb_operation *operation, const char *name, bool *exists, jb_error *error)
{
    jb_error own = JB_ERROR_INIT;
    error = error != NULL ? error : &own;
    int code = check(aws, "the secret's name", name, error);
    return code == JB_OK ? secrets_manager_exists(&aws->secrets, operation, name, exists, error) : code;
}

int jb_aws_secret_delete(jb_aws *aws, jb_operation *operation, const char *name, bool at_once, jb_error *error)
{
    jb_error own = JB_ERROR_INIT;
    error = error != NULL ? error : &own;
    int code = check(aws, "the secret's name", name, error);
    return code == JB_OK ? secrets_manager_delete(&aws->secrets, operation, name, at_once, error) : code;
}

int jb_aws_user_create(jb_aws *aws, jb_operation *operation, const char *user, char **account, jb_error *error)
{
    jb_error own = JB_ERROR_INIT;
    error = error != NULL ? error : &own;
    struct iam_user made;
    int code = check(aws, "the user's name", user, error);
    if (code == JB_OK)
        code = iam_user_create(&aws->iam, operation, user, &made, error);
    if (code != JB_OK)
        return code;
    const char *const members[][2] = {{"user", user}, {"arn", made.arn}, {"user_id", made.id}, {NULL, NULL}};
    return tell(account, members, error);
}

int jb_aws_user_exists(jb_aws *aws, jb_operation *operation, const char *user, bool *exists, jb_error *error)
{
    jb_error own = JB_ERROR_INIT;
    error = error != NULL ? error : &own;
    int code = check(aws, "the user's name", user, error);
    return code == JB_OK ? iam_user_exists(&aws->iam, operation, user, exists, error) : code;
}

int jb_aws_user_delete(jb_aws *aws, jb_operation *operation, const char *user, bool with_own, jb_error *error)
{
    jb_error own = JB_ERROR_INIT;
    error = error != NULL ? error : &own;
    int code = check(aws, "the user's name", user, error);
    return code == JB_OK ? iam_user_delete(&aws->iam, operation, user, with_own, error) : code;
}

int jb_aws_key_create(jb_aws *aws, jb_operation *operation, const char *user, char **credentials, char **account,
                      jb_error *error)
{
    jb_error own = JB_ERROR_INIT;
    error = error != NULL ? error : &own;
    struct credentials keys;
    int code = check(aws, "the user's name", user, error);
    if (code == JB_OK && credentials == NULL)
        code = error_set(error, JB_ERROR_USAGE, "there is no place for the keys");
    if (code == JB_OK)
        code = iam_key_create(&aws->iam, operation, user, &keys, error);
    if (code != JB_OK)
        return code;
    const char *const members[][2] = {{"user", user}, {"access_key", keys.access_key}, {NULL, NULL}};
    code = credentials_text(&keys, credentials, error);
    if (code == JB_OK && (code = tell(account, members, error)) != JB_OK) {
        jb_text_free(*credentials);
        *credentials = NULL;
    }
    credentials_clean_up(&keys);
    return code;
}

/* A user, and something of its own. */
static int check_both(const jb_aws *aws, const char *user, const char *what, const char *name, jb_error *error)
{
    int code = check(aws, "the user's name", user, error);
    return code == JB_OK ? check(aws, what, name, error) : code;
}

int jb_aws_key_exists(jb_aws *aws, jb_operation *operation, const char *user, const char *access_key, bool *exists,
                      jb_error *error)
{
    jb_error own = JB_ERROR_INIT;
    error = error != NULL ? error : &own;
    int code = check_both(aws, user, "the access key", access_key, error);
    return code == JB_OK ? iam_key_exists(&aws->iam, operation, user, access_key, exists, error) : code;
}

int jb_aws_key_delete(jb_aws *aws, jb_operation *operation, const char *user, const char *access_key, jb_error *error)
{
    jb_error own = JB_ERROR_INIT;
    error = error != NULL ? error : &own;
    int code = check_both(aws, user, "the access key", access_key, error);
    return code == JB_OK ? iam_key_delete(&aws->iam, operation, user, access_key, error) : code;
}

int jb_aws_policy_put(jb_aws *aws, jb_operation *operation, const char *user, const char *name, const char *policy,
                      jb_error *error)
{
    jb_error own = JB_ERROR_INIT;
    error = error != NULL ? error : &own;
    int code = check_both(aws, user, "the policy's name", name, error);
    if (code == JB_OK && given(policy) == NULL)
        code = error_set(error, JB_ERROR_USAGE, "the policy is missing");
    return code == JB_OK ? iam_policy_put(&aws->iam, operation, user, name, policy, error) : code;
}

int jb_aws_policy_exists(jb_aws *aws, jb_operation *operation, const char *user, const char *name, bool *exists,
                         jb_error *error)
{
    jb_error own = JB_ERROR_INIT;
    error = error != NULL ? error : &own;
    int code = check_both(aws, user, "the policy's name", name, error);
    return code == JB_OK ? iam_policy_exists(&aws->iam, operation, user, name, exists, error) : code;
}

int jb_aws_policy_delete(jb_aws *aws, jb_operation *operation, const char *user, const char *name, jb_error *error)
{
    jb_error own = JB_ERROR_INIT;
    error = error != NULL ? error : &own;
    int code = check_both(aws, user, "the policy's name", name, error);
    return code == JB_OK ? iam_policy_delete(&aws->iam, operation, user, name, error) : code;
}
