#include <stdio.h>
#include <string.h>

#include "../archive/tar.h"
#include "../base/clock.h"
#include "../base/random.h"
#include "../codec/age.h"
#include "../codec/json.h"
#include "../stream/object_source.h"
#include "find.h"
#include "old_database.h"
#include "verified.h"
#include "verify_index.h"
#include "verify_sample.h"

#define SEED_MAX ((UINT64_C(1) << 53) - 1) /* what every reader of JSON holds exactly */

struct verification {
    jb_store *store;
    jb_operation *operation;
    const jb_verify_options *options;
    struct backup backup;
    const json_t *old_object; /* the description of what is being verified, in an old backup */
    uint64_t seed;
    struct sample sample;
    json_t *results;
    uint64_t damaged;
    char names[200]; /* of what is damaged, as many as there is room for */
};

static int read_to_end(jb_operation *operation, struct byte_source *source, jb_error *error)
{
    for (;;) {
        const void *chunk;
        size_t count;
        int code = source->read(source, &chunk, &count, error);
        if (code != JB_OK || count == 0)
            return code;
        code = operation_progress(operation, count, 0, NULL, error);
        if (code != JB_OK)
            return code;
    }
}

/* Damage is an answer; a store that cannot be reached or a cancelled operation is not. */
static bool is_damage(int code)
{
    return code == JB_ERROR_VERIFY || code == JB_ERROR_NOT_FOUND || code == JB_ERROR_FORMAT || code == JB_ERROR_LIMIT;
}

/* Reads every byte: digests on the way in, then the encryption, the compressed form, and the archive. Of what is
 * encrypted and has no key only the digests. */
static int verify_by(struct verification *verification, const char *prefix, const struct object *object, bool tree,
                     const jb_decryption *decryption, jb_error *error)
{
    bool sealed = object != NULL && object->encrypted && decryption == NULL;
    struct object_source *source;
    int code = object_source_new(verification->store, verification->operation, verification->options->name.bucket,
                                 prefix, object, !sealed, decryption, &source, error);
    if (code != JB_OK)
        return code;
    struct byte_source *bytes = object_source_bytes(source);
    if (tree && !sealed) {
        struct tar_counts counts = {0};
        struct workers *qpress;
        code = old_database_workers(verification->old_object, &qpress, error);
        if (code == JB_OK)
            code = tar_check_packed(verification->operation, bytes, qpress, &counts, error);
        workers_free(qpress);
        if (code == JB_OK && object != NULL && counts.files != object->files)
            code = error_set(error, JB_ERROR_VERIFY, "the archive holds %llu members instead of %llu",
                             (unsigned long long)counts.files, (unsigned long long)object->files);
    } else {
        code = read_to_end(verification->operation, bytes, error);
    }
    object_source_free(source);
    return code;
}

/* What no key opens may have a damaged head: its digests tell. */
static int tell_damage(struct verification *verification, const char *prefix, const struct object *object, int code,
                       jb_error *error)
{
    jb_error damage = JB_ERROR_INIT;
    if (code != JB_ERROR_ACCESS || object == NULL || !object->encrypted || verification->options->decryption == NULL)
        return code;
    return is_damage(verify_by(verification, prefix, object, false, NULL, &damage)) ? error_copy(error, &damage) : code;
}

static int verify_content(struct verification *verification, const char *prefix, const struct object *object, bool tree,
                          jb_error *error)
{
    const jb_decryption *decryption = object != NULL && object->encrypted ? verification->options->decryption : NULL;
    int code = verify_by(verification, prefix, object, tree, decryption, error);
    return tell_damage(verification, prefix, object, code, error);
}

/* Without its key only the digests of an encrypted one can be compared. */
static int verify_index_of(struct verification *verification, const char *prefix, const struct object *archive,
                           jb_error *error)
{
    const jb_verify_options *options = verification->options;
    if (archive->index->encrypted && options->decryption == NULL)
        return verify_content(verification, prefix, archive->index, false, error);
    int code = verify_index(verification->store, verification->operation, options->name.bucket, prefix, archive,
                            archive->index->encrypted ? options->decryption : NULL, error);
    return tell_damage(verification, prefix, archive->index, code, error);
}

static int verify_described(struct verification *verification, const json_t *description, jb_error *error)
{
    const jb_verify_options *options = verification->options;
    struct object object;
    int code = object_from_json(description, &object, error);
    if (code != JB_OK)
        return code;
    code = folder_confirm_object(verification->store, verification->operation, options->name.bucket,
                                 &verification->backup.id, &object, error);
    if (code == JB_OK && options->how != JB_VERIFY_QUICK) {
        bool full = options->how == JB_VERIFY_FULL;
        char prefix[STORE_KEY_MAX + 1];
        backup_key(&verification->backup.id, "", prefix, sizeof prefix);
        operation_phase(verification->operation, "verify", object.name, full ? object.content_bytes : 0, 0);
        code = full ? verify_content(verification, prefix, &object, object.root != NULL, error)
                    : sample_object(&verification->sample, verification->store, verification->operation,
                                    options->name.bucket, prefix, &object, error);
        if (code == JB_OK && object.index != NULL)
            code = full ? verify_index_of(verification, prefix, &object, error)
                        : sample_object(&verification->sample, verification->store, verification->operation,
                                        options->name.bucket, prefix, object.index, error);
    }
    object_clean_up(&object);
    return code;
}

