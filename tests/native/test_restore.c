/* What a restore in one call does with a journal that another one left, and when its last step fails. */
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cmocka.h>

#include "workspace.h"

static struct workspace w;

static jb_restore_options options_of(const char *name, const char *target)
{
    static char targets[2][128], journal[128];
    char *path = targets[strcmp(target, "other") == 0];
    snprintf(path, sizeof targets[0], "%s/%s", w.path, target);
    snprintf(journal, sizeof journal, "%s/journal", w.path);
    return (jb_restore_options){
        .size = sizeof(jb_restore_options),
        .name = {.size = sizeof(jb_backup_name), .bucket = "bucket", .name = name, .mode = "manual"},
        .target = path,
        .journal = journal,
    };
}

static int enter(void **state)
{
    (void)state;
    jb_error error = JB_ERROR_INIT;
    workspace_open(&w);
    assert_int_equal(shell("cd '%s' && mkdir tree target other && echo new > tree/file && echo old > target/file && "
                           "echo old > other/file",
                           w.path),
                     0);
    const char *directories[] = {workspace_file(&w, "tree"), NULL};
    jb_backup_directories_options options = {
        .size = sizeof options,
        .name = {.size = sizeof(jb_backup_name), .bucket = "bucket", .name = "b", .mode = "manual"},
        .directories = directories};
    assert_ok(error, jb_backup_directories(w.store, NULL, &options, NULL, &error));
    return 0;
}

static int leave(void **state)
{
    (void)state;
    workspace_close(&w);
    return 0;
}

static void expect_content(const char *file, const char *content)
{
    assert_int_equal(shell("test \"$(cat '%s')\" = %s", workspace_file(&w, "%s", file), content), 0);
}

static void expect_state(const char *state)
{
    jb_error error = JB_ERROR_INIT;
    char *account = NULL;
    assert_ok(error, jb_restore_status(NULL, workspace_file(&w, "journal"), &account, &error));
    if (strstr(account, state) == NULL)
        fail_msg("no '%s' in %s", state, account);
    jb_text_free(account);
}

static void a_journal_of_another_restore_stays_as_it_is(void **state)
{
    (void)state;
    jb_error error = JB_ERROR_INIT;
    jb_restore_options first = options_of("b", "target");
    assert_ok(error, jb_restore_stage(w.store, NULL, &first, NULL, &error));
    assert_ok(error, jb_restore_swap(NULL, first.journal, NULL, &error));

    jb_restore_options second = options_of("b", "other");
    assert_fails(JB_ERROR_STATE, error, jb_restore(w.store, NULL, &second, NULL, &error));
    assert_non_null(strstr(error.hint, "commit"));
    expect_state("exchanged");
    second = options_of("absent", "other");
    assert_fails(JB_ERROR_NOT_FOUND, error, jb_restore(w.store, NULL, &second, NULL, &error));
    expect_state("exchanged");
    expect_content("target/file", "new");
    expect_content("other/file", "old");

    assert_ok(error, jb_restore_undo(NULL, first.journal, NULL, &error));
    expect_content("target/file", "old");
}

static void a_failed_restore_undoes_its_own_staging(void **state)
{
    (void)state;
    jb_error error = JB_ERROR_INIT;
    jb_restore_options options = options_of("b", "target");
    assert_int_equal(shell("cd '%s'/store/bucket/b_*_manual && printf X | dd of=tree.tar.zst bs=1 seek=20 conv=notrunc "
                           "status=none",
                           w.path),
                     0);
    assert_fails(JB_ERROR_VERIFY, error, jb_restore(w.store, NULL, &options, NULL, &error));
    assert_int_equal(access(options.journal, F_OK), -1);
    assert_int_equal(shell("ls -d '%s'/.jpsbackup-* 2> /dev/null", w.path), 2);
    expect_content("target/file", "old");
}

static void old_content_that_cannot_go_is_told_and_can_be_committed_later(void **state)
{
    (void)state;
    jb_error error = JB_ERROR_INIT;
    jb_restore_options options = options_of("b", "target");
    assert_int_equal(shell("mkdir '%s/target/mounted' && mount -t tmpfs none '%s/target/mounted'", w.path, w.path), 0);
    assert_fails(JB_ERROR_CONFLICT, error, jb_restore(w.store, NULL, &options, NULL, &error));
    assert_non_null(strstr(error.text, "is restored, but its old content is not removed"));
    assert_non_null(strstr(error.hint, "commit"));
    expect_content("target/file", "new");
    assert_int_equal(shell("umount '%s'/.jpsbackup-*/new/mounted", w.path), 0);
    assert_ok(error, jb_restore_commit(NULL, options.journal, false, NULL, &error));
    expect_content("target/file", "new");
    assert_int_equal(access(options.journal, F_OK), -1);
}

static void old_content_is_kept_where_the_account_says(void **state)
{
    (void)state;
    jb_error error = JB_ERROR_INIT;
    jb_restore_options options = options_of("b", "target");
    options.keep_old = true;
    char *account = NULL;
    assert_ok(error, jb_restore(w.store, NULL, &options, &account, &error));
    expect_content("target/file", "new");
    assert_int_equal(
        shell("test \"$(cat $(echo '%s' | sed -n 's/.*\"old\": *\"\\([^\"]*\\)\".*/\\1/p')/file)\" = old", account), 0);
    assert_null(strstr(account, "staging"));
    jb_text_free(account);

    /* Where nothing was replaced there is nothing to keep. */
    options.target = workspace_file(&w, "fresh");
    assert_ok(error, jb_restore(w.store, NULL, &options, &account, &error));
    expect_content("fresh/file", "new");
    assert_null(strstr(account, "\"old\""));
    jb_text_free(account);
}

int main(void)
{
    /* Mounts are seen by this process and its children only, and end with them. */
    if (geteuid() != 0 || unshare(CLONE_NEWNS) != 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0) {
        fprintf(stderr, "this test needs root and its own mounts\n");
        return 1;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_journal_of_another_restore_stays_as_it_is, enter, leave),
        cmocka_unit_test_setup_teardown(a_failed_restore_undoes_its_own_staging, enter, leave),
        cmocka_unit_test_setup_teardown(old_content_is_kept_where_the_account_says, enter, leave),
        cmocka_unit_test_setup_teardown(old_content_that_cannot_go_is_told_and_can_be_committed_later, enter, leave),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
