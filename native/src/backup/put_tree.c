#include "put_tree.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "../archive/index/index_writer.h"
#include "../archive/tar.h"
#include "../codec/json.h"
#include "../stream/memory.h"
#include "put.h"

#define WARNINGS_KEPT 1000

struct archiving {
    jb_operation *operation;
    struct object *object;
    int code; /* of what the warnings' own list met */
    jb_error *error;
};

static void keep_warning(void *context, const char *path, const char *what)
{
    struct archiving *archiving = context;
    json_t **warnings = &archiving->object->warnings;
    operation_log(archiving->operation, JB_LOG_WARNING, "'%s': %s", path, what);
    archiving->object->warning_count++;
    if (*warnings == NULL)
        *warnings = json_array();
    if (json_array_size(*warnings) >= WARNINGS_KEPT)
        return;
    /* A name need not be UTF-8; JSON texts must be. */
    json_t *name = json_string(path);
    if (name == NULL)
        name = json_string("(a name that is not UTF-8)");
    json_t *warning = json_object();
    json_put(warning, "path", name, &archiving->code, archiving->error);
    json_put_text(warning, "what", what, &archiving->code, archiving->error);
    json_append(*warnings, warning, &archiving->code, archiving->error);
}

int put_tree_root(const char *tree, char **root, jb_error *error)
{
    char *path = realpath(tree, NULL);
    if (path == NULL)
        return error_set_errno(error, errno, "cannot open '%s'", tree);
    memmove(path, path + 1, strlen(path));
    *root = path;
    return JB_OK;
}

/* The caller's patterns, and what a restore may have under way in the tree (docs/formats.md, The swap's journal). Free
 * with free(). */
static int all_excludes(const char *const *given, const char ***patterns, jb_error *error)
{
    static const char staging[] = "/.jpsbackup-????????????????????????????????";
    size_t count = 0;
    while (given != NULL && given[count] != NULL)
        count++;
    *patterns = malloc((count + 2) * sizeof **patterns);
    if (*patterns == NULL)
        return error_no_memory(error);
    if (count > 0)
        memcpy(*patterns, given, count * sizeof **patterns);
    (*patterns)[count] = staging;
    (*patterns)[count + 1] = NULL;
    return JB_OK;
}

static const char *last_name(const char *key)
{
    const char *slash = strrchr(key, '/');
    return slash == NULL ? key : slash + 1;
}

/* The store's directory grows while it is read: an archive that goes into it cannot hold it. */
static int find_own(jb_store *store, const char *tree, struct tar_directory *own, bool *has_own, jb_error *error)
{
    struct stat status, top;
    int fd;
    const char *directory = store_directory(store, &fd);
    *has_own = directory != NULL;
    if (directory == NULL)
        return JB_OK;
    if (fstat(fd, &status) != 0)
        return error_set_errno(error, errno, "cannot read the store's directory '%s'", directory);
    *own = (struct tar_directory){.device = status.st_dev, .inode = status.st_ino};
    if (stat(tree, &top) != 0 || top.st_dev != status.st_dev || top.st_ino != status.st_ino)
        return JB_OK;
    error_set(error, JB_ERROR_USAGE, "'%s' is the directory of the store itself: it cannot be archived into it", tree);
    return error_hint(error, "copy its backups into another store");
}

int put_tree(jb_store *store, jb_operation *operation, const jb_put_options *options, struct byte_sink *sink,
             struct index_writer *index, struct object *object, jb_error *error)
{
    const char **excludes = NULL;
    struct tar_directory own;
    bool has_own;
    int code = find_own(store, options->tree, &own, &has_own, error);
    if (code == JB_OK)
        code = put_tree_root(options->tree, &object->root, error);
    if (code == JB_OK)
        code = all_excludes(options->exclude, &excludes, error);
    if (code == JB_OK && index != NULL)
        code = index_writer_begin(index, last_name(options->key), object->root, error);
    if (code != JB_OK) {
        free(excludes);
        return code;
    }
    struct archiving archiving = {.operation = operation, .object = object, .error = error};
    struct tar_create_options creation = {.exclude = excludes,
                                          .include = options->include,
                                          .one_file_system = options->one_file_system,
                                          .ahead_memory = memory_for_reading_ahead(operation),
                                          .left_out = has_own ? &own : NULL,
                                          .left_out_why = "is the directory of the store itself; it is left out",
                                          .strict = options->strict,
                                          .warning = keep_warning,
                                          .warning_context = &archiving,
                                          .member = index != NULL ? index_writer_member : NULL,
                                          .member_context = index};
    struct tar_counts counts = {0};
    code = tar_create(operation, options->tree, object->root, &creation, sink, &counts, error);
    free(excludes);
    object->files = counts.files;
    object->files_bytes = counts.bytes;
    object->disk_bytes = counts.disk;
    return code != JB_OK ? code : archiving.code;
}
