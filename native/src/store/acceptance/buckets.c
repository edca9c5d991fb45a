/* Buckets as wholes. */
#include <stdio.h>

#include "../../base/random.h"
#include "trial.h"

static int bucket_is_there(struct trial *trial)
{
    trial->needed = RIGHT_LIST;
    return jb_store_test_bucket(trial->store, trial->operation, trial->bucket, trial->error);
}

static int refuse_to_delete_full(struct trial *trial, const char *bucket)
{
    jb_object_info info;
    static const char key[] = "object";
    static const struct store_key keys[] = {{.key = key}};
    jb_error refusal = JB_ERROR_INIT;
    trial->needed = RIGHT_WRITE;
    int code =
        store_write(trial->store, trial->operation, bucket, key, "x", 1, NULL, trial_always, &info, trial->error);
    if (code != JB_OK)
        return code;
    trial->needed = RIGHT_DELETE_BUCKET;
    int deleted = jb_store_delete_bucket(trial->store, trial->operation, bucket, &refusal);
    trial->needed = RIGHT_REMOVE;
    code = store_remove(trial->store, trial->tidying, bucket, keys, 1, trial->error);
    if (deleted == JB_OK)
        return trial_failed(trial, "the store deleted a bucket with an object in it");
    if (deleted != JB_ERROR_CONFLICT)
        return error_copy(trial->error, &refusal);
    return code;
}

/* Twice, for the second one must be told apart from a failure. */
static int use_bucket(struct trial *trial, const char *bucket)
{
    trial->needed = RIGHT_MAKE_BUCKET;
    int code = jb_store_make_bucket(trial->store, trial->operation, bucket, trial->error);
    if (code == JB_OK)
        code = jb_store_test_bucket(trial->store, trial->operation, bucket, trial->error);
    return code == JB_OK ? refuse_to_delete_full(trial, bucket) : code;
}

static int buckets_come_and_go(struct trial *trial)
{
    char bucket[50], random[33];
    random_name(random);
    snprintf(bucket, sizeof bucket, TRIAL_PREFIX "%.16s", random);
    trial->needed = RIGHT_MAKE_BUCKET;
    int code = jb_store_make_bucket(trial->store, trial->operation, bucket, trial->error);
    if (code != JB_OK)
        return code;
    jb_error problem = JB_ERROR_INIT;
    code = use_bucket(trial, bucket);
    enum trial_right needed = trial->needed;
    int deleted = jb_store_delete_bucket(trial->store, trial->tidying, bucket, &problem);
    if (code != JB_OK) {
        trial->needed = needed;
        return code;
    }
    trial->needed = RIGHT_DELETE_BUCKET;
    if (deleted != JB_OK)
        return error_copy(trial->error, &problem);
    code = jb_store_test_bucket(trial->store, trial->operation, bucket, &problem);
    if (code == JB_OK)
        return trial_failed(trial, "the store still has the bucket '%s' after it was deleted", bucket);
    return code == JB_ERROR_NOT_FOUND ? JB_OK : error_copy(trial->error, &problem);
}

const struct check bucket_checks[] = {
    {.name = "bucket", .proves = "The bucket is there and may be looked at.", .run = bucket_is_there, .quick = true},
    {.name = "buckets",
     .proves = "Buckets are made and deleted, and one with an object in it stays.",
     .run = buckets_come_and_go,
     .optional = true},
    {.name = NULL},
};
