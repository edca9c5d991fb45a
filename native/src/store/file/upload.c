#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "file.h"

struct store_upload {
    struct file_store *store;
    jb_operation *operation;
    char *bucket;
    char *key;
    struct file_place place;
    struct file_temporary temporary;
    _Atomic uint64_t bytes;
};

static void upload_free(struct store_upload *upload)
{
    free(upload->bucket);
    free(upload->key);
    free(upload);
}

int file_upload_begin(jb_store *base, jb_operation *operation, const char *bucket, const char *key,
                      struct store_upload **made, jb_error *error)
{
    struct store_upload *upload = calloc(1, sizeof *upload);
    if (upload == NULL)
        return error_no_memory(error);
    upload->store = (struct file_store *)base;
    upload->operation = operation;
    upload->bucket = strdup(bucket);
    upload->key = strdup(key);
    int code = upload->bucket == NULL || upload->key == NULL ? error_no_memory(error) : JB_OK;
    if (code == JB_OK)
        code = file_place_open(upload->store, bucket, key, true, &upload->place, error);
    if (code == JB_OK) {
        code = file_temporary_make(&upload->place, &upload->temporary, error);
        if (code != JB_OK)
            file_place_close(&upload->place);
    }
    if (code != JB_OK) {
        upload_free(upload);
        return code;
    }
    *made = upload;
    return JB_OK;
}

int file_upload_part(struct store_upload *upload, unsigned number, struct store_transfer *transfer, jb_error *error)
{
    (void)number;
    int code = operation_check(upload->operation, error);
    if (code == JB_OK)
        code = file_write_all(upload->temporary.fd, transfer->bytes, transfer->count, transfer->offset, error);
    if (code != JB_OK)
        return error_prefix(error, "'%s/%s'", upload->bucket, upload->key);
    /* The disk begins now, so that the sync at the end has little left to wait for. */
    sync_file_range(upload->temporary.fd, (off_t)transfer->offset, (off_t)transfer->count, SYNC_FILE_RANGE_WRITE);
    upload->bytes += transfer->count;
    transfer->error.code = JB_OK;
    transfer->done(transfer);
    return JB_OK;
}

int file_upload_complete(struct store_upload *upload, struct store_condition condition, jb_object_info *info,
                         jb_error *error)
{
    struct stat status;
    int code = operation_check(upload->operation, error);
    if (code == JB_OK && fstat(upload->temporary.fd, &status) != 0)
        code = error_set_errno(error, errno, "cannot look at '%s/%s'", upload->bucket, upload->key);
    if (code == JB_OK && (uint64_t)status.st_size != upload->bytes)
        code = error_set(error, JB_ERROR_VERIFY, "'%s/%s' holds %llu bytes after %llu were written", upload->bucket,
                         upload->key, (unsigned long long)status.st_size, (unsigned long long)upload->bytes);
    if (code == JB_OK)
        code = file_publish(upload->store, upload->operation, upload->bucket, upload->key, &upload->place,
                            &upload->temporary, condition, error);
    if (code != JB_OK)
        return code;
    *info = (jb_object_info){.size = sizeof *info, .bytes = upload->bytes, .modified = status.st_mtime};
    file_upload_abort(upload);
    return JB_OK;
}

void file_upload_abort(struct store_upload *upload)
{
    file_temporary_drop(&upload->place, &upload->temporary);
    file_place_close(&upload->place);
    upload_free(upload);
}
