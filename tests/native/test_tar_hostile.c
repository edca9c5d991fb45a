/* Archives made to do harm, and archives that are not whole. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "archive/tar.h"
#include "memory_stream.h"
#include "scratch.h"

static int enter(void **state)
{
    (void)state;
    scratch_enter();
    scratch_run("mkdir -m 711 outside && printf precious > outside/file");
    return 0;
}

static int leave(void **state)
{
    (void)state;
    scratch_leave();
    return 0;
}

/* Members by Python's tarfile, which writes whatever it is told: `lines` call m(name, type, link, content). */
static void make(const char *lines)
{
    scratch_run(
        "cat > make.py <<'END'\n"
        "import tarfile, io\n"
        "t = tarfile.open('x.tar', 'w', format=tarfile.PAX_FORMAT)\n"
        "def m(name, type=tarfile.REGTYPE, link='', content=b'evil', size=None, **more):\n"
        "    i = tarfile.TarInfo(name); i.type = type; i.linkname = link; i.pax_headers = more; i.mode = 0o755\n"
        "    if type == tarfile.REGTYPE: i.size = len(content)\n"
        "    i.uid = i.gid = 0\n"
        "    t.addfile(i, io.BytesIO(content))\n"
        "DIR, SYM, HARD, CHR, FIFO = tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, "
        "tarfile.FIFOTYPE\n"
        "%s\nt.close()\nEND\npython3 make.py",
        lines);
}

static int extract_bytes(const struct buffer *bytes, size_t size, const struct tar_extract_options *options,
                         jb_error *error)
{
    struct memory_source source;
    memory_source_init(&source, bytes->data, size, 4096);
    scratch_run("rm -rf back; mkdir back");
    return tar_extract(NULL, &source.base, "back", options, NULL, error);
}

static void refused(const char *lines, const struct tar_extract_options *options, int code, const char *text)
{
    make(lines);
    struct buffer bytes;
    memory_load("x.tar", &bytes);
    struct tar_extract_options by_threads = options ? *options : (struct tar_extract_options){.bytes_max = UINT64_MAX};
    for (by_threads.threads = 1; by_threads.threads <= 4; by_threads.threads += 3) {
        jb_error error = JB_ERROR_INIT;
        int got = extract_bytes(&bytes, bytes.size, &by_threads, &error);
        if (got != code || !strstr(error.text, text))
            fail_msg("%s\ngave %d: %s", lines, got, error.text);
    }
    buffer_clean_up(&bytes);
    scratch_run("test \"$(cat outside/file)\" = precious && test \"$(ls outside)\" = file && "
                "test \"$(stat -c %%a outside)\" = 711");
}

static void names_that_lead_out_are_refused(void **state)
{
    (void)state;
    refused("m('/tmp/jpsbackup-evil')", NULL, JB_ERROR_FORMAT,
            "'/tmp/jpsbackup-evil' is refused: its name is absolute");
    refused("m('../outside/evil')", NULL, JB_ERROR_FORMAT, "leads upwards");
    refused("m('a/../../outside/evil')", NULL, JB_ERROR_FORMAT, "leads upwards");
    refused("m('a/..')", NULL, JB_ERROR_FORMAT, "leads upwards");
    refused("m('..', DIR)", NULL, JB_ERROR_FORMAT, "leads upwards");
    refused("m('./', SYM, '/etc')", NULL, JB_ERROR_FORMAT, "can only be a directory");
    refused("m('other/file')", &(struct tar_extract_options){.bytes_max = UINT64_MAX, .prefix = "data"},
            JB_ERROR_FORMAT, "does not begin with 'data/'");
    refused("m('database/file')", &(struct tar_extract_options){.bytes_max = UINT64_MAX, .prefix = "data"},
            JB_ERROR_FORMAT, "does not begin with 'data/'");
}

