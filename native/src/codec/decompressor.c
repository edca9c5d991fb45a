#include "decompressor.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#define OUTPUT_BYTES   ((size_t)1 << 18)
#define WINDOW_LOG_MAX 27 /* 128 MiB: zstd's own bound without --long */
#define GZIP_WINDOW    (15 + 16)

struct stage {
    struct decompressor base;
    struct byte_source *input;
    const void *bytes; /* lent by the input, not yet used */
    size_t count;
    bool input_ended;
    bool inside; /* within a frame or member */
    ZSTD_DStream *zstd;
    z_stream gzip;
    char output[OUTPUT_BYTES];
};

/* Makes sure that bytes are at hand unless the input has ended. */
static int refill(struct stage *stage, jb_error *error)
{
    if (stage->count > 0 || stage->input_ended)
        return JB_OK;
    int code = stage->input->read(stage->input, &stage->bytes, &stage->count, error);
    stage->input_ended = code == JB_OK && stage->count == 0;
    return code;
}

static void take(struct stage *stage, size_t count)
{
    stage->bytes = (const char *)stage->bytes + count;
    stage->count -= count;
}

static int ended_early(const char *kind, jb_error *error)
{
    return error_set(error, JB_ERROR_VERIFY, "the %s stream ends too early", kind);
}

static int read_plain(struct byte_source *source, const void **bytes, size_t *count, jb_error *error)
{
    struct stage *stage = (struct stage *)source;
    int code = refill(stage, error);
    *bytes = stage->bytes;
    *count = stage->count;
    stage->count = 0;
    return code;
}

static int read_zstd(struct byte_source *source, const void **bytes, size_t *count, jb_error *error)
{
    struct stage *stage = (struct stage *)source;
    ZSTD_outBuffer output = {stage->output, OUTPUT_BYTES, 0};
    while (output.pos == 0) {
        int code = refill(stage, error);
        if (code != JB_OK)
            return code;
        ZSTD_inBuffer input = {stage->bytes, stage->count, 0};
        if (stage->count == 0 && !stage->inside)
            break;
        size_t left = ZSTD_decompressStream(stage->zstd, &output, &input);
        if (ZSTD_isError(left)) {
            bool window = ZSTD_getErrorCode(left) == ZSTD_error_frameParameter_windowTooLarge;
            return error_set(error, window ? JB_ERROR_LIMIT : JB_ERROR_VERIFY, "the zstd stream is damaged: %s",
                             ZSTD_getErrorName(left));
        }
        if (stage->count == 0 && output.pos == 0 && left != 0)
            return ended_early("zstd", error);
        take(stage, input.pos);
        stage->inside = left != 0;
    }
    *bytes = stage->output;
    *count = output.pos;
    return JB_OK;
}

static int read_gzip(struct byte_source *source, const void **bytes, size_t *count, jb_error *error)
{
    struct stage *stage = (struct stage *)source;
    z_stream *stream = &stage->gzip;
    stream->next_out = (unsigned char *)stage->output;
    stream->avail_out = OUTPUT_BYTES;
    while (stream->avail_out == OUTPUT_BYTES) {
        int code = refill(stage, error);
        if (code != JB_OK)
            return code;
        if (stage->count == 0) {
            if (stage->inside)
                return ended_early("gzip", error);
            break;
        }
        if (!stage->inside) {
            inflateReset(stream);
            stage->inside = true;
        }
        unsigned offered = stage->count > (1u << 30) ? 1u << 30 : (unsigned)stage->count;
        stream->next_in = (unsigned char *)stage->bytes; /* zlib does not write there */
        stream->avail_in = offered;
        int status = inflate(stream, Z_NO_FLUSH);
        take(stage, offered - stream->avail_in);
        if (status == Z_STREAM_END)
            stage->inside = false;
        else if (status != Z_OK && status != Z_BUF_ERROR)
            return error_set(error, status == Z_MEM_ERROR ? JB_ERROR_MEMORY : JB_ERROR_VERIFY,
                             "the gzip stream is damaged: %s", stream->msg != NULL ? stream->msg : "wrong data");
    }
    *bytes = stage->output;
    *count = OUTPUT_BYTES - stream->avail_out;
    return JB_OK;
}

static void stage_free(struct decompressor *base)
{
    struct stage *stage = (struct stage *)base;
    if (stage->zstd != NULL)
        ZSTD_freeDStream(stage->zstd);
    if (stage->base.source.read == read_gzip)
        inflateEnd(&stage->gzip);
    free(stage);
}

int decompressor_new(struct byte_source *input, jb_compression compression, struct decompressor **made, jb_error *error)
{
    struct stage *stage = calloc(1, sizeof *stage);
    if (stage == NULL)
        return error_no_memory(error);
    stage->base = (struct decompressor){{read_plain}, stage_free};
    stage->input = input;
    bool good = true;
    if (compression == JB_COMPRESSION_ZSTD) {
        stage->base.source.read = read_zstd;
        stage->zstd = ZSTD_createDStream();
        good = stage->zstd != NULL &&
               !ZSTD_isError(ZSTD_DCtx_setParameter(stage->zstd, ZSTD_d_windowLogMax, WINDOW_LOG_MAX));
    } else if (compression == JB_COMPRESSION_GZIP) {
        good = inflateInit2(&stage->gzip, GZIP_WINDOW) == Z_OK;
        stage->base.source.read = good ? read_gzip : read_plain;
    }
    if (!good) {
        stage_free(&stage->base);
        return error_no_memory(error);
    }
    *made = &stage->base;
    return JB_OK;
}

jb_compression compression_of_bytes(const void *bytes, size_t count)
{
    const unsigned char *first = bytes;
    if (count >= 4 && memcmp(first, "\x28\xb5\x2f\xfd", 4) == 0)
        return JB_COMPRESSION_ZSTD;
    if (count >= 3 && memcmp(first, "\x1f\x8b\x08", 3) == 0)
        return JB_COMPRESSION_GZIP;
    return JB_COMPRESSION_NONE;
}

static bool ends_with(const char *name, const char *ending)
{
    size_t length = strlen(name);
    size_t ending_length = strlen(ending);
    return length > ending_length && strcmp(name + length - ending_length, ending) == 0;
}

jb_compression compression_of_name(const char *name)
{
    if (ends_with(name, ".zst"))
        return JB_COMPRESSION_ZSTD;
    return ends_with(name, ".gz") ? JB_COMPRESSION_GZIP : JB_COMPRESSION_NONE;
}

static const char *const names[] = {"none", "zstd", "gzip"};

const char *compression_name(jb_compression compression)
{
    return names[compression];
}

bool compression_parse(const char *name, jb_compression *compression)
{
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(name, names[i]) == 0) {
            *compression = (jb_compression)i;
            return true;
        }
    return false;
}
