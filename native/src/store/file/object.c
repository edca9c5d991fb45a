#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../codec/digest.h"
#include "file.h"

/* At once: a slow file system must not keep a cancelled operation waiting. */
#define READ_BYTES ((size_t)1 << 20)

static int set_tag(jb_object_info *info, const void *bytes, size_t count, const unsigned char *sha256, jb_error *error)
{
    unsigned char digest[SHA256_SIZE];
    int code = sha256 != NULL ? JB_OK : sha256_of(bytes, count, digest, error);
    if (code == JB_OK)
        hex_encode(sha256 != NULL ? sha256 : digest, sizeof digest, info->tag);
    return code;
}

/* Of one file and no other: each write makes a new one. Unlike the digest, it is had without reading all. */
static void identify(const struct stat *status, char tag[sizeof((jb_object_info *)NULL)->tag])
{
    snprintf(tag, sizeof((jb_object_info *)NULL)->tag, "%llx-%llx-%llx.%lx", (unsigned long long)status->st_ino,
             (unsigned long long)status->st_size, (unsigned long long)status->st_mtim.tv_sec,
             (unsigned long)status->st_mtim.tv_nsec);
}

int file_stat(jb_store *base, jb_operation *operation, const char *bucket, const char *key, const char *version,
              jb_object_info *info, jb_error *error)
{
    (void)operation, (void)version; /* files have no versions */
    int fd;
    struct stat status;
    int code = file_object_open((struct file_store *)base, bucket, key, &fd, &status, error);
    if (code != JB_OK)
        return code;
    close(fd);
    info->bytes = (uint64_t)status.st_size;
    info->modified = status.st_mtime;
    identify(&status, info->tag);
    return JB_OK;
}

int file_read(jb_store *base, jb_operation *operation, const char *bucket, const char *key, const char *version,
              struct buffer *body, jb_object_info *info, jb_error *error)
{
    (void)version;
    int fd;
    struct stat status;
    int code = file_object_open((struct file_store *)base, bucket, key, &fd, &status, error);
    if (code != JB_OK)
        return code;
    char bytes[65536];
    ssize_t got = 0;
    while (code == JB_OK && (got = read(fd, bytes, sizeof bytes)) > 0) {
        code = buffer_append(body, bytes, (size_t)got, error);
        if (code == JB_ERROR_LIMIT)
            error_set(error, JB_ERROR_LIMIT, "'%s/%s' is larger than %zu bytes", bucket, key, body->maximum);
        if (code == JB_OK)
            code = operation_check(operation, error);
    }
    if (code == JB_OK && got < 0)
        code = error_set_errno(error, errno, "cannot read '%s/%s'", bucket, key);
    close(fd);
    info->bytes = body->size;
    info->modified = status.st_mtime;
    return code != JB_OK ? code : set_tag(info, body->data, body->size, NULL, error);
}

int file_write(jb_store *base, jb_operation *operation, const char *bucket, const char *key, const void *bytes,
               size_t count, const unsigned char *sha256, struct store_condition condition, jb_object_info *info,
               jb_error *error)
{
    struct file_store *store = (struct file_store *)base;
    struct file_place place;
    int code = file_place_open(store, bucket, key, true, &place, error);
    if (code != JB_OK)
        return code;
    struct file_temporary temporary;
    code = file_temporary_make(&place, &temporary, error);
    if (code == JB_OK) {
        code = file_write_all(temporary.fd, bytes, count, 0, error);
        if (code != JB_OK)
            error_prefix(error, "'%s/%s'", bucket, key);
        if (code == JB_OK)
            code = file_publish(store, operation, bucket, key, &place, &temporary, condition, error);
        file_temporary_drop(&place, &temporary);
    }
    file_place_close(&place);
    info->bytes = count;
    return code != JB_OK ? code : set_tag(info, bytes, count, sha256, error);
}

int file_range(jb_store *base, jb_operation *operation, const char *bucket, const char *key, const char *version,
               struct store_transfer *transfer, jb_error *error)
{
    (void)version;
    int fd;
    struct stat status;
    int code = file_object_open((struct file_store *)base, bucket, key, &fd, &status, error);
    if (code != JB_OK)
        return code;
    char tag[sizeof((jb_object_info *)NULL)->tag];
    identify(&status, tag);
    if (transfer->tag != NULL && strcmp(tag, transfer->tag) != 0) {
        error_set(error, JB_ERROR_CONFLICT, "'%s/%s' was replaced while it was read", bucket, key);
        code = error_hint(error, "read it again from its beginning");
    }
    size_t filled = 0;
    while (code == JB_OK && filled < transfer->count) {
        size_t left = transfer->count - filled;
        ssize_t got = pread(fd, transfer->bytes + filled, left < READ_BYTES ? left : READ_BYTES,
                            (off_t)(transfer->offset + filled));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            code = error_set_errno(error, errno, "cannot read '%s/%s'", bucket, key);
        else if (got == 0)
            code = error_set(error, JB_ERROR_VERIFY, "'%s/%s' ends at %llu bytes, before %llu", bucket, key,
                             (unsigned long long)(transfer->offset + filled),
                             (unsigned long long)(transfer->offset + transfer->count));
        else
            filled += (size_t)got;
        if (code == JB_OK)
            code = operation_check(operation, error);
    }
    close(fd);
    if (code != JB_OK)
        return code;
    transfer->error.code = JB_OK;
    transfer->done(transfer);
    return JB_OK;
}

int file_remove(jb_store *base, jb_operation *operation, const char *bucket, const struct store_key *keys, size_t count,
                jb_error *error)
{
    struct file_store *store = (struct file_store *)base;
    int code = JB_OK;
    for (size_t i = 0; code == JB_OK && i < count; i++) {
        struct file_place place;
        code = file_place_open(store, bucket, keys[i].key, false, &place, error);
        if (code == JB_ERROR_NOT_FOUND) {
            code = JB_OK;
            continue;
        }
        if (code != JB_OK)
            break;
        if (unlinkat(place.directory_fd, place.name, 0) != 0 && errno != ENOENT && errno != EISDIR)
            code = error_set_errno(error, errno, "cannot remove '%s/%s'", bucket, keys[i].key);
        else if (fsync(place.directory_fd) != 0)
            code = error_set_errno(error, errno, "cannot sync the directory of '%s/%s'", bucket, keys[i].key);
        file_place_close(&place);
        if (code == JB_OK)
            file_remove_empty_directories(store, bucket, keys[i].key);
        if (code == JB_OK)
            code = operation_check(operation, error);
    }
    return code;
}
