/*
 * SHA-256 as the checksum that a store verifies and keeps: the digest that signs a request, said once more in a header.
 * Whether a store knows it shows in its answers; one that refuses the headers is asked without them from then on.
 */
#ifndef STORE_S3_CHECKSUM_H
#define STORE_S3_CHECKSUM_H

#include "request.h"

#define S3_CHECKSUM_SIZE 45 /* base64 of SHA-256, with its NUL */

void s3_checksum_text(const unsigned char sha256[SHA256_SIZE], char text[S3_CHECKSUM_SIZE]);
/* Whether `text` is that checksum, or, where `parts` is not 0, that of an object of so many parts ("CHECKSUM-PARTS").
 */
bool s3_checksum_is(const char *text, const char checksum[S3_CHECKSUM_SIZE], size_t parts);

/* Reads either form; a text of another one is no known digest. */
void s3_checksum_read(const char *text, struct store_digest *digest);

/* What the reply to a request that sent the checksum says of it. */
enum s3_confirmation { S3_UNCONFIRMED, S3_CONFIRMED, S3_CONTRADICTED };
enum s3_confirmation s3_checksum_in_reply(struct s3_store *s3, const struct http_request *reply,
                                          const char checksum[S3_CHECKSUM_SIZE]);

/* Whether the next request shall carry one. */
bool s3_checksums_wanted(struct s3_store *s3);
/* Whether this failed request, which carried one, may go well without: only of a store that has not shown yet that it
 * knows checksums. */
bool s3_checksum_refused(const struct s3_request *request);
/* The request went well without: the store is not asked again. */
void s3_checksums_forget(struct s3_store *s3, jb_operation *operation);
/* JB_ERROR_UNSUPPORTED where checksums must be and this answer confirmed none. */
int s3_checksums_check(const struct s3_store *s3, const char *bucket, const char *key, jb_error *error);

#endif
