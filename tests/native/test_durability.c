/*
 * A loss of power cannot be had in a test, but its cure can be seen: what gets a name was synced before, and the
 * directory after, so that no name leads to content that is not on the disk.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "faults.h"
#include "small_backup.h"
#include "workspace.h"

/* One of `names`, each between spaces, after `from`; NULL where there is none. */
static const char *find_call(const char *from, const char *const *names)
{
    const char *first = NULL;
    for (; *names != NULL; names++) {
        char word[32];
        snprintf(word, sizeof word, " %s ", *names);
        const char *found = strstr(from, word);
        if (found != NULL && (first == NULL || found < first))
            first = found;
    }
    return first;
}

static const char *const namings[] = {"linkat", "rename", "renameat", "renameat2", NULL};
static const char *const syncs[] = {"fsync", "syncfs", NULL};
static const char *const writes[] = {"write", "pwrite", NULL};

/* The calls of a run, with a space at the end. */
static const char *calls(void)
{
    static char text[66000];
    snprintf(text, sizeof text, "%s ", faults_trace());
    return text;
}

/* Between the last write and the naming lies a sync, and one comes after it. */
static void check_naming(const char *trace, const char *naming)
{
    const char *written = NULL, *synced = NULL;
    for (const char *at = trace; (at = find_call(at, writes)) != NULL && at < naming; at++)
        written = at;
    for (const char *at = trace; (at = find_call(at, syncs)) != NULL && at < naming; at++)
        synced = at;
    if (written != NULL && (synced == NULL || synced < written))
        fail_msg("what was written got its name before it was synced:%.*s", (int)(naming - trace) + 20, trace);
    const char *after = find_call(naming + 1, syncs), *next = find_call(naming + 1, writes);
    if (after == NULL || (next != NULL && next < after))
        fail_msg("a name was not synced:%s", trace);
}

/* Of each name that is given. */
static unsigned check_all(const char *trace)
{
    unsigned count = 0;
    for (const char *at = trace; (at = find_call(at, namings)) != NULL; at++, count++)
        check_naming(trace, at);
    return count;
}

static int put(struct workspace *w, bool replace, jb_error *error)
{
    jb_put_options options = {
        .size = sizeof options, .bucket = "bucket", .key = "k", .file = workspace_file(w, "file"), .replace = replace};
    return jb_put(w->store, NULL, &options, NULL, error);
}

static void objects_are_synced_before_they_get_their_names_and_the_names_after(void **state)
{
    (void)state;
    struct workspace w;
    workspace_open(&w);
    jb_error error = JB_ERROR_INIT;
    write_file(workspace_file(&w, "file"), "text", 4);
    for (int replace = 0; replace < 2; replace++) {
        faults_begin(FAULT_CALL, FAULTS_NEVER);
        int code = put(&w, replace, &error);
        faults_end();
        assert_int_equal(code, JB_OK);
        assert_int_equal(check_all(calls()), 1);
    }
    workspace_close(&w);
}

static void restores_are_synced_before_and_after_their_exchange(void **state)
{
    (void)state;
    struct workspace w;
    workspace_open(&w);
    jb_error error = JB_ERROR_INIT;
    make_tree(&w);
    assert_int_equal(shell("mkdir '%s'", workspace_file(&w, "target")), 0);
    assert_ok(error, back_up(&w, "b", "2026-11-22T01:00:00", "manual", NULL, &error));
    jb_restore_options options = {.size = sizeof options,
                                  .name = named("b", NULL, NULL),
                                  .target = workspace_file(&w, "target"),
                                  .journal = workspace_file(&w, "journal")};
    faults_begin(FAULT_CALL, FAULTS_NEVER);
    int code = jb_restore_stage(w.store, NULL, &options, NULL, &error);
    faults_end();
    assert_int_equal(code, JB_OK);
    /* The content by one sync of its file system, before the journal says that it is whole. */
    const char *synced = strstr(calls(), " syncfs ");
    if (synced == NULL || find_call(synced, namings) == NULL)
        fail_msg("the staged content is not synced before the journal says so:%s", calls());
    faults_begin(FAULT_CALL, FAULTS_NEVER);
    code = jb_restore_swap(NULL, options.journal, NULL, &error);
    faults_end();
    assert_int_equal(code, JB_OK);
    /* The journal's records, and the exchange: all of them. */
    assert_true(check_all(calls()) >= 4);
    workspace_close(&w);
}

int main(void)
{
    faults_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(objects_are_synced_before_they_get_their_names_and_the_names_after),
        cmocka_unit_test(restores_are_synced_before_and_after_their_exchange),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
