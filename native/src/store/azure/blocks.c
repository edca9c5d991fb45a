#include <stdlib.h>
#include <string.h>

#include "../../codec/xml.h"
#include "upload.h"

#define REPLY_MAX (32u << 20) /* 100,000 waiting blocks with the longest ids */

struct reading {
    const char *list; /* "BlockList/CommittedBlocks/Block" */
    azure_block_fn each;
    void *context;
    char id[128];
    uint64_t bytes;
    bool is_list;
};

static int take_element(void *context, const char *path, const char *text, jb_error *error)
{
    struct reading *reading = context;
    size_t size = strlen(reading->list);
    if (strcmp(path, "BlockList") == 0)
        reading->is_list = true;
    if (strncmp(path, reading->list, size) != 0)
        return JB_OK;
    if (strcmp(path + size, "/Name") == 0) {
        if (strlen(text) >= sizeof reading->id)
            return error_set(error, JB_ERROR_FORMAT, "the block list holds an id of %zu characters", strlen(text));
        memcpy(reading->id, text, strlen(text) + 1);
    } else if (strcmp(path + size, "/Size") == 0) {
        if (!reply_parse_count(text, &reading->bytes))
            return error_set(error, JB_ERROR_FORMAT, "the block list holds the size '%.40s'", text);
    } else if (path[size] == '\0') {
        const struct azure_block block = {reading->id, reading->bytes};
        int code = reading->each(reading->context, &block, error);
        reading->id[0] = '\0';
        reading->bytes = 0;
        return code;
    }
    return JB_OK;
}

int azure_read_blocks(const struct buffer *reply, bool committed, azure_block_fn each, void *context, jb_error *error)
{
    struct reading reading = {.list =
                                  committed ? "BlockList/CommittedBlocks/Block" : "BlockList/UncommittedBlocks/Block",
                              .each = each,
                              .context = context};
    const char *text = reply->size > 0 ? reply->data : "";
    size_t size = reply->size;
    if (size >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) /* a byte order mark */
        text += 3, size -= 3;
    int code = xml_read(text, size, take_element, &reading, error);
    if (code == JB_OK && !reading.is_list)
        code = error_set(error, JB_ERROR_FORMAT, "the answer is no block list");
    return code;
}

int azure_blocks(struct azure_store *azure, jb_operation *operation, const char *bucket, const char *key,
                 bool committed, azure_block_fn each, void *context, jb_object_info *info, jb_error *error)
{
    struct azure_request request;
    struct buffer reply;
    int code = azure_request_init(&request, azure, operation, "list the blocks of", "GET", bucket, key, error);
    if (code != JB_OK)
        return code;
    buffer_init(&reply, REPLY_MAX);
    request.http.reply = &reply;
    request.http.expected = 200;
    if (info != NULL)
        request.check = azure_check_tag;
    azure_request_query(&request, "comp", "blocklist");
    azure_request_query(&request, "blocklisttype", committed ? "committed" : "uncommitted");
    code = azure_request_perform(&request, error);
    if (code == JB_OK && info != NULL)
        code = reply_info(&request.http, false, AZURE_VERSION_HEADER, info, error);
    if (code == JB_OK) {
        code = azure_read_blocks(&reply, committed, each, context, error);
        if (code == JB_ERROR_FORMAT)
            error_prefix(error, "cannot list the blocks of 'azure://%s/%s/%s'", azure->account, bucket, key);
    }
    buffer_clean_up(&reply);
    azure_request_clean_up(&request);
    return code;
}
