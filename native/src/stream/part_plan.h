/*
 * How large each part of a stream is. Parts start small, so that many are under way at once and short streams need
 * little memory; after a tenth of the number that the store takes they double with each further hundredth, up to what
 * the budget allows. So each object gets as large as budget and store allow, and a stream that outgrows it goes on in
 * the next one.
 */
#ifndef STREAM_PART_PLAN_H
#define STREAM_PART_PLAN_H

#include <stddef.h>

#include "../store/store.h"

struct part_plan {
    struct store_limits limits;
    size_t memory_bytes; /* for all parts under way together */
    uint64_t expected;   /* the stream's bytes where they are known; 0: not known */
};

/* Of the part with this number (from 0) in its object, but for the last one, which may be shorter. */
size_t part_plan_bytes(const struct part_plan *plan, unsigned number);

/* What one object takes. */
uint64_t part_plan_object_bytes(const struct part_plan *plan);

#endif
