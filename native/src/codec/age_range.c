#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "age.h"
#include "age_chunks.h"
#include "age_keys.h"

#define CHUNKS_AT_ONCE 65 /* 4 MiB that need not begin with a chunk */

/* Bytes that are there already. */
struct given_source {
    struct byte_source base;
    const void *bytes;
    size_t count;
};

struct age_range {
    struct byte_range range;
    struct byte_range *input;
    uint64_t begin; /* of the first chunk in the input */
    uint64_t chunk_count;
    struct age_chunks chunks;
    unsigned char last[AGE_CHUNK_SIZE]; /* the last chunk, opened */
    unsigned char one[AGE_CHUNK_SIZE];
    unsigned char *sealed; /* room for CHUNKS_AT_ONCE, or for the whole input */
};

static int give(struct byte_source *base, const void **bytes, size_t *count, jb_error *error)
{
    struct given_source *source = (struct given_source *)base;
    (void)error;
    *bytes = source->bytes;
    *count = source->count;
    source->count = 0;
    return JB_OK;
}

/* Takes the file key out of the header that the bytes begin with. */
static int open_header(const void *bytes, size_t count, const jb_decryption *decryption, size_t *header_size,
                       unsigned char file_key[AGE_FILE_KEY_SIZE], jb_error *error)
{
    struct given_source source = {{give}, bytes, count};
    struct age_header header;
    const void *rest;
    size_t rest_count;
    int code = age_header_read(&source.base, &header, &rest, &rest_count, error);
    if (code == JB_OK)
        code = age_keys_unwrap(&header, decryption, file_key, error);
    *header_size = header.text.size;
    age_header_clean_up(&header);
    return code;
}

int age_unlock(const void *bytes, size_t count, const jb_decryption *decryption, struct age_file_key *key,
               jb_error *error)
{
    size_t header_size;
    int code = age_decryption_check(decryption, error);
    return code == JB_OK ? open_header(bytes, count, decryption, &header_size, key->bytes, error) : code;
}

static uint64_t chunk_place(const struct age_range *range, uint64_t index)
{
    return range->begin + index * AGE_SEALED_SIZE;
}

static size_t chunk_bytes(const struct age_range *range, uint64_t index)
{
    uint64_t left = range->range.bytes - index * AGE_CHUNK_SIZE;
    return left < AGE_CHUNK_SIZE ? (size_t)left : AGE_CHUNK_SIZE;
}

/* Copies what a chunk has of `count` bytes from `offset` on; returns how many. */
static size_t copy_out(const struct age_range *range, uint64_t index, const unsigned char *plain, uint64_t offset,
                       unsigned char *bytes, size_t count)
{
    size_t skipped = (size_t)(offset - index * AGE_CHUNK_SIZE);
    size_t has = chunk_bytes(range, index) - skipped;
    size_t taken = has < count ? has : count;
    memcpy(bytes, plain + skipped, taken);
    return taken;
}

/* Reads and opens chunks up to `end`, none of them the last, as many as there is room for; moves *offset. */
static int read_chunks(struct age_range *range, uint64_t end, uint64_t *offset, unsigned char **bytes, jb_error *error)
{
    uint64_t index = *offset / AGE_CHUNK_SIZE;
    uint64_t behind = (end + AGE_CHUNK_SIZE - 1) / AGE_CHUNK_SIZE;
    if (behind > range->chunk_count - 1)
        behind = range->chunk_count - 1;
    if (behind > index + CHUNKS_AT_ONCE)
        behind = index + CHUNKS_AT_ONCE;
    int code = range->input->read_at(range->input, chunk_place(range, index), range->sealed,
                                     (size_t)(behind - index) * AGE_SEALED_SIZE, error);
    const unsigned char *sealed = range->sealed;
    for (; code == JB_OK && index < behind; index++, sealed += AGE_SEALED_SIZE) {
        code = age_chunk_open(&range->chunks, index, false, sealed, AGE_SEALED_SIZE, range->one, error);
        if (code != JB_OK)
            break;
        size_t taken = copy_out(range, index, range->one, *offset, *bytes, (size_t)(end - *offset));
        *offset += taken;
        *bytes += taken;
    }
    return code;
}

