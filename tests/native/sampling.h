/*
 * Which of many points of failure a run takes. Everything with JPSBACKUP_TEST_FULL in the environment; else shares, a
 * smaller one under a sanitizer, which is some ten times slower, by a seed that is printed and that JPSBACKUP_TEST_SEED
 * gives again.
 */
#ifndef TESTS_SAMPLING_H
#define TESTS_SAMPLING_H

#include <stdbool.h>
#include <stdint.h>

/* Is everything asked for by JPSBACKUP_TEST_FULL? */
bool sampling_full(void);
/* Is this build slow by a sanitizer? */
bool sampling_slow(void);
/* Does this run take the next point? One of so many (1: every one) in the plain build and under a sanitizer. */
bool sampling_takes(unsigned one_of, unsigned one_of_slow);
/* The run's seed; printed at its first use. */
uint64_t sampling_seed(void);
/* A number below `limit` from the seed's sequence. */
unsigned sampling_below(unsigned limit);

#endif
