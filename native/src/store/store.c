#include "store.h"

#include "conditions.h"

#include <stdlib.h>
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
        return error_hint(error, "name one as 'file:///directory', 's3://' or 'azure://ACCOUNT'");
    }
    int code = JB_ERROR_UNSUPPORTED;
    if (has_scheme(options->url, "file"))
        code = store_file_open(options, store, error);
    else if (has_scheme(options->url, "s3"))
        code = store_s3_open(options, store, error);
    else if (has_scheme(options->url, "azure"))
        code = store_azure_open(options, store, error);
    else {
        error_set(error, JB_ERROR_USAGE, "the store '%s' is of no known kind", options->url);
        return error_hint(error, "name it as 'file:///directory', 's3://' or 'azure://ACCOUNT'");
    }
    if (code != JB_OK)
        return code;
    (*store)->single_writer = options->single_writer;
    code = store_conditions_new(&(*store)->conditions, error);
    if (code != JB_OK)
        jb_store_close(*store);
    return code;
}

void jb_store_close(jb_store *store)
{
    if (store == NULL)
        return;
    store_conditions_free(store->conditions);
    store->driver->close(store);
}

const char *store_directory(jb_store *store, int *fd)
{
    return store != NULL && store->driver->directory != NULL ? store->driver->directory(store, fd) : NULL;
}

static int check(jb_store *store, const char *bucket, const char *key, jb_error *error)
{
    if (store == NULL)
        return error_set(error, JB_ERROR_USAGE, "the store is missing");
    return store_check_names(bucket, key, error);
}

static int check_object(jb_store *store, const char *bucket, const char *key, jb_error *error)
{
    return key == NULL ? error_set(error, JB_ERROR_USAGE, "the object's name is missing")
                       : check(store, bucket, key, error);
}

static int lacking(const jb_store *store, const char *what, jb_error *error)
{
    return error_set(error, JB_ERROR_UNSUPPORTED, "a store of the kind '%s://' cannot %s", store->driver->scheme, what);
}

int store_stat(jb_store *store, jb_operation *operation, const char *bucket, const char *key, const char *version,
               jb_object_info *info, jb_error *error)
{
    *info = (jb_object_info){.size = sizeof *info};
    int code = check_object(store, bucket, key, error);
    if (code == JB_OK)
        code = store->driver->stat(store, operation, bucket, key, version, info, error);
    info->key = key;
    return code;
}

int store_stat_digest(jb_store *store, jb_operation *operation, const char *bucket, const char *key,
                      const char *version, jb_object_info *info, struct store_digest *digest, jb_error *error)
{
    *digest = (struct store_digest){.known = false};
    if (store == NULL || store->driver->stat_digest == NULL)
        return store_stat(store, operation, bucket, key, version, info, error);
    *info = (jb_object_info){.size = sizeof *info};
    int code = check_object(store, bucket, key, error);
    if (code == JB_OK)
        code = store->driver->stat_digest(store, operation, bucket, key, version, info, digest, error);
    info->key = key;
    return code;
}

int store_read(jb_store *store, jb_operation *operation, const char *bucket, const char *key, const char *version,
               struct buffer *body, jb_object_info *info, jb_error *error)
{
    *info = (jb_object_info){.size = sizeof *info};
    int code = check_object(store, bucket, key, error);
    if (code == JB_OK)
        code = store->driver->read(store, operation, bucket, key, version, body, info, error);
    info->key = key;
    return code;
}

int store_write(jb_store *store, jb_operation *operation, const char *bucket, const char *key, const void *bytes,
                size_t count, const unsigned char *sha256, struct store_condition condition, jb_object_info *info,
                jb_error *error)
{
    *info = (jb_object_info){.size = sizeof *info};
    int code = check_object(store, bucket, key, error);
    if (code == JB_OK && count > STORE_WRITE_MAX)
        code = error_set(error, JB_ERROR_LIMIT, "%zu bytes are too many for one write to '%s/%s'", count, bucket, key);
    if (code == JB_OK)
        code = store_conditions_compare(store, operation, bucket, key, &condition, error);
    if (code == JB_OK)
        code = store->driver->write(store, operation, bucket, key, bytes, count, sha256, condition, info, error);
    info->key = key;
    return code;
}

int store_remove(jb_store *store, jb_operation *operation, const char *bucket, const struct store_key *keys,
                 size_t count, jb_error *error)
{
    int code = check(store, bucket, NULL, error);
    for (size_t i = 0; code == JB_OK && i < count; i++)
        code = check_object(store, bucket, keys[i].key, error);
    if (code == JB_OK && count > 0)
        code = store->driver->remove(store, operation, bucket, keys, count, error);
    return code;
}

