/* The file store: durable writes, conditions, names, listings. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "store/store.h"
#include "workspace.h"

static const struct store_condition always = {.when = STORE_ALWAYS};
static const struct store_condition if_absent = {.when = STORE_IF_ABSENT};

static void written_objects_are_read_back(void **state)
{
    (void)state;
    struct workspace w;
    workspace_open(&w);
    jb_error error = JB_ERROR_INIT;
    jb_object_info info;
    assert_ok(error, store_write(w.store, NULL, "bucket", "a/b/c", "hello", 5, NULL, always, &info, &error));
    struct buffer body;
    buffer_init(&body, 100);
    jb_object_info again;
    assert_ok(error, store_read(w.store, NULL, "bucket", "a/b/c", NULL, &body, &again, &error));
    assert_string_equal(body.data, "hello");
    assert_string_equal(again.tag, info.tag);
    buffer_clean_up(&body);
    buffer_init(&body, 4);
    assert_fails(JB_ERROR_LIMIT, error, store_read(w.store, NULL, "bucket", "a/b/c", NULL, &body, &again, &error));
    buffer_clean_up(&body);
    workspace_close(&w);
}

static void create_only_if_absent(void **state)
{
    (void)state;
    struct workspace w;
    workspace_open(&w);
    jb_error error = JB_ERROR_INIT;
    jb_object_info info;
    assert_ok(error, store_write(w.store, NULL, "bucket", "k", "1", 1, NULL, if_absent, &info, &error));
    assert_fails(JB_ERROR_CONFLICT, error,
                 store_write(w.store, NULL, "bucket", "k", "2", 1, NULL, if_absent, &info, &error));
    size_t count;
    char *bytes = read_file(workspace_file(&w, "store/bucket/k"), &count);
    assert_string_equal(bytes, "1");
    free(bytes);
    workspace_close(&w);
}

static void replace_only_if_unchanged(void **state)
{
    (void)state;
    struct workspace w;
    workspace_open(&w);
    jb_error error = JB_ERROR_INIT;
    jb_object_info first, second;
    assert_ok(error, store_write(w.store, NULL, "bucket", "k", "1", 1, NULL, always, &first, &error));
    struct store_condition condition = {.when = STORE_IF_UNCHANGED, .tag = first.tag};
    assert_ok(error, store_write(w.store, NULL, "bucket", "k", "2", 1, NULL, condition, &second, &error));
    assert_fails(JB_ERROR_CONFLICT, error,
                 store_write(w.store, NULL, "bucket", "k", "3", 1, NULL, condition, &second, &error));
    assert_fails(JB_ERROR_CONFLICT, error,
                 store_write(w.store, NULL, "bucket", "missing", "3", 1, NULL, condition, &second, &error));
    workspace_close(&w);
}

/* Each of 8 processes adds 50 to a counter by reading and conditional writing. */
static void concurrent_changes_lose_nothing(void **state)
{
    (void)state;
    enum { PROCESSES = 8, CHANGES = 50 };
    struct workspace w;
    workspace_open(&w);
    jb_error error = JB_ERROR_INIT;
    jb_object_info info;
    assert_ok(error, store_write(w.store, NULL, "bucket", "counter", "0", 1, NULL, always, &info, &error));
    pid_t children[PROCESSES];
    for (int i = 0; i < PROCESSES; i++) {
        children[i] = fork();
        if (children[i] != 0)
            continue;
        for (int done = 0; done < CHANGES;) {
            struct buffer body;
            buffer_init(&body, 32);
            if (store_read(w.store, NULL, "bucket", "counter", NULL, &body, &info, NULL) != JB_OK)
                _exit(2);
            char next[32];
            snprintf(next, sizeof next, "%d", atoi(body.data) + 1);
            struct store_condition condition = {.when = STORE_IF_UNCHANGED, .tag = info.tag};
            jb_object_info written;
            int code =
                store_write(w.store, NULL, "bucket", "counter", next, strlen(next), NULL, condition, &written, NULL);
            if (code != JB_OK && code != JB_ERROR_CONFLICT)
                _exit(3);
            done += code == JB_OK;
            buffer_clean_up(&body);
        }
        _exit(0);
    }
    for (int i = 0; i < PROCESSES; i++) {
        int status;
        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_int_equal(status, 0);
    }
    size_t count;
    char *bytes = read_file(workspace_file(&w, "store/bucket/counter"), &count);
    assert_int_equal(atoi(bytes), PROCESSES * CHANGES);
    free(bytes);
    workspace_close(&w);
}

