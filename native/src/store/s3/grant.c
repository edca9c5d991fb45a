#include "grant.h"

#include <stdlib.h>
#include <string.h>

#include "../../base/clock.h"
#include "../../cloud/aws/sts.h"
#include "policy.h"
#include "request.h"

#define SECONDS_DEFAULT     43200
#define SECONDS_MAX         604800 /* of a signed request */
#define SESSION_SECONDS_MIN 900    /* of sessions: AWS Security Token Service API Reference, "DurationSeconds" */
#define ROLE_SECONDS_MAX    43200
#define TOKEN_SECONDS_MAX   129600
#define SECONDS_EVERYWHERE  3600 /* which every role and user has */
#define TEXT_MAX            (2u << 20)
#define NAME                "jpsbackup"

/* What is granted, by whom, and how. */
struct granting {
    struct s3_store *s3;
    jb_operation *operation;
    const jb_grant_options *options;
    const char *policy;
    struct sts sts;
    bool aws; /* AWS's own endpoint */
    bool own; /* the store's own token service */
};

static uint32_t between(uint32_t seconds, uint32_t least, uint32_t most)
{
    return seconds < least ? least : seconds > most ? most : seconds;
}

static int ask(const struct granting *granting, uint32_t seconds, struct sts_session *session, jb_error *error)
{
    const jb_grant_options *options = granting->options;
    if (options->role == NULL && granting->aws)
        return sts_federation_token(&granting->sts, granting->operation, NAME, granting->policy,
                                    between(seconds, SESSION_SECONDS_MIN, TOKEN_SECONDS_MAX), session, error);
    const struct sts_role role = {
        .role = options->role,
        .session_name = NAME,
        .policy = granting->policy,
        .seconds = between(seconds, SESSION_SECONDS_MIN, granting->own ? SECONDS_MAX : ROLE_SECONDS_MAX)};
    return sts_assume_role(&granting->sts, granting->operation, &role, session, error);
}

/* As long as was asked for, or as long as every role and user may. */
static int ask_for_session(const struct granting *granting, uint32_t seconds, struct sts_session *session,
                           jb_error *error)
{
    int code = ask(granting, seconds, session, error);
    if (code != JB_ERROR_USAGE || seconds <= SECONDS_EVERYWHERE || strstr(error->text, "Duration") == NULL)
        return code;
    operation_log(granting->operation, JB_LOG_WARNING, "the grant lasts for %d s instead of %u s: %s",
                  SECONDS_EVERYWHERE, seconds, error->text);
    return ask(granting, SECONDS_EVERYWHERE, session, error);
}

/* What no session of ours may: so a service that takes a policy and does not heed it shows. */
static int list_bucket(struct s3_store *s3, jb_operation *operation, const char *bucket, jb_error *error)
{
    struct s3_request request;
    struct buffer reply;
    int code = s3_request_init(&request, s3, operation, "list", "GET", bucket, NULL, error);
    if (code != JB_OK)
        return code;
    buffer_init(&reply, 1 << 20);
    request.http.reply = &reply;
    s3_request_query(&request, "list-type", "2");
    s3_request_query(&request, "max-keys", "1");
    code = s3_request_perform(&request, error);
    buffer_clean_up(&reply);
    s3_request_clean_up(&request);
    return code;
}

static int check_narrow(const struct granting *granting, const struct sts_session *session, jb_error *error)
{
    jb_error problem = JB_ERROR_INIT;
    struct s3_store narrow = {.store = granting->s3->store,
                              .http = granting->s3->http,
                              .scheme = granting->s3->scheme,
                              .host = granting->s3->host,
                              .region = granting->s3->region,
                              .virtual_host = granting->s3->virtual_host};
    const struct credentials_source source = {.access_key = session->credentials.access_key,
                                              .secret_key = session->credentials.secret_key,
                                              .session_token = session->credentials.session_token,
                                              .region = granting->s3->region};
    int code = credentials_provider_new(&source, &narrow.provider, error);
    if (code != JB_OK)
        return code;
    s3_buckets_init(&narrow.buckets);
    code = list_bucket(&narrow, granting->operation, granting->options->bucket, &problem);
    s3_buckets_clean_up(&narrow.buckets);
    credentials_provider_free(narrow.provider);
    if (code == JB_OK)
        return error_set(error, JB_ERROR_UNSUPPORTED,
                         "the store's token service gives sessions more than their policy says");
    if (code != JB_ERROR_ACCESS)
        return error_copy(error, &problem);
    /* Where our own keys may not either, the refusal says nothing of the policy. */
    code = list_bucket(granting->s3, granting->operation, granting->options->bucket, &problem);
    if (code != JB_ERROR_ACCESS)
        return code == JB_OK ? JB_OK : error_copy(error, &problem);
    error_set(error, JB_ERROR_UNSUPPORTED,
              "it does not show whether sessions are kept to their policy: '%s' cannot be listed",
              granting->options->bucket);
    return error_hint(error, "give the store's own keys the right to list the bucket");
}

