#include "swap_journal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../base/buffer.h"
#include "../base/error.h"
#include "../codec/json.h"
#include "swap_tree.h"

#define FORMAT      "jpsbackup-swap"
#define VERSION     1
#define JOURNAL_MAX (1u << 20)

static const char *const states[] = {"staging", "exchanging", "exchanged", "undoing",
                                     "undone",  "committing", "in-place"};
static const char *const methods[] = {"exchange", "rename", "entries", "copy", "in-place"};
static const char *const phases[] = {"untouched", "out", "in"};
static const char *const kinds[] = {"tree", "file"};

#define COUNT(list) (sizeof(list) / sizeof(*(list)))

char *swap_inside(const struct swap_target *target, const char *name)
{
    char *path;
    return asprintf(&path, "%s/%s", target->container, name) < 0 ? NULL : path;
}

char *swap_parent(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == path ? strdup("/") : strndup(path, (size_t)(slash - path));
}

const char *swap_method_name(enum swap_method method)
{
    return methods[method];
}

void swap_target_free(struct swap_target *target)
{
    if (target) {
        free(target->path);
        free(target->container);
        free(target);
    }
}

struct swap_target *swap_find(struct swap *swap, const char *path)
{
    for (size_t i = 0; i < swap->count; i++) {
        if (strcmp(swap->targets[i]->path, path) == 0)
            return swap->targets[i];
    }
    return NULL;
}

void swap_forget(struct swap *swap, struct swap_target *target)
{
    for (size_t i = 0; i < swap->count; i++) {
        if (swap->targets[i] == target) {
            memmove(&swap->targets[i], &swap->targets[i + 1], (swap->count - i - 1) * sizeof(struct swap_target *));
            swap->count--;
            break;
        }
    }
    swap_target_free(target);
}

static json_t *time_to_json(struct timespec time)
{
    return json_pack("[I, I]", (json_int_t)time.tv_sec, (json_int_t)time.tv_nsec);
}

static json_t *target_to_json(const struct swap_target *target)
{
    bool placed = target->method != SWAP_WITHOUT;
    char *staging = placed ? swap_inside(target, "new") : strdup("");
    char *old = placed ? swap_inside(target, "old") : strdup("");
    json_t *object =
        !staging || !old
            ? NULL
            : json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:b, s:b, s:s, s:b, s:I, s:I, s:o, s:o}", "path", target->path,
                        "kind", kinds[target->kind], "method", methods[target->method], "container", target->container,
                        "staging", staging, "old", old, "existed", target->existed, "whole", target->whole, "phase",
                        phases[target->phase], "back", target->back, "tag_forward", (json_int_t)target->tag_forward,
                        "tag_back", (json_int_t)target->tag_back, "new_time", time_to_json(target->new_time),
                        "old_time", time_to_json(target->old_time));
    free(staging);
    free(old);
    return object;
}

json_t *swap_to_json(const struct swap *swap, jb_error *error)
{
    int code = JB_OK;
    json_t *targets = json_array();
    for (size_t i = 0; targets && i < swap->count; i++)
        json_append(targets, target_to_json(swap->targets[i]), &code, error);
    json_t *document = json_pack("{s:s, s:i, s:s, s:b, s:o}", "format", FORMAT, "version", VERSION, "state",
                                 states[swap->state], "keep_old", swap->keep_old, "targets", targets);
    if (!document || code != JB_OK) {
        json_decref(document);
        error_no_memory(error);
        return NULL;
    }
    return document;
}

static int which(const char *text, const char *const *list, size_t count)
{
    for (size_t i = 0; text && i < count; i++) {
        if (strcmp(text, list[i]) == 0)
            return (int)i;
    }
    return -1;
}

/* The container gets removed with all in it: it must be one that this code could have made for the target. */
static bool is_container(const char *container, const char *path)
{
    const char *slash = strrchr(container, '/');
    size_t above = slash ? (size_t)(slash - container) : 0;
    const char *path_slash = strrchr(path, '/');
    bool beside = above == (size_t)(path_slash - path) && strncmp(container, path, above) == 0;
    bool inside = above == strlen(path) && strncmp(container, path, above) == 0;
    size_t prefix = strlen(SWAP_CONTAINER_PREFIX);
    return slash && (beside || inside) && strncmp(slash + 1, SWAP_CONTAINER_PREFIX, prefix) == 0 &&
           strlen(slash + 1) == prefix + 32 && strspn(slash + 1 + prefix, "0123456789abcdef") == 32;
}

