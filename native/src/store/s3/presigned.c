#include "presigned.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "../../base/clock.h"
#include "../../codec/json.h"
#include "upload.h"

#define TEXT_MAX    (2u << 20)
#define OBJECTS_MAX 1000
#define PARTS_MAX   10000
#define URL_MAX     16384
#define TIME_MAX    UINT64_C(253402300799) /* the year 9999 ends */

struct granted {
    const char *name; /* "BUCKET/KEY"; as all texts, the document's */
    const json_t *requests;
    const json_t *headers;    /* of "put" */
    const json_t *upload;     /* NULL: none */
    const json_t *signatures; /* of its parts */
    atomic_bool begun;
};

struct s3_presigned {
    json_t *document;
    int64_t expires;
    uint32_t parts;
    size_t count;
    struct granted *granted;
};

void s3_presigned_free(struct s3_presigned *presigned)
{
    if (presigned == NULL)
        return;
    json_wipe(presigned->document);
    free(presigned->granted);
    free(presigned);
}

static int malformed(const char *what, jb_error *error)
{
    error_set(error, JB_ERROR_FORMAT, "the grants are malformed: %s", what);
    return error_hint(error, "have them made by the same version of jpsbackup as this one");
}

static bool only_knows(const json_t *object, const char *const *names)
{
    const char *name;
    json_t *member;
    json_object_foreach((json_t *)(uintptr_t)object, name, member)
    {
        size_t i = 0;
        while (names[i] != NULL && strcmp(names[i], name) != 0)
            i++;
        if (names[i] == NULL)
            return false;
    }
    return true;
}

/* Visible ASCII, for it stands in requests' lines and headers. */
static bool is_plain(const char *text, size_t maximum)
{
    size_t size = text != NULL ? strlen(text) : 0;
    for (size_t i = 0; i < size; i++)
        if (text[i] <= ' ' || text[i] > '~')
            return false;
    return size > 0 && size <= maximum;
}

static bool is_url(const json_t *object, const char *name)
{
    const char *url = json_member_text(object, name);
    return is_plain(url, URL_MAX) && (strncmp(url, "https://", 8) == 0 || strncmp(url, "http://", 7) == 0) &&
           strchr(url, '?') != NULL;
}

static bool are_headers(const json_t *headers)
{
    const char *name;
    json_t *value;
    if (!json_is_object(headers))
        return false;
    json_object_foreach((json_t *)(uintptr_t)headers, name,
                        value) if (!is_plain(name, 100) || strchr(name, ':') != NULL ||
                                   !is_plain(json_string_value(value), 2048)) return false;
    return json_object_size(headers) <= S3_HEADERS_MAX;
}

static int take_upload(struct granted *granted, jb_error *error)
{
    static const char *const names[] = {"id", "part", "signatures", "complete", "abort", NULL};
    const json_t *upload = granted->upload;
    const json_t *signatures = json_object_get(upload, "signatures");
    if (!json_is_object(upload) || !only_knows(upload, names) || !is_plain(json_member_text(upload, "id"), 2048) ||
        !is_url(upload, "part") || !is_url(upload, "complete") || !is_url(upload, "abort"))
        return malformed("an upload lacks a member, or has one that is not known", error);
    if (!json_is_array(signatures) || json_array_size(signatures) == 0 || json_array_size(signatures) > PARTS_MAX)
        return malformed("an upload has no parts, or too many", error);
    for (size_t i = 0; i < json_array_size(signatures); i++) {
        const char *signature = json_string_value(json_array_get(signatures, i));
        if (signature == NULL || strlen(signature) != 64 || strspn(signature, "0123456789abcdef") != 64)
            return malformed("a part's signature is none", error);
    }
    granted->signatures = signatures;
    return JB_OK;
}

static int take_object(struct granted *granted, const char *name, const json_t *requests, jb_error *error)
{
    static const char *const names[] = {"get", "head", "put", "delete", "headers", "upload", NULL};
    granted->name = name;
    granted->requests = requests;
    granted->upload = json_object_get(requests, "upload");
    granted->headers = json_object_get(requests, "headers");
    bool writes = json_object_get(requests, "put") != NULL;
    if (!json_is_object(requests) || !only_knows(requests, names) || !is_url(requests, "get") ||
        !is_url(requests, "head"))
        return malformed("an object lacks a request, or has one that is not known", error);
    if (writes ? !is_url(requests, "put") || !is_url(requests, "delete") || !are_headers(granted->headers)
               : json_object_size(requests) != 2)
        return malformed("an object that may be written lacks a request", error);
    return granted->upload != NULL ? take_upload(granted, error) : JB_OK;
}

