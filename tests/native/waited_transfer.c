#include "waited_transfer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include "codec/digest.h"

static void done(struct store_transfer *transfer)
{
    struct waited_transfer *waited = (struct waited_transfer *)transfer;
    pthread_mutex_lock(&waited->mutex);
    waited->calls++;
    pthread_cond_signal(&waited->changed);
    pthread_mutex_unlock(&waited->mutex);
}

void waited_transfer_init(struct waited_transfer *waited, char *bytes, size_t count, uint64_t offset)
{
    *waited = (struct waited_transfer){
        .transfer = {.bytes = bytes, .count = count, .offset = offset, .done = done, .error = JB_ERROR_INIT},
        .mutex = PTHREAD_MUTEX_INITIALIZER,
        .changed = PTHREAD_COND_INITIALIZER};
    assert_int_equal(sha256_of(bytes, count, waited->transfer.sha256, NULL), JB_OK);
}

int waited_transfer_end(struct waited_transfer *waited)
{
    pthread_mutex_lock(&waited->mutex);
    while (waited->calls == 0)
        pthread_cond_wait(&waited->changed, &waited->mutex);
    pthread_mutex_unlock(&waited->mutex);
    assert_int_equal(waited->calls, 1);
    return (int)waited->transfer.error.code;
}
