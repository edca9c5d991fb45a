#include "tar.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "acl.h"
#include "reader.h"
#include "restore_metadata.h"

#define NAME_BYTES_MAX 65536u
#define DEPTH_MAX      4096u

/* A directory whose mode and times wait until all is inside it. */
struct directory {
    char *path;
    size_t turn; /* of its making: the last word on a directory counts */
    struct metadata metadata;
};

struct extraction {
    jb_operation *operation;
    const struct tar_extract_options *options;
    struct tar_counts *counts;
    struct reader *reader;
    struct metadata_context metadata;
    int root;
    struct buffer name;      /* the member's path below the target, cleaned; "" for the target itself */
    struct buffer link;      /* a hard link's, likewise */
    struct buffer near_path; /* the directory that is open at `near`: most members lie where the last one did */
    int near;                /* -1: none */
    struct directory *directories;
    size_t directory_count;
    size_t directory_capacity;
};

static bool has_prefix(const char *path, const char *prefix, size_t size)
{
    return strncmp(path, prefix, size) == 0 && (path[size] == '/' || path[size] == '\0');
}

/*
 * Cleans a member's name into `clean`: "." and empty components go, and the prefix. What is not below the target is
 * refused.
 */
static int clean_name(const char *raw, const char *prefix, struct buffer *clean, jb_error *error)
{
    clean->size = 0;
    if (!raw || raw[0] == '\0')
        return error_set(error, JB_ERROR_FORMAT, "a member without a name");
    if (raw[0] == '/')
        return error_set(error, JB_ERROR_FORMAT, "the member '%.400s' is refused: its name is absolute", raw);
    int code = buffer_append(clean, "", 0, error);
    size_t depth = 0;
    for (const char *at = raw; *at && code == JB_OK;) {
        size_t size = strcspn(at, "/");
        if (size == 2 && memcmp(at, "..", 2) == 0)
            return error_set(error, JB_ERROR_FORMAT, "the member '%.400s' is refused: its name leads upwards", raw);
        if (size > NAME_MAX || ++depth > DEPTH_MAX)
            return error_set(error, JB_ERROR_LIMIT, "the member '%.200s…' is refused: its name is too long or too deep",
                             raw);
        if (size > 0 && !(size == 1 && at[0] == '.')) {
            if (clean->size > 0)
                code = buffer_append(clean, "/", 1, error);
            if (code == JB_OK)
                code = buffer_append(clean, at, size, error);
        }
        at += size;
        at += strspn(at, "/");
    }
    if (code != JB_OK)
        return code == JB_ERROR_LIMIT ? error_prefix(error, "the name of the member '%.200s…'", raw) : code;
    size_t prefix_size = prefix ? strlen(prefix) : 0;
    if (prefix_size == 0)
        return JB_OK;
    if (!has_prefix(clean->data, prefix, prefix_size))
        return error_set(error, JB_ERROR_FORMAT,
                         "the member '%.300s' is refused: its name does not begin with '%.200s/'", raw, prefix);
    size_t cut = clean->data[prefix_size] == '/' ? prefix_size + 1 : prefix_size;
    clean->size -= cut;
    memmove(clean->data, clean->data + cut, clean->size + 1);
    return JB_OK;
}

/* Remembers the directory at `path`; the metadata is taken over, also on failure. */
static int defer(struct extraction *extraction, const char *path, struct metadata *metadata, jb_error *error)
{
    if (extraction->directory_count == extraction->directory_capacity) {
        size_t capacity = extraction->directory_capacity ? extraction->directory_capacity * 2 : 64;
        struct directory *grown = realloc(extraction->directories, capacity * sizeof(*grown));
        if (!grown) {
            metadata_clean_up(metadata);
            return error_no_memory(error);
        }
        extraction->directories = grown;
        extraction->directory_capacity = capacity;
    }
    struct directory *directory = &extraction->directories[extraction->directory_count];
    *directory = (struct directory){.path = strdup(path), .turn = extraction->directory_count, .metadata = *metadata};
    if (!directory->path) {
        metadata_clean_up(metadata);
        return error_no_memory(error);
    }
    extraction->directory_count++;
    return JB_OK;
}

