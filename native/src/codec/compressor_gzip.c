#include <stdlib.h>
#include <zlib.h>

#include "compressor.h"

#define OUTPUT_BYTES 65536
#define GZIP_WINDOW  (15 + 16) /* zlib: 15 bits of window, 16 more for gzip's header and trailer */

struct gzip_compressor {
    struct compressor base;
    struct byte_sink *output;
    z_stream stream;
    unsigned char bytes[OUTPUT_BYTES];
};

static int run(struct gzip_compressor *compressor, int flush, jb_error *error)
{
    z_stream *stream = &compressor->stream;
    int status;
    do {
        stream->next_out = compressor->bytes;
        stream->avail_out = OUTPUT_BYTES;
        status = deflate(stream, flush);
        if (status == Z_STREAM_ERROR)
            return error_set(error, JB_ERROR_FAILED, "zlib cannot compress");
        int code =
            compressor->output->write(compressor->output, compressor->bytes, OUTPUT_BYTES - stream->avail_out, error);
        if (code != JB_OK)
            return code;
    } while (flush == Z_FINISH ? status != Z_STREAM_END : stream->avail_out == 0);
    return JB_OK;
}

static int gzip_write(struct byte_sink *sink, const void *bytes, size_t count, jb_error *error)
{
    struct gzip_compressor *compressor = (struct gzip_compressor *)sink;
    const unsigned char *next = bytes;
    while (count > 0) {
        unsigned taken = count > (1u << 30) ? 1u << 30 : (unsigned)count;
        compressor->stream.next_in = (unsigned char *)next; /* zlib does not write there */
        compressor->stream.avail_in = taken;
        int code = run(compressor, Z_NO_FLUSH, error);
        if (code != JB_OK)
            return code;
        next += taken;
        count -= taken;
    }
    return JB_OK;
}

static int gzip_finish(struct compressor *base, jb_error *error)
{
    return run((struct gzip_compressor *)base, Z_FINISH, error);
}

static void gzip_free(struct compressor *base)
{
    struct gzip_compressor *compressor = (struct gzip_compressor *)base;
    deflateEnd(&compressor->stream);
    free(compressor);
}

int compressor_new_gzip(struct byte_sink *output, int level, struct compressor **made, jb_error *error)
{
    if (level < 0 || level > 9)
        return error_set(error, JB_ERROR_USAGE, "gzip has no level %d; take 1 to 9", level);
    struct gzip_compressor *compressor = calloc(1, sizeof *compressor);
    if (compressor == NULL)
        return error_no_memory(error);
    compressor->base = (struct compressor){{gzip_write}, gzip_finish, gzip_free};
    compressor->output = output;
    if (deflateInit2(&compressor->stream, level == 0 ? 6 : level, Z_DEFLATED, GZIP_WINDOW, 8, Z_DEFAULT_STRATEGY) !=
        Z_OK) {
        free(compressor);
        return error_no_memory(error);
    }
    *made = &compressor->base;
    return JB_OK;
}
