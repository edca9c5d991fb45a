#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "creation.h"
#include "file.h"
#include "patterns.h"

/* Directories that are open at a time; those beyond what the walk needs are held by names that are not archived yet. */
#define PLACES_MAX 40u

/* The next slot with the first `path_size` bytes of the walk's path; NULL while the ring is full. */
static int new_slot(struct creation *creation, enum slot_kind kind, size_t path_size, struct slot **made,
                    jb_error *error)
{
    struct slot *slot = read_ahead_room(creation->ahead);
    *made = slot;
    if (!slot)
        return JB_OK;
    slot->kind = kind;
    slot->trouble = NULL;
    slot->path.size = 0;
    return buffer_append(&slot->path, path_size > 0 ? creation->walk.path.data : "", path_size, error);
}

static int add_trouble(struct creation *creation, const char *what, jb_error *error)
{
    struct slot *slot;
    int code = new_slot(creation, SLOT_TROUBLE, creation->walk.path.size, &slot, error);
    if (code != JB_OK || !slot)
        return code;
    slot->trouble = what;
    read_ahead_add(creation->ahead);
    return JB_OK;
}

/* The name at hand, as `kind`. */
static int add_name(struct creation *creation, enum slot_kind kind, jb_error *error)
{
    struct walk *walk = &creation->walk;
    struct slot *slot;
    int code = new_slot(creation, kind, walk->path.size, &slot, error);
    if (code != JB_OK || !slot)
        return code;
    slot->place = walk_hold(walk_at(walk)->place);
    slot->name = slot->path.data + walk->path.size - strlen(walk->name.text);
    slot->type = walk->name.type;
    read_ahead_add(creation->ahead);
    return JB_OK;
}

/* The directory at that depth of the walk; *full where there is no room. */
static int add_directory(struct creation *creation, size_t level, bool *full, jb_error *error)
{
    struct walk *walk = &creation->walk;
    struct slot *slot;
    int code = new_slot(creation, SLOT_DIRECTORY, walk->stack[level].path_size, &slot, error);
    *full = !slot;
    if (code != JB_OK || !slot)
        return code;
    code = walk_hold_level(walk, level, &slot->place, error);
    if (code != JB_OK)
        return code;
    if (!slot->place) {
        slot->kind = SLOT_TROUBLE;
        slot->trouble = "vanished or was moved while it was read";
    }
    walk->stack[level].put = true;
    read_ahead_add(creation->ahead);
    return JB_OK;
}

/* The directories on the way that are not in the archive yet, from the top; *full where not all had room. */
static int add_way(struct creation *creation, bool *full, jb_error *error)
{
    struct walk *walk = &creation->walk;
    size_t level = walk->depth;
    while (level > 0 && !walk->stack[level - 1].put)
        level--;
    int code = JB_OK;
    *full = false;
    for (; level < walk->depth && code == JB_OK && !*full; level++)
        code = add_directory(creation, level, full, error);
    return code;
}

/* Goes into the directory that is open at `fd` (taken over). */
static int enter(struct creation *creation, int fd, bool whole, jb_error *error)
{
    int code = walk_enter(&creation->walk, fd, error);
    if (code == JB_OK)
        walk_at(&creation->walk)->whole = whole;
    return code;
}

static bool is_left_out(const struct tar_create_options *options, const struct stat *status)
{
    return options->left_out != NULL && status->st_dev == options->left_out->device &&
           status->st_ino == options->left_out->inode;
}

static int scan_directory(struct creation *creation, bool wanted, jb_error *error)
{
    int fd = openat(walk_at(&creation->walk)->place->fd, creation->walk.name.text,
                    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT)
        return add_trouble(creation, "vanished while the tree was read", error);
    if (fd < 0)
        return file_is_gone(errno)
                   ? add_trouble(creation, "was replaced while the tree was read; it is left out", error)
                   : error_set_errno(error, errno, "cannot open '%s'", creation->walk.path.data);
    struct stat status;
    bool known = fstat(fd, &status) == 0;
    if (known && creation->options->one_file_system && status.st_dev != creation->device) {
        close(fd);
        return wanted ? add_name(creation, SLOT_MOUNT, error) : JB_OK;
    }
    if (known && is_left_out(creation->options, &status)) {
        close(fd);
        return wanted ? add_trouble(creation, creation->options->left_out_why, error) : JB_OK;
    }
    int code = enter(creation, fd, wanted, error);
    bool full;
    return code == JB_OK && wanted ? add_way(creation, &full, error) : code;
}

/* Not every file system tells a name's type with it. */
static int find_type(struct creation *creation, jb_error *error)
{
    struct walk *walk = &creation->walk;
    struct stat status;
    if (walk->name.type != DT_UNKNOWN)
        return JB_OK;
    if (fstatat(walk_at(walk)->place->fd, walk->name.text, &status, AT_SYMLINK_NOFOLLOW) == 0)
        walk->name.type = (unsigned char)IFTODT(status.st_mode);
    else if (!file_is_gone(errno))
        return error_set_errno(error, errno, "cannot read '%s'", walk->path.data);
    return JB_OK;
}

/* creation->name_kept where there was no room. */
static int scan_name(struct creation *creation, jb_error *error)
{
    struct walk *walk = &creation->walk;
    const struct tar_create_options *options = creation->options;
    if (patterns_match(options->exclude, walk->path.data, walk->name.text))
        return JB_OK;
    bool wanted = walk_at(walk)->whole || patterns_match(options->include, walk->path.data, walk->name.text);
    int code = find_type(creation, error);
    if (code != JB_OK || (!wanted && walk->name.type != DT_DIR))
        return code;
    bool full = false;
    creation->wanted_any |= wanted;
    if (wanted)
        code = add_way(creation, &full, error);
    creation->name_kept = full || !read_ahead_room(creation->ahead);
    if (code != JB_OK || creation->name_kept)
        return code;
    if (walk->name.type == DT_SOCK)
        return add_trouble(creation, "is a socket, which archives cannot hold", error);
    return walk->name.type == DT_DIR ? scan_directory(creation, wanted, error) : add_name(creation, SLOT_NAME, error);
}

static int leave(struct creation *creation, jb_error *error)
{
    bool lost;
    int code = walk_leave(&creation->walk, &creation->walked, &lost, error);
    return code == JB_OK && lost
               ? add_trouble(creation, "vanished or was moved while it was read; the rest of it is left out", error)
               : code;
}

int scan_ahead(struct creation *creation, jb_error *error)
{
    struct walk *walk = &creation->walk;
    int code = JB_OK;
    while (code == JB_OK && !creation->walked && read_ahead_room(creation->ahead) && walk->places < PLACES_MAX) {
        if (!creation->name_kept)
            code = walk_next(walk, error);
        creation->name_kept = false;
        if (code == JB_OK)
            code = walk->name.text[0] == '\0' ? leave(creation, error) : scan_name(creation, error);
        if (creation->name_kept)
            break;
    }
    read_ahead_publish(creation->ahead);
    return code;
}

int scan_begin(struct creation *creation, int root, jb_error *error)
{
    const char *const *include = creation->options->include;
    int code = enter(creation, root, !include || !include[0], error);
    bool full;
    creation->device = code == JB_OK ? walk_at(&creation->walk)->device : 0;
    return code == JB_OK ? add_way(creation, &full, error) : code;
}
