/* What a member says about its file besides the content, and how that is set. */
#ifndef ARCHIVE_RESTORE_METADATA_H
#define ARCHIVE_RESTORE_METADATA_H

#include <archive_entry.h>
#include <time.h>

#include "../base/buffer.h"
#include "names.h"
#include "tar.h"

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

/* Reports what could not be kept; JB_OK mostly. */
struct metadata_context {
    const struct tar_extract_options *options;
    struct tar_counts *counts;
    struct names *names;
    bool privileged; /* runs as root: owners must be settable */
};

int metadata_read(struct metadata_context *context, struct archive_entry *entry, struct metadata *metadata,
                  jb_error *error);
void metadata_clean_up(struct metadata *metadata);

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
