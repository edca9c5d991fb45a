/*
 * One interface to all stores. A driver fills a store_driver; code above never asks which driver it has.
 * Callers use the store_* functions below, which check names and arguments once for all drivers.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include <jpsbackup/store.h>

#include "../base/buffer.h"
#include "../base/operation.h"

#define STORE_KEY_MAX       1024        /* bytes; S3's own bound */
#define STORE_WRITE_MAX     (64u << 20) /* bytes in one store_write */
#define STORE_IDENTITY_SIZE 2049        /* AWS's longest ARN */

struct http_reach;
struct store_upload;

/* When a write may happen. */
struct store_condition {
    enum {
        STORE_ALWAYS,
        STORE_IF_ABSENT,
        STORE_IF_UNCHANGED,
        STORE_ONTO_NOTHING /* unconditionally; but the key is known to be free, so nothing stays there after a failure
                            */
    } when;
    const char *tag; /* STORE_IF_UNCHANGED: jb_object_info.tag of what was read */
};

/* Was the key free before, so that what is not confirmed must not stay there? */
static inline bool store_key_was_free(struct store_condition condition)
{
    return condition.when == STORE_IF_ABSENT || condition.when == STORE_ONTO_NOTHING;
}

/*
 * One part on its way to a store, or one range on its way from it. The caller owns it and its bytes, and keeps both
 * until `done` was called: exactly once for each start that answered JB_OK, on any thread, perhaps before the start
 * returns. A start that fails calls nothing. `done` must not call back into the store.
 */
struct store_transfer {
    char *bytes;              /* to send, or room for `count` bytes */
    size_t count;             /* parts: more than 0. ranges: fewer bytes than asked for are an error */
    uint64_t offset;          /* in the object */
    unsigned char sha256[32]; /* parts: digest of the bytes, computed by the caller; signs and proves the request */
    const char *tag;          /* ranges: the object's by `stat`: JB_ERROR_CONFLICT where it has another. NULL: any */
    void (*done)(struct store_transfer *transfer);
    jb_error error; /* out: code JB_OK on success */
    void *driver;   /* the driver's, while under way */
};

/* What a driver can take, for those who cut streams into parts. */
struct store_limits {
    uint32_t parts_max;      /* in one object */
    uint64_t part_bytes_min; /* but for the last */
    uint64_t part_bytes_max;
};

/* One object, or one version of it (NULL: the present one). */
struct store_key {
    const char *key;
    const char *version;
};

/* What a store keeps as an object's SHA-256, and tells without reading it. */
struct store_digest {
    bool known;
    size_t parts; /* of so many parts' digests in order; 0: of the object's bytes */
    unsigned char sha256[32];
};

/* What a bucket does beyond holding objects. */
struct store_bucket_features {
    bool versioned; /* each write and deletion keeps what was there before */
    bool lockable;  /* versions can be protected */
};

/* An upload of parts that was begun and neither completed nor aborted. */
struct store_unfinished {
    const char *key;
    const char *id;
    int64_t begun; /* seconds since 1970, by the store's clock */
};
typedef int (*store_unfinished_fn)(void *context, const struct store_unfinished *unfinished);

/*
 * `version` NULL is the present one. A function that a driver lacks is NULL: the store_* form then answers
 * JB_ERROR_UNSUPPORTED.
 */