/* An old backup has no digests: its forms can prove that they are whole, no more. */
static int verify_old(struct verification *verification, const json_t *description, jb_error *error)
{
    if (verification->options->how != JB_VERIFY_FULL)
        return JB_OK; /* it was just listed */
    const char *name = json_member_text(description, "name");
    char key[STORE_KEY_MAX + 1];
    backup_key(&verification->backup.id, name, key, sizeof key);
    operation_phase(verification->operation, "verify", name, 0, 0);
    verification->old_object = description;
    return verify_content(verification, key, NULL, strcmp(json_member_text(description, "kind"), "tree") == 0, error);
}

static void note_damaged(struct verification *verification, const char *name)
{
    size_t length = strlen(verification->names);
    snprintf(verification->names + length, sizeof verification->names - length, "%s'%s'",
             verification->damaged == 0 ? "" : ", ", name);
    verification->damaged++;
}

static int verify_object(struct verification *verification, const json_t *description, jb_error *error)
{
    jb_error trouble = JB_ERROR_INIT;
    verification->sample.parts = verification->sample.parts_read = 0;
    int code = verification->backup.old ? verify_old(verification, description, &trouble)
                                        : verify_described(verification, description, &trouble);
    if (code != JB_OK && !is_damage(code))
        return error_copy(error, &trouble);
    const char *name = json_member_text(description, "name");
    if (name == NULL)
        name = "(unnamed)";
    int made = JB_OK;
    json_t *result = json_object();
    json_put_text(result, "name", name, &made, error);
    json_put(result, "ok", json_boolean(code == JB_OK), &made, error);
    if (verification->options->how == JB_VERIFY_FULL && json_object_get(description, "encryption") != NULL)
        json_put(result, "decrypted", json_boolean(verification->options->decryption != NULL), &made, error);
    if (verification->options->how == JB_VERIFY_SAMPLE) {
        json_put_count(result, "parts", verification->sample.parts, &made, error);
        json_put_count(result, "parts_read", verification->sample.parts_read, &made, error);
    }
    if (code != JB_OK) {
        json_put_text(result, "error", trouble.text, &made, error);
        note_damaged(verification, name);
    }
    json_append(verification->results, result, &made, error);
    return made;
}

/* What is wrong with each stands in the account. */
static int verify_objects(struct verification *verification, jb_error *error)
{
    const json_t *objects = json_object_get(verification->backup.document, "objects");
    for (size_t i = 0; i < json_array_size(objects); i++) {
        int code = verify_object(verification, json_array_get(objects, i), error);
        if (code != JB_OK)
            return code;
    }
    if (verification->damaged == 0)
        return JB_OK;
    return error_set(error, JB_ERROR_VERIFY, "%llu of %zu objects of '%s' are damaged or missing: %s",
                     (unsigned long long)verification->damaged, json_array_size(objects),
                     verification->backup.id.folder, verification->names);
}

/* What the account and the record have in common. */
static json_t *describe(const struct verification *verification, int *code, jb_error *error)
{
    static const char *const names[] = {"quick", "full", "sample"};
    const jb_verify_options *options = verification->options;
    char now[CLOCK_UTC_SIZE];
    clock_format_utc(clock_now(), now);
    json_t *json = json_object();
    json_put_text(json, "backup", verification->backup.id.folder, code, error);
    json_put_text(json, "verified", now, code, error);
    json_put_text(json, "how", names[options->how], code, error);
    if (options->how == JB_VERIFY_SAMPLE) {
        json_put_count(json, "percent", options->percent, code, error);
        json_put_count(json, "seed", verification->seed, code, error);
    }
    return json;
}

static json_t *make_record(const struct verification *verification, int *code, jb_error *error)
{
    json_t *record = describe(verification, code, error);
    json_t *damaged = json_array();
    size_t index;
    json_t *result;
    json_array_foreach(verification->results, index, result)
    {
        if (!json_is_true(json_object_get(result, "ok")) && json_array_size(damaged) < VERIFIED_DAMAGED_MAX)
            json_append(damaged, json_incref(json_object_get(result, "name")), code, error);
    }
    json_put_text(record, "outcome", verification->damaged == 0 ? "good" : "damaged", code, error);
    json_put(record, "damaged", damaged, code, error);
    json_put_text(record, "tool", "jpsbackup " JPSBACKUP_VERSION, code, error);
    return record;
}

