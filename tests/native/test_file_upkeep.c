/* The file store: buckets and their end, copies, summed-up listings, what killed writers leave. */
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "store/file/file.h"
#include "store/store.h"
#include "workspace.h"

static void put_text(const struct workspace *w, const char *key, const char *text)
{
    jb_error error = JB_ERROR_INIT;
    jb_object_info info;
    struct store_condition always = {.when = STORE_ALWAYS};
    assert_ok(error, store_write(w->store, NULL, "bucket", key, text, strlen(text), NULL, always, &info, &error));
}

static void only_an_empty_bucket_is_deleted(void **state)
{
    (void)state;
    struct workspace w;
    workspace_open(&w);
    jb_error error = JB_ERROR_INIT;
    put_text(&w, "a/b", "x");
    put_text(&w, "a/b", "y"); /* makes the lock */
    assert_ok(error, jb_store_test_bucket(w.store, NULL, "bucket", &error));
    assert_fails(JB_ERROR_CONFLICT, error, jb_store_delete_bucket(w.store, NULL, "bucket", &error));
    assert_int_equal(access(workspace_file(&w, "store/bucket/a/b"), F_OK), 0);
    assert_int_equal(unlink(workspace_file(&w, "store/bucket/a/b")), 0);
    write_file(workspace_file(&w, "store/bucket/a/.jpsbackup-tmp-0"), "left", 4);
    assert_ok(error, jb_store_delete_bucket(w.store, NULL, "bucket", &error));
    assert_int_equal(access(workspace_file(&w, "store/bucket"), F_OK), -1);
    assert_fails(JB_ERROR_NOT_FOUND, error, jb_store_test_bucket(w.store, NULL, "bucket", &error));
    assert_fails(JB_ERROR_NOT_FOUND, error, jb_store_delete_bucket(w.store, NULL, "bucket", &error));
    workspace_close(&w);
}

static void a_bucket_with_foreign_files_or_a_living_writer_stays(void **state)
{
    (void)state;
    struct workspace w;
    workspace_open(&w);
    jb_error error = JB_ERROR_INIT;
    assert_int_equal(symlink("nowhere", workspace_file(&w, "store/bucket/link")), 0);
    assert_fails(JB_ERROR_CONFLICT, error, jb_store_delete_bucket(w.store, NULL, "bucket", &error));
    assert_int_equal(unlink(workspace_file(&w, "store/bucket/link")), 0);
    struct store_upload *upload;
    assert_ok(error, store_upload_begin(w.store, NULL, "bucket", "d/k", &upload, &error));
    assert_fails(JB_ERROR_CONFLICT, error, jb_store_delete_bucket(w.store, NULL, "bucket", &error));
    w.store->driver->upload_abort(upload);
    assert_ok(error, jb_store_delete_bucket(w.store, NULL, "bucket", &error));
    workspace_close(&w);
}

struct looker {
    const char *directory;
    atomic_bool ended;
};

/* As gc looks for dead writers: it holds each temporary file's lock for a moment. */
static void *look_at_temporaries(void *argument)
{
    struct looker *looker = argument;
    while (!atomic_load(&looker->ended)) {
        DIR *directory = opendir(looker->directory);
        for (struct dirent *entry; directory != NULL && (entry = readdir(directory)) != NULL;)
            file_temporary_is_dead(dirfd(directory), entry->d_name);
        if (directory != NULL)
            closedir(directory);
    }
    return NULL;
}

static void a_writer_that_is_looked_at_while_it_begins_is_alive_all_the_same(void **state)
{
    (void)state;
    struct workspace w;
    workspace_open(&w);
    jb_error error = JB_ERROR_INIT;
    struct looker looker = {.directory = workspace_file(&w, "store/bucket")};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, look_at_temporaries, &looker), 0);
    struct file_place place;
    assert_ok(error, file_place_open((struct file_store *)w.store, "bucket", "k", true, &place, &error));
    for (unsigned i = 0; i < 500; i++) {
        struct file_temporary temporary;
        assert_ok(error, file_temporary_make(&place, &temporary, &error));
        int fd = openat(place.directory_fd, temporary.name, O_RDONLY);
        if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) == 0)
            fail_msg("temporary file %u has no lock", i);
        close(fd);
        file_temporary_drop(&place, &temporary);
    }
    atomic_store(&looker.ended, true);
    pthread_join(thread, NULL);
    file_place_close(&place);
    workspace_close(&w);
}

