#include "output.h"

#include <stdlib.h>
#include <string.h>

#define BLOCK_SIZE ((size_t)512 << 10) /* what the sink gets at a time */

int output_init(struct output *output, struct byte_sink *sink, jb_operation *operation, jb_error *error)
{
    *output = (struct output){.sink = sink, .operation = operation, .block = malloc(BLOCK_SIZE)};
    return output->block ? JB_OK : error_no_memory(error);
}

void output_clean_up(struct output *output)
{
    free(output->block);
}

int output_flush(struct output *output, jb_error *error)
{
    int code = output->used > 0 ? output->sink->write(output->sink, output->block, output->used, error) : JB_OK;
    output->used = 0;
    return code;
}

char *output_room(struct output *output, size_t *room)
{
    *room = BLOCK_SIZE - output->used;
    return output->block + output->used;
}

int output_advance(struct output *output, size_t count, jb_error *error)
{
    output->used += count;
    output->position += count;
    return output->used == BLOCK_SIZE ? output_flush(output, error) : JB_OK;
}

int output_put(struct output *output, const void *bytes, size_t count, jb_error *error)
{
    const char *next = bytes;
    while (count > 0) {
        size_t room;
        char *to = output_room(output, &room);
        size_t some = count < room ? count : room;
        memcpy(to, next, some);
        next += some;
        count -= some;
        int code = output_advance(output, some, error);
        if (code != JB_OK)
            return code;
    }
    return JB_OK;
}

int output_zeros(struct output *output, uint64_t count, jb_error *error)
{
    while (count > 0) {
        size_t room;
        char *to = output_room(output, &room);
        size_t some = count < room ? (size_t)count : room;
        memset(to, 0, some);
        count -= some;
        int code = output_advance(output, some, error);
        if (code == JB_OK)
            code = operation_check(output->operation, error);
        if (code != JB_OK)
            return code;
    }
    return JB_OK;
}
