#include "s3.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../cloud/aws/region.h"
#include "../../cloud/endpoint.h"
#include "../../http/reach.h"
#include "presigned.h"

#define TRIES_MAX  100
#define HEADER_MAX 1024

static void s3_close(jb_store *store)
{
    struct s3_store *s3 = (struct s3_store *)store;
    http_client_free(s3->http);
    credentials_provider_free(s3->provider);
    s3_presigned_free(s3->presigned);
    free(s3->scheme);
    free(s3->host);
    free(s3->region);
    free(s3->server_side_encryption);
    free(s3->kms_key);
    free(s3->storage_class);
    s3_buckets_clean_up(&s3->buckets);
    free(s3);
}

static int s3_reach(jb_store *store, jb_operation *operation, struct http_reach *reach, jb_error *error)
{
    const struct s3_store *s3 = (const struct s3_store *)store;
    char server[320];
    snprintf(server, sizeof server, "%s://%s", s3->scheme, s3->host);
    return http_reach(s3->http, server, operation, reach, error);
}

/* The figures are S3's (Amazon S3 User Guide, "Multipart upload limits"). */
static const struct store_driver driver = {
    .scheme = "s3",
    .close = s3_close,
    .make_bucket = s3_make_bucket,
    .test_bucket = s3_test_bucket,
    .tag_bucket = s3_tag_bucket,
    .delete_bucket = s3_delete_bucket,
    .bucket_features = s3_bucket_features,
    .stat = s3_stat,
    .stat_digest = s3_stat_digest,
    .read = s3_read,
    .write = s3_write,
    .list = s3_list,
    .remove = s3_remove,
    .link = s3_link,
    .copy = s3_copy,
    .protect = s3_protect,
    .protection = s3_protection,
    .list_uploads = s3_list_uploads,
    .remove_upload = s3_remove_upload,
    .grant = s3_grant,
    .reach = s3_reach,
    .identity = s3_identity,
    .upload_begin = s3_upload_begin,
    .upload_part = s3_upload_part,
    .upload_complete = s3_upload_complete,
    .upload_abort = s3_upload_abort,
    .range = s3_range,
    .limits = {.parts_max = 10000, .part_bytes_min = UINT64_C(5) << 20, .part_bytes_max = UINT64_C(5) << 30},
};

/* The option, or the first of the environment's variables that is set; NULL for none. */
static const char *option_or(const char *option, const char *first, const char *second)
{
    if (option != NULL && *option != '\0')
        return option;
    const char *value = getenv(first);
    if ((value == NULL || *value == '\0') && second != NULL)
        value = getenv(second);
    return value != NULL && *value != '\0' ? value : NULL;
}

static int set_region(struct s3_store *s3, const jb_store_options *options, jb_error *error)
{
    return region_choose(options->region, options->profile, &s3->region, error);
}

static int set_endpoint(struct s3_store *s3, const char *option, jb_error *error)
{
    char aws[128];
    const char *endpoint = option_or(option, "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL");
    if (endpoint == NULL) {
        snprintf(aws, sizeof aws, "https://s3.%s.amazonaws.com%s", s3->region,
                 strncmp(s3->region, "cn-", 3) == 0 ? ".cn" : "");
        endpoint = aws;
    }
    return endpoint_parse(endpoint, &s3->scheme, &s3->host, error);
}

bool s3_is_aws(const char *host)
{
    static const char *const ends[] = {".amazonaws.com", ".amazonaws.com.cn"};
    size_t size = strlen(host);
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (size > strlen(ends[i]) && strcmp(host + size - strlen(ends[i]), ends[i]) == 0)
            return true;
    return false;
}

/* A value that is a header's own: printable, without blanks at its ends. */
static int set_header(char **place, const char *option, const char *what, jb_error *error)
{
    if (option == NULL || *option == '\0')
        return JB_OK;
    for (const char *c = option; *c != '\0'; c++)
        if (!isgraph((unsigned char)*c) || c - option >= HEADER_MAX)
            return error_set(error, JB_ERROR_USAGE, "the %s '%.80s' is malformed", what, option);
    *place = strdup(option);
    return *place == NULL ? error_no_memory(error) : JB_OK;
}

static int set_encryption(struct s3_store *s3, const jb_store_options *options, jb_error *error)
{
    const char *kind = options->server_side_encryption, *key = options->kms_key;
    bool by_key = kind != NULL && strcmp(kind, "aws:kms") == 0;
    if (kind != NULL && *kind != '\0' && !by_key && strcmp(kind, "AES256") != 0) {
        error_set(error, JB_ERROR_USAGE, "the server-side encryption '%.80s' is not known", kind);
        return error_hint(error, "give 'AES256' or 'aws:kms', or leave it out for what the bucket says");
    }
    if (key != NULL && *key != '\0' && !by_key) {
        error_set(error, JB_ERROR_USAGE, "a key for encryption has a meaning with 'aws:kms' only");
        return error_hint(error, "give the server-side encryption 'aws:kms' too");
    }
    int code = set_header(&s3->server_side_encryption, kind, "server-side encryption", error);
    return code == JB_OK ? set_header(&s3->kms_key, key, "encryption key's id", error) : code;
}

