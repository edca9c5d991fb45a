/* What the ways to verify a backup read, and what is kept of the outcome. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "backup/folder.h"
#include "codec/json.h"
#include "small_backup.h"
#include "workspace.h"

#define FOLDER "b_2026-11-22T23:48:00_manual"
#define BYTES  ((size_t)26 << 20)

/* A backup of one object of several parts. */
static void back_up_parts(struct workspace *w)
{
    jb_error error = JB_ERROR_INIT;
    unsigned char *bytes = malloc(BYTES);
    assert_non_null(bytes);
    fill_pattern(bytes, BYTES, 7);
    write_file(workspace_file(w, "bytes"), bytes, BYTES);
    free(bytes);
    jb_backup_name name = named("b", "2026-11-22T23:48:00", "manual");
    char *claim, *object, objects[4096];
    assert_ok(error, jb_backup_begin(w->store, w->operation, &name, NULL, false, &claim, &error));
    jb_put_options put = {
        .size = sizeof put, .bucket = "bucket", .key = FOLDER "/bytes", .file = workspace_file(w, "bytes")};
    assert_ok(error, jb_put(w->store, w->operation, &put, &object, &error));
    assert_true((size_t)snprintf(objects, sizeof objects, "[%s]", object) < sizeof objects);
    assert_ok(error, jb_backup_complete(w->store, w->operation, "bucket", claim, objects, NULL, &error));
    jb_text_free(object);
    jb_text_free(claim);
}

/* Returns what it answers; `*read` gets how many parts of the object were read, of how many. */
static int sample(struct workspace *w, uint32_t percent, uint64_t seed, json_int_t *read, json_int_t *parts)
{
    jb_error error = JB_ERROR_INIT;
    const jb_verify_options options = {.size = sizeof options,
                                       .name = named("b", NULL, NULL),
                                       .how = JB_VERIFY_SAMPLE,
                                       .percent = percent,
                                       .seed = seed};
    char *text;
    int code = jb_backup_verify(w->store, w->operation, &options, &text, &error);
    json_t *account = json_loads(text, 0, NULL);
    json_t *object = json_array_get(json_object_get(account, "objects"), 0);
    assert_string_equal(json_string_value(json_object_get(account, "how")), "sample");
    assert_int_equal(json_integer_value(json_object_get(account, "seed")), seed);
    *read = json_integer_value(json_object_get(object, "parts_read"));
    *parts = json_integer_value(json_object_get(object, "parts"));
    json_decref(account);
    jb_text_free(text);
    return code;
}

static void a_sample_reads_the_share_that_its_seed_chooses(void **state)
{
    (void)state;
    struct workspace w;
    workspace_open(&w);
    back_up_parts(&w);
    json_int_t read, parts;
    assert_int_equal(sample(&w, 1, 5, &read, &parts), JB_OK);
    assert_true(parts >= 3);
    assert_int_equal(read, 1);
    assert_int_equal(sample(&w, 100, 5, &read, &parts), JB_OK);
    assert_int_equal(read, parts);
    flip_byte(workspace_file(&w, "store/bucket/" FOLDER "/bytes"), (long)BYTES - 1);
    assert_int_equal(sample(&w, 100, 5, &read, &parts), JB_ERROR_VERIFY);
    unsigned found = 0;
    enum { SEEDS = 30 };
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        int code = sample(&w, 1, seed, &read, &parts);
        assert_int_equal(sample(&w, 1, seed, &read, &parts), code); /* the same parts again */
        found += code == JB_ERROR_VERIFY;
    }
    assert_in_range(found, 1, SEEDS - 1);
    workspace_close(&w);
}

/* A part that is larger than what memory allows at a time is hashed in pieces. */
static void a_sample_reads_large_parts_in_pieces(void **state)
{
    (void)state;
    struct workspace w;
    workspace_open(&w);
    back_up_parts(&w);
    jb_operation_free(w.operation);
    const jb_operation_options options = {.size = sizeof options, .memory_limit_bytes = (uint64_t)32 << 20};
    jb_error error = JB_ERROR_INIT;
    assert_ok(error, jb_operation_new(&options, &w.operation, &error));
    json_int_t read, parts;
    assert_int_equal(sample(&w, 100, 1, &read, &parts), JB_OK);
    assert_int_equal(read, parts);
    flip_byte(workspace_file(&w, "store/bucket/" FOLDER "/bytes"), 5 << 20);
    assert_int_equal(sample(&w, 100, 1, &read, &parts), JB_ERROR_VERIFY);
    workspace_close(&w);
}