static void files_through_links_are_refused(void **state)
{
    (void)state;
    refused("m('a', SYM, '../outside'); m('a/file')", NULL, JB_ERROR_FORMAT, "leads through 'a'");
    refused("m('a', SYM, '../outside'); m('a/b/file')", NULL, JB_ERROR_FORMAT, "leads through 'a'");
    refused("m('a', SYM, '../outside/file'); m('a')", NULL, JB_ERROR_FORMAT, "was there before");
    refused("m('a', SYM, '../outside'); m('a', DIR)", NULL, JB_ERROR_FORMAT, "was there before");
    refused("m('a', SYM, '../outside/new'); m('a')", NULL, JB_ERROR_FORMAT, "was there before");
    refused("m('d', DIR); m('d/a', SYM, '../../outside'); m('d/x'); m('d/a/file')", NULL, JB_ERROR_FORMAT,
            "leads through 'd/a'");
    refused("m('f'); m('f/file')", NULL, JB_ERROR_FORMAT, "leads through 'f'");
    refused("m('a', SYM, '../outside/new'); m('b', HARD, 'a'); m('b')", NULL, JB_ERROR_FORMAT, "was there before");
}

/* Directories that the archive has left are finished early where their number is large; one that it comes back to is
 * changed again, and must be that directory. */
static void links_in_place_of_finished_directories_are_refused(void **state)
{
    (void)state;
    const struct tar_extract_options early = {.bytes_max = UINT64_MAX, .waiting_bytes_max = 1};
    refused("[m('d%d' % i, DIR) for i in range(50)]; m('a', SYM, '../outside'); m('a', DIR)", &early, JB_ERROR_FORMAT,
            "was there before");
    refused("[m('d%d' % i, DIR) for i in range(50)]; m('a', SYM, '../outside'); m('a/b', DIR)", &early, JB_ERROR_FORMAT,
            "leads through 'a'");
    refused("[m('d%d' % i, DIR) for i in range(50)]; m('a'); m('a', DIR)", &early, JB_ERROR_FORMAT, "was there before");
}

static void hard_links_out_are_refused(void **state)
{
    (void)state;
    refused("m('a', HARD, '../outside/file')", NULL, JB_ERROR_FORMAT, "leads upwards");
    refused("m('a', HARD, '/etc/passwd')", NULL, JB_ERROR_FORMAT, "absolute");
    refused("m('a', SYM, '../outside'); m('b', HARD, 'a/file')", NULL, JB_ERROR_FORMAT, "leads through 'a'");
    refused("m('a', HARD, 'missing')", NULL, JB_ERROR_FORMAT, "does not hold before it");
    refused("m('d', DIR); m('a', HARD, 'd')", NULL, JB_ERROR_IO, "cannot link it to 'd'");
}

static void devices_and_bombs_are_bounded(void **state)
{
    (void)state;
    refused("m('dev', CHR)", NULL, JB_ERROR_UNSUPPORTED, "is a device");
    refused("m('a', content=b'x'*600); m('b', content=b'x'*500)", &(struct tar_extract_options){.bytes_max = 1000},
            JB_ERROR_LIMIT, "more than 1000 bytes");
    refused("m('a'); m('b'); m('c')", &(struct tar_extract_options){.bytes_max = UINT64_MAX, .entries_max = 2},
            JB_ERROR_LIMIT, "more than 2 members");
    refused("m('d/'*5000 + 'f')", NULL, JB_ERROR_LIMIT, "too deep");
    refused("m('n'*300)", NULL, JB_ERROR_LIMIT, "too long");
    refused("m('n/'*40000)", NULL, JB_ERROR_LIMIT, "too");
    /* A size that the archive does not have, declared larger than any disk. */
    refused("i = tarfile.TarInfo('huge'); i.size = 1 << 60; t.fileobj.write(i.tobuf(tarfile.GNU_FORMAT)); "
            "t.fileobj.write(b'x' * 1024)",
            NULL, JB_ERROR_FORMAT, "cut off");
}

