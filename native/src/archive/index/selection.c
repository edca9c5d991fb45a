#include "selection.h"

#include <stdlib.h>
#include <string.h>

#include "../../base/saturating.h"
#include "../pax.h"

#define PATHS_MAX 1000
#define LINKS_MAX ((size_t)1 << 20)

/* One way through an index. */
struct pass {
    struct selection *selection;
    const struct indexed_archive *archive;
    struct index_reader *reader;
    bool with_links; /* the second one: selection->links is complete */
    size_t links_found;
    uint64_t members_end; /* in the plain stream: all before is known */
    size_t decided;       /* frames of which it is known that they are needed; behind them are those to come */
    size_t stretch;       /* the first one that does not end before the frame to be decided */
};

/* The archive's own root, where the path is absolute; NULL where it is not below it. */
static const char *below_root(const char *path, const char *root)
{
    if (path[0] != '/')
        return path;
    path += strspn(path, "/");
    size_t size = strlen(root);
    if (strncmp(path, root, size) != 0 || (size > 0 && path[size] != '/' && path[size] != '\0'))
        return NULL;
    return path + size;
}

static int clean_path(const char *given, const char *root, char **clean, jb_error *error)
{
    const char *path = below_root(given, root);
    if (path == NULL)
        return error_set(error, JB_ERROR_USAGE, "the path '%.300s' is not below '/%.300s'", given, root);
    char *out = *clean = malloc(strlen(path) + 1);
    if (out == NULL)
        return error_no_memory(error);
    for (; *path != '\0'; path += strspn(path, "/")) {
        size_t length = strcspn(path, "/");
        if (length == 2 && memcmp(path, "..", 2) == 0)
            return error_set(error, JB_ERROR_USAGE, "the path '%.300s' leads upwards", given);
        if (length > 0 && !(length == 1 && path[0] == '.')) {
            if (out != *clean)
                *out++ = '/';
            memcpy(out, path, length);
            out += length;
        }
        path += length;
    }
    *out = '\0';
    return JB_OK;
}

int selection_init(struct selection *selection, const char *const *paths, const char *root, jb_error *error)
{
    *selection = (struct selection){0};
    size_t count = 0;
    while (paths[count] != NULL && count <= PATHS_MAX)
        count++;
    if (count == 0 || count > PATHS_MAX)
        return error_set(error, JB_ERROR_USAGE, "1 to %d paths can be chosen at once", PATHS_MAX);
    selection->paths = calloc(count, sizeof *selection->paths);
    selection->found = calloc(count, sizeof *selection->found);
    if (selection->paths == NULL || selection->found == NULL)
        return error_no_memory(error);
    for (; selection->path_count < count; selection->path_count++) {
        size_t i = selection->path_count;
        int code = clean_path(paths[i], root, &selection->paths[i], error);
        if (code != JB_OK) {
            free(selection->paths[i]);
            return code;
        }
    }
    return JB_OK;
}

static void forget_stretches(struct selection *selection)
{
    for (size_t i = 0; i < selection->stretch_count; i++) {
        free(selection->stretches[i].path);
        free(selection->stretches[i].link);
    }
    selection->stretch_count = selection->frame_count = 0;
    selection->files = selection->bytes = selection->stored_bytes = 0;
}

void selection_clean_up(struct selection *selection)
{
    forget_stretches(selection);
    for (size_t i = 0; i < selection->path_count; i++)
        free(selection->paths[i]);
    for (size_t i = 0; i < selection->link_count; i++) {
        free(selection->links[i].first);
        free(selection->links[i].path);
    }
    free(selection->paths);
    free(selection->found);
    free(selection->stretches);
    free(selection->frames);
    free(selection->links);
    *selection = (struct selection){0};
}

/* Is the one path the other, or below it? */
static bool is_below(const char *path, const char *above)
{
    size_t size = strlen(above);
    return size == 0 || (strncmp(path, above, size) == 0 && (path[size] == '/' || path[size] == '\0'));
}

static bool is_chosen(const struct selection *selection, const char *below)
{
    for (size_t i = 0; i < selection->path_count; i++)
        if (is_below(below, selection->paths[i]))
            return true;
    return false;
}

bool selection_holds(const struct selection *selection, const char *below, bool is_directory)
{
    if (is_chosen(selection, below))
        return true;
    for (size_t i = 0; is_directory && i < selection->path_count; i++)
        if (is_below(selection->paths[i], below))
            return true;
    return false;
}

static void note_found(struct selection *selection, const char *below)
{
    for (size_t i = 0; i < selection->path_count; i++)
        if (strcmp(selection->paths[i], below) == 0)
            selection->found[i] = true;
}

