#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../archive/names.h"
#include "../archive/tar.h"
#include "../codec/json.h"
#include "../stream/object_source.h"
#include "../stream/process.h"
#include "find.h"
#include "swap.h"

/* Room for directories, journals and the file system's own needs. */
#define SPACE_MARGIN_BYTES ((uint64_t)64 << 20)
#define PATH_SIZE          4096

struct owner {
    bool given;
    uid_t uid;
    gid_t gid;
};

/* One object on its way onto one target. */
struct restore {
    jb_operation *operation;
    const jb_restore_options *options;
    struct backup backup;
    const json_t *description;
    struct object object; /* of a sealed backup */
    const char *name;
    bool tree; /* an archive of a tree */
    enum swap_kind kind;
    struct owner owner;
};

static int find_number(const char *text, uint32_t *number)
{
    char *end;
    errno = 0;
    unsigned long value = strtoul(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 || value >= UINT32_MAX)
        return -1;
    *number = (uint32_t)value;
    return 0;
}

/* "USER[:GROUP]", names or numbers; without a group, the user's own. */
static int parse_owner(const char *text, struct owner *owner, jb_error *error)
{
    *owner = (struct owner){0};
    if (text == NULL)
        return JB_OK;
    char user[256];
    const char *colon = strchr(text, ':');
    size_t length = colon == NULL ? strlen(text) : (size_t)(colon - text);
    if (length == 0 || length >= sizeof user)
        return error_set(error, JB_ERROR_USAGE, "'%.300s' is no owner", text);
    memcpy(user, text, length);
    user[length] = '\0';
    const char *group = colon == NULL ? "" : colon + 1;
    struct names *names;
    int code = names_new(&names, error);
    if (code != JB_OK)
        return code;
    bool user_known = find_number(user, &owner->uid) == 0 || names_find_user(names, user, &owner->uid);
    bool group_known = colon == NULL
                           ? user_known && names_find_login_group(names, owner->uid, &owner->gid)
                           : find_number(group, &owner->gid) == 0 || names_find_group(names, group, &owner->gid);
    names_free(names);
    owner->given = true;
    if (user_known && group_known)
        return JB_OK;
    if (user_known && colon == NULL)
        error_set(error, JB_ERROR_USAGE, "the user '%s' has no group on this machine", user);
    else
        error_set(error, JB_ERROR_USAGE, "the %s '%s' is not known on this machine", user_known ? "group" : "user",
                  user_known ? group : user);
    return error_hint(error, "give the owner as 'USER', 'USER:GROUP' or 'UID:GID'");
}

static int check_options(const jb_restore_options *options, jb_error *error)
{
    if (options == NULL || options->size != sizeof *options)
        return error_set(error, JB_ERROR_USAGE, "jb_restore_options is missing or of another size");
    if (options->target == NULL || options->target[0] != '/')
        return error_set(error, JB_ERROR_USAGE, "the target '%s' is no absolute path",
                         options->target == NULL ? "" : options->target);
    if (options->journal == NULL || options->journal[0] != '/')
        return error_set(error, JB_ERROR_USAGE, "the journal '%s' is no absolute path",
                         options->journal == NULL ? "" : options->journal);
    return JB_OK;
}

static void restore_clean_up(struct restore *restore)
{
    object_clean_up(&restore->object);
    backup_clean_up(&restore->backup);
}

/* Finds the object and confirms that the store holds it whole by its sizes. */
static int restore_open(jb_store *store, jb_operation *operation, const jb_restore_options *options,
                        struct restore *restore, jb_error *error)
{
    *restore = (struct restore){.operation = operation, .options = options};
    int code = parse_owner(options->owner, &restore->owner, error);
    if (code == JB_OK)
        code = backup_find(store, operation, &options->name, false, &restore->backup, error);
    if (code == JB_OK)
        code = backup_object(&restore->backup, options->object, &restore->description, error);
    if (code == JB_OK && !restore->backup.old) {
        code = object_from_json(restore->description, &restore->object, error);
        if (code == JB_OK)
            code = folder_confirm_object(store, operation, options->name.bucket, &restore->backup.id, &restore->object,
                                         error);
    }
    if (code != JB_OK) {
        restore_clean_up(restore);
        return code;
    }
    restore->name = json_member_text(restore->description, "name");
    restore->tree = strcmp(json_member_text(restore->description, "kind"), "tree") == 0;
    restore->kind = restore->tree || options->consumer != NULL ? SWAP_TREE : SWAP_FILE;
    return JB_OK;
}

