#include "packed.h"

#include "../../codec/qpress.h"

struct unpacking {
    struct byte_sink *sink;
    uint64_t end;
};

static int take_piece(void *context, const void *bytes, size_t count, uint64_t offset, jb_error *error)
{
    struct unpacking *unpacking = context;
    if (offset != unpacking->end)
        return error_set(error, JB_ERROR_FORMAT, "it is packed, and has holes");
    unpacking->end += count;
    return unpacking->sink->write(unpacking->sink, bytes, count, error);
}

int packed_copy(const struct content *content, uint64_t size, const char *path, struct workers *workers,
                struct byte_sink *plain, jb_error *error)
{
    struct qpress *qpress;
    int code = qpress_new(plain, workers, content->operation, &qpress, error);
    if (code != JB_OK)
        return code;
    struct unpacking unpacking = {.sink = qpress_sink(qpress)};
    uint64_t end;
    code = content_copy(content, size, path, take_piece, &unpacking, &end, error);
    if (code == JB_OK)
        code = qpress_finish(qpress, error);
    qpress_free(qpress);
    return code;
}
