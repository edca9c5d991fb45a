/* Taking over a backup that was interrupted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include <cmocka.h>
#include <jansson.h>

#include "backup/claim.h"
#include "codec/json.h"
#include "memory_store.h"
#include "small_backup.h"
#include "workspace.h"

#define TIMESTAMP "2026-11-22T23:48:00"
#define FOLDER    "b_" TIMESTAMP "_manual"

/* A workspace with the trees PATH/one and PATH/two. */
static void open_with_trees(struct workspace *w)
{
    workspace_open(w);
    assert_int_equal(shell("cd '%s' && mkdir one two && echo 1 > one/file && echo 2 > two/file", w->path), 0);
}

/* As if nothing of the folder had been touched for 20 minutes. */
static void abandon(struct workspace *w, const char *folder)
{
    assert_int_equal(
        shell("find '%s' -type f -exec touch -d '20 minutes ago' {} +", workspace_file(w, "store/bucket/%s", folder)),
        0);
}

/* A backup of which "one" is complete, and that was interrupted while "two" was put. Returns its claim. */
static char *interrupted(struct workspace *w)
{
    jb_error error = JB_ERROR_INIT;
    jb_backup_name name = named("b", TIMESTAMP, "manual");
    char *claim;
    assert_ok(error, jb_backup_begin(w->store, w->operation, &name, "{\"envname\": \"e\"}", false, &claim, &error));
    jb_put_options put = {.size = sizeof put,
                          .bucket = "bucket",
                          .key = FOLDER "/one.tar.zst",
                          .tree = workspace_file(w, "one"),
                          .compression = JB_COMPRESSION_ZSTD,
                          .index = true,
                          .alive_key = FOLDER "/alive.engine"};
    assert_ok(error, jb_put(w->store, w->operation, &put, NULL, &error));
    write_file(workspace_file(w, "store/bucket/" FOLDER "/two.tar.zst"), "half", 4);
    abandon(w, FOLDER);
    return claim;
}

static int resume(struct workspace *w, const char *timestamp, const char *first, const char *second, char **account,
                  jb_error *error)
{
    const char *directories[] = {workspace_file(w, "%s", first),
                                 second != NULL ? workspace_file(w, "%s", second) : NULL, NULL};
    const jb_backup_directories_options options = {
        .size = sizeof options, .name = named("b", timestamp, NULL), .directories = directories, .resume = true};
    return jb_backup_directories(w->store, w->operation, &options, account, error);
}

static time_t written(struct workspace *w, const char *object)
{
    struct stat info;
    assert_int_equal(stat(workspace_file(w, "store/bucket/" FOLDER "/%s", object), &info), 0);
    return info.st_mtime;
}

static void what_is_complete_is_kept_and_the_rest_starts_anew(void **state)
{
    (void)state;
    struct workspace w;
    open_with_trees(&w);
    jb_error error = JB_ERROR_INIT;
    char *claim = interrupted(&w), *account;
    time_t before = written(&w, "one.tar.zst");
    assert_ok(error, resume(&w, NULL, "one", "two", &account, &error));
    assert_int_equal(written(&w, "one.tar.zst"), before);
    assert_int_equal(written(&w, "one.tar.zst.index.zst"), before);
    json_t *seal = json_loads(account, 0, NULL);
    assert_int_equal(json_array_size(json_object_get(seal, "objects")), 2);
    assert_non_null(json_member_text(seal, "resumed"));
    assert_string_equal(json_member_text(json_object_get(seal, "environment"), "envname"), "e");
    json_decref(seal);
    jb_text_free(account);
    assert_false(exists(&w, FOLDER "/alive.engine"));
    assert_ok(error, verify_backup(w.store, w.operation, named("b", NULL, NULL), true, NULL, &error));
    assert_fails(JB_ERROR_CONFLICT, error, jb_backup_complete(w.store, NULL, "bucket", claim, "[]", NULL, &error));
    assert_fails(JB_ERROR_CONFLICT, error, jb_backup_discard(w.store, NULL, "bucket", claim, &error));
    jb_text_free(claim);
    workspace_close(&w);
}