/* What it will take on the disk; of an old backup only what is stored is known, which is less. */
static uint64_t needed_bytes(const struct restore *restore)
{
    uint64_t bytes = restore->object.content_bytes;
    if (restore->backup.old)
        json_member_count(restore->description, "size", &bytes);
    return bytes;
}

static int check_space(const struct restore *restore, uint64_t *bytes_free, jb_error *error)
{
    int code = swap_space(restore->options->target, bytes_free, error);
    uint64_t needed = needed_bytes(restore) + SPACE_MARGIN_BYTES;
    if (code != JB_OK || *bytes_free >= needed)
        return code;
    error_set(error, JB_ERROR_NO_SPACE, "'%s' needs %llu MiB beside '%s', where %llu MiB are free", restore->name,
              (unsigned long long)(needed >> 20), restore->options->target, (unsigned long long)(*bytes_free >> 20));
    return error_hint(error, "the old content stays until the new one is in place; free some space");
}

static json_t *base_account(const struct restore *restore, int *code, jb_error *error)
{
    json_t *json = json_object();
    json_put_text(json, "backup", restore->backup.id.folder, code, error);
    json_put_text(json, "object", restore->name, code, error);
    json_put_text(json, "target", restore->options->target, code, error);
    json_put_count(json, "bytes", needed_bytes(restore), code, error);
    return json;
}

static int give_account(json_t *json, int code, char **account, jb_error *error)
{
    if (code == JB_OK && account != NULL)
        code = json_text(json, account, error);
    json_decref(json);
    return code;
}

/* Can the target be exchanged? An empty staging is made beside it as for the restore itself, and undone, under a
 * journal of its own. */
static int try_swap(const struct restore *restore, jb_error *error)
{
    const jb_restore_options *options = restore->options;
    char *journal;
    if (asprintf(&journal, "%s.check", options->journal) < 0)
        return error_no_memory(error);
    struct swap *swap;
    char staging[PATH_SIZE];
    int code = swap_open(journal, &swap, error);
    if (code == JB_OK) {
        code = swap_stage(swap, restore->operation, options->target, restore->kind, staging, sizeof staging, error);
        jb_error undo = JB_ERROR_INIT;
        int undone = swap_undo(swap, NULL, &undo);
        if (code == JB_OK && undone != JB_OK)
            code = error_copy(error, &undo);
        swap_close(swap);
    }
    free(journal);
    return code;
}

int jb_restore_check(jb_store *store, jb_operation *operation, const jb_restore_options *options, char **account,
                     jb_error *error)
{
    jb_error own = JB_ERROR_INIT;
    if (error == NULL)
        error = &own;
    struct restore restore;
    uint64_t bytes_free;
    int code = check_options(options, error);
    if (code == JB_OK)
        code = restore_open(store, operation, options, &restore, error);
    if (code != JB_OK)
        return code;
    code = check_space(&restore, &bytes_free, error);
    if (code == JB_OK)
        code = try_swap(&restore, error);
    if (code == JB_OK) {
        json_t *json = base_account(&restore, &code, error);
        json_put_count(json, "bytes_free", bytes_free, &code, error);
        code = give_account(json, code, account, error);
    }
    restore_clean_up(&restore);
    return code;
}

static int extract_tree(struct restore *restore, struct byte_source *source, const char *staging,
                        struct tar_counts *counts, jb_error *error)
{
    const char *root = restore->backup.old ? json_member_text(restore->description, "root") : restore->object.root;
    struct tar_extract_options options = {
        .prefix = root,
        .bytes_max = restore->backup.old ? 0 : restore->object.content_bytes,
        .entries_max = restore->backup.old ? 0 : restore->object.files,
        .owner_given = restore->owner.given,
        .uid = restore->owner.uid,
        .gid = restore->owner.gid,
        .devices = true,
    };
    int code = tar_extract(restore->operation, source, staging, &options, counts, error);
    if (code == JB_OK && !restore->backup.old && counts->files != restore->object.files)
        code = error_set(error, JB_ERROR_VERIFY, "'%s' holds %llu members instead of %llu", restore->name,
                         (unsigned long long)counts->files, (unsigned long long)restore->object.files);
    return code;
}

typedef int (*chunk_fn)(void *context, const void *bytes, size_t count, jb_error *error);

