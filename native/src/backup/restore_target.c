#include "restore_target.h"

#include <dirent.h>
#include <errno.h>
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "../base/error.h"

/* The kernel writes blanks, tabs, line ends and backslashes in paths as three octal digits. */
static void unescape(char *path)
{
    char *to = path;
    for (const char *from = path; *from; to++) {
        if (from[0] == '\\' && from[1] >= '0' && from[1] <= '3' && from[2] >= '0' && from[2] <= '7' && from[3] >= '0' &&
            from[3] <= '7') {
            *to = (char)((from[1] - '0') * 64 + (from[2] - '0') * 8 + (from[3] - '0'));
            from += 4;
        } else
            *to = *from++;
    }
    *to = '\0';
}

/* The fifth word of a line of mountinfo; NULL where there is none. */
static char *mounted_on(char *line)
{
    char *rest = line, *word = NULL;
    for (int i = 0; i < 5; i++)
        word = strsep(&rest, " ");
    if (word != NULL)
        unescape(word);
    return word;
}

/* Without /proc nothing is known of mounts, and the file system's own refusals have to do. */
static int look_for_mounts(const char *path, bool *mount_point, jb_error *error)
{
    FILE *mounts = fopen("/proc/self/mountinfo", "re");
    if (mounts == NULL)
        return errno == ENOENT ? JB_OK : error_set_errno(error, errno, "cannot read '/proc/self/mountinfo'");
    size_t size = strlen(path);
    char *line = NULL;
    size_t capacity = 0;
    int code = JB_OK;
    while (code == JB_OK && getline(&line, &capacity, mounts) > 0) {
        const char *on = mounted_on(line);
        if (on == NULL || strncmp(on, path, size) != 0)
            continue;
        if (on[size] == '\0')
            *mount_point = true;
        else if (on[size] == '/') {
            error_set(error, JB_ERROR_CONFLICT, "another file system is mounted on '%s' inside the target", on);
            code = error_hint(error, "unmount it first, for the old content could not be removed with it");
        }
    }
    if (code == JB_OK && ferror(mounts))
        code = error_set_errno(error, errno, "cannot read '/proc/self/mountinfo'");
    free(line);
    fclose(mounts);
    return code;
}

int restore_target_is_empty(const char *path, bool *empty)
{
    *empty = false;
    DIR *directory = opendir(path);
    if (directory == NULL)
        return errno == ENOTDIR ? 0 : -1;
    const struct dirent *entry;
    do {
        entry = readdir(directory);
    } while (entry != NULL && (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0));
    closedir(directory);
    *empty = entry == NULL;
    return 0;
}

static uint64_t bytes_of(const struct stat *status)
{
    bool lasts = !S_ISDIR(status->st_mode) && status->st_nlink > 1;
    return lasts ? 0 : (uint64_t)status->st_blocks * 512;
}

static int measure_tree(char *path, jb_operation *operation, uint64_t *bytes, jb_error *error)
{
    char *const roots[] = {path, NULL};
    FTS *walk = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR | FTS_XDEV, NULL);
    if (walk == NULL)
        return error_set_errno(error, errno, "cannot read '%s'", path);
    int code = JB_OK;
    const FTSENT *entry;
    while (code == JB_OK && (entry = fts_read(walk)) != NULL) {
        /* What cannot be read counts for nothing, as what is not told. */
        bool known = entry->fts_info != FTS_DP && entry->fts_info != FTS_DNR && entry->fts_info != FTS_ERR &&
                     entry->fts_info != FTS_NS;
        *bytes += known ? bytes_of(entry->fts_statp) : 0;
        code = operation_check(operation, error);
    }
    fts_close(walk);
    return code;
}

int restore_target_look(const char *path, enum swap_kind kind, bool measure, jb_operation *operation,
                        struct restore_target *target, jb_error *error)
{
    *target = (struct restore_target){0};
    struct stat status;
    if (lstat(path, &status) != 0)
        return errno == ENOENT || errno == ENOTDIR ? JB_OK
                                                   : error_set_errno(error, errno, "cannot read the target '%s'", path);
    if (S_ISLNK(status.st_mode))
        return error_set(error, JB_ERROR_USAGE, "the target '%s' is a link: name what it leads to", path);
    if (kind == SWAP_TREE ? !S_ISDIR(status.st_mode) : !S_ISREG(status.st_mode))
        return error_set(error, JB_ERROR_USAGE, "the target '%s' is no %s", path,
                         kind == SWAP_TREE ? "directory" : "regular file");
    target->exists = true;
    target->shared = S_ISREG(status.st_mode) && status.st_nlink > 1;
    char *real = realpath(path, NULL);
    if (real == NULL)
        return error_set_errno(error, errno, "cannot find the target '%s'", path);
    int code = look_for_mounts(real, &target->mount_point, error);
    if (code == JB_OK && measure && kind == SWAP_TREE)
        code = measure_tree(real, operation, &target->bytes, error);
    else if (code == JB_OK && measure)
        target->bytes = bytes_of(&status);
    free(real);
    return code;
}
