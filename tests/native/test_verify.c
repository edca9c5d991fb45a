/* What the ways to verify a backup read, and what is kept of the outcome. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

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
    assert_ok(error, jb_backup_begin(w->store, w->operation, &name, NULL, &claim, &error));
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sample_reads_the_share_that_its_seed_chooses),
        cmocka_unit_test(a_sample_reads_large_parts_in_pieces),
        cmocka_unit_test(a_sample_of_nothing_or_of_an_old_backup_is_refused),
    };
    return cmocka_run_group_tests_name("verify", tests, NULL, NULL);
}
