/* Encrypted objects and backups: put, got, verified and restored, with their keys and without. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "age_fixture.h"
#include "codec/json.h"
#include "small_backup.h"
#include "stream/object.h"

#define SIZE 300000

static const char *const other_identities[] = {AGE_OTHER_IDENTITY, NULL};
static const jb_decryption other_decryption = {.size = sizeof(jb_decryption), .identities = other_identities};

static int append(void *context, const void *bytes, size_t count)
{
    return buffer_append(context, bytes, count, NULL);
}

static int get(struct workspace *w, const char *description, bool decompress, const jb_decryption *decryption,
               struct buffer *got, jb_error *error)
{
    const jb_get_options options = {.size = sizeof options,
                                    .bucket = "bucket",
                                    .key = "object",
                                    .description = description,
                                    .write = append,
                                    .write_context = got,
                                    .decompress = decompress,
                                    .decryption = decryption};
    buffer_init(got, (size_t)1 << 24);
    return jb_get(w->store, w->operation, &options, NULL, error);
}

static void assert_got(struct workspace *w, const char *description, bool decompress, const jb_decryption *decryption,
                       const unsigned char *expected, size_t count)
{
    jb_error error = JB_ERROR_INIT;
    struct buffer got;
    assert_ok(error, get(w, description, decompress, decryption, &got, &error));
    assert_int_equal(got.size, count);
    assert_memory_equal(got.data, expected, count);
    buffer_clean_up(&got);
}

static void assert_not_got(struct workspace *w, jb_code code, const char *description, bool decompress,
                           const jb_decryption *decryption)
{
    jb_error error = JB_ERROR_INIT;
    struct buffer got;
    assert_fails(code, error, get(w, description, decompress, decryption, &got, &error));
    assert_int_equal(got.size, 0);
    buffer_clean_up(&got);
}

static char *put(struct workspace *w, const unsigned char *bytes, size_t count, jb_compression compression,
                 const jb_encryption *encryption)
{
    jb_error error = JB_ERROR_INIT;
    char *description = NULL;
    write_file(workspace_file(w, "plain"), bytes, count);
    const jb_put_options options = {.size = sizeof options,
                                    .bucket = "bucket",
                                    .key = "object",
                                    .file = workspace_file(w, "plain"),
                                    .compression = compression,
                                    .replace = true,
                                    .encryption = encryption};
    assert_ok(error, jb_put(w->store, w->operation, &options, &description, &error));
    return description;
}

static void what_is_put_encrypted_is_got_with_the_key_alone(void **state)
{
    static const char *const with_age[] = {"cat", "cat", "zstd -dc", "gzip -dc"};
    static unsigned char plain[SIZE];
    struct workspace w;
    (void)state;
    workspace_open(&w);
    fill_pattern(plain, sizeof plain, 5);
    write_file(workspace_file(&w, "identity"), AGE_TEST_IDENTITY "\n", strlen(AGE_TEST_IDENTITY "\n"));
    for (int compression = JB_COMPRESSION_NONE; compression <= JB_COMPRESSION_GZIP; compression++) {
        char *description = put(&w, plain, SIZE, (jb_compression)compression, &age_test_encryption);
        assert_non_null(strstr(description, "\"encryption\":\"age\""));
        assert_non_null(strstr(description, "\"content_size\":300000"));
        assert_got(&w, description, true, &age_test_decryption, plain, SIZE);
        assert_got(&w, NULL, true, &age_test_decryption, plain, SIZE);
        assert_not_got(&w, JB_ERROR_ACCESS, description, true, NULL);
        assert_not_got(&w, JB_ERROR_ACCESS, NULL, true, NULL);
        assert_not_got(&w, JB_ERROR_ACCESS, description, true, &other_decryption);
        assert_not_got(&w, JB_ERROR_ACCESS, NULL, false, &other_decryption);
        assert_int_equal(shell("cd %s && age -d -i identity store/bucket/object | %s | cmp - plain", w.path,
                               with_age[compression + 1]),
                         0);
        jb_text_free(description);
    }
    workspace_close(&w);
}

static void without_a_key_the_stored_bytes_are_got(void **state)
{
    struct workspace w;
    size_t count;
    (void)state;
    workspace_open(&w);
    char *description = put(&w, (const unsigned char *)"some text", 9, JB_COMPRESSION_ZSTD, &age_test_encryption);
    char *stored = read_file(workspace_file(&w, "store/bucket/object"), &count);
    assert_got(&w, description, false, NULL, (unsigned char *)stored, count);
    assert_got(&w, NULL, false, NULL, (unsigned char *)stored, count);
    free(stored);
    jb_text_free(description);
    workspace_close(&w);
}

static void a_key_for_what_is_not_encrypted_is_refused(void **state)
{
    struct workspace w;
    (void)state;
    workspace_open(&w);
    char *description = put(&w, (const unsigned char *)"some text", 9, JB_COMPRESSION_NONE, NULL);
    assert_null(strstr(description, "encryption"));
    assert_not_got(&w, JB_ERROR_USAGE, description, false, &age_test_decryption);
    assert_not_got(&w, JB_ERROR_USAGE, NULL, true, &age_test_decryption);
    jb_text_free(description);
    workspace_close(&w);
}

static void a_description_of_another_encryption_is_refused(void **state)
{
    struct workspace w;
    struct object object;
    json_t *json;
    jb_error error = JB_ERROR_INIT;
    (void)state;
    workspace_open(&w);
    char *description = put(&w, (const unsigned char *)"some text", 9, JB_COMPRESSION_NONE, &age_test_encryption);
    assert_ok(error, json_parse(description, strlen(description), "it", &json, &error));
    assert_ok(error, object_from_json(json, &object, &error));
    assert_true(object.encrypted);
    object_clean_up(&object);
    json_object_set_new(json, "encryption", json_string("rot13"));
    assert_fails(JB_ERROR_FORMAT, error, object_from_json(json, &object, &error));
    json_object_set_new(json, "encryption", json_true());
    assert_fails(JB_ERROR_FORMAT, error, object_from_json(json, &object, &error));
    json_decref(json);
    jb_text_free(description);
    workspace_close(&w);
}

static void wrong_keys_are_refused_before_anything_is_stored(void **state)
{
    static const char *const recipients[] = {"age1nobody", NULL};
    const jb_encryption wrong = {.size = sizeof wrong, .recipients = recipients};
    struct workspace w;
    jb_error error = JB_ERROR_INIT;
    (void)state;
    workspace_open(&w);
    make_tree(&w);
    const char *directories[] = {workspace_file(&w, "tree"), NULL};
    const jb_put_options options = {.size = sizeof options,
                                    .bucket = "bucket",
                                    .key = "object",
                                    .tree = directories[0],
                                    .alive_key = "alive",
                                    .encryption = &wrong};
    const jb_backup_directories_options backup = {.size = sizeof backup,
                                                  .name = named("b", "2026-01-02T03:04:05", NULL),
                                                  .directories = directories,
                                                  .encryption = &wrong};
    assert_fails(JB_ERROR_USAGE, error, jb_put(w.store, w.operation, &options, NULL, &error));
    assert_fails(JB_ERROR_USAGE, error, jb_backup_directories(w.store, w.operation, &backup, NULL, &error));
    assert_int_equal(shell("cd %s/store && test -z \"$(find . -type f)\"", w.path), 0);
    workspace_close(&w);
}

static void back_up_encrypted(struct workspace *w)
{
    jb_error error = JB_ERROR_INIT;
    char *seal = NULL;
    workspace_open(w);
    make_tree(w);
    const char *directories[] = {workspace_file(w, "tree"), NULL};
    const jb_backup_directories_options options = {.size = sizeof options,
                                                   .name = named("b", "2026-01-02T03:04:05", NULL),
                                                   .directories = directories,
                                                   .encryption = &age_test_encryption};
    assert_ok(error, jb_backup_directories(w->store, w->operation, &options, &seal, &error));
    assert_non_null(strstr(seal, "\"encryption\":\"age\""));
    jb_text_free(seal);
}

static int verify(struct workspace *w, const jb_decryption *decryption, char **account, jb_error *error)
{
    const jb_verify_options options = {
        .size = sizeof options, .name = named("b", NULL, NULL), .how = JB_VERIFY_FULL, .decryption = decryption};
    return jb_backup_verify(w->store, w->operation, &options, account, error);
}

#define ARCHIVE "store/bucket/b_2026-01-02T03:04:05_manual/tree.tar.zst"

static void a_backup_is_verified_with_its_keys_and_without(void **state)
{
    struct workspace w;
    jb_error error = JB_ERROR_INIT;
    char *account = NULL;
    (void)state;
    back_up_encrypted(&w);
    assert_ok(error, verify(&w, &age_test_decryption, &account, &error));
    assert_non_null(strstr(account, "\"decrypted\":true"));
    jb_text_free(account);
    assert_ok(error, verify(&w, NULL, &account, &error));
    assert_non_null(strstr(account, "\"decrypted\":false"));
    jb_text_free(account);
    account = NULL;
    assert_fails(JB_ERROR_ACCESS, error, verify(&w, &other_decryption, &account, &error));
    assert_null(account);
    jb_verify_options quick = {.size = sizeof quick, .name = named("b", NULL, NULL), .decryption = &other_decryption};
    assert_fails(JB_ERROR_USAGE, error, jb_backup_verify(w.store, w.operation, &quick, NULL, &error));
    assert_ok(error, jb_backup_list(w.store, w.operation, "bucket", NULL, &account, &error));
    assert_non_null(strstr(account, "\"encryption\":\"age\""));
    jb_text_free(account);
    workspace_close(&w);
}

static void damage_is_found_without_the_keys(void **state)
{
    struct workspace w;
    jb_error error = JB_ERROR_INIT;
    (void)state;
    back_up_encrypted(&w);
    flip_byte(workspace_file(&w, ARCHIVE), 1000);
    assert_fails(JB_ERROR_VERIFY, error, verify(&w, NULL, NULL, &error));
    assert_fails(JB_ERROR_VERIFY, error, verify(&w, &age_test_decryption, NULL, &error));
    workspace_close(&w);
}

static jb_restore_options onto(struct workspace *w, const jb_decryption *decryption)
{
    return (jb_restore_options){.size = sizeof(jb_restore_options),
                                .name = named("b", NULL, NULL),
                                .target = workspace_file(w, "target"),
                                .journal = workspace_file(w, "journal"),
                                .decryption = decryption};
}

static void a_backup_is_restored_with_its_key(void **state)
{
    struct workspace w;
    jb_error error = JB_ERROR_INIT;
    (void)state;
    back_up_encrypted(&w);
    const jb_restore_options options = onto(&w, &age_test_decryption);
    assert_ok(error, jb_restore_check(w.store, w.operation, &options, NULL, &error));
    assert_ok(error, jb_restore(w.store, w.operation, &options, NULL, &error));
    assert_int_equal(shell("diff -r --no-dereference %s/tree %s/target", w.path, w.path), 0);
    workspace_close(&w);
}

static void assert_untouched(struct workspace *w, jb_code code, const jb_decryption *decryption)
{
    jb_error error = JB_ERROR_INIT;
    const jb_restore_options options = onto(w, decryption);
    assert_int_equal(shell("cd %s && ls -A | grep -v list > list", w->path), 0);
    assert_fails(code, error, jb_restore_check(w->store, w->operation, &options, NULL, &error));
    assert_fails(code, error, jb_restore_stage(w->store, w->operation, &options, NULL, &error));
    assert_fails(code, error, jb_restore(w->store, w->operation, &options, NULL, &error));
    assert_non_null(strstr(error.text, "tree.tar.zst"));
    assert_int_equal(shell("cd %s && ls -A | grep -v list | cmp - list", w->path), 0);
}

static void a_restore_without_the_right_key_begins_nothing(void **state)
{
    struct workspace w;
    (void)state;
    back_up_encrypted(&w);
    assert_untouched(&w, JB_ERROR_ACCESS, NULL);
    assert_untouched(&w, JB_ERROR_ACCESS, &other_decryption);
    flip_byte(workspace_file(&w, ARCHIVE), 5);
    assert_untouched(&w, JB_ERROR_VERIFY, &age_test_decryption);
    workspace_close(&w);
}

static void a_restore_with_a_key_refuses_what_is_not_encrypted(void **state)
{
    struct workspace w;
    jb_error error = JB_ERROR_INIT;
    (void)state;
    workspace_open(&w);
    make_tree(&w);
    assert_ok(error, back_up(&w, "b", "2026-01-02T03:04:05", "manual", NULL, &error));
    assert_untouched(&w, JB_ERROR_USAGE, &age_test_decryption);
    workspace_close(&w);
}

static void a_passphrase_takes_no_more_memory_than_is_allowed(void **state)
{
    const jb_encryption with = {.size = sizeof with, .passphrase = "correct horse"};
    const jb_decryption by = {.size = sizeof by, .passphrase = "correct horse"};
    struct workspace w;
    size_t count;
    (void)state;
    workspace_open(&w);
    char *description = put(&w, (const unsigned char *)"some text", 9, JB_COMPRESSION_NONE, &with);
    char *stored = read_file(workspace_file(&w, "store/bucket/object"), &count);
    assert_non_null(strstr(stored, " 16\n")); /* 64 MiB of 96 */
    assert_got(&w, description, false, &by, (const unsigned char *)"some text", 9);
    free(stored);
    jb_text_free(description);
    workspace_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_put_encrypted_is_got_with_the_key_alone),
        cmocka_unit_test(without_a_key_the_stored_bytes_are_got),
        cmocka_unit_test(a_key_for_what_is_not_encrypted_is_refused),
        cmocka_unit_test(a_description_of_another_encryption_is_refused),
        cmocka_unit_test(wrong_keys_are_refused_before_anything_is_stored),
        cmocka_unit_test(a_backup_is_verified_with_its_keys_and_without),
        cmocka_unit_test(damage_is_found_without_the_keys),
        cmocka_unit_test(a_backup_is_restored_with_its_key),
        cmocka_unit_test(a_restore_without_the_right_key_begins_nothing),
        cmocka_unit_test(a_restore_with_a_key_refuses_what_is_not_encrypted),
        cmocka_unit_test(a_passphrase_takes_no_more_memory_than_is_allowed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
