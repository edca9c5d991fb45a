/*
 * Uploads that were begun and not completed: names under which blocks wait, and no blob is there yet. The service has
 * no abort, so those that were given up look as those that live do: they count once they are old enough for a backup to
 * be abandoned (15 minutes).
 */
#include <stdlib.h>
#include <string.h>

#include "../../base/clock.h"
#include "list.h"
#include "upload.h"

#define ALIVE_SECONDS 900

struct search {
    struct azure_store *azure;
    jb_operation *operation;
    const char *bucket;
    store_unfinished_fn each;
    void *context;
};

/* The youngest of the uploads whose blocks wait under one name: by its age all of them are judged. */
struct waiting {
    size_t count;
    bool foreign; /* not only this product's: nobody can tell how old they are */
    int64_t begun;
};

static int take_block(void *context, const struct azure_block *block, jb_error *error)
{
    struct waiting *waiting = context;
    int64_t begun;
    (void)error;
    waiting->count++;
    if (!azure_block_begun(block->id, &begun))
        waiting->foreign = true;
    else if (begun > waiting->begun)
        waiting->begun = begun;
    return JB_OK;
}

/* A blob that is there has its own blocks listed with those that wait to replace it; it is left alone. */
static int look(void *context, const jb_object_info *info, jb_error *error)
{
    const struct search *search = context;
    jb_error problem = JB_ERROR_INIT;
    jb_object_info blob = {.size = sizeof blob};
    struct waiting waiting = {0, false, 0};
    if (info->bytes != 0 || store_check_names(search->bucket, info->key, &problem) != JB_OK ||
        azure_check_names(search->bucket, info->key, &problem) != JB_OK)
        return JB_OK;
    int code = azure_stat(&search->azure->store, search->operation, search->bucket, info->key, NULL, &blob, &problem);
    if (code == JB_OK)
        return JB_OK;
    if (code == JB_ERROR_NOT_FOUND)
        code = azure_blocks(search->azure, search->operation, search->bucket, info->key, false, take_block, &waiting,
                            NULL, &problem);
    if (code != JB_OK && code != JB_ERROR_NOT_FOUND)
        return error_copy(error, &problem);
    if (waiting.count == 0 || waiting.foreign || waiting.begun > clock_now() - ALIVE_SECONDS)
        return JB_OK;
    const struct store_unfinished unfinished = {.key = info->key, .id = "blocks", .begun = waiting.begun};
    return search->each(search->context, &unfinished) != 0
               ? error_set(error, JB_ERROR_CANCELLED, "the listing was ended by its reader")
               : JB_OK;
}

int azure_list_uploads(jb_store *store, jb_operation *operation, const char *bucket, const char *prefix,
                       store_unfinished_fn each, void *context, jb_error *error)
{
    struct search search = {(struct azure_store *)store, operation, bucket, each, context};
    const struct azure_listing listing = {.azure = search.azure,
                                          .operation = operation,
                                          .bucket = bucket,
                                          .prefix = prefix != NULL ? prefix : "",
                                          .include = "uncommittedblobs",
                                          .each = look,
                                          .context = &search};
    return azure_list_all(&listing, error);
}

/* An empty blob takes the place of the waiting blocks, if no blob is there, and goes again, if it is still that one:
   also when cancelled, so that it does not stay under the name. */
int azure_remove_upload(jb_store *store, jb_operation *operation, const char *bucket, const char *key, const char *id,
                        jb_error *error)
{
    (void)id; /* the service has none */
    struct azure_store *azure = (struct azure_store *)store;
    jb_object_info info = {.size = sizeof info};
    jb_error problem = JB_ERROR_INIT;
    int code = azure_commit_nothing(azure, operation, bucket, key, &info, &problem);
    if (code == JB_ERROR_CONFLICT && problem.store_status == 409)
        return JB_OK; /* somebody completed it */
    if (code != JB_OK)
        return error_copy(error, &problem);
    return azure_remove_exactly(azure, NULL, bucket, key, &info, error);
}
