#include <libdeflate.h>
#include <stdlib.h>

#include "compressor_frames.h"
#include "in_vain.h"

/* Of content in a member. A match reaches back 32 KiB, so that members of this size lose less than 1 % of what it
 * finds. */
#define MEMBER_BYTES ((size_t)1 << 20)
/* What a context takes at level 9 of libdeflate 1.14 and level 1 of zstd 1.5.4, rounded up. */
#define CONTEXT_BYTES ((size_t)2 << 20)

struct gzip_context {
    struct libdeflate_compressor *chosen;
    struct libdeflate_compressor *storing; /* for what does not shrink */
    ZSTD_CCtx *looking;
};

/* zstd tells that in 0.2 s a GiB, where libdeflate takes 11 s. By samples first, and then, for what comes twice, by all
 * of it, which is as quick where nothing shrinks. */
static bool is_to_be_stored(const struct gzip_context *context, const char *plain, size_t plain_count, char *scratch,
                            size_t capacity)
{
    if (!is_in_vain(context->looking, plain, plain_count, scratch, capacity))
        return false;
    size_t count = ZSTD_compress2(context->looking, scratch, capacity, plain, plain_count);
    return ZSTD_isError(count) || count >= plain_count / 100 * 99;
}

static int pack(void *made, int level, const char *plain, size_t plain_count, char *packed, size_t capacity,
                size_t *packed_count, jb_error *error)
{
    (void)level;
    const struct gzip_context *context = made;
    bool store = is_to_be_stored(context, plain, plain_count, packed, capacity);
    *packed_count =
        libdeflate_gzip_compress(store ? context->storing : context->chosen, plain, plain_count, packed, capacity);
    return *packed_count > 0 ? (int)JB_OK : error_set(error, JB_ERROR_FAILED, "libdeflate cannot compress");
}

static void context_free(void *made)
{
    struct gzip_context *context = made;
    libdeflate_free_compressor(context->chosen);
    libdeflate_free_compressor(context->storing);
    ZSTD_freeCCtx(context->looking);
    free(context);
}

static void *context_new(int level)
{
    struct gzip_context *context = malloc(sizeof *context);
    if (context == NULL)
        return NULL;
    *context =
        (struct gzip_context){libdeflate_alloc_compressor(level), libdeflate_alloc_compressor(0), ZSTD_createCCtx()};
    if (context->chosen != NULL && context->storing != NULL && context->looking != NULL)
        return context;
    context_free(context);
    return NULL;
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
