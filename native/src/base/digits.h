/* Numbers as digits, where printf would cost more than all else that is done for a small file. */
#ifndef BASE_DIGITS_H
#define BASE_DIGITS_H

#include <stddef.h>
#include <stdint.h>

/* A number to the base 8 takes the most. */
#define DIGITS_MAX 22

/* Writes the digits to `base` (2 to 10) so that the last one stands before `end`; zeros come first where there are
 * fewer than `least`. Answers where they begin; no NUL is written. */
static inline char *digits_before(char *end, uint64_t number, unsigned base, size_t least)
{
    char *begin = end;
    do {
        *--begin = (char)('0' + number % base);
        number /= base;
    } while (number > 0 || (size_t)(end - begin) < least);
    return begin;
}

#endif
