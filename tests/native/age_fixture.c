#include "age_fixture.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "memory_stream.h"

static const char *const test_recipients[] = {AGE_TEST_RECIPIENT, NULL};
static const char *const test_identities[] = {AGE_TEST_IDENTITY, NULL};
const jb_encryption age_test_encryption = {.size = sizeof(jb_encryption), .recipients = test_recipients};
const jb_decryption age_test_decryption = {.size = sizeof(jb_decryption), .identities = test_identities};

static int read_at(struct byte_range *base, uint64_t offset, void *bytes, size_t count, jb_error *error)
{
    struct memory_range *range = (struct memory_range *)base;
    range->reads++;
    if (offset > base->bytes || count > base->bytes - offset)
        return error_set(error, JB_ERROR_FORMAT, "beyond the end");
    if (count > 0)
        memcpy(bytes, range->bytes + offset, count);
    return JB_OK;
}

void memory_range_init(struct memory_range *range, const void *bytes, size_t count)
{
    *range = (struct memory_range){.base = {count, read_at}, .bytes = bytes};
}

int age_seal(const jb_encryption *encryption, const void *plain, size_t count, size_t chunk, struct buffer *sealed,
             jb_error *error)
{
    struct memory_sink sink;
    struct age_encryptor *encryptor = NULL;
    memory_sink_init(&sink);
    int code = age_encryptor_new(&sink.base, encryption, 0, &encryptor, error);
    for (size_t at = 0; code == JB_OK && at < count; at += chunk) {
        size_t taken = count - at < chunk ? count - at : chunk;
        struct byte_sink *input = age_encryptor_sink(encryptor);
        code = input->write(input, (const char *)plain + at, taken, error);
    }
    if (code == JB_OK)
        code = age_encryptor_finish(encryptor, error);
    age_encryptor_free(encryptor);
    *sealed = sink.bytes;
    return code;
}

int age_open(const jb_decryption *decryption, const void *sealed, size_t count, size_t chunk, struct buffer *plain,
             jb_error *error)
{
    struct memory_source source;
    struct age_decryptor *decryptor = NULL;
    memory_source_init(&source, sealed, count, chunk);
    buffer_init(plain, (size_t)1 << 30);
    int code = age_decryptor_new(&source.base, decryption, &decryptor, error);
    for (size_t got = 1; code == JB_OK && got > 0;) {
        const void *bytes;
        struct byte_source *output = age_decryptor_source(decryptor);
        code = output->read(output, &bytes, &got, error);
        if (code == JB_OK)
            code = buffer_append(plain, bytes, got, error);
    }
    age_decryptor_free(decryptor);
    return code;
}

int age_open_range(const jb_decryption *decryption, const void *sealed, size_t count, struct buffer *plain,
                   jb_error *error)
{
    struct memory_range input;
    struct age_range *range = NULL;
    memory_range_init(&input, sealed, count);
    buffer_init(plain, (size_t)1 << 30);
    int code = age_range_new(&input.base, decryption, &range, error);
    if (code != JB_OK)
        return code;
    struct byte_range *output = age_range_bytes(range);
    char *bytes = malloc((size_t)output->bytes + 1);
    code = bytes == NULL ? error_no_memory(error) : output->read_at(output, 0, bytes, (size_t)output->bytes, error);
    if (code == JB_OK)
        code = buffer_append(plain, bytes, (size_t)output->bytes, error);
    free(bytes);
    age_range_free(range);
    return code;
}
