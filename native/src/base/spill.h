/*
 * Bytes that are kept for later: the first of them in memory, all beyond in an unlinked file in TMPDIR (else /var/tmp,
 * else /tmp). What is known of a tree may so outgrow any memory. Not thread-safe.
 */
#ifndef BASE_SPILL_H
#define BASE_SPILL_H

#include <stdint.h>

#include "error.h"

struct spill {
    uint64_t size;
    char *memory;
    size_t capacity;
    size_t memory_max; /* bytes that stay in memory */
    int fd;            /* -1 before it is needed */
};

void spill_init(struct spill *spill, size_t memory_max);
void spill_clean_up(struct spill *spill);

int spill_append(struct spill *spill, const void *bytes, size_t count, jb_error *error);
/* Both within spill->size. */
int spill_read(const struct spill *spill, uint64_t offset, void *bytes, size_t count, jb_error *error);
int spill_write(struct spill *spill, uint64_t offset, const void *bytes, size_t count, jb_error *error);
/* Forgets what lies beyond `size`. */
void spill_cut(struct spill *spill, uint64_t size);

#endif
