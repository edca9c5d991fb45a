/* The answer to what takes a store long: status 200 is sent before the work is done, and the body says how it ended. */
#ifndef STORE_S3_RESULT_H
#define STORE_S3_RESULT_H

#include "request.h"

struct s3_result {
    const char *name; /* of the answer's root, "CopyObjectResult"; the caller's */
    char root[64], tag[160], code[64], message[256];
    char checksum[S3_CHECKSUM_VALUE_SIZE];
    jb_object_info info; /* version and time, by the answer's header */
};

/* A request's check: request->context is its s3_result, and request->http.reply has the body. */
enum http_verdict s3_result_check(struct s3_request *request);

#endif
