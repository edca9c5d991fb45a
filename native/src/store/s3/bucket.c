#include <string.h>

#include "request.h"

/* S3 refuses a location constraint that names us-east-1. */
static int add_location(struct s3_request *request, struct buffer *body, jb_error *error)
{
    if (strcmp(request->s3->region, "us-east-1") == 0)
        return JB_OK;
    int code = buffer_printf(body, error,
                             "<CreateBucketConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
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
