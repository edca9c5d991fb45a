/* What the command's exit status says. */
#ifndef CLI_EXIT_STATUS_H
#define CLI_EXIT_STATUS_H

#include <jpsbackup/error.h>

/* The process's exit status for a code (docs/reference.md). */
int exit_status(jb_code code);

#endif
