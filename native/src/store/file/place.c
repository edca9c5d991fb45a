#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "file.h"

#define DIRECTORY_FLAGS (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

static int failed(struct file_store *store, int errnum, const char *bucket, const char *key, jb_error *error)
{
    if (errnum == ENOTDIR || errnum == EEXIST || errnum == ELOOP) {
        error_set(error, JB_ERROR_CONFLICT, "'%s/%s' cannot be kept: a part of its path is an object or a link", bucket,
                  key);
        return error_hint(error, "in a file store the names 'a' and 'a/b' cannot both exist");
    }
    error_set_errno(error, errnum, "cannot open '%s/%s/%s'", store->root, bucket, key);
    if (errnum == EACCES || errnum == EPERM)
        error->code = JB_ERROR_ACCESS;
    return (int)error->code;
}

int file_bucket_open(struct file_store *store, const char *bucket, int *fd, jb_error *error)
{
    *fd = openat(store->root_fd, bucket, DIRECTORY_FLAGS);
    if (*fd >= 0)
        return JB_OK;
    int errnum = errno;
    error_set_errno(error, errnum, "cannot open the bucket '%s' in 'file://%s'", bucket, store->root);
    if (errnum == ENOENT)
        return error_hint(error, "make the bucket first, or check its name");
    if (errnum == EACCES)
        error->code = JB_ERROR_ACCESS;
    return (int)error->code;
}

/* Opens the directory `name` in `parent`; 0, or -1 with errno. */
static int step_into(int parent, const char *name, bool make, int *fd)
{
    /* Twice: an emptied directory may be removed between mkdir and open by somebody who deletes its last object. */
    for (int attempt = 0; attempt < 3; attempt++) {
        *fd = openat(parent, name, DIRECTORY_FLAGS);
        if (*fd >= 0 || errno != ENOENT || !make)
            break;
        if (mkdirat(parent, name, 0700) != 0 && errno != EEXIST)
            return -1;
        if (fsync(parent) != 0)
            return -1;
    }
    return *fd >= 0 ? 0 : -1;
}

int file_place_open(struct file_store *store, const char *bucket, const char *key, bool make, struct file_place *place,
                    jb_error *error)
{
    int fd;
    int code = file_bucket_open(store, bucket, &fd, error);
    if (code != JB_OK)
        return code;
    const char *start = key;
    for (;;) {
        size_t length = strcspn(start, "/");
        memcpy(place->name, start, length);
        place->name[length] = '\0';
        if (strncmp(place->name, FILE_OWN_PREFIX, strlen(FILE_OWN_PREFIX)) == 0) {
            close(fd);
            return error_set(error, JB_ERROR_USAGE, "'%s' is a name that a file store keeps for itself", key);
        }
        if (start[length] == '\0')
            break;
        int next;
        if (step_into(fd, place->name, make, &next) != 0) {
            int errnum = errno;
            close(fd);
            if (!make && (errnum == ENOTDIR || errnum == ELOOP))
                errnum = ENOENT;
            return failed(store, errnum, bucket, key, error);
        }
        close(fd);
        fd = next;
        start += length + 1;
    }
    place->directory_fd = fd;
    return JB_OK;
}

void file_place_close(struct file_place *place)
{
    close(place->directory_fd);
}

int file_object_open(struct file_store *store, const char *bucket, const char *key, int *fd, struct stat *status,
                     jb_error *error)
{
    struct file_place place;
    int code = file_place_open(store, bucket, key, false, &place, error);
    if (code != JB_OK)
        return code;
    *fd = openat(place.directory_fd, place.name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    int errnum = errno;
    file_place_close(&place);
    if (*fd < 0)
        return failed(store, errnum == ELOOP ? ENOENT : errnum, bucket, key, error);
    if (fstat(*fd, status) != 0)
        errnum = errno;
    else if (!S_ISREG(status->st_mode))
        errnum = ENOENT;
    else
        return JB_OK;
    close(*fd);
    return failed(store, errnum, bucket, key, error);
}

void file_remove_empty_directories(struct file_store *store, const char *bucket, const char *key)
{
    char parent[STORE_KEY_MAX + 1];
    snprintf(parent, sizeof parent, "%s", key);
    for (char *slash; (slash = strrchr(parent, '/')) != NULL;) {
        *slash = '\0';
        struct file_place place;
        jb_error ignored = JB_ERROR_INIT;
        if (file_place_open(store, bucket, parent, false, &place, &ignored) != JB_OK)
            return;
        int removed = unlinkat(place.directory_fd, place.name, AT_REMOVEDIR);
        file_place_close(&place);
        if (removed != 0)
            return;
    }
}
