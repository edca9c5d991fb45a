#include <zstd.h>

#include "compressor_frames.h"
#include "in_vain.h"

#define FRAME_BYTES ((size_t)4 << 20)
/* Steps over what does not repeat: 0.2 s of processor time a GiB of random bytes, where level 9 takes 7.7 s. Lower
 * levels take 0.1 s less, and lose what little there is. */
#define LEVEL_IN_VAIN 1
/* The levels up to this one take hardly longer. */
#define LEVEL_FAST 2

static size_t pack_at(ZSTD_CCtx *context, int level, const char *plain, size_t plain_count, char *packed,
                      size_t capacity)
{
    size_t set = ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, level);
    return ZSTD_isError(set) ? set : ZSTD_compress2(context, packed, capacity, plain, plain_count);
}

static int pack(void *context, int level, const char *plain, size_t plain_count, char *packed, size_t capacity,
                size_t *packed_count, jb_error *error)
{
    if (level > LEVEL_FAST && is_in_vain(context, plain, plain_count, packed, capacity))
        level = LEVEL_IN_VAIN;
    size_t count = pack_at(context, level, plain, plain_count, packed, capacity);
    if (ZSTD_isError(count))
        return error_set(error, JB_ERROR_FAILED, "zstd cannot compress: %s", ZSTD_getErrorName(count));
    *packed_count = count;
    return JB_OK;
}

static void *context_new(int level)
{
    (void)level;
    ZSTD_CCtx *context = ZSTD_createCCtx();
    if (context != NULL)
        ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
    return context;
}

static void context_free(void *context)
{
    ZSTD_freeCCtx(context);
}

/* What a context takes at most for one frame; asked of zstd 1.5.4 level by level and rounded up. */
static size_t context_bytes(int level)
{
    return (size_t)(level <= 2 ? 1 : level <= 3 ? 2 : level <= 8 ? 8 : level <= 11 ? 28 : 68) << 20;
}

int compressor_new_zstd(struct byte_sink *output, int level, struct workers *workers, jb_operation *operation,
                        size_t memory_bytes, struct compressor **made, jb_error *error)
{
    if (level == 0)
        level = 1;
    if (level < 1 || level > 19)
        return error_set(error, JB_ERROR_USAGE, "zstd has no level %d; take 1 to 19", level);
    const struct frame_packer packer = {.frame_bytes = FRAME_BYTES,
                                        .packed_bytes = ZSTD_compressBound(FRAME_BYTES),
                                        .context_bytes = context_bytes(level),
                                        .seek_table = true,
                                        .level = level,
                                        .context_new = context_new,
                                        .context_free = context_free,
                                        .pack = pack};
    return compressor_frames_new(output, &packer, workers, operation, memory_bytes, made, error);
}
