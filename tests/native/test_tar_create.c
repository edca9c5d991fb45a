/* What is written into archives and how: read ahead or not, holes, large directories, changes, choices. Judged by GNU
 * tar, bsdtar and Python. Needs root, for mounts. */
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
#include <unistd.h>

#include <cmocka.h>

#include "archive/tar.h"
#include "memory_stream.h"
#include "scratch.h"

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

static struct buffer warnings;

static void note(void *context, const char *path, const char *what)
{
    (void)context;
    assert_int_equal(buffer_printf(&warnings, NULL, "%s: %s\n", path, what), JB_OK);
}

static void change(void *context)
{
    const char **line = context;
    if (*line)
        scratch_run("%s", *line);
    *line = NULL;
}

/* Archives "tree"; `line` runs when the sink gets its first bytes. The warnings are in `warnings`. */
static struct tar_counts create(const char *archive, const struct tar_create_options *given, const char *line)
{
    struct tar_create_options options = given ? *given : (struct tar_create_options){0};
    options.warning = note;
    struct memory_sink sink;
    memory_sink_init(&sink);
    if (line) {
        sink.on_write = change;
        sink.context = &line;
    }
    buffer_clean_up(&warnings);
    buffer_init(&warnings, 65536);
    assert_int_equal(buffer_append_text(&warnings, "", NULL), JB_OK);
    struct tar_counts counts;
    jb_error error = JB_ERROR_INIT;
    if (tar_create(NULL, "tree", "", &options, &sink.base, &counts, &error) != JB_OK)
        fail_msg("%s", error.text);
    memory_save(archive, &sink.bytes);
    buffer_clean_up(&sink.bytes);
    return counts;
}

static void extract(const char *archive, const char *target)
{
    struct buffer bytes;
    memory_load(archive, &bytes);
    struct memory_source source;
    memory_source_init(&source, bytes.data, bytes.size, 65536);
    jb_error error = JB_ERROR_INIT;
    scratch_run("rm -rf %s && mkdir %s", target, target);
    if (tar_extract(NULL, &source.base, target, NULL, NULL, &error) != JB_OK)
        fail_msg("%s", error.text);
    buffer_clean_up(&bytes);
}

/* ---- reading ahead ---- */

static void readers_do_not_change_the_bytes(void **state)
{
    (void)state;
    scratch_run("python3 - <<'END'\n"
                "import os, random\n"
                "random.seed(5)\n"
                "sizes = [0, 1, 511, 512, 513, 65535, 65536, 65537, 262143, 262144, 262145, 600000]\n"
                "for d in range(60):\n"
                "  p = 'tree/' + '/'.join(random.choice('abc') for _ in range(random.randrange(1, 5))) + f'/d{d}'\n"
                "  os.makedirs(p)\n"
                "  for f in range(random.randrange(12)):\n"
                "    size = random.choice(sizes) if f < 2 else random.randrange(3000)\n"
                "    open(f'{p}/{f}', 'wb').write(random.randbytes(size))\n"
                "    if f == 3: os.symlink('x' * random.randrange(1, 300), f'{p}/link')\n"
                "    if f == 4: os.link(f'{p}/0', f'{p}/hard')\n"
                "    if f == 5: os.setxattr(f'{p}/5', 'user.a', b'v' * 200)\n"
                "    if f == 6: os.truncate(f'{p}/6', 100000)\n"
                "    if f == 7: os.mkfifo(f'{p}/fifo')\n"
                "END");
    create("serial.tar", &(struct tar_create_options){.readers = TAR_NO_READERS}, NULL);
    const struct tar_create_options kinds[] = {
        {0}, {.readers = 1}, {.readers = 8}, {.readers = 64}, {.readers = 3, .ahead_memory = 128 << 10}};
    for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
        for (unsigned run = 0; run < 3; run++) {
            create("ahead.tar", &kinds[i], NULL);
            assert_int_equal(warnings.size, 0);
            scratch_run("cmp serial.tar ahead.tar");
        }
    }
    scratch_run("tar --compare -f ahead.tar -C tree && rm -rf back && mkdir back && tar -xf ahead.tar -C back && "
                "diff -r --no-dereference -x fifo tree back");
}

