/* Requests that were signed beforehand, for others to make. */
#ifndef STORE_S3_PRESIGN_H
#define STORE_S3_PRESIGN_H

#include "request.h"

/* One request to sign. */
struct s3_presign {
    const char *method;
    const char *bucket;
    const char *key;
    const struct uri_parameter *query;
    size_t query_count;
    const struct sigv4_header *headers; /* that the user has to send with it, beside "host" */
    size_t header_count;
    int64_t begin; /* seconds since 1970 */
    uint32_t seconds;
};

/* Appends the whole URL, the signature at its end. No server is asked. */
int s3_presign(struct s3_store *s3, const struct s3_presign *presign, struct buffer *url, jb_error *error);

#endif