static void names_that_leave_the_bucket_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"",       "/a",    "a/",   "a//b",  ".",    "..",         "../a",
                                      "a/../b", "a/./b", "a\nb", "a\x7f", "\xff", "a/\xc0\xaf", ".jpsbackup-lock"};
    struct workspace w;
    workspace_open(&w);
    jb_object_info info;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        jb_error error = JB_ERROR_INIT;
        assert_fails(JB_ERROR_USAGE, error,
                     store_write(w.store, NULL, "bucket", bad[i], "x", 1, NULL, always, &info, &error));
    }
    static const char *const buckets[] = {"", "..", "a/b", ".hidden", "a..b", "-x", "b\xc3\xa4"};
    for (size_t i = 0; i < sizeof buckets / sizeof *buckets; i++) {
        jb_error error = JB_ERROR_INIT;
        assert_fails(JB_ERROR_USAGE, error, jb_store_make_bucket(w.store, NULL, buckets[i], &error));
    }
    workspace_close(&w);
}

static void an_object_without_a_name_is_refused(void **state)
{
    (void)state;
    struct workspace w;
    workspace_open(&w);
    jb_object_info info = {.size = sizeof info};
    jb_error error = JB_ERROR_INIT;
    const char *const none[] = {NULL};
    const jb_copy_options copies[] = {
        {.size = sizeof *copies, .from_bucket = "bucket", .to_bucket = "bucket", .to_key = "k"},
        {.size = sizeof *copies, .from_bucket = "bucket", .from_key = "k", .to_bucket = "bucket"}};
    const jb_grant nothing = {.key = NULL};
    const jb_grant_options grant = {.size = sizeof grant, .bucket = "bucket", .grants = &nothing, .count = 1};
    char *credentials;
    assert_fails(JB_ERROR_USAGE, error, jb_store_stat(w.store, NULL, "bucket", NULL, &info, &error));
    assert_fails(JB_ERROR_USAGE, error, jb_store_delete(w.store, NULL, "bucket", none, 1, &error));
    assert_fails(JB_ERROR_USAGE, error, jb_store_copy(w.store, NULL, &copies[0], &error));
    assert_fails(JB_ERROR_USAGE, error, jb_store_copy(w.store, NULL, &copies[1], &error));
    assert_fails(JB_ERROR_USAGE, error, jb_store_grant(w.store, NULL, &grant, &credentials, &error));
    workspace_close(&w);
}

static void links_are_not_followed(void **state)
{
    (void)state;
    struct workspace w;
    workspace_open(&w);
    jb_error error = JB_ERROR_INIT;
    jb_object_info info;
    write_file(workspace_file(&w, "outside"), "secret", 6);
    assert_int_equal(symlink("../../outside", workspace_file(&w, "store/bucket/link")), 0);
    assert_int_equal(symlink("../..", workspace_file(&w, "store/bucket/dir")), 0);
    assert_fails(JB_ERROR_NOT_FOUND, error, store_stat(w.store, NULL, "bucket", "link", NULL, &info, &error));
    assert_fails(JB_ERROR_NOT_FOUND, error, store_stat(w.store, NULL, "bucket", "dir/outside", NULL, &info, &error));
    assert_fails(JB_ERROR_CONFLICT, error,
                 store_write(w.store, NULL, "bucket", "dir/new", "x", 1, NULL, always, &info, &error));
    assert_int_not_equal(access(workspace_file(&w, "new"), F_OK), 0);
    workspace_close(&w);
}

static void an_object_and_a_folder_of_one_name_conflict(void **state)
{
    (void)state;
    struct workspace w;
    workspace_open(&w);
    jb_error error = JB_ERROR_INIT;
    jb_object_info info;
    assert_ok(error, store_write(w.store, NULL, "bucket", "a", "x", 1, NULL, always, &info, &error));
    assert_fails(JB_ERROR_CONFLICT, error,
                 store_write(w.store, NULL, "bucket", "a/b", "x", 1, NULL, always, &info, &error));
    assert_ok(error, store_write(w.store, NULL, "bucket", "c/d", "x", 1, NULL, always, &info, &error));
    assert_fails(JB_ERROR_CONFLICT, error,
                 store_write(w.store, NULL, "bucket", "c", "x", 1, NULL, always, &info, &error));
    workspace_close(&w);
}

static int collect(void *context, const jb_object_info *info)
{
    char *all = context;
    strcat(all, info->key);
    strcat(all, ";");
    return 0;
}

