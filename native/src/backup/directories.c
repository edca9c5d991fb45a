#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../archive/tar.h"
#include "../base/buffer.h"
#include "../codec/age.h"
#include "../codec/digest.h"
#include "../codec/json.h"
#include "../stream/alive.h"
#include "catalog.h"
#include "claim.h"
#include "name.h"
#include "put.h"

#define DIRECTORIES_MAX 1000

/* "{last name}.tar.zst" of the directory's real path; "root" for "/" itself. */
static int object_name(const char *directory, jb_compression compression, char *name, size_t size, jb_error *error)
{
    char *root;
    int code = put_tree_root(directory, &root, error);
    if (code != JB_OK)
        return code;
    const char *slash = strrchr(root, '/');
    const char *last = slash == NULL ? root : slash + 1;
    int length = snprintf(name, size, "%s.tar.%s", last[0] == '\0' ? "root" : last,
                          compression == JB_COMPRESSION_GZIP ? "gz" : "zst");
    free(root);
    return length > 0 && (size_t)length < size
               ? JB_OK
               : error_set(error, JB_ERROR_USAGE, "the last name of '%s' is too long", directory);
}

/* All names are made before anything starts: two directories of the same last name would be one object. */
static int check_directories(const jb_backup_directories_options *options, char (*names)[256], jb_error *error)
{
    for (size_t i = 0; options->directories[i] != NULL; i++) {
        int code = object_name(options->directories[i], options->compression, names[i], sizeof names[i], error);
        if (code != JB_OK)
            return code;
        for (size_t j = 0; j < i; j++)
            if (strcmp(names[i], names[j]) == 0) {
                error_set(error, JB_ERROR_USAGE, "'%s' and '%s' would both become '%s'", options->directories[j],
                          options->directories[i], names[i]);
                return error_hint(error, "put them into backups of their own");
            }
    }
    return JB_OK;
}

/* Each text with its NUL, so that no two lists are the same bytes. */
static int add_patterns(struct buffer *text, const char *what, const char *const *patterns, jb_error *error)
{
    int code = buffer_append(text, what, strlen(what) + 1, error);
    for (; code == JB_OK && patterns != NULL && *patterns != NULL; patterns++)
        code = buffer_append(text, *patterns, strlen(*patterns) + 1, error);
    return code;
}

/* What else decides what the objects are, but for the keys and the level of compression. */
static int digest_options(const jb_backup_directories_options *options, char hex[SHA256_HEX_SIZE], jb_error *error)
{
    struct buffer text;
    unsigned char digest[SHA256_SIZE];
    buffer_init(&text, (size_t)64 << 20);
    int code = buffer_printf(&text, error, "gzip=%d encrypted=%d index=%d one_file_system=%d ",
                             options->compression == JB_COMPRESSION_GZIP, options->encryption != NULL,
                             !options->no_index, options->one_file_system);
    if (code == JB_OK)
        code = add_patterns(&text, "/exclude/", options->exclude, error);
    if (code == JB_OK)
        code = add_patterns(&text, "/include/", options->include, error);
    if (code == JB_OK)
        code = sha256_of(text.data, text.size, digest, error);
    buffer_clean_up(&text);
    if (code == JB_OK)
        hex_encode(digest, sizeof digest, hex);
    return code;
}

/* What the running seal keeps, so that a resumption is of the same. */
static int make_plan(const jb_backup_directories_options *options, json_t **plan, jb_error *error)
{
    char hex[SHA256_HEX_SIZE];
    int code = digest_options(options, hex, error);
    if (code != JB_OK)
        return code;
    json_t *directories = json_array();
    *plan = json_object();
    for (size_t i = 0; code == JB_OK && options->directories[i] != NULL; i++) {
        char *root;
        code = put_tree_root(options->directories[i], &root, error);
        if (code != JB_OK)
            break;
        json_append(directories, json_sprintf("/%s", root), &code, error);
        free(root);
    }
    json_put(*plan, "directories", directories, &code, error);
    json_put_text(*plan, "options", hex, &code, error);
    if (code != JB_OK)
        json_decref(*plan);
    return code;
}

