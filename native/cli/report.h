/* How the command fills a jb_error of its own; the library's functions for that are not public. */
#ifndef CLI_REPORT_H
#define CLI_REPORT_H

#include <jpsbackup/error.h>

/* Fills the error, hint emptied, control characters replaced; returns `code`. */
int report(jb_error *error, jb_code code, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* The same for a failed system call: ": REASON" is appended, the code follows from `errnum`. */
int report_errno(jb_error *error, int errnum, const char *format, ...) __attribute__((format(printf, 3, 4)));
int report_no_memory(jb_error *error);
/* Adds a hint to an error that was just reported; returns its code. */
int report_hint(jb_error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The process's exit status for a code (docs/reference.md). */
int exit_status(jb_code code);

#endif
