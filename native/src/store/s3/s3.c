#include "s3.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define TRIES_MAX 100
#define HOST_MAX  255

static void s3_close(jb_store *store)
{
    struct s3_store *s3 = (struct s3_store *)store;
    http_client_free(s3->http);
    credentials_clean_up(&s3->credentials);
    free(s3->scheme);
    free(s3->host);
    free(s3->region);
    free(s3->server_side_encryption);
    s3_buckets_clean_up(&s3->buckets);
    free(s3);
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
    .read = s3_read,
    .write = s3_write,
    .list = s3_list,
    .remove = s3_remove,
    .link = s3_link,
    .protect = s3_protect,
    .protection = s3_protection,
    .list_uploads = s3_list_uploads,
    .remove_upload = s3_remove_upload,
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

static int set_region(struct s3_store *s3, const char *option, jb_error *error)
{
    const char *region = option_or(option, "AWS_REGION", "AWS_DEFAULT_REGION");
    if (region == NULL)
        region = "us-east-1";
    size_t size = strlen(region);
    for (size_t i = 0; i < size; i++)
        if (size > 63 || (!isalnum((unsigned char)region[i]) && region[i] != '-' && region[i] != '_')) {
            error_set(error, JB_ERROR_USAGE, "the region '%.80s' is malformed", region);
            error_hint(error, "give a region's name such as 'eu-west-1'");
            return JB_ERROR_USAGE;
        }
    s3->region = strdup(region);
    return s3->region == NULL ? error_no_memory(error) : JB_OK;
}

/* A host name or address with an optional port, and nothing that a header or a URL could take for more. */
static bool is_host(const char *host, size_t size)
{
    if (size == 0 || size > HOST_MAX)
        return false;
    for (size_t i = 0; i < size; i++)
        if (!isalnum((unsigned char)host[i]) && strchr("-._:[]", host[i]) == NULL)
            return false;
    return true;
}

static int set_endpoint(struct s3_store *s3, const char *option, jb_error *error)
{
    char aws[128];
    const char *endpoint = option_or(option, "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL");
    if (endpoint == NULL) {
        snprintf(aws, sizeof aws, "https://s3.%s.amazonaws.com", s3->region);
        endpoint = aws;
    }
    const char *host = strncmp(endpoint, "https://", 8) == 0  ? endpoint + 8
                       : strncmp(endpoint, "http://", 7) == 0 ? endpoint + 7
                                                              : NULL;
    size_t size = host == NULL ? 0 : strlen(host);
    if (size > 0 && host[size - 1] == '/')
        size--;
    if (host == NULL || !is_host(host, size)) {
        /* Not quoted: it may hold a user's password. */
        error_set(error, JB_ERROR_USAGE, "the endpoint is malformed");
        error_hint(error, "give it as 'https://host' or 'http://host:port', without a path or a user");
        return JB_ERROR_USAGE;
    }
    s3->scheme = strndup(endpoint, (size_t)(host - endpoint) - 3);
    const char *own_port = host == endpoint + 8 ? ":443" : ":80";
    size_t own_size = strlen(own_port);
    if (size > own_size && memcmp(host + size - own_size, own_port, own_size) == 0)
        size -= own_size; /* libcurl and servers leave it out of the host that is signed */
    s3->host = strndup(host, size);
    return s3->scheme == NULL || s3->host == NULL ? error_no_memory(error) : JB_OK;
}

static int set_encryption(struct s3_store *s3, const char *option, jb_error *error)
{
    if (option == NULL || *option == '\0')
        return JB_OK;
    if (strcmp(option, "AES256") != 0) {
        error_set(error, JB_ERROR_USAGE, "the server-side encryption '%.80s' is not known", option);
        error_hint(error, "give 'AES256', or leave it out for what the bucket says");
        return JB_ERROR_USAGE;
    }
    s3->server_side_encryption = strdup(option);
    return s3->server_side_encryption == NULL ? error_no_memory(error) : JB_OK;
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
    int code = set_region(s3, options->region, error);
    if (code == JB_OK)
        code = set_endpoint(s3, options->endpoint, error);
    if (code == JB_OK)
        code = set_encryption(s3, options->server_side_encryption, error);
    if (code == JB_OK)
        code =
            credentials_load(&s3->credentials, options->access_key, options->secret_key, options->session_token, error);
    if (code != JB_OK)
        return code;
    struct http_options http = *tuning;
    http.ca_file = option_or(options->ca_file, "AWS_CA_BUNDLE", NULL);
    if (options->tries > 0)
        http.tries = options->tries;
    if (options->stall_seconds > 0)
        http.stall_ms = options->stall_seconds * 1000;
    return http_client_new(&http, &s3->http, error);
}

int s3_open_tuned(const jb_store_options *options, const struct http_options *tuning, jb_store **store, jb_error *error)
{
    struct s3_store *s3 = calloc(1, sizeof *s3);
    if (s3 == NULL)
        return error_no_memory(error);
    s3->store.driver = &driver;
    s3->virtual_host = options->virtual_host;
    s3_buckets_init(&s3->buckets);
    int code = set_up(s3, options, tuning, error);
    if (code != JB_OK) {
        s3_close(&s3->store);
        return code;
    }
    *store = &s3->store;
    return JB_OK;
}

int store_s3_open(const jb_store_options *options, jb_store **store, jb_error *error)
{
    static const struct http_options defaults = {0};
    return s3_open_tuned(options, &defaults, store, error);
}
