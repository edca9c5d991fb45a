/* Rights for others: links to one blob, and a signature for each of some blobs. */
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../base/clock.h"
#include "../../codec/json.h"
#include "request.h"

#define QUERY_MAX       4096
#define URL_MAX         32768
#define TEXT_MAX        (4u << 20)
#define LINK_SECONDS    3600
#define GRANT_SECONDS   43200
#define DELEGATED_MAX   604500 /* seven days, less what the key begins early */
#define SEGMENTS_BESIDE 3      /* of a stream that outgrows its object: NAME.001 and on */

static int check_kind(const struct azure_store *azure, const char *what, jb_error *error)
{
    if (azure->auth.kind == AZURE_SHARED_KEY || azure->auth.kind == AZURE_BEARER)
        return JB_OK;
    error_set(error, JB_ERROR_UNSUPPORTED, "a shared access signature cannot %s", what);
    return error_hint(error, "open the store with the account's key, a service principal or a managed identity");
}

/* Signs with the account's key, or with the delegated one. */
static int sign(const struct azure_store *azure, const struct sas_blob *blob, const struct sas_delegation *delegation,
                struct buffer *query, jb_error *error)
{
    return sas_for_blob(blob, &azure->auth.key, azure->auth.kind == AZURE_BEARER ? delegation : NULL, query, error);
}

static int get_delegation(struct azure_store *azure, jb_operation *operation, int64_t expires,
                          struct sas_delegation *delegation, jb_error *error)
{
    *delegation = (struct sas_delegation){.object = ""};
    return azure->auth.kind == AZURE_BEARER ? azure_delegation(azure, operation, expires, delegation, error) : JB_OK;
}

int azure_sign_blob(struct azure_store *azure, jb_operation *operation, const struct sas_blob *blob,
                    struct buffer *query, jb_error *error)
{
    struct sas_delegation delegation;
    int code = get_delegation(azure, operation, blob->expires, &delegation, error);
    if (code == JB_OK)
        code = sign(azure, blob, &delegation, query, error);
    OPENSSL_cleanse(&delegation, sizeof delegation);
    return code;
}

static bool needs_https(const struct azure_store *azure)
{
    return strncmp(azure->origin, "https:", 6) == 0;
}

int azure_link(jb_store *store, jb_operation *operation, const jb_link_options *options, char **url, jb_error *error)
{
    struct azure_store *azure = (struct azure_store *)store;
    int64_t seconds = options->seconds > 0 ? options->seconds : LINK_SECONDS;
    const struct sas_blob blob = {.account = azure->account,
                                  .container = options->bucket,
                                  .blob = options->key,
                                  .permissions = options->put ? "cw" : "r",
                                  .expires = clock_now() + (seconds < DELEGATED_MAX ? seconds : DELEGATED_MAX),
                                  .https_only = needs_https(azure)};
    struct buffer text, query;
    int code = check_kind(azure, "make links", error);
    if (code == JB_OK)
        code = azure_check_names(options->bucket, options->key, error);
    if (code != JB_OK)
        return code;
    buffer_init(&text, URL_MAX);
    buffer_init(&query, QUERY_MAX);
    code = buffer_append_text(&text, azure->origin, error);
    if (code == JB_OK)
        code = azure_append_path(azure, &text, options->bucket, options->key, error);
    if (code == JB_OK)
        code = azure_sign_blob(azure, operation, &blob, &query, error);
    if (code == JB_OK)
        code = buffer_printf(&text, error, "?%s", query.data);
    if (code == JB_OK && (*url = buffer_detach(&text)) == NULL)
        code = error_no_memory(error);
    buffer_clean_up(&text);
    buffer_clean_up(&query);
    return code;
}

struct granting {
    const struct azure_store *azure;
    const struct sas_delegation *delegation;
    int64_t expires;
    json_t *blobs;
};

static void grant_blob(const struct granting *granting, const char *bucket, const char *key, const char *permissions,
                       int *code, jb_error *error)
{
    const struct sas_blob blob = {.account = granting->azure->account,
                                  .container = bucket,
                                  .blob = key,
                                  .permissions = permissions,
                                  .expires = granting->expires,
                                  .https_only = needs_https(granting->azure)};
    struct buffer query, name;
    if (*code == JB_OK)
        *code = azure_check_names(bucket, key, error);
    if (*code != JB_OK)
        return;
    buffer_init(&query, QUERY_MAX);
    buffer_init(&name, QUERY_MAX);
    *code = sign(granting->azure, &blob, granting->delegation, &query, error);
    if (*code == JB_OK)
        *code = buffer_printf(&name, error, "%s/%s", bucket, key);
    if (*code == JB_OK)
        json_put_text(granting->blobs, name.data, query.data, code, error);
    buffer_clean_up(&query);
    buffer_clean_up(&name);
}

static void grant_one(const struct granting *granting, const char *bucket, const jb_grant *grant, int *code,
                      jb_error *error)
{
    grant_blob(granting, bucket, grant->key, grant->write ? "rcwd" : "r", code, error);
    for (int i = 1; grant->write && i <= SEGMENTS_BESIDE && *code == JB_OK; i++) {
        char segment[STORE_KEY_MAX + 8];
        snprintf(segment, sizeof segment, "%.*s.%03d", STORE_KEY_MAX, grant->key, i);
        if (strlen(segment) <= STORE_KEY_MAX)
            grant_blob(granting, bucket, segment, "rcwd", code, error);
    }
}

static int write_credentials(const struct granting *granting, const jb_grant_options *options, char **credentials,
                             jb_error *error)
{
    json_t *document = json_object();
    int code = document != NULL && granting->blobs != NULL ? JB_OK : error_no_memory(error);
    json_put_count(document, "version", 1, &code, error);
    json_put_count(document, "expires", (uint64_t)granting->expires, &code, error);
    for (size_t i = 0; i < options->count && code == JB_OK; i++)
        grant_one(granting, options->bucket, &options->grants[i], &code, error);
    json_put(document, "azure", json_incref(granting->blobs), &code, error);
    struct buffer text;
    buffer_init(&text, TEXT_MAX);
    if (code == JB_OK)
        code = buffer_printf(&text, error, "JPSBACKUP_EXPIRES=%lld\nJPSBACKUP_GRANTS=", (long long)granting->expires);
    if (code == JB_OK)
        code = json_write(document, JSON_COMPACT | JSON_ENSURE_ASCII, &text, error);
    if (code == JB_OK)
        code = buffer_append_text(&text, "\n", error);
    if (code == JB_OK && (*credentials = buffer_detach(&text)) == NULL)
        code = error_no_memory(error);
    buffer_clean_up(&text);
    json_wipe(document);
    return code;
}

int azure_grant(jb_store *store, jb_operation *operation, const jb_grant_options *options, char **credentials,
                jb_error *error)
{
    struct azure_store *azure = (struct azure_store *)store;
    int64_t seconds = options->seconds > 0 ? options->seconds : GRANT_SECONDS;
    if (azure->auth.kind == AZURE_BEARER && seconds > DELEGATED_MAX)
        seconds = DELEGATED_MAX;
    struct sas_delegation delegation;
    struct granting granting = {azure, &delegation, clock_now() + seconds, NULL};
    int code = check_kind(azure, "grant rights", error);
    if (code == JB_OK)
        code = get_delegation(azure, operation, granting.expires, &delegation, error);
    if (code != JB_OK)
        return code;
    granting.blobs = json_object();
    code = write_credentials(&granting, options, credentials, error);
    json_decref(granting.blobs);
    OPENSSL_cleanse(&delegation, sizeof delegation);
    return code;
}
