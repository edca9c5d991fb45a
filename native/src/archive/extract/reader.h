/* Members of a tar stream, parsed by libarchive; the source is read to its end, and an archive without its end mark is
 * an error. */
#ifndef ARCHIVE_READER_H
#define ARCHIVE_READER_H

#include <archive_entry.h>

#include "../../base/bytes.h"

struct reader;

/* `source` must outlive the reader. Not thread-safe. */
int reader_new(struct byte_source *source, struct reader **reader, jb_error *error);
void reader_free(struct reader *reader);

/* The next member, lent until the next call; NULL at the end of a whole archive. */
int reader_next(struct reader *reader, struct archive_entry **entry, jb_error *error);

/* The next piece of the member's content, lent until the next call, and where it belongs; between pieces are holes.
 * *bytes NULL at its end. */
int reader_data(struct reader *reader, const void **bytes, size_t *count, uint64_t *offset, jb_error *error);

#endif