/* Whatever was read ahead by then is whole; whatever is read later is told of or whole. */
static void changes_under_the_readers_keep_the_archive_whole(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) {
        scratch_run("rm -rf tree && mkdir tree && cd tree && for d in 1 2 3 4 5 6; do mkdir $d; for f in $(seq 60); do "
                    "echo $d$f > $d/$f; done; done; head -c 1000000 /dev/zero > 0");
        create("archive.tar", NULL,
               "(cd tree; rm -r 2; mv 3 4/in; for f in 5/*; do echo more >> $f; done; rm 6/1*; mkdir 6/1; ln -s 2 "
               "6/10; mkfifo 6/11)");
        scratch_run("tar -tf archive.tar > list && test $(sort list | uniq -d | wc -l) = 0");
        extract("archive.tar", "back");
        scratch_run("diff -r tree/1 back/1");
    }
}

static void full_ring_of_deep_directories_goes_on(void **state)
{
    (void)state;
    scratch_run("python3 -c \"\n"
                "import os\n"
                "for i in range(300): os.makedirs(f'tree/{i}/a/b/c')\n"
                "os.makedirs('tree/x/' + '/'.join('y' * 300)); open('tree/x/' + '/'.join('y' * 300) + '/f', 'w')\"");
    create("archive.tar", NULL, NULL);
    scratch_run("tar -tf archive.tar | sed 's,/$,,' | sort > list && (cd tree && find . | sed 's,^\\./,,' | sort) > "
                "wanted && diff list wanted");
}

/* ---- names beyond memory ---- */

static void large_directories_are_sorted_outside_of_memory(void **state)
{
    (void)state;
    scratch_run("python3 - <<'END'\n"
                "import os, random\n"
                "random.seed(9)\n"
                "os.makedirs('tree/one/two')\n"
                "for d in 'tree', 'tree/one', 'tree/one/two':\n"
                "  for i in range(700):\n"
                "    name = random.randbytes(random.randrange(1, 60)).hex() + str(i)\n"
                "    if i %% 7: open(f'{d}/{name}', 'w').write(name)\n"
                "    else: os.mkdir(f'{d}/{name}')\n"
                "END");
    create("memory.tar", NULL, NULL);
    const size_t sizes[] = {1, 3000, 20000, 65536};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
        create("spilled.tar", &(struct tar_create_options){.names_memory = sizes[i]}, NULL);
        scratch_run("cmp memory.tar spilled.tar");
    }
    scratch_run("tar -tf spilled.tar | sed 's,/$,,' | sort > list && (cd tree && find . | sed 's,^\\./,,' | sort) > "
                "wanted && diff list wanted");
}

static void many_files_with_several_names_keep_their_links(void **state)
{
    (void)state;
    scratch_run("python3 - <<'END'\n"
                "import os, random\n"
                "random.seed(11)\n"
                "os.makedirs('tree/a'); os.makedirs('tree/b'); os.makedirs('outside')\n"
                "for i in range(1500):\n"
                "  open(f'tree/a/{i}', 'w').write(str(i))\n"
                "  for n in range(random.randrange(3)): os.link(f'tree/a/{i}', f'tree/b/{random.randrange(10**9)}')\n"
                "  if i %% 5 == 0: os.link(f'tree/a/{i}', f'outside/{i}')\n"
                "END");
    create("memory.tar", NULL, NULL);
    create("spilled.tar", &(struct tar_create_options){.names_memory = 50}, NULL);
    scratch_run(
        "cmp memory.tar spilled.tar && mkdir back && tar -xf spilled.tar -C back && rm -r outside && diff -r tree "
        "back && (cd tree && find -type f -printf '%%p %%n\\n' | sort) > wanted && (cd back && find -type f -printf "
        "'%%p %%n\\n' | sort) | diff wanted -");
}

/* ---- holes ---- */

static void make_holes(void)
{
    scratch_run("python3 - <<'END'\n"
                "import os\n"
                "os.makedirs('tree/dir')\n"
                "def holes(path, size, *pieces):\n"
                "  f = os.open(path, os.O_CREAT | os.O_WRONLY)\n"
                "  os.ftruncate(f, size)\n"
                "  for at, n in pieces: os.pwrite(f, os.urandom(n), at)\n"
                "  os.close(f)\n"
                "holes('tree/empty', 1 << 20)\n"
                "holes('tree/start', 1 << 20, (0, 4096))\n"
                "holes('tree/end', 1 << 20, ((1 << 20) - 4096, 4096))\n"
                "holes('tree/odd', 1000001, (400000, 777), (1000000, 1))\n"
                "holes('tree/dir/' + 'long' * 50, 300000, (131072, 100))\n"
                "holes(b'tree/dir/not-utf8-\\xff', 300000, (131072, 100))\n"
                "holes('tree/many', 20 << 20, *((i << 13, 1) for i in range(2000)))\n"
                "holes('tree/huge', 9 << 30, (5, 10), (8 << 30, 5000))\n"
                "holes('tree/full', 1 << 20, (0, 1 << 20))\n"
                "os.utime('tree/odd', ns=(5, 1234567890123456789))\n"
                "END");
}

