/*
 * The files that mariabackup's --compress writes, which the program qpress packs and unpacks: one file each, of blocks
 * with a checksum that stand for themselves. Described in docs/formats.md.
 */
#ifndef CODEC_QPRESS_H
#define CODEC_QPRESS_H

#include "../base/bytes.h"
#include "../base/operation.h"
#include "../base/workers.h"

struct qpress;

/*
 * A decoder of one file: what is written to its sink comes out of `output`, in order and on the writer's thread. Blocks
 * are decoded on the pool's threads, some at a time, in at most QPRESS_MEMORY bytes. The name in the file is passed
 * over.
 */
int qpress_new(struct byte_sink *output, struct workers *workers, jb_operation *operation, struct qpress **qpress,
               jb_error *error);
struct byte_sink *qpress_sink(struct qpress *qpress);
/* Puts out what is left. JB_ERROR_VERIFY where the file did not come to its end, as for all other damage. */
int qpress_finish(struct qpress *qpress, jb_error *error);
/* Waits for the pool's threads to let go. NULL is allowed. */
void qpress_free(struct qpress *qpress);

#define QPRESS_BLOCK_MAX ((uint64_t)8 << 20) /* larger blocks are JB_ERROR_LIMIT; mariabackup's are 64 KiB */
#define QPRESS_MEMORY    ((size_t)17 << 20)

/* Does a file of that name hold what qpress packed, and how long is its name without the ending? */
bool qpress_name(const char *name, size_t *plain_length);

#endif
