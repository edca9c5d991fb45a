/* Uploads that writers of abandoned backups left unfinished. */
#include <stdio.h>
#include <string.h>

#include "../codec/json.h"
#include "../store/abort_uploads.h"
#include "find.h"

struct sweep {
    jb_store *store;
    jb_operation *operation;
    const jb_gc_options *options;
    int64_t before;
    json_t *aborted;
};

/* Is the folder's seal one of a backup that nobody works on any more? Not so where there is none: such a folder is an
 * old backup. */
static int is_abandoned(const struct sweep *sweep, const struct folder *folder, bool *abandoned, jb_error *error)
{
    *abandoned = false;
    if (!folder->has_seal)
        return JB_OK;
    struct seal seal;
    int code = seal_read(sweep->store, sweep->operation, sweep->options->bucket, &folder->id, &seal, error);
    if (seal_is_unreadable(code) || code == JB_ERROR_NOT_FOUND)
        return JB_OK; /* damaged ones are left for a person to look at */
    if (code != JB_OK)
        return code;
    *abandoned = strcmp(backup_state(sweep->store, sweep->operation, folder, &seal), "abandoned") == 0;
    seal_clean_up(&seal);
    return JB_OK;
}

static int sweep_folder(void *context, const struct folder *folder, jb_error *error)
{
    struct sweep *sweep = context;
    bool abandoned;
    int code = is_abandoned(sweep, folder, &abandoned, error);
    if (code != JB_OK || !abandoned)
        return code;
    char prefix[FOLDER_SIZE + 1];
    snprintf(prefix, sizeof prefix, "%s/", folder->id.folder);
    struct abort_request request = {.bucket = sweep->options->bucket,
                                    .prefix = prefix,
                                    .before = sweep->before,
                                    .dry_run = sweep->options->dry_run};
    return abort_uploads(sweep->store, sweep->operation, &request, sweep->aborted, error);
}

static int check_options(const jb_gc_options *options, jb_error *error)
{
    if (options == NULL || options->size != sizeof *options)
        return error_set(error, JB_ERROR_USAGE, "jb_gc_options is missing or of another size");
    if ((options->prefix == NULL) != (options->older_than == 0) || options->older_than > INT32_MAX) {
        error_set(error, JB_ERROR_USAGE, "a prefix and an age belong together");
        return error_hint(error, "give both to abort uploads outside of abandoned backups too, or none");
    }
    return store_check_names(options->bucket, NULL, error);
}

int jb_gc(jb_store *store, jb_operation *operation, const jb_gc_options *options, char **account, jb_error *error)
{
    jb_error own = JB_ERROR_INIT;
    if (error == NULL)
        error = &own;
    int code = check_options(options, error);
    if (code != JB_OK)
        return code;
    if (options->prefix != NULL)
        return jb_store_abort_uploads(store, operation, options->bucket, options->prefix, options->older_than,
                                      options->dry_run, account, error);
    json_t *result = json_object(), *aborted = json_array();
    json_put(result, "aborted", aborted, &code, error);
    json_put(result, "dry_run", json_boolean(options->dry_run), &code, error);
    struct sweep sweep = {.store = store,
                          .operation = operation,
                          .options = options,
                          .before = clock_now() - SEAL_ABANDONED_SECONDS,
                          .aborted = aborted};
    if (code == JB_OK)
        code = folder_list(store, operation, options->bucket, NULL, sweep_folder, &sweep, error);
    if (code == JB_OK && account != NULL)
        code = json_text(result, account, error);
    json_decref(result);
    return code;
}
