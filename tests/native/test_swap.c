/* Exchanges on plain directories, mount points, an overlay's lower layer, bound files; and the process's end before
 * every single call. Needs root. */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cmocka.h>

#include "backup/swap.h"
#include "backup/swap_system.h"
#include "scratch.h"

#define JOURNAL "journal/swap.json"

static char root[256]; /* of the scratch directory: targets are absolute */

static const char *at(const char *name)
{
    static char paths[8][512];
    static unsigned turn;
    char *path = paths[turn++ % 8];
    snprintf(path, sizeof(paths[0]), "%s/%s", root, name);
    return path;
}

/* The old and the new content, copied from here to where a scenario wants it. */
static void make_protos(void)
{
    scratch_run("mkdir -p proto/old/sub/deep proto/new/sub proto/new/fresh && cd proto && "
                "printf old > old/one && printf old2 > old/sub/deep/two && ln -s /etc old/link && setfattr -n user.k "
                "-v old old old/sub && "
                "chmod 750 old && chown 11:12 old && touch -d @1000000000.25 old/one old/sub/deep old/sub old && "
                "printf oldfile > oldfile && chmod 640 oldfile && chown 5:6 oldfile && touch -d @1000000001 oldfile && "
                "printf new > new/one && printf new3 > new/sub/three && setfattr -n user.k -v new new && chown 21:22 "
                "new && chmod 705 new && "
                "touch -d @1100000000.5 new/one new/sub/three new/sub new/fresh new && "
                "printf newfile > newfile && chmod 604 newfile && touch -d @1100000001 newfile");
}

static int enter(void **state)
{
    (void)state;
    scratch_enter();
    assert_non_null(getcwd(root, sizeof(root)));
    make_protos();
    return 0;
}

/* For the long loops: each of their steps syncs a whole file system, and others may be writing to the disk. */
static int enter_memory(void **state)
{
    enter(state);
    assert_int_equal(mount("none", root, "tmpfs", 0, NULL), 0);
    assert_int_equal(chdir(root), 0);
    make_protos();
    return 0;
}

/* Mounts of this process's own namespace; a test that failed may have left some. */
static int leave(void **state)
{
    (void)state;
    assert_int_equal(chdir("/"), 0);
    scratch_run("grep -o ' %s[^ ]*' /proc/self/mountinfo | sort -r | xargs -r umount", root);
    scratch_leave();
    return 0;
}

/* ---- calls that end the process, or fail, at the chosen one ---- */

static int calls_left;     /* before the chosen call; below 0: never */
static int fail_with;      /* 0: end the process, else the errno of the call */
static int exchange_errno; /* what an exchange of names answers, 0: it works */

static bool chosen(void)
{
    if (calls_left < 0 || calls_left-- > 0)
        return false;
    if (fail_with == 0)
        _exit(42);
    errno = fail_with;
    return true;
}

static int my_rename(int from_directory, const char *from, int to_directory, const char *to, unsigned flags)
{
    if (chosen())
        return -1;
    if (flags && exchange_errno) {
        errno = exchange_errno;
        return -1;
    }
    return swap_system_calls.rename(from_directory, from, to_directory, to, flags);
}

static int my_link(const char *from, const char *to)
{
    return chosen() ? -1 : swap_system_calls.link(from, to);
}

static int my_make_directory(int directory, const char *name, mode_t mode)
{
    return chosen() ? -1 : swap_system_calls.make_directory(directory, name, mode);
}

static int my_remove(int directory, const char *name, int flags)
{
    return chosen() ? -1 : swap_system_calls.remove(directory, name, flags);
}

static int my_sync(int fd)
{
    return chosen() ? -1 : swap_system_calls.sync(fd);
}

static int my_set_time(const char *path, struct timespec mtime)
{
    return chosen() ? -1 : swap_system_calls.set_time(path, mtime);
}

static ssize_t my_write(int fd, const void *bytes, size_t count)
{
    return chosen() ? -1 : swap_system_calls.write(fd, bytes, count);
}