/* The same content, sizes and times, and little of it on the disk. */
static void compare_holes(const char *back)
{
    scratch_run(
        "diff -r -x huge tree %s && (cd tree && find . -type f -printf '%%p %%s %%T@\\n' | sort) > wanted && (cd "
        "%s && find . -type f -printf '%%p %%s %%T@\\n' | sort) | diff wanted - && "
        "test $(du -sk %s | cut -f1) -lt 14000 && cmp -n 100000 tree/huge %s/huge && "
        "cmp -i 8589930000 -n 10000 tree/huge %s/huge",
        back, back, back, back, back);
}

static void holes_come_back_from_every_reader(void **state)
{
    (void)state;
    make_holes();
    struct tar_counts counts = create("archive.tar", NULL, NULL);
    assert_int_equal(counts.warnings, 0);
    scratch_run("test $(stat -c %%s archive.tar) -lt 12000000");
    extract("archive.tar", "own");
    compare_holes("own");
    scratch_run("mkdir gnu bsd && tar -xf archive.tar -C gnu 2>/dev/null && tar --compare -f archive.tar -C tree "
                "--exclude huge "
                "2>/dev/null");
    compare_holes("gnu");
    scratch_run("{ LC_ALL=C bsdtar -xpf archive.tar -C bsd 2>/dev/null || test $? = 1; }");
    compare_holes("bsd");
    scratch_run("python3 -c \"\n"
                "import tarfile, hashlib\n"
                "t = tarfile.open('archive.tar')\n"
                "assert t.getmember('./huge' if './huge' in t.getnames() else 'huge').size == 9 << 30\n"
                "for m in t:\n"
                "  if m.isfile() and m.size < 2 << 20:\n"
                "    name = m.name.encode('utf-8', 'surrogateescape')\n"
                "    assert t.extractfile(m).read() == open(b'tree/' + name, 'rb').read(), name\"");
}

/* More pieces than a map has room for: what lies near together is stored with the holes between. */
static void maps_of_holes_have_a_bound(void **state)
{
    (void)state;
    scratch_run("python3 -c \"\n"
                "import os\n"
                "os.mkdir('tree')\n"
                "f = os.open('tree/f', os.O_CREAT | os.O_WRONLY)\n"
                "os.ftruncate(f, 200 << 20)\n"
                "for i in range(17000): os.pwrite(f, b'x', i << 13)\n"
                "os.ftruncate(f, 250 << 20)\"");
    create("archive.tar", NULL, NULL);
    scratch_run("test $(stat -c %%s archive.tar) -lt 145000000 -a $(stat -c %%s archive.tar) -gt 90000000");
    extract("archive.tar", "back");
    scratch_run("cmp tree/f back/f");
}

static void holes_that_change_while_they_are_read_keep_the_archive_whole(void **state)
{
    (void)state;
    make_holes();
    scratch_run("head -c 1000000 /dev/urandom > tree/0; cp --sparse=always tree/odd former");
    const struct tar_create_options serial = {.readers = TAR_NO_READERS};
    /* The sink gets its first block in the midst of the file, of which the map is out by then. */
    scratch_run("rm -r tree/0 tree/d* tree/e* tree/f* tree/h* tree/s* tree/many && python3 -c \"\n"
                "import os\n"
                "f = os.open('tree/odd', os.O_WRONLY)\n"
                "os.ftruncate(f, 5000000)\n"
                "os.pwrite(f, os.urandom(900000), 50000)\n"
                "os.close(f)\"");
    create("archive.tar", &serial,
           "dd if=/dev/urandom of=tree/odd bs=100000 count=30 seek=12 conv=notrunc 2>/dev/null");
    assert_string_equal(warnings.data, "odd: changed while it was read\n");
    extract("archive.tar", "back");
    scratch_run("tar -df archive.tar -C back && test $(stat -c %%s back/odd) = 5000000 && cmp -n 950000 tree/odd "
                "back/odd && cmp -n 3900000 -i 1050000:0 back/odd /dev/zero");
    create("archive.tar", &serial, "truncate -s 300000 tree/odd");
    assert_string_equal(warnings.data, "odd: shrank while it was read; its end is filled with zeros\n");
    extract("archive.tar", "back");
    scratch_run("tar -df archive.tar -C back && test $(stat -c %%s back/odd) = 5000000 && cmp -n 300000 tree/odd "
                "back/odd");
}

