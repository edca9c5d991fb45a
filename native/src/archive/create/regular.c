#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "creation.h"
#include "file.h"

#define ADVISE_FROM ((off_t)1 << 20) /* for smaller files the advice costs more than it gives */

/* A regular file that is being put. */
struct content {
    int fd;
    int directory;
    const char *name;
    struct stat status;   /* before its content was read */
    struct sparse sparse; /* no regions where it has no holes */
    bool shrank;
};

/* As many bytes as were promised, whatever the file has by now. */
static int put_region(struct creation *creation, struct content *content, uint64_t offset, uint64_t size,
                      jb_error *error)
{
    uint64_t left = size;
    while (left > 0) {
        size_t room;
        char *to = output_room(&creation->output, &room);
        ssize_t count = pread(content->fd, to, left < room ? (size_t)left : room, (off_t)(offset + size - left));
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return error_set_errno(error, errno, "cannot read '%s'", member_shown(creation));
        if (count == 0)
            break;
        left -= (uint64_t)count;
        int code = output_advance(&creation->output, (size_t)count, error);
        if (code == JB_OK)
            code = operation_progress(creation->operation, (uint64_t)count, 0, NULL, error);
        if (code != JB_OK)
            return code;
    }
    content->shrank = content->shrank || left > 0;
    return output_zeros(&creation->output, left, error);
}

static int put_bytes(struct creation *creation, struct content *content, jb_error *error)
{
    uint64_t total = (uint64_t)content->status.st_size;
    const struct sparse_region whole = {0, total};
    const struct sparse_region *regions = content->sparse.count > 0 ? content->sparse.regions : &whole;
    size_t count = content->sparse.count > 0 ? content->sparse.count : 1;
    if (content->status.st_size >= ADVISE_FROM)
        (void)posix_fadvise(content->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    int code = JB_OK;
    for (size_t i = 0; i < count && code == JB_OK; i++)
        code = put_region(creation, content, regions[i].offset, regions[i].size, error);
    uint64_t over = (content->sparse.count > 0 ? content->sparse.data : total) % PAX_BLOCK;
    return code == JB_OK && over > 0 ? output_zeros(&creation->output, PAX_BLOCK - over, error) : code;
}

/* NULL where the name still stands for the file that was read. */
static const char *fate_of_name(const struct content *content)
{
    struct stat now;
    if (fstatat(content->directory, content->name, &now, AT_SYMLINK_NOFOLLOW) != 0)
        return file_is_gone(errno) ? "vanished while it was read; what it held is archived" : NULL;
    return now.st_dev != content->status.st_dev || now.st_ino != content->status.st_ino
               ? "was replaced while it was read; what it held before is archived"
               : NULL;
}

static int warn_of_change(struct creation *creation, const struct content *content, jb_error *error)
{
    const struct stat *before = &content->status;
    struct stat after;
    if (fstat(content->fd, &after) != 0)
        return error_set_errno(error, errno, "cannot read '%s'", member_shown(creation));
    if (content->shrank || after.st_size < before->st_size)
        return member_warn(creation, error,
                           content->shrank ? "shrank while it was read; its end is filled with zeros"
                                           : "shrank while it was read, after its content was archived");
    if (after.st_size > before->st_size)
        return member_warn(creation, error, "grew while it was read; it is cut at its first size");
    /* A change of the inode alone (a name more or less, a mode) leaves the content whole, but not what the header
     * says. */
    if (file_is_unchanged(before, &after))
        return JB_OK;
    const char *fate = fate_of_name(content);
    return member_warn(creation, error, fate ? fate : "changed while it was read");
}

static int put_file(struct creation *creation, struct content *content, jb_error *error)
{
    const struct stat *status = &content->status;
    int code = member_attributes(creation, content->fd, NULL, error);
    if (code == JB_OK && file_may_have_holes(content->fd, status))
        code = sparse_find(&content->sparse, content->fd, (uint64_t)status->st_size, error);
    if (code == JB_OK)
        code =
            member_header(creation, status, PAX_FILE, NULL, content->sparse.count > 0 ? &content->sparse : NULL, error);
    if (code == JB_OK)
        code = put_bytes(creation, content, error);
    if (code == JB_OK)
        code = warn_of_change(creation, content, error);
    if (code == JB_OK && status->st_nlink > 1)
        code = hardlinks_add(creation->links, status, file_born(content->fd, ""), creation->member.data, error);
    sparse_clean_up(&content->sparse);
    return code == JB_OK ? member_end(creation, error) : code;
}

int regular_add(struct creation *creation, int directory, const char *name, jb_error *error)
{
    struct content content = {.fd = file_open(directory, name), .directory = directory, .name = name};
    if (content.fd < 0 && errno == ENOENT)
        return member_warn(creation, error, "vanished while the tree was read");
    if (content.fd < 0)
        return file_is_gone(errno)
                   ? member_warn(creation, error, "was replaced while the tree was read; it is left out")
                   : error_set_errno(error, errno, "cannot open '%s'", member_shown(creation));
    int code;
    if (fstat(content.fd, &content.status) != 0)
        code = error_set_errno(error, errno, "cannot read '%s'", member_shown(creation));
    else if (!S_ISREG(content.status.st_mode))
        code = member_warn(creation, error, "was replaced while the tree was read; it is left out");
    else
        code = put_file(creation, &content, error);
    close(content.fd);
    return code;
}
