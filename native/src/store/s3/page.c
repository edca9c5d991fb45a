#include "page.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../../base/clock.h"
#include "../../codec/xml.h"

void s3_page_clear(struct s3_page *page)
{
    for (size_t i = 0; i < page->count; i++)
        free(page->keys[i]);
    free(page->next_key);
    free(page->marker);
    free(page->version_marker);
    memset(page, 0, sizeof *page);
}

static int replace(char **place, const char *text, jb_error *error)
{
    free(*place);
    *place = strdup(text);
    return *place == NULL ? error_no_memory(error) : JB_OK;
}

static int take_bytes(struct s3_page *page, const char *text, jb_error *error)
{
    char *end;
    errno = 0;
    page->next.bytes = strtoull(text, &end, 10);
    if (errno != 0 || *text < '0' || *text > '9' || *end != '\0')
        return error_set(error, JB_ERROR_FORMAT, "the listing holds the size '%.40s'", text);
    return JB_OK;
}

static int take_modified(struct s3_page *page, const char *text, jb_error *error)
{
    if (!clock_parse_http(text, &page->next.modified))
        return error_set(error, JB_ERROR_FORMAT, "the listing holds the time '%.40s'", text);
    return JB_OK;
}

static int take_version(struct s3_page *page, const char *text, jb_error *error)
{
    if (!reply_take_version(&page->next, text))
        return error_set(error, JB_ERROR_FORMAT, "the listing holds a malformed version id");
    return JB_OK;
}

static int end_object(struct s3_page *page, jb_error *error)
{
    if (page->next_key == NULL || *page->next_key == '\0')
        return error_set(error, JB_ERROR_FORMAT, "the listing holds an object without a key");
    if (page->count == S3_PAGE_OBJECTS)
        return error_set(error, JB_ERROR_FORMAT, "the listing's page holds more than %d objects", S3_PAGE_OBJECTS);
    page->keys[page->count] = page->next_key;
    page->objects[page->count++] = page->next;
    page->next_key = NULL;
    memset(&page->next, 0, sizeof page->next);
    return JB_OK;
}

/* The elements that describe one object each. */
static const char *const groups[] = {"Contents", "Version", "DeleteMarker", "CommonPrefixes"};
enum { CONTENTS, VERSION, DELETE_MARKER, COMMON_PREFIXES, GROUPS };

static int take_member(struct s3_page *page, int group, const char *name, const char *text, jb_error *error)
{
    if (*name == '\0') {
        page->next.is_marker = group == DELETE_MARKER;
        page->next.is_prefix = group == COMMON_PREFIXES;
        return end_object(page, error);
    }
    if (strcmp(name, group == COMMON_PREFIXES ? "/Prefix" : "/Key") == 0)
        return replace(&page->next_key, text, error);
    if (strcmp(name, "/Size") == 0)
        return take_bytes(page, text, error);
    if (strcmp(name, "/LastModified") == 0)
        return take_modified(page, text, error);
    if (strcmp(name, "/VersionId") == 0)
        return take_version(page, text, error);
    if (strcmp(name, "/IsLatest") == 0)
        page->next.is_latest = strcmp(text, "true") == 0;
    else if (strcmp(name, "/ETag") == 0 && reply_tag_is_sound(text))
        memcpy(page->next.tag, text, strlen(text) + 1);
    return JB_OK;
}

static int take_element(void *context, const char *path, const char *text, jb_error *error)
{
    struct s3_page *page = context;
    size_t root_size = strlen(page->root);
    if (strncmp(path, page->root, root_size) != 0)
        return error_set(error, JB_ERROR_FORMAT, "the answer is no listing but '%.80s'", path);
    path += root_size;
    if (*path == '\0')
        page->is_list = true;
    if (*path++ != '/')
        return JB_OK;
    for (int group = 0; group < GROUPS; group++) {
        size_t size = strlen(groups[group]);
        if (strncmp(path, groups[group], size) == 0 && (path[size] == '/' || path[size] == '\0'))
            return take_member(page, group, path + size, text, error);
    }
    if (strcmp(path, "EncodingType") == 0)
        page->url_encoded = strcmp(text, "url") == 0;
    else if (strcmp(path, "IsTruncated") == 0)
        page->truncated = strcmp(text, "true") == 0;
    else if (strcmp(path, "NextContinuationToken") == 0 || strcmp(path, "NextKeyMarker") == 0)
        return replace(&page->marker, text, error);
    else if (strcmp(path, "NextVersionIdMarker") == 0)
        return replace(&page->version_marker, text, error);
    return JB_OK;
}

/* A key that does not start with the prefix could get somebody else's object deleted. */
static int decode_keys(struct s3_page *page, const char *prefix, jb_error *error)
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

int s3_page_read(struct s3_page *page, bool versions, const struct buffer *reply, const char *prefix, jb_error *error)
{
    page->root = versions ? "ListVersionsResult" : "ListBucketResult";
    int code = xml_read(reply->size > 0 ? reply->data : "", reply->size, take_element, page, error);
    if (code == JB_OK && !page->is_list)
        code = error_set(error, JB_ERROR_FORMAT, "the answer is no listing");
    if (code == JB_OK)
        code = decode_keys(page, prefix, error);
    if (code == JB_OK && page->truncated && (page->marker == NULL || *page->marker == '\0'))
        code = error_set(error, JB_ERROR_FORMAT, "the listing goes on, but does not say where");
    /* A continuation token is opaque; a key is written as all keys of the page. */
    if (code == JB_OK && versions && page->marker != NULL && page->url_encoded && !uri_decode_form(page->marker))
        code = error_set(error, JB_ERROR_FORMAT, "the listing goes on at a malformed key");
    return code;
}
