/* One request to S3: built, signed before each try, its reply judged. */
#ifndef STORE_S3_REQUEST_H
#define STORE_S3_REQUEST_H

#include "../../cloud/aws/sigv4.h"
#include "../../cloud/uri.h"
#include "../../codec/digest.h"
#include "../../codec/xml.h"
#include "../reply.h"
#include "s3.h"

#define S3_QUERY_MAX   8
#define S3_HEADERS_MAX 16
#define S3_XML_MAX     (4u << 20) /* bytes of an answer in XML, but for a listing's */
#define S3_XMLNS       "http://s3.amazonaws.com/doc/2006-03-01/"

struct s3_request {
    struct http_request http;
    struct s3_store *s3;
    const char *what; /* "read", for messages: "cannot read 's3://…'" */
    char *bucket;     /* copies, for a request may outlive the call that started it */
    char *key;        /* NULL for the bucket itself */
    struct uri_parameter query[S3_QUERY_MAX];
    size_t query_count;
    struct sigv4_header headers[S3_HEADERS_MAX]; /* names static, values copied */
    size_t header_count;
    char payload_hash[SHA256_HEX_SIZE];
    char *host;
    struct buffer path, canonical_query, url;
    /* After a wanted status: whether the reply is what was asked for; fills request->http.error unless HTTP_DONE.
     * Optional. */
    enum http_verdict (*check)(struct s3_request *request);
    void *context;               /* the caller's */
    char region[S3_REGION_SIZE]; /* that the request is signed for */
    bool moved;                  /* to the region that the store named; that happens once */
    bool clock_corrected;        /* after a refusal of this request's date; that happens once */
    char store_code[64];         /* of the last reply that was an error, such as "NoSuchKey"; else empty */
};

/* The steps of a request's life; after a failure of any but the first, clean_up is still due. */
int s3_request_init(struct s3_request *request, struct s3_store *s3, jb_operation *operation, const char *what,
                    const char *method, const char *bucket, const char *key, jb_error *error);
/* `value` is kept, not copied: until s3_request_build. */
void s3_request_query(struct s3_request *request, const char *name, const char *value);
/* A version's id, kept too; NULL: the present version. */
void s3_request_version(struct s3_request *request, const char *version);
int s3_request_header(struct s3_request *request, const char *name, const char *value, jb_error *error);
/* The body is kept, not copied. Its digest is computed unless `sha256` gives it. */
int s3_request_body(struct s3_request *request, const void *bytes, size_t count, const unsigned char *sha256,
                    jb_error *error);
/* The same for XML, with the checksums beside its signature that S3 wants for settings and deletions. */
int s3_request_xml_body(struct s3_request *request, const struct buffer *body, jb_error *error);
/* The condition's header. */
int s3_request_condition(struct s3_request *request, struct store_condition condition, jb_error *error);
/* address.c: makes the URL; the last step before http_submit. */
int s3_request_build(struct s3_request *request, jb_error *error);
/* For a reply that names the bucket's region: aims the request at it, and those to come. To AWS's own endpoints it goes
 * in that region, to others where it went before, signed for that region. False where it cannot be, or was done. */
bool s3_request_move(struct s3_request *request, const char *region);
/* Builds, performs, and fills `error` with a text that says what could not be done to what. */
int s3_request_perform(struct s3_request *request, jb_error *error);
/* The same, and reads the answer, which is XML, and none where nothing is to be told. */
int s3_request_xml(struct s3_request *request, xml_element_fn each, void *context, jb_error *error);
/* Puts "cannot WHAT 's3://…': " before the error of a request that was submitted and failed. */
void s3_request_explain(struct s3_request *request);
void s3_request_clean_up(struct s3_request *request);

/* error.c: judges a reply whose status is not the wanted one, by the store's code and message in its body. */
enum http_verdict s3_judge_problem(struct s3_request *request);
/* The same for a code that stands in the body of a reply with status 200. */
enum http_verdict s3_judge_code(struct s3_request *request, const char *code, const char *message);

/* object.c: bytes, time, tag and version out of a reply's headers. Bytes are taken from content-length only where
 * `with_bytes`.
 */
int s3_info_from_reply(const struct http_request *reply, bool with_bytes, jb_object_info *info, jb_error *error);
#define S3_CHECKSUM_VALUE_SIZE 64
/* As s3_stat; `checksum` (may be NULL) gets the SHA-256 that the store keeps, "" where it keeps none. */
int s3_head(struct s3_store *s3, jb_operation *operation, const char *bucket, const char *key, const char *version,
            jb_object_info *info, char checksum[S3_CHECKSUM_VALUE_SIZE], jb_error *error);

/* write.c: removes what this store's handle has just made, best effort; `version` may be "". */
void s3_remove_own(struct s3_store *s3, jb_operation *operation, const char *bucket, const char *key,
                   const char *version);

/* attributes.c: headers of a request that makes an object; and whether its answer confirms them, else
 * request->http.error is filled. */
int s3_ask_attributes(struct s3_request *request, jb_error *error);
bool s3_attributes_confirmed(struct s3_request *request);
/* Asks for the object itself: some stores name the encryption only there. `version` may be "". */
int s3_confirm_encryption(struct s3_store *s3, jb_operation *operation, const char *bucket, const char *key,
                          const char *version, jb_error *error);

#endif
