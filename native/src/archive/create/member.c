#include <stdio.h>
#include <string.h>

#include "creation.h"

#define DISK_BLOCK 4096u
/* Inode and name where they take the most: 512 bytes (XFS), and 255 in a directory whose blocks are half full. */
#define DISK_ENTRY     1024u
#define DISK_LINK_SELF 59u /* so long a link lies in its inode (ext4) */

const char *member_shown(const struct creation *creation)
{
    return creation->path[0] ? creation->path : ".";
}

int member_warn(struct creation *creation, jb_error *error, const char *what)
{
    creation->counts->warnings++;
    creation->at.trouble = what;
    if (creation->options->warning)
        creation->options->warning(creation->options->warning_context, member_shown(creation), what);
    return creation->options->strict ? error_set(error, JB_ERROR_IO, "'%s' %s", member_shown(creation), what) : JB_OK;
}

int member_name(struct creation *creation, bool directory, jb_error *error)
{
    creation->member.size = 0;
    const char *path = creation->path;
    const char *prefix = creation->prefix[0] || path[0] ? creation->prefix : ".";
    int code = buffer_append_text(&creation->member, prefix, error);
    if (code == JB_OK && prefix[0] && path[0])
        code = buffer_append(&creation->member, "/", 1, error);
    if (code == JB_OK)
        code = buffer_append_text(&creation->member, path, error);
    return code == JB_OK && directory ? buffer_append(&creation->member, "/", 1, error) : code;
}

int member_attributes(struct creation *creation, int fd, const char *path, jb_error *error)
{
    const char *skipped;
    creation->records.size = 0;
    int code = attributes_read(creation->attributes, fd, path, creation->names, &creation->records, &skipped, error);
    if (code != JB_OK)
        return error_prefix(error, "'%s'", member_shown(creation));
    return skipped ? member_warn(creation, error,
                                 "has an extended attribute with '=' in its name, which archives cannot hold")
                   : JB_OK;
}

static int number_record(struct creation *creation, const char *key, uint64_t number, jb_error *error)
{
    char text[24];
    int length = snprintf(text, sizeof(text), "%llu", (unsigned long long)number);
    return pax_record(&creation->records, key, text, (size_t)length, error);
}

/* GNU's format 1.0: records, and a map where the content begins. Readers that do not know it see "GNUSparseFile.0". */
static int sparse_header(struct creation *creation, struct pax_member *member, const struct sparse *sparse,
                         struct buffer *stand_in, jb_error *error)
{
    const char *slash = strrchr(member->path, '/');
    int directory = slash ? (int)(slash + 1 - member->path) : 0;
    int code =
        buffer_printf(stand_in, error, "%.*sGNUSparseFile.0/%s", directory, member->path, member->path + directory);
    member->header_path = stand_in->data;
    creation->map.size = 0;
    if (code == JB_OK)
        code = number_record(creation, "GNU.sparse.major", 1, error);
    if (code == JB_OK)
        code = number_record(creation, "GNU.sparse.minor", 0, error);
    if (code == JB_OK)
        code = pax_record(&creation->records, "GNU.sparse.name", member->path, strlen(member->path), error);
    if (code == JB_OK)
        code = number_record(creation, "GNU.sparse.realsize", member->size, error);
    if (code == JB_OK)
        code = sparse_map(sparse, &creation->map, error);
    member->size = creation->map.size + sparse->data;
    return code;
}

static int build_header(struct creation *creation, struct pax_member *member, const struct sparse *sparse,
                        jb_error *error)
{
    struct buffer stand_in;
    buffer_init(&stand_in, 2 * WALK_PATH_MAX + 64);
    int code = sparse ? sparse_header(creation, member, sparse, &stand_in, error) : JB_OK;
    creation->header.size = 0;
    if (code == JB_OK)
        code = pax_header(member, &creation->records, &creation->header, error);
    buffer_clean_up(&stand_in);
    return code;
}

static uint64_t whole_blocks(uint64_t bytes)
{
    return (bytes + DISK_BLOCK - 1) / DISK_BLOCK * DISK_BLOCK;
}

/* Rather too much: a restore in place that runs out of room has no way back. Holes take none. */
static uint64_t disk_bytes(const struct pax_member *member, const struct sparse *sparse, size_t attributes)
{
    uint64_t data = 0;
    if (member->type == PAX_FILE)
        data = sparse ? sparse->data : member->size;
    else if (member->type == PAX_DIRECTORY)
        data = DISK_BLOCK;
    else if (member->type == PAX_SYMBOLIC_LINK && strlen(member->link) > DISK_LINK_SELF)
        data = DISK_BLOCK;
    return DISK_ENTRY + whole_blocks(data) + whole_blocks(attributes);
}

int member_header(struct creation *creation, const struct stat *status, enum pax_type type, const char *link,
                  const struct sparse *sparse, jb_error *error)
{
    struct tar_member *at = &creation->at;
    at->path = creation->member.data;
    at->type = (char)type;
    at->offset = creation->output.position;
    at->size = type == PAX_FILE ? (uint64_t)status->st_size : 0;
    at->mode = status->st_mode & 07777;
    at->uid = status->st_uid;
    at->gid = status->st_gid;
    at->user = names_of_user(creation->names, status->st_uid);
    at->group = names_of_group(creation->names, status->st_gid);
    at->mtime = status->st_mtim;
    at->link = link;
    struct pax_member member = {
        .type = type,
        .path = at->path,
        .link = link,
        .mode = at->mode,
        .uid = at->uid,
        .gid = at->gid,
        .user = at->user,
        .group = at->group,
        .size = at->size,
        .mtime = at->mtime,
        .device = status->st_rdev,
    };
    uint64_t disk = disk_bytes(&member, sparse, creation->records.size);
    int code = build_header(creation, &member, sparse, error);
    if (code == JB_OK)
        code = output_put(&creation->output, creation->header.data, creation->header.size, error);
    if (code == JB_OK && sparse)
        code = output_put(&creation->output, creation->map.data, creation->map.size, error);
    if (code == JB_OK) {
        creation->counts->files++;
        creation->counts->bytes += at->size;
        creation->counts->disk += disk;
        code = operation_progress(creation->operation, 0, 1, member_shown(creation), error);
    }
    return code;
}

int member_end(struct creation *creation, jb_error *error)
{
    struct tar_member *at = &creation->at;
    at->end = creation->output.position;
    if (at->type == PAX_DIRECTORY)
        creation->member.data[--creation->member.size] = '\0'; /* its final '/' */
    return creation->options->member ? creation->options->member(creation->options->member_context, at, error) : JB_OK;
}