static const struct swap_system my_system = {my_rename, my_link,     my_make_directory, my_remove,
                                             my_sync,   my_set_time, my_write};

static struct swap *open_swap(void)
{
    struct swap *swap;
    jb_error error = JB_ERROR_INIT;
    if (swap_open(at(JOURNAL), &swap, &error) != JB_OK)
        fail_msg("%s", error.text);
    swap_use_system(swap, &my_system);
    return swap;
}

/* ---- scenarios: what is swapped, and on what ground ---- */

struct scenario {
    const char *name;
    const char *make; /* makes the old state below "t", which holds a tree "tree" and a file "file" unless `missing` */
    const char *unmake;
    const char *method; /* that the journal must say of the tree; of the file where `copies` */
    bool missing;       /* the targets do not exist yet */
    bool copies;
    int exchange_errno;
};

#define OLD_TREE(where) "mkdir -p " where " && cp -a proto/old/. " where
#define OLD_FILE        "cp -a proto/oldfile t/file"

static const struct scenario scenarios[] = {
    {"plain", "mkdir t && " OLD_TREE("t/tree") " && " OLD_FILE, "true", "exchange", false, false, 0},
    {"no exchange", "mkdir t && " OLD_TREE("t/tree") " && " OLD_FILE, "true", "rename", false, false, EINVAL},
    {"missing", "mkdir t", "true", "rename", true, false, 0},
    {"mount point",
     "mkdir -p t/tree && mount -t tmpfs none t/tree && " OLD_TREE(
         "t/tree") " && printf x > bound && touch t/file && mount --bind bound t/file && cp --preserve=all "
                   "proto/oldfile t/file",
     "umount t/tree t/file", "entries", false, true, 0},
    {"overlay",
     "mkdir -p ov && mount -t tmpfs none ov && mkdir -p ov/l ov/u ov/w t && " OLD_TREE(
         "ov/l/tree") " && touch ov/l/file && "
                      "mount -t overlay overlay -o lowerdir=ov/l,upperdir=ov/u,workdir=ov/w t && " OLD_FILE,
     "umount t ov", "entries", false, false, 0},
    {"ext4",
     "truncate -s 4M image && mkfs.ext4 -q -O ^has_journal image && mkdir t && mount -o loop image t && " OLD_TREE(
         "t/tree") " && " OLD_FILE " && rmdir t/lost+found",
     "umount t && rm image", "exchange", false, false, 0},
};
#define SCENARIOS (sizeof(scenarios) / sizeof(*scenarios) - (loops_missing ? 1 : 0))

static bool loops_missing; /* then without the last ground: this machine mounts no images */

#define STATE_MAX 64

static char *state_lines[STATE_MAX];
static size_t state_count;

static int list_entry(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
    (void)kind;
    (void)walk;
    if (strcmp(path, "t") == 0)
        return 0;
    char text[64] = "", key[16] = "";
    if (S_ISLNK(status->st_mode))
        assert_true(readlink(path, text, sizeof(text) - 1) > 0);
    if (S_ISREG(status->st_mode)) {
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        assert_true(fd >= 0 && read(fd, text, sizeof(text) - 1) >= 0);
        close(fd);
    }
    (void)lgetxattr(path, "user.k", key, sizeof(key) - 1);
    /* Those that overlays keep for themselves do not count. */
    char names[1024];
    ssize_t size = llistxattr(path, names, sizeof(names));
    unsigned own = 0;
    for (const char *name = names; size > 0 && name < names + size; name += strlen(name) + 1)
        own += strncmp(name, "trusted.overlay.", 16) != 0;
    /* A link's time is that of its copying. */
    long long seconds = S_ISLNK(status->st_mode) ? 0 : (long long)status->st_mtim.tv_sec;
    long nanoseconds = S_ISLNK(status->st_mode) ? 0 : status->st_mtim.tv_nsec;
    assert_true(state_count < STATE_MAX);
    assert_true(asprintf(&state_lines[state_count++], "%s %o %u:%u %lld.%09ld '%s' '%s' of %u\n", path, status->st_mode,
                         status->st_uid, status->st_gid, seconds, nanoseconds, text, key, own) > 0);
    return 0;
}

