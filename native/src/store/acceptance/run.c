#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../base/grace.h"
#include "../../base/random.h"
#include "../abort_uploads.h"
#include "trial.h"

static const struct check *const groups[] = {bucket_checks, object_checks, condition_checks,
                                             upload_checks, list_checks,   other_checks};

static int run_check(struct trial *trial, const struct check *check, struct acceptance_result *result)
{
    *result = (struct acceptance_result){.name = check->name, .proves = check->proves, .error = JB_ERROR_INIT};
    trial->error = &result->error;
    trial->needed = RIGHT_NONE;
    int code = check->run(trial);
    trial_clean_up(trial);
    bool refused = code == JB_ERROR_ACCESS;
    result->right = refused ? trial_right_name(trial) : NULL;
    if (code == JB_OK) {
        if (result->error.code != JB_OK) /* left by a step whose refusal was wanted */
            result->error = (jb_error)JB_ERROR_INIT;
        result->outcome = ACCEPTANCE_PASS;
    } else {
        bool absent = code == JB_ERROR_UNSUPPORTED || (refused && check->optional);
        result->outcome = absent ? ACCEPTANCE_ABSENT : ACCEPTANCE_FAIL;
    }
    return code == JB_ERROR_CANCELLED ? code : JB_OK;
}

#define SWEEP_KEYS 500
#define SWEEPS_MAX 100 /* where a store keeps what it was told to remove */

/* Keys and versions of a listing's beginning. A page that shrinks while it is read would hide some, so each batch is
 * removed before the listing begins anew. */
struct sweep {
    struct trial *trial;
    struct store_key keys[SWEEP_KEYS];
    size_t count;
};

static void sweep_batch(struct sweep *sweep)
{
    jb_error ignored = JB_ERROR_INIT;
    store_remove(sweep->trial->store, sweep->trial->tidying, sweep->trial->bucket, sweep->keys, sweep->count, &ignored);
    for (size_t i = 0; i < sweep->count; i++) {
        free((char *)(uintptr_t)sweep->keys[i].key);
        free((char *)(uintptr_t)sweep->keys[i].version);
    }
    sweep->count = 0;
}

static int sweep_object(void *context, const jb_object_info *info)
{
    struct sweep *sweep = context;
    struct store_key *key = &sweep->keys[sweep->count];
    *key = (struct store_key){.key = strdup(info->key)};
    if (info->version[0] != '\0')
        key->version = strdup(info->version);
    if (key->key == NULL)
        return 1;
    return ++sweep->count == SWEEP_KEYS;
}

/* Whatever is left below the prefix: versions and markers too, and uploads. Also when cancelled. */
static void sweep_prefix(struct trial *trial)
{
    jb_error ignored = JB_ERROR_INIT;
    struct store_bucket_features features;
    struct sweep sweep = {.trial = trial};
    trial->operation = trial->tidying;
    trial->error = &ignored;
    bool versioned = store_bucket_features(trial->store, trial->tidying, trial->bucket, &features, &ignored) == JB_OK &&
                     features.versioned;
    bool more = true;
    for (unsigned i = 0; more && i < SWEEPS_MAX; i++) {
        trial_list(trial, "", NULL, versioned, sweep_object, &sweep);
        more = sweep.count == SWEEP_KEYS;
        sweep_batch(&sweep);
    }
    struct abort_request request = {.bucket = trial->bucket, .prefix = trial->prefix, .before = INT64_MAX};
    json_t *aborted = json_array();
    if (aborted != NULL)
        abort_uploads(trial->store, trial->tidying, &request, aborted, &ignored);
    json_decref(aborted);
}

static int run_checks(struct trial *trial, bool full, acceptance_fn each, void *context, jb_error *error)
{
    for (size_t group = 0; group < sizeof groups / sizeof *groups; group++)
        for (const struct check *check = groups[group]; check->name != NULL; check++) {
            if (!full && !check->quick)
                continue;
            struct acceptance_result result;
            int code = run_check(trial, check, &result);
            if (code != JB_OK)
                return error_copy(error, &result.error);
            code = each(context, &result, error);
            if (code != JB_OK)
                return code;
        }
    return JB_OK;
}

int acceptance_run(jb_store *store, jb_operation *operation, const char *bucket, bool full, acceptance_fn each,
                   void *context, jb_error *error)
{
    struct grace *grace;
    int code = grace_new(operation, GRACE_MS, &grace, error);
    if (code != JB_OK)
        return code;
    struct trial *trial = calloc(1, sizeof *trial);
    if (trial == NULL) {
        grace_free(grace);
        return error_no_memory(error);
    }
    *trial =
        (struct trial){.store = store, .operation = operation, .tidying = grace_operation(grace), .bucket = bucket};
    char random[33];
    random_name(random);
    snprintf(trial->prefix, sizeof trial->prefix, TRIAL_PREFIX "%s/", random);
    code = run_checks(trial, full, each, context, error);
    sweep_prefix(trial);
    free(trial);
    grace_free(grace);
    return code;
}
