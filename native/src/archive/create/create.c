#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "creation.h"
#include "file.h"

/* Links, FIFOs and devices, which are not opened. */
static int add_special(struct creation *creation, const struct slot *slot, const struct stat *status, jb_error *error)
{
    enum pax_type type = S_ISLNK(status->st_mode)    ? PAX_SYMBOLIC_LINK
                         : S_ISFIFO(status->st_mode) ? PAX_FIFO
                         : S_ISCHR(status->st_mode)  ? PAX_CHARACTER_DEVICE
                                                     : PAX_BLOCK_DEVICE;
    const char *link = NULL;
    if (type == PAX_SYMBOLIC_LINK) {
        ssize_t size = readlinkat(slot->place->fd, slot->name, creation->link, WALK_PATH_MAX);
        if (size < 0)
            return file_is_gone(errno) || errno == EINVAL
                       ? member_warn(creation, error, "was replaced while the tree was read; it is left out")
                       : error_set_errno(error, errno, "cannot read the link '%s'", member_shown(creation));
        creation->link[size] = '\0';
        link = creation->link;
    }
    char path[FILE_PATH_SIZE];
    if (!file_path(path, slot->place->fd, slot->name))
        return error_set(error, JB_ERROR_LIMIT, "the name of '%s' is too long", member_shown(creation));
    int code = member_attributes(creation, -1, path, error);
    if (code == JB_OK)
        code = member_header(creation, status, type, link, NULL, error);
    if (code == JB_OK && status->st_nlink > 1)
        code = hardlinks_add(creation->links, status, file_born(slot->place->fd, slot->name), creation->member.data,
                             error);
    return code == JB_OK ? member_end(creation, error) : code;
}

/* *done where the file is in the archive under another name, and this one now is a link to it. */
static int add_hard_link(struct creation *creation, const struct slot *slot, const struct stat *status, bool *done,
                         jb_error *error)
{
    const char *first;
    int64_t born = file_born(slot->place->fd, slot->name);
    int code = hardlinks_find(creation->links, status, born, &first, error);
    *done = first != NULL;
    if (code != JB_OK || !*done)
        return code;
    creation->records.size = 0;
    code = member_header(creation, status, PAX_HARD_LINK, first, NULL, error);
    return code == JB_OK ? member_end(creation, error) : code;
}

static int add_open_directory(struct creation *creation, int fd, jb_error *error)
{
    struct stat status;
    int code = member_name(creation, true, error);
    if (code == JB_OK && fstat(fd, &status) != 0)
        code = error_set_errno(error, errno, "cannot read '%s'", member_shown(creation));
    if (code == JB_OK && status.st_nlink == 0)
        code = member_warn(creation, error, "vanished while the tree was read; what was found of it is archived");
    if (code == JB_OK)
        code = member_attributes(creation, fd, NULL, error);
    if (code == JB_OK)
        code = member_header(creation, &status, PAX_DIRECTORY, NULL, NULL, error);
    return code == JB_OK ? member_end(creation, error) : code;
}

