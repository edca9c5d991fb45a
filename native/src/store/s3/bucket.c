/* Whole buckets: made, found, tagged, deleted. */
#include <string.h>

#include "request.h"

#define TAGS_MAX       50 /* S3's bound for a bucket */
#define TAGS_BYTES_MAX (256u << 10)

/* S3 refuses a location constraint that names us-east-1. */
static int add_location(struct s3_request *request, struct buffer *body, jb_error *error)
{
    if (strcmp(request->s3->region, "us-east-1") == 0)
        return JB_OK;
    int code = buffer_printf(body, error,
                             "<CreateBucketConfiguration xmlns=\"" S3_XMLNS "\">"
                             "<LocationConstraint>%s</LocationConstraint></CreateBucketConfiguration>",
                             request->s3->region);
    return code == JB_OK ? s3_request_body(request, body->data, body->size, NULL, error) : code;
}

int s3_make_bucket(jb_store *store, jb_operation *operation, const char *bucket, jb_error *error)
{
    struct s3_request request;
    struct buffer body;
    int code =
        s3_request_init(&request, (struct s3_store *)store, operation, "make the bucket", "PUT", bucket, NULL, error);
    if (code != JB_OK)
        return code;
    buffer_init(&body, 1024);
    code = add_location(&request, &body, error);
    if (code == JB_OK)
        code = s3_request_perform(&request, error);
    if (code == JB_ERROR_CONFLICT && strcmp(request.store_code, "BucketAlreadyOwnedByYou") == 0)
        code = JB_OK;
    buffer_clean_up(&body);
    s3_request_clean_up(&request);
    return code;
}

int s3_test_bucket(jb_store *store, jb_operation *operation, const char *bucket, jb_error *error)
{
    struct s3_request request;
    int code =
        s3_request_init(&request, (struct s3_store *)store, operation, "find the bucket", "HEAD", bucket, NULL, error);
    if (code != JB_OK)
        return code;
    code = s3_request_perform(&request, error);
    if (code == JB_ERROR_NOT_FOUND)
        error_hint(error, "make the bucket first, or check its name and the endpoint");
    s3_request_clean_up(&request);
    return code;
}

static int append_tag(struct buffer *body, const jb_tag *tag, jb_error *error)
{
    if (tag->name == NULL || tag->value == NULL || *tag->name == '\0')
        return error_set(error, JB_ERROR_USAGE, "a tag has no name or no value");
    int code = buffer_append_text(body, "<Tag><Key>", error);
    if (code == JB_OK)
        code = xml_append_escaped(body, tag->name, error);
    if (code == JB_OK)
        code = buffer_append_text(body, "</Key><Value>", error);
    if (code == JB_OK)
        code = xml_append_escaped(body, tag->value, error);
    return code == JB_OK ? buffer_append_text(body, "</Value></Tag>", error) : code;
}

static int build_tags(struct buffer *body, const jb_tag *tags, size_t count, jb_error *error)
{
    int code = buffer_append_text(body, "<Tagging xmlns=\"" S3_XMLNS "\"><TagSet>", error);
    for (size_t i = 0; code == JB_OK && i < count; i++)
        code = append_tag(body, &tags[i], error);
    return code == JB_OK ? buffer_append_text(body, "</TagSet></Tagging>", error) : code;
}

int s3_tag_bucket(jb_store *store, jb_operation *operation, const char *bucket, const jb_tag *tags, size_t count,
                  jb_error *error)
{
    struct s3_request request;
    struct buffer body;
    if (count > TAGS_MAX)
        return error_set(error, JB_ERROR_LIMIT, "%zu tags are more than %d", count, TAGS_MAX);
    int code =
        s3_request_init(&request, (struct s3_store *)store, operation, "tag the bucket", "PUT", bucket, NULL, error);
    if (code != JB_OK)
        return code;
    buffer_init(&body, TAGS_BYTES_MAX);
    s3_request_query(&request, "tagging", "");
    code = build_tags(&body, tags, count, error);
    if (code == JB_OK)
        code = s3_request_xml_body(&request, &body, error);
    if (code == JB_OK)
        code = s3_request_perform(&request, error);
    buffer_clean_up(&body);
    s3_request_clean_up(&request);
    return code;
}

/* S3 itself refuses to delete a bucket that is not empty; some stores delete it with all that is in it. */
int s3_delete_bucket(jb_store *store, jb_operation *operation, const char *bucket, jb_error *error)
{
    struct s3_store *s3 = (struct s3_store *)store;
    struct s3_request request;
    bool empty;
    int code = s3_is_empty(s3, operation, bucket, &empty, error);
    if (code == JB_OK && !empty)
        code = error_set(error, JB_ERROR_CONFLICT, "cannot delete the bucket 's3://%s': it is not empty", bucket);
    if (code == JB_OK)
        code = s3_request_init(&request, s3, operation, "delete the bucket", "DELETE", bucket, NULL, error);
    if (code == JB_OK) {
        code = s3_request_perform(&request, error);
        if (code == JB_ERROR_NOT_FOUND && request.http.maybe_applied)
            code = JB_OK;
        s3_request_clean_up(&request);
    }
    if (code == JB_ERROR_CONFLICT)
        error_hint(error, "remove what is in it first; versions and unfinished uploads count too");
    return code;
}
