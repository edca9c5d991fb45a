/* A storage account's key, and what it signs (Azure: "Authorize with Shared Key", the form of version 2015-02-21 on).
 */
#ifndef CLOUD_AZURE_SHARED_KEY_H
#define CLOUD_AZURE_SHARED_KEY_H

#include "../uri.h"

#define SHARED_KEY_MAX            128 /* bytes; Azure's are of 64 */
#define SHARED_KEY_SIGNATURE_SIZE 45  /* base64 of an HMAC-SHA-256, with its NUL */

struct shared_key {
    unsigned char bytes[SHARED_KEY_MAX];
    size_t size;
};

/* From base64; an error never quotes it. JB_ERROR_USAGE. clean_up zeroes it. */
int shared_key_init(struct shared_key *key, const char *base64, jb_error *error);
void shared_key_clean_up(struct shared_key *key);

/* HMAC-SHA-256 of a text, in base64. */
int shared_key_sign(const struct shared_key *key, const char *text, size_t size,
                    char signature[SHARED_KEY_SIGNATURE_SIZE], jb_error *error);

#define SHARED_KEY_HEADERS_MAX 72

struct shared_key_header {
    const char *name; /* lower case */
    const char *value;
};

/* What of a request is signed. */
struct shared_key_request {
    const char *method;
    const char *account;
    const char *path; /* as it is sent, encoded */
    const struct uri_parameter *query;
    size_t query_count;
    const struct shared_key_header *headers; /* the x-ms- ones, and those that stand in the string by themselves */
    size_t header_count;
    uint64_t body_size;
};

/* Appends the string to sign. */
int shared_key_string(const struct shared_key_request *request, struct buffer *string, jb_error *error);
/* Appends the value of the Authorization header. */
int shared_key_authorization(const struct shared_key *key, const struct shared_key_request *request,
                             struct buffer *value, jb_error *error);

#endif
