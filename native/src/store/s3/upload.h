/* A multipart upload under way, and what of it the store must confirm. */
#ifndef STORE_S3_UPLOAD_H
#define STORE_S3_UPLOAD_H

#include <pthread.h>

#include "request.h"

#define S3_PARTS_MAX 10000

struct s3_part {
    char *tag; /* as the store gave it; NULL until the part is there */
    uint64_t bytes;
    unsigned char sha256[SHA256_SIZE];
    bool confirmed; /* the store answered with this checksum */
};

struct store_upload {
    struct s3_store *s3;
    jb_operation *operation;
    char *bucket, *key, *id;
    bool encryption_open;  /* the store did not say yet how the object is encrypted */
    bool checksums;        /* the store said that it keeps the parts' checksums */
    pthread_mutex_t mutex; /* of the parts: they end on the client's threads */
    struct s3_part *parts;
    size_t count, capacity;
};

/* As s3_upload_begin; asks for checksums of the parts, or not. */
int s3_upload_create(struct s3_store *s3, jb_operation *operation, const char *bucket, const char *key,
                     bool with_checksums, struct store_upload **upload, jb_error *error);
/* Takes a part that is in the store; the tag is copied. Thread-safe. */
int s3_upload_set_part(struct store_upload *upload, unsigned number, const struct s3_part *part, jb_error *error);
void s3_upload_free(struct store_upload *upload);
/* Best effort, bounded in time. */
void s3_upload_abort_id(struct s3_store *s3, const char *bucket, const char *key, const char *id);

/* parts.c: the parts in the store, by number, size and tag, are those that were sent; else JB_ERROR_VERIFY. */
int s3_parts_confirm(const struct store_upload *upload, jb_error *error);
/* complete.c: some answers quote tags and some do not. */
bool s3_same_tag(const char *left, const char *right);

#endif