/* As the engine does it: the claim tells what nodes need not put again, and completing takes it in. */
static void a_claim_tells_what_is_complete(void **state)
{
    (void)state;
    struct workspace w;
    open_with_trees(&w);
    jb_error error = JB_ERROR_INIT;
    jb_text_free(interrupted(&w));
    jb_backup_name name = named("b", TIMESTAMP, "manual");
    char *claim, *account;
    assert_ok(error, jb_backup_begin(w.store, w.operation, &name, NULL, true, &claim, &error));
    json_t *json = json_loads(claim, 0, NULL);
    const json_t *kept = json_object_get(json, "objects");
    assert_int_equal(json_array_size(kept), 1);
    assert_string_equal(json_member_text(json_array_get(kept, 0), "name"), "one.tar.zst");
    json_decref(json);
    assert_false(exists(&w, FOLDER "/two.tar.zst"));
    assert_ok(error, jb_backup_complete(w.store, w.operation, "bucket", claim, "[]", &account, &error));
    assert_non_null(strstr(account, "one.tar.zst"));
    jb_text_free(account);
    jb_text_free(claim);
    workspace_close(&w);
}

/* The second resumption knows from the seal what the first one knew from the signs of life. */
static void a_backup_can_be_interrupted_and_resumed_again(void **state)
{
    (void)state;
    struct workspace w;
    open_with_trees(&w);
    jb_error error = JB_ERROR_INIT;
    jb_text_free(interrupted(&w));
    time_t before = written(&w, "one.tar.zst");
    jb_backup_name name = named("b", TIMESTAMP, "manual");
    assert_ok(error, jb_backup_begin(w.store, w.operation, &name, NULL, true, NULL, &error));
    assert_fails(JB_ERROR_CONFLICT, error, resume(&w, TIMESTAMP, "one", "two", NULL, &error));
    abandon(&w, FOLDER);
    /* A failure leaves it to be resumed. */
    assert_int_equal(shell("mv '%s/two' '%s/hidden'; ln -s /nonexistent '%s/two'", w.path, w.path, w.path), 0);
    assert_int_not_equal(resume(&w, TIMESTAMP, "one", "two", NULL, &error), JB_OK);
    assert_int_equal(shell("cd '%s' && rm two && mv hidden two", w.path), 0);
    abandon(&w, FOLDER);
    assert_ok(error, resume(&w, TIMESTAMP, "one", "two", NULL, &error));
    assert_int_equal(written(&w, "one.tar.zst") / 60, before / 60);
    assert_ok(error, verify_backup(w.store, w.operation, named("b", NULL, NULL), true, NULL, &error));
    workspace_close(&w);
}

/* One alive object serves several puts of a node in a row. */
static void a_sign_of_life_remembers_earlier_objects(void **state)
{
    (void)state;
    struct workspace w;
    open_with_trees(&w);
    jb_error error = JB_ERROR_INIT;
    jb_text_free(interrupted(&w));
    jb_put_options put = {.size = sizeof put,
                          .bucket = "bucket",
                          .key = FOLDER "/three",
                          .file = workspace_file(&w, "one/file"),
                          .alive_key = FOLDER "/alive.engine"};
    assert_ok(error, jb_put(w.store, w.operation, &put, NULL, &error));
    abandon(&w, FOLDER);
    jb_backup_name name = named("b", NULL, NULL);
    char *claim;
    assert_ok(error, jb_backup_begin(w.store, w.operation, &name, NULL, true, &claim, &error));
    assert_non_null(strstr(claim, "\"one.tar.zst\""));
    assert_non_null(strstr(claim, "\"three\""));
    jb_text_free(claim);
    workspace_close(&w);
}

static void what_the_store_does_not_hold_as_told_is_put_anew(void **state)
{
    (void)state;
    static const char *const damages[] = {"truncate -s 10 one.tar.zst",
                                          "rm one.tar.zst",
                                          "echo '{' > alive.engine",
                                          "truncate -s 0 alive.engine",
                                          "sed -i 's/one.tar.zst/..\\/..\\/x/g' alive.engine",
                                          "sed -i 's/one.tar.zst/backup.json/g' alive.engine",
                                          "sed -i 's/jpsbackup-alive-1/other/' alive.engine"};
    for (size_t i = 0; i < sizeof damages / sizeof *damages; i++) {
        struct workspace w;
        open_with_trees(&w);
        jb_error error = JB_ERROR_INIT;
        jb_text_free(interrupted(&w));
        assert_int_equal(shell("cd '%s' && %s", workspace_file(&w, "store/bucket/" FOLDER), damages[i]), 0);
        abandon(&w, FOLDER);
        assert_ok(error, resume(&w, NULL, "one", "two", NULL, &error));
        assert_true(time(NULL) - written(&w, "one.tar.zst") < 600);
        assert_ok(error, verify_backup(w.store, w.operation, named("b", NULL, NULL), true, NULL, &error));
        workspace_close(&w);
    }
}

