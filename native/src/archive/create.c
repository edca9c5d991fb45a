#include "tar.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "attributes.h"
#include "hardlinks.h"
#include "names.h"
#include "output.h"
#include "pax.h"
#include "walk.h"

#define ADVISE_FROM ((off_t)1 << 20) /* for smaller files the advice costs more than it gives */

struct creation {
    jb_operation *operation;
    const struct tar_create_options *options;
    const char *prefix;
    struct tar_counts *counts;
    struct output output;
    struct walk walk;
    struct names *names;
    struct hardlinks *links;
    struct attributes *attributes;
    struct buffer member; /* the member's name, and scratch for the rest of its header */
    struct buffer records;
    struct buffer header;
    char *link;           /* a symbolic link's target */
    struct tar_member at; /* what is being put */
};

static const char *shown(const struct creation *creation)
{
    return creation->walk.path.size > 0 ? creation->walk.path.data : ".";
}

static int warn(struct creation *creation, jb_error *error, const char *what)
{
    creation->counts->warnings++;
    creation->at.trouble = what;
    if (creation->options->warning)
        creation->options->warning(creation->options->warning_context, shown(creation), what);
    return creation->options->strict ? error_set(error, JB_ERROR_IO, "'%s' %s", shown(creation), what) : JB_OK;
}

/* The answers of a file system to a name that was listed and is no longer the same thing. */
static bool is_gone(int errnum)
{
    return errnum == ENOENT || errnum == ESTALE || errnum == ELOOP || errnum == ENOTDIR || errnum == ENXIO;
}

static int name_member(struct creation *creation, bool directory, jb_error *error)
{
    creation->member.size = 0;
    const char *path = creation->walk.path.size > 0 ? creation->walk.path.data : "";
    const char *prefix = creation->prefix[0] || path[0] ? creation->prefix : ".";
    return buffer_printf(&creation->member, error, "%s%s%s%s", prefix, prefix[0] && path[0] ? "/" : "", path,
                         directory ? "/" : "");
}

/* With creation->member and ->records filled. */
static int put_header(struct creation *creation, const struct stat *status, enum pax_type type, const char *link,
                      jb_error *error)
{
    struct tar_member *at = &creation->at;
    at->path = creation->member.data;
    at->type = (char)type;
    at->offset = creation->output.position;
    at->size = type == PAX_FILE ? (uint64_t)status->st_size : 0;
    at->mode = status->st_mode & 07777;
    at->uid = status->st_uid;
    at->gid = status->st_gid;
    at->user = names_of_user(creation->names, status->st_uid);
    at->group = names_of_group(creation->names, status->st_gid);
    at->mtime = status->st_mtim;
    at->link = link;
    struct pax_member member = {
        .type = type,
        .path = at->path,
        .link = link,
        .mode = at->mode,
        .uid = at->uid,
        .gid = at->gid,
        .user = at->user,
        .group = at->group,
        .size = at->size,
        .mtime = at->mtime,
        .device = status->st_rdev,
    };
    creation->header.size = 0;
    int code = pax_header(&member, &creation->records, &creation->header, error);
    if (code == JB_OK)
        code = output_put(&creation->output, creation->header.data, creation->header.size, error);
    if (code == JB_OK) {
        creation->counts->files++;
        code = operation_progress(creation->operation, 0, 1, shown(creation), error);
    }
    return code;
}

/* After the member's last byte. */
static int tell(struct creation *creation, jb_error *error)
{
    struct tar_member *at = &creation->at;
    at->end = creation->output.position;
    if (at->type == PAX_DIRECTORY)
        creation->member.data[--creation->member.size] = '\0'; /* its final '/' */
    int code =
        creation->options->member ? creation->options->member(creation->options->member_context, at, error) : JB_OK;
    *at = (struct tar_member){0};
    return code;
}

static int read_attributes(struct creation *creation, int fd, const char *path, jb_error *error)
{
    const char *skipped;
    creation->records.size = 0;
    int code = attributes_read(creation->attributes, fd, path, creation->names, &creation->records, &skipped, error);
    if (code != JB_OK)
        return error_prefix(error, "'%s'", shown(creation));
    return skipped ? warn(creation, error, "has an extended attribute with '=' in its name, which archives cannot hold")
                   : JB_OK;
}

