/* What a member says about its file besides the content, and how that is set. */
#ifndef ARCHIVE_RESTORE_METADATA_H
#define ARCHIVE_RESTORE_METADATA_H

#include <archive_entry.h>
#include <pthread.h>
#include <time.h>

#include "../../base/buffer.h"
#include "../names.h"
#include "../tar.h"

/* All but the other extended attributes, which are set straight from the entry. */
struct metadata {
    mode_t mode;
    uid_t uid;
    gid_t gid;
    struct timespec mtime;
    struct buffer access_acl; /* in the kernel's form; mostly empty */
    struct buffer default_acl;
};

/* A file that was just made: `fd`, or the last name below an open directory where it was not opened. */
struct made {
    int fd; /* -1: by name */
    int directory;
    const char *name;
};

/* What metadata are read and set by. Setting is thread-safe, reading is not. */
struct metadata_context {
    const struct tar_extract_options *options;
    struct tar_counts *counts;
    struct names *names;
    bool privileged;         /* runs as root: owners must be settable */
    pthread_mutex_t warning; /* one at a time */
};

int metadata_context_init(struct metadata_context *context, const struct tar_extract_options *options,
                          struct tar_counts *counts, jb_error *error);
/* Also after a failed init, or of zeros. */
void metadata_context_clean_up(struct metadata_context *context);

int metadata_read(struct metadata_context *context, struct archive_entry *entry, struct metadata *metadata,
                  jb_error *error);
void metadata_clean_up(struct metadata *metadata);
/* `from` keeps nothing that would have to be cleaned up. */
void metadata_move(struct metadata *to, struct metadata *from);
/* The owner that the options give, else the process's own. */
void metadata_default_owner(const struct metadata_context *context, struct metadata *metadata);

/*
 * Reads mode, owner, time and ACLs of a directory (by name) that has its metadata already, and makes it one that waits
 * for them again: open to its owner, without ACLs. The metadata are to be cleaned up also after a failure.
 */
int metadata_take_back(const struct made *made, struct metadata *metadata, const char *path, jb_error *error);

/*
 * Owner, extended attributes, mode, ACLs, the time: each would undo a later one, or forbid it, in any other order.
 * `entry` brings the attributes, NULL for none; `path` is for messages.
 */
int metadata_apply(struct metadata_context *context, const struct metadata *metadata, struct archive_entry *entry,
                   const struct made *made, const char *path, jb_error *error);
/* The extended attributes alone, but for the ACLs. */
int metadata_apply_attributes(struct metadata_context *context, struct archive_entry *entry, const struct made *made,
                              const char *path, jb_error *error);

#endif
