/* Backups in buckets that keep versions and protect them, and the removal of all that a folder holds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "small_backup.h"
#include "store/store.h"

/* A file store that claims to keep versions: "1" of each object below the prefix is old, "2" is what is there. */
static struct {
    const struct store_driver *honest;
    const char *held;   /* a part of the key that is under a legal hold */
    int64_t until;      /* of all others */
    char removed[4096]; /* "last-name@version|" in the order of removal */
    char protected[4096];
} versioned;

static int claim_features(jb_store *store, jb_operation *operation, const char *bucket,
                          struct store_bucket_features *features, jb_error *error)
{
    (void)store, (void)operation, (void)bucket, (void)error;
    *features = (struct store_bucket_features){true, true};
    return JB_OK;
}

static void note(char text[4096], const struct store_key *key)
{
    const char *slash = strrchr(key->key, '/');
    size_t used = strlen(text);
    snprintf(text + used, 4096 - used, "%s@%s|", slash == NULL ? key->key : slash + 1,
             key->version == NULL ? "" : key->version);
}

struct doubled {
    jb_object_fn each;
    void *context;
};

static int double_versions(void *context, const jb_object_info *info)
{
    const struct doubled *doubled = context;
    jb_object_info version = *info;
    version.is_latest = true;
    strcpy(version.version, "2");
    if (doubled->each(doubled->context, &version) != 0)
        return 1;
    version.is_latest = false;
    strcpy(version.version, "1");
    char gone[4096] = "";
    note(gone, &(struct store_key){.key = version.key, .version = "1"});
    return strstr(versioned.removed, gone) != NULL ? 0 : doubled->each(doubled->context, &version);
}

static int list_versions(jb_store *store, jb_operation *operation, const char *bucket, const jb_list_options *options,
                         jb_object_fn each, void *context, jb_error *error)
{
    struct doubled doubled = {each, context};
    if (!options->versions)
        return versioned.honest->list(store, operation, bucket, options, each, context, error);
    return versioned.honest->list(store, operation, bucket, options, double_versions, &doubled, error);
}

static int remove_versions(jb_store *store, jb_operation *operation, const char *bucket, const struct store_key *keys,
                           size_t count, jb_error *error)
{
    for (size_t i = 0; i < count; i++) {
        note(versioned.removed, &keys[i]);
        bool latest = keys[i].version == NULL || strcmp(keys[i].version, "2") == 0;
        int code = latest ? versioned.honest->remove(store, operation, bucket, &keys[i], 1, error) : JB_OK;
        if (code != JB_OK)
            return code;
    }
    return JB_OK;
}

static int tell_protection(jb_store *store, jb_operation *operation, const char *bucket, const struct store_key *key,
                           jb_protection *protection, jb_error *error)
{
    (void)store, (void)operation, (void)bucket, (void)error;
    protection->retention = versioned.until > 0 ? JB_RETENTION_GOVERNANCE : JB_RETENTION_NONE;
    protection->until = versioned.until;
    protection->legal_hold = versioned.held != NULL && strstr(key->key, versioned.held) != NULL;
    return JB_OK;
}

static int note_protection(jb_store *store, jb_operation *operation, const char *bucket, const struct store_key *key,
                           const jb_protection *protection, jb_error *error)
{
    (void)store, (void)operation, (void)bucket, (void)error;
    assert_int_equal(protection->retention, JB_RETENTION_COMPLIANCE);
    note(versioned.protected, key);
    return JB_OK;
}

static int write_version(jb_store *store, jb_operation *operation, const char *bucket, const char *key,
                         const void *bytes, size_t count, const unsigned char *sha256, struct store_condition condition,
                         jb_object_info *info, jb_error *error)
{
    int code = versioned.honest->write(store, operation, bucket, key, bytes, count, sha256, condition, info, error);
    strcpy(info->version, "2");
    return code;
}

static int read_version(jb_store *store, jb_operation *operation, const char *bucket, const char *key,
                        const char *version, struct buffer *body, jb_object_info *info, jb_error *error)
{
    int code = versioned.honest->read(store, operation, bucket, key, version, body, info, error);
    strcpy(info->version, "2");
    return code;
}

static struct store_driver versioned_driver(const jb_store *store)
{
    memset(&versioned, 0, sizeof versioned);
    versioned.honest = store->driver;
    struct store_driver driver = *store->driver;
    driver.bucket_features = claim_features;
    driver.list = list_versions;
    driver.remove = remove_versions;
    driver.protection = tell_protection;
    driver.protect = note_protection;
    driver.write = write_version;
    driver.read = read_version;
    return driver;
}

