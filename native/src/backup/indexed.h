/* An archive's description, as the reader of its index wants it. */
#ifndef BACKUP_INDEXED_H
#define BACKUP_INDEXED_H

#include "../archive/index/index_reader.h"
#include "../stream/object.h"

/* Borrows the object's texts. */
static inline struct indexed_archive indexed_archive_of(const struct object *object)
{
    return (struct indexed_archive){.name = object->name,
                                    .root = object->root,
                                    .files = object->files,
                                    .content_bytes = object->content_bytes,
                                    .stored_bytes = object->bytes};
}

#endif
