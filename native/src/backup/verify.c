#include <string.h>

#include "../archive/tar.h"
#include "../codec/json.h"
#include "../stream/object_source.h"
#include "find.h"

struct verification {
    jb_store *store;
    jb_operation *operation;
    const char *bucket;
    const struct backup *backup;
    bool full;
};

static int read_to_end(jb_operation *operation, struct byte_source *source, uint64_t *bytes, jb_error *error)
{
    for (;;) {
        const void *chunk;
        size_t count;
        int code = source->read(source, &chunk, &count, error);
        if (code != JB_OK || count == 0)
            return code;
        *bytes += count;
        code = operation_progress(operation, count, 0, NULL, error);
        if (code != JB_OK)
            return code;
    }
}

/* Reads every byte: digests on the way in, then the compressed form, then the archive. */
static int verify_content(struct verification *verification, const char *prefix, const struct object *object, bool tree,
                          jb_error *error)
{
    struct object_source *source;
    int code = object_source_new(verification->store, verification->operation, verification->bucket, prefix, object,
                                 true, &source, error);
    if (code != JB_OK)
        return code;
    struct byte_source *bytes = object_source_bytes(source);
    if (tree) {
        struct tar_counts counts = {0};
        code = tar_check(verification->operation, bytes, &counts, error);
        if (code == JB_OK && object != NULL && counts.files != object->files)
            code = error_set(error, JB_ERROR_VERIFY, "the archive holds %llu members instead of %llu",
                             (unsigned long long)counts.files, (unsigned long long)object->files);
    } else {
        uint64_t total = 0;
        code = read_to_end(verification->operation, bytes, &total, error);
        if (code == JB_OK && object != NULL && total != object->content_bytes)
            code = error_set(error, JB_ERROR_VERIFY, "the content has %llu bytes instead of %llu",
                             (unsigned long long)total, (unsigned long long)object->content_bytes);
    }
    object_source_free(source);
    return code;
}

static int verify_described(struct verification *verification, const json_t *description, jb_error *error)
{
    struct object object;
    int code = object_from_json(description, &object, error);
    if (code != JB_OK)
        return code;
    code = folder_confirm_object(verification->store, verification->operation, verification->bucket,
                                 &verification->backup->id, &object, error);
    if (code == JB_OK && verification->full) {
        char prefix[STORE_KEY_MAX + 1];
        backup_key(&verification->backup->id, "", prefix, sizeof prefix);
        operation_phase(verification->operation, "verify", object.name, object.content_bytes, 0);
        code = verify_content(verification, prefix, &object, object.root != NULL, error);
    }
    object_clean_up(&object);
    return code;
}

/* An old backup has no digests: its forms can prove that they are whole, no more. */
static int verify_old(struct verification *verification, const json_t *description, jb_error *error)
{
    if (!verification->full)
        return JB_OK; /* it was just listed */
    const char *name = json_member_text(description, "name");
    char key[STORE_KEY_MAX + 1];
    backup_key(&verification->backup->id, name, key, sizeof key);
    operation_phase(verification->operation, "verify", name, 0, 0);
    return verify_content(verification, key, NULL, strcmp(json_member_text(description, "kind"), "tree") == 0, error);
}

/* Damage is an answer; a store that cannot be reached or a cancelled operation is not. */
static bool is_damage(int code)
{
    return code == JB_ERROR_VERIFY || code == JB_ERROR_NOT_FOUND || code == JB_ERROR_FORMAT || code == JB_ERROR_LIMIT;
}

static int verify_objects(struct verification *verification, json_t *results, uint64_t *damaged, jb_error *error)
{
    const json_t *objects = json_object_get(verification->backup->document, "objects");
    jb_error first = JB_ERROR_INIT;
    for (size_t i = 0; i < json_array_size(objects); i++) {
        const json_t *description = json_array_get(objects, i);
        jb_error trouble = JB_ERROR_INIT;
        int code = verification->backup->old ? verify_old(verification, description, &trouble)
                                             : verify_described(verification, description, &trouble);
        if (code != JB_OK && !is_damage(code))
            return error_copy(error, &trouble);
        const char *name = json_member_text(description, "name");
        int made = JB_OK;
        json_t *result = json_object();
        json_put_text(result, "name", name != NULL ? name : "(unnamed)", &made, error);
        json_put(result, "ok", json_boolean(code == JB_OK), &made, error);
        if (code != JB_OK) {
            json_put_text(result, "error", trouble.text, &made, error);
            if ((*damaged)++ == 0)
                error_copy(&first, &trouble);
        }
        json_append(results, result, &made, error);
        if (made != JB_OK)
            return made;
    }
    if (*damaged == 0)
        return JB_OK;
    error_copy(error, &first);
    error->code = JB_ERROR_VERIFY;
    return error_prefix(error, "%llu of %zu objects of '%s' are damaged or missing", (unsigned long long)*damaged,
                        json_array_size(objects), verification->backup->id.folder);
}

int jb_backup_verify(jb_store *store, jb_operation *operation, const jb_backup_name *name, bool full, char **account,
                     jb_error *error)
{
    jb_error own = JB_ERROR_INIT;
    if (error == NULL)
        error = &own;
    struct backup backup;
    int code = backup_find(store, operation, name, false, &backup, error);
    if (code == JB_ERROR_FORMAT)
        error->code = JB_ERROR_VERIFY; /* a damaged seal */
    if (code != JB_OK)
        return (int)error->code;
    struct verification verification = {
        .store = store, .operation = operation, .bucket = name->bucket, .backup = &backup, .full = full};
    json_t *results = json_array();
    uint64_t damaged = 0;
    int verdict = verify_objects(&verification, results, &damaged, error);
    int made = JB_OK;
    if (account != NULL && (verdict == JB_OK || verdict == JB_ERROR_VERIFY)) {
        json_t *json = json_object();
        json_put_text(json, "backup", backup.id.folder, &made, error);
        json_put(json, "full", json_boolean(full), &made, error);
        json_put(json, "digests", json_boolean(!backup.old), &made, error);
        json_put_count(json, "damaged", damaged, &made, error);
        json_put(json, "objects", json_incref(results), &made, error);
        if (made == JB_OK)
            made = json_text(json, account, error);
        json_decref(json);
    }
    json_decref(results);
    backup_clean_up(&backup);
    return verdict != JB_OK ? verdict : made;
}
