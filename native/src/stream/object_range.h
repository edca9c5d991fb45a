/* An object of a store as a stream that is read from anywhere, by requests for just the bytes that are asked for. What
 * comes is not verified: its reader must know digests of its own. */
#ifndef STREAM_OBJECT_RANGE_H
#define STREAM_OBJECT_RANGE_H

#include "../base/bytes.h"
#include "../store/store.h"
#include "object.h"

struct object_range;

/* `prefix` and each segment's name make a key; `object` stays the caller's and must outlive the range. Segments are
 * read in the versions that it names. */
int object_range_new(jb_store *store, jb_operation *operation, const char *bucket, const char *prefix,
                     const struct object *object, struct object_range **range, jb_error *error);
/* NULL is allowed. */
void object_range_free(struct object_range *range);

struct byte_range *object_range_bytes(struct object_range *range);

#endif
