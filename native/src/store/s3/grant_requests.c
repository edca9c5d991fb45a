/* Grants for stores that have no sessions: every request that the grant allows, signed beforehand. */
#include <stdlib.h>
#include <string.h>

#include "../../codec/json.h"
#include "grant.h"
#include "presign.h"
#include "presigned.h"
#include "upload.h"

#define PARTS_DEFAULT 2000
#define URL_MAX       65536

static const char signature_mark[] = "&X-Amz-Signature=";

struct maker {
    struct s3_store *s3;
    jb_operation *operation;
    const jb_grant_options *options;
    const jb_grant *grant;
    int64_t begin;
    uint32_t seconds;
};

static int sign(const struct maker *maker, const char *method, const struct uri_parameter *query, size_t query_count,
                struct buffer *url, jb_error *error)
{
    const struct s3_presign presign = {
        .method = method,
        .bucket = maker->options->bucket,
        .key = maker->grant->key,
        .query = query,
        .query_count = query_count,
        .begin = maker->begin,
        .seconds = maker->seconds,
    };
    return s3_presign(maker->s3, &presign, url, error);
}

static void put_request(const struct maker *maker, json_t *requests, const char *name, const char *method,
                        const char *upload, int *code, jb_error *error)
{
    struct buffer url;
    const struct uri_parameter query[] = {{"uploadId", upload}};
    buffer_init(&url, URL_MAX);
    if (*code == JB_OK)
        *code = sign(maker, method, query, upload != NULL ? 1 : 0, &url, error);
    json_put_text(requests, name, url.data, code, error);
    buffer_clean_up(&url);
}

/* A whole write, with the headers that the store's options ask for. */
static void put_write(const struct maker *maker, json_t *requests, int *code, jb_error *error)
{
    struct s3_request request;
    struct buffer url;
    buffer_init(&url, URL_MAX);
    if (*code == JB_OK)
        *code =
            s3_request_init(&request, maker->s3, NULL, "sign", "PUT", maker->options->bucket, maker->grant->key, error);
    if (*code != JB_OK)
        return;
    *code = s3_ask_attributes(&request, error);
    const struct s3_presign presign = {
        .method = "PUT",
        .bucket = maker->options->bucket,
        .key = maker->grant->key,
        .headers = request.headers,
        .header_count = request.header_count,
        .begin = maker->begin,
        .seconds = maker->seconds,
    };
    if (*code == JB_OK)
        *code = s3_presign(maker->s3, &presign, &url, error);
    json_put_text(requests, "put", url.data, code, error);
    json_t *headers = json_object();
    for (size_t i = 0; i < request.header_count; i++)
        json_put_text(headers, request.headers[i].name, request.headers[i].value, code, error);
    json_put(requests, "headers", headers, code, error);
    buffer_clean_up(&url);
    s3_request_clean_up(&request);
}

/* Parts of the least size that a writer begins with are enough, for later ones only grow. */
static unsigned part_count(const jb_grant *grant)
{
    if (grant->bytes == 0)
        return PARTS_DEFAULT;
    uint64_t count = grant->bytes / S3_PRESIGNED_SMALL_BYTES + 1;
    return count < S3_PARTS_MAX ? (unsigned)count : S3_PARTS_MAX;
}

/* The parts' URLs differ in number and signature only. */
static int put_parts(const struct maker *maker, json_t *requests, const char *id, jb_error *error)
{
    int code = JB_OK;
    json_t *signatures = json_array();
    struct buffer url;
    buffer_init(&url, URL_MAX);
    unsigned count = part_count(maker->grant);
    for (unsigned number = 1; number <= count && code == JB_OK; number++) {
        char text[16], *mark;
        snprintf(text, sizeof text, "%u", number);
        const struct uri_parameter query[] = {{"partNumber", text}, {"uploadId", id}};
        url.size = 0;
        code = sign(maker, "PUT", query, 2, &url, error);
        if (code != JB_OK)
            break;
        mark = strstr(url.data, signature_mark);
        json_append(signatures, json_string(mark + sizeof signature_mark - 1), &code, error);
        if (number > 1)
            continue;
        /* Parameters come sorted: this one before the upload's id. */
        static const char first[] = "&partNumber=1";
        char *at = strstr(url.data, first);
        *mark = '\0';
        memmove(at, at + sizeof first - 1, strlen(at + sizeof first - 1) + 1);
        json_put_text(requests, "part", url.data, &code, error);
    }
    json_put(requests, "signatures", signatures, &code, error);
    buffer_clean_up(&url);
    return code;
}

