/* An archive in the making: what the files of tar_create share. */
#ifndef ARCHIVE_CREATION_H
#define ARCHIVE_CREATION_H

#include "../attributes.h"
#include "hardlinks.h"
#include "../names.h"
#include "output.h"
#include "../pax.h"
#include "read_ahead.h"
#include "sparse.h"
#include "../tar.h"
#include "walk.h"

struct creation {
    jb_operation *operation;
    const struct tar_create_options *options;
    const char *prefix;
    struct tar_counts *counts;
    struct output output;
    struct walk walk;
    dev_t device;    /* of the tree */
    bool wanted_any; /* besides the tree's own directory */
    bool name_kept;  /* the walk's name is still to be looked at */
    bool walked;     /* to its end */
    struct read_ahead *ahead;
    struct names *names;
    struct hardlinks *links;
    struct attributes *attributes;
    const char *path;     /* below the tree, of what is being put */
    struct buffer member; /* the member's name, and scratch for the rest of its header */
    struct buffer records;
    struct buffer header;
    struct buffer map;    /* of holes */
    char *link;           /* a symbolic link's target */
    struct tar_member at; /* what is being put */
};

/* ---- scan.c: the walk, ahead of the writing ---- */

/* Goes into the tree, open at `root` (taken over). */
int scan_begin(struct creation *creation, int root, jb_error *error);
/* Fills the ring with the next names that are wanted; creation->walked after the last one. */
int scan_ahead(struct creation *creation, jb_error *error);

/* ---- member.c: what all members have ---- */

/* creation->path, for messages. */
const char *member_shown(const struct creation *creation);
/* Tells of a trouble of what is being put; a failure where the creation is strict. */
int member_warn(struct creation *creation, jb_error *error, const char *what);
int member_name(struct creation *creation, bool directory, jb_error *error);
/* Fills creation->records; of what is open at `fd`, or of `path` where that is negative. */
int member_attributes(struct creation *creation, int fd, const char *path, jb_error *error);
/* Puts the header; with name and records filled. `sparse` may be NULL. */
int member_header(struct creation *creation, const struct stat *status, enum pax_type type, const char *link,
                  const struct sparse *sparse, jb_error *error);
/* After the member's last byte: tells who wants to know. */
int member_end(struct creation *creation, jb_error *error);

/* ---- regular.c: regular files ---- */

/* Puts the file of that name as a member, or warns where it is none any more. */
int regular_add(struct creation *creation, int directory, const char *name, jb_error *error);

#endif
