/* What a restore in one call does with a journal that another one left, and when its last step fails. */
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
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

/* Does something once, as soon as a phase of the restore begins. */
struct moment {
    const char *phase;
    const char *command; /* for the shell; NULL: the operation is cancelled, or with `dies` the process ends */
    bool dies;
    bool done;
};

static int watch(void *context, const jb_progress *event)
{
    struct moment *moment = context;
    if (moment->done || strcmp(event->phase, moment->phase) != 0)
        return 0;
    moment->done = true;
    if (moment->dies)
        _exit(42);
    if (moment->command == NULL)
        return 1;
    assert_int_equal(shell("cd '%s' && %s", w.path, moment->command), 0);
    return 0;
}

static int restore_with(struct moment *moment, const jb_restore_options *options, jb_error *error)
{
    jb_operation_options watched = {
        .size = sizeof watched, .progress = watch, .progress_context = moment, .progress_interval_ms = 1};
    jb_operation *operation;
    assert_ok(*error, jb_operation_new(&watched, &operation, error));
    int code = jb_restore(w.store, operation, options, NULL, error);
    jb_operation_free(operation);
    assert_true(moment->done);
    return code;
}

static void old_content_that_cannot_go_is_told_and_can_be_committed_later(void **state)
{
    (void)state;
    jb_error error = JB_ERROR_INIT;
    jb_restore_options options = options_of("b", "target");
    struct moment moment = {"extract", "mkdir target/mounted && mount -t tmpfs none target/mounted", false, false};
    assert_fails(JB_ERROR_CONFLICT, error, restore_with(&moment, &options, &error));
    assert_non_null(strstr(error.text, "is restored, but its old content is not removed"));
    assert_non_null(strstr(error.hint, "commit"));
    expect_content("target/file", "new");
    assert_int_equal(shell("umount '%s'/.jpsbackup-*/new/mounted", w.path), 0);
    assert_ok(error, jb_restore_commit(NULL, options.journal, false, NULL, &error));
    expect_content("target/file", "new");
    assert_int_equal(access(options.journal, F_OK), -1);
}

/* All that a tree is, with its times. */
static void list_tree(const char *into)
{
    assert_int_equal(
        shell("cd '%s' && find . -path ./store -prune -o ! -name '*.list' -printf '%%p %%y %%m %%U:%%G %%s "
              "%%T@ %%l\\n' | sort > %s.list",
              w.path, into),
        0);
}

/* With `beside`, the time of the directory around the target may differ, where journals come and go. */
static void expect_same_tree(bool beside)
{
    list_tree("now");
    assert_int_equal(
        shell("cd '%s' && sed -i %dd before.list now.list && diff before.list now.list", w.path, beside ? 1 : 1000), 0);
}

/* The directory's own time changes with the lists. */
static void begin_list(void)
{
    assert_int_equal(shell("cd '%s' && : > before.list && : > now.list", w.path), 0);
    list_tree("before");
}

static void expect_plan(const jb_restore_options *options, const char *method, bool replaces)
{
    jb_error error = JB_ERROR_INIT;
    char *account = NULL;
    char expected[64];
    begin_list();
    assert_ok(error, jb_restore_check(w.store, NULL, options, &account, &error));
    expect_same_tree(false);
    snprintf(expected, sizeof expected, "\"method\":\"%s\",\"replaces\":%s", method, replaces ? "true" : "false");
    if (strstr(account, expected) == NULL)
        fail_msg("no %s in %s", expected, account);
    jb_text_free(account);
}

static void a_plan_tells_the_method_and_changes_nothing(void **state)
{
    (void)state;
    jb_restore_options options = options_of("b", "target");
    expect_plan(&options, "exchange", true);
    options.in_place = true;
    expect_plan(&options, "in-place", true);
    options.in_place = false;
    assert_int_equal(shell("mount -t tmpfs none '%s/target' && echo old > '%s/target/file'", w.path, w.path), 0);
    expect_plan(&options, "entries", true);
    assert_int_equal(shell("umount '%s/target'", w.path), 0);
    options.target = workspace_file(&w, "absent");
    expect_plan(&options, "rename", false);

    static const char *const program[] = {"cat", NULL};
    options.consumer = program;
    options.target = workspace_file(&w, "other");
    expect_plan(&options, "exchange", true);
}

