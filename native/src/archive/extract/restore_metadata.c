#include "restore_metadata.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "../acl.h"
#include "../attributes.h"

int metadata_context_init(struct metadata_context *context, const struct tar_extract_options *options,
                          struct tar_counts *counts, jb_error *error)
{
    *context = (struct metadata_context){.options = options, .counts = counts, .privileged = geteuid() == 0};
    pthread_mutex_init(&context->warning, NULL);
    return names_new(&context->names, error);
}

void metadata_context_clean_up(struct metadata_context *context)
{
    names_free(context->names);
    pthread_mutex_destroy(&context->warning);
}

static void warn(struct metadata_context *context, const char *path, const char *what)
{
    pthread_mutex_lock(&context->warning);
    context->counts->warnings++;
    if (context->options->warning)
        context->options->warning(context->options->warning_context, path, what);
    pthread_mutex_unlock(&context->warning);
}

void metadata_default_owner(const struct metadata_context *context, struct metadata *metadata)
{
    bool given = context->options->owner_given;
    metadata->uid = given ? context->options->uid : geteuid();
    metadata->gid = given ? context->options->gid : getegid();
}

static int read_owner(struct metadata_context *context, struct archive_entry *entry, struct metadata *metadata,
                      jb_error *error)
{
    if (context->options->owner_given) {
        metadata_default_owner(context, metadata);
        return JB_OK;
    }
    const char *user = archive_entry_uname(entry);
    const char *group = archive_entry_gname(entry);
    int64_t uid = archive_entry_uid(entry);
    int64_t gid = archive_entry_gid(entry);
    bool user_known = user && user[0] && names_find_user(context->names, user, &metadata->uid);
    bool group_known = group && group[0] && names_find_group(context->names, group, &metadata->gid);
    /* The largest number means "unchanged" to chown(2). */
    if ((!user_known && (uid < 0 || uid >= UINT32_MAX)) || (!group_known && (gid < 0 || gid >= UINT32_MAX)))
        return error_set(error, JB_ERROR_FORMAT, "an owner's number is out of range");
    if (!user_known)
        metadata->uid = (uid_t)uid;
    if (!group_known)
        metadata->gid = (gid_t)gid;
    return JB_OK;
}

int metadata_read(struct metadata_context *context, struct archive_entry *entry, struct metadata *metadata,
                  jb_error *error)
{
    *metadata = (struct metadata){
        .mode = archive_entry_perm(entry) & 07777,
        .mtime = {.tv_sec = archive_entry_mtime(entry), .tv_nsec = archive_entry_mtime_nsec(entry)},
    };
    buffer_init(&metadata->access_acl, XATTR_SIZE_MAX);
    buffer_init(&metadata->default_acl, XATTR_SIZE_MAX);
    /* libarchive 3.6 reads "-1.25" as -1 s and 250 ms; pax, GNU tar and pax.c mean 1.25 s before 1970. */
    if (metadata->mtime.tv_sec < 0 && metadata->mtime.tv_nsec > 0) {
        metadata->mtime.tv_sec--;
        metadata->mtime.tv_nsec = 1000000000 - metadata->mtime.tv_nsec;
    }
    if (metadata->mtime.tv_nsec < 0 || metadata->mtime.tv_nsec > 999999999)
        return error_set(error, JB_ERROR_FORMAT, "a time is out of range");
    int code = read_owner(context, entry, metadata, error);
    if (code == JB_OK)
        code = acl_from_entry(entry, ARCHIVE_ENTRY_ACL_TYPE_ACCESS, context->names, &metadata->access_acl, error);
    if (code == JB_OK && archive_entry_filetype(entry) == AE_IFDIR)
        code = acl_from_entry(entry, ARCHIVE_ENTRY_ACL_TYPE_DEFAULT, context->names, &metadata->default_acl, error);
    return code;
}

void metadata_clean_up(struct metadata *metadata)
{
    buffer_clean_up(&metadata->access_acl);
    buffer_clean_up(&metadata->default_acl);
}

