/* Finding a backup and what it holds. */
#ifndef BACKUP_FIND_H
#define BACKUP_FIND_H

#include "folder.h"

/* A backup that was found, with the description of what it holds. */
struct backup {
    struct backup_id id;
    json_t *document; /* the seal, or an old backup's description of the same form, with "format": "old" and objects
                         without digests */
    bool old;
    char passed_over[sizeof((struct backup_id *)NULL)->folder]; /* the newest with a damaged seal, where the newest
                                                                   complete one was sought; else "" */
};

void backup_clean_up(struct backup *backup);

/* Finds the named backup, or the newest complete one where the timestamp is NULL, "" or "latest". Refuses what is not
 * complete unless `unfinished`. */
int backup_find(jb_store *store, jb_operation *operation, const jb_backup_name *name, bool unfinished,
                struct backup *backup, jb_error *error);

/* Of a seal that could not be read: where it is damaged (JB_ERROR_FORMAT), JB_ERROR_VERIFY with a hint. */
int backup_seal_trouble(int code, jb_error *error);

/* The state as listings show it; `seal` is NULL where it could not be read, or there is none. Static. A running one is
 * abandoned by the store's own clock, which is asked then. */
const char *backup_state(jb_store *store, jb_operation *operation, const struct folder *folder,
                         const struct seal *seal);

/* The object's description by its name; NULL `object`: the only one. Lives as long as the backup. */
int backup_object(const struct backup *backup, const char *object, const json_t **description, jb_error *error);

#endif
