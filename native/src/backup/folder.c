#include "folder.h"

#include <string.h>

bool folder_keeps_name(const char *object)
{
    return strcmp(object, SEAL_NAME) == 0 || strcmp(object, VERIFIED_NAME) == 0 ||
           strncmp(object, ALIVE_PREFIX, strlen(ALIVE_PREFIX)) == 0;
}

int folder_confirm_object(jb_store *store, jb_operation *operation, const char *bucket, const struct backup_id *id,
                          const struct object *object, jb_error *error)
{
    for (size_t i = 0; i < object->segment_count; i++) {
        const struct object_segment *segment = &object->segments[i];
        char key[STORE_KEY_MAX + 1];
        backup_key(id, segment->name, key, sizeof key);
        jb_object_info info;
        int code = store_stat(store, operation, bucket, key, object_segment_version(segment), &info, error);
        if (code == JB_OK && info.bytes != segment->bytes)
            code = error_set(error, JB_ERROR_VERIFY, "'%s/%s' has %llu bytes instead of %llu", bucket, key,
                             (unsigned long long)info.bytes, (unsigned long long)segment->bytes);
        if (code != JB_OK)
            return code;
    }
    return object->index != NULL ? folder_confirm_object(store, operation, bucket, id, object->index, error) : JB_OK;
}