static void a_sample_of_nothing_or_of_an_old_backup_is_refused(void **state)
{
    (void)state;
    struct workspace w;
    workspace_open(&w);
    jb_error error = JB_ERROR_INIT;
    assert_int_equal(shell("cd '%s' && mkdir old_2020-01-01T00:00:00_manual && cd old_* && touch "
                           "digital-factory-data.tar.gz database.tar",
                           workspace_file(&w, "store/bucket")),
                     0);
    jb_verify_options options = {
        .size = sizeof options, .name = named("old", NULL, NULL), .how = JB_VERIFY_SAMPLE, .percent = 0};
    assert_fails(JB_ERROR_USAGE, error, jb_backup_verify(w.store, w.operation, &options, NULL, &error));
    options.percent = 101;
    assert_fails(JB_ERROR_USAGE, error, jb_backup_verify(w.store, w.operation, &options, NULL, &error));
    options.percent = 10;
    assert_fails(JB_ERROR_UNSUPPORTED, error, jb_backup_verify(w.store, w.operation, &options, NULL, &error));
    workspace_close(&w);
}

/* The one listed backup; a new reference. */
static json_t *listed(struct workspace *w)
{
    jb_error error = JB_ERROR_INIT;
    char *text;
    assert_ok(error, jb_backup_list(w->store, w->operation, "bucket", NULL, &text, &error));
    json_t *account = json_loads(text, 0, NULL);
    json_t *entry = json_incref(json_array_get(json_object_get(account, "backups"), 0));
    assert_int_equal(json_array_size(json_object_get(account, "backups")), 1);
    json_decref(account);
    jb_text_free(text);
    return entry;
}

static void assert_verified(struct workspace *w, const char *how, const char *outcome)
{
    json_t *entry = listed(w);
    const json_t *verification = json_object_get(entry, "verification");
    assert_non_null(verification);
    assert_non_null(json_member_text(verification, "when"));
    assert_string_equal(json_member_text(verification, "how"), how);
    assert_string_equal(json_member_text(verification, "outcome"), outcome);
    json_decref(entry);
}

static void the_last_outcome_is_listed_and_counts_for_nothing_else(void **state)
{
    (void)state;
    struct workspace w;
    workspace_open(&w);
    make_tree(&w);
    jb_error error = JB_ERROR_INIT;
    jb_backup_name name = named("b", "2026-11-22T23:48:00", "manual");
    assert_ok(error, back_up(&w, "b", "2026-11-22T23:48:00", "manual", NULL, &error));
    json_t *before = listed(&w);
    assert_null(json_object_get(before, "verification"));
    assert_ok(error, verify_backup(w.store, w.operation, name, true, NULL, &error));
    assert_verified(&w, "full", "good");
    flip_byte(workspace_file(&w, "store/bucket/" FOLDER "/tree.tar.zst"), 100);
    assert_fails(JB_ERROR_VERIFY, error, verify_backup(w.store, w.operation, name, true, NULL, &error));
    assert_verified(&w, "full", "damaged");
    json_t *after = listed(&w);
    assert_int_equal(json_object_del(after, "verification"), 0);
    assert_true(json_equal(before, after));
    json_decref(before);
    json_decref(after);
    assert_ok(error, jb_backup_remove(w.store, w.operation, &name, NULL, &error));
    assert_false(exists(&w, FOLDER));
    workspace_close(&w);
}

/* Puts a record of the backup's own in place. */
static void put_record(struct workspace *w, const char *members)
{
    struct backup_id id;
    struct seal seal;
    jb_error error = JB_ERROR_INIT;
    assert_ok(error, backup_id_set(&id, "b", "2026-11-22T23:48:00", "manual", &error));
    assert_ok(error, seal_read(w->store, NULL, "bucket", &id, &seal, &error));
    char record[1000];
    snprintf(record, sizeof record, "{\"verified\": \"2026-11-20T00:00:00Z\", %s}", members);
    assert_ok(error, verified_write(w->store, NULL, "bucket", &id, json_member_text(seal.document, "owner"),
                                    json_loads(record, 0, NULL), &error));
    seal_clean_up(&seal);
}