static int compare_lines(const void *left, const void *right)
{
    return strcmp(*(char *const *)left, *(char *const *)right);
}

/* All that a state is, sorted. */
static void list_state(const char *into)
{
    state_count = 0;
    assert_int_equal(nftw("t", list_entry, 16, FTW_PHYS), 0);
    qsort(state_lines, state_count, sizeof(*state_lines), compare_lines);
    FILE *list = fopen(into, "we");
    assert_non_null(list);
    for (size_t i = 0; i < state_count; i++) {
        fputs(state_lines[i], list);
        free(state_lines[i]);
    }
    assert_int_equal(fclose(list), 0);
}

static bool same_files(const char *left, const char *right)
{
    char bytes[2][16384];
    size_t count[2];
    const char *const names[] = {left, right};
    for (int i = 0; i < 2; i++) {
        FILE *file = fopen(names[i], "re");
        assert_non_null(file);
        count[i] = fread(bytes[i], 1, sizeof(bytes[i]), file);
        assert_true(count[i] < sizeof(bytes[i]));
        fclose(file);
    }
    return count[0] == count[1] && memcmp(bytes[0], bytes[1], count[0]) == 0;
}

static void make_old(const struct scenario *scenario)
{
    scratch_run("%s", scenario->make);
    exchange_errno = scenario->exchange_errno;
    list_state("old.list");
}

static void unmake(const struct scenario *scenario)
{
    scratch_run("%s && rm -rf t ov bound", scenario->unmake);
}

/* stage, fill, exchange; each by a handle of its own, as by processes of their own. */
static int stage_and_exchange(jb_error *error)
{
    char tree[512], file[512];
    struct swap *swap = open_swap();
    int code = swap_stage(swap, NULL, at("t/tree"), SWAP_TREE, tree, sizeof(tree), error);
    if (code == JB_OK)
        code = swap_stage(swap, NULL, at("t/file"), SWAP_FILE, file, sizeof(file), error);
    if (code == JB_OK) {
        scratch_run("cp -a proto/new/. %s && cp -a proto/newfile %s", tree, file);
        code = swap_staged(swap, NULL, at("t/tree"), false, error);
    }
    if (code == JB_OK)
        code = swap_staged(swap, NULL, at("t/file"), false, error);
    swap_close(swap);
    if (code != JB_OK)
        return code;
    swap = open_swap();
    code = swap_exchange(swap, NULL, error);
    swap_close(swap);
    return code;
}

static int undo(jb_error *error)
{
    struct swap *swap = open_swap();
    int code = swap_undo(swap, NULL, error);
    swap_close(swap);
    return code;
}

static int commit(bool keep_old, jb_error *error)
{
    struct swap *swap = open_swap();
    int code = swap_commit(swap, NULL, keep_old, error);
    swap_close(swap);
    return code;
}

static void must(int code, const jb_error *error)
{
    if (code != JB_OK)
        fail_msg("%s (%s)", error->text, error->hint);
}

static void same_state(const char *expected)
{
    list_state("now.list");
    if (!same_files(expected, "now.list"))
        scratch_run("diff %s now.list", expected);
    if (rmdir("journal") != 0 && errno != ENOENT)
        fail_msg("the journal's directory is not empty");
}

/* The new state of this ground, by a run that nothing disturbs. */
static void list_new_state(const struct scenario *scenario)
{
    jb_error error = JB_ERROR_INIT;
    calls_left = -1;
    make_old(scenario);
    must(stage_and_exchange(&error), &error);
    must(commit(false, &error), &error);
    list_state("new.list");
    same_state("new.list");
    scratch_run("test \"$(cat t/tree/one t/tree/sub/three t/file)\" = newnew3newfile && test ! -e t/tree/link && "
                "test \"$(stat -c '%%a %%u %%g %%y' t/tree)\" = \"$(TZ=UTC0 date -d @1100000000.5 '+705 21 22 %%F "
                "%%T.%%N +0000')\"");
    unmake(scenario);
}

