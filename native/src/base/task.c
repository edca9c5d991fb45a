#include "task.h"

#include <stdlib.h>

#include "workers.h"

struct task {
    int (*run)(void *context, jb_error *error);
    void *context;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    bool ended; /* guarded; what follows is set before it */
    int code;
    jb_error error;
};

static void *run_task(void *argument)
{
    struct task *task = argument;
    task->code = task->run(task->context, &task->error);
    pthread_mutex_lock(&task->mutex);
    task->ended = true;
    pthread_cond_broadcast(&task->changed);
    pthread_mutex_unlock(&task->mutex);
    return NULL;
}

static void clean_up(struct task *task)
{
    pthread_cond_destroy(&task->changed);
    pthread_mutex_destroy(&task->mutex);
    free(task);
}

int task_start(int (*run)(void *context, jb_error *error), void *context, struct task **made, jb_error *error)
{
    struct task *task = calloc(1, sizeof *task);
    if (task == NULL)
        return error_no_memory(error);
    *task = (struct task){.run = run, .context = context, .error = JB_ERROR_INIT};
    pthread_mutex_init(&task->mutex, NULL);
    pthread_cond_init(&task->changed, NULL);
    int errnum = thread_start(&task->thread, run_task, task);
    if (errnum != 0) {
        clean_up(task);
        return error_set_errno(error, errnum, "cannot start a thread");
    }
    *made = task;
    return JB_OK;
}

static int outcome(struct task *task, bool wait, jb_error *error)
{
    if (task == NULL)
        return JB_OK;
    pthread_mutex_lock(&task->mutex);
    while (wait && !task->ended)
        pthread_cond_wait(&task->changed, &task->mutex);
    bool failed = task->ended && task->code != JB_OK;
    pthread_mutex_unlock(&task->mutex);
    if (!failed)
        return JB_OK;
    error_copy(error, &task->error);
    return task->code;
}

int task_wait(struct task *task, jb_error *error)
{
    return outcome(task, true, error);
}

int task_check(struct task *task, jb_error *error)
{
    return outcome(task, false, error);
}

void task_free(struct task *task)
{
    if (task == NULL)
        return;
    pthread_join(task->thread, NULL);
    clean_up(task);
}
