#include "azure.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "../../cloud/azure/endpoint.h"
#include "../../cloud/uri.h"
#include "../../http/reach.h"

#define TRIES_MAX    100
#define ENDPOINT_MAX 512

static void azure_close(jb_store *store)
{
    struct azure_store *azure = (struct azure_store *)store;
    http_client_free(azure->http);
    azure_auth_clean_up(&azure->auth);
    free(azure->account);
    free(azure->origin);
    free(azure->root);
    free(azure->tier);
    free(azure);
}

static int azure_reach(jb_store *store, jb_operation *operation, struct http_reach *reach, jb_error *error)
{
    const struct azure_store *azure = (const struct azure_store *)store;
    return http_reach(azure->http, azure->origin, operation, reach, error);
}

/* The figures are Azure's ("Scalability and performance targets for Blob storage", version 2019-12-12 on). */
static const struct store_driver driver = {
    .scheme = "azure",
    .close = azure_close,
    .make_bucket = azure_make_bucket,
    .test_bucket = azure_test_bucket,
    .tag_bucket = azure_tag_bucket,
    .delete_bucket = azure_delete_bucket,
    .bucket_features = azure_bucket_features,
    .stat = azure_stat,
    .read = azure_read,
    .write = azure_write,
    .list = azure_list,
    .remove = azure_remove,
    .copy = azure_copy,
    .protect = azure_protect,
    .protection = azure_protection,
    .link = azure_link,
    .grant = azure_grant,
    .list_uploads = azure_list_uploads,
    .remove_upload = azure_remove_upload,
    .reach = azure_reach,
    .upload_begin = azure_upload_begin,
    .upload_part = azure_upload_part,
    .upload_complete = azure_upload_complete,
    .upload_abort = azure_upload_abort,
    .range = azure_range,
    .limits = {.parts_max = 50000, .part_bytes_min = 1, .part_bytes_max = UINT64_C(4000) << 20},
};

static int set_account(struct azure_store *azure, const char *url, jb_error *error)
{
    const char *account = url + strlen("azure://");
    size_t size = strlen(account);
    if (size < 3 || size > 24 || strspn(account, "abcdefghijklmnopqrstuvwxyz0123456789") != size) {
        error_set(error, JB_ERROR_USAGE, "the store's address '%.200s' is malformed", url);
        return error_hint(error, "give 'azure://ACCOUNT', an account's name of 3 to 24 lower-case letters and digits; "
                                 "containers and blobs are named in each call");
    }
    azure->account = strdup(account);
    return azure->account == NULL ? error_no_memory(error) : JB_OK;
}

/* A host with an optional port, and a path: nothing that a header or a URL could take for more. */
static bool is_place(const char *place, size_t host_size)
{
    bool good = host_size > 0;
    for (size_t i = 0; good && place[i] != '\0'; i++)
        good = isalnum((unsigned char)place[i]) || strchr(i < host_size ? "-._:[]" : "-._/", place[i]) != NULL;
    return good && strstr(place, "//") == NULL && strstr(place, "/.") == NULL;
}

/* A signature is worth nothing to who reads it on the way; a bearer token is. */
static int refuse_bare_token(const struct azure_store *azure, jb_error *error)
{
    const char *host = azure->origin + strlen("http://");
    if (azure->auth.kind != AZURE_BEARER || strncmp(azure->origin, "http://", 7) != 0 ||
        azure_host_is_loopback(host, strlen(host)))
        return JB_OK;
    error_set(error, JB_ERROR_USAGE, "the endpoint is not encrypted, and a token sent there could be used by others");
    return error_hint(error, "give an endpoint that begins with https://, or the account's key");
}

