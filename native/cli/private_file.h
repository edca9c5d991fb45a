/* A file with a secret that only its owner may read. */
#ifndef CLI_PRIVATE_FILE_H
#define CLI_PRIVATE_FILE_H

#include <jpsbackup/error.h>

/*
 * Reads the whole file, of at most `most` bytes, into `content`, which has one byte more, as a text. It must be
 * regular, the caller's own, and open to nobody else. With `once` it is removed as soon as it was read, whatever it
 * holds. No message holds any of its content; `what` names it there ("the credentials file"). On failure the content is
 * zeroed.
 */
int private_file_read(const char *path, const char *what, bool once, char *content, size_t most, jb_error *error);

#endif
