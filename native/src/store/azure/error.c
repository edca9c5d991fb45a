/* What Azure's error codes mean ("Common REST API error codes", "Blob Storage error codes"). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../base/clock.h"
#include "../../codec/xml.h"
#include "../meaning.h"
#include "request.h"

#define SKEW_SECONDS 840 /* the service allows 15 minutes; an answer may be under way for one */

static const char clock_hint[] = "set this machine's clock right: it differs from the store's by more than 15 minutes";
static const char key_hint[] = "check that the key, signature or token is whole, still valid, and of this very account";
static const char expired_hint[] = "the shared access signature is not valid yet or no longer: get a new one";
static const char rights_hint[] =
    "the signature or the principal lacks a right: a principal needs the role 'Storage Blob Data Contributor'";
static const char firewall_hint[] =
    "the account's network rules refuse this machine, or the principal has no role on it";
static const char container_hint[] = "make the container first, or check its name and the account";
static const char lease_hint[] = "somebody holds a lease on it: wait for its end, or break it";
static const char block_hint[] = "blocks of another upload to this name are there: remove that upload, or wait a week";
static const char policy_hint[] = "a retention policy or a legal hold protects it: it can go only once that has ended";

static const struct store_meaning meanings[] = {
    {"BlobNotFound", JB_ERROR_NOT_FOUND, false, NULL},
    {"ResourceNotFound", JB_ERROR_NOT_FOUND, false, NULL},
    {"ContainerNotFound", JB_ERROR_NOT_FOUND, false, container_hint},
    {"AuthenticationFailed", JB_ERROR_ACCESS, false, key_hint},
    {"InvalidAuthenticationInfo", JB_ERROR_ACCESS, false, key_hint},
    {"NoAuthenticationInformation", JB_ERROR_ACCESS, false, key_hint},
    {"AuthorizationFailure", JB_ERROR_ACCESS, false, firewall_hint},
    {"AuthorizationPermissionMismatch", JB_ERROR_ACCESS, false, rights_hint},
    {"AuthorizationResourceTypeMismatch", JB_ERROR_ACCESS, false, rights_hint},
    {"AuthorizationServiceMismatch", JB_ERROR_ACCESS, false, rights_hint},
    {"AuthorizationProtocolMismatch", JB_ERROR_ACCESS, false,
     "the signature is for https only: give an https endpoint"},
    {"AuthorizationSourceIPMismatch", JB_ERROR_ACCESS, false, "the signature is for another network address"},
    {"InsufficientAccountPermissions", JB_ERROR_ACCESS, false, rights_hint},
    {"UnauthorizedBlobOverwrite", JB_ERROR_ACCESS, false, "the signature may create this object, but not replace it"},
    {"KeyBasedAuthenticationNotPermitted", JB_ERROR_ACCESS, false,
     "the account refuses its keys: use a service principal or the machine's managed identity"},
    {"AccountIsDisabled", JB_ERROR_ACCESS, false, "have the storage account enabled again"},
    {"ContainerDisabled", JB_ERROR_ACCESS, false, "have the container enabled again"},
    {"CannotVerifyCopySource", JB_ERROR_ACCESS, false, "the copy's source is not there, or may not be read"},
    {"ConditionNotMet", JB_ERROR_CONFLICT, false, NULL},
    {"TargetConditionNotMet", JB_ERROR_CONFLICT, false, NULL},
    {"SourceConditionNotMet", JB_ERROR_CONFLICT, false, NULL},
    {"BlobAlreadyExists", JB_ERROR_CONFLICT, false, NULL},
    {"ResourceAlreadyExists", JB_ERROR_CONFLICT, false, NULL},
    {"ContainerAlreadyExists", JB_ERROR_CONFLICT, false, NULL},
    {"ContainerBeingDeleted", JB_ERROR_CONFLICT, true, "wait some minutes until the deletion of this name has ended"},
    {"AccountBeingCreated", JB_ERROR_UNREACHABLE, true, "the storage account is being made: try again in a minute"},
    {"BlobBeingRehydrated", JB_ERROR_CONFLICT, false, "wait until the object is back from the archive tier"},
    {"BlobArchived", JB_ERROR_CONFLICT, false, "bring the object back from the archive tier first ('Set Blob Tier')"},
    {"BlobImmutableDueToPolicy", JB_ERROR_CONFLICT, false, policy_hint},
    {"InvalidBlobType", JB_ERROR_CONFLICT, false, "an append or page blob has this name: choose another one"},
    {"SnapshotsPresent", JB_ERROR_CONFLICT, false, "somebody made snapshots of the object: delete those first"},
    {"PendingCopyOperation", JB_ERROR_CONFLICT, true, "somebody copies onto the object: wait for the copy's end"},
    {"LeaseIdMissing", JB_ERROR_CONFLICT, false, lease_hint},
    {"LeaseAlreadyPresent", JB_ERROR_CONFLICT, false, lease_hint},
    {"LeaseIdMismatchWithBlobOperation", JB_ERROR_CONFLICT, false, lease_hint},
    {"LeaseIdMismatchWithContainerOperation", JB_ERROR_CONFLICT, false, lease_hint},
    {"LeaseIdMismatchWithLeaseOperation", JB_ERROR_CONFLICT, false, lease_hint},
    {"LeaseAlreadyBroken", JB_ERROR_CONFLICT, false, NULL},
    {"LeaseIsBreakingAndCannotBeAcquired", JB_ERROR_CONFLICT, false, lease_hint},
    {"LeaseLost", JB_ERROR_CONFLICT, false, "the lease has ended: acquire a new one"},
    {"LeaseNotPresentWithBlobOperation", JB_ERROR_CONFLICT, false, NULL},
    {"LeaseNotPresentWithContainerOperation", JB_ERROR_CONFLICT, false, NULL},
    {"LeaseNotPresentWithLeaseOperation", JB_ERROR_CONFLICT, false, NULL},
    {"InvalidBlockList", JB_ERROR_VERIFY, false, "blocks are gone: somebody wrote to this name meanwhile; start anew"},
    {"InvalidBlobOrBlock", JB_ERROR_CONFLICT, false, block_hint},
    {"InvalidBlockId", JB_ERROR_CONFLICT, false, block_hint},
    {"BlockCountExceedsLimit", JB_ERROR_CONFLICT, false, block_hint},
    {"Md5Mismatch", JB_ERROR_VERIFY, true, NULL},
    {"Crc64Mismatch", JB_ERROR_VERIFY, true, NULL},
    {"InvalidRange", JB_ERROR_VERIFY, false, "the object is shorter than it should be"},
    {"BlockListTooLong", JB_ERROR_LIMIT, false, NULL},
    {"RequestBodyTooLarge", JB_ERROR_LIMIT, false, "the service takes no request that long"},
    {"MetadataTooLarge", JB_ERROR_LIMIT, false, "give fewer or shorter tags: Azure takes 8 KiB of them"},
    {"InvalidMetadata", JB_ERROR_USAGE, false, "tags are named as variables are in C, with values in plain ASCII"},
    {"EmptyMetadataKey", JB_ERROR_USAGE, false, "tags are named as variables are in C, with values in plain ASCII"},
    {"InvalidResourceName", JB_ERROR_USAGE, false, "a container's name is 3 to 63 lower-case letters, digits and '-'"},
    {"OutOfRangeInput", JB_ERROR_USAGE, false, "a name or a value is longer than Azure takes it"},
    {"InvalidUri", JB_ERROR_USAGE, false, "Azure cannot hold an object of this name"},
    {"BlobTierInadequateForContentLength", JB_ERROR_USAGE, false, NULL},
    {"FeatureNotYetSupportedForHierarchicalNamespaceAccounts", JB_ERROR_UNSUPPORTED, false, NULL},
    {"BlobUsesCustomerSpecifiedEncryption", JB_ERROR_UNSUPPORTED, false, NULL},
    {"UnsupportedHeader", JB_ERROR_UNSUPPORTED, false, NULL},
    {"UnsupportedHttpVerb", JB_ERROR_UNSUPPORTED, false, NULL},
    {"UnsupportedQueryParameter", JB_ERROR_UNSUPPORTED, false, NULL},
    {"ServerBusy", JB_ERROR_UNREACHABLE, true, "the store asks for fewer requests; try again later"},
    {"OperationTimedOut", JB_ERROR_UNREACHABLE, true, NULL},
    {"InternalError", JB_ERROR_UNREACHABLE, true, NULL},
};

