#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../codec/json.h"
#include "../stream/object_source.h"
#include "../stream/process.h"
#include "durable.h"
#include "old_database.h"
#include "restore_paths.h"

static int check_members(const struct restore *restore, const struct tar_counts *counts, uint64_t files,
                         jb_error *error)
{
    if (restore->backup.old || counts->files == files)
        return JB_OK;
    return error_set(error, JB_ERROR_VERIFY, "'%s' holds %llu members instead of %llu", restore->name,
                     (unsigned long long)counts->files, (unsigned long long)files);
}

/* NULL for a sealed backup, whose archives are as they were made. */
static const json_t *old_description(const struct restore *restore)
{
    return restore->backup.old ? restore->description : NULL;
}

/* options->qpress is to be freed by workers_free. */
static int extract_options(const struct restore *restore, uint64_t files, uint64_t bytes,
                           struct tar_extract_options *options, jb_error *error)
{
    *options = (struct tar_extract_options){
        .prefix = restore->backup.old ? json_member_text(restore->description, "root") : restore->object.root,
        .bytes_max = restore->backup.old ? UINT64_MAX : bytes,
        .entries_max = files,
        .owner_given = restore->owner.given,
        .uid = restore->owner.uid,
        .gid = restore->owner.gid,
        .devices = true,
    };
    return old_database_workers(old_description(restore), &options->qpress, error);
}

int restore_extract(struct restore *restore, struct byte_source *source, const char *staging, uint64_t files,
                    uint64_t bytes, struct tar_counts *counts, jb_error *error)
{
    struct tar_extract_options options;
    int code = extract_options(restore, files, bytes, &options, error);
    if (code == JB_OK)
        code = tar_extract(restore->operation, source, staging, &options, counts, error);
    workers_free(options.qpress);
    if (code == JB_OK && old_database_is(old_description(restore)))
        code = old_database_raise(staging, error);
    return code == JB_OK ? check_members(restore, counts, files, error) : code;
}

typedef int (*chunk_fn)(void *context, const void *bytes, size_t count, jb_error *error);

/* Passes the whole stream on. */
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
    int fresh = restore->options->in_place ? O_TRUNC : O_EXCL;
    int fd = open(staging, O_WRONLY | O_CREAT | fresh | O_NOFOLLOW | O_CLOEXEC, 0600);
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

static int unpack(struct restore *restore, struct byte_source *source, const char *staging, struct tar_counts *counts,
                  jb_error *error)
{
    if (restore->options->consumer != NULL)
        return feed_consumer(restore, source, staging, counts, error);
    return restore->tree ? restore_extract(restore, source, staging, restore->object.files, restore->object.files_bytes,
                                           counts, error)
                         : write_file(restore, source, staging, counts, error);
}

static int give_nobody(void *context, const void *bytes, size_t count, jb_error *error)
{
    (void)context;
    (void)bytes;
    (void)count;
    (void)error;
    return JB_OK;
}

static int walk(struct restore *restore, struct byte_source *source, const char *staging, struct tar_counts *counts,
                jb_error *error)
{
    (void)staging;
    if (restore->options->consumer != NULL || !restore->tree) {
        int code = pass_on(restore, source, give_nobody, NULL, counts, error);
        counts->stored = counts->bytes;
        return code;
    }
    struct tar_extract_options options;
    int code = extract_options(restore, restore->object.files, restore->object.files_bytes, &options, error);
    if (code == JB_OK)
        code = tar_check_extract(restore->operation, source, &options, counts, error);
    workers_free(options.qpress);
    return code == JB_OK ? check_members(restore, counts, restore->object.files, error) : code;
}

typedef int (*content_fn)(struct restore *restore, struct byte_source *source, const char *staging,
                          struct tar_counts *counts, jb_error *error);

static int with_content(jb_store *store, struct restore *restore, const char *phase, content_fn work,
                        const char *staging, struct tar_counts *counts, jb_error *error)
{
    char key[STORE_KEY_MAX + 1];
    backup_key(&restore->backup.id, restore->backup.old ? restore->name : "", key, sizeof key);
    struct object_source *source;
    int code = object_source_new(store, restore->operation, restore->options->name.bucket, key,
                                 restore->backup.old ? NULL : &restore->object, true, restore->options->decryption,
                                 &source, error);
    if (code != JB_OK)
        return code;
    operation_phase(restore->operation, phase, restore->name, restore->object.content_bytes, restore->object.files);
    code = work(restore, object_source_bytes(source), staging, counts, error);
    object_source_free(source);
    return code == JB_OK ? operation_phase_end(restore->operation, error) : code;
}

int restore_fill(jb_store *store, struct restore *restore, const char *staging, struct tar_counts *counts,
                 jb_error *error)
{
    int disk;
    int code = durable_begin(staging, &disk, error);
    if (code != JB_OK)
        return code;
    code = restore->options->paths != NULL
               ? restore_fill_selected(store, restore, staging, counts, error)
               : with_content(store, restore, restore->tree ? "extract" : "download", unpack, staging, counts, error);
    if (code == JB_OK)
        code = durable_end(disk, staging, error);
    close(disk);
    return code;
}

int restore_verify(jb_store *store, struct restore *restore, jb_error *error)
{
    struct tar_counts counts = {0};
    int code = with_content(store, restore, "verify", walk, NULL, &counts, error);
    if (code == JB_OK && restore->backup.old) {
        restore->object.content_bytes = counts.stored;
        restore->object.files = counts.files;
    }
    return code;
}
