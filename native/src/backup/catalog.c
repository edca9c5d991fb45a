#include "catalog.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "../base/random.h"
#include "../codec/json.h"
#include "../codec/json_numbers.h"
#include "../store/conditions.h"

#define CATALOG_BYTES_MAX ((size_t)64 << 20)
/* Writers that lose a race read again. With 32 of them and a store that takes 100 ms for a change, each try of one that
 * waits up to 2 s succeeds about every fifth time. */
#define TRIES            100
#define WAIT_MS_MAX      2000
#define SAME_REFUSED_MAX 3 /* conflicts in a row of what nobody else changed: that is no race */

int catalog_check(const jb_catalog *catalog, jb_error *error)
{
    if (catalog == NULL || catalog->size != sizeof *catalog)
        return error_set(error, JB_ERROR_USAGE, "jb_catalog is missing or of another size");
    if (catalog->key == NULL)
        return error_set(error, JB_ERROR_USAGE, "the catalog's name is missing");
    return store_check_names(catalog->bucket, catalog->key, error);
}

static int parse_catalog(const jb_catalog *catalog, const struct buffer *text, struct catalog_state *state,
                         jb_error *error)
{
    int code = json_parse(text->data, text->size, "the catalog", &state->document, error);
    state->backups = code == JB_OK ? json_object_get(state->document, "backups") : NULL;
    if (code == JB_OK && !json_is_array(state->backups))
        code = error_set(error, JB_ERROR_FORMAT, "the catalog has no list 'backups'");
    for (size_t i = 0; code == JB_OK && i < json_array_size(state->backups); i++)
        if (!json_is_object(json_array_get(state->backups, i)))
            code = error_set(error, JB_ERROR_FORMAT, "entry %zu of the catalog is no object", i);
    if (code == JB_OK)
        code = json_check_numbers(text->data, text->size, "the catalog", error);
    if (code == JB_ERROR_FORMAT) {
        error_prefix(error, "'%s/%s'", catalog->bucket, catalog->key);
        return error_hint(error, "it was left as it is; look into it before anything is written there");
    }
    return code;
}

static int make_empty(struct catalog_state *state, jb_error *error)
{
    state->document = json_pack("{s:[]}", "backups");
    state->backups = json_object_get(state->document, "backups");
    return state->backups != NULL ? JB_OK : error_no_memory(error);
}

static void forget_document(struct catalog_state *state)
{
    json_decref(state->document);
    state->document = state->backups = NULL;
}

/* As catalog_read; `text` is what was read. */
static int read_catalog(const jb_catalog *catalog, jb_operation *operation, struct buffer *text,
                        struct catalog_state *state, jb_error *error)
{
    *state = (struct catalog_state){0};
    jb_object_info info;
    int code = store_read(catalog->store, operation, catalog->bucket, catalog->key, NULL, text, &info, error);
    if (code == JB_OK) {
        state->exists = true;
        memcpy(state->tag, info.tag, sizeof state->tag);
        code = parse_catalog(catalog, text, state, error);
    } else if (code == JB_ERROR_NOT_FOUND) {
        code = make_empty(state, error);
    }
    if (code != JB_OK)
        forget_document(state);
    return code;
}

int catalog_read(const jb_catalog *catalog, jb_operation *operation, struct catalog_state *state, jb_error *error)
{
    struct buffer text;
    buffer_init(&text, CATALOG_BYTES_MAX);
    int code = read_catalog(catalog, operation, &text, state, error);
    buffer_clean_up(&text);
    return code;
}

/* What cannot be understood is kept, and is then as if there were nothing. */
static int read_or_keep(const jb_catalog *catalog, jb_operation *operation, catalog_keep_fn keep, void *context,
                        struct catalog_state *state, jb_error *error)
{
    struct buffer text;
    buffer_init(&text, CATALOG_BYTES_MAX);
    int code = read_catalog(catalog, operation, &text, state, error);
    if (code == JB_ERROR_FORMAT && keep != NULL && state->exists) {
        code = keep(&text, state->tag, context, error);
        if (code == JB_OK)
            code = make_empty(state, error);
    }
    buffer_clean_up(&text);
    return code;
}

