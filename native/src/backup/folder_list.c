/* The folders of a bucket, and what a listing tells of each. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "folder.h"

#define FOLDERS_MAX 200000
#define SLOTS_FIRST 256

/* Small, for there may be many. */
struct item {
    char *name;
    uint64_t bytes;
    uint64_t objects;
    int64_t modified;
    unsigned old_files;
    bool has_seal;
    bool has_verified;
};

/* A hash table of items, at most half full; a slot holds an item's number plus 1. */
struct folders {
    const char *name; /* of the backups that are sought; NULL: any */
    struct item *items;
    size_t count;
    size_t capacity;
    uint32_t *slots;
    size_t slot_count; /* a power of two */
    jb_error error;    /* why the listing was ended; the store has a text of its own for that */
};

static void enter(struct item *item, const char *object, const jb_object_info *info)
{
    if (strcmp(object, VERIFIED_NAME) == 0) {
        item->has_verified = true;
        return;
    }
    item->objects++;
    item->bytes += info->bytes;
    if (info->modified > item->modified)
        item->modified = info->modified;
    if (strcmp(object, SEAL_NAME) == 0)
        item->has_seal = true;
    if (strcmp(object, "digital-factory-data.tar.gz") == 0)
        item->old_files |= OLD_DATA;
    if (strcmp(object, "database.tar") == 0 || strcmp(object, "jahia.sql.gz") == 0)
        item->old_files |= OLD_DATABASE;
}

static void take(struct folder *folder, const struct item *item)
{
    folder->bytes = item->bytes;
    folder->objects = item->objects;
    folder->modified = item->modified;
    folder->old_files = item->old_files;
    folder->has_seal = item->has_seal;
    folder->has_verified = item->has_verified;
}

/* FNV-1a */
static uint64_t hash_of(const char *text)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (; *text != '\0'; text++)
        hash = (hash ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
    return hash;
}

/* The slot that holds the name, or the free one where it belongs. */
static uint32_t *find_slot(const struct folders *folders, const char *name)
{
    size_t mask = folders->slot_count - 1;
    size_t at = (size_t)hash_of(name) & mask;
    while (folders->slots[at] != 0 && strcmp(folders->items[folders->slots[at] - 1].name, name) != 0)
        at = (at + 1) & mask;
    return &folders->slots[at];
}

static int grow_slots(struct folders *folders)
{
    size_t count = folders->slot_count == 0 ? SLOTS_FIRST : folders->slot_count * 2;
    uint32_t *slots = calloc(count, sizeof *slots);
    if (slots == NULL)
        return error_no_memory(&folders->error);
    free(folders->slots);
    folders->slots = slots;
    folders->slot_count = count;
    for (size_t i = 0; i < folders->count; i++)
        *find_slot(folders, folders->items[i].name) = (uint32_t)(i + 1);
    return JB_OK;
}

static int grow_items(struct folders *folders)
{
    size_t capacity = folders->capacity == 0 ? 64 : folders->capacity + folders->capacity / 2;
    struct item *items = realloc(folders->items, capacity * sizeof *items);
    if (items == NULL)
        return error_no_memory(&folders->error);
    folders->items = items;
    folders->capacity = capacity;
    return JB_OK;
}

static struct item *add(struct folders *folders, const char *name)
{
    if (folders->count == FOLDERS_MAX) {
        error_set(&folders->error, JB_ERROR_LIMIT, "the bucket holds more than %d backups", FOLDERS_MAX);
        return NULL;
    }
    if (folders->count == folders->capacity && grow_items(folders) != JB_OK)
        return NULL;
    if (folders->count * 2 >= folders->slot_count && grow_slots(folders) != JB_OK)
        return NULL;
    struct item *item = &folders->items[folders->count];
    *item = (struct item){.name = strdup(name)};
    if (item->name == NULL) {
        error_no_memory(&folders->error);
        return NULL;
    }
    uint32_t *slot = find_slot(folders, name);
    *slot = (uint32_t)++folders->count;
    return item;
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
    uint32_t known = folders->slot_count > 0 ? *find_slot(folders, name) : 0;
    struct item *item = known > 0 ? &folders->items[known - 1] : NULL;
    if (item == NULL) {
        struct backup_id id;
        if (!backup_id_parse(&id, name) || (folders->name != NULL && strcmp(id.name, folders->name) != 0))
            return 0;
        item = add(folders, name);
        if (item == NULL)
            return 1;
    }
    enter(item, slash + 1, info);
    return 0;
}

static int compare_names(const void *left, const void *right)
{
    return strcmp(((const struct item *)left)->name, ((const struct item *)right)->name);
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
        qsort(folders.items, folders.count, sizeof *folders.items, compare_names);
    for (size_t i = 0; code == JB_OK && i < folders.count; i++) {
        struct folder folder;
        take(&folder, &folders.items[i]);
        /* A record of a verification alone is no backup. */
        if (folder.objects > 0 && backup_id_parse(&folder.id, folders.items[i].name))
            code = each(context, &folder, error);
    }
    for (size_t i = 0; i < folders.count; i++)
        free(folders.items[i].name);
    free(folders.items);
    free(folders.slots);
    return code;
}

struct one {
    size_t skip; /* the folder's name and '/' */
    struct item item;
};

static int enter_one(void *context, const jb_object_info *info)
{
    struct one *one = context;
    enter(&one->item, info->key + one->skip, info);
    return 0;
}

int folder_read(jb_store *store, jb_operation *operation, const char *bucket, const struct backup_id *id,
                struct folder *folder, jb_error *error)
{
    char prefix[FOLDER_SIZE + 1];
    snprintf(prefix, sizeof prefix, "%s/", id->folder);
    struct one one = {.skip = strlen(prefix)};
    const jb_list_options listing = {.size = sizeof listing, .prefix = prefix};
    int code = jb_store_list(store, operation, bucket, &listing, enter_one, &one, error);
    folder->id = *id;
    take(folder, &one.item);
    if (code != JB_OK || folder->objects > 0)
        return code;
    error_set(error, JB_ERROR_NOT_FOUND, "there is no backup '%s' in '%s'", id->folder, bucket);
    return error_hint(error, "list the backups to see what there is");
}
