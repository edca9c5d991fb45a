/* Uploads of parts that nobody completed or aborted: listed page by page, and aborted. */
#include <stdlib.h>
#include <string.h>

#include "../../base/clock.h"
#include "../cycle.h"
#include "request.h"

#define PAGE_UPLOADS 1000

struct upload_page {
    struct {
        char *key, *id;
        int64_t begun;
    } uploads[PAGE_UPLOADS];
    size_t count;
    bool url_encoded, truncated, is_list;
    char *key_marker, *id_marker;
};

static void clear(struct upload_page *page)
{
    for (size_t i = 0; i < PAGE_UPLOADS && i <= page->count; i++) {
        free(page->uploads[i].key);
        free(page->uploads[i].id);
    }
    free(page->key_marker);
    free(page->id_marker);
    memset(page, 0, sizeof *page);
}

static int replace(char **place, const char *text, jb_error *error)
{
    free(*place);
    *place = strdup(text);
    return *place == NULL ? error_no_memory(error) : JB_OK;
}

static int take_upload(struct upload_page *page, const char *name, const char *text, jb_error *error)
{
    if (page->count == PAGE_UPLOADS)
        return error_set(error, JB_ERROR_FORMAT, "the listing's page holds more than %d uploads", PAGE_UPLOADS);
    char **key = &page->uploads[page->count].key, **id = &page->uploads[page->count].id;
    if (strcmp(name, "/Key") == 0)
        return replace(key, text, error);
    if (strcmp(name, "/UploadId") == 0)
        return replace(id, text, error);
    if (strcmp(name, "/Initiated") == 0 && !clock_parse_http(text, &page->uploads[page->count].begun))
        return error_set(error, JB_ERROR_FORMAT, "the listing holds the time '%.40s'", text);
    if (*name != '\0')
        return JB_OK;
    if (*key == NULL || *id == NULL || **id == '\0')
        return error_set(error, JB_ERROR_FORMAT, "the listing holds an upload without key or id");
    page->count++;
    return JB_OK;
}

static int take_element(void *context, const char *path, const char *text, jb_error *error)
{
    static const char root[] = "ListMultipartUploadsResult", upload[] = "/Upload";
    struct upload_page *page = context;
    if (strncmp(path, root, sizeof root - 1) != 0)
        return error_set(error, JB_ERROR_FORMAT, "the answer is no listing but '%.80s'", path);
    path += sizeof root - 1;
    if (*path == '\0')
        page->is_list = true;
    else if (strncmp(path, upload, sizeof upload - 1) == 0 &&
             (path[sizeof upload - 1] == '/' || path[sizeof upload - 1] == '\0'))
        return take_upload(page, path + sizeof upload - 1, text, error);
    else if (strcmp(path, "/EncodingType") == 0)
        page->url_encoded = strcmp(text, "url") == 0;
    else if (strcmp(path, "/IsTruncated") == 0)
        page->truncated = strcmp(text, "true") == 0;
    else if (strcmp(path, "/NextKeyMarker") == 0)
        return replace(&page->key_marker, text, error);
    else if (strcmp(path, "/NextUploadIdMarker") == 0)
        return replace(&page->id_marker, text, error);
    return JB_OK;
}

static int check_page(struct upload_page *page, const char *prefix, jb_error *error)
{
    if (!page->is_list)
        return error_set(error, JB_ERROR_FORMAT, "the answer is no listing");
    for (size_t i = 0; i < page->count; i++) {
        char *key = page->uploads[i].key;
        if ((page->url_encoded && !uri_decode_form(key)) || strncmp(key, prefix, strlen(prefix)) != 0)
            return error_set(error, JB_ERROR_FORMAT, "the listing holds '%.200s', which does not start with '%.200s'",
                             key, prefix);
    }
    if (page->key_marker != NULL && page->url_encoded && !uri_decode_form(page->key_marker))
        return error_set(error, JB_ERROR_FORMAT, "the listing goes on at a malformed key");
    if (page->truncated && (page->key_marker == NULL || page->id_marker == NULL || *page->key_marker == '\0'))
        return error_set(error, JB_ERROR_FORMAT, "the listing goes on, but does not say where");
    return JB_OK;
}

static int get_page(struct s3_store *s3, jb_operation *operation, const char *bucket, const char *prefix,
                    const char *key_marker, const char *id_marker, struct upload_page *page, jb_error *error)
{
    struct s3_request request;
    int code = s3_request_init(&request, s3, operation, "list the uploads of", "GET", bucket, NULL, error);
    if (code != JB_OK)
        return code;
    s3_request_query(&request, "uploads", "");
    s3_request_query(&request, "max-uploads", "1000");
    s3_request_query(&request, "encoding-type", "url");
    s3_request_query(&request, "prefix", prefix);
    if (key_marker != NULL) {
        s3_request_query(&request, "key-marker", key_marker);
        s3_request_query(&request, "upload-id-marker", id_marker);
    }
    code = s3_request_xml(&request, take_element, page, error);
    if (code == JB_OK && check_page(page, prefix, error) != JB_OK)
        code = error_prefix(error, "cannot list the uploads of 's3://%s'", bucket);
    s3_request_clean_up(&request);
    return code;
}

static int report(const struct upload_page *page, const char *bucket, store_unfinished_fn each, void *context,
                  jb_error *error)
{
    for (size_t i = 0; i < page->count; i++) {
        const struct store_unfinished unfinished = {page->uploads[i].key, page->uploads[i].id, page->uploads[i].begun};
        if (store_check_names(bucket, unfinished.key, NULL) == JB_OK && each(context, &unfinished) != 0)
            return error_set(error, JB_ERROR_CANCELLED, "the listing was ended by its reader");
    }
    return JB_OK;
}

int s3_list_uploads(jb_store *store, jb_operation *operation, const char *bucket, const char *prefix,
                    store_unfinished_fn each, void *context, jb_error *error)
{
    struct upload_page *page = calloc(1, sizeof *page);
    if (page == NULL)
        return error_no_memory(error);
    struct store_cycle cycle = {NULL, 0, 0};
    char *key_marker = NULL, *id_marker = NULL;
    int code;
    do {
        code = get_page((struct s3_store *)store, operation, bucket, prefix, key_marker, id_marker, page, error);
        if (code == JB_OK)
            code = report(page, bucket, each, context, error);
        free(key_marker);
        free(id_marker);
        key_marker = id_marker = NULL;
        if (code == JB_OK && page->truncated) {
            key_marker = page->key_marker, id_marker = page->id_marker;
            page->key_marker = page->id_marker = NULL;
            code = store_cycle_check(&cycle, key_marker, id_marker, error);
        }
        clear(page);
    } while (code == JB_OK && key_marker != NULL);
    free(key_marker);
    free(id_marker);
    store_cycle_clean_up(&cycle);
    free(page);
    return code;
}

/* One that is gone already counts as aborted. */
int s3_remove_upload(jb_store *store, jb_operation *operation, const char *bucket, const char *key, const char *id,
                     jb_error *error)
{
    struct s3_request request;
    jb_error problem = JB_ERROR_INIT;
    int code = s3_request_init(&request, (struct s3_store *)store, operation, "abort an upload of", "DELETE", bucket,
                               key, error);
    if (code != JB_OK)
        return code;
    s3_request_query(&request, "uploadId", id);
    code = s3_request_perform(&request, &problem);
    if (code != JB_OK)
        code = strcmp(request.store_code, "NoSuchUpload") == 0 ? JB_OK : error_copy(error, &problem);
    s3_request_clean_up(&request);
    return code;
}