static void what_is_mounted_inside_the_target_stops_a_restore_before_it_begins(void **state)
{
    (void)state;
    jb_error error = JB_ERROR_INIT;
    assert_int_equal(shell("mkdir -p '%s/target/a b' && mount -t tmpfs none '%s/target/a b'", w.path, w.path), 0);
    begin_list();
    for (int in_place = 0; in_place < 2; in_place++) {
        jb_restore_options options = options_of("b", "target");
        options.in_place = in_place == 1;
        assert_fails(JB_ERROR_CONFLICT, error, jb_restore_check(w.store, NULL, &options, NULL, &error));
        assert_fails(JB_ERROR_CONFLICT, error, jb_restore(w.store, NULL, &options, NULL, &error));
        assert_non_null(strstr(error.text, "/target/a b' inside the target"));
        assert_non_null(strstr(error.hint, "unmount"));
    }
    expect_same_tree(false);
    assert_int_equal(shell("umount '%s/target/a b'", w.path), 0);
    /* Beside it, with a name that begins alike, it does not matter. */
    assert_int_equal(shell("mkdir -p '%s/target2' && mount -t tmpfs none '%s/target2'", w.path, w.path), 0);
    jb_restore_options options = options_of("b", "target");
    assert_ok(error, jb_restore(w.store, NULL, &options, NULL, &error));
    assert_int_equal(shell("umount '%s/target2'", w.path), 0);
}

/* 40 MiB beside 30 MiB of old content, where 40 MiB more are free at first. */
static void without_room_for_both_it_is_restored_in_place_only(void **state)
{
    (void)state;
    jb_error error = JB_ERROR_INIT;
    assert_int_equal(shell("cd '%s' && mkdir small && mount -t tmpfs -o size=70m none small && mkdir small/t && "
                           "head -c 31457280 /dev/urandom > small/t/old && head -c 41943040 /dev/zero > tree/new",
                           w.path),
                     0);
    const char *directories[] = {workspace_file(&w, "tree"), NULL};
    jb_backup_directories_options backup = {
        .size = sizeof backup,
        .name = {.size = sizeof(jb_backup_name), .bucket = "bucket", .name = "large", .mode = "manual"},
        .directories = directories};
    assert_ok(error, jb_backup_directories(w.store, NULL, &backup, NULL, &error));
    jb_restore_options options = options_of("large", "target");
    options.target = workspace_file(&w, "small/t");
    assert_fails(JB_ERROR_NO_SPACE, error, jb_restore(w.store, NULL, &options, NULL, &error));
    assert_non_null(strstr(error.hint, "in place"));
    assert_int_equal(access(workspace_file(&w, "small/t/old"), F_OK), 0);
    /* Where nothing is to go, that would help nobody. */
    options.target = workspace_file(&w, "small/fresh");
    assert_fails(JB_ERROR_NO_SPACE, error, jb_restore(w.store, NULL, &options, NULL, &error));
    assert_null(strstr(error.hint, "in place"));
    options.target = workspace_file(&w, "small/t");

    options.in_place = true;
    /* A second name keeps the bytes where they are. */
    assert_int_equal(shell("ln '%s/small/t/old' '%s/small/second'", w.path, w.path), 0);
    assert_fails(JB_ERROR_NO_SPACE, error, jb_restore(w.store, NULL, &options, NULL, &error));
    assert_int_equal(unlink(workspace_file(&w, "small/second")), 0);
    assert_ok(error, jb_restore(w.store, NULL, &options, NULL, &error));
    assert_int_equal(shell("cmp '%s/tree/new' '%s/small/t/new'", w.path, w.path), 0);
    assert_int_equal(access(workspace_file(&w, "small/t/old"), F_OK), -1);
    assert_int_equal(shell("umount '%s/small'", w.path), 0);
}

/* 4,000 empty files and a hole of 1 GiB need names and inodes only; 1,000 files of 4,097 bytes need two blocks each,
 * and so do 1,000 long links with an attribute. */
static void room_is_reckoned_in_blocks(void **state)
{
    (void)state;
    jb_error error = JB_ERROR_INIT;
    assert_int_equal(shell("cd '%s' && mkdir empty full links small && (cd empty && seq 4000 | xargs touch) && "
                           "truncate -s 1G empty/hole && head -c 4097 /dev/zero > full/1 && "
                           "for i in $(seq 2 1000); do cat full/1 > full/$i; done && "
                           "for i in $(seq 1000); do ln -s $(printf '%%080d' $i) links/$i; done && "
                           "setfattr -h -n trusted.a -v b links/* && "
                           "mount -t tmpfs -o size=6m none small",
                           w.path),
                     0);
    const char *directories[] = {workspace_file(&w, "empty"), workspace_file(&w, "full"), workspace_file(&w, "links"),
                                 NULL};
    jb_backup_directories_options backup = {
        .size = sizeof backup,
        .name = {.size = sizeof(jb_backup_name), .bucket = "bucket", .name = "blocks", .mode = "manual"},
        .directories = directories};
    assert_ok(error, jb_backup_directories(w.store, NULL, &backup, NULL, &error));
    jb_restore_options options = options_of("blocks", "target");
    options.object = "empty.tar.zst";
    options.target = workspace_file(&w, "small/empty");
    assert_ok(error, jb_restore(w.store, NULL, &options, NULL, &error));
    assert_int_equal(shell("test $(ls '%s/small/empty' | wc -l) = 4001", w.path), 0);
    static const char *const twice[][2] = {{"full.tar.zst", "small/full"}, {"links.tar.zst", "small/links"}};
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(shell("rm -rf '%s/small'/* && mount -o remount,size=9m '%s/small'", w.path, w.path), 0);
        options.object = twice[i][0];
        options.target = workspace_file(&w, twice[i][1]);
        assert_fails(JB_ERROR_NO_SPACE, error, jb_restore(w.store, NULL, &options, NULL, &error));
        assert_int_equal(shell("mount -o remount,size=11m '%s/small'", w.path), 0);
        assert_ok(error, jb_restore(w.store, NULL, &options, NULL, &error));
    }
    assert_int_equal(shell("umount '%s/small'", w.path), 0);
}