static bool holds_all(const json_t *texts, const json_t *others, const char **missing)
{
    for (size_t i = 0; i < json_array_size(others); i++) {
        bool there = false;
        for (size_t j = 0; !there && j < json_array_size(texts); j++)
            there = json_equal(json_array_get(texts, j), json_array_get(others, i));
        *missing = json_string_value(json_array_get(others, i));
        if (!there)
            return false;
    }
    return true;
}

static int check_plan(const json_t *plan, const json_t *begun, jb_error *error)
{
    if (begun == NULL)
        return JB_OK; /* begun by another caller, whose objects have any names */
    const json_t *now = json_object_get(plan, "directories"), *then = json_object_get(begun, "directories");
    const char *other = NULL;
    if (!holds_all(now, then, &other))
        error_set(error, JB_ERROR_CONFLICT, "the interrupted backup is of '%s', too", other == NULL ? "" : other);
    else if (!holds_all(then, now, &other))
        error_set(error, JB_ERROR_CONFLICT, "the interrupted backup is not of '%s'", other == NULL ? "" : other);
    else if (!json_equal(json_object_get(plan, "options"), json_object_get(begun, "options")))
        error_set(error, JB_ERROR_CONFLICT,
                  "the interrupted backup was begun with other patterns, compression, encryption, index, or bounds");
    else
        return JB_OK;
    return error_hint(error,
                      "resume it with the directories and options of its beginning, or remove it and begin anew");
}

struct wanted {
    const jb_backup_directories_options *options;
    char (*names)[256];
    const json_t *plan;
};

/* Is it what this call would make of the directory? */
static int check_kept(const struct wanted *wanted, const json_t *object, jb_error *error)
{
    const char *name = json_member_text(object, "name"), *root = json_member_text(object, "root");
    char *path = NULL;
    int code = JB_OK;
    bool same = false;
    for (size_t i = 0; code == JB_OK && !same && wanted->options->directories[i] != NULL; i++) {
        if (strcmp(wanted->names[i], name) != 0)
            continue;
        code = put_tree_root(wanted->options->directories[i], &path, error);
        same = code == JB_OK && root != NULL && strcmp(path, root) == 0;
        if (code == JB_OK)
            free(path);
    }
    if (code != JB_OK)
        return code;
    if ((json_object_get(object, "encryption") != NULL) != (wanted->options->encryption != NULL))
        return error_set(error, JB_ERROR_CONFLICT, "the interrupted backup holds '%s' %s", name,
                         wanted->options->encryption != NULL ? "unencrypted" : "encrypted");
    if (same)
        return JB_OK;
    error_set(error, JB_ERROR_CONFLICT,
              "the interrupted backup holds '%s' of '/%s', which is none of these directories", name,
              root == NULL ? "" : root);
    return error_hint(error, "resume it with the same directories and compression, or remove it and begin anew");
}

static int check_same(void *context, const json_t *plan, const json_t *objects, jb_error *error)
{
    const struct wanted *wanted = context;
    int code = check_plan(wanted->plan, plan, error);
    for (size_t i = 0; code == JB_OK && i < json_array_size(objects); i++)
        code = check_kept(context, json_array_get(objects, i), error);
    return code;
}

struct run {
    jb_store *store;
    jb_operation *operation;
    const jb_backup_directories_options *options;
    jb_backup_name name;
    struct backup_id id; /* where nothing is resumed */
    char (*names)[256];  /* of the objects, as check_directories */
    json_t *objects;     /* what is put */
    /* Set by begin, and with a task only to be read once that has ended: */
    char *claim;
    json_t *claimed;
    struct alive *alive;
};

static int make_claim(struct run *run, jb_error *error)
{
    const jb_backup_directories_options *options = run->options;
    json_t *plan;
    int code = make_plan(options, &plan, error);
    if (code != JB_OK)
        return code;
    struct wanted wanted = {.options = options, .names = run->names, .plan = plan};
    code = options->resume
               ? claim_resume(run->store, run->operation, &run->name, options->environment, check_same, &wanted,
                              &run->claim, error)
               : claim_begin(run->store, run->operation, &run->name, options->environment, plan, &run->claim, error);
    json_decref(plan);
    return code;
}

