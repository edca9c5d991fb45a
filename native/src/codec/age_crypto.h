/* The primitives of age's format, all of them OpenSSL's. */
#ifndef CODEC_AGE_CRYPTO_H
#define CODEC_AGE_CRYPTO_H

#include <openssl/evp.h>
#include <stdbool.h>
#include <stdint.h>

#include "../base/error.h"

#define AGE_KEY_SIZE      32
#define AGE_FILE_KEY_SIZE 16
#define AGE_TAG_SIZE      16
#define AGE_NONCE_SIZE    12

/* HKDF-SHA-256. `salt` may be NULL. */
int age_hkdf(const void *secret, size_t secret_size, const void *salt, size_t salt_size, const char *info,
             unsigned char key[AGE_KEY_SIZE], jb_error *error);

/* JB_ERROR_VERIFY where the share is one of those that give every key the same result. */
int age_x25519(const unsigned char secret[AGE_KEY_SIZE], const unsigned char share[AGE_KEY_SIZE],
               unsigned char shared[AGE_KEY_SIZE], jb_error *error);
int age_x25519_share(const unsigned char secret[AGE_KEY_SIZE], unsigned char share[AGE_KEY_SIZE], jb_error *error);

/* Takes age_scrypt_bytes of memory while it runs. */
int age_scrypt(const char *passphrase, const unsigned char *salt, size_t salt_size, unsigned log_n,
               unsigned char key[AGE_KEY_SIZE], jb_error *error);
static inline uint64_t age_scrypt_bytes(unsigned log_n)
{
    return UINT64_C(1024) << log_n; /* 128 · r · N, with r = 8 */
}

/* ChaCha20-Poly1305 under one key. */
struct age_cipher {
    EVP_CIPHER_CTX *context;
};
/* In place; clean_up is allowed on one that is all zero. */
int age_cipher_init(struct age_cipher *cipher, bool encrypt, const unsigned char key[AGE_KEY_SIZE], jb_error *error);
void age_cipher_clean_up(struct age_cipher *cipher);
/* Puts `count` bytes and the tag. */
int age_cipher_seal(struct age_cipher *cipher, const unsigned char nonce[AGE_NONCE_SIZE], const void *plain,
                    size_t count, unsigned char *sealed, jb_error *error);
/* Of `count` bytes and the tag behind them. JB_ERROR_VERIFY where they are not authentic: then `plain` means nothing.
 */
int age_cipher_open(struct age_cipher *cipher, const unsigned char nonce[AGE_NONCE_SIZE], const unsigned char *sealed,
                    size_t count, unsigned char *plain, jb_error *error);

#endif
