/* The system calls that change names on the disk, in one table: tests put themselves before each of them. */
#ifndef BACKUP_SWAP_SYSTEM_H
#define BACKUP_SWAP_SYSTEM_H

#include <sys/types.h>
#include <time.h>

#include "swap.h"

struct swap_system {
    /* renameat2(2); without flags renameat(2), for kernels before 3.15. */
    int (*rename)(int from_directory, const char *from, int to_directory, const char *to, unsigned flags);
    int (*link)(const char *from, const char *to);
    int (*make_directory)(int directory, const char *name, mode_t mode);
    int (*remove)(int directory, const char *name, int flags);
    int (*sync)(int fd);
    int (*set_time)(const char *path, struct timespec mtime);
    ssize_t (*write)(int fd, const void *bytes, size_t count);
};

extern const struct swap_system swap_system_calls;

/* `system` must outlive the handle. */
void swap_use_system(struct swap *swap, const struct swap_system *system);

#endif
