/* Keys for encryption and decryption, from files: secret ones never stand on a command line. */
#ifndef CLI_KEYS_H
#define CLI_KEYS_H

#include <jpsbackup/store.h>

#include "options.h"

struct keys {
    jb_encryption encryption;
    jb_decryption decryption;
    char *passphrase; /* of KEYS_FILE_MAX + 1 bytes; NULL: none */
    char **files;     /* the other files' contents, the same size each */
    size_t file_count;
    const char **lines; /* NULL-ended; what they and the command line hold */
    size_t line_count;
};

#define KEYS_FILE_MAX 65536

/*
 * --encrypt-to, --encrypt-to-file and --passphrase-file. *encryption is NULL where none was given. Wipe the keys in
 * either case, after their use. No message holds any of a secret.
 */
int keys_to_encrypt(struct keys *keys, const struct arguments *arguments, const jb_encryption **encryption,
                    jb_error *error);

/* --passphrase-file and --identity, in the same way. */
int keys_to_decrypt(struct keys *keys, const struct arguments *arguments, const jb_decryption **decryption,
                    jb_error *error);

/* Zeroes everything and frees it. */
void keys_wipe(struct keys *keys);

#endif
