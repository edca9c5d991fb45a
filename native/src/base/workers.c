#include "workers.h"

#include <sched.h>
#include <signal.h>
#include <stdlib.h>

#define THREADS_MAX       128
#define PROCESSORS_IN_USE 16

struct workers {
    pthread_mutex_t mutex;
    pthread_cond_t queued;
    struct work *first;
    struct work **last;
    bool ending;
    unsigned count;
    pthread_t threads[THREADS_MAX];
};

int thread_start(pthread_t *thread, void *(*run)(void *), void *argument)
{
    /* A library has no business in its host's signal handling, so its threads take no signals. */
    sigset_t all, old;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    int errnum = pthread_create(thread, NULL, run, argument);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    return errnum;
}

static void *run_work(void *argument)
{
    struct workers *workers = argument;
    pthread_mutex_lock(&workers->mutex);
    for (;;) {
        while (workers->first == NULL && !workers->ending)
            pthread_cond_wait(&workers->queued, &workers->mutex);
        struct work *work = workers->first;
        if (work == NULL)
            break;
        workers->first = work->next;
        if (workers->first == NULL)
            workers->last = &workers->first;
        pthread_mutex_unlock(&workers->mutex);
        work->run(work);
        pthread_mutex_lock(&workers->mutex);
    }
    pthread_mutex_unlock(&workers->mutex);
    return NULL;
}

unsigned processors_usable(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) != 0)
        return 2;
    unsigned count = (unsigned)CPU_COUNT(&set);
    return count < PROCESSORS_IN_USE ? count : PROCESSORS_IN_USE;
}

int workers_new(unsigned threads, struct workers **workers, jb_error *error)
{
    if (threads == 0)
        threads = processors_usable();
    if (threads > THREADS_MAX)
        threads = THREADS_MAX;
    struct workers *made = calloc(1, sizeof *made);
    if (made == NULL)
        return error_no_memory(error);
    pthread_mutex_init(&made->mutex, NULL);
    pthread_cond_init(&made->queued, NULL);
    made->last = &made->first;
    for (; made->count < threads; made->count++) {
        int errnum = thread_start(&made->threads[made->count], run_work, made);
        if (errnum != 0 && made->count == 0) {
            workers_free(made);
            return error_set_errno(error, errnum, "cannot start a thread");
        }
        if (errnum != 0)
            break; /* fewer threads do the same work */
    }
    *workers = made;
    return JB_OK;
}

void workers_free(struct workers *workers)
{
    if (workers == NULL)
        return;
    pthread_mutex_lock(&workers->mutex);
    workers->ending = true;
    pthread_cond_broadcast(&workers->queued);
    pthread_mutex_unlock(&workers->mutex);
    for (unsigned i = 0; i < workers->count; i++)
        pthread_join(workers->threads[i], NULL);
    pthread_cond_destroy(&workers->queued);
    pthread_mutex_destroy(&workers->mutex);
    free(workers);
}

void workers_submit(struct workers *workers, struct work *work)
{
    work->next = NULL;
    pthread_mutex_lock(&workers->mutex);
    *workers->last = work;
    workers->last = &work->next;
    pthread_cond_signal(&workers->queued);
    pthread_mutex_unlock(&workers->mutex);
}

unsigned workers_count(const struct workers *workers)
{
    return workers->count;
}
