#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../archive/create/walk.h"
#include "../stream/memory.h"
#include "../stream/part_plan.h"
#include "../stream/part_writer.h"
#include "files.h"

static int read_whole(int fd, char *bytes, size_t size, jb_error *error)
{
    size_t filled = 0;
    /* One more byte than is expected shows a file that grew. */
    while (filled <= size) {
        ssize_t got = read(fd, bytes + filled, size + 1 - filled);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return error_set_errno(error, errno, "cannot be read");
        if (got == 0)
            break;
        filled += (size_t)got;
    }
    return filled == size ? JB_OK : error_set(error, JB_ERROR_IO, "it changed while it was read");
}

static int put_whole(const struct file_job *job, char *bytes, jb_error *error)
{
    const struct files_run *run = job->run;
    char key[STORE_KEY_MAX + 1];
    jb_object_info info;
    size_t size = (size_t)job->size;
    int code = files_key(run, job->path, key, error);
    if (code == JB_OK)
        code = read_whole(job->fd, bytes, size, error);
    struct store_condition condition = {.when = run->options->replace ? STORE_ALWAYS : STORE_IF_ABSENT};
    if (code == JB_OK)
        code = store_write(run->store, run->operation, run->options->bucket, key, bytes, size, NULL, condition, &info,
                           error);
    return code;
}

static void run_put(struct crew_job *base)
{
    struct file_job *job = (struct file_job *)base;
    char *bytes = malloc((size_t)job->size + 1);
    int code = bytes == NULL ? error_no_memory(&base->error) : put_whole(job, bytes, &base->error);
    base->error.code = (jb_code)code;
    free(bytes);
}

/* Reads right into the parts. */
static int fill_parts(const struct file_job *job, struct part_writer *writer, jb_error *error)
{
    for (;;) {
        void *room;
        size_t capacity;
        int code = part_writer_reserve(writer, &room, &capacity, error);
        if (code != JB_OK)
            return code;
        ssize_t got = read(job->fd, room, capacity);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return error_set_errno(error, errno, "cannot be read");
        if (got == 0)
            return JB_OK;
        code = part_writer_advance(writer, (size_t)got, error);
        if (code != JB_OK)
            return code;
    }
}

/* A large file alone, with all the budget. */
static int put_parts(const struct file_job *job, struct workers *workers, jb_error *error)
{
    const struct files_run *run = job->run;
    char key[STORE_KEY_MAX + 1];
    struct part_writer *writer;
    struct part_plan plan = {.limits = run->store->driver->limits,
                             .memory_bytes = memory_for_buffers(run->operation),
                             .expected = job->size};
    if (part_plan_object_bytes(&plan) < job->size) {
        error_set(error, JB_ERROR_LIMIT, "it is too large for one object of this store with this much memory");
        return error_hint(error, "give a larger memory limit");
    }
    int code = files_key(run, job->path, key, error);
    if (code == JB_OK)
        code = part_writer_new(run->store, run->operation, workers, run->options->bucket, key, run->options->replace,
                               plan.memory_bytes, &writer, error);
    if (code != JB_OK)
        return code;
    struct object object = {0};
    part_writer_expect(writer, job->size);
    code = fill_parts(job, writer, error);
    if (code == JB_OK)
        code = part_writer_finish(writer, &object, error);
    if (code == JB_OK && object.bytes != job->size)
        code = error_set(error, JB_ERROR_IO, "it changed while it was read; the object holds what was found");
    part_writer_free(writer);
    object_clean_up(&object);
    return code;
}

static int put_large(struct file_job *job, jb_error *error)
{
    struct workers *workers;
    int code = crew_wait(job->run->crew, error);
    if (code == JB_OK)
        code = workers_new(0, &workers, error);
    if (code == JB_OK) {
        jb_error problem = JB_ERROR_INIT;
        problem.code = (jb_code)put_parts(job, workers, &problem);
        workers_free(workers);
        code = files_count(job->run, job->path, job->size, &problem, error);
    }
    file_job_free(job);
    return code;
}

static int found_file(struct files_run *run, const char *path, int fd, uint64_t size, jb_error *error)
{
    struct file_job *job;
    int code = file_job_new(run, path, size, fd, &job, error);
    if (code != JB_OK)
        return code;
    if (size > FILES_WHOLE_MAX)
        return put_large(job, error);
    job->job.run = run_put;
    job->job.bytes = (size_t)size + 1;
    code = crew_submit(run->crew, &job->job, run->operation, error);
    if (code != JB_OK)
        file_job_free(job);
    return code;
}

/* `fd` is open at the name. */
static int found(struct files_run *run, struct walk *walk, int fd, jb_error *error)
{
    struct stat status = {0};
    if (fstat(fd, &status) == 0 && S_ISDIR(status.st_mode))
        return walk_enter(walk, fd, error);
    if (S_ISREG(status.st_mode))
        return found_file(run, walk->path.data, fd, (uint64_t)status.st_size, error);
    close(fd);
    files_skip(run, walk->path.data, "is neither a file nor a directory, and was left out");
    return JB_OK;
}

static int visit(struct files_run *run, struct walk *walk, jb_error *error)
{
    int directory = walk_at(walk)->place->fd;
    const char *name = walk->name.text;
    struct stat status;
    if (fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) == 0 && !S_ISREG(status.st_mode) &&
        !S_ISDIR(status.st_mode)) {
        files_skip(run, walk->path.data, "is neither a file nor a directory, and was left out");
        return JB_OK;
    }
    int fd = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd >= 0)
        return found(run, walk, fd, error);
    jb_error problem = JB_ERROR_INIT;
    error_set_errno(&problem, errno, "cannot be opened");
    problem.code = JB_ERROR_IO; /* of this file, whatever it is: it says nothing about the store */
    return files_count(run, walk->path.data, 0, &problem, error);
}

static int leave(struct files_run *run, struct walk *walk, bool *done, jb_error *error)
{
    bool lost;
    int code = walk_leave(walk, done, &lost, error);
    if (code != JB_OK || !lost)
        return code;
    jb_error problem = JB_ERROR_INIT;
    error_set(&problem, JB_ERROR_IO, "vanished or was moved while it was read");
    return files_count(run, walk->path.data, 0, &problem, error);
}

static int walk_files(struct files_run *run, jb_error *error)
{
    struct walk walk;
    walk_init(&walk, 0);
    int root = openat(run->directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int code = root < 0 ? error_set_errno(error, errno, "cannot open '%s'", run->options->directory)
                        : walk_enter(&walk, root, error);
    for (bool done = false; code == JB_OK && !done;) {
        code = walk_next(&walk, error);
        if (code == JB_OK)
            code = walk.name.text[0] == '\0' ? leave(run, &walk, &done, error) : visit(run, &walk, error);
    }
    walk_clean_up(&walk);
    return code;
}

int jb_put_files(jb_store *store, jb_operation *operation, const jb_files_options *options, char **account,
                 jb_error *error)
{
    jb_error own = JB_ERROR_INIT;
    if (error == NULL)
        error = &own;
    if (account != NULL)
        *account = NULL;
    struct files_run run = {.store = store, .operation = operation, .options = options};
    int code = files_open(&run, false, error);
    if (code == JB_OK) {
        operation_phase(operation, "upload", options->directory, 0, 0);
        code = walk_files(&run, error);
    }
    return files_close(&run, code, account, error);
}
