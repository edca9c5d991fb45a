#include "name.h"

#include <stdio.h>
#include <string.h>

#include "../codec/utf8.h"

int backup_name_check(const char *name, jb_error *error)
{
    if (name == NULL || name[0] == '\0')
        return error_set(error, JB_ERROR_USAGE, "the backup's name is missing");
    if (strlen(name) <= NAME_MAX_BYTES && strchr(name, '/') == NULL && utf8_is_text(name))
        return JB_OK;
    error_set(error, JB_ERROR_USAGE, "'%.250s' is no name for a backup", name);
    return error_hint(error, "a name is 1 to %d bytes of UTF-8 without '/' and control characters", NAME_MAX_BYTES);
}

int backup_mode_check(const char *mode, jb_error *error)
{
    if (mode != NULL && (strcmp(mode, "manual") == 0 || strcmp(mode, "auto") == 0))
        return JB_OK;
    return error_set(error, JB_ERROR_USAGE, "the mode '%.50s' is neither 'manual' nor 'auto'",
                     mode == NULL ? "" : mode);
}

int backup_id_set(struct backup_id *id, const char *name, const char *timestamp, const char *mode, jb_error *error)
{
    int64_t seconds;
    int code = backup_name_check(name, error);
    if (code == JB_OK)
        code = backup_mode_check(mode, error);
    if (code != JB_OK)
        return code;
    if (timestamp == NULL || strlen(timestamp) != CLOCK_TIMESTAMP_SIZE - 1 ||
        !clock_parse_timestamp(timestamp, &seconds)) {
        error_set(error, JB_ERROR_USAGE, "'%.50s' is no timestamp", timestamp == NULL ? "" : timestamp);
        return error_hint(error, "write it like '2026-11-22T23:48:00', in UTC");
    }
    snprintf(id->name, sizeof id->name, "%s", name);
    snprintf(id->timestamp, sizeof id->timestamp, "%s", timestamp);
    snprintf(id->mode, sizeof id->mode, "%s", mode);
    snprintf(id->folder, sizeof id->folder, "%s_%s_%s", name, timestamp, mode);
    return JB_OK;
}

bool backup_id_parse(struct backup_id *id, const char *folder)
{
    const char *mode = strrchr(folder, '_');
    const size_t timestamp_length = CLOCK_TIMESTAMP_SIZE - 1;
    if (mode == NULL || (size_t)(mode - folder) < timestamp_length + 2)
        return false;
    const char *timestamp = mode - timestamp_length;
    size_t name_length = (size_t)(timestamp - folder) - 1;
    if (timestamp[-1] != '_' || name_length > NAME_MAX_BYTES)
        return false;
    char name[NAME_MAX_BYTES + 1];
    char time[CLOCK_TIMESTAMP_SIZE];
    memcpy(name, folder, name_length);
    name[name_length] = '\0';
    memcpy(time, timestamp, timestamp_length);
    time[timestamp_length] = '\0';
    return backup_id_set(id, name, time, mode + 1, NULL) == JB_OK;
}

void backup_key(const struct backup_id *id, const char *object, char *key, size_t size)
{
    snprintf(key, size, "%s/%s", id->folder, object);
}
