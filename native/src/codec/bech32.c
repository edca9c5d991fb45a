#include "bech32.h"

#include <openssl/crypto.h>
#include <stdint.h>
#include <string.h>

#define CHECKSUM 6 /* characters */

static uint32_t add(uint32_t checksum, unsigned value)
{
    static const uint32_t generator[] = {0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3};
    uint32_t top = checksum >> 25;
    checksum = (checksum & 0x1ffffff) << 5 ^ value;
    for (unsigned i = 0; i < 5; i++)
        checksum ^= (top >> i & 1) != 0 ? generator[i] : 0;
    return checksum;
}

static bool is_upper(const char *prefix)
{
    return strpbrk(prefix, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != NULL;
}

static uint32_t begin(const char *prefix)
{
    uint32_t checksum = 1;
    unsigned lower = is_upper(prefix) ? 0x20 : 0;
    for (const char *c = prefix; *c != '\0'; c++)
        checksum = add(checksum, ((unsigned char)*c | (*c >= 'A' && *c <= 'Z' ? lower : 0)) >> 5);
    checksum = add(checksum, 0);
    for (const char *c = prefix; *c != '\0'; c++)
        checksum = add(checksum, ((unsigned char)*c | (*c >= 'A' && *c <= 'Z' ? lower : 0)) & 31);
    return checksum;
}

/* The value of one character; 32 for none. */
static unsigned value_of(char c, bool upper)
{
    static const char low[] = "qpzry9x8gf2tvdw0s3jn54khce6mua7l", high[] = "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L";
    const char *at = c == '\0' ? NULL : strchr(upper ? high : low, c);
    return at == NULL ? 32 : (unsigned)(at - (upper ? high : low));
}

bool bech32_decode(const char *text, const char *prefix, unsigned char *bytes, size_t count)
{
    size_t start = strlen(prefix), digits = (8 * count + 4) / 5;
    uint32_t checksum = begin(prefix), bits = 0;
    unsigned have = 0, wrong = 0;
    size_t made = 0;
    bool upper = is_upper(prefix);
    memset(bytes, 0, count);
    if (strlen(text) != start + 1 + digits + CHECKSUM || memcmp(text, prefix, start) != 0 || text[start] != '1')
        return false;
    for (size_t i = 0; i < digits + CHECKSUM; i++) {
        unsigned value = value_of(text[start + 1 + i], upper);
        wrong |= value & 32;
        checksum = add(checksum, value & 31);
        if (i >= digits)
            continue;
        bits = (bits << 5 | (value & 31)) & 0xfff;
        have += 5;
        if (have >= 8) {
            have -= 8;
            bytes[made++] = (unsigned char)(bits >> have);
        }
    }
    /* What is left of the last character pads it, with zeros. */
    bool right = wrong == 0 && checksum == 1 && (bits & ((1u << have) - 1)) == 0;
    if (!right)
        OPENSSL_cleanse(bytes, count);
    return right;
}
