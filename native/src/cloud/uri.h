/* Paths and queries in the one form that both a request's line and its signature hold. */
#ifndef CLOUD_URI_H
#define CLOUD_URI_H

#include "../base/buffer.h"

/* A query's parameter, not encoded. */
struct uri_parameter {
    const char *name;
    const char *value;
};

#define URI_PARAMETERS_MAX 64

/* Appends `text`, all but letters, digits and "-._~" as %XX; '/' stays where `keep_slashes`. */
int uri_encode(struct buffer *buffer, const char *text, bool keep_slashes, jb_error *error);

/* Turns %XX, and '+' into a blank, back in place; false where a sequence is malformed or gives a NUL. */
bool uri_decode_form(char *text);

/*
 * Appends the path as AWS's services other than S3 sign it: "." and ".." resolved, slashes joined, encoded. S3 signs
 * the path as it is sent: uri_encode alone.
 */
int uri_normalized_path(struct buffer *buffer, const char *path, jb_error *error);

/* Appends the parameters encoded, sorted by encoded name, then value, joined by '&'. JB_ERROR_LIMIT for too many. */
int uri_canonical_query(struct buffer *buffer, const struct uri_parameter *parameters, size_t count, jb_error *error);

#endif
