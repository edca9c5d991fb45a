/*
 * Small files, made and filled by several threads while the archive is read on: what they cost is calls of the system,
 * not bytes. Files are collected in batches; a batch's are made in the archive's order, batches at the same time. One
 * thread, the archive's reader, calls everything here.
 */
#ifndef ARCHIVE_FILE_CREW_H
#define ARCHIVE_FILE_CREW_H

#include "folder.h"
#include "restore_metadata.h"

struct file_crew;

/* `threads` 0: one a processor; 1: the reader's own. `context` is used from all of them. */
int file_crew_new(unsigned threads, struct metadata_context *context, struct file_crew **crew, jb_error *error);
/* Ends without what was collected and not yet begun. NULL is allowed. */
void file_crew_free(struct file_crew *crew);

/* Whether the crew takes the file: a small one without holes, and without much besides its content. */
bool file_crew_takes(struct archive_entry *entry, const struct metadata *metadata);

struct small_file {
    struct folder *folder;
    const char *path;   /* below the target: its end from `last` on is the name in the folder */
    const char *last;   /* within `path` */
    const char *member; /* the member's own name, for messages */
    uint64_t size;
    struct archive_entry *entry;
    struct metadata *metadata; /* taken over by file_crew_end */
};

/* Makes room for the file, its content follows. All but the metadata's buffers is copied. */
int file_crew_begin(struct file_crew *crew, const struct small_file *file, jb_error *error);
/* Like content_fn. */
int file_crew_content(void *crew, const void *bytes, size_t count, uint64_t offset, jb_error *error);
/* The file is whole: it will be made. A file that is not ended never is. */
int file_crew_end(struct file_crew *crew, const struct small_file *file, jb_error *error);

/* Waits for the file at `path` if it is under way. */
int file_crew_settle(struct file_crew *crew, const char *path, jb_error *error);
/* Waits for all. The answer, as of every call here, is the first failure in the archive's order. */
int file_crew_finish(struct file_crew *crew, jb_error *error);

#endif
