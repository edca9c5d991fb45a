/*
 * Encryption in age's format, version 1 (https://age-encryption.org/v1; C2SP's age.md): a header that holds the file's
 * key for each recipient, then a nonce of 16 bytes, then chunks of 64 KiB under ChaCha20-Poly1305. What comes out is
 * authentic: no byte is given before its chunk's tag was found right.
 */
#ifndef CODEC_AGE_H
#define CODEC_AGE_H

#include <jpsbackup/store.h>

#include "../base/bytes.h"

/* JB_ERROR_USAGE where the keys are malformed, none, or too many. No message holds a secret. */
int age_encryption_check(const jb_encryption *encryption, jb_error *error);
int age_decryption_check(const jb_decryption *decryption, jb_error *error);

/* Do the stream's first bytes say that it is encrypted so? Fewer than 21 of them say no. */
bool age_is_encrypted(const void *bytes, size_t count);

/*
 * Checks the keys, then writes the header to `output`, which it keeps. A passphrase takes up to `memory_bytes`, at
 * least 32 MiB and at most 256 MiB, while this runs.
 */
struct age_encryptor;
int age_encryptor_new(struct byte_sink *output, const jb_encryption *encryption, uint64_t memory_bytes,
                      struct age_encryptor **encryptor, jb_error *error);
struct byte_sink *age_encryptor_sink(struct age_encryptor *encryptor);
/* Writes the last chunk. */
int age_encryptor_finish(struct age_encryptor *encryptor, jb_error *error);
/* NULL is allowed. */
void age_encryptor_free(struct age_encryptor *encryptor);

/* The key of one file. Zero it after use. */
struct age_file_key {
    unsigned char bytes[16];
};

/*
 * Finds it in the header that the bytes begin with, which is all there where they are the stream's first
 * AGE_BEGIN_SIZE, or all. JB_ERROR_ACCESS where no key opens the header, JB_ERROR_VERIFY for damage.
 */
#define AGE_BEGIN_SIZE 65537
int age_unlock(const void *bytes, size_t count, const jb_decryption *decryption, struct age_file_key *key,
               jb_error *error);

/*
 * Reads the header from `input`, which it keeps. JB_ERROR_ACCESS where no key opens it, JB_ERROR_VERIFY for damage;
 * reading notices also where the stream was cut or has more behind its end.
 */
struct age_decryptor;
int age_decryptor_new(struct byte_source *input, const jb_decryption *decryption, struct age_decryptor **decryptor,
                      jb_error *error);
/* The same with a key that age_unlock found, so that nothing but the header is read before a passphrase was tried. */
int age_decryptor_new_unlocked(struct byte_source *input, const struct age_file_key *key,
                               struct age_decryptor **decryptor, jb_error *error);
struct byte_source *age_decryptor_source(struct age_decryptor *decryptor);
void age_decryptor_free(struct age_decryptor *decryptor);

/*
 * From anywhere: reads the header and the last chunk of `input`, which it keeps, so that the length is known to be
 * true. One read costs one read of `input` for each 4 MiB.
 */
struct age_range;
int age_range_new(struct byte_range *input, const jb_decryption *decryption, struct age_range **range, jb_error *error);
struct byte_range *age_range_bytes(struct age_range *range);
void age_range_free(struct age_range *range);

#endif
