/* Making the catalog anew from what lies in buckets. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "../base/clock.h"
#include "../codec/json.h"
#include "catalog.h"
#include "find.h"
#include "old.h"

#define BUCKETS_MAX 1000

struct rebuild {
    const jb_catalog *catalog;
    jb_store *store;
    jb_operation *operation;
    const jb_catalog_rebuild_options *options;
    const char *bucket;           /* that is being looked at */
    json_t *before;               /* the folders' names of the entries that were there before the look: a set */
    json_t *unread;               /* the folders' names whose seals are damaged or a newer version's: a set */
    json_t *wanted;               /* by the folder's name: {"entry", "bucket", "old"} */
    bool malformed;               /* what was read is no catalog */
    char copy[STORE_KEY_MAX + 1]; /* the last one that was made of a malformed text */
    char copied_tag[sizeof((struct catalog_state *)NULL)->tag];
    unsigned copies;
    /* What the last try of the change did. */
    json_t *added;
    json_t *changed;
    json_t *removed;
    uint64_t kept;
    uint64_t untouched;
};

/* False for what is no entry of a backup here. */
static bool entry_id(const json_t *entry, struct backup_id *id)
{
    return backup_id_set(id, json_member_text(entry, "name"), json_member_text(entry, "timestamp"),
                         json_member_text(entry, "mode"), NULL) == JB_OK;
}

static int note(json_t *list, const json_t *entry, json_t *members, jb_error *error)
{
    static const char *const shown[] = {"name", "timestamp", "mode"};
    int code = JB_OK;
    json_t *json = json_object();
    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++)
        json_put(json, shown[i], json_incref(json_object_get(entry, shown[i])), &code, error);
    if (members != NULL)
        json_put(json, "members", members, &code, error);
    json_append(list, json, &code, error);
    return code;
}

/* An old backup's texts are not in its folder: what the catalog has of it is all there is. */
static json_t *old_entry(const struct folder *folder, int *code, jb_error *error)
{
    json_t *entry = json_object();
    json_put_text(entry, "name", folder->id.name, code, error);
    json_put_text(entry, "timestamp", folder->id.timestamp, code, error);
    json_put_text(entry, "mode", folder->id.mode, code, error);
    json_put_count(entry, "size", folder->bytes, code, error);
    return entry;
}

static int look_at(void *context, const struct folder *folder, jb_error *error)
{
    struct rebuild *rebuild = context;
    struct seal seal = {0};
    int code = JB_OK;
    bool complete = !folder->has_seal && old_is_complete(folder);
    if (folder->has_seal) {
        code = seal_read(rebuild->store, rebuild->operation, rebuild->bucket, &folder->id, &seal, error);
        if (code == JB_ERROR_NOT_FOUND)
            return JB_OK; /* removed meanwhile */
        if (seal_is_unreadable(code)) {
            code = JB_OK;
            json_put(rebuild->unread, folder->id.folder, json_true(), &code, error);
            return code;
        }
        complete = code == JB_OK && strcmp(seal_state(&seal), "complete") == 0;
    }
    if (complete) {
        json_t *found = json_object();
        json_put(found, "entry",
                 folder->has_seal ? catalog_entry(seal.document, &code, error) : old_entry(folder, &code, error), &code,
                 error);
        json_put_text(found, "bucket", rebuild->bucket, &code, error);
        json_put(found, "old", json_boolean(!folder->has_seal), &code, error);
        json_put(rebuild->wanted, folder->id.folder, found, &code, error);
    }
    seal_clean_up(&seal);
    return code;
}

/* The name that the manifests give the bucket of such an entry; on Azure, the container. */
static bool is_in(const json_t *entry, const char *bucket)
{
    static const char *const parts[] = {"envrole", "uid", "region"};
    char name[512] = "jc";
    size_t length = 2;
    const char *provider = json_member_text(entry, "cloudprovider"), *whole = json_member_text(entry, "name");
    if (provider != NULL && strcmp(provider, "azure") == 0)
        return whole != NULL && strcasecmp(whole, bucket) == 0;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        const char *text = json_member_text(entry, parts[i]);
        if (text == NULL)
            return false;
        for (; *text != '\0' && length < sizeof name - 1; text++)
            if (i < 2 || isalnum((unsigned char)*text))
                name[length++] = *text;
    }
    name[length] = '\0';
    return strcmp(name, bucket) == 0;
}

