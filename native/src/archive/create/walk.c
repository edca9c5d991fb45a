#include "walk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DIRECTORY (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

static const char *shown(const struct walk *walk)
{
    return walk->path.size > 0 ? walk->path.data : ".";
}

void walk_init(struct walk *walk, size_t memory_max)
{
    *walk = (struct walk){0};
    buffer_init(&walk->path, WALK_PATH_MAX);
    listing_init(&walk->listing, memory_max);
}

struct walk_place *walk_hold(struct walk_place *place)
{
    place->holders++;
    return place;
}

void walk_release(struct walk *walk, struct walk_place *place)
{
    if (!place || --place->holders > 0)
        return;
    close(place->fd);
    free(place);
    walk->places--;
}

/* Takes `fd` over, also on failure. */
static int place_new(struct walk *walk, int fd, struct walk_place **place, jb_error *error)
{
    *place = malloc(sizeof(**place));
    if (!*place) {
        close(fd);
        return error_no_memory(error);
    }
    **place = (struct walk_place){.fd = fd, .holders = 1};
    walk->places++;
    return JB_OK;
}

static void drop(struct walk *walk, struct walk_directory *directory)
{
    walk_release(walk, directory->place);
    listing_drop(&walk->listing, &directory->names);
}

void walk_clean_up(struct walk *walk)
{
    while (walk->depth > 0)
        drop(walk, &walk->stack[--walk->depth]);
    free(walk->stack);
    buffer_clean_up(&walk->path);
    listing_clean_up(&walk->listing);
}

static int push(struct walk *walk, struct walk_place *place, jb_error *error)
{
    if (walk->depth == WALK_DEPTH_MAX)
        return error_set(error, JB_ERROR_LIMIT, "more than %u directories inside one another", WALK_DEPTH_MAX);
    if (walk->depth == walk->capacity) {
        size_t capacity = walk->capacity ? walk->capacity * 2 : 16;
        struct walk_directory *stack = realloc(walk->stack, capacity * sizeof(*stack));
        if (!stack)
            return error_no_memory(error);
        walk->stack = stack;
        walk->capacity = capacity;
    }
    walk->stack[walk->depth++] =
        (struct walk_directory){.place = place, .path_size = walk->path.size, .names.begin = walk->listing.spill.size};
    /* The tree itself stays open: from there every directory can be found again. */
    if (walk->depth > WALK_OPEN + 1) {
        struct walk_directory *far = &walk->stack[walk->depth - 1 - WALK_OPEN];
        walk_release(walk, far->place);
        far->place = NULL;
    }
    return JB_OK;
}

int walk_enter(struct walk *walk, int fd, jb_error *error)
{
    struct walk_place *place;
    int code = place_new(walk, fd, &place, error);
    if (code != JB_OK)
        return code;
    code = push(walk, place, error);
    if (code != JB_OK) {
        walk_release(walk, place);
        return error_prefix(error, "'%s'", shown(walk));
    }
    struct walk_directory *directory = walk_at(walk);
    struct stat status;
    if (fstat(fd, &status) != 0)
        return error_set_errno(error, errno, "cannot read '%s'", shown(walk));
    directory->device = status.st_dev;
    directory->inode = status.st_ino;
    code = listing_read(&walk->listing, fd, &directory->names, error);
    return code == JB_OK ? JB_OK : error_prefix(error, "'%s'", shown(walk));
}

static void cut_path(struct walk *walk, size_t size)
{
    walk->path.size = size;
    if (walk->path.data)
        walk->path.data[size] = '\0';
}

int walk_next(struct walk *walk, jb_error *error)
{
    struct walk_directory *directory = walk_at(walk);
    cut_path(walk, directory->path_size);
    int code = listing_next(&walk->listing, &directory->names, &walk->name, error);
    if (code != JB_OK || walk->name.text[0] == '\0')
        return code;
    if (walk->path.size > 0)
        code = buffer_append(&walk->path, "/", 1, error);
    if (code == JB_OK)
        code = buffer_append_text(&walk->path, walk->name.text, error);
    return code == JB_OK ? JB_OK : error_prefix(error, "the path below '%.200s…'", shown(walk));
}

static bool is_at(int fd, const struct walk_directory *directory)
{
    struct stat status;
    return fstat(fd, &status) == 0 && status.st_dev == directory->device && status.st_ino == directory->inode;
}

/* The name of one level on the way, for openat. */
static int open_level(const struct walk *walk, int above, size_t level)
{
    char name[LISTING_NAME_MAX + 1];
    size_t from = walk->stack[level - 1].path_size;
    from += from > 0; /* its '/' */
    size_t size = walk->stack[level].path_size - from;
    memcpy(name, walk->path.data + from, size);
    name[size] = '\0';
    return openat(above, name, DIRECTORY);
}

/* From the nearest directory above that is open, name by name; -1 where one of them is another one by now. */
static int find_level(const struct walk *walk, size_t level)
{
    size_t from = level;
    while (!walk->stack[from].place)
        from--;
    int fd = fcntl(walk->stack[from].place->fd, F_DUPFD_CLOEXEC, 0);
    for (size_t i = from + 1; fd >= 0 && i <= level; i++) {
        int next = open_level(walk, fd, i);
        close(fd);
        fd = next;
        if (fd >= 0 && !is_at(fd, &walk->stack[i])) {
            close(fd);
            errno = ENOENT;
            fd = -1;
        }
    }
    return fd;
}

/* The answers of a file system to a directory that was moved or removed. */
static bool is_lost(int errnum)
{
    return errnum == ENOENT || errnum == ENOTDIR || errnum == ELOOP || errnum == ESTALE;
}

int walk_hold_level(struct walk *walk, size_t level, struct walk_place **place, jb_error *error)
{
    *place = NULL;
    if (walk->stack[level].place) {
        *place = walk_hold(walk->stack[level].place);
        return JB_OK;
    }
    int fd = find_level(walk, level);
    if (fd < 0)
        return is_lost(errno) ? JB_OK
                              : error_set_errno(error, errno, "cannot go back to '%.*s'",
                                                (int)walk->stack[level].path_size, walk->path.data);
    return place_new(walk, fd, place, error);
}

/* ".." is the directory that we came from only if nobody moved the one that we were in. */
static int come_back(struct walk *walk, const struct walk_directory *left, struct walk_directory *above, bool *lost,
                     jb_error *error)
{
    int fd = left->place ? openat(left->place->fd, "..", DIRECTORY) : -1;
    if (fd >= 0 && !is_at(fd, above)) {
        close(fd);
        fd = -1;
    }
    if (fd >= 0)
        return place_new(walk, fd, &above->place, error);
    int code = walk_hold_level(walk, walk->depth - 2, &above->place, error);
    *lost = code == JB_OK && !above->place;
    return code;
}

int walk_leave(struct walk *walk, bool *done, bool *lost, jb_error *error)
{
    struct walk_directory *left = walk_at(walk);
    *done = walk->depth == 1;
    *lost = false;
    int code = JB_OK;
    if (!*done) {
        struct walk_directory *above = left - 1;
        if (!above->place)
            code = come_back(walk, left, above, lost, error);
        cut_path(walk, above->path_size);
        *lost = *lost && above->names.next < above->names.end;
        if (*lost)
            above->names.next = above->names.end;
    }
    drop(walk, left);
    walk->depth--;
    return code;
}
