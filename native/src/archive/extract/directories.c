#include "directories.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "../acl.h"
#include "member_name.h"

#define WAITING_BYTES_DEFAULT ((size_t)8 << 20)
#define WAITING_BYTES_EVER    ((size_t)32 << 20) /* of one directory and those above it */
#define SLOTS                 8192u

struct waiting {
    struct waiting *chained;
    size_t bytes; /* that it takes in memory */
    struct metadata metadata;
    char path[];
};

struct directories {
    struct metadata_context *context;
    struct file_crew *crew;
    struct folder *root;
    struct folder *near; /* the directory at near_path: most members lie where the last one did; NULL: none */
    struct buffer near_path;
    struct buffer scratch;
    size_t bytes_max;
    size_t bytes;
    size_t count;
    bool some_finished; /* a directory that does not wait may be finished */
    struct waiting *slots[SLOTS];
};

static struct waiting **find(struct directories *directories, const char *path)
{
    uint32_t hash = 2166136261u; /* FNV-1a */
    for (const char *at = path; *at; at++)
        hash = (hash ^ (unsigned char)*at) * 16777619u;
    struct waiting **at = &directories->slots[hash % SLOTS];
    while (*at && strcmp((*at)->path, path) != 0)
        at = &(*at)->chained;
    return at;
}

static size_t bytes_of(const struct metadata *metadata, const char *path)
{
    return sizeof(struct waiting) + strlen(path) + 1 + metadata->access_acl.capacity + metadata->default_acl.capacity +
           sizeof(struct waiting *);
}

static void forget(struct directories *directories, struct waiting **at)
{
    struct waiting *waiting = *at;
    *at = waiting->chained;
    directories->bytes -= waiting->bytes;
    directories->count--;
    metadata_clean_up(&waiting->metadata);
    free(waiting);
}

int directories_describe(struct directories *directories, const char *path, struct metadata *metadata, jb_error *error)
{
    struct waiting **at = find(directories, path);
    struct waiting *waiting = *at;
    if (!waiting) {
        size_t size = strlen(path) + 1;
        waiting = calloc(1, sizeof *waiting + size);
        if (!waiting) {
            metadata_clean_up(metadata);
            return error_no_memory(error);
        }
        memcpy(waiting->path, path, size);
        *at = waiting;
        directories->count++;
    }
    metadata_clean_up(&waiting->metadata);
    metadata_move(&waiting->metadata, metadata);
    directories->bytes -= waiting->bytes;
    waiting->bytes = bytes_of(&waiting->metadata, path);
    directories->bytes += waiting->bytes;
    if (directories->bytes > WAITING_BYTES_EVER)
        return error_set(error, JB_ERROR_LIMIT, "its directories are nested too deep");
    return JB_OK;
}

/* Opens one component. ENOENT may mean that a file of that name is still under way. */
static int open_component(struct directories *directories, int above, const char *name, const char *path,
                          jb_error *error, int *fd)
{
    const int flags = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    *fd = openat(above, name, flags);
    if (*fd >= 0 || errno != ENOENT)
        return JB_OK;
    int code = file_crew_settle(directories->crew, path, error);
    *fd = openat(above, name, flags);
    return code;
}

/* A directory that the archive does not hold itself, but needs. */
static int make_missing(struct directories *directories, int above, const char *name, const char *path, jb_error *error)
{
    if (mkdirat(above, name, 0700) != 0)
        return error_set_errno(error, errno, "cannot make the directory '%s'", path);
    struct metadata metadata = {.mode = 0755};
    metadata_default_owner(directories->context, &metadata);
    clock_gettime(CLOCK_REALTIME, &metadata.mtime);
    buffer_init(&metadata.access_acl, 0);
    buffer_init(&metadata.default_acl, 0);
    return directories_describe(directories, path, &metadata, error);
}

static int come_back(struct directories *directories, int above, const char *name, const char *path, jb_error *error)
{
    if (!directories->some_finished || *find(directories, path))
        return JB_OK;
    struct made made = {.fd = -1, .directory = above, .name = name};
    struct metadata metadata;
    int code = metadata_take_back(&made, &metadata, path, error);
    if (code == JB_OK)
        return directories_describe(directories, path, &metadata, error);
    metadata_clean_up(&metadata);
    return code;
}

