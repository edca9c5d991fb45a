/*
 * Encrypted streams, by a fixed identity: headers and payloads. Read from begin to end and as a range, both must agree.
 * What follows the first byte is opened as it is, or, where that byte is odd, sealed first and then changed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "codec/age.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

static const char *const recipients[] = {"age1fy9vsfqvzwty8l6thwxt6z4twzsy777gwkg3pwsgqkep6q7x5cnqjlfwka", NULL};
static const char *const identities[] = {"AGE-SECRET-KEY-1K674DNC0DXXAFFGUXL2V0XSPG8H6WFU4PVUM87DA67SDAAYJUA2QVAWTMX",
                                         NULL};
static const jb_encryption encryption = {.size = sizeof encryption, .recipients = recipients};
static const jb_decryption decryption = {.size = sizeof decryption, .identities = identities};

struct input {
    struct byte_source source;
    struct byte_range range;
    const uint8_t *bytes;
    size_t left;
    size_t step;
};

static int give(struct byte_source *source, const void **bytes, size_t *count, jb_error *error)
{
    struct input *input = (struct input *)source;
    (void)error;
    *bytes = input->bytes;
    *count = input->left > input->step ? input->step : input->left;
    input->bytes += *count;
    input->left -= *count;
    return JB_OK;
}

static int give_at(struct byte_range *range, uint64_t offset, void *bytes, size_t count, jb_error *error)
{
    const struct input *input = (const struct input *)((char *)range - offsetof(struct input, range));
    (void)error;
    if (offset > range->bytes || count > range->bytes - offset)
        abort();
    if (count > 0)
        memcpy(bytes, input->bytes + offset, count);
    return JB_OK;
}

struct output {
    struct byte_sink sink;
    struct buffer buffer;
};

static int keep(struct byte_sink *sink, const void *bytes, size_t count, jb_error *error)
{
    return buffer_append(&((struct output *)sink)->buffer, bytes, count, error);
}

static int open_stream(const uint8_t *bytes, size_t count, size_t step, struct buffer *plain)
{
    struct input input = {.source = {give}, .bytes = bytes, .left = count, .step = step};
    struct age_decryptor *decryptor = NULL;
    jb_error error = JB_ERROR_INIT;
    buffer_init(plain, 1 << 20);
    int code = age_decryptor_new(&input.source, &decryption, &decryptor, &error);
    for (size_t got = 1; code == JB_OK && got > 0;) {
        const void *part;
        struct byte_source *source = age_decryptor_source(decryptor);
        code = source->read(source, &part, &got, &error);
        if (code == JB_OK)
            code = buffer_append(plain, part, got, &error);
    }
    age_decryptor_free(decryptor);
    return code;
}

static int open_range(const uint8_t *bytes, size_t count, struct buffer *plain)
{
    struct input input = {.range = {count, give_at}, .bytes = bytes};
    struct age_range *range = NULL;
    jb_error error = JB_ERROR_INIT;
    buffer_init(plain, 1 << 20);
    int code = age_range_new(&input.range, &decryption, &range, &error);
    if (code != JB_OK)
        return code;
    struct byte_range *output = age_range_bytes(range);
    if (output->bytes > count)
        abort();
    char *all = malloc((size_t)output->bytes + 1);
    code = all == NULL ? JB_ERROR_MEMORY : output->read_at(output, 0, all, (size_t)output->bytes, &error);
    if (code == JB_OK)
        code = buffer_append(plain, all, (size_t)output->bytes, &error);
    free(all);
    age_range_free(range);
    return code;
}

static void open_both(const uint8_t *bytes, size_t count, const uint8_t *expected, size_t expected_count)
{
    struct buffer streamed, ranged;
    int code = open_stream(bytes, count, 7, &streamed);
    int other = open_range(bytes, count, &ranged);
    if (code != JB_OK && (code == JB_ERROR_USAGE || code == JB_ERROR_FAILED))
        abort();
    if ((code == JB_OK) != (other == JB_OK))
        abort();
    if (code == JB_OK &&
        (streamed.size != ranged.size || (ranged.size > 0 && memcmp(streamed.data, ranged.data, ranged.size) != 0)))
        abort();
    if (code == JB_OK && expected != NULL &&
        (streamed.size != expected_count || memcmp(streamed.data, expected, expected_count) != 0))
        abort(); /* a change that nobody noticed */
    buffer_clean_up(&streamed);
    buffer_clean_up(&ranged);
}

/* Two bytes say where, one how; the rest is what is sealed. */
static void change_sealed(const uint8_t *bytes, size_t count)
{
    struct output output = {.sink = {keep}};
    struct age_encryptor *encryptor = NULL;
    jb_error error = JB_ERROR_INIT;
    buffer_init(&output.buffer, 1 << 20);
    if (age_encryptor_new(&output.sink, &encryption, 0, &encryptor, &error) != JB_OK)
        abort();
    struct byte_sink *sink = age_encryptor_sink(encryptor);
    if (sink->write(sink, bytes + 3, count - 3, &error) != JB_OK || age_encryptor_finish(encryptor, &error) != JB_OK)
        abort();
    age_encryptor_free(encryptor);
    size_t at = (size_t)(bytes[0] | bytes[1] << 8) % output.buffer.size;
    output.buffer.data[at] = (char)(output.buffer.data[at] ^ (char)bytes[2]);
    open_both((const uint8_t *)output.buffer.data, output.buffer.size, bytes + 3, count - 3);
    buffer_clean_up(&output.buffer);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
    if (count == 0)
        return 0;
    /* scrypt's work is not what is looked for: no passphrase is given. */
    if ((bytes[0] & 1) == 0)
        open_both(bytes + 1, count - 1, NULL, 0);
    else if (count > 4)
        change_sealed(bytes + 1, count - 1);
    return 0;
}
