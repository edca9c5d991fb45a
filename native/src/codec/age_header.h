/*
 * The header of an age file, version 1 (https://age-encryption.org/v1; C2SP's age.md): "stanzas" that each hold the
 * file's key, wrapped for one recipient, and a MAC by that key over all of them.
 */
#ifndef CODEC_AGE_HEADER_H
#define CODEC_AGE_HEADER_H

#include "../base/buffer.h"
#include "../base/bytes.h"
#include "age_crypto.h"

#define AGE_HEADER_MAX       65536 /* bytes; age itself has no bound */
#define AGE_STANZAS_MAX      1000
#define AGE_WORK_FACTOR_MAX  22 /* age's own bound: 4 GiB of memory */
#define AGE_SCRYPT_SALT_SIZE 16
#define AGE_WRAPPED_SIZE     (AGE_FILE_KEY_SIZE + AGE_TAG_SIZE)

struct age_stanza {
    enum age_stanza_type { AGE_X25519, AGE_SCRYPT } type;
    unsigned char share[AGE_KEY_SIZE];                /* X25519: the writer's */
    unsigned char salt[AGE_SCRYPT_SALT_SIZE];         /* scrypt */
    unsigned work_factor;                             /* scrypt: log2 of N */
    unsigned char wrapped_file_key[AGE_WRAPPED_SIZE]; /* by a key that the type's way gives */
};

struct age_header {
    struct buffer text;
    size_t mac_covers; /* bytes of the text */
    unsigned char mac[AGE_KEY_SIZE];
    struct age_stanza *stanzas; /* of the types that are known here */
    size_t count;
    size_t total; /* with those of other types */
};

/*
 * Reads the header from the stream's begin, takes it apart and checks its form, not yet its MAC. *rest and *rest_count:
 * what the source lent of the bytes behind it. JB_ERROR_VERIFY, JB_ERROR_LIMIT. clean_up in either case.
 */
int age_header_read(struct byte_source *source, struct age_header *header, const void **rest, size_t *rest_count,
                    jb_error *error);
void age_header_clean_up(struct age_header *header);

/* The MAC that the header must have. */
int age_header_mac(const struct age_header *header, const unsigned char file_key[AGE_FILE_KEY_SIZE],
                   unsigned char mac[AGE_KEY_SIZE], jb_error *error);

/* To write one: begin, stanzas, end. */
int age_header_begin(struct age_header *header, jb_error *error);
int age_header_add(struct age_header *header, const struct age_stanza *stanza, jb_error *error);
int age_header_end(struct age_header *header, const unsigned char file_key[AGE_FILE_KEY_SIZE], jb_error *error);

/* What every file of this version begins with, to its line's end. */
#define AGE_MAGIC      "age-encryption.org/v1\n"
#define AGE_MAGIC_SIZE (sizeof AGE_MAGIC - 1)

#endif
