/*
 * What killed writers left: files under temporary names, which are this store's unfinished uploads. A living writer
 * holds a lock on its own. An upload's key here is the temporary file's path, for its object's name is not known.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "file.h"

#define DEPTH_MAX 64

static bool is_temporary(const char *name)
{
    return strncmp(name, FILE_TEMPORARY_PREFIX, strlen(FILE_TEMPORARY_PREFIX)) == 0;
}

bool file_temporary_is_dead(int directory_fd, const char *name)
{
    if (!is_temporary(name))
        return false;
    int fd = openat(directory_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return false;
    bool dead = flock(fd, LOCK_EX | LOCK_NB) == 0;
    close(fd);
    return dead;
}

struct search {
    jb_operation *operation;
    const char *prefix;
    store_unfinished_fn each;
    void *context;
    jb_error *error;
    char key[STORE_KEY_MAX + 1];
};

static int search_directory(struct search *search, int fd, size_t length, int depth);

static int search_entry(struct search *search, int directory_fd, size_t start, size_t length, int depth)
{
    const char *name = search->key + start;
    size_t prefix_length = strlen(search->prefix);
    if (strncmp(search->key, search->prefix, length < prefix_length ? length : prefix_length) != 0)
        return JB_OK;
    struct stat status;
    if (fstatat(directory_fd, name, &status, AT_SYMLINK_NOFOLLOW) != 0)
        return JB_OK; /* gone since */
    if (S_ISDIR(status.st_mode)) {
        int fd = openat(directory_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        return fd < 0 ? JB_OK : search_directory(search, fd, length, depth + 1);
    }
    if (length < prefix_length || !file_temporary_is_dead(directory_fd, name))
        return JB_OK;
    struct store_unfinished found = {.key = search->key, .id = name, .begun = status.st_mtime};
    if (search->each(search->context, &found) != 0)
        return error_set(search->error, JB_ERROR_CANCELLED, "the listing was ended by its caller");
    return JB_OK;
}

/* Takes `fd`. The directory's own path is the first `length` bytes of search->key. */
static int search_directory(struct search *search, int fd, size_t length, int depth)
{
    DIR *directory = depth > DEPTH_MAX ? NULL : fdopendir(fd);
    if (directory == NULL) {
        int errnum = depth > DEPTH_MAX ? ELOOP : errno;
        close(fd);
        return error_set_errno(search->error, errnum, "cannot look for unfinished uploads");
    }
    size_t start = length == 0 ? 0 : length + 1;
    int code = JB_OK;
    struct dirent *entry;
    while (code == JB_OK && (errno = 0, entry = readdir(directory)) != NULL) {
        size_t name_length = strlen(entry->d_name);
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 || start + name_length > STORE_KEY_MAX)
            continue;
        if (length > 0)
            search->key[length] = '/';
        memcpy(search->key + start, entry->d_name, name_length + 1);
        code = search_entry(search, dirfd(directory), start, start + name_length, depth);
        search->key[length] = '\0';
        if (code == JB_OK)
            code = operation_check(search->operation, search->error);
    }
    if (code == JB_OK && errno != 0)
        code = error_set_errno(search->error, errno, "cannot look for unfinished uploads");
    closedir(directory);
    return code;
}

int file_list_uploads(jb_store *base, jb_operation *operation, const char *bucket, const char *prefix,
                      store_unfinished_fn each, void *context, jb_error *error)
{
    int fd;
    int code = file_bucket_open((struct file_store *)base, bucket, &fd, error);
    if (code != JB_OK)
        return code;
    struct search search = {.operation = operation, .prefix = prefix, .each = each, .context = context, .error = error};
    return search_directory(&search, fd, 0, 0);
}

int file_remove_upload(jb_store *base, jb_operation *operation, const char *bucket, const char *key, const char *id,
                       jb_error *error)
{
    (void)operation;
    struct file_store *store = (struct file_store *)base;
    const char *slash = strrchr(key, '/');
    size_t parent = slash == NULL ? 0 : (size_t)(slash - key) + 1;
    if (strcmp(key + parent, id) != 0 || !is_temporary(id))
        return error_set(error, JB_ERROR_USAGE, "'%s' is no unfinished upload", key);
    /* Any allowed name beside it leads to its directory. */
    char beside[STORE_KEY_MAX + 2];
    snprintf(beside, sizeof beside, "%.*sx", (int)parent, key);
    struct file_place place;
    int code = file_place_open(store, bucket, beside, false, &place, error);
    if (code != JB_OK)
        return code == JB_ERROR_NOT_FOUND ? JB_OK : code;
    if (!file_temporary_is_dead(place.directory_fd, id)) {
        struct stat status;
        if (fstatat(place.directory_fd, id, &status, AT_SYMLINK_NOFOLLOW) == 0)
            code = error_set(error, JB_ERROR_CONFLICT, "'%s/%s' is being written", bucket, key);
    } else if (unlinkat(place.directory_fd, id, 0) != 0 && errno != ENOENT) {
        code = error_set_errno(error, errno, "cannot remove '%s/%s'", bucket, key);
    }
    file_place_close(&place);
    if (code == JB_OK)
        file_remove_empty_directories(store, bucket, key);
    return code;
}
