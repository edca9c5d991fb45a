#include "acl.h"

#include <archive.h>
#include <endian.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Layout after linux/posix_acl_xattr.h: a version, then entries; all little-endian. */
#define ACL_VERSION 2u
#define ENTRIES_MAX 8000u /* 64 KiB, the kernel's bound of an attribute */

enum tag { TAG_USER_OBJ = 1, TAG_USER = 2, TAG_GROUP_OBJ = 4, TAG_GROUP = 8, TAG_MASK = 16, TAG_OTHER = 32 };

struct kernel_entry {
    uint16_t tag;
    uint16_t permissions;
    uint32_t id;
};

static int entry_to_text(const struct kernel_entry *raw, struct names *names, struct buffer *text, jb_error *error)
{
    unsigned permissions = le16toh(raw->permissions);
    uint32_t id = le32toh(raw->id);
    char rwx[4] = {permissions & 4 ? 'r' : '-', permissions & 2 ? 'w' : '-', permissions & 1 ? 'x' : '-', '\0'};
    const char *name;
    switch (le16toh(raw->tag)) {
    case TAG_USER_OBJ:
        return buffer_printf(text, error, "user::%s", rwx);
    case TAG_GROUP_OBJ:
        return buffer_printf(text, error, "group::%s", rwx);
    case TAG_MASK:
        return buffer_printf(text, error, "mask::%s", rwx);
    case TAG_OTHER:
        return buffer_printf(text, error, "other::%s", rwx);
    case TAG_USER:
        name = names_of_user(names, id);
        return name ? buffer_printf(text, error, "user:%s:%s:%u", name, rwx, id)
                    : buffer_printf(text, error, "user:%u:%s:%u", id, rwx, id);
    case TAG_GROUP:
        name = names_of_group(names, id);
        return name ? buffer_printf(text, error, "group:%s:%s:%u", name, rwx, id)
                    : buffer_printf(text, error, "group:%u:%s:%u", id, rwx, id);
    default:
        return error_set(error, JB_ERROR_FORMAT, "an ACL of unknown form");
    }
}

int acl_to_text(const void *value, size_t size, struct names *names, struct buffer *text, jb_error *error)
{
    uint32_t version;
    if (size < sizeof(version) || (size - sizeof(version)) % sizeof(struct kernel_entry) != 0)
        return error_set(error, JB_ERROR_FORMAT, "an ACL of unknown form");
    memcpy(&version, value, sizeof(version));
    if (le32toh(version) != ACL_VERSION)
        return error_set(error, JB_ERROR_FORMAT, "an ACL of unknown form");

    int code = JB_OK;
    for (size_t at = sizeof(version); at < size && code == JB_OK; at += sizeof(struct kernel_entry)) {
        struct kernel_entry raw;
        memcpy(&raw, (const char *)value + at, sizeof(raw));
        if (at > sizeof(version))
            code = buffer_append(text, ",", 1, error);
        if (code == JB_OK)
            code = entry_to_text(&raw, names, text, error);
    }
    return code;
}

/* The kernel demands the order of tags; that of numbers makes the value the same from any archive. */
static int compare_entries(const void *left, const void *right)
{
    const struct kernel_entry *a = left;
    const struct kernel_entry *b = right;
    if (a->tag != b->tag)
        return le16toh(a->tag) < le16toh(b->tag) ? -1 : 1;
    return le32toh(a->id) < le32toh(b->id) ? -1 : le32toh(a->id) > le32toh(b->id);
}

/* libarchive leaves the number at -1 where the text had a name alone; a name of digits is a number. */
static bool find_id(int tag, int number, const char *name, struct names *names, uint32_t *id)
{
    if (tag == TAG_USER && name && names_find_user(names, name, id))
        return true;
    if (tag == TAG_GROUP && name && names_find_group(names, name, id))
        return true;
    if (number >= 0) {
        *id = (uint32_t)number;
        return true;
    }
    if (!name || *name < '0' || *name > '9')
        return false;
    char *end;
    unsigned long long value = strtoull(name, &end, 10);
    *id = (uint32_t)value;
    return *end == '\0' && value < UINT32_MAX;
}

static int tag_of(int tag)
{
    switch (tag) {
    case ARCHIVE_ENTRY_ACL_USER_OBJ:
        return TAG_USER_OBJ;
    case ARCHIVE_ENTRY_ACL_USER:
        return TAG_USER;
    case ARCHIVE_ENTRY_ACL_GROUP_OBJ:
        return TAG_GROUP_OBJ;
    case ARCHIVE_ENTRY_ACL_GROUP:
        return TAG_GROUP;
    case ARCHIVE_ENTRY_ACL_MASK:
        return TAG_MASK;
    default:
        return TAG_OTHER;
    }
}

int acl_from_entry(struct archive_entry *entry, int type, struct names *names, struct buffer *value, jb_error *error)
{
    int count = archive_entry_acl_reset(entry, type);
    if (count <= 0)
        return JB_OK;
    if ((unsigned)count > ENTRIES_MAX)
        return error_set(error, JB_ERROR_LIMIT, "an ACL of %d entries", count);

    size_t start = value->size;
    uint32_t version = htole32(ACL_VERSION);
    int code = buffer_append(value, &version, sizeof(version), error);
    int entry_type, permissions, tag, number;
    const char *name;
    while (code == JB_OK &&
           archive_entry_acl_next(entry, type, &entry_type, &permissions, &tag, &number, &name) == ARCHIVE_OK) {
        uint32_t id = UINT32_MAX;
        int kernel_tag = tag_of(tag);
        if ((kernel_tag == TAG_USER || kernel_tag == TAG_GROUP) && !find_id(kernel_tag, number, name, names, &id))
            return error_set(error, JB_ERROR_FORMAT, "an ACL with the unknown name '%s'", name ? name : "");
        struct kernel_entry raw = {htole16((uint16_t)kernel_tag), htole16((uint16_t)(permissions & 7)), htole32(id)};
        code = buffer_append(value, &raw, sizeof(raw), error);
    }
    if (code == JB_OK)
        qsort(value->data + start + sizeof(version),
              (value->size - start - sizeof(version)) / sizeof(struct kernel_entry), sizeof(struct kernel_entry),
              compare_entries);
    return code;
}