int directories_come_back(struct directories *directories, const struct folder *folder, const char *last,
                          const char *path, jb_error *error)
{
    return last[0] ? come_back(directories, folder->fd, last, path, error) : JB_OK;
}

static int step_into(struct directories *directories, int above, const char *name, const char *path, bool make, int *fd,
                     jb_error *error)
{
    int code = open_component(directories, above, name, path, error, fd);
    if (code == JB_OK && *fd < 0 && errno == ENOENT && make) {
        code = make_missing(directories, above, name, path, error);
        if (code == JB_OK)
            code = open_component(directories, above, name, path, error, fd);
    }
    if (code != JB_OK)
        return code;
    if (*fd >= 0)
        return come_back(directories, above, name, path, error);
    if (errno == ENOTDIR || errno == ELOOP)
        return error_set(error, JB_ERROR_FORMAT, "its name leads through '%.300s', which is no directory", path);
    if (errno == ENOENT)
        return error_set(error, JB_ERROR_FORMAT, "'%.300s' does not exist", path);
    return error_set_errno(error, errno, "cannot open the directory '%.300s'", path);
}

/* Opens the directory `path` component by component, from the nearest one that is open. */
static int open_directory(struct directories *directories, char *path, bool make, struct folder **folder,
                          jb_error *error)
{
    char *at = path;
    int from = directories->root->fd;
    size_t near_size = directories->near_path.size;
    /* Nothing that was made here is ever renamed or removed, so a directory once open stays what its path says. */
    if (directories->near && member_name_below(path, directories->near_path.data, near_size)) {
        from = directories->near->fd;
        at = path + near_size;
        at += *at == '/';
    }
    int current = from;
    int code = JB_OK;
    while (*at && code == JB_OK) {
        char *end = strchrnul(at, '/');
        char separator = *end;
        *end = '\0'; /* `path` ends here meanwhile */
        int next = -1;
        code = step_into(directories, current, at, path, make, &next, error);
        *end = separator;
        if (current != from)
            close(current);
        current = next;
        at = end + (separator == '/');
    }
    if (code != JB_OK) {
        if (current >= 0 && current != from)
            close(current);
        return code;
    }
    if (current == from) {
        current = fcntl(from, F_DUPFD_CLOEXEC, 3);
        if (current < 0)
            return error_set_errno(error, errno, "cannot open the directory '%.300s'", path);
    }
    return folder_new(current, folder, error);
}

static void leave_near(struct directories *directories)
{
    folder_release(directories->near);
    directories->near = NULL;
    directories->near_path.size = 0;
}

int directories_open_parent(struct directories *directories, char *path, bool make, struct folder **folder,
                            const char **last, jb_error *error)
{
    char *slash = strrchr(path, '/');
    *folder = directories->root;
    *last = slash ? slash + 1 : path;
    if (!slash)
        return JB_OK;
    size_t size = (size_t)(slash - path);
    if (!directories->near || directories->near_path.size != size ||
        memcmp(directories->near_path.data, path, size) != 0) {
        *slash = '\0';
        struct folder *opened = NULL;
        int code = open_directory(directories, path, make, &opened, error);
        if (code == JB_OK) {
            leave_near(directories);
            directories->near = opened;
            code = buffer_append(&directories->near_path, path, size, error);
            if (code != JB_OK)
                leave_near(directories);
        }
        *slash = '/';
        if (code != JB_OK)
            return code;
    }
    *folder = directories->near;
    return JB_OK;
}

