#include "faults.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <openssl/crypto.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

static _Atomic(enum fault) kind;
static atomic_uint count;
static unsigned chosen;
static const char *_Atomic struck = "";
static atomic_bool no_exchange;

static char trace[65536];
static pthread_mutex_t trace_mutex = PTHREAD_MUTEX_INITIALIZER;

static void note(const char *name)
{
    pthread_mutex_lock(&trace_mutex);
    size_t used = strlen(trace);
    snprintf(trace + used, sizeof trace - used, " %s", name);
    pthread_mutex_unlock(&trace_mutex);
}

const char *faults_trace(void)
{
    return trace;
}

void faults_without_exchange(bool without)
{
    atomic_store(&no_exchange, without);
}

void faults_begin(enum fault wanted, unsigned at)
{
    struck = "";
    trace[0] = '\0';
    chosen = at;
    atomic_store(&count, 0);
    atomic_store(&kind, wanted);
}

unsigned faults_end(void)
{
    atomic_store(&kind, FAULT_NONE);
    return atomic_load(&count);
}

const char *faults_struck(void)
{
    return struck;
}

static bool strikes(bool memory, const char *name, int errnum)
{
    enum fault now = atomic_load(&kind);
    if (now == FAULT_CALL && !memory && chosen == FAULTS_NEVER)
        note(name);
    if (now == FAULT_NONE || memory != (now == FAULT_MEMORY) || atomic_fetch_add(&count, 1) != chosen)
        return false;
    if (now == FAULT_KILL)
        _exit(FAULTS_EXIT_CODE);
    struck = name;
    errno = errnum;
    return true;
}

#define NO_MEMORY(name)     strikes(true, name, ENOMEM)
#define FAILS(name, errnum) strikes(false, name, errnum)
#define DECLARE(type, name, ...)                                                                                       \
    type __real_##name(__VA_ARGS__);                                                                                   \
    type __wrap_##name(__VA_ARGS__)

DECLARE(void *, malloc, size_t size)
{
    return NO_MEMORY("malloc") ? NULL : __real_malloc(size);
}

DECLARE(void *, calloc, size_t number, size_t size)
{
    return NO_MEMORY("calloc") ? NULL : __real_calloc(number, size);
}

DECLARE(void *, realloc, void *old, size_t size)
{
    return NO_MEMORY("realloc") ? NULL : __real_realloc(old, size);
}

DECLARE(char *, strdup, const char *text)
{
    return NO_MEMORY("strdup") ? NULL : __real_strdup(text);
}

DECLARE(char *, strndup, const char *text, size_t size)
{
    return NO_MEMORY("strndup") ? NULL : __real_strndup(text, size);
}

DECLARE(char *, realpath, const char *path, char *resolved)
{
    return NO_MEMORY("realpath") ? NULL : __real_realpath(path, resolved);
}

DECLARE(void *, mmap, void *address, size_t size, int protection, int flags, int fd, off_t offset)
{
    return NO_MEMORY("mmap") ? MAP_FAILED : __real_mmap(address, size, protection, flags, fd, offset);
}

DECLARE(int, vasprintf, char **text, const char *format, va_list arguments)
{
    return NO_MEMORY("vasprintf") ? -1 : __real_vasprintf(text, format, arguments);
}

int __wrap_asprintf(char **text, const char *format, ...);
int __wrap_asprintf(char **text, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = __wrap_vasprintf(text, format, arguments);
    va_end(arguments);
    return length;
}

/* The names that fortified code calls. */
int __wrap___vasprintf_chk(char **text, int flag, const char *format, va_list arguments);
int __wrap___vasprintf_chk(char **text, int flag, const char *format, va_list arguments)
{
    (void)flag;
    return __wrap_vasprintf(text, format, arguments);
}

int __wrap___asprintf_chk(char **text, int flag, const char *format, ...);
int __wrap___asprintf_chk(char **text, int flag, const char *format, ...)
{
    (void)flag;
    va_list arguments;
    va_start(arguments, format);
    int length = __wrap_vasprintf(text, format, arguments);
    va_end(arguments);
    return length;
}

