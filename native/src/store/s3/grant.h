/* Rights to single objects for others: the ways that stores have for it. */
#ifndef STORE_S3_GRANT_H
#define STORE_S3_GRANT_H

#include "s3.h"

/* Appends a credentials file (docs/formats.md) of signed requests that are good for `seconds` from `begin`. */
int s3_grant_requests(struct s3_store *s3, jb_operation *operation, const jb_grant_options *options, int64_t begin,
                      uint32_t seconds, struct buffer *credentials, jb_error *error);
/* JB_ERROR_UNSUPPORTED where a signed request could be made to copy what it was not signed for (unsigned_copy.c). Tried
 * out in the bucket, in the names of objects that nobody has. */
int s3_refuses_unsigned_copy(struct s3_store *s3, jb_operation *operation, const char *bucket, jb_error *error);

#endif
