#include "list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../base/clock.h"
#include "../../codec/xml.h"
#include "../cycle.h"

#define PAGE_OBJECTS   5000
#define PAGE_BYTES_MAX (32u << 20) /* 5,000 names of 1,024 characters, and the rest of their elements */

/* One page while it is read: each entry is reported as soon as its element ends. */
struct page {
    const struct azure_listing *listing;
    jb_object_info next; /* the one that is being read */
    char *next_key;
    bool is_directory; /* of a hierarchical namespace: no object */
    bool is_list;
    char *marker; /* NULL or empty: the last page */
};

static int replace(char **place, const char *text, jb_error *error)
{
    free(*place);
    *place = strdup(text);
    return *place == NULL ? error_no_memory(error) : JB_OK;
}

/* A key that does not start with the prefix could get somebody else's object deleted. */
static int end_entry(struct page *page, bool is_prefix, jb_error *error)
{
    const struct azure_listing *listing = page->listing;
    if (page->next_key == NULL || *page->next_key == '\0')
        return error_set(error, JB_ERROR_FORMAT, "the listing holds an object without a name");
    if (strncmp(page->next_key, listing->prefix, strlen(listing->prefix)) != 0)
        return error_set(error, JB_ERROR_FORMAT, "the listing holds '%.200s', which does not start with '%.200s'",
                         page->next_key, listing->prefix);
    page->next.size = sizeof page->next;
    page->next.key = page->next_key;
    page->next.is_prefix = is_prefix;
    int code = page->is_directory ? JB_OK : listing->each(listing->context, &page->next, error);
    free(page->next_key);
    page->next_key = NULL;
    page->next = (jb_object_info){.size = 0};
    page->is_directory = false;
    return code;
}

static int take_property(struct page *page, const char *name, const char *text, jb_error *error)
{
    if (strcmp(name, "Content-Length") == 0 && !reply_parse_count(text, &page->next.bytes))
        return error_set(error, JB_ERROR_FORMAT, "the listing holds the size '%.40s'", text);
    if (strcmp(name, "Last-Modified") == 0 && !clock_parse_http(text, &page->next.modified))
        return error_set(error, JB_ERROR_FORMAT, "the listing holds the time '%.40s'", text);
    if (strcmp(name, "Etag") == 0 && reply_tag_is_sound(text) && *text != '\0') {
        /* Without quotes here, with them in headers. */
        bool quoted = *text == '"';
        if (strlen(text) + 3 <= sizeof page->next.tag)
            snprintf(page->next.tag, sizeof page->next.tag, "%s%.156s%s", quoted ? "" : "\"", text, quoted ? "" : "\"");
    }
    if (strcmp(name, "ResourceType") == 0)
        page->is_directory = strcmp(text, "directory") == 0;
    return JB_OK;
}

static int take_blob(struct page *page, const char *path, const char *text, jb_error *error)
{
    static const char properties[] = "/Properties/";
    if (*path == '\0')
        return end_entry(page, false, error);
    if (strcmp(path, "/Name") == 0)
        return replace(&page->next_key, text, error);
    if (strcmp(path, "/VersionId") == 0 && !reply_take_version(&page->next, text))
        return error_set(error, JB_ERROR_FORMAT, "the listing holds the malformed version id '%.40s'", text);
    if (strcmp(path, "/IsCurrentVersion") == 0)
        page->next.is_latest = strcmp(text, "true") == 0;
    if (strncmp(path, properties, sizeof properties - 1) == 0)
        return take_property(page, path + sizeof properties - 1, text, error);
    return JB_OK;
}

static int take_element(void *context, const char *path, const char *text, jb_error *error)
{
    static const char root[] = "EnumerationResults", blob[] = "/Blobs/Blob", prefix[] = "/Blobs/BlobPrefix";
    struct page *page = context;
    if (strncmp(path, root, sizeof root - 1) != 0)
        return error_set(error, JB_ERROR_FORMAT, "the answer is no listing but '%.80s'", path);
    path += sizeof root - 1;
    if (*path == '\0')
        page->is_list = true;
    else if (strcmp(path, prefix) == 0)
        return end_entry(page, true, error);
    else if (strcmp(path, "/Blobs/BlobPrefix/Name") == 0)
        return replace(&page->next_key, text, error);
    else if (strncmp(path, blob, sizeof blob - 1) == 0 &&
             (path[sizeof blob - 1] == '/' || path[sizeof blob - 1] == '\0'))
        return take_blob(page, path + sizeof blob - 1, text, error);
    else if (strcmp(path, "/NextMarker") == 0)
        return replace(&page->marker, text, error);
    return JB_OK;
}

