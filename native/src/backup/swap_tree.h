/* Trees on one file system: removed, moved entry by entry, with their directories' metadata. No link is ever followed.
 */
#ifndef BACKUP_SWAP_TREE_H
#define BACKUP_SWAP_TREE_H

#include "swap_system.h"

/*
 * Removes the tree or file at `path`; that it is missing is no error. What is mounted inside is not touched and an
 * error. Any depth with two open directories.
 */
int swap_tree_remove(const struct swap_system *system, const char *path, jb_error *error);

/* The same for all that is in the directory, which itself stays. */
int swap_tree_empty(const struct swap_system *system, const char *path, jb_error *error);

/*
 * Moves all entries of the directory `from` but `except` (NULL: none) to the directory `to`. A directory that cannot be
 * renamed, as one of an overlay's lower layer, is made anew and its entries are moved one by one; one that is there on
 * both sides already, after a crash in the middle of that, is merged. So the same call again finishes what was begun.
 */
int swap_tree_move(const struct swap_system *system, const char *from, const char *to, const char *except,
                   jb_error *error);

/* Owner, mode, attributes and ACLs of one file or directory to another; not the times. */
int swap_tree_copy_metadata(int from, int to, const char *path, jb_error *error);

/* Makes the content of the file `to`, which is truncated or made, that of `from`, with its metadata and time, and syncs
 * it. */
int swap_tree_copy_file(const struct swap_system *system, const char *from, const char *to, jb_error *error);

/* Makes changes of names in the directory durable. */
int swap_tree_sync(const struct swap_system *system, const char *directory, jb_error *error);

#endif
