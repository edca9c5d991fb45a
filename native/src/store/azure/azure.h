/* The Azure driver's handle, and what its files share. */
#ifndef STORE_AZURE_AZURE_H
#define STORE_AZURE_AZURE_H

#include "../../http/client.h"
#include "../store.h"
#include "auth.h"

struct azure_store {
    struct jb_store store; /* first */
    struct http_client *http;
    struct azure_auth auth;
    char *account;
    char *origin; /* "https://host[:port]" */
    char *root;   /* the path before containers: "" or "/devstoreaccount1" */
    char *tier;   /* NULL: the account's default */
};

/* As store_azure_open, with the times that tests shorten; `tuning` members of 0 mean the default. */
int azure_store_open_tuned(const jb_store_options *options, const struct http_options *tuning, jb_store **store,
                           jb_error *error);

int azure_make_bucket(jb_store *store, jb_operation *operation, const char *bucket, jb_error *error);
int azure_test_bucket(jb_store *store, jb_operation *operation, const char *bucket, jb_error *error);
int azure_tag_bucket(jb_store *store, jb_operation *operation, const char *bucket, const jb_tag *tags, size_t count,
                     jb_error *error);
int azure_delete_bucket(jb_store *store, jb_operation *operation, const char *bucket, jb_error *error);
int azure_bucket_features(jb_store *store, jb_operation *operation, const char *bucket,
                          struct store_bucket_features *features, jb_error *error);
int azure_stat(jb_store *store, jb_operation *operation, const char *bucket, const char *key, const char *version,
               jb_object_info *info, jb_error *error);
int azure_read(jb_store *store, jb_operation *operation, const char *bucket, const char *key, const char *version,
               struct buffer *body, jb_object_info *info, jb_error *error);
int azure_write(jb_store *store, jb_operation *operation, const char *bucket, const char *key, const void *bytes,
                size_t count, const unsigned char *sha256, struct store_condition condition, jb_object_info *info,
                jb_error *error);
int azure_list(jb_store *store, jb_operation *operation, const char *bucket, const jb_list_options *options,
               jb_object_fn each, void *context, jb_error *error);
int azure_remove(jb_store *store, jb_operation *operation, const char *bucket, const struct store_key *keys,
                 size_t count, jb_error *error);
int azure_copy(jb_store *store, jb_operation *operation, const jb_copy_options *options, jb_error *error);
int azure_protect(jb_store *store, jb_operation *operation, const char *bucket, const struct store_key *key,
                  const jb_protection *protection, jb_error *error);
int azure_protection(jb_store *store, jb_operation *operation, const char *bucket, const struct store_key *key,
                     jb_protection *protection, jb_error *error);
int azure_link(jb_store *store, jb_operation *operation, const jb_link_options *options, char **url, jb_error *error);
int azure_grant(jb_store *store, jb_operation *operation, const jb_grant_options *options, char **credentials,
                jb_error *error);
int azure_list_uploads(jb_store *store, jb_operation *operation, const char *bucket, const char *prefix,
                       store_unfinished_fn each, void *context, jb_error *error);
int azure_remove_upload(jb_store *store, jb_operation *operation, const char *bucket, const char *key, const char *id,
                        jb_error *error);
int azure_upload_begin(jb_store *store, jb_operation *operation, const char *bucket, const char *key,
                       struct store_upload **upload, jb_error *error);
int azure_upload_part(struct store_upload *upload, unsigned number, struct store_transfer *transfer, jb_error *error);
int azure_upload_complete(struct store_upload *upload, struct store_condition condition, jb_object_info *info,
                          jb_error *error);
void azure_upload_abort(struct store_upload *upload);
int azure_range(jb_store *store, jb_operation *operation, const char *bucket, const char *key, const char *version,
                struct store_transfer *transfer, jb_error *error);

#endif
