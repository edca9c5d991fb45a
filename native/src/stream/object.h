/*
 * What a stream became in a store: an object of one or more segments, each of parts whose digests prove it. Its JSON
 * form stands in seals and accounts (docs/formats.md, Object).
 */
#ifndef STREAM_OBJECT_H
#define STREAM_OBJECT_H

#include <jansson.h>
#include <jpsbackup/store.h>

#include "../base/error.h"
#include "../codec/digest.h"

/* The most that any store takes (S3's bound; Azure's is less). */
#define OBJECT_PART_BYTES_MAX ((uint64_t)5 << 30)

struct object_part {
    uint64_t bytes;
    unsigned char sha256[SHA256_SIZE];
};

struct object_segment {
    char *name; /* the last component of its key: the object's name, and NAME.001, … for those that follow */
    uint64_t bytes;
    char version[JB_VERSION_SIZE]; /* what the store calls it where the bucket keeps versions; else "" */
    size_t part_count;
    size_t part_capacity;
    struct object_part *parts;
};

struct object {
    char *name;
    jb_compression compression;
    bool encrypted;         /* in age's format, after compression */
    uint64_t bytes;         /* in the store */
    uint64_t content_bytes; /* before compression and encryption */
    size_t segment_count;
    struct object_segment *segments;
    unsigned char digest[SHA256_SIZE]; /* SHA-256 of all parts' digests in order */
    /* Of trees only: */
    char *root; /* the path that every member begins with; NULL where this is no tree */
    uint64_t files;
    uint64_t files_bytes;   /* of all of them, with their holes; as content_bytes where a description does not tell */
    uint64_t disk_bytes;    /* what they take at most in blocks of 4 KiB; 0 where a description does not tell */
    json_t *warnings;       /* array of {path, what}; NULL for none */
    uint64_t warning_count; /* all of them: the array holds the first ones only */
    struct object *index;   /* of the archive's members, an object of its own; NULL for none */
};

/* An index is named by its archive and this. */
#define OBJECT_INDEX_ENDING ".index.zst"

/* In place. */
void object_clean_up(struct object *object);

/* The segment's version as drivers take it: NULL where the bucket keeps none. */
static inline const char *object_segment_version(const struct object_segment *segment)
{
    return segment->version[0] != '\0' ? segment->version : NULL;
}

/* Adds a segment with room for parts; NULL without memory. */
struct object_segment *object_add_segment(struct object *object, const char *name, jb_error *error);
int object_add_part(struct object_segment *segment, uint64_t bytes, const unsigned char sha256[SHA256_SIZE],
                    jb_error *error);
/* Sets bytes and digest from the segments' parts. */
int object_finish(struct object *object, jb_error *error);

/* A new reference; NULL with the error filled. */
json_t *object_to_json(const struct object *object, jb_error *error);
/* Checks all: names without '/', sums of sizes, digests. JB_ERROR_FORMAT. The object is cleaned up on failure. */
int object_from_json(const json_t *json, struct object *object, jb_error *error);

#endif