/* ---- changes ---- */

static void names_that_leave_a_file_while_it_is_read_are_told_of(void **state)
{
    (void)state;
    const struct tar_create_options serial = {.readers = TAR_NO_READERS};
    scratch_run("mkdir tree && head -c 2000000 /dev/urandom > tree/a && cp tree/a former");
    create("archive.tar", &serial, "rm tree/a");
    assert_string_equal(warnings.data, "a: vanished while it was read; what it held is archived\n");
    extract("archive.tar", "back");
    scratch_run("cmp back/a former && cp former tree/a");
    create("archive.tar", &serial, "cp former tree/b; mv tree/b tree/a");
    assert_string_equal(warnings.data, "a: was replaced while it was read; what it held before is archived\n");
    create("archive.tar", &serial, "chmod 600 tree/a");
    assert_string_equal(warnings.data, "a: changed while it was read\n");
}

static void files_that_become_something_else_are_left_out(void **state)
{
    (void)state;
    scratch_run("mkdir tree && head -c 2000000 /dev/zero > tree/a && touch tree/b tree/c && ln -s x tree/d && touch "
                "tree/e tree/f");
    create("archive.tar", &(struct tar_create_options){.readers = TAR_NO_READERS},
           "cd tree; rm b c d e; mkdir b; mkfifo c; echo now > d; ln -s a e; python3 -c \"import socket; "
           "socket.socket(socket.AF_UNIX).bind('f2')\"; mv f2 f");
    assert_string_equal(warnings.data, "b: was replaced while the tree was read; it is left out\n"
                                       "f: is a socket, which archives cannot hold\n");
    scratch_run("tar -tvf archive.tar | cut -c1 | tr -d '\\n' | grep -qx 'd-p-l'");
}

/* An inode's number goes to the next file that is made. */
static void numbers_of_removed_files_make_no_links(void **state)
{
    (void)state;
    scratch_run("mkdir tree && echo one > tree/a && ln tree/a away && head -c 2000000 /dev/zero > tree/b && echo x > "
                "tree/c");
    create("archive.tar", &(struct tar_create_options){.readers = TAR_NO_READERS},
           "rm tree/a away tree/c; for i in $(seq 50); do echo two > tree/c; ln tree/c away$i; done");
    extract("archive.tar", "back");
    scratch_run("test \"$(cat back/a back/c)\" = \"$(printf 'one\\ntwo')\"");
}

/* Deeper than directories stay open; the ring is full before the walk has come to the bottom's end. */
static void make_deep(void)
{
    scratch_run("rm -rf tree && python3 -c \"\n"
                "import os\n"
                "p = 'tree'\n"
                "os.mkdir(p)\n"
                "for i in range(40):\n"
                "  p += '/d'\n"
                "  os.mkdir(p)\n"
                "  open(p + '/z', 'w')\n"
                "for i in range(300): open(p + '/%%03d' %% i, 'w')\n"
                "open(p + '/000', 'w').write('x' * 700000)\"");
}

static void directories_moved_under_the_walk_are_found_again_or_told_of(void **state)
{
    (void)state;
    const struct tar_create_options serial = {.readers = TAR_NO_READERS};
    make_deep();
    create("archive.tar", &serial, "mkdir tree/new && mv tree/d/d/d/d tree/new/e");
    assert_int_equal(warnings.size, 0);
    scratch_run("test $(tar -tf archive.tar | wc -l) = 381");
    make_deep();
    create("archive.tar", &serial, "mkdir new && mv tree/d/d/d/d new/e && mv tree/d/d/d new/f");
    assert_string_equal(warnings.data, "d/d/d: vanished or was moved while it was read; the rest of it is left out\n");
    scratch_run("test $(tar -tf archive.tar | wc -l) = 380 && tar -tf archive.tar | tail -2 | tr '\\n' ' ' | grep -qx "
                "'d/d/z d/z '");
    extract("archive.tar", "back");
}

/* ---- choices ---- */

static void create_list(const struct tar_create_options *options, const char *wanted)
{
    create("archive.tar", options, NULL);
    scratch_run("tar -tf archive.tar | tr '\\n' ' ' > list && printf '%%s' '%s' | diff - list", wanted);
}

