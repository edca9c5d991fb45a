/* put, get and rm with --recursive: many objects by one command. Each is a subcommand's `run`. */
#ifndef CLI_RECURSIVE_H
#define CLI_RECURSIVE_H

#include "session.h"

int recursive_put(struct session *session, jb_error *error);
int recursive_get(struct session *session, jb_error *error);
int recursive_remove(struct session *session, jb_error *error);

#endif
