/* An operation: one piece of long work with its memory budget, progress listener and cancellation. */
#ifndef JPSBACKUP_OPERATION_H
#define JPSBACKUP_OPERATION_H

#include <stdint.h>

#include "error.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct jb_operation jb_operation;

typedef struct jb_progress {
    size_t size;
    const char *phase;         /* "archive", "upload", "download", "extract", "verify", "delete"; static */
    const char *item;          /* the object or path at work; valid during the call only; never NULL */
    uint64_t bytes_done;       /* plain bytes on the archive's side, or an object's bytes where there is none */
    uint64_t bytes_total;      /* 0: not known */
    uint64_t objects_done;     /* objects, or files of a tree */
    uint64_t objects_total;    /* 0: not known */
    uint64_t bytes_per_second; /* since the phase began */
    int64_t seconds_left;      /* -1: not known */
} jb_progress;

/*
 * Called on the thread that made the long call, at most every progress_interval_ms and once at a
 * phase's end. Any other answer than 0 cancels the operation.
 */
typedef int (*jb_progress_fn)(void *context, const jb_progress *event);

typedef enum jb_log_level { JB_LOG_DEBUG = 0, JB_LOG_INFO = 1, JB_LOG_WARNING = 2 } jb_log_level;

/* May be called from any thread, one call at a time. The line has no newline and holds no secret. */
typedef void (*jb_log_fn)(void *context, jb_log_level level, const char *line);

typedef struct jb_operation_options {
    size_t size;                   /* required: sizeof(jb_operation_options) */
    uint64_t memory_limit_bytes;   /* optional; default 96 MiB, at least 32 MiB; for all buffers together */
    jb_progress_fn progress;       /* optional */
    void *progress_context;        /* optional */
    uint32_t progress_interval_ms; /* optional; default 250 */
    jb_log_fn log;                 /* optional */
    void *log_context;             /* optional */
} jb_operation_options;

/* `options` may be NULL. Give the handle back with jb_operation_free, after every call that uses it has returned. */
JB_API int jb_operation_new(const jb_operation_options *options, jb_operation **operation, jb_error *error);
JB_API void jb_operation_free(jb_operation *operation);

/* Safe from any thread and from a signal handler. What runs ends soon with JB_ERROR_CANCELLED and leaves nothing half
 * done. */
JB_API void jb_operation_cancel(jb_operation *operation);

/*
 * Prepares the libraries beneath (TLS, HTTP). Call once before the first other call; further calls do
 * nothing. Thread-safe. The only process-wide state of this library.
 */
JB_API int jb_library_init(jb_error *error);

/* "0.1.0"; static. */
JB_API const char *jb_library_version(void);

/* Frees a text that a call of this library gave to its caller; NULL is allowed. */
JB_API void jb_text_free(char *text);

#ifdef __cplusplus
}
#endif
#endif
