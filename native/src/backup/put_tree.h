/* A directory's tree as a tar stream into a sink. */
#ifndef BACKUP_PUT_TREE_H
#define BACKUP_PUT_TREE_H

#include "../base/bytes.h"
#include "../base/operation.h"
#include "../stream/object.h"

struct index_writer;

/* Archives options->tree and notes in `object` what is known of trees: root, files, warnings. `index` (NULL: none) is
 * begun and told of each member. The directory of `store` is left out, with a warning; it cannot be the tree itself. */
int put_tree(jb_store *store, jb_operation *operation, const jb_put_options *options, struct byte_sink *sink,
             struct index_writer *index, struct object *object, jb_error *error);

#endif
