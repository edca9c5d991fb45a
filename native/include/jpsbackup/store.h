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
    const char *url;      /* required: "file:///dir", "s3://" or "azure://ACCOUNT" (a bucket is a container there) */
    const char *endpoint; /* s3: "http[s]://host[:port]"; default AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL, else AWS's for
                             the region. azure: "http[s]://host[:port][/path]"; default the account's own host */
    const char *region;   /* s3: default AWS_REGION, AWS_DEFAULT_REGION, the profile's, else "us-east-1" */
    const char *access_key;    /* s3: default: AWS's chain of environment, profile, web identity, container, instance */
    const char *secret_key;    /* s3: required with access_key */
    const char *session_token; /* s3: optional */
    const char *profile;       /* s3: of the shared config and credentials files; default AWS_PROFILE, else "default" */
    const char *account_key;   /* azure: the account's key in base64; default AZURE_STORAGE_KEY */
    const char *sas;           /* azure: a shared access signature's query; default AZURE_STORAGE_SAS_TOKEN */
    const char *tenant;        /* azure: a service principal's directory; default AZURE_TENANT_ID */
    const char *client;        /* azure: the principal's id; default AZURE_CLIENT_ID */
    const char *client_secret; /* azure: the principal's secret; default AZURE_CLIENT_SECRET. With none of these: the
                                  machine's managed identity */
    const char *grants;        /* what jb_store_grant gave: then it is all that signs requests */
    const char *ca_file;       /* PEM file; default AWS_CA_BUNDLE, else where the system keeps it */
    const char *proxy;         /* "http://host:port"; default as the environment says (HTTPS_PROXY, NO_PROXY) */
    const char *tls_minimum;   /* "1.2" (default) or "1.3" */
    const char *server_side_encryption; /* s3: "AES256", "aws:kms", or NULL for what the bucket says */
    const char *kms_key;                /* s3: key's id for "aws:kms"; NULL: the account's default key */
    const char *storage_class; /* s3: "STANDARD_IA", …; azure: tier "Hot", "Cool", …; NULL: the store's default */
    const char *checksums;  /* s3: "auto" (default: used where the store shows that it knows them), "always", "never" */
    bool virtual_host;      /* s3: bucket in the host name; default false (in the path) */
    bool single_writer;     /* nobody else writes: conditions are compared by us where the store has none */
    uint32_t tries;         /* of each request; default 8 */
    uint32_t stall_seconds; /* below 1 KiB/s for so long fails a try; default 60 */
} jb_store_options;

JB_API int jb_store_open(const jb_store_options *options, jb_store **store, jb_error *error);
/* No call may be running on the store. NULL is allowed. */
JB_API void jb_store_close(jb_store *store);

/* Succeeds also where the bucket is there already and belongs to the same account. */
JB_API int jb_store_make_bucket(jb_store *store, jb_operation *operation, const char *bucket, jb_error *error);

/* JB_ERROR_NOT_FOUND where the bucket is not there. */
JB_API int jb_store_test_bucket(jb_store *store, jb_operation *operation, const char *bucket, jb_error *error);

typedef struct jb_tag {
    const char *name;
    const char *value;
} jb_tag;

/* Replaces the bucket's tags. JB_ERROR_UNSUPPORTED where the store has none. */
JB_API int jb_store_tag_bucket(jb_store *store, jb_operation *operation, const char *bucket, const jb_tag *tags,
                               size_t count, jb_error *error);

/* Removes an empty bucket. JB_ERROR_CONFLICT where anything is in it; then all stays. */
JB_API int jb_store_delete_bucket(jb_store *store, jb_operation *operation, const char *bucket, jb_error *error);

#define JB_VERSION_SIZE 256

typedef struct jb_object_info {
    size_t size;
    const char *key; /* valid while the callback runs, or as long as the key that was asked for */
    uint64_t bytes;
    int64_t modified;              /* seconds since 1970, by the store's clock */
    char tag[160];                 /* ETag or digest that conditional writes compare; may be empty in listings. By
                                      `stat` on file://, of the file: conditional writes do not know it */
    char version[JB_VERSION_SIZE]; /* the version's id where the bucket keeps versions; else "" */
    bool is_latest;                /* listings of versions: what is read without a version's id */
    bool is_marker;                /* listings of versions: says only that the object was deleted */
    bool is_prefix;                /* listings by delimiter: `key` is a common prefix with its delimiter, no object */
} jb_object_info;

JB_API int jb_store_stat(jb_store *store, jb_operation *operation, const char *bucket, const char *key,
                         jb_object_info *info, jb_error *error);

/* Any other answer than 0 ends the listing with JB_ERROR_CANCELLED. */
typedef int (*jb_object_fn)(void *context, const jb_object_info *info);

typedef struct jb_list_options {
    size_t size;           /* required: sizeof(jb_list_options) */
    const char *prefix;    /* only keys that start with it; default all */
    const char *delimiter; /* "/": what follows the next one is summed up as one common prefix; default all keys */
    bool versions;         /* all versions and delete markers, where the bucket keeps them; not with a delimiter */
} jb_list_options;