static bool read_time(const json_t *value, struct timespec *time)
{
    const json_t *seconds = json_array_get(value, 0);
    const json_t *nanoseconds = json_array_get(value, 1);
    time->tv_sec = (time_t)json_integer_value(seconds);
    time->tv_nsec = (long)json_integer_value(nanoseconds);
    return json_is_integer(seconds) && json_is_integer(nanoseconds) && time->tv_nsec >= 0 && time->tv_nsec < 1000000000;
}

/* False where it is malformed; true with a path or container that is NULL: without memory. */
static bool read_target(const json_t *object, struct swap_target *target)
{
    const char *path = json_member_text(object, "path");
    const char *container = json_member_text(object, "container");
    int kind = which(json_member_text(object, "kind"), kinds, COUNT(kinds));
    int method = which(json_member_text(object, "method"), methods, COUNT(methods));
    int phase = which(json_member_text(object, "phase"), phases, COUNT(phases));
    if (!path || path[0] != '/' || !path[1] || !container || kind < 0 || method < 0 || phase < 0 ||
        (method == SWAP_WITHOUT ? container[0] != '\0' : !is_container(container, path)) ||
        !json_is_boolean(json_object_get(object, "existed")) || !json_is_boolean(json_object_get(object, "whole")) ||
        !json_is_boolean(json_object_get(object, "back")) || !json_is_integer(json_object_get(object, "tag_forward")) ||
        !json_is_integer(json_object_get(object, "tag_back")) ||
        !read_time(json_object_get(object, "new_time"), &target->new_time) ||
        !read_time(json_object_get(object, "old_time"), &target->old_time))
        return false;
    target->kind = (enum swap_kind)kind;
    target->method = (enum swap_method)method;
    target->phase = (enum swap_phase)phase;
    target->existed = json_is_true(json_object_get(object, "existed"));
    target->whole = json_is_true(json_object_get(object, "whole"));
    target->back = json_is_true(json_object_get(object, "back"));
    target->tag_forward = json_integer_value(json_object_get(object, "tag_forward"));
    target->tag_back = json_integer_value(json_object_get(object, "tag_back"));
    target->path = strdup(path);
    target->container = strdup(container);
    return true;
}

static int read_document(struct swap *swap, const json_t *document, jb_error *error)
{
    const char *format = json_member_text(document, "format");
    int state = which(json_member_text(document, "state"), states, COUNT(states));
    const json_t *targets = json_object_get(document, "targets");
    if (!format || strcmp(format, FORMAT) != 0 || state < 0 || !json_is_array(targets) ||
        json_array_size(targets) > SWAP_TARGETS_MAX)
        return error_set(error, JB_ERROR_FORMAT, "'%s' is not a swap's journal", swap->journal);
    if (json_integer_value(json_object_get(document, "version")) != VERSION)
        return error_set(error, JB_ERROR_UNSUPPORTED,
                         "the journal '%s' is of a version that this program does not know", swap->journal);
    if (state == SWAP_IN_PLACE && json_array_size(targets) != 1)
        return error_set(error, JB_ERROR_FORMAT, "'%s' is not a swap's journal", swap->journal);
    swap->state = (enum swap_state)state;
    swap->keep_old = json_is_true(json_object_get(document, "keep_old"));
    for (size_t i = 0; i < json_array_size(targets); i++) {
        struct swap_target *target = calloc(1, sizeof(*target));
        if (!target)
            return error_no_memory(error);
        swap->targets[swap->count++] = target;
        if (!read_target(json_array_get(targets, i), target) ||
            (target->method == SWAP_WITHOUT) != (swap->state == SWAP_IN_PLACE))
            return error_set(error, JB_ERROR_FORMAT, "'%s' is a swap's journal, but its target %zu is malformed",
                             swap->journal, i);
        if (!target->path || !target->container)
            return error_no_memory(error);
    }
    return JB_OK;
}

