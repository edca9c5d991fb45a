/*
 * A store that hands out a page again would be listed for ever. Comparing with a mark that moves at each power
 * of two finds every cycle, however long.
 */
#ifndef STORE_CYCLE_H
#define STORE_CYCLE_H

#include <stdint.h>

#include "../base/error.h"

/* Zero at first. */
struct store_cycle {
    char *mark;
    uint64_t pages, moves_at;
};

/* JB_ERROR_FORMAT where the next page, whose place these two name (the second may be NULL), was handed out before. */
int store_cycle_check(struct store_cycle *cycle, const char *marker, const char *second, jb_error *error);
void store_cycle_clean_up(struct store_cycle *cycle);

#endif