static int write_record(const struct verification *verification, bool *recorded, jb_error *error)
{
    const char *bucket = verification->options->name.bucket;
    const char *owner = json_member_text(verification->backup.document, "owner");
    json_t *before = NULL;
    int code = verified_read(verification->store, verification->operation, bucket, &verification->backup.id, owner,
                             &before, error);
    json_t *record = code == JB_OK ? make_record(verification, &code, error) : NULL;
    if (code == JB_OK)
        code = verified_merge(verification->operation, before, &record, recorded, error);
    json_decref(before);
    if (code == JB_OK && *recorded)
        return verified_write(verification->store, verification->operation, bucket, &verification->backup.id, owner,
                              record, error);
    json_decref(record);
    return code;
}

/* For who may only read, and where nothing more can be written, the verdict is as good without it. */
static bool record_outcome(const struct verification *verification)
{
    if (verification->backup.old)
        return false; /* a file of ours would be a foreign one there */
    jb_error error = JB_ERROR_INIT;
    bool recorded = false;
    int code = write_record(verification, &recorded, &error);
    if (code != JB_OK)
        operation_log(verification->operation, JB_LOG_WARNING, "the outcome is not recorded beside the backup: %s",
                      error.text);
    return code == JB_OK && recorded;
}

static json_t *make_account(const struct verification *verification, bool recorded, int *code, jb_error *error)
{
    const jb_verify_options *options = verification->options;
    json_t *json = describe(verification, code, error);
    json_put(json, "full", json_boolean(options->how == JB_VERIFY_FULL), code, error);
    json_put(json, "recorded", json_boolean(recorded), code, error);
    json_put(json, "digests", json_boolean(!verification->backup.old), code, error);
    json_put_count(json, "damaged", verification->damaged, code, error);
    json_put(json, "objects", json_incref(verification->results), code, error);
    return json;
}

static int verify(struct verification *verification, char **account, jb_error *error)
{
    if (verification->options->how == JB_VERIFY_SAMPLE && verification->backup.old) {
        error_set(error, JB_ERROR_UNSUPPORTED, "the old backup '%s' has no digests of parts to sample",
                  verification->backup.id.folder);
        return error_hint(error, "verify it in full");
    }
    verification->results = json_array();
    int verdict = verify_objects(verification, error);
    int made = JB_OK;
    bool recorded = (verdict == JB_OK || verdict == JB_ERROR_VERIFY) && record_outcome(verification);
    if (account != NULL && (verdict == JB_OK || verdict == JB_ERROR_VERIFY)) {
        jb_error trouble = JB_ERROR_INIT;
        json_t *json = make_account(verification, recorded, &made, &trouble);
        if (made == JB_OK)
            made = json_text(json, account, &trouble);
        json_decref(json);
        if (made != JB_OK && verdict == JB_OK)
            error_copy(error, &trouble);
    }
    json_decref(verification->results);
    return verdict != JB_OK ? verdict : made;
}

static int check_options(const jb_verify_options *options, jb_error *error)
{
    if (options == NULL || options->size != sizeof *options)
        return error_set(error, JB_ERROR_USAGE, "jb_verify_options is missing or of another size");
    if ((unsigned)options->how > JB_VERIFY_SAMPLE)
        return error_set(error, JB_ERROR_USAGE, "unknown way %d to verify", (int)options->how);
    bool sample = options->how == JB_VERIFY_SAMPLE;
    if (sample ? options->percent < 1 || options->percent > 100 : options->percent != 0 || options->seed != 0)
        return error_set(error, JB_ERROR_USAGE, "a sample is of 1 to 100 percent, and only a sample has a share");
    if (options->decryption != NULL && options->how != JB_VERIFY_FULL)
        return error_set(error, JB_ERROR_USAGE, "keys have a meaning for a full verification only");
    int code = options->decryption == NULL ? JB_OK : age_decryption_check(options->decryption, error);
    if (code != JB_OK)
        return code;
    return options->seed <= SEED_MAX ? JB_OK : error_set(error, JB_ERROR_USAGE, "a seed is a number below 2^53");
}

int jb_backup_verify(jb_store *store, jb_operation *operation, const jb_verify_options *options, char **account,
                     jb_error *error)
{
    jb_error own = JB_ERROR_INIT;
    if (error == NULL)
        error = &own;
    struct verification verification = {.store = store, .operation = operation, .options = options};
    int code = check_options(options, error);
    if (code == JB_OK)
        code = backup_find(store, operation, &options->name, false, &verification.backup, error);
    if (code != JB_OK)
        return code;
    verification.seed = options->seed != 0 ? options->seed : random_below(SEED_MAX) + 1;
    verification.sample = (struct sample){.percent = options->percent, .state = verification.seed};
    code = verify(&verification, account, error);
    if (code == JB_OK && verification.backup.passed_over[0] != '\0') {
        code = error_set(error, JB_ERROR_VERIFY, "the seal of the newer backup '%s' is damaged",
                         verification.backup.passed_over);
        error_hint(error, "what was verified, and is good, is the older '%s'", verification.backup.id.folder);
    }
    backup_clean_up(&verification.backup);
    return code;
}
