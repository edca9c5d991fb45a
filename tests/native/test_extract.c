/* Trees out of archives: by any number of threads, with little memory for directories, from many programs' archives.
 * Needs root, for owners and attributes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "archive/tar.h"
#include "memory_stream.h"
#include "scratch.h"

#define NOBODY 65534

static int enter(void **state)
{
    (void)state;
    scratch_enter();
    return 0;
}

static int leave(void **state)
{
    (void)state;
    scratch_leave();
    return 0;
}

/* A line for each name: all that a restore must bring back, but for ctime and inode numbers. */
static void list(const char *tree)
{
    scratch_run(
        "(cd %s && find . -printf '%%p %%y %%m %%U %%G %%s %%T@ %%n %%l\\n' | "
        "LC_ALL=C sort; find . -type f | LC_ALL=C sort | xargs -d '\\n' md5sum; getfattr -R -h -d -m - . | "
        "grep -v '^$'; getfacl -R -n -p .; find . -type f -links +1 -printf '%%i %%p\\n' | LC_ALL=C sort -k 2 | "
        "awk '{ n[$1] = n[$1] \" \" $2 } END { for (i in n) print n[i] }' | LC_ALL=C sort) > %s.list",
        tree, tree);
}

/* Members by Python's tarfile: m(name, type, link, content, mode, time, acl). */
static void make(const char *lines)
{
    scratch_run("cat > make.py <<'END'\n"
                "import tarfile, io\n"
                "t = tarfile.open('x.tar', 'w', format=tarfile.PAX_FORMAT)\n"
                "def m(name, type=tarfile.REGTYPE, link='', content=b'text', mode=0o644, time=1000000000.5, **more):\n"
                "    i = tarfile.TarInfo(name); i.type = type; i.linkname = link; i.mode = mode; i.mtime = time\n"
                "    i.pax_headers = {k.replace('_', '.'): v for k, v in more.items()}\n"
                "    if type == tarfile.REGTYPE: i.size = len(content)\n"
                "    t.addfile(i, io.BytesIO(content))\n"
                "DIR, SYM, HARD, FIFO = tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE\n"
                "%s\nt.close()\nEND\npython3 make.py",
                lines);
}

static int extract(const char *archive, const char *target, const struct tar_extract_options *options, jb_error *error)
{
    struct buffer bytes;
    memory_load(archive, &bytes);
    struct memory_source source;
    memory_source_init(&source, bytes.data, bytes.size, 10000);
    scratch_run("rm -rf %s; mkdir %s; chmod 777 %s", target, target, target);
    int code = tar_extract(NULL, &source.base, target, options, NULL, error);
    buffer_clean_up(&bytes);
    return code;
}

static void extract_well(const char *archive, const char *target, const struct tar_extract_options *options)
{
    jb_error error = JB_ERROR_INIT;
    if (extract(archive, target, options, &error) != JB_OK)
        fail_msg("%s: %s", archive, error.text);
}

static const char many_kinds[] =
    "for d in range(25):\n"
    "    m('d%02d' % d, DIR, mode=0o2750 + d % 8, time=1e9 + d + .25)\n"
    "    for f in range(12):\n"
    "        n = 'd%02d/f%02d' % (d, f)\n"
    "        m(n, content=n.encode() * (1 + f ** 3), mode=[0o644, 0o600, 0o4711, 0, 0o2755][f % 5], time=1e9 + f)\n"
    "        m(n + '-link', HARD, n)\n"
    "        if f % 4 == 0: m(n + '-sym', SYM, n)\n"
    "        if f % 5 == 0: m(n + '-attr', SCHILY_xattr_user_note=n, SCHILY_acl_access='user::rw-,user:12:r--:12,"
    "group::r--,mask::r--,other::---')\n"
    "    m('d%02d/large' % d, content=bytes(range(256)) * 1500)\n"
    "    m('d%02d/none' % d, content=b'')\n"
    "    m('once%02d/deep/file' % d)\n";

