#include "age_chunks.h"

#include <openssl/crypto.h>
#include <string.h>

int age_chunks_init(struct age_chunks *chunks, bool encrypt, const unsigned char file_key[AGE_FILE_KEY_SIZE],
                    const unsigned char nonce[AGE_PAYLOAD_NONCE_SIZE], jb_error *error)
{
    unsigned char key[AGE_KEY_SIZE];
    *chunks = (struct age_chunks){0};
    int code = age_hkdf(file_key, AGE_FILE_KEY_SIZE, nonce, AGE_PAYLOAD_NONCE_SIZE, "payload", key, error);
    if (code == JB_OK)
        code = age_cipher_init(&chunks->cipher, encrypt, key, error);
    OPENSSL_cleanse(key, sizeof key);
    return code;
}

void age_chunks_clean_up(struct age_chunks *chunks)
{
    age_cipher_clean_up(&chunks->cipher);
}

/* A counter of 11 bytes, and whether it is the last. */
static void make_nonce(uint64_t index, bool last, unsigned char nonce[AGE_NONCE_SIZE])
{
    memset(nonce, 0, AGE_NONCE_SIZE);
    for (int i = 0; i < 8; i++)
        nonce[10 - i] = (unsigned char)(index >> (8 * i));
    nonce[11] = last;
}

int age_chunk_seal(struct age_chunks *chunks, uint64_t index, bool last, const void *plain, size_t count,
                   unsigned char *sealed, jb_error *error)
{
    unsigned char nonce[AGE_NONCE_SIZE];
    make_nonce(index, last, nonce);
    return age_cipher_seal(&chunks->cipher, nonce, plain, count, sealed, error);
}

/* Why a chunk is not authentic: is it so in the other role? */
static int explain(struct age_chunks *chunks, uint64_t index, bool last, const unsigned char *sealed, size_t count,
                   unsigned char *plain, jb_error *error)
{
    unsigned char nonce[AGE_NONCE_SIZE];
    make_nonce(index, !last, nonce);
    unsigned long long at = index * (unsigned long long)AGE_CHUNK_SIZE;
    if (age_cipher_open(&chunks->cipher, nonce, sealed, count - AGE_TAG_SIZE, plain, error) != JB_OK)
        return error_set(error, JB_ERROR_VERIFY,
                         "the encrypted bytes are damaged in the 64 KiB from byte %llu of the "
                         "content on",
                         at);
    return last ? error_set(error, JB_ERROR_VERIFY, "the encrypted bytes end too early, at byte %llu of the content",
                            at + count - AGE_TAG_SIZE)
                : error_set(error, JB_ERROR_VERIFY,
                            "bytes follow the end of the encrypted ones, at byte %llu of the "
                            "content",
                            at + count - AGE_TAG_SIZE);
}

int age_chunk_open(struct age_chunks *chunks, uint64_t index, bool last, const unsigned char *sealed, size_t count,
                   unsigned char *plain, jb_error *error)
{
    unsigned char nonce[AGE_NONCE_SIZE];
    make_nonce(index, last, nonce);
    if (count < AGE_TAG_SIZE || (count == AGE_TAG_SIZE && index > 0))
        return error_set(error, JB_ERROR_VERIFY, "the encrypted bytes end too early, at byte %llu of the content",
                         index * (unsigned long long)AGE_CHUNK_SIZE);
    int code = age_cipher_open(&chunks->cipher, nonce, sealed, count - AGE_TAG_SIZE, plain, error);
    return code == JB_ERROR_VERIFY ? explain(chunks, index, last, sealed, count, plain, error) : code;
}
