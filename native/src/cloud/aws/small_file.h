/* Files that the environment names and that hold secrets: configuration and tokens, read whole. */
#ifndef CLOUD_AWS_SMALL_FILE_H
#define CLOUD_AWS_SMALL_FILE_H

#include "../../base/buffer.h"

/*
 * Appends the file's bytes. `what` names it in messages: "the web identity token". JB_ERROR_NOT_FOUND where it is not
 * there; JB_ERROR_LIMIT where it is longer than the buffer's maximum; JB_ERROR_FORMAT where it is no regular file or
 * holds a NUL.
 */
int small_file_read(const char *path, const char *what, struct buffer *bytes, jb_error *error);

#endif
