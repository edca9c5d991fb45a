#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../codec/json.h"
#include "../stream/object_source.h"
#include "../stream/process.h"
#include "restore.h"

static int extract_tree(struct restore *restore, struct byte_source *source, const char *staging,
                        struct tar_counts *counts, jb_error *error)
{
    const char *root = restore->backup.old ? json_member_text(restore->description, "root") : restore->object.root;
    struct tar_extract_options options = {
        .prefix = root,
        .bytes_max = restore->backup.old ? 0 : restore->object.content_bytes,
        .entries_max = restore->backup.old ? 0 : restore->object.files,
        .owner_given = restore->owner.given,
        .uid = restore->owner.uid,
        .gid = restore->owner.gid,
        .devices = true,
    };
    int code = tar_extract(restore->operation, source, staging, &options, counts, error);
    if (code == JB_OK && !restore->backup.old && counts->files != restore->object.files)
        code = error_set(error, JB_ERROR_VERIFY, "'%s' holds %llu members instead of %llu", restore->name,
                         (unsigned long long)counts->files, (unsigned long long)restore->object.files);
    return code;
}

typedef int (*chunk_fn)(void *context, const void *bytes, size_t count, jb_error *error);

/* Passes the whole stream on and compares its length with the seal's. */
static int pass_on(struct restore *restore, struct byte_source *source, chunk_fn take, void *context,
                   struct tar_counts *counts, jb_error *error)
{
    for (;;) {
        const void *bytes;
        size_t count;
        int code = source->read(source, &bytes, &count, error);
        if (code == JB_OK && count > 0)
            code = take(context, bytes, count, error);
        if (code == JB_OK)
            code = operation_progress(restore->operation, count, 0, NULL, error);
        if (code != JB_OK)
            return code;
        if (count == 0)
            break;
        counts->bytes += count;
    }
    if (!restore->backup.old && counts->bytes != restore->object.content_bytes)
        return error_set(error, JB_ERROR_VERIFY, "'%s' holds %llu bytes instead of %llu", restore->name,
                         (unsigned long long)counts->bytes, (unsigned long long)restore->object.content_bytes);
    return JB_OK;
}

static int give_process(void *context, const void *bytes, size_t count, jb_error *error)
{
    return process_write(context, bytes, count, error);
}

static int feed_consumer(struct restore *restore, struct byte_source *source, const char *staging,
                         struct tar_counts *counts, jb_error *error)
{
    struct process *process;
    int code = process_start_consumer(restore->operation, restore->options->consumer, staging, &process, error);
    if (code != JB_OK)
        return code;
    code = pass_on(restore, source, give_process, process, counts, error);
    if (code == JB_OK)
        code = process_finish(process, NULL, error);
    process_free(process);
    return code;
}

static int give_file(void *context, const void *bytes, size_t count, jb_error *error)
{
    const char *next = bytes;
    while (count > 0) {
        ssize_t written = write(*(int *)context, next, count);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return error_set_errno(error, errno, "cannot write the restored file");
        next += written;
        count -= (size_t)written;
    }
    return JB_OK;
}

static int write_file(struct restore *restore, struct byte_source *source, const char *staging,
                      struct tar_counts *counts, jb_error *error)
{
    int fd = open(staging, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return error_set_errno(error, errno, "cannot make '%s'", staging);
    int code = pass_on(restore, source, give_file, &fd, counts, error);
    if (code == JB_OK && restore->owner.given && fchown(fd, restore->owner.uid, restore->owner.gid) != 0)
        code = error_set_errno(error, errno, "cannot give '%s' its owner", staging);
    if (code == JB_OK && fsync(fd) != 0)
        code = error_set_errno(error, errno, "cannot sync '%s'", staging);
    if (close(fd) != 0 && code == JB_OK)
        code = error_set_errno(error, errno, "cannot write '%s'", staging);
    counts->files = 1;
    return code;
}

int restore_fill(jb_store *store, struct restore *restore, const char *staging, struct tar_counts *counts,
                 jb_error *error)
{
    const jb_restore_options *options = restore->options;
    char key[STORE_KEY_MAX + 1];
    backup_key(&restore->backup.id, restore->backup.old ? restore->name : "", key, sizeof key);
    struct object_source *source;
    int code = object_source_new(store, restore->operation, options->name.bucket, key,
                                 restore->backup.old ? NULL : &restore->object, true, &source, error);
    if (code != JB_OK)
        return code;
    operation_phase(restore->operation, restore->tree ? "extract" : "download", restore->name,
                    restore->object.content_bytes, restore->object.files);
    struct byte_source *bytes = object_source_bytes(source);
    if (options->consumer != NULL)
        code = feed_consumer(restore, bytes, staging, counts, error);
    else if (restore->tree)
        code = extract_tree(restore, bytes, staging, counts, error);
    else
        code = write_file(restore, bytes, staging, counts, error);
    object_source_free(source);
    return code == JB_OK ? operation_phase_end(restore->operation, error) : code;
}