static int take_document(struct s3_presigned *presigned, jb_error *error)
{
    static const char *const names[] = {"version", "expires", "s3", NULL};
    const json_t *objects = json_object_get(presigned->document, "s3");
    uint64_t version, expires;
    if (!json_member_count(presigned->document, "version", &version) || version != 1)
        return malformed("their version is not 1", error);
    if (!only_knows(presigned->document, names) || !json_is_object(objects) || json_object_size(objects) == 0 ||
        json_object_size(objects) > OBJECTS_MAX || !json_member_count(presigned->document, "expires", &expires) ||
        expires > TIME_MAX)
        return malformed("a member is missing, or not known here", error);
    presigned->expires = (int64_t)expires;
    presigned->parts = PARTS_MAX;
    presigned->granted = calloc(json_object_size(objects), sizeof *presigned->granted);
    if (presigned->granted == NULL)
        return error_no_memory(error);
    const char *name;
    json_t *requests;
    json_object_foreach((json_t *)(uintptr_t)objects, name, requests)
    {
        struct granted *granted = &presigned->granted[presigned->count++];
        int code = take_object(granted, name, requests, error);
        if (code != JB_OK)
            return code;
        if (granted->signatures != NULL && json_array_size(granted->signatures) < presigned->parts)
            presigned->parts = (uint32_t)json_array_size(granted->signatures);
    }
    return JB_OK;
}

int s3_presigned_new(const char *text, struct s3_presigned **presigned, jb_error *error)
{
    size_t size = strlen(text);
    if (size > TEXT_MAX)
        return malformed("they are too long", error);
    struct s3_presigned *made = calloc(1, sizeof *made);
    if (made == NULL)
        return error_no_memory(error);
    int code = json_parse_secret(text, size, "what was granted", &made->document, error);
    if (code == JB_OK)
        code = take_document(made, error);
    if (code != JB_OK) {
        s3_presigned_free(made);
        return code;
    }
    *presigned = made;
    return JB_OK;
}

uint32_t s3_presigned_parts(const struct s3_presigned *presigned)
{
    return presigned->parts;
}

static struct granted *find(const struct s3_presigned *presigned, const char *bucket, const char *key)
{
    size_t size = strlen(bucket);
    for (size_t i = 0; key != NULL && i < presigned->count; i++) {
        const char *name = presigned->granted[i].name;
        if (strncmp(name, bucket, size) == 0 && name[size] == '/' && strcmp(name + size + 1, key) == 0)
            return &presigned->granted[i];
    }
    return NULL;
}

static const char *query_value(const struct s3_request *request, const char *name)
{
    for (size_t i = 0; i < request->query_count; i++)
        if (strcmp(request->query[i].name, name) == 0)
            return request->query[i].value;
    return NULL;
}

/*
 * The name of the request among an object's or its upload's. A version's id is left out: what is read is the present
 * version, and its digests tell whether that is another one.
 */
static const char *request_name(const struct s3_request *request, bool *of_upload)
{
    const char *method = request->http.method;
    bool read = strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;
    size_t expected = read && query_value(request, "versionId") != NULL ? 1 : 0;
    *of_upload = query_value(request, "uploadId") != NULL;
    if (*of_upload) {
        bool part = query_value(request, "partNumber") != NULL;
        if (request->query_count != (part ? 2 : 1))
            return NULL;
        return strcmp(method, "PUT") == 0 && part       ? "part"
               : strcmp(method, "POST") == 0 && !part   ? "complete"
               : strcmp(method, "DELETE") == 0 && !part ? "abort"
                                                        : NULL;
    }
    if (request->query_count != expected)
        return NULL;
    return strcmp(method, "GET") == 0      ? "get"
           : strcmp(method, "HEAD") == 0   ? "head"
           : strcmp(method, "PUT") == 0    ? "put"
           : strcmp(method, "DELETE") == 0 ? "delete"
                                           : NULL;
}