/* The lock's file goes with the bucket: who waited for the old one must not take it for the new one's. */
static void who_waits_for_the_lock_of_a_deleted_bucket_locks_the_new_one(void **state)
{
    (void)state;
    struct workspace w;
    workspace_open(&w);
    put_text(&w, "k", "1");
    put_text(&w, "k", "2");
    const char *lock_path = workspace_file(&w, "store/bucket/.jpsbackup-lock");
    int lock = open(lock_path, O_RDWR | O_CREAT, 0600);
    assert_int_equal(flock(lock, LOCK_EX), 0);
    int ready[2];
    assert_int_equal(pipe(ready), 0);
    pid_t waiter = fork();
    if (waiter == 0) {
        close(lock);
        close(ready[1]); /* tells that it holds nothing of ours any more */
        close(ready[0]);
        jb_error error = JB_ERROR_INIT;
        jb_object_info info;
        struct store_condition always = {.when = STORE_ALWAYS};
        _exit(store_write(w.store, NULL, "bucket", "k", "3", 1, NULL, always, &info, &error));
    }
    close(ready[1]);
    char byte;
    assert_int_equal(read(ready[0], &byte, 1), 0);
    close(ready[0]);
    /* Until the waiter has the lock's file open. */
    while (shell("ls -l /proc/%d/fd | grep -q jpsbackup-lock", (int)waiter) != 0)
        usleep(1000);
    assert_int_equal(unlink(lock_path), 0);
    int other = open(lock_path, O_RDWR | O_CREAT, 0600);
    assert_int_equal(flock(other, LOCK_EX), 0);
    close(lock);
    int status;
    usleep(50000);
    assert_int_equal(waitpid(waiter, &status, WNOHANG), 0);
    close(other);
    assert_int_equal(waitpid(waiter, &status, 0), waiter);
    assert_int_equal(status, 0);
    workspace_close(&w);
}

static void a_copy_has_the_same_bytes_and_replaces_only_when_asked(void **state)
{
    (void)state;
    struct workspace w;
    workspace_open(&w);
    jb_error error = JB_ERROR_INIT;
    assert_ok(error, jb_store_make_bucket(w.store, NULL, "other", &error));
    enum { SIZE = 3000001 };
    unsigned char *bytes = malloc(SIZE);
    fill_pattern(bytes, SIZE, 7);
    write_file(workspace_file(&w, "store/bucket/from"), bytes, SIZE);
    jb_copy_options copy = {
        .size = sizeof copy, .from_bucket = "bucket", .from_key = "from", .to_bucket = "other", .to_key = "d/to"};
    assert_ok(error, jb_store_copy(w.store, w.operation, &copy, &error));
    assert_int_equal(shell("cmp '%s/store/bucket/from' '%s/store/other/d/to'", w.path, w.path), 0);
    put_text(&w, "from", "");
    assert_fails(JB_ERROR_CONFLICT, error, jb_store_copy(w.store, w.operation, &copy, &error));
    copy.replace = true;
    assert_ok(error, jb_store_copy(w.store, w.operation, &copy, &error));
    assert_int_equal(shell("cmp '%s/store/bucket/from' '%s/store/other/d/to'", w.path, w.path), 0);
    copy.from_key = "missing";
    assert_fails(JB_ERROR_NOT_FOUND, error, jb_store_copy(w.store, w.operation, &copy, &error));
    assert_int_equal(shell("test -z \"$(find '%s/store' -name '.jpsbackup-tmp-*')\"", w.path), 0);
    free(bytes);
    workspace_close(&w);
}

static int collect(void *context, const jb_object_info *info)
{
    char *text = context;
    strcat(text, info->key);
    strcat(text, info->is_prefix ? "! " : " ");
    return 0;
}

static void assert_lists(const struct workspace *w, const char *prefix, const char *one, const char *two)
{
    char text[1024] = "";
    jb_error error = JB_ERROR_INIT;
    jb_list_options options = {.size = sizeof options, .prefix = prefix, .delimiter = "/"};
    assert_ok(error, jb_store_list(w->store, NULL, "bucket", &options, collect, text, &error));
    assert_int_equal(strlen(text), strlen(one) + strlen(two));
    assert_non_null(strstr(text, one));
    assert_non_null(strstr(text, two));
}

static void a_listing_by_delimiter_sums_up_what_lies_deeper(void **state)
{
    (void)state;
    struct workspace w;
    workspace_open(&w);
    put_text(&w, "top", "");
    put_text(&w, "d/one", "");
    put_text(&w, "d/deep/er/two", "");
    assert_int_equal(shell("mkdir -p '%s/store/bucket/empty/er'", w.path), 0);
    assert_lists(&w, "", "top ", "d/! ");
    assert_lists(&w, "d", "d/! ", "");
    assert_lists(&w, "d/", "d/one ", "d/deep/! ");
    assert_lists(&w, "d/de", "d/deep/! ", "");
    assert_lists(&w, "d/deep/", "d/deep/er/! ", "");
    assert_lists(&w, "e", "", "");
    workspace_close(&w);
}

static void assert_aborts(const struct workspace *w, const char *prefix, uint64_t seconds, bool dry_run, size_t count)
{
    jb_error error = JB_ERROR_INIT;
    char *account;
    assert_ok(error, jb_store_abort_uploads(w->store, NULL, "bucket", prefix, seconds, dry_run, &account, &error));
    size_t found = 0;
    for (const char *next = account; (next = strstr(next, "\"key\"")) != NULL; next++)
        found++;
    assert_int_equal(found, count);
    jb_text_free(account);
}

