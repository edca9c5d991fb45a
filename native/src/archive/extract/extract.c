#include "../tar.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../codec/qpress.h"
#include "content.h"
#include "directories.h"
#include "file_crew.h"
#include "member_name.h"
#include "packed.h"
#include "made_file.h"

struct extraction {
    const struct tar_extract_options *options;
    struct tar_counts *counts;
    struct content content;
    struct metadata_context metadata;
    struct file_crew *crew;
    struct directories *directories;
    struct buffer name; /* the member's path below the target, cleaned; "" for the target itself */
    struct buffer link; /* a hard link's, likewise */
};

/* Where a member comes to lie. */
struct place {
    struct folder *folder;
    const char *last; /* its name there; "" for the target itself */
};

static int write_piece(void *context, const void *bytes, size_t count, uint64_t offset, jb_error *error)
{
    return made_file_write(*(int *)context, bytes, count, offset, error);
}

/* On this thread, piece by piece. */
static int extract_large_file(struct extraction *extraction, struct archive_entry *entry, const struct place *place,
                              const struct metadata *metadata, jb_error *error)
{
    uint64_t size = (uint64_t)archive_entry_size(entry);
    const char *path = extraction->name.data;
    int fd = -1;
    int code = file_crew_settle(extraction->crew, path, error);
    if (code == JB_OK)
        code = made_file_open(place->folder->fd, place->last, metadata, &fd, error);
    if (code != JB_OK)
        return code;
    uint64_t end;
    code = content_copy(&extraction->content, size, path, write_piece, &fd, &end, error);
    if (code == JB_OK)
        code = made_file_finish(fd, end, size, &extraction->metadata, metadata, entry, path, error);
    if (close(fd) != 0 && code == JB_OK)
        code = error_set_errno(error, errno, "cannot write");
    return code;
}

/* What a packed member unpacks to, on its way into its file. */
struct plain_file {
    struct byte_sink sink; /* first */
    int fd;
    uint64_t end;
};

static int write_plain(struct byte_sink *sink, const void *bytes, size_t count, jb_error *error)
{
    struct plain_file *file = (struct plain_file *)sink;
    int code = made_file_write(file->fd, bytes, count, file->end, error);
    file->end += count;
    return code;
}

static int extract_packed_file(struct extraction *extraction, struct archive_entry *entry, const struct place *place,
                               const struct metadata *metadata, jb_error *error)
{
    const char *path = extraction->name.data;
    struct plain_file file = {.sink = {write_plain}, .fd = -1};
    int code = file_crew_settle(extraction->crew, path, error);
    if (code == JB_OK)
        code = made_file_open(place->folder->fd, place->last, metadata, &file.fd, error);
    if (code != JB_OK)
        return code;
    code = packed_copy(&extraction->content, (uint64_t)archive_entry_size(entry), path, extraction->options->qpress,
                       &file.sink, error);
    if (code == JB_OK)
        code = made_file_finish(file.fd, file.end, file.end, &extraction->metadata, metadata, entry, path, error);
    if (close(file.fd) != 0 && code == JB_OK)
        code = error_set_errno(error, errno, "cannot write");
    return code;
}

/* Where packed members are to be unpacked: is it one, and is its ending gone from its name? */
static bool drop_ending(struct extraction *extraction)
{
    size_t plain_length;
    if (extraction->options->qpress == NULL || !qpress_name(extraction->name.data, &plain_length))
        return false;
    extraction->name.size = plain_length;
    extraction->name.data[plain_length] = '\0';
    return true;
}

static int extract_small_file(struct extraction *extraction, struct archive_entry *entry, const struct place *place,
                              struct metadata *metadata, jb_error *error)
{
    struct small_file file = {
        .folder = place->folder,
        .path = extraction->name.data,
        .last = place->last,
        .member = archive_entry_pathname(entry),
        .size = (uint64_t)archive_entry_size(entry),
        .entry = entry,
        .metadata = metadata,
    };
    uint64_t end;
    int code = file_crew_begin(extraction->crew, &file, error);
    if (code == JB_OK)
        code =
            content_copy(&extraction->content, file.size, file.path, file_crew_content, extraction->crew, &end, error);
    return code == JB_OK ? file_crew_end(extraction->crew, &file, error) : code;
}

static int extract_file(struct extraction *extraction, struct archive_entry *entry, const struct place *place,
                        jb_error *error)
{
    int code = content_count_size(entry, extraction->options, extraction->counts, error);
    if (code != JB_OK)
        return code;
    struct metadata metadata;
    code = metadata_read(&extraction->metadata, entry, &metadata, error);
    if (code == JB_OK && drop_ending(extraction)) /* of place->last, too: it is the end of that name */
        code = extract_packed_file(extraction, entry, place, &metadata, error);
    else if (code == JB_OK)
        code = file_crew_takes(entry, &metadata) ? extract_small_file(extraction, entry, place, &metadata, error)
                                                 : extract_large_file(extraction, entry, place, &metadata, error);
    metadata_clean_up(&metadata);
    return code;
}