/* Room for one more; NULL without memory, then the array stays. */
static void *grow(void *items, size_t count, size_t *capacity, size_t size)
{
    if (count < *capacity)
        return items;
    size_t more = *capacity == 0 ? 64 : *capacity * 2;
    void *grown = realloc(items, more * size);
    if (grown != NULL)
        *capacity = more;
    return grown;
}

/* `path` and `link` (may be NULL) are copied. */
static int add_stretch(struct selection *selection, const struct tar_member *member, const char *path, const char *link,
                       jb_error *error)
{
    selection->files++;
    if (member->type == PAX_FILE) {
        uint64_t stored = member->end - member->offset - PAX_BLOCK;
        selection->bytes = saturating_add(selection->bytes, member->size);
        selection->stored_bytes =
            saturating_add(selection->stored_bytes, stored < member->size ? stored : member->size);
    }
    struct selected_stretch *last =
        selection->stretch_count > 0 ? &selection->stretches[selection->stretch_count - 1] : NULL;
    if (path == NULL && last != NULL && last->path == NULL && last->end == member->offset) {
        last->end = member->end;
        return JB_OK;
    }
    struct selected_stretch *stretches =
        grow(selection->stretches, selection->stretch_count, &selection->stretch_capacity, sizeof *stretches);
    if (stretches == NULL)
        return error_no_memory(error);
    selection->stretches = stretches;
    struct selected_stretch *stretch = &stretches[selection->stretch_count++];
    *stretch = (struct selected_stretch){.offset = member->offset, .end = member->end};
    stretch->path = path != NULL ? strdup(path) : NULL;
    stretch->link = link != NULL ? strdup(link) : NULL;
    bool whole = (path == NULL || stretch->path != NULL) && (link == NULL || stretch->link != NULL);
    return whole ? JB_OK : error_no_memory(error);
}

static int add_link(struct selection *selection, const char *first, const char *path, jb_error *error)
{
    if (selection->link_count == LINKS_MAX) {
        error_set(error, JB_ERROR_LIMIT, "more than %zu hard links lead to files that were not chosen", LINKS_MAX);
        return error_hint(error, "choose the directory of these files too, or restore the whole archive");
    }
    struct selected_link *links =
        grow(selection->links, selection->link_count, &selection->link_capacity, sizeof *links);
    if (links == NULL)
        return error_no_memory(error);
    selection->links = links;
    struct selected_link *entry = &links[selection->link_count++];
    *entry = (struct selected_link){.first = strdup(first), .path = strdup(path)};
    return entry->first != NULL && entry->path != NULL ? JB_OK : error_no_memory(error);
}

static int compare_links(const void *left, const void *right)
{
    const struct selected_link *a = left, *b = right;
    int order = strcmp(a->first, b->first);
    return order != 0 ? order : strcmp(a->path, b->path);
}

/* Of several links to one file, the first by name takes the file. */
static void settle_links(struct selection *selection)
{
    if (selection->link_count == 0)
        return;
    qsort(selection->links, selection->link_count, sizeof *selection->links, compare_links);
    size_t kept = 0;
    for (size_t i = 1; i < selection->link_count; i++) {
        if (strcmp(selection->links[kept].first, selection->links[i].first) == 0) {
            free(selection->links[i].first);
            free(selection->links[i].path);
        } else {
            selection->links[++kept] = selection->links[i];
        }
    }
    selection->link_count = kept + 1;
}

