/* Extended attributes and ACLs of files on their way into an archive. */
#ifndef ARCHIVE_ATTRIBUTES_H
#define ARCHIVE_ATTRIBUTES_H

#include "../base/buffer.h"
#include "names.h"

/* Room for the names and one value: the kernel's bound of each. One per walk; not thread-safe. */
struct attributes {
    char names[65536];
    char value[65536];
    const char *sorted[65536 / sizeof("user.")];
};

/*
 * Appends a record for each attribute of the file. With `fd` < 0 the file is `path`, else what is open there; links are
 * not followed. `*skipped` becomes the name of an attribute that no record can hold, NULL mostly; valid until the next
 * call. Left out: what belongs to this machine and not to the file (SELinux and integrity labels, marks of overlay file
 * systems).
 */
int attributes_read(struct attributes *room, int fd, const char *path, struct names *names, struct buffer *records,
                    const char **skipped, jb_error *error);

/* Whether an archive's attribute is one that a restore sets. */
bool attributes_wanted(const char *name);

#endif
