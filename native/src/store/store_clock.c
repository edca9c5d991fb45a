#include "../base/clock.h"
#include "../http/reach.h"
#include "store.h"

int64_t store_clock(jb_store *store, jb_operation *operation)
{
    struct http_reach reach = {.date = 0};
    jb_error ignored = JB_ERROR_INIT;
    if (store->driver->reach == NULL || store->driver->reach(store, operation, &reach, &ignored) != JB_OK ||
        reach.date == 0)
        return clock_now();
    return clock_now() + reach.date - reach.asked;
}
