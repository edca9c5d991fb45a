/* What the store holds of an upload, before it becomes an object: the parts' numbers, sizes and tags. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "upload.h"

struct part_list {
    const struct store_upload *upload;
    size_t seen;
    uint64_t number, bytes; /* of the one that is being read */
    char tag[160];
    bool is_list, truncated;
};

static int take_count(const char *text, uint64_t *count, jb_error *error)
{
    char *end;
    errno = 0;
    *count = strtoull(text, &end, 10);
    if (errno != 0 || *text < '0' || *text > '9' || *end != '\0')
        return error_set(error, JB_ERROR_FORMAT, "the list of parts holds the number '%.40s'", text);
    return JB_OK;
}

static int end_part(struct part_list *list, jb_error *error)
{
    const struct store_upload *upload = list->upload;
    if (list->number != list->seen + 1 || list->seen >= upload->count)
        return error_set(error, JB_ERROR_VERIFY, "the store holds part %" PRIu64 " where part %zu of %zu should follow",
                         list->number, list->seen + 1, upload->count);
    const struct s3_part *part = &upload->parts[list->seen++];
    if (list->bytes != part->bytes)
        return error_set(error, JB_ERROR_VERIFY,
                         "the store holds %" PRIu64 " bytes of part %" PRIu64 " instead of %" PRIu64, list->bytes,
                         list->number, part->bytes);
    if (!s3_same_tag(list->tag, part->tag))
        return error_set(error, JB_ERROR_VERIFY, "the store holds another part %" PRIu64 " than was sent",
                         list->number);
    list->number = list->bytes = 0;
    list->tag[0] = '\0';
    return JB_OK;
}

static int take_element(void *context, const char *path, const char *text, jb_error *error)
{
    static const char root[] = "ListPartsResult";
    struct part_list *list = context;
    if (strncmp(path, root, sizeof root - 1) != 0)
        return error_set(error, JB_ERROR_FORMAT, "the answer is no list of parts but '%.80s'", path);
    path += sizeof root - 1;
    if (*path == '\0')
        list->is_list = true;
    else if (strcmp(path, "/IsTruncated") == 0)
        list->truncated = strcmp(text, "true") == 0;
    else if (strcmp(path, "/Part/PartNumber") == 0)
        return take_count(text, &list->number, error);
    else if (strcmp(path, "/Part/Size") == 0)
        return take_count(text, &list->bytes, error);
    else if (strcmp(path, "/Part/ETag") == 0)
        snprintf(list->tag, sizeof list->tag, "%s", text);
    else if (strcmp(path, "/Part") == 0)
        return end_part(list, error);
    return JB_OK;
}

/* One page, from the parts that were seen on. */
static int get_page(struct part_list *list, struct s3_request *request, jb_error *error)
{
    char marker[24];
    size_t before = list->seen;
    snprintf(marker, sizeof marker, "%zu", list->seen);
    s3_request_query(request, "max-parts", "1000");
    s3_request_query(request, "uploadId", list->upload->id);
    if (list->seen > 0)
        s3_request_query(request, "part-number-marker", marker);
    list->is_list = list->truncated = false;
    int code = s3_request_xml(request, take_element, list, error);
    if (code == JB_OK && (!list->is_list || (list->truncated && list->seen == before)))
        code = error_set(error, JB_ERROR_FORMAT,
                         "cannot list the parts of '%s': the answer is no list, or does not end", list->upload->key);
    return code;
}

/* Where the store has no such list, or we no right to see it, the whole object's size must do. */
static bool cannot_tell(int code)
{
    return code == JB_ERROR_UNSUPPORTED || code == JB_ERROR_ACCESS;
}

int s3_parts_confirm(const struct store_upload *upload, jb_error *error)
{
    struct part_list list = {.upload = upload};
    int code;
    do {
        struct s3_request request;
        jb_error problem = JB_ERROR_INIT;
        code = s3_request_init(&request, upload->s3, upload->operation, "list the parts of", "GET", upload->bucket,
                               upload->key, error);
        if (code != JB_OK)
            return code;
        code = get_page(&list, &request, &problem);
        s3_request_clean_up(&request);
        if (cannot_tell(code)) {
            operation_log(upload->operation, JB_LOG_DEBUG, "parts are not compared: %s", problem.text);
            return JB_OK;
        }
        if (code != JB_OK)
            return error_copy(error, &problem);
    } while (list.truncated);
    if (list.seen != upload->count)
        return error_set(error, JB_ERROR_VERIFY, "the store holds %zu parts of 's3://%s/%s' instead of %zu", list.seen,
                         upload->bucket, upload->key, upload->count);
    return JB_OK;
}
