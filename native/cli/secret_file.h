/* A new file with a secret, that nobody else may read from its first moment on. */
#ifndef CLI_SECRET_FILE_H
#define CLI_SECRET_FILE_H

#include <jpsbackup/error.h>
#include <stddef.h>

/* Mode 0600, synced. JB_ERROR_CONFLICT where something has that name already; on failure nothing is left. No message
 * holds any of the bytes. */
int secret_file_write(const char *path, const void *bytes, size_t count, jb_error *error);

#endif
