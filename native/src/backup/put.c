#include "put.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../archive/tar.h"
#include "../codec/json.h"
#include "../stream/alive.h"
#include "../stream/memory.h"
#include "../stream/process.h"
#include "put_index.h"
#include "put_tree.h"

#define STREAM_BYTES ((size_t)1 << 18)

struct put {
    struct put_stages stages;
    struct put_index index; /* with options->index */
    struct workers *workers;
    struct alive *alive;
    jb_store *store;
    jb_operation *operation;
    const jb_put_options *options;
    struct task *after;
    struct object *object;
};

/* Fills buffers from `read_more`; without compression right into the parts. */
static int put_stream(struct put *put,
                      int (*read_more)(void *context, void *bytes, size_t capacity, size_t *count, jb_error *error),
                      void *context, jb_error *error)
{
    struct put_stages *stages = &put->stages;
    char *own = malloc(STREAM_BYTES);
    int code = own == NULL ? error_no_memory(error) : JB_OK;
    for (size_t count = 1; code == JB_OK;) {
        void *room;
        size_t capacity;
        code = put_stages_reserve(stages, &room, &capacity, error);
        bool direct = room != NULL;
        if (code == JB_OK)
            code = read_more(context, direct ? room : own, direct ? capacity : STREAM_BYTES, &count, error);
        if (code != JB_OK || count == 0)
            break;
        code = direct ? put_stages_advance(stages, count, error) : stages->sink.write(&stages->sink, own, count, error);
        if (code == JB_OK)
            code = operation_progress(put->operation, count, 0, NULL, error);
    }
    free(own);
    return code;
}

static int read_callback(void *context, void *bytes, size_t capacity, size_t *count, jb_error *error)
{
    const jb_put_options *options = context;
    int64_t got = options->read(options->read_context, bytes, capacity);
    if (got < 0 || (uint64_t)got > capacity)
        return error_set(error, JB_ERROR_IO, "the stream for '%s/%s' could not be read", options->bucket, options->key);
    *count = (size_t)got;
    return JB_OK;
}

struct file_context {
    int fd;
    const char *path;
};

static int read_file(void *context, void *bytes, size_t capacity, size_t *count, jb_error *error)
{
    const struct file_context *file = context;
    for (;;) {
        ssize_t got = read(file->fd, bytes, capacity);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return error_set_errno(error, errno, "cannot read '%s'", file->path);
        *count = (size_t)got;
        return JB_OK;
    }
}

