/* The payload of an age file: chunks of 64 KiB, each authentic in its place, and the last one marked. */
#ifndef CODEC_AGE_CHUNKS_H
#define CODEC_AGE_CHUNKS_H

#include "age_header.h"

#define AGE_CHUNK_SIZE         65536
#define AGE_SEALED_SIZE        (AGE_CHUNK_SIZE + AGE_TAG_SIZE)
#define AGE_PAYLOAD_NONCE_SIZE 16 /* before the first chunk */

struct age_chunks {
    struct age_cipher cipher;
};

/* In place; clean_up is allowed on one that is all zero. */
int age_chunks_init(struct age_chunks *chunks, bool encrypt, const unsigned char file_key[AGE_FILE_KEY_SIZE],
                    const unsigned char nonce[AGE_PAYLOAD_NONCE_SIZE], jb_error *error);
void age_chunks_clean_up(struct age_chunks *chunks);

int age_chunk_seal(struct age_chunks *chunks, uint64_t index, bool last, const void *plain, size_t count,
                   unsigned char *sealed, jb_error *error);
/* `count` with the tag. JB_ERROR_VERIFY says where. */
int age_chunk_open(struct age_chunks *chunks, uint64_t index, bool last, const unsigned char *sealed, size_t count,
                   unsigned char *plain, jb_error *error);

#endif