static void all_versions_go_and_the_newest_seal_last(void **state)
{
    (void)state;
    struct workspace w;
    workspace_open(&w);
    make_tree(&w);
    struct store_driver driver = versioned_driver(w.store);
    w.store->driver = &driver;
    jb_error error = JB_ERROR_INIT;
    char *seal = NULL;
    jb_backup_name name = named("a", "2026-11-01T00:00:00", "auto");
    assert_ok(error, back_up(&w, "a", "2026-11-01T00:00:00", "auto", NULL, &error));
    assert_ok(error, jb_backup_show(w.store, w.operation, &name, false, &seal, &error));
    assert_non_null(strstr(seal, "\"version\":\"2\"")); /* that of the object */
    jb_text_free(seal);
    versioned.removed[0] = '\0';
    assert_ok(error, jb_backup_remove(w.store, w.operation, &name, NULL, &error));
    assert_string_equal(versioned.removed,
                        "tree.tar.zst@2|tree.tar.zst@1|tree.tar.zst.index.zst@2|tree.tar.zst.index.zst@1|backup.json@1|"
                        "backup.json@2|");
    w.store->driver = versioned.honest;
    workspace_close(&w);
}

static void more_objects_than_a_batch_go(void **state)
{
    (void)state;
    struct workspace w;
    workspace_open(&w);
    make_tree(&w);
    jb_error error = JB_ERROR_INIT;
    assert_ok(error, back_up(&w, "a", "2026-11-01T00:00:00", "auto", NULL, &error));
    assert_int_equal(shell("cd '%s/store/bucket/a_2026-11-01T00:00:00_auto' && seq 1 2100 | xargs touch", w.path), 0);
    jb_backup_name name = named("a", "2026-11-01T00:00:00", "auto");
    assert_ok(error, jb_backup_remove(w.store, w.operation, &name, NULL, &error));
    assert_false(exists(&w, "a_2026-11-01T00:00:00_auto"));
    workspace_close(&w);
}

static void what_the_store_protects_is_left_and_said(void **state)
{
    (void)state;
    struct workspace w;
    workspace_open(&w);
    make_tree(&w);
    struct store_driver driver = versioned_driver(w.store);
    w.store->driver = &driver;
    jb_error error = JB_ERROR_INIT;
    assert_ok(error, back_up(&w, "a", "2026-11-01T00:00:00", "auto", NULL, &error));
    assert_ok(error, back_up(&w, "a", "2026-11-02T00:00:00", "auto", NULL, &error));
    jb_backup_name name = named("a", "2026-11-01T00:00:00", "auto");
    jb_rotate_options options = {.size = sizeof options, .bucket = "bucket", .name = "a", .keep = 1};
    versioned.until = INT64_C(4102444800); /* 2100 */
    assert_fails(JB_ERROR_CONFLICT, error, jb_backup_remove(w.store, w.operation, &name, NULL, &error));
    assert_non_null(strstr(error.text, "protected until 2100-01-01T00:00:00Z"));
    versioned.until = 0;
    versioned.held = "2026-11-01T00:00:00_auto/backup.json";
    char *account;
    assert_ok(error, jb_rotate(w.store, w.operation, &options, &account, &error));
    assert_non_null(strstr(account, "under a legal hold"));
    assert_non_null(strstr(account, "\"removed\":[]"));
    jb_text_free(account);
    /* Not even its state was changed. */
    assert_ok(error, jb_backup_show(w.store, w.operation, &name, false, &account, &error));
    jb_text_free(account);
    versioned.until = 1; /* long ago */
    versioned.held = NULL;
    assert_ok(error, jb_rotate(w.store, w.operation, &options, NULL, &error));
    assert_fails(JB_ERROR_NOT_FOUND, error, jb_backup_show(w.store, w.operation, &name, false, NULL, &error));
    w.store->driver = versioned.honest;
    workspace_close(&w);
}

