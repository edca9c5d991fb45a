/*
 * The directories below the target: found or made for those who make something inside, and given their mode, ACLs and
 * times once the archive has left them. What waits for that is bounded in memory: beyond the bound all but the present
 * directory and those above it are finished at once, and one that the archive comes back to waits again.
 */
#ifndef ARCHIVE_DIRECTORIES_H
#define ARCHIVE_DIRECTORIES_H

#include "file_crew.h"
#include "folder.h"
#include "restore_metadata.h"

struct directories;

/* Of the directory `target`, which must be empty. What is lent must outlive it. */
int directories_new(const char *target, size_t waiting_bytes_max, struct metadata_context *context,
                    struct file_crew *crew, struct directories **directories, jb_error *error);
void directories_free(struct directories *directories);

/*
 * The open directory that `path` lies in, and its last name. No link is followed; with `make` missing directories are
 * made. Lent until the next call here. `path` is changed meanwhile.
 */
int directories_open_parent(struct directories *directories, char *path, bool make, struct folder **folder,
                            const char **last, jb_error *error);

/* The directory at `path` is there, and gets these metadata, which are taken over also on failure. The last word
 * counts. */
int directories_describe(struct directories *directories, const char *path, struct metadata *metadata, jb_error *error);
/* The directory at `path`, just opened as `last` below `folder`: takes it back if it is finished already. */
int directories_come_back(struct directories *directories, const struct folder *folder, const char *last,
                          const char *path, jb_error *error);

/* Between two members: where too much waits, finishes all directories but `present` and those above it. */
int directories_relieve(struct directories *directories, const char *present, jb_operation *operation, jb_error *error);
/* Finishes all files and directories; nothing is made afterwards. */
int directories_finish(struct directories *directories, jb_operation *operation, jb_error *error);

#endif
