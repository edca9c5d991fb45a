/* A blob of blocks under way, and what of it the store must confirm. */
#ifndef STORE_AZURE_UPLOAD_H
#define STORE_AZURE_UPLOAD_H

#include <pthread.h>

#include "request.h"

#define AZURE_BLOCKS_MAX  50000
#define AZURE_BLOCK_SIZE  49 /* of a block's id in base64, with its NUL */
#define AZURE_UPLOAD_SIZE 31 /* of an upload's mark, which begins the ids of its blocks, with its NUL */

struct store_upload {
    struct azure_store *azure;
    jb_operation *operation;
    char *bucket, *key;
    char mark[AZURE_UPLOAD_SIZE];
    pthread_mutex_t mutex; /* of the sizes: blocks end on the client's threads */
    uint64_t *sizes;       /* 0: not there */
    size_t count, capacity;
};

/*
 * All blocks of one name must have ids of one length. Ours are unique to an upload, so that two uploads to a name never
 * mix their blocks, and tell when it began: "jb", eight digits of the time and twenty random ones, then the number.
 */
void azure_block_id(const char *mark, size_t number, char id[AZURE_BLOCK_SIZE]);
/* When the upload began of which this block is; false where it is not one of ours. */
bool azure_block_begun(const char *id, int64_t *begun);

uint64_t azure_upload_bytes(const struct store_upload *upload);
void azure_upload_free(struct store_upload *upload);

/* complete.c: makes an empty blob where there is none, in place of all blocks that wait under the name. */
int azure_commit_nothing(struct azure_store *azure, jb_operation *operation, const char *bucket, const char *key,
                         jb_object_info *info, jb_error *error);

/* blocks.c: the blocks that a blob is made of (`committed`), or those that wait to become part of it. */
struct azure_block {
    const char *id;
    uint64_t bytes;
};
typedef int (*azure_block_fn)(void *context, const struct azure_block *block, jb_error *error);
/* A block list as the service sent it. */
int azure_read_blocks(const struct buffer *reply, bool committed, azure_block_fn each, void *context, jb_error *error);
/* `info` gets tag and time; NULL where they are not wanted, for blobs of waiting blocks only have none. */
int azure_blocks(struct azure_store *azure, jb_operation *operation, const char *bucket, const char *key,
                 bool committed, azure_block_fn each, void *context, jb_object_info *info, jb_error *error);

#endif
