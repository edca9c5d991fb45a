#include <libdeflate.h>

#include "compressor_frames.h"

/* Of content in a member. A match reaches back 32 KiB, so that members of this size lose less than 1 % of what it
 * finds. */
#define MEMBER_BYTES ((size_t)1 << 20)
/* What a context takes at level 9 of libdeflate 1.14, rounded up. */
#define CONTEXT_BYTES ((size_t)1 << 20)

static int pack(void *context, int level, const char *plain, size_t plain_count, char *packed, size_t capacity,
                size_t *packed_count, jb_error *error)
{
    (void)level;
    *packed_count = libdeflate_gzip_compress(context, plain, plain_count, packed, capacity);
    return *packed_count > 0 ? (int)JB_OK : error_set(error, JB_ERROR_FAILED, "libdeflate cannot compress");
}

static void *context_new(int level)
{
    return libdeflate_alloc_compressor(level);
}

static void context_free(void *context)
{
    libdeflate_free_compressor(context);
}

int compressor_new_gzip(struct byte_sink *output, int level, struct workers *workers, jb_operation *operation,
                        size_t memory_bytes, struct compressor **made, jb_error *error)
{
    if (level < 0 || level > 9)
        return error_set(error, JB_ERROR_USAGE, "gzip has no level %d; take 1 to 9", level);
    const struct frame_packer packer = {.frame_bytes = MEMBER_BYTES,
                                        .packed_bytes = libdeflate_gzip_compress_bound(NULL, MEMBER_BYTES),
                                        .context_bytes = CONTEXT_BYTES,
                                        .level = level == 0 ? 6 : level,
                                        .context_new = context_new,
                                        .context_free = context_free,
                                        .pack = pack};
    return compressor_frames_new(output, &packer, workers, operation, memory_bytes, made, error);
}
