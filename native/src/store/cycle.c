#include "cycle.h"

#include <stdlib.h>
#include <string.h>

#include "../base/buffer.h"

#define MARK_MAX 65536

int store_cycle_check(struct store_cycle *cycle, const char *marker, const char *second, jb_error *error)
{
    struct buffer place;
    buffer_init(&place, MARK_MAX);
    int code = buffer_printf(&place, error, "%s\n%s", marker, second != NULL ? second : "");
    if (code == JB_OK && cycle->mark != NULL && strcmp(cycle->mark, place.data) == 0)
        code = error_set(error, JB_ERROR_FORMAT, "the store repeats the page that begins at '%.100s'", marker);
    if (code == JB_OK && cycle->pages++ >= cycle->moves_at) {
        cycle->moves_at = cycle->pages * 2;
        free(cycle->mark);
        cycle->mark = buffer_detach(&place);
        if (cycle->mark == NULL)
            code = error_no_memory(error);
    }
    buffer_clean_up(&place);
    return code;
}

void store_cycle_clean_up(struct store_cycle *cycle)
{
    free(cycle->mark);
}
