#include "../base/clock.h"
#include "../codec/json.h"
#include "../stream/object.h"
#include "find.h"

int jb_protection_check(jb_store *store, jb_operation *operation, const char *bucket, const jb_protection *protection,
                        jb_error *error)
{
    jb_error own = JB_ERROR_INIT;
    if (error == NULL)
        error = &own;
    if (protection == NULL || protection->size != sizeof *protection)
        return error_set(error, JB_ERROR_USAGE, "jb_protection is missing or of another size");
    if (protection->retention == JB_RETENTION_NONE && !protection->legal_hold)
        return error_set(error, JB_ERROR_USAGE, "neither a retention nor a legal hold is asked for");
    if (protection->retention != JB_RETENTION_NONE && protection->until <= clock_now())
        return error_set(error, JB_ERROR_USAGE, "the retention would end before now");
    struct store_bucket_features features;
    int code = store_bucket_features(store, operation, bucket, &features, error);
    if (code != JB_OK || features.lockable)
        return code;
    error_set(error, JB_ERROR_UNSUPPORTED, "the bucket '%s' has no object lock", bucket);
    return error_hint(error, "most stores can give it to a bucket only when that is made");
}

static int protect_one(jb_store *store, jb_operation *operation, const char *bucket, const struct backup_id *id,
                       const char *name, const char *version, const jb_protection *protection, jb_error *error)
{
    char text[STORE_KEY_MAX + 1];
    backup_key(id, name, text, sizeof text);
    const struct store_key key = {.key = text, .version = version};
    return store_protect(store, operation, bucket, &key, protection, error);
}

static int protect_segments(jb_store *store, jb_operation *operation, const char *bucket, const struct backup_id *id,
                            const struct object *object, const jb_protection *protection, jb_error *error)
{
    int code = JB_OK;
    for (size_t i = 0; code == JB_OK && i < object->segment_count; i++)
        code = protect_one(store, operation, bucket, id, object->segments[i].name,
                           object_segment_version(&object->segments[i]), protection, error);
    return code;
}

static int protect_object(jb_store *store, jb_operation *operation, const char *bucket, const struct backup_id *id,
                          const json_t *description, const jb_protection *protection, jb_error *error)
{
    struct object object;
    int code = object_from_json(description, &object, error);
    if (code != JB_OK)
        return code;
    code = protect_segments(store, operation, bucket, id, &object, protection, error);
    if (code == JB_OK && object.index != NULL)
        code = protect_segments(store, operation, bucket, id, object.index, protection, error);
    object_clean_up(&object);
    return code;
}

static int make_account(const struct backup_id *id, const jb_protection *protection, size_t objects, char **account,
                        jb_error *error)
{
    static const char *const names[] = {"none", "governance", "compliance"};
    int code = JB_OK;
    char until[CLOCK_UTC_SIZE];
    clock_format_utc(protection->until, until);
    json_t *json = json_object();
    json_put_text(json, "backup", id->folder, &code, error);
    json_put_text(json, "retention", names[protection->retention], &code, error);
    if (protection->retention != JB_RETENTION_NONE)
        json_put_text(json, "until", until, &code, error);
    json_put(json, "legal_hold", json_boolean(protection->legal_hold), &code, error);
    json_put_count(json, "objects", objects, &code, error);
    if (code == JB_OK)
        code = json_text(json, account, error);
    json_decref(json);
    return code;
}

static int protect(jb_store *store, jb_operation *operation, const char *bucket, const struct backup *backup,
                   const jb_protection *protection, char **account, jb_error *error)
{
    if (backup->old)
        return error_set(error, JB_ERROR_UNSUPPORTED, "the old backup '%s' has no seal that says what belongs to it",
                         backup->id.folder);
    const json_t *objects = json_object_get(backup->document, "objects");
    int code = JB_OK;
    for (size_t i = 0; code == JB_OK && i < json_array_size(objects); i++)
        code = protect_object(store, operation, bucket, &backup->id, json_array_get(objects, i), protection, error);
    if (code == JB_OK) {
        struct seal seal;
        code = seal_read(store, operation, bucket, &backup->id, &seal, error);
        if (code == JB_OK) {
            code = protect_one(store, operation, bucket, &backup->id, SEAL_NAME,
                               seal.version[0] != '\0' ? seal.version : NULL, protection, error);
            seal_clean_up(&seal);
        }
    }
    if (code == JB_OK && account != NULL)
        code = make_account(&backup->id, protection, json_array_size(objects), account, error);
    return code;
}

int jb_backup_protect(jb_store *store, jb_operation *operation, const jb_backup_name *name,
                      const jb_protection *protection, char **account, jb_error *error)
{
    jb_error own = JB_ERROR_INIT;
    if (error == NULL)
        error = &own;
    struct backup backup;
    int code = backup_find(store, operation, name, false, &backup, error);
    if (code != JB_OK)
        return code;
    code = jb_protection_check(store, operation, name->bucket, protection, error);
    if (code == JB_OK)
        code = protect(store, operation, name->bucket, &backup, protection, account, error);
    backup_clean_up(&backup);
    return code;
}
