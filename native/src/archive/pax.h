/*
 * Member headers of POSIX.1-2001 "pax interchange format" archives. Written here and not by libarchive, because that
 * converts names by the process's locale: the same tree would give other bytes in another locale, and in "C", the only
 * one in a self-contained bundle, each name beyond ASCII would be marked as binary, at which GNU tar warns.
 */
#ifndef ARCHIVE_PAX_H
#define ARCHIVE_PAX_H

#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "../base/buffer.h"

#define PAX_BLOCK 512u
/* What libarchive still reads; of one member's records. */
#define PAX_RECORDS_MAX (1u << 20)

enum pax_type {
    PAX_FILE = '0',
    PAX_HARD_LINK = '1',
    PAX_SYMBOLIC_LINK = '2',
    PAX_CHARACTER_DEVICE = '3',
    PAX_BLOCK_DEVICE = '4',
    PAX_DIRECTORY = '5',
    PAX_FIFO = '6'
};

struct pax_member {
    enum pax_type type;
    const char *path;        /* a directory's ends with '/' */
    const char *header_path; /* what stands in the old header instead, as far as it fits; NULL mostly */
    const char *link;        /* of links; else NULL */
    mode_t mode;             /* the bits 07777 count */
    uid_t uid;
    gid_t gid;
    const char *user; /* NULL where the number has no name */
    const char *group;
    uint64_t size; /* of the content that follows */
    struct timespec mtime;
    dev_t device; /* of device nodes */
};

/* Appends one record "LENGTH KEY=VALUE\n"; the value may hold any bytes, the key no '='. */
int pax_record(struct buffer *records, const char *key, const void *value, size_t value_size, jb_error *error);

/*
 * Appends the member's header to `out`: where the old header cannot hold all, or `records` (the caller's further ones)
 * is not empty, an extended header goes before it. `records` is used up: more are put in. Content follows, padded with
 * zeros to PAX_BLOCK.
 */
int pax_header(const struct pax_member *member, struct buffer *records, struct buffer *out, jb_error *error);

/* Appends an extended header alone, for the member `path` whose old header comes behind it. */
int pax_extended_header(const char *path, const struct buffer *records, struct buffer *out, jb_error *error);

#endif
