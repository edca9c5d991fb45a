#include "utf8.h"

#include <stdint.h>

/* Takes one character off `*text`; false where it is not valid. */
static bool next_character(const unsigned char **text, uint32_t *character)
{
    static const uint32_t smallest[] = {0, 0x80, 0x800, 0x10000};
    unsigned char first = *(*text)++;
    int more = first < 0x80                    ? 0
               : first >= 0xc2 && first < 0xe0 ? 1
               : first >= 0xe0 && first < 0xf0 ? 2
               : first >= 0xf0 && first < 0xf5 ? 3
                                               : -1;
    if (more < 0)
        return false;
    uint32_t value = more == 0 ? first : first & (0x3fu >> more);
    for (int i = 0; i < more; i++) {
        if ((**text & 0xc0) != 0x80)
            return false;
        value = value << 6 | (*(*text)++ & 0x3fu);
    }
    *character = value;
    return value >= smallest[more] && value <= 0x10ffff && (value < 0xd800 || value > 0xdfff);
}

bool utf8_is_text(const char *text)
{
    const unsigned char *next = (const unsigned char *)text;
    while (*next != '\0') {
        uint32_t character;
        if (!next_character(&next, &character) || character < 0x20 || (character >= 0x7f && character < 0xa0))
            return false;
    }
    return true;
}
