/* Bech32 (BIP 173), as age writes its keys: without that document's bound on the length. */
#ifndef CODEC_BECH32_H
#define CODEC_BECH32_H

#include <stdbool.h>
#include <stddef.h>

/*
 * True where `text` is `prefix`, '1', exactly `count` bytes and a right checksum, all in the prefix's case: lower
 * unless the prefix holds capitals. `bytes` is zeroed otherwise.
 */
bool bech32_decode(const char *text, const char *prefix, unsigned char *bytes, size_t count);

#endif
