#include <stdlib.h>
#include <string.h>

#include "buckets.h"
#include "../cycle.h"
#include "page.h"

#define PAGE_BYTES_MAX (16u << 20) /* 1,000 keys of 1,024 bytes, each byte encoded, and the rest of their elements */

/* What is listed, and where the next page begins. */
struct listing {
    struct s3_store *s3;
    jb_operation *operation;
    const char *bucket;
    const jb_list_options *options;
    bool versions;    /* asked for, and the bucket keeps some */
    const char *most; /* keys in a page */
    char *marker, *version_marker;
    struct store_unnamed unnamed;
};

static int ask_page(const struct listing *listing, struct s3_request *request, struct buffer *reply, jb_error *error)
{
    request->http.reply = reply;
    request->http.expected = 200;
    s3_request_query(request, "max-keys", listing->most);
    s3_request_query(request, "encoding-type", "url");
    s3_request_query(request, "prefix", listing->options->prefix);
    if (listing->options->delimiter != NULL)
        s3_request_query(request, "delimiter", listing->options->delimiter);
    if (listing->versions) {
        s3_request_query(request, "versions", "");
        if (listing->marker != NULL)
            s3_request_query(request, "key-marker", listing->marker);
        if (listing->version_marker != NULL)
            s3_request_query(request, "version-id-marker", listing->version_marker);
    } else {
        s3_request_query(request, "list-type", "2");
        if (listing->marker != NULL)
            s3_request_query(request, "continuation-token", listing->marker);
    }
    return s3_request_perform(request, error);
}

static int get_page(const struct listing *listing, struct s3_page *page, jb_error *error)
{
    struct s3_request request;
    struct buffer reply;
    int code = s3_request_init(&request, listing->s3, listing->operation, "list", "GET", listing->bucket, NULL, error);
    if (code != JB_OK)
        return code;
    buffer_init(&reply, PAGE_BYTES_MAX);
    code = ask_page(listing, &request, &reply, error);
    if (code == JB_OK) {
        code = s3_page_read(page, listing->versions, &reply, listing->options->prefix, error);
        if (code != JB_OK && code != JB_ERROR_MEMORY)
            error_prefix(error, "cannot list 's3://%s/%s'", listing->bucket, listing->options->prefix);
    }
    buffer_clean_up(&reply);
    s3_request_clean_up(&request);
    return code;
}

/* What is no name of an object here, such as the "folder/" that consoles make, cannot be read or removed either: it was
 * not put there by a store, and must not keep a backup's removal from going on. */
static bool is_name(const char *bucket, char *key, bool is_prefix)
{
    size_t size = strlen(key);
    if (is_prefix && size > 1 && key[size - 1] == '/') {
        key[size - 1] = '\0';
        bool sound = store_check_names(bucket, key, NULL) == JB_OK;
        key[size - 1] = '/';
        return sound;
    }
    return !is_prefix && store_check_names(bucket, key, NULL) == JB_OK;
}

static int report_page(struct listing *listing, struct s3_page *page, jb_object_fn each, void *context, jb_error *error)
{
    for (size_t i = 0; i < page->count; i++) {
        jb_object_info *object = &page->objects[i];
        object->size = sizeof *object;
        object->key = page->keys[i];
        if (!is_name(listing->bucket, page->keys[i], object->is_prefix)) {
            store_unnamed_add(&listing->unnamed, object);
            continue;
        }
        if (listing->options->versions && !listing->versions)
            object->is_latest = true;
        if (each(context, object) != 0)
            return error_set(error, JB_ERROR_CANCELLED, "the listing was ended by its reader");
    }
    return JB_OK;
}

/* Takes the next page's place out of this one. */
static void move_on(struct listing *listing, struct s3_page *page)
{
    free(listing->marker);
    free(listing->version_marker);
    listing->marker = page->truncated ? page->marker : NULL;
    listing->version_marker = page->truncated ? page->version_marker : NULL;
    if (page->truncated)
        page->marker = page->version_marker = NULL;
}

static int check_cycle(struct store_cycle *cycle, const struct listing *listing, jb_error *error)
{
    int code = store_cycle_check(cycle, listing->marker, listing->version_marker, error);
    return code == JB_ERROR_FORMAT ? (int)error_prefix(error, "cannot list 's3://%s'", listing->bucket) : code;
}

static int list_pages(struct listing *listing, struct s3_page *page, jb_object_fn each, void *context, jb_error *error)
{
    struct store_cycle cycle = {NULL, 0, 0};
    int code;
    do {
        code = get_page(listing, page, error);
        if (code == JB_OK)
            code = report_page(listing, page, each, context, error);
        move_on(listing, page);
        if (code == JB_OK && listing->marker != NULL)
            code = check_cycle(&cycle, listing, error);
        s3_page_clear(page);
    } while (code == JB_OK && listing->marker != NULL);
    free(listing->marker);
    free(listing->version_marker);
    store_cycle_clean_up(&cycle);
    store_unnamed_tell(&listing->unnamed, listing->operation, listing->bucket);
    return code;
}

int s3_list(jb_store *store, jb_operation *operation, const char *bucket, const jb_list_options *options,
            jb_object_fn each, void *context, jb_error *error)
{
    struct listing listing = {
        .s3 = (struct s3_store *)store, .operation = operation, .bucket = bucket, .options = options, .most = "1000"};
    int code = JB_OK;
    if (options->versions)
        code = s3_keeps_versions(listing.s3, operation, bucket, &listing.versions, error);
    if (code != JB_OK)
        return code;
    struct s3_page *page = calloc(1, sizeof *page);
    if (page == NULL)
        return error_no_memory(error);
    code = list_pages(&listing, page, each, context, error);
    free(page);
    return code;
}

int s3_is_empty(struct s3_store *s3, jb_operation *operation, const char *bucket, bool *empty, jb_error *error)
{
    const jb_list_options all = {.size = sizeof all, .prefix = ""};
    struct listing listing = {.s3 = s3, .operation = operation, .bucket = bucket, .options = &all, .most = "1"};
    int code = s3_keeps_versions(s3, operation, bucket, &listing.versions, error);
    if (code != JB_OK)
        return code;
    struct s3_page *page = calloc(1, sizeof *page);
    if (page == NULL)
        return error_no_memory(error);
    code = get_page(&listing, page, error);
    *empty = code == JB_OK && page->count == 0 && !page->truncated;
    s3_page_clear(page);
    free(page);
    return code;
}
