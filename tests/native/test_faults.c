/*
 * A small backup, its verification, rotation and restore on a file store, with one fault in each run: an allocation
 * that fails, a system call that fails, a process that ends; each of them in turn.
 */
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
#include <jansson.h>

#include "faults.h"
#include "workspace.h"

static struct workspace w;

static jb_backup_name named(const char *timestamp)
{
    return (jb_backup_name){
        .size = sizeof(jb_backup_name), .bucket = "bucket", .name = "n", .timestamp = timestamp, .mode = "auto"};
}

static jb_catalog catalog(void)
{
    return (jb_catalog){.size = sizeof(jb_catalog), .store = w.store, .bucket = "bucket", .key = "own/er/catalog.json"};
}

static const char *path_of(const char *name)
{
    static char paths[4][128];
    static unsigned turn;
    char *path = paths[turn++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", w.path, name);
    return path;
}

static int back_up_at(const char *timestamp, jb_error *error)
{
    const char *directories[] = {path_of("tree"), NULL};
    jb_catalog entries = catalog();
    jb_backup_directories_options options = {
        .size = sizeof options, .name = named(timestamp), .directories = directories, .catalog = &entries};
    char *account = NULL;
    int code = jb_backup_directories(w.store, NULL, &options, &account, error);
    jb_text_free(account);
    return code;
}

static int back_up(jb_error *error)
{
    return back_up_at("2026-11-22T03:00:00", error);
}

static int verify(jb_error *error)
{
    jb_backup_name latest = named(NULL);
    char *account = NULL;
    int code = verify_backup(w.store, NULL, latest, true, &account, error);
    jb_text_free(account);
    return code;
}

static int rotate(jb_error *error)
{
    jb_catalog entries = catalog();
    jb_rotate_options options = {
        .size = sizeof options, .bucket = "bucket", .name = "n", .mode = "auto", .keep = 1, .catalog = &entries};
    char *account = NULL;
    int code = jb_rotate(w.store, NULL, &options, &account, error);
    jb_text_free(account);
    return code;
}

static int restore(jb_error *error)
{
    jb_restore_options options = {
        .size = sizeof options, .name = named(NULL), .target = path_of("target"), .journal = path_of("journal")};
    char *account = NULL;
    int code = jb_restore(w.store, NULL, &options, &account, error);
    jb_text_free(account);
    return code;
}

/* ---- what must hold after every fault ---- */

static const char *what; /* the fault, for messages */

static void must(int code, const jb_error *error)
{
    if (code != JB_OK)
        fail_msg("after %s: %s: %s", what, jb_code_name((jb_code)code), error->text);
}

/* Whatever is listed as complete is whole; the number of them. */
static unsigned check_backups(void)
{
    jb_error error = JB_ERROR_INIT;
    char *account = NULL;
    must(jb_backup_list(w.store, NULL, "bucket", "n", &account, &error), &error);
    json_t *list = json_loads(account, 0, NULL);
    unsigned complete = 0;
    size_t index;
    json_t *backup;
    json_array_foreach(json_object_get(list, "backups"), index, backup)
    {
        if (strcmp(json_string_value(json_object_get(backup, "state")), "complete") != 0)
            continue;
        jb_backup_name name = named(json_string_value(json_object_get(backup, "timestamp")));
        must(verify_backup(w.store, NULL, name, true, NULL, &error), &error);
        complete++;
    }
    json_decref(list);
    jb_text_free(account);
    return complete;
}

static void check_catalog(void)
{
    jb_error error = JB_ERROR_INIT;
    jb_catalog entries = catalog();
    char *account = NULL;
    must(jb_catalog_list(&entries, NULL, &account, &error), &error);
    if (strstr(account, "02:00:00") == NULL)
        fail_msg("after %s: the newest backup left the catalog: %s", what, account);
    jb_text_free(account);
}

static void after_backup(bool ended_well)
{
    jb_error error = JB_ERROR_INIT;
    unsigned complete = check_backups();
    if (complete < (ended_well ? 3u : 2u))
        fail_msg("after %s: %u backups are complete", what, complete);
    check_catalog();
    must(back_up_at("2026-11-22T04:00:00", &error), &error);
}

static void after_verification(bool ended_well)
{
    (void)ended_well;
    assert_int_equal(check_backups(), 2);
}

static void after_rotation(bool ended_well)
{
    jb_error error = JB_ERROR_INIT;
    unsigned complete = check_backups();
    if (complete < 1 || (ended_well && complete != 1))
        fail_msg("after %s: %u backups are complete", what, complete);
    check_catalog();
    must(rotate(&error), &error);
    assert_int_equal(check_backups(), 1);
    check_catalog();
}

static bool target_is(const char *tree)
{
    return shell("diff -r --no-dereference '%s/%s' '%s/target' > /dev/null", w.path, tree, w.path) == 0;
}

static void after_restore(bool ended_well)
{
    jb_error error = JB_ERROR_INIT;
    if (access(path_of("journal"), F_OK) == 0) {
        int code = jb_restore_commit(NULL, path_of("journal"), false, NULL, &error);
        must(code == JB_ERROR_STATE ? jb_restore_undo(NULL, path_of("journal"), NULL, &error) : code, &error);
    }
    if (!target_is("tree") && (ended_well || !target_is("old")))
        fail_msg("after %s: the target is neither old nor new", what);
    must(restore(&error), &error);
    assert_true(target_is("tree"));
    if (shell("ls -A '%s' | grep -q '^.jpsbackup-'", w.path) == 0)
        fail_msg("after %s: staging is left", what);
}

static const struct operation {
    const char *name;
    int (*run)(jb_error *error);
    void (*check)(bool ended_well);
} operations[] = {
    {"backup", back_up, after_backup},
    {"verification", verify, after_verification},
    {"rotation", rotate, after_rotation},
    {"restore", restore, after_restore},
};

/* ---- the loops ---- */

static void begin_anew(void)
{
    if (shell("cd '%s' && rm -rf store/bucket target journal* .jpsbackup-* && cp -a first store/bucket && "
              "cp -a old target",
              w.path) != 0)
        fail_msg("the workspace cannot be set up");
}

static const char *fault_name(enum fault kind)
{
    return kind == FAULT_MEMORY ? "allocation" : kind == FAULT_CALL ? "call" : "call, where the process ended";
}

static void fail_once(const struct operation *operation, enum fault kind, unsigned at)
{
    char text[160];
    snprintf(text, sizeof text, "a %s without %s %u", operation->name, fault_name(kind), at);
    what = text;
    begin_anew();
    jb_error error = JB_ERROR_INIT;
    faults_begin(kind, at);
    int code = operation->run(&error);
    faults_end();
    snprintf(text, sizeof text, "a %s without %s %u (%s), which ended with '%s'", operation->name, fault_name(kind), at,
             faults_struck(), jb_code_name((jb_code)code));
    if (code != JB_OK && (error.text[0] == '\0' || (int)error.code != code))
        fail_msg("after %s: its error is '%s' with the code %s", what, error.text, jb_code_name(error.code));
    if (code == JB_ERROR_VERIFY || code == JB_ERROR_FORMAT)
        fail_msg("after %s: damage is told where there is none: %s", what, error.text);
    operation->check(code == JB_OK);
}

static void die_once(const struct operation *operation, enum fault kind, unsigned at)
{
    char text[160];
    snprintf(text, sizeof text, "a %s without %s %u", operation->name, fault_name(kind), at);
    what = text;
    begin_anew();
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        jb_error error = JB_ERROR_INIT;
        faults_begin(kind, at);
        _exit(operation->run(&error) == JB_OK ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    /* Threads make the number of calls vary by a few. */
    if (WEXITSTATUS(status) != FAULTS_EXIT_CODE && WEXITSTATUS(status) != 0)
        fail_msg("after %s: status %d", what, WEXITSTATUS(status));
    operation->check(WEXITSTATUS(status) == 0);
}

static void loop(enum fault kind, void (*once)(const struct operation *operation, enum fault kind, unsigned at))
{
    for (size_t i = 0; i < sizeof operations / sizeof *operations; i++) {
        jb_error error = JB_ERROR_INIT;
        what = "no fault";
        begin_anew();
        faults_begin(kind, FAULTS_NEVER);
        int code = operations[i].run(&error);
        unsigned count = faults_end();
        must(code, &error);
        operations[i].check(true);
        printf("%s: %u times '%s'\n", operations[i].name, count, fault_name(kind));
        for (unsigned at = 0; at < count; at++)
            once(&operations[i], kind, at);
    }
}

static void an_allocation_that_fails_is_an_error(void **state)
{
    (void)state;
    loop(FAULT_MEMORY, fail_once);
}

static void a_system_call_that_fails_is_an_error(void **state)
{
    (void)state;
    loop(FAULT_CALL, fail_once);
}

static void a_process_that_ends_leaves_what_was_whole(void **state)
{
    (void)state;
    loop(FAULT_KILL, die_once);
}

static int enter(void **state)
{
    (void)state;
    jb_error error = JB_ERROR_INIT;
    workspace_open(&w);
    assert_int_equal(
        shell("cd '%s' && mkdir -p tree/sub old && head -c 100000 /dev/urandom > tree/sub/random && "
              "echo text > 'tree/a file' && ln -s sub/random tree/link && ln tree/sub/random tree/second && "
              "echo old > old/file",
              w.path),
        0);
    assert_ok(error, back_up_at("2026-11-22T01:00:00", &error));
    assert_ok(error, back_up_at("2026-11-22T02:00:00", &error));
    assert_int_equal(shell("cp -a '%s/store/bucket' '%s/first'", w.path, w.path), 0);
    return 0;
}

static int leave(void **state)
{
    (void)state;
    workspace_close(&w);
    return 0;
}

int main(void)
{
    /* In memory, for each run syncs the disk a hundred times. */
    if (geteuid() != 0 || unshare(CLONE_NEWNS) != 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("none", "/tmp", "tmpfs", 0, "size=1g") != 0) {
        fprintf(stderr, "this test needs root and its own mounts\n");
        return 1;
    }
    faults_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_allocation_that_fails_is_an_error, enter, leave),
        cmocka_unit_test_setup_teardown(a_system_call_that_fails_is_an_error, enter, leave),
        cmocka_unit_test_setup_teardown(a_process_that_ends_leaves_what_was_whole, enter, leave),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
