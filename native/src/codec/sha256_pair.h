/* SHA-256 of two texts side by side, by the processor's SHA instructions: each waits for the one before it, so that two
 * texts leave less of the processor idle than one. */
#ifndef CODEC_SHA256_PAIR_H
#define CODEC_SHA256_PAIR_H

#include <stdbool.h>

#include "digest.h"

/* Whether this processor has what sha256_pair needs. Asking takes some microseconds. */
bool sha256_pair_works(void);
void sha256_pair(const struct sha256_text *first, const struct sha256_text *second);

#endif
