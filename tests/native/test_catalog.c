/* The catalog: what survives a change, what is refused, many writers, and making it anew. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "backup/seal.h"
#include "codec/json.h"
#include "small_backup.h"
#include "store/store.h"
#include "workspace.h"

#define KEY "7_backup_metadata.json"

static jb_catalog catalog_of(const struct workspace *w)
{
    return (jb_catalog){.size = sizeof(jb_catalog), .store = w->store, .bucket = "catalog", .key = KEY};
}

static const char *catalog_path(const struct workspace *w)
{
    return workspace_file(w, "store/catalog/" KEY);
}

static void write_catalog(const struct workspace *w, const char *text)
{
    jb_error error = JB_ERROR_INIT;
    assert_ok(error, jb_store_make_bucket(w->store, NULL, "catalog", &error));
    write_file(catalog_path(w), text, strlen(text));
}

static int add(const struct workspace *w, const char *name, jb_error *error)
{
    jb_catalog catalog = catalog_of(w);
    char entry[200];
    snprintf(entry, sizeof entry, "{\"name\":\"%s\",\"timestamp\":\"2026-01-01T00:00:00\",\"mode\":\"auto\"}", name);
    return jb_catalog_add(&catalog, NULL, entry, error);
}

/* Python reads them without rounding. */
static void numbers_survive_with_equal_value_or_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *number;
        bool kept;
    } numbers[] = {
        {"0", true},
        {"-0.0", true},
        {"2.5", true},
        {"0.1", true},
        {"1.0", true},
        {"1e5", true},
        {"1E-7", true},
        {"-12.3400", true},
        {"123456789012345", true},
        {"9223372036854775807", true},
        {"-9223372036854775808", true},
        {"1.5e300", true},
        {"0.30000000000000004", true},
        {"2.2250738585072014e-308", true},
        {"9223372036854775808", false},
        {"-9223372036854775809", false},
        {"123456789012345678901234567890", false},
        {"0.12345678901234567890", false},
        {"3.14159265358979323846", false},
        {"9007199254740993.0", false},
        {"1e400", false},
        {"1e-400", false},
        {"0.012e-9223372036854775808", false},
        {"0.10000000000000000000000000000000000000000000000000000000000000000000000000000000001", false},
    };
    struct workspace w;
    workspace_open(&w);
    jb_error error = JB_ERROR_INIT;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        char text[300];
        snprintf(text, sizeof text, "{\"backups\": [], \"a \\\" 1e999\": [{\"n\": %s}]}", numbers[i].number);
        write_catalog(&w, text);
        int code = add(&w, "x", &error);
        if (code != (numbers[i].kept ? JB_OK : JB_ERROR_FORMAT))
            fail_msg("%s: %s", numbers[i].number, jb_code_name((jb_code)code));
        if (numbers[i].kept)
            assert_int_equal(shell("python3 -c 'import json,sys; from decimal import Decimal as D; "
                                   "v = json.load(open(sys.argv[1]), parse_float=D, parse_int=D)[\"a \\\" "
                                   "1e999\"][0][\"n\"]; n = D(sys.argv[2]); sys.exit(0 if v == n or (len(n.as_tuple()."
                                   "digits) > 15 and float(v) == float(n)) else 1)' '%s' %s",
                                   catalog_path(&w), numbers[i].number),
                             0);
        else
            assert_int_equal(shell("printf %%s '%s' | cmp - '%s'", text, catalog_path(&w)), 0);
    }
    jb_catalog catalog = catalog_of(&w);
    write_catalog(&w, "{\"backups\": []}");
    assert_fails(JB_ERROR_FORMAT, error,
                 jb_catalog_add(&catalog, NULL,
                                "{\"name\":\"x\",\"timestamp\":\"2026-01-01T00:00:00\",\"mode\":\"auto\",\"size\":"
                                "3.14159265358979323846}",
                                &error));
    workspace_close(&w);
}

static int rebuild(const struct workspace *w, const jb_catalog_rebuild_options *options, json_t **account,
                   jb_error *error)
{
    static const char *const buckets[] = {"bucket", NULL};
    jb_catalog catalog = catalog_of(w);
    jb_catalog_rebuild_options all = *options;
    all.size = sizeof all;
    all.buckets = buckets;
    char *text = NULL;
    int code = jb_catalog_rebuild(&catalog, w->store, w->operation, &all, &text, error);
    *account = text != NULL ? json_loads(text, 0, NULL) : NULL;
    jb_text_free(text);
    return code;
}

