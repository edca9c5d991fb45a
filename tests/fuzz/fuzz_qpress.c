/* Packed files: damaged ones end with an error, whatever a block says stays within its bounds. */
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "codec/qpress.h"
#include "codec/quicklz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

static int take(struct byte_sink *sink, const void *bytes, size_t count, jb_error *error)
{
    static volatile unsigned char last;
    (void)sink;
    (void)error;
    for (size_t i = 0; i < count; i++)
        last = ((const unsigned char *)bytes)[i];
    (void)last;
    return JB_OK;
}

/* The checksum would stop nearly all that is made up before it is decoded. */
static void decode_unit(const uint8_t *bytes, size_t count)
{
    struct quicklz_head head;
    if (count < QUICKLZ_HEAD_MAX || !quicklz_read_head(bytes, &head) || head.unit_bytes > count ||
        head.plain_bytes > 1 << 20)
        return;
    unsigned char *unit = malloc(head.unit_bytes);
    unsigned char *plain = malloc(head.plain_bytes + 1);
    if (unit != NULL && plain != NULL) {
        memcpy(unit, bytes, head.unit_bytes);
        if (quicklz_decode(&head, unit, plain))
            (void)adler32(1, plain, head.plain_bytes); /* all of it was written */
    }
    free(unit);
    free(plain);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
    decode_unit(bytes, count);
    static struct workers *workers;
    jb_error error = JB_ERROR_INIT;
    if (workers == NULL && workers_new(2, &workers, &error) != JB_OK)
        return 0;
    struct byte_sink sink = {take};
    struct qpress *qpress;
    if (qpress_new(&sink, workers, NULL, &qpress, &error) != JB_OK)
        return 0;
    int code = JB_OK;
    for (size_t at = 0; at < count && code == JB_OK; at += 11)
        code = qpress_sink(qpress)->write(qpress_sink(qpress), bytes + at, count - at < 11 ? count - at : 11, &error);
    if (code == JB_OK)
        qpress_finish(qpress, &error);
    qpress_free(qpress);
    return 0;
}
