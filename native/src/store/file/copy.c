/* Copies within the store: by sharing blocks where the file system can, else by the kernel, else through memory. */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "file.h"

#define STEP_BYTES   ((size_t)64 << 20) /* between two looks at the operation */
#define BUFFER_BYTES 262144

/* At most `count` bytes at the same offset in both; 0 at the end, -1 with errno. */
static ssize_t copy_through_memory(int from, int to, uint64_t offset, size_t count)
{
    char *bytes = malloc(BUFFER_BYTES);
    if (bytes == NULL) {
        errno = ENOMEM;
        return -1;
    }
    ssize_t got = pread(from, bytes, count < BUFFER_BYTES ? count : BUFFER_BYTES, (off_t)offset);
    ssize_t put = got > 0 ? pwrite(to, bytes, (size_t)got, (off_t)offset) : got;
    int errnum = errno;
    free(bytes);
    errno = errnum;
    return put;
}

static int copy_bytes(jb_operation *operation, int from, int to, uint64_t size, jb_error *error)
{
    bool by_kernel = true;
    for (uint64_t offset = 0; offset < size;) {
        int code = operation_check(operation, error);
        if (code != JB_OK)
            return code;
        size_t count = size - offset < STEP_BYTES ? (size_t)(size - offset) : STEP_BYTES;
        off_t from_at = (off_t)offset, to_at = (off_t)offset;
        ssize_t copied = by_kernel ? copy_file_range(from, &from_at, to, &to_at, count, 0)
                                   : copy_through_memory(from, to, offset, count);
        if (copied < 0 && errno == EINTR)
            continue;
        /* 0 before the end: some kernels answer so for file systems that they cannot copy. */
        if (by_kernel && (copied == 0 || (copied < 0 && (errno == EXDEV || errno == EINVAL || errno == ENOSYS ||
                                                         errno == EOPNOTSUPP || errno == EPERM)))) {
            by_kernel = false;
            continue;
        }
        if (copied < 0)
            return error_set_errno(error, errno, "cannot copy %zu bytes at %llu", count, (unsigned long long)offset);
        if (copied == 0)
            return error_set(error, JB_ERROR_VERIFY, "the object was cut off at %llu bytes while it was copied",
                             (unsigned long long)offset);
        offset += (uint64_t)copied;
    }
    return JB_OK;
}

int file_copy(jb_store *base, jb_operation *operation, const jb_copy_options *options, jb_error *error)
{
    struct file_store *store = (struct file_store *)base;
    int from;
    struct stat status;
    int code = file_object_open(store, options->from_bucket, options->from_key, &from, &status, error);
    if (code != JB_OK)
        return code;
    struct file_place place;
    code = file_place_open(store, options->to_bucket, options->to_key, true, &place, error);
    if (code != JB_OK) {
        close(from);
        return code;
    }
    struct file_temporary temporary;
    code = file_temporary_make(&place, &temporary, error);
    if (code == JB_OK) {
        code = copy_bytes(operation, from, temporary.fd, (uint64_t)status.st_size, error);
        if (code != JB_OK)
            error_prefix(error, "'%s/%s'", options->to_bucket, options->to_key);
        struct store_condition condition = {.when = options->replace ? STORE_ALWAYS : STORE_IF_ABSENT};
        if (code == JB_OK)
            code = file_publish(store, operation, options->to_bucket, options->to_key, &place, &temporary, condition,
                                error);
        file_temporary_drop(&place, &temporary);
    }
    file_place_close(&place);
    close(from);
    return code;
}
