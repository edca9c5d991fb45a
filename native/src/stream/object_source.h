/* An object of a store as a source of plain bytes: fetched, verified where it is described, decompressed where that is
 * wanted. */
#ifndef STREAM_OBJECT_SOURCE_H
#define STREAM_OBJECT_SOURCE_H

#include "part_reader.h"

struct object_source;

/* Names as for part_reader_new. With `decompress`, the form is the description's, else what the first bytes say. */
int object_source_new(jb_store *store, jb_operation *operation, const char *bucket, const char *prefix,
                      const struct object *object, bool decompress, struct object_source **source, jb_error *error);
struct byte_source *object_source_bytes(struct object_source *source);
/* Of the object in the store, before decompression. */
uint64_t object_source_stored_bytes(const struct object_source *source);
void object_source_free(struct object_source *source);

#endif