struct store_driver {
    const char *scheme; /* "s3" */
    void (*close)(jb_store *store);
    /* The directory of this machine that holds all of the store, open at *fd as long as the store is. Optional. */
    const char *(*directory)(jb_store *store, int *fd);
    int (*make_bucket)(jb_store *store, jb_operation *operation, const char *bucket, jb_error *error);
    int (*test_bucket)(jb_store *store, jb_operation *operation, const char *bucket, jb_error *error);
    int (*tag_bucket)(jb_store *store, jb_operation *operation, const char *bucket, const jb_tag *tags, size_t count,
                      jb_error *error);
    int (*delete_bucket)(jb_store *store, jb_operation *operation, const char *bucket, jb_error *error);
    int (*bucket_features)(jb_store *store, jb_operation *operation, const char *bucket,
                           struct store_bucket_features *features, jb_error *error);
    /* JB_ERROR_NOT_FOUND where the object is not there; where the bucket is not, too, with a text and hint that say so.
     */
    int (*stat)(jb_store *store, jb_operation *operation, const char *bucket, const char *key, const char *version,
                jb_object_info *info, jb_error *error);
    /* The same, and what the store keeps as its digest. Optional. */
    int (*stat_digest)(jb_store *store, jb_operation *operation, const char *bucket, const char *key,
                       const char *version, jb_object_info *info, struct store_digest *digest, jb_error *error);
    /* The whole object into `body` (JB_ERROR_LIMIT over its maximum), with its info from the same answer. */
    int (*read)(jb_store *store, jb_operation *operation, const char *bucket, const char *key, const char *version,
                struct buffer *body, jb_object_info *info, jb_error *error);
    /* A whole object of at most 64 MiB. A condition that does not hold: JB_ERROR_CONFLICT. After a lost answer the
       driver reads back and compares before it calls it a conflict. info->tag is the new object's. `sha256` is the
       bytes' digest, or NULL: then the driver computes it. Success means that the store has confirmed the bytes, or
       their number, which is info->bytes; after a failure nothing of them is under a key that had to be absent. */
    int (*write)(jb_store *store, jb_operation *operation, const char *bucket, const char *key, const void *bytes,
                 size_t count, const unsigned char *sha256, struct store_condition condition, jb_object_info *info,
                 jb_error *error);
    /* `options` is never NULL, and its prefix neither. */
    int (*list)(jb_store *store, jb_operation *operation, const char *bucket, const jb_list_options *options,
                jb_object_fn each, void *context, jb_error *error);
    int (*remove)(jb_store *store, jb_operation *operation, const char *bucket, const struct store_key *keys,
                  size_t count, jb_error *error);
    int (*copy)(jb_store *store, jb_operation *operation, const jb_copy_options *options, jb_error *error);
    int (*protect)(jb_store *store, jb_operation *operation, const char *bucket, const struct store_key *key,
                   const jb_protection *protection, jb_error *error);
    int (*protection)(jb_store *store, jb_operation *operation, const char *bucket, const struct store_key *key,
                      jb_protection *protection, jb_error *error);
    int (*link)(jb_store *store, jb_operation *operation, const jb_link_options *options, char **url, jb_error *error);
    int (*grant)(jb_store *store, jb_operation *operation, const jb_grant_options *options, char **credentials,
                 jb_error *error);
    int (*list_uploads)(jb_store *store, jb_operation *operation, const char *bucket, const char *prefix,
                        store_unfinished_fn each, void *context, jb_error *error);
    int (*remove_upload)(jb_store *store, jb_operation *operation, const char *bucket, const char *key, const char *id,
                         jb_error *error);
    /* How far a connection to the server comes (http/reach.h); NULL where there is no server. */
    int (*reach)(jb_store *store, jb_operation *operation, struct http_reach *reach, jb_error *error);
    /* Whose the credentials are, as a service beside the store tells it within some seconds. JB_ERROR_UNSUPPORTED where
       there is none to ask. */
    int (*identity)(jb_store *store, jb_operation *operation, char who[STORE_IDENTITY_SIZE], jb_error *error);

    /* An object of many parts. Nothing is visible under the key before complete. */
    int (*upload_begin)(jb_store *store, jb_operation *operation, const char *bucket, const char *key,
                        struct store_upload **upload, jb_error *error);
    /* Part numbers count from 0, offsets follow one another without a gap; many may be under way, started from several
     * threads and in any order. */
    int (*upload_part)(struct store_upload *upload, unsigned number, struct store_transfer *transfer, jb_error *error);
    /* All transfers are done and succeeded. Frees the upload when it succeeds. The store's own answer confirms count
       and tag: info->bytes must equal what was sent, else JB_ERROR_VERIFY. */
    int (*upload_complete)(struct store_upload *upload, struct store_condition condition, jb_object_info *info,
                           jb_error *error);
    /* All transfers are done. Removes all that was sent and frees the upload; best effort, bounded in time, works when
     * cancelled. */
    void (*upload_abort)(struct store_upload *upload);

