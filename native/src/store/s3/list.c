#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../../base/clock.h"
#include "../../codec/xml.h"
#include "request.h"

#define PAGE_OBJECTS   1000
#define PAGE_BYTES_MAX (16u << 20) /* 1,000 keys of 1,024 bytes, each byte encoded, and the rest of their elements */

struct page {
    jb_object_info objects[PAGE_OBJECTS];
    char *keys[PAGE_OBJECTS];
    size_t count;
    jb_object_info next; /* the one that is being read */
    char *next_key;
    bool url_encoded, truncated, is_list;
    char *token; /* NULL where there is none */
};

static void clear_page(struct page *page)
{
    for (size_t i = 0; i < page->count; i++)
        free(page->keys[i]);
    free(page->next_key);
    free(page->token);
    memset(page, 0, sizeof *page);
}

static int replace(char **place, const char *text, jb_error *error)
{
    free(*place);
    *place = strdup(text);
    return *place == NULL ? error_no_memory(error) : JB_OK;
}

static int take_bytes(struct page *page, const char *text, jb_error *error)
{
    char *end;
    errno = 0;
    page->next.bytes = strtoull(text, &end, 10);
    if (errno != 0 || *text < '0' || *text > '9' || *end != '\0')
        return error_set(error, JB_ERROR_FORMAT, "the listing holds the size '%.40s'", text);
    return JB_OK;
}

static int take_modified(struct page *page, const char *text, jb_error *error)
{
    if (!clock_parse_http(text, &page->next.modified))
        return error_set(error, JB_ERROR_FORMAT, "the listing holds the time '%.40s'", text);
    return JB_OK;
}

static int end_object(struct page *page, jb_error *error)
{
    if (page->next_key == NULL || *page->next_key == '\0')
        return error_set(error, JB_ERROR_FORMAT, "the listing holds an object without a key");
    if (page->count == PAGE_OBJECTS)
        return error_set(error, JB_ERROR_FORMAT, "the listing's page holds more than %d objects", PAGE_OBJECTS);
    page->keys[page->count] = page->next_key;
    page->objects[page->count++] = page->next;
    page->next_key = NULL;
    memset(&page->next, 0, sizeof page->next);
    return JB_OK;
}

static int take_element(void *context, const char *path, const char *text, jb_error *error)
{
    static const char root[] = "ListBucketResult";
    struct page *page = context;
    if (strncmp(path, root, sizeof root - 1) != 0)
        return error_set(error, JB_ERROR_FORMAT, "the answer is no listing but '%.80s'", path);
    path += sizeof root - 1;
    if (*path == '\0')
        page->is_list = true;
    else if (strcmp(path, "/Contents") == 0)
        return end_object(page, error);
    else if (strcmp(path, "/Contents/Key") == 0)
        return replace(&page->next_key, text, error);
    else if (strcmp(path, "/Contents/Size") == 0)
        return take_bytes(page, text, error);
    else if (strcmp(path, "/Contents/LastModified") == 0)
        return take_modified(page, text, error);
    else if (strcmp(path, "/Contents/ETag") == 0)
        memcpy(page->next.tag, s3_tag_is_sound(text) ? text : "", s3_tag_is_sound(text) ? strlen(text) + 1 : 1);
    else if (strcmp(path, "/EncodingType") == 0)
        page->url_encoded = strcmp(text, "url") == 0;
    else if (strcmp(path, "/IsTruncated") == 0)
        page->truncated = strcmp(text, "true") == 0;
    else if (strcmp(path, "/NextContinuationToken") == 0)
        return replace(&page->token, text, error);
    return JB_OK;
}

/* A key that does not start with the prefix could get somebody else's object deleted. */
static int decode_keys(struct page *page, const char *prefix, jb_error *error)
{
    for (size_t i = 0; i < page->count; i++) {
        if (page->url_encoded && !uri_decode_form(page->keys[i]))
            return error_set(error, JB_ERROR_FORMAT, "the listing holds the malformed key '%.200s'", page->keys[i]);
        if (strncmp(page->keys[i], prefix, strlen(prefix)) != 0)
            return error_set(error, JB_ERROR_FORMAT, "the listing holds '%.200s', which does not start with '%.200s'",
                             page->keys[i], prefix);
    }
    return JB_OK;
}

