/*
 * Which of many points of failure a run takes. Everything in the plain build and with JPSBACKUP_TEST_FULL in the
 * environment; a share under a sanitizer, which is some ten times slower, by a seed that is printed and that
 * JPSBACKUP_TEST_SEED gives again.
 */
#ifndef TESTS_SAMPLING_H
#define TESTS_SAMPLING_H

#include <stdbool.h>
#include <stdint.h>

/* Is everything asked for by JPSBACKUP_TEST_FULL? */
bool sampling_full(void);
/* Is this build slow by a sanitizer? */
bool sampling_slow(void);
/* Does this run take the next point? One of `one_of` where it is slow. */
bool sampling_takes(unsigned one_of);
/* The run's seed; printed at its first use. */
uint64_t sampling_seed(void);
/* A number below `limit` from the seed's sequence. */
unsigned sampling_below(unsigned limit);

#endif