static int put_file(struct put *put, jb_error *error)
{
    struct file_context file = {.fd = open(put->options->file, O_RDONLY | O_CLOEXEC), .path = put->options->file};
    if (file.fd < 0)
        return error_set_errno(error, errno, "cannot open '%s'", file.path);
    struct stat status;
    if (fstat(file.fd, &status) == 0 && S_ISREG(status.st_mode)) {
        operation_phase(put->operation, "upload", file.path, (uint64_t)status.st_size, 0);
        part_writer_expect(put->stages.writer, (uint64_t)status.st_size);
    }
    posix_fadvise(file.fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    int code = put_stream(put, read_file, &file, error);
    close(file.fd);
    return code;
}

static int read_process(void *context, void *bytes, size_t capacity, size_t *count, jb_error *error)
{
    return process_read(context, bytes, capacity, count, error);
}

static int put_command(struct put *put, jb_error *error)
{
    struct process *process;
    int code = process_start_producer(put->operation, put->options->command, &process, error);
    if (code != JB_OK)
        return code;
    code = put_stream(put, read_process, process, error);
    if (code == JB_OK)
        code = process_finish(process, put->options->success_text, error);
    process_free(process);
    return code;
}

static int produce(struct put *put, jb_error *error)
{
    const jb_put_options *options = put->options;
    const char *slash = strrchr(options->key, '/');
    operation_phase(put->operation, options->tree != NULL ? "archive" : "upload",
                    slash == NULL ? options->key : slash + 1, 0, 0);
    if (options->tree != NULL)
        return put_tree(put->store, put->operation, options, &put->stages.sink, put->index.writer, put->object, error);
    if (options->command != NULL)
        return put_command(put, error);
    if (options->file != NULL)
        return put_file(put, error);
    return put_stream(put, read_callback, (void *)options, error);
}

static int check_options(const jb_put_options *options, jb_error *error)
{
    if (options == NULL || options->size != sizeof *options)
        return error_set(error, JB_ERROR_USAGE, "jb_put_options is missing or of another size");
    int sources =
        (options->read != NULL) + (options->file != NULL) + (options->tree != NULL) + (options->command != NULL);
    if (sources != 1)
        return error_set(error, JB_ERROR_USAGE, "exactly one of a stream, a file, a tree and a command is to be put");
    if ((unsigned)options->compression > JB_COMPRESSION_GZIP)
        return error_set(error, JB_ERROR_USAGE, "unknown compression %d", (int)options->compression);
    if (options->index && (options->tree == NULL || options->compression != JB_COMPRESSION_ZSTD))
        return error_set(error, JB_ERROR_USAGE, "only a tree that is compressed by zstd can have an index");
    if (options->key == NULL)
        return error_set(error, JB_ERROR_USAGE, "the object's name is missing");
    int code = options->encryption == NULL ? JB_OK : age_encryption_check(options->encryption, error);
    if (code == JB_OK)
        code = tar_check_patterns(options->exclude, error);
    if (code == JB_OK)
        code = tar_check_patterns(options->include, error);
    return code == JB_OK ? store_check_names(options->bucket, options->key, error) : code;
}

static int refuse_key(jb_store *store, jb_operation *operation, const char *bucket, const char *key, jb_error *error)
{
    jb_object_info info;
    int code = store_stat(store, operation, bucket, key, NULL, &info, error);
    /* Those who may write an object but not list its bucket are not told that there is none. */
    if (code == JB_ERROR_NOT_FOUND || code == JB_ERROR_ACCESS)
        return JB_OK;
    if (code != JB_OK)
        return code;
    error_set(error, JB_ERROR_CONFLICT, "'%s/%s' exists already", bucket, key);
    return error_hint(error, "choose another name, or ask for it to be replaced");
}

/* Found out before hours of work and not after them; the store's own condition decides in the end. */
static int refuse_existing(jb_store *store, jb_operation *operation, const jb_put_options *options, jb_error *error)
{
    char index[STORE_KEY_MAX + 1];
    int code = refuse_key(store, operation, options->bucket, options->key, error);
    if (code == JB_OK && options->index)
        code = put_index_key(options->key, index, error);
    return code == JB_OK && options->index ? refuse_key(store, operation, options->bucket, index, error) : code;
}

static int open_stages(struct put *put, jb_store *store, struct put_stages_options *stages, jb_error *error)
{
    const jb_put_options *options = put->options;
    *stages = (struct put_stages_options){.bucket = options->bucket,
                                          .key = options->key,
                                          .compression = options->compression,
                                          .level = options->level,
                                          .replace = options->replace,
                                          .encryption = options->encryption,
                                          .after = put->after,
                                          .memory_bytes = memory_for_buffers(put->operation)};
    if (options->tree != NULL)
        stages->memory_bytes -= memory_for_reading_ahead(put->operation);
    int code = workers_new(0, &put->workers, error);
    if (code == JB_OK && options->index) {
        code = put_index_open(&put->index, store, put->operation, put->workers, stages, error);
        stages->memory_bytes -=
            PUT_INDEX_MEMORY < stages->memory_bytes / 2 ? PUT_INDEX_MEMORY : stages->memory_bytes / 2;
    }
    if (code == JB_OK)
        code = put_stages_open(&put->stages, store, put->operation, put->workers, stages, error);
    if (code == JB_OK && options->index)
        compressor_observe(put->stages.compressor, index_writer_frame, put->index.writer);
    return code;
}

/* The index first: an archive that is there has it. */
static int finish_stages(struct put *put, struct object *object, jb_error *error)
{
    int code = put_stages_flush(&put->stages, error);
    if (code == JB_OK && put->options->index)
        code = put_index_finish(&put->index, error);
    if (code == JB_OK)
        code = put_stages_finish(&put->stages, object, error);
    if (code == JB_OK)
        put_index_hand_over(&put->index, object);
    return code;
}

static int run(struct put *put, jb_store *store, struct object *object, jb_error *error)
{
    struct put_stages_options stages;
    int code = JB_OK;
    if (put->options->alive_key != NULL)
        code = alive_start(store, put->operation, put->options->bucket, put->options->alive_key, &put->alive, error);
    if (code == JB_OK)
        code = open_stages(put, store, &stages, error);
    if (code == JB_OK)
        code = produce(put, error);
    if (code == JB_OK)
        code = finish_stages(put, object, error);
    if (code == JB_OK)
        operation_phase_end(put->operation, NULL); /* whatever it answers: too late to cancel */
    put_index_close(&put->index);
    put_stages_close(&put->stages);
    workers_free(put->workers);
    return code;
}

/* So that the backup, if it is interrupted, can be resumed with the object. */
static void tell_completed(struct alive *alive, const struct object *object)
{
    if (alive == NULL)
        return;
    jb_error ignored = JB_ERROR_INIT;
    json_t *description = object_to_json(object, &ignored);
    alive_complete(alive, description);
    json_decref(description);
}

int put_object(jb_store *store, jb_operation *operation, const jb_put_options *options, struct task *after,
               struct object *object, jb_error *error)
{
    *object = (struct object){0};
    int code = check_options(options, error);
    if (code == JB_OK && !options->replace && after == NULL)
        code = refuse_existing(store, operation, options, error);
    if (code != JB_OK)
        return code;
    struct object made = {0}; /* what the producer knows of it */
    struct put put = {.store = store, .operation = operation, .options = options, .after = after, .object = &made};
    code = run(&put, store, object, error);
    if (code == JB_OK) {
        object->root = made.root;
        object->files = made.files;
        object->files_bytes = made.files_bytes;
        object->disk_bytes = made.disk_bytes;
        object->warnings = made.warnings;
        object->warning_count = made.warning_count;
        tell_completed(put.alive, object);
    } else {
        object_clean_up(&made);
    }
    alive_stop(put.alive);
    return code;
}

int jb_put(jb_store *store, jb_operation *operation, const jb_put_options *options, char **account, jb_error *error)
{
    jb_error own = JB_ERROR_INIT;
    if (error == NULL)
        error = &own;
    struct object object;
    int code = put_object(store, operation, options, NULL, &object, error);
    if (code != JB_OK)
        return code;
    if (account != NULL) {
        json_t *json = object_to_json(&object, error);
        code = json == NULL ? (int)error->code : json_text(json, account, error);
        json_decref(json);
    }
    object_clean_up(&object);
    return code;
}
