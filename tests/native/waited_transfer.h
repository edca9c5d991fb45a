/* A store's transfer that a test waits for. */
#ifndef WAITED_TRANSFER_H
#define WAITED_TRANSFER_H

#include <pthread.h>

#include "store/store.h"

struct waited_transfer {
    struct store_transfer transfer; /* first */
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    unsigned calls; /* of its done */
};

/* Fills all but the caller's start; `bytes` must live as long. */
void waited_transfer_init(struct waited_transfer *waited, char *bytes, size_t count, uint64_t offset);
/* Waits until it is done, which must be once; its error's code. */
int waited_transfer_end(struct waited_transfer *waited);

#endif