/* Claims the backup, and says that it is alive: from then on objects can be put. */
static int begin(void *context, jb_error *error)
{
    struct run *run = context;
    int code = make_claim(run, error);
    if (code == JB_OK)
        code = json_parse(run->claim, strlen(run->claim), "the claim", &run->claimed, error);
    if (code != JB_OK)
        return code;
    char key[STORE_KEY_MAX + 1];
    snprintf(key, sizeof key, "%s/alive.engine", json_member_text(run->claimed, "folder"));
    return alive_start(run->store, run->operation, run->name.bucket, key, &run->alive, error);
}

static bool is_kept(const json_t *kept, const char *name)
{
    size_t index;
    json_t *object;
    json_array_foreach(kept, index, object)
    {
        if (strcmp(json_member_text(object, "name"), name) == 0)
            return true;
    }
    return false;
}

static int put_directory(struct run *run, const char *folder, size_t i, struct task *beginning, jb_error *error)
{
    const jb_backup_directories_options *options = run->options;
    char key[STORE_KEY_MAX + 1];
    snprintf(key, sizeof key, "%s/%s", folder, run->names[i]);
    jb_put_options put = {.size = sizeof put,
                          .bucket = run->name.bucket,
                          .key = key,
                          .tree = options->directories[i],
                          .exclude = options->exclude,
                          .include = options->include,
                          .one_file_system = options->one_file_system,
                          .strict = options->strict,
                          .encryption = options->encryption,
                          .level = options->level,
                          .compression =
                              options->compression == JB_COMPRESSION_NONE ? JB_COMPRESSION_ZSTD : options->compression};
    put.index = put.compression == JB_COMPRESSION_ZSTD && !options->no_index;
    struct object object;
    int code = put_object(run->store, run->operation, &put, beginning, &object, error);
    if (code != JB_OK)
        return code;
    json_t *json = object_to_json(&object, error);
    if (json == NULL) {
        code = (int)error->code;
    } else {
        alive_complete(run->alive, json);
        json_append(run->objects, json, &code, error);
    }
    object_clean_up(&object);
    return code;
}

static int resume_directories(struct run *run, jb_error *error)
{
    int code = begin(run, error);
    for (size_t i = 0; code == JB_OK && run->options->directories[i] != NULL; i++)
        if (!is_kept(json_object_get(run->claimed, "objects"), run->names[i]))
            code = put_directory(run, json_member_text(run->claimed, "folder"), i, NULL, error);
    return code;
}

/* The first directory is read already while the backup is claimed, which takes the store many round trips. */
static int put_directories(struct run *run, jb_error *error)
{
    struct task *beginning;
    int code = claim_id(&run->name, &run->id, error);
    if (code != JB_OK)
        return code;
    run->name.timestamp = run->id.timestamp; /* the claim's folder is this one also where a minute ends meanwhile */
    code = task_start(begin, run, &beginning, error);
    if (code != JB_OK)
        return code;
    for (size_t i = 0; code == JB_OK && run->options->directories[i] != NULL; i++)
        code = put_directory(run, run->id.folder, i, beginning, error);
    /* Of two failures the claim's own is told, for it is what the caller can do something about. */
    if (code != JB_OK && code != JB_ERROR_CANCELLED) {
        int begun = task_wait(beginning, error);
        code = begun != JB_OK ? begun : code;
    }
    task_free(beginning);
    return code;
}

static int enter_in_catalog(const jb_catalog *catalog, jb_operation *operation, const char *seal, jb_error *error)
{
    json_t *document;
    int code = json_parse(seal, strlen(seal), "the seal", &document, error);
    if (code != JB_OK)
        return code;
    json_t *entry = catalog_entry(document, &code, error);
    char *text = NULL;
    if (code == JB_OK)
        code = json_text(entry, &text, error);
    if (code == JB_OK)
        code = jb_catalog_add(catalog, operation, text, error);
    free(text);
    json_decref(entry);
    json_decref(document);
    if (code == JB_OK)
        return JB_OK;
    error_prefix(error, "the backup is complete, but not in the catalog");
    return code;
}

