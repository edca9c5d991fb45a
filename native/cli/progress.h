/* The progress line on a terminal. */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include <jpsbackup/operation.h>
#include <stdio.h>

/* Writes the line over the last one, no wider than the terminal `out`. */
void progress_line(const jb_progress *event, FILE *out);

#endif
