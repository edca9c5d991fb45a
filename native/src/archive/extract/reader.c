#include "reader.h"

#include <archive.h>
#include <errno.h>
#include <locale.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define END_MARK 1024u /* two blocks of zeros */
#define CALL_MAX                                                                                                       \
    ((uint64_t)16 << 20) /* bytes that one header, or one map of holes, may take: it all stands in memory */

struct reader {
    struct archive *archive;
    struct byte_source *source;
    locale_t plain;
    uint64_t total;       /* bytes that the source gave */
    uint64_t nonzero_end; /* behind the last of them that is not zero */
    uint64_t call_bytes;  /* given during the present call of libarchive */
    bool ended;           /* the source has ended */
    int source_code;      /* its failure, or JB_OK */
    jb_error source_error;
};

/* Names are bytes. In any other locale than this libarchive would convert them, and compose decomposed letters. */
static locale_t enter_plain(const struct reader *reader)
{
    return uselocale(reader->plain);
}

static int read_source(struct reader *reader, const void **bytes, size_t *count)
{
    *count = 0;
    if (reader->ended || reader->source_code != JB_OK)
        return reader->source_code;
    reader->source_code = reader->source->read(reader->source, bytes, count, &reader->source_error);
    if (reader->source_code != JB_OK)
        return reader->source_code;
    reader->ended = *count == 0;
    const unsigned char *data = *bytes;
    size_t end = *count;
    while (end > 0 && data[end - 1] == 0)
        end--;
    if (end > 0)
        reader->nonzero_end = reader->total + end;
    reader->total += *count;
    return JB_OK;
}

static la_ssize_t give(struct archive *archive, void *context, const void **bytes)
{
    struct reader *reader = context;
    size_t count;
    if (reader->call_bytes > CALL_MAX) {
        archive_set_error(archive, EIO, "a header of more than %d MiB", (int)(CALL_MAX >> 20));
        return -1;
    }
    if (read_source(reader, bytes, &count) != JB_OK) {
        archive_set_error(archive, EIO, "%s", reader->source_error.text);
        return -1;
    }
    reader->call_bytes += count;
    return (la_ssize_t)count;
}

static int fail(struct reader *reader, jb_error *error)
{
    if (reader->source_code != JB_OK)
        return error_copy(error, &reader->source_error);
    const char *text = archive_error_string(reader->archive);
    if (reader->call_bytes > CALL_MAX)
        return error_set(error, JB_ERROR_LIMIT, "the archive is refused: a header of more than %d MiB",
                         (int)(CALL_MAX >> 20));
    return error_set(error, JB_ERROR_FORMAT, "the archive is damaged or cut off: %s", text ? text : "no reason given");
}

int reader_new(struct byte_source *source, struct reader **reader, jb_error *error)
{
    struct reader *fresh = calloc(1, sizeof(*fresh));
    if (!fresh)
        return error_no_memory(error);
    fresh->source = source;
    fresh->source_error.size = sizeof(jb_error);
    fresh->plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    fresh->archive = archive_read_new();
    if (!fresh->plain || !fresh->archive) {
        reader_free(fresh);
        return error_no_memory(error);
    }
    locale_t former = enter_plain(fresh);
    int status = archive_read_support_format_tar(fresh->archive);
    if (status == ARCHIVE_OK)
        status = archive_read_open(fresh->archive, fresh, NULL, give, NULL);
    uselocale(former);
    if (status != ARCHIVE_OK) {
        int code = fail(fresh, error);
        reader_free(fresh);
        return code;
    }
    *reader = fresh;
    return JB_OK;
}

void reader_free(struct reader *reader)
{
    if (!reader)
        return;
    if (reader->archive)
        archive_read_free(reader->archive);
    if (reader->plain)
        freelocale(reader->plain);
    free(reader);
}

/* libarchive takes the end of the source for the end of the archive; only the end mark tells a whole one from one cut
 * between members. */
static int check_end(struct reader *reader, jb_error *error)
{
    uint64_t mark = (uint64_t)archive_read_header_position(reader->archive);
    const void *bytes;
    size_t count;
    do {
        if (read_source(reader, &bytes, &count) != JB_OK)
            return error_copy(error, &reader->source_error);
    } while (!reader->ended);
    if (reader->nonzero_end > mark)
        return error_set(error, JB_ERROR_FORMAT, "the archive is damaged: bytes behind its end mark");
    if (reader->total < mark + END_MARK)
        return error_set(error, JB_ERROR_FORMAT, "the archive is cut off: its end mark is missing");
    return JB_OK;
}

int reader_next(struct reader *reader, struct archive_entry **entry, jb_error *error)
{
    *entry = NULL;
    reader->call_bytes = 0;
    locale_t former = enter_plain(reader);
    int status = archive_read_next_header(reader->archive, entry);
    uselocale(former);
    if (status == ARCHIVE_EOF) {
        *entry = NULL;
        return check_end(reader, error);
    }
    if (status == ARCHIVE_OK)
        return JB_OK;
    /* A name beyond ASCII is not to be had in the plain locale, says libarchive, and gives its bytes: just what is
     * wanted. */
    const char *text = archive_error_string(reader->archive);
    if (status == ARCHIVE_WARN && text && strstr(text, "can't be converted"))
        return JB_OK;
    return fail(reader, error);
}

int reader_data(struct reader *reader, const void **bytes, size_t *count, uint64_t *offset, jb_error *error)
{
    la_int64_t at = 0;
    reader->call_bytes = 0;
    locale_t former = enter_plain(reader);
    int status = archive_read_data_block(reader->archive, bytes, count, &at);
    uselocale(former);
    *offset = (uint64_t)at;
    if (status == ARCHIVE_EOF) {
        *bytes = NULL;
        *count = 0;
        return JB_OK;
    }
    return status == ARCHIVE_OK ? JB_OK : fail(reader, error);
}