/* In memory that does not grow with the number of keys. The order is the store's own. `options` may be NULL. */
JB_API int jb_store_list(jb_store *store, jb_operation *operation, const char *bucket, const jb_list_options *options,
                         jb_object_fn each, void *context, jb_error *error);

/* Copies within the store, without the bytes passing through here. Onto a key that exists only with `replace`. */
typedef struct jb_copy_options {
    size_t size;             /* required: sizeof(jb_copy_options) */
    const char *from_bucket; /* required */
    const char *from_key;    /* required */
    const char *to_bucket;   /* required */
    const char *to_key;      /* required */
    bool replace;
} jb_copy_options;
JB_API int jb_store_copy(jb_store *store, jb_operation *operation, const jb_copy_options *options, jb_error *error);

/* What keeps a version of an object from being removed or replaced (S3's object lock). */
typedef struct jb_protection {
    size_t size; /* required: sizeof(jb_protection) */
    enum { JB_RETENTION_NONE, JB_RETENTION_GOVERNANCE, JB_RETENTION_COMPLIANCE } retention;
    int64_t until; /* seconds since 1970; with retention */
    bool legal_hold;
} jb_protection;

/* A link that anybody can use without credentials. JB_ERROR_UNSUPPORTED where the store has none. */
typedef struct jb_link_options {
    size_t size;        /* required: sizeof(jb_link_options) */
    const char *bucket; /* required */
    const char *key;    /* required */
    bool put;           /* to write the object instead of reading it */
    uint32_t seconds;   /* for so long; default 3,600, at most 604,800 */
} jb_link_options;
/* `url` is a secret; free it with jb_text_free. */
JB_API int jb_store_link(jb_store *store, jb_operation *operation, const jb_link_options *options, char **url,
                         jb_error *error);

/*
 * Rights for one command on another machine: these objects and nothing else, for a limited time. On S3 a session with
 * an inline policy, or, where the store has no such sessions, presigned requests; on Azure one shared access signature
 * per blob.
 */
typedef struct jb_grant {
    const char *key;
    bool write;     /* put and read it (and what a stream that outgrows it goes on in); else read */
    uint64_t bytes; /* write: it will have no more; default unknown. Of signed requests it decides how many there are:
                       none of parts up to 5 MiB; 2,000 parts where it is unknown */
} jb_grant;

typedef struct jb_grant_options {
    size_t size;            /* required: sizeof(jb_grant_options) */
    const char *bucket;     /* required */
    const jb_grant *grants; /* required */
    size_t count;
    uint32_t seconds;     /* default 43,200 (12 h), less where the store allows less */
    const char *role;     /* s3: the role to take on for it; default: none, by a federation token */
    const char *endpoint; /* s3: of the token service; default AWS_ENDPOINT_URL_STS, else AWS's, else the store's own */
} jb_grant_options;
/* `credentials` is a secret text in the form of a credentials file (docs/formats.md); free it with jb_text_free. */
JB_API int jb_store_grant(jb_store *store, jb_operation *operation, const jb_grant_options *options, char **credentials,
                          jb_error *error);

/*
 * Aborts unfinished uploads of keys that start with `prefix` ("" or NULL: all) and that began at least `seconds` ago,
 * by this machine's clock: {"aborted": [{"key", "begun"}], "dry_run"}. In a file store these are the temporary files of
 * writers that were killed. With `dry_run` nothing is aborted. Nothing is found in stores that drop them on their own.
 */
JB_API int jb_store_abort_uploads(jb_store *store, jb_operation *operation, const char *bucket, const char *prefix,
                                  uint64_t seconds, bool dry_run, char **account, jb_error *error);

/*
 * Looks at a store as its user would: reachability, certificate, clock, rights, conditions, listings, speed; and, with
 * `full`, the acceptance suite that every driver passes. With `bucket` (NULL: only the server and the credentials are
 * looked at) it writes below a random "jpsbackup-doctor-…/" there and removes all of it again; with `full` it also
 * makes a bucket of that name and deletes it. `account` (docs/formats.md, Diagnosis) is given also where checks fail;
 * the error is then what the first of them met.
 */
JB_API int jb_store_diagnose(jb_store *store, jb_operation *operation, const char *bucket, bool full, char **account,
                             jb_error *error);

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
 * Encryption before anything leaves this machine, in age's format, version 1 (https://age-encryption.org/v1): for
 * recipients or with a passphrase, never both. Texts are read during the call only, and never stand in an error.
 */
typedef struct jb_encryption {
    size_t size;            /* required: sizeof(jb_encryption) */
    const char *passphrase; /* its key takes 64 MiB for a moment (as much as the memory limit allows, 32 to 256) */
    const char *const *recipients; /* NULL-ended, at most 500: "age1…", as age-keygen prints them */
} jb_encryption;

