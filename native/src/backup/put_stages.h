/* The stages that a stream passes on its way into an object of a store: counter → compressor → encryptor → parts. */
#ifndef BACKUP_PUT_STAGES_H
#define BACKUP_PUT_STAGES_H

#include "../codec/age.h"
#include "../codec/compressor.h"
#include "../stream/part_writer.h"

struct put_stages {
    struct byte_sink sink; /* write plain bytes here */
    uint64_t content_bytes;
    jb_compression compression;
    struct byte_sink *next;          /* what the counter passes on to */
    struct compressor *compressor;   /* NULL for none */
    struct age_encryptor *encryptor; /* NULL for none */
    struct part_writer *writer;
    struct task *after;
};

struct put_stages_options {
    const char *bucket;
    const char *key;
    jb_compression compression;
    int level;
    bool replace;
    const jb_encryption *encryption; /* NULL for none */
    struct task *after;              /* as part_writer_after; its failure is also that of the next write */
    size_t memory_bytes;             /* for all stages together */
};

/* `workers` must outlive the stages. They are to be closed also after a failure. */
int put_stages_open(struct put_stages *stages, jb_store *store, jb_operation *operation, struct workers *workers,
                    const struct put_stages_options *options, jb_error *error);

/* Without compression and encryption bytes can be read right into the parts: room, or NULL where they must go through
 * the sink. */
int put_stages_reserve(struct put_stages *stages, void **room, size_t *capacity, jb_error *error);
int put_stages_advance(struct put_stages *stages, size_t count, jb_error *error);

/* The stream has ended: everything that stages hold back goes into the parts, and they are on their way. */
int put_stages_flush(struct put_stages *stages, jb_error *error);
/* After the flush: completes the object, and fills what the stages know of it. */
int put_stages_finish(struct put_stages *stages, struct object *object, jb_error *error);

/* What is not finished leaves nothing in the store. */
void put_stages_close(struct put_stages *stages);

#endif
