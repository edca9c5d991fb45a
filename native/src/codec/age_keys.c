#include "age_keys.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "../base/random.h"
#include "age.h"
#include "bech32.h"

#define WORK_FACTOR     18 /* age's own */
#define WORK_FACTOR_MIN 15

static const char x25519_info[] = "age-encryption.org/v1/X25519";
static const char scrypt_label[] = "age-encryption.org/v1/scrypt";
static const unsigned char zero_nonce[AGE_NONCE_SIZE];

struct identity {
    unsigned char secret[AGE_KEY_SIZE];
    unsigned char recipient[AGE_KEY_SIZE]; /* its public half */
};

static int parse_recipient(const char *text, unsigned char share[AGE_KEY_SIZE], jb_error *error)
{
    if (bech32_decode(text, "age", share, AGE_KEY_SIZE))
        return JB_OK;
    if (strncmp(text, "AGE-SECRET-KEY-", 15) == 0) {
        error_set(error, JB_ERROR_USAGE, "a recipient is a secret key");
        return error_hint(error, "give the public one, which 'age-keygen -y' makes of it; consider this one known");
    }
    /* What is no public key at all may be a secret that came here by mistake. */
    if (strncmp(text, "age1", 4) == 0)
        error_set(error, JB_ERROR_USAGE, "the recipient '%.80s' is no public key of age's", text);
    else
        error_set(error, JB_ERROR_USAGE, "a recipient is no public key of age's");
    return error_hint(error, "it begins with 'age1', as age-keygen prints it; keys of ssh and of plugins are not known "
                             "here");
}

static int parse_identity(const char *text, struct identity *identity, jb_error *error)
{
    if (bech32_decode(text, "AGE-SECRET-KEY-", identity->secret, sizeof identity->secret))
        return age_x25519_share(identity->secret, identity->recipient, error);
    error_set(error, JB_ERROR_USAGE, "an identity is no secret key of age's");
    return error_hint(error, "it begins with 'AGE-SECRET-KEY-1', as age-keygen writes it");
}

/* What both halves of an X25519 stanza agree on. */
static int x25519_wrapping_key(const unsigned char shared[AGE_KEY_SIZE], const unsigned char share[AGE_KEY_SIZE],
                               const unsigned char recipient[AGE_KEY_SIZE], unsigned char key[AGE_KEY_SIZE],
                               jb_error *error)
{
    unsigned char salt[2 * AGE_KEY_SIZE];
    memcpy(salt, share, AGE_KEY_SIZE);
    memcpy(salt + AGE_KEY_SIZE, recipient, AGE_KEY_SIZE);
    return age_hkdf(shared, AGE_KEY_SIZE, salt, sizeof salt, x25519_info, key, error);
}

static int scrypt_wrapping_key(const struct age_stanza *stanza, const char *passphrase, unsigned char key[AGE_KEY_SIZE],
                               jb_error *error)
{
    unsigned char salt[sizeof scrypt_label - 1 + AGE_SCRYPT_SALT_SIZE];
    memcpy(salt, scrypt_label, sizeof scrypt_label - 1);
    memcpy(salt + sizeof scrypt_label - 1, stanza->salt, AGE_SCRYPT_SALT_SIZE);
    return age_scrypt(passphrase, salt, sizeof salt, stanza->work_factor, key, error);
}

/* Zeroes the wrapping key. */
static int wrap(unsigned char key[AGE_KEY_SIZE], const unsigned char file_key[AGE_FILE_KEY_SIZE],
                struct age_stanza *stanza, jb_error *error)
{
    struct age_cipher cipher = {0};
    int code = age_cipher_init(&cipher, true, key, error);
    OPENSSL_cleanse(key, AGE_KEY_SIZE);
    if (code == JB_OK)
        code = age_cipher_seal(&cipher, zero_nonce, file_key, AGE_FILE_KEY_SIZE, stanza->wrapped_file_key, error);
    age_cipher_clean_up(&cipher);
    return code;
}

/* Zeroes the wrapping key. JB_ERROR_VERIFY where it is another one. */
static int unwrap(unsigned char key[AGE_KEY_SIZE], const struct age_stanza *stanza,
                  unsigned char file_key[AGE_FILE_KEY_SIZE], jb_error *error)
{
    struct age_cipher cipher = {0};
    int code = age_cipher_init(&cipher, false, key, error);
    OPENSSL_cleanse(key, AGE_KEY_SIZE);
    if (code == JB_OK)
        code = age_cipher_open(&cipher, zero_nonce, stanza->wrapped_file_key, AGE_FILE_KEY_SIZE, file_key, error);
    age_cipher_clean_up(&cipher);
    return code;
}