static void in_place_gives_the_same_tree_and_leaves_no_journal(void **state)
{
    (void)state;
    jb_error error = JB_ERROR_INIT;
    char *account = NULL;
    assert_int_equal(
        shell("cd '%s' && chmod 751 tree && chown 7:8 tree && mkdir tree/sub && ln tree/file tree/sub/hard && "
              "mkdir target/gone && setfattr -n user.old -v x target",
              w.path),
        0);
    const char *directories[] = {workspace_file(&w, "tree"), NULL};
    jb_backup_directories_options backup = {
        .size = sizeof backup,
        .name = {.size = sizeof(jb_backup_name), .bucket = "bucket", .name = "c", .mode = "manual"},
        .directories = directories};
    assert_ok(error, jb_backup_directories(w.store, NULL, &backup, NULL, &error));
    jb_restore_options options = options_of("c", "target");
    options.in_place = true;
    for (int i = 0; i < 2; i++) { /* the second time without a target */
        assert_ok(error, jb_restore(w.store, NULL, &options, &account, &error));
        assert_non_null(strstr(account, "\"files\":4,\"verified\":true"));
        jb_text_free(account);
        assert_int_equal(
            shell("cd '%s' && for t in tree target; do (cd $t && find . -printf '%%p %%m %%U:%%G %%n %%T@\\n' | "
                  "sort && getfattr -d .); done > both.list; n=$(wc -l < both.list); test $((n %% 2)) = 0 && "
                  "head -n $((n / 2)) both.list > first.list && tail -n $((n / 2)) both.list | "
                  "diff first.list -",
                  w.path),
            0);
        assert_int_equal(access(options.journal, F_OK), -1);
        assert_int_equal(shell("rm -r '%s/target'", w.path), 0);
    }
}

static void damage_is_found_before_anything_changes_in_place(void **state)
{
    (void)state;
    jb_error error = JB_ERROR_INIT;
    jb_restore_options options = options_of("b", "target");
    options.in_place = true;
    char object[256];
    assert_int_equal(shell("cd '%s' && ln -s store/bucket/b_*_manual/tree.tar.zst object", w.path), 0);
    snprintf(object, sizeof object, "%s", workspace_file(&w, "object"));
    size_t size;
    free(read_file(object, &size));
    for (size_t at = 0; at < size; at += 7) {
        begin_list();
        flip_byte(object, (long)at);
        assert_fails(JB_ERROR_VERIFY, error, jb_restore(w.store, NULL, &options, NULL, &error));
        assert_null(strstr(error.text, "INCOMPLETE"));
        expect_same_tree(true);
        flip_byte(object, (long)at);
    }
}

static void expect_resumed(const jb_restore_options *options)
{
    jb_error error = JB_ERROR_INIT;
    expect_state("\"in-place\"");
    /* Neither undone nor taken for staged. */
    assert_fails(JB_ERROR_STATE, error, jb_restore_undo(NULL, options->journal, NULL, &error));
    assert_non_null(strstr(error.text, "its old content is gone"));
    assert_fails(JB_ERROR_STATE, error, jb_restore_swap(NULL, options->journal, NULL, &error));
    jb_restore_options other = *options;
    other.in_place = false;
    assert_fails(JB_ERROR_CONFLICT, error, jb_restore(w.store, NULL, &other, NULL, &error));
    assert_non_null(strstr(error.text, "is incomplete"));
    assert_fails(JB_ERROR_CONFLICT, error, jb_restore_check(w.store, NULL, &other, NULL, &error));
    assert_non_null(strstr(error.text, "is incomplete"));
    assert_ok(error, jb_restore_check(w.store, NULL, options, NULL, &error)); /* the same one goes on */
    other = options_of("b", "other");
    other.in_place = true;
    assert_fails(JB_ERROR_CONFLICT, error, jb_restore(w.store, NULL, &other, NULL, &error));
    assert_fails(JB_ERROR_CONFLICT, error, jb_restore_check(w.store, NULL, &other, NULL, &error));
    expect_state("\"in-place\"");
    expect_content("other/file", "old");
    assert_ok(error, jb_restore(w.store, NULL, options, NULL, &error));
    expect_content("target/file", "new");
    assert_int_equal(access(options->journal, F_OK), -1);
}