static int append_session(const struct sts_session *session, struct buffer *text, jb_error *error)
{
    const struct credentials *keys = &session->credentials;
    return buffer_printf(
        text, error, "JPSBACKUP_EXPIRES=%lld\nAWS_ACCESS_KEY_ID=%s\nAWS_SECRET_ACCESS_KEY=%s\nAWS_SESSION_TOKEN=%s\n",
        (long long)session->expires, keys->access_key, keys->secret_key, keys->session_token);
}

static int grant_session(struct granting *granting, uint32_t seconds, struct buffer *text, jb_error *error)
{
    struct buffer policy, own;
    struct s3_store *s3 = granting->s3;
    buffer_init(&policy, 1 << 20);
    buffer_init(&own, 1024);
    const char *variable = getenv("AWS_ENDPOINT_URL_STS");
    bool elsewhere = granting->options->endpoint != NULL || (variable != NULL && *variable != '\0');
    granting->own = !granting->aws && !elsewhere;
    int code = s3_policy(s3, granting->options, &policy, error);
    if (code == JB_OK && granting->own)
        code = buffer_printf(&own, error, "%s://%s", s3->scheme, s3->host);
    if (code == JB_OK) {
        struct sts_session session = {.expires = 0};
        granting->policy = policy.data;
        granting->sts = (struct sts){.http = s3->http,
                                     .provider = s3->provider,
                                     .region = s3->region,
                                     .endpoint = granting->own ? own.data : granting->options->endpoint};
        code = ask_for_session(granting, seconds, &session, error);
        if (code == JB_OK) {
            code = granting->aws ? JB_OK : check_narrow(granting, &session, error);
            if (code == JB_OK)
                code = append_session(&session, text, error);
            credentials_clean_up(&session.credentials);
        }
    }
    buffer_clean_up(&policy);
    buffer_clean_up(&own);
    return code;
}

/* Whether signed requests may do where there came no session: not where the reason would meet them, too. */
static bool may_sign(const struct granting *granting, int code)
{
    return granting->options->role == NULL && code != JB_OK && code != JB_ERROR_CANCELLED && code != JB_ERROR_MEMORY &&
           code != JB_ERROR_UNREACHABLE;
}

/* Learns the bucket's region, for what was signed cannot be moved to another. Where that is not told, the store's own
 * holds. */
static int find_region(struct s3_store *s3, jb_operation *operation, const char *bucket, jb_error *error)
{
    jb_error problem = JB_ERROR_INIT;
    int code = s3_test_bucket(&s3->store, operation, bucket, &problem);
    if (code == JB_OK || code == JB_ERROR_ACCESS || code == JB_ERROR_UNSUPPORTED || code == JB_ERROR_FAILED)
        return JB_OK;
    return error_copy(error, &problem);
}

/* Signs all that is granted, where none of it could be made to reach more. */
static int sign(const struct granting *granting, uint32_t seconds, struct buffer *text, jb_error *error)
{
    const jb_grant_options *options = granting->options;
    bool writes = false;
    for (size_t i = 0; i < options->count; i++)
        writes = writes || options->grants[i].write;
    int code = find_region(granting->s3, granting->operation, options->bucket, error);
    if (code == JB_OK && writes && !granting->aws)
        code = s3_refuses_unsigned_copy(granting->s3, granting->operation, options->bucket, error);
    if (code == JB_OK)
        code = s3_grant_requests(granting->s3, granting->operation, options, clock_now(), seconds, text, error);
    return code;
}

int s3_grant(jb_store *store, jb_operation *operation, const jb_grant_options *options, char **credentials,
             jb_error *error)
{
    struct s3_store *s3 = (struct s3_store *)store;
    uint32_t seconds = options->seconds != 0 ? options->seconds : SECONDS_DEFAULT;
    if (seconds > SECONDS_MAX)
        return error_set(error, JB_ERROR_USAGE, "a grant for %u s is longer than %d s", seconds, SECONDS_MAX);
    if (s3->presigned != NULL)
        return error_set(error, JB_ERROR_ACCESS, "what was granted cannot be granted to others");
    struct granting granting = {.s3 = s3, .operation = operation, .options = options, .aws = s3_is_aws(s3->host)};
    jb_error problem = JB_ERROR_INIT;
    struct buffer text;
    buffer_init(&text, TEXT_MAX);
    int code = grant_session(&granting, seconds, &text, &problem);
    if (may_sign(&granting, code)) {
        operation_log(operation, JB_LOG_INFO, "requests are signed for the grant, for there is no session: %s",
                      problem.text);
        code = sign(&granting, seconds, &text, error);
    } else if (code != JB_OK) {
        error_copy(error, &problem);
    }
    if (code == JB_OK && (*credentials = buffer_detach(&text)) == NULL)
        code = error_no_memory(error);
    buffer_clean_up(&text);
    return code;
}
