/* What a store's error code, or a reply's status alone, means in the library's own terms. */
#ifndef STORE_MEANING_H
#define STORE_MEANING_H

#include <jpsbackup/error.h>
#include <stdbool.h>
#include <stddef.h>

struct store_meaning {
    const char *store_code;
    jb_code code;
    bool retry;
    const char *hint; /* NULL: none */
};

/* The entry of the code, else what the status says, as for replies without a body that tells more: to HEAD, or from a
 * proxy. `rights_hint` goes with a refusal that only the status tells. */
struct store_meaning store_meaning_of(const struct store_meaning *meanings, size_t count, const char *store_code,
                                      int status, const char *rights_hint);

/* Fills `error` with code, text (the store's own words where it has any) and hint. */
void store_meaning_tell(const struct store_meaning *meaning, const char *store_code, const char *message, int status,
                        jb_error *error);

#endif
