/* What keeps a version of a blob from being removed ("Set Blob Immutability Policy", "Set Blob Legal Hold"). */
#include <string.h>

#include "../../base/clock.h"
#include "request.h"

static int begin(struct azure_request *request, jb_store *store, jb_operation *operation, const char *bucket,
                 const struct store_key *key, const char *what, jb_error *error)
{
    int code =
        azure_request_init(request, (struct azure_store *)store, operation, "protect", "PUT", bucket, key->key, error);
    if (code != JB_OK)
        return code;
    azure_request_query(request, "comp", what);
    azure_request_query(request, "versionid", key->version);
    return JB_OK;
}

static int end(struct azure_request *request, int code, jb_error *error)
{
    if (code == JB_OK)
        code = azure_request_perform(request, error);
    if (code != JB_OK && request->http.status == 400)
        error_hint(error, "the container must have been made with version-level immutability, on an account that keeps "
                          "versions");
    azure_request_clean_up(request);
    return code;
}

/* Unlocked policies can be shortened by those with the right to, as governance can; locked ones by nobody. */
static int set_retention(jb_store *store, jb_operation *operation, const char *bucket, const struct store_key *key,
                         const jb_protection *protection, jb_error *error)
{
    struct azure_request request;
    char until[CLOCK_HTTP_SIZE];
    clock_format_http(protection->until, until);
    int code = begin(&request, store, operation, bucket, key, "immutabilityPolicies", error);
    if (code != JB_OK)
        return code;
    code = azure_request_header(&request, "x-ms-immutability-policy-until-date", until, error);
    if (code == JB_OK)
        code = azure_request_header(&request, "x-ms-immutability-policy-mode",
                                    protection->retention == JB_RETENTION_COMPLIANCE ? "Locked" : "Unlocked", error);
    return end(&request, code, error);
}

static int set_hold(jb_store *store, jb_operation *operation, const char *bucket, const struct store_key *key,
                    bool hold, jb_error *error)
{
    struct azure_request request;
    int code = begin(&request, store, operation, bucket, key, "legalhold", error);
    if (code != JB_OK)
        return code;
    code = azure_request_header(&request, "x-ms-legal-hold", hold ? "true" : "false", error);
    return end(&request, code, error);
}

/* Retention is set before the hold is lifted, so that there is no moment without either. */
int azure_protect(jb_store *store, jb_operation *operation, const char *bucket, const struct store_key *key,
                  const jb_protection *protection, jb_error *error)
{
    int code = JB_OK;
    if (protection->retention != JB_RETENTION_NONE)
        code = set_retention(store, operation, bucket, key, protection, error);
    if (code == JB_OK)
        code = set_hold(store, operation, bucket, key, protection->legal_hold, error);
    return code;
}

static int take_protection(const struct http_request *reply, jb_protection *protection, jb_error *error)
{
    char value[64];
    if (http_request_reply_header(reply, "x-ms-immutability-policy-until-date", value, sizeof value)) {
        if (!clock_parse_http(value, &protection->until))
            return error_set(error, JB_ERROR_FORMAT, "the retention ends at '%.40s'", value);
        bool locked = http_request_reply_header(reply, "x-ms-immutability-policy-mode", value, sizeof value) &&
                      strcasecmp(value, "locked") == 0;
        protection->retention = locked ? JB_RETENTION_COMPLIANCE : JB_RETENTION_GOVERNANCE;
    }
    protection->legal_hold =
        http_request_reply_header(reply, "x-ms-legal-hold", value, sizeof value) && strcasecmp(value, "true") == 0;
    return JB_OK;
}

int azure_protection(jb_store *store, jb_operation *operation, const char *bucket, const struct store_key *key,
                     jb_protection *protection, jb_error *error)
{
    struct azure_request request;
    int code = azure_request_init(&request, (struct azure_store *)store, operation, "read the protection of", "HEAD",
                                  bucket, key->key, error);
    if (code != JB_OK)
        return code;
    azure_request_query(&request, "versionid", key->version);
    request.http.expected = 200;
    code = azure_request_perform(&request, error);
    if (code == JB_OK)
        code = take_protection(&request.http, protection, error);
    azure_request_clean_up(&request);
    return code;
}