static int write_catalog(const jb_catalog *catalog, jb_operation *operation, const struct catalog_state *state,
                         jb_error *error)
{
    struct buffer text;
    buffer_init(&text, CATALOG_BYTES_MAX);
    jb_object_info info;
    struct store_condition condition = {.when = state->exists ? STORE_IF_UNCHANGED : STORE_IF_ABSENT,
                                        .tag = state->tag};
    size_t digits = json_real_digits(state->document);
    int code = json_write(state->document, JSON_INDENT(2) | JSON_SORT_KEYS | JSON_REAL_PRECISION(digits), &text, error);
    if (code != JB_OK)
        error_prefix(error, "writing '%s/%s'", catalog->bucket, catalog->key);
    else
        code = store_conditions_require(catalog->store, operation, catalog->bucket, error);
    if (code == JB_OK)
        code = store_write(catalog->store, operation, catalog->bucket, catalog->key, text.data, text.size, NULL,
                           condition, &info, error);
    buffer_clean_up(&text);
    return code;
}

/* A random time below a bound that grows with each lost race; a cancellation ends it. */
static void wait_before(const jb_operation *operation, int attempt)
{
    uint64_t bound = 10;
    for (int i = 1; i < attempt && bound < WAIT_MS_MAX; i++)
        bound += bound / 2;
    struct pollfd cancelled = {.fd = operation_cancel_fd(operation), .events = POLLIN};
    poll(&cancelled, 1, (int)random_below(bound < WAIT_MS_MAX ? bound : WAIT_MS_MAX));
}

/* *lost where another writer came between. */
static int change_once(const jb_catalog *catalog, jb_operation *operation, catalog_keep_fn keep,
                       catalog_change_fn change, void *context, struct catalog_state *state, bool *lost,
                       jb_error *error)
{
    bool changed = true;
    int code = read_or_keep(catalog, operation, keep, context, state, error);
    if (code == JB_OK)
        code = change(state->backups, context, &changed, error);
    if (code == JB_OK && changed) {
        code = write_catalog(catalog, operation, state, error);
        *lost = code == JB_ERROR_CONFLICT;
    }
    forget_document(state);
    return code;
}

int catalog_change(const jb_catalog *catalog, jb_operation *operation, catalog_keep_fn keep, catalog_change_fn change,
                   void *context, jb_error *error)
{
    struct catalog_state now = {0}, before = {0};
    unsigned same = 0;
    for (int attempt = 0; attempt < TRIES; attempt++) {
        if (attempt > 0)
            wait_before(operation, attempt);
        bool lost = false;
        int code = operation_check(operation, error);
        if (code == JB_OK)
            code = change_once(catalog, operation, keep, change, context, &now, &lost, error);
        if (!lost)
            return code;
        same = now.exists == before.exists && strcmp(now.tag, before.tag) == 0 ? same + 1 : 1;
        if (same > SAME_REFUSED_MAX)
            return error_prefix(error, "'%s/%s' cannot be changed, although nobody else changes it", catalog->bucket,
                                catalog->key);
        before = now;
    }
    error_set(error, JB_ERROR_CONFLICT, "'%s/%s' was changed by others %d times while it was to be changed",
              catalog->bucket, catalog->key, TRIES);
    return error_hint(error, "try again when fewer backups end at the same time");
}

bool catalog_is_entry(const json_t *entry, const char *name, const char *timestamp, const char *mode)
{
    const char *texts[] = {json_member_text(entry, "name"), json_member_text(entry, "timestamp"),
                           json_member_text(entry, "mode")};
    return texts[0] != NULL && texts[1] != NULL && texts[2] != NULL && strcmp(texts[0], name) == 0 &&
           strcmp(texts[1], timestamp) == 0 && strcmp(texts[2], mode) == 0;
}

