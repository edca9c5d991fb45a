/* Trees to pax tar streams, and tar streams of any dialect back to trees. */
#ifndef ARCHIVE_TAR_H
#define ARCHIVE_TAR_H

#include <sys/types.h>
#include <time.h>

#include "../base/bytes.h"
#include "../base/operation.h"
#include "../base/workers.h"

/* One entry's trouble: the file vanished, changed while read, or is of a kind that archives do not hold. */
typedef void (*tar_warning_fn)(void *context, const char *path, const char *what);

struct tar_counts {
    uint64_t files; /* entries of all kinds */
    uint64_t bytes; /* of regular files' content */
    uint64_t warnings;
    uint64_t disk;   /* by tar_create: what all takes at most on a file system with blocks of 4 KiB */
    uint64_t stored; /* by tar_check…: the same without holes, and unpacked where that was asked for */
};

/* One member of an archive that is being made; valid during the call that tells of it. */
struct tar_member {
    const char *path; /* as in the archive, a directory without its final '/' */
    char type;        /* enum pax_type */
    uint64_t offset;  /* of its first header block in the plain tar stream, a multiple of 512 */
    uint64_t end;     /* where the next member begins */
    uint64_t size;    /* of a file: with holes; else 0 */
    mode_t mode;      /* the bits 07777 */
    uid_t uid;
    gid_t gid;
    const char *user; /* NULL where the number has no name here */
    const char *group;
    struct timespec mtime;
    const char *link;    /* of links; else NULL */
    const char *trouble; /* what a warning said of it while it was read; NULL mostly */
};

/* A directory, by whatever path it is reached. */
struct tar_directory {
    dev_t device;
    ino_t inode;
};

#define TAR_NO_READERS   ((unsigned)-1)
#define TAR_AHEAD_MEMORY ((size_t)8 << 20)

struct tar_create_options {
    const char *const *exclude; /* NULL-ended patterns: fnmatch on the path below the tree, or on its last name where
                                   the pattern has no '/'; may be NULL */
    const char *const *include; /* the same: only what matches, all below a directory that matches, and the directories
                                   on the way to these; what is excluded stays out. NULL or empty: all. A warning where
                                   nothing matches */
    bool one_file_system;       /* a directory on another file system is archived without what is in it */
    const struct tar_directory *left_out; /* this one below the tree is left out, with a warning; NULL: none */
    const char *left_out_why;
    bool strict;         /* a warning is a failure (JB_ERROR_IO) */
    unsigned readers;    /* threads that read small files ahead; 0: 2, and up to 8 once a disk was waited for;
                            TAR_NO_READERS: none */
    size_t ahead_memory; /* bytes for what is read ahead; 0: TAR_AHEAD_MEMORY */
    size_t names_memory; /* bytes for names of large directories, and the same for files with several names; what
                            is more goes to unlinked files in TMPDIR (else /var/tmp). 0: 2 MiB */
    tar_warning_fn warning;
    void *warning_context;
    /* Told of each member in the archive's order once all its bytes were put, some of which may still be on their way
     * to the sink; a failure ends the creation. May be NULL. */
    int (*member)(void *context, const struct tar_member *member, jb_error *error);
    void *member_context;
};

/* JB_ERROR_USAGE for a pattern that can match no path: one with nothing, "." or ".." between its slashes or at its end.
 * `patterns` as in tar_create_options. */
int tar_check_patterns(const char *const *patterns, jb_error *error);

/*
 * Archives `tree` (a directory) with all that a tree holds, in an order that depends on names alone; the same tree
 * gives the same bytes. Members are named by `prefix` (no leading or trailing '/'; "" for none) and the path below the
 * tree; the first is the tree itself. Reports progress: bytes of content, entries. A file that cannot be read (EACCES,
 * EIO) fails the call; one that vanished or changed is a warning, and its member still has the length that its header
 * promised.
 */
int tar_create(jb_operation *operation, const char *tree, const char *prefix, const struct tar_create_options *options,
               struct byte_sink *sink, struct tar_counts *counts, jb_error *error);

struct tar_extract_options {
    const char *prefix;   /* leading path that every member has and that is taken away, "" or NULL for none; a member
                             without it is an error */
    uint64_t bytes_max;   /* of content; UINT64_MAX: no bound. A bomb ends with JB_ERROR_LIMIT */
    uint64_t entries_max; /* 0: no bound */
    bool owner_given;     /* all entries get `uid` and `gid` */
    uid_t uid;
    gid_t gid;
    bool devices;           /* device nodes are made; else they are an error */
    tar_warning_fn warning; /* what this file system or kernel could not keep: an ACL, an attribute; may be NULL. From
                               any thread, one call at a time */
    void *warning_context;
    unsigned threads;         /* that make small files; 0: one a processor; 1: the caller's own */
    struct workers *qpress;   /* members NAME.qp are unpacked to NAME, on these threads (codec/qpress.h); NULL: as they
                                 are */
    size_t waiting_bytes_max; /* memory for directories that are not finished yet; 0: 8 MiB */
};

/*
 * Extracts into the existing directory `target`, which must be empty, and nowhere else whatever the archive says.
 * Owners by name where the name is known here, else by number. Directories' times last. Any other trouble fails the
 * call: a restored tree is whole or nothing; what was made until then is the caller's to remove. Not as root, owners
 * that cannot be set are left, and with them the set-user and set-group bits. Refused: absolute names, "..", names
 * through links, names that come twice, hard links to what the archive did not bring. The result and the error, which
 * is the first one in the archive's order, are the same for any number of threads.
 */
int tar_extract(jb_operation *operation, struct byte_source *source, const char *target,
                const struct tar_extract_options *options, struct tar_counts *counts, jb_error *error);

/* Reads an archive to its end without writing: is it whole? */
int tar_check(jb_operation *operation, struct byte_source *source, struct tar_counts *counts, jb_error *error);
/* The same, and members NAME.qp are unpacked, to nowhere. */
int tar_check_packed(jb_operation *operation, struct byte_source *source, struct workers *qpress,
                     struct tar_counts *counts, jb_error *error);
/* The same, and what tar_extract would refuse by the archive alone is refused: its names, kinds and links. */
int tar_check_extract(jb_operation *operation, struct byte_source *source, const struct tar_extract_options *options,
                      struct tar_counts *counts, jb_error *error);

#endif
