#include <stdlib.h>
#include <string.h>

#include "../base/crew.h"
#include "../store/store.h"

#define BATCH_KEYS 1000 /* what S3 takes in one request */
#define AT_ONCE    4

struct deletion {
    jb_store *store;
    jb_operation *operation;
    const char *bucket;
    struct crew *crew;
    struct batch *filling;
    uint64_t removed;
    jb_error *error;
    int code;
};

struct batch {
    struct crew_job job; /* first */
    struct deletion *deletion;
    struct store_key keys[BATCH_KEYS];
    size_t count;
};

static void batch_free(struct batch *batch)
{
    if (batch == NULL)
        return;
    for (size_t i = 0; i < batch->count; i++)
        free((char *)(uintptr_t)batch->keys[i].key);
    free(batch);
}

static void run_batch(struct crew_job *base)
{
    struct batch *batch = (struct batch *)base;
    const struct deletion *deletion = batch->deletion;
    base->error.code = (jb_code)store_remove(deletion->store, deletion->operation, deletion->bucket, batch->keys,
                                             batch->count, &base->error);
}

static int take_batch(void *context, struct crew_job *base, jb_error *error)
{
    struct deletion *deletion = context;
    struct batch *batch = (struct batch *)base;
    int code = (int)base->error.code;
    if (code != JB_OK) {
        error_copy(error, &base->error);
    } else {
        deletion->removed += batch->count;
        code = operation_progress(deletion->operation, 0, batch->count, batch->keys[0].key, error);
    }
    batch_free(batch);
    return code;
}

static int send_batch(struct deletion *deletion, jb_error *error)
{
    struct batch *batch = deletion->filling;
    if (batch == NULL)
        return JB_OK;
    batch->deletion = deletion;
    batch->job.run = run_batch;
    int code = crew_submit(deletion->crew, &batch->job, deletion->operation, error);
    if (code == JB_OK)
        deletion->filling = NULL;
    return code;
}

static int found(void *context, const jb_object_info *info)
{
    struct deletion *deletion = context;
    if (deletion->filling == NULL)
        deletion->filling = calloc(1, sizeof *deletion->filling);
    struct batch *batch = deletion->filling;
    char *key = batch != NULL ? strdup(info->key) : NULL;
    if (key == NULL) {
        deletion->code = error_no_memory(deletion->error);
        return 1;
    }
    batch->keys[batch->count++].key = key;
    if (batch->count == BATCH_KEYS)
        deletion->code = send_batch(deletion, deletion->error);
    return deletion->code;
}

static int delete_listed(struct deletion *deletion, const char *prefix, jb_error *error)
{
    jb_error problem = JB_ERROR_INIT, later = JB_ERROR_INIT;
    const jb_list_options options = {.size = sizeof options, .prefix = prefix};
    int code =
        jb_store_list(deletion->store, deletion->operation, deletion->bucket, &options, found, deletion, &problem);
    if (deletion->code != JB_OK)
        code = deletion->code;
    else if (code != JB_OK)
        error_copy(error, &problem);
    if (code == JB_OK)
        code = send_batch(deletion, error);
    int waited = crew_wait(deletion->crew, code == JB_OK ? error : &later);
    return code == JB_OK ? waited : code;
}

int jb_store_delete_prefix(jb_store *store, jb_operation *operation, const char *bucket, const char *prefix,
                           uint64_t *removed, jb_error *error)
{
    jb_error own = JB_ERROR_INIT;
    if (error == NULL)
        error = &own;
    if (removed != NULL)
        *removed = 0;
    if (store == NULL || prefix == NULL || *prefix == '\0')
        return error_set(error, JB_ERROR_USAGE, "the store or the prefix is missing");
    struct deletion deletion = {.store = store, .operation = operation, .bucket = bucket, .error = error};
    int code = store_check_names(bucket, NULL, error);
    if (code == JB_OK)
        code = crew_new(AT_ONCE, SIZE_MAX, take_batch, &deletion, &deletion.crew, error);
    if (code != JB_OK)
        return code;
    operation_phase(operation, "delete", prefix, 0, 0);
    code = delete_listed(&deletion, prefix, error);
    if (code == JB_OK)
        code = operation_phase_end(operation, error);
    batch_free(deletion.filling);
    crew_free(deletion.crew);
    if (removed != NULL)
        *removed = deletion.removed;
    return code;
}
