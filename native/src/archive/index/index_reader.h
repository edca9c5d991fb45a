/* An index of an archive's members and frames (docs/formats.md, Index), read line by line and checked: what it says of
 * places adds up. */
#ifndef ARCHIVE_INDEX_READER_H
#define ARCHIVE_INDEX_READER_H

#include "../../base/bytes.h"
#include "../../codec/digest.h"
#include "../tar.h"

/* What each frame but the last one holds at least, so that their number is bounded. */
#define INDEX_FRAME_MIN ((uint64_t)4 << 20)
/* What a frame may hold; compressed, it is at most a little larger. */
#define INDEX_FRAME_MAX ((uint64_t)16 << 20)

struct index_frame {
    uint64_t plain_offset; /* in the plain tar stream */
    uint64_t plain_bytes;
    uint64_t packed_offset; /* in the compressed stream */
    uint64_t packed_bytes;
    size_t digest_size;                /* XXH128_SIZE; SHA256_SIZE where the index is of the first form */
    unsigned char digest[SHA256_SIZE]; /* of the packed bytes */
};

struct index_item {
    enum { INDEX_END, INDEX_MEMBER, INDEX_FRAME } kind;
    struct tar_member member; /* its texts live until the next call */
    struct index_frame frame;
};

struct index_reader;

/* As the archive's object describes it. */
struct indexed_archive {
    const char *name;
    const char *root;
    uint64_t files;
    uint64_t content_bytes;
    uint64_t stored_bytes;
};

/* `source` gives the plain lines, and must outlive the reader, as must the texts of `archive`, of which the index must
 * be. */
int index_reader_new(struct byte_source *source, const struct indexed_archive *archive, struct index_reader **reader,
                     jb_error *error);
/* NULL is allowed. */
void index_reader_free(struct index_reader *reader);

/* The next member or frame, or the end: then all was there. JB_ERROR_FORMAT names the line that is wrong. */
int index_reader_next(struct index_reader *reader, struct index_item *item, jb_error *error);

/* The member's path below the root: "" for the root itself. */
const char *index_reader_below(const struct index_reader *reader, const char *path);

/* At the end: is it the index of the archive, with as many members and as many plain bytes? JB_ERROR_FORMAT. */
int index_reader_confirm(const struct index_reader *reader, jb_error *error);

#endif
