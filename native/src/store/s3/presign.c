#include "presign.h"

#include "../../base/clock.h"

#define SECONDS_DEFAULT 3600
#define URL_MAX         65536

/* `request` was built: it has host, path and own parameters. */
static int sign(struct s3_request *request, const struct s3_presign *presign, struct buffer *query, jb_error *error)
{
    struct sigv4_header headers[S3_HEADERS_MAX + 1] = {{"Host", request->host}};
    for (size_t i = 0; i < presign->header_count && i < S3_HEADERS_MAX; i++)
        headers[i + 1] = presign->headers[i];
    char date[17];
    clock_format_amz(presign->begin, date);
    const struct sigv4_request to_sign = {.method = presign->method,
                                          .path = request->path.data,
                                          .headers = headers,
                                          .header_count = presign->header_count + 1,
                                          .payload_hash = SIGV4_UNSIGNED_PAYLOAD};
    struct credentials credentials;
    int code = credentials_provider_get(request->s3->provider, &credentials, error);
    if (code != JB_OK)
        return code;
    const struct sigv4_scope scope = {&credentials, request->region, "s3", date};
    code = sigv4_presign(&to_sign, presign->query, presign->query_count, &scope, presign->seconds, query, error);
    credentials_clean_up(&credentials);
    return code;
}

int s3_presign(struct s3_store *s3, const struct s3_presign *presign, struct buffer *url, jb_error *error)
{
    struct s3_request request;
    struct buffer query;
    int code = s3_request_init(&request, s3, NULL, "sign", presign->method, presign->bucket, presign->key, error);
    if (code != JB_OK)
        return code;
    buffer_init(&query, URL_MAX);
    code = s3_request_build(&request, error);
    if (code == JB_OK)
        code = sign(&request, presign, &query, error);
    if (code == JB_OK)
        code = buffer_printf(url, error, "%s?%s", request.url.data, query.data);
    buffer_clean_up(&query);
    s3_request_clean_up(&request);
    return code;
}

int s3_link(jb_store *store, jb_operation *operation, const jb_link_options *options, char **url, jb_error *error)
{
    (void)operation; /* no server is asked */
    const struct s3_presign presign = {
        .method = options->put ? "PUT" : "GET",
        .bucket = options->bucket,
        .key = options->key,
        .begin = clock_now(),
        .seconds = options->seconds != 0 ? options->seconds : SECONDS_DEFAULT,
    };
    if (((struct s3_store *)store)->presigned != NULL)
        return error_set(error, JB_ERROR_ACCESS, "what was granted cannot be granted to others");
    struct buffer text;
    buffer_init(&text, URL_MAX);
    int code = s3_presign((struct s3_store *)store, &presign, &text, error);
    if (code == JB_OK && (*url = buffer_detach(&text)) == NULL)
        code = error_no_memory(error);
    buffer_clean_up(&text);
    return code;
}
