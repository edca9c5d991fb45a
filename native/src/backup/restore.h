/* Restoring one object of a backup onto one target: what the steps of it share. */
#ifndef BACKUP_RESTORE_H
#define BACKUP_RESTORE_H

#include <sys/types.h>

#include "../archive/index/selection.h"
#include "../archive/tar.h"
#include "find.h"
#include "restore_target.h"

struct owner {
    bool given;
    uid_t uid;
    gid_t gid;
};

/* "USER[:GROUP]", names or numbers; without a group, the user's own. NULL: none is given. */
int owner_parse(const char *text, struct owner *owner, jb_error *error);

/* One object on its way onto one target. */
struct restore {
    jb_operation *operation;
    const jb_restore_options *options;
    struct backup backup;
    const json_t *description;
    struct object object; /* of a sealed backup */
    const char *name;
    bool tree; /* an archive of a tree */
    enum swap_kind kind;
    struct owner owner;
    struct selection selection; /* with options->paths */
    uint64_t index_reads;       /* how often the index was gone through for it */
};

/* Checks the options, finds the object and confirms that the store holds it whole by its sizes. */
int restore_open(jb_store *store, jb_operation *operation, const jb_restore_options *options, struct restore *restore,
                 jb_error *error);
void restore_clean_up(struct restore *restore);

/* What it will take on the disk; of an old backup only what is stored is known, which is less, until
 * it was verified. */
uint64_t restore_needed_bytes(const struct restore *restore);

/* What stands at the target, and what room there is for what comes. */
struct restore_room {
    struct restore_target target;
    uint64_t bytes_needed; /* free ones, before anything is removed */
    uint64_t bytes_free;
};

/* JB_ERROR_NO_SPACE where there is no room for it beside the target, or in its place; JB_ERROR_CONFLICT where something
 * is mounted inside the target. */
int restore_check_room(const struct restore *restore, struct restore_room *room, jb_error *error);

/* What every account of a restore begins with. */
json_t *restore_account(const struct restore *restore, int *code, jb_error *error);

/* Names in the account, and in the log, the files that were vanishing or changing while the archive was made. */
void restore_tell_marked(const struct restore *restore, json_t *account, int *code, jb_error *error);

/* Fetches, verifies and unpacks the object into `staging`: an empty directory, or a name that does not exist yet. All
 * of it is on the disk then. */
int restore_fill(jb_store *store, struct restore *restore, const char *staging, struct tar_counts *counts,
                 jb_error *error);

/* Reads all of it: digests, the compressed form, the archive, and whether this one can be extracted. Nothing is
 * written. What an old backup holds, and takes on the disk, is known from then on. */
int restore_verify(jb_store *store, struct restore *restore, jb_error *error);

/* JB_ERROR_CONFLICT where the target cannot be replaced in place without harm to what is not of it; JB_ERROR_USAGE
 * where the journal lies inside it. */
int restore_check_in_place(const struct restore *restore, const struct restore_target *target, jb_error *error);

/* The whole restore, without staging. *account, which may be set in either case, is the caller's to free. */
int restore_in_place(jb_store *store, struct restore *restore, json_t **account, jb_error *error);

/* Extracts an archive of so many members of the tree with so many bytes of content (0: not known), no more and no fewer
 * members. */
int restore_extract(struct restore *restore, struct byte_source *source, const char *staging, uint64_t files,
                    uint64_t bytes, struct tar_counts *counts, jb_error *error);

#endif