static void exchange_commit_and_undo_on_every_ground(void **state)
{
    (void)state;
    for (size_t i = 0; i < SCENARIOS; i++) {
        jb_error error = JB_ERROR_INIT;
        print_message("%s\n", scenarios[i].name);
        list_new_state(&scenarios[i]);
        make_old(&scenarios[i]);
        must(stage_and_exchange(&error), &error);
        scratch_run("grep -c '\"method\": \"%s\"' " JOURNAL " > /dev/null", scenarios[i].method);
        scratch_run("test %d = $(grep -c '\"method\": \"copy\"' " JOURNAL ")", scenarios[i].copies);
        must(undo(&error), &error);
        same_state("old.list");
        must(undo(&error), &error);
        same_state("old.list");
        unmake(&scenarios[i]);
    }
}

/* Runs `work` in a child that ends at the call; false once it comes to its end before. */
static bool dies_at(int call, int (*work)(jb_error *error))
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        jb_error error = JB_ERROR_INIT;
        calls_left = call;
        fail_with = 0;
        int code = work(&error);
        if (code != JB_OK)
            fprintf(stderr, "%s (%s)\n", error.text, error.hint);
        _exit(code == JB_OK ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) != 0)
        assert_int_equal(WEXITSTATUS(status), 42);
    return WEXITSTATUS(status) == 42;
}

static int commit_all(jb_error *error)
{
    return commit(false, error);
}

static void undo_after_death_at_every_call(void **state)
{
    (void)state;
    for (size_t i = 0; i < SCENARIOS; i++) {
        int call = 0;
        make_old(&scenarios[i]); /* once: each round ends in that state */
        for (bool died = true; died; call++) {
            jb_error error = JB_ERROR_INIT;
            died = dies_at(call, stage_and_exchange);
            calls_left = -1;
            must(undo(&error), &error);
            same_state("old.list");
        }
        unmake(&scenarios[i]);
        print_message("%s: %d calls\n", scenarios[i].name, call - 1);
        assert_true(call > 20);
    }
}

static void undo_again_after_its_own_death_at_every_call(void **state)
{
    (void)state;
    for (size_t i = 0; i < SCENARIOS; i++) {
        int call = 0;
        make_old(&scenarios[i]);
        for (bool died = true; died; call++) {
            jb_error error = JB_ERROR_INIT;
            calls_left = -1;
            must(stage_and_exchange(&error), &error);
            died = dies_at(call, undo);
            calls_left = -1;
            must(undo(&error), &error);
            same_state("old.list");
        }
        unmake(&scenarios[i]);
        print_message("%s: %d calls\n", scenarios[i].name, call - 1);
        assert_true(call > 8);
    }
}

static void commit_again_after_death_at_every_call(void **state)
{
    (void)state;
    for (size_t i = 0; i < SCENARIOS; i++) {
        list_new_state(&scenarios[i]);
        int call = 0;
        for (bool died = true; died; call++) {
            jb_error error = JB_ERROR_INIT;
            calls_left = -1;
            make_old(&scenarios[i]);
            must(stage_and_exchange(&error), &error);
            died = dies_at(call, commit_all);
            calls_left = -1;
            must(commit(false, &error), &error);
            same_state("new.list");
            unmake(&scenarios[i]);
        }
        print_message("%s: %d calls\n", scenarios[i].name, call - 1);
    }
}

