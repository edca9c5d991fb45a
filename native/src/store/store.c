#include "store.h"

#include <string.h>

static bool has_scheme(const char *url, const char *scheme)
{
    size_t length = strlen(scheme);
    return strncmp(url, scheme, length) == 0 && strncmp(url + length, "://", 3) == 0;
}

int jb_store_open(const jb_store_options *options, jb_store **store, jb_error *error)
{
    if (options == NULL || options->size != sizeof *options)
        return error_set(error, JB_ERROR_USAGE, "jb_store_options is missing or of another size");
    jb_error own = JB_ERROR_INIT;
    if (error == NULL)
        error = &own;
    if (options->url == NULL || options->url[0] == '\0') {
        error_set(error, JB_ERROR_USAGE, "no store is given");
        return error_hint(error, "name one as 'file:///directory' or 's3://'");
    }
    if (has_scheme(options->url, "file"))
        return store_file_open(options, store, error);
    if (has_scheme(options->url, "s3"))
        return store_s3_open(options, store, error);
    error_set(error, JB_ERROR_USAGE, "the store '%s' is of no known kind", options->url);
    return error_hint(error, "name it as 'file:///directory' or 's3://'");
}

void jb_store_close(jb_store *store)
{
    if (store != NULL)
        store->driver->close(store);
}

static int check(jb_store *store, const char *bucket, const char *key, jb_error *error)
{
    if (store == NULL)
        return error_set(error, JB_ERROR_USAGE, "the store is missing");
    return store_check_names(bucket, key, error);
}

int store_stat(jb_store *store, jb_operation *operation, const char *bucket, const char *key, jb_object_info *info,
               jb_error *error)
{
    *info = (jb_object_info){.size = sizeof *info};
    int code = check(store, bucket, key, error);
    if (code == JB_OK)
        code = store->driver->stat(store, operation, bucket, key, info, error);
    info->key = key;
    return code;
}

int store_read(jb_store *store, jb_operation *operation, const char *bucket, const char *key, struct buffer *body,
               jb_object_info *info, jb_error *error)
{
    *info = (jb_object_info){.size = sizeof *info};
    int code = check(store, bucket, key, error);
    if (code == JB_OK)
        code = store->driver->read(store, operation, bucket, key, body, info, error);
    info->key = key;
    return code;
}

int store_write(jb_store *store, jb_operation *operation, const char *bucket, const char *key, const void *bytes,
                size_t count, struct store_condition condition, jb_object_info *info, jb_error *error)
{
    *info = (jb_object_info){.size = sizeof *info};
    int code = check(store, bucket, key, error);
    if (code == JB_OK && count > STORE_WRITE_MAX)
        code = error_set(error, JB_ERROR_LIMIT, "%zu bytes are too many for one write to '%s/%s'", count, bucket, key);
    if (code == JB_OK)
        code = store->driver->write(store, operation, bucket, key, bytes, count, condition, info, error);
    info->key = key;
    return code;
}

int store_upload_begin(jb_store *store, jb_operation *operation, const char *bucket, const char *key,
                       struct store_upload **upload, jb_error *error)
{
    int code = check(store, bucket, key, error);
    return code != JB_OK ? code : store->driver->upload_begin(store, operation, bucket, key, upload, error);
}

int jb_store_make_bucket(jb_store *store, jb_operation *operation, const char *bucket, jb_error *error)
{
    jb_error own = JB_ERROR_INIT;
    if (error == NULL)
        error = &own;
    int code = check(store, bucket, NULL, error);
    return code != JB_OK ? code : store->driver->make_bucket(store, operation, bucket, error);
}

int jb_store_stat(jb_store *store, jb_operation *operation, const char *bucket, const char *key, jb_object_info *info,
                  jb_error *error)
{
    jb_error own = JB_ERROR_INIT;
    if (error == NULL)
        error = &own;
    if (info == NULL || info->size != sizeof *info)
        return error_set(error, JB_ERROR_USAGE, "jb_object_info is missing or of another size");
    return store_stat(store, operation, bucket, key, info, error);
}

int jb_store_list(jb_store *store, jb_operation *operation, const char *bucket, const char *prefix, jb_object_fn each,
                  void *context, jb_error *error)
{
    jb_error own = JB_ERROR_INIT;
    if (error == NULL)
        error = &own;
    int code = check(store, bucket, NULL, error);
    if (code == JB_OK && prefix != NULL && strlen(prefix) > STORE_KEY_MAX)
        code = error_set(error, JB_ERROR_USAGE, "the prefix is longer than %d bytes", STORE_KEY_MAX);
    if (code == JB_OK)
        code = store->driver->list(store, operation, bucket, prefix == NULL ? "" : prefix, each, context, error);
    return code;
}

int jb_store_delete(jb_store *store, jb_operation *operation, const char *bucket, const char *const *keys, size_t count,
                    jb_error *error)
{
    jb_error own = JB_ERROR_INIT;
    if (error == NULL)
        error = &own;
    int code = check(store, bucket, NULL, error);
    for (size_t i = 0; code == JB_OK && i < count; i++)
        code = store_check_names(bucket, keys[i], error);
    if (code == JB_OK && count > 0)
        code = store->driver->remove(store, operation, bucket, keys, count, error);
    return code;
}
