/* Listings of a container, page by page. */
#ifndef STORE_AZURE_LIST_H
#define STORE_AZURE_LIST_H

#include "request.h"

struct azure_listing {
    struct azure_store *azure;
    jb_operation *operation;
    const char *bucket;
    const char *prefix;
    const char *delimiter; /* or NULL */
    const char *include;   /* "versions", "uncommittedblobs", …; or NULL */
    unsigned page_size;    /* 0: what the service gives at most */
    /* Whatever is named. Any other answer than JB_OK ends the listing with that code; fill `error` then. */
    int (*each)(void *context, const jb_object_info *info, jb_error *error);
    void *context;
};

/* One page as the service sent it; `*marker` (for free()) is where the next begins, NULL or "" at the end. */
int azure_read_page(const struct azure_listing *listing, const struct buffer *reply, char **marker, jb_error *error);

/* All pages. */
int azure_list_all(const struct azure_listing *listing, jb_error *error);

#endif
