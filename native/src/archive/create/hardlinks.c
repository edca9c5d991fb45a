#include "hardlinks.h"

#include <stdlib.h>
#include <string.h>

#include "../../base/buffer.h"
#include "../../base/spill.h"

#define MEMORY_DEFAULT ((size_t)2 << 20)
#define ALIGNMENT      16u /* of records: a slot's 32 bits reach 64 GiB */
#define PATH_LIMIT     ((size_t)1 << 20)

/* In the spill file, its path behind it. */
struct file {
    uint64_t device;
    uint64_t inode;
    int64_t born;
    uint64_t left; /* names not seen yet */
    uint32_t next; /* in its chain, as in slots */
    uint32_t path_size;
};

struct hardlinks {
    struct spill files;
    uint32_t *slots; /* a power of two of chains: the first record's offset / ALIGNMENT + 1; 0 for none */
    size_t slot_count;
    size_t file_count;
    struct buffer path; /* what was found last */
};

struct hardlinks *hardlinks_new(size_t memory_max)
{
    struct hardlinks *links = calloc(1, sizeof(*links));
    if (!links)
        return NULL;
    spill_init(&links->files, memory_max ? memory_max : MEMORY_DEFAULT);
    buffer_init(&links->path, PATH_LIMIT);
    links->slot_count = 256;
    links->slots = calloc(links->slot_count, sizeof(*links->slots));
    if (!links->slots) {
        hardlinks_free(links);
        return NULL;
    }
    return links;
}

void hardlinks_free(struct hardlinks *links)
{
    if (!links)
        return;
    spill_clean_up(&links->files);
    buffer_clean_up(&links->path);
    free(links->slots);
    free(links);
}

static uint64_t offset_of(uint32_t slot)
{
    return (uint64_t)(slot - 1) * ALIGNMENT;
}

static int read_file(const struct hardlinks *links, uint32_t slot, struct file *file, jb_error *error)
{
    return spill_read(&links->files, offset_of(slot), file, sizeof(*file), error);
}

static int write_file(struct hardlinks *links, uint32_t slot, const struct file *file, jb_error *error)
{
    return spill_write(&links->files, offset_of(slot), file, sizeof(*file), error);
}

static size_t chain_of(size_t slot_count, uint64_t device, uint64_t inode)
{
    uint64_t hash = (inode ^ (device << 32)) * 0x9e3779b97f4a7c15u; /* Fibonacci hashing */
    return (hash >> 20) & (slot_count - 1);
}

/* Takes the file out of its chain; `before` is what leads to it, 0 for the chain's beginning. */
static int forget(struct hardlinks *links, uint32_t before, const struct file *file, jb_error *error)
{
    if (before == 0) {
        links->slots[chain_of(links->slot_count, file->device, file->inode)] = file->next;
    } else {
        struct file previous;
        int code = read_file(links, before, &previous, error);
        previous.next = file->next;
        if (code == JB_OK)
            code = write_file(links, before, &previous, error);
        if (code != JB_OK)
            return code;
    }
    if (--links->file_count == 0)
        spill_cut(&links->files, 0);
    return JB_OK;
}

static int read_path(struct hardlinks *links, uint32_t slot, const struct file *file, jb_error *error)
{
    char block[512];
    int code = JB_OK;
    links->path.size = 0;
    for (size_t done = 0; done < file->path_size && code == JB_OK;) {
        size_t some = file->path_size - done < sizeof(block) ? file->path_size - done : sizeof(block);
        code = spill_read(&links->files, offset_of(slot) + sizeof(*file) + done, block, some, error);
        if (code == JB_OK)
            code = buffer_append(&links->path, block, some, error);
        done += some;
    }
    return code;
}

int hardlinks_find(struct hardlinks *links, const struct stat *status, int64_t born, const char **path, jb_error *error)
{
    *path = NULL;
    uint32_t before = 0;
    uint32_t at = links->slots[chain_of(links->slot_count, status->st_dev, status->st_ino)];
    while (at != 0) {
        struct file file;
        int code = read_file(links, at, &file, error);
        if (code != JB_OK)
            return code;
        if (file.device != status->st_dev || file.inode != status->st_ino) {
            before = at;
            at = file.next;
            continue;
        }
        if (file.born != born)
            return forget(links, before, &file, error);
        code = read_path(links, at, &file, error);
        file.left--;
        if (code == JB_OK)
            code = file.left == 0 ? forget(links, before, &file, error) : write_file(links, at, &file, error);
        if (code == JB_OK)
            *path = links->path.data;
        return code;
    }
    return JB_OK;
}

static int grow(struct hardlinks *links, jb_error *error)
{
    size_t count = links->slot_count * 2;
    uint32_t *slots = calloc(count, sizeof(*slots));
    if (!slots)
        return error_no_memory(error);
    int code = JB_OK;
    for (size_t i = 0; i < links->slot_count && code == JB_OK; i++) {
        for (uint32_t at = links->slots[i], next; at != 0 && code == JB_OK; at = next) {
            struct file file;
            code = read_file(links, at, &file, error);
            if (code != JB_OK)
                break;
            size_t chain = chain_of(count, file.device, file.inode);
            next = file.next;
            file.next = slots[chain];
            slots[chain] = at;
            code = write_file(links, at, &file, error);
        }
    }
    free(links->slots);
    links->slots = slots;
    links->slot_count = count;
    return code;
}

int hardlinks_add(struct hardlinks *links, const struct stat *status, int64_t born, const char *path, jb_error *error)
{
    int code = links->file_count >= links->slot_count * 2 ? grow(links, error) : JB_OK;
    size_t size = strlen(path) + 1;
    uint64_t offset = links->files.size;
    if (code == JB_OK && offset / ALIGNMENT >= UINT32_MAX - 1)
        code = error_set(error, JB_ERROR_LIMIT, "more than 64 GiB of names of files with several names");
    if (code != JB_OK)
        return code;
    uint32_t *chain = &links->slots[chain_of(links->slot_count, status->st_dev, status->st_ino)];
    struct file file = {.device = status->st_dev,
                        .inode = status->st_ino,
                        .born = born,
                        .left = status->st_nlink - 1,
                        .next = *chain,
                        .path_size = (uint32_t)size};
    static const char zeros[ALIGNMENT];
    code = spill_append(&links->files, &file, sizeof(file), error);
    if (code == JB_OK)
        code = spill_append(&links->files, path, size, error);
    size_t over = (sizeof(file) + size) % ALIGNMENT;
    if (code == JB_OK && over > 0)
        code = spill_append(&links->files, zeros, ALIGNMENT - over, error);
    if (code != JB_OK)
        return code;
    *chain = (uint32_t)(offset / ALIGNMENT) + 1;
    links->file_count++;
    return JB_OK;
}