/* Passes the whole stream on and compares its length with the seal's. */
static int pass_on(struct restore *restore, struct byte_source *source, chunk_fn take, void *context,
                   struct tar_counts *counts, jb_error *error)
{
    for (;;) {
        const void *bytes;
        size_t count;
        int code = source->read(source, &bytes, &count, error);
        if (code == JB_OK && count > 0)
            code = take(context, bytes, count, error);
        if (code == JB_OK)
            code = operation_progress(restore->operation, count, 0, NULL, error);
        if (code != JB_OK)
            return code;
        if (count == 0)
            break;
        counts->bytes += count;
    }
    if (!restore->backup.old && counts->bytes != restore->object.content_bytes)
        return error_set(error, JB_ERROR_VERIFY, "'%s' holds %llu bytes instead of %llu", restore->name,
                         (unsigned long long)counts->bytes, (unsigned long long)restore->object.content_bytes);
    return JB_OK;
}

static int give_process(void *context, const void *bytes, size_t count, jb_error *error)
{
    return process_write(context, bytes, count, error);
}

static int feed_consumer(struct restore *restore, struct byte_source *source, const char *staging,
                         struct tar_counts *counts, jb_error *error)
{
    struct process *process;
    int code = process_start_consumer(restore->operation, restore->options->consumer, staging, &process, error);
    if (code != JB_OK)
        return code;
    code = pass_on(restore, source, give_process, process, counts, error);
    if (code == JB_OK)
        code = process_finish(process, NULL, error);
    process_free(process);
    return code;
}

static int give_file(void *context, const void *bytes, size_t count, jb_error *error)
{
    const char *next = bytes;
    while (count > 0) {
        ssize_t written = write(*(int *)context, next, count);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return error_set_errno(error, errno, "cannot write the restored file");
        next += written;
        count -= (size_t)written;
    }
    return JB_OK;
}

