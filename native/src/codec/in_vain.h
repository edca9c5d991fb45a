/* Looks at what is to be compressed, and tells where a search would be in vain. */
#ifndef CODEC_IN_VAIN_H
#define CODEC_IN_VAIN_H

#include <stdbool.h>
#include <zstd.h>

/* By samples, which `context` packs into `scratch` by zstd's level 1; its level is that one then. False for less than
 * 256 KiB, which are no burden. */
bool is_in_vain(ZSTD_CCtx *context, const char *plain, size_t plain_count, char *scratch, size_t capacity);

#endif
