#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "../base/random.h"
#include "age.h"
#include "age_chunks.h"
#include "age_keys.h"

struct age_encryptor {
    struct byte_sink sink;
    struct byte_sink *output;
    struct age_chunks chunks;
    uint64_t index;
    size_t filled; /* a full chunk waits here until it is known not to be the last */
    unsigned char plain[AGE_CHUNK_SIZE];
    unsigned char sealed[AGE_SEALED_SIZE];
};

static int seal(struct age_encryptor *encryptor, const void *plain, size_t count, bool last, jb_error *error)
{
    int code = age_chunk_seal(&encryptor->chunks, encryptor->index++, last, plain, count, encryptor->sealed, error);
    return code == JB_OK ? encryptor->output->write(encryptor->output, encryptor->sealed, count + AGE_TAG_SIZE, error)
                         : code;
}

static int encrypt(struct byte_sink *sink, const void *bytes, size_t count, jb_error *error)
{
    struct age_encryptor *encryptor = (struct age_encryptor *)sink;
    const unsigned char *next = bytes;
    while (count > 0) {
        int code = JB_OK;
        size_t taken = AGE_CHUNK_SIZE;
        if (encryptor->filled == AGE_CHUNK_SIZE) {
            code = seal(encryptor, encryptor->plain, AGE_CHUNK_SIZE, false, error);
            encryptor->filled = 0;
            taken = 0;
        } else if (encryptor->filled == 0 && count > AGE_CHUNK_SIZE) {
            code = seal(encryptor, next, AGE_CHUNK_SIZE, false, error);
        } else {
            taken = AGE_CHUNK_SIZE - encryptor->filled < count ? AGE_CHUNK_SIZE - encryptor->filled : count;
            memcpy(encryptor->plain + encryptor->filled, next, taken);
            encryptor->filled += taken;
        }
        if (code != JB_OK)
            return code;
        next += taken;
        count -= taken;
    }
    return JB_OK;
}

/* Header, nonce, and what the chunks need. */
static int begin(struct age_encryptor *encryptor, const jb_encryption *encryption, uint64_t memory_bytes,
                 jb_error *error)
{
    unsigned char file_key[AGE_FILE_KEY_SIZE], nonce[AGE_PAYLOAD_NONCE_SIZE];
    struct age_header header;
    random_bytes(nonce, sizeof nonce);
    int code = age_keys_wrap(encryption, memory_bytes, &header, file_key, error);
    if (code == JB_OK)
        code = age_chunks_init(&encryptor->chunks, true, file_key, nonce, error);
    OPENSSL_cleanse(file_key, sizeof file_key);
    if (code == JB_OK)
        code = encryptor->output->write(encryptor->output, header.text.data, header.text.size, error);
    if (code == JB_OK)
        code = encryptor->output->write(encryptor->output, nonce, sizeof nonce, error);
    age_header_clean_up(&header);
    return code;
}

int age_encryptor_new(struct byte_sink *output, const jb_encryption *encryption, uint64_t memory_bytes,
                      struct age_encryptor **made, jb_error *error)
{
    int code = age_encryption_check(encryption, error);
    if (code != JB_OK)
        return code;
    struct age_encryptor *encryptor = calloc(1, sizeof *encryptor);
    if (encryptor == NULL)
        return error_no_memory(error);
    encryptor->sink.write = encrypt;
    encryptor->output = output;
    code = begin(encryptor, encryption, memory_bytes, error);
    if (code != JB_OK) {
        age_encryptor_free(encryptor);
        return code;
    }
    *made = encryptor;
    return JB_OK;
}

struct byte_sink *age_encryptor_sink(struct age_encryptor *encryptor)
{
    return &encryptor->sink;
}

int age_encryptor_finish(struct age_encryptor *encryptor, jb_error *error)
{
    return seal(encryptor, encryptor->plain, encryptor->filled, true, error);
}

void age_encryptor_free(struct age_encryptor *encryptor)
{
    if (encryptor == NULL)
        return;
    age_chunks_clean_up(&encryptor->chunks);
    free(encryptor);
}