/* Also where the catalog could not be changed, whose failure `code` then stays the call's. */
static int protect_finished(jb_store *store, jb_operation *operation, const jb_backup_directories_options *options,
                            const char *claim, int code, jb_error *error)
{
    json_t *json;
    jb_error problem = JB_ERROR_INIT;
    int protected = json_parse(claim, strlen(claim), "the claim", &json, &problem);
    if (protected == JB_OK) {
        jb_backup_name name = options->name;
        name.timestamp = json_member_text(json, "timestamp");
        name.mode = json_member_text(json, "mode");
        protected = jb_backup_protect(store, operation, &name, options->protection, NULL, &problem);
        json_decref(json);
    }
    if (protected == JB_OK || code != JB_OK)
        return code;
    error_prefix(&problem, "the backup is complete, but not protected");
    return error_copy(error, &problem);
}

static int check_options(const jb_backup_directories_options *options, jb_error *error)
{
    if (options == NULL || options->size != sizeof *options)
        return error_set(error, JB_ERROR_USAGE, "jb_backup_directories_options is missing or of another size");
    size_t count = 0;
    while (options->directories != NULL && options->directories[count] != NULL && count <= DIRECTORIES_MAX)
        count++;
    if (count == 0 || count > DIRECTORIES_MAX)
        return error_set(error, JB_ERROR_USAGE, "1 to %d directories can be backed up at once", DIRECTORIES_MAX);
    int code = tar_check_patterns(options->exclude, error);
    if (code == JB_OK)
        code = tar_check_patterns(options->include, error);
    if (code != JB_OK)
        return code;
    return options->encryption == NULL ? JB_OK : age_encryption_check(options->encryption, error);
}

static size_t count_directories(const jb_backup_directories_options *options)
{
    size_t count = 0;
    while (options->directories[count] != NULL)
        count++;
    return count;
}

/* The seal is the caller's to free. What fails is discarded, but for what was to be resumed. */
static int back_up(struct run *run, char **seal, jb_error *error)
{
    char *objects_text = NULL;
    int code = run->options->resume ? resume_directories(run, error) : put_directories(run, error);
    alive_stop(run->alive);
    if (code == JB_OK)
        code = json_text(run->objects, &objects_text, error);
    if (code == JB_OK)
        code = jb_backup_complete(run->store, run->operation, run->name.bucket, run->claim, objects_text, seal, error);
    jb_error left = JB_ERROR_INIT;
    /* Without the operation, for it may be cancelled. */
    if (code != JB_OK && run->claim != NULL && !run->options->resume &&
        jb_backup_discard(run->store, NULL, run->name.bucket, run->claim, &left) != JB_OK)
        operation_log(run->operation, JB_LOG_WARNING, "the unfinished backup is still there: %s", left.text);
    free(objects_text);
    return code;
}

int jb_backup_directories(jb_store *store, jb_operation *operation, const jb_backup_directories_options *options,
                          char **account, jb_error *error)
{
    jb_error own = JB_ERROR_INIT;
    if (error == NULL)
        error = &own;
    int code = check_options(options, error);
    if (code != JB_OK)
        return code;
    struct run run = {.store = store,
                      .operation = operation,
                      .options = options,
                      .name = options->name,
                      .names = calloc(count_directories(options), sizeof *run.names),
                      .objects = json_array()};
    char *seal = NULL;
    code = run.names == NULL || run.objects == NULL ? error_no_memory(error)
                                                    : check_directories(options, run.names, error);
    if (code == JB_OK && options->protection != NULL)
        code = jb_protection_check(store, operation, options->name.bucket, options->protection, error);
    if (code == JB_OK)
        code = back_up(&run, &seal, error);
    bool complete = code == JB_OK;
    if (complete && options->catalog != NULL)
        code = enter_in_catalog(options->catalog, operation, seal, error);
    if (complete && options->protection != NULL)
        code = protect_finished(store, operation, options, run.claim, code, error);
    if (code == JB_OK && account != NULL) {
        *account = seal;
        seal = NULL;
    }
    free(seal);
    free(run.claim);
    json_decref(run.claimed);
    json_decref(run.objects);
    free(run.names);
    return code;
}
