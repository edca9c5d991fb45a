/* A store whose requests were signed beforehand (docs/formats.md, Credentials file): it signs nothing and looks each
 * request up. */
#ifndef STORE_S3_PRESIGNED_H
#define STORE_S3_PRESIGNED_H

#include "request.h"

/* Of a written object that is not said to be small; see jb_grant. */
#define S3_PRESIGNED_SMALL_BYTES (UINT64_C(5) << 20)

struct s3_presigned;

/* `text` is the grants' JSON. JB_ERROR_FORMAT tells what is wrong, and nothing of what stands there. */
int s3_presigned_new(const char *text, struct s3_presigned **presigned, jb_error *error);
/* Zeroes what it holds. NULL is allowed. */
void s3_presigned_free(struct s3_presigned *presigned);

/* Parts that every upload can have. */
uint32_t s3_presigned_parts(const struct s3_presigned *presigned);

/* Finds the URL of a request, its method, key and query being set. JB_ERROR_ACCESS where it was not granted, or the
 * time is over. */
int s3_presigned_build(const struct s3_presigned *presigned, struct s3_request *request, jb_error *error);
/* Adds the headers for one try: those that were signed, and those that need not be. */
int s3_presigned_prepare(const struct s3_presigned *presigned, struct s3_request *request, jb_error *error);
/* The id of the upload that was begun for this object; it can be used once. Free with free(). */
int s3_presigned_upload(struct s3_presigned *presigned, const char *bucket, const char *key, char **id,
                        jb_error *error);
/* The object was written whole: ends the upload that was begun for it and is not used; best effort. */
void s3_presigned_drop(struct s3_store *s3, const char *bucket, const char *key);

#endif