static void listings_hold_objects_below_the_prefix_only(void **state)
{
    (void)state;
    struct workspace w;
    workspace_open(&w);
    jb_error error = JB_ERROR_INIT;
    jb_object_info info;
    static const char *const keys[] = {"p/a", "p/b/c", "pq", "x"};
    for (size_t i = 0; i < 4; i++)
        assert_ok(error, store_write(w.store, NULL, "bucket", keys[i], "x", 1, NULL, always, &info, &error));
    write_file(workspace_file(&w, "store/bucket/p/.jpsbackup-tmp-left"), "x", 1);
    char all[200] = "";
    assert_ok(error,
              jb_store_list(w.store, NULL, "bucket",
                            &(jb_list_options){.size = sizeof(jb_list_options), .prefix = "p/"}, collect, all, &error));
    assert_true(strcmp(all, "p/a;p/b/c;") == 0 || strcmp(all, "p/b/c;p/a;") == 0);
    all[0] = '\0';
    assert_ok(error, jb_store_list(w.store, NULL, "bucket",
                                   &(jb_list_options){.size = sizeof(jb_list_options), .prefix = "p/b/c"}, collect, all,
                                   &error));
    assert_string_equal(all, "p/b/c;");
    assert_fails(JB_ERROR_NOT_FOUND, error, jb_store_list(w.store, NULL, "nobucket", NULL, collect, all, &error));
    workspace_close(&w);
}

static void deleting_removes_emptied_folders_and_nothing_else(void **state)
{
    (void)state;
    struct workspace w;
    workspace_open(&w);
    jb_error error = JB_ERROR_INIT;
    jb_object_info info;
    assert_ok(error, store_write(w.store, NULL, "bucket", "f/g/1", "x", 1, NULL, always, &info, &error));
    assert_ok(error, store_write(w.store, NULL, "bucket", "f/2", "x", 1, NULL, always, &info, &error));
    const char *keys[] = {"f/g/1", "f/g/not-there", "h"};
    assert_ok(error, jb_store_delete(w.store, NULL, "bucket", keys, 3, &error));
    assert_int_not_equal(access(workspace_file(&w, "store/bucket/f/g"), F_OK), 0);
    assert_int_equal(access(workspace_file(&w, "store/bucket/f/2"), F_OK), 0);
    workspace_close(&w);
}

static void a_missing_root_is_never_made(void **state)
{
    (void)state;
    jb_error error = JB_ERROR_INIT;
    jb_store *store;
    jb_store_options options = {.size = sizeof options, .url = "file:///nonexistent/mount"};
    assert_fails(JB_ERROR_UNREACHABLE, error, jb_store_open(&options, &store, &error));
    options.url = "file://relative";
    assert_fails(JB_ERROR_USAGE, error, jb_store_open(&options, &store, &error));
    options.url = "ftp://x";
    assert_fails(JB_ERROR_USAGE, error, jb_store_open(&options, &store, &error));
}

static void a_full_disk_leaves_nothing(void **state)
{
    (void)state;
    struct workspace w;
    workspace_open(&w);
    jb_error error = JB_ERROR_INIT;
    if (shell("mkdir '%s' && mount -t tmpfs -o size=1m tmpfs '%s'", workspace_file(&w, "small"),
              workspace_file(&w, "small")) != 0)
        fail_msg("this test mounts a small tmpfs and must run as root");
    char url[128];
    snprintf(url, sizeof url, "file://%s/small", w.path);
    jb_store *store;
    jb_store_options options = {.size = sizeof options, .url = url};
    assert_ok(error, jb_store_open(&options, &store, &error));
    assert_ok(error, jb_store_make_bucket(store, NULL, "b", &error));
    unsigned char *bytes = malloc(2 << 20);
    fill_pattern(bytes, 2 << 20, 1);
    jb_object_info info;
    int code = store_write(store, NULL, "b", "k", bytes, 2 << 20, NULL, always, &info, &error);
    int left = shell("test -z \"$(ls -A '%s')\"", workspace_file(&w, "small/b"));
    free(bytes);
    jb_store_close(store);
    assert_int_equal(shell("umount '%s'", workspace_file(&w, "small")), 0);
    assert_int_equal(code, JB_ERROR_NO_SPACE);
    assert_int_equal(left, 0);
    workspace_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(written_objects_are_read_back),
        cmocka_unit_test(create_only_if_absent),
        cmocka_unit_test(replace_only_if_unchanged),
        cmocka_unit_test(concurrent_changes_lose_nothing),
        cmocka_unit_test(names_that_leave_the_bucket_are_refused),
        cmocka_unit_test(an_object_without_a_name_is_refused),
        cmocka_unit_test(links_are_not_followed),
        cmocka_unit_test(an_object_and_a_folder_of_one_name_conflict),
        cmocka_unit_test(listings_hold_objects_below_the_prefix_only),
        cmocka_unit_test(deleting_removes_emptied_folders_and_nothing_else),
        cmocka_unit_test(a_missing_root_is_never_made),
        cmocka_unit_test(a_full_disk_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
