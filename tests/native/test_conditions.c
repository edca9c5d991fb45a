/* Stores with, without and with half of conditional writes: what the probe finds, what is refused, what a single writer
 * may do. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "store/conditions.h"
#include "workspace.h"

static const struct store_driver *honest;
static atomic_uint writes;

/* The file store with another way to write, and no promise about conditions. */
static struct store_driver open_other(struct workspace *w,
                                      int (*write)(jb_store *, jb_operation *, const char *, const char *, const void *,
                                                   size_t, const unsigned char *, struct store_condition,
                                                   jb_object_info *, jb_error *))
{
    workspace_open(w);
    honest = w->store->driver;
    struct store_driver other = *honest;
    other.write = write;
    w->store->has_conditions = false;
    writes = 0;
    return other;
}

#define WRITE_ARGUMENTS                                                                                                \
    jb_store *store, jb_operation *operation, const char *bucket, const char *key, const void *bytes, size_t count,    \
        const unsigned char *sha256, struct store_condition condition, jb_object_info *info, jb_error *error

static int write_honestly(WRITE_ARGUMENTS)
{
    writes++;
    return honest->write(store, operation, bucket, key, bytes, count, sha256, condition, info, error);
}

static int write_whatever_is_asked(WRITE_ARGUMENTS)
{
    writes++;
    condition.when = STORE_ALWAYS;
    return honest->write(store, operation, bucket, key, bytes, count, sha256, condition, info, error);
}

static int write_ignoring_tags(WRITE_ARGUMENTS)
{
    if (condition.when == STORE_IF_UNCHANGED)
        condition.when = STORE_ALWAYS;
    return honest->write(store, operation, bucket, key, bytes, count, sha256, condition, info, error);
}

/* Looks, waits until the rival has looked too, then writes. */
static int write_after_looking(WRITE_ARGUMENTS)
{
    static atomic_uint looked;
    if (condition.when != STORE_IF_ABSENT)
        return honest->write(store, operation, bucket, key, bytes, count, sha256, condition, info, error);
    jb_object_info there = {.size = sizeof there};
    if (honest->stat(store, operation, bucket, key, NULL, &there, error) == JB_OK)
        return error_set(error, JB_ERROR_CONFLICT, "it exists");
    unsigned own = ++looked;
    for (int i = 0; i < 2000 && looked < (own + 1) / 2 * 2; i++)
        usleep(1000);
    condition.when = STORE_ALWAYS;
    return honest->write(store, operation, bucket, key, bytes, count, sha256, condition, info, error);
}

static int refuse_conditions(WRITE_ARGUMENTS)
{
    if (condition.when != STORE_ALWAYS)
        return error_set(error, JB_ERROR_UNSUPPORTED, "NotImplemented: A header you provided implies functionality");
    return honest->write(store, operation, bucket, key, bytes, count, sha256, condition, info, error);
}

static int refuse_access(WRITE_ARGUMENTS)
{
    (void)store, (void)operation, (void)bucket, (void)key, (void)bytes, (void)count, (void)sha256, (void)condition,
        (void)info;
    writes++;
    return error_set(error, JB_ERROR_ACCESS, "AccessDenied");
}

/* As where the store took the object, and does not confirm its encryption. */
static int miss_encryption(WRITE_ARGUMENTS)
{
    int code = honest->write(store, operation, bucket, key, bytes, count, sha256, condition, info, error);
    if (code != JB_OK)
        return code;
    error_set(error, JB_ERROR_UNSUPPORTED, "the store does not confirm the encryption");
    error->store_status = 200;
    jb_error problem = JB_ERROR_INIT;
    const struct store_key written = {.key = key};
    assert_ok(problem, honest->remove(store, operation, bucket, &written, 1, &problem));
    return JB_ERROR_UNSUPPORTED;
}

/* Of the two that race, one is not heard of, before or after its write. */
static int lose_one(WRITE_ARGUMENTS)
{
    writes++;
    return count == 3 ? error_set(error, JB_ERROR_UNREACHABLE, "no answer")
                      : honest->write(store, operation, bucket, key, bytes, count, sha256, condition, info, error);
}

static int lose_all_answers(WRITE_ARGUMENTS)
{
    honest->write(store, operation, bucket, key, bytes, count, sha256, condition, info, error);
    return error_set(error, JB_ERROR_UNREACHABLE, "no answer");
}

static int write_and_cancel(WRITE_ARGUMENTS)
{
    jb_operation_cancel(operation);
    return honest->write(store, NULL, bucket, key, bytes, count, sha256, condition, info, error);
}

/* Where the server has gone silent, only a cancellation ends a removal. */
static int remove_what_can_be_cancelled(jb_store *store, jb_operation *operation, const char *bucket,
                                        const struct store_key *keys, size_t count, jb_error *error)
{
    assert_non_null(operation);
    return honest->remove(store, operation, bucket, keys, count, error);
}

