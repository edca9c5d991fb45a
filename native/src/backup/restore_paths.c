#include "restore_paths.h"

#include <errno.h>
#include <string.h>

#include "../archive/index/selected_source.h"
#include "../codec/age.h"
#include "../stream/object_range.h"
#include "../stream/object_source.h"
#include "indexed.h"

static int check_archive(const struct restore *restore, jb_error *error)
{
    if (restore->options->consumer != NULL)
        return error_set(error, JB_ERROR_USAGE, "a program takes the whole content, and paths choose of it");
    if (restore->options->in_place)
        return error_set(error, JB_ERROR_USAGE, "single members replace nothing: there is nothing to do in place");
    if (!restore->tree)
        return error_set(error, JB_ERROR_USAGE, "'%s' is no archive of a tree: it has no paths to choose",
                         restore->name);
    if (restore->object.index != NULL)
        return JB_OK;
    error_set(error, JB_ERROR_UNSUPPORTED, "the archive '%s' has no index of its members", restore->name);
    return error_hint(error, "restore it as a whole into a new directory, and take from there what you need");
}

/* Chosen members would replace all that is there: nobody means that who asks for one lost file. */
static int check_target(const char *target, jb_error *error)
{
    bool empty;
    if (restore_target_is_empty(target, &empty) != 0)
        return errno == ENOENT ? JB_OK : error_set_errno(error, errno, "cannot look into '%s'", target);
    if (empty)
        return JB_OK;
    error_set(error, JB_ERROR_CONFLICT, "'%s' is there already, and single members do not replace it", target);
    return error_hint(error, "restore them into a directory that does not exist, and take from there what you need");
}

static int read_index(jb_store *store, struct restore *restore, bool *again, jb_error *error)
{
    const struct object *object = &restore->object;
    const struct indexed_archive archive = indexed_archive_of(object);
    char prefix[STORE_KEY_MAX + 1];
    backup_key(&restore->backup.id, "", prefix, sizeof prefix);
    struct object_source *source;
    int code = object_source_new(store, restore->operation, restore->options->name.bucket, prefix, object->index, true,
                                 restore->options->decryption, &source, error);
    if (code != JB_OK)
        return code;
    code = selection_read(&restore->selection, object_source_bytes(source), &archive, again, error);
    object_source_free(source);
    restore->index_reads++;
    return index_outcome(code, error);
}

int restore_select(jb_store *store, struct restore *restore, jb_error *error)
{
    const jb_restore_options *options = restore->options;
    bool again = true;
    int code = check_archive(restore, error);
    if (code == JB_OK)
        code = check_target(options->target, error);
    if (code == JB_OK)
        code = selection_init(&restore->selection, options->paths, restore->object.root, error);
    if (code == JB_OK)
        code = index_outcome(folder_confirm_object(store, restore->operation, options->name.bucket, &restore->backup.id,
                                                   restore->object.index, error),
                             error);
    if (code == JB_OK)
        operation_phase(restore->operation, "index", restore->object.index->name, 0, 0);
    while (code == JB_OK && again)
        code = read_index(store, restore, &again, error);
    return code;
}

uint64_t restore_selected_fetch(const struct restore *restore)
{
    uint64_t bytes = restore->index_reads * restore->object.index->bytes;
    for (size_t i = 0; i < restore->selection.frame_count; i++)
        bytes += restore->selection.frames[i].packed_bytes;
    return bytes;
}

/* Where the archive is encrypted, through another range that decrypts; *encrypted is the caller's to free then. */
static int open_packed(struct restore *restore, struct object_range *range, struct age_range **encrypted,
                       struct byte_range **packed, jb_error *error)
{
    *packed = object_range_bytes(range);
    if (!restore->object.encrypted)
        return JB_OK;
    int code = age_range_new(*packed, restore->options->decryption, encrypted, error);
    if (code == JB_OK)
        *packed = age_range_bytes(*encrypted);
    return code;
}

static int extract(struct restore *restore, struct byte_range *packed, const char *staging, struct tar_counts *counts,
                   jb_error *error)
{
    const struct selection *selection = &restore->selection;
    struct selected_source *source;
    int code = selected_source_new(packed, selection, restore->name, &source, error);
    if (code != JB_OK)
        return code;
    operation_phase(restore->operation, "extract", restore->name, selection->bytes, selection->files);
    code = restore_extract(restore, selected_source_bytes(source), staging, selection->files, selection->bytes, counts,
                           error);
    selected_source_free(source);
    return code == JB_OK ? operation_phase_end(restore->operation, error) : code;
}

int restore_fill_selected(jb_store *store, struct restore *restore, const char *staging, struct tar_counts *counts,
                          jb_error *error)
{
    char prefix[STORE_KEY_MAX + 1];
    backup_key(&restore->backup.id, "", prefix, sizeof prefix);
    struct object_range *range;
    struct age_range *encrypted = NULL;
    struct byte_range *packed;
    int code = object_range_new(store, restore->operation, restore->options->name.bucket, prefix, &restore->object,
                                &range, error);
    if (code != JB_OK)
        return code;
    code = open_packed(restore, range, &encrypted, &packed, error);
    if (code == JB_OK)
        code = extract(restore, packed, staging, counts, error);
    age_range_free(encrypted);
    object_range_free(range);
    return code;
}