static int read_page(struct s3_request *request, const struct buffer *reply, const char *prefix, struct page *page,
                     jb_error *error)
{
    int code = xml_read(reply->size > 0 ? reply->data : "", reply->size, take_element, page, error);
    if (code == JB_OK && !page->is_list)
        code = error_set(error, JB_ERROR_FORMAT, "the answer is no listing");
    if (code == JB_OK)
        code = decode_keys(page, prefix, error);
    if (code == JB_OK && page->truncated && (page->token == NULL || *page->token == '\0'))
        code = error_set(error, JB_ERROR_FORMAT, "the listing goes on, but does not say where");
    if (code != JB_OK && code != JB_ERROR_MEMORY)
        error_prefix(error, "cannot list 's3://%s/%s'", request->bucket, prefix);
    return code;
}

static int get_page(struct s3_store *s3, jb_operation *operation, const char *bucket, const char *prefix,
                    const char *token, struct page *page, jb_error *error)
{
    struct s3_request request;
    struct buffer reply;
    int code = s3_request_init(&request, s3, operation, "list", "GET", bucket, NULL, error);
    if (code != JB_OK)
        return code;
    buffer_init(&reply, PAGE_BYTES_MAX);
    request.http.reply = &reply;
    request.http.expected = 200;
    s3_request_query(&request, "list-type", "2");
    s3_request_query(&request, "max-keys", "1000");
    s3_request_query(&request, "encoding-type", "url");
    s3_request_query(&request, "prefix", prefix);
    if (token != NULL)
        s3_request_query(&request, "continuation-token", token);
    code = s3_request_perform(&request, error);
    if (code == JB_OK)
        code = read_page(&request, &reply, prefix, page, error);
    buffer_clean_up(&reply);
    s3_request_clean_up(&request);
    return code;
}

/* What is no name of an object here, such as the "folder/" that consoles make, cannot be read or removed either: it was
 * not put there by a store, and must not keep a backup's removal from going on. */
static int report_page(struct page *page, const char *bucket, jb_object_fn each, void *context, jb_error *error)
{
    for (size_t i = 0; i < page->count; i++) {
        if (store_check_names(bucket, page->keys[i], NULL) != JB_OK)
            continue;
        page->objects[i].size = sizeof page->objects[i];
        page->objects[i].key = page->keys[i];
        if (each(context, &page->objects[i]) != 0)
            return error_set(error, JB_ERROR_CANCELLED, "the listing was ended by its reader");
    }
    return JB_OK;
}

/*
 * A store that hands out a token again would be listed for ever. Comparing with a mark that moves at each power
 * of two finds every cycle, however long.
 */
struct cycle {
    char *mark;
    uint64_t pages, moves_at;
};

static int check_cycle(struct cycle *cycle, const char *token, const char *bucket, jb_error *error)
{
    if (cycle->mark != NULL && strcmp(cycle->mark, token) == 0)
        return error_set(error, JB_ERROR_FORMAT,
                         "cannot list 's3://%s': the store repeats the continuation token '%.100s'", bucket, token);
    if (cycle->pages++ < cycle->moves_at)
        return JB_OK;
    cycle->moves_at = cycle->pages * 2;
    return replace(&cycle->mark, token, error);
}

int s3_list(jb_store *store, jb_operation *operation, const char *bucket, const jb_list_options *options,
            jb_object_fn each, void *context, jb_error *error)
{
    const char *prefix = options->prefix;
    struct page *page = calloc(1, sizeof *page);
    if (page == NULL)
        return error_no_memory(error);
    struct cycle cycle = {NULL, 0, 0};
    char *token = NULL;
    int code;
    do {
        code = get_page((struct s3_store *)store, operation, bucket, prefix, token, page, error);
        if (code == JB_OK)
            code = report_page(page, bucket, each, context, error);
        free(token);
        token = NULL;
        if (code == JB_OK && page->truncated) {
            token = page->token;
            page->token = NULL;
            code = check_cycle(&cycle, token, bucket, error);
        }
        clear_page(page);
    } while (code == JB_OK && token != NULL);
    free(token);
    free(cycle.mark);
    free(page);
    return code;
}
