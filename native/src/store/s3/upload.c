#include "upload.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../base/clock.h"
#include "checksum.h"
#include "presigned.h"

#define REPLY_MAX 65536
#define ID_MAX    2048
#define ABORT_MS  10000 /* an abort is best effort, and somebody may be waiting for a cancelled job to end */

void s3_upload_free(struct store_upload *upload)
{
    if (upload == NULL)
        return;
    for (size_t i = 0; i < upload->count; i++)
        free(upload->parts[i].tag);
    pthread_mutex_destroy(&upload->mutex);
    free(upload->parts);
    free(upload->bucket);
    free(upload->key);
    free(upload->id);
    free(upload);
}

static int take_id(void *context, const char *path, const char *text, jb_error *error)
{
    struct store_upload *upload = context;
    if (strcmp(path, "InitiateMultipartUploadResult/UploadId") != 0)
        return JB_OK;
    free(upload->id);
    upload->id = strdup(text);
    return upload->id == NULL ? error_no_memory(error) : JB_OK;
}

static enum http_verdict check_begun(struct s3_request *request)
{
    struct store_upload *upload = request->context;
    const struct buffer *reply = request->http.reply;
    jb_error *error = &request->http.error;
    char algorithm[16] = "";
    if (xml_read(reply->size > 0 ? reply->data : "", reply->size, take_id, upload, error) != JB_OK)
        return HTTP_FAILED;
    if (upload->id == NULL || *upload->id == '\0' || strlen(upload->id) > ID_MAX) {
        error_set(error, JB_ERROR_FORMAT, "the store's answer has no valid UploadId");
        return HTTP_FAILED;
    }
    http_request_reply_header(&request->http, "x-amz-checksum-algorithm", algorithm, sizeof algorithm);
    upload->checksums = strcmp(algorithm, "SHA256") == 0;
    /* Some stores name the encryption only with the finished object. */
    char encryption[32];
    upload->encryption_open =
        !http_request_reply_header(&request->http, "x-amz-server-side-encryption", encryption, sizeof encryption);
    return upload->encryption_open || s3_attributes_confirmed(request) ? HTTP_DONE : HTTP_FAILED;
}

static int create(struct store_upload *upload, bool with_checksums, bool *refused, jb_error *error)
{
    struct s3_request request;
    struct buffer reply;
    if (upload->s3->presigned != NULL)
        return s3_presigned_upload(upload->s3->presigned, upload->bucket, upload->key, &upload->id, error);
    int code = s3_request_init(&request, upload->s3, upload->operation, "begin the upload of", "POST", upload->bucket,
                               upload->key, error);
    if (code != JB_OK)
        return code;
    buffer_init(&reply, REPLY_MAX);
    request.http.reply = &reply;
    request.http.expected = 200;
    request.check = check_begun;
    request.context = upload;
    s3_request_query(&request, "uploads", "");
    code = s3_ask_attributes(&request, error);
    if (code == JB_OK && with_checksums)
        code = s3_request_header(&request, "x-amz-checksum-algorithm", "SHA256", error);
    if (code == JB_OK)
        code = s3_request_perform(&request, error);
    *refused = code != JB_OK && with_checksums && s3_checksum_refused(&request);
    upload->checksums = upload->checksums && with_checksums;
    buffer_clean_up(&reply);
    s3_request_clean_up(&request);
    return code;
}

static int create_somehow(struct store_upload *upload, bool with_checksums, jb_error *error)
{
    bool refused = false;
    int code = create(upload, with_checksums, &refused, error);
    if (refused) {
        code = create(upload, false, &refused, error);
        if (code == JB_OK)
            s3_checksums_forget(upload->s3, upload->operation);
    }
    if (code == JB_OK && with_checksums && !upload->checksums)
        code = s3_checksums_check(upload->s3, upload->bucket, upload->key, error);
    return code;
}

/* An upload that a lost answer left behind holds no parts. It is not looked for: another writer's that has just begun
 * looks the same. */
int s3_upload_create(struct s3_store *s3, jb_operation *operation, const char *bucket, const char *key,
                     bool with_checksums, struct store_upload **upload, jb_error *error)
{
    struct store_upload *made = calloc(1, sizeof *made);
    if (made == NULL)
        return error_no_memory(error);
    made->s3 = s3;
    made->operation = operation;
    pthread_mutex_init(&made->mutex, NULL);
    made->bucket = strdup(bucket);
    made->key = strdup(key);
    int code = made->bucket == NULL || made->key == NULL ? error_no_memory(error)
                                                         : create_somehow(made, with_checksums, error);
    if (code == JB_OK) {
        *upload = made;
        return JB_OK;
    }
    if (made->id != NULL && *made->id != '\0')
        s3_upload_abort(made);
    else
        s3_upload_free(made);
    return code;
}

int s3_upload_begin(jb_store *store, jb_operation *operation, const char *bucket, const char *key,
                    struct store_upload **upload, jb_error *error)
{
    struct s3_store *s3 = (struct s3_store *)store;
    return s3_upload_create(s3, operation, bucket, key, s3_checksums_wanted(s3), upload, error);
}

/* A part's request, with what its end needs. */
struct part_request {
    struct s3_request request; /* first */
    struct store_upload *upload;
    struct store_transfer *transfer;
    unsigned number;
    char tag[160];
    char checksum[S3_CHECKSUM_SIZE];
    enum s3_confirmation confirmation;
};

