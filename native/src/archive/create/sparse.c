#include "sparse.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "../pax.h"

#define REGIONS_MAX 16384u

/* Every other region with the hole behind it. */
static void halve(struct sparse *sparse)
{
    size_t kept = 0;
    sparse->data = 0;
    for (size_t i = 0; i < sparse->count; i += 2) {
        struct sparse_region merged = sparse->regions[i];
        if (i + 1 < sparse->count)
            merged.size = sparse->regions[i + 1].offset + sparse->regions[i + 1].size - merged.offset;
        sparse->data += merged.size;
        sparse->regions[kept++] = merged;
    }
    sparse->count = kept;
}

static int add(struct sparse *sparse, uint64_t offset, uint64_t size, jb_error *error)
{
    if (sparse->count == REGIONS_MAX)
        halve(sparse);
    if (sparse->count % 64 == 0) {
        struct sparse_region *regions = realloc(sparse->regions, (sparse->count + 64) * sizeof(*regions));
        if (!regions)
            return error_no_memory(error);
        sparse->regions = regions;
    }
    sparse->regions[sparse->count++] = (struct sparse_region){offset, size};
    sparse->data += size;
    return JB_OK;
}

int sparse_find(struct sparse *sparse, int fd, uint64_t size, jb_error *error)
{
    *sparse = (struct sparse){0};
    int code = JB_OK;
    for (uint64_t at = 0; at < size && code == JB_OK;) {
        off_t data = lseek(fd, (off_t)at, SEEK_DATA);
        if (data < 0 && errno == ENXIO)
            break; /* a hole up to the end */
        off_t hole = data < 0 ? data : lseek(fd, data, SEEK_HOLE);
        if (hole < 0 && errno == ENXIO)
            break; /* the file is shorter by now */
        if (hole < 0) {
            /* A file system that does not tell of holes. */
            sparse_clean_up(sparse);
            return JB_OK;
        }
        if ((uint64_t)data >= size)
            break;
        at = (uint64_t)hole < size ? (uint64_t)hole : size;
        code = add(sparse, (uint64_t)data, at - (uint64_t)data, error);
    }
    if (code != JB_OK)
        return code;
    const struct sparse_region *last = sparse->count > 0 ? &sparse->regions[sparse->count - 1] : NULL;
    if (sparse->count == 1 && last->offset == 0 && last->size == size) {
        sparse_clean_up(sparse);
        return JB_OK;
    }
    return !last || last->offset + last->size < size ? add(sparse, size, 0, error) : JB_OK;
}

void sparse_clean_up(struct sparse *sparse)
{
    free(sparse->regions);
    *sparse = (struct sparse){0};
}

int sparse_map(const struct sparse *sparse, struct buffer *map, jb_error *error)
{
    static const char zeros[PAX_BLOCK];
    int code = buffer_printf(map, error, "%zu\n", sparse->count);
    for (size_t i = 0; i < sparse->count && code == JB_OK; i++)
        code = buffer_printf(map, error, "%llu\n%llu\n", (unsigned long long)sparse->regions[i].offset,
                             (unsigned long long)sparse->regions[i].size);
    size_t over = map->size % PAX_BLOCK;
    return code == JB_OK && over > 0 ? buffer_append(map, zeros, PAX_BLOCK - over, error) : code;
}
