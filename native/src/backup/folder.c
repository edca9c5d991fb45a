#include "folder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FOLDERS_MAX 100000

struct folders {
    const char *name;
    struct folder *items;
    size_t count;
    size_t capacity;
    jb_error error; /* why the listing was ended; the store has a text of its own for that */
};

bool folder_keeps_name(const char *object)
{
    return strcmp(object, SEAL_NAME) == 0 || strcmp(object, VERIFIED_NAME) == 0 ||
           strncmp(object, ALIVE_PREFIX, strlen(ALIVE_PREFIX)) == 0;
}

static void enter(struct folder *folder, const char *object, const jb_object_info *info)
{
    if (strcmp(object, VERIFIED_NAME) == 0) {
        folder->has_verified = true;
        return;
    }
    folder->objects++;
    folder->bytes += info->bytes;
    if (info->modified > folder->modified)
        folder->modified = info->modified;
    if (strcmp(object, SEAL_NAME) == 0)
        folder->has_seal = true;
    if (strcmp(object, "digital-factory-data.tar.gz") == 0)
        folder->old_files |= OLD_DATA;
    if (strcmp(object, "database.tar") == 0 || strcmp(object, "jahia.sql.gz") == 0)
        folder->old_files |= OLD_DATABASE;
}

static int compare_folder(const void *left, const void *right)
{
    return strcmp(((const struct folder *)left)->id.folder, ((const struct folder *)right)->id.folder);
}

/* Stores list a folder's objects together in nearly all cases, so the last ones are looked at first. */
static struct folder *find(struct folders *folders, const char *name)
{
    for (size_t left = folders->count; left > 0; left--)
        if (strcmp(folders->items[left - 1].id.folder, name) == 0)
            return &folders->items[left - 1];
    return NULL;
}

static struct folder *add(struct folders *folders, const struct backup_id *id)
{
    if (folders->count == folders->capacity) {
        size_t capacity = folders->capacity == 0 ? 64 : folders->capacity * 2;
        struct folder *items = capacity > FOLDERS_MAX ? NULL : realloc(folders->items, capacity * sizeof *items);
        if (items == NULL) {
            if (capacity > FOLDERS_MAX)
                error_set(&folders->error, JB_ERROR_LIMIT, "the bucket holds more than %d backups", FOLDERS_MAX / 2);
            else
                error_no_memory(&folders->error);
            return NULL;
        }
        folders->items = items;
        folders->capacity = capacity;
    }
    struct folder *folder = &folders->items[folders->count++];
    *folder = (struct folder){.id = *id};
    return folder;
}

static int each_object(void *context, const jb_object_info *info)
{
    struct folders *folders = context;
    const char *slash = strchr(info->key, '/');
    if (slash == NULL || (size_t)(slash - info->key) >= FOLDER_SIZE)
        return 0;
    char name[FOLDER_SIZE];
    memcpy(name, info->key, (size_t)(slash - info->key));
    name[slash - info->key] = '\0';
    struct folder *folder = find(folders, name);
    if (folder == NULL) {
        struct backup_id id;
        if (!backup_id_parse(&id, name) || (folders->name != NULL && strcmp(id.name, folders->name) != 0))
            return 0;
        folder = add(folders, &id);
        if (folder == NULL)
            return 1;
    }
    enter(folder, slash + 1, info);
    return 0;
}

int folder_list(jb_store *store, jb_operation *operation, const char *bucket, const char *name, folder_fn each,
                void *context, jb_error *error)
{
    char prefix[FOLDER_SIZE] = "";
    if (name != NULL)
        snprintf(prefix, sizeof prefix, "%s_", name);
    struct folders folders = {.name = name, .error = JB_ERROR_INIT};
    const jb_list_options listing = {.size = sizeof listing, .prefix = prefix};
    int code = jb_store_list(store, operation, bucket, &listing, each_object, &folders, error);
    if (folders.error.code != JB_OK)
        code = error_copy(error, &folders.error);
    if (code == JB_OK && folders.count > 0)
        qsort(folders.items, folders.count, sizeof *folders.items, compare_folder);
    for (size_t i = 0; code == JB_OK && i < folders.count; i++)
        if (folders.items[i].objects > 0)
            code = each(context, &folders.items[i], error);
    free(folders.items);
    return code;
}

static int enter_one(void *context, const jb_object_info *info)
{
    struct folder *folder = context;
    enter(folder, info->key + strlen(folder->id.folder) + 1, info);
    return 0;
}

static void folder_prefix(const struct backup_id *id, char prefix[FOLDER_SIZE + 1])
{
    snprintf(prefix, FOLDER_SIZE + 1, "%s/", id->folder);
}

int folder_read(jb_store *store, jb_operation *operation, const char *bucket, const struct backup_id *id,
                struct folder *folder, jb_error *error)
{
    char prefix[FOLDER_SIZE + 1];
    folder_prefix(id, prefix);
    *folder = (struct folder){.id = *id};
    const jb_list_options listing = {.size = sizeof listing, .prefix = prefix};
    int code = jb_store_list(store, operation, bucket, &listing, enter_one, folder, error);
    if (code != JB_OK || folder->objects > 0)
        return code;
    error_set(error, JB_ERROR_NOT_FOUND, "there is no backup '%s' in '%s'", id->folder, bucket);
    return error_hint(error, "list the backups to see what there is");
}

int folder_confirm_object(jb_store *store, jb_operation *operation, const char *bucket, const struct backup_id *id,
                          const struct object *object, jb_error *error)
{
    for (size_t i = 0; i < object->segment_count; i++) {
        const struct object_segment *segment = &object->segments[i];
        char key[STORE_KEY_MAX + 1];
        backup_key(id, segment->name, key, sizeof key);
        jb_object_info info;
        int code = store_stat(store, operation, bucket, key, object_segment_version(segment), &info, error);
        if (code == JB_OK && info.bytes != segment->bytes)
            code = error_set(error, JB_ERROR_VERIFY, "'%s/%s' has %llu bytes instead of %llu", bucket, key,
                             (unsigned long long)info.bytes, (unsigned long long)segment->bytes);
        if (code != JB_OK)
            return code;
    }
    return object->index != NULL ? folder_confirm_object(store, operation, bucket, id, object->index, error) : JB_OK;
}