static int read_file(const char *path, struct buffer *bytes, bool *missing, jb_error *error)
{
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    *missing = fd < 0 && errno == ENOENT;
    if (fd < 0)
        return *missing ? JB_OK : error_set_errno(error, errno, "cannot read the journal '%s'", path);
    int code = JB_OK;
    char block[16384];
    while (code == JB_OK) {
        ssize_t count = read(fd, block, sizeof(block));
        if (count == 0)
            break;
        code = count < 0 ? error_set_errno(error, errno, "cannot read the journal '%s'", path)
                         : buffer_append(bytes, block, (size_t)count, error);
    }
    close(fd);
    return code == JB_ERROR_LIMIT ? error_prefix(error, "the journal '%s'", path) : code;
}

int swap_load(struct swap *swap, jb_error *error)
{
    struct buffer bytes;
    buffer_init(&bytes, JOURNAL_MAX);
    bool missing;
    int code = read_file(swap->journal, &bytes, &missing, error);
    json_t *document = NULL;
    if (code == JB_OK && !missing)
        code = json_parse(bytes.data ? bytes.data : "", bytes.size, swap->journal, &document, error);
    if (code == JB_OK && document)
        code = read_document(swap, document, error);
    json_decref(document);
    buffer_clean_up(&bytes);
    return code;
}

static int sync_parent(struct swap *swap, jb_error *error)
{
    char *parent = swap_parent(swap->journal);
    int code = parent ? swap_tree_sync(swap->system, parent, error) : error_no_memory(error);
    free(parent);
    return code;
}

static int write_file(struct swap *swap, const char *path, const struct buffer *text, jb_error *error)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
    int reason = fd < 0 ? errno : 0;
    for (size_t at = 0; reason == 0 && at < text->size;) {
        ssize_t count = swap->system->write(fd, text->data + at, text->size - at);
        if (count >= 0)
            at += (size_t)count;
        else if (errno != EINTR)
            reason = errno;
    }
    if (reason == 0 && swap->system->sync(fd) != 0)
        reason = errno;
    if (fd >= 0 && close(fd) != 0 && reason == 0)
        reason = errno;
    return reason == 0 ? JB_OK : error_set_errno(error, reason, "cannot write the journal '%s'", path);
}

int swap_save(struct swap *swap, jb_error *error)
{
    json_t *document = swap_to_json(swap, error);
    if (!document)
        return JB_ERROR_MEMORY;
    struct buffer text;
    buffer_init(&text, JOURNAL_MAX);
    int code = json_write(document, JSON_INDENT(2), &text, error);
    json_decref(document);
    char *fresh = NULL;
    if (code == JB_OK && asprintf(&fresh, "%s.new", swap->journal) < 0) {
        fresh = NULL;
        code = error_no_memory(error);
    }
    if (code == JB_OK)
        code = write_file(swap, fresh, &text, error);
    if (code == JB_OK && swap->system->rename(AT_FDCWD, fresh, AT_FDCWD, swap->journal, 0) != 0)
        code = error_set_errno(error, errno, "cannot write the journal '%s'", swap->journal);
    if (code == JB_OK)
        code = sync_parent(swap, error);
    buffer_clean_up(&text);
    free(fresh);
    return code;
}

int swap_end(struct swap *swap, jb_error *error)
{
    char *fresh;
    if (asprintf(&fresh, "%s.new", swap->journal) < 0)
        return error_no_memory(error);
    int code = JB_OK;
    if ((swap->system->remove(AT_FDCWD, fresh, 0) != 0 && errno != ENOENT) ||
        (swap->system->remove(AT_FDCWD, swap->journal, 0) != 0 && errno != ENOENT))
        code = error_set_errno(error, errno, "cannot remove the journal '%s'", swap->journal);
    free(fresh);
    if (code == JB_OK)
        code = sync_parent(swap, error);
    if (code != JB_OK)
        return code;
    while (swap->count > 0)
        swap_forget(swap, swap->targets[0]);
    swap->state = SWAP_STAGING;
    swap->keep_old = false;
    return JB_OK;
}
