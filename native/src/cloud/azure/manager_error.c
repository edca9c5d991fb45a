/* What Azure Resource Manager's error codes mean ("Azure Resource Manager: common deployment errors", "Storage resource
 * provider: error codes"). */
#include <string.h>

#include "manager.h"

struct meaning {
    const char *manager_code;
    jb_code code;
    bool retry;
    const char *hint; /* NULL: none */
};

static const char rights_hint[] =
    "give the service principal the role 'Storage Account Contributor' on the resource group or the subscription";
static const char token_hint[] = "check the principal, its tenant, and that login and manager are of the same cloud";
static const char name_hint[] =
    "an account's name is 3 to 24 lower-case letters and digits, and unique in all of Azure";
static const char place_hint[] = "name another region or kind of account: not every region has them all";

static const struct meaning meanings[] = {
    {"AuthorizationFailed", JB_ERROR_ACCESS, false, rights_hint},
    {"LinkedAuthorizationFailed", JB_ERROR_ACCESS, false, rights_hint},
    {"RequestDisallowedByPolicy", JB_ERROR_ACCESS, false, "a policy of the subscription forbids it"},
    {"AuthenticationFailed", JB_ERROR_ACCESS, false, token_hint},
    {"InvalidAuthenticationToken", JB_ERROR_ACCESS, false, token_hint},
    {"InvalidAuthenticationTokenTenant", JB_ERROR_ACCESS, false, token_hint},
    {"ExpiredAuthenticationToken", JB_ERROR_ACCESS, true, token_hint},
    {"ResourceGroupNotFound", JB_ERROR_NOT_FOUND, false,
     "make the resource group first (az group create), or name one that is there; it is never made here"},
    {"SubscriptionNotFound", JB_ERROR_NOT_FOUND, false, "check the subscription's id and the principal's tenant"},
    {"ResourceNotFound", JB_ERROR_NOT_FOUND, false, NULL},
    {"NotFound", JB_ERROR_NOT_FOUND, false, NULL},
    {"StorageAccountAlreadyTaken", JB_ERROR_CONFLICT, false, "names are shared by all of Azure: choose another one"},
    {"StorageAccountAlreadyExists", JB_ERROR_CONFLICT, false, "an account of that name lies in another resource group"},
    {"StorageAccountInAnotherResourceGroup", JB_ERROR_CONFLICT, false, "name the group that holds it"},
    {"StorageAccountOperationInProgress", JB_ERROR_CONFLICT, true, "another change of the account is under way"},
    {"StorageAccountIsNotProvisioned", JB_ERROR_CONFLICT, true, "the account is still being made; try again later"},
    {"AnotherOperationInProgress", JB_ERROR_CONFLICT, true, "another change is under way"},
    {"Conflict", JB_ERROR_CONFLICT, false, NULL},
    {"ScopeLocked", JB_ERROR_CONFLICT, false, "a lock on the account, its group or subscription forbids it"},
    {"ResourceGroupBeingDeleted", JB_ERROR_CONFLICT, false, "the resource group is being deleted: name another one"},
    {"AccountNameInvalid", JB_ERROR_USAGE, false, name_hint},
    {"InvalidResourceName", JB_ERROR_USAGE, false, name_hint},
    {"LocationNotAvailableForResourceType", JB_ERROR_USAGE, false, place_hint},
    {"InvalidResourceLocation", JB_ERROR_CONFLICT, false, "an account of that name is in another region"},
    {"LocationRequired", JB_ERROR_USAGE, false, "name the account's region"},
    {"SkuNotAvailable", JB_ERROR_USAGE, false, place_hint},
    {"InvalidValuesForRequestParameters", JB_ERROR_USAGE, false, place_hint},
    {"InvalidSubscriptionId", JB_ERROR_USAGE, false, "check the subscription's id"},
    {"NoRegisteredProviderFound", JB_ERROR_UNSUPPORTED, false, place_hint},
    {"MissingSubscriptionRegistration", JB_ERROR_STATE, false,
     "register the provider in the subscription: az provider register --namespace Microsoft.Storage"},
    {"SubscriptionNotRegistered", JB_ERROR_STATE, false,
     "register the provider in the subscription: az provider register --namespace Microsoft.Storage"},
    {"ReadOnlyDisabledSubscription", JB_ERROR_STATE, false, "the subscription is disabled; see to its billing"},
    {"MaxStorageAccountsCountPerSubscriptionExceeded", JB_ERROR_LIMIT, false,
     "delete accounts that are not used, or ask Azure for a higher quota"},
    {"QuotaExceeded", JB_ERROR_LIMIT, false, "delete what is not used, or ask Azure for a higher quota"},
    {"TooManyRequests", JB_ERROR_UNREACHABLE, true, "the manager asks for fewer requests; try again later"},
    {"SubscriptionRequestsThrottled", JB_ERROR_UNREACHABLE, true, "the manager asks for fewer requests; try later"},
    {"OperationTimedOut", JB_ERROR_UNREACHABLE, true, NULL},
    {"ServerTimeout", JB_ERROR_UNREACHABLE, true, NULL},
    {"ServerBusy", JB_ERROR_UNREACHABLE, true, NULL},
    {"InternalServerError", JB_ERROR_UNREACHABLE, true, NULL},
};

/* For codes that are not listed above, and for replies without one, which are a proxy's. */
static struct meaning meaning_of_status(int status)
{
    if (status == 401 || status == 403)
        return (struct meaning){"", JB_ERROR_ACCESS, false, status == 401 ? token_hint : rights_hint};
    if (status == 404)
        return (struct meaning){"", JB_ERROR_NOT_FOUND, false, NULL};
    if (status == 409 || status == 412)
        return (struct meaning){"", JB_ERROR_CONFLICT, false, NULL};
    if (status == 408 || status == 429 || status >= 500)
        return (struct meaning){"", JB_ERROR_UNREACHABLE, true, NULL};
    if (status >= 300 && status <= 399)
        return (struct meaning){"", JB_ERROR_UNREACHABLE, false, "the endpoint is not Azure Resource Manager's"};
    return (struct meaning){"", JB_ERROR_FAILED, false, NULL};
}

static struct meaning meaning_of(const char *manager_code, int status)
{
    for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++)
        if (strcmp(meanings[i].manager_code, manager_code) == 0)
            return meanings[i];
    return meaning_of_status(status);
}

bool azure_manager_refused(const struct azure_problem *problem, int status, jb_error *error)
{
    struct meaning meaning = meaning_of(problem->code, status);
    const char *code = problem->code[0] != '\0'             ? problem->code
                       : meaning.code == JB_ERROR_NOT_FOUND ? "it does not exist"
                                                            : "the manager refuses";
    error_set(error, meaning.code, "%s%s%s (status %d)", code, problem->message[0] != '\0' ? ": " : "",
              problem->message, status);
    if (meaning.hint != NULL)
        error_hint(error, "%s", meaning.hint);
    error->retryable = meaning.retry;
    return meaning.retry;
}