/* As S3's answers to HEAD do, and unlike files, it tells the tag. */
static int stat_with_tag(jb_store *store, jb_operation *operation, const char *bucket, const char *key,
                         const char *version, jb_object_info *info, jb_error *error)
{
    struct buffer body;
    buffer_init(&body, 1 << 20);
    int code = honest->read(store, operation, bucket, key, version, &body, info, error);
    buffer_clean_up(&body);
    return code;
}

static void assert_bucket_is_empty(const struct workspace *w)
{
    assert_int_equal(shell("test -z \"$(find '%s/store/bucket' -mindepth 1 ! -name .jpsbackup-lock)\"", w->path), 0);
}

static void assert_probe_says(bool expected, int (*write)(WRITE_ARGUMENTS))
{
    struct workspace w;
    struct store_driver other = open_other(&w, write);
    w.store->driver = &other;
    jb_error error = JB_ERROR_INIT;
    bool has;
    const char *why;
    assert_ok(error, store_conditions_probe(w.store, w.operation, "bucket", &has, &why, &error));
    assert_int_equal(has, expected);
    assert_int_equal(why == NULL, expected);
    assert_bucket_is_empty(&w);
    w.store->driver = honest;
    workspace_close(&w);
}

static void a_store_that_compares_passes_the_probe_and_keeps_nothing_of_it(void **state)
{
    (void)state;
    assert_probe_says(true, write_honestly);
}

static void a_store_that_ignores_conditions_is_found_out(void **state)
{
    (void)state;
    assert_probe_says(false, write_whatever_is_asked);
}

static void a_store_that_ignores_stale_tags_is_found_out(void **state)
{
    (void)state;
    assert_probe_says(false, write_ignoring_tags);
}

static void a_store_that_looks_before_it_writes_loses_the_race(void **state)
{
    (void)state;
    assert_probe_says(false, write_after_looking);
}

static void a_store_that_refuses_conditions_has_none(void **state)
{
    (void)state;
    assert_probe_says(false, refuse_conditions);
}

static void a_bucket_is_probed_once(void **state)
{
    (void)state;
    struct workspace w;
    struct store_driver other = open_other(&w, write_honestly);
    w.store->driver = &other;
    jb_error error = JB_ERROR_INIT;
    assert_ok(error, store_conditions_require(w.store, w.operation, "bucket", &error));
    unsigned before = writes;
    assert_true(before > 4);
    assert_ok(error, store_conditions_require(w.store, w.operation, "bucket", &error));
    assert_int_equal(writes, before);
    w.store->driver = honest;
    workspace_close(&w);
}

static void a_probe_that_fails_says_nothing_of_conditions(void **state)
{
    (void)state;
    struct workspace w;
    struct store_driver other = open_other(&w, refuse_access);
    w.store->driver = &other;
    jb_error error = JB_ERROR_INIT;
    assert_fails(JB_ERROR_ACCESS, error, store_conditions_require(w.store, w.operation, "bucket", &error));
    other.write = miss_encryption;
    assert_fails(JB_ERROR_UNSUPPORTED, error, store_conditions_require(w.store, w.operation, "bucket", &error));
    assert_non_null(strstr(error.text, "encryption"));
    other.write = write_honestly;
    assert_ok(error, store_conditions_require(w.store, w.operation, "bucket", &error));
    w.store->driver = honest;
    workspace_close(&w);
}

static void a_probe_that_is_cut_off_keeps_nothing_of_it(void **state)
{
    (void)state;
    int (*const cuts[])(WRITE_ARGUMENTS) = {lose_one, lose_all_answers};
    for (size_t i = 0; i < 2; i++) {
        struct workspace w;
        struct store_driver other = open_other(&w, cuts[i]);
        w.store->driver = &other;
        jb_error error = JB_ERROR_INIT;
        assert_fails(JB_ERROR_UNREACHABLE, error, store_conditions_require(w.store, w.operation, "bucket", &error));
        assert_bucket_is_empty(&w);
        w.store->driver = honest;
        workspace_close(&w);
    }
}

static void a_cancelled_probe_tidies_up_and_may_be_cancelled_at_it(void **state)
{
    (void)state;
    struct workspace w;
    struct store_driver other = open_other(&w, write_and_cancel);
    other.remove = remove_what_can_be_cancelled;
    w.store->driver = &other;
    jb_error error = JB_ERROR_INIT;
    store_conditions_require(w.store, w.operation, "bucket", &error);
    assert_true(operation_cancelled(w.operation));
    assert_bucket_is_empty(&w);
    w.store->driver = honest;
    workspace_close(&w);
}

static const char entry[] = "{\"name\": \"n\", \"timestamp\": \"2026-01-01T00:00:00\", \"mode\": \"auto\"}";