static void what_is_no_catalog_is_refused_and_stays(void **state)
{
    (void)state;
    char deep[10000] = "{\"backups\": [], \"d\": ";
    memset(deep + strlen(deep), '[', 4000);
    const char *const bad[] = {"",
                               "null",
                               "{\"backups\": null}",
                               "\xef\xbb\xbf{\"backups\": []}",
                               "{\"backups\": [], \"n\": NaN}",
                               "{\"backups\": [], \"n\": Infinity}",
                               "{\"backups\": [{\"a\": 1, \"a\": 1}]}",
                               "{\"backups\": []} {}",
                               "{\"backups\": [], \"a\": \"\xff\"}",
                               "{\"backups\": [], \"a\": \"\\u0000\"}",
                               "{\"backups\": [], \"a\": \"\\ud800\"}",
                               "{'backups': []}",
                               "{\"backups\": [],}",
                               deep};
    struct workspace w;
    workspace_open(&w);
    jb_error error = JB_ERROR_INIT;
    jb_catalog catalog = catalog_of(&w);
    json_t *account;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        write_catalog(&w, bad[i]);
        assert_fails(JB_ERROR_FORMAT, error, add(&w, "x", &error));
        assert_fails(JB_ERROR_FORMAT, error,
                     jb_catalog_remove(&catalog, NULL, "x", "2026-01-01T00:00:00", "auto", &error));
        assert_fails(JB_ERROR_FORMAT, error, rebuild(&w, &(jb_catalog_rebuild_options){0}, &account, &error));
        assert_null(account);
        size_t count;
        char *now = read_file(catalog_path(&w), &count);
        assert_int_equal(count, strlen(bad[i]));
        assert_memory_equal(now, bad[i], count);
        free(now);
    }
    workspace_close(&w);
}

/* A file store's directory at the catalog's key: no try will ever succeed. */
static void a_conflict_that_is_no_race_ends_soon(void **state)
{
    (void)state;
    struct workspace w;
    workspace_open(&w);
    assert_int_equal(shell("mkdir -p '%s/x'", catalog_path(&w)), 0);
    jb_error error = JB_ERROR_INIT;
    time_t begin = time(NULL);
    assert_int_not_equal(add(&w, "x", &error), JB_OK);
    assert_true(time(NULL) - begin < 5);
    assert_non_null(strstr(error.text, KEY));
    workspace_close(&w);
}

static void nothing_is_lost_between_32_processes(void **state)
{
    (void)state;
    enum { WRITERS = 32, CHANGES = 4 };
    struct workspace w;
    workspace_open(&w);
    for (int writer = 0; writer < WRITERS; writer++) {
        pid_t child = fork();
        assert_true(child >= 0);
        if (child != 0)
            continue;
        int failed = 0;
        for (int change = 0; change < CHANGES; change++) {
            jb_error error = JB_ERROR_INIT;
            char name[32];
            snprintf(name, sizeof name, "%d-%d", writer, change);
            failed |= add(&w, name, &error);
        }
        _exit(failed != 0);
    }
    for (int writer = 0; writer < WRITERS; writer++) {
        int status;
        assert_true(wait(&status) > 0);
        assert_int_equal(status, 0);
    }
    jb_catalog catalog = catalog_of(&w);
    jb_error error = JB_ERROR_INIT;
    char *text;
    assert_ok(error, jb_catalog_list(&catalog, NULL, &text, &error));
    json_t *account = json_loads(text, 0, NULL);
    assert_int_equal(json_array_size(json_object_get(account, "backups")), WRITERS * CHANGES);
    json_decref(account);
    jb_text_free(text);
    workspace_close(&w);
}

static void assert_counts(const json_t *account, size_t added, size_t changed, size_t removed, json_int_t kept,
                          json_int_t untouched)
{
    assert_non_null(account);
    assert_int_equal(json_array_size(json_object_get(account, "added")), added);
    assert_int_equal(json_array_size(json_object_get(account, "changed")), changed);
    assert_int_equal(json_array_size(json_object_get(account, "removed")), removed);
    assert_int_equal(json_integer_value(json_object_get(account, "kept")), kept);
    assert_int_equal(json_integer_value(json_object_get(account, "untouched")), untouched);
}

/* Three sealed backups, an old one, one that is being made and one that is damaged, in "bucket". */
static void make_backups(struct workspace *w)
{
    make_tree(w);
    jb_error error = JB_ERROR_INIT;
    jb_backup_name running = named("a", "2026-01-04T00:00:00", "auto");
    assert_ok(error, back_up(w, "a", "2026-01-01T00:00:00", "auto", NULL, &error));
    assert_ok(error, back_up(w, "a", "2026-01-02T00:00:00", "auto", NULL, &error));
    assert_ok(error, back_up(w, "a", "2026-01-03T00:00:00", "auto", NULL, &error));
    assert_ok(error, back_up(w, "damaged", "2026-01-03T00:00:00", "auto", NULL, &error));
    assert_ok(error, jb_backup_begin(w->store, NULL, &running, NULL, false, NULL, &error));
    assert_int_equal(shell("cd '%s' && mkdir old_2020-01-01T00:00:00_manual && cd old_* && echo data > "
                           "digital-factory-data.tar.gz && touch database.tar && truncate -s 10 "
                           "../damaged_2026-01-03T00:00:00_auto/backup.json",
                           workspace_file(w, "store/bucket")),
                     0);
}