static enum http_verdict check_part(struct s3_request *request)
{
    struct part_request *part = (struct part_request *)request;
    part->confirmation = s3_checksum_in_reply(request->s3, &request->http, part->checksum);
    if (part->confirmation == S3_CONTRADICTED) { /* the next try replaces it */
        error_set(&request->http.error, JB_ERROR_VERIFY, "the store answers to part %u with another checksum",
                  part->number + 1);
        return HTTP_RETRY;
    }
    if (http_request_reply_header(&request->http, "etag", part->tag, sizeof part->tag) && part->tag[0] != '\0')
        return HTTP_DONE;
    error_set(&request->http.error, JB_ERROR_FORMAT, "the store's answer to part %u has no ETag", part->number + 1);
    return HTTP_FAILED;
}

static void free_part_request(struct part_request *part)
{
    s3_request_clean_up(&part->request);
    free(part);
}

static int make_room(struct store_upload *upload, unsigned number, jb_error *error)
{
    if (number >= S3_PARTS_MAX)
        return error_set(error, JB_ERROR_LIMIT, "an object of more than %d parts", S3_PARTS_MAX);
    int code = JB_OK;
    pthread_mutex_lock(&upload->mutex);
    if (number >= upload->capacity) {
        size_t capacity = number < 32 ? 64 : (size_t)number * 2;
        struct s3_part *parts = realloc(upload->parts, capacity * sizeof *parts);
        if (parts == NULL) {
            code = error_no_memory(error);
        } else {
            memset(parts + upload->capacity, 0, (capacity - upload->capacity) * sizeof *parts);
            upload->parts = parts;
            upload->capacity = capacity;
        }
    }
    if (code == JB_OK && number >= upload->count)
        upload->count = (size_t)number + 1;
    if (code == JB_OK) {
        free(upload->parts[number].tag);
        upload->parts[number] = (struct s3_part){.tag = NULL};
    }
    pthread_mutex_unlock(&upload->mutex);
    return code;
}

int s3_upload_set_part(struct store_upload *upload, unsigned number, const struct s3_part *part, jb_error *error)
{
    int code = make_room(upload, number, error);
    char *tag = code == JB_OK ? strdup(part->tag) : NULL;
    if (code == JB_OK && tag == NULL)
        code = error_no_memory(error);
    if (code != JB_OK)
        return code;
    pthread_mutex_lock(&upload->mutex);
    upload->parts[number] = *part;
    upload->parts[number].tag = tag;
    pthread_mutex_unlock(&upload->mutex);
    return JB_OK;
}

static void finish_part(struct http_request *http)
{
    struct part_request *part = (struct part_request *)(struct s3_request *)http->context;
    struct store_transfer *transfer = part->transfer;
    struct store_upload *upload = part->upload;
    if (http->error.code == JB_OK) {
        struct s3_part taken = {
            .tag = part->tag, .bytes = transfer->count, .confirmed = part->confirmation == S3_CONFIRMED};
        memcpy(taken.sha256, transfer->sha256, SHA256_SIZE);
        http->error.code = (jb_code)s3_upload_set_part(upload, part->number, &taken, &http->error);
    }
    if (http->error.code != JB_OK)
        s3_request_explain(&part->request);
    error_copy(&transfer->error, &http->error);
    transfer->driver = NULL;
    free_part_request(part);
    transfer->done(transfer);
}

int s3_upload_part(struct store_upload *upload, unsigned number, struct store_transfer *transfer, jb_error *error)
{
    int code = make_room(upload, number, error);
    if (code != JB_OK)
        return code;
    struct part_request *part = malloc(sizeof *part);
    if (part == NULL)
        return error_no_memory(error);
    struct s3_request *request = &part->request;
    part->upload = upload, part->transfer = transfer, part->number = number;
    code = s3_request_init(request, upload->s3, upload->operation, "upload a part of", "PUT", upload->bucket,
                           upload->key, error);
    if (code != JB_OK) {
        free(part);
        return code;
    }
    char text[16];
    snprintf(text, sizeof text, "%u", number + 1);
    s3_request_query(request, "partNumber", text);
    s3_request_query(request, "uploadId", upload->id);
    s3_checksum_text(transfer->sha256, part->checksum);
    code = s3_request_body(request, transfer->bytes, transfer->count, transfer->sha256, error);
    if (code == JB_OK && upload->checksums)
        code = s3_request_header(request, "x-amz-checksum-sha256", part->checksum, error);
    /* The signature covers that header, and the store has shown that it compares: it need not hash the part twice. */
    if (upload->checksums && atomic_load(&upload->s3->checksums_known))
        strcpy(request->payload_hash, SIGV4_UNSIGNED_PAYLOAD);
    if (code == JB_OK)
        code = s3_request_build(request, error);
    if (code != JB_OK) {
        free_part_request(part);
        return code;
    }
    request->http.expected = 200;
    request->http.done = finish_part;
    request->check = check_part;
    transfer->driver = part;
    http_submit(upload->s3->http, &request->http);
    return JB_OK;
}

void s3_upload_abort_id(struct s3_store *s3, const char *bucket, const char *key, const char *id)
{
    struct s3_request request;
    if (s3_request_init(&request, s3, NULL, "abort the upload of", "DELETE", bucket, key, NULL) != JB_OK)
        return;
    s3_request_query(&request, "uploadId", id);
    request.http.deadline_ms = clock_monotonic_ms() + ABORT_MS;
    s3_request_perform(&request, NULL);
    s3_request_clean_up(&request);
}

void s3_upload_abort(struct store_upload *upload)
{
    s3_upload_abort_id(upload->s3, upload->bucket, upload->key, upload->id);
    s3_upload_free(upload);
}
