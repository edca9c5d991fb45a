#include "trees.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define LINKED_MAX 32

static void trouble(const char *what, const char *path)
{
    fail_msg("cannot %s '%s': %s", what, path, strerrorname_np(errno));
}

/* The next entry but for "." and ".."; NULL at the end. */
static const char *next_name(DIR *directory)
{
    struct dirent *entry;
    do
        entry = readdir(directory);
    while (entry != NULL && (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0));
    return entry == NULL ? NULL : entry->d_name;
}

static DIR *open_directory(int parent, const char *name)
{
    int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *directory = fd < 0 ? NULL : fdopendir(fd);
    if (directory == NULL)
        trouble("open", name);
    return directory;
}

/* Files with several links, by their numbers, and where their copies are. */
struct linked {
    ino_t inode;
    int parent;
    char name[256];
};

struct copy {
    struct linked linked[LINKED_MAX];
    size_t count;
};

static void copy_bytes(int from, const char *name, int to, mode_t mode)
{
    int in = openat(from, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    int out = openat(to, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    char bytes[16384];
    ssize_t got = -1;
    while (in >= 0 && out >= 0 && (got = read(in, bytes, sizeof bytes)) > 0)
        if (write(out, bytes, (size_t)got) != got) {
            got = -1;
            break;
        }
    if (got != 0 || fchmod(out, mode) != 0)
        trouble("copy", name);
    close(in);
    close(out);
}

static void copy_entry(struct copy *copy, int from, int to, const char *name);

static void copy_directory(struct copy *copy, int from, int to, const char *name, mode_t mode)
{
    if (mkdirat(to, name, 0700) != 0)
        trouble("make", name);
    DIR *source = open_directory(from, name);
    DIR *target = open_directory(to, name);
    for (const char *entry; (entry = next_name(source)) != NULL;)
        copy_entry(copy, dirfd(source), dirfd(target), entry);
    if (fchmod(dirfd(target), mode) != 0)
        trouble("copy", name);
    closedir(source);
    closedir(target);
}

/* Within one directory only, which is what the trees of the tests need. */
static bool copy_link(struct copy *copy, int to, const char *name, const struct stat *status)
{
    for (size_t i = 0; i < copy->count; i++)
        if (copy->linked[i].inode == status->st_ino && copy->linked[i].parent == to)
            return linkat(to, copy->linked[i].name, to, name, 0) == 0;
    if (copy->count < LINKED_MAX) {
        struct linked *linked = &copy->linked[copy->count++];
        *linked = (struct linked){.inode = status->st_ino, .parent = to};
        snprintf(linked->name, sizeof linked->name, "%s", name);
    }
    return false;
}

static void copy_entry(struct copy *copy, int from, int to, const char *name)
{
    struct stat status;
    if (fstatat(from, name, &status, AT_SYMLINK_NOFOLLOW) != 0)
        trouble("look at", name);
    if (S_ISDIR(status.st_mode)) {
        copy_directory(copy, from, to, name, status.st_mode & 07777);
    } else if (S_ISLNK(status.st_mode)) {
        char text[1024];
        ssize_t length = readlinkat(from, name, text, sizeof text - 1);
        text[length < 0 ? 0 : length] = '\0';
        if (length < 0 || symlinkat(text, to, name) != 0)
            trouble("copy", name);
    } else if (status.st_nlink > 1 && copy_link(copy, to, name, &status)) {
        return;
    } else {
        copy_bytes(from, name, to, status.st_mode & 07777);
    }
    const struct timespec times[] = {status.st_atim, status.st_mtim};
    if (utimensat(to, name, times, AT_SYMLINK_NOFOLLOW) != 0)
        trouble("set the times of", name);
}

void tree_copy(const char *from, const char *to)
{
    struct stat status;
    if (lstat(from, &status) != 0) {
        if (errno != ENOENT)
            trouble("look at", from);
        return;
    }
    struct copy copy = {.count = 0};
    if (mkdir(to, 0700) != 0)
        trouble("make", to);
    DIR *source = open_directory(AT_FDCWD, from);
    DIR *target = open_directory(AT_FDCWD, to);
    for (const char *entry; (entry = next_name(source)) != NULL;)
        copy_entry(&copy, dirfd(source), dirfd(target), entry);
    const struct timespec times[] = {status.st_atim, status.st_mtim};
    if (fchmod(dirfd(target), status.st_mode & 07777) != 0 || futimens(dirfd(target), times) != 0)
        trouble("copy", from);
    closedir(source);
    closedir(target);
}

static void remove_entry(int parent, const char *name)
{
    struct stat status;
    if (fstatat(parent, name, &status, AT_SYMLINK_NOFOLLOW) != 0) {
        if (errno != ENOENT)
            trouble("look at", name);
        return;
    }
    if (S_ISDIR(status.st_mode)) {
        DIR *directory = open_directory(parent, name);
        for (const char *entry; (entry = next_name(directory)) != NULL;)
            remove_entry(dirfd(directory), entry);
        closedir(directory);
    }
    if (unlinkat(parent, name, S_ISDIR(status.st_mode) ? AT_REMOVEDIR : 0) != 0)
        trouble("remove", name);
}

void tree_remove(const char *path)
{
    remove_entry(AT_FDCWD, path);
}

static bool bytes_equal(int left, int right, const char *name)
{
    int fds[] = {openat(left, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC),
                 openat(right, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)};
    char bytes[2][16384];
    ssize_t got[2];
    bool equal = fds[0] >= 0 && fds[1] >= 0;
    do {
        for (size_t i = 0; equal && i < 2; i++)
            got[i] = read(fds[i], bytes[i], sizeof bytes[i]);
        equal = equal && got[0] >= 0 && got[0] == got[1] && memcmp(bytes[0], bytes[1], (size_t)got[0]) == 0;
    } while (equal && got[0] > 0);
    for (size_t i = 0; i < 2; i++)
        if (fds[i] >= 0)
            close(fds[i]);
    return equal;
}

static bool links_equal(int left, int right, const char *name)
{
    char texts[2][1024];
    ssize_t lengths[] = {readlinkat(left, name, texts[0], sizeof texts[0]),
                         readlinkat(right, name, texts[1], sizeof texts[1])};
    return lengths[0] >= 0 && lengths[0] == lengths[1] && memcmp(texts[0], texts[1], (size_t)lengths[0]) == 0;
}

static bool status_equal(const struct stat *left, const struct stat *right)
{
    return left->st_mode == right->st_mode && left->st_uid == right->st_uid && left->st_gid == right->st_gid &&
           left->st_mtim.tv_sec == right->st_mtim.tv_sec && left->st_mtim.tv_nsec == right->st_mtim.tv_nsec &&
           (S_ISDIR(left->st_mode) || left->st_nlink == right->st_nlink);
}

static bool directories_equal(DIR *left, DIR *right);

static bool entries_equal(int left, int right, const char *name)
{
    struct stat statuses[2];
    if (fstatat(left, name, &statuses[0], AT_SYMLINK_NOFOLLOW) != 0 ||
        fstatat(right, name, &statuses[1], AT_SYMLINK_NOFOLLOW) != 0 || !status_equal(&statuses[0], &statuses[1]))
        return false;
    if (S_ISLNK(statuses[0].st_mode))
        return links_equal(left, right, name);
    if (!S_ISDIR(statuses[0].st_mode))
        return bytes_equal(left, right, name);
    DIR *directories[] = {open_directory(left, name), open_directory(right, name)};
    bool equal = directories_equal(directories[0], directories[1]);
    closedir(directories[0]);
    closedir(directories[1]);
    return equal;
}

static bool directories_equal(DIR *left, DIR *right)
{
    size_t count = 0;
    for (const char *name; (name = next_name(left)) != NULL; count++)
        if (!entries_equal(dirfd(left), dirfd(right), name))
            return false;
    while (next_name(right) != NULL)
        if (count-- == 0)
            return false;
    return count == 0;
}

bool tree_equal(const char *left, const char *right)
{
    struct stat statuses[2];
    if (lstat(left, &statuses[0]) != 0 || lstat(right, &statuses[1]) != 0 || !S_ISDIR(statuses[0].st_mode) ||
        !status_equal(&statuses[0], &statuses[1]))
        return false;
    DIR *directories[] = {open_directory(AT_FDCWD, left), open_directory(AT_FDCWD, right)};
    bool equal = directories_equal(directories[0], directories[1]);
    closedir(directories[0]);
    closedir(directories[1]);
    return equal;
}