void metadata_move(struct metadata *to, struct metadata *from)
{
    *to = *from;
    buffer_init(&from->access_acl, 0);
    buffer_init(&from->default_acl, 0);
}

/* Attributes have no calls that take a directory and a name. */
struct made_path {
    char text[64 + NAME_MAX + 1];
};

static struct made_path path_of(const struct made *made)
{
    struct made_path path;
    snprintf(path.text, sizeof path.text, "/proc/self/fd/%d/%.255s", made->directory, made->name);
    return path;
}

static int set_attribute(const struct made *made, const char *name, const void *value, size_t size)
{
    return made->fd >= 0 ? fsetxattr(made->fd, name, value, size, 0)
                         : lsetxattr(path_of(made).text, name, value, size, 0);
}

static int read_status(const struct made *made, struct stat *status, const char *path, jb_error *error)
{
    int answer =
        made->fd >= 0 ? fstat(made->fd, status) : fstatat(made->directory, made->name, status, AT_SYMLINK_NOFOLLOW);
    return answer == 0 ? JB_OK : error_set_errno(error, errno, "cannot look at '%s'", path);
}

/* The attribute's value, which is then removed. */
static int take_attribute(const struct made *made, const char *name, struct buffer *value, const char *path,
                          jb_error *error)
{
    char room[XATTR_SIZE_MAX];
    struct made_path at = path_of(made);
    ssize_t size = lgetxattr(at.text, name, room, sizeof room);
    if (size < 0)
        return errno == ENODATA || errno == ENOTSUP
                   ? JB_OK
                   : error_set_errno(error, errno, "cannot read the ACL of '%s'", path);
    int code = buffer_append(value, room, (size_t)size, error);
    if (code == JB_OK && lremovexattr(at.text, name) != 0)
        code = error_set_errno(error, errno, "cannot remove the ACL of '%s'", path);
    return code;
}

