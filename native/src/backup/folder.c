#include "folder.h"

#include <string.h>

bool folder_keeps_name(const char *object)
{
    return strcmp(object, SEAL_NAME) == 0 || strcmp(object, VERIFIED_NAME) == 0 ||
           strncmp(object, ALIVE_PREFIX, strlen(ALIVE_PREFIX)) == 0;
}

/* What a store would keep of these parts, if it kept a digest of the same kind. */
static int expected_digest(const struct object_segment *segment, const struct store_digest *digest,
                           unsigned char sha256[SHA256_SIZE], bool *comparable, jb_error *error)
{
    *comparable = digest->known && segment->part_count > 0 &&
                  (digest->parts == 0 ? segment->part_count == 1 : digest->parts == segment->part_count);
    if (!*comparable)
        return JB_OK;
    if (digest->parts == 0) {
        memcpy(sha256, segment->parts[0].sha256, SHA256_SIZE);
        return JB_OK;
    }
    struct sha256 *sha;
    int code = sha256_new(&sha, error);
    if (code != JB_OK)
        return code;
    for (size_t i = 0; i < segment->part_count; i++)
        sha256_update(sha, segment->parts[i].sha256, SHA256_SIZE);
    sha256_finish(sha, sha256);
    sha256_free(sha);
    return JB_OK;
}

static int damaged(const struct backup_id *id, jb_error *error)
{
    error_prefix(error, "the backup '%s' is damaged", id->folder);
    return error_hint(error, "restore another backup");
}

static int confirm_segment(jb_store *store, jb_operation *operation, const char *bucket, const struct backup_id *id,
                           const struct object_segment *segment, jb_error *error)
{
    char key[STORE_KEY_MAX + 1];
    backup_key(id, segment->name, key, sizeof key);
    jb_object_info info;
    struct store_digest digest;
    unsigned char sha256[SHA256_SIZE];
    bool comparable;
    int code = store_stat_digest(store, operation, bucket, key, object_segment_version(segment), &info, &digest, error);
    if (code == JB_ERROR_NOT_FOUND) {
        error_set(error, JB_ERROR_VERIFY, "its object '%s' is missing in '%s'", segment->name, bucket);
        return damaged(id, error);
    }
    if (code != JB_OK)
        return code;
    if (info.bytes != segment->bytes) {
        error_set(error, JB_ERROR_VERIFY, "its object '%s' in '%s' has %llu bytes instead of %llu", segment->name,
                  bucket, (unsigned long long)info.bytes, (unsigned long long)segment->bytes);
        return damaged(id, error);
    }
    code = expected_digest(segment, &digest, sha256, &comparable, error);
    if (code != JB_OK || !comparable || memcmp(sha256, digest.sha256, SHA256_SIZE) == 0)
        return code;
    error_set(
        error, JB_ERROR_VERIFY,
        "its object '%s' in '%s' is another one than was put: the SHA-256 that the store keeps of it differs from "
        "the seal's",
        segment->name, bucket);
    return damaged(id, error);
}

int folder_confirm_object(jb_store *store, jb_operation *operation, const char *bucket, const struct backup_id *id,
                          const struct object *object, jb_error *error)
{
    for (size_t i = 0; i < object->segment_count; i++) {
        int code = confirm_segment(store, operation, bucket, id, &object->segments[i], error);
        if (code != JB_OK)
            return code;
    }
    return object->index != NULL ? folder_confirm_object(store, operation, bucket, id, object->index, error) : JB_OK;
}
