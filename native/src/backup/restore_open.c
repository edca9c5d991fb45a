#include <string.h>

#include "../codec/age.h"
#include "../codec/json.h"
#include "../stream/object_keys.h"
#include "../stream/process.h"
#include "old.h"
#include "restore_apart.h"
#include "restore_paths.h"

static int check_options(const jb_restore_options *options, jb_error *error)
{
    if (options == NULL || options->size != sizeof *options)
        return error_set(error, JB_ERROR_USAGE, "jb_restore_options is missing or of another size");
    if (options->target == NULL || options->target[0] != '/')
        return error_set(error, JB_ERROR_USAGE, "the target '%s' is no absolute path",
                         options->target == NULL ? "" : options->target);
    if (options->journal == NULL || options->journal[0] != '/')
        return error_set(error, JB_ERROR_USAGE, "the journal '%s' is no absolute path",
                         options->journal == NULL ? "" : options->journal);
    int code = options->consumer == NULL ? JB_OK : process_find_consumer(options->consumer, error);
    return code != JB_OK || options->decryption == NULL ? code : age_decryption_check(options->decryption, error);
}

void restore_clean_up(struct restore *restore)
{
    selection_clean_up(&restore->selection);
    object_clean_up(&restore->object);
    backup_clean_up(&restore->backup);
}

/* Who restores a whole archive needs no right to read its index. */
static int confirm(jb_store *store, const struct restore *restore, jb_error *error)
{
    const jb_restore_options *options = restore->options;
    struct object archive = restore->object;
    char prefix[STORE_KEY_MAX + 1];
    archive.index = NULL;
    int code =
        folder_confirm_object(store, restore->operation, options->name.bucket, &restore->backup.id, &archive, error);
    if (code != JB_OK)
        return code;
    backup_key(&restore->backup.id, "", prefix, sizeof prefix);
    return object_keys_try(store, restore->operation, options->name.bucket, prefix, &archive, options->decryption,
                           error);
}

static int describe(jb_store *store, struct restore *restore, jb_error *error)
{
    restore->name = json_member_text(restore->description, "name");
    restore->tree = strcmp(json_member_text(restore->description, "kind"), "tree") == 0;
    restore->kind = restore->tree || restore->options->consumer != NULL ? SWAP_TREE : SWAP_FILE;
    return restore->options->paths != NULL ? restore_select(store, restore, error) : JB_OK;
}

/* By the caller's word there is no seal: nothing is read but the object. */
static int find_old(jb_store *store, struct restore *restore, jb_error *error)
{
    const jb_restore_options *options = restore->options;
    const jb_backup_name *name = &options->name;
    if (options->object == NULL || name->timestamp == NULL || name->mode == NULL)
        return error_set(error, JB_ERROR_USAGE,
                         "of an old backup without its listing, timestamp, mode and object are "
                         "needed");
    int code = store_check_names(name->bucket, NULL, error);
    if (code == JB_OK)
        code = backup_id_set(&restore->backup.id, name->name, name->timestamp, name->mode, error);
    restore->backup.old = true;
    return code != JB_OK ? code
                         : old_describe_object(store, restore->operation, name->bucket, &restore->backup.id,
                                               options->object, &restore->backup.document, error);
}

int restore_open(jb_store *store, jb_operation *operation, const jb_restore_options *options, struct restore *restore,
                 jb_error *error)
{
    *restore = (struct restore){.operation = operation, .options = options};
    int code = check_options(options, error);
    if (code == JB_OK)
        code = owner_parse(options->owner, &restore->owner, error);
    if (code == JB_OK)
        code = restore_apart(store, options->target, error);
    if (code == JB_OK)
        code = options->old ? find_old(store, restore, error)
                            : backup_find(store, operation, &options->name, false, &restore->backup, error);
    if (code == JB_OK)
        code = backup_object(&restore->backup, options->object, &restore->description, error);
    if (code == JB_OK && !restore->backup.old) {
        code = object_from_json(restore->description, &restore->object, error);
        if (code == JB_OK)
            code = confirm(store, restore, error);
    } else if (code == JB_OK) {
        code =
            object_keys_given(json_member_text(restore->description, "name"), false, true, options->decryption, error);
    }
    if (code == JB_OK)
        code = describe(store, restore, error);
    if (code != JB_OK)
        restore_clean_up(restore);
    return code;
}

uint64_t restore_needed_bytes(const struct restore *restore)
{
    uint64_t bytes = restore->object.content_bytes;
    /* Holes take no room. */
    if (restore->options->paths != NULL && restore->selection.stored_bytes < bytes)
        bytes = restore->selection.stored_bytes;
    if (restore->backup.old && bytes == 0)
        json_member_count(restore->description, "size", &bytes);
    return bytes;
}

json_t *restore_account(const struct restore *restore, int *code, jb_error *error)
{
    json_t *json = json_object();
    json_put_text(json, "backup", restore->backup.id.folder, code, error);
    json_put_text(json, "object", restore->name, code, error);
    json_put_text(json, "target", restore->options->target, code, error);
    json_put_count(json, "bytes", restore_needed_bytes(restore), code, error);
    if (restore->options->paths != NULL)
        json_put_count(json, "fetched", restore_selected_fetch(restore), code, error);
    restore_tell_marked(restore, json, code, error);
    return json;
}