/* A directory that the archive does not hold itself, but needs. */
static int make_missing(struct extraction *extraction, int above, const char *name, const char *path, jb_error *error)
{
    if (mkdirat(above, name, 0700) != 0)
        return error_set_errno(error, errno, "cannot make the directory '%s'", path);
    struct metadata metadata = {.mode = 0755, .uid = geteuid(), .gid = getegid()};
    if (extraction->options->owner_given) {
        metadata.uid = extraction->options->uid;
        metadata.gid = extraction->options->gid;
    }
    clock_gettime(CLOCK_REALTIME, &metadata.mtime);
    buffer_init(&metadata.access_acl, 0);
    buffer_init(&metadata.default_acl, 0);
    return defer(extraction, path, &metadata, error);
}

/* Opens the directory `path` component by component, no link is followed. With `make` missing ones are made. */
static int open_directory(struct extraction *extraction, char *path, bool make, int *fd, jb_error *error)
{
    char *at = path;
    int from = extraction->root;
    size_t near_size = extraction->near_path.size;
    /* Nothing that was made here is ever renamed or removed, so a directory once open stays what its path says. */
    if (extraction->near >= 0 && near_size > 0 && has_prefix(path, extraction->near_path.data, near_size)) {
        from = extraction->near;
        at = path + near_size;
        at += *at == '/';
    }
    int current = from;
    int code = JB_OK;
    while (*at && code == JB_OK) {
        char *end = strchrnul(at, '/');
        char separator = *end;
        *end = '\0'; /* `path` ends here meanwhile, as messages and defer() want it */
        const int flags = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
        int next = openat(current, at, flags);
        if (next < 0 && errno == ENOENT && make) {
            code = make_missing(extraction, current, at, path, error);
            if (code == JB_OK)
                next = openat(current, at, flags);
        }
        if (code == JB_OK && next < 0) {
            if (errno == ENOTDIR || errno == ELOOP)
                code =
                    error_set(error, JB_ERROR_FORMAT, "its name leads through '%.300s', which is no directory", path);
            else if (errno == ENOENT)
                code = error_set(error, JB_ERROR_FORMAT, "'%.300s' does not exist", path);
            else
                code = error_set_errno(error, errno, "cannot open the directory '%.300s'", path);
        }
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
    *fd = current;
    return JB_OK;
}

/* The open directory of `name`'s last component, which is `*last`. Lent until the next call. */
static int open_parent(struct extraction *extraction, struct buffer *name, bool make, int *fd, const char **last,
                       jb_error *error)
{
    char *slash = strrchr(name->data, '/');
    if (!slash) {
        *fd = extraction->root;
        *last = name->data;
        return JB_OK;
    }
    *last = slash + 1;
    size_t size = (size_t)(slash - name->data);
    if (extraction->near >= 0 && extraction->near_path.size == size &&
        memcmp(extraction->near_path.data, name->data, size) == 0) {
        *fd = extraction->near;
        return JB_OK;
    }
    *slash = '\0';
    int opened = -1;
    int code = open_directory(extraction, name->data, make, &opened, error);
    if (code == JB_OK) {
        if (extraction->near >= 0)
            close(extraction->near);
        extraction->near = opened;
        extraction->near_path.size = 0;
        code = buffer_append(&extraction->near_path, name->data, size, error);
    }
    *slash = '/';
    *fd = extraction->near;
    return code;
}

static int cannot_make(jb_error *error, int errnum)
{
    return errnum == EEXIST ? error_set(error, JB_ERROR_FORMAT, "its name was there before")
                            : error_set_errno(error, errnum, "cannot make it");
}

static int write_all(int fd, const char *bytes, size_t count, uint64_t offset, jb_error *error)
{
    while (count > 0) {
        ssize_t written = pwrite(fd, bytes, count, (off_t)offset);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return error_set_errno(error, errno, "cannot write");
        bytes += written;
        offset += (uint64_t)written;
        count -= (size_t)written;
    }
    return JB_OK;
}

static int check_size(struct extraction *extraction, struct archive_entry *entry, jb_error *error)
{
    int64_t size = archive_entry_size(entry);
    if (size < 0)
        return error_set(error, JB_ERROR_FORMAT, "a size below zero");
    uint64_t maximum = extraction->options->bytes_max;
    if (maximum > 0 && (uint64_t)size > maximum - extraction->counts->bytes)
        return error_set(error, JB_ERROR_LIMIT, "the archive holds more than %llu bytes", (unsigned long long)maximum);
    extraction->counts->bytes += (uint64_t)size;
    return JB_OK;
}

/* Reads the member's content, into `fd` if that is open; what no piece covers becomes a hole. */
static int copy_content(struct extraction *extraction, struct archive_entry *entry, int fd, jb_error *error)
{
    uint64_t size = (uint64_t)archive_entry_size(entry);
    uint64_t end = 0;
    for (;;) {
        const void *bytes;
        size_t count;
        uint64_t offset;
        int code = reader_data(extraction->reader, &bytes, &count, &offset, error);
        if (code == JB_OK && bytes == NULL)
            break;
        if (code == JB_OK && (offset < end || offset > size || count > size - offset))
            code = error_set(error, JB_ERROR_FORMAT, "its content does not fit its size");
        if (code == JB_OK && fd >= 0)
            code = write_all(fd, bytes, count, offset, error);
        if (code == JB_OK)
            code = operation_progress(extraction->operation, count, 0, extraction->name.data, error);
        if (code != JB_OK)
            return code;
        end = offset + count;
    }
    if (fd >= 0 && end < size && ftruncate(fd, (off_t)size) != 0)
        return error_set_errno(error, errno, "cannot set its size");
    return JB_OK;
}

static int finish(struct extraction *extraction, struct archive_entry *entry, const struct made *made, jb_error *error)
{
    struct metadata metadata;
    int code = metadata_read(&extraction->metadata, entry, &metadata, error);
    if (code == JB_OK)
        code = metadata_apply(&extraction->metadata, &metadata, entry, made, extraction->name.data, error);
    metadata_clean_up(&metadata);
    return code;
}

static int extract_file(struct extraction *extraction, struct archive_entry *entry, int directory, const char *last,
                        jb_error *error)
{
    int code = check_size(extraction, entry, error);
    if (code != JB_OK)
        return code;
    int fd = openat(directory, last, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return cannot_make(error, errno);
    struct made made = {.fd = fd};
    code = copy_content(extraction, entry, fd, error);
    if (code == JB_OK)
        code = finish(extraction, entry, &made, error);
    if (close(fd) != 0 && code == JB_OK)
        code = error_set_errno(error, errno, "cannot write");
    return code;
}

static int extract_directory(struct extraction *extraction, struct archive_entry *entry, int directory,
                             const char *last, jb_error *error)
{
    bool root = last[0] == '\0';
    if (!root && mkdirat(directory, last, 0700) != 0 && errno != EEXIST)
        return cannot_make(error, errno);
    int fd = openat(directory, root ? "." : last, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOTDIR || errno == ELOOP ? cannot_make(error, EEXIST)
                                                  : error_set_errno(error, errno, "cannot open it");
    struct made made = {.fd = fd};
    struct metadata metadata;
    int code = metadata_read(&extraction->metadata, entry, &metadata, error);
    if (code == JB_OK)
        code = metadata_apply_attributes(&extraction->metadata, entry, &made, extraction->name.data, error);
    close(fd);
    if (code != JB_OK) {
        metadata_clean_up(&metadata);
        return code;
    }
    return defer(extraction, extraction->name.data, &metadata, error);
}

static int extract_hard_link(struct extraction *extraction, struct archive_entry *entry, const char *first,
                             jb_error *error)
{
    int code = clean_name(first, extraction->options->prefix, &extraction->link, error);
    if (code != JB_OK)
        return error_prefix(error, "it is a hard link");
    /* The link's own directory stays open while the other one is sought. */
    const char *from_name;
    int from;
    code = open_parent(extraction, &extraction->link, false, &from, &from_name, error);
    int held = code == JB_OK ? fcntl(from, F_DUPFD_CLOEXEC, 3) : -1;
    if (code == JB_OK && held < 0)
        code = error_set_errno(error, errno, "cannot open a directory");
    const char *last = NULL;
    int directory = -1;
    if (code == JB_OK)
        code = open_parent(extraction, &extraction->name, true, &directory, &last, error);
    /* Not through a link: should the first name be one, it is the link itself that gets another name. */
    if (code == JB_OK && linkat(held, from_name, directory, last, 0) != 0) {
        if (errno == EEXIST)
            code = cannot_make(error, errno);
        else if (errno == ENOENT)
            code = error_set(error, JB_ERROR_FORMAT,
                             "it is a hard link to '%.300s', which the archive does not hold before it", first);
        else
            code = error_set_errno(error, errno, "cannot link it to '%.300s'", first);
    }
    if (held >= 0)
        close(held);
    /* Some archives repeat the content, which stands there already. */
    return code == JB_OK ? copy_content(extraction, entry, -1, error) : code;
}

static int extract_special(struct extraction *extraction, struct archive_entry *entry, int directory, const char *last,
                           jb_error *error)
{
    mode_t type = archive_entry_filetype(entry);
    int status;
    if (type == AE_IFLNK) {
        const char *target = archive_entry_symlink(entry);
        if (!target || !*target)
            return error_set(error, JB_ERROR_FORMAT, "it is a link to nothing");
        status = symlinkat(target, directory, last);
    } else if (type == AE_IFIFO)
        status = mkfifoat(directory, last, 0600);
    else if (type == AE_IFCHR || type == AE_IFBLK) {
        if (!extraction->options->devices) {
            error_set(error, JB_ERROR_UNSUPPORTED, "it is a device, and devices were not asked for");
            return error_hint(error, "allow device nodes if the archive's source is trusted");
        }
        status = mknodat(directory, last, (type == AE_IFCHR ? S_IFCHR : S_IFBLK) | 0600, archive_entry_rdev(entry));
    } else
        return error_set(error, JB_ERROR_FORMAT, "it is of an unknown kind");
    if (status != 0)
        return cannot_make(error, errno);
    struct made made = {.fd = -1, .directory = directory, .name = last};
    return finish(extraction, entry, &made, error);
}

static int extract_member(struct extraction *extraction, struct archive_entry *entry, jb_error *error)
{
    const char *raw = archive_entry_pathname(entry);
    int code = clean_name(raw, extraction->options->prefix, &extraction->name, error);
    if (code != JB_OK)
        return code;
    const char *hard_link = archive_entry_hardlink(entry);
    mode_t type = archive_entry_filetype(entry);
    const char *last;
    int directory;
    if (extraction->name.size == 0 && (hard_link || type != AE_IFDIR))
        code = error_set(error, JB_ERROR_FORMAT, "the target itself can only be a directory");
    else if (hard_link)
        code = extract_hard_link(extraction, entry, hard_link, error);
    else
        code = open_parent(extraction, &extraction->name, true, &directory, &last, error);
    if (code == JB_OK && !hard_link) {
        if (type == AE_IFREG)
            code = extract_file(extraction, entry, directory, last, error);
        else if (type == AE_IFDIR)
            code = extract_directory(extraction, entry, directory, last, error);
        else
            code = extract_special(extraction, entry, directory, last, error);
    }
    if (code != JB_OK && code != JB_ERROR_CANCELLED)
        error_prefix(error, "the member '%.300s'", raw);
    return code;
}

static int count_member(jb_operation *operation, struct archive_entry *entry, uint64_t entries_max,
                        struct tar_counts *counts, jb_error *error)
{
    if (entries_max > 0 && counts->files == entries_max)
        return error_set(error, JB_ERROR_LIMIT, "the archive holds more than %llu members",
                         (unsigned long long)entries_max);
    counts->files++;
    const char *path = archive_entry_pathname(entry);
    return operation_progress(operation, 0, 1, path ? path : "", error);
}

/* What lies inside comes first, for a mode may close a directory; of one path the last word last. */
static int compare_directories(const void *left, const void *right)
{
    const struct directory *a = left;
    const struct directory *b = right;
    int order = strcmp(b->path, a->path);
    if (order != 0)
        return order;
    return a->turn < b->turn ? -1 : a->turn > b->turn;
}

static int finish_directories(struct extraction *extraction, jb_error *error)
{
    if (extraction->directory_count > 0)
        qsort(extraction->directories, extraction->directory_count, sizeof(*extraction->directories),
              compare_directories);
    int code = JB_OK;
    for (size_t i = 0; i < extraction->directory_count && code == JB_OK; i++) {
        struct directory *directory = &extraction->directories[i];
        const char *last;
        int above;
        extraction->name.size = 0;
        code = buffer_append_text(&extraction->name, directory->path, error);
        if (code == JB_OK)
            code = open_parent(extraction, &extraction->name, false, &above, &last, error);
        int fd =
            code == JB_OK ? openat(above, last[0] ? last : ".", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) : -1;
        if (code == JB_OK && fd < 0)
            code = error_set_errno(error, errno, "cannot open the directory '%s'", directory->path);
        struct made made = {.fd = fd};
        if (code == JB_OK)
            code = metadata_apply(&extraction->metadata, &directory->metadata, NULL, &made, directory->path, error);
        if (fd >= 0)
            close(fd);
        if (code == JB_OK)
            code = operation_check(extraction->operation, error);
    }
    return code;
}

/* The target must be empty; and what is made in it must not inherit an ACL that the archive knows nothing of. */
static int open_target(struct extraction *extraction, const char *target, jb_error *error)
{
    extraction->root = open(target, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int fd = extraction->root >= 0 ? openat(extraction->root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
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
    if (fremovexattr(extraction->root, ACL_DEFAULT_ATTRIBUTE) != 0 && errno != ENODATA && errno != ENOTSUP)
        return error_set_errno(error, errno, "cannot remove the default ACL of '%s'", target);
    return JB_OK;
}

static void clean_up(struct extraction *extraction)
{
    for (size_t i = 0; i < extraction->directory_count; i++) {
        free(extraction->directories[i].path);
        metadata_clean_up(&extraction->directories[i].metadata);
    }
    free(extraction->directories);
    buffer_clean_up(&extraction->name);
    buffer_clean_up(&extraction->link);
    buffer_clean_up(&extraction->near_path);
    names_free(extraction->metadata.names);
    reader_free(extraction->reader);
    if (extraction->near >= 0)
        close(extraction->near);
    if (extraction->root >= 0)
        close(extraction->root);
}

static int extract_all(struct extraction *extraction, jb_error *error)
{
    for (;;) {
        struct archive_entry *entry;
        int code = reader_next(extraction->reader, &entry, error);
        if (code == JB_OK && !entry)
            return finish_directories(extraction, error);
        if (code == JB_OK)
            code =
                count_member(extraction->operation, entry, extraction->options->entries_max, extraction->counts, error);
        if (code == JB_OK)
            code = extract_member(extraction, entry, error);
        if (code != JB_OK)
            return code;
    }
}

int tar_extract(jb_operation *operation, struct byte_source *source, const char *target,
                const struct tar_extract_options *options, struct tar_counts *counts, jb_error *error)
{
    static const struct tar_extract_options defaults;
    struct tar_counts ignored;
    struct extraction extraction = {
        .operation = operation,
        .options = options ? options : &defaults,
        .counts = counts ? counts : &ignored,
        .root = -1,
        .near = -1,
    };
    *extraction.counts = (struct tar_counts){0};
    extraction.metadata = (struct metadata_context){
        .options = extraction.options, .counts = extraction.counts, .privileged = geteuid() == 0};
    buffer_init(&extraction.name, NAME_BYTES_MAX);
    buffer_init(&extraction.link, NAME_BYTES_MAX);
    buffer_init(&extraction.near_path, NAME_BYTES_MAX);

    int code = names_new(&extraction.metadata.names, error);
    if (code == JB_OK)
        code = open_target(&extraction, target, error);
    if (code == JB_OK)
        code = reader_new(source, &extraction.reader, error);
    if (code == JB_OK)
        code = extract_all(&extraction, error);
    clean_up(&extraction);
    return code;
}

int tar_check(jb_operation *operation, struct byte_source *source, struct tar_counts *counts, jb_error *error)
{
    static const struct tar_extract_options no_bounds;
    struct tar_counts ignored;
    struct extraction extraction = {
        .operation = operation, .options = &no_bounds, .counts = counts ? counts : &ignored, .root = -1, .near = -1};
    *extraction.counts = (struct tar_counts){0};
    buffer_init(&extraction.name, NAME_BYTES_MAX);
    int code = reader_new(source, &extraction.reader, error);
    struct archive_entry *entry = NULL;
    do {
        if (code == JB_OK)
            code = reader_next(extraction.reader, &entry, error);
        if (code != JB_OK || !entry)
            break;
        code = count_member(operation, entry, 0, extraction.counts, error);
        if (code == JB_OK)
            code = clean_name(archive_entry_pathname(entry), NULL, &extraction.name, error);
        if (code == JB_OK && archive_entry_filetype(entry) == AE_IFREG && !archive_entry_hardlink(entry))
            code = check_size(&extraction, entry, error);
        if (code == JB_OK)
            code = copy_content(&extraction, entry, -1, error);
    } while (code == JB_OK);
    clean_up(&extraction);
    return code;
}
