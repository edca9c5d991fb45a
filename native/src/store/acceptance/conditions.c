/* Conditional writes: what keeps two engines from losing each other's changes. */
#include <string.h>

#include "../conditions.h"
#include "trial.h"

static int created_only_if_absent(struct trial *trial)
{
    const char *key = trial_key(trial, "absent");
    int code = trial_write(trial, key, "first", trial_if_absent, NULL);
    if (code != JB_OK)
        return trial_expect_conflict(trial, code, false, "") != JB_OK
                   ? (int)trial->error->code
                   : trial_failed(trial, "the store says that '%s' exists, which is not so", key);
    code = trial_expect_conflict(trial, trial_write(trial, key, "second", trial_if_absent, NULL), false,
                                 "wrote over an object that was only to be created");
    return code == JB_OK ? trial_expect(trial, key, "first", NULL) : code;
}

static int replaced_only_if_unchanged(struct trial *trial)
{
    const char *key = trial_key(trial, "unchanged"), *missing = trial_key(trial, "missing");
    jb_object_info first, second;
    int code = missing == NULL ? JB_ERROR_MEMORY : trial_write(trial, key, "first", trial_always, &first);
    if (code != JB_OK)
        return code;
    struct store_condition unchanged = {.when = STORE_IF_UNCHANGED, .tag = first.tag};
    code = trial_write(trial, key, "second", unchanged, &second);
    if (code == JB_OK && strcmp(first.tag, second.tag) == 0)
        code = trial_failed(trial, "the store gave a changed object the tag that it had before");
    if (code != JB_OK)
        return code == JB_ERROR_UNSUPPORTED ? trial_expect_conflict(trial, code, false, "") : code;
    code = trial_expect_conflict(trial, trial_write(trial, key, "third", unchanged, NULL), false,
                                 "replaced an object that had been changed meanwhile");
    if (code == JB_OK)
        code = trial_expect(trial, key, "second", NULL);
    if (code == JB_OK)
        code = trial_expect_conflict(trial, trial_write(trial, missing, "x", unchanged, NULL), true,
                                     "made an object that was only to be replaced");
    return code == JB_OK ? trial_expect_missing(trial, missing) : code;
}

static int one_of_two_wins(struct trial *trial)
{
    if (trial->store->single_writer)
        return trial_absent(trial, "not asked for: the store was opened for a single writer");
    const char *why = NULL;
    trial->needed = RIGHT_WRITE;
    int code = store_conditions_measure(trial->store, trial->operation, trial->bucket, &why, trial->error);
    if (code != JB_OK || why == NULL)
        return code;
    trial_failed(trial, "the store has no conditional writes: %s", why);
    return error_hint(trial->error, "backups need them; where nobody else writes there, say so with --single-writer");
}

const struct check condition_checks[] = {
    {.name = "create-if-absent",
     .proves = "An object is created only where there is none.",
     .run = created_only_if_absent,
     .quick = true},
    {.name = "replace-if-unchanged",
     .proves = "An object is replaced only where it is still the one that was read.",
     .run = replaced_only_if_unchanged,
     .quick = true},
    {.name = "race", .proves = "Of two writers at once exactly one wins.", .run = one_of_two_wins, .quick = true},
    {.name = NULL},
};
