/*
 * A walk through a tree that never leaves it through a link: each step opens one name below an open directory. At most
 * WALK_OPEN directories are open at a time, however deep the tree.
 */
#ifndef ARCHIVE_WALK_H
#define ARCHIVE_WALK_H

#include <stdbool.h>
#include <sys/types.h>

#include "../base/buffer.h"

#define WALK_OPEN      32u
#define WALK_DEPTH_MAX 4096u
#define WALK_PATH_MAX  65536u

/* One directory on the way. */
struct walk_directory {
    int fd; /* -1 while it is closed */
    dev_t device;
    ino_t inode;
    size_t path_size; /* of the walk's path where this directory is the last name */
    char *text;       /* its names, one after the other */
    char **names;     /* sorted by their bytes */
    size_t count;
    size_t next;
};

struct walk {
    struct walk_directory *stack;
    size_t depth;
    size_t capacity;
    struct buffer path; /* of the current name below the tree; "" at the tree itself */
};

void walk_init(struct walk *walk);
void walk_clean_up(struct walk *walk);

/* Goes into the directory that is open at `fd` (taken over, also on failure) and stands in walk->path; lists its names.
 */
int walk_enter(struct walk *walk, int fd, jb_error *error);

/*
 * The next name of the directory at hand, which is `*directory`, with walk->path set to it; *name NULL after the last
 * one. Then walk_leave.
 */
int walk_next(struct walk *walk, int *directory, const char **name, jb_error *error);

/* Back to the directory above; *done at the tree's end. */
int walk_leave(struct walk *walk, bool *done, jb_error *error);

#endif