/* A link of that name would lead out: the directory is opened first, and changed by what was opened. */
static int open_to_all(const struct made *made, const char *path, jb_error *error)
{
    char opened[64];
    int fd = openat(made->directory, made->name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return error_set_errno(error, errno, "cannot open the directory '%s'", path);
    snprintf(opened, sizeof opened, "/proc/self/fd/%d", fd);
    int code = chmod(opened, 0700) == 0 ? JB_OK : error_set_errno(error, errno, "cannot set the mode of '%s'", path);
    close(fd);
    return code;
}

int metadata_take_back(const struct made *made, struct metadata *metadata, const char *path, jb_error *error)
{
    struct stat status;
    *metadata = (struct metadata){0};
    buffer_init(&metadata->access_acl, XATTR_SIZE_MAX);
    buffer_init(&metadata->default_acl, XATTR_SIZE_MAX);
    int code = read_status(made, &status, path, error);
    if (code == JB_OK && !S_ISDIR(status.st_mode))
        code = error_set(error, JB_ERROR_FORMAT, "its name was there before");
    if (code == JB_OK)
        code = take_attribute(made, ACL_ACCESS_ATTRIBUTE, &metadata->access_acl, path, error);
    if (code == JB_OK)
        code = take_attribute(made, ACL_DEFAULT_ATTRIBUTE, &metadata->default_acl, path, error);
    if (code == JB_OK)
        code = open_to_all(made, path, error);
    if (code != JB_OK)
        return code;
    metadata->mode = status.st_mode & 07777;
    metadata->uid = status.st_uid;
    metadata->gid = status.st_gid;
    metadata->mtime = status.st_mtim;
    return JB_OK;
}

static int apply_acl(struct metadata_context *context, const struct made *made, const char *name,
                     const struct buffer *value, const char *path, jb_error *error)
{
    if (value->size == 0 || set_attribute(made, name, value->data, value->size) == 0)
        return JB_OK;
    if (errno != ENOTSUP)
        return error_set_errno(error, errno, "cannot set the ACL of '%s'", path);
    warn(context, path, "lost its ACL: the file system has none");
    return JB_OK;
}

int metadata_apply_attributes(struct metadata_context *context, struct archive_entry *entry, const struct made *made,
                              const char *path, jb_error *error)
{
    const char *name;
    const void *value;
    size_t size;
    archive_entry_xattr_reset(entry);
    while (archive_entry_xattr_next(entry, &name, &value, &size) == 0) {
        /* GNU tar stores an ACL also as the attribute that it is to the kernel. */
        if (name && strncmp(name, "system.posix_acl_", 17) == 0 && archive_entry_acl_types(entry) != 0)
            continue;
        if (!name || !attributes_wanted(name)) {
            warn(context, path, "lost an extended attribute that belongs to the machine it comes from");
            continue;
        }
        if (set_attribute(made, name, value, size) == 0)
            continue;
        if (errno == ENOTSUP)
            warn(context, path, "lost an extended attribute: the file system has none");
        else if (errno == EPERM && !context->privileged)
            warn(context, path, "lost an extended attribute that only root may set");
        else
            return error_set_errno(error, errno, "cannot set the extended attribute '%s' of '%s'", name, path);
    }
    return JB_OK;
}

static int apply_owner(struct metadata_context *context, const struct metadata *metadata, const struct made *made,
                       const struct stat *status, mode_t *mode, const char *path, jb_error *error)
{
    if (status->st_uid == metadata->uid && status->st_gid == metadata->gid)
        return JB_OK;
    int answer = made->fd >= 0
                     ? fchown(made->fd, metadata->uid, metadata->gid)
                     : fchownat(made->directory, made->name, metadata->uid, metadata->gid, AT_SYMLINK_NOFOLLOW);
    if (answer == 0)
        return JB_OK;
    if (context->privileged || errno != EPERM)
        return error_set_errno(error, errno, "cannot set the owner of '%s' to %u:%u", path, metadata->uid,
                               metadata->gid);
    *mode &= 01777;
    return JB_OK;
}

/* A link has no mode of its own; and what was made by name here is no link that leads on. */
static int apply_mode(struct metadata_context *context, const struct metadata *metadata, const struct made *made,
                      const struct stat *status, mode_t mode, const char *path, jb_error *error)
{
    if (S_ISLNK(status->st_mode))
        return JB_OK;
    /* Nothing but the mode itself can have changed it meanwhile: a new owner takes away only bits that a new file does
     * not have. */
    int answer = 0;
    if ((status->st_mode & 07777) != mode)
        answer = made->fd >= 0 ? fchmod(made->fd, mode) : fchmodat(made->directory, made->name, mode, 0);
    if (answer != 0)
        return error_set_errno(error, errno, "cannot set the mode of '%s'", path);
    int code = apply_acl(context, made, ACL_ACCESS_ATTRIBUTE, &metadata->access_acl, path, error);
    if (code == JB_OK)
        code = apply_acl(context, made, ACL_DEFAULT_ATTRIBUTE, &metadata->default_acl, path, error);
    return code;
}

int metadata_apply(struct metadata_context *context, const struct metadata *metadata, struct archive_entry *entry,
                   const struct made *made, const char *path, jb_error *error)
{
    mode_t mode = metadata->mode;
    struct stat status;
    int code = read_status(made, &status, path, error);
    if (code == JB_OK)
        code = apply_owner(context, metadata, made, &status, &mode, path, error);
    if (code == JB_OK && entry)
        code = metadata_apply_attributes(context, entry, made, path, error);
    if (code == JB_OK)
        code = apply_mode(context, metadata, made, &status, mode, path, error);
    if (code != JB_OK)
        return code;
    struct timespec times[2] = {{.tv_nsec = UTIME_NOW}, metadata->mtime};
    int answer =
        made->fd >= 0 ? futimens(made->fd, times) : utimensat(made->directory, made->name, times, AT_SYMLINK_NOFOLLOW);
    if (answer != 0)
        return error_set_errno(error, errno, "cannot set the time of '%s'", path);
    return JB_OK;
}