static void a_weaker_verification_leaves_a_record_of_damage(void **state)
{
    (void)state;
    struct workspace w;
    workspace_open(&w);
    make_tree(&w);
    jb_error error = JB_ERROR_INIT;
    jb_backup_name name = named("b", "2026-11-22T23:48:00", "manual");
    assert_ok(error, back_up(&w, "b", "2026-11-22T23:48:00", "manual", NULL, &error));
    json_int_t read, parts;

    put_record(&w, "\"how\": \"full\", \"outcome\": \"damaged\", \"damaged\": [\"x\"]");
    char *account;
    assert_ok(error, verify_backup(w.store, w.operation, name, false, &account, &error));
    assert_non_null(strstr(account, "\"recorded\":false"));
    jb_text_free(account);
    assert_int_equal(sample(&w, 100, 5, &read, &parts), JB_OK);
    assert_verified(&w, "full", "damaged");
    assert_ok(error, verify_backup(w.store, w.operation, name, true, NULL, &error));
    assert_verified(&w, "full", "good");

    put_record(&w, "\"how\": \"sample\", \"percent\": 5, \"seed\": 4, \"outcome\": \"damaged\", \"damaged\": []");
    assert_int_equal(sample(&w, 5, 5, &read, &parts), JB_OK);
    assert_verified(&w, "sample", "damaged");
    assert_int_equal(sample(&w, 5, 4, &read, &parts), JB_OK);
    assert_verified(&w, "sample", "good");

    put_record(&w, "\"how\": \"quick\", \"outcome\": \"damaged\", \"damaged\": []");
    assert_ok(error, verify_backup(w.store, w.operation, name, false, NULL, &error));
    assert_verified(&w, "quick", "good");

    /* What a weaker one finds is added. */
    put_record(&w, "\"how\": \"full\", \"outcome\": \"damaged\", \"damaged\": [\"x\"]");
    assert_int_equal(shell("rm '%s'", workspace_file(&w, "store/bucket/" FOLDER "/tree.tar.zst")), 0);
    assert_fails(JB_ERROR_VERIFY, error, verify_backup(w.store, w.operation, name, false, NULL, &error));
    assert_verified(&w, "full", "damaged");
    json_t *entry = listed(&w);
    const json_t *damaged = json_object_get(json_object_get(entry, "verification"), "damaged");
    assert_int_equal(json_array_size(damaged), 2);
    assert_string_equal(json_string_value(json_array_get(damaged, 1)), "tree.tar.zst");
    json_decref(entry);
    workspace_close(&w);
}

static void the_last_good_full_verification_is_told_beside_later_ones(void **state)
{
    (void)state;
    struct workspace w;
    workspace_open(&w);
    make_tree(&w);
    jb_error error = JB_ERROR_INIT;
    jb_backup_name name = named("b", "2026-11-22T23:48:00", "manual");
    assert_ok(error, back_up(&w, "b", "2026-11-22T23:48:00", "manual", NULL, &error));
    put_record(&w, "\"how\": \"full\", \"outcome\": \"good\", \"damaged\": []");
    for (int i = 0; i < 2; i++) {
        assert_ok(error, verify_backup(w.store, w.operation, name, false, NULL, &error));
        assert_verified(&w, "quick", "good");
        json_t *entry = listed(&w);
        assert_string_equal(json_member_text(json_object_get(entry, "verification"), "last_full"),
                            "2026-11-20T00:00:00Z");
        json_decref(entry);
    }
    assert_ok(error, verify_backup(w.store, w.operation, name, true, NULL, &error));
    json_t *entry = listed(&w);
    assert_null(json_object_get(json_object_get(entry, "verification"), "last_full"));
    json_decref(entry);
    workspace_close(&w);
}

static void a_rotation_does_not_count_what_was_found_damaged(void **state)
{
    (void)state;
    struct workspace w;
    workspace_open(&w);
    make_tree(&w);
    jb_error error = JB_ERROR_INIT;
    assert_ok(error, back_up(&w, "b", "2026-11-20T23:48:00", "manual", NULL, &error));
    assert_ok(error, back_up(&w, "b", "2026-11-21T23:48:00", "manual", NULL, &error));
    assert_ok(error, back_up(&w, "b", "2026-11-22T23:48:00", "manual", NULL, &error));
    put_record(&w, "\"how\": \"quick\", \"outcome\": \"damaged\", \"damaged\": []");
    const jb_rotate_options options = {.size = sizeof options,
                                       .bucket = "bucket",
                                       .name = "b",
                                       .mode = "manual",
                                       .keep = 1,
                                       .keep_daily = 1,
                                       .keep_yearly = 1};
    char *account;
    assert_ok(error, jb_rotate(w.store, w.operation, &options, &account, &error));
    assert_non_null(strstr(account, "the last verification found it damaged"));
    jb_text_free(account);
    assert_true(exists(&w, FOLDER "/backup.json"));
    assert_true(exists(&w, "b_2026-11-21T23:48:00_manual/backup.json"));
    assert_false(exists(&w, "b_2026-11-20T23:48:00_manual"));
    workspace_close(&w);
}