static int wrap_for_recipient(const char *text, const unsigned char file_key[AGE_FILE_KEY_SIZE],
                              struct age_header *header, jb_error *error)
{
    struct age_stanza stanza = {.type = AGE_X25519};
    unsigned char recipient[AGE_KEY_SIZE], secret[AGE_KEY_SIZE], shared[AGE_KEY_SIZE], key[AGE_KEY_SIZE];
    random_bytes(secret, sizeof secret);
    int code = parse_recipient(text, recipient, error);
    if (code == JB_OK)
        code = age_x25519_share(secret, stanza.share, error);
    if (code == JB_OK)
        code = age_x25519(secret, recipient, shared, error);
    if (code == JB_ERROR_VERIFY)
        code = error_set(error, JB_ERROR_USAGE, "the recipient '%.80s' is no key that keeps anything secret", text);
    if (code == JB_OK)
        code = x25519_wrapping_key(shared, stanza.share, recipient, key, error);
    if (code == JB_OK)
        code = wrap(key, file_key, &stanza, error);
    if (code == JB_OK)
        code = age_header_add(header, &stanza, error);
    OPENSSL_cleanse(secret, sizeof secret);
    OPENSSL_cleanse(shared, sizeof shared);
    return code;
}

static int wrap_for_passphrase(const char *passphrase, uint64_t memory_bytes,
                               const unsigned char file_key[AGE_FILE_KEY_SIZE], struct age_header *header,
                               jb_error *error)
{
    struct age_stanza stanza = {.type = AGE_SCRYPT, .work_factor = WORK_FACTOR};
    unsigned char key[AGE_KEY_SIZE];
    while (stanza.work_factor > WORK_FACTOR_MIN && age_scrypt_bytes(stanza.work_factor) > memory_bytes)
        stanza.work_factor--;
    random_bytes(stanza.salt, sizeof stanza.salt);
    int code = scrypt_wrapping_key(&stanza, passphrase, key, error);
    if (code == JB_OK)
        code = wrap(key, file_key, &stanza, error);
    return code == JB_OK ? age_header_add(header, &stanza, error) : code;
}

int age_keys_wrap(const jb_encryption *encryption, uint64_t memory_bytes, struct age_header *header,
                  unsigned char file_key[AGE_FILE_KEY_SIZE], jb_error *error)
{
    random_bytes(file_key, AGE_FILE_KEY_SIZE);
    int code = age_header_begin(header, error);
    if (code == JB_OK && encryption->passphrase != NULL)
        code = wrap_for_passphrase(encryption->passphrase, memory_bytes, file_key, header, error);
    for (size_t i = 0; code == JB_OK && encryption->passphrase == NULL && encryption->recipients[i] != NULL; i++)
        code = wrap_for_recipient(encryption->recipients[i], file_key, header, error);
    if (code == JB_OK)
        code = age_header_end(header, file_key, error);
    if (code != JB_OK)
        OPENSSL_cleanse(file_key, AGE_FILE_KEY_SIZE);
    return code;
}

static int unwrap_by_passphrase(const struct age_stanza *stanza, const jb_decryption *decryption,
                                unsigned char file_key[AGE_FILE_KEY_SIZE], jb_error *error)
{
    unsigned char key[AGE_KEY_SIZE];
    if (decryption->passphrase == NULL) {
        error_set(error, JB_ERROR_ACCESS, "it is encrypted with a passphrase, not to an identity's key");
        return error_hint(error, "give the passphrase");
    }
    int code = scrypt_wrapping_key(stanza, decryption->passphrase, key, error);
    if (code == JB_OK)
        code = unwrap(key, stanza, file_key, error);
    if (code != JB_ERROR_VERIFY)
        return code;
    error_set(error, JB_ERROR_ACCESS, "the passphrase does not open it");
    return error_hint(error, "give the passphrase that it was encrypted with");
}

static int unwrap_by_identity(const struct age_stanza *stanza, const struct identity *identity,
                              unsigned char file_key[AGE_FILE_KEY_SIZE], bool *opened, jb_error *error)
{
    unsigned char shared[AGE_KEY_SIZE], key[AGE_KEY_SIZE];
    int code = age_x25519(identity->secret, stanza->share, shared, error);
    if (code == JB_OK)
        code = x25519_wrapping_key(shared, stanza->share, identity->recipient, key, error);
    OPENSSL_cleanse(shared, sizeof shared);
    if (code != JB_OK)
        return code;
    code = unwrap(key, stanza, file_key, error);
    *opened = code == JB_OK;
    return code == JB_ERROR_VERIFY ? JB_OK : code; /* another recipient's stanza */
}