static void cut_archives_are_errors_at_every_block(void **state)
{
    (void)state;
    scratch_run("mkdir -p tree/d && printf 1 > tree/a && head -c 1500 /dev/zero > tree/d/b && ln -s a tree/c && ln "
                "tree/a tree/d/e && touch -d @1.5 tree/a");
    struct memory_sink sink;
    memory_sink_init(&sink);
    assert_int_equal(tar_create(NULL, "tree", "", NULL, &sink.base, NULL, NULL), JB_OK);
    jb_error error = JB_ERROR_INIT;
    assert_int_equal(extract_bytes(&sink.bytes, sink.bytes.size, NULL, &error), JB_OK);
    for (size_t size = 0; size < sink.bytes.size; size += 512) {
        struct memory_source source;
        memory_source_init(&source, sink.bytes.data, size, 300);
        assert_int_equal(tar_check(NULL, &source.base, NULL, &error), JB_ERROR_FORMAT);
        assert_int_equal(extract_bytes(&sink.bytes, size, NULL, &error), JB_ERROR_FORMAT);
        assert_non_null(strstr(error.text, "cut off"));
    }
    assert_int_equal(extract_bytes(&sink.bytes, sink.bytes.size - 1, NULL, &error), JB_ERROR_FORMAT);
    /* Zeros behind the end are padding; anything else is not. */
    assert_int_equal(buffer_append(&sink.bytes, (char[9000]){0}, 9000, NULL), JB_OK);
    assert_int_equal(extract_bytes(&sink.bytes, sink.bytes.size, NULL, &error), JB_OK);
    assert_int_equal(buffer_append(&sink.bytes, "x", 1, NULL), JB_OK);
    assert_int_equal(extract_bytes(&sink.bytes, sink.bytes.size, NULL, &error), JB_ERROR_FORMAT);
    assert_non_null(strstr(error.text, "behind its end mark"));
    buffer_clean_up(&sink.bytes);
}

/* A map of holes that would fill the memory, of which each entry takes four bytes in the archive. */
static void maps_of_holes_are_bounded(void **state)
{
    (void)state;
    refused("m('a', content=b'9000000\\n' + b'0\\n1\\n' * 9000000, **{'GNU.sparse.major': '1', 'GNU.sparse.minor': "
            "'0', 'GNU.sparse.name': 'a', "
            "'GNU.sparse.realsize': '10'})",
            NULL, JB_ERROR_LIMIT, "header of more than 16 MiB");
}

static void full_targets_are_refused(void **state)
{
    (void)state;
    jb_error error = JB_ERROR_INIT;
    struct memory_source source;
    memory_source_init(&source, "", 0, 1);
    assert_int_equal(tar_extract(NULL, &source.base, "outside", NULL, NULL, &error), JB_ERROR_CONFLICT);
    assert_int_equal(tar_extract(NULL, &source.base, "nowhere", NULL, NULL, &error), JB_ERROR_NOT_FOUND);
}

/* Each byte of a small archive turned over: whatever comes of it, nothing comes to lie outside. */
static void damaged_archives_do_no_harm(void **state)
{
    (void)state;
    make("m('d', DIR); m('d/f'); m('l', SYM, 'd/f'); m('h', HARD, 'd/f'); m('u' * 120)");
    struct buffer bytes;
    memory_load("x.tar", &bytes);
    for (size_t i = 0; i < bytes.size && i < 8192; i += 3) {
        bytes.data[i] = (char)~bytes.data[i];
        struct memory_source source;
        memory_source_init(&source, bytes.data, bytes.size, 4096);
        struct tar_counts counts;
        jb_error error = JB_ERROR_INIT;
        int code = tar_check(NULL, &source.base, &counts, &error);
        assert_true(code == JB_OK || code == JB_ERROR_FORMAT || code == JB_ERROR_LIMIT);
        bytes.data[i] = (char)~bytes.data[i];
    }
    buffer_clean_up(&bytes);
}

int main(void)
{
    umask(022);
#define CASE(name) cmocka_unit_test_setup_teardown(name, enter, leave)
    const struct CMUnitTest tests[] = {
        CASE(names_that_lead_out_are_refused), CASE(files_through_links_are_refused),
        CASE(hard_links_out_are_refused),      CASE(links_in_place_of_finished_directories_are_refused),
        CASE(devices_and_bombs_are_bounded),   CASE(cut_archives_are_errors_at_every_block),
        CASE(maps_of_holes_are_bounded),       CASE(full_targets_are_refused),
        CASE(damaged_archives_do_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