static void the_catalog_is_made_anew_from_what_lies_there(void **state)
{
    (void)state;
    struct workspace w;
    workspace_open(&w);
    make_backups(&w);
    jb_error error = JB_ERROR_INIT;
    json_t *account;
    assert_ok(error, rebuild(&w, &(jb_catalog_rebuild_options){.dry_run = true}, &account, &error));
    assert_counts(account, 4, 0, 0, 0, 0);
    json_decref(account);
    assert_int_not_equal(access(catalog_path(&w), F_OK), 0);
    assert_ok(error, rebuild(&w, &(jb_catalog_rebuild_options){0}, &account, &error));
    assert_counts(account, 4, 0, 0, 0, 0);
    json_decref(account);
    assert_ok(error, rebuild(&w, &(jb_catalog_rebuild_options){0}, &account, &error));
    assert_counts(account, 0, 0, 0, 4, 0);
    json_decref(account);
    workspace_close(&w);
}

#define ENTRY(name, day, rest)                                                                                         \
    "{\"name\":\"" name "\",\"timestamp\":\"2026-01-" day "T00:00:00\",\"mode\":\"auto\"" rest "}"

static void entries_are_corrected_and_those_of_others_stay(void **state)
{
    (void)state;
    struct workspace w;
    workspace_open(&w);
    make_backups(&w);
    jb_error error = JB_ERROR_INIT;
    json_t *account;
    assert_ok(error, jb_store_make_bucket(w.store, NULL, "jcprod7euwest1", &error));
    assert_int_equal(
        shell("mv '%s'/* '%s'", workspace_file(&w, "store/bucket"), workspace_file(&w, "store/jcprod7euwest1")), 0);
    write_catalog(&w, "{\"mine\": true, \"backups\": ["
                  /* whose size is wrong, with a member that nobody here knows */
                  ENTRY("a", "01", ",\"size\":1,\"theirs\":[1,2]") ","
                  /* of the same bucket, but its backup is gone */
                  ENTRY("a", "09", ",\"envrole\":\"prod\",\"uid\":\"7\",\"region\":\"eu-west-1\"") ","
                  /* of other buckets, of a search index, of nobody knows where, and what is no entry at all */
                  ENTRY("a", "09", ",\"envrole\":\"prod\",\"uid\":\"7\",\"region\":\"us-east-1\"") "," ENTRY(
                      "a", "09",
                      ",\"envrole\":\"prod\",\"uid\":\"7\",\"region\":\"eu-west-1\","
                      "\"product\":\"jcustomer\"") "," ENTRY("b", "09", "") ",{\"note\":1}]}");
    static const char *const buckets[] = {"jcprod7euwest1", NULL};
    jb_catalog catalog = catalog_of(&w);
    jb_catalog_rebuild_options options = {.size = sizeof options, .buckets = buckets};
    char *text;
    assert_ok(error, jb_catalog_rebuild(&catalog, w.store, w.operation, &options, &text, &error));
    account = json_loads(text, 0, NULL);
    jb_text_free(text);
    assert_counts(account, 3, 1, 1, 0, 4);
    json_decref(account);
    assert_ok(error, jb_catalog_list(&catalog, NULL, &text, &error));
    assert_non_null(strstr(text, "\"theirs\":[1,2]"));
    assert_non_null(strstr(text, "\"mine\":true"));
    assert_non_null(strstr(text, "us-east-1"));
    assert_null(strstr(text, "\"size\":1,"));
    jb_text_free(text);
    options.forget_others = true;
    assert_ok(error, jb_catalog_rebuild(&catalog, w.store, w.operation, &options, &text, &error));
    account = json_loads(text, 0, NULL);
    jb_text_free(text);
    assert_counts(account, 0, 0, 2, 4, 2); /* the search index and what is no entry stay */
    json_decref(account);
    workspace_close(&w);
}

