/* Reading a random share of an object's parts. */
#ifndef BACKUP_VERIFY_SAMPLE_H
#define BACKUP_VERIFY_SAMPLE_H

#include "../store/store.h"
#include "../stream/object.h"

struct sample {
    uint32_t percent; /* 1 to 100 of each object's parts, but at least one */
    uint64_t state;   /* of the generator that chooses: the seed, before the first object */
    /* Of the last object: */
    uint64_t parts;
    uint64_t parts_read;
};

/* Chooses parts of the object, reads each and compares its digest. `prefix` and a segment's name make a key.
 * JB_ERROR_VERIFY names the part and its place. */
int sample_object(struct sample *sample, jb_store *store, jb_operation *operation, const char *bucket,
                  const char *prefix, const struct object *object, jb_error *error);

#endif
