/* Putting a stream into a store, for code inside the library that needs the object itself. */
#ifndef BACKUP_PUT_H
#define BACKUP_PUT_H

#include "../base/task.h"
#include "../store/store.h"
#include "../stream/object.h"

/* As jb_put; the object is the caller's to clean up. With `after` (NULL for none) nothing is asked of the store before
 * that task has ended well, which makes sure that there is no such object; the source is read meanwhile, and the
 * options have no alive_key. */
int put_object(jb_store *store, jb_operation *operation, const jb_put_options *options, struct task *after,
               struct object *object, jb_error *error);

/* The prefix that a tree's members get: its absolute path without links, without the leading '/'. Free with free(). */
int put_tree_root(const char *tree, char **root, jb_error *error);

#endif
