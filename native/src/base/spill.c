#include "spill.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void spill_init(struct spill *spill, size_t memory_max)
{
    *spill = (struct spill){.memory_max = memory_max, .fd = -1};
}

void spill_clean_up(struct spill *spill)
{
    free(spill->memory);
    if (spill->fd >= 0)
        close(spill->fd);
}

/* Not every file system makes files without a name. */
static int open_unlinked(const char *directory)
{
    int fd = open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL))
        return fd;
    char path[4096];
    int size = snprintf(path, sizeof(path), "%s/jpsbackup-XXXXXX", directory);
    if (size < 0 || (size_t)size >= sizeof(path)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    fd = mkostemp(path, O_CLOEXEC);
    if (fd >= 0)
        unlink(path);
    return fd;
}

static int open_file(struct spill *spill, jb_error *error)
{
    const char *given = getenv("TMPDIR");
    const char *directories[] = {given && given[0] == '/' ? given : "/var/tmp", "/var/tmp", "/tmp"};
    int errnum = 0;
    for (size_t i = 0; i < sizeof(directories) / sizeof(*directories) && spill->fd < 0; i++) {
        spill->fd = open_unlinked(directories[i]);
        errnum = spill->fd < 0 && errnum == 0 ? errno : errnum;
    }
    if (spill->fd >= 0)
        return JB_OK;
    error_set_errno(error, errnum, "cannot make a temporary file in '%s'", directories[0]);
    return error_hint(error, "the tree is too large for what is known of it to stay in memory; name a directory with "
                             "some space by TMPDIR");
}

static int grow(struct spill *spill, size_t wanted, jb_error *error)
{
    size_t capacity = spill->capacity ? spill->capacity : 4096;
    while (capacity < wanted)
        capacity *= 2;
    if (capacity > spill->memory_max)
        capacity = spill->memory_max;
    if (capacity <= spill->capacity)
        return JB_OK;
    char *memory = realloc(spill->memory, capacity);
    if (!memory)
        return error_no_memory(error);
    spill->memory = memory;
    spill->capacity = capacity;
    return JB_OK;
}

/* How many of the bytes from `offset` on lie in memory. */
static size_t in_memory(const struct spill *spill, uint64_t offset, size_t count)
{
    uint64_t room = offset < spill->memory_max ? spill->memory_max - offset : 0;
    return room < count ? (size_t)room : count;
}

static int write_file(const struct spill *spill, uint64_t at, const char *bytes, size_t count, jb_error *error)
{
    while (count > 0) {
        ssize_t written = pwrite(spill->fd, bytes, count, (off_t)at);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return error_set_errno(error, errno, "cannot write to a temporary file");
        bytes += written;
        count -= (size_t)written;
        at += (uint64_t)written;
    }
    return JB_OK;
}

int spill_write(struct spill *spill, uint64_t offset, const void *bytes, size_t count, jb_error *error)
{
    size_t near = in_memory(spill, offset, count);
    if (near > 0)
        memcpy(spill->memory + offset, bytes, near);
    if (near == count)
        return JB_OK;
    return write_file(spill, offset + near - spill->memory_max, (const char *)bytes + near, count - near, error);
}

int spill_append(struct spill *spill, const void *bytes, size_t count, jb_error *error)
{
    size_t near = in_memory(spill, spill->size, count);
    int code = near > 0 ? grow(spill, (size_t)spill->size + near, error) : JB_OK;
    if (code == JB_OK && near < count && spill->fd < 0)
        code = open_file(spill, error);
    if (code == JB_OK)
        code = spill_write(spill, spill->size, bytes, count, error);
    if (code == JB_OK)
        spill->size += count;
    return code;
}

int spill_read(const struct spill *spill, uint64_t offset, void *bytes, size_t count, jb_error *error)
{
    size_t near = in_memory(spill, offset, count);
    if (near > 0)
        memcpy(bytes, spill->memory + offset, near);
    uint64_t at = offset + near - spill->memory_max;
    for (size_t done = near; done < count;) {
        ssize_t got = pread(spill->fd, (char *)bytes + done, count - done, (off_t)at);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return error_set_errno(error, errno, "cannot read a temporary file");
        if (got == 0)
            return error_set(error, JB_ERROR_IO, "a temporary file was cut");
        done += (size_t)got;
        at += (uint64_t)got;
    }
    return JB_OK;
}

void spill_cut(struct spill *spill, uint64_t size)
{
    /* Where the file cannot be cut, its space is used again all the same. */
    if (spill->fd >= 0 && spill->size > spill->memory_max)
        (void)!ftruncate(spill->fd, size > spill->memory_max ? (off_t)(size - spill->memory_max) : 0);
    spill->size = size;
}
