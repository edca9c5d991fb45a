/*
 * A walk through a tree that never leaves it through a link: each step opens one name below an open directory. However
 * deep the tree, few directories are open at a time.
 */
#ifndef ARCHIVE_WALK_H
#define ARCHIVE_WALK_H

#include <stdbool.h>
#include <sys/types.h>

#include "../../base/buffer.h"
#include "listing.h"

#define WALK_OPEN      16u /* directories on the way that stay open */
#define WALK_DEPTH_MAX 4096u
#define WALK_PATH_MAX  65536u

/* An open directory, which stays open for as long as anybody holds it. */
struct walk_place {
    int fd;
    unsigned holders;
};

/* One directory on the way. */
struct walk_directory {
    struct walk_place *place; /* NULL while it is closed */
    dev_t device;
    ino_t inode;
    size_t path_size; /* of the walk's path where this directory is the last name */
    struct listing_range names;
    /* The walk's user's: */
    bool put;   /* it is a member */
    bool whole; /* all below it is wanted */
};

struct walk {
    struct walk_directory *stack;
    size_t depth;
    size_t capacity;
    struct buffer path; /* of the current name below the tree; "" at the tree itself */
    struct listing listing;
    struct listing_name name; /* the current one */
    unsigned places;          /* that are open, those that others hold with them */
};

/* `memory_max`: as for listing_init. */
void walk_init(struct walk *walk, size_t memory_max);
/* All that was held must have been released. */
void walk_clean_up(struct walk *walk);

/* Goes into the directory that is open at `fd` (taken over, also on failure) and stands in walk->path; lists its names.
 */
int walk_enter(struct walk *walk, int fd, jb_error *error);

/*
 * The next name of the directory at hand, which is open in walk_at(walk)->place: walk->name, and walk->path is set to
 * it. walk->name.text is "" after the last one. Then walk_leave.
 */
int walk_next(struct walk *walk, jb_error *error);

static inline struct walk_directory *walk_at(const struct walk *walk)
{
    return &walk->stack[walk->depth - 1];
}

/*
 * Back to the directory above; *done at the tree's end. *lost where that directory is no longer where it was:
 * walk->path is set to it, and the rest of its names is passed over.
 */
int walk_leave(struct walk *walk, bool *done, bool *lost, jb_error *error);

/* The directory at that depth (0: the tree), opened again where it was closed; NULL in *place where it is no longer
 * there. To be released. */
int walk_hold_level(struct walk *walk, size_t level, struct walk_place **place, jb_error *error);
struct walk_place *walk_hold(struct walk_place *place);
/* NULL is allowed. */
void walk_release(struct walk *walk, struct walk_place *place);

#endif
