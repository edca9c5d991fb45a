/* How code inside the library fills the caller's jb_error. */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include <stdarg.h>

#include <jpsbackup/error.h>

/*
 * Fills `error` (may be NULL) and returns `code`, so that a failing call ends with
 * `return error_set(error, JB_ERROR_IO, "cannot …")`. Control characters in the text are replaced, for
 * names come from outside. Clears the hint, the store's status and `retryable`.
 */
int error_set(jb_error *error, jb_code code, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* As error_set, for a failed system call: code by `errnum` (ENOSPC, ENOENT, EACCES, ...), ": REASON" appended, hint for
 * no space, a missing path, refused access and a read-only file system (JB_ERROR_ACCESS). */
int error_set_errno(jb_error *error, int errnum, const char *format, ...) __attribute__((format(printf, 3, 4)));

int error_no_memory(jb_error *error);

/* Adds the hint to an error that was just set; returns its code. */
int error_hint(jb_error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Puts "what: " before the text of an error that was just set; returns its code. */
int error_prefix(jb_error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Copies all but `size`. `to` may be NULL. Returns the code. */
int error_copy(jb_error *to, const jb_error *from);

#endif
