/* One object for each file of a directory: what putting and getting them share. */
#ifndef BACKUP_FILES_H
#define BACKUP_FILES_H

#include <jansson.h>

#include "../base/crew.h"
#include "../store/store.h"

/* One file of a run, from when it was found to when it is done. Its driver, put or get, fills it in. */
struct file_job {
    struct crew_job job; /* first */
    struct files_run *run;
    char *path; /* below the directory, and behind the prefix */
    uint64_t size;
    int fd; /* putting: the open file; else -1 */
};

struct files_run {
    jb_store *store;
    jb_operation *operation;
    const jb_files_options *options;
    char *prefix; /* as given, ending with '/' unless it is empty */
    int directory;
    struct crew *crew;
    uint64_t files, bytes, failed, skipped;
    json_t *failures; /* of the first ones */
    jb_error first;
};

/* Files up to this size are read whole; larger ones are streamed one at a time, with all the budget. */
#define FILES_WHOLE_MAX ((uint64_t)8 << 20)

/* Opens the directory, which is made with `make`, and the crew. To be closed in either case. */
int files_open(struct files_run *run, bool make, jb_error *error);

/* Takes `fd` over. */
int file_job_new(struct files_run *run, const char *path, uint64_t size, int fd, struct file_job **job,
                 jb_error *error);
void file_job_free(struct file_job *job);
/* "prefix + path" */
int files_key(const struct files_run *run, const char *path, char key[STORE_KEY_MAX + 1], jb_error *error);

/* Counts a file that is done or, with a code in `problem`, failed. What says that the store is out of reach, refuses us
 * or that nothing can go on, is the answer; all else is the one file's trouble. */
int files_count(struct files_run *run, const char *path, uint64_t bytes, const jb_error *problem, jb_error *error);
void files_skip(struct files_run *run, const char *path, const char *why);

/* Waits for all, makes the account (also where files failed), frees all. `code` is how the run went so far. */
int files_close(struct files_run *run, int code, char **account, jb_error *error);

/* files_place.c: a file that appears under its name below `directory` only when it is whole. Nothing on the way is a
 * link. */
struct files_place {
    int directory_fd; /* -1: closed */
    int fd;
    const char *name; /* in the path that was given */
    char temporary[64];
};
int files_place_open(int directory, const char *path, bool replace, struct files_place *place, jb_error *error);
int files_place_write(struct files_place *place, const void *bytes, size_t count, jb_error *error);
int files_place_publish(struct files_place *place, bool replace, jb_error *error);
void files_place_close(struct files_place *place);

#endif
