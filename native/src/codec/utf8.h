/* Is a text what others can read? */
#ifndef CODEC_UTF8_H
#define CODEC_UTF8_H

#include <stdbool.h>

/* True for valid UTF-8 (shortest forms, no surrogates, up to U+10FFFF) without control characters (C0, DEL, C1). */
bool utf8_is_text(const char *text);

#endif
