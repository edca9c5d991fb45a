/* SHA-256, HMAC-SHA-256, XXH3 and hexadecimal. */
#ifndef CODEC_DIGEST_H
#define CODEC_DIGEST_H

#include <stdbool.h>
#include <stdint.h>

#include "../base/error.h"

#define SHA256_SIZE     32
#define SHA256_HEX_SIZE 65 /* with its NUL */
#define XXH128_SIZE     16
#define XXH128_HEX_SIZE 33

/* An incremental digest. */
struct sha256;
int sha256_new(struct sha256 **sha, jb_error *error);
void sha256_free(struct sha256 *sha);
void sha256_update(struct sha256 *sha, const void *bytes, size_t count);
/* Ends the digest and begins a new one. */
void sha256_finish(struct sha256 *sha, unsigned char digest[SHA256_SIZE]);

/* At once; they fail only without memory. */
int sha256_of(const void *bytes, size_t count, unsigned char digest[SHA256_SIZE], jb_error *error);
int hmac_sha256(const void *key, size_t key_size, const void *bytes, size_t count, unsigned char digest[SHA256_SIZE],
                jb_error *error);

/* A text that is there as a whole, and where its digest goes: SHA256_SIZE bytes. */
struct sha256_text {
    const void *bytes;
    size_t count;
    unsigned char *digest;
};

/* Whether this processor makes two digests side by side, in two thirds of the time that they take apart. */
bool sha256_makes_pairs(void);
/* Of several texts, two side by side where that is so. */
int sha256_of_each(const struct sha256_text *texts, size_t count, jb_error *error);

/* XXH3 of 128 bits in its canonical form, as fast as memory is read. It finds damage, as surely as SHA-256 does;
 * whoever means harm can make other bytes of the same XXH3. */
void xxh128_of(const void *bytes, size_t count, unsigned char digest[XXH128_SIZE]);

/* Lower case; `text` takes 2 * count + 1 characters. */
void hex_encode(const void *bytes, size_t count, char *text);
/* Exactly 2 * count lower-case digits and the text's end, else false. */
bool hex_decode(const char *text, void *bytes, size_t count);

#endif
