#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "../../base/clock.h"
#include "../../base/random.h"
#include "../../codec/digest.h"
#include "file.h"

#define LOCK_PATIENCE_MS 60000
#define LOOK_PATIENCE_MS 5000

/*
 * Tells gc that its writer lives; 0 or an errno. Who looks for dead writers holds the lock of a file for a moment: were
 * that taken for an answer, the file would be without a lock for as long as it is written.
 */
static int mark_alive(int fd)
{
    int64_t give_up_ms = clock_monotonic_ms() + LOOK_PATIENCE_MS;
    while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        if ((errno != EWOULDBLOCK && errno != EINTR) || clock_monotonic_ms() >= give_up_ms)
            return errno;
        usleep(1000);
    }
    return 0;
}

int file_temporary_make(const struct file_place *place, struct file_temporary *temporary, jb_error *error)
{
    char random[33];
    random_name(random);
    snprintf(temporary->name, sizeof temporary->name, FILE_TEMPORARY_PREFIX "%s", random);
    temporary->fd =
        openat(place->directory_fd, temporary->name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    int errnum = temporary->fd < 0 ? errno : mark_alive(temporary->fd);
    if (errnum == 0)
        return JB_OK;
    if (temporary->fd >= 0) {
        file_temporary_drop(place, temporary);
        return error_set_errno(error, errnum, "cannot lock a temporary file beside '%s'", place->name);
    }
    error_set_errno(error, errnum, "cannot make a temporary file beside '%s'", place->name);
    if (errnum == EACCES)
        error->code = JB_ERROR_ACCESS;
    return (int)error->code;
}

void file_temporary_drop(const struct file_place *place, struct file_temporary *temporary)
{
    if (temporary->fd >= 0)
        close(temporary->fd);
    temporary->fd = -1;
    if (temporary->name[0] != '\0')
        unlinkat(place->directory_fd, temporary->name, 0);
    temporary->name[0] = '\0';
}

int file_write_all(int fd, const void *bytes, size_t count, uint64_t offset, jb_error *error)
{
    const char *next = bytes;
    while (count > 0) {
        ssize_t written = pwrite(fd, next, count, (off_t)offset);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return error_set_errno(error, errno, "cannot write %zu bytes at %llu", count, (unsigned long long)offset);
        next += written;
        offset += (uint64_t)written;
        count -= (size_t)written;
    }
    return JB_OK;
}

static int open_lock(struct file_store *store, const char *bucket, int *lock_fd, jb_error *error)
{
    int bucket_fd;
    int code = file_bucket_open(store, bucket, &bucket_fd, error);
    if (code != JB_OK)
        return code;
    *lock_fd = openat(bucket_fd, FILE_LOCK_NAME, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    int errnum = errno;
    close(bucket_fd);
    return *lock_fd >= 0 ? JB_OK : error_set_errno(error, errnum, "cannot open the lock of the bucket '%s'", bucket);
}

/* A lock file goes only with its bucket, by who holds it; who waited for it then holds the lock of nothing. */
static bool is_removed(int lock_fd)
{
    struct stat status;
    return fstat(lock_fd, &status) == 0 && status.st_nlink == 0;
}

int file_bucket_lock(struct file_store *store, jb_operation *operation, const char *bucket, int *lock_fd,
                     jb_error *error)
{
    int code = open_lock(store, bucket, lock_fd, error);
    int64_t give_up_ms = clock_monotonic_ms() + LOCK_PATIENCE_MS;
    while (code == JB_OK) {
        int errnum = flock(*lock_fd, LOCK_EX | LOCK_NB) == 0 ? 0 : errno;
        if (errnum == 0 && !is_removed(*lock_fd))
            return JB_OK;
        if (errnum == 0) {
            close(*lock_fd);
            code = open_lock(store, bucket, lock_fd, error);
            if (code != JB_OK)
                return code;
        }
        code = operation_check(operation, error);
        if (code == JB_OK && errnum != 0 && errnum != EWOULDBLOCK && errnum != EINTR)
            code = error_set_errno(error, errnum, "cannot lock the bucket '%s'", bucket);
        else if (code == JB_OK && clock_monotonic_ms() >= give_up_ms) {
            /* Not a conflict: those are tried again. */
            error_set(error, JB_ERROR_UNREACHABLE, "the bucket '%s' has been locked by another process for a minute",
                      bucket);
            error_hint(error, "see which process holds '%s/%s/%s'", store->root, bucket, FILE_LOCK_NAME);
            code = JB_ERROR_UNREACHABLE;
        }
        if (code != JB_OK)
            close(*lock_fd);
        else if (errnum != 0)
            usleep(2000);
    }
    return code;
}

/* The tag of what is at the place now, which is the digest of its bytes. */
static int current_tag(const struct file_place *place, char tag[SHA256_HEX_SIZE], jb_error *error)
{
    int fd = openat(place->directory_fd, place->name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return error_set_errno(error, errno, "cannot open '%s'", place->name);
    struct sha256 *sha;
    int code = sha256_new(&sha, error);
    if (code != JB_OK) {
        close(fd);
        return code;
    }
    char bytes[16384];
    ssize_t got;
    while ((got = read(fd, bytes, sizeof bytes)) > 0)
        sha256_update(sha, bytes, (size_t)got);
    if (got < 0)
        code = error_set_errno(error, errno, "cannot read '%s'", place->name);
    unsigned char digest[SHA256_SIZE];
    sha256_finish(sha, digest);
    hex_encode(digest, sizeof digest, tag);
    sha256_free(sha);
    close(fd);
    return code;
}

/* Is the object the very file that was to become it? Over NFS a link or a renaming can succeed and its answer be
 * lost. */
static bool is_linked(const struct file_place *place, const struct file_temporary *temporary)
{
    struct stat own, there;
    return fstat(temporary->fd, &own) == 0 &&
           fstatat(place->directory_fd, place->name, &there, AT_SYMLINK_NOFOLLOW) == 0 && own.st_dev == there.st_dev &&
           own.st_ino == there.st_ino;
}

static int replace(struct file_store *store, jb_operation *operation, const char *bucket, const char *key,
                   const struct file_place *place, struct file_temporary *temporary, struct store_condition condition,
                   jb_error *error)
{
    int lock_fd;
    int code = file_bucket_lock(store, operation, bucket, &lock_fd, error);
    if (code != JB_OK)
        return code;
    if (condition.when == STORE_IF_UNCHANGED) {
        char tag[SHA256_HEX_SIZE];
        code = current_tag(place, tag, error);
        if (code == JB_ERROR_NOT_FOUND || (code == JB_OK && strcmp(tag, condition.tag) != 0))
            code = error_set(error, JB_ERROR_CONFLICT, "'%s/%s' was changed by somebody else", bucket, key);
    }
    int errnum = 0;
    if (code == JB_OK && renameat(place->directory_fd, temporary->name, place->directory_fd, place->name) != 0)
        errnum = errno;
    if (errnum != 0 && !(errnum == ENOENT && is_linked(place, temporary))) {
        error_set_errno(error, errnum, "cannot put '%s/%s' in place", bucket, key);
        if (errnum == EISDIR)
            error->code = JB_ERROR_CONFLICT;
        code = (int)error->code;
    } else if (code == JB_OK) {
        temporary->name[0] = '\0';
    }
    close(lock_fd); /* unlocks */
    return code;
}

static int create(const char *bucket, const char *key, const struct file_place *place, struct file_temporary *temporary,
                  jb_error *error)
{
    int errnum = linkat(place->directory_fd, temporary->name, place->directory_fd, place->name, 0) == 0 ? 0 : errno;
    if (errnum == 0 || (errnum == EEXIST && is_linked(place, temporary))) {
        unlinkat(place->directory_fd, temporary->name, 0);
        temporary->name[0] = '\0';
        return JB_OK;
    }
    if (errnum == EEXIST)
        return error_set(error, JB_ERROR_CONFLICT, "'%s/%s' exists already", bucket, key);
    return error_set_errno(error, errnum, "cannot put '%s/%s' in place", bucket, key);
}

int file_publish(struct file_store *store, jb_operation *operation, const char *bucket, const char *key,
                 const struct file_place *place, struct file_temporary *temporary, struct store_condition condition,
                 jb_error *error)
{
    if (fsync(temporary->fd) != 0)
        return error_set_errno(error, errno, "cannot sync '%s/%s' to the disk", bucket, key);
    int code = condition.when == STORE_IF_ABSENT
                   ? create(bucket, key, place, temporary, error)
                   : replace(store, operation, bucket, key, place, temporary, condition, error);
    if (code == JB_OK && fsync(place->directory_fd) != 0)
        code = error_set_errno(error, errno, "cannot sync the directory of '%s/%s'", bucket, key);
    return code;
}
