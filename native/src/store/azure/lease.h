/* Leases on a container (`key` NULL) or a blob: who holds one keeps others from deleting it, a blob from being written.
 */
#ifndef STORE_AZURE_LEASE_H
#define STORE_AZURE_LEASE_H

#include "request.h"

#define AZURE_LEASE_SIZE 37 /* of a lease's id, with its NUL */

struct azure_leased {
    struct azure_store *azure;
    const char *bucket;
    const char *key;
    char id[AZURE_LEASE_SIZE];
};

/* For 15 to 60 seconds, or -1: until released. Fills the id. JB_ERROR_CONFLICT where somebody else holds one. */
int azure_lease_acquire(struct azure_leased *leased, jb_operation *operation, int seconds, jb_error *error);
/* Begins its time anew. JB_ERROR_CONFLICT where it was lost. */
int azure_lease_renew(const struct azure_leased *leased, jb_operation *operation, jb_error *error);
int azure_lease_release(const struct azure_leased *leased, jb_operation *operation, jb_error *error);
/* Ends whoever's lease at once; the id does not matter. */
int azure_lease_break(const struct azure_leased *leased, jb_operation *operation, jb_error *error);

#endif
