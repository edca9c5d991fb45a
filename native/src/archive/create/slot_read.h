/* One name, read ahead by a reader. */
#ifndef ARCHIVE_SLOT_READ_H
#define ARCHIVE_SLOT_READ_H

#include "../attributes.h"
#include "read_ahead.h"

struct slot_reader {
    struct attributes *room;
    struct names *names;
    /* Lends the slot so many chunks; false where there are not enough. */
    bool (*lend)(void *context, struct slot *slot, size_t count);
    void *context;
};

/* Fills the slot's last members; false where the writer is to look at it itself. */
bool slot_read(const struct slot_reader *reader, struct slot *slot);

#endif