/* A call that fails: the exchange puts the old state back by itself, and can be made once more. */
static void failed_exchange_brings_the_old_state_back(void **state)
{
    (void)state;
    for (size_t i = 0; i < SCENARIOS; i++) {
        bool failed = true;
        calls_left = -1;
        make_old(&scenarios[i]);
        for (int call = 0; failed; call++) {
            jb_error error = JB_ERROR_INIT;
            calls_left = call;
            fail_with = EIO;
            failed = stage_and_exchange(&error) != JB_OK;
            bool reached = calls_left < 0;
            calls_left = -1;
            fail_with = 0;
            if (failed) {
                assert_non_null(strstr(error.text, "rror")); /* "Input/output error" */
                struct swap *swap = open_swap();
                char *text = swap_describe(swap, &error);
                /* A sync that failed on the way back may leave that to undo, but nothing else. */
                assert_true(strstr(text, "\"staging\",") || strstr(text, "\"undoing\","));
                free(text);
                swap_close(swap);
            } else
                failed = reached; /* some calls have another way round */
            must(undo(&error), &error);
            same_state("old.list");
        }
        unmake(&scenarios[i]);
    }
}

/* As after a crash of the machine or of whoever drives it: the same is simply tried again, after undo where it must be.
 */
static void the_next_run_succeeds_after_death_at_every_call(void **state)
{
    (void)state;
    for (size_t i = 0; i < SCENARIOS; i++) {
        list_new_state(&scenarios[i]);
        int call = 0, again = 0;
        for (bool died = true; died; call++) {
            jb_error error = JB_ERROR_INIT;
            calls_left = -1;
            make_old(&scenarios[i]);
            died = dies_at(call, stage_and_exchange);
            int code = stage_and_exchange(&error);
            if (code != JB_OK) {
                assert_int_equal(code, JB_ERROR_STATE);
                assert_non_null(strstr(error.hint, "undo"));
                must(undo(&error), &error);
                must(stage_and_exchange(&error), &error);
                again++;
            }
            must(commit(false, &error), &error);
            same_state("new.list");
            unmake(&scenarios[i]);
        }
        print_message("%s: %d calls, %d undone first\n", scenarios[i].name, call - 1, again);
        assert_true(again > 0 && again < call - 1);
    }
}

static int commit_and_keep(jb_error *error)
{
    return commit(true, error);
}

static void old_content_is_kept_after_death_at_every_call(void **state)
{
    (void)state;
    for (size_t i = 0; i < SCENARIOS; i++) {
        int call = 0;
        for (bool died = true; died; call++) {
            jb_error error = JB_ERROR_INIT;
            calls_left = -1;
            make_old(&scenarios[i]);
            must(stage_and_exchange(&error), &error);
            died = dies_at(call, commit_and_keep);
            must(commit(true, &error), &error);
            scratch_run("test -z \"$(ls journal)\" && test \"$(cat t/tree/one t/file)\" = newnewfile");
            if (!scenarios[i].missing)
                scratch_run("old=$(find t -path '*/.jpsbackup-*/old' -type d) && test \"$(cat $old/one)\" = old && "
                            "test \"$(cat $(find t -path '*/.jpsbackup-*/old' -type f))\" = oldfile");
            unmake(&scenarios[i]);
        }
    }
}

static bool journal_says_in_place(void)
{
    char text[4096];
    FILE *journal = fopen(JOURNAL, "re");
    if (journal == NULL)
        return false;
    text[fread(text, 1, sizeof(text) - 1, journal)] = '\0';
    fclose(journal);
    return strstr(text, "\"in-place\"") != NULL;
}

static int begin_in_place(jb_error *error)
{
    struct swap *swap = open_swap();
    int code = swap_begin_in_place(swap, at("t/tree"), SWAP_TREE, error);
    if (code == JB_OK && !journal_says_in_place())
        _exit(1); /* what comes now could not be told after a death */
    if (code == JB_OK)
        code = swap_commit(swap, NULL, false, error);
    swap_close(swap);
    return code;
}

