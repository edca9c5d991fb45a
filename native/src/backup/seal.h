/* The seal: `backup.json` in a backup's folder. What it says and how it proves itself: docs/formats.md, Seal. */
#ifndef BACKUP_SEAL_H
#define BACKUP_SEAL_H

#include <jansson.h>

#include "../base/buffer.h"
#include "../store/store.h"
#include "name.h"

#define SEAL_NAME      "backup.json"
#define SEAL_FORMAT    "jpsbackup-seal-1"
#define SEAL_BYTES_MAX ((size_t)64 << 20)
/* A running backup none of whose objects was renewed for so long is abandoned. */
#define SEAL_ABANDONED_SECONDS (15 * 60)

struct seal {
    json_t *document;
    char tag[160];                 /* for the next conditional write */
    int64_t modified;              /* by the store's clock */
    char version[JB_VERSION_SIZE]; /* that was read, where the bucket keeps versions; else "" */
};

void seal_clean_up(struct seal *seal);

/* The text of a seal with its own digest at the end, appended to `text`. */
int seal_encode(const json_t *document, struct buffer *text, jb_error *error);
/* Checks digest, format and the members that every seal has. JB_ERROR_FORMAT: it is damaged. JB_ERROR_UNSUPPORTED: it
 * is whole, but of another format: a newer version made it. */
int seal_decode(const char *text, size_t size, json_t **document, jb_error *error);

/* Is the code that of a seal which tells nothing, as it is damaged or a newer version's? */
bool seal_is_unreadable(int code);

/* Reads and checks the backup's seal. Its name, timestamp and mode must be those of the folder. */
int seal_read(jb_store *store, jb_operation *operation, const char *bucket, const struct backup_id *id,
              struct seal *seal, jb_error *error);
/* Writes it as `when` says (STORE_IF_UNCHANGED: since it was read) and remembers the new tag. */
int seal_write(jb_store *store, jb_operation *operation, const char *bucket, const struct backup_id *id,
               struct seal *seal, bool create, jb_error *error);

/* "running", "complete" or "deleting". */
const char *seal_state(const struct seal *seal);

#endif
