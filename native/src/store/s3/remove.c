#include <string.h>

#include "../../codec/xml.h"
#include "request.h"

#define BATCH_KEYS 1000 /* S3's bound */
#define BODY_MAX   (8u << 20)
#define REPLY_MAX  (8u << 20)

/* What a batch's answer says of keys that were not deleted. */
struct refusals {
    unsigned count;
    bool all_retry; /* each may go well the next time */
    bool is_answer;
    char key[1025], code[64], message[256]; /* the first one's */
    char next_key[1025], next_code[64], next_message[256];
};

static void take(char *place, size_t size, const char *text)
{
    size_t count = strnlen(text, size - 1);
    memcpy(place, text, count);
    place[count] = '\0';
}

static void end_refusal(struct refusals *refusals)
{
    static const char *const passing[] = {"InternalError", "SlowDown", "ServiceUnavailable", "OperationAborted"};
    if (strcmp(refusals->next_code, "NoSuchKey") == 0 || strcmp(refusals->next_code, "NoSuchVersion") == 0)
        return;
    bool retry = false;
    for (size_t i = 0; i < sizeof passing / sizeof *passing; i++)
        retry = retry || strcmp(refusals->next_code, passing[i]) == 0;
    if (refusals->count++ == 0) {
        memcpy(refusals->key, refusals->next_key, sizeof refusals->key);
        memcpy(refusals->code, refusals->next_code, sizeof refusals->code);
        memcpy(refusals->message, refusals->next_message, sizeof refusals->message);
    }
    refusals->all_retry = refusals->all_retry && retry;
}

static int take_element(void *context, const char *path, const char *text, jb_error *error)
{
    struct refusals *refusals = context;
    if (strncmp(path, "DeleteResult", 12) != 0)
        return error_set(error, JB_ERROR_FORMAT, "the answer to a deletion is '%.80s'", path);
    if (path[12] == '\0')
        refusals->is_answer = true;
    else if (strcmp(path, "DeleteResult/Error/Key") == 0)
        take(refusals->next_key, sizeof refusals->next_key, text);
    else if (strcmp(path, "DeleteResult/Error/Code") == 0)
        take(refusals->next_code, sizeof refusals->next_code, text);
    else if (strcmp(path, "DeleteResult/Error/Message") == 0)
        take(refusals->next_message, sizeof refusals->next_message, text);
    else if (strcmp(path, "DeleteResult/Error") == 0)
        end_refusal(refusals);
    return JB_OK;
}

/* Status 200 says only that the batch was read; its answer lists what failed. */
static enum http_verdict check(struct s3_request *request)
{
    struct refusals refusals = {.all_retry = true};
    const struct buffer *reply = request->http.reply;
    jb_error *error = &request->http.error;
    int code = xml_read(reply->size > 0 ? reply->data : "", reply->size, take_element, &refusals, error);
    if (code == JB_OK && !refusals.is_answer)
        code = error_set(error, JB_ERROR_FORMAT, "the answer to a deletion is empty");
    if (code != JB_OK)
        return HTTP_FAILED;
    if (refusals.count == 0)
        return HTTP_DONE;
    s3_judge_code(request, refusals.code[0] != '\0' ? refusals.code : "UnknownError", refusals.message);
    error_prefix(error, "%u objects were not deleted, '%s' first", refusals.count, refusals.key);
    return refusals.all_retry ? HTTP_RETRY : HTTP_FAILED;
}

static int append_version(struct buffer *body, const char *version, jb_error *error)
{
    int code = buffer_append_text(body, "<VersionId>", error);
    if (code == JB_OK)
        code = xml_append_escaped(body, version, error);
    return code == JB_OK ? buffer_append_text(body, "</VersionId>", error) : code;
}

static int build_body(struct buffer *body, const struct store_key *keys, size_t count, jb_error *error)
{
    int code = buffer_append_text(body, "<Delete xmlns=\"" S3_XMLNS "\"><Quiet>true</Quiet>", error);
    for (size_t i = 0; i < count && code == JB_OK; i++) {
        code = buffer_append_text(body, "<Object><Key>", error);
        if (code == JB_OK)
            code = xml_append_escaped(body, keys[i].key, error);
        if (code == JB_OK)
            code = buffer_append_text(body, "</Key>", error);
        if (code == JB_OK && keys[i].version != NULL && *keys[i].version != '\0')
            code = append_version(body, keys[i].version, error);
        if (code == JB_OK)
            code = buffer_append_text(body, "</Object>", error);
    }
    return code == JB_OK ? buffer_append_text(body, "</Delete>", error) : code;
}

static int remove_batch(struct s3_store *s3, jb_operation *operation, const char *bucket, const struct store_key *keys,
                        size_t count, jb_error *error)
{
    struct s3_request request;
    struct buffer body, reply;
    int code = s3_request_init(&request, s3, operation, "delete objects of", "POST", bucket, NULL, error);
    if (code != JB_OK)
        return code;
    buffer_init(&body, BODY_MAX);
    buffer_init(&reply, REPLY_MAX);
    request.http.reply = &reply;
    request.http.expected = 200;
    request.check = check;
    s3_request_query(&request, "delete", "");
    code = build_body(&body, keys, count, error);
    if (code == JB_OK)
        code = s3_request_xml_body(&request, &body, error);
    if (code == JB_OK)
        code = s3_request_perform(&request, error);
    buffer_clean_up(&body);
    buffer_clean_up(&reply);
    s3_request_clean_up(&request);
    return code;
}

/* A batch's body could not be signed beforehand. What is not there counts as deleted. */
static int remove_each(struct s3_store *s3, jb_operation *operation, const char *bucket, const struct store_key *keys,
                       size_t count, jb_error *error)
{
    int code = JB_OK;
    for (size_t i = 0; i < count && code == JB_OK; i++) {
        struct s3_request request;
        jb_error problem = JB_ERROR_INIT;
        code = s3_request_init(&request, s3, operation, "delete", "DELETE", bucket, keys[i].key, error);
        if (code != JB_OK)
            break;
        code = s3_request_perform(&request, &problem);
        if (code == JB_ERROR_NOT_FOUND && strcmp(request.store_code, "NoSuchBucket") != 0)
            code = JB_OK;
        else if (code != JB_OK)
            error_copy(error, &problem);
        s3_request_clean_up(&request);
    }
    return code;
}

int s3_remove(jb_store *store, jb_operation *operation, const char *bucket, const struct store_key *keys, size_t count,
              jb_error *error)
{
    if (((struct s3_store *)store)->presigned != NULL)
        return remove_each((struct s3_store *)store, operation, bucket, keys, count, error);
    for (size_t done = 0; done < count; done += BATCH_KEYS) {
        size_t batch = count - done < BATCH_KEYS ? count - done : BATCH_KEYS;
        int code = remove_batch((struct s3_store *)store, operation, bucket, keys + done, batch, error);
        if (code != JB_OK)
            return code;
    }
    return JB_OK;
}