static const struct selected_link *find_link(const struct selection *selection, const char *first)
{
    size_t low = 0, high = selection->link_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(first, selection->links[middle].first);
        if (order == 0)
            return &selection->links[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

/* A chosen hard link. Where its file is not chosen, one link gets the file and the others lead to that one. */
static int take_link(struct pass *pass, const struct tar_member *member, jb_error *error)
{
    struct selection *selection = pass->selection;
    if (is_chosen(selection, index_reader_below(pass->reader, member->link)))
        return add_stretch(selection, member, NULL, NULL, error);
    if (!pass->with_links)
        return add_link(selection, member->link, member->path, error);
    const struct selected_link *link = find_link(selection, member->link);
    if (link == NULL)
        return error_set(error, JB_ERROR_FORMAT, "the index of '%s' changed while it was read", pass->archive->name);
    return strcmp(link->path, member->path) == 0 ? JB_OK
                                                 : add_stretch(selection, member, member->path, link->path, error);
}

static int take_member(struct pass *pass, const struct tar_member *member, jb_error *error)
{
    struct selection *selection = pass->selection;
    const char *below = index_reader_below(pass->reader, member->path);
    pass->members_end = member->end;
    if (selection_holds(selection, below, member->type == PAX_DIRECTORY)) {
        note_found(selection, below);
        return member->type == PAX_HARD_LINK ? take_link(pass, member, error)
                                             : add_stretch(selection, member, NULL, NULL, error);
    }
    const struct selected_link *link = pass->with_links ? find_link(selection, member->path) : NULL;
    if (link == NULL)
        return JB_OK;
    if (member->type == PAX_HARD_LINK || member->type == PAX_DIRECTORY)
        return error_set(error, JB_ERROR_FORMAT, "the index of '%s' is damaged: a hard link leads to what is no file",
                         pass->archive->name);
    pass->links_found++;
    return add_stretch(selection, member, link->path, NULL, error);
}

static bool is_needed(struct pass *pass, const struct index_frame *frame)
{
    const struct selection *selection = pass->selection;
    while (pass->stretch < selection->stretch_count && selection->stretches[pass->stretch].end <= frame->plain_offset)
        pass->stretch++;
    return pass->stretch < selection->stretch_count &&
           selection->stretches[pass->stretch].offset < frame->plain_offset + frame->plain_bytes;
}

/* Decides on the frames all of whose members are known; those that nobody needs are forgotten. A frame's line may come
 * long before that of the member which it holds a piece of. */
static void decide(struct pass *pass, uint64_t known)
{
    struct selection *selection = pass->selection;
    size_t i = pass->decided;
    for (; i < selection->frame_count; i++) {
        struct index_frame frame = selection->frames[i];
        if (frame.plain_offset + frame.plain_bytes > known)
            break;
        if (is_needed(pass, &frame))
            selection->frames[pass->decided++] = frame;
    }
    size_t left = selection->frame_count - i;
    if (left > 0 && i > pass->decided)
        memmove(&selection->frames[pass->decided], &selection->frames[i], left * sizeof *selection->frames);
    selection->frame_count = pass->decided + left;
}

static int take_frame(struct pass *pass, const struct index_frame *frame, jb_error *error)
{
    struct selection *selection = pass->selection;
    struct index_frame *frames =
        grow(selection->frames, selection->frame_count, &selection->frame_capacity, sizeof *frames);
    if (frames == NULL)
        return error_no_memory(error);
    selection->frames = frames;
    frames[selection->frame_count++] = *frame;
    return JB_OK;
}

static int check_found(const struct pass *pass, jb_error *error)
{
    const struct selection *selection = pass->selection;
    for (size_t i = 0; i < selection->path_count; i++)
        if (!selection->found[i]) {
            error_set(error, JB_ERROR_NOT_FOUND, "the archive '%s' holds no '%.300s'", pass->archive->name,
                      selection->paths[i]);
            return error_hint(error, "paths are those below the tree, whole names; browse lists what there is");
        }
    return JB_OK;
}

static int check_whole(const struct pass *pass, jb_error *error)
{
    int code = index_reader_confirm(pass->reader, error);
    if (code != JB_OK)
        return code;
    if (pass->with_links && pass->links_found != pass->selection->link_count)
        return error_set(error, JB_ERROR_FORMAT,
                         "the index of '%s' is damaged: a hard link leads to what the archive does not hold",
                         pass->archive->name);
    return check_found(pass, error);
}

int selection_read(struct selection *selection, struct byte_source *lines, const struct indexed_archive *archive,
                   bool *again, jb_error *error)
{
    struct pass pass = {.selection = selection, .archive = archive, .with_links = selection->link_count > 0};
    forget_stretches(selection);
    *again = false;
    int code = index_reader_new(lines, archive, &pass.reader, error);
    if (code != JB_OK)
        return code;
    struct index_item item;
    do {
        code = index_reader_next(pass.reader, &item, error);
        if (code == JB_OK && item.kind == INDEX_FRAME)
            code = take_frame(&pass, &item.frame, error);
        else if (code == JB_OK && item.kind == INDEX_MEMBER)
            code = take_member(&pass, &item.member, error);
        if (code == JB_OK)
            decide(&pass, item.kind == INDEX_END ? UINT64_MAX : pass.members_end);
    } while (code == JB_OK && item.kind != INDEX_END);
    if (code == JB_OK)
        code = check_whole(&pass, error);
    index_reader_free(pass.reader);
    if (code == JB_OK && !pass.with_links && selection->link_count > 0) {
        settle_links(selection);
        *again = true;
    }
    return code;
}