static bool is_elsewhere(const json_t *entry, const json_t *wanted)
{
    static const char *const parts[] = {"cloudprovider", "envrole", "uid", "region"};
    bool differs = false;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        const char *theirs = json_member_text(entry, parts[i]), *ours = json_member_text(wanted, parts[i]);
        differs = differs || (theirs != NULL && ours != NULL && strcmp(theirs, ours) != 0);
    }
    return differs;
}

/* Would the backup of this entry lie in one of the buckets? A search index's snapshots lie in none as a backup. */
static bool belongs_here(const struct rebuild *rebuild, const json_t *entry)
{
    const char *product = json_member_text(entry, "product");
    if (product != NULL && strcmp(product, "jcustomer") == 0)
        return false;
    bool here = rebuild->options->forget_others;
    for (const char *const *bucket = rebuild->options->buckets; !here && *bucket != NULL; bucket++)
        here = is_in(entry, *bucket);
    return here;
}

/* Takes what the seal says, and keeps all else that the entry has. */
static int merge(struct rebuild *rebuild, json_t *entry, const json_t *found, jb_error *error)
{
    bool old = json_is_true(json_object_get(found, "old"));
    json_t *members = json_array();
    const char *name;
    json_t *value;
    int code = JB_OK;
    json_object_foreach(json_object_get(found, "entry"), name, value)
    {
        const json_t *present = json_object_get(entry, name);
        if (present != NULL && (old || json_equal(present, value)))
            continue;
        json_append(members, json_string(name), &code, error);
        json_put(entry, name, json_incref(value), &code, error);
    }
    if (code == JB_OK && json_array_size(members) > 0)
        return note(rebuild->changed, entry, members, error);
    rebuild->kept++;
    json_decref(members);
    return code;
}

static int add_missing(struct rebuild *rebuild, json_t *backups, const json_t *matched, jb_error *error)
{
    const char *folder;
    json_t *found;
    int code = JB_OK;
    json_object_foreach(rebuild->wanted, folder, found)
    {
        json_t *entry = json_object_get(found, "entry");
        if (code != JB_OK || json_object_get(matched, folder) != NULL)
            continue;
        json_append(backups, json_deep_copy(entry), &code, error);
        if (code == JB_OK)
            code = note(rebuild->added, entry, NULL, error);
    }
    return code;
}

/* One entry: *stays tells whether it does. */
static int settle(struct rebuild *rebuild, json_t *entry, json_t *matched, bool *stays, jb_error *error)
{
    struct backup_id id;
    bool known = entry_id(entry, &id);
    const json_t *found = known ? json_object_get(rebuild->wanted, id.folder) : NULL;
    int code = JB_OK;
    *stays = true;
    if (found != NULL && !is_elsewhere(entry, json_object_get(found, "entry"))) {
        json_put(matched, id.folder, json_true(), &code, error);
        return code == JB_OK ? merge(rebuild, entry, found, error) : code;
    }
    /* One that came after the look began is of a backup that the look may have missed. That of an unreadable seal is
     * the only copy of the environment's texts. */
    bool unread = known && json_object_get(rebuild->unread, id.folder) != NULL;
    if (known && found == NULL && !unread && belongs_here(rebuild, entry) &&
        json_object_get(rebuild->before, id.folder) != NULL) {
        *stays = false;
        return note(rebuild->removed, entry, NULL, error);
    }
    rebuild->untouched++;
    return JB_OK;
}