static int read_at(struct byte_range *base, uint64_t offset, void *bytes, size_t count, jb_error *error)
{
    struct age_range *range = (struct age_range *)base;
    if (offset > base->bytes || count > base->bytes - offset)
        return error_set(error, JB_ERROR_FORMAT, "%zu bytes from %llu on lie beyond the end of the encrypted content",
                         count, (unsigned long long)offset);
    unsigned char *next = bytes;
    for (uint64_t end = offset + count; offset < end;) {
        uint64_t index = offset / AGE_CHUNK_SIZE;
        if (index == range->chunk_count - 1) {
            copy_out(range, index, range->last, offset, next, (size_t)(end - offset));
            return JB_OK;
        }
        int code = read_chunks(range, end, &offset, &next, error);
        if (code != JB_OK)
            return code;
    }
    return JB_OK;
}

/* The length follows from the input's, which may be a lie: the last chunk tells. */
static int open_last(struct age_range *range, jb_error *error)
{
    if (range->input->bytes < range->begin + AGE_TAG_SIZE)
        return error_set(error, JB_ERROR_VERIFY, "the encrypted bytes end too early, behind their header");
    uint64_t sealed = range->input->bytes - range->begin;
    range->chunk_count = (sealed + AGE_SEALED_SIZE - 1) / AGE_SEALED_SIZE;
    uint64_t index = range->chunk_count - 1;
    size_t count = (size_t)(sealed - index * AGE_SEALED_SIZE);
    int code = range->input->read_at(range->input, chunk_place(range, index), range->sealed, count, error);
    if (code == JB_OK)
        code = age_chunk_open(&range->chunks, index, true, range->sealed, count, range->last, error);
    range->range.bytes = sealed - range->chunk_count * AGE_TAG_SIZE;
    return code;
}

static int begin(struct age_range *range, const jb_decryption *decryption, jb_error *error)
{
    unsigned char file_key[AGE_FILE_KEY_SIZE];
    size_t count = range->input->bytes < AGE_BEGIN_SIZE ? (size_t)range->input->bytes : AGE_BEGIN_SIZE;
    size_t header_size;
    int code = range->input->read_at(range->input, 0, range->sealed, count, error);
    if (code == JB_OK)
        code = open_header(range->sealed, count, decryption, &header_size, file_key, error);
    if (code != JB_OK)
        return code;
    range->begin = header_size + AGE_PAYLOAD_NONCE_SIZE;
    if (range->input->bytes < range->begin)
        code = error_set(error, JB_ERROR_VERIFY, "the encrypted bytes end too early, behind their header");
    if (code == JB_OK && range->begin > count)
        code = range->input->read_at(range->input, header_size, range->sealed + header_size, AGE_PAYLOAD_NONCE_SIZE,
                                     error);
    if (code == JB_OK)
        code = age_chunks_init(&range->chunks, false, file_key, range->sealed + header_size, error);
    OPENSSL_cleanse(file_key, sizeof file_key);
    return code == JB_OK ? open_last(range, error) : code;
}

int age_range_new(struct byte_range *input, const jb_decryption *decryption, struct age_range **made, jb_error *error)
{
    int code = age_decryption_check(decryption, error);
    if (code != JB_OK)
        return code;
    struct age_range *range = calloc(1, sizeof *range);
    if (range == NULL)
        return error_no_memory(error);
    range->range.read_at = read_at;
    range->input = input;
    uint64_t most = (uint64_t)CHUNKS_AT_ONCE * AGE_SEALED_SIZE;
    range->sealed = malloc((size_t)(input->bytes < most ? input->bytes + 1 : most));
    code = range->sealed == NULL ? error_no_memory(error) : begin(range, decryption, error);
    if (code != JB_OK) {
        age_range_free(range);
        return code;
    }
    *made = range;
    return JB_OK;
}

struct byte_range *age_range_bytes(struct age_range *range)
{
    return &range->range;
}

void age_range_free(struct age_range *range)
{
    if (range == NULL)
        return;
    age_chunks_clean_up(&range->chunks);
    free(range->sealed);
    free(range);
}