static void a_finished_backup_is_protected_version_by_version(void **state)
{
    (void)state;
    struct workspace w;
    workspace_open(&w);
    make_tree(&w);
    jb_error error = JB_ERROR_INIT;
    assert_ok(error, back_up(&w, "plain", "2026-11-01T00:00:00", "auto", NULL, &error));
    jb_protection protection = {
        .size = sizeof protection, .retention = JB_RETENTION_COMPLIANCE, .until = INT64_C(4102444800)};
    jb_backup_name name = named("plain", "2026-11-01T00:00:00", "auto");
    assert_fails(JB_ERROR_UNSUPPORTED, error,
                 jb_backup_protect(w.store, w.operation, &name, &protection, NULL, &error));
    struct store_driver driver = versioned_driver(w.store);
    w.store->driver = &driver;
    assert_ok(error, back_up(&w, "a", "2026-11-01T00:00:00", "auto", NULL, &error));
    name = named("a", "2026-11-01T00:00:00", "auto");
    char *account;
    assert_ok(error, jb_backup_protect(w.store, w.operation, &name, &protection, &account, &error));
    assert_string_equal(versioned.protected, "tree.tar.zst@2|tree.tar.zst.index.zst@2|backup.json@2|");
    assert_non_null(strstr(account, "2100-01-01T00:00:00Z"));
    jb_text_free(account);
    protection.until = 1;
    assert_fails(JB_ERROR_USAGE, error, jb_backup_protect(w.store, w.operation, &name, &protection, NULL, &error));
    w.store->driver = versioned.honest;
    workspace_close(&w);
}

static const struct store_driver *honest;
static unsigned pretended;

static int pretend_to_remove(jb_store *store, jb_operation *operation, const char *bucket, const struct store_key *keys,
                             size_t count, jb_error *error)
{
    (void)store, (void)operation, (void)bucket, (void)keys, (void)count;
    return ++pretended < 10 ? JB_OK : error_set(error, JB_ERROR_FAILED, "asked for ever");
}

static void a_store_that_removes_nothing_is_not_asked_for_ever(void **state)
{
    (void)state;
    struct workspace w;
    workspace_open(&w);
    make_tree(&w);
    jb_error error = JB_ERROR_INIT;
    assert_ok(error, back_up(&w, "a", "2026-11-01T00:00:00", "auto", NULL, &error));
    assert_int_equal(shell("cd '%s/store/bucket/a_2026-11-01T00:00:00_auto' && seq 1 1000 | xargs touch", w.path), 0);
    honest = w.store->driver;
    struct store_driver other = *honest;
    other.remove = pretend_to_remove;
    w.store->driver = &other;
    jb_backup_name name = named("a", "2026-11-01T00:00:00", "auto");
    assert_fails(JB_ERROR_VERIFY, error, jb_backup_remove(w.store, w.operation, &name, NULL, &error));
    w.store->driver = honest;
    assert_true(exists(&w, "a_2026-11-01T00:00:00_auto/backup.json"));
    workspace_close(&w);
}

/* Another rotation is a moment faster with the seal. */
static int write_what_another_did(jb_store *store, jb_operation *operation, const char *bucket, const char *key,
                                  const void *bytes, size_t count, const unsigned char *sha256,
                                  struct store_condition condition, jb_object_info *info, jb_error *error)
{
    int code = honest->write(store, operation, bucket, key, bytes, count, sha256, condition, info, error);
    return code == JB_OK ? error_set(error, JB_ERROR_CONFLICT, "it was changed") : code;
}

static void two_rotations_at_once_do_not_fail_one_another(void **state)
{
    (void)state;
    struct workspace w;
    workspace_open(&w);
    make_tree(&w);
    jb_error error = JB_ERROR_INIT;
    assert_ok(error, back_up(&w, "prod", "2026-11-01T00:00:00", "auto", NULL, &error));
    assert_ok(error, back_up(&w, "prod", "2026-11-02T00:00:00", "auto", NULL, &error));
    honest = w.store->driver;
    struct store_driver other = *honest;
    other.write = write_what_another_did;
    w.store->driver = &other;
    jb_rotate_options options = {.size = sizeof options, .bucket = "bucket", .name = "prod", .keep = 1};
    assert_ok(error, jb_rotate(w.store, w.operation, &options, NULL, &error));
    w.store->driver = honest;
    assert_false(exists(&w, "prod_2026-11-01T00:00:00_auto"));
    assert_true(exists(&w, "prod_2026-11-02T00:00:00_auto/backup.json"));
    workspace_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_versions_go_and_the_newest_seal_last),
        cmocka_unit_test(more_objects_than_a_batch_go),
        cmocka_unit_test(what_the_store_protects_is_left_and_said),
        cmocka_unit_test(a_finished_backup_is_protected_version_by_version),
        cmocka_unit_test(a_store_that_removes_nothing_is_not_asked_for_ever),
        cmocka_unit_test(two_rotations_at_once_do_not_fail_one_another),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