static int set_endpoint(struct azure_store *azure, const char *option, jb_error *error)
{
    char text[ENDPOINT_MAX];
    const char *endpoint = option != NULL && *option != '\0' ? option : getenv("AZURE_STORAGE_BLOB_ENDPOINT");
    if (endpoint == NULL || *endpoint == '\0') {
        snprintf(text, sizeof text, "https://%s.blob.core.windows.net", azure->account);
        endpoint = text;
    }
    const char *place = strncmp(endpoint, "https://", 8) == 0  ? endpoint + 8
                        : strncmp(endpoint, "http://", 7) == 0 ? endpoint + 7
                                                               : NULL;
    size_t host_size = place != NULL ? strcspn(place, "/") : 0;
    if (place == NULL || strlen(endpoint) >= ENDPOINT_MAX || !is_place(place, host_size)) {
        /* Not quoted: it may hold a signature or a user's password. */
        error_set(error, JB_ERROR_USAGE, "the endpoint is malformed");
        return error_hint(error, "give it as 'https://host' or 'http://host:port/account', without a user or a query");
    }
    size_t root_size = strlen(place + host_size);
    if (root_size > 0 && place[host_size + root_size - 1] == '/')
        root_size--;
    azure->origin = strndup(endpoint, (size_t)(place - endpoint) + host_size);
    azure->root = strndup(place + host_size, root_size);
    return azure->origin == NULL || azure->root == NULL ? error_no_memory(error) : JB_OK;
}

static int set_tier(struct azure_store *azure, const char *option, jb_error *error)
{
    static const char *const tiers[] = {"Hot", "Cool", "Cold"};
    if (option == NULL || *option == '\0')
        return JB_OK;
    for (size_t i = 0; i < sizeof tiers / sizeof *tiers; i++)
        if (strcasecmp(option, tiers[i]) == 0) {
            azure->tier = strdup(tiers[i]);
            return azure->tier == NULL ? error_no_memory(error) : JB_OK;
        }
    error_set(error, JB_ERROR_USAGE, "the storage class '%.80s' is no tier that objects can be read from", option);
    return error_hint(error, "give Hot, Cool or Cold; a backup in the archive tier could not be verified or restored");
}

static int set_up(struct azure_store *azure, const jb_store_options *options, const struct http_options *tuning,
                  jb_error *error)
{
    if (options->tries > TRIES_MAX)
        return error_set(error, JB_ERROR_USAGE, "%u tries are more than %d", options->tries, TRIES_MAX);
    if (options->stall_seconds > 86400)
        return error_set(error, JB_ERROR_USAGE, "a stall limit of %u s is longer than a day", options->stall_seconds);
    int code = set_account(azure, options->url, error);
    if (code == JB_OK)
        code = set_endpoint(azure, options->endpoint, error);
    if (code == JB_OK)
        code = set_tier(azure, options->storage_class, error);
    if (code != JB_OK)
        return code;
    struct http_options http = *tuning;
    const char *ca_file = options->ca_file;
    if (ca_file == NULL || *ca_file == '\0')
        ca_file = getenv("AWS_CA_BUNDLE");
    http.ca_file = ca_file != NULL && *ca_file != '\0' ? ca_file : NULL;
    http.proxy = options->proxy;
    code = http_tls_minimum(options->tls_minimum, &http.tls_1_3, error);
    if (code != JB_OK)
        return code;
    if (options->tries > 0)
        http.tries = options->tries;
    if (options->stall_seconds > 0)
        http.stall_ms = options->stall_seconds * 1000;
    code = azure_auth_init(&azure->auth, options, &http, error);
    if (code == JB_OK)
        code = refuse_bare_token(azure, error);
    return code == JB_OK ? http_client_new(&http, &azure->http, error) : code;
}

int azure_store_open_tuned(const jb_store_options *options, const struct http_options *tuning, jb_store **store,
                           jb_error *error)
{
    struct azure_store *azure = calloc(1, sizeof *azure);
    if (azure == NULL)
        return error_no_memory(error);
    azure->store.driver = &driver;
    azure->store.has_conditions = true;
    int code = set_up(azure, options, tuning, error);
    if (code != JB_OK) {
        azure_close(&azure->store);
        return code;
    }
    *store = &azure->store;
    return JB_OK;
}

int store_azure_open(const jb_store_options *options, jb_store **store, jb_error *error)
{
    static const struct http_options defaults = {0};
    return azure_store_open_tuned(options, &defaults, store, error);
}
