/*
 * A source that fetches an object's parts, several at a time, and lends them in order; where the object's description
 * is given, each part only after its digest was found right.
 */
#ifndef STREAM_PART_READER_H
#define STREAM_PART_READER_H

#include "../base/bytes.h"
#include "../base/workers.h"
#include "../store/store.h"
#include "object.h"

struct part_reader;

/*
 * `prefix` and each segment's name make a key; `object` stays the caller's and must outlive the reader. Without
 * `object`, the key is `prefix` itself, its size is asked of the store, and nothing is verified but that all of it
 * comes.
 */
int part_reader_new(jb_store *store, jb_operation *operation, struct workers *workers, const char *bucket,
                    const char *prefix, const struct object *object, size_t memory_bytes, struct part_reader **reader,
                    jb_error *error);

/* JB_ERROR_VERIFY names the object, the part and its place. */
struct byte_source *part_reader_source(struct part_reader *reader);

/* The whole stream's bytes in the store. */
uint64_t part_reader_bytes(const struct part_reader *reader);

/* Waits for what is under way. NULL is allowed. */
void part_reader_free(struct part_reader *reader);

#endif
