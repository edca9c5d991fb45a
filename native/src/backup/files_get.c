#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../stream/object_source.h"
#include "files.h"

/* A growing buffer holds its old bytes beside the new, larger room for a moment. */
#define BUFFER_FACTOR 3

static int write_file(const struct file_job *job, const void *bytes, size_t count, struct files_place *place,
                      jb_error *error)
{
    int code = files_place_write(place, bytes, count, error);
    return code == JB_OK ? files_place_publish(place, job->run->options->replace, error) : code;
}

/* One request, so that all bytes are of one object, even where it is being replaced. */
static int get_whole(struct file_job *job, jb_error *error)
{
    const struct files_run *run = job->run;
    char key[STORE_KEY_MAX + 1];
    struct files_place place;
    struct buffer body;
    jb_object_info info;
    int code = files_key(run, job->path, key, error);
    if (code != JB_OK)
        return code;
    buffer_init(&body, (size_t)job->size);
    code = files_place_open(run->directory, job->path, run->options->replace, &place, error);
    if (code == JB_OK)
        code = store_read(run->store, run->operation, run->options->bucket, key, NULL, &body, &info, error);
    if (code == JB_OK)
        code = write_file(job, body.data, body.size, &place, error);
    job->size = body.size;
    files_place_close(&place);
    buffer_clean_up(&body);
    return code;
}

static void run_get(struct crew_job *base)
{
    base->error.code = (jb_code)get_whole((struct file_job *)base, &base->error);
}

static int copy_out(struct byte_source *source, struct files_place *place, jb_error *error)
{
    for (;;) {
        const void *bytes;
        size_t count;
        int code = source->read(source, &bytes, &count, error);
        if (code != JB_OK || count == 0)
            return code;
        code = files_place_write(place, bytes, count, error);
        if (code != JB_OK)
            return code;
    }
}

static int get_parts(const struct file_job *job, jb_error *error)
{
    const struct files_run *run = job->run;
    char key[STORE_KEY_MAX + 1];
    struct files_place place;
    struct object_source *source = NULL;
    int code = files_key(run, job->path, key, error);
    if (code != JB_OK)
        return code;
    code = files_place_open(run->directory, job->path, run->options->replace, &place, error);
    if (code == JB_OK)
        code =
            object_source_new(run->store, run->operation, run->options->bucket, key, NULL, false, NULL, &source, error);
    if (code == JB_OK)
        code = copy_out(object_source_bytes(source), &place, error);
    if (code == JB_OK)
        code = files_place_publish(&place, run->options->replace, error);
    object_source_free(source);
    files_place_close(&place);
    return code;
}

static int get_large(struct file_job *job, jb_error *error)
{
    int code = crew_wait(job->run->crew, error);
    if (code == JB_OK) {
        jb_error problem = JB_ERROR_INIT;
        problem.code = (jb_code)get_parts(job, &problem);
        code = files_count(job->run, job->path, job->size, &problem, error);
    }
    file_job_free(job);
    return code;
}

struct listing {
    struct files_run *run;
    jb_error *error;
    int code;
};

static int found(void *context, const jb_object_info *info)
{
    struct listing *listing = context;
    struct files_run *run = listing->run;
    struct file_job *job;
    const char *path = info->key + strlen(run->prefix);
    listing->code = file_job_new(run, path, info->bytes, -1, &job, listing->error);
    if (listing->code != JB_OK)
        return 1;
    if (info->bytes > FILES_WHOLE_MAX) {
        listing->code = get_large(job, listing->error);
        return listing->code;
    }
    job->job.run = run_get;
    job->job.bytes = BUFFER_FACTOR * (size_t)info->bytes + 256;
    listing->code = crew_submit(run->crew, &job->job, run->operation, listing->error);
    if (listing->code != JB_OK)
        file_job_free(job);
    return listing->code;
}

static int get_listed(struct files_run *run, jb_error *error)
{
    jb_error problem = JB_ERROR_INIT;
    struct listing listing = {.run = run, .error = error};
    const jb_list_options options = {.size = sizeof options, .prefix = run->prefix};
    int code = jb_store_list(run->store, run->operation, run->options->bucket, &options, found, &listing, &problem);
    if (listing.code != JB_OK)
        return listing.code;
    if (code != JB_OK)
        return error_copy(error, &problem);
    code = crew_wait(run->crew, error);
    if (code == JB_OK && run->files + run->failed == 0)
        code = error_set(error, JB_ERROR_NOT_FOUND, "no object is below '%s/%s'", run->options->bucket, run->prefix);
    /* One flush for all: file by file it would take many times as long. */
    if (code == JB_OK && syncfs(run->directory) != 0)
        code = error_set_errno(error, errno, "cannot sync '%s'", run->options->directory);
    return code;
}

int jb_get_files(jb_store *store, jb_operation *operation, const jb_files_options *options, char **account,
                 jb_error *error)
{
    jb_error own = JB_ERROR_INIT;
    if (error == NULL)
        error = &own;
    if (account != NULL)
        *account = NULL;
    struct files_run run = {.store = store, .operation = operation, .options = options};
    int code = files_open(&run, true, error);
    if (code == JB_OK) {
        operation_phase(operation, "download", options->directory, 0, 0);
        code = get_listed(&run, error);
    }
    return files_close(&run, code, account, error);
}
