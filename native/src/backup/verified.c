#include "verified.h"

#include <stdio.h>
#include <string.h>

#include "../codec/json.h"
#include "seal.h"

#define VERIFIED_FORMAT    "jpsbackup-verified-1"
#define VERIFIED_BYTES_MAX ((size_t)1 << 20)

static int refuse_lockable(jb_store *store, jb_operation *operation, const char *bucket, jb_error *error)
{
    struct store_bucket_features features;
    int code = store_bucket_features(store, operation, bucket, &features, error);
    if (code != JB_OK || !features.lockable)
        return code;
    return error_set(error, JB_ERROR_UNSUPPORTED,
                     "the bucket '%s' has object lock, which could keep the record longer than the backup", bucket);
}

/* Is it still the backup that was verified, and nobody removing it? */
static int check_seal(jb_store *store, jb_operation *operation, const char *bucket, const struct backup_id *id,
                      const char *owner, jb_error *error)
{
    struct seal seal;
    int code = seal_read(store, operation, bucket, id, &seal, error);
    if (code != JB_OK)
        return code;
    if (strcmp(seal_state(&seal), "complete") != 0 || strcmp(json_member_text(seal.document, "owner"), owner) != 0)
        code = error_set(error, JB_ERROR_CONFLICT, "the backup '%s' is being removed", id->folder);
    seal_clean_up(&seal);
    return code;
}

int verified_write(jb_store *store, jb_operation *operation, const char *bucket, const struct backup_id *id,
                   const char *owner, json_t *record, jb_error *error)
{
    char key[STORE_KEY_MAX + 1];
    backup_key(id, VERIFIED_NAME, key, sizeof key);
    struct buffer text;
    buffer_init(&text, VERIFIED_BYTES_MAX);
    jb_object_info info;
    int code = JB_OK;
    json_put_text(record, "format", VERIFIED_FORMAT, &code, error);
    json_put_text(record, "owner", owner, &code, error);
    if (code == JB_OK)
        code = json_write(record, JSON_INDENT(2) | JSON_SORT_KEYS, &text, error);
    json_decref(record);
    if (code == JB_OK)
        code = refuse_lockable(store, operation, bucket, error);
    if (code == JB_OK)
        code = check_seal(store, operation, bucket, id, owner, error);
    if (code == JB_OK)
        code = store_write(store, operation, bucket, key, text.data, text.size, NULL,
                           (struct store_condition){.when = STORE_ALWAYS}, &info, error);
    buffer_clean_up(&text);
    if (code != JB_OK)
        return code;
    /* A removal marks the seal before it looks for what to remove. Either it finds the record, or the mark is seen
       here. */
    code = check_seal(store, operation, bucket, id, owner, error);
    if (code == JB_ERROR_NOT_FOUND || code == JB_ERROR_CONFLICT) {
        const struct store_key written = {.key = key, .version = info.version[0] != '\0' ? info.version : NULL};
        jb_error left = JB_ERROR_INIT;
        if (store_remove(store, operation, bucket, &written, 1, &left) != JB_OK)
            operation_log(operation, JB_LOG_WARNING, "left in place: '%s/%s': %s", bucket, key, left.text);
    }
    return code;
}

static bool is_record(const json_t *record, const char *owner)
{
    static const char *const texts[] = {"verified", "how", "outcome"};
    const char *format = json_member_text(record, "format"), *whose = json_member_text(record, "owner");
    bool good = format != NULL && strcmp(format, VERIFIED_FORMAT) == 0 && whose != NULL && strcmp(whose, owner) == 0;
    for (size_t i = 0; good && i < sizeof texts / sizeof *texts; i++)
        good = json_member_text(record, texts[i]) != NULL;
    return good;
}

