#include "hardlinks.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct file {
    struct file *next;
    dev_t device;
    ino_t inode;
    nlink_t left; /* names not seen yet */
    char path[];
};

struct hardlinks {
    struct file **slots; /* a power of two of chains */
    size_t slot_count;
    size_t file_count;
    struct file *spent; /* found for the last time: freed by the next call */
};

struct hardlinks *hardlinks_new(void)
{
    struct hardlinks *links = calloc(1, sizeof(*links));
    if (!links)
        return NULL;
    links->slot_count = 256;
    links->slots = calloc(links->slot_count, sizeof(struct file *));
    if (!links->slots) {
        free(links);
        return NULL;
    }
    return links;
}

void hardlinks_free(struct hardlinks *links)
{
    if (!links)
        return;
    for (size_t i = 0; i < links->slot_count; i++) {
        while (links->slots[i]) {
            struct file *file = links->slots[i];
            links->slots[i] = file->next;
            free(file);
        }
    }
    free(links->spent);
    free(links->slots);
    free(links);
}

static struct file **slot_of(struct file **slots, size_t count, dev_t device, ino_t inode)
{
    uint64_t hash = ((uint64_t)inode ^ ((uint64_t)device << 32)) * 0x9e3779b97f4a7c15u; /* Fibonacci hashing */
    return &slots[(hash >> 20) & (count - 1)];
}

const char *hardlinks_find(struct hardlinks *links, const struct stat *status)
{
    free(links->spent);
    links->spent = NULL;
    struct file **at = slot_of(links->slots, links->slot_count, status->st_dev, status->st_ino);
    for (; *at; at = &(*at)->next) {
        struct file *file = *at;
        if (file->device != status->st_dev || file->inode != status->st_ino)
            continue;
        if (--file->left == 0) {
            *at = file->next;
            links->spent = file;
            links->file_count--;
        }
        return file->path;
    }
    return NULL;
}

static int grow(struct hardlinks *links, jb_error *error)
{
    size_t count = links->slot_count * 2;
    struct file **slots = calloc(count, sizeof(*slots));
    if (!slots)
        return error_no_memory(error);
    for (size_t i = 0; i < links->slot_count; i++) {
        while (links->slots[i]) {
            struct file *file = links->slots[i];
            links->slots[i] = file->next;
            struct file **slot = slot_of(slots, count, file->device, file->inode);
            file->next = *slot;
            *slot = file;
        }
    }
    free(links->slots);
    links->slots = slots;
    links->slot_count = count;
    return JB_OK;
}

int hardlinks_add(struct hardlinks *links, const struct stat *status, const char *path, jb_error *error)
{
    if (links->file_count >= links->slot_count) {
        int code = grow(links, error);
        if (code != JB_OK)
            return code;
    }
    size_t size = strlen(path) + 1;
    struct file *file = malloc(sizeof(*file) + size);
    if (!file)
        return error_no_memory(error);
    struct file **slot = slot_of(links->slots, links->slot_count, status->st_dev, status->st_ino);
    *file =
        (struct file){.next = *slot, .device = status->st_dev, .inode = status->st_ino, .left = status->st_nlink - 1};
    memcpy(file->path, path, size);
    *slot = file;
    links->file_count++;
    return JB_OK;
}
