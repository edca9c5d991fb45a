#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "../codec/utf8.h"
#include "store.h"

#define BUCKET_MAX 255

static int check_bucket(const char *bucket, jb_error *error)
{
    if (bucket == NULL || bucket[0] == '\0')
        return error_set(error, JB_ERROR_USAGE, "the bucket's name is missing");
    bool good = strlen(bucket) <= BUCKET_MAX && isalnum((unsigned char)bucket[0]) && strstr(bucket, "..") == NULL;
    for (const char *c = bucket; good && *c != '\0'; c++)
        good = isalnum((unsigned char)*c) || *c == '.' || *c == '-' || *c == '_';
    if (good)
        return JB_OK;
    error_set(error, JB_ERROR_USAGE, "'%.300s' is no name for a bucket", bucket);
    return error_hint(error, "use letters, digits, '.', '-' and '_', beginning with a letter or digit");
}

static bool has_bad_component(const char *key)
{
    for (const char *start = key;;) {
        size_t length = strcspn(start, "/");
        if (length == 0 || (length == 1 && start[0] == '.') || (length == 2 && start[0] == '.' && start[1] == '.'))
            return true;
        if (start[length] == '\0')
            return false;
        start += length + 1;
    }
}

int store_check_names(const char *bucket, const char *key, jb_error *error)
{
    int code = check_bucket(bucket, error);
    if (code != JB_OK || key == NULL)
        return code;
    if (strlen(key) > STORE_KEY_MAX)
        return error_set(error, JB_ERROR_USAGE, "the object's name '%.100s...' is longer than %d bytes", key,
                         STORE_KEY_MAX);
    if (!utf8_is_text(key) || has_bad_component(key)) {
        error_set(error, JB_ERROR_USAGE, "'%s' is no name for an object", key);
        return error_hint(error, "names are UTF-8 without control characters and empty, '.' or '..' parts");
    }
    return JB_OK;
}

void store_unnamed_add(struct store_unnamed *unnamed, const jb_object_info *info)
{
    size_t size = strlen(info->key);
    bool is_folder = size > 0 && info->key[size - 1] == '/' && info->bytes == 0;
    if (!is_folder && unnamed->count++ == 0)
        snprintf(unnamed->first, sizeof unnamed->first, "%s", info->key);
}

void store_unnamed_tell(const struct store_unnamed *unnamed, jb_operation *operation, const char *bucket)
{
    if (unnamed->count > 0)
        operation_log(operation, JB_LOG_WARNING,
                      "%llu objects in '%s' are passed over, '%s' first: such names cannot be held by every store",
                      (unsigned long long)unnamed->count, bucket, unnamed->first);
}
