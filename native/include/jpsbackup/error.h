/* Errors: every call that can fail returns a code and fills an error that the caller owns. */
#ifndef JPSBACKUP_ERROR_H
#define JPSBACKUP_ERROR_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#define JB_API __attribute__((visibility("default")))

/* What went wrong, in kinds that a program can act on. Numbers never change; new ones are appended. */
typedef enum jb_code {
    JB_OK = 0,
    JB_ERROR_FAILED = 1,      /* none of the kinds below */
    JB_ERROR_USAGE = 2,       /* an argument or option is wrong; nothing was started */
    JB_ERROR_VERIFY = 3,      /* data is damaged: a digest, size or checksum differs */
    JB_ERROR_NOT_FOUND = 4,   /* the named bucket, object, backup or file does not exist */
    JB_ERROR_CONFLICT = 5,    /* somebody else's object or change is in the way */
    JB_ERROR_ACCESS = 6,      /* credentials or rights were refused by the store */
    JB_ERROR_UNREACHABLE = 7, /* the store does not answer, or not as a store does */
    JB_ERROR_NO_SPACE = 8,    /* no room on a file system or in a store */
    JB_ERROR_CANCELLED = 9,   /* jb_operation_cancel, or a callback that asked for it */
    JB_ERROR_IO = 10,         /* a local file or pipe could not be read or written */
    JB_ERROR_FORMAT = 11,     /* a seal, catalog, archive or reply is malformed */
    JB_ERROR_LIMIT = 12,      /* a bound was exceeded (size, depth, count, memory) */
    JB_ERROR_MEMORY = 13,     /* the system gave no memory */
    JB_ERROR_PRODUCER = 14,   /* a child process failed */
    JB_ERROR_STATE = 15,      /* the handle or journal is not in the state that the call needs */
    JB_ERROR_UNSUPPORTED = 16 /* this store, kernel or build lacks what was asked for */
} jb_code;

/*
 * Owned by the caller; set `size` to sizeof(jb_error) before the first use (JB_ERROR_INIT does).
 * A call that fails fills it; a call that succeeds leaves it alone. Any call takes NULL instead.
 */
typedef struct jb_error {
    size_t size;
    jb_code code;
    int store_status; /* the store's own status: HTTP status, or errno for files; 0 if none */
    bool retryable;   /* the same call may succeed later */
    char text[768];   /* one line: what failed, where, why; never holds a secret */
    char hint[384];   /* what to do about it; may be empty */
} jb_error;

#define JB_ERROR_INIT                                                                                                  \
    {                                                                                                                  \
        sizeof(jb_error), JB_OK, 0, false, "", ""                                                                      \
    }

/* The code's name in lower case ("not_found"), as it stands in JSON accounts. Static; never NULL. */
JB_API const char *jb_code_name(jb_code code);

#ifdef __cplusplus
}
#endif
#endif