/* Nothing is begun in place that the journal does not tell of. */
static void a_restore_in_place_is_known_after_death_at_every_call(void **state)
{
    (void)state;
    int call = 0;
    for (bool died = true; died; call++) {
        jb_error error = JB_ERROR_INIT;
        calls_left = -1;
        scratch_run("rm -rf t journal && mkdir -p t/tree journal");
        died = dies_at(call, begin_in_place);
        bool known = journal_says_in_place();
        struct swap *swap = open_swap();
        if (known)
            assert_int_equal(swap_undo(swap, NULL, &error), JB_ERROR_STATE);
        must(swap_begin_in_place(swap, at("t/tree"), SWAP_TREE, &error), &error);
        must(swap_commit(swap, NULL, false, &error), &error);
        swap_close(swap);
        assert_int_equal(access(JOURNAL, F_OK), -1);
    }
    assert_true(call > 6);
}

static void old_content_is_kept_when_asked(void **state)
{
    (void)state;
    for (size_t i = 0; i < SCENARIOS; i++) {
        jb_error error = JB_ERROR_INIT;
        calls_left = -1;
        make_old(&scenarios[i]);
        must(stage_and_exchange(&error), &error);
        must(commit(true, &error), &error);
        scratch_run("test -z \"$(ls journal)\" && test \"$(cat t/tree/one t/file)\" = newnewfile");
        if (scenarios[i].missing)
            scratch_run("test -z \"$(find t -name '.jpsbackup-*')\"");
        else
            scratch_run("old=$(find t -path '*/.jpsbackup-*/old' -type d) && test \"$(cat $old/one "
                        "$old/sub/deep/two)\" = oldold2 && "
                        "test \"$(cat $(find t -path '*/.jpsbackup-*/old' -type f))\" = oldfile && test -z \"$(find t "
                        "-path '*/.jpsbackup-*/new')\"");
        unmake(&scenarios[i]);
    }
}

static void expect(int code, int expected, jb_error *error, const char *text)
{
    assert_int_equal(code, expected);
    if (!strstr(error->text, text))
        fail_msg("'%s' is not in '%s'", text, error->text);
}

static void wrong_calls_are_refused(void **state)
{
    (void)state;
    jb_error error = JB_ERROR_INIT;
    char staging[512];
    calls_left = -1;
    scratch_run("mkdir -p tree/sub && touch file && ln -s tree link");
    struct swap *swap = open_swap();
    struct swap *second;
    expect(swap_open(at(JOURNAL), &second, &error), JB_ERROR_CONFLICT, &error, "another process");
    expect(swap_open("relative", &second, &error), JB_ERROR_USAGE, &error, "must be absolute");
    expect(swap_stage(swap, NULL, "tree", SWAP_TREE, staging, sizeof(staging), &error), JB_ERROR_USAGE, &error,
           "absolute");
    expect(swap_stage(swap, NULL, "/", SWAP_TREE, staging, sizeof(staging), &error), JB_ERROR_USAGE, &error, "not '/'");
    expect(swap_stage(swap, NULL, at("link"), SWAP_TREE, staging, sizeof(staging), &error), JB_ERROR_USAGE, &error,
           "is a link");
    expect(swap_stage(swap, NULL, at("file"), SWAP_TREE, staging, sizeof(staging), &error), JB_ERROR_USAGE, &error,
           "no directory");
    expect(swap_stage(swap, NULL, at("tree"), SWAP_FILE, staging, sizeof(staging), &error), JB_ERROR_USAGE, &error,
           "no regular file");
    expect(swap_stage(swap, NULL, at("nowhere/tree"), SWAP_TREE, staging, sizeof(staging), &error), JB_ERROR_NOT_FOUND,
           &error, "cannot find");
    expect(swap_exchange(swap, NULL, &error), JB_ERROR_STATE, &error, "nothing is staged");
    must(swap_stage(swap, NULL, at("tree"), SWAP_TREE, staging, sizeof(staging), &error), &error);
    expect(swap_stage(swap, NULL, at("link/sub"), SWAP_TREE, staging, sizeof(staging), &error), JB_ERROR_USAGE, &error,
           "inside one another");
    expect(swap_stage(swap, NULL, at("."), SWAP_TREE, staging, sizeof(staging), &error), JB_ERROR_USAGE, &error,
           "last name");
    expect(swap_exchange(swap, NULL, &error), JB_ERROR_STATE, &error, "not staged whole");
    expect(swap_commit(swap, NULL, false, &error), JB_ERROR_STATE, &error, "not exchanged");
    expect(swap_staged(swap, NULL, at("file"), false, &error), JB_ERROR_NOT_FOUND, &error, "is not staged");
    /* Staged anew: the first place goes. */
    char again[512];
    must(swap_stage(swap, NULL, at("tree"), SWAP_TREE, again, sizeof(again), &error), &error);
    assert_string_not_equal(staging, again);
    assert_int_equal(access(staging, F_OK), -1);
    must(swap_staged(swap, NULL, at("tree"), true, &error), &error);
    must(swap_exchange(swap, NULL, &error), &error);
    expect(swap_stage(swap, NULL, at("file"), SWAP_FILE, staging, sizeof(staging), &error), JB_ERROR_STATE, &error,
           "was begun");
    expect(swap_exchange(swap, NULL, &error), JB_ERROR_STATE, &error, "nothing is staged");
    must(swap_commit(swap, NULL, false, &error), &error);
    must(swap_commit(swap, NULL, false, &error), &error);
    swap_close(swap);
    scratch_run("test -z \"$(ls -A tree)\" && test -z \"$(ls -A journal)\"");
}

