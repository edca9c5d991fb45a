/* gzip: what zlib takes comes out the same, and what comes out whole is what zlib gives. */
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "codec/decompressor.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

#define PLAIN_MAX ((size_t)1 << 20)

struct input {
    struct byte_source source;
    const uint8_t *bytes;
    size_t left;
};

static int give(struct byte_source *source, const void **bytes, size_t *count, jb_error *error)
{
    struct input *input = (struct input *)source;
    (void)error;
    *bytes = input->bytes;
    *count = input->left > 7 ? 7 : input->left;
    input->bytes += *count;
    input->left -= *count;
    return JB_OK;
}

struct outcome {
    bool whole;
    size_t count;
    uint8_t *bytes;
};

static void by_us(const uint8_t *bytes, size_t count, struct outcome *outcome)
{
    struct input input = {{give}, bytes, count};
    struct decompressor *decompressor;
    jb_error error = JB_ERROR_INIT;
    if (decompressor_new(&input.source, JB_COMPRESSION_GZIP, NULL, 0, &decompressor, &error) != JB_OK)
        abort();
    for (;;) {
        const void *plain;
        size_t given;
        int code = decompressor->source.read(&decompressor->source, &plain, &given, &error);
        outcome->whole = code == JB_OK && given == 0;
        if (code != JB_OK || given == 0 || given > PLAIN_MAX - outcome->count)
            break;
        memcpy(outcome->bytes + outcome->count, plain, given);
        outcome->count += given;
    }
    decompressor->free(decompressor);
}

static void by_zlib(const uint8_t *bytes, size_t count, struct outcome *outcome)
{
    z_stream stream = {.next_in = (uint8_t *)bytes,
                       .avail_in = (unsigned)count,
                       .next_out = outcome->bytes,
                       .avail_out = (unsigned)PLAIN_MAX};
    if (inflateInit2(&stream, 15 + 16) != Z_OK)
        abort();
    int status = Z_STREAM_END;
    while (status == Z_STREAM_END && stream.avail_in > 0) {
        inflateReset(&stream);
        status = inflate(&stream, Z_NO_FLUSH);
    }
    outcome->whole = status == Z_STREAM_END;
    outcome->count = PLAIN_MAX - stream.avail_out;
    inflateEnd(&stream);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
    static uint8_t plain[2][PLAIN_MAX];
    struct outcome ours = {.bytes = plain[0]}, zlibs = {.bytes = plain[1]};
    by_us(bytes, count, &ours);
    by_zlib(bytes, count, &zlibs);
    if (zlibs.count == PLAIN_MAX || ours.count > PLAIN_MAX - ((size_t)1 << 18))
        return 0;
    if (ours.whole != zlibs.whole || (ours.whole && ours.count != zlibs.count) ||
        (ours.whole && memcmp(ours.bytes, zlibs.bytes, ours.count) != 0))
        abort();
    return 0;
}