static int change(json_t *backups, void *context, bool *changed, jb_error *error)
{
    struct rebuild *rebuild = context;
    json_t *matched = json_object();
    int code = matched == NULL ? error_no_memory(error) : JB_OK;
    json_array_clear(rebuild->added);
    json_array_clear(rebuild->changed);
    json_array_clear(rebuild->removed);
    rebuild->kept = rebuild->untouched = 0;
    for (size_t i = 0; code == JB_OK && i < json_array_size(backups);) {
        bool stays;
        code = settle(rebuild, json_array_get(backups, i), matched, &stays, error);
        if (code == JB_OK && !stays)
            json_array_remove(backups, i);
        i += stays;
    }
    if (code == JB_OK)
        code = add_missing(rebuild, backups, matched, error);
    json_decref(matched);
    *changed =
        rebuild->malformed ||
        json_array_size(rebuild->added) + json_array_size(rebuild->changed) + json_array_size(rebuild->removed) > 0;
    return code;
}

/* What the catalog held before the buckets are looked at. */
static int read_before(struct rebuild *rebuild, jb_error *error)
{
    struct catalog_state state;
    jb_error trouble = JB_ERROR_INIT;
    int code = catalog_read(rebuild->catalog, rebuild->operation, &state, &trouble);
    rebuild->malformed = code == JB_ERROR_FORMAT;
    if (rebuild->malformed && rebuild->options->replace_malformed)
        return JB_OK;
    if (code != JB_OK)
        return error_copy(error, &trouble);
    size_t index;
    json_t *entry;
    struct backup_id id;
    json_array_foreach(state.backups, index, entry)
    {
        if (entry_id(entry, &id))
            json_put(rebuild->before, id.folder, json_true(), &code, error);
    }
    json_decref(state.document);
    return code;
}

/* Nothing of it is lost, whatever it was, also where it became another one since. */
static int copy_malformed(const struct buffer *text, const char *tag, void *context, jb_error *error)
{
    struct rebuild *rebuild = context;
    const jb_catalog *catalog = rebuild->catalog;
    if (rebuild->copies > 0 && strcmp(tag, rebuild->copied_tag) == 0)
        return JB_OK;
    char now[CLOCK_UTC_SIZE];
    clock_format_utc(clock_now(), now);
    char number[16] = "";
    if (rebuild->copies > 0)
        snprintf(number, sizeof number, "-%u", rebuild->copies + 1);
    int length = snprintf(rebuild->copy, sizeof rebuild->copy, "%s.malformed-%s%s", catalog->key, now, number);
    if (length < 0 || (size_t)length >= sizeof rebuild->copy)
        return error_set(error, JB_ERROR_USAGE, "the catalog's name '%s' is too long", catalog->key);
    jb_object_info info;
    int code = store_write(catalog->store, rebuild->operation, catalog->bucket, rebuild->copy, text->data, text->size,
                           NULL, (struct store_condition){.when = STORE_IF_ABSENT}, &info, error);
    if (code != JB_OK)
        return error_prefix(error, "keeping the malformed catalog as '%s'", rebuild->copy);
    snprintf(rebuild->copied_tag, sizeof rebuild->copied_tag, "%s", tag);
    if (rebuild->copies++ > 0)
        operation_log(rebuild->operation, JB_LOG_WARNING,
                      "the malformed catalog was changed meanwhile: it is kept as '%s', too", rebuild->copy);
    return JB_OK;
}

/* A backup may have been removed while its entry was on its way: then its removal did not find it. */
static int drop_removed(struct rebuild *rebuild, jb_error *error)
{
    size_t index;
    json_t *entry;
    int code = JB_OK;
    json_array_foreach(rebuild->added, index, entry)
    {
        struct backup_id id;
        struct folder folder;
        struct seal seal = {0};
        jb_error trouble = JB_ERROR_INIT;
        if (code != JB_OK || !entry_id(entry, &id))
            continue;
        const json_t *found = json_object_get(rebuild->wanted, id.folder);
        const char *bucket = json_member_text(found, "bucket");
        bool old = json_is_true(json_object_get(found, "old"));
        int there = old ? folder_read(rebuild->store, rebuild->operation, bucket, &id, &folder, &trouble)
                        : seal_read(rebuild->store, rebuild->operation, bucket, &id, &seal, &trouble);
        bool gone =
            there == JB_ERROR_NOT_FOUND || (there == JB_OK && !old && strcmp(seal_state(&seal), "complete") != 0);
        if (gone)
            code = jb_catalog_remove(rebuild->catalog, rebuild->operation, id.name, id.timestamp, id.mode, error);
        seal_clean_up(&seal);
    }
    return code;
}

