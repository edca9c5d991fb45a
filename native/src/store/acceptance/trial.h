/* What the checks share: one store under trial, keys below its own prefix, and steps that say what went wrong. */
#ifndef STORE_ACCEPTANCE_TRIAL_H
#define STORE_ACCEPTANCE_TRIAL_H

#include "acceptance.h"

#define TRIAL_KEYS_MAX 1400
#define TRIAL_PREFIX   "jpsbackup-doctor-"

/* The rights that steps need, in the words of each kind of store. */
enum trial_right {
    RIGHT_NONE,
    RIGHT_READ,
    RIGHT_WRITE,
    RIGHT_REMOVE,
    RIGHT_LIST,
    RIGHT_MAKE_BUCKET,
    RIGHT_DELETE_BUCKET,
    RIGHT_UPLOADS,
    RIGHT_ABORT,
    RIGHT_PROTECT,
};

struct trial {
    jb_store *store;
    jb_operation *operation;
    jb_operation *tidying; /* takes away what was made, also when `operation` is cancelled */
    const char *bucket;
    char prefix[64];            /* with its '/' */
    enum trial_right needed;    /* by the step that was taken last */
    jb_error *error;            /* the check's */
    char *keys[TRIAL_KEYS_MAX]; /* all that the present check named; trial_clean_up removes them */
    size_t key_count;
};

/*
 * A check answers JB_OK where it passed (the error's text may hold a detail), JB_ERROR_UNSUPPORTED where the store has
 * no such thing, else its failure. All with the text in trial->error.
 */
struct check {
    const char *name;
    const char *proves;
    int (*run)(struct trial *trial);
    bool quick;    /* also runs without `full` */
    bool optional; /* refused rights count as not there: backups do without */
};

extern const struct check bucket_checks[], object_checks[], condition_checks[], upload_checks[], list_checks[],
    other_checks[]; /* each ended by a name NULL */

/* NULL: none known by this store's kind. */
const char *trial_right_name(const struct trial *trial);

/* A key below the prefix; lives until the check's end. NULL without memory or room, with the error set. */
const char *trial_key(struct trial *trial, const char *name);
/* Removes all that the check made; best effort, works when cancelled. */
void trial_clean_up(struct trial *trial);

/* JB_ERROR_FAILED with a text: "the store …". */
int trial_failed(struct trial *trial, const char *format, ...) __attribute__((format(printf, 2, 3)));
int trial_absent(struct trial *trial, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* JB_OK with a detail. */
int trial_passed(struct trial *trial, const char *format, ...) __attribute__((format(printf, 2, 3)));

extern const struct store_condition trial_always, trial_if_absent;

/* Steps; all through the checked forms of store.h. `info` may be NULL. */
int trial_write(struct trial *trial, const char *key, const char *text, struct store_condition condition,
                jb_object_info *info);
/* Is the object there with exactly this text? */
int trial_expect(struct trial *trial, const char *key, const char *text, jb_object_info *info);
int trial_expect_missing(struct trial *trial, const char *key);
int trial_remove(struct trial *trial, const char *const *keys, size_t count);
/* `code` must be JB_ERROR_CONFLICT (or, with `or_missing`, JB_ERROR_NOT_FOUND); `what` ends "the store …". */
int trial_expect_conflict(struct trial *trial, int code, bool or_missing, const char *what);
/* Calls for every key below prefix + `below`. */
int trial_list(struct trial *trial, const char *below, const char *delimiter, bool versions, jb_object_fn each,
               void *context);
/* Reads `count` bytes at `offset` into `bytes`. */
int trial_range(struct trial *trial, const char *key, uint64_t offset, char *bytes, size_t count);

/* Parts of an object: `count` of them, `bytes` each but the last with `last_bytes`; their bytes follow from `seed`. */
struct trial_parts {
    size_t count;
    size_t bytes;
    size_t last_bytes;
    unsigned seed;
};
void trial_fill(const struct trial_parts *parts, size_t number, char *bytes, size_t count);
/* Begins an upload and sends all parts, the last one first, all at once. NULL upload on failure. */
int trial_upload(struct trial *trial, const char *key, const struct trial_parts *parts, struct store_upload **upload);
void trial_abort(struct trial *trial, struct store_upload *upload);
/* Does the object consist of exactly these bytes? */
int trial_expect_parts(struct trial *trial, const char *key, const struct trial_parts *parts);

#endif
