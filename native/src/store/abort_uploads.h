/* Ends uploads that were begun and neither completed nor aborted. */
#ifndef STORE_ABORT_UPLOADS_H
#define STORE_ABORT_UPLOADS_H

#include <jansson.h>

#include "store.h"

struct abort_request {
    const char *bucket;
    const char *prefix; /* of their keys */
    int64_t before;     /* only those that began at this time or earlier, in seconds since 1970 */
    bool dry_run;
};

/* Appends {"key", "begun"} of each to `aborted`. */
int abort_uploads(jb_store *store, jb_operation *operation, const struct abort_request *request, json_t *aborted,
                  jb_error *error);

#endif