static void any_number_of_threads_gives_the_same_tree(void **state)
{
    (void)state;
    make(many_kinds);
    extract_well("x.tar", "one", &(struct tar_extract_options){.bytes_max = UINT64_MAX, .threads = 1});
    /* What tar itself makes of it, but for directories that the archive does not hold. */
    scratch_run(
        "mkdir judge && tar --xattrs --xattrs-include='*' --acls --delay-directory-restore -xpf x.tar -C judge && "
        "touch -d @5 one/once* one/once*/deep judge/once* judge/once*/deep one judge && "
        "chmod 755 judge/once* judge/once*/deep && chmod 777 judge");
    list("one");
    list("judge");
    scratch_run("diff judge.list one.list && test $(wc -l < one.list) -gt 1500");
    for (unsigned threads = 2; threads <= 16; threads += 14) {
        extract_well("x.tar", "many", &(struct tar_extract_options){.bytes_max = UINT64_MAX, .threads = threads});
        scratch_run("touch -d @5 many/once* many/once*/deep many");
        list("many");
        scratch_run("diff one.list many.list");
    }
}

/* Each of these has several faults; what is told is the first, however far the others have come. */
static void the_first_failure_in_the_archives_order_is_told(void **state)
{
    (void)state;
    static const struct {
        const char *lines, *told;
    } cases[] = {
        {"for i in range(150): m('f%d' % i)\nm('f7')\nm('f9')\nm('../out')", "the member 'f7': its name was there"},
        {"for i in range(9): m('f%d' % i)\nm('f3', DIR)\nm('f4')", "the member 'f3/': its name was there"},
        {"m('a')\nm('a/b')\nm('a')", "the member 'a/b': its name leads through 'a'"},
        {"m('a')\nm('b', HARD, 'a')\nm('b')\nm('/c')", "the member 'b': its name was there"},
        {"m('s', SYM, 'x')\nfor i in range(100): m('f%d' % i)\nm('s')\nm('f1')", "the member 's': its name was there"},
        {"for i in range(99): m('d%d/f' % i)\nm('d50')\nm('d50/f')", "the member 'd50': its name was there"},
        {"m('a')\nm('l', SYM, 'a')\nm('l/x')\nm('a')", "the member 'l/x': its name leads through 'l'"},
        {"for i in range(70): m('f%d' % i)\nm('f0', content=b'x' * 300000)\nm('f1')",
         "the member 'f0': its name was there"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        make(cases[i].lines);
        for (unsigned threads = 1; threads <= 6; threads += 5)
            for (unsigned turn = 0; turn < 2; turn++) {
                jb_error error = JB_ERROR_INIT;
                assert_int_equal(extract("x.tar", "back",
                                         &(struct tar_extract_options){.bytes_max = UINT64_MAX, .threads = threads},
                                         &error),
                                 JB_ERROR_FORMAT);
                if (strncmp(error.text, cases[i].told, strlen(cases[i].told)) != 0)
                    fail_msg("%s\nwith %u threads: %s", cases[i].lines, threads, error.text);
            }
    }
}

/* A cut archive ends only after the files before the cut: one of these cannot be made, and comes first. */
static void a_failure_under_way_comes_before_the_end_of_a_cut_archive(void **state)
{
    (void)state;
    make("for i in range(50): m('f%d' % i)\nm('f1')\nfor i in range(50): m('g%d' % i)");
    scratch_run("truncate -s -10000 x.tar");
    for (unsigned threads = 1; threads <= 4; threads += 3) {
        jb_error error = JB_ERROR_INIT;
        extract("x.tar", "back", &(struct tar_extract_options){.bytes_max = UINT64_MAX, .threads = threads}, &error);
        assert_non_null(strstr(error.text, "the member 'f1'"));
    }
}

/* Directories are described before, between and after what they hold, twice, and not at all; closed ones too. */
static const char wandering[] =
    "m('.', DIR, mode=0o751)\n"
    "for d in range(30): m('a%d/b/c' % d, DIR, mode=0o500 + d % 8, time=1e9 + d)\n"
    "for d in range(30): m('a%d/b/file' % d)\n"
    "for d in range(30):\n"
    "    m('a%d' % d, DIR, mode=0o1700 + d % 8, time=2e9 + d, SCHILY_acl_default='user::rwx,user:12:r-x:12,group::r-x,"
    "mask::r-x,other::---')\n"
    "    m('a%d/b' % d, DIR, mode=d % 2, time=3e8 + d + .5)\n"
    "for d in range(30): m('a%d/b/c/file' % d); m('a%d/sub' % d, DIR, mode=0o700); m('a%d/b/c/hard' % d, HARD, "
    "'a%d/b/file' % d)\n"
    "for d in range(29): m('a%d/b/c' % d, DIR, mode=0o2711 + d % 2, time=4e8 + d, SCHILY_acl_access='user::r-x,user:12:"
    "r-x:12,group::r-x,mask::r-x,other::---')\n"
    "for d in range(30): m('a%d/b/c/last' % d, content=b'x' * 400)\n";

static void compare_with_little_memory(const struct tar_extract_options *options)
{
    struct tar_extract_options little = *options;
    little.waiting_bytes_max = 1;
    extract_well("x.tar", "wide", options);
    extract_well("x.tar", "narrow", &little);
    little.waiting_bytes_max = 4000;
    extract_well("x.tar", "middle", &little);
}

static void little_memory_for_directories_gives_the_same_tree(void **state)
{
    (void)state;
    make(wandering);
    for (unsigned threads = 1; threads <= 4; threads += 3) {
        compare_with_little_memory(&(struct tar_extract_options){.bytes_max = UINT64_MAX, .threads = threads});
        list("wide");
        list("narrow");
        list("middle");
        scratch_run("diff wide.list narrow.list && diff wide.list middle.list");
        scratch_run(
            "test \"$(stat -c '%%a %%Y' wide/a3 wide/a3/b wide/a3/b/c wide | tr '\\n' ' ')\" = '1703 2000000003 "
            "1 300000003 2550 400000003 751 1000000000 '");
    }
}

static void the_same_without_the_rights_of_root(void **state)
{
    (void)state;
    make(wandering);
    scratch_run("chmod 777 . && for t in wide narrow middle; do mkdir $t; done");
    struct buffer bytes;
    memory_load("x.tar", &bytes);
    const char *names[] = {"wide", "narrow", "middle"};
    size_t limits[] = {0, 1, 4000};
    scratch_run("chown %d wide narrow middle", NOBODY);
    for (size_t i = 0; i < 3; i++) {
        struct memory_source source;
        memory_source_init(&source, bytes.data, bytes.size, 10000);
        struct tar_extract_options options = {.bytes_max = UINT64_MAX, .threads = 3, .waiting_bytes_max = limits[i]};
        jb_error error = JB_ERROR_INIT;
        assert_int_equal(seteuid(NOBODY), 0);
        int code = tar_extract(NULL, &source.base, names[i], &options, NULL, &error);
        assert_int_equal(seteuid(0), 0);
        if (code != JB_OK)
            fail_msg("%s: %s", names[i], error.text);
        list(names[i]);
    }
    buffer_clean_up(&bytes);
    scratch_run("diff wide.list narrow.list && diff wide.list middle.list");
}

/* Blocks on the disk: holes of the archive stay holes, and zeros that the archive holds are no holes. */
static void holes_are_those_of_the_archive_alone(void **state)
{
    (void)state;
    scratch_run(
        "mkdir tree && truncate -s 8M tree/mid && for at in 0 3000000 8388607; do printf x | dd of=tree/mid bs=1 "
        "seek=$at conv=notrunc 2>/dev/null; done && truncate -s 2M tree/hole && truncate -s 100000 tree/small && "
        "printf x | dd of=tree/small bs=1 seek=70000 conv=notrunc 2>/dev/null && head -c 1M /dev/zero > "
        "tree/zeros && head -c 70000 /dev/zero > tree/few");
    const char *made_by[] = {"tar -S --format=gnu",
                             "tar -S --format=oldgnu",
                             "tar -S --format=posix --sparse-version=0.0",
                             "tar -S --format=posix --sparse-version=0.1",
                             "tar -S --format=posix --sparse-version=1.0",
                             "bsdtar --read-sparse --format=pax"};
    for (size_t i = 0; i < sizeof made_by / sizeof *made_by; i++) {
        /* GNU tar takes zeros for holes unless it is told how to look. */
        scratch_run("%s %s -cf x.tar -C tree .", made_by[i], made_by[i][0] == 't' ? "--hole-detection=seek" : "");
        extract_well("x.tar", "back", NULL);
        scratch_run("for f in mid hole small zeros few; do cmp tree/$f back/$f && test $(stat -c %%b back/$f) "
                    "= $(stat -c %%b tree/$f) || { stat -c '%%n %%b' tree/$f back/$f; exit 1; }; done");
    }
    scratch_run("tar --format=posix -cf x.tar -C tree .");
    extract_well("x.tar", "back", NULL);
    scratch_run("test $(stat -c %%b back/hole) -ge 4096 && test $(stat -c %%b back/small) -ge 195");
}

static void archives_of_every_program_extract(void **state)
{
    (void)state;
    scratch_run("mkdir -p tree/sub && head -c 70000 /dev/urandom > tree/sub/file && ln -s file tree/sub/link && ln "
                "tree/sub/file tree/hard && printf x > tree/plain && find tree | xargs touch -h -d @1000000000 && "
                "chown -R 12:34 tree && chmod 2750 tree/sub");
    const char *made_by[] = {
        "tar --format=gnu -cf x.tar tree",
        "tar --format=posix -cf x.tar tree",
        "tar --format=ustar -cf x.tar tree",
        "tar --format=v7 -cf x.tar tree",
        "bsdtar --format pax -cf x.tar tree",
        "bsdtar --format gnutar -cf x.tar tree",
        "bsdtar --format ustar -cf x.tar tree",
        "bsdtar --format v7 -cf x.tar tree",
        "python3 -c \"import tarfile\nwith tarfile.open('x.tar', 'w', format=tarfile.PAX_FORMAT) as t: t.add('tree')\"",
        "python3 -c \"import tarfile\nwith tarfile.open('x.tar', 'w', format=tarfile.GNU_FORMAT) as t: t.add('tree')\"",
        "python3 -c \"import tarfile\nwith tarfile.open('x.tar', 'w', format=tarfile.USTAR_FORMAT) as t: "
        "t.add('tree')\""};
    list("tree");
    for (size_t i = 0; i < sizeof made_by / sizeof *made_by; i++) {
        scratch_run("rm -f x.tar; %s", made_by[i]);
        extract_well("x.tar", "back", &(struct tar_extract_options){.bytes_max = UINT64_MAX, .prefix = "tree"});
        list("back");
        scratch_run("diff tree.list back.list || { echo made by number %zu; exit 1; }", i);
    }
    /* Another form than tar is told, and nothing is made. */
    const char *others[] = {"bsdtar --format cpio -cf x.tar tree", "bsdtar --format zip -cf x.tar tree",
                            "gzip -c tree/plain > x.tar", "head -c 5000 tree/sub/file > x.tar"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        scratch_run("%s", others[i]);
        jb_error error = JB_ERROR_INIT;
        assert_int_equal(extract("x.tar", "back", NULL, &error), JB_ERROR_FORMAT);
        assert_non_null(strstr(error.text, "is damaged or cut off"));
        scratch_run("test -z \"$(ls -A back)\"");
    }
}

/* Threads that hold folders open, where the host allows few files. */
static void few_open_files_are_enough(void **state)
{
    (void)state;
    make("for i in range(400): m('d%d/e/f' % i)");
    struct rlimit former;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &former), 0);
    struct buffer bytes;
    memory_load("x.tar", &bytes);
    struct memory_source source;
    memory_source_init(&source, bytes.data, bytes.size, 10000);
    scratch_run("mkdir back");
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &(struct rlimit){64, former.rlim_max}), 0);
    jb_error error = JB_ERROR_INIT;
    int code = tar_extract(NULL, &source.base, "back",
                           &(struct tar_extract_options){.bytes_max = UINT64_MAX, .threads = 8}, NULL, &error);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &former), 0);
    if (code != JB_OK)
        fail_msg("%s", error.text);
    buffer_clean_up(&bytes);
    scratch_run("test $(find back -type f | wc -l) = 400");
}

int main(void)
{
    if (geteuid() != 0) {
        fprintf(stderr, "this test needs root\n");
        return 1;
    }
    umask(022);
#define CASE(name) cmocka_unit_test_setup_teardown(name, enter, leave)
    const struct CMUnitTest tests[] = {
        CASE(any_number_of_threads_gives_the_same_tree),
        CASE(the_first_failure_in_the_archives_order_is_told),
        CASE(a_failure_under_way_comes_before_the_end_of_a_cut_archive),
        CASE(little_memory_for_directories_gives_the_same_tree),
        CASE(the_same_without_the_rights_of_root),
        CASE(holes_are_those_of_the_archive_alone),
        CASE(archives_of_every_program_extract),
        CASE(few_open_files_are_enough),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
