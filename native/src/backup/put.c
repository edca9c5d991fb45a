#include "put.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../archive/tar.h"
#include "../codec/compressor.h"
#include "../codec/json.h"
#include "../stream/alive.h"
#include "../stream/memory.h"
#include "../stream/part_writer.h"
#include "../stream/process.h"

#define WARNINGS_KEPT 1000

/* The stages that a stream passes: counter → compressor → parts. */
struct put {
    struct byte_sink counter; /* the first stage: counts the content */
    uint64_t content_bytes;
    struct byte_sink *next;
    struct workers *workers;
    struct part_writer *writer;
    struct compressor *compressor; /* NULL for none */
    struct alive *alive;
    jb_operation *operation;
    const jb_put_options *options;
    struct object *object;
    jb_error *warning_error;
    int warning_code;
};

static int count_and_pass(struct byte_sink *sink, const void *bytes, size_t count, jb_error *error)
{
    struct put *put = (struct put *)sink;
    put->content_bytes += count;
    return put->next->write(put->next, bytes, count, error);
}

/* Fills buffers from `read_more`; without compression right into the parts. */
static int put_stream(struct put *put,
                      int (*read_more)(void *context, void *bytes, size_t capacity, size_t *count, jb_error *error),
                      void *context, jb_error *error)
{
    char *own = put->compressor == NULL ? NULL : malloc(1 << 18);
    if (put->compressor != NULL && own == NULL)
        return error_no_memory(error);
    int code = JB_OK;
    for (size_t count = 1; code == JB_OK;) {
        void *room = own;
        size_t capacity = 1 << 18;
        if (own == NULL)
            code = part_writer_reserve(put->writer, &room, &capacity, error);
        if (code == JB_OK)
            code = read_more(context, room, capacity, &count, error);
        if (code != JB_OK || count == 0)
            break;
        if (own == NULL) {
            put->content_bytes += count;
            code = part_writer_advance(put->writer, count, error);
        } else {
            code = count_and_pass(&put->counter, own, count, error);
        }
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
        part_writer_expect(put->writer, (uint64_t)status.st_size);
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

static void keep_warning(void *context, const char *path, const char *what)
{
    struct put *put = context;
    operation_log(put->operation, JB_LOG_WARNING, "'%s': %s", path, what);
    if (put->object->warnings == NULL)
        put->object->warnings = json_array();
    if (json_array_size(put->object->warnings) >= WARNINGS_KEPT)
        return;
    /* A name need not be UTF-8; JSON texts must be. */
    json_t *name = json_string(path);
    if (name == NULL)
        name = json_string("(a name that is not UTF-8)");
    json_t *warning = json_object();
    json_put(warning, "path", name, &put->warning_code, put->warning_error);
    json_put_text(warning, "what", what, &put->warning_code, put->warning_error);
    json_append(put->object->warnings, warning, &put->warning_code, put->warning_error);
}

int put_tree_root(const char *tree, char **root, jb_error *error)
{
    char *path = realpath(tree, NULL);
    if (path == NULL)
        return error_set_errno(error, errno, "cannot open '%s'", tree);
    memmove(path, path + 1, strlen(path));
    *root = path;
    return JB_OK;
}

/* The caller's patterns, and what a restore may have under way in the tree (docs/formats.md, The swap's journal). Free
 * with free(). */
static int all_excludes(const char *const *given, const char ***patterns, jb_error *error)
{
    static const char staging[] = "/.jpsbackup-????????????????????????????????";
    size_t count = 0;
    while (given != NULL && given[count] != NULL)
        count++;
    *patterns = malloc((count + 2) * sizeof **patterns);
    if (*patterns == NULL)
        return error_no_memory(error);
    if (count > 0)
        memcpy(*patterns, given, count * sizeof **patterns);
    (*patterns)[count] = staging;
    (*patterns)[count + 1] = NULL;
    return JB_OK;
}

static int put_tree(struct put *put, jb_error *error)
{
    struct object *object = put->object;
    const char **excludes = NULL;
    int code = put_tree_root(put->options->tree, &object->root, error);
    if (code == JB_OK)
        code = all_excludes(put->options->exclude, &excludes, error);
    if (code != JB_OK)
        return code;
    put->warning_error = error;
    struct tar_create_options options = {
        .exclude = excludes, .strict = put->options->strict, .warning = keep_warning, .warning_context = put};
    struct tar_counts counts = {0};
    code = tar_create(put->operation, put->options->tree, object->root, &options, &put->counter, &counts, error);
    free(excludes);
    object->files = counts.files;
    return code != JB_OK ? code : put->warning_code;
}

static int produce(struct put *put, jb_error *error)
{
    const jb_put_options *options = put->options;
    const char *slash = strrchr(options->key, '/');
    operation_phase(put->operation, options->tree != NULL ? "archive" : "upload",
                    slash == NULL ? options->key : slash + 1, 0, 0);
    if (options->tree != NULL)
        return put_tree(put, error);
    if (options->command != NULL)
        return put_command(put, error);
    if (options->file != NULL)
        return put_file(put, error);
    return put_stream(put, read_callback, (void *)options, error);
}

static int open_stages(struct put *put, jb_store *store, jb_error *error)
{
    const jb_put_options *options = put->options;
    size_t buffers = memory_for_buffers(put->operation);
    bool zstd = options->compression == JB_COMPRESSION_ZSTD;
    int code = workers_new(0, &put->workers, error);
    if (code == JB_OK)
        code = part_writer_new(store, put->operation, put->workers, options->bucket, options->key, options->replace,
                               zstd ? buffers - memory_for_frames(buffers) : buffers, &put->writer, error);
    if (code != JB_OK)
        return code;
    put->next = part_writer_sink(put->writer);
    if (zstd)
        code = compressor_new_zstd(put->next, options->level, put->workers, put->operation, memory_for_frames(buffers),
                                   &put->compressor, error);
    else if (options->compression == JB_COMPRESSION_GZIP)
        code = compressor_new_gzip(put->next, options->level, &put->compressor, error);
    if (code == JB_OK && put->compressor != NULL)
        put->next = &put->compressor->sink;
    return code;
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
    if (options->key == NULL)
        return error_set(error, JB_ERROR_USAGE, "the object's name is missing");
    return store_check_names(options->bucket, options->key, error);
}

/* Found out before hours of work and not after them; the store's own condition decides in the end. */
static int refuse_existing(jb_store *store, jb_operation *operation, const jb_put_options *options, jb_error *error)
{
    jb_object_info info;
    int code = store_stat(store, operation, options->bucket, options->key, NULL, &info, error);
    /* Those who may write an object but not list its bucket are not told that there is none. */
    if (code == JB_ERROR_NOT_FOUND || code == JB_ERROR_ACCESS)
        return JB_OK;
    if (code != JB_OK)
        return code;
    error_set(error, JB_ERROR_CONFLICT, "'%s/%s' exists already", options->bucket, options->key);
    return error_hint(error, "choose another name, or ask for it to be replaced");
}

int put_object(jb_store *store, jb_operation *operation, const jb_put_options *options, struct object *object,
               jb_error *error)
{
    *object = (struct object){0};
    int code = check_options(options, error);
    if (code == JB_OK && !options->replace)
        code = refuse_existing(store, operation, options, error);
    if (code != JB_OK)
        return code;
    struct object made = {.compression = options->compression};
    struct put put = {.counter = {count_and_pass}, .operation = operation, .options = options, .object = &made};
    if (options->alive_key != NULL)
        code = alive_start(store, operation, options->bucket, options->alive_key, &put.alive, error);
    if (code == JB_OK)
        code = open_stages(&put, store, error);
    if (code == JB_OK)
        code = produce(&put, error);
    if (code == JB_OK && put.compressor != NULL)
        code = put.compressor->finish(put.compressor, error);
    if (code == JB_OK)
        code = part_writer_finish(put.writer, object, error);
    if (code == JB_OK)
        operation_phase_end(operation, NULL); /* whatever it answers: the object is complete, too late to cancel */
    if (put.compressor != NULL)
        put.compressor->free(put.compressor);
    part_writer_free(put.writer);
    workers_free(put.workers);
    alive_stop(put.alive);
    if (code != JB_OK) {
        object_clean_up(&made);
        return code;
    }
    object->compression = made.compression;
    object->content_bytes = put.content_bytes;
    object->root = made.root;
    object->files = made.files;
    object->warnings = made.warnings;
    return JB_OK;
}

int jb_put(jb_store *store, jb_operation *operation, const jb_put_options *options, char **account, jb_error *error)
{
    jb_error own = JB_ERROR_INIT;
    if (error == NULL)
        error = &own;
    struct object object;
    int code = put_object(store, operation, options, &object, error);
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
