/*
 * Reading ahead of what an archive is written from: a ring of names in the archive's order. Readers (threads) open them
 * in that order and read what is small into memory; the writer takes them out of the ring one by one. Whatever a reader
 * finds hard (large, with holes or several names, changing, gone, refused) it leaves to the writer, so that there is
 * one place that tells of troubles, and readers only make things faster.
 */
#ifndef ARCHIVE_READ_AHEAD_H
#define ARCHIVE_READ_AHEAD_H

#include <sys/stat.h>

#include "../names.h"
#include "walk.h"

#define READ_AHEAD_CHUNK  ((size_t)64 << 10)
#define READ_AHEAD_CHUNKS 4u /* at most, of one file */

enum slot_kind {
    SLOT_NAME,      /* `name` in the directory `place` */
    SLOT_MOUNT,     /* the same, a directory whose content is left out */
    SLOT_DIRECTORY, /* the directory `place` itself */
    SLOT_TROUBLE    /* nothing to archive but a warning to give */
};

enum slot_state { SLOT_WAITING, SLOT_TAKEN, SLOT_READ, SLOT_LEFT };

struct slot {
    enum slot_kind kind;
    enum slot_state state;    /* guarded by the ring's mutex from publish until the writer takes the slot */
    struct buffer path;       /* below the tree; "" is appended, so that there always is a text */
    struct walk_place *place; /* held; NULL with SLOT_TROUBLE */
    const char *name;         /* in `path` */
    unsigned char type;       /* DT_… */
    const char *trouble;
    /* Where a reader has read it: */
    struct stat status;
    struct buffer records;           /* pax records of its attributes */
    char *chunks[READ_AHEAD_CHUNKS]; /* a file's content, or a link's target with its NUL */
    unsigned chunk_count;
};

struct read_ahead;

/* `readers` and `bytes` (for content) as in tar_create_options; fewer threads or none where the system has no more.
 * `names` must live longer. */
int read_ahead_new(unsigned readers, size_t bytes, struct names *names, struct read_ahead **ahead, jb_error *error);
/* Releases what the ring holds; NULL is allowed. Before walk_clean_up. */
void read_ahead_free(struct read_ahead *ahead, struct walk *walk);

/* The next free slot, empty; NULL while the ring is full. Once filled it is added, and read after the next publish. */
struct slot *read_ahead_room(struct read_ahead *ahead);
void read_ahead_add(struct read_ahead *ahead);
void read_ahead_publish(struct read_ahead *ahead);

/* The oldest slot, SLOT_READ or SLOT_LEFT, waited for where a reader is at it; NULL where the ring is empty. Then
 * read_ahead_release. */
struct slot *read_ahead_take(struct read_ahead *ahead);
void read_ahead_release(struct read_ahead *ahead, struct walk *walk);

/* Fewer than half of the slots are in use: time to fill. */
bool read_ahead_is_low(const struct read_ahead *ahead);

#endif