static void *crypto_malloc(size_t size, const char *file, int line)
{
    (void)file, (void)line;
    return NO_MEMORY("OpenSSL's malloc") ? NULL : __real_malloc(size);
}

static void *crypto_realloc(void *old, size_t size, const char *file, int line)
{
    (void)file, (void)line;
    return NO_MEMORY("OpenSSL's realloc") ? NULL : __real_realloc(old, size);
}

static void crypto_free(void *bytes, const char *file, int line)
{
    (void)file, (void)line;
    free(bytes);
}

static _Thread_local bool reading;

static void *json_malloc(size_t size)
{
    return !reading && NO_MEMORY("jansson's malloc") ? NULL : __real_malloc(size);
}

/* Reading fails as a whole: within it, jansson itself loses characters of a text without a word where it gets no
 * memory. */
DECLARE(json_t *, json_loadb, const char *text, size_t size, size_t flags, json_error_t *error)
{
    if (NO_MEMORY("json_loadb")) {
        memset(error, 0, sizeof *error);
        error->text[JSON_ERROR_TEXT_LENGTH - 1] = (char)json_error_out_of_memory;
        return NULL;
    }
    reading = true;
    json_t *document = __real_json_loadb(text, size, flags, error);
    reading = false;
    return document;
}

void faults_init(void)
{
    json_set_alloc_funcs(json_malloc, free);
    if (CRYPTO_set_mem_functions(crypto_malloc, crypto_realloc, crypto_free) != 1)
        abort();
}

static mode_t mode_argument(int flags, va_list arguments)
{
    return flags & O_CREAT ? va_arg(arguments, mode_t) : 0;
}

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...)
{
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = mode_argument(flags, arguments);
    va_end(arguments);
    return FAILS("open", EMFILE) ? -1 : __real_open(path, flags, mode);
}

int __real_openat(int directory, const char *path, int flags, ...);
int __wrap_openat(int directory, const char *path, int flags, ...);
int __wrap_openat(int directory, const char *path, int flags, ...)
{
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = mode_argument(flags, arguments);
    va_end(arguments);
    return FAILS("openat", EMFILE) ? -1 : __real_openat(directory, path, flags, mode);
}

DECLARE(ssize_t, read, int fd, void *bytes, size_t size)
{
    return FAILS("read", EIO) ? -1 : __real_read(fd, bytes, size);
}

DECLARE(ssize_t, pread, int fd, void *bytes, size_t size, off_t offset)
{
    return FAILS("pread", EIO) ? -1 : __real_pread(fd, bytes, size, offset);
}

DECLARE(ssize_t, write, int fd, const void *bytes, size_t size)
{
    return FAILS("write", ENOSPC) ? -1 : __real_write(fd, bytes, size);
}

DECLARE(ssize_t, pwrite, int fd, const void *bytes, size_t size, off_t offset)
{
    return FAILS("pwrite", ENOSPC) ? -1 : __real_pwrite(fd, bytes, size, offset);
}

DECLARE(int, fsync, int fd)
{
    return FAILS("fsync", EIO) ? -1 : __real_fsync(fd);
}

DECLARE(int, syncfs, int fd)
{
    return FAILS("syncfs", EIO) ? -1 : __real_syncfs(fd);
}

DECLARE(int, ftruncate, int fd, off_t size)
{
    return FAILS("ftruncate", ENOSPC) ? -1 : __real_ftruncate(fd, size);
}

DECLARE(int, linkat, int from_directory, const char *from, int to_directory, const char *to, int flags)
{
    return FAILS("linkat", ENOSPC) ? -1 : __real_linkat(from_directory, from, to_directory, to, flags);
}

DECLARE(int, link, const char *from, const char *to)
{
    return FAILS("link", ENOSPC) ? -1 : __real_link(from, to);
}

