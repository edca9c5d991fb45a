/* Archives whose members mariabackup had packed: what of them is unpacked, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "archive/tar.h"
#include "backup/old_database.h"
#include "memory_stream.h"
#include "qpress_writer.h"
#include "scratch.h"
#include "workspace.h"

static struct workers *workers;

static int enter(void **state)
{
    (void)state;
    jb_error error = JB_ERROR_INIT;
    assert_ok(error, workers_new(2, &workers, &error));
    scratch_enter();
    scratch_run("mkdir in out && seq 30000 > plain");
    return 0;
}

static int leave(void **state)
{
    (void)state;
    scratch_leave();
    workers_free(workers);
    return 0;
}

static void pack(const char *from, const char *to)
{
    struct buffer plain, file;
    memory_load(from, &plain);
    buffer_init(&file, SIZE_MAX);
    qpress_write_file(&file, plain.data, plain.size, 65536);
    memory_save(to, &file);
    buffer_clean_up(&plain);
    buffer_clean_up(&file);
}

static int extract(struct workers *qpress, jb_error *error)
{
    struct buffer archive;
    struct memory_source source;
    memory_load("archive.tar", &archive);
    memory_source_init(&source, archive.data, archive.size, 10000);
    const struct tar_extract_options options = {.bytes_max = UINT64_MAX, .qpress = qpress};
    int code = tar_extract(NULL, &source.base, "out", &options, NULL, error);
    buffer_clean_up(&archive);
    return code;
}

static int check(struct workers *qpress, jb_error *error)
{
    struct buffer archive;
    struct memory_source source;
    memory_load("archive.tar", &archive);
    memory_source_init(&source, archive.data, archive.size, 10000);
    int code = tar_check_packed(NULL, &source.base, qpress, NULL, error);
    buffer_clean_up(&archive);
    return code;
}

/* As an extraction would take it. */
static int check_extract(struct workers *qpress, struct tar_counts *counts, jb_error *error)
{
    struct buffer archive;
    struct memory_source source;
    memory_load("archive.tar", &archive);
    memory_source_init(&source, archive.data, archive.size, 10000);
    const struct tar_extract_options options = {.bytes_max = UINT64_MAX, .qpress = qpress};
    int code = tar_check_extract(NULL, &source.base, &options, counts, error);
    buffer_clean_up(&archive);
    return code;
}

static void expect_refused(jb_code expected, const char *text)
{
    jb_error error = JB_ERROR_INIT;
    assert_int_equal(extract(workers, &error), expected);
    if (strstr(error.text, text) == NULL)
        fail_msg("'%s' does not say '%s'", error.text, text);
    scratch_run("rm -rf out && mkdir out");
    struct tar_counts counts;
    assert_int_equal(check_extract(workers, &counts, &error), expected);
    if (strstr(error.text, text) == NULL)
        fail_msg("the check's '%s' does not say '%s'", error.text, text);
}

static void packed_members_get_their_own_names_and_what_the_archive_says_of_them(void **state)
{
    (void)state;
    jb_error error = JB_ERROR_INIT;
    pack("plain", "in/a.qp");
    scratch_run(
        "mkdir in/sub && cp -p in/a.qp in/sub/b.ibd.qp && : > in/empty && echo x > in/.qp && echo y > in/c.qpx && "
        "ln -s a.qp in/link && chmod 640 in/a.qp && chown 3:4 in/a.qp && touch -d @1000000000 in/a.qp && "
        "tar --format=pax -cf archive.tar -C in .");
    assert_ok(error, check(workers, &error));
    struct stat plain;
    struct tar_counts counts;
    assert_int_equal(stat("plain", &plain), 0);
    assert_ok(error, check_extract(workers, &counts, &error));
    assert_int_equal(counts.stored, 2 * plain.st_size + 4);
    assert_ok(error, extract(workers, &error));
    scratch_run(
        "cmp plain out/a && cmp plain out/sub/b.ibd && test ! -s out/empty && test \"$(cat out/.qp out/c.qpx)\" = "
        "\"$(printf 'x\\ny')\" && test \"$(readlink out/link)\" = a.qp && test \"$(find out -type f | wc -l)\" = 5 && "
        "test \"$(stat -c '%%a %%u:%%g %%Y' out/a)\" = '640 3:4 1000000000'");
    scratch_run("rm -rf out && mkdir out");
    assert_ok(error, extract(NULL, &error));
    scratch_run("cmp in/a.qp out/a.qp && cmp in/sub/b.ibd.qp out/sub/b.ibd.qp");
}

