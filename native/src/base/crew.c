#include "crew.h"

#include <stdlib.h>

#include "event.h"

struct crew {
    struct workers *workers;
    crew_take_fn take;
    void *context;
    unsigned most;
    size_t most_bytes;
    /* The submitting thread's: jobs that were submitted and not yet taken. */
    unsigned count;
    size_t bytes;
    struct event event; /* guards: */
    struct crew_job *ended;
};

static void run_job(struct work *work)
{
    struct crew_job *job = (struct crew_job *)work;
    struct crew *crew = job->crew;
    job->run(job);
    event_lock(&crew->event);
    job->next = crew->ended;
    crew->ended = job;
    event_signal(&crew->event);
    event_unlock(&crew->event);
}

/* All that have run; waits for one, at most 100 ms, where none has. */
static struct crew_job *collect(struct crew *crew)
{
    event_lock(&crew->event);
    if (crew->ended == NULL)
        event_wait(&crew->event);
    struct crew_job *jobs = crew->ended;
    crew->ended = NULL;
    event_unlock(&crew->event);
    return jobs;
}

static int take_ended(struct crew *crew, jb_error *error)
{
    int code = JB_OK;
    struct crew_job *next;
    for (struct crew_job *job = collect(crew); job != NULL; job = next) {
        next = job->next;
        crew->count--;
        crew->bytes -= job->bytes;
        jb_error later = JB_ERROR_INIT;
        int taken = crew->take(crew->context, job, code == JB_OK ? error : &later);
        if (code == JB_OK)
            code = taken;
    }
    return code;
}

static bool has_room(const struct crew *crew, size_t bytes)
{
    return crew->count == 0 ||
           (crew->count < crew->most && bytes <= crew->most_bytes && crew->bytes <= crew->most_bytes - bytes);
}

int crew_submit(struct crew *crew, struct crew_job *job, jb_operation *operation, jb_error *error)
{
    int code = operation_check(operation, error);
    while (code == JB_OK && !has_room(crew, job->bytes)) {
        code = take_ended(crew, error);
        if (code == JB_OK)
            code = operation_check(operation, error);
    }
    if (code != JB_OK)
        return code;
    job->work.run = run_job;
    job->crew = crew;
    job->error = (jb_error)JB_ERROR_INIT;
    crew->count++;
    crew->bytes += job->bytes;
    workers_submit(crew->workers, &job->work);
    return JB_OK;
}

int crew_wait(struct crew *crew, jb_error *error)
{
    int code = JB_OK;
    while (crew->count > 0) {
        jb_error later = JB_ERROR_INIT;
        int taken = take_ended(crew, code == JB_OK ? error : &later);
        if (code == JB_OK)
            code = taken;
    }
    return code;
}

int crew_new(unsigned at_once, size_t bytes, crew_take_fn take, void *context, struct crew **made, jb_error *error)
{
    struct crew *crew = calloc(1, sizeof *crew);
    if (crew == NULL)
        return error_no_memory(error);
    int code = workers_new(at_once, &crew->workers, error);
    if (code != JB_OK) {
        free(crew);
        return code;
    }
    event_init(&crew->event);
    crew->take = take;
    crew->context = context;
    crew->most = at_once;
    crew->most_bytes = bytes;
    *made = crew;
    return JB_OK;
}

void crew_free(struct crew *crew)
{
    if (crew == NULL)
        return;
    workers_free(crew->workers);
    event_clean_up(&crew->event);
    free(crew);
}
