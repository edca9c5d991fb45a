/* The index beside a tree's archive: an object of its own, through stages of its own. */
#ifndef BACKUP_PUT_INDEX_H
#define BACKUP_PUT_INDEX_H

#include "../archive/index/index_writer.h"
#include "put_stages.h"

/* Counted off the archive's budget. An index rarely fills a part, and holds little more than that. */
#define PUT_INDEX_MEMORY ((size_t)16 << 20)

struct put_index {
    jb_store *store;
    jb_operation *operation;
    const struct put_stages_options *archive;
    struct put_stages stages;
    struct index_writer *writer;
    struct object *object; /* NULL before it is complete */
};

/* The index's key by its archive's. */
int put_index_key(const char *archive, char key[STORE_KEY_MAX + 1], jb_error *error);

/* `archive`: where and how the archive is put; it must outlive the index. Close that whatever this answers. */
int put_index_open(struct put_index *index, jb_store *store, jb_operation *operation, struct workers *workers,
                   const struct put_stages_options *archive, jb_error *error);

/* Completes the index, once all members and frames were told of. */
int put_index_finish(struct put_index *index, jb_error *error);

/* Gives the completed index to the archive's description. */
void put_index_hand_over(struct put_index *index, struct object *archive);

/* What was not handed over leaves nothing in the store that was not there before. One that was never opened is
 * allowed. */
void put_index_close(struct put_index *index);

#endif
