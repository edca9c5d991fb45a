/* The end of an upload: its blocks become a blob, and the store confirms what it holds. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "../../base/clock.h"
#include "../../base/random.h"
#include "upload.h"

#define BODY_MAX     (8u << 20) /* 50,000 blocks */
#define MARK_HEADER  "x-ms-meta-jpsbackup"
#define STALL_FACTOR 10 /* a store may work for minutes on it */

static int build_body(const struct store_upload *upload, struct buffer *body, jb_error *error)
{
    int code = buffer_append_text(body, "<?xml version=\"1.0\" encoding=\"utf-8\"?><BlockList>", error);
    for (size_t i = 0; i < upload->count && code == JB_OK; i++) {
        if (upload->sizes[i] == 0)
            return error_set(error, JB_ERROR_STATE, "part %zu of '%s' was not uploaded", i + 1, upload->key);
        char id[AZURE_BLOCK_SIZE];
        azure_block_id(upload->mark, i, id);
        /* The latest, for after a lost answer the blocks wait no longer, and the same list is sent again. */
        code = buffer_printf(body, error, "<Latest>%s</Latest>", id);
    }
    return code == JB_OK ? buffer_append_text(body, "</BlockList>", error) : code;
}

struct comparison {
    const struct store_upload *upload;
    size_t count; /* of blocks that were the expected ones, from the first on */
    bool other;
    uint64_t expected, seen; /* bytes of the first block of another size */
};

static int compare_block(void *context, const struct azure_block *block, jb_error *error)
{
    struct comparison *comparison = context;
    const struct store_upload *upload = comparison->upload;
    char id[AZURE_BLOCK_SIZE] = "";
    (void)error;
    if (comparison->count < upload->count)
        azure_block_id(upload->mark, comparison->count, id);
    if (strcmp(block->id, id) != 0)
        comparison->other = true;
    else if (block->bytes != upload->sizes[comparison->count] && comparison->expected == 0)
        comparison->expected = upload->sizes[comparison->count], comparison->seen = block->bytes;
    comparison->count++;
    return JB_OK;
}

/* What the store holds: of these blocks and no other ones, each of its size? */
static int compare(const struct store_upload *upload, struct comparison *comparison, jb_object_info *info,
                   jb_error *error)
{
    *comparison = (struct comparison){.upload = upload};
    int code = azure_blocks(upload->azure, upload->operation, upload->bucket, upload->key, true, compare_block,
                            comparison, info, error);
    if (comparison->count != upload->count)
        comparison->other = true;
    return code;
}

static int confirm(const struct store_upload *upload, const char *tag, jb_object_info *info, jb_error *error)
{
    struct comparison comparison;
    int code = compare(upload, &comparison, info, error);
    if (code != JB_OK)
        return code;
    const char *account = upload->azure->account;
    if (comparison.other || strcmp(tag, info->tag) != 0)
        return error_set(error, JB_ERROR_VERIFY, "'azure://%s/%s/%s' is of other blocks in the store than were sent",
                         account, upload->bucket, upload->key);
    if (comparison.expected != 0)
        return error_set(error, JB_ERROR_VERIFY,
                         "'azure://%s/%s/%s' has a block of %" PRIu64 " bytes in the store instead of %" PRIu64,
                         account, upload->bucket, upload->key, comparison.seen, comparison.expected);
    info->bytes = azure_upload_bytes(upload);
    return JB_OK;
}

/* Whether the object under the key is this upload's, although the store's answer did not come through: its blocks' ids
   are nobody else's. */
static bool completed_after_all(const struct store_upload *upload, jb_object_info *info)
{
    struct comparison comparison;
    jb_object_info seen = {.size = sizeof seen};
    jb_error ignored = JB_ERROR_INIT;
    if (compare(upload, &comparison, info, &ignored) != JB_OK || comparison.other || comparison.expected != 0)
        return false;
    info->bytes = azure_upload_bytes(upload);
    /* Only a look at the blob tells its version. */
    if (azure_stat(&upload->azure->store, upload->operation, upload->bucket, upload->key, NULL, &seen, &ignored) ==
            JB_OK &&
        strcmp(seen.tag, info->tag) == 0)
        memcpy(info->version, seen.version, sizeof info->version);
    return true;
}

static int complete(const struct store_upload *upload, struct store_condition condition, struct azure_request *request,
                    struct buffer *body, jb_error *error)
{
    request->http.expected = 201;
    request->http.stall_factor = STALL_FACTOR;
    request->check = azure_check_tag;
    azure_request_query(request, "comp", "blocklist");
    int code = build_body(upload, body, error);
    if (code != JB_OK)
        return code;
    azure_request_body(request, body->data, body->size);
    code = azure_request_header(request, "content-type", "application/xml", error);
    if (code == JB_OK)
        code = azure_request_header(request, "x-ms-blob-content-type", "application/octet-stream", error);
    if (code == JB_OK)
        code = azure_request_tier(request, error);
    if (code == JB_OK)
        code = azure_request_condition(request, condition, error);
    return code == JB_OK ? azure_request_perform(request, error) : code;
}

