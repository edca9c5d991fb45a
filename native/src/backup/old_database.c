#include "old_database.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "swap_tree.h"

#define DEPTH_MAX 16                 /* directories around it */
#define OUTER     ".jpsbackup-outer" /* what the outermost is called meanwhile: another name than any inside of it */

bool old_database_is(const json_t *description)
{
    return json_is_true(json_object_get(description, "mariabackup"));
}

int old_database_workers(const json_t *description, struct workers **workers, jb_error *error)
{
    *workers = NULL;
    return old_database_is(description) ? workers_new(0, workers, error) : JB_OK;
}

/* The one directory in `path` with nothing beside it; false where there is none, or it cannot be told. */
static bool only_directory(const char *path, char name[NAME_MAX + 1])
{
    DIR *list = opendir(path);
    if (list == NULL)
        return false;
    unsigned count = 0;
    const struct dirent *entry;
    while (count < 2 && (entry = readdir(list)) != NULL) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        snprintf(name, NAME_MAX + 1, "%s", entry->d_name);
        count++;
    }
    struct stat status;
    bool found = count == 1 && fstatat(dirfd(list), name, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(status.st_mode);
    closedir(list);
    return found;
}

static int take_metadata(const char *from, const char *to, jb_error *error)
{
    int source = open(from, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    int target = open(to, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    int code = source < 0 || target < 0 ? error_set_errno(error, errno, "cannot open '%s' and '%s'", from, to)
                                        : swap_tree_copy_metadata(source, target, to, error);
    if (source >= 0)
        close(source);
    if (target >= 0)
        close(target);
    return code;
}

int old_database_raise(const char *staging, jb_error *error)
{
    char outer[PATH_MAX], inner[PATH_MAX], first[PATH_MAX], name[NAME_MAX + 1];
    if (!only_directory(staging, name))
        return JB_OK;
    int size = snprintf(outer, sizeof outer, "%s/" OUTER, staging);
    snprintf(inner, sizeof inner, "%s", outer);
    if (snprintf(first, sizeof first, "%s/%s", staging, name) >= (int)sizeof first || size >= (int)sizeof outer)
        return error_set(error, JB_ERROR_LIMIT, "the path '%s' is too long", staging);
    if (rename(first, outer) != 0)
        return error_set_errno(error, errno, "cannot rename '%s'", first);
    for (int depth = 1; depth < DEPTH_MAX && only_directory(inner, name); depth++) {
        size_t length = strlen(inner);
        if (snprintf(inner + length, sizeof inner - length, "/%s", name) >= (int)(sizeof inner - length))
            return error_set(error, JB_ERROR_LIMIT, "the path '%s' is too long", inner);
    }
    int code = swap_tree_move(&swap_system_calls, inner, staging, NULL, error);
    if (code == JB_OK)
        code = take_metadata(inner, staging, error);
    return code == JB_OK ? swap_tree_remove(&swap_system_calls, outer, error) : code;
}
