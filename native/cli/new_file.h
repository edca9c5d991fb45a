/* A file that appears under its name only when it is whole and on the disk. */
#ifndef CLI_NEW_FILE_H
#define CLI_NEW_FILE_H

#include <jpsbackup/error.h>

struct new_file {
    int descriptor;
    const char *path;
    char *temporary; /* beside it; NULL once renamed */
};

/* Without `replace` a file that exists is JB_ERROR_CONFLICT. What is there and not a regular file is refused in any
 * case. */
int new_file_open(struct new_file *file, const char *path, bool replace, jb_error *error);
/* Syncs the file, gives it its name, and syncs its directory. */
int new_file_finish(struct new_file *file, bool replace, jb_error *error);
/* Removes the temporary file if it was not finished. */
void new_file_clean_up(struct new_file *file);

#endif
