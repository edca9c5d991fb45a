#include <stdlib.h>
#include <zlib.h>

#include "decompressor_stages.h"

#define OUTPUT_BYTES ((size_t)1 << 18)
#define GZIP_WINDOW  (15 + 16) /* zlib: 15 bits of window, 16 more for gzip's header and trailer */

struct gzip_stage {
    struct decompressor base;
    struct packed_input input;
    bool inside; /* within a member */
    z_stream stream;
    char output[OUTPUT_BYTES];
};

static int read_gzip(struct byte_source *source, const void **bytes, size_t *count, jb_error *error)
{
    struct gzip_stage *stage = (struct gzip_stage *)source;
    struct packed_input *input = &stage->input;
    z_stream *stream = &stage->stream;
    stream->next_out = (unsigned char *)stage->output;
    stream->avail_out = OUTPUT_BYTES;
    while (stream->avail_out == OUTPUT_BYTES) {
        int code = packed_input_refill(input, error);
        if (code != JB_OK)
            return code;
        if (input->count == 0) {
            if (stage->inside)
                return error_set(error, JB_ERROR_VERIFY, "the gzip stream ends too early");
            break;
        }
        if (!stage->inside) {
            inflateReset(stream);
            stage->inside = true;
        }
        unsigned offered = input->count > (1u << 30) ? 1u << 30 : (unsigned)input->count;
        stream->next_in = (unsigned char *)input->bytes; /* zlib does not write there */
        stream->avail_in = offered;
        int status = inflate(stream, Z_NO_FLUSH);
        packed_input_take(input, offered - stream->avail_in);
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

static void gzip_free(struct decompressor *base)
{
    struct gzip_stage *stage = (struct gzip_stage *)base;
    inflateEnd(&stage->stream);
    free(stage);
}

int decompressor_new_gzip(struct byte_source *input, struct decompressor **made, jb_error *error)
{
    struct gzip_stage *stage = calloc(1, sizeof *stage);
    if (stage == NULL)
        return error_no_memory(error);
    stage->base = (struct decompressor){{read_gzip}, gzip_free};
    stage->input.source = input;
    if (inflateInit2(&stage->stream, GZIP_WINDOW) != Z_OK) {
        free(stage);
        return error_no_memory(error);
    }
    *made = &stage->base;
    return JB_OK;
}
