/* An object of a store as a source of plain bytes: fetched, verified where it is described, decrypted and decompressed
 * where that is wanted. */
#ifndef STREAM_OBJECT_SOURCE_H
#define STREAM_OBJECT_SOURCE_H

#include "part_reader.h"

struct object_source;

/*
 * Names as for part_reader_new. What was done to the bytes is the description's to say, else their own begin's.
 * `decryption` (NULL: none) and `decompress` undo it. JB_ERROR_ACCESS where encrypted bytes are to be decompressed and
 * no key opens them; JB_ERROR_USAGE where `decryption` is given and they are not encrypted.
 */
int object_source_new(jb_store *store, jb_operation *operation, const char *bucket, const char *prefix,
                      const struct object *object, bool decompress, const jb_decryption *decryption,
                      struct object_source **source, jb_error *error);
struct byte_source *object_source_bytes(struct object_source *source);
/* Of the object in the store, before decryption and decompression. */
uint64_t object_source_stored_bytes(const struct object_source *source);
/* Whether the bytes are encrypted in the store, and come out decrypted. */
bool object_source_decrypted(const struct object_source *source);
void object_source_free(struct object_source *source);

#endif