/* Content of the length that the header promised, whatever the file has by now. */
static int put_content(struct creation *creation, int fd, const struct stat *before, jb_error *error)
{
    uint64_t left = (uint64_t)before->st_size;
    bool changed = false;
    if (before->st_size >= ADVISE_FROM)
        (void)posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    while (left > 0) {
        size_t room;
        char *to = output_room(&creation->output, &room);
        ssize_t count = read(fd, to, left < room ? (size_t)left : room);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return error_set_errno(error, errno, "cannot read '%s'", shown(creation));
        if (count == 0)
            break;
        left -= (uint64_t)count;
        int code = output_advance(&creation->output, (size_t)count, error);
        if (code == JB_OK)
            code = operation_progress(creation->operation, (uint64_t)count, 0, shown(creation), error);
        if (code != JB_OK)
            return code;
    }
    int code = JB_OK;
    if (left > 0) {
        changed = true;
        code = warn(creation, error, "shrank while it was read; its end is filled with zeros");
        if (code == JB_OK)
            code = output_zeros(&creation->output, left, error);
    }
    uint64_t over = (uint64_t)before->st_size % PAX_BLOCK;
    if (code == JB_OK && over > 0)
        code = output_zeros(&creation->output, PAX_BLOCK - over, error);
    struct stat after;
    if (code == JB_OK && fstat(fd, &after) != 0)
        code = error_set_errno(error, errno, "cannot read '%s'", shown(creation));
    if (code != JB_OK || changed)
        return code;
    if (after.st_size > before->st_size)
        return warn(creation, error, "grew while it was read; it is cut at its first size");
    /* A change of the inode alone (a name more or less, a mode) leaves the content whole, but not what the header says.
     */
    if (after.st_mtim.tv_sec != before->st_mtim.tv_sec || after.st_mtim.tv_nsec != before->st_mtim.tv_nsec ||
        after.st_ctim.tv_sec != before->st_ctim.tv_sec || after.st_ctim.tv_nsec != before->st_ctim.tv_nsec)
        return warn(creation, error, "changed while it was read");
    return JB_OK;
}

static int add_file(struct creation *creation, int directory, const char *name, jb_error *error)
{
    /* Never waits, should the name have become a FIFO or a device by now. */
    int fd = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0)
        return is_gone(errno) ? warn(creation, error, "vanished or was replaced while the tree was read")
                              : error_set_errno(error, errno, "cannot open '%s'", shown(creation));
    struct stat status;
    int code;
    if (fstat(fd, &status) != 0)
        code = error_set_errno(error, errno, "cannot read '%s'", shown(creation));
    else if (!S_ISREG(status.st_mode))
        code = warn(creation, error, "vanished or was replaced while the tree was read");
    else {
        code = read_attributes(creation, fd, NULL, error);
        if (code == JB_OK)
            code = put_header(creation, &status, PAX_FILE, NULL, error);
        if (code == JB_OK) {
            creation->counts->bytes += (uint64_t)status.st_size;
            code = put_content(creation, fd, &status, error);
        }
        if (code == JB_OK && status.st_nlink > 1)
            code = hardlinks_add(creation->links, &status, creation->member.data, error);
        if (code == JB_OK)
            code = tell(creation, error);
    }
    close(fd);
    return code;
}

/* Links, FIFOs and devices, which are not opened. */
static int add_special(struct creation *creation, int directory, const char *name, const struct stat *status,
                       jb_error *error)
{
    enum pax_type type = S_ISLNK(status->st_mode)    ? PAX_SYMBOLIC_LINK
                         : S_ISFIFO(status->st_mode) ? PAX_FIFO
                         : S_ISCHR(status->st_mode)  ? PAX_CHARACTER_DEVICE
                                                     : PAX_BLOCK_DEVICE;
    const char *link = NULL;
    if (type == PAX_SYMBOLIC_LINK) {
        ssize_t size = readlinkat(directory, name, creation->link, WALK_PATH_MAX);
        if (size < 0)
            return is_gone(errno) || errno == EINVAL
                       ? warn(creation, error, "vanished or was replaced while the tree was read")
                       : error_set_errno(error, errno, "cannot read the link '%s'", shown(creation));
        creation->link[size] = '\0';
        link = creation->link;
    }
    char path[64 + 256];
    snprintf(path, sizeof(path), "/proc/self/fd/%d/%.255s", directory, name);
    int code = read_attributes(creation, -1, path, error);
    if (code == JB_OK)
        code = put_header(creation, status, type, link, error);
    if (code == JB_OK && status->st_nlink > 1)
        code = hardlinks_add(creation->links, status, creation->member.data, error);
    return code == JB_OK ? tell(creation, error) : code;
}

/* The directory's own member; then the walk goes on inside it. Takes `fd` over. */
static int add_directory(struct creation *creation, int fd, jb_error *error)
{
    struct stat status;
    int code = name_member(creation, true, error);
    if (code == JB_OK && fstat(fd, &status) != 0)
        code = error_set_errno(error, errno, "cannot read '%s'", shown(creation));
    if (code == JB_OK)
        code = read_attributes(creation, fd, NULL, error);
    if (code == JB_OK)
        code = put_header(creation, &status, PAX_DIRECTORY, NULL, error);
    if (code == JB_OK)
        code = tell(creation, error);
    if (code != JB_OK) {
        close(fd);
        return code;
    }
    return walk_enter(&creation->walk, fd, error);
}

