#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../../codec/utf8.h"
#include "file.h"

/* Deeper than any key of the product; keeps the open directories few. */
#define DEPTH_MAX 64

struct listing {
    jb_operation *operation;
    const char *bucket;
    const char *prefix;
    bool summed_up; /* by the delimiter '/' */
    jb_object_fn each;
    void *context;
    jb_error *error;
    char key[STORE_KEY_MAX + 1];
};

static int list_directory(struct listing *listing, int fd, size_t length, int depth);

static int stop_at_first(void *context, const jb_object_info *info)
{
    (void)info;
    *(bool *)context = true;
    return 1;
}

/* The common prefix of what is in a directory, unless that is nothing. Takes `fd`. */
static int list_common_prefix(struct listing *listing, int fd, size_t length, int depth)
{
    bool found = false;
    jb_error ended = JB_ERROR_INIT;
    struct listing below = *listing;
    below.summed_up = false;
    below.each = stop_at_first;
    below.context = &found;
    below.error = &ended;
    int code = list_directory(&below, fd, length, depth);
    if (!found)
        return code == JB_OK ? JB_OK : error_copy(listing->error, &ended);
    listing->key[length] = '/';
    listing->key[length + 1] = '\0';
    jb_object_info info = {.size = sizeof info, .key = listing->key, .is_prefix = true};
    code = listing->each(listing->context, &info) != 0
               ? error_set(listing->error, JB_ERROR_CANCELLED, "the listing was ended by its caller")
               : operation_check(listing->operation, listing->error);
    listing->key[length] = '\0';
    return code;
}

static int list_entry(struct listing *listing, int directory_fd, size_t length, int depth)
{
    size_t prefix_length = strlen(listing->prefix);
    size_t common = length < prefix_length ? length : prefix_length;
    if (strncmp(listing->key, listing->prefix, common) != 0)
        return JB_OK;
    const char *name = strrchr(listing->key, '/');
    name = name == NULL ? listing->key : name + 1;
    struct stat status;
    if (fstatat(directory_fd, name, &status, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT
                   ? JB_OK
                   : error_set_errno(listing->error, errno, "cannot look at '%s/%s'", listing->bucket, listing->key);
    if (S_ISREG(status.st_mode) && length >= prefix_length) {
        jb_object_info info = {.size = sizeof info,
                               .key = listing->key,
                               .bytes = (uint64_t)status.st_size,
                               .modified = status.st_mtime,
                               .is_latest = true};
        if (listing->each(listing->context, &info) != 0)
            return error_set(listing->error, JB_ERROR_CANCELLED, "the listing was ended by its caller");
        return operation_check(listing->operation, listing->error);
    }
    if (!S_ISDIR(status.st_mode))
        return JB_OK;
    int fd = openat(directory_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT
                   ? JB_OK
                   : error_set_errno(listing->error, errno, "cannot list '%s/%s'", listing->bucket, listing->key);
    if (listing->summed_up && length >= prefix_length && length < STORE_KEY_MAX)
        return list_common_prefix(listing, fd, length, depth + 1);
    return list_directory(listing, fd, length, depth + 1);
}

/* Takes `fd`. The directory's own path is the first `length` bytes of listing->key. */
static int list_directory(struct listing *listing, int fd, size_t length, int depth)
{
    DIR *directory = fdopendir(fd);
    if (directory == NULL) {
        int errnum = errno;
        close(fd);
        return error_set_errno(listing->error, errnum, "cannot list '%s'", listing->bucket);
    }
    int code = depth > DEPTH_MAX
                   ? error_set(listing->error, JB_ERROR_LIMIT, "'%s/%s' lies too deep", listing->bucket, listing->key)
                   : JB_OK;
    size_t start = length == 0 ? 0 : length + 1;
    while (code == JB_OK) {
        errno = 0;
        struct dirent *entry = readdir(directory);
        if (entry == NULL) {
            if (errno != 0)
                code = error_set_errno(listing->error, errno, "cannot list '%s'", listing->bucket);
            break;
        }
        size_t name_length = strlen(entry->d_name);
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
            start + name_length > STORE_KEY_MAX ||
            strncmp(entry->d_name, FILE_OWN_PREFIX, strlen(FILE_OWN_PREFIX)) == 0 || !utf8_is_text(entry->d_name))
            continue; /* what is no key was not put here by a store */
        if (length > 0)
            listing->key[length] = '/';
        memcpy(listing->key + start, entry->d_name, name_length + 1);
        code = list_entry(listing, dirfd(directory), start + name_length, depth);
        listing->key[length] = '\0';
    }
    closedir(directory);
    return code;
}

int file_list(jb_store *base, jb_operation *operation, const char *bucket, const jb_list_options *options,
              jb_object_fn each, void *context, jb_error *error)
{
    int fd;
    int code = file_bucket_open((struct file_store *)base, bucket, &fd, error);
    if (code != JB_OK)
        return code;
    struct listing listing = {.operation = operation,
                              .bucket = bucket,
                              .prefix = options->prefix,
                              .summed_up = options->delimiter != NULL,
                              .each = each,
                              .context = context,
                              .error = error};
    return list_directory(&listing, fd, 0, 0);
}