static void without_conditions_catalogs_and_seals_stay_as_they_are(void **state)
{
    (void)state;
    struct workspace w;
    struct store_driver other = open_other(&w, write_whatever_is_asked);
    w.store->driver = &other;
    jb_error error = JB_ERROR_INIT;
    jb_catalog catalog = {.size = sizeof catalog, .store = w.store, .bucket = "bucket", .key = "c.json"};
    assert_fails(JB_ERROR_UNSUPPORTED, error, jb_catalog_add(&catalog, w.operation, entry, &error));
    assert_non_null(strstr(error.text, "no conditional writes"));
    assert_non_null(strstr(error.hint, "--single-writer"));
    jb_backup_name name = {.size = sizeof name, .bucket = "bucket", .name = "n"};
    assert_fails(JB_ERROR_UNSUPPORTED, error, jb_backup_begin(w.store, w.operation, &name, NULL, false, NULL, &error));
    assert_bucket_is_empty(&w);
    w.store->driver = honest;
    workspace_close(&w);
}

static void a_single_writer_compares_by_himself(void **state)
{
    (void)state;
    struct workspace w;
    struct store_driver other = open_other(&w, write_whatever_is_asked);
    other.stat = stat_with_tag;
    w.store->driver = &other;
    w.store->single_writer = true;
    jb_error error = JB_ERROR_INIT;
    jb_catalog catalog = {.size = sizeof catalog, .store = w.store, .bucket = "bucket", .key = "c.json"};
    assert_ok(error, jb_catalog_add(&catalog, w.operation, entry, &error));
    assert_ok(error, jb_catalog_add(&catalog, w.operation, entry, &error));
    jb_object_info first, info;
    struct store_condition absent = {.when = STORE_IF_ABSENT};
    assert_fails(JB_ERROR_CONFLICT, error,
                 store_write(w.store, NULL, "bucket", "c.json", "x", 1, NULL, absent, &info, &error));
    assert_ok(error, store_write(w.store, NULL, "bucket", "k", "1", 1, NULL, absent, &first, &error));
    struct store_condition unchanged = {.when = STORE_IF_UNCHANGED, .tag = first.tag};
    assert_ok(error, store_write(w.store, NULL, "bucket", "k", "2", 1, NULL, unchanged, &info, &error));
    assert_fails(JB_ERROR_CONFLICT, error,
                 store_write(w.store, NULL, "bucket", "k", "3", 1, NULL, unchanged, &info, &error));
    assert_fails(JB_ERROR_CONFLICT, error,
                 store_write(w.store, NULL, "bucket", "missing", "3", 1, NULL, unchanged, &info, &error));
    w.store->driver = honest;
    workspace_close(&w);
}

static int complete_whatever_is_asked(struct store_upload *upload, struct store_condition condition,
                                      jb_object_info *info, jb_error *error)
{
    condition.when = STORE_ALWAYS;
    return honest->upload_complete(upload, condition, info, error);
}

static void a_single_writers_uploads_compare_too(void **state)
{
    (void)state;
    struct workspace w;
    struct store_driver other = open_other(&w, write_whatever_is_asked);
    other.upload_complete = complete_whatever_is_asked;
    w.store->driver = &other;
    w.store->single_writer = true;
    jb_error error = JB_ERROR_INIT;
    struct store_upload *upload;
    jb_object_info info;
    assert_ok(error, store_write(w.store, NULL, "bucket", "k", "1", 1, NULL,
                                 (struct store_condition){.when = STORE_ALWAYS}, &info, &error));
    assert_ok(error, store_upload_begin(w.store, NULL, "bucket", "k", &upload, &error));
    struct store_condition absent = {.when = STORE_IF_ABSENT};
    assert_fails(JB_ERROR_CONFLICT, error,
                 store_upload_complete(w.store, NULL, "bucket", "k", upload, absent, &info, &error));
    honest->upload_abort(upload);
    w.store->driver = honest;
    workspace_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_store_that_compares_passes_the_probe_and_keeps_nothing_of_it),
        cmocka_unit_test(a_store_that_ignores_conditions_is_found_out),
        cmocka_unit_test(a_store_that_ignores_stale_tags_is_found_out),
        cmocka_unit_test(a_store_that_looks_before_it_writes_loses_the_race),
        cmocka_unit_test(a_store_that_refuses_conditions_has_none),
        cmocka_unit_test(a_bucket_is_probed_once),
        cmocka_unit_test(a_probe_that_fails_says_nothing_of_conditions),
        cmocka_unit_test(a_probe_that_is_cut_off_keeps_nothing_of_it),
        cmocka_unit_test(a_cancelled_probe_tidies_up_and_may_be_cancelled_at_it),
        cmocka_unit_test(without_conditions_catalogs_and_seals_stay_as_they_are),
        cmocka_unit_test(a_single_writer_compares_by_himself),
        cmocka_unit_test(a_single_writers_uploads_compare_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
