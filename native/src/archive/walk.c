#include "walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAMES_MAX ((size_t)1 << 31) /* bytes of one directory's names */

static const char *shown(const struct walk *walk)
{
    return walk->path.size > 0 ? walk->path.data : ".";
}

void walk_init(struct walk *walk)
{
    *walk = (struct walk){0};
    buffer_init(&walk->path, WALK_PATH_MAX);
}

static void clean_up_directory(struct walk_directory *directory)
{
    if (directory->fd >= 0)
        close(directory->fd);
    free(directory->text);
    free(directory->names);
}

void walk_clean_up(struct walk *walk)
{
    while (walk->depth > 0)
        clean_up_directory(&walk->stack[--walk->depth]);
    free(walk->stack);
    buffer_clean_up(&walk->path);
}

static int compare_names(const void *left, const void *right)
{
    return strcmp(*(char *const *)left, *(char *const *)right);
}

static int read_names(DIR *stream, struct buffer *text, size_t *count, jb_error *error)
{
    for (;;) {
        errno = 0;
        const struct dirent *entry = readdir(stream);
        if (!entry)
            return errno == 0 ? JB_OK : error_set_errno(error, errno, "cannot list a directory");
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        int code = buffer_append(text, entry->d_name, strlen(entry->d_name) + 1, error);
        if (code != JB_OK)
            return code;
        ++*count;
    }
}

static int list(struct walk_directory *directory, jb_error *error)
{
    /* Of its own, for closedir closes it. */
    int fd = openat(directory->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *stream = fd >= 0 ? fdopendir(fd) : NULL;
    if (!stream) {
        int code = error_set_errno(error, errno, "cannot list a directory");
        if (fd >= 0)
            close(fd);
        return code;
    }
    struct buffer text;
    buffer_init(&text, NAMES_MAX);
    int code = read_names(stream, &text, &directory->count, error);
    closedir(stream);
    if (code == JB_OK && directory->count > 0) {
        directory->names = malloc(directory->count * sizeof(char *));
        if (!directory->names)
            code = error_no_memory(error);
    }
    if (code == JB_OK && directory->count > 0) {
        directory->text = buffer_detach(&text);
        char *at = directory->text;
        for (size_t i = 0; i < directory->count; i++, at += strlen(at) + 1)
            directory->names[i] = at;
        qsort(directory->names, directory->count, sizeof(char *), compare_names);
    }
    buffer_clean_up(&text);
    return code;
}

static int push(struct walk *walk, int fd, jb_error *error)
{
    if (walk->depth == WALK_DEPTH_MAX) {
        close(fd);
        return error_set(error, JB_ERROR_LIMIT, "more than %u directories inside one another", WALK_DEPTH_MAX);
    }
    if (walk->depth == walk->capacity) {
        size_t capacity = walk->capacity ? walk->capacity * 2 : 16;
        struct walk_directory *stack = realloc(walk->stack, capacity * sizeof(*stack));
        if (!stack) {
            close(fd);
            return error_no_memory(error);
        }
        walk->stack = stack;
        walk->capacity = capacity;
    }
    walk->stack[walk->depth++] = (struct walk_directory){.fd = fd, .path_size = walk->path.size};
    if (walk->depth > WALK_OPEN) {
        struct walk_directory *far = &walk->stack[walk->depth - 1 - WALK_OPEN];
        if (far->fd >= 0)
            close(far->fd);
        far->fd = -1;
    }
    return JB_OK;
}

int walk_enter(struct walk *walk, int fd, jb_error *error)
{
    int code = push(walk, fd, error);
    if (code != JB_OK)
        return error_prefix(error, "'%s'", shown(walk));
    struct walk_directory *directory = &walk->stack[walk->depth - 1];
    struct stat status;
    if (fstat(fd, &status) != 0)
        return error_set_errno(error, errno, "cannot read '%s'", shown(walk));
    directory->device = status.st_dev;
    directory->inode = status.st_ino;
    code = list(directory, error);
    return code == JB_OK ? JB_OK : error_prefix(error, "'%s'", shown(walk));
}

static void cut_path(struct walk *walk, size_t size)
{
    walk->path.size = size;
    if (walk->path.data)
        walk->path.data[size] = '\0';
}

int walk_next(struct walk *walk, int *fd, const char **name, jb_error *error)
{
    struct walk_directory *directory = &walk->stack[walk->depth - 1];
    cut_path(walk, directory->path_size);
    *fd = directory->fd;
    *name = NULL;
    if (directory->next == directory->count)
        return JB_OK;
    const char *next = directory->names[directory->next++];
    int code = walk->path.size > 0 ? buffer_append(&walk->path, "/", 1, error) : JB_OK;
    if (code == JB_OK)
        code = buffer_append_text(&walk->path, next, error);
    if (code != JB_OK)
        return error_prefix(error, "the path below '%.200s…'", shown(walk));
    *name = next;
    return JB_OK;
}

int walk_leave(struct walk *walk, bool *done, jb_error *error)
{
    struct walk_directory *left = &walk->stack[walk->depth - 1];
    *done = walk->depth == 1;
    int code = JB_OK;
    if (!*done && walk->stack[walk->depth - 2].fd < 0) {
        struct walk_directory *above = &walk->stack[walk->depth - 2];
        cut_path(walk, above->path_size);
        /* ".." is the directory that we came from only if nobody moved the one that we were in. */
        above->fd = openat(left->fd, "..", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        struct stat status;
        if (above->fd < 0 || fstat(above->fd, &status) != 0)
            code = error_set_errno(error, errno, "cannot go back to '%s'", shown(walk));
        else if (status.st_dev != above->device || status.st_ino != above->inode)
            code = error_set(error, JB_ERROR_IO, "a directory was moved out of '%s' while it was read", shown(walk));
    }
    clean_up_directory(left);
    walk->depth--;
    return code;
}
