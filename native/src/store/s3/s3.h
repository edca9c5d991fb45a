/* The S3 driver's handle, and what its files share. */
#ifndef STORE_S3_S3_H
#define STORE_S3_S3_H

#include <stdatomic.h>

#include "../../cloud/aws/provider.h"
#include "../../http/client.h"
#include "../store.h"
#include "buckets.h"

struct s3_presigned;

#define S3_HOST_SIZE 128 /* of one of AWS's own hosts */

struct s3_store {
    struct jb_store store;          /* first */
    struct store_driver driver;     /* with what this store can */
    struct s3_presigned *presigned; /* NULL: signs its requests itself */
    struct http_client *http;
    struct credentials_provider *provider;
    char *scheme; /* "https" */
    char *host;   /* with its port unless that is the scheme's own */
    char *region;
    char *server_side_encryption; /* NULL: what the bucket says */
    char *kms_key;                /* NULL: the account's own */
    char *storage_class;          /* NULL: the store's default */
    enum { S3_CHECKSUMS_AUTO, S3_CHECKSUMS_ALWAYS, S3_CHECKSUMS_NEVER } checksums;
    atomic_bool checksums_known;   /* an answer showed it */
    atomic_bool checksums_refused; /* and is not asked again */
    bool virtual_host;
    struct s3_buckets buckets;
    _Atomic int64_t clock_ahead_s; /* so far is the store's clock ahead of this machine's, where it refused our dates */
};

/* As store_s3_open, with the times that tests shorten; `tuning` members of 0 mean the default. */
int s3_open_tuned(const jb_store_options *options, const struct http_options *tuning, jb_store **store,
                  jb_error *error);

/* Whether it is one of AWS's own endpoints. */
bool s3_is_aws(const char *host);

int s3_identity(jb_store *store, jb_operation *operation, char who[STORE_IDENTITY_SIZE], jb_error *error);
int s3_make_bucket(jb_store *store, jb_operation *operation, const char *bucket, jb_error *error);
int s3_test_bucket(jb_store *store, jb_operation *operation, const char *bucket, jb_error *error);
int s3_tag_bucket(jb_store *store, jb_operation *operation, const char *bucket, const jb_tag *tags, size_t count,
                  jb_error *error);
int s3_delete_bucket(jb_store *store, jb_operation *operation, const char *bucket, jb_error *error);
int s3_stat(jb_store *store, jb_operation *operation, const char *bucket, const char *key, const char *version,
            jb_object_info *info, jb_error *error);
int s3_stat_digest(jb_store *store, jb_operation *operation, const char *bucket, const char *key, const char *version,
                   jb_object_info *info, struct store_digest *digest, jb_error *error);
int s3_read(jb_store *store, jb_operation *operation, const char *bucket, const char *key, const char *version,
            struct buffer *body, jb_object_info *info, jb_error *error);
int s3_write(jb_store *store, jb_operation *operation, const char *bucket, const char *key, const void *bytes,
             size_t count, const unsigned char *sha256, struct store_condition condition, jb_object_info *info,
             jb_error *error);
int s3_list(jb_store *store, jb_operation *operation, const char *bucket, const jb_list_options *options,
            jb_object_fn each, void *context, jb_error *error);
/* Whether nothing lies in the bucket, no version either. */
int s3_is_empty(struct s3_store *s3, jb_operation *operation, const char *bucket, bool *empty, jb_error *error);
int s3_remove(jb_store *store, jb_operation *operation, const char *bucket, const struct store_key *keys, size_t count,
              jb_error *error);
int s3_copy(jb_store *store, jb_operation *operation, const jb_copy_options *options, jb_error *error);
int s3_protect(jb_store *store, jb_operation *operation, const char *bucket, const struct store_key *key,
               const jb_protection *protection, jb_error *error);
int s3_protection(jb_store *store, jb_operation *operation, const char *bucket, const struct store_key *key,
                  jb_protection *protection, jb_error *error);
int s3_list_uploads(jb_store *store, jb_operation *operation, const char *bucket, const char *prefix,
                    store_unfinished_fn each, void *context, jb_error *error);
int s3_remove_upload(jb_store *store, jb_operation *operation, const char *bucket, const char *key, const char *id,
                     jb_error *error);
int s3_upload_begin(jb_store *store, jb_operation *operation, const char *bucket, const char *key,
                    struct store_upload **upload, jb_error *error);
int s3_upload_part(struct store_upload *upload, unsigned number, struct store_transfer *transfer, jb_error *error);
int s3_upload_complete(struct store_upload *upload, struct store_condition condition, jb_object_info *info,
                       jb_error *error);
void s3_upload_abort(struct store_upload *upload);
int s3_range(jb_store *store, jb_operation *operation, const char *bucket, const char *key, const char *version,
             struct store_transfer *transfer, jb_error *error);
int s3_link(jb_store *store, jb_operation *operation, const jb_link_options *options, char **url, jb_error *error);
int s3_grant(jb_store *store, jb_operation *operation, const jb_grant_options *options, char **credentials,
             jb_error *error);

#endif
