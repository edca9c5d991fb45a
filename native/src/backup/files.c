#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../codec/json.h"
#include "../stream/memory.h"

#define AT_ONCE_MAX   128 /* as many as the client has connections */
#define FAILURES_KEPT 1000

static int take(void *context, struct crew_job *base, jb_error *error)
{
    struct files_run *run = context;
    struct file_job *job = (struct file_job *)base;
    int code = files_count(run, job->path, job->size, &base->error, error);
    file_job_free(job);
    return code;
}

static int check_options(const jb_files_options *options, jb_error *error)
{
    if (options == NULL || options->size != sizeof *options)
        return error_set(error, JB_ERROR_USAGE, "jb_files_options is missing or of another size");
    if (options->directory == NULL || *options->directory == '\0')
        return error_set(error, JB_ERROR_USAGE, "the directory is missing");
    if (options->at_once > AT_ONCE_MAX)
        return error_set(error, JB_ERROR_USAGE, "%u files at once are more than %d", options->at_once, AT_ONCE_MAX);
    return store_check_names(options->bucket, NULL, error);
}

static int set_prefix(struct files_run *run, jb_error *error)
{
    const char *given = run->options->prefix != NULL ? run->options->prefix : "";
    size_t size = strlen(given);
    if (asprintf(&run->prefix, "%s%s", given, size == 0 || given[size - 1] == '/' ? "" : "/") < 0) {
        run->prefix = NULL;
        return error_no_memory(error);
    }
    if (strlen(run->prefix) >= STORE_KEY_MAX)
        return error_set(error, JB_ERROR_USAGE, "the prefix is longer than %d bytes", STORE_KEY_MAX);
    return JB_OK;
}

int files_open(struct files_run *run, bool make, jb_error *error)
{
    run->directory = -1;
    run->first = (jb_error)JB_ERROR_INIT;
    int code = run->store == NULL ? error_set(error, JB_ERROR_USAGE, "the store is missing") : JB_OK;
    if (code == JB_OK)
        code = check_options(run->options, error);
    if (code == JB_OK)
        code = set_prefix(run, error);
    if (code != JB_OK)
        return code;
    const char *directory = run->options->directory;
    if (make && mkdir(directory, 0777) != 0 && errno != EEXIST)
        return error_set_errno(error, errno, "cannot make '%s'", directory);
    run->directory = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (run->directory < 0)
        return error_set_errno(error, errno, "cannot open '%s'", directory);
    run->failures = json_array();
    unsigned at_once = run->options->at_once > 0 ? run->options->at_once : AT_ONCE_MAX;
    return crew_new(at_once, memory_for_buffers(run->operation), take, run, &run->crew, error);
}

int file_job_new(struct files_run *run, const char *path, uint64_t size, int fd, struct file_job **made,
                 jb_error *error)
{
    struct file_job *job = calloc(1, sizeof *job);
    char *copy = strdup(path);
    if (job == NULL || copy == NULL) {
        free(job);
        free(copy);
        if (fd >= 0)
            close(fd);
        return error_no_memory(error);
    }
    job->run = run;
    job->path = copy;
    job->size = size;
    job->fd = fd;
    *made = job;
    return JB_OK;
}

void file_job_free(struct file_job *job)
{
    if (job->fd >= 0)
        close(job->fd);
    free(job->path);
    free(job);
}

int files_key(const struct files_run *run, const char *path, char key[STORE_KEY_MAX + 1], jb_error *error)
{
    if (snprintf(key, STORE_KEY_MAX + 1, "%s%s", run->prefix, path) > STORE_KEY_MAX)
        return error_set(error, JB_ERROR_LIMIT, "the object's name would be longer than %d bytes", STORE_KEY_MAX);
    return store_check_names(run->options->bucket, key, error);
}

/* A name need not be UTF-8; JSON texts must be. */
static json_t *text_of(const char *text)
{
    json_t *string = json_string(text);
    return string != NULL ? string : json_string("(a name that is not UTF-8)");
}

static bool ends_all(const jb_error *problem)
{
    return problem->code == JB_ERROR_CANCELLED || problem->code == JB_ERROR_UNREACHABLE ||
           problem->code == JB_ERROR_ACCESS || problem->code == JB_ERROR_NO_SPACE || problem->code == JB_ERROR_MEMORY;
}

int files_count(struct files_run *run, const char *path, uint64_t bytes, const jb_error *problem, jb_error *error)
{
    if (problem->code == JB_OK) {
        run->files++;
        run->bytes += bytes;
        return operation_progress(run->operation, bytes, 1, path, error);
    }
    run->failed++;
    operation_log(run->operation, JB_LOG_WARNING, "'%s': %s", path, problem->text);
    if (run->first.code == JB_OK) {
        run->first = *problem;
        error_prefix(&run->first, "'%s'", path);
    }
    int code = JB_OK;
    if (json_array_size(run->failures) < FAILURES_KEPT) {
        json_t *failure = json_object();
        json_put(failure, "path", text_of(path), &code, error);
        json_put_text(failure, "code", jb_code_name(problem->code), &code, error);
        json_put(failure, "what", text_of(problem->text), &code, error);
        json_append(run->failures, failure, &code, error);
    }
    return code == JB_OK && ends_all(problem) ? error_copy(error, &run->first) : code;
}

void files_skip(struct files_run *run, const char *path, const char *why)
{
    run->skipped++;
    operation_log(run->operation, JB_LOG_WARNING, "'%s': %s", path, why);
}

static int make_account(struct files_run *run, char **account, jb_error *error)
{
    int code = JB_OK;
    json_t *json = json_object();
    json_put_count(json, "files", run->files, &code, error);
    json_put_count(json, "bytes", run->bytes, &code, error);
    json_put_count(json, "skipped", run->skipped, &code, error);
    json_put_count(json, "failed", run->failed, &code, error);
    json_put(json, "failures", json_incref(run->failures), &code, error);
    if (code == JB_OK)
        code = json_text(json, account, error);
    json_decref(json);
    return code;
}

int files_close(struct files_run *run, int code, char **account, jb_error *error)
{
    jb_error later = JB_ERROR_INIT;
    if (run->crew != NULL) {
        int waited = crew_wait(run->crew, code == JB_OK ? error : &later);
        code = code == JB_OK ? waited : code;
    }
    if (code == JB_OK && run->failed > 0) {
        error_copy(error, &run->first);
        error_prefix(error, "%llu of %llu files failed", (unsigned long long)run->failed,
                     (unsigned long long)(run->failed + run->files));
        code = (int)run->first.code;
    }
    if (code == JB_OK)
        code = operation_phase_end(run->operation, error);
    if (account != NULL && run->crew != NULL) {
        int made = make_account(run, account, code == JB_OK ? error : &later);
        code = code == JB_OK ? made : code;
    }
    crew_free(run->crew);
    json_decref(run->failures);
    if (run->directory >= 0)
        close(run->directory);
    free(run->prefix);
    return code;
}
