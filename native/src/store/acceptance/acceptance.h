/*
 * What every store must do for backups to be safe there, as one list of checks: drivers' tests run it, and users run it
 * on their own store (jb_store_diagnose).
 */
#ifndef STORE_ACCEPTANCE_ACCEPTANCE_H
#define STORE_ACCEPTANCE_ACCEPTANCE_H

#include "../store.h"

enum acceptance_outcome {
    ACCEPTANCE_PASS,
    ACCEPTANCE_FAIL,
    ACCEPTANCE_ABSENT, /* the store has it not, and says so; nothing is wrong */
};

struct acceptance_result {
    const char *name;   /* "ranges"; static */
    const char *proves; /* one sentence; static */
    enum acceptance_outcome outcome;
    const char *right; /* what the credentials lack; NULL: nothing, or not known; static */
    jb_error error;    /* its text is the detail, also where the check passes or the thing is absent; may be "" */
};

typedef int (*acceptance_fn)(void *context, const struct acceptance_result *result, jb_error *error);

/*
 * Runs the checks (without `full` only the quick ones) below a random prefix of the bucket, and calls `each` after each
 * one; what that does not answer with JB_OK ends it. Everything made is removed again, also after a failure, and when
 * cancelled as far as the store answers within 10 s. JB_ERROR_CANCELLED, or what `each` said; failed checks are no
 * errors here.
 */
int acceptance_run(jb_store *store, jb_operation *operation, const char *bucket, bool full, acceptance_fn each,
                   void *context, jb_error *error);

#endif