int azure_read_page(const struct azure_listing *listing, const struct buffer *reply, char **marker, jb_error *error)
{
    struct page page = {.listing = listing};
    const char *text = reply->size > 0 ? reply->data : "";
    size_t size = reply->size;
    if (size >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) /* a byte order mark */
        text += 3, size -= 3;
    int code = xml_read(text, size, take_element, &page, error);
    if (code == JB_OK && !page.is_list)
        code = error_set(error, JB_ERROR_FORMAT, "the answer is no listing");
    if (code == JB_ERROR_FORMAT)
        error_prefix(error, "cannot list 'azure://%s/%s/%s'", listing->azure->account, listing->bucket,
                     listing->prefix);
    free(page.next_key);
    *marker = page.marker;
    return code;
}

static int get_page(const struct azure_listing *listing, const char *marker, char **next, jb_error *error)
{
    struct azure_request request;
    struct buffer reply;
    char size[16];
    int code =
        azure_request_init(&request, listing->azure, listing->operation, "list", "GET", listing->bucket, NULL, error);
    if (code != JB_OK)
        return code;
    buffer_init(&reply, PAGE_BYTES_MAX);
    request.http.reply = &reply;
    request.http.expected = 200;
    snprintf(size, sizeof size, "%u", listing->page_size > 0 ? listing->page_size : PAGE_OBJECTS);
    azure_request_query(&request, "restype", "container");
    azure_request_query(&request, "comp", "list");
    azure_request_query(&request, "maxresults", size);
    azure_request_query(&request, "prefix", *listing->prefix != '\0' ? listing->prefix : NULL);
    azure_request_query(&request, "delimiter", listing->delimiter);
    azure_request_query(&request, "include", listing->include);
    azure_request_query(&request, "marker", marker);
    code = azure_request_perform(&request, error);
    if (code == JB_OK)
        code = azure_read_page(listing, &reply, next, error);
    buffer_clean_up(&reply);
    azure_request_clean_up(&request);
    return code;
}

int azure_list_all(const struct azure_listing *listing, jb_error *error)
{
    struct store_cycle cycle = {NULL, 0, 0};
    char *marker = NULL;
    int code;
    do {
        char *next = NULL;
        code = get_page(listing, marker, &next, error);
        free(marker);
        marker = next;
        if (code == JB_OK && marker != NULL && *marker != '\0') {
            code = store_cycle_check(&cycle, marker, NULL, error);
            if (code == JB_ERROR_FORMAT)
                error_prefix(error, "cannot list 'azure://%s/%s'", listing->azure->account, listing->bucket);
        }
    } while (code == JB_OK && marker != NULL && *marker != '\0');
    free(marker);
    store_cycle_clean_up(&cycle);
    return code;
}

struct reader {
    const char *bucket;
    bool versions;
    jb_object_fn each;
    void *context;
    struct store_unnamed unnamed;
};

/* What is no name of an object here cannot be read or removed either: it was not put there by a store, and must not
   keep a backup's removal from going on. */
static int report(void *context, const jb_object_info *info, jb_error *error)
{
    struct reader *reader = context;
    jb_object_info shown = *info;
    jb_error ignored = JB_ERROR_INIT;
    if (!info->is_prefix && (store_check_names(reader->bucket, info->key, &ignored) != JB_OK ||
                             azure_check_names(reader->bucket, info->key, &ignored) != JB_OK)) {
        store_unnamed_add(&reader->unnamed, info);
        return JB_OK;
    }
    /* Where the account keeps no versions, what is there is all there is. */
    shown.is_latest = reader->versions && !info->is_prefix && (info->is_latest || info->version[0] == '\0');
    return reader->each(reader->context, &shown) != 0
               ? error_set(error, JB_ERROR_CANCELLED, "the listing was ended by its reader")
               : JB_OK;
}

int azure_list(jb_store *store, jb_operation *operation, const char *bucket, const jb_list_options *options,
               jb_object_fn each, void *context, jb_error *error)
{
    struct reader reader = {.bucket = bucket, .versions = options->versions, .each = each, .context = context};
    const struct azure_listing listing = {.azure = (struct azure_store *)store,
                                          .operation = operation,
                                          .bucket = bucket,
                                          .prefix = options->prefix,
                                          .delimiter = options->delimiter,
                                          .include = options->versions ? "versions" : NULL,
                                          .each = report,
                                          .context = &reader};
    int code = azure_list_all(&listing, error);
    store_unnamed_tell(&reader.unnamed, operation, bucket);
    return code;
}
