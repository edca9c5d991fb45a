/*
 * Replaces trees and files by staged ones so that any failure leaves, or brings back, the old state. A journal on the
 * disk drives it; each call below may be made by another process than the last, after a crash of anything in between.
 * Form of the journal: docs/formats.md.
 */
#ifndef BACKUP_SWAP_H
#define BACKUP_SWAP_H

#include "../base/operation.h"

struct swap;

/* Opens or makes the journal file (mode 0600, its directory 0700 is made) and locks it: JB_ERROR_CONFLICT where another
 * process works on it. */
int swap_open(const char *journal, struct swap **swap, jb_error *error);
/* Ends the use of the handle; the journal stays. */
void swap_close(struct swap *swap);

enum swap_kind { SWAP_TREE, SWAP_FILE };

/*
 * Writes into the journal that `target` is to be replaced, and makes the place for its new content: an empty directory
 * (mode 0700), or for a file a name that does not exist yet, beside the target; inside it where the target is a mount
 * point or its name cannot be exchanged (a probe with empty directories decides). The content there is the caller's to
 * make. A target that is staged already is staged anew. The target itself may be missing. Refused: relative paths,
 * targets inside one another, links as targets, journals in another state than staging.
 */
int swap_stage(struct swap *swap, jb_operation *operation, const char *target, enum swap_kind kind, char *staging,
               size_t staging_size, jb_error *error);
/* What swap_stage begins with: JB_ERROR_CONFLICT where the journal is that of a restore in place which did not end,
 * JB_ERROR_STATE where an exchange was begun in it. */
int swap_may_stage(const struct swap *swap, jb_error *error);
/* The staged content is whole: synced to the disk (syncfs), takes the target's own owner and mode if `like_target`, and
 * is marked so in the journal. */
int swap_staged(struct swap *swap, jb_operation *operation, const char *target, bool like_target, jb_error *error);
/* Where the target's staging lies: for steps that change it before the exchange. JB_ERROR_NOT_FOUND where it is not
 * staged. */
int swap_staging(struct swap *swap, const char *target, char *staging, size_t staging_size, jb_error *error);

/* Exchanges all targets, which must all be staged whole. Fails only after it has put the old state back, or says that
 * undo is needed. */
int swap_exchange(struct swap *swap, jb_operation *operation, jb_error *error);
/* Puts the old state back, from any state but committed, and removes the staging. Idempotent. */
int swap_undo(struct swap *swap, jb_operation *operation, jb_error *error);
/*
 * Removes the old trees and the journal. From then on undo is no longer possible. Idempotent. With `keep_old` they stay
 * where swap_describe says "old", which must be asked for before.
 */
int swap_commit(struct swap *swap, jb_operation *operation, bool keep_old, jb_error *error);

/*
 * Writes into the journal, which must be new or already say so of the same target, that the target is being replaced in
 * place: it is incomplete until swap_commit ends the journal. There is nothing to undo.
 */
int swap_begin_in_place(struct swap *swap, const char *target, enum swap_kind kind, jb_error *error);

/* JB_ERROR_USAGE where the journal, which need not be there yet, lies inside the target, whatever links lead there. */
int swap_check_journal(const char *journal, const char *target, jb_error *error);

/* Would swap_stage, or swap_begin_in_place, refuse the journal as it stands? Nothing is made where there is none. */
int swap_check(const char *journal, const char *target, enum swap_kind kind, bool in_place, jb_error *error);

/* The journal as JSON: state, targets with their staging and old paths. Free with free(). */
char *swap_describe(struct swap *swap, jb_error *error);

/* Bytes free for this process on the file system of `target` (of its nearest existing parent). */
int swap_space(const char *target, uint64_t *bytes_free, jb_error *error);

#endif
