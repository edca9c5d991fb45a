#include "operation.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "clock.h"

#define MEMORY_LIMIT_DEFAULT (UINT64_C(96) << 20)
#define MEMORY_LIMIT_MINIMUM (UINT64_C(32) << 20)

struct jb_operation {
    jb_operation_options options;
    atomic_bool cancelled;
    int cancel_fd;
    pthread_mutex_t log_mutex;
    /* The phase under way; touched by the calling thread only. */
    jb_progress event;
    char item[512];
    int64_t phase_began_ms;
    int64_t reported_ms;
};

int jb_operation_new(const jb_operation_options *options, jb_operation **operation, jb_error *error)
{
    if (options != NULL && options->size != sizeof *options)
        return error_set(error, JB_ERROR_USAGE, "jb_operation_options.size is %zu, not %zu", options->size,
                         sizeof *options);
    if (options != NULL && options->memory_limit_bytes != 0 && options->memory_limit_bytes < MEMORY_LIMIT_MINIMUM) {
        error_set(error, JB_ERROR_USAGE, "a memory limit of %llu bytes is too small",
                  (unsigned long long)options->memory_limit_bytes);
        error_hint(error, "give at least 32 MiB");
        return JB_ERROR_USAGE;
    }
    jb_operation *made = calloc(1, sizeof *made);
    if (made == NULL)
        return error_no_memory(error);
    if (options != NULL)
        made->options = *options;
    if (made->options.memory_limit_bytes == 0)
        made->options.memory_limit_bytes = MEMORY_LIMIT_DEFAULT;
    if (made->options.progress_interval_ms == 0)
        made->options.progress_interval_ms = 250;
    made->cancel_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (made->cancel_fd < 0) {
        int errnum = errno;
        free(made);
        return error_set_errno(error, errnum, "cannot make an event descriptor");
    }
    pthread_mutex_init(&made->log_mutex, NULL);
    *operation = made;
    return JB_OK;
}

void jb_operation_free(jb_operation *operation)
{
    if (operation == NULL)
        return;
    close(operation->cancel_fd);
    pthread_mutex_destroy(&operation->log_mutex);
    free(operation);
}

void jb_operation_cancel(jb_operation *operation)
{
    int saved = errno; /* a signal handler may be calling */
    atomic_store(&operation->cancelled, true);
    uint64_t one = 1;
    ssize_t written = write(operation->cancel_fd, &one, sizeof one);
    (void)written; /* fails only where the descriptor is readable already */
    errno = saved;
}

bool operation_cancelled(const jb_operation *operation)
{
    return operation != NULL && atomic_load(&operation->cancelled);
}

int operation_check(const jb_operation *operation, jb_error *error)
{
    return operation_cancelled(operation) ? error_set(error, JB_ERROR_CANCELLED, "cancelled") : JB_OK;
}

int operation_cancel_fd(const jb_operation *operation)
{
    return operation == NULL ? -1 : operation->cancel_fd;
}

uint64_t operation_memory_limit(const jb_operation *operation)
{
    return operation == NULL ? MEMORY_LIMIT_DEFAULT : operation->options.memory_limit_bytes;
}

void operation_log(const jb_operation *operation, jb_log_level level, const char *format, ...)
{
    if (operation == NULL || operation->options.log == NULL)
        return;
    char line[1024];
    va_list arguments;
    va_start(arguments, format);
    if (vsnprintf(line, sizeof line, format, arguments) < 0)
        line[0] = '\0';
    va_end(arguments);
    for (char *c = line; *c != '\0'; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            *c = '?';
    pthread_mutex_t *mutex = (pthread_mutex_t *)&operation->log_mutex;
    pthread_mutex_lock(mutex);
    operation->options.log(operation->options.log_context, level, line);
    pthread_mutex_unlock(mutex);
}

static void remember_item(jb_operation *operation, const char *item)
{
    if (item != NULL)
        snprintf(operation->item, sizeof operation->item, "%s", item);
}

void operation_phase(jb_operation *operation, const char *phase, const char *item, uint64_t bytes_total,
                     uint64_t objects_total)
{
    if (operation == NULL)
        return;
    operation->event = (jb_progress){
        .size = sizeof operation->event, .phase = phase, .bytes_total = bytes_total, .objects_total = objects_total};
    operation->item[0] = '\0';
    remember_item(operation, item);
    operation->phase_began_ms = clock_monotonic_ms();
    operation->reported_ms = operation->phase_began_ms;
}

static int report(jb_operation *operation, int64_t now_ms, jb_error *error)
{
    jb_progress *event = &operation->event;
    operation->reported_ms = now_ms;
    int64_t elapsed_ms = now_ms - operation->phase_began_ms;
    event->item = operation->item;
    event->bytes_per_second = elapsed_ms > 0 ? event->bytes_done * 1000 / (uint64_t)elapsed_ms : 0;
    event->seconds_left = -1;
    if (event->bytes_total >= event->bytes_done && event->bytes_total > 0 && event->bytes_per_second > 0)
        event->seconds_left = (int64_t)((event->bytes_total - event->bytes_done) / event->bytes_per_second);
    if (operation->options.progress(operation->options.progress_context, event) != 0) {
        jb_operation_cancel(operation);
        return operation_check(operation, error);
    }
    return JB_OK;
}

int operation_progress(jb_operation *operation, uint64_t bytes, uint64_t objects, const char *item, jb_error *error)
{
    if (operation == NULL)
        return JB_OK;
    operation->event.bytes_done += bytes;
    operation->event.objects_done += objects;
    remember_item(operation, item);
    if (operation_cancelled(operation))
        return operation_check(operation, error);
    if (operation->options.progress == NULL || operation->event.phase == NULL)
        return JB_OK;
    int64_t now_ms = clock_monotonic_ms();
    if (now_ms - operation->reported_ms < (int64_t)operation->options.progress_interval_ms)
        return JB_OK;
    return report(operation, now_ms, error);
}

int operation_phase_end(jb_operation *operation, jb_error *error)
{
    if (operation == NULL || operation->options.progress == NULL || operation->event.phase == NULL)
        return operation_check(operation, error);
    int code = report(operation, clock_monotonic_ms(), error);
    operation->event.phase = NULL;
    return code;
}

const char *jb_library_version(void)
{
    return JPSBACKUP_VERSION;
}

void jb_text_free(char *text)
{
    if (text != NULL)
        OPENSSL_cleanse(text, strlen(text)); /* it may be a secret */
    free(text);
}