DECLARE(int, symlinkat, const char *text, int directory, const char *name)
{
    return FAILS("symlinkat", ENOSPC) ? -1 : __real_symlinkat(text, directory, name);
}

DECLARE(int, rename, const char *from, const char *to)
{
    return FAILS("rename", EIO) ? -1 : __real_rename(from, to);
}

DECLARE(int, renameat, int from_directory, const char *from, int to_directory, const char *to)
{
    return FAILS("renameat", EIO) ? -1 : __real_renameat(from_directory, from, to_directory, to);
}

DECLARE(int, renameat2, int from_directory, const char *from, int to_directory, const char *to, unsigned flags)
{
    if (no_exchange && (flags & RENAME_EXCHANGE) != 0) {
        errno = EINVAL;
        return -1;
    }
    return FAILS("renameat2", EIO) ? -1 : __real_renameat2(from_directory, from, to_directory, to, flags);
}

DECLARE(int, unlink, const char *name)
{
    return FAILS("unlink", EIO) ? -1 : __real_unlink(name);
}

DECLARE(int, unlinkat, int directory, const char *name, int flags)
{
    return FAILS("unlinkat", EIO) ? -1 : __real_unlinkat(directory, name, flags);
}

DECLARE(int, mkdir, const char *name, mode_t mode)
{
    return FAILS("mkdir", ENOSPC) ? -1 : __real_mkdir(name, mode);
}

DECLARE(int, mkdirat, int directory, const char *name, mode_t mode)
{
    return FAILS("mkdirat", ENOSPC) ? -1 : __real_mkdirat(directory, name, mode);
}

DECLARE(int, fstat, int fd, struct stat *status)
{
    return FAILS("fstat", EIO) ? -1 : __real_fstat(fd, status);
}

DECLARE(int, fstatat, int directory, const char *name, struct stat *status, int flags)
{
    return FAILS("fstatat", EIO) ? -1 : __real_fstatat(directory, name, status, flags);
}

DECLARE(int, lstat, const char *path, struct stat *status)
{
    return FAILS("lstat", EIO) ? -1 : __real_lstat(path, status);
}

DECLARE(int, stat, const char *path, struct stat *status)
{
    return FAILS("stat", EIO) ? -1 : __real_stat(path, status);
}

DECLARE(int, access, const char *path, int mode)
{
    return FAILS("access", EIO) ? -1 : __real_access(path, mode);
}

DECLARE(int, statvfs, const char *path, struct statvfs *status)
{
    return FAILS("statvfs", EIO) ? -1 : __real_statvfs(path, status);
}

DECLARE(ssize_t, readlinkat, int directory, const char *name, char *text, size_t size)
{
    return FAILS("readlinkat", EIO) ? -1 : __real_readlinkat(directory, name, text, size);
}

DECLARE(struct dirent *, readdir, DIR *directory)
{
    return FAILS("readdir", EIO) ? NULL : __real_readdir(directory);
}

DECLARE(int, rmdir, const char *path)
{
    return FAILS("rmdir", EIO) ? -1 : __real_rmdir(path);
}

DECLARE(int, statx, int directory, const char *path, int flags, unsigned mask, struct statx *status)
{
    return FAILS("statx", EIO) ? -1 : __real_statx(directory, path, flags, mask, status);
}

DECLARE(off_t, lseek, int fd, off_t offset, int whence)
{
    return FAILS("lseek", EIO) ? -1 : __real_lseek(fd, offset, whence);
}

DECLARE(int, mkostemp, char *path, int flags)
{
    return FAILS("mkostemp", ENOSPC) ? -1 : __real_mkostemp(path, flags);
}

DECLARE(DIR *, opendir, const char *path)
{
    return FAILS("opendir", EMFILE) ? NULL : __real_opendir(path);
}

DECLARE(FILE *, fopen, const char *path, const char *mode)
{
    return FAILS("fopen", EMFILE) ? NULL : __real_fopen(path, mode);
}