static int make_account(const struct rebuild *rebuild, char **account, jb_error *error)
{
    int code = JB_OK;
    json_t *json = json_object();
    json_put(json, "dry_run", json_boolean(rebuild->options->dry_run), &code, error);
    json_put(json, "added", json_incref(rebuild->added), &code, error);
    json_put(json, "changed", json_incref(rebuild->changed), &code, error);
    json_put(json, "removed", json_incref(rebuild->removed), &code, error);
    json_put_count(json, "kept", rebuild->kept, &code, error);
    json_put_count(json, "untouched", rebuild->untouched, &code, error);
    json_put(json, "malformed", json_boolean(rebuild->malformed), &code, error);
    if (rebuild->copy[0] != '\0')
        json_put_text(json, "malformed_copy", rebuild->copy, &code, error);
    if (code == JB_OK)
        code = json_text(json, account, error);
    json_decref(json);
    return code;
}

static int show(struct rebuild *rebuild, jb_error *error)
{
    struct catalog_state state;
    bool changed;
    if (rebuild->malformed) {
        json_t *none = json_array();
        int code = none == NULL ? error_no_memory(error) : change(none, rebuild, &changed, error);
        json_decref(none);
        return code;
    }
    int code = catalog_read(rebuild->catalog, rebuild->operation, &state, error);
    if (code == JB_OK) {
        code = change(state.backups, rebuild, &changed, error);
        json_decref(state.document);
    }
    return code;
}

static int write(struct rebuild *rebuild, jb_error *error)
{
    const jb_catalog *catalog = rebuild->catalog;
    int code = jb_store_make_bucket(catalog->store, rebuild->operation, catalog->bucket, error);
    if (code == JB_OK)
        code = catalog_change(catalog, rebuild->operation, rebuild->malformed ? copy_malformed : NULL, change, rebuild,
                              error);
    return code == JB_OK ? drop_removed(rebuild, error) : code;
}

static int check_options(const jb_catalog *catalog, const jb_catalog_rebuild_options *options, jb_error *error)
{
    if (options == NULL || options->size != sizeof *options)
        return error_set(error, JB_ERROR_USAGE, "jb_catalog_rebuild_options is missing or of another size");
    int code = catalog_check(catalog, error);
    size_t count = 0;
    for (; code == JB_OK && options->buckets != NULL && options->buckets[count] != NULL && count <= BUCKETS_MAX;
         count++)
        code = store_check_names(options->buckets[count], NULL, error);
    if (code == JB_OK && (count == 0 || count > BUCKETS_MAX))
        code = error_set(error, JB_ERROR_USAGE, "1 to %d buckets can be looked at", BUCKETS_MAX);
    return code;
}

int jb_catalog_rebuild(const jb_catalog *catalog, jb_store *store, jb_operation *operation,
                       const jb_catalog_rebuild_options *options, char **account, jb_error *error)
{
    jb_error own = JB_ERROR_INIT;
    if (error == NULL)
        error = &own;
    int code = check_options(catalog, options, error);
    if (code != JB_OK)
        return code;
    struct rebuild rebuild = {.catalog = catalog,
                              .store = store,
                              .operation = operation,
                              .options = options,
                              .before = json_object(),
                              .unread = json_object(),
                              .wanted = json_object(),
                              .added = json_array(),
                              .changed = json_array(),
                              .removed = json_array()};
    code = read_before(&rebuild, error);
    for (size_t i = 0; code == JB_OK && options->buckets[i] != NULL; i++) {
        rebuild.bucket = options->buckets[i];
        code = folder_list(store, operation, rebuild.bucket, NULL, look_at, &rebuild, error);
    }
    if (code == JB_OK)
        code = options->dry_run ? show(&rebuild, error) : write(&rebuild, error);
    if (code == JB_OK && account != NULL)
        code = make_account(&rebuild, account, error);
    json_decref(rebuild.before);
    json_decref(rebuild.unread);
    json_decref(rebuild.wanted);
    json_decref(rebuild.added);
    json_decref(rebuild.changed);
    json_decref(rebuild.removed);
    return code;
}