/* Objects of these classes must be thawed for hours before they can be read; seals and catalogs are read all the time.
 */
static int set_storage_class(struct s3_store *s3, const char *option, jb_error *error)
{
    if (option != NULL && (strcmp(option, "GLACIER") == 0 || strcmp(option, "DEEP_ARCHIVE") == 0)) {
        error_set(error, JB_ERROR_USAGE, "objects of the storage class '%s' cannot be read at once", option);
        return error_hint(error, "give another, such as 'GLACIER_IR', or let a rule of the bucket move old objects");
    }
    return set_header(&s3->storage_class, option, "storage class", error);
}

static int set_checksums(struct s3_store *s3, const char *option, jb_error *error)
{
    if (option == NULL || *option == '\0' || strcmp(option, "auto") == 0)
        s3->checksums = S3_CHECKSUMS_AUTO;
    else if (strcmp(option, "always") == 0)
        s3->checksums = S3_CHECKSUMS_ALWAYS;
    else if (strcmp(option, "never") == 0)
        s3->checksums = S3_CHECKSUMS_NEVER;
    else
        return error_set(error, JB_ERROR_USAGE, "checksums are 'auto', 'always' or 'never', not '%.80s'", option);
    return JB_OK;
}

static int set_up(struct s3_store *s3, const jb_store_options *options, const struct http_options *tuning,
                  jb_error *error)
{
    if (strcmp(options->url, "s3://") != 0) {
        error_set(error, JB_ERROR_USAGE, "the store's address '%.200s' is malformed", options->url);
        error_hint(error, "give 's3://' alone; buckets and keys are named in each call");
        return JB_ERROR_USAGE;
    }
    if (options->tries > TRIES_MAX)
        return error_set(error, JB_ERROR_USAGE, "%u tries are more than %d", options->tries, TRIES_MAX);
    if (options->stall_seconds > 86400)
        return error_set(error, JB_ERROR_USAGE, "a stall limit of %u s is longer than a day", options->stall_seconds);
    int code = set_region(s3, options, error);
    if (code == JB_OK)
        code = set_endpoint(s3, options->endpoint, error);
    if (code == JB_OK)
        code = set_encryption(s3, options, error);
    if (code == JB_OK)
        code = set_storage_class(s3, options->storage_class, error);
    if (code == JB_OK)
        code = set_checksums(s3, options->checksums, error);
    if (code != JB_OK)
        return code;
    struct http_options http = *tuning;
    http.proxy = options->proxy;
    code = http_tls_minimum(options->tls_minimum, &http.tls_1_3, error);
    if (code != JB_OK)
        return code;
    http.ca_file = option_or(options->ca_file, "AWS_CA_BUNDLE", NULL);
    if (options->tries > 0)
        http.tries = options->tries;
    if (options->stall_seconds > 0)
        http.stall_ms = options->stall_seconds * 1000;
    code = http_client_new(&http, &s3->http, error);
    if (code == JB_OK && options->grants != NULL) {
        code = s3_presigned_new(options->grants, &s3->presigned, error);
        if (code == JB_OK)
            s3->driver.limits.parts_max = s3_presigned_parts(s3->presigned);
        return code;
    }
    const struct credentials_source source = {
        .access_key = options->access_key,
        .secret_key = options->secret_key,
        .session_token = options->session_token,
        .profile = options->profile,
        .region = s3->region,
        .http = &http,
    };
    return code == JB_OK ? credentials_provider_new(&source, &s3->provider, error) : code;
}

int s3_open_tuned(const jb_store_options *options, const struct http_options *tuning, jb_store **store, jb_error *error)
{
    struct s3_store *s3 = calloc(1, sizeof *s3);
    if (s3 == NULL)
        return error_no_memory(error);
    s3->driver = driver;
    s3->store.driver = &s3->driver;
    s3->virtual_host = options->virtual_host;
    s3_buckets_init(&s3->buckets);
    int code = set_up(s3, options, tuning, error);
    if (code != JB_OK) {
        s3_close(&s3->store);
        return code;
    }
    /* AWS has conditional writes; others are asked by a probe. */
    s3->store.has_conditions = s3_is_aws(s3->host);
    *store = &s3->store;
    return JB_OK;
}

int store_s3_open(const jb_store_options *options, jb_store **store, jb_error *error)
{
    static const struct http_options defaults = {0};
    return s3_open_tuned(options, &defaults, store, error);
}
