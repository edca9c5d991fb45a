/* Compressed streams: damaged ones end with an error, bombs in bounded memory. Frames that are decompressed ahead on a
 * pool come out as those of the stream decoder. */
#include <stdlib.h>
#include <string.h>

#include "base/workers.h"
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

#define PLAIN_MAX ((size_t)10 << 20)

struct outcome {
    size_t count;
    int code;
    uint8_t *bytes;
};

static void decompress(const uint8_t *bytes, size_t count, struct workers *workers, struct outcome *outcome)
{
    struct input input = {{give}, bytes, count};
    struct decompressor *decompressor;
    jb_error error = JB_ERROR_INIT;
    outcome->code =
        decompressor_new(&input.source, compression_of_bytes(bytes, count), workers, 64 << 20, &decompressor, &error);
    if (outcome->code != JB_OK)
        return;
    for (size_t given = 1; given > 0 && outcome->count < PLAIN_MAX;) {
        const void *plain;
        outcome->code = decompressor->source.read(&decompressor->source, &plain, &given, &error);
        if (outcome->code != JB_OK)
            break;
        size_t kept = given < PLAIN_MAX - outcome->count ? given : PLAIN_MAX - outcome->count;
        if (kept > 0)
            memcpy(outcome->bytes + outcome->count, plain, kept);
        outcome->count += kept;
    }
    decompressor->free(decompressor);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
    static struct workers *workers;
    static uint8_t *plain[2];
    for (int i = 0; i < 2 && plain[1] == NULL; i++)
        plain[i] = malloc(PLAIN_MAX);
    if (workers == NULL && workers_new(2, &workers, NULL) != JB_OK)
        abort();
    struct outcome one_by_one = {.bytes = plain[0]}, ahead = {.bytes = plain[1]};
    decompress(bytes, count, NULL, &one_by_one);
    decompress(bytes, count, workers, &ahead);
    /* A damaged frame ends one of them in its middle, and the other before it. zstd's stream decoder overlooks a header
     * that tells of too much before an empty last block; the other one does not. */
    size_t both = one_by_one.count < ahead.count ? one_by_one.count : ahead.count;
    bool same = one_by_one.code == ahead.code && (ahead.code != JB_OK || one_by_one.count == ahead.count);
    bool stricter = one_by_one.code == JB_OK && ahead.code == JB_ERROR_VERIFY;
    if ((!same && !stricter) || memcmp(one_by_one.bytes, ahead.bytes, both) != 0)
        abort();
    return 0;
}
