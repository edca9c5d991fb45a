/* Base64 as age's headers hold it: without padding, and only in its one canonical form. */
#ifndef CODEC_AGE_BASE64_H
#define CODEC_AGE_BASE64_H

#include <stdbool.h>
#include <stddef.h>

#define AGE_BASE64_SIZE(count) (((count)*8 + 5) / 6) /* characters, without a NUL */

/* Puts AGE_BASE64_SIZE(count) characters and a NUL. */
void age_base64_encode(const unsigned char *bytes, size_t count, char *text);

/* True where the characters are exactly `count` bytes. */
bool age_base64_decode(const char *text, size_t size, unsigned char *bytes, size_t count);

/* How many bytes so many characters are, where they are valid; else -1. */
long age_base64_check(const char *text, size_t size);

#endif