static void includes_keep_what_matches_and_the_way_to_it(void **state)
{
    (void)state;
    scratch_run("mkdir -p tree/conf/deep tree/a/b/conf tree/a/empty tree/c tree/a.xml && touch tree/conf/x "
                "tree/conf/deep/y tree/a/b/conf/z tree/a/b/other tree/a/1.xml tree/c/2.txt tree/3.xml tree/a.xml/in && "
                "chmod 700 tree/a");
    const char *xml[] = {"*.xml", NULL};
    create_list(&(struct tar_create_options){.include = xml}, "./ 3.xml a/ a/1.xml a.xml/ a.xml/in ");
    const char *conf[] = {"conf", NULL};
    create_list(&(struct tar_create_options){.include = conf},
                "./ a/ a/b/ a/b/conf/ a/b/conf/z conf/ conf/deep/ conf/deep/y conf/x ");
    const char *top[] = {"/conf", "c/*.txt", NULL};
    create_list(&(struct tar_create_options){.include = top}, "./ c/ c/2.txt conf/ conf/deep/ conf/deep/y conf/x ");
    const char *no_deep[] = {"deep", "3.xml", NULL};
    create_list(&(struct tar_create_options){.include = (const char *[]){"conf", "*.xml", NULL}, .exclude = no_deep},
                "./ a/ a/1.xml a/b/ a/b/conf/ a/b/conf/z a.xml/ a.xml/in conf/ conf/x ");
    create_list(&(struct tar_create_options){.include = (const char *[]){"nothing", NULL}}, "./ ");
    create_list(&(struct tar_create_options){.include = (const char *[]){"a/empty", NULL}}, "./ a/ a/empty/ ");
    create("archive.tar", &(struct tar_create_options){.include = xml}, NULL);
    scratch_run("tar -tvf archive.tar | grep -q '^drwx------.* a/$'");
}

/* More directories on the way than the ring has room for. */
static void includes_reach_to_any_depth(void **state)
{
    (void)state;
    scratch_run("python3 -c \"\n"
                "import os\n"
                "p = 'tree'\n"
                "for i in range(400):\n"
                "  p += '/d'\n"
                "  os.makedirs(p + '/e')\n"
                "open(p + '/x.found', 'w')\"");
    create("archive.tar", &(struct tar_create_options){.include = (const char *[]){"*.found", NULL}}, NULL);
    scratch_run("test $(tar -tf archive.tar | wc -l) = 402 && test $(tar -tf archive.tar | tail -1 | tr -dc / | wc -c) "
                "= 400");
}

static void one_file_system_leaves_out_what_is_mounted(void **state)
{
    (void)state;
    scratch_run("mkdir -p tree/a tree/mount && touch tree/a/x tree/z");
    assert_int_equal(unshare(CLONE_NEWNS), 0);
    assert_int_equal(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
    assert_int_equal(mount("none", "tree/mount", "tmpfs", 0, "mode=0711"), 0);
    scratch_run("touch tree/mount/y");
    create_list(&(struct tar_create_options){0}, "./ a/ a/x mount/ mount/y z ");
    create_list(&(struct tar_create_options){.one_file_system = true}, "./ a/ a/x mount/ z ");
    scratch_run("tar -tvf archive.tar | grep -q '^drwx--x--x.* mount/$'");
    create_list(&(struct tar_create_options){.one_file_system = true, .include = (const char *[]){"y", NULL}}, "./ ");
    assert_int_equal(umount("tree/mount"), 0);
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
        CASE(readers_do_not_change_the_bytes),
        CASE(changes_under_the_readers_keep_the_archive_whole),
        CASE(full_ring_of_deep_directories_goes_on),
        CASE(large_directories_are_sorted_outside_of_memory),
        CASE(many_files_with_several_names_keep_their_links),
        CASE(holes_come_back_from_every_reader),
        CASE(maps_of_holes_have_a_bound),
        CASE(holes_that_change_while_they_are_read_keep_the_archive_whole),
        CASE(names_that_leave_a_file_while_it_is_read_are_told_of),
        CASE(files_that_become_something_else_are_left_out),
        CASE(numbers_of_removed_files_make_no_links),
        CASE(directories_moved_under_the_walk_are_found_again_or_told_of),
        CASE(includes_keep_what_matches_and_the_way_to_it),
        CASE(includes_reach_to_any_depth),
        CASE(one_file_system_leaves_out_what_is_mounted),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    buffer_clean_up(&warnings);
    return failed;
}
