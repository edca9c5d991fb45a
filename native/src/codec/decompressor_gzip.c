#include <isa-l/igzip_lib.h>
#include <stdlib.h>

#include "decompressor_stages.h"
#include "gzip_header.h"

#define OUTPUT_BYTES ((size_t)1 << 18)
#define INPUT_MAX    ((size_t)1 << 30)

struct gzip_stage {
    struct decompressor base;
    struct packed_input input;
    bool inside; /* within a member */
    struct gzip_header header;
    struct inflate_state state;
    unsigned char output[OUTPUT_BYTES];
};

static int damaged(const char *what, jb_error *error)
{
    return error_set(error, JB_ERROR_VERIFY, "the gzip stream is damaged: %s", what);
}

static void offer_output(struct gzip_stage *stage)
{
    stage->state.next_out = stage->output;
    stage->state.avail_out = OUTPUT_BYTES;
}

static int take_header(struct gzip_stage *stage, jb_error *error)
{
    struct packed_input *input = &stage->input;
    if (input->count == 0)
        return error_set(error, JB_ERROR_VERIFY, "the gzip stream ends too early");
    size_t used;
    if (!gzip_header_take(&stage->header, (const unsigned char *)input->bytes, input->count, &used))
        return damaged("wrong header", error);
    packed_input_take(input, used);
    if (stage->header.field == GZIP_CONTENT) {
        isal_inflate_init(&stage->state);
        offer_output(stage);
        stage->state.crc_flag = ISAL_GZIP_NO_HDR_VER; /* checksum and length behind the content are compared */
    }
    return JB_OK;
}

static int take_content(struct gzip_stage *stage, jb_error *error)
{
    struct packed_input *input = &stage->input;
    struct inflate_state *state = &stage->state;
    uint32_t offered = (uint32_t)(input->count < INPUT_MAX ? input->count : INPUT_MAX);
    state->next_in = (unsigned char *)input->bytes; /* it does not write there */
    state->avail_in = offered;
    int status = isal_inflate(state);
    if (status < 0)
        return damaged(status == ISAL_INCORRECT_CHECKSUM ? "wrong checksum" : "wrong data", error);
    packed_input_take(input, offered - state->avail_in);
    stage->inside = state->block_state != ISAL_BLOCK_FINISH;
    /* It keeps some bytes for itself, so that output may come where no input is left. */
    if (stage->inside && offered == 0 && state->avail_out == OUTPUT_BYTES)
        return error_set(error, JB_ERROR_VERIFY, "the gzip stream ends too early");
    return JB_OK;
}

static int read_gzip(struct byte_source *source, const void **bytes, size_t *count, jb_error *error)
{
    struct gzip_stage *stage = (struct gzip_stage *)source;
    offer_output(stage);
    *bytes = stage->output;
    *count = 0;
    while (stage->state.avail_out == OUTPUT_BYTES) {
        int code = packed_input_refill(&stage->input, error);
        if (code != JB_OK || (stage->input.count == 0 && !stage->inside))
            return code;
        if (!stage->inside) {
            stage->header = (struct gzip_header){0};
            stage->inside = true;
        }
        code = stage->header.field != GZIP_CONTENT ? take_header(stage, error) : take_content(stage, error);
        if (code != JB_OK)
            return code;
    }
    *count = OUTPUT_BYTES - stage->state.avail_out;
    return JB_OK;
}

static void gzip_free(struct decompressor *stage)
{
    free(stage);
}

int decompressor_new_gzip(struct byte_source *input, struct decompressor **made, jb_error *error)
{
    struct gzip_stage *stage = calloc(1, sizeof *stage);
    if (stage == NULL)
        return error_no_memory(error);
    stage->base = (struct decompressor){{read_gzip}, gzip_free};
    stage->input.source = input;
    *made = &stage->base;
    return JB_OK;
}