int store_bucket_features(jb_store *store, jb_operation *operation, const char *bucket,
                          struct store_bucket_features *features, jb_error *error)
{
    *features = (struct store_bucket_features){false, false};
    int code = check(store, bucket, NULL, error);
    if (code != JB_OK || store->driver->bucket_features == NULL)
        return code;
    return store->driver->bucket_features(store, operation, bucket, features, error);
}

int store_protect(jb_store *store, jb_operation *operation, const char *bucket, const struct store_key *key,
                  const jb_protection *protection, jb_error *error)
{
    int code = check_object(store, bucket, key->key, error);
    if (code != JB_OK)
        return code;
    if (store->driver->protect == NULL)
        return lacking(store, "protect objects", error);
    return store->driver->protect(store, operation, bucket, key, protection, error);
}

int store_protection(jb_store *store, jb_operation *operation, const char *bucket, const struct store_key *key,
                     jb_protection *protection, jb_error *error)
{
    *protection = (jb_protection){.size = sizeof *protection};
    int code = check_object(store, bucket, key->key, error);
    if (code != JB_OK || store->driver->protection == NULL)
        return code;
    return store->driver->protection(store, operation, bucket, key, protection, error);
}

int store_list_uploads(jb_store *store, jb_operation *operation, const char *bucket, const char *prefix,
                       store_unfinished_fn each, void *context, jb_error *error)
{
    int code = check(store, bucket, NULL, error);
    if (code != JB_OK || store->driver->list_uploads == NULL)
        return code;
    return store->driver->list_uploads(store, operation, bucket, prefix, each, context, error);
}

int store_remove_upload(jb_store *store, jb_operation *operation, const char *bucket, const char *key, const char *id,
                        jb_error *error)
{
    int code = check_object(store, bucket, key, error);
    if (code != JB_OK)
        return code;
    if (store->driver->remove_upload == NULL)
        return lacking(store, "abort uploads", error);
    return store->driver->remove_upload(store, operation, bucket, key, id, error);
}

int store_upload_begin(jb_store *store, jb_operation *operation, const char *bucket, const char *key,
                       struct store_upload **upload, jb_error *error)
{
    int code = check_object(store, bucket, key, error);
    return code != JB_OK ? code : store->driver->upload_begin(store, operation, bucket, key, upload, error);
}

int store_upload_complete(jb_store *store, jb_operation *operation, const char *bucket, const char *key,
                          struct store_upload *upload, struct store_condition condition, jb_object_info *info,
                          jb_error *error)
{
    int code = store_conditions_compare(store, operation, bucket, key, &condition, error);
    return code != JB_OK ? code : store->driver->upload_complete(upload, condition, info, error);
}

int jb_store_make_bucket(jb_store *store, jb_operation *operation, const char *bucket, jb_error *error)
{
    jb_error own = JB_ERROR_INIT;
    if (error == NULL)
        error = &own;
    int code = check(store, bucket, NULL, error);
    return code != JB_OK ? code : store->driver->make_bucket(store, operation, bucket, error);
}

int jb_store_test_bucket(jb_store *store, jb_operation *operation, const char *bucket, jb_error *error)
{
    jb_error own = JB_ERROR_INIT;
    if (error == NULL)
        error = &own;
    int code = check(store, bucket, NULL, error);
    if (code != JB_OK)
        return code;
    if (store->driver->test_bucket == NULL)
        return lacking(store, "test buckets", error);
    return store->driver->test_bucket(store, operation, bucket, error);
}

int jb_store_tag_bucket(jb_store *store, jb_operation *operation, const char *bucket, const jb_tag *tags, size_t count,
                        jb_error *error)
{
    jb_error own = JB_ERROR_INIT;
    if (error == NULL)
        error = &own;
    int code = check(store, bucket, NULL, error);
    if (code != JB_OK)
        return code;
    if (store->driver->tag_bucket == NULL)
        return lacking(store, "tag buckets", error);
    return store->driver->tag_bucket(store, operation, bucket, tags, count, error);
}

int jb_store_delete_bucket(jb_store *store, jb_operation *operation, const char *bucket, jb_error *error)
{
    jb_error own = JB_ERROR_INIT;
    if (error == NULL)
        error = &own;
    int code = check(store, bucket, NULL, error);
    if (code != JB_OK)
        return code;
    if (store->driver->delete_bucket == NULL)
        return lacking(store, "delete buckets", error);
    return store->driver->delete_bucket(store, operation, bucket, error);
}