static void a_plain_file_and_a_packed_one_of_the_same_name_are_refused(void **state)
{
    (void)state;
    pack("plain", "in/a.qp");
    scratch_run("echo other > in/a && tar -cf archive.tar -C in a a.qp");
    expect_refused(JB_ERROR_FORMAT, "'a.qp'");
    scratch_run("tar -cf archive.tar -C in a.qp a");
    expect_refused(JB_ERROR_FORMAT, "'a'");
    scratch_run("ln in/a.qp in/hard && tar -cf archive.tar -C in a.qp hard");
    expect_refused(JB_ERROR_FORMAT, "the archive does not hold");
}

static void damage_names_the_member(void **state)
{
    (void)state;
    jb_error error = JB_ERROR_INIT;
    pack("plain", "in/a.qp");
    scratch_run("printf X | dd of=in/a.qp bs=1 seek=1000 conv=notrunc status=none && tar -cf archive.tar -C in a.qp");
    expect_refused(JB_ERROR_VERIFY, "'a.qp': the qpress file is damaged");
    assert_fails(JB_ERROR_VERIFY, error, check(workers, &error));
    assert_non_null(strstr(error.text, "'a.qp': the qpress file is damaged"));
    assert_ok(error, check(NULL, &error));
    scratch_run("truncate -s 5000 in/a.qp && tar -cf archive.tar -C in a.qp");
    expect_refused(JB_ERROR_VERIFY, "ends too early");
    scratch_run("echo text > in/a.qp && tar -cf archive.tar -C in a.qp");
    expect_refused(JB_ERROR_VERIFY, "ends too early");
    scratch_run("seq 100 > in/a.qp && tar -cf archive.tar -C in a.qp");
    expect_refused(JB_ERROR_FORMAT, "no qpress file");
    scratch_run("truncate -s 1M in/a.qp && tar --sparse -cf archive.tar -C in a.qp");
    expect_refused(JB_ERROR_FORMAT, "'a.qp'");
}

static void what_lies_alone_inside_is_raised(void **state)
{
    (void)state;
    jb_error error = JB_ERROR_INIT;
    scratch_run("mkdir -p out/x/y/x/mysql && echo 1 > out/x/y/x/ibdata1 && echo 2 > out/x/y/x/mysql/t && chmod 750 "
                "out/x/y/x && "
                "mkdir out/x/y/x/x");
    assert_ok(error, old_database_raise("out", &error));
    scratch_run(
        "test \"$(cat out/ibdata1 out/mysql/t)\" = \"$(printf '1\\n2')\" && test \"$(ls -A out | tr '\\n' ' ')\" = "
        "'ibdata1 mysql x ' && test \"$(stat -c %%a out)\" = 750 && rmdir out/x");
    /* With anything beside it nothing is, and neither where there is nothing. */
    scratch_run("rm -rf out && mkdir -p out/a/b && echo 1 > out/file");
    assert_ok(error, old_database_raise("out", &error));
    scratch_run("test -d out/a/b && rm -rf out && mkdir out");
    assert_ok(error, old_database_raise("out", &error));
    scratch_run("ln -s /etc out/link");
    assert_ok(error, old_database_raise("out", &error));
    scratch_run("test -L out/link");
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, enter, leave)
    const struct CMUnitTest tests[] = {
        CASE(packed_members_get_their_own_names_and_what_the_archive_says_of_them),
        CASE(a_plain_file_and_a_packed_one_of_the_same_name_are_refused),
        CASE(damage_names_the_member),
        CASE(what_lies_alone_inside_is_raised),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