json_t *catalog_entry(const json_t *document, int *code, jb_error *error)
{
    static const char *const copied[] = {"name", "timestamp", "mode", "size"};
    json_t *entry = json_deep_copy(json_object_get(document, "environment"));
    if (entry == NULL && *code == JB_OK)
        *code = error_no_memory(error);
    for (size_t i = 0; i < sizeof copied / sizeof *copied; i++) {
        json_t *value = json_object_get(document, copied[i]);
        if (value != NULL)
            json_put(entry, copied[i], json_incref(value), code, error);
    }
    return entry;
}

static int add_entry(json_t *backups, void *context, bool *changed, jb_error *error)
{
    json_t *entry = context;
    (void)changed;
    for (size_t i = 0; i < json_array_size(backups); i++) {
        json_t *old = json_array_get(backups, i);
        if (catalog_is_entry(old, json_member_text(entry, "name"), json_member_text(entry, "timestamp"),
                             json_member_text(entry, "mode")))
            return json_object_update(old, entry) == 0 ? JB_OK : error_no_memory(error);
    }
    return json_array_append(backups, entry) == 0 ? JB_OK : error_no_memory(error);
}

int jb_catalog_add(const jb_catalog *catalog, jb_operation *operation, const char *text, jb_error *error)
{
    jb_error own = JB_ERROR_INIT;
    if (error == NULL)
        error = &own;
    int code = catalog_check(catalog, error);
    if (code == JB_OK && text == NULL)
        code = error_set(error, JB_ERROR_USAGE, "the entry is missing");
    if (code != JB_OK)
        return code;
    json_t *entry;
    code = json_parse(text, strlen(text), "the entry", &entry, error);
    if (code != JB_OK)
        return code;
    struct backup_id id;
    code = json_check_numbers(text, strlen(text), "the entry", error);
    if (code == JB_OK)
        code = backup_id_set(&id, json_member_text(entry, "name"), json_member_text(entry, "timestamp"),
                             json_member_text(entry, "mode"), error);
    if (code == JB_OK)
        code = jb_store_make_bucket(catalog->store, operation, catalog->bucket, error);
    if (code == JB_OK)
        code = catalog_change(catalog, operation, NULL, add_entry, entry, error);
    json_decref(entry);
    return code;
}

static int remove_entry(json_t *backups, void *context, bool *changed, jb_error *error)
{
    const struct backup_id *id = context;
    (void)error;
    *changed = false;
    for (size_t left = json_array_size(backups); left > 0; left--)
        if (catalog_is_entry(json_array_get(backups, left - 1), id->name, id->timestamp, id->mode)) {
            json_array_remove(backups, left - 1);
            *changed = true;
        }
    return JB_OK;
}

int jb_catalog_remove(const jb_catalog *catalog, jb_operation *operation, const char *name, const char *timestamp,
                      const char *mode, jb_error *error)
{
    jb_error own = JB_ERROR_INIT;
    if (error == NULL)
        error = &own;
    struct backup_id id;
    int code = catalog_check(catalog, error);
    if (code == JB_OK)
        code = backup_id_set(&id, name, timestamp, mode, error);
    return code != JB_OK ? code : catalog_change(catalog, operation, NULL, remove_entry, &id, error);
}

int jb_catalog_list(const jb_catalog *catalog, jb_operation *operation, char **account, jb_error *error)
{
    jb_error own = JB_ERROR_INIT;
    if (error == NULL)
        error = &own;
    struct catalog_state state;
    int code = catalog_check(catalog, error);
    if (code == JB_OK)
        code = catalog_read(catalog, operation, &state, error);
    if (code != JB_OK)
        return code;
    if (account != NULL)
        code = json_text(state.document, account, error);
    json_decref(state.document);
    return code;
}