static void a_malformed_catalog_is_kept_beside_the_new_one(void **state)
{
    (void)state;
    struct workspace w;
    workspace_open(&w);
    make_backups(&w);
    jb_error error = JB_ERROR_INIT;
    json_t *account;
    write_catalog(&w, "{broken");
    assert_ok(error,
              rebuild(&w, &(jb_catalog_rebuild_options){.replace_malformed = true, .dry_run = true}, &account, &error));
    assert_counts(account, 4, 0, 0, 0, 0);
    json_decref(account);
    assert_int_equal(shell("test \"$(cat '%s')\" = '{broken'", catalog_path(&w)), 0);
    assert_ok(error, rebuild(&w, &(jb_catalog_rebuild_options){.replace_malformed = true}, &account, &error));
    assert_counts(account, 4, 0, 0, 0, 0);
    const char *copy = json_member_text(account, "malformed_copy");
    assert_non_null(copy);
    assert_int_equal(shell("test \"$(cat '%s')\" = '{broken'", workspace_file(&w, "store/catalog/%s", copy)), 0);
    json_decref(account);
    assert_ok(error, add(&w, "x", &error));
    workspace_close(&w);
}

/* They hold the only copy of the environment's texts. */
static void entries_of_unreadable_seals_stay(void **state)
{
    (void)state;
    struct workspace w;
    workspace_open(&w);
    make_backups(&w);
    jb_error error = JB_ERROR_INIT;
    json_t *account;
    struct buffer text;
    buffer_init(&text, SEAL_BYTES_MAX);
    json_t *seal = json_pack("{s:s}", "format", "jpsbackup-seal-2");
    assert_ok(error, seal_encode(seal, &text, &error));
    write_file(workspace_file(&w, "store/bucket/a_2026-01-02T00:00:00_auto/backup.json"), text.data, text.size);
    write_catalog(&w, "{\"backups\": [" ENTRY("damaged", "03", ",\"envname\":\"x\"") "," ENTRY(
                          "a", "02", ",\"envname\":\"y\"") "," ENTRY("a", "09", "") "]}");
    assert_ok(error, rebuild(&w, &(jb_catalog_rebuild_options){.forget_others = true}, &account, &error));
    assert_counts(account, 3, 0, 1, 0, 2);
    json_decref(account);
    json_decref(seal);
    buffer_clean_up(&text);
    workspace_close(&w);
}

static const struct store_driver *honest;

/* Another writer, who breaks the catalog otherwise once the first copy is made. */
static int break_after_the_copy(jb_store *store, jb_operation *operation, const char *bucket, const char *key,
                                const void *bytes, size_t count, const unsigned char *sha256,
                                struct store_condition condition, jb_object_info *info, jb_error *error)
{
    int code = honest->write(store, operation, bucket, key, bytes, count, sha256, condition, info, error);
    jb_object_info ignored;
    if (strstr(key, ".malformed-") != NULL && count == strlen("{broken"))
        assert_ok(*error, honest->write(store, operation, bucket, KEY, "{broken again", 13, NULL,
                                        (struct store_condition){0}, &ignored, error));
    return code;
}

static void what_breaks_the_catalog_meanwhile_is_kept_too(void **state)
{
    (void)state;
    struct workspace w;
    workspace_open(&w);
    make_backups(&w);
    jb_error error = JB_ERROR_INIT;
    write_catalog(&w, "{broken");
    honest = w.store->driver;
    struct store_driver racing = *honest;
    racing.write = break_after_the_copy;
    w.store->driver = &racing;
    json_t *account;
    int code = rebuild(&w, &(jb_catalog_rebuild_options){.replace_malformed = true}, &account, &error);
    w.store->driver = honest;
    assert_ok(error, code);
    assert_int_equal(shell("test \"$(cat '%s')\" = '{broken again'",
                           workspace_file(&w, "store/catalog/%s", json_member_text(account, "malformed_copy"))),
                     0);
    assert_int_equal(shell("cat '%s'.malformed-*Z | grep -qx '{broken'", catalog_path(&w)), 0);
    json_decref(account);
    assert_ok(error, add(&w, "x", &error));
    workspace_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_survive_with_equal_value_or_are_refused),
        cmocka_unit_test(what_is_no_catalog_is_refused_and_stays),
        cmocka_unit_test(a_conflict_that_is_no_race_ends_soon),
        cmocka_unit_test(nothing_is_lost_between_32_processes),
        cmocka_unit_test(the_catalog_is_made_anew_from_what_lies_there),
        cmocka_unit_test(entries_are_corrected_and_those_of_others_stay),
        cmocka_unit_test(a_malformed_catalog_is_kept_beside_the_new_one),
        cmocka_unit_test(entries_of_unreadable_seals_stay),
        cmocka_unit_test(what_breaks_the_catalog_meanwhile_is_kept_too),
    };
    return cmocka_run_group_tests_name("catalog", tests, NULL, NULL);
}
