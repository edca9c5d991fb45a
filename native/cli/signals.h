/* SIGINT, SIGTERM and SIGHUP cancel the operation; a second one ends the process at once. */
#ifndef CLI_SIGNALS_H
#define CLI_SIGNALS_H

#include <jpsbackup/operation.h>

/* Once, before the first long call. The operation must outlive all signals: give NULL before it is freed. */
void signals_cancel(jb_operation *operation);
bool signals_received(void);

#endif
