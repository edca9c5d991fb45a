/* POSIX ACLs between the kernel's form (the value of the attributes system.posix_acl_*) and the archives' text. */
#ifndef ARCHIVE_ACL_H
#define ARCHIVE_ACL_H

#include <archive_entry.h>
#include <stdbool.h>

#include "../base/buffer.h"
#include "names.h"

#define ACL_ACCESS_ATTRIBUTE  "system.posix_acl_access"
#define ACL_DEFAULT_ATTRIBUTE "system.posix_acl_default"

/*
 * Appends "user::rw-,user:NAME:r--:NUMBER,…", as star, GNU tar and libarchive read it. JB_ERROR_FORMAT where the value
 * is none that Linux makes.
 */
int acl_to_text(const void *value, size_t size, struct names *names, struct buffer *text, jb_error *error);

/*
 * The entry's access or default ACL (`type`: ARCHIVE_ENTRY_ACL_TYPE_…) in the kernel's form; nothing is appended where
 * it has none. Owners by name where the name is known here, else by number.
 */
int acl_from_entry(struct archive_entry *entry, int type, struct names *names, struct buffer *value, jb_error *error);

#endif
