/* What the account services' error codes mean (their API references, "Common Errors" and each action's own). */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "service.h"

struct meaning {
    const char *service_code; /* without an ending "Exception" */
    jb_code code;
    bool retry;
    const char *hint; /* NULL: none */
};

static const char clock_hint[] = "set this machine's clock right: it differs from the service's by more than 5 minutes";
static const char key_hint[] = "check the access key, the secret key and the region";
static const char rights_hint[] = "the credentials lack the right for this action";
static const char expired_hint[] = "get new temporary credentials: these have expired";
static const char kms_hint[] = "the secret's KMS key is disabled, or the credentials may not use it";

static const struct meaning meanings[] = {
    {"NoSuchEntity", JB_ERROR_NOT_FOUND, false, NULL},
    {"ResourceNotFound", JB_ERROR_NOT_FOUND, false, NULL},
    {"EntityAlreadyExists", JB_ERROR_CONFLICT, false, NULL},
    {"ResourceExists", JB_ERROR_CONFLICT, false, NULL},
    {"DeleteConflict", JB_ERROR_CONFLICT, false, NULL},
    {"ConcurrentModification", JB_ERROR_CONFLICT, true, NULL},
    {"EntityTemporarilyUnmodifiable", JB_ERROR_CONFLICT, true, NULL},
    {"InvalidRequest", JB_ERROR_CONFLICT, false,
     "a secret that was deleted keeps its name until its last day of grace"},
    {"AccessDenied", JB_ERROR_ACCESS, false, rights_hint},
    {"UnauthorizedOperation", JB_ERROR_ACCESS, false, rights_hint},
    {"InvalidClientTokenId", JB_ERROR_ACCESS, false, key_hint},
    {"InvalidAccessKeyId", JB_ERROR_ACCESS, false, key_hint},
    {"UnrecognizedClient", JB_ERROR_ACCESS, false, key_hint},
    {"SignatureDoesNotMatch", JB_ERROR_ACCESS, false, key_hint},
    {"InvalidSignature", JB_ERROR_ACCESS, false, key_hint},
    {"IncompleteSignature", JB_ERROR_ACCESS, false, key_hint},
    {"MissingAuthenticationToken", JB_ERROR_ACCESS, false, key_hint},
    {"RequestExpired", JB_ERROR_ACCESS, false, clock_hint},
    {"RequestTimeTooSkewed", JB_ERROR_ACCESS, false, clock_hint},
    {"ExpiredToken", JB_ERROR_ACCESS, false, expired_hint},
    {"IDPRejectedClaim", JB_ERROR_ACCESS, false, "the role's trust policy does not admit this web identity"},
    {"InvalidIdentityToken", JB_ERROR_ACCESS, false, "the web identity token is malformed or of another issuer"},
    {"RegionDisabled", JB_ERROR_ACCESS, false, "enable the region in the account, or name another one"},
    {"DecryptionFailure", JB_ERROR_ACCESS, false, kms_hint},
    {"EncryptionFailure", JB_ERROR_ACCESS, false, kms_hint},
    {"LimitExceeded", JB_ERROR_LIMIT, false, "the account's quota is used up: remove what is not needed"},
    {"PackedPolicyTooLarge", JB_ERROR_LIMIT, false, "the session's policy is too long: name fewer objects"},
    {"MalformedPolicyDocument", JB_ERROR_USAGE, false, NULL},
    {"InvalidInput", JB_ERROR_USAGE, false, NULL},
    {"InvalidParameter", JB_ERROR_USAGE, false, NULL},
    {"InvalidParameterValue", JB_ERROR_USAGE, false, NULL},
    {"ValidationError", JB_ERROR_USAGE, false, NULL},
    {"Validation", JB_ERROR_USAGE, false, NULL},
    {"InvalidAction", JB_ERROR_UNSUPPORTED, false, NULL},
    {"UnknownOperation", JB_ERROR_UNSUPPORTED, false, NULL},
    {"NotImplemented", JB_ERROR_UNSUPPORTED, false, NULL},
    {"MethodNotAllowed", JB_ERROR_UNSUPPORTED, false, NULL},
    {"Throttling", JB_ERROR_UNREACHABLE, true, NULL},
    {"Throttled", JB_ERROR_UNREACHABLE, true, NULL},
    {"TooManyRequests", JB_ERROR_UNREACHABLE, true, NULL},
    {"RequestLimitExceeded", JB_ERROR_UNREACHABLE, true, NULL},
    {"IDPCommunicationError", JB_ERROR_UNREACHABLE, true, NULL},
    {"InternalFailure", JB_ERROR_UNREACHABLE, true, NULL},
    {"InternalServiceError", JB_ERROR_UNREACHABLE, true, NULL},
    {"ServiceFailure", JB_ERROR_UNREACHABLE, true, NULL},
    {"ServiceUnavailable", JB_ERROR_UNREACHABLE, true, NULL},
};

