/* Members that the program qpress packed, as old archives of mariabackup's directories hold them: NAME.qp is NAME. */
#ifndef ARCHIVE_PACKED_H
#define ARCHIVE_PACKED_H

#include "../../base/workers.h"
#include "content.h"

/* Reads such a member's content, and gives what it unpacks to on to `plain`. Its blocks are decoded on the pool's
 * threads. */
int packed_copy(const struct content *content, uint64_t size, const char *path, struct workers *workers,
                struct byte_sink *plain, jb_error *error);

#endif
