#include "random.h"

#include <errno.h>
#include <sys/random.h>

void random_bytes(void *bytes, size_t count)
{
    unsigned char *next = bytes;
    while (count > 0) {
        ssize_t got = getrandom(next, count, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            __builtin_trap(); /* no kernel that we run on (3.17 or newer) comes here; going on without randomness is
                                 worse */
        next += got;
        count -= (size_t)got;
    }
}

uint64_t random_below(uint64_t bound)
{
    uint64_t value;
    random_bytes(&value, sizeof value);
    return value % bound;
}

void random_name(char text[33])
{
    static const char digits[] = "0123456789abcdef";
    unsigned char bytes[16];
    random_bytes(bytes, sizeof bytes);
    for (int i = 0; i < 16; i++) {
        text[2 * i] = digits[bytes[i] >> 4];
        text[2 * i + 1] = digits[bytes[i] & 15];
    }
    text[32] = '\0';
}
