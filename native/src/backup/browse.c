/* What an archive holds, by its index. */
#include <stdio.h>
#include <string.h>

#include "../archive/pax.h"
#include "../archive/index/selection.h"
#include "../codec/json.h"
#include "../stream/object_source.h"
#include "find.h"
#include "indexed.h"

struct browsing {
    jb_store *store;
    jb_operation *operation;
    const jb_browse_options *options;
    struct object archive;
    struct selection chosen; /* options->path; no paths: all */
    struct index_reader *reader;
    jb_member_fn each;
    void *context;
    bool found;
    uint64_t members;
    uint64_t bytes;
};

static jb_member_type type_of(char type)
{
    switch ((enum pax_type)type) {
    case PAX_HARD_LINK:
        return JB_MEMBER_HARD_LINK;
    case PAX_SYMBOLIC_LINK:
        return JB_MEMBER_SYMBOLIC_LINK;
    case PAX_CHARACTER_DEVICE:
        return JB_MEMBER_CHARACTER_DEVICE;
    case PAX_BLOCK_DEVICE:
        return JB_MEMBER_BLOCK_DEVICE;
    case PAX_DIRECTORY:
        return JB_MEMBER_DIRECTORY;
    case PAX_FIFO:
        return JB_MEMBER_FIFO;
    case PAX_FILE:
        break;
    }
    return JB_MEMBER_FILE;
}

static int tell(struct browsing *browsing, const struct tar_member *member, jb_error *error)
{
    const char *below = index_reader_below(browsing->reader, member->path);
    if (browsing->chosen.path_count > 0 && !selection_holds(&browsing->chosen, below, false))
        return JB_OK;
    browsing->found = true;
    browsing->members++;
    browsing->bytes += member->size;
    const jb_member told = {
        .size = sizeof told,
        .path = below,
        .type = type_of(member->type),
        .bytes = member->size,
        .mode = member->mode,
        .uid = member->uid,
        .gid = member->gid,
        .user = member->user,
        .group = member->group,
        .seconds = member->mtime.tv_sec,
        .nanoseconds = (uint32_t)member->mtime.tv_nsec,
        .link = member->type == PAX_HARD_LINK ? index_reader_below(browsing->reader, member->link) : member->link,
        .trouble = member->trouble,
    };
    if (browsing->each(browsing->context, &told) != 0)
        return error_set(error, JB_ERROR_CANCELLED, "cancelled");
    return operation_check(browsing->operation, error);
}

static int read_lines(struct browsing *browsing, struct byte_source *lines, jb_error *error)
{
    const struct object *archive = &browsing->archive;
    struct index_item item;
    const struct indexed_archive indexed = indexed_archive_of(archive);
    int code = index_reader_new(lines, &indexed, &browsing->reader, error);
    if (code != JB_OK)
        return code;
    do {
        code = index_reader_next(browsing->reader, &item, error);
        if (code == JB_OK && item.kind == INDEX_MEMBER)
            code = tell(browsing, &item.member, error);
    } while (code == JB_OK && item.kind != INDEX_END);
    if (code == JB_OK)
        code = index_reader_confirm(browsing->reader, error);
    if (code == JB_OK && !browsing->found) {
        error_set(error, JB_ERROR_NOT_FOUND, "the archive '%s' holds no '%s'", archive->name, browsing->options->path);
        error_hint(error, "paths are those below the tree, whole names; without one all are listed");
        code = JB_ERROR_NOT_FOUND;
    }
    index_reader_free(browsing->reader);
    return code;
}

static int check_archive(const struct browsing *browsing, jb_error *error)
{
    const struct object *archive = &browsing->archive;
    if (archive->root == NULL)
        return error_set(error, JB_ERROR_USAGE, "'%s' is no archive of a tree: it has no members", archive->name);
    if (archive->index != NULL)
        return JB_OK;
    error_set(error, JB_ERROR_UNSUPPORTED, "the archive '%s' has no index of its members", archive->name);
    return error_hint(error, "its form is that of tar: get it and list it with 'tar --list'");
}

static int browse(struct browsing *browsing, const struct backup *backup, jb_error *error)
{
    const jb_browse_options *options = browsing->options;
    const char *const paths[] = {options->path, NULL};
    int code = check_archive(browsing, error);
    if (code == JB_OK && options->path != NULL)
        code = selection_init(&browsing->chosen, paths, browsing->archive.root, error);
    char prefix[STORE_KEY_MAX + 1];
    backup_key(&backup->id, "", prefix, sizeof prefix);
    struct object_source *source = NULL;
    if (code == JB_OK)
        code = index_outcome(folder_confirm_object(browsing->store, browsing->operation, options->name.bucket,
                                                   &backup->id, browsing->archive.index, error),
                             error);
    if (code == JB_OK)
        code = object_source_new(browsing->store, browsing->operation, options->name.bucket, prefix,
                                 browsing->archive.index, true, options->decryption, &source, error);
    if (code == JB_OK)
        code = index_outcome(read_lines(browsing, object_source_bytes(source), error), error);
    object_source_free(source);
    selection_clean_up(&browsing->chosen);
    return code;
}

static int make_account(const struct browsing *browsing, const struct backup *backup, char **account, jb_error *error)
{
    int code = JB_OK;
    json_t *json = json_object();
    json_put_text(json, "backup", backup->id.folder, &code, error);
    json_put_text(json, "object", browsing->archive.name, &code, error);
    json_put_text(json, "root", browsing->archive.root, &code, error);
    json_put_count(json, "members", browsing->members, &code, error);
    json_put_count(json, "bytes", browsing->bytes, &code, error);
    if (code == JB_OK)
        code = json_text(json, account, error);
    json_decref(json);
    return code;
}

static int open_archive(struct browsing *browsing, const struct backup *backup, jb_error *error)
{
    const json_t *description;
    int code = backup_object(backup, browsing->options->object, &description, error);
    if (code == JB_OK && backup->old) {
        error_set(error, JB_ERROR_UNSUPPORTED, "the old backup '%s' has no index of its members", backup->id.folder);
        return error_hint(error, "its archives are those of tar: get one and list it with 'tar --list'");
    }
    return code == JB_OK ? object_from_json(description, &browsing->archive, error) : code;
}

int jb_backup_browse(jb_store *store, jb_operation *operation, const jb_browse_options *options, jb_member_fn each,
                     void *context, char **account, jb_error *error)
{
    jb_error own = JB_ERROR_INIT;
    if (error == NULL)
        error = &own;
    if (options == NULL || options->size != sizeof *options || each == NULL)
        return error_set(error, JB_ERROR_USAGE, "jb_browse_options is missing or of another size, or nobody listens");
    struct browsing browsing = {
        .store = store, .operation = operation, .options = options, .each = each, .context = context};
    struct backup backup;
    int code = backup_find(store, operation, &options->name, false, &backup, error);
    if (code != JB_OK)
        return code;
    code = open_archive(&browsing, &backup, error);
    if (code == JB_OK)
        code = browse(&browsing, &backup, error);
    if (code == JB_OK && account != NULL)
        code = make_account(&browsing, &backup, account, error);
    object_clean_up(&browsing.archive);
    backup_clean_up(&backup);
    return code;
}
