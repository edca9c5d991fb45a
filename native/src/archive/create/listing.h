/*
 * The names of directories, sorted by their bytes, for a walk: that of the directory at hand lies behind those of the
 * directories above it. What is large is sorted in runs and lies in a spill file. Not thread-safe.
 */
#ifndef ARCHIVE_LISTING_H
#define ARCHIVE_LISTING_H

#include <limits.h>

#include "../../base/buffer.h"
#include "../../base/spill.h"

#define LISTING_NAME_MAX 1023u /* bytes; some file systems have longer names than NAME_MAX */

struct listing {
    struct spill spill;
    struct buffer run; /* names in the order in which they came */
    uint32_t *order;   /* where each begins in `run`, sorted */
    size_t order_room;
    size_t run_max;
};

/* One directory's names. */
struct listing_range {
    uint64_t begin;
    uint64_t next;
    uint64_t end;
};

struct listing_name {
    char text[LISTING_NAME_MAX + 1]; /* "" after the last one */
    unsigned char type;              /* DT_… of dirent.h; DT_UNKNOWN where the file system does not tell */
};

/* `memory_max` bytes of names, of all directories, stay in memory, and about twice as many are used while one directory
 * is read; 0 for the default of 2 MiB. */
void listing_init(struct listing *listing, size_t memory_max);
void listing_clean_up(struct listing *listing);

/* Lists the directory that is open at `fd`, but not by the descriptor's own position. */
int listing_read(struct listing *listing, int fd, struct listing_range *range, jb_error *error);
int listing_next(const struct listing *listing, struct listing_range *range, struct listing_name *name,
                 jb_error *error);
/* Forgets the names of the directory that was listed last of those not yet forgotten. */
void listing_drop(struct listing *listing, const struct listing_range *range);

#endif
