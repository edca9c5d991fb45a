/* Who can open an age file: the file's key wrapped for recipients, and unwrapped by identities or a passphrase. */
#ifndef CODEC_AGE_KEYS_H
#define CODEC_AGE_KEYS_H

#include <jpsbackup/store.h>

#include "age_header.h"

#define AGE_RECIPIENTS_MAX 500
#define AGE_IDENTITIES_MAX 100

/*
 * A new file key and a header for it, cleaned up by the caller in either case. A passphrase's work factor is age's own,
 * 18 (256 MiB), or as much less as `memory_bytes` asks for, but at least 15 (32 MiB).
 */
int age_keys_wrap(const jb_encryption *encryption, uint64_t memory_bytes, struct age_header *header,
                  unsigned char file_key[AGE_FILE_KEY_SIZE], jb_error *error);

/* JB_ERROR_VERIFY where the header's MAC is not by this key. */
int age_keys_check(const struct age_header *header, const unsigned char file_key[AGE_FILE_KEY_SIZE], jb_error *error);

/* Finds the file key and checks the header's MAC by it. JB_ERROR_ACCESS where none of the keys fits, JB_ERROR_VERIFY
 * for damage. */
int age_keys_unwrap(const struct age_header *header, const jb_decryption *decryption,
                    unsigned char file_key[AGE_FILE_KEY_SIZE], jb_error *error);

#endif
