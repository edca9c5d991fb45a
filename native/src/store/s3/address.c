/* Where a request goes: region, host, path and URL; and once more, where a store names another region. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "presigned.h"

static void aws_host(const char *region, char *host, size_t size)
{
    snprintf(host, size, "s3.%s.amazonaws.com%s", region, strncmp(region, "cn-", 3) == 0 ? ".cn" : "");
}

/* One that AWS has for each region, not one of a private network or of special rules, which must not be left. */
static bool is_regional_aws(const struct s3_store *s3)
{
    char own[S3_HOST_SIZE];
    aws_host(s3->region, own, sizeof own);
    return strcmp(s3->host, own) == 0 || strcmp(s3->host, "s3.amazonaws.com") == 0;
}

/* What may stand in a host's name: it comes from a server. */
static bool is_region(const char *region)
{
    size_t size = strlen(region);
    for (size_t i = 0; i < size; i++)
        if (!islower((unsigned char)region[i]) && !isdigit((unsigned char)region[i]) && region[i] != '-')
            return false;
    return size > 0 && size < S3_REGION_SIZE;
}

/* Certificates cover one label before the endpoint's name, and host names have neither '_' nor capital letters: other
 * buckets stay in the path. */
static bool fits_host(const struct s3_store *s3, const char *bucket)
{
    bool encrypted = strcmp(s3->scheme, "https") == 0;
    for (const char *c = bucket; *c != '\0'; c++)
        if (!islower((unsigned char)*c) && !isdigit((unsigned char)*c) && *c != '-' && (*c != '.' || encrypted))
            return false;
    return strlen(bucket) <= 63;
}

static int build_host(struct s3_request *request, bool in_host, jb_error *error)
{
    const struct s3_store *s3 = request->s3;
    char regional[S3_HOST_SIZE];
    const char *host = s3->host;
    if (strcmp(request->region, s3->region) != 0 && is_regional_aws(s3)) {
        aws_host(request->region, regional, sizeof regional);
        host = regional;
    }
    struct buffer text;
    buffer_init(&text, 1024);
    int code =
        in_host ? buffer_printf(&text, error, "%s.%s", request->bucket, host) : buffer_append_text(&text, host, error);
    free(request->host);
    request->host = NULL;
    if (code == JB_OK && (request->host = buffer_detach(&text)) == NULL)
        code = error_no_memory(error);
    buffer_clean_up(&text);
    return code;
}

static int build_path(struct s3_request *request, bool in_host, jb_error *error)
{
    int code = buffer_append(&request->path, "/", 1, error);
    if (code == JB_OK && !in_host)
        code = uri_encode(&request->path, request->bucket, false, error);
    if (code == JB_OK && request->key != NULL && !in_host)
        code = buffer_append(&request->path, "/", 1, error);
    if (code == JB_OK && request->key != NULL)
        code = uri_encode(&request->path, request->key, true, error);
    return code;
}

static int build_url(struct s3_request *request, jb_error *error)
{
    bool with_query = request->query_count > 0;
    request->url.size = 0;
    int code =
        buffer_printf(&request->url, error, "%s://%s%s%s%s", request->s3->scheme, request->host, request->path.data,
                      with_query ? "?" : "", with_query ? request->canonical_query.data : "");
    request->http.url = request->url.data;
    return code;
}

int s3_request_build(struct s3_request *request, jb_error *error)
{
    struct s3_store *s3 = request->s3;
    if (s3->presigned != NULL)
        return s3_presigned_build(s3->presigned, request, error);
    if (!s3_buckets_region(&s3->buckets, request->bucket, request->region))
        snprintf(request->region, sizeof request->region, "%s", s3->region);
    bool in_host = s3->virtual_host && fits_host(s3, request->bucket);
    int code = build_host(request, in_host, error);
    if (code == JB_OK)
        code = build_path(request, in_host, error);
    if (code == JB_OK)
        code = uri_canonical_query(&request->canonical_query, request->query, request->query_count, error);
    return code == JB_OK ? build_url(request, error) : code;
}

bool s3_request_move(struct s3_request *request, const char *region)
{
    struct s3_store *s3 = request->s3;
    if (s3->presigned != NULL || request->moved || !is_region(region) || strcmp(region, request->region) == 0)
        return false;
    request->moved = true;
    snprintf(request->region, sizeof request->region, "%s", region);
    if (build_host(request, s3->virtual_host && fits_host(s3, request->bucket), NULL) != JB_OK ||
        build_url(request, NULL) != JB_OK)
        return false;
    s3_buckets_set_region(&s3->buckets, request->bucket, region);
    operation_log(request->http.operation, JB_LOG_INFO, "the bucket 's3://%s' is in the region '%s'", request->bucket,
                  region);
    return true;
}
