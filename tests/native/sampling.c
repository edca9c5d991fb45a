#include "sampling.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

static uint64_t state;

bool sampling_full(void)
{
    const char *text = getenv("JPSBACKUP_TEST_FULL");
    return text != NULL && text[0] != '\0';
}

bool sampling_slow(void)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    return true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
    return true;
#else
    return false;
#endif
#else
    return false;
#endif
}

uint64_t sampling_seed(void)
{
    static uint64_t seed;
    if (seed != 0)
        return seed;
    const char *text = getenv("JPSBACKUP_TEST_SEED");
    if (text != NULL)
        seed = strtoull(text, NULL, 10);
    else if (getrandom(&seed, sizeof seed, 0) != sizeof seed)
        abort();
    seed = seed >> 32 == 0 ? seed : seed >> 32;
    seed = seed == 0 ? 1 : seed;
    state = seed * UINT64_C(0x9e3779b97f4a7c15) | 1;
    printf("run it again by JPSBACKUP_TEST_SEED=%llu\n", (unsigned long long)seed);
    fflush(stdout);
    return seed;
}

unsigned sampling_below(unsigned limit)
{
    sampling_seed();
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (unsigned)((state >> 32) % limit);
}

bool sampling_takes(unsigned one_of, unsigned one_of_slow)
{
    unsigned share = sampling_slow() ? one_of_slow : one_of;
    return share == 1 || sampling_full() || sampling_below(share) == 0;
}
