#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void file_close(jb_store *base)
{
    struct file_store *store = (struct file_store *)base;
    if (store->root_fd >= 0)
        close(store->root_fd);
    free(store->root);
    free(store);
}

static const char *file_directory(jb_store *base, int *fd)
{
    const struct file_store *store = (const struct file_store *)base;
    *fd = store->root_fd;
    return store->root;
}

static const struct store_driver driver = {
    .scheme = "file",
    .close = file_close,
    .directory = file_directory,
    .make_bucket = file_make_bucket,
    .test_bucket = file_test_bucket,
    .delete_bucket = file_delete_bucket,
    .stat = file_stat,
    .read = file_read,
    .write = file_write,
    .list = file_list,
    .remove = file_remove,
    .copy = file_copy,
    .grant = file_grant,
    .list_uploads = file_list_uploads,
    .remove_upload = file_remove_upload,
    .upload_begin = file_upload_begin,
    .upload_part = file_upload_part,
    .upload_complete = file_upload_complete,
    .upload_abort = file_upload_abort,
    .range = file_range,
    /* A file has no parts; the bounds are those of S3, so that an object can be copied there. */
    .limits = {.parts_max = 10000, .part_bytes_min = 1, .part_bytes_max = UINT64_C(5) << 30},
};

int store_file_open(const jb_store_options *options, jb_store **made, jb_error *error)
{
    const char *path = options->url + strlen("file://");
    if (path[0] != '/') {
        error_set(error, JB_ERROR_USAGE, "the store '%s' names no absolute directory", options->url);
        return error_hint(error, "write it with three slashes: 'file:///directory'");
    }
    struct file_store *store = calloc(1, sizeof *store);
    if (store == NULL)
        return error_no_memory(error);
    store->base.driver = &driver;
    store->base.has_conditions = true;
    store->root_fd = -1;
    store->root = strdup(path);
    if (store->root == NULL) {
        file_close(&store->base);
        return error_no_memory(error);
    }
    store->root_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (store->root_fd < 0) {
        int errnum = errno;
        file_close(&store->base);
        error_set_errno(error, errnum, "the store's directory '%s' cannot be opened", path);
        error->code = errnum == EACCES ? JB_ERROR_ACCESS : JB_ERROR_UNREACHABLE;
        /* It is never made: where a shared mount is missing, backups would land on the local disk instead. */
        return error_hint(error, "mount it, or make the directory, and try again");
    }
    *made = &store->base;
    return JB_OK;
}