/* Begins an upload for the object, without checksums, for headers that hold them could not be signed; on failure of
 * what follows it is aborted by s3_grant_requests. */
static void put_upload(const struct maker *maker, json_t *requests, int *code, jb_error *error)
{
    struct store_upload *upload = NULL;
    if (*code == JB_OK)
        /* A part's checksum would have to be signed, and nobody knows it now. */
        *code = s3_upload_create(maker->s3, maker->operation, maker->options->bucket, maker->grant->key, false, &upload,
                                 error);
    if (*code != JB_OK)
        return;
    json_t *parts = json_object();
    json_put_text(parts, "id", upload->id, code, error);
    if (*code == JB_OK)
        *code = put_parts(maker, parts, upload->id, error);
    put_request(maker, parts, "complete", "POST", upload->id, code, error);
    put_request(maker, parts, "abort", "DELETE", upload->id, code, error);
    json_put(requests, "upload", parts, code, error);
    if (*code == JB_OK)
        s3_upload_free(upload);
    else
        s3_upload_abort(upload);
}

static void put_object(const struct maker *maker, json_t *objects, int *code, jb_error *error)
{
    struct buffer name;
    buffer_init(&name, 2 * STORE_KEY_MAX);
    if (*code == JB_OK)
        *code = buffer_printf(&name, error, "%s/%s", maker->options->bucket, maker->grant->key);
    json_t *requests = json_object();
    put_request(maker, requests, "get", "GET", NULL, code, error);
    put_request(maker, requests, "head", "HEAD", NULL, code, error);
    if (maker->grant->write) {
        put_write(maker, requests, code, error);
        put_request(maker, requests, "delete", "DELETE", NULL, code, error);
        if (maker->grant->bytes == 0 || maker->grant->bytes > S3_PRESIGNED_SMALL_BYTES)
            put_upload(maker, requests, code, error);
    }
    if (*code == JB_OK)
        json_put(objects, name.data, requests, code, error);
    else
        json_wipe(requests);
    buffer_clean_up(&name);
}

/* What was begun for a grant that does not come about. */
static void abort_uploads(const struct maker *maker, json_t *objects)
{
    const char *name;
    json_t *requests;
    json_object_foreach(objects, name, requests)
    {
        const char *id = json_member_text(json_object_get(requests, "upload"), "id");
        if (id != NULL)
            s3_upload_abort_id(maker->s3, maker->options->bucket, strchr(name, '/') + 1, id);
    }
}

int s3_grant_requests(struct s3_store *s3, jb_operation *operation, const jb_grant_options *options, int64_t begin,
                      uint32_t seconds, struct buffer *credentials, jb_error *error)
{
    struct maker maker = {.s3 = s3, .operation = operation, .options = options, .begin = begin, .seconds = seconds};
    int code = JB_OK;
    json_t *document = json_object(), *objects = json_object();
    json_put_count(document, "version", 1, &code, error);
    json_put_count(document, "expires", (uint64_t)(begin + seconds), &code, error);
    for (size_t i = 0; i < options->count; i++) {
        maker.grant = &options->grants[i];
        put_object(&maker, objects, &code, error);
    }
    json_put(document, "s3", json_incref(objects), &code, error);
    if (code == JB_OK)
        code = buffer_printf(credentials, error,
                             "JPSBACKUP_EXPIRES=%lld\nJPSBACKUP_GRANTS=", (long long)(begin + seconds));
    if (code == JB_OK)
        code = json_write(document, JSON_COMPACT | JSON_ENSURE_ASCII, credentials, error);
    if (code == JB_OK)
        code = buffer_append(credentials, "\n", 1, error);
    if (code != JB_OK)
        abort_uploads(&maker, objects);
    json_decref(objects);
    json_wipe(document);
    return code;
}
