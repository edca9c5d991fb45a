/* A backup's name, timestamp and mode, and the folder that they make: {name}_{timestamp}_{mode}. */
#ifndef BACKUP_NAME_H
#define BACKUP_NAME_H

#include <jpsbackup/backup.h>

#include "../base/clock.h"
#include "../base/error.h"

#define NAME_MAX_BYTES 200
#define FOLDER_SIZE    (NAME_MAX_BYTES + 32)

struct backup_id {
    char name[NAME_MAX_BYTES + 1];
    char timestamp[CLOCK_TIMESTAMP_SIZE];
    char mode[8];
    char folder[FOLDER_SIZE];
};

/* JB_ERROR_USAGE unless the name is 1 to 200 bytes of UTF-8 text without '/'. */
int backup_name_check(const char *name, jb_error *error);
int backup_mode_check(const char *mode, jb_error *error);

/* Checks all three and makes the folder. */
int backup_id_set(struct backup_id *id, const char *name, const char *timestamp, const char *mode, jb_error *error);

/* Takes a folder's name apart, from its end, for the name itself may hold '_'; false where it is no backup's folder. */
bool backup_id_parse(struct backup_id *id, const char *folder);

/* The key of an object in the folder; `size` at least STORE_KEY_MAX + 1. */
void backup_key(const struct backup_id *id, const char *object, char *key, size_t size);

#endif
