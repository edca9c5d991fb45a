#include "digest.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "sha256_pair.h"

struct sha256 {
    EVP_MD_CTX *context;
};

int sha256_new(struct sha256 **sha, jb_error *error)
{
    struct sha256 *made = malloc(sizeof *made);
    if (made == NULL)
        return error_no_memory(error);
    made->context = EVP_MD_CTX_new();
    if (made->context == NULL || EVP_DigestInit_ex(made->context, EVP_sha256(), NULL) != 1) {
        sha256_free(made);
        return error_no_memory(error);
    }
    *sha = made;
    return JB_OK;
}

void sha256_free(struct sha256 *sha)
{
    if (sha == NULL)
        return;
    EVP_MD_CTX_free(sha->context);
    free(sha);
}

void sha256_update(struct sha256 *sha, const void *bytes, size_t count)
{
    EVP_DigestUpdate(sha->context, bytes, count);
}

void sha256_finish(struct sha256 *sha, unsigned char digest[SHA256_SIZE])
{
    EVP_DigestFinal_ex(sha->context, digest, NULL);
    EVP_DigestInit_ex(sha->context, NULL, NULL);
}

int sha256_of(const void *bytes, size_t count, unsigned char digest[SHA256_SIZE], jb_error *error)
{
    return EVP_Digest(bytes, count, digest, NULL, EVP_sha256(), NULL) == 1 ? JB_OK : error_no_memory(error);
}

static pthread_once_t asked = PTHREAD_ONCE_INIT;
static bool pairs;

static void ask(void)
{
    pairs = sha256_pair_works();
}

bool sha256_makes_pairs(void)
{
    pthread_once(&asked, ask);
    return pairs;
}

int sha256_of_each(const struct sha256_text *texts, size_t count, jb_error *error)
{
    int code = JB_OK;
    for (size_t i = 0; code == JB_OK && i < count; i++) {
        if (i + 1 < count && sha256_makes_pairs()) {
            sha256_pair(&texts[i], &texts[i + 1]);
            i++;
        } else {
            code = sha256_of(texts[i].bytes, texts[i].count, texts[i].digest, error);
        }
    }
    return code;
}

int hmac_sha256(const void *key, size_t key_size, const void *bytes, size_t count, unsigned char digest[SHA256_SIZE],
                jb_error *error)
{
    return HMAC(EVP_sha256(), key, (int)key_size, bytes, count, digest, NULL) != NULL ? JB_OK : error_no_memory(error);
}

void xxh128_of(const void *bytes, size_t count, unsigned char digest[XXH128_SIZE])
{
    XXH128_canonical_t canonical;
    XXH128_canonicalFromHash(&canonical, XXH3_128bits(bytes, count));
    memcpy(digest, canonical.digest, XXH128_SIZE);
}

void hex_encode(const void *bytes, size_t count, char *text)
{
    static const char digits[] = "0123456789abcdef";
    const unsigned char *next = bytes;
    for (size_t i = 0; i < count; i++) {
        *text++ = digits[next[i] >> 4];
        *text++ = digits[next[i] & 15];
    }
    *text = '\0';
}

static int digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool hex_decode(const char *text, void *bytes, size_t count)
{
    unsigned char *next = bytes;
    for (size_t i = 0; i < count; i++) {
        int high = digit(text[2 * i]);
        int low = high < 0 ? -1 : digit(text[2 * i + 1]);
        if (low < 0)
            return false;
        next[i] = (unsigned char)(high << 4 | low);
    }
    return text[2 * count] == '\0';
}
