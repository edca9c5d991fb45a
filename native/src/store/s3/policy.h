/* A session's inline policy: exactly the objects that were named. */
#ifndef STORE_S3_POLICY_H
#define STORE_S3_POLICY_H

#include "s3.h"

/* STS takes no more characters (AWS Security Token Service API Reference, "Policy"). */
#define S3_POLICY_MAX 2048

/*
 * Appends the policy's JSON. JB_ERROR_UNSUPPORTED for names that a policy would read as patterns, JB_ERROR_LIMIT where
 * it gets too long.
 */
int s3_policy(const struct s3_store *s3, const jb_grant_options *options, struct buffer *policy, jb_error *error);

#endif
