#include "abort_uploads.h"

#include <stdlib.h>
#include <string.h>

#include "../base/clock.h"
#include "../codec/json.h"

/* They are collected first, for a store's pages may shift while uploads go; what is more waits for the next call. */
#define UPLOADS_MAX 100000

struct found {
    char *key; /* owns the memory of both */
    const char *id;
    int64_t begun;
};

struct collection {
    int64_t before;
    struct found *items;
    size_t count;
    size_t capacity;
    jb_error error;
};

static int collect(void *context, const struct store_unfinished *unfinished)
{
    struct collection *collection = context;
    if (unfinished->begun > collection->before)
        return 0;
    if (collection->count == UPLOADS_MAX)
        return 1;
    if (collection->count == collection->capacity) {
        size_t capacity = collection->capacity == 0 ? 16 : collection->capacity * 2;
        struct found *items = realloc(collection->items, capacity * sizeof *items);
        if (items == NULL)
            return error_no_memory(&collection->error);
        collection->items = items;
        collection->capacity = capacity;
    }
    size_t key_size = strlen(unfinished->key) + 1, id_size = strlen(unfinished->id) + 1;
    char *key = malloc(key_size + id_size);
    if (key == NULL)
        return error_no_memory(&collection->error);
    memcpy(key, unfinished->key, key_size);
    memcpy(key + key_size, unfinished->id, id_size);
    collection->items[collection->count++] =
        (struct found){.key = key, .id = key + key_size, .begun = unfinished->begun};
    return 0;
}

static int abort_one(jb_store *store, jb_operation *operation, const struct abort_request *request,
                     const struct found *found, json_t *aborted, jb_error *error)
{
    int code = operation_check(operation, error);
    if (code == JB_OK && !request->dry_run)
        code = store_remove_upload(store, operation, request->bucket, found->key, found->id, error);
    /* Somebody was faster, or goes on writing after all. */
    if (code == JB_ERROR_NOT_FOUND || code == JB_ERROR_CONFLICT)
        return JB_OK;
    char begun[CLOCK_UTC_SIZE];
    clock_format_utc(found->begun, begun);
    json_t *entry = json_object();
    json_put_text(entry, "key", found->key, &code, error);
    json_put_text(entry, "begun", begun, &code, error);
    json_append(aborted, entry, &code, error);
    return code;
}

int abort_uploads(jb_store *store, jb_operation *operation, const struct abort_request *request, json_t *aborted,
                  jb_error *error)
{
    struct collection collection = {.before = request->before, .error = JB_ERROR_INIT};
    int code = store_list_uploads(store, operation, request->bucket, request->prefix, collect, &collection, error);
    if (collection.error.code != JB_OK)
        code = error_copy(error, &collection.error);
    else if (collection.count == UPLOADS_MAX)
        code = JB_OK;
    for (size_t i = 0; code == JB_OK && i < collection.count; i++)
        code = abort_one(store, operation, request, &collection.items[i], aborted, error);
    for (size_t i = 0; i < collection.count; i++)
        free(collection.items[i].key);
    free(collection.items);
    return code;
}

int jb_store_abort_uploads(jb_store *store, jb_operation *operation, const char *bucket, const char *prefix,
                           uint64_t seconds, bool dry_run, char **account, jb_error *error)
{
    jb_error own = JB_ERROR_INIT;
    if (error == NULL)
        error = &own;
    if (seconds > INT32_MAX)
        return error_set(error, JB_ERROR_USAGE, "an age of %llu s is too much", (unsigned long long)seconds);
    struct abort_request request = {.bucket = bucket,
                                    .prefix = prefix == NULL ? "" : prefix,
                                    .before = clock_now() - (int64_t)seconds,
                                    .dry_run = dry_run};
    int code = JB_OK;
    json_t *result = json_object(), *aborted = json_array();
    json_put(result, "aborted", aborted, &code, error);
    json_put(result, "dry_run", json_boolean(dry_run), &code, error);
    if (code == JB_OK)
        code = abort_uploads(store, operation, &request, aborted, error);
    if (code == JB_OK && account != NULL)
        code = json_text(result, account, error);
    json_decref(result);
    return code;
}