int verified_read(jb_store *store, jb_operation *operation, const char *bucket, const struct backup_id *id,
                  const char *owner, json_t **record, jb_error *error)
{
    *record = NULL;
    char key[STORE_KEY_MAX + 1];
    backup_key(id, VERIFIED_NAME, key, sizeof key);
    struct buffer text;
    buffer_init(&text, VERIFIED_BYTES_MAX);
    jb_object_info info;
    int code = store_read(store, operation, bucket, key, NULL, &text, &info, error);
    if (code == JB_OK)
        code = json_parse(text.data, text.size, "the record of a verification", record, error);
    buffer_clean_up(&text);
    if (code == JB_OK && !is_record(*record, owner)) {
        json_decref(*record);
        *record = NULL;
    }
    bool none = code == JB_ERROR_NOT_FOUND || code == JB_ERROR_FORMAT || code == JB_ERROR_LIMIT;
    return none ? JB_OK : code;
}

static bool member_is(const json_t *record, const char *member, const char *text)
{
    const char *value = json_member_text(record, member);
    return value != NULL && strcmp(value, text) == 0;
}

static bool is_damaged(const json_t *record)
{
    return !member_is(record, "outcome", "good");
}

/* Would `record` have found what the earlier one did? A sample only where it reads the same parts, or all. */
static bool covers(const json_t *record, const json_t *before)
{
    if (member_is(record, "how", "full") || member_is(before, "how", "quick"))
        return true;
    const json_t *percent = json_object_get(record, "percent"), *seed = json_object_get(record, "seed");
    return member_is(record, "how", "sample") && member_is(before, "how", "sample") &&
           (json_integer_value(percent) == 100 || (json_equal(percent, json_object_get(before, "percent")) &&
                                                   json_equal(seed, json_object_get(before, "seed"))));
}

static bool names_text(const json_t *names, const json_t *name)
{
    for (size_t i = 0; i < json_array_size(names); i++)
        if (json_equal(json_array_get(names, i), name))
            return true;
    return false;
}

/* The earlier record with the names of what a weaker verification found. */
static int add_damaged(const json_t *before, json_t **record, jb_error *error)
{
    int code = JB_OK;
    json_t *both = json_deep_copy(before);
    json_t *names = json_object_get(both, "damaged");
    size_t index;
    json_t *name;
    if (both == NULL)
        return error_no_memory(error);
    json_array_foreach(json_object_get(*record, "damaged"), index, name)
    {
        if (json_is_array(names) && json_array_size(names) < VERIFIED_DAMAGED_MAX && !names_text(names, name))
            json_append(names, json_incref(name), &code, error);
    }
    json_decref(*record);
    *record = both;
    return code;
}

/* A weaker verification says nothing against a full one that found all good. */
static int carry_full(const json_t *before, json_t *record, jb_error *error)
{
    int code = JB_OK;
    bool full = member_is(before, "how", "full") && !is_damaged(before);
    const char *when = json_member_text(before, full ? "verified" : "last_full");
    if (when != NULL && !member_is(record, "how", "full"))
        json_put_text(record, "last_full", when, &code, error);
    return code;
}

int verified_merge(jb_operation *operation, const json_t *before, json_t **record, bool *keep, jb_error *error)
{
    *keep = true;
    if (before == NULL)
        return JB_OK;
    if (!is_damaged(before) || covers(*record, before))
        return carry_full(before, *record, error);
    if (is_damaged(*record))
        return add_damaged(before, record, error);
    *keep = false;
    operation_log(operation, JB_LOG_WARNING,
                  "damage was recorded on %.40s by a stronger verification (%.10s), and that record stays: verify the "
                  "backup in full",
                  json_member_text(before, "verified"), json_member_text(before, "how"));
    return JB_OK;
}

int verified_damaged(jb_store *store, jb_operation *operation, const char *bucket, const struct backup_id *id,
                     const char *owner, bool *damaged, char when[CLOCK_UTC_SIZE], jb_error *error)
{
    json_t *record;
    *damaged = false;
    int code = verified_read(store, operation, bucket, id, owner, &record, error);
    if (code != JB_OK || record == NULL)
        return code;
    *damaged = is_damaged(record);
    snprintf(when, CLOCK_UTC_SIZE, "%s", json_member_text(record, "verified"));
    json_decref(record);
    return JB_OK;
}