static void a_failure_in_place_says_aloud_what_is_left_and_the_next_run_goes_on(void **state)
{
    (void)state;
    jb_error error = JB_ERROR_INIT;
    jb_restore_options options = options_of("b", "target");
    options.in_place = true;
    struct moment moment = {"extract", NULL, false, false};
    assert_fails(JB_ERROR_CANCELLED, error, restore_with(&moment, &options, &error));
    assert_non_null(strstr(error.text, "/target' is INCOMPLETE"));
    assert_non_null(strstr(error.hint, "run the same restore in place again"));
    expect_resumed(&options);

    /* Who says that it is good as it is may end it so. */
    moment = (struct moment){"extract", NULL, false, false};
    assert_fails(JB_ERROR_CANCELLED, error, restore_with(&moment, &options, &error));
    assert_ok(error, jb_restore_commit(NULL, options.journal, false, NULL, &error));
    assert_int_equal(access(options.journal, F_OK), -1);
}

static void the_process_may_end_in_place(void **state)
{
    (void)state;
    jb_restore_options options = options_of("b", "target");
    options.in_place = true;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        jb_error error = JB_ERROR_INIT;
        struct moment moment = {"extract", NULL, true, false};
        (void)restore_with(&moment, &options, &error);
        _exit(1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(WEXITSTATUS(status), 42);
    expect_resumed(&options);
}

static void a_program_may_take_the_place_too(void **state)
{
    (void)state;
    jb_error error = JB_ERROR_INIT;
    static const char *const program[] = {"sh", "-c", "tar -xO > file; ls -A > list", NULL};
    jb_restore_options options = options_of("b", "target");
    options.in_place = true;
    options.consumer = program;
    assert_int_equal(shell("cd '%s' && chmod 750 target && chown 3:4 target", w.path), 0);
    assert_ok(error, jb_restore(w.store, NULL, &options, NULL, &error));
    expect_content("target/file", "new");
    assert_int_equal(shell("cd '%s/target' && test \"$(stat -c %%a:%%u:%%g .)\" = 750:3:4 && test \"$(cat list)\" = "
                           "\"$(printf 'file\\nlist')\"",
                           w.path),
                     0);
    /* What a program said is no more to be trusted than what it left behind. */
    static const char *const failing[] = {"sh", "-c", "cat > /dev/null; exit 3", NULL};
    options.consumer = failing;
    assert_fails(JB_ERROR_PRODUCER, error, jb_restore(w.store, NULL, &options, NULL, &error));
    assert_non_null(strstr(error.text, "INCOMPLETE"));
}

/* Of an old backup, found without its listing; onto a file that something is mounted on. */
static void a_file_may_be_overwritten_in_its_place(void **state)
{
    (void)state;
    jb_error error = JB_ERROR_INIT;
    char *account = NULL;
    assert_int_equal(
        shell("cd '%s' && mkdir -p store/bucket/o_2021-01-02T03:04:00_auto && echo new | gzip > "
              "store/bucket/o_2021-01-02T03:04:00_auto/jahia-env-vars.gz && echo old and longer > bound && touch "
              "file && mount --bind bound file && chmod 640 file && chown 3:4 file",
              w.path),
        0);
    jb_restore_options options = options_of("o", "file");
    options.target = workspace_file(&w, "file");
    options.old = true;
    options.object = "jahia-env-vars.gz";
    options.name.mode = "auto";
    assert_fails(JB_ERROR_USAGE, error, jb_restore(w.store, NULL, &options, NULL, &error));
    options.name.timestamp = "2021-01-02T03:04:00";
    expect_plan(&options, "copy", true);
    options.in_place = true;
    assert_ok(error, jb_restore(w.store, NULL, &options, &account, &error));
    assert_non_null(strstr(account, "\"files\":1,\"verified\":false"));
    jb_text_free(account);
    assert_int_equal(
        shell("cd '%s' && test \"$(cat bound)\" = new && test \"$(stat -c %%a:%%u:%%g bound)\" = 640:3:4", w.path), 0);
    options.object = "../o";
    assert_fails(JB_ERROR_USAGE, error, jb_restore(w.store, NULL, &options, NULL, &error));
    options.object = "none.gz";
    assert_fails(JB_ERROR_NOT_FOUND, error, jb_restore(w.store, NULL, &options, NULL, &error));
    assert_int_equal(shell("umount '%s/file'", w.path), 0);
}

static jb_restore_options old_file(void)
{
    assert_int_equal(
        shell("cd '%s' && mkdir -p store/bucket/o_2021-01-02T03:04:00_auto && echo new | gzip > "
              "store/bucket/o_2021-01-02T03:04:00_auto/file.gz && echo old > file && chmod 640 file && chown 3:4 file",
              w.path),
        0);
    jb_restore_options options = options_of("o", "file");
    options.old = true;
    options.object = "file.gz";
    options.name.mode = "auto";
    options.name.timestamp = "2021-01-02T03:04:00";
    options.in_place = true;
    return options;
}

static void other_names_of_a_file_keep_their_content(void **state)
{
    (void)state;
    jb_error error = JB_ERROR_INIT;
    jb_restore_options options = old_file();
    assert_int_equal(shell("cd '%s' && ln file second && setfattr -n user.k -v x file", w.path), 0);
    assert_ok(error, jb_restore(w.store, NULL, &options, NULL, &error));
    expect_content("file", "new");
    expect_content("second", "old");
    assert_int_equal(shell("cd '%s' && test \"$(stat -c %%a:%%u:%%g:%%h file)\" = 640:3:4:1 && "
                           "getfattr -n user.k file > /dev/null && ! ls | grep -q '^file.'",
                           w.path),
                     0);

    /* A mounted one cannot be parted from them. */
    assert_int_equal(shell("cd '%s' && ln second third && mount --bind second file", w.path), 0);
    begin_list();
    assert_fails(JB_ERROR_CONFLICT, error, jb_restore_check(w.store, NULL, &options, NULL, &error));
    assert_fails(JB_ERROR_CONFLICT, error, jb_restore(w.store, NULL, &options, NULL, &error));
    expect_same_tree(true);
    assert_int_equal(shell("umount '%s/file'", w.path), 0);
}

static void a_journal_inside_the_target_is_refused(void **state)
{
    (void)state;
    jb_error error = JB_ERROR_INIT;
    assert_int_equal(shell("cd '%s' && ln -s target to_it", w.path), 0);
    for (int i = 0; i < 6; i++) {
        static const char *const journals[] = {"target/journal", "to_it/journal", "to_it/sub/journal"};
        jb_restore_options options = options_of("b", "target");
        begin_list();
        options.in_place = i % 2 == 0;
        options.journal = workspace_file(&w, "%s", journals[i / 2]);
        if (options.in_place)
            assert_fails(JB_ERROR_USAGE, error, jb_restore_check(w.store, NULL, &options, NULL, &error));
        else if (i / 2 == 2) /* directories of journals are made before */
            continue;
        assert_fails(JB_ERROR_USAGE, error, jb_restore(w.store, NULL, &options, NULL, &error));
        assert_non_null(strstr(error.text, "lies inside the target"));
        expect_content("target/file", "old");
        if (options.in_place)
            expect_same_tree(true);
    }
}

static void a_program_that_cannot_run_is_refused_before_anything(void **state)
{
    (void)state;
    jb_error error = JB_ERROR_INIT;
    assert_int_equal(shell("cd '%s' && echo '#!/bin/sh' > not-executable", w.path), 0);
    const char *const programs[] = {"no-such-program", "/no/such/program", "./relative", "/tmp",
                                    workspace_file(&w, "not-executable")};
    for (size_t i = 0; i < 2 * sizeof programs / sizeof *programs; i++) {
        begin_list();
        const char *const program[] = {programs[i / 2], NULL};
        jb_restore_options options = options_of("b", "target");
        options.consumer = program;
        options.in_place = i % 2 == 0;
        assert_fails(JB_ERROR_PRODUCER, error, jb_restore_check(w.store, NULL, &options, NULL, &error));
        assert_fails(JB_ERROR_PRODUCER, error, jb_restore(w.store, NULL, &options, NULL, &error));
        assert_non_null(strstr(error.text, programs[i / 2]));
        expect_same_tree(true);
    }
}

/* An old backup o of the archive that `commands` make in an empty directory. */
static jb_restore_options old_archive(const char *commands)
{
    assert_int_equal(shell("cd '%s' && rm -rf made && mkdir -p made/data store/bucket/o_2021-01-02T03:04:00_auto && "
                           "cd made && (%s) && gzip -c made.tar > "
                           "../store/bucket/o_2021-01-02T03:04:00_auto/haproxy.tar.gz",
                           w.path, commands),
                     0);
    jb_restore_options options = options_of("o", "target");
    options.old = true;
    options.object = "haproxy.tar.gz";
    options.name.mode = "auto";
    options.name.timestamp = "2021-01-02T03:04:00";
    options.in_place = true;
    return options;
}

static void what_cannot_be_extracted_is_noticed_before_anything_changes_in_place(void **state)
{
    (void)state;
    jb_error error = JB_ERROR_INIT;
    static const char *const archives[] = {
        /* a name that comes twice; a directory after a file; a file after a directory */
        "echo > data/a; tar -cf made.tar data data/a",
        "echo > data/a; tar -cf made.tar data; rm data/a; mkdir data/a; tar -rf made.tar data/a",
        "mkdir -p data/a/b; tar -cf made.tar data; rm -r data/a; echo > data/a; tar -rf made.tar data/a",
        /* a name through a file, and through a link */
        "echo > data/a; tar -cf made.tar data; rm data/a; mkdir data/a; echo > data/a/b; tar -rf made.tar data/a/b",
        "ln -s /tmp data/a; tar -cf made.tar data; rm data/a; mkdir data/a; echo > data/a/b; tar -rf made.tar data/a/b",
        /* hard links to what does not come, and to what comes later */
        "echo > data/a; ln data/a data/b; tar -cf made.tar data/a data/b; tar --delete -f made.tar data/a",
        /* outside of the target */
        "echo > data/a; tar -cPf made.tar data --transform 's,data/a,data/../../a,'",
    };
    for (size_t i = 0; i < sizeof archives / sizeof *archives; i++) {
        jb_restore_options options = old_archive(archives[i]);
        begin_list();
        if (jb_restore(w.store, NULL, &options, NULL, &error) != JB_ERROR_FORMAT || strstr(error.text, "INCOMPLETE"))
            fail_msg("%s: %s", archives[i], error.text);
        expect_same_tree(true);
        options.in_place = false; /* and it is what an extraction refuses */
        assert_fails(JB_ERROR_FORMAT, error, jb_restore(w.store, NULL, &options, NULL, &error));
    }
    /* outside of the directory that such an archive is of */
    jb_restore_options options = old_archive("echo > data/a; tar -cf made.tar data");
    assert_int_equal(
        shell("cd '%s/store/bucket/o_2021-01-02T03:04:00_auto' && mv haproxy.tar.gz digital-factory-data.tar.gz",
              w.path),
        0);
    options.object = "digital-factory-data.tar.gz";
    begin_list();
    assert_fails(JB_ERROR_FORMAT, error, jb_restore(w.store, NULL, &options, NULL, &error));
    assert_null(strstr(error.text, "INCOMPLETE"));
    expect_same_tree(true);

    options =
        old_archive("mkdir data/d; echo new > data/file; ln data/file data/d/b; ln -s d data/l; ln data/l data/m; "
                    "tar --no-recursion -cf made.tar data data/file data/d/b data/d data/l "
                    "data/d data/m");
    assert_ok(error, jb_restore(w.store, NULL, &options, NULL, &error));
    expect_content("target/data/d/b", "new");
}

/* 140 MiB of zeros, packed to some 140 KiB, where 120 MiB are free beside 10 MiB of old content. */
static void the_room_for_an_old_backup_is_known_before_anything_changes_in_place(void **state)
{
    (void)state;
    jb_error error = JB_ERROR_INIT;
    jb_restore_options options = old_archive("head -c 146800640 /dev/zero > data/a; tar -cf made.tar data");
    assert_int_equal(shell("cd '%s' && rm -r made && mkdir small && mount -t tmpfs -o size=130m none small && "
                           "mkdir small/t && head -c 10485760 /dev/zero > small/t/old",
                           w.path),
                     0);
    options.target = workspace_file(&w, "small/t");
    assert_fails(JB_ERROR_NO_SPACE, error, jb_restore(w.store, NULL, &options, NULL, &error));
    assert_null(strstr(error.text, "INCOMPLETE"));
    assert_int_equal(access(workspace_file(&w, "small/t/old"), F_OK), 0);
    assert_int_equal(shell("mount -o remount,size=230m '%s/small'", w.path), 0);
    assert_ok(error, jb_restore(w.store, NULL, &options, NULL, &error));
    assert_int_equal(shell("test $(stat -c %%s '%s/small/t/data/a') = 146800640 && umount '%s/small'", w.path, w.path),
                     0);
}

static void what_contradicts_itself_is_refused(void **state)
{
    (void)state;
    jb_error error = JB_ERROR_INIT;
    jb_restore_options options = options_of("b", "target");
    options.in_place = true;
    assert_fails(JB_ERROR_USAGE, error, jb_restore_stage(w.store, NULL, &options, NULL, &error));
    options.keep_old = true;
    assert_fails(JB_ERROR_USAGE, error, jb_restore(w.store, NULL, &options, NULL, &error));
    options.keep_old = false;
    assert_int_equal(shell("cd '%s' && ln -s target link", w.path), 0);
    options.target = workspace_file(&w, "link");
    assert_fails(JB_ERROR_USAGE, error, jb_restore(w.store, NULL, &options, NULL, &error));
    options.target = workspace_file(&w, "target/file");
    assert_fails(JB_ERROR_USAGE, error, jb_restore(w.store, NULL, &options, NULL, &error));
    expect_content("target/file", "old");
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

static void expect_apart(const char *target, const char *text)
{
    jb_error error = JB_ERROR_INIT;
    for (int in_place = 0; in_place < 2; in_place++) {
        jb_restore_options options = options_of("b", "target");
        options.target = target;
        options.in_place = in_place == 1;
        assert_fails(JB_ERROR_USAGE, error, jb_restore_check(w.store, NULL, &options, NULL, &error));
        assert_non_null(strstr(error.text, text));
        assert_fails(JB_ERROR_USAGE, error, jb_restore(w.store, NULL, &options, NULL, &error));
        assert_non_null(strstr(error.text, text));
        assert_non_null(strstr(error.hint, "restore into a directory"));
        if (in_place == 0)
            assert_fails(JB_ERROR_USAGE, error, jb_restore_stage(w.store, NULL, &options, NULL, &error));
    }
    assert_ok(error, jb_backup_show(w.store, NULL,
                                    &(jb_backup_name){.size = sizeof(jb_backup_name), .bucket = "bucket", .name = "b"},
                                    false, NULL, &error));
}

static void a_restore_never_touches_the_store_it_reads_from(void **state)
{
    (void)state;
    char path[128];
    snprintf(path, sizeof path, "%s", w.path);
    expect_apart(workspace_file(&w, "store"), "holds the store itself");
    expect_apart(path, "holds the store itself");
    expect_apart(workspace_file(&w, "store/fresh/deep"), "inside the store's own directory");
    expect_apart(workspace_file(&w, "store/bucket"), "inside the store's own directory");
    /* By another name, which a path's text does not tell. */
    assert_int_equal(shell("mkdir '%s-alias' && mount --bind '%s' '%s-alias'", w.path, w.path, w.path), 0);
    snprintf(path, sizeof path, "%s-alias", w.path);
    expect_apart(path, "holds the store itself");
    snprintf(path, sizeof path, "%s-alias/store/x", w.path);
    expect_apart(path, "inside the store's own directory");
    assert_int_equal(shell("umount '%s-alias' && rmdir '%s-alias'", w.path, w.path), 0);
}

static int put_all(const char *tree, const char *key, bool strict, jb_error *error)
{
    const jb_put_options options = {
        .size = sizeof options, .bucket = "bucket", .key = key, .tree = tree, .strict = strict};
    return jb_put(w.store, NULL, &options, NULL, error);
}

static void an_archive_leaves_out_the_store_that_it_goes_into(void **state)
{
    (void)state;
    jb_error error = JB_ERROR_INIT;
    assert_ok(error, put_all(w.path, "all.tar", false, &error));
    assert_int_equal(shell("tar -tf '%s/store/bucket/all.tar' > '%s/list' && grep -q /target/file '%s/list' && "
                           "! grep -q /store '%s/list'",
                           w.path, w.path, w.path, w.path),
                     0);
    assert_fails(JB_ERROR_IO, error, put_all(w.path, "strict.tar", true, &error));
    assert_non_null(strstr(error.text, "store"));
    assert_non_null(strstr(error.text, "left out"));
    assert_fails(JB_ERROR_USAGE, error, put_all(workspace_file(&w, "store"), "own.tar", false, &error));
}

static void a_missing_or_cut_object_is_told_as_damage_of_the_backup(void **state)
{
    (void)state;
    jb_error error = JB_ERROR_INIT;
    jb_restore_options options = options_of("b", "target");
    assert_int_equal(shell("truncate -s -1 '%s'/store/bucket/b_*_manual/tree.tar.zst", w.path), 0);
    assert_fails(JB_ERROR_VERIFY, error, jb_restore(w.store, NULL, &options, NULL, &error));
    assert_non_null(strstr(error.text, "is damaged: its object 'tree.tar.zst'"));
    assert_non_null(strstr(error.text, "bytes instead of"));
    assert_int_equal(shell("rm '%s'/store/bucket/b_*_manual/tree.tar.zst", w.path), 0);
    assert_fails(JB_ERROR_VERIFY, error, jb_restore(w.store, NULL, &options, NULL, &error));
    assert_non_null(strstr(error.text, "is damaged: its object 'tree.tar.zst' is missing"));
    assert_non_null(strstr(error.hint, "another backup"));
}

static void back_up(const char *name, const char *const *directories)
{
    jb_error error = JB_ERROR_INIT;
    jb_backup_directories_options backup = {
        .size = sizeof backup,
        .name = {.size = sizeof(jb_backup_name), .bucket = "bucket", .name = name, .mode = "manual"},
        .directories = directories};
    assert_ok(error, jb_backup_directories(w.store, NULL, &backup, NULL, &error));
}

static void the_objects_to_choose_from_are_named(void **state)
{
    (void)state;
    jb_error error = JB_ERROR_INIT;
    back_up("two", (const char *[]){workspace_file(&w, "tree"), workspace_file(&w, "other"), NULL});
    jb_restore_options options = options_of("two", "target");
    assert_fails(JB_ERROR_USAGE, error, jb_restore(w.store, NULL, &options, NULL, &error));
    assert_non_null(strstr(error.hint, "'tree.tar.zst'"));
    assert_non_null(strstr(error.hint, "'other.tar.zst'"));
    options.object = "absent";
    assert_fails(JB_ERROR_NOT_FOUND, error, jb_restore(w.store, NULL, &options, NULL, &error));
    assert_non_null(strstr(error.hint, "'other.tar.zst'"));
}

/* The archive holds 1 MiB beside a file of nothing but 1 GiB of hole. */
static void holes_of_chosen_files_need_no_room(void **state)
{
    (void)state;
    jb_error error = JB_ERROR_INIT;
    char *account = NULL;
    assert_int_equal(shell("cd '%s/tree' && truncate -s 1G hole && head -c 1048576 /dev/urandom > dense", w.path), 0);
    back_up("holes", (const char *[]){workspace_file(&w, "tree"), NULL});
    jb_restore_options options = options_of("holes", "fresh");
    options.target = workspace_file(&w, "fresh");
    options.paths = (const char *const[]){"hole", NULL};
    assert_ok(error, jb_restore(w.store, NULL, &options, &account, &error));
    const char *bytes = strstr(account, "\"bytes\":");
    assert_non_null(bytes);
    assert_true(strtoull(bytes + strlen("\"bytes\":"), NULL, 10) < 8192);
    jb_text_free(account);
    assert_int_equal(shell("test $(stat -c %%s '%s/fresh/hole') = 1073741824", w.path), 0);
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
        cmocka_unit_test_setup_teardown(a_plan_tells_the_method_and_changes_nothing, enter, leave),
        cmocka_unit_test_setup_teardown(what_is_mounted_inside_the_target_stops_a_restore_before_it_begins, enter,
                                        leave),
        cmocka_unit_test_setup_teardown(without_room_for_both_it_is_restored_in_place_only, enter, leave),
        cmocka_unit_test_setup_teardown(room_is_reckoned_in_blocks, enter, leave),
        cmocka_unit_test_setup_teardown(in_place_gives_the_same_tree_and_leaves_no_journal, enter, leave),
        cmocka_unit_test_setup_teardown(damage_is_found_before_anything_changes_in_place, enter, leave),
        cmocka_unit_test_setup_teardown(a_failure_in_place_says_aloud_what_is_left_and_the_next_run_goes_on, enter,
                                        leave),
        cmocka_unit_test_setup_teardown(the_process_may_end_in_place, enter, leave),
        cmocka_unit_test_setup_teardown(a_program_may_take_the_place_too, enter, leave),
        cmocka_unit_test_setup_teardown(other_names_of_a_file_keep_their_content, enter, leave),
        cmocka_unit_test_setup_teardown(a_journal_inside_the_target_is_refused, enter, leave),
        cmocka_unit_test_setup_teardown(a_program_that_cannot_run_is_refused_before_anything, enter, leave),
        cmocka_unit_test_setup_teardown(what_cannot_be_extracted_is_noticed_before_anything_changes_in_place, enter,
                                        leave),
        cmocka_unit_test_setup_teardown(the_room_for_an_old_backup_is_known_before_anything_changes_in_place, enter,
                                        leave),
        cmocka_unit_test_setup_teardown(what_contradicts_itself_is_refused, enter, leave),
        cmocka_unit_test_setup_teardown(a_file_may_be_overwritten_in_its_place, enter, leave),
        cmocka_unit_test_setup_teardown(a_restore_never_touches_the_store_it_reads_from, enter, leave),
        cmocka_unit_test_setup_teardown(an_archive_leaves_out_the_store_that_it_goes_into, enter, leave),
        cmocka_unit_test_setup_teardown(a_missing_or_cut_object_is_told_as_damage_of_the_backup, enter, leave),
        cmocka_unit_test_setup_teardown(the_objects_to_choose_from_are_named, enter, leave),
        cmocka_unit_test_setup_teardown(holes_of_chosen_files_need_no_room, enter, leave),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