DECLARE(ssize_t, copy_file_range, int from, off_t *from_offset, int to, off_t *to_offset, size_t size, unsigned flags)
{
    return FAILS("copy_file_range", EIO) ? -1 : __real_copy_file_range(from, from_offset, to, to_offset, size, flags);
}

DECLARE(int, mknodat, int directory, const char *name, mode_t mode, dev_t device)
{
    return FAILS("mknodat", ENOSPC) ? -1 : __real_mknodat(directory, name, mode, device);
}

DECLARE(int, mkfifoat, int directory, const char *name, mode_t mode)
{
    return FAILS("mkfifoat", ENOSPC) ? -1 : __real_mkfifoat(directory, name, mode);
}

DECLARE(ssize_t, flistxattr, int fd, char *names, size_t size)
{
    return FAILS("flistxattr", EIO) ? -1 : __real_flistxattr(fd, names, size);
}

DECLARE(ssize_t, fgetxattr, int fd, const char *name, void *value, size_t size)
{
    return FAILS("fgetxattr", EIO) ? -1 : __real_fgetxattr(fd, name, value, size);
}

DECLARE(int, fsetxattr, int fd, const char *name, const void *value, size_t size, int flags)
{
    return FAILS("fsetxattr", ENOSPC) ? -1 : __real_fsetxattr(fd, name, value, size, flags);
}

DECLARE(ssize_t, llistxattr, const char *path, char *names, size_t size)
{
    return FAILS("llistxattr", EIO) ? -1 : __real_llistxattr(path, names, size);
}

DECLARE(ssize_t, lgetxattr, const char *path, const char *name, void *value, size_t size)
{
    return FAILS("lgetxattr", EIO) ? -1 : __real_lgetxattr(path, name, value, size);
}

DECLARE(int, lsetxattr, const char *path, const char *name, const void *value, size_t size, int flags)
{
    return FAILS("lsetxattr", ENOSPC) ? -1 : __real_lsetxattr(path, name, value, size, flags);
}

DECLARE(int, fchownat, int directory, const char *path, uid_t user, gid_t group, int flags)
{
    return FAILS("fchownat", EIO) ? -1 : __real_fchownat(directory, path, user, group, flags);
}

DECLARE(int, fchmodat, int directory, const char *path, mode_t mode, int flags)
{
    return FAILS("fchmodat", EIO) ? -1 : __real_fchmodat(directory, path, mode, flags);
}

DECLARE(int, eventfd, unsigned value, int flags)
{
    return FAILS("eventfd", EMFILE) ? -1 : __real_eventfd(value, flags);
}

DECLARE(int, pipe2, int fds[2], int flags)
{
    return FAILS("pipe2", EMFILE) ? -1 : __real_pipe2(fds, flags);
}

DECLARE(int, fchown, int fd, uid_t user, gid_t group)
{
    return FAILS("fchown", EIO) ? -1 : __real_fchown(fd, user, group);
}

DECLARE(int, fchmod, int fd, mode_t mode)
{
    return FAILS("fchmod", EIO) ? -1 : __real_fchmod(fd, mode);
}

DECLARE(int, futimens, int fd, const struct timespec times[2])
{
    return FAILS("futimens", EIO) ? -1 : __real_futimens(fd, times);
}

DECLARE(int, utimensat, int directory, const char *path, const struct timespec times[2], int flags)
{
    return FAILS("utimensat", EIO) ? -1 : __real_utimensat(directory, path, times, flags);
}

DECLARE(int, flock, int fd, int operation)
{
    return FAILS("flock", ENOLCK) ? -1 : __real_flock(fd, operation);
}

DECLARE(DIR *, fdopendir, int fd)
{
    return FAILS("fdopendir", ENOMEM) ? NULL : __real_fdopendir(fd);
}

DECLARE(int, pthread_create, pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *argument)
{
    return FAILS("pthread_create", EAGAIN) ? EAGAIN : __real_pthread_create(thread, attributes, run, argument);
}