static struct store_meaning meaning_of(const char *store_code, int status)
{
    return store_meaning_of(meanings, sizeof meanings / sizeof *meanings, store_code, status, rights_hint);
}

struct problem {
    char code[64];
    char message[256];
    char detail[256]; /* of a refused signature; not shown, for it may quote the signature */
};

static int take_problem(void *context, const char *path, const char *text, jb_error *error)
{
    struct problem *problem = context;
    (void)error;
    if (strcmp(path, "Error/Code") == 0)
        snprintf(problem->code, sizeof problem->code, "%s", text);
    else if (strcmp(path, "Error/Message") == 0)
        snprintf(problem->message, sizeof problem->message, "%.*s", (int)strcspn(text, "\r\n"), text);
    else if (strcmp(path, "Error/AuthenticationErrorDetail") == 0)
        snprintf(problem->detail, sizeof problem->detail, "%s", text);
    return JB_OK;
}

static void read_problem(const struct http_request *http, struct problem *problem)
{
    const char *text = http->problem.size > 0 ? http->problem.data : "";
    size_t size = http->problem.size;
    if (size >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) /* the service's XML begins with a byte order mark */
        text += 3, size -= 3;
    jb_error ignored = JB_ERROR_INIT;
    /* A body that is no XML is a proxy's; then header and status alone speak. */
    if (size > 0 && xml_read(text, size, take_problem, problem, &ignored) != JB_OK)
        *problem = (struct problem){"", "", ""};
    char code[64];
    if (http_request_reply_header(http, "x-ms-error-code", code, sizeof code))
        memcpy(problem->code, code, sizeof code);
}

