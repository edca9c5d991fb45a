/* Does what a caller gave open an object, before anything else is done with it? */
#ifndef STREAM_OBJECT_KEYS_H
#define STREAM_OBJECT_KEYS_H

#include "../store/store.h"
#include "object.h"

/* JB_ERROR_ACCESS where it is encrypted, its content is wanted, and there is no key; JB_ERROR_USAGE where it is not and
 * there is one. */
int object_keys_given(const char *name, bool encrypted, bool content, const jb_decryption *decryption, jb_error *error);

/* The first AGE_BEGIN_SIZE of an object's `bytes`, or all of them; free() them. */
int object_head_read(jb_store *store, jb_operation *operation, const char *bucket, const char *key, const char *version,
                     uint64_t bytes, void **head, size_t *count, jb_error *error);

/*
 * The same as object_keys_given, and reads the begin of an encrypted object, `prefix` and its name, to try the keys.
 * JB_ERROR_VERIFY where that is damaged.
 */
int object_keys_try(jb_store *store, jb_operation *operation, const char *bucket, const char *prefix,
                    const struct object *object, const jb_decryption *decryption, jb_error *error);

#endif
