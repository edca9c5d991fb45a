/* What each new object is asked to be: encrypted by the store, of a storage class. */
#include <string.h>

#include "request.h"

int s3_ask_attributes(struct s3_request *request, jb_error *error)
{
    const struct s3_store *s3 = request->s3;
    int code = s3_request_header(request, "Content-Type", "application/octet-stream", error);
    if (code == JB_OK && s3->server_side_encryption != NULL)
        code = s3_request_header(request, "x-amz-server-side-encryption", s3->server_side_encryption, error);
    if (code == JB_OK && s3->kms_key != NULL)
        code = s3_request_header(request, "x-amz-server-side-encryption-aws-kms-key-id", s3->kms_key, error);
    if (code == JB_OK && s3->storage_class != NULL)
        code = s3_request_header(request, "x-amz-storage-class", s3->storage_class, error);
    return code;
}

/* Some stores ignore what they do not know, and would keep the object in the clear. */
bool s3_attributes_confirmed(struct s3_request *request)
{
    const char *asked = request->s3->server_side_encryption;
    char answered[32] = "";
    if (asked == NULL)
        return true;
    http_request_reply_header(&request->http, "x-amz-server-side-encryption", answered, sizeof answered);
    if (strcmp(answered, asked) == 0)
        return true;
    error_set(&request->http.error, JB_ERROR_UNSUPPORTED, "the store does not confirm the encryption '%s'", asked);
    error_hint(&request->http.error, "the store lacks this server-side encryption: leave the option out");
    return false;
}

static enum http_verdict check_encryption(struct s3_request *request)
{
    return s3_attributes_confirmed(request) ? HTTP_DONE : HTTP_FAILED;
}

int s3_confirm_encryption(struct s3_store *s3, jb_operation *operation, const char *bucket, const char *key,
                          const char *version, jb_error *error)
{
    struct s3_request request;
    if (s3->server_side_encryption == NULL)
        return JB_OK;
    int code = s3_request_init(&request, s3, operation, "confirm", "HEAD", bucket, key, error);
    if (code != JB_OK)
        return code;
    s3_request_version(&request, version);
    request.check = check_encryption;
    code = s3_request_perform(&request, error);
    s3_request_clean_up(&request);
    return code;
}
