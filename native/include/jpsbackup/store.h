/* A store: where objects lie, in buckets, under keys. Handles are thread-safe; calls wait until done. */
#ifndef JPSBACKUP_STORE_H
#define JPSBACKUP_STORE_H

#include "operation.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct jb_store jb_store;

/* Texts are copied by jb_store_open. NULL or 0 means the default. */
typedef struct jb_store_options {
    size_t size;          /* required: sizeof(jb_store_options) */
    const char *url;      /* required: "file:///dir" or "s3://" */
    const char *endpoint; /* s3: "http[s]://host[:port]"; default AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL, else AWS's for
                             the region */
    const char *region;   /* s3: default AWS_REGION, AWS_DEFAULT_REGION, else "us-east-1" */
    const char *access_key;             /* s3: default AWS_ACCESS_KEY_ID (then all three come from the environment) */
    const char *secret_key;             /* s3: required with access_key */
    const char *session_token;          /* s3: optional */
    const char *ca_file;                /* s3: PEM file; default AWS_CA_BUNDLE, else where the system keeps it */
    const char *server_side_encryption; /* s3: "AES256" or NULL for what the bucket says */
    bool virtual_host;                  /* s3: bucket in the host name; default false (in the path) */
    uint32_t tries;                     /* of each request; default 8 */
    uint32_t stall_seconds;             /* below 1 KiB/s for so long fails a try; default 60 */
} jb_store_options;

JB_API int jb_store_open(const jb_store_options *options, jb_store **store, jb_error *error);
/* No call may be running on the store. NULL is allowed. */
JB_API void jb_store_close(jb_store *store);

/* Succeeds also where the bucket is there already and belongs to the same account. */
JB_API int jb_store_make_bucket(jb_store *store, jb_operation *operation, const char *bucket, jb_error *error);

typedef struct jb_object_info {
    size_t size;
    const char *key; /* valid while the callback runs, or as long as the key that was asked for */
    uint64_t bytes;
    int64_t modified; /* seconds since 1970, by the store's clock */
    char tag[160];    /* ETag or digest that conditional writes compare; may be empty in listings */
} jb_object_info;

JB_API int jb_store_stat(jb_store *store, jb_operation *operation, const char *bucket, const char *key,
                         jb_object_info *info, jb_error *error);

/* Any other answer than 0 ends the listing with JB_ERROR_CANCELLED. */
typedef int (*jb_object_fn)(void *context, const jb_object_info *info);

/* All objects whose key starts with `prefix` ("" for all). The order is the store's own. */
JB_API int jb_store_list(jb_store *store, jb_operation *operation, const char *bucket, const char *prefix,
                         jb_object_fn each, void *context, jb_error *error);

/* Keys that do not exist count as deleted. */
JB_API int jb_store_delete(jb_store *store, jb_operation *operation, const char *bucket, const char *const *keys,
                           size_t count, jb_error *error);

/* 0 at the end of the data, a negative number on failure (which fails the call), else the bytes given; waits for at
 * least one. */
typedef int64_t (*jb_read_fn)(void *context, void *bytes, size_t capacity);
/* Takes all bytes and answers 0; anything else fails the call. */
typedef int (*jb_write_fn)(void *context, const void *bytes, size_t count);

typedef enum jb_compression {
    JB_COMPRESSION_NONE = 0,
    JB_COMPRESSION_ZSTD = 1,
    JB_COMPRESSION_GZIP = 2
} jb_compression;

/*
 * What is put, exactly one of read, file, tree, command:
 */
typedef struct jb_put_options {
    size_t size;        /* required: sizeof(jb_put_options) */
    const char *bucket; /* required */
    const char *key;    /* required; the object's last name is what stands in a seal */
    jb_read_fn read;    /* a stream by callback, called on the calling thread only */
    void *read_context;
    const char *file; /* one regular file or FIFO; "-" is not special */
    const char *tree; /* a directory, as a tar archive whose members begin with its path without the leading '/' */
    const char *const
        *exclude; /* tree: NULL-ended patterns (fnmatch with '/' ordinary) on paths below the tree; optional */
    bool strict;  /* tree: a file that changes or vanishes while it is read fails the put */
    const char *const *command; /* NULL-ended argv; its standard output is put; it must exit with status 0 */
    const char *success_text;   /* command: must stand in its last standard error output; optional */
    jb_compression compression; /* default none */
    int level;                  /* zstd 1..19 (default 1), gzip 1..9 (default 6) */
    bool replace;               /* false: an object that exists is a conflict */
    const char *alive_key;      /* optional: a small object renewed every 60 s while the put runs */
} jb_put_options;

/*
 * Puts one object (or more, where it outgrows one) and has the store confirm it. `account` gets the object's
 * description as JSON, as it stands in a seal (docs/formats.md); free it with jb_text_free; may be NULL.
 * On failure nothing remains under the key that was not there before.
 */
JB_API int jb_put(jb_store *store, jb_operation *operation, const jb_put_options *options, char **account,
                  jb_error *error);

typedef struct jb_get_options {
    size_t size;        /* required: sizeof(jb_get_options) */
    const char *bucket; /* required */
    const char *key;    /* required */
    const char
        *description;  /* optional: the object's JSON description; then every part is verified before it is written */
    jb_write_fn write; /* required; called on the calling thread only, in order */
    void *write_context;
    bool decompress; /* by the description, else by the first bytes */
} jb_get_options;

/* `account` (may be NULL) gets JSON: bytes, verified, digest. */
JB_API int jb_get(jb_store *store, jb_operation *operation, const jb_get_options *options, char **account,
                  jb_error *error);

#ifdef __cplusplus
}
#endif
#endif