static void foreign_journals_move_and_remove_nothing(void **state)
{
    (void)state;
    static const char *const journals[] = {
        "",
        "{",
        "[]",
        "{}",
        "{\"format\": \"jpsbackup-swap\", \"version\": 1, \"state\": \"undone\", \"targets\": [{}]}",
        "{\"format\": \"jpsbackup-swap\", \"version\": 2, \"state\": \"undone\", \"targets\": []}",
        "{\"format\": \"jpsbackup-swap\", \"version\": 1, \"state\": \"undone\", \"keep_old\": false, \"targets\": "
        "[{\"path\": \"/tmp/x\", \"kind\": \"tree\", "
        "\"method\": \"rename\", \"container\": \"/etc\", \"existed\": true, \"whole\": true, \"phase\": \"in\", "
        "\"back\": false, \"tag_forward\": 2, "
        "\"tag_back\": 4, \"new_time\": [0, 0], \"old_time\": [0, 0]}]}",
    };
    scratch_run("mkdir journal");
    for (size_t i = 0; i < sizeof(journals) / sizeof(*journals); i++) {
        scratch_run("cat > " JOURNAL " <<'END'\n%s\nEND", journals[i]);
        struct swap *swap;
        jb_error error = JB_ERROR_INIT;
        int code = swap_open(at(JOURNAL), &swap, &error);
        assert_true(code == JB_ERROR_FORMAT || code == JB_ERROR_UNSUPPORTED);
        assert_non_null(strstr(error.text, "swap.json"));
    }
}

static void deep_trees_are_removed_and_mounts_are_not(void **state)
{
    (void)state;
    jb_error error = JB_ERROR_INIT;
    char staging[512];
    calls_left = -1;
    scratch_run("mkdir tree && python3 -c \"\nimport os\nos.chdir('tree')\nfor i in range(3000):\n  "
                "os.mkdir('dddddddd'); os.chdir('dddddddd')\nopen('f', 'w')\"");
    struct swap *swap = open_swap();
    must(swap_stage(swap, NULL, at("tree"), SWAP_TREE, staging, sizeof(staging), &error), &error);
    must(swap_staged(swap, NULL, at("tree"), false, &error), &error);
    must(swap_exchange(swap, NULL, &error), &error);
    must(swap_commit(swap, NULL, false, &error), &error);
    scratch_run("test -z \"$(ls -A tree)\"");
    uint64_t room = 0;
    must(swap_space(at("tree/not/yet"), &room, &error), &error);
    assert_true(room > 0);

    /* Content that a forgotten mount shows inside the old tree must live on. */
    scratch_run("mkdir -p tree/inner data && touch data/precious");
    must(swap_stage(swap, NULL, at("tree"), SWAP_TREE, staging, sizeof(staging), &error), &error);
    must(swap_staged(swap, NULL, at("tree"), false, &error), &error);
    must(swap_exchange(swap, NULL, &error), &error);
    scratch_run("mount -t tmpfs none $(echo .jpsbackup-*/new/inner) && touch $(echo .jpsbackup-*/new/inner)/precious");
    expect(swap_commit(swap, NULL, false, &error), JB_ERROR_CONFLICT, &error, "mounted on 'inner'");
    scratch_run("test -e .jpsbackup-*/new/inner/precious && umount .jpsbackup-*/new/inner");
    must(swap_commit(swap, NULL, false, &error), &error);
    swap_close(swap);
}

