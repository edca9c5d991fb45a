/* Where a file has data, and how GNU's format 1.0 of sparse members says so. */
#ifndef ARCHIVE_SPARSE_H
#define ARCHIVE_SPARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../base/buffer.h"

struct sparse_region {
    uint64_t offset;
    uint64_t size;
};

struct sparse {
    struct sparse_region *regions; /* in order, not touching; the last one may have no bytes and marks the end */
    size_t count;                  /* 0: the file has no holes */
    uint64_t data;                 /* bytes of all regions */
};

/*
 * Finds the data of the file with that size. Of a file in more than 16,384 pieces neighbouring ones are taken together
 * with the holes between them. Free with sparse_clean_up.
 */
int sparse_find(struct sparse *sparse, int fd, uint64_t size, jb_error *error);
void sparse_clean_up(struct sparse *sparse);

/* Appends the map with which the content of such a member begins, padded to a block. */
int sparse_map(const struct sparse *sparse, struct buffer *map, jb_error *error);

#endif
