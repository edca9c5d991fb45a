/* The file driver's inside: objects are files at ROOT/BUCKET/KEY, reached component by component and never through
 * links. */
#ifndef STORE_FILE_FILE_H
#define STORE_FILE_FILE_H

#include <sys/stat.h>

#include "../store.h"

/* Names that are the driver's own: temporary files and the lock. They never list and no key may hold them. */
#define FILE_OWN_PREFIX       ".jpsbackup-"
#define FILE_TEMPORARY_PREFIX FILE_OWN_PREFIX "tmp-"
#define FILE_LOCK_NAME        FILE_OWN_PREFIX "lock"

struct file_store {
    jb_store base;
    char *root; /* absolute path, for messages */
    int root_fd;
};

/* The directory of an object and the object's name in it. */
struct file_place {
    int directory_fd;
    char name[STORE_KEY_MAX + 1];
};

/* An open file under a temporary name beside the place where it is to be. */
struct file_temporary {
    int fd;
    char name[64];
};

/* place.c: the ways to an object. With `make`, missing directories are made and synced. The bucket's own directory is
 * never made here. */
int file_bucket_open(struct file_store *store, const char *bucket, int *fd, jb_error *error);
int file_place_open(struct file_store *store, const char *bucket, const char *key, bool make, struct file_place *place,
                    jb_error *error);
void file_place_close(struct file_place *place);
/* Opens the object for reading; JB_ERROR_NOT_FOUND also where it is a directory, link or device. */
int file_object_open(struct file_store *store, const char *bucket, const char *key, int *fd, struct stat *status,
                     jb_error *error);

/* Removes the directories that the object's removal left empty, up to the bucket. */
void file_remove_empty_directories(struct file_store *store, const char *bucket, const char *key);

/* durable.c: how a file gets its name. */
int file_temporary_make(const struct file_place *place, struct file_temporary *temporary, jb_error *error);
/* Closes it, and removes its name if it still has it. */
void file_temporary_drop(const struct file_place *place, struct file_temporary *temporary);
int file_write_all(int fd, const void *bytes, size_t count, uint64_t offset, jb_error *error);
/* Syncs the file, gives it its name as the condition says, and syncs the directory. */
int file_publish(struct file_store *store, jb_operation *operation, const char *bucket, const char *key,
                 const struct file_place *place, struct file_temporary *temporary, struct store_condition condition,
                 jb_error *error);

/* One lock a bucket, on a file that goes only with the bucket; closing *lock_fd unlocks. */
int file_bucket_lock(struct file_store *store, jb_operation *operation, const char *bucket, int *lock_fd,
                     jb_error *error);

/* temporaries.c: is it a temporary file that no living writer holds? */
bool file_temporary_is_dead(int directory_fd, const char *name);

/* The driver's functions, as store_driver describes them. */
int file_make_bucket(jb_store *store, jb_operation *operation, const char *bucket, jb_error *error);
int file_test_bucket(jb_store *store, jb_operation *operation, const char *bucket, jb_error *error);
int file_delete_bucket(jb_store *store, jb_operation *operation, const char *bucket, jb_error *error);
int file_stat(jb_store *store, jb_operation *operation, const char *bucket, const char *key, const char *version,
              jb_object_info *info, jb_error *error);
int file_read(jb_store *store, jb_operation *operation, const char *bucket, const char *key, const char *version,
              struct buffer *body, jb_object_info *info, jb_error *error);
int file_write(jb_store *store, jb_operation *operation, const char *bucket, const char *key, const void *bytes,
               size_t count, const unsigned char *sha256, struct store_condition condition, jb_object_info *info,
               jb_error *error);
int file_range(jb_store *store, jb_operation *operation, const char *bucket, const char *key, const char *version,
               struct store_transfer *transfer, jb_error *error);
int file_remove(jb_store *store, jb_operation *operation, const char *bucket, const struct store_key *keys,
                size_t count, jb_error *error);
int file_list(jb_store *store, jb_operation *operation, const char *bucket, const jb_list_options *options,
              jb_object_fn each, void *context, jb_error *error);
int file_copy(jb_store *store, jb_operation *operation, const jb_copy_options *options, jb_error *error);
int file_grant(jb_store *store, jb_operation *operation, const jb_grant_options *options, char **credentials,
               jb_error *error);
int file_list_uploads(jb_store *store, jb_operation *operation, const char *bucket, const char *prefix,
                      store_unfinished_fn each, void *context, jb_error *error);
int file_remove_upload(jb_store *store, jb_operation *operation, const char *bucket, const char *key, const char *id,
                       jb_error *error);
int file_upload_begin(jb_store *store, jb_operation *operation, const char *bucket, const char *key,
                      struct store_upload **upload, jb_error *error);
int file_upload_part(struct store_upload *upload, unsigned number, struct store_transfer *transfer, jb_error *error);
int file_upload_complete(struct store_upload *upload, struct store_condition condition, jb_object_info *info,
                         jb_error *error);
void file_upload_abort(struct store_upload *upload);

#endif
