#include "part_plan.h"

#define MIB         (UINT64_C(1) << 20)
#define FIRST_BYTES (8 * MIB)
/* While one part is filled, others are under way, or wait for it (part_writer.c). */
#define PARTS_AT_ONCE 4

static uint64_t least_of(uint64_t left, uint64_t right)
{
    return left < right ? left : right;
}

static uint64_t most_of(uint64_t left, uint64_t right)
{
    return left > right ? left : right;
}

/* The largest that the budget and the store allow. Two parts fit any budget of the least size. */
static uint64_t largest(const struct part_plan *plan)
{
    uint64_t share = plan->memory_bytes / PARTS_AT_ONCE / MIB * MIB;
    uint64_t least = most_of(least_of(FIRST_BYTES, plan->memory_bytes / 2), plan->limits.part_bytes_min);
    return least_of(most_of(share, least), plan->limits.part_bytes_max);
}

static uint64_t doubled(const struct store_limits *limits, unsigned number)
{
    unsigned tenth = limits->parts_max / 10, hundredth = limits->parts_max / 100;
    if (number < tenth || hundredth == 0)
        return FIRST_BYTES;
    unsigned times = 1 + (number - tenth) / hundredth;
    return times < 32 ? FIRST_BYTES << times : UINT64_MAX;
}

/* What each part must hold for all of a stream of known length to go into one object. */
static uint64_t for_expected(const struct part_plan *plan)
{
    uint64_t each = plan->expected / plan->limits.parts_max + 1;
    return plan->expected == 0 ? 0 : (each + MIB - 1) / MIB * MIB;
}

size_t part_plan_bytes(const struct part_plan *plan, unsigned number)
{
    uint64_t wanted = most_of(doubled(&plan->limits, number), for_expected(plan));
    return (size_t)least_of(wanted, largest(plan));
}

uint64_t part_plan_object_bytes(const struct part_plan *plan)
{
    uint64_t sum = 0;
    for (unsigned number = 0; number < plan->limits.parts_max; number++)
        sum += part_plan_bytes(plan, number);
    return sum;
}