static int write_file(struct restore *restore, struct byte_source *source, const char *staging,
                      struct tar_counts *counts, jb_error *error)
{
    int fd = open(staging, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return error_set_errno(error, errno, "cannot make '%s'", staging);
    int code = pass_on(restore, source, give_file, &fd, counts, error);
    if (code == JB_OK && restore->owner.given && fchown(fd, restore->owner.uid, restore->owner.gid) != 0)
        code = error_set_errno(error, errno, "cannot give '%s' its owner", staging);
    if (code == JB_OK && fsync(fd) != 0)
        code = error_set_errno(error, errno, "cannot sync '%s'", staging);
    if (close(fd) != 0 && code == JB_OK)
        code = error_set_errno(error, errno, "cannot write '%s'", staging);
    counts->files = 1;
    return code;
}

static int fill_staging(jb_store *store, struct restore *restore, const char *staging, struct tar_counts *counts,
                        jb_error *error)
{
    const jb_restore_options *options = restore->options;
    char key[STORE_KEY_MAX + 1];
    backup_key(&restore->backup.id, restore->backup.old ? restore->name : "", key, sizeof key);
    struct object_source *source;
    int code = object_source_new(store, restore->operation, options->name.bucket, key,
                                 restore->backup.old ? NULL : &restore->object, true, &source, error);
    if (code != JB_OK)
        return code;
    operation_phase(restore->operation, restore->tree ? "extract" : "download", restore->name,
                    restore->object.content_bytes, restore->object.files);
    struct byte_source *bytes = object_source_bytes(source);
    if (options->consumer != NULL)
        code = feed_consumer(restore, bytes, staging, counts, error);
    else if (restore->tree)
        code = extract_tree(restore, bytes, staging, counts, error);
    else
        code = write_file(restore, bytes, staging, counts, error);
    object_source_free(source);
    return code == JB_OK ? operation_phase_end(restore->operation, error) : code;
}

/* *begun: the journal holds something of this call, so that its failure has something to undo. */
static int stage(jb_store *store, struct restore *restore, struct swap *swap, char **account, bool *begun,
                 jb_error *error)
{
    const char *target = restore->options->target;
    char staging[PATH_SIZE];
    struct tar_counts counts = {0};
    int code = swap_stage(swap, restore->operation, target, restore->kind, staging, sizeof staging, error);
    *begun = code != JB_ERROR_STATE;
    if (code == JB_OK)
        code = fill_staging(store, restore, staging, &counts, error);
    /* An archive brings owner and mode of the tree itself; all else looks like what it replaces. */
    if (code == JB_OK)
        code = swap_staged(swap, restore->operation, target, !restore->tree && !restore->owner.given, error);
    if (code != JB_OK)
        return code;
    json_t *json = base_account(restore, &code, error);
    json_put_text(json, "staging", staging, &code, error);
    json_put_count(json, "files", counts.files, &code, error);
    json_put(json, "verified", json_boolean(!restore->backup.old), &code, error);
    return give_account(json, code, account, error);
}

static int restore_stage(jb_store *store, jb_operation *operation, const jb_restore_options *options, char **account,
                         bool *begun, jb_error *error)
{
    struct restore restore;
    int code = check_options(options, error);
    if (code == JB_OK)
        code = restore_open(store, operation, options, &restore, error);
    if (code != JB_OK)
        return code;
    uint64_t bytes_free;
    struct swap *swap;
    code = check_space(&restore, &bytes_free, error);
    if (code == JB_OK)
        code = swap_open(options->journal, &swap, error);
    if (code == JB_OK) {
        code = stage(store, &restore, swap, account, begun, error);
        swap_close(swap);
    }
    restore_clean_up(&restore);
    return code;
}

int jb_restore_stage(jb_store *store, jb_operation *operation, const jb_restore_options *options, char **account,
                     jb_error *error)
{
    jb_error own = JB_ERROR_INIT;
    bool begun;
    return restore_stage(store, operation, options, account, &begun, error == NULL ? &own : error);
}

/* One step on a journal. */
typedef int (*step_fn)(struct swap *swap, jb_operation *operation, bool keep_old, jb_error *error);

static int run_step(jb_operation *operation, const char *journal, step_fn step, bool keep_old, char **account,
                    jb_error *error)
{
    if (journal == NULL || journal[0] != '/')
        return error_set(error, JB_ERROR_USAGE, "the journal '%s' is no absolute path", journal == NULL ? "" : journal);
    struct swap *swap;
    int code = swap_open(journal, &swap, error);
    if (code != JB_OK)
        return code;
    code = step(swap, operation, keep_old, error);
    if (code == JB_OK && account != NULL) {
        *account = swap_describe(swap, error);
        code = *account != NULL ? JB_OK : (int)error->code;
    }
    swap_close(swap);
    return code;
}

static int step_exchange(struct swap *swap, jb_operation *operation, bool keep_old, jb_error *error)
{
    (void)keep_old;
    return swap_exchange(swap, operation, error);
}

static int step_undo(struct swap *swap, jb_operation *operation, bool keep_old, jb_error *error)
{
    (void)keep_old;
    return swap_undo(swap, operation, error);
}

int jb_restore_swap(jb_operation *operation, const char *journal, char **account, jb_error *error)
{
    jb_error own = JB_ERROR_INIT;
    return run_step(operation, journal, step_exchange, false, account, error == NULL ? &own : error);
}

int jb_restore_undo(jb_operation *operation, const char *journal, char **account, jb_error *error)
{
    jb_error own = JB_ERROR_INIT;
    return run_step(operation, journal, step_undo, false, account, error == NULL ? &own : error);
}

int jb_restore_commit(jb_operation *operation, const char *journal, bool keep_old, char **account, jb_error *error)
{
    jb_error own = JB_ERROR_INIT;
    return run_step(operation, journal, swap_commit, keep_old, account, error == NULL ? &own : error);
}

/* Brings the old state back after a failure, whatever it was: also when cancelled. */
static int undo_failed(const char *journal, int code, jb_error *error)
{
    jb_error undo = JB_ERROR_INIT;
    if (jb_restore_undo(NULL, journal, NULL, &undo) == JB_OK)
        return code;
    char text[sizeof error->text];
    memcpy(text, error->text, sizeof text);
    error_set(error, (jb_code)code, "%.350s; and the old state is not back: %.350s", text, undo.text);
    return error_hint(error, "run the undo step with the journal '%s'", journal);
}

int jb_restore(jb_store *store, jb_operation *operation, const jb_restore_options *options, char **account,
               jb_error *error)
{
    jb_error own = JB_ERROR_INIT;
    if (error == NULL)
        error = &own;
    char *staged = NULL;
    bool begun = false;
    int code = restore_stage(store, operation, options, &staged, &begun, error);
    if (code == JB_OK)
        code = jb_restore_swap(operation, options->journal, NULL, error);
    if (code != JB_OK) {
        free(staged);
        /* A journal that was not this call's to change may be another restore's, which stays as it is. */
        return begun ? undo_failed(options->journal, code, error) : code;
    }
    code = jb_restore_commit(operation, options->journal, false, NULL, error);
    if (code != JB_OK) {
        free(staged);
        error_prefix(error, "'%s' is restored, but its old content is not removed", options->target);
        return error_hint(error, "remove the cause, then run the commit step with the journal '%s'", options->journal);
    }
    if (account != NULL)
        *account = staged;
    else
        free(staged);
    return JB_OK;
}
