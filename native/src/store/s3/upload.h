/* A multipart upload under way, and what of it the store must confirm. */
#ifndef STORE_S3_UPLOAD_H
#define STORE_S3_UPLOAD_H

#include <pthread.h>

#include "request.h"

#define S3_PARTS_MAX 10000

struct s3_part {
    char *tag; /* as the store gave it; NULL until the part is there */
    uint64_t bytes;
};

struct store_upload {
    struct s3_store *s3;
    jb_operation *operation;
    char *bucket, *key, *id;
    pthread_mutex_t mutex; /* of the parts: they end on the client's thread */
    struct s3_part *parts;
    size_t count, capacity;
};

void s3_upload_free(struct store_upload *upload);
/* Best effort, bounded in time. */
void s3_upload_abort_id(struct s3_store *s3, const char *bucket, const char *key, const char *id);

#endif
