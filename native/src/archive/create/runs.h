/* Runs of sorted names in a spill file, and their merging into one. */
#ifndef ARCHIVE_RUNS_H
#define ARCHIVE_RUNS_H

#include "listing.h"

/* A name stands there as its length (two bytes), its type, its bytes and a NUL. */
#define RUN_HEAD     3u
#define RUN_NAME_MAX (RUN_HEAD + LISTING_NAME_MAX + 1)

static inline void run_head(char head[RUN_HEAD], size_t length, unsigned char type)
{
    head[0] = (char)(length & 0xff);
    head[1] = (char)(length >> 8);
    head[2] = (char)type;
}

static inline size_t run_name_size(const char *record)
{
    return RUN_HEAD + ((size_t)(unsigned char)record[0] | (size_t)(unsigned char)record[1] << 8) + 1;
}

static inline unsigned char run_name_type(const char *record)
{
    return (unsigned char)record[2];
}

struct runs {
    uint64_t *begins; /* each run ends where the next one begins, the last one where the spill file does */
    size_t count;
    size_t room;
};

int runs_add(struct runs *runs, uint64_t begin, jb_error *error);
void runs_clean_up(struct runs *runs);

/* Appends the names of all runs, sorted. */
int runs_merge(const struct runs *runs, struct spill *spill, jb_error *error);

#endif
