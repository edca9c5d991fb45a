/* The inside of the catalog: reading and changing the whole document. */
#ifndef BACKUP_CATALOG_H
#define BACKUP_CATALOG_H

#include <jansson.h>

#include "../base/buffer.h"
#include "name.h"

struct catalog_state {
    json_t *document;
    json_t *backups; /* its list */
    bool exists;
    char tag[160];
};

int catalog_check(const jb_catalog *catalog, jb_error *error);

/* Only "it does not exist" is an empty catalog; every other failure to read it is a failure. JB_ERROR_FORMAT where it
 * is no catalog, or holds numbers that would be changed by writing it; `exists` and `tag` are set then, too. */
int catalog_read(const jb_catalog *catalog, jb_operation *operation, struct catalog_state *state, jb_error *error);

/* Changes the list; *changed is true before, and made false where there is nothing to write. */
typedef int (*catalog_change_fn)(json_t *backups, void *context, bool *changed, jb_error *error);

/* Keeps a text that cannot be understood and is about to be replaced; `tag` is that of this very text. */
typedef int (*catalog_keep_fn)(const struct buffer *text, const char *tag, void *context, jb_error *error);

/*
 * Reads, changes and writes if unchanged, until no other writer came between. Where the document cannot be understood:
 * JB_ERROR_FORMAT, or, with `keep` (else NULL), it is given there, each time, and the change begins with an empty one.
 */
int catalog_change(const jb_catalog *catalog, jb_operation *operation, catalog_keep_fn keep, catalog_change_fn change,
                   void *context, jb_error *error);

/* Is it the entry of this backup? */
bool catalog_is_entry(const json_t *entry, const char *name, const char *timestamp, const char *mode);

/* What the catalog gets of a backup, by its seal or an old one's description: the environment's texts, name, timestamp,
 * mode and size. A new reference. */
json_t *catalog_entry(const json_t *document, int *code, jb_error *error);

#endif
