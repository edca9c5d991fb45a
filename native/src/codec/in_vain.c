#include "in_vain.h"

/* Spread over what is to be compressed: 3 % of 4 MiB. */
#define SAMPLES      32
#define SAMPLE_BYTES ((size_t)4 << 10)
/* In per cent of the samples' bytes: from this on, a long search is not worth it. Most packed files (jar, docx, PNG)
 * stay below it, for their directories and headers shrink; what is encrypted, JPEG and video do not. */
#define IN_VAIN_PERCENT 99

bool is_in_vain(ZSTD_CCtx *context, const char *plain, size_t plain_count, char *scratch, size_t capacity)
{
    if (plain_count < 2 * SAMPLES * SAMPLE_BYTES ||
        ZSTD_isError(ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, 1)))
        return false;
    size_t step = (plain_count - SAMPLE_BYTES) / (SAMPLES - 1);
    size_t packed = 0;
    for (size_t i = 0; i < SAMPLES; i++) {
        size_t count = ZSTD_compress2(context, scratch, capacity, plain + i * step, SAMPLE_BYTES);
        if (ZSTD_isError(count))
            return false;
        packed += count;
    }
    return packed >= SAMPLES * SAMPLE_BYTES / 100 * IN_VAIN_PERCENT;
}