static void only_what_is_abandoned_is_taken_over(void **state)
{
    (void)state;
    struct workspace w;
    open_with_trees(&w);
    make_tree(&w);
    jb_error error = JB_ERROR_INIT;
    assert_fails(JB_ERROR_NOT_FOUND, error, resume(&w, NULL, "one", "two", NULL, &error));
    assert_fails(JB_ERROR_NOT_FOUND, error, resume(&w, TIMESTAMP, "one", "two", NULL, &error));
    assert_ok(error, back_up(&w, "b", TIMESTAMP, "manual", NULL, &error));
    abandon(&w, FOLDER);
    assert_fails(JB_ERROR_CONFLICT, error, resume(&w, TIMESTAMP, "one", "two", NULL, &error));
    assert_fails(JB_ERROR_NOT_FOUND, error, resume(&w, NULL, "one", "two", NULL, &error));
    static const char *const others[][2] = {{"b", "auto"}, {"bb", "manual"}, {"b_" TIMESTAMP "_manual", "manual"}};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        jb_backup_name name = named(others[i][0], TIMESTAMP, others[i][1]);
        assert_ok(error, jb_backup_begin(w.store, w.operation, &name, NULL, false, NULL, &error));
    }
    assert_int_equal(shell("find '%s' -type f -exec touch -d '20 minutes ago' {} +", workspace_file(&w, "store")), 0);
    assert_fails(JB_ERROR_NOT_FOUND, error, resume(&w, NULL, "one", "two", NULL, &error));
    workspace_close(&w);
}

static void other_directories_change_nothing(void **state)
{
    (void)state;
    struct workspace w;
    open_with_trees(&w);
    jb_error error = JB_ERROR_INIT;
    jb_text_free(interrupted(&w));
    const char *list = "find '%s' -type f -printf '%%P %%T@ %%s\\n' | sort > '%s'";
    assert_int_equal(shell(list, workspace_file(&w, "store"), workspace_file(&w, "before")), 0);
    assert_fails(JB_ERROR_CONFLICT, error, resume(&w, NULL, "two", NULL, NULL, &error));
    assert_int_equal(shell("mkdir -p '%s/elsewhere/one'", w.path), 0);
    assert_fails(JB_ERROR_CONFLICT, error, resume(&w, NULL, "elsewhere/one", "two", NULL, &error));
    assert_int_equal(shell(list, workspace_file(&w, "store"), workspace_file(&w, "after")), 0);
    assert_int_equal(shell("cmp '%s' '%s'", workspace_file(&w, "before"), workspace_file(&w, "after")), 0);
    workspace_close(&w);
}

/* Between the look at the folder and the change of the seal. */
static int overtake(void *context, const json_t *plan, const json_t *objects, jb_error *error)
{
    (void)plan;
    struct workspace *w = context;
    jb_backup_name name = named("b", TIMESTAMP, "manual");
    assert_int_equal(json_array_size(objects), 1);
    return claim_resume(w->store, w->operation, &name, NULL, NULL, NULL, NULL, error);
}

/* A line is logged while the tree is archived: then the folder is what an interruption leaves. */
static void keep_a_copy(void *context, jb_log_level level, const char *line)
{
    struct workspace *w = context;
    (void)level;
    (void)line;
    shell("rm -rf '%s/copy' && cp -a '%s/store/bucket/" FOLDER "' '%s/copy'", w->path, w->path, w->path);
}

