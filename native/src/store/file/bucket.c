#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "file.h"

#define DIRECTORY_FLAGS (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
#define DEPTH_MAX       64

int file_make_bucket(jb_store *base, jb_operation *operation, const char *bucket, jb_error *error)
{
    (void)operation;
    struct file_store *store = (struct file_store *)base;
    if (mkdirat(store->root_fd, bucket, 0700) == 0) {
        if (fsync(store->root_fd) != 0)
            return error_set_errno(error, errno, "cannot sync '%s'", store->root);
        return JB_OK;
    }
    if (errno == EEXIST) {
        int fd;
        int code = file_bucket_open(store, bucket, &fd, error);
        if (code == JB_OK)
            close(fd);
        return code;
    }
    int errnum = errno;
    error_set_errno(error, errnum, "cannot make the bucket '%s' in 'file://%s'", bucket, store->root);
    if (errnum == EACCES)
        error->code = JB_ERROR_ACCESS;
    return (int)error->code;
}

int file_test_bucket(jb_store *base, jb_operation *operation, const char *bucket, jb_error *error)
{
    (void)operation;
    int fd;
    int code = file_bucket_open((struct file_store *)base, bucket, &fd, error);
    if (code == JB_OK)
        close(fd);
    return code;
}

static int not_empty(const char *bucket, jb_error *error)
{
    error_set(error, JB_ERROR_CONFLICT, "the bucket '%s' is not empty", bucket);
    return error_hint(error, "remove what is in it first; nothing was changed");
}

static int clear_entry(const char *bucket, int directory_fd, const char *name, bool remove, int depth, jb_error *error);

/*
 * Whether nothing but directories, dead temporaries and, at the top, the lock is in it; with `remove`, removes all but
 * the lock. Takes `fd`.
 */
static int clear_directory(const char *bucket, int fd, bool remove, int depth, jb_error *error)
{
    DIR *directory = depth > DEPTH_MAX ? NULL : fdopendir(fd);
    if (directory == NULL) {
        int errnum = depth > DEPTH_MAX ? ELOOP : errno;
        close(fd);
        return error_set_errno(error, errnum, "cannot look into the bucket '%s'", bucket);
    }
    int code = JB_OK;
    while (code == JB_OK) {
        errno = 0;
        struct dirent *entry = readdir(directory);
        if (entry == NULL) {
            if (errno != 0)
                code = error_set_errno(error, errno, "cannot look into the bucket '%s'", bucket);
            break;
        }
        bool skipped = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
                       (depth == 0 && strcmp(entry->d_name, FILE_LOCK_NAME) == 0);
        if (!skipped)
            code = clear_entry(bucket, dirfd(directory), entry->d_name, remove, depth, error);
    }
    closedir(directory);
    return code;
}

static int clear_entry(const char *bucket, int directory_fd, const char *name, bool remove, int depth, jb_error *error)
{
    int fd = openat(directory_fd, name, DIRECTORY_FLAGS);
    if (fd < 0 && errno == ENOENT)
        return JB_OK;
    if (fd < 0 && !file_temporary_is_dead(directory_fd, name))
        return not_empty(bucket, error);
    int code = fd < 0 ? JB_OK : clear_directory(bucket, fd, remove, depth + 1, error);
    if (code != JB_OK || !remove)
        return code;
    if (unlinkat(directory_fd, name, fd < 0 ? 0 : AT_REMOVEDIR) == 0 || errno == ENOENT)
        return JB_OK;
    if (errno == ENOTEMPTY || errno == EEXIST)
        return not_empty(bucket, error);
    return error_set_errno(error, errno, "cannot remove the bucket '%s'", bucket);
}

static int clear(struct file_store *store, const char *bucket, bool remove, jb_error *error)
{
    int fd;
    int code = file_bucket_open(store, bucket, &fd, error);
    return code == JB_OK ? clear_directory(bucket, fd, remove, 0, error) : code;
}

/* The lock's file and the bucket itself. Who writes meanwhile makes the bucket full again, and then it stays. */
static int remove_bucket(struct file_store *store, const char *bucket, jb_error *error)
{
    int fd;
    int code = file_bucket_open(store, bucket, &fd, error);
    if (code != JB_OK)
        return code;
    unlinkat(fd, FILE_LOCK_NAME, 0);
    close(fd);
    if (unlinkat(store->root_fd, bucket, AT_REMOVEDIR) != 0) {
        if (errno == ENOTEMPTY || errno == EEXIST)
            return not_empty(bucket, error);
        return error_set_errno(error, errno, "cannot remove the bucket '%s'", bucket);
    }
    if (fsync(store->root_fd) != 0)
        return error_set_errno(error, errno, "cannot sync '%s'", store->root);
    return JB_OK;
}

int file_delete_bucket(jb_store *base, jb_operation *operation, const char *bucket, jb_error *error)
{
    struct file_store *store = (struct file_store *)base;
    int lock_fd;
    int code = file_bucket_lock(store, operation, bucket, &lock_fd, error);
    if (code != JB_OK)
        return code;
    code = clear(store, bucket, false, error);
    if (code == JB_OK)
        code = clear(store, bucket, true, error);
    if (code == JB_OK)
        code = remove_bucket(store, bucket, error);
    close(lock_fd);
    return code;
}

int file_grant(jb_store *base, jb_operation *operation, const jb_grant_options *options, char **credentials,
               jb_error *error)
{
    (void)base, (void)operation, (void)options;
    *credentials = strdup(""); /* who may reach the directory needs nothing else */
    return *credentials != NULL ? JB_OK : error_no_memory(error);
}