static int make_directory(struct extraction *extraction, const struct place *place, jb_error *error)
{
    if (place->last[0] == '\0' || mkdirat(place->folder->fd, place->last, 0700) == 0)
        return JB_OK;
    return errno == EEXIST ? directories_come_back(extraction->directories, place->folder, place->last,
                                                   extraction->name.data, error)
                           : made_file_refused(errno, error);
}

static int extract_directory(struct extraction *extraction, struct archive_entry *entry, const struct place *place,
                             jb_error *error)
{
    int code = make_directory(extraction, place, error);
    if (code != JB_OK)
        return code;
    int fd =
        openat(place->folder->fd, place->last[0] ? place->last : ".", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOTDIR || errno == ELOOP ? made_file_refused(EEXIST, error)
                                                  : error_set_errno(error, errno, "cannot open it");
    struct made made = {.fd = fd};
    struct metadata metadata;
    code = metadata_read(&extraction->metadata, entry, &metadata, error);
    if (code == JB_OK)
        code = metadata_apply_attributes(&extraction->metadata, entry, &made, extraction->name.data, error);
    close(fd);
    if (code == JB_OK)
        return directories_describe(extraction->directories, extraction->name.data, &metadata, error);
    metadata_clean_up(&metadata);
    return code;
}

/* Gives the file at the cleaned name `link` the member's name too. */
static int link_names(struct extraction *extraction, const char *first, jb_error *error)
{
    struct place from, to;
    int code = file_crew_settle(extraction->crew, extraction->link.data, error);
    if (code == JB_OK)
        code = directories_open_parent(extraction->directories, extraction->link.data, false, &from.folder, &from.last,
                                       error);
    if (code != JB_OK)
        return code;
    folder_hold(from.folder); /* while the other one is sought */
    code = directories_open_parent(extraction->directories, extraction->name.data, true, &to.folder, &to.last, error);
    /* Not through a link: should the first name be one, it is the link itself that gets another name. */
    if (code == JB_OK && linkat(from.folder->fd, from.last, to.folder->fd, to.last, 0) != 0) {
        if (errno == EEXIST)
            code = made_file_refused(errno, error);
        else if (errno == ENOENT)
            code = error_set(error, JB_ERROR_FORMAT,
                             "it is a hard link to '%.300s', which the archive does not hold before it", first);
        else
            code = error_set_errno(error, errno, "cannot link it to '%.300s'", first);
    }
    folder_release(from.folder);
    return code;
}

static int extract_hard_link(struct extraction *extraction, struct archive_entry *entry, const char *first,
                             jb_error *error)
{
    int code = member_name_clean(first, extraction->options->prefix, &extraction->link, error);
    if (code != JB_OK)
        return error_prefix(error, "it is a hard link");
    code = link_names(extraction, first, error);
    if (code != JB_OK)
        return code;
    /* Some archives repeat the content, which stands there already. */
    uint64_t end;
    return content_copy(&extraction->content, (uint64_t)archive_entry_size(entry), extraction->name.data, NULL, NULL,
                        &end, error);
}

static int make_special(const struct extraction *extraction, struct archive_entry *entry, const struct place *place,
                        jb_error *error)
{
    mode_t type = archive_entry_filetype(entry);
    int status;
    if (type == AE_IFLNK) {
        const char *target = archive_entry_symlink(entry);
        if (!target || !*target)
            return error_set(error, JB_ERROR_FORMAT, "it is a link to nothing");
        status = symlinkat(target, place->folder->fd, place->last);
    } else if (type == AE_IFIFO)
        status = mkfifoat(place->folder->fd, place->last, 0600);
    else if (type == AE_IFCHR || type == AE_IFBLK) {
        if (!extraction->options->devices) {
            error_set(error, JB_ERROR_UNSUPPORTED, "it is a device, and devices were not asked for");
            return error_hint(error, "allow device nodes if the archive's source is trusted");
        }
        status = mknodat(place->folder->fd, place->last, (type == AE_IFCHR ? S_IFCHR : S_IFBLK) | 0600,
                         archive_entry_rdev(entry));
    } else
        return error_set(error, JB_ERROR_FORMAT, "it is of an unknown kind");
    return status == 0 ? JB_OK : made_file_refused(errno, error);
}

static int extract_special(struct extraction *extraction, struct archive_entry *entry, const struct place *place,
                           jb_error *error)
{
    int code = make_special(extraction, entry, place, error);
    if (code != JB_OK)
        return code;
    struct made made = {.fd = -1, .directory = place->folder->fd, .name = place->last};
    struct metadata metadata;
    code = metadata_read(&extraction->metadata, entry, &metadata, error);
    if (code == JB_OK)
        code = metadata_apply(&extraction->metadata, &metadata, entry, &made, extraction->name.data, error);
    metadata_clean_up(&metadata);
    return code;
}

static int extract_named(struct extraction *extraction, struct archive_entry *entry, jb_error *error)
{
    const char *hard_link = archive_entry_hardlink(entry);
    mode_t type = archive_entry_filetype(entry);
    bool file = !hard_link && type == AE_IFREG;
    if (extraction->name.size == 0 && (hard_link || type != AE_IFDIR))
        return error_set(error, JB_ERROR_FORMAT, "the target itself can only be a directory");
    /* What is made here at once must not overtake a file of the same name. */
    int code = file ? JB_OK : file_crew_settle(extraction->crew, extraction->name.data, error);
    if (code == JB_OK && hard_link)
        return extract_hard_link(extraction, entry, hard_link, error);
    struct place place;
    if (code == JB_OK)
        code = directories_open_parent(extraction->directories, extraction->name.data, true, &place.folder, &place.last,
                                       error);
    if (code != JB_OK)
        return code;
    if (file)
        return extract_file(extraction, entry, &place, error);
    return type == AE_IFDIR ? extract_directory(extraction, entry, &place, error)
                            : extract_special(extraction, entry, &place, error);
}

static int extract_member(struct extraction *extraction, struct archive_entry *entry, jb_error *error)
{
    const char *raw = archive_entry_pathname(entry);
    int code = member_name_clean(raw, extraction->options->prefix, &extraction->name, error);
    if (code != JB_OK)
        return code;
    code = extract_named(extraction, entry, error);
    if (code != JB_OK && code != JB_ERROR_CANCELLED)
        error_prefix(error, "the member '%.300s'", raw);
    return code;
}

static int extract_members(struct extraction *extraction, jb_error *error)
{
    for (;;) {
        struct archive_entry *entry;
        int code = reader_next(extraction->content.reader, &entry, error);
        if (code != JB_OK || !entry)
            return code;
        code = content_count_member(&extraction->content, entry, extraction->options, extraction->counts, error);
        if (code == JB_OK)
            code = extract_member(extraction, entry, error);
        if (code == JB_OK)
            code = directories_relieve(extraction->directories, extraction->name.data, extraction->content.operation,
                                       error);
        if (code != JB_OK)
            return code;
    }
}

static int extract_all(struct extraction *extraction, jb_error *error)
{
    int code = extract_members(extraction, error);
    if (code == JB_OK)
        return directories_finish(extraction->directories, extraction->content.operation, error);
    /* Files that are still under way came before what has failed. */
    jb_error earlier = JB_ERROR_INIT;
    return file_crew_finish(extraction->crew, &earlier) == JB_OK ? code : error_copy(error, &earlier);
}

static void clean_up(struct extraction *extraction)
{
    file_crew_free(extraction->crew);
    directories_free(extraction->directories);
    reader_free(extraction->content.reader);
    metadata_context_clean_up(&extraction->metadata);
    buffer_clean_up(&extraction->name);
    buffer_clean_up(&extraction->link);
}

int tar_extract(jb_operation *operation, struct byte_source *source, const char *target,
                const struct tar_extract_options *options, struct tar_counts *counts, jb_error *error)
{
    static const struct tar_extract_options defaults = {.bytes_max = UINT64_MAX};
    struct tar_counts ignored;
    struct extraction extraction = {
        .options = options ? options : &defaults,
        .counts = counts ? counts : &ignored,
        .content = {.operation = operation},
    };
    *extraction.counts = (struct tar_counts){0};
    buffer_init(&extraction.name, MEMBER_NAME_MAX);
    buffer_init(&extraction.link, MEMBER_NAME_MAX);

    struct metadata_context *metadata = &extraction.metadata;
    int code = metadata_context_init(metadata, extraction.options, extraction.counts, error);
    if (code == JB_OK)
        code = file_crew_new(extraction.options->threads, metadata, &extraction.crew, error);
    if (code == JB_OK)
        code = directories_new(target, extraction.options->waiting_bytes_max, metadata, extraction.crew,
                               &extraction.directories, error);
    if (code == JB_OK)
        code = reader_new(source, &extraction.content.reader, error);
    if (code == JB_OK)
        code = extract_all(&extraction, error);
    clean_up(&extraction);
    return code;
}