static bool is_excluded(const struct creation *creation, const char *name)
{
    for (const char *const *pattern = creation->options->exclude; pattern && *pattern; pattern++) {
        const char *slash = strchr(*pattern, '/');
        const char *from = slash == *pattern ? *pattern + 1 : *pattern;
        if (fnmatch(from, slash ? creation->walk.path.data : name, FNM_PATHNAME) == 0)
            return true;
    }
    return false;
}

static int add_entry(struct creation *creation, int directory, const char *name, jb_error *error)
{
    struct stat status;
    creation->at.trouble = NULL;
    if (fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) != 0)
        return is_gone(errno) ? warn(creation, error, "vanished while the tree was read")
                              : error_set_errno(error, errno, "cannot read '%s'", shown(creation));
    if (S_ISSOCK(status.st_mode))
        return warn(creation, error, "is a socket, which archives cannot hold");
    if (S_ISDIR(status.st_mode)) {
        int fd = openat(directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (fd < 0)
            return is_gone(errno) ? warn(creation, error, "vanished or was replaced while the tree was read")
                                  : error_set_errno(error, errno, "cannot open '%s'", shown(creation));
        return add_directory(creation, fd, error);
    }
    int code = name_member(creation, false, error);
    const char *first = code == JB_OK && status.st_nlink > 1 ? hardlinks_find(creation->links, &status) : NULL;
    if (first) {
        creation->records.size = 0;
        code = put_header(creation, &status, PAX_HARD_LINK, first, error);
        return code == JB_OK ? tell(creation, error) : code;
    }
    if (code == JB_OK)
        code = S_ISREG(status.st_mode) ? add_file(creation, directory, name, error)
                                       : add_special(creation, directory, name, &status, error);
    return code;
}

static int walk_tree(struct creation *creation, int root, jb_error *error)
{
    int code = add_directory(creation, root, error);
    bool done = false;
    while (code == JB_OK && !done) {
        int directory;
        const char *name;
        code = walk_next(&creation->walk, &directory, &name, error);
        if (code == JB_OK && !name)
            code = walk_leave(&creation->walk, &done, error);
        else if (code == JB_OK && !is_excluded(creation, name))
            code = add_entry(creation, directory, name, error);
    }
    if (code == JB_OK)
        code = output_zeros(&creation->output, 2 * PAX_BLOCK, error);
    return code == JB_OK ? output_flush(&creation->output, error) : code;
}

static int prepare(struct creation *creation, struct byte_sink *sink, jb_error *error)
{
    walk_init(&creation->walk);
    buffer_init(&creation->member, 2 * WALK_PATH_MAX);
    buffer_init(&creation->records, PAX_RECORDS_MAX);
    buffer_init(&creation->header, 2 * PAX_RECORDS_MAX);
    creation->links = hardlinks_new();
    creation->attributes = malloc(sizeof(*creation->attributes));
    creation->link = malloc(WALK_PATH_MAX + 1);
    if (!creation->links || !creation->attributes || !creation->link)
        return error_no_memory(error);
    int code = output_init(&creation->output, sink, creation->operation, error);
    return code == JB_OK ? names_new(&creation->names, error) : code;
}

static void clean_up(struct creation *creation)
{
    walk_clean_up(&creation->walk);
    buffer_clean_up(&creation->member);
    buffer_clean_up(&creation->records);
    buffer_clean_up(&creation->header);
    hardlinks_free(creation->links);
    names_free(creation->names);
    free(creation->attributes);
    free(creation->link);
    output_clean_up(&creation->output);
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
    size_t prefix_size = strlen(prefix);
    if (prefix_size > WALK_PATH_MAX || prefix[0] == '/' || (prefix_size > 0 && prefix[prefix_size - 1] == '/'))
        return error_set(error, JB_ERROR_USAGE, "the prefix '%.200s' begins or ends with '/' or is too long", prefix);
    int root = open(tree, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (root < 0) {
        int errnum = errno;
        int code = error_set_errno(error, errnum, "cannot open the directory '%s'", tree);
        return errnum == ENOTDIR ? error_hint(error, "name a directory; a single file is put as an object") : code;
    }

    /* Patterns match bytes: in another locale a name that is no text in it would match nothing. */
    locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    locale_t former = plain ? uselocale(plain) : (locale_t)0;
    int code = plain ? prepare(&creation, sink, error) : error_no_memory(error);
    if (code == JB_OK)
        code = walk_tree(&creation, root, error);
    else
        close(root);
    if (code != JB_OK && code != JB_ERROR_CANCELLED)
        error_prefix(error, "archiving '%s'", tree);
    clean_up(&creation);
    if (plain) {
        uselocale(former);
        freelocale(plain);
    }
    return code;
}