static void a_record_of_another_backup_or_none_that_can_be_read_is_none(void **state)
{
    (void)state;
    struct workspace w;
    workspace_open(&w);
    make_tree(&w);
    jb_error error = JB_ERROR_INIT;
    assert_ok(error, back_up(&w, "b", "2026-11-22T23:48:00", "manual", NULL, &error));
    static const char *const records[] = {
        "", "{", "[]", "{\"format\": \"jpsbackup-verified-1\"}",
        ("{\"format\": \"jpsbackup-verified-1\", \"owner\": \"somebody\", \"verified\": \"2026-11-23T00:00:00Z\", "
         "\"how\": \"full\", \"outcome\": \"good\"}")};
    for (size_t i = 0; i < sizeof records / sizeof *records; i++) {
        write_file(workspace_file(&w, "store/bucket/" FOLDER "/verified.json"), records[i], strlen(records[i]));
        json_t *entry = listed(&w);
        assert_null(json_object_get(entry, "verification"));
        json_decref(entry);
    }
    /* Nor is it a backup of its own, where its seal is gone. */
    assert_int_equal(shell("cd '%s' && rm backup.json tree.tar.zst tree.tar.zst.index.zst",
                           workspace_file(&w, "store/bucket/" FOLDER)),
                     0);
    char *text;
    assert_ok(error, jb_backup_list(w.store, w.operation, "bucket", NULL, &text, &error));
    assert_string_equal(text, "{\"backups\":[]}");
    jb_text_free(text);
    assert_ok(error, back_up(&w, "b", "2026-11-22T23:48:00", "manual", NULL, &error));
    workspace_close(&w);
}

static void a_backup_that_is_being_removed_gets_no_record(void **state)
{
    (void)state;
    struct workspace w;
    workspace_open(&w);
    make_tree(&w);
    jb_error error = JB_ERROR_INIT;
    assert_ok(error, back_up(&w, "b", "2026-11-22T23:48:00", "manual", NULL, &error));
    struct backup_id id;
    struct seal seal;
    assert_ok(error, backup_id_set(&id, "b", "2026-11-22T23:48:00", "manual", &error));
    assert_ok(error, seal_read(w.store, NULL, "bucket", &id, &seal, &error));
    const char *owner = json_member_text(seal.document, "owner");
    assert_fails(JB_ERROR_CONFLICT, error,
                 verified_write(w.store, NULL, "bucket", &id, "another owner", json_object(), &error));
    int code = JB_OK;
    json_put_text(seal.document, "state", "deleting", &code, &error);
    assert_ok(error, seal_write(w.store, NULL, "bucket", &id, &seal, false, &error));
    assert_fails(JB_ERROR_CONFLICT, error, verified_write(w.store, NULL, "bucket", &id, owner, json_object(), &error));
    assert_false(exists(&w, FOLDER "/verified.json"));
    seal_clean_up(&seal);
    workspace_close(&w);
}

/* They would be taken for the folder's own, and removed with these. */
static void objects_cannot_have_the_names_that_a_folder_keeps(void **state)
{
    (void)state;
    static const char *const kept[] = {"backup.json", "verified.json", "alive.engine"};
    struct workspace w;
    workspace_open(&w);
    jb_error error = JB_ERROR_INIT;
    jb_backup_name name = named("b", "2026-11-22T23:48:00", "manual");
    char *claim;
    assert_ok(error, jb_backup_begin(w.store, w.operation, &name, NULL, false, &claim, &error));
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
        char objects[600];
        snprintf(objects, sizeof objects,
                 "[{\"name\":\"%s\",\"kind\":\"stream\",\"compression\":\"none\",\"size\":0,\"content_size\":0,"
                 "\"digest\":\"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\",\"segments\":[{"
                 "\"name\":\"%s\",\"size\":0,\"parts\":[]}]}]",
                 kept[i], kept[i]);
        assert_fails(JB_ERROR_USAGE, error,
                     jb_backup_complete(w.store, w.operation, "bucket", claim, objects, NULL, &error));
    }
    jb_text_free(claim);
    workspace_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_outcome_is_listed_and_counts_for_nothing_else),
        cmocka_unit_test(a_weaker_verification_leaves_a_record_of_damage),
        cmocka_unit_test(the_last_good_full_verification_is_told_beside_later_ones),
        cmocka_unit_test(a_rotation_does_not_count_what_was_found_damaged),
        cmocka_unit_test(a_record_of_another_backup_or_none_that_can_be_read_is_none),
        cmocka_unit_test(a_backup_that_is_being_removed_gets_no_record),
        cmocka_unit_test(objects_cannot_have_the_names_that_a_folder_keeps),
        cmocka_unit_test(a_sample_reads_the_share_that_its_seed_chooses),
        cmocka_unit_test(a_sample_reads_large_parts_in_pieces),
        cmocka_unit_test(a_sample_of_nothing_or_of_an_old_backup_is_refused),
    };
    return cmocka_run_group_tests_name("verify", tests, NULL, NULL);
}