static void another_plan_changes_nothing(void **state)
{
    (void)state;
    struct workspace w;
    open_with_trees(&w);
    jb_error error = JB_ERROR_INIT;
    const jb_operation_options listening = {.size = sizeof listening, .log = keep_a_copy, .log_context = &w};
    jb_operation_free(w.operation);
    assert_ok(error, jb_operation_new(&listening, &w.operation, &error));
    assert_int_equal(
        shell("cd '%s/one' && python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind(\"s\")'", w.path), 0);
    const char *directories[] = {workspace_file(&w, "one"), workspace_file(&w, "two"), NULL};
    const char *patterns[] = {"*.tmp", NULL};
    jb_backup_directories_options options = {
        .size = sizeof options, .name = named("b", TIMESTAMP, NULL), .directories = directories, .exclude = patterns};
    char *account;
    assert_ok(error, jb_backup_directories(w.store, w.operation, &options, &account, &error));
    assert_null(strstr(account, "\"plan\""));
    jb_text_free(account);
    assert_int_equal(shell("cd '%s' && rm -r store/bucket/" FOLDER " && mv copy store/bucket/" FOLDER, w.path), 0);
    jb_operation_free(w.operation);
    assert_ok(error, jb_operation_new(NULL, &w.operation, &error));
    options.resume = true;
    assert_fails(JB_ERROR_CONFLICT, error, jb_backup_directories(w.store, w.operation, &options, NULL, &error));
    assert_non_null(strstr(error.text, "last sign of life was at 20"));
    assert_non_null(strstr(error.hint, "resumed from 20"));
    options.name.timestamp = NULL;
    assert_fails(JB_ERROR_CONFLICT, error, jb_backup_directories(w.store, w.operation, &options, NULL, &error));
    assert_non_null(strstr(error.text, "last sign of life was at 20"));
    abandon(&w, FOLDER);

    const char *second = directories[1];
    directories[1] = NULL;
    assert_fails(JB_ERROR_CONFLICT, error, jb_backup_directories(w.store, w.operation, &options, NULL, &error));
    assert_non_null(strstr(error.text, "/two', too"));
    directories[1] = w.path;
    assert_fails(JB_ERROR_CONFLICT, error, jb_backup_directories(w.store, w.operation, &options, NULL, &error));
    directories[1] = second;
    patterns[0] = "*.bak";
    assert_fails(JB_ERROR_CONFLICT, error, jb_backup_directories(w.store, w.operation, &options, NULL, &error));
    patterns[0] = "*.tmp";
    options.compression = JB_COMPRESSION_ZSTD; /* the default, said */
    assert_ok(error, jb_backup_directories(w.store, w.operation, &options, NULL, &error));
    workspace_close(&w);
}

static void only_one_of_two_takes_it_over(void **state)
{
    (void)state;
    struct workspace w;
    open_with_trees(&w);
    jb_error error = JB_ERROR_INIT;
    jb_text_free(interrupted(&w));
    jb_backup_name name = named("b", TIMESTAMP, "manual");
    char *claim = NULL;
    assert_fails(JB_ERROR_CONFLICT, error,
                 claim_resume(w.store, w.operation, &name, NULL, overtake, &w, &claim, &error));
    assert_null(claim);
    assert_true(exists(&w, FOLDER "/one.tar.zst"));
    workspace_close(&w);
}

/* This machine's may be wrong by hours: a running backup must not be taken over for that, nor an abandoned one refused.
 */
static void the_stores_clock_tells_what_is_abandoned(void **state)
{
    (void)state;
    static const struct {
        int64_t ahead_s, age_s;
        int code;
    } cases[] = {{7200, 60, JB_ERROR_CONFLICT},
                 {7200, 1200, JB_OK},
                 {-7200, 60, JB_ERROR_CONFLICT},
                 {-7200, 1200, JB_OK},
                 {0, 60, JB_ERROR_CONFLICT}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        jb_error error = JB_ERROR_INIT;
        jb_store *store = memory_store_new();
        jb_backup_name name = named("b", TIMESTAMP, "manual");
        memory_store_set_clock(store, cases[i].ahead_s - cases[i].age_s); /* so long ago */
        assert_ok(error, jb_backup_begin(store, NULL, &name, NULL, false, NULL, &error));
        memory_store_set_clock(store, cases[i].ahead_s);
        assert_fails(cases[i].code, error, jb_backup_begin(store, NULL, &name, NULL, true, NULL, &error));
        jb_store_close(store);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_complete_is_kept_and_the_rest_starts_anew),
        cmocka_unit_test(a_claim_tells_what_is_complete),
        cmocka_unit_test(a_backup_can_be_interrupted_and_resumed_again),
        cmocka_unit_test(a_sign_of_life_remembers_earlier_objects),
        cmocka_unit_test(what_the_store_does_not_hold_as_told_is_put_anew),
        cmocka_unit_test(only_what_is_abandoned_is_taken_over),
        cmocka_unit_test(other_directories_change_nothing),
        cmocka_unit_test(another_plan_changes_nothing),
        cmocka_unit_test(only_one_of_two_takes_it_over),
        cmocka_unit_test(the_stores_clock_tells_what_is_abandoned),
    };
    return cmocka_run_group_tests_name("resume", tests, NULL, NULL);
}
