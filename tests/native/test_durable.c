/* What was written is on the disk, or the failure is told: on kernels that tell of it by themselves, and on older ones
 * that must be asked for each file. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "backup/durable.h"
#include "scratch.h"

static unsigned files, file_systems;
static unsigned failing_file, failing_file_system; /* 0: none; else its turn */

int __real_sync_file_range(int fd, off64_t offset, off64_t count, unsigned flags);
int __wrap_sync_file_range(int fd, off64_t offset, off64_t count, unsigned flags);
int __wrap_sync_file_range(int fd, off64_t offset, off64_t count, unsigned flags)
{
    files++;
    if (files != failing_file)
        return __real_sync_file_range(fd, offset, count, flags);
    errno = EIO;
    return -1;
}

int __real_syncfs(int fd);
int __wrap_syncfs(int fd);
int __wrap_syncfs(int fd)
{
    file_systems++;
    if (file_systems != failing_file_system)
        return fcntl(fd, F_GETFD) < 0 ? -1 : 0; /* a whole disk is not synced for a test */
    errno = ENOSPC;
    return -1;
}

static int enter(void **state)
{
    (void)state;
    files = file_systems = failing_file = failing_file_system = 0;
    scratch_enter();
    scratch_run(
        "mkdir -p tree/a/b/c tree/d && touch tree/1 tree/a/2 tree/a/b/c/3 tree/d/4 && mkfifo tree/fifo && ln -s "
        "/dev/null tree/link && ln -s . tree/d/self && chmod 0 tree/d/4");
    return 0;
}

static int leave(void **state)
{
    (void)state;
    scratch_leave();
    return 0;
}

static int confirm(const char *path, bool each_file, jb_error *error)
{
    int fd;
    assert_int_equal(durable_begin(path, &fd, error), JB_OK);
    int code = durable_confirm(fd, path, each_file, error);
    close(fd);
    return code;
}

static void silent_kernels_are_asked_for_each_file(void **state)
{
    (void)state;
    jb_error error = JB_ERROR_INIT;
    assert_int_equal(confirm("tree", true, &error), JB_OK);
    assert_int_equal(files, 4);
    assert_int_equal(file_systems, 1);
    for (unsigned i = 1; i <= 4; i++) {
        files = 0;
        failing_file = i;
        assert_int_equal(confirm("tree", true, &error), JB_ERROR_IO);
        assert_non_null(strstr(error.text, "to the disk"));
    }
    assert_int_equal(file_systems, 1);
}

static void one_file_is_asked_for_alone(void **state)
{
    (void)state;
    jb_error error = JB_ERROR_INIT;
    assert_int_equal(confirm("tree/1", true, &error), JB_OK);
    assert_int_equal(files, 1);
    failing_file = 2;
    assert_int_equal(confirm("tree/1", true, &error), JB_ERROR_IO);
}

static void other_kernels_are_asked_once(void **state)
{
    (void)state;
    jb_error error = JB_ERROR_INIT;
    assert_int_equal(confirm("tree", false, &error), JB_OK);
    assert_int_equal(files, 0);
    failing_file_system = 2;
    assert_int_equal(confirm("tree", false, &error), JB_ERROR_NO_SPACE);
    failing_file_system = 3;
    assert_int_equal(confirm("tree/not-yet", false, &error), JB_ERROR_NO_SPACE);
}

static void what_has_no_directory_is_an_error(void **state)
{
    (void)state;
    jb_error error = JB_ERROR_INIT;
    int fd;
    assert_int_equal(durable_begin("none/tree", &fd, &error), JB_ERROR_NOT_FOUND);
}

static void kernels_are_told_apart_by_their_release(void **state)
{
    (void)state;
    const char *silent[] = {"2.6.32", "3.10.0-1160.80.1.vz7.191.4", "4.18.0-513.el8.x86_64", "5.7.19", "5", ""};
    const char *telling[] = {"5.8.0", "5.10.0-28-amd64", "5.14.0-362.el9", "6.1", "10.0.1"};
    for (size_t i = 0; i < sizeof silent / sizeof *silent; i++)
        assert_true(durable_kernel_is_silent(silent[i]));
    for (size_t i = 0; i < sizeof telling / sizeof *telling; i++)
        assert_false(durable_kernel_is_silent(telling[i]));
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, enter, leave)
    const struct CMUnitTest tests[] = {
        CASE(silent_kernels_are_asked_for_each_file),
        CASE(one_file_is_asked_for_alone),
        CASE(other_kernels_are_asked_once),
        CASE(what_has_no_directory_is_an_error),
        CASE(kernels_are_told_apart_by_their_release),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
