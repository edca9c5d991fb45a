/* One page of a listing, as a store answers it. */
#ifndef STORE_S3_PAGE_H
#define STORE_S3_PAGE_H

#include "request.h"

#define S3_PAGE_OBJECTS 1000

struct s3_page {
    jb_object_info objects[S3_PAGE_OBJECTS];
    char *keys[S3_PAGE_OBJECTS];
    size_t count;
    bool truncated;
    /* Where the next page begins; NULL where the store says nothing. */
    char *marker;         /* a continuation token; of versions a key, decoded */
    char *version_marker; /* of versions only */
    /* While it is read: */
    const char *root; /* "ListBucketResult" or "ListVersionsResult" */
    jb_object_info next;
    char *next_key;
    bool url_encoded, is_list;
};

/* Reads the answer to a listing of what starts with `prefix`. Clear the page in either case. */
int s3_page_read(struct s3_page *page, bool versions, const struct buffer *reply, const char *prefix, jb_error *error);
void s3_page_clear(struct s3_page *page);

#endif
