/* Writes qpress files as mariabackup does: for tests of what reads them. */
#ifndef TESTS_QPRESS_WRITER_H
#define TESTS_QPRESS_WRITER_H

#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

/* Appends a whole file; blocks that do not shrink are stored. */
void qpress_write_file(struct buffer *file, const void *plain, size_t count, size_t block_bytes);

/* Its pieces. A block is compressed or, with `stored`, not; `offset` is what its header says. */
void qpress_write_head(struct buffer *file, const char *name, uint64_t block_bytes);
void qpress_write_block(struct buffer *file, const void *plain, size_t count, uint64_t offset, int stored);
void qpress_write_end(struct buffer *file);

#endif