static bool clocks_differ(const struct http_request *http)
{
    char value[64];
    int64_t theirs;
    return http_request_reply_header(http, "date", value, sizeof value) && clock_parse_http(value, &theirs) &&
           llabs(theirs - clock_now()) > SKEW_SECONDS;
}

/* One code stands for a wrong key, a wrong clock and a signature out of its time. */
static const char *refusal_hint(const struct azure_request *request, const struct problem *problem)
{
    enum azure_auth_kind kind = request->azure->auth.kind;
    if (strstr(problem->detail, "time frame") != NULL || strstr(problem->detail, "expired") != NULL)
        return expired_hint;
    if (kind == AZURE_SHARED_KEY && (clocks_differ(&request->http) || strstr(problem->detail, "too old") != NULL))
        return clock_hint;
    return key_hint;
}

enum http_verdict azure_judge_problem(struct azure_request *request)
{
    struct problem problem = {"", "", ""};
    struct http_request *http = &request->http;
    jb_error *error = &http->error;
    if (http->status >= 200 && http->status <= 399) {
        error_set(error, JB_ERROR_UNREACHABLE, "the endpoint does not answer as a store does (status %d)",
                  http->status);
        return HTTP_FAILED;
    }
    read_problem(http, &problem);
    struct store_meaning meaning = meaning_of(problem.code, http->status);
    memcpy(request->store_code, problem.code, sizeof problem.code);
    if (strcmp(problem.code, "AuthenticationFailed") == 0)
        meaning.hint = refusal_hint(request, &problem);
    if (request->azure->auth.kind == AZURE_BEARER && http->status == 401) {
        azure_tokens_expired(request->azure->auth.tokens);
        meaning.retry = true;
    }
    store_meaning_tell(&meaning, problem.code, problem.message, http->status, error);
    return meaning.retry ? HTTP_RETRY : HTTP_FAILED;
}
