/* Names of owners, from /etc/passwd and /etc/group alone: name services are not to be had inside a self-contained
 * bundle. */
#ifndef ARCHIVE_NAMES_H
#define ARCHIVE_NAMES_H

#include <stdbool.h>
#include <sys/types.h>

#include "../base/error.h"

struct names;

/* Reads both files once; a missing one counts as empty, one of more than 16 MiB is JB_ERROR_LIMIT. Look-ups are
 * thread-safe. */
int names_new(struct names **names, jb_error *error);
void names_free(struct names *names);

/* The first name that the file gives to the number; NULL where it has none. Lives as long as `names`. */
const char *names_of_user(struct names *names, uid_t uid);
const char *names_of_group(struct names *names, gid_t gid);

/* False where the name is not known here. */
bool names_find_user(struct names *names, const char *name, uid_t *uid);
/* The group that the user belongs to at login. */
bool names_find_login_group(struct names *names, uid_t uid, gid_t *gid);
bool names_find_group(struct names *names, const char *name, gid_t *gid);

#endif
