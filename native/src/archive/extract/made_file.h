/* A regular file that is made, filled and finished below an open directory. Thread-safe: all state is the file's. */
#ifndef ARCHIVE_MADE_FILE_H
#define ARCHIVE_MADE_FILE_H

#include "restore_metadata.h"

/* Nothing of that name may be there (JB_ERROR_FORMAT). */
int made_file_open(int directory, const char *name, const struct metadata *metadata, int *fd, jb_error *error);
int made_file_write(int fd, const void *bytes, size_t count, uint64_t offset, jb_error *error);
/* `end`: behind the last byte written; the rest up to `size` becomes a hole. Sets the metadata as metadata_apply does.
 */
int made_file_finish(int fd, uint64_t end, uint64_t size, struct metadata_context *context,
                     const struct metadata *metadata, struct archive_entry *entry, const char *path, jb_error *error);

/* What a name that cannot be made says: it is there already, or why the system refuses it. */
int made_file_refused(int errnum, jb_error *error);

#endif