static bool refuses_to_go_back;

/* As on a file system that replaces full directories. */
static int replacing_rename(int from_directory, const char *from, int to_directory, const char *to, unsigned flags)
{
    if (flags == 0 && strcmp(from, at("tree")) == 0)
        scratch_run("rm -rf .jpsbackup-*/probe/full");
    if (refuses_to_go_back && strcmp(to, at("tree")) == 0) {
        errno = EIO;
        return -1;
    }
    return swap_system_calls.rename(from_directory, from, to_directory, to, flags);
}

static void a_target_that_the_probe_moves_is_not_lost(void **state)
{
    (void)state;
    jb_error error = JB_ERROR_INIT;
    char staging[512];
    struct swap_system system = swap_system_calls;
    system.rename = replacing_rename;
    for (int refuses = 0; refuses < 2; refuses++) {
        refuses_to_go_back = refuses == 1;
        scratch_run("mkdir -p tree && echo precious > tree/file");
        struct swap *swap = open_swap();
        swap_use_system(swap, &system);
        expect(swap_stage(swap, NULL, at("tree"), SWAP_TREE, staging, sizeof(staging), &error),
               refuses ? JB_ERROR_IO : JB_ERROR_UNSUPPORTED, &error,
               refuses ? "cannot be moved back" : "onto full ones");
        swap_close(swap);
        must(undo(&error), &error);
        scratch_run("grep -q precious %s", refuses ? ".jpsbackup-*/probe/file" : "tree/file");
    }
}

int main(void)
{
    /* Mounts are seen by this process and its children only, and end with them. */
    if (geteuid() != 0 || unshare(CLONE_NEWNS) != 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0) {
        fprintf(stderr, "this test needs root and its own mounts\n");
        return 1;
    }
    umask(022);
    scratch_enter();
    loops_missing = scratch_status("truncate -s 4M image && mkfs.ext4 -q image && mkdir m && mount -o loop image m && "
                                   "umount m") != 0;
    if (loops_missing)
        print_message("NOT tested on ext4: this machine mounts no images\n");
    scratch_leave();
#define CASE(name) cmocka_unit_test_setup_teardown(name, enter, leave)
#define LOOP(name) cmocka_unit_test_setup_teardown(name, enter_memory, leave)
    const struct CMUnitTest tests[] = {
        CASE(exchange_commit_and_undo_on_every_ground),
        LOOP(undo_after_death_at_every_call),
        LOOP(undo_again_after_its_own_death_at_every_call),
        LOOP(commit_again_after_death_at_every_call),
        LOOP(failed_exchange_brings_the_old_state_back),
        LOOP(the_next_run_succeeds_after_death_at_every_call),
        LOOP(old_content_is_kept_after_death_at_every_call),
        LOOP(a_restore_in_place_is_known_after_death_at_every_call),
        CASE(old_content_is_kept_when_asked),
        CASE(wrong_calls_are_refused),
        CASE(foreign_journals_move_and_remove_nothing),
        CASE(deep_trees_are_removed_and_mounts_are_not),
        CASE(a_target_that_the_probe_moves_is_not_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
