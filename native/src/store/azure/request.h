/* One request to Azure's blob service: built, dated and signed before each try, its reply judged. */
#ifndef STORE_AZURE_REQUEST_H
#define STORE_AZURE_REQUEST_H

#include "../../cloud/azure/sas.h"
#include "../reply.h"
#include "azure.h"

#define AZURE_QUERY_MAX   8
#define AZURE_HEADERS_MAX 64
#define AZURE_TAGS_MAX    50    /* of a container: what one request can hold */
#define AZURE_TIDY_MS     60000 /* for what is done although the operation was cancelled */

#define AZURE_VERSION_HEADER "x-ms-version-id"

struct azure_request {
    struct http_request http;
    struct azure_store *azure;
    const char *what; /* "read", for messages: "cannot read 'azure://…'" */
    char *bucket;     /* copies, for a request may outlive the call that started it; NULL for the service itself */
    char *key;        /* NULL for the bucket itself */
    struct uri_parameter query[AZURE_QUERY_MAX];
    size_t query_count;
    struct shared_key_header headers[AZURE_HEADERS_MAX]; /* copies; they may be secrets */
    size_t header_count;
    struct buffer path, url;
    /* After a wanted status: whether the reply is what was asked for; fills request->http.error unless HTTP_DONE.
     * Optional. */
    enum http_verdict (*check)(struct azure_request *request);
    void *context;       /* the caller's */
    char store_code[64]; /* of the last reply that was an error, such as "BlobNotFound"; else empty */
};

/* The steps of a request's life; after a failure of any but the first, clean_up is still due. */
int azure_request_init(struct azure_request *request, struct azure_store *azure, jb_operation *operation,
                       const char *what, const char *method, const char *bucket, const char *key, jb_error *error);
/* `value` is kept, not copied: until the request is done. NULL adds nothing. */
void azure_request_query(struct azure_request *request, const char *name, const char *value);
/* `name` in lower case. */
int azure_request_header(struct azure_request *request, const char *name, const char *value, jb_error *error);
/* The body is kept, not copied. */
void azure_request_body(struct azure_request *request, const void *bytes, size_t count);
/* The condition's header. */
int azure_request_condition(struct azure_request *request, struct store_condition condition, jb_error *error);
/* The tier that new objects get. */
int azure_request_tier(struct azure_request *request, jb_error *error);
/* Makes the URL; the last step before http_submit. */
int azure_request_build(struct azure_request *request, jb_error *error);
/* Builds, performs, and fills `error` with a text that says what could not be done to what. */
int azure_request_perform(struct azure_request *request, jb_error *error);
/* Puts "cannot WHAT 'azure://…': " before the error of a request that was submitted and failed. */
void azure_request_explain(struct azure_request *request);
bool azure_request_failed_with(const struct azure_request *request, const char *store_code);
void azure_request_clean_up(struct azure_request *request);

/* Appends the URL's path to a container, or to a blob in it. */
int azure_append_path(const struct azure_store *azure, struct buffer *path, const char *bucket, const char *key,
                      jb_error *error);

/* error.c: judges a reply whose status is not the wanted one, by the store's code in header or body. */
enum http_verdict azure_judge_problem(struct azure_request *request);

/* names.c: what Azure can hold of what every store can. */
int azure_check_names(const char *bucket, const char *key, jb_error *error);

/* object.c */
enum http_verdict azure_check_tag(struct azure_request *request);

/* remove.c: the object, if it still is the one with this tag, and its version with it. */
int azure_remove_exactly(struct azure_store *azure, jb_operation *operation, const char *bucket, const char *key,
                         const jb_object_info *info, jb_error *error);
/* The same for what was just written under a name that was free and is not as it was sent; works when cancelled. */
void azure_remove_unconfirmed(struct azure_store *azure, jb_operation *operation, const char *bucket, const char *key,
                              const jb_object_info *info);

/* delegation.c: a key that signs until then, for those who have tokens in place of the account's key. */
int azure_delegation(struct azure_store *azure, jb_operation *operation, int64_t expires,
                     struct sas_delegation *delegation, jb_error *error);
/* grant.c: a signature for one blob. */
int azure_sign_blob(struct azure_store *azure, jb_operation *operation, const struct sas_blob *blob,
                    struct buffer *query, jb_error *error);

#endif