/* What opens it: any of these. */
typedef struct jb_decryption {
    size_t size;                   /* required: sizeof(jb_decryption) */
    const char *passphrase;        /* optional; its check takes what the writer chose: 256 MiB for age's own files */
    const char *const *identities; /* optional: NULL-ended, at most 100: "AGE-SECRET-KEY-1…" */
} jb_decryption;

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
    const char *const *exclude; /* tree: NULL-ended patterns; what matches is left out with all below it. fnmatch(3),
                                   '*' and '?' do not match '/', on the path below the tree, or on its last name where
                                   the pattern has no '/'; a leading '/' only says that it has one. What can match
                                   nothing, as "./a" or "a/", is refused. Optional */
    bool strict;                /* tree: a file that changes or vanishes while it is read fails the put */
    const char *const *command; /* NULL-ended argv; its standard output is put; it must exit with status 0 */
    const char *success_text;   /* command: must stand in its last standard error output; optional */
    jb_compression compression; /* default none */
    int level;                  /* zstd 1..19 (default 1), gzip 1..9 (default 6) */
    bool replace;               /* false: an object that exists is a conflict */
    const char *alive_key;      /* optional: a small object renewed every 60 s while the put runs */
    bool index; /* tree, with zstd: an object KEY.index.zst beside it lists its members and where they lie */
    /* Optional: encrypts, after compression and before anything is sent; the index, too. */
    const jb_encryption *encryption;
    const char *const *include; /* tree: patterns as above: only what matches and is not excluded, all below a directory
                                   that matches, and the directories on the way there; a warning where nothing
                                   matches. Optional: all */
    bool one_file_system;       /* tree: a directory on another file system is kept without what is in it */
} jb_put_options;

/*
 * Puts one object (or more, where it outgrows one) and has the store confirm it. `account` gets the object's
 * description as JSON, as it stands in a seal (docs/formats.md); free it with jb_text_free; may be NULL.
 * On failure nothing remains under the key that was not there before.
 */
JB_API int jb_put(jb_store *store, jb_operation *operation, const jb_put_options *options, char **account,
                  jb_error *error);

typedef struct jb_get_options {
    size_t size;             /* required: sizeof(jb_get_options) */
    const char *bucket;      /* required */
    const char *key;         /* required */
    const char *description; /* optional: the object's JSON description; then every part is verified before it is
                                written, or, where it is larger than the memory limit, before its last bytes are */
    jb_write_fn write;       /* required; called on the calling thread only, in order */
    void *write_context;
    bool decompress; /* by the description, else by the first bytes; JB_ERROR_ACCESS where they are encrypted and there
                        is no key */
    const jb_decryption *decryption; /* optional: decrypts, before it decompresses; JB_ERROR_USAGE where the object is
                                        not encrypted */
} jb_get_options;

/* `account` (may be NULL) gets JSON: bytes, verified, digest, decrypted (only where it is so). */
JB_API int jb_get(jb_store *store, jb_operation *operation, const jb_get_options *options, char **account,
                  jb_error *error);

/* Many files at once, one object each. */
typedef struct jb_files_options {
    size_t size;           /* required: sizeof(jb_files_options) */
    const char *bucket;    /* required */
    const char *prefix;    /* what keys have before a file's path, a folder: '/' is added where it does not end so */
    const char *directory; /* required; getting makes it where it is missing, but not what it lies in */
    bool replace;          /* false: an object, or a file, that exists is that file's conflict */
    uint32_t at_once;      /* requests under way at a time; default and at most 128; memory may allow fewer */
} jb_files_options;

/*
 * Puts each regular file below the directory as an object PREFIX/PATH and has the store confirm it; links and special
 * files are left out. One file's trouble is reported and the rest goes on; then the call fails in the end, with the
 * first one's code. A store out of reach, refused rights or a lack of memory end it at once. `account` (may be NULL)
 * gets JSON also where files failed: files, bytes, skipped, failed, failures (the first 1,000: path, code, what); free
 * it with jb_text_free; NULL where nothing was begun.
 */
JB_API int jb_put_files(jb_store *store, jb_operation *operation, const jb_files_options *options, char **account,
                        jb_error *error);

/*
 * Gets each object below PREFIX/ as a file below the directory, never outside it and never through a link; each appears
 * under its name only when it is whole, and all are on the disk when the call has succeeded. Failures and account as
 * for jb_put_files; no space ends the call at once, too. Only lengths are checked, for nothing describes the objects.
 */
JB_API int jb_get_files(jb_store *store, jb_operation *operation, const jb_files_options *options, char **account,
                        jb_error *error);

/* Deletes all objects whose keys begin with the prefix (which must not be empty). `removed` (may be NULL) is how many
 * the store confirmed, also after a failure. */
JB_API int jb_store_delete_prefix(jb_store *store, jb_operation *operation, const char *bucket, const char *prefix,
                                  uint64_t *removed, jb_error *error);

#ifdef __cplusplus
}
#endif
#endif