/* An empty object is written whole. */
static int complete_empty(struct store_upload *upload, struct store_condition condition, jb_object_info *info,
                          jb_error *error)
{
    int code = azure_write(&upload->azure->store, upload->operation, upload->bucket, upload->key, "", 0, NULL,
                           condition, info, error);
    if (code != JB_OK)
        return code;
    info->key = NULL; /* the upload's own copy goes now */
    azure_upload_free(upload);
    return JB_OK;
}

/* Whether the blob is the one that was marked so: then an answer was lost, and the next try met its own blob. Asked
   also when cancelled, for that blob must go again. */
static bool is_marked(struct azure_store *azure, const char *bucket, const char *key, const char *mark,
                      jb_object_info *info)
{
    struct azure_request request;
    jb_error ignored = JB_ERROR_INIT;
    char value[64];
    if (azure_request_init(&request, azure, NULL, "find", "HEAD", bucket, key, &ignored) != JB_OK)
        return false;
    request.http.expected = 200;
    request.http.deadline_ms = clock_monotonic_ms() + AZURE_TIDY_MS;
    bool marked = azure_request_perform(&request, &ignored) == JB_OK &&
                  http_request_reply_header(&request.http, MARK_HEADER, value, sizeof value) &&
                  strcmp(value, mark) == 0 &&
                  reply_info(&request.http, true, AZURE_VERSION_HEADER, info, &ignored) == JB_OK;
    azure_request_clean_up(&request);
    return marked;
}

int azure_commit_nothing(struct azure_store *azure, jb_operation *operation, const char *bucket, const char *key,
                         jb_object_info *info, jb_error *error)
{
    static const char body[] = "<?xml version=\"1.0\" encoding=\"utf-8\"?><BlockList></BlockList>";
    const struct store_condition absent = {STORE_IF_ABSENT, NULL};
    struct azure_request request;
    jb_error problem = JB_ERROR_INIT;
    char mark[33];
    int code = azure_request_init(&request, azure, operation, "drop the blocks of", "PUT", bucket, key, error);
    if (code != JB_OK)
        return code;
    random_name(mark);
    request.http.expected = 201;
    request.check = azure_check_tag;
    azure_request_query(&request, "comp", "blocklist");
    azure_request_body(&request, body, sizeof body - 1);
    code = azure_request_header(&request, MARK_HEADER, mark, &problem);
    if (code == JB_OK)
        code = azure_request_condition(&request, absent, &problem);
    if (code == JB_OK)
        code = azure_request_perform(&request, &problem);
    if (code == JB_OK)
        code = reply_info(&request.http, false, AZURE_VERSION_HEADER, info, &problem);
    else if (request.http.maybe_applied && is_marked(azure, bucket, key, mark, info))
        code = JB_OK;
    if (code != JB_OK)
        error_copy(error, &problem);
    azure_request_clean_up(&request);
    return code;
}

/* A version's id stands in the answer to the completion, and not in the one to the look at its blocks. */
static int take_answer(const struct store_upload *upload, const struct azure_request *request,
                       struct store_condition condition, jb_object_info *info, jb_error *error)
{
    jb_object_info made = {.size = sizeof made};
    int code = reply_info(&request->http, false, AZURE_VERSION_HEADER, &made, error);
    if (code != JB_OK)
        return code;
    code = confirm(upload, made.tag, info, error);
    if (code == JB_ERROR_VERIFY && store_key_was_free(condition))
        azure_remove_unconfirmed(upload->azure, upload->operation, upload->bucket, upload->key, &made);
    if (code == JB_OK)
        memcpy(info->version, made.version, sizeof info->version);
    return code;
}

int azure_upload_complete(struct store_upload *upload, struct store_condition condition, jb_object_info *info,
                          jb_error *error)
{
    if (upload->count == 0)
        return complete_empty(upload, condition, info, error);
    struct azure_request request;
    struct buffer body;
    jb_error problem = JB_ERROR_INIT;
    int code = azure_request_init(&request, upload->azure, upload->operation, "complete the upload of", "PUT",
                                  upload->bucket, upload->key, error);
    if (code != JB_OK)
        return code;
    buffer_init(&body, BODY_MAX);
    code = complete(upload, condition, &request, &body, &problem);
    if (code == JB_OK)
        code = take_answer(upload, &request, condition, info, &problem);
    else if (request.http.maybe_applied && code != JB_ERROR_CANCELLED && completed_after_all(upload, info))
        code = JB_OK;
    else if (code == JB_ERROR_CONFLICT && condition.when == STORE_IF_ABSENT && problem.hint[0] == '\0')
        error_hint(&problem, "an object of this name is there already");
    buffer_clean_up(&body);
    azure_request_clean_up(&request);
    if (code != JB_OK)
        return error_copy(error, &problem);
    info->key = NULL; /* the upload's own copy goes now */
    azure_upload_free(upload);
    return JB_OK;
}