/* Its content is left out: it lies on another file system. */
static int add_mount(struct creation *creation, const struct slot *slot, jb_error *error)
{
    int fd = openat(slot->place->fd, slot->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return file_is_gone(errno) ? member_warn(creation, error, "vanished while the tree was read")
                                   : error_set_errno(error, errno, "cannot open '%s'", member_shown(creation));
    int code = add_open_directory(creation, fd, error);
    close(fd);
    return code;
}

static int add_name(struct creation *creation, const struct slot *slot, jb_error *error)
{
    struct stat status;
    if (fstatat(slot->place->fd, slot->name, &status, AT_SYMLINK_NOFOLLOW) != 0)
        return file_is_gone(errno) ? member_warn(creation, error, "vanished while the tree was read")
                                   : error_set_errno(error, errno, "cannot read '%s'", member_shown(creation));
    if (S_ISSOCK(status.st_mode))
        return member_warn(creation, error, "is a socket, which archives cannot hold");
    if (S_ISDIR(status.st_mode))
        return member_warn(creation, error, "was replaced while the tree was read; it is left out");
    bool done = false;
    int code = member_name(creation, false, error);
    if (code == JB_OK && status.st_nlink > 1)
        code = add_hard_link(creation, slot, &status, &done, error);
    if (code != JB_OK || done)
        return code;
    return S_ISREG(status.st_mode) ? regular_add(creation, slot->place->fd, slot->name, error)
                                   : add_special(creation, slot, &status, error);
}

static int put_content(struct creation *creation, const struct slot *slot, jb_error *error)
{
    uint64_t size = (uint64_t)slot->status.st_size;
    int code = JB_OK;
    for (uint64_t at = 0; at < size && code == JB_OK; at += READ_AHEAD_CHUNK)
        code = output_put(&creation->output, slot->chunks[at / READ_AHEAD_CHUNK],
                          size - at < READ_AHEAD_CHUNK ? (size_t)(size - at) : READ_AHEAD_CHUNK, error);
    if (code == JB_OK && size % PAX_BLOCK > 0)
        code = output_zeros(&creation->output, PAX_BLOCK - size % PAX_BLOCK, error);
    return code == JB_OK ? operation_progress(creation->operation, size, 0, NULL, error) : code;
}

/* What a reader has read already. */
static int add_read(struct creation *creation, const struct slot *slot, jb_error *error)
{
    enum pax_type type = S_ISDIR(slot->status.st_mode)   ? PAX_DIRECTORY
                         : S_ISLNK(slot->status.st_mode) ? PAX_SYMBOLIC_LINK
                                                         : PAX_FILE;
    int code = member_name(creation, type == PAX_DIRECTORY, error);
    creation->records.size = 0;
    if (code == JB_OK && slot->records.size > 0)
        code = buffer_append(&creation->records, slot->records.data, slot->records.size, error);
    if (code == JB_OK)
        code = member_header(creation, &slot->status, type, type == PAX_SYMBOLIC_LINK ? slot->chunks[0] : NULL, NULL,
                             error);
    if (code == JB_OK && type == PAX_FILE)
        code = put_content(creation, slot, error);
    return code == JB_OK ? member_end(creation, error) : code;
}

static int add_slot(struct creation *creation, const struct slot *slot, jb_error *error)
{
    creation->at = (struct tar_member){0};
    creation->path = slot->path.data;
    if (slot->state == SLOT_READ)
        return add_read(creation, slot, error);
    switch (slot->kind) {
    case SLOT_TROUBLE:
        return member_warn(creation, error, slot->trouble);
    case SLOT_DIRECTORY:
        return add_open_directory(creation, slot->place->fd, error);
    case SLOT_MOUNT:
        return add_mount(creation, slot, error);
    default:
        return add_name(creation, slot, error);
    }
}

static int archive_tree(struct creation *creation, int root, jb_error *error)
{
    int code = scan_begin(creation, root, error);
    while (code == JB_OK) {
        if (!creation->walked && read_ahead_is_low(creation->ahead))
            code = scan_ahead(creation, error);
        const struct slot *slot = code == JB_OK ? read_ahead_take(creation->ahead) : NULL;
        if (!slot && (creation->walked || code != JB_OK))
            break;
        if (slot) {
            code = add_slot(creation, slot, error);
            read_ahead_release(creation->ahead, &creation->walk);
        }
    }
    if (code == JB_OK && creation->options->include && creation->options->include[0] && !creation->wanted_any) {
        creation->path = "";
        code = member_warn(creation, error, "holds nothing that is to be included");
    }
    if (code == JB_OK)
        code = output_zeros(&creation->output, 2 * PAX_BLOCK, error);
    return code == JB_OK ? output_flush(&creation->output, error) : code;
}

static int prepare(struct creation *creation, struct byte_sink *sink, jb_error *error)
{
    const struct tar_create_options *options = creation->options;
    walk_init(&creation->walk, options->names_memory);
    buffer_init(&creation->member, 2 * WALK_PATH_MAX);
    buffer_init(&creation->records, PAX_RECORDS_MAX);
    buffer_init(&creation->header, 2 * PAX_RECORDS_MAX);
    buffer_init(&creation->map, PAX_RECORDS_MAX);
    creation->links = hardlinks_new(options->names_memory);
    creation->attributes = malloc(sizeof(*creation->attributes));
    creation->link = malloc(WALK_PATH_MAX + 1);
    if (!creation->links || !creation->attributes || !creation->link)
        return error_no_memory(error);
    int code = output_init(&creation->output, sink, creation->operation, error);
    if (code == JB_OK)
        code = names_new(&creation->names, error);
    return code == JB_OK
               ? read_ahead_new(options->readers, options->ahead_memory, creation->names, &creation->ahead, error)
               : code;
}

static void clean_up(struct creation *creation)
{
    read_ahead_free(creation->ahead, &creation->walk);
    walk_clean_up(&creation->walk);
    buffer_clean_up(&creation->member);
    buffer_clean_up(&creation->records);
    buffer_clean_up(&creation->header);
    buffer_clean_up(&creation->map);
    hardlinks_free(creation->links);
    names_free(creation->names);
    free(creation->attributes);
    free(creation->link);
    output_clean_up(&creation->output);
}

static int check_prefix(const char *prefix, jb_error *error)
{
    size_t size = strlen(prefix);
    return size > WALK_PATH_MAX || prefix[0] == '/' || (size > 0 && prefix[size - 1] == '/')
               ? error_set(error, JB_ERROR_USAGE, "the prefix '%.200s' begins or ends with '/' or is too long", prefix)
               : JB_OK;
}

int tar_create(jb_operation *operation, const char *tree, const char *prefix, const struct tar_create_options *options,
               struct byte_sink *sink, struct tar_counts *counts, jb_error *error)
{
    static const struct tar_create_options defaults;
    struct tar_counts ignored;
    struct creation creation = {
        .operation = operation,
        .options = options ? options : &defaults,
        .prefix = prefix,
        .counts = counts ? counts : &ignored,
    };
    *creation.counts = (struct tar_counts){0};
    int code = check_prefix(prefix, error);
    if (code != JB_OK)
        return code;
    int root = open(tree, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (root < 0) {
        int errnum = errno;
        code = error_set_errno(error, errnum, "cannot open the directory '%s'", tree);
        return errnum == ENOTDIR ? error_hint(error, "name a directory; a single file is put as an object") : code;
    }

    /* Patterns match bytes: in another locale a name that is no text in it would match nothing. */
    locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    locale_t former = plain ? uselocale(plain) : (locale_t)0;
    code = plain ? prepare(&creation, sink, error) : error_no_memory(error);
    if (code == JB_OK)
        code = archive_tree(&creation, root, error);
    else
        close(root);
    if (code != JB_OK && code != JB_ERROR_CANCELLED)
        error_prefix(error, "archiving '%s'", tree);
    if (plain) {
        clean_up(&creation);
        uselocale(former);
        freelocale(plain);
    }
    return code;
}
