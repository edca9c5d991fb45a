/* An archive's index, as its description announces it. */
#ifndef BACKUP_INDEXED_H
#define BACKUP_INDEXED_H

#include "../archive/index/index_reader.h"
#include "../stream/object.h"

/* For the reader of the index. Borrows the object's texts. */
static inline struct indexed_archive indexed_archive_of(const struct object *object)
{
    return (struct indexed_archive){.name = object->name,
                                    .root = object->root,
                                    .files = object->files,
                                    .content_bytes = object->content_bytes,
                                    .stored_bytes = object->bytes};
}

/* Passes on how the reading of an index ended: one that is damaged or lost says nothing of its archive. */
static inline int index_outcome(int code, jb_error *error)
{
    return code == JB_ERROR_VERIFY || code == JB_ERROR_FORMAT
               ? error_hint(error, "the archive itself may be whole: restore all of it, or of another backup")
               : code;
}

#endif
