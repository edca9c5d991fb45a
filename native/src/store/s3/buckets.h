/* What a store's handle learned about its buckets: the region that each is in, and what it does. */
#ifndef STORE_S3_BUCKETS_H
#define STORE_S3_BUCKETS_H

#include <pthread.h>

#include "../store.h"

#define S3_REGION_SIZE 64

struct s3_store;
struct s3_bucket;

/* Bounded: what does not fit is asked for again. */
struct s3_buckets {
    pthread_mutex_t mutex;
    struct s3_bucket *first;
    size_t count;
};

void s3_buckets_init(struct s3_buckets *buckets);
void s3_buckets_clean_up(struct s3_buckets *buckets);

/* Thread-safe, at once. False where none is known. */
bool s3_buckets_region(struct s3_buckets *buckets, const char *bucket, char region[S3_REGION_SIZE]);
void s3_buckets_set_region(struct s3_buckets *buckets, const char *bucket, const char *region);

/* Asked once for each bucket. What the store has not, or does not let us see, the bucket has not. */
int s3_bucket_features(jb_store *store, jb_operation *operation, const char *bucket,
                       struct store_bucket_features *features, jb_error *error);
/* Whether versions may lie in it: also where keeping them was suspended. */
int s3_keeps_versions(struct s3_store *s3, jb_operation *operation, const char *bucket, bool *keeps, jb_error *error);

#endif