static void what_killed_writers_left_is_removed_and_what_living_ones_hold_is_not(void **state)
{
    (void)state;
    struct workspace w;
    workspace_open(&w);
    jb_error error = JB_ERROR_INIT;
    struct store_upload *living;
    assert_ok(error, store_upload_begin(w.store, NULL, "bucket", "a/living", &living, &error));
    pid_t writer = fork();
    if (writer == 0) {
        struct store_upload *upload;
        store_upload_begin(w.store, NULL, "bucket", "a/b/killed", &upload, &error);
        raise(SIGKILL);
    }
    int status;
    assert_int_equal(waitpid(writer, &status, 0), writer);
    assert_aborts(&w, "", 3600, false, 0); /* too young */
    assert_aborts(&w, "c", 0, false, 0);
    assert_aborts(&w, "a/", 0, true, 1);
    assert_aborts(&w, "a/", 0, false, 1);
    assert_aborts(&w, "", 0, false, 0);
    assert_int_equal(access(workspace_file(&w, "store/bucket/a/b"), F_OK), -1);
    assert_int_equal(shell("test $(find '%s/store' -name '.jpsbackup-tmp-*' | wc -l) = 1", w.path), 0);
    w.store->driver->upload_abort(living);
    workspace_close(&w);
}

static void files_need_no_credentials_but_their_directory(void **state)
{
    (void)state;
    struct workspace w;
    workspace_open(&w);
    jb_error error = JB_ERROR_INIT;
    jb_grant grant = {.key = "k", .write = true};
    jb_grant_options options = {.size = sizeof options, .bucket = "bucket", .grants = &grant, .count = 1};
    char *credentials;
    assert_ok(error, jb_store_grant(w.store, NULL, &options, &credentials, &error));
    assert_string_equal(credentials, "");
    jb_text_free(credentials);
    workspace_close(&w);
}

static void begin_backup(const struct workspace *w, const char *timestamp)
{
    jb_error error = JB_ERROR_INIT;
    jb_backup_name name = {.size = sizeof name, .bucket = "bucket", .name = "b", .timestamp = timestamp};
    assert_ok(error, jb_backup_begin(w->store, w->operation, &name, NULL, false, NULL, &error));
}

static size_t temporaries(const struct workspace *w, const char *folder)
{
    return (size_t)shell("exit $(find '%s/store/bucket/%s' -name '.jpsbackup-tmp-*' | wc -l)", w->path, folder);
}

static void gc_touches_only_uploads_of_abandoned_backups_unless_told_otherwise(void **state)
{
    (void)state;
    struct workspace w;
    workspace_open(&w);
    jb_error error = JB_ERROR_INIT;
    begin_backup(&w, "2026-01-01T00:00:00");
    begin_backup(&w, "2026-01-02T00:00:00");
    assert_int_equal(
        shell("cd '%s/store/bucket' && mkdir -p b_2026-01-03T00:00:00_manual other && for d in b_* other; do "
              "echo x > $d/.jpsbackup-tmp-1; touch -d '20 minutes ago' $d/.jpsbackup-tmp-1; done && "
              "touch -d '20 minutes ago' b_2026-01-01*/backup.json && "
              "mkdir b_2026-01-04T00:00:00_manual && "
              "echo damaged > b_2026-01-04T00:00:00_manual/backup.json && "
              "echo x > b_2026-01-03T00:00:00_manual/database.tar && echo x > "
              "b_2026-01-01T00:00:00_manual/.jpsbackup-tmp-2",
              w.path),
        0);
    jb_gc_options options = {.size = sizeof options, .bucket = "bucket", .dry_run = true};
    assert_ok(error, jb_gc(w.store, w.operation, &options, NULL, &error));
    assert_int_equal(temporaries(&w, ""), 5);
    options.dry_run = false;
    assert_ok(error, jb_gc(w.store, w.operation, &options, NULL, &error));
    assert_int_equal(temporaries(&w, ""), 4);
    assert_int_equal(temporaries(&w, "b_2026-01-01T00:00:00_manual"), 1); /* a young one */
    options.prefix = "oth";
    assert_fails(JB_ERROR_USAGE, error, jb_gc(w.store, w.operation, &options, NULL, &error));
    options.older_than = 600;
    assert_ok(error, jb_gc(w.store, w.operation, &options, NULL, &error));
    assert_int_equal(temporaries(&w, ""), 3);
    assert_int_equal(shell("test -e '%s/store/bucket/other'", w.path), 1);
    workspace_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_an_empty_bucket_is_deleted),
        cmocka_unit_test(a_bucket_with_foreign_files_or_a_living_writer_stays),
        cmocka_unit_test(a_writer_that_is_looked_at_while_it_begins_is_alive_all_the_same),
        cmocka_unit_test(who_waits_for_the_lock_of_a_deleted_bucket_locks_the_new_one),
        cmocka_unit_test(a_copy_has_the_same_bytes_and_replaces_only_when_asked),
        cmocka_unit_test(a_listing_by_delimiter_sums_up_what_lies_deeper),
        cmocka_unit_test(what_killed_writers_left_is_removed_and_what_living_ones_hold_is_not),
        cmocka_unit_test(gc_touches_only_uploads_of_abandoned_backups_unless_told_otherwise),
        cmocka_unit_test(files_need_no_credentials_but_their_directory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
