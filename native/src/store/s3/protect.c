/* Object lock: what keeps a version of an object from being removed (S3 API Reference, PutObjectRetention). */
#include <string.h>

#include "../../base/clock.h"
#include "request.h"

#define BODY_MAX 1024

/* `what` is "retention" or "legal-hold". */
static int put_setting(struct s3_store *s3, jb_operation *operation, const char *bucket, const struct store_key *key,
                       const char *what, struct buffer *body, jb_error *error)
{
    struct s3_request request;
    int code = s3_request_init(&request, s3, operation, "protect", "PUT", bucket, key->key, error);
    if (code != JB_OK)
        return code;
    s3_request_query(&request, what, "");
    s3_request_version(&request, key->version);
    code = s3_request_xml_body(&request, body, error);
    if (code == JB_OK)
        code = s3_request_perform(&request, error);
    s3_request_clean_up(&request);
    return code;
}

static int put_retention(struct s3_store *s3, jb_operation *operation, const char *bucket, const struct store_key *key,
                         const jb_protection *protection, jb_error *error)
{
    struct buffer body;
    char until[CLOCK_UTC_SIZE];
    clock_format_utc(protection->until, until);
    buffer_init(&body, BODY_MAX);
    int code = buffer_printf(&body, error,
                             "<Retention xmlns=\"" S3_XMLNS "\"><Mode>%s</Mode><RetainUntilDate>%s</RetainUntilDate>"
                             "</Retention>",
                             protection->retention == JB_RETENTION_COMPLIANCE ? "COMPLIANCE" : "GOVERNANCE", until);
    if (code == JB_OK)
        code = put_setting(s3, operation, bucket, key, "retention", &body, error);
    buffer_clean_up(&body);
    return code;
}

static int put_hold(struct s3_store *s3, jb_operation *operation, const char *bucket, const struct store_key *key,
                    bool hold, jb_error *error)
{
    struct buffer body;
    buffer_init(&body, BODY_MAX);
    int code = buffer_printf(&body, error, "<LegalHold xmlns=\"" S3_XMLNS "\"><Status>%s</Status></LegalHold>",
                             hold ? "ON" : "OFF");
    if (code == JB_OK)
        code = put_setting(s3, operation, bucket, key, "legal-hold", &body, error);
    buffer_clean_up(&body);
    return code;
}

static int take_retention(void *context, const char *path, const char *text, jb_error *error)
{
    jb_protection *protection = context;
    if (strcmp(path, "Retention/Mode") == 0)
        protection->retention = strcmp(text, "COMPLIANCE") == 0   ? JB_RETENTION_COMPLIANCE
                                : strcmp(text, "GOVERNANCE") == 0 ? JB_RETENTION_GOVERNANCE
                                                                  : JB_RETENTION_NONE;
    else if (strcmp(path, "Retention/RetainUntilDate") == 0 && !clock_parse_http(text, &protection->until))
        return error_set(error, JB_ERROR_FORMAT, "the retention ends at '%.40s'", text);
    return JB_OK;
}

static int take_hold(void *context, const char *path, const char *text, jb_error *error)
{
    jb_protection *protection = context;
    (void)error;
    if (strcmp(path, "LegalHold/Status") == 0)
        protection->legal_hold = strcmp(text, "ON") == 0;
    return JB_OK;
}

/* An object without the setting, a bucket without locks and a store without them answer each in its own way. */
static bool has_none(const struct s3_request *request, int code)
{
    return code == JB_ERROR_UNSUPPORTED || request->http.status == 405 ||
           strcmp(request->store_code, "NoSuchObjectLockConfiguration") == 0 ||
           strcmp(request->store_code, "ObjectLockConfigurationNotFoundError") == 0 ||
           strcmp(request->store_code, "InvalidRequest") == 0;
}

static int get_setting(struct s3_store *s3, jb_operation *operation, const char *bucket, const struct store_key *key,
                       const char *what, xml_element_fn each, jb_protection *protection, jb_error *error)
{
    struct s3_request request;
    jb_error problem = JB_ERROR_INIT;
    int code = s3_request_init(&request, s3, operation, "read the protection of", "GET", bucket, key->key, error);
    if (code != JB_OK)
        return code;
    s3_request_query(&request, what, "");
    s3_request_version(&request, key->version);
    code = s3_request_xml(&request, each, protection, &problem);
    if (code != JB_OK)
        code = has_none(&request, code) ? JB_OK : error_copy(error, &problem);
    s3_request_clean_up(&request);
    return code;
}

int s3_protection(jb_store *store, jb_operation *operation, const char *bucket, const struct store_key *key,
                  jb_protection *protection, jb_error *error)
{
    struct s3_store *s3 = (struct s3_store *)store;
    int code = get_setting(s3, operation, bucket, key, "retention", take_retention, protection, error);
    if (code == JB_OK)
        code = get_setting(s3, operation, bucket, key, "legal-hold", take_hold, protection, error);
    return code;
}

/* Retention is set before the hold is lifted, so that there is no moment without either. */
int s3_protect(jb_store *store, jb_operation *operation, const char *bucket, const struct store_key *key,
               const jb_protection *protection, jb_error *error)
{
    struct s3_store *s3 = (struct s3_store *)store;
    int code = JB_OK;
    if (protection->retention != JB_RETENTION_NONE)
        code = put_retention(s3, operation, bucket, key, protection, error);
    bool change = protection->legal_hold;
    if (code == JB_OK && !change) {
        jb_protection now = {.size = sizeof now};
        code = get_setting(s3, operation, bucket, key, "legal-hold", take_hold, &now, error);
        change = now.legal_hold;
    }
    return code == JB_OK && change ? put_hold(s3, operation, bucket, key, protection->legal_hold, error) : code;
}