static int refuse(const struct s3_request *request, jb_error *error)
{
    error_set(error, JB_ERROR_ACCESS, "cannot %s 's3://%s%s%s': it was not granted", request->what, request->bucket,
              request->key != NULL ? "/" : "", request->key != NULL ? request->key : "");
    return error_hint(error, "these credentials hold requests on single objects only; have this one granted, too");
}

static int check_time(const struct s3_presigned *presigned, jb_error *error)
{
    char end[CLOCK_UTC_SIZE];
    if (clock_now() <= presigned->expires)
        return JB_OK;
    clock_format_utc(presigned->expires, end);
    error_set(error, JB_ERROR_ACCESS, "the time of what was granted ended at %s", end);
    return error_hint(error,
                      "get new grants, for a longer time if the work takes longer; and check this machine's clock");
}

int s3_presigned_build(const struct s3_presigned *presigned, struct s3_request *request, jb_error *error)
{
    bool of_upload;
    const struct granted *granted = find(presigned, request->bucket, request->key);
    const char *name = request_name(request, &of_upload);
    if (granted == NULL || name == NULL || (of_upload && granted->upload == NULL))
        return refuse(request, error);
    const char *url = json_member_text(of_upload ? granted->upload : granted->requests, name);
    if (of_upload && strcmp(query_value(request, "uploadId"), json_member_text(granted->upload, "id")) != 0)
        url = NULL;
    if (url == NULL)
        return refuse(request, error);
    int code = check_time(presigned, error);
    if (code == JB_OK)
        code = buffer_append_text(&request->url, url, error);
    if (code == JB_OK && of_upload && strcmp(name, "part") == 0) {
        unsigned long number = strtoul(query_value(request, "partNumber"), NULL, 10);
        if (number == 0 || number > json_array_size(granted->signatures))
            return refuse(request, error);
        code = buffer_printf(&request->url, error, "&partNumber=%lu&X-Amz-Signature=%s", number,
                             json_string_value(json_array_get(granted->signatures, number - 1)));
    }
    request->http.url = request->url.data;
    return code;
}

/* What was signed must come as it was signed; of the rest, stores refuse x-amz-… headers that were not. */
int s3_presigned_prepare(const struct s3_presigned *presigned, struct s3_request *request, jb_error *error)
{
    static const char *const free_ones[] = {"If-None-Match", "If-Match", "Range"};
    bool of_upload;
    const struct granted *granted = find(presigned, request->bucket, request->key);
    const char *name = request_name(request, &of_upload);
    int code = check_time(presigned, error);
    for (size_t i = 0; i < request->header_count && code == JB_OK; i++)
        for (size_t j = 0; j < sizeof free_ones / sizeof *free_ones && code == JB_OK; j++)
            if (strcasecmp(request->headers[i].name, free_ones[j]) == 0)
                code = http_request_header(&request->http, request->headers[i].name, request->headers[i].value, error);
    if (granted == NULL || name == NULL || strcmp(name, "put") != 0)
        return code;
    const char *header;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)granted->headers, header, value) if (code == JB_OK) code =
        http_request_header(&request->http, header, json_string_value(value), error);
    return code;
}

int s3_presigned_upload(struct s3_presigned *presigned, const char *bucket, const char *key, char **id, jb_error *error)
{
    struct granted *granted = find(presigned, bucket, key);
    if (granted == NULL || granted->upload == NULL) {
        error_set(error, JB_ERROR_ACCESS, "cannot upload 's3://%s/%s' in parts: that was not granted", bucket, key);
        return error_hint(error, "the object is larger than what was asked for when the grant was made");
    }
    if (atomic_exchange(&granted->begun, true))
        return error_set(error, JB_ERROR_STATE, "the upload that was granted for 's3://%s/%s' was used already", bucket,
                         key);
    *id = strdup(json_member_text(granted->upload, "id"));
    return *id == NULL ? error_no_memory(error) : JB_OK;
}

void s3_presigned_drop(struct s3_store *s3, const char *bucket, const char *key)
{
    char *id;
    jb_error ignored = JB_ERROR_INIT;
    if (s3->presigned == NULL || s3_presigned_upload(s3->presigned, bucket, key, &id, &ignored) != JB_OK)
        return;
    s3_upload_abort_id(s3, bucket, key, id);
    free(id);
}