static int finish_one(struct directories *directories, struct waiting *waiting, jb_error *error)
{
    struct buffer *path = &directories->scratch;
    path->size = 0;
    int code = buffer_append_text(path, waiting->path, error);
    struct folder *folder = NULL;
    const char *last = NULL;
    if (code == JB_OK)
        code = directories_open_parent(directories, path->data, false, &folder, &last, error);
    if (code != JB_OK)
        return code;
    int fd = openat(folder->fd, last[0] ? last : ".", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return error_set_errno(error, errno, "cannot open the directory '%s'", waiting->path);
    struct made made = {.fd = fd};
    code = metadata_apply(directories->context, &waiting->metadata, NULL, &made, waiting->path, error);
    close(fd);
    return code;
}

/* What lies inside comes first, for a mode may close a directory. */
static int compare_paths(const void *left, const void *right)
{
    return strcmp((*(struct waiting *const *)right)->path, (*(struct waiting *const *)left)->path);
}

/* Finishes all but the directory `present` and those above it; all, where that is NULL. */
static int finish_all_but(struct directories *directories, const char *present, jb_operation *operation,
                          jb_error *error)
{
    struct waiting **list = calloc(directories->count + 1, sizeof(struct waiting *));
    if (!list)
        return error_no_memory(error);
    size_t count = 0;
    for (size_t i = 0; i < SLOTS; i++)
        for (struct waiting *at = directories->slots[i]; at; at = at->chained)
            if (!present || !member_name_below(present, at->path, strlen(at->path)))
                list[count++] = at;
    qsort(list, count, sizeof(struct waiting *), compare_paths);
    int code = JB_OK;
    for (size_t i = 0; i < count && code == JB_OK; i++) {
        code = finish_one(directories, list[i], error);
        if (code == JB_OK) {
            forget(directories, find(directories, list[i]->path));
            code = operation_check(operation, error);
        }
    }
    free(list);
    leave_near(directories); /* it may have been finished */
    directories->some_finished = true;
    return code;
}

int directories_finish(struct directories *directories, jb_operation *operation, jb_error *error)
{
    int code = file_crew_finish(directories->crew, error);
    return code == JB_OK ? finish_all_but(directories, NULL, operation, error) : code;
}

int directories_relieve(struct directories *directories, const char *present, jb_operation *operation, jb_error *error)
{
    if (directories->bytes <= directories->bytes_max)
        return JB_OK;
    int code = file_crew_finish(directories->crew, error);
    return code == JB_OK ? finish_all_but(directories, present, operation, error) : code;
}

/* The target must be empty; and what is made in it must not inherit an ACL that the archive knows nothing of. */
static int check_target(int root, const char *target, jb_error *error)
{
    int fd = openat(root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *stream = fd >= 0 ? fdopendir(fd) : NULL;
    if (!stream) {
        int code = error_set_errno(error, errno, "cannot open the directory '%s'", target);
        if (fd >= 0)
            close(fd);
        return code;
    }
    const struct dirent *entry;
    do {
        entry = readdir(stream);
    } while (entry && (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0));
    closedir(stream);
    if (entry)
        return error_set(error, JB_ERROR_CONFLICT, "the directory '%s' is not empty", target);
    if (fremovexattr(root, ACL_DEFAULT_ATTRIBUTE) != 0 && errno != ENODATA && errno != ENOTSUP)
        return error_set_errno(error, errno, "cannot remove the default ACL of '%s'", target);
    return JB_OK;
}

static int open_target(struct directories *directories, const char *target, jb_error *error)
{
    int fd = open(target, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return error_set_errno(error, errno, "cannot open the directory '%s'", target);
    int code = folder_new(fd, &directories->root, error);
    return code == JB_OK ? check_target(fd, target, error) : code;
}

int directories_new(const char *target, size_t waiting_bytes_max, struct metadata_context *context,
                    struct file_crew *crew, struct directories **made, jb_error *error)
{
    struct directories *directories = calloc(1, sizeof *directories);
    if (!directories)
        return error_no_memory(error);
    directories->context = context;
    directories->crew = crew;
    directories->bytes_max = waiting_bytes_max ? waiting_bytes_max : WAITING_BYTES_DEFAULT;
    buffer_init(&directories->near_path, MEMBER_NAME_MAX);
    buffer_init(&directories->scratch, MEMBER_NAME_MAX);
    int code = open_target(directories, target, error);
    if (code != JB_OK) {
        directories_free(directories);
        return code;
    }
    *made = directories;
    return JB_OK;
}

void directories_free(struct directories *directories)
{
    if (!directories)
        return;
    for (size_t i = 0; i < SLOTS; i++)
        while (directories->slots[i])
            forget(directories, &directories->slots[i]);
    leave_near(directories);
    folder_release(directories->root);
    buffer_clean_up(&directories->near_path);
    buffer_clean_up(&directories->scratch);
    free(directories);
}