static int none_fits(const struct age_header *header, const jb_decryption *decryption, jb_error *error)
{
    if (header->count == 0) {
        error_set(error, JB_ERROR_ACCESS, "it is encrypted to keys of kinds that are not known here");
        return error_hint(error, "keys of ssh and of plugins need 'age -d'");
    }
    if (decryption->identities == NULL || decryption->identities[0] == NULL) {
        error_set(error, JB_ERROR_ACCESS, "it is encrypted to public keys, not with a passphrase");
        return error_hint(error, "give the identity (secret key) of one of its recipients");
    }
    error_set(error, JB_ERROR_ACCESS, "no identity that was given opens it");
    return error_hint(error, "give the identity (secret key) of one of its %zu recipients", header->total);
}

static int unwrap_by_identities(const struct age_header *header, const jb_decryption *decryption,
                                unsigned char file_key[AGE_FILE_KEY_SIZE], jb_error *error)
{
    bool opened = false;
    int code = JB_OK;
    const char *const *texts = decryption->identities;
    for (size_t i = 0; code == JB_OK && !opened && texts != NULL && texts[i] != NULL; i++) {
        struct identity identity;
        code = parse_identity(texts[i], &identity, error);
        for (size_t j = 0; code == JB_OK && !opened && j < header->count; j++)
            code = unwrap_by_identity(&header->stanzas[j], &identity, file_key, &opened, error);
        OPENSSL_cleanse(&identity, sizeof identity);
    }
    return code == JB_OK && !opened ? none_fits(header, decryption, error) : code;
}

int age_keys_check(const struct age_header *header, const unsigned char file_key[AGE_FILE_KEY_SIZE], jb_error *error)
{
    unsigned char mac[AGE_KEY_SIZE];
    int code = age_header_mac(header, file_key, mac, error);
    if (code == JB_OK && CRYPTO_memcmp(mac, header->mac, sizeof mac) != 0)
        code = error_set(error, JB_ERROR_VERIFY, "the encryption's header is damaged: its MAC is wrong");
    return code;
}

int age_keys_unwrap(const struct age_header *header, const jb_decryption *decryption,
                    unsigned char file_key[AGE_FILE_KEY_SIZE], jb_error *error)
{
    bool scrypt = header->count == 1 && header->stanzas[0].type == AGE_SCRYPT;
    int code = scrypt ? unwrap_by_passphrase(&header->stanzas[0], decryption, file_key, error)
                      : unwrap_by_identities(header, decryption, file_key, error);
    if (code == JB_OK)
        code = age_keys_check(header, file_key, error);
    if (code != JB_OK)
        OPENSSL_cleanse(file_key, AGE_FILE_KEY_SIZE);
    return code;
}

int age_encryption_check(const jb_encryption *encryption, jb_error *error)
{
    unsigned char share[AGE_KEY_SIZE];
    if (encryption->size != sizeof *encryption)
        return error_set(error, JB_ERROR_USAGE, "jb_encryption is of another size");
    bool recipients = encryption->recipients != NULL && encryption->recipients[0] != NULL;
    if (recipients == (encryption->passphrase != NULL))
        return error_set(error, JB_ERROR_USAGE, "encryption takes either a passphrase or recipients");
    if (!recipients)
        return encryption->passphrase[0] != '\0' ? JB_OK : error_set(error, JB_ERROR_USAGE, "the passphrase is empty");
    size_t count = 0;
    int code = JB_OK;
    for (; code == JB_OK && encryption->recipients[count] != NULL && count <= AGE_RECIPIENTS_MAX; count++)
        code = parse_recipient(encryption->recipients[count], share, error);
    return code == JB_OK && count > AGE_RECIPIENTS_MAX
               ? error_set(error, JB_ERROR_USAGE, "there are more than %d recipients", AGE_RECIPIENTS_MAX)
               : code;
}

int age_decryption_check(const jb_decryption *decryption, jb_error *error)
{
    if (decryption->size != sizeof *decryption)
        return error_set(error, JB_ERROR_USAGE, "jb_decryption is of another size");
    const char *const *texts = decryption->identities;
    if (decryption->passphrase == NULL && (texts == NULL || texts[0] == NULL))
        return error_set(error, JB_ERROR_USAGE, "decryption takes a passphrase or identities");
    size_t count = 0;
    int code = JB_OK;
    for (; code == JB_OK && texts != NULL && texts[count] != NULL && count <= AGE_IDENTITIES_MAX; count++) {
        struct identity identity;
        code = parse_identity(texts[count], &identity, error);
        OPENSSL_cleanse(&identity, sizeof identity);
    }
    return code == JB_OK && count > AGE_IDENTITIES_MAX
               ? error_set(error, JB_ERROR_USAGE, "there are more than %d identities", AGE_IDENTITIES_MAX)
               : code;
}
