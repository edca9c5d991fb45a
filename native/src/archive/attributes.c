#include "attributes.h"

#include <errno.h>
#include <linux/limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>

#include "acl.h"
#include "pax.h"

bool attributes_wanted(const char *name)
{
    if (strncmp(name, "trusted.overlay.", 16) == 0 || strncmp(name, "user.overlay.", 13) == 0)
        return false;
    return strncmp(name, "user.", 5) == 0 || strncmp(name, "trusted.", 8) == 0 ||
           strcmp(name, "security.capability") == 0;
}

static int acl_record(const char *key, const char *value, size_t size, struct names *names, struct buffer *records,
                      jb_error *error)
{
    struct buffer text;
    buffer_init(&text, PAX_RECORDS_MAX);
    int code = acl_to_text(value, size, names, &text, error);
    if (code == JB_OK)
        code = pax_record(records, key, text.data, text.size, error);
    buffer_clean_up(&text);
    return code;
}

static int add(const char *name, const char *value, size_t size, struct names *names, struct buffer *records,
               const char **skipped, jb_error *error)
{
    if (strcmp(name, ACL_ACCESS_ATTRIBUTE) == 0)
        return acl_record("SCHILY.acl.access", value, size, names, records, error);
    if (strcmp(name, ACL_DEFAULT_ATTRIBUTE) == 0)
        return acl_record("SCHILY.acl.default", value, size, names, records, error);
    /* A record's key ends at its first '='. */
    if (strchr(name, '=')) {
        *skipped = name;
        return JB_OK;
    }
    char key[sizeof("SCHILY.xattr.") + XATTR_NAME_MAX];
    memcpy(key, "SCHILY.xattr.", 14);
    strncat(key, name, XATTR_NAME_MAX);
    return pax_record(records, key, value, size, error);
}

static int compare_names(const void *left, const void *right)
{
    return strcmp(*(char *const *)left, *(char *const *)right);
}

/* The kernel takes as much memory as it is offered room, for each call: mostly little is enough. */
#define LITTLE_ROOM ((size_t)1 << 10)

static ssize_t list_names(int fd, const char *path, char *names, size_t size)
{
    return fd >= 0 ? flistxattr(fd, names, size) : llistxattr(path, names, size);
}

static ssize_t get_value(int fd, const char *path, const char *name, char *value, size_t size)
{
    return fd >= 0 ? fgetxattr(fd, name, value, size) : lgetxattr(path, name, value, size);
}

int attributes_read(struct attributes *room, int fd, const char *path, struct names *names, struct buffer *records,
                    const char **skipped, jb_error *error)
{
    *skipped = NULL;
    ssize_t size = list_names(fd, path, room->names, LITTLE_ROOM);
    if (size < 0 && errno == ERANGE)
        size = list_names(fd, path, room->names, sizeof(room->names));
    if (size < 0)
        return errno == ENOTSUP || errno == ENOENT
                   ? JB_OK
                   : error_set_errno(error, errno, "cannot list the extended attributes");

    /* The kernel's order is that of their making; the archive's is by name. */
    size_t count = 0;
    for (const char *name = room->names;
         name < room->names + size && count < sizeof(room->sorted) / sizeof(*room->sorted); name += strlen(name) + 1) {
        if (attributes_wanted(name) || strcmp(name, ACL_ACCESS_ATTRIBUTE) == 0 ||
            strcmp(name, ACL_DEFAULT_ATTRIBUTE) == 0)
            room->sorted[count++] = name;
    }
    qsort(room->sorted, count, sizeof(*room->sorted), compare_names);

    int code = JB_OK;
    for (size_t i = 0; i < count && code == JB_OK; i++) {
        ssize_t got = get_value(fd, path, room->sorted[i], room->value, LITTLE_ROOM);
        if (got < 0 && errno == ERANGE)
            got = get_value(fd, path, room->sorted[i], room->value, sizeof(room->value));
        if (got >= 0)
            code = add(room->sorted[i], room->value, (size_t)got, names, records, skipped, error);
        else if (errno != ENODATA) /* gone since it was listed */
            code = error_set_errno(error, errno, "cannot read the extended attribute '%s'", room->sorted[i]);
    }
    return code;
}
