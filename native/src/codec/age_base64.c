#include "age_base64.h"

#include <string.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void age_base64_encode(const unsigned char *bytes, size_t count, char *text)
{
    unsigned bits = 0, have = 0;
    for (size_t i = 0; i < count; i++) {
        bits = (bits << 8 | bytes[i]) & 0xffff;
        for (have += 8; have >= 6; have -= 6)
            *text++ = alphabet[bits >> (have - 6) & 63];
    }
    if (have > 0)
        *text++ = alphabet[bits << (6 - have) & 63];
    *text = '\0';
}

/* Puts the bytes where `bytes` is given; how many, or -1. */
static long decode(const char *text, size_t size, unsigned char *bytes)
{
    unsigned bits = 0, have = 0;
    long made = 0;
    for (size_t i = 0; i < size; i++) {
        const char *at = text[i] == '\0' ? NULL : strchr(alphabet, text[i]);
        if (at == NULL)
            return -1;
        bits = (bits << 6 | (unsigned)(at - alphabet)) & 0xffff;
        have += 6;
        if (have >= 8) {
            have -= 8;
            if (bytes != NULL)
                bytes[made] = (unsigned char)(bits >> have);
            made++;
        }
    }
    /* A character too many, or bits that the writer had to leave zero. */
    return have >= 6 || (bits & ((1u << have) - 1)) != 0 ? -1 : made;
}

bool age_base64_decode(const char *text, size_t size, unsigned char *bytes, size_t count)
{
    return size == AGE_BASE64_SIZE(count) && decode(text, size, bytes) == (long)count;
}

long age_base64_check(const char *text, size_t size)
{
    return decode(text, size, NULL);
}