int jb_store_stat(jb_store *store, jb_operation *operation, const char *bucket, const char *key, jb_object_info *info,
                  jb_error *error)
{
    jb_error own = JB_ERROR_INIT;
    if (error == NULL)
        error = &own;
    if (info == NULL || info->size != sizeof *info)
        return error_set(error, JB_ERROR_USAGE, "jb_object_info is missing or of another size");
    return store_stat(store, operation, bucket, key, NULL, info, error);
}

int jb_store_list(jb_store *store, jb_operation *operation, const char *bucket, const jb_list_options *options,
                  jb_object_fn each, void *context, jb_error *error)
{
    jb_error own = JB_ERROR_INIT;
    if (error == NULL)
        error = &own;
    if (options != NULL && options->size != sizeof *options)
        return error_set(error, JB_ERROR_USAGE, "jb_list_options is of another size");
    jb_list_options chosen = options != NULL ? *options : (jb_list_options){.size = sizeof chosen};
    if (chosen.prefix == NULL)
        chosen.prefix = "";
    if (chosen.delimiter != NULL && *chosen.delimiter == '\0')
        chosen.delimiter = NULL;
    int code = check(store, bucket, NULL, error);
    if (code == JB_OK && strlen(chosen.prefix) > STORE_KEY_MAX)
        code = error_set(error, JB_ERROR_USAGE, "the prefix is longer than %d bytes", STORE_KEY_MAX);
    if (code == JB_OK && chosen.delimiter != NULL && (strcmp(chosen.delimiter, "/") != 0 || chosen.versions))
        code = error_set(error, JB_ERROR_USAGE, "the delimiter is not '/', or versions are listed by it");
    if (code == JB_OK)
        code = store->driver->list(store, operation, bucket, &chosen, each, context, error);
    return code;
}

int jb_store_delete(jb_store *store, jb_operation *operation, const char *bucket, const char *const *keys, size_t count,
                    jb_error *error)
{
    jb_error own = JB_ERROR_INIT;
    if (error == NULL)
        error = &own;
    struct store_key *names = calloc(count > 0 ? count : 1, sizeof *names);
    if (names == NULL)
        return error_no_memory(error);
    for (size_t i = 0; i < count; i++)
        names[i].key = keys[i];
    int code = store_remove(store, operation, bucket, names, count, error);
    free(names);
    return code;
}

int jb_store_copy(jb_store *store, jb_operation *operation, const jb_copy_options *options, jb_error *error)
{
    jb_error own = JB_ERROR_INIT;
    if (error == NULL)
        error = &own;
    if (options == NULL || options->size != sizeof *options)
        return error_set(error, JB_ERROR_USAGE, "jb_copy_options is missing or of another size");
    int code = check_object(store, options->from_bucket, options->from_key, error);
    if (code == JB_OK)
        code = check_object(store, options->to_bucket, options->to_key, error);
    if (code != JB_OK)
        return code;
    if (store->driver->copy == NULL)
        return lacking(store, "copy objects", error);
    return store->driver->copy(store, operation, options, error);
}

int jb_store_link(jb_store *store, jb_operation *operation, const jb_link_options *options, char **url, jb_error *error)
{
    jb_error own = JB_ERROR_INIT;
    if (error == NULL)
        error = &own;
    if (options == NULL || options->size != sizeof *options || options->seconds > 604800)
        return error_set(error, JB_ERROR_USAGE, "jb_link_options is missing, of another size, or lasts too long");
    int code = check_object(store, options->bucket, options->key, error);
    if (code != JB_OK)
        return code;
    if (store->driver->link == NULL)
        return lacking(store, "make links", error);
    return store->driver->link(store, operation, options, url, error);
}

int jb_store_grant(jb_store *store, jb_operation *operation, const jb_grant_options *options, char **credentials,
                   jb_error *error)
{
    jb_error own = JB_ERROR_INIT;
    if (error == NULL)
        error = &own;
    if (options == NULL || options->size != sizeof *options || options->count == 0)
        return error_set(error, JB_ERROR_USAGE, "jb_grant_options is missing, of another size, or names no object");
    int code = JB_OK;
    for (size_t i = 0; code == JB_OK && i < options->count; i++)
        code = check_object(store, options->bucket, options->grants[i].key, error);
    if (code != JB_OK)
        return code;
    if (store->driver->grant == NULL)
        return lacking(store, "narrow rights", error);
    return store->driver->grant(store, operation, options, credentials, error);
}