    /* Starts reading transfer->count bytes at transfer->offset. */
    int (*range)(jb_store *store, jb_operation *operation, const char *bucket, const char *key, const char *version,
                 struct store_transfer *transfer, jb_error *error);
    struct store_limits limits;
};

struct store_conditions;

/* A driver's own struct begins with this. */
struct jb_store {
    const struct store_driver *driver;
    bool single_writer;
    bool has_conditions;                 /* set by the driver where conditional writes are sure and need no probe */
    struct store_conditions *conditions; /* what was found out by bucket; conditions.c's */
};

/* The drivers' constructors; `options` were checked for size and hold a url of the driver's scheme. */
int store_file_open(const jb_store_options *options, jb_store **store, jb_error *error);
int store_s3_open(const jb_store_options *options, jb_store **store, jb_error *error);
int store_azure_open(const jb_store_options *options, jb_store **store, jb_error *error);

/* The directory of this machine that holds all of the store, open at *fd as long as the store is; NULL where there is
 * none. */
const char *store_directory(jb_store *store, int *fd);

/* Checked forms, to be used above the drivers. */
int store_stat(jb_store *store, jb_operation *operation, const char *bucket, const char *key, const char *version,
               jb_object_info *info, jb_error *error);
/* The same with `digest`, which is not known where the store tells none. */
int store_stat_digest(jb_store *store, jb_operation *operation, const char *bucket, const char *key,
                      const char *version, jb_object_info *info, struct store_digest *digest, jb_error *error);
int store_read(jb_store *store, jb_operation *operation, const char *bucket, const char *key, const char *version,
               struct buffer *body, jb_object_info *info, jb_error *error);
int store_write(jb_store *store, jb_operation *operation, const char *bucket, const char *key, const void *bytes,
                size_t count, const unsigned char *sha256, struct store_condition condition, jb_object_info *info,
                jb_error *error);
int store_remove(jb_store *store, jb_operation *operation, const char *bucket, const struct store_key *keys,
                 size_t count, jb_error *error);
int store_bucket_features(jb_store *store, jb_operation *operation, const char *bucket,
                          struct store_bucket_features *features, jb_error *error);
/* Seconds since 1970 by the clock of the store's server, where that tells it; else by this machine's. One request. */
int64_t store_clock(jb_store *store, jb_operation *operation);
int store_protect(jb_store *store, jb_operation *operation, const char *bucket, const struct store_key *key,
                  const jb_protection *protection, jb_error *error);
int store_protection(jb_store *store, jb_operation *operation, const char *bucket, const struct store_key *key,
                     jb_protection *protection, jb_error *error);
int store_list_uploads(jb_store *store, jb_operation *operation, const char *bucket, const char *prefix,
                       store_unfinished_fn each, void *context, jb_error *error);
int store_remove_upload(jb_store *store, jb_operation *operation, const char *bucket, const char *key, const char *id,
                        jb_error *error);
int store_upload_begin(jb_store *store, jb_operation *operation, const char *bucket, const char *key,
                       struct store_upload **upload, jb_error *error);
/* `bucket` and `key` as given to store_upload_begin. */
int store_upload_complete(jb_store *store, jb_operation *operation, const char *bucket, const char *key,
                          struct store_upload *upload, struct store_condition condition, jb_object_info *info,
                          jb_error *error);

/*
 * Bucket: 1 to 255 of letters, digits, '.', '-', '_', starting with a letter or digit, no "..". Key: valid UTF-8 of 1
 * to 1,024 bytes, no control characters, no leading or trailing '/', no empty, "." or ".." component: what every driver
 * can hold unchanged.
 */
int store_check_names(const char *bucket, const char *key, jb_error *error);

/* Objects of a listing whose keys are no names here, and which nobody is told of but by a warning. */
struct store_unnamed {
    uint64_t count;
    char first[256]; /* one of them, perhaps cut */
};

/* Counts one, unless it is the empty "folder/" that consoles make. */
void store_unnamed_add(struct store_unnamed *unnamed, const jb_object_info *info);
/* The listing has ended; warns where any were counted. */
void store_unnamed_tell(const struct store_unnamed *unnamed, jb_operation *operation, const char *bucket);

#endif
