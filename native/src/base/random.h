/* Randomness from the kernel. */
#ifndef BASE_RANDOM_H
#define BASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

/* Fills `bytes`; cannot fail on a kernel with getrandom(2). */
void random_bytes(void *bytes, size_t count);
/* A number below `bound` (> 0); for jitter, slightly uneven. */
uint64_t random_below(uint64_t bound);
/* 128 random bits in lower-case hexadecimal, NUL-ended: claims and temporary names. */
void random_name(char text[33]);

#endif
