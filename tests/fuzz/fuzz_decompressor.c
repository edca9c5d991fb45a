/* Compressed streams: damaged ones end with an error, bombs in bounded memory. */
#include "codec/decompressor.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

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

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
    struct input input = {{give}, bytes, count};
    struct decompressor *decompressor;
    jb_error error = JB_ERROR_INIT;
    if (decompressor_new(&input.source, compression_of_bytes(bytes, count), &decompressor, &error) != JB_OK)
        return 0;
    const void *plain;
    size_t given = 1;
    uint64_t total = 0;
    while (given > 0 && total < 10 << 20 &&
           decompressor->source.read(&decompressor->source, &plain, &given, &error) == JB_OK)
        total += given;
    decompressor->free(decompressor);
    return 0;
}
