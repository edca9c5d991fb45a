#include "age_crypto.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/kdf.h>
#include <string.h>

/* What OpenSSL left behind in its queue: nothing of it is an answer but a lack of memory. */
static int failed(const char *what, jb_error *error)
{
    bool memory = ERR_GET_REASON(ERR_peek_last_error()) == ERR_R_MALLOC_FAILURE;
    ERR_clear_error();
    return memory ? error_no_memory(error) : error_set(error, JB_ERROR_FAILED, "OpenSSL cannot do %s", what);
}

static int derive(const char *name, const OSSL_PARAM *parameters, unsigned char key[AGE_KEY_SIZE], jb_error *error)
{
    ERR_clear_error();
    EVP_KDF *kdf = EVP_KDF_fetch(NULL, name, NULL);
    EVP_KDF_CTX *context = kdf == NULL ? NULL : EVP_KDF_CTX_new(kdf);
    bool good = context != NULL && EVP_KDF_derive(context, key, AGE_KEY_SIZE, parameters) == 1;
    int code = good ? JB_OK : failed(name, error);
    EVP_KDF_CTX_free(context);
    EVP_KDF_free(kdf);
    return code;
}

static OSSL_PARAM octets(const char *name, const void *bytes, size_t count)
{
    return OSSL_PARAM_construct_octet_string(name, (void *)(uintptr_t)bytes, count);
}

int age_hkdf(const void *secret, size_t secret_size, const void *salt, size_t salt_size, const char *info,
             unsigned char key[AGE_KEY_SIZE], jb_error *error)
{
    char digest[] = "SHA256";
    const OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
        octets(OSSL_KDF_PARAM_KEY, secret, secret_size),
        octets(OSSL_KDF_PARAM_INFO, info, strlen(info)),
        salt == NULL ? OSSL_PARAM_construct_end() : octets(OSSL_KDF_PARAM_SALT, salt, salt_size),
        OSSL_PARAM_construct_end(),
    };
    return derive("HKDF", parameters, key, error);
}

int age_scrypt(const char *passphrase, const unsigned char *salt, size_t salt_size, unsigned log_n,
               unsigned char key[AGE_KEY_SIZE], jb_error *error)
{
    uint64_t n = UINT64_C(1) << log_n, most = 2 * age_scrypt_bytes(log_n);
    uint32_t r = 8, p = 1;
    const OSSL_PARAM parameters[] = {
        octets(OSSL_KDF_PARAM_PASSWORD, passphrase, strlen(passphrase)),
        octets(OSSL_KDF_PARAM_SALT, salt, salt_size),
        OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_SCRYPT_N, &n),
        OSSL_PARAM_construct_uint32(OSSL_KDF_PARAM_SCRYPT_R, &r),
        OSSL_PARAM_construct_uint32(OSSL_KDF_PARAM_SCRYPT_P, &p),
        OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_SCRYPT_MAXMEM, &most),
        OSSL_PARAM_construct_end(),
    };
    int code = derive("SCRYPT", parameters, key, error);
    if (code == JB_ERROR_MEMORY)
        error_hint(error, "the passphrase's check takes %llu MiB of memory",
                   (unsigned long long)(age_scrypt_bytes(log_n) >> 20));
    return code;
}

int age_x25519(const unsigned char secret[AGE_KEY_SIZE], const unsigned char share[AGE_KEY_SIZE],
               unsigned char shared[AGE_KEY_SIZE], jb_error *error)
{
    ERR_clear_error();
    size_t size = AGE_KEY_SIZE;
    EVP_PKEY *own = EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, NULL, secret, AGE_KEY_SIZE);
    EVP_PKEY *peer = EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, NULL, share, AGE_KEY_SIZE);
    EVP_PKEY_CTX *context = own == NULL ? NULL : EVP_PKEY_CTX_new(own, NULL);
    int code = JB_OK;
    if (context == NULL || peer == NULL || EVP_PKEY_derive_init(context) != 1 ||
        EVP_PKEY_derive_set_peer(context, peer) != 1)
        code = failed("X25519", error);
    else if (EVP_PKEY_derive(context, shared, &size) != 1) {
        /* It refuses what comes out as zero. */
        code = failed("X25519", error);
        if (code != JB_ERROR_MEMORY)
            code = error_set(error, JB_ERROR_VERIFY, "a share of a key is none that a writer makes");
    }
    EVP_PKEY_CTX_free(context);
    EVP_PKEY_free(peer);
    EVP_PKEY_free(own);
    return code;
}

int age_x25519_share(const unsigned char secret[AGE_KEY_SIZE], unsigned char share[AGE_KEY_SIZE], jb_error *error)
{
    ERR_clear_error();
    size_t size = AGE_KEY_SIZE;
    EVP_PKEY *own = EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, NULL, secret, AGE_KEY_SIZE);
    bool good = own != NULL && EVP_PKEY_get_raw_public_key(own, share, &size) == 1;
    EVP_PKEY_free(own);
    return good ? JB_OK : failed("X25519", error);
}

int age_cipher_init(struct age_cipher *cipher, bool encrypt, const unsigned char key[AGE_KEY_SIZE], jb_error *error)
{
    ERR_clear_error();
    cipher->context = EVP_CIPHER_CTX_new();
    if (cipher->context != NULL &&
        EVP_CipherInit_ex(cipher->context, EVP_chacha20_poly1305(), NULL, key, NULL, encrypt) == 1)
        return JB_OK;
    age_cipher_clean_up(cipher);
    return failed("ChaCha20-Poly1305", error);
}

void age_cipher_clean_up(struct age_cipher *cipher)
{
    EVP_CIPHER_CTX_free(cipher->context);
    cipher->context = NULL;
}

int age_cipher_seal(struct age_cipher *cipher, const unsigned char nonce[AGE_NONCE_SIZE], const void *plain,
                    size_t count, unsigned char *sealed, jb_error *error)
{
    int made = 0, more = 0;
    bool good = EVP_CipherInit_ex(cipher->context, NULL, NULL, NULL, nonce, -1) == 1 &&
                (count == 0 || EVP_CipherUpdate(cipher->context, sealed, &made, plain, (int)count) == 1) &&
                EVP_CipherFinal_ex(cipher->context, sealed + made, &more) == 1 &&
                EVP_CIPHER_CTX_ctrl(cipher->context, EVP_CTRL_AEAD_GET_TAG, AGE_TAG_SIZE, sealed + count) == 1;
    return good ? JB_OK : failed("ChaCha20-Poly1305", error);
}

int age_cipher_open(struct age_cipher *cipher, const unsigned char nonce[AGE_NONCE_SIZE], const unsigned char *sealed,
                    size_t count, unsigned char *plain, jb_error *error)
{
    int made = 0, more = 0;
    unsigned char tag[AGE_TAG_SIZE];
    memcpy(tag, sealed + count, sizeof tag);
    if (EVP_CipherInit_ex(cipher->context, NULL, NULL, NULL, nonce, -1) != 1 ||
        EVP_CIPHER_CTX_ctrl(cipher->context, EVP_CTRL_AEAD_SET_TAG, AGE_TAG_SIZE, tag) != 1 ||
        (count > 0 && EVP_CipherUpdate(cipher->context, plain, &made, sealed, (int)count) != 1))
        return failed("ChaCha20-Poly1305", error);
    if (EVP_CipherFinal_ex(cipher->context, plain + made, &more) == 1)
        return JB_OK;
    ERR_clear_error();
    return error_set(error, JB_ERROR_VERIFY, "the encrypted bytes are damaged");
}
