/* Members of this program's own archives under other names. */
#ifndef ARCHIVE_PAX_RENAME_H
#define ARCHIVE_PAX_RENAME_H

#include "../../base/buffer.h"

/*
 * `header` is a member's whole header as pax_header made it: perhaps an extended one, then the old one. The same is
 * appended to `out` with the path `path`, and where `link` is not NULL, as a link to that. JB_ERROR_FORMAT where it is
 * no such header.
 */
int pax_rename(const struct buffer *header, const char *path, const char *link, struct buffer *out, jb_error *error);

/* How long the header is that begins with this block: all of it but for one block that is an old header alone. */
int pax_header_bytes(const char *block, size_t *bytes, jb_error *error);

#endif
