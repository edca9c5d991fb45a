/* What stands at a restore's target before anything changes. */
#ifndef BACKUP_RESTORE_TARGET_H
#define BACKUP_RESTORE_TARGET_H

#include <stdbool.h>
#include <stdint.h>

#include "swap.h"

struct restore_target {
    bool exists;
    bool mount_point;
    bool shared;    /* a file that has other names */
    uint64_t bytes; /* that its removal gives back to the file system: what has other names elsewhere does not count */
};

/*
 * Looks at a target of that kind; with `measure` at all of it. Refused: a link, another kind, and a tree inside which
 * another file system is mounted (JB_ERROR_CONFLICT).
 */
int restore_target_look(const char *path, enum swap_kind kind, bool measure, jb_operation *operation,
                        struct restore_target *target, jb_error *error);

/* *empty: it is a directory without anything in it. 0, or -1 with errno where it cannot be looked into. */
int restore_target_is_empty(const char *path, bool *empty);

#endif
