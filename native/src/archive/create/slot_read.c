#include "slot_read.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "file.h"

#define ADVISE_MAX ((off_t)2 << 20) /* of a large file, fetched from the disk before the writer comes to it */

static bool read_attributes(const struct slot_reader *reader, struct slot *slot, int fd, const char *path)
{
    jb_error ignored = JB_ERROR_INIT;
    const char *skipped;
    slot->records.size = 0;
    return attributes_read(reader->room, fd, path, reader->names, &slot->records, &skipped, &ignored) == JB_OK &&
           !skipped;
}

static bool read_content(struct slot *slot, int fd)
{
    size_t size = (size_t)slot->status.st_size;
    for (size_t at = 0; at < size;) {
        size_t inside = at % READ_AHEAD_CHUNK;
        size_t some = size - at < READ_AHEAD_CHUNK - inside ? size - at : READ_AHEAD_CHUNK - inside;
        ssize_t count = pread(fd, slot->chunks[at / READ_AHEAD_CHUNK] + inside, some, (off_t)at);
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            return false;
        at += (size_t)count;
    }
    return true;
}

static bool read_open_file(const struct slot_reader *reader, struct slot *slot, int fd)
{
    struct stat *status = &slot->status;
    if (fstat(fd, status) != 0 || !S_ISREG(status->st_mode) || status->st_nlink > 1)
        return false;
    if (status->st_size > (off_t)(READ_AHEAD_CHUNK * READ_AHEAD_CHUNKS)) {
        (void)posix_fadvise(fd, 0, status->st_size < ADVISE_MAX ? status->st_size : ADVISE_MAX, POSIX_FADV_WILLNEED);
        return false;
    }
    size_t chunks = ((size_t)status->st_size + READ_AHEAD_CHUNK - 1) / READ_AHEAD_CHUNK;
    struct stat after;
    return !file_may_have_holes(fd, status) && read_attributes(reader, slot, fd, NULL) &&
           (chunks == 0 || reader->lend(reader->context, slot, chunks)) && read_content(slot, fd) &&
           fstat(fd, &after) == 0 && file_is_unchanged(status, &after);
}

static bool read_file(const struct slot_reader *reader, struct slot *slot)
{
    int fd = file_open(slot->place->fd, slot->name);
    if (fd < 0)
        return false;
    bool whole = read_open_file(reader, slot, fd);
    close(fd);
    return whole;
}

static bool read_link(const struct slot_reader *reader, struct slot *slot)
{
    struct stat *status = &slot->status;
    if (fstatat(slot->place->fd, slot->name, status, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISLNK(status->st_mode) ||
        status->st_nlink > 1 || !reader->lend(reader->context, slot, 1))
        return false;
    ssize_t size = readlinkat(slot->place->fd, slot->name, slot->chunks[0], READ_AHEAD_CHUNK - 1);
    if (size < 0)
        return false;
    slot->chunks[0][size] = '\0';
    char path[FILE_PATH_SIZE];
    return file_path(path, slot->place->fd, slot->name) && read_attributes(reader, slot, -1, path);
}

static bool read_directory(const struct slot_reader *reader, struct slot *slot)
{
    int fd = slot->place->fd;
    return fstat(fd, &slot->status) == 0 && slot->status.st_nlink > 0 && read_attributes(reader, slot, fd, NULL);
}

bool slot_read(const struct slot_reader *reader, struct slot *slot)
{
    if (slot->kind == SLOT_DIRECTORY)
        return read_directory(reader, slot);
    return slot->type == DT_REG ? read_file(reader, slot) : slot->type == DT_LNK && read_link(reader, slot);
}
