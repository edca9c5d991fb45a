#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "age.h"
#include "age_chunks.h"
#include "age_keys.h"

struct age_decryptor {
    struct byte_source source;
    struct byte_source *input;
    const unsigned char *bytes; /* lent by the input, not yet used */
    size_t count;
    struct age_chunks chunks;
    uint64_t index;
    bool ended;
    size_t filled;
    unsigned char sealed[AGE_SEALED_SIZE];
    unsigned char plain[AGE_CHUNK_SIZE];
};

static int refill(struct age_decryptor *decryptor, jb_error *error)
{
    const void *bytes = decryptor->bytes;
    if (decryptor->count > 0)
        return JB_OK;
    int code = decryptor->input->read(decryptor->input, &bytes, &decryptor->count, error);
    decryptor->bytes = bytes;
    return code;
}

/* Fills `sealed` up to `size` bytes, or less where the input ends. */
static int collect(struct age_decryptor *decryptor, size_t size, jb_error *error)
{
    while (decryptor->filled < size) {
        int code = refill(decryptor, error);
        if (code != JB_OK || decryptor->count == 0)
            return code;
        size_t taken = size - decryptor->filled < decryptor->count ? size - decryptor->filled : decryptor->count;
        memcpy(decryptor->sealed + decryptor->filled, decryptor->bytes, taken);
        decryptor->filled += taken;
        decryptor->bytes += taken;
        decryptor->count -= taken;
    }
    return JB_OK;
}

static int decrypt(struct byte_source *source, const void **bytes, size_t *count, jb_error *error)
{
    struct age_decryptor *decryptor = (struct age_decryptor *)source;
    *bytes = decryptor->plain;
    *count = 0;
    if (decryptor->ended)
        return JB_OK;
    size_t sealed_count = AGE_SEALED_SIZE;
    const unsigned char *sealed = decryptor->bytes;
    bool last = false;
    if (decryptor->filled == 0 && decryptor->count > AGE_SEALED_SIZE) {
        decryptor->bytes += AGE_SEALED_SIZE;
        decryptor->count -= AGE_SEALED_SIZE;
    } else {
        int code = collect(decryptor, AGE_SEALED_SIZE, error);
        if (code == JB_OK)
            code = refill(decryptor, error);
        if (code != JB_OK)
            return code;
        last = decryptor->count == 0;
        sealed = decryptor->sealed;
        sealed_count = decryptor->filled;
        decryptor->filled = 0;
    }
    int code =
        age_chunk_open(&decryptor->chunks, decryptor->index++, last, sealed, sealed_count, decryptor->plain, error);
    if (code != JB_OK)
        return code;
    decryptor->ended = last;
    *count = sealed_count - AGE_TAG_SIZE;
    return JB_OK;
}

/* By a key that is known already, or what `decryption` finds. */
static int take_header(struct age_decryptor *decryptor, const jb_decryption *decryption, struct age_file_key *key,
                       jb_error *error)
{
    struct age_header header;
    const void *rest = NULL;
    int code = age_header_read(decryptor->input, &header, &rest, &decryptor->count, error);
    decryptor->bytes = rest;
    if (code == JB_OK)
        code = decryption != NULL ? age_keys_unwrap(&header, decryption, key->bytes, error)
                                  : age_keys_check(&header, key->bytes, error);
    age_header_clean_up(&header);
    return code;
}

static int begin(struct age_decryptor *decryptor, const jb_decryption *decryption, const struct age_file_key *known,
                 jb_error *error)
{
    struct age_file_key key = {{0}};
    if (known != NULL)
        key = *known;
    int code = take_header(decryptor, decryption, &key, error);
    if (code == JB_OK)
        code = collect(decryptor, AGE_PAYLOAD_NONCE_SIZE, error);
    if (code == JB_OK && decryptor->filled < AGE_PAYLOAD_NONCE_SIZE)
        code = error_set(error, JB_ERROR_VERIFY, "the encrypted bytes end too early, behind their header");
    decryptor->filled = 0;
    if (code == JB_OK)
        code = age_chunks_init(&decryptor->chunks, false, key.bytes, decryptor->sealed, error);
    OPENSSL_cleanse(&key, sizeof key);
    return code;
}

static int make(struct byte_source *input, const jb_decryption *decryption, const struct age_file_key *key,
                struct age_decryptor **made, jb_error *error)
{
    struct age_decryptor *decryptor = calloc(1, sizeof *decryptor);
    if (decryptor == NULL)
        return error_no_memory(error);
    decryptor->source.read = decrypt;
    decryptor->input = input;
    int code = begin(decryptor, decryption, key, error);
    if (code != JB_OK) {
        age_decryptor_free(decryptor);
        return code;
    }
    *made = decryptor;
    return JB_OK;
}

int age_decryptor_new(struct byte_source *input, const jb_decryption *decryption, struct age_decryptor **decryptor,
                      jb_error *error)
{
    int code = age_decryption_check(decryption, error);
    return code == JB_OK ? make(input, decryption, NULL, decryptor, error) : code;
}

int age_decryptor_new_unlocked(struct byte_source *input, const struct age_file_key *key,
                               struct age_decryptor **decryptor, jb_error *error)
{
    return make(input, NULL, key, decryptor, error);
}

struct byte_source *age_decryptor_source(struct age_decryptor *decryptor)
{
    return &decryptor->source;
}

void age_decryptor_free(struct age_decryptor *decryptor)
{
    if (decryptor == NULL)
        return;
    age_chunks_clean_up(&decryptor->chunks);
    free(decryptor);
}

bool age_is_encrypted(const void *bytes, size_t count)
{
    /* Without its last character, so that another version is noticed, too. */
    return count >= AGE_MAGIC_SIZE - 1 && memcmp(bytes, AGE_MAGIC, AGE_MAGIC_SIZE - 2) == 0;
}
