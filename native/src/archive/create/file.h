/* Files on their way into an archive, as the writer and those who read ahead for it both see them. */
#ifndef ARCHIVE_FILE_H
#define ARCHIVE_FILE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#define FILE_PATH_SIZE (64 + 1024)

/* Opens without ever waiting, should the name have become a FIFO or a device by now, and not through a link; -1 with
 * errno. */
int file_open(int directory, const char *name);

/* The name as a path, for calls that know no directory's descriptor; false where it is too long. */
bool file_path(char path[FILE_PATH_SIZE], int directory, const char *name);

/* An errno that says that a name that was listed is no longer the same thing. */
bool file_is_gone(int errnum);

/* No change of its content between the two, nor of what its header says. */
bool file_is_unchanged(const struct stat *before, const struct stat *after);

/* When the file was made, in nanoseconds since 1970; 0 where its file system does not tell. `name` "" for what is open
 * at `fd`. */
int64_t file_born(int fd, const char *name);

/* Whether it is worth looking for holes. */
bool file_may_have_holes(int fd, const struct stat *status);

#endif