static struct meaning meaning_of_status(int status)
{
    if (status == 401 || status == 403)
        return (struct meaning){"", JB_ERROR_ACCESS, false, rights_hint};
    if (status == 404 || status == 405 || status == 501)
        return (struct meaning){"", JB_ERROR_UNSUPPORTED, false, "there is no such service at this endpoint"};
    if (status == 408 || status == 429 || status >= 500)
        return (struct meaning){"", JB_ERROR_UNREACHABLE, true, NULL};
    if (status < 400)
        return (struct meaning){"", JB_ERROR_UNREACHABLE, false, "the endpoint does not answer as the service does"};
    return (struct meaning){"", JB_ERROR_FAILED, false, NULL};
}

static struct meaning meaning_of(const char *service_code, int status)
{
    size_t size = strlen(service_code);
    if (size > 9 && strcmp(service_code + size - 9, "Exception") == 0)
        size -= 9;
    for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++)
        if (strlen(meanings[i].service_code) == size && memcmp(meanings[i].service_code, service_code, size) == 0)
            return meanings[i];
    struct meaning meaning = meaning_of_status(status);
    if (size > 0 && meaning.code == JB_ERROR_UNSUPPORTED && status == 404)
        meaning = (struct meaning){"", JB_ERROR_NOT_FOUND, false, NULL};
    return meaning;
}

struct problem {
    char code[64];
    char message[384];
};

static int take_element(void *context, const char *path, const char *text, jb_error *error)
{
    struct problem *problem = context;
    (void)error;
    const char *name = strncmp(path, "ErrorResponse/", 14) == 0 ? path + 14 : path;
    if (strcmp(name, "Error/Code") == 0)
        snprintf(problem->code, sizeof problem->code, "%s", text);
    else if (strcmp(name, "Error/Message") == 0)
        snprintf(problem->message, sizeof problem->message, "%s", text);
    return JB_OK;
}

/* "com.amazonaws.secretsmanager#ResourceNotFoundException", and in the header "ResourceNotFoundException:http://…". */
static void take_type(struct problem *problem, const char *type)
{
    const char *hash = strchr(type, '#');
    type = hash != NULL ? hash + 1 : type;
    snprintf(problem->code, sizeof problem->code, "%.*s", (int)strcspn(type, ":"), type);
}

static void take_json(struct problem *problem, const struct http_request *request)
{
    char header[192];
    if (http_request_reply_header(request, "x-amzn-errortype", header, sizeof header))
        take_type(problem, header);
    json_t *document;
    jb_error ignored = JB_ERROR_INIT;
    if (json_parse(request->problem.data, request->problem.size, "the answer", &document, &ignored) != JB_OK)
        return;
    const char *type = json_member_text(document, "__type"), *message = json_member_text(document, "message");
    if (message == NULL)
        message = json_member_text(document, "Message");
    if (type != NULL)
        take_type(problem, type);
    if (message != NULL)
        snprintf(problem->message, sizeof problem->message, "%s", message);
    json_decref(document);
}

/* Of a signature that does not match, services repeat the whole request with its session token. */
static bool may_repeat(const struct problem *problem, const char *secret)
{
    if (strstr(problem->code, "Signature") != NULL || strstr(problem->message, "security-token") != NULL)
        return false;
    char begin[17]; /* enough to know it by, for the message may be cut */
    snprintf(begin, sizeof begin, "%s", secret == NULL ? "" : secret);
    return begin[0] == '\0' || strstr(problem->message, begin) == NULL;
}

enum http_verdict service_judge(struct http_request *request, struct credentials_provider *provider, const char *secret)
{
    struct problem problem = {"", ""};
    jb_error *error = &request->error;
    jb_error ignored = JB_ERROR_INIT;
    const struct buffer *body = &request->problem;
    /* A body that is neither is a proxy's; then the status alone speaks. */
    if (body->size > 0 && body->data[0] == '<') {
        if (xml_read(body->data, body->size, take_element, &problem, &ignored) != JB_OK)
            problem = (struct problem){"", ""};
    } else {
        take_json(&problem, request);
    }
    struct meaning meaning = meaning_of(problem.code, request->status);
    if (problem.code[0] == '\0')
        error_set(error, meaning.code, "the service refuses (status %d)", request->status);
    else if (problem.message[0] == '\0' || !may_repeat(&problem, secret))
        error_set(error, meaning.code, "%s (status %d)", problem.code, request->status);
    else
        error_set(error, meaning.code, "%s: %s (status %d)", problem.code, problem.message, request->status);
    if (meaning.hint != NULL)
        error_hint(error, "%s", meaning.hint);
    bool renewed =
        strncmp(problem.code, "ExpiredToken", 12) == 0 && provider != NULL && credentials_provider_expired(provider);
    error->retryable = meaning.retry;
    return meaning.retry || renewed ? HTTP_RETRY : HTTP_FAILED;
}
