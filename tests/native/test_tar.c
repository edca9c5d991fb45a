/* Trees to archives and back, judged by GNU tar and bsdtar. Needs root, for owners, devices and attributes. */
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

#include "archive/pax.h"
#include "archive/tar.h"
#include "memory_stream.h"
#include "scratch.h"

/* What `diff` cannot see: kind, mode, owner, size, nanoseconds, links, attributes, ACLs; of all but what the walk
 * itself may change. */
#define LISTING                                                                                                        \
    "(cd %s && find . -printf '%%p %%y %%m %%U %%G %%s %%T@ %%n %%l\\n' | grep -av '^\\. ' | sed 's/^\\(.* d [0-7]* "  \
    "[0-9]* [0-9]*\\) [0-9]* /\\1 /' | "                                                                               \
    "LC_ALL=C sort; getfattr -R -h -d -m '^(user|trusted|security.capability)' . | LC_ALL=C sort; getfacl -R -n -p . " \
    "; "                                                                                                               \
    "stat -c '%%n %%t %%T' dev* 2>/dev/null) > %s"

static void compare_trees(const char *one, const char *other)
{
    scratch_run("diff -r --no-dereference -x 'fifo' -x 'dev*' %s %s", one, other);
    scratch_run(LISTING, one, "one.list");
    scratch_run(LISTING, other, "other.list");
    scratch_run("diff one.list other.list");
    /* The same files have the same names. */
    scratch_run("cd %s && test $(stat -c %%i file) = $(stat -c %%i 'deep/second name') && test $(stat -c %%i zlink) = "
                "$(stat -c %%i zlink2)",
                other);
}

static void make_tree(const char *name)
{
    scratch_run(
        "mkdir -p %s/deep/er/empty && cd %s && "
        "head -c 100000 /dev/urandom > file && ln file 'deep/second name' && : > none && head -c 512 /dev/zero > block "
        "&& "
        "printf x > 'umlaut-ä' && printf x > \"$(printf 'not-utf8-\\377\\n')\" && printf 'é' > \"$(printf "
        "'e\\314\\201-decomposed')\" && "
        "ln -s nowhere zlink && ln zlink zlink2 && ln -s \"$(head -c 300 /dev/zero | tr '\\0' l)\" longlink && "
        "mkfifo -m 640 fifo && mknod dev-c c 1 3 && mknod dev-b b 7 200 && "
        "long=$(head -c 240 /dev/zero | tr '\\0' n) && mkdir -p $long/$long && printf deep > $long/$long/$long && "
        "printf z > zsmall && printf s > setuid && chown 12:34 setuid && chmod 6755 setuid && chown -h 3000000:4000000 "
        "longlink && "
        "chown 2999999:3999999 block && chmod 0 none && chmod 1777 deep/er && "
        "touch -d '2001-02-03 04:05:06.789012345' file && touch -d @1234567890 block && touch -d '1960-01-01 "
        "00:00:00.25' none && "
        "touch -h -d '2011-11-11 11:11:11.111111111' zlink && "
        "setfattr -n user.text -v value file && setfattr -n user.binary -v 0x00ff0a3d file && setfattr -n user.dir -v "
        "d deep && "
        "setfattr -n user.large -v $(head -c 3000 /dev/zero | tr '\\0' v) 'umlaut-ä' && "
        "for i in 1 2 3 4 5 6 7 8; do setfattr -n user.$i$(head -c 200 /dev/zero | tr '\\0' n) -v $i zsmall; done && "
        "setfattr -n trusted.own -v t block && setcap cap_net_raw+ep setuid && "
        "setfacl -m u:12:rw,g:34:r,u:2999999:x,m::rw block && setfacl -m u:daemon:rx deep && setfacl -d -m g:12:rwx "
        "deep/er && "
        "touch -d '2002-02-02 02:02:02.000000002' deep/er/empty deep/er deep . \"$long\"",
        name, name);
}

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

static void create(const char *tree, const char *prefix, const char *archive)
{
    struct memory_sink sink;
    memory_sink_init(&sink);
    struct tar_counts counts;
    jb_error error = JB_ERROR_INIT;
    if (tar_create(NULL, tree, prefix, NULL, &sink.base, &counts, &error) != JB_OK)
        fail_msg("%s", error.text);
    assert_int_equal(counts.warnings, 0);
    assert_int_equal(sink.bytes.size % 512, 0);
    memory_save(archive, &sink.bytes);
    buffer_clean_up(&sink.bytes);
}

static void extract(const char *archive, const char *target, const char *prefix, size_t chunk)
{
    struct buffer bytes;
    memory_load(archive, &bytes);
    struct memory_source source;
    memory_source_init(&source, bytes.data, bytes.size, chunk);
    struct tar_extract_options options = {.bytes_max = UINT64_MAX, .prefix = prefix, .devices = true};
    struct tar_counts counts, checked;
    jb_error error = JB_ERROR_INIT;
    scratch_run("mkdir -p %s", target);
    if (tar_extract(NULL, &source.base, target, &options, &counts, &error) != JB_OK)
        fail_msg("%s", error.text);
    assert_int_equal(counts.warnings, 0);
    assert_int_equal(source.at, bytes.size);
    memory_source_init(&source, bytes.data, bytes.size, chunk);
    if (tar_check(NULL, &source.base, &checked, &error) != JB_OK)
        fail_msg("%s", error.text);
    assert_int_equal(checked.files, counts.files);
    assert_int_equal(checked.bytes, counts.bytes);
    buffer_clean_up(&bytes);
}

static void tree_comes_back_whole(void **state)
{
    (void)state;
    make_tree("tree");
    create("tree", "", "archive.tar");
    extract("archive.tar", "back", NULL, 65536);
    compare_trees("tree", "back");
    /* The tree's own directory is a member like any other. */
    scratch_run("test \"$(stat -c '%%a %%u %%g %%y' tree)\" = \"$(stat -c '%%a %%u %%g %%y' back)\"");
    /* However the bytes come in. */
    extract("archive.tar", "back1", NULL, 7);
    compare_trees("tree", "back1");
}

static void gnu_tar_and_bsdtar_read_ours(void **state)
{
    (void)state;
    make_tree("tree");
    create("tree", "data/own tree", "archive.tar");
    /* In a locale of UTF-8 bsdtar would compose the decomposed letter; in this one it takes all bytes, but ends with 1.
     */
    scratch_run("mkdir gnu bsd && tar --xattrs --xattrs-include='*' --acls -xpf archive.tar -C gnu 2>gnu.err && { "
                "LC_ALL=C bsdtar --numeric-owner -xpf archive.tar -C bsd 2>/dev/null || test $? = 1; }");
    /* The one record that GNU tar does not know stands only at the name that is not UTF-8. */
    scratch_run("sed -i '/implausibly old time stamp 1960/d' gnu.err && test $(wc -l < gnu.err) = 1 && grep -q "
                "hdrcharset gnu.err || { cat gnu.err; false; }");
    compare_trees("tree", "'gnu/data/own tree'");
    /* libarchive counts fractions before 1970 from the wrong side, where it writes as where it reads. */
    scratch_run("touch -d '1960-01-01 00:00:00.25' 'bsd/data/own tree/none'");
    compare_trees("tree", "'bsd/data/own tree'");
    scratch_run("tar -tf archive.tar 2>/dev/null | head -1 | grep -qx 'data/own tree/'");
    scratch_run(
        "python3 -c \"import tarfile; assert len(tarfile.open('archive.tar').getmembers()) == $(find tree | wc -l)\"");
    extract("archive.tar", "back", "data/own tree", 65536);
    compare_trees("tree", "back");
}

static void archives_of_gnu_tar_and_bsdtar_extract(void **state)
{
    (void)state;
    make_tree("tree");
    scratch_run("tar --xattrs --xattrs-include='*' --acls -cpf gnu.tar --format=posix -C tree . && bsdtar --format pax "
                "-cpf bsd.tar -C tree .");
    extract("gnu.tar", "gnu", "", 10240);
    compare_trees("tree", "gnu");
    extract("bsd.tar", "bsd", "", 10240);
    scratch_run("touch -d '1960-01-01 00:00:00.25' bsd/none");
    compare_trees("tree", "bsd");
}

static void older_forms_extract(void **state)
{
    (void)state;
    scratch_run(
        "mkdir -p tree/sub && head -c 70000 /dev/urandom > tree/sub/file && ln -s file tree/sub/link && ln "
        "tree/sub/file tree/hard && "
        "long=$(head -c 140 /dev/zero | tr '\\0' n) && printf x > tree/$long && ln -s $long$long tree/longlink && "
        "find tree | xargs touch -h -d @1000000000");
    const char *made_by[] = {"tar --format=gnu -cf", "tar --format=oldgnu -cf", "bsdtar --format gnutar -cf",
                             "bsdtar --format pax -cf"};
    for (size_t i = 0; i < sizeof(made_by) / sizeof(*made_by); i++) {
        scratch_run("%s old%zu.tar tree", made_by[i], i);
        char archive[32], target[32];
        snprintf(archive, sizeof(archive), "old%zu.tar", i);
        snprintf(target, sizeof(target), "old%zu", i);
        extract(archive, target, "tree", 10240);
        scratch_run("diff -r --no-dereference tree %s && test $(stat -c %%h %s/hard) = 2 && test $(stat -c %%Y %s/sub) "
                    "= 1000000000",
                    target, target, target);
    }
    scratch_run(
        "rm tree/nnn* tree/longlink && bsdtar --format ustar -cf ustar.tar tree && tar --format=v7 -cf v7.tar tree");
    extract("ustar.tar", "ustar", "tree", 10240);
    scratch_run("diff -r --no-dereference tree ustar");
    extract("v7.tar", "v7", "tree", 10240);
    scratch_run("diff -r --no-dereference tree v7");
}

static void sparse_members_become_holes(void **state)
{
    (void)state;
    scratch_run("mkdir tree && truncate -s 9G tree/huge && printf end | dd of=tree/huge bs=1 seek=9000000000 "
                "conv=notrunc 2>/dev/null && "
                "truncate -s 1M tree/hole && truncate -s 3M tree/mid && printf x | dd of=tree/mid bs=1 seek=1500000 "
                "conv=notrunc 2>/dev/null");
    const char *forms[] = {"gnu", "posix --sparse-version=0.0", "posix --sparse-version=0.1",
                           "posix --sparse-version=1.0"};
    for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++) {
        scratch_run("rm -rf back && tar -S --format=%s -cf sparse.tar -C tree .", forms[i]);
        extract("sparse.tar", "back", "", 10240);
        scratch_run(
            "test $(stat -c %%s back/huge) = $(stat -c %%s tree/huge) && test $(du -k back/huge | cut -f1) -lt 100 && "
            "test \"$(tail -c +9000000001 back/huge | head -c 3)\" = end && cmp back/mid tree/mid && cmp back/hole "
            "tree/hole && "
            "test $(du -k back/mid | cut -f1) -lt 100");
    }
}

static void same_tree_gives_same_bytes(void **state)
{
    (void)state;
    make_tree("tree");
    create("tree", "x", "one.tar");
    /* Another order of making and of reading, other times of access and change. */
    scratch_run("mkdir other && cp -a tree/. other && (cd other && ls -A | tac | xargs -d '\\n' -I{} mv -- {} "
                "../shuffle-{} 2>/dev/null; true)");
    scratch_run("rm -rf other && cp -a tree other && find other -type f -exec cat {} + > /dev/null");
    create("other", "x", "two.tar");
    scratch_run("cmp one.tar two.tar");
}

static void numbers_beyond_the_old_header_have_records(void **state)
{
    (void)state;
    struct buffer records, out;
    buffer_init(&records, PAX_RECORDS_MAX);
    buffer_init(&out, PAX_RECORDS_MAX);
    struct pax_member member = {.type = PAX_FILE, .path = "huge", .size = 8589934591, .uid = 2097151, .gid = 2097151};
    assert_int_equal(pax_header(&member, &records, &out, NULL), JB_OK);
    assert_int_equal(out.size, 512);
    out.size = 0;
    member = (struct pax_member){.type = PAX_FILE,
                                 .path = "huge",
                                 .size = 8589934592,
                                 .uid = 2097152,
                                 .gid = 4294967294,
                                 .mtime = {-2, 500000000}};
    assert_int_equal(pax_header(&member, &records, &out, NULL), JB_OK);
    assert_int_equal(out.size, 3 * 512);
    assert_string_equal(out.data + 512, "15 uid=2097152\n18 gid=4294967294\n19 size=8589934592\n14 mtime=-1.5\n");
    static const struct {
        struct timespec time;
        const char *record;
    } times[] = {{{-10, 0}, "13 mtime=-10\n"},
                 {{0, 20}, "20 mtime=0.00000002\n"},
                 {{0, 123456789}, "21 mtime=0.123456789\n"},
                 {{1795417350, 100000000}, "22 mtime=1795417350.1\n"},
                 {{INT64_MIN, 0}, "30 mtime=-9223372036854775808\n"},
                 {{-1, 1}, "22 mtime=-0.999999999\n"}};
    for (size_t i = 0; i < sizeof(times) / sizeof(*times); i++) {
        records.size = out.size = 0;
        member = (struct pax_member){.type = PAX_FILE, .path = "f", .mtime = times[i].time};
        assert_int_equal(pax_header(&member, &records, &out, NULL), JB_OK);
        assert_string_equal(out.data + 512, times[i].record);
    }
    buffer_clean_up(&records);
    buffer_clean_up(&out);
}

struct warnings {
    char text[4096];
};

static void note(void *context, const char *path, const char *what)
{
    struct warnings *warnings = context;
    strncat(warnings->text, path, 100);
    strncat(warnings->text, ": ", 3);
    strncat(warnings->text, what, 200);
    strncat(warnings->text, "\n", 2);
}

/* Files change at the moment when the sink gets the first block, which ends inside the first of them. */
static void change_files(void *context)
{
    const char **line = context;
    if (*line)
        scratch_run("%s", *line);
    *line = NULL;
}

static void create_while(const char *line, const struct tar_create_options *extra, struct warnings *warnings,
                         int expected)
{
    struct memory_sink sink;
    memory_sink_init(&sink);
    sink.on_write = change_files;
    sink.context = &line;
    warnings->text[0] = '\0';
    struct tar_create_options options = extra ? *extra : (struct tar_create_options){0};
    options.readers = TAR_NO_READERS; /* each file is read only when its turn comes */
    options.warning = note;
    options.warning_context = warnings;
    struct tar_counts counts;
    jb_error error = JB_ERROR_INIT;
    assert_int_equal(tar_create(NULL, "tree", "", &options, &sink.base, &counts, &error), expected);
    if (expected == JB_OK)
        memory_save("archive.tar", &sink.bytes);
    buffer_clean_up(&sink.bytes);
}

static void make_changing_tree(void)
{
    scratch_run("rm -rf tree back && mkdir -p tree/c tree/d && head -c 2000001 /dev/urandom > tree/a && printf b > "
                "tree/b && printf c > tree/c/file && printf d > tree/d/file");
}

static void changing_files_keep_the_archive_whole(void **state)
{
    (void)state;
    struct warnings warnings;
    make_changing_tree();
    scratch_run("cp tree/a first && touch tree/e");
    create_while("truncate -s 600001 tree/a", NULL, &warnings, JB_OK);
    assert_string_equal(warnings.text, "a: shrank while it was read; its end is filled with zeros\n");
    extract("archive.tar", "back", NULL, 4096);
    scratch_run("test $(stat -c %%s back/a) = 2000001 && cmp -n 600001 back/a first && cmp -n 1400000 -i 600001:0 "
                "back/a /dev/zero && cmp back/b tree/b");

    make_changing_tree();
    scratch_run("cp tree/a first");
    create_while("printf more >> tree/a", NULL, &warnings, JB_OK);
    assert_string_equal(warnings.text, "a: grew while it was read; it is cut at its first size\n");
    extract("archive.tar", "back", NULL, 4096);
    scratch_run("cmp back/a first");

    make_changing_tree();
    create_while("printf x | dd of=tree/a conv=notrunc 2>/dev/null", NULL, &warnings, JB_OK);
    assert_string_equal(warnings.text, "a: changed while it was read\n");

    make_changing_tree();
    create_while("rm -r tree/b tree/c; rm -r tree/d && ln -s /etc tree/d", NULL, &warnings, JB_OK);
    assert_string_equal(warnings.text, "b: vanished while the tree was read\n"
                                       "c: vanished while the tree was read; what was found of it is archived\n"
                                       "c/file: vanished while the tree was read\n"
                                       "d: vanished while the tree was read; what was found of it is archived\n"
                                       "d/file: vanished while the tree was read\n");
    extract("archive.tar", "back", NULL, 4096);
    scratch_run("test -d back/d && cmp back/a tree/a && test ! -e back/b");
}

static void strict_makes_a_change_a_failure(void **state)
{
    (void)state;
    struct warnings warnings;
    make_changing_tree();
    create_while("rm tree/b", &(struct tar_create_options){.strict = true}, &warnings, JB_ERROR_IO);
}

static void sockets_are_skipped_with_a_warning(void **state)
{
    (void)state;
    struct warnings warnings;
    scratch_run("mkdir tree && python3 -c \"import socket; socket.socket(socket.AF_UNIX).bind('tree/sock')\" && printf "
                "x > tree/x");
    create_while(NULL, NULL, &warnings, JB_OK);
    assert_string_equal(warnings.text, "sock: is a socket, which archives cannot hold\n");
    extract("archive.tar", "back", NULL, 4096);
    scratch_run("test -e back/x && test ! -e back/sock");
}

static void excluded_names_are_left_out(void **state)
{
    (void)state;
    struct warnings warnings;
    scratch_run("mkdir -p tree/cache/in tree/sub/cache tree/keep && touch tree/a.tmp tree/sub/b.tmp tree/cache/in/x "
                "tree/sub/cache/y tree/keep/z");
    const char *patterns[] = {"*.tmp", "/cache", "sub/c*", NULL};
    create_while(NULL, &(struct tar_create_options){.exclude = patterns}, &warnings, JB_OK);
    scratch_run("tar -tf archive.tar | tr '\\n' ' ' | grep -qx './ keep/ keep/z sub/ '");
}

static void trees_deeper_than_open_files_and_paths_allow(void **state)
{
    (void)state;
    scratch_run("python3 -c \"\nimport os\nos.mkdir('tree'); os.chdir('tree')\nfor i in range(600):\n  n = 'd%%03d' %% "
                "i + 'x' * 20\n  os.mkdir(n); open('f', 'w').write(str(i)); os.chdir(n)\"");
    struct rlimit former;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &former), 0);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &(struct rlimit){64, former.rlim_max}), 0);
    create("tree", "", "archive.tar");
    extract("archive.tar", "back", NULL, 65536);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &former), 0);
    scratch_run("tar -cf a.tar --sort=name --format=gnu --mtime=@0 -C tree . && tar -cf b.tar --sort=name --format=gnu "
                "--mtime=@0 -C back . && cmp a.tar b.tar");
}

static void given_owner_replaces_all(void **state)
{
    (void)state;
    make_tree("tree");
    create("tree", "", "archive.tar");
    struct buffer bytes;
    memory_load("archive.tar", &bytes);
    struct memory_source source;
    memory_source_init(&source, bytes.data, bytes.size, 65536);
    struct tar_extract_options options = {
        .bytes_max = UINT64_MAX, .devices = true, .owner_given = true, .uid = 1234, .gid = 4321};
    scratch_run("mkdir back");
    assert_int_equal(tar_extract(NULL, &source.base, "back", &options, NULL, NULL), JB_OK);
    scratch_run("test -z \"$(find back ! '(' -uid 1234 -gid 4321 ')')\"");
    buffer_clean_up(&bytes);
}

static void owners_go_by_name_where_it_is_known(void **state)
{
    (void)state;
    scratch_run(
        "mkdir tree && printf x > tree/x && tar -cf named.tar --owner=daemon:7777 --group=nosuchgroup:8888 -C tree .");
    extract("named.tar", "back", "", 10240);
    scratch_run("test $(stat -c %%U:%%g back/x) = daemon:8888");
}

struct told {
    struct buffer text; /* one line a member */
    uint64_t at;        /* where the next one begins */
};

static int tell(void *context, const struct tar_member *member, jb_error *error)
{
    struct told *told = context;
    assert_int_equal(member->offset, told->at);
    assert_int_equal(member->offset % 512, 0);
    assert_true(member->end > member->offset);
    told->at = member->end;
    return buffer_printf(&told->text, error, "%s %c %llu %o %u %s %s %ld.%ld %s %s\n", member->path, member->type,
                         (unsigned long long)member->size, (unsigned)member->mode, (unsigned)member->uid,
                         member->user ? member->user : "?", member->group ? member->group : "?",
                         (long)member->mtime.tv_sec, member->mtime.tv_nsec, member->link ? member->link : "-",
                         member->trouble ? member->trouble : "-");
}

static void members_are_told_of_in_order(void **state)
{
    (void)state;
    scratch_run(
        "mkdir -p tree/d && head -c 2000000 /dev/zero | tr '\\0' x > tree/d/f && ln tree/d/f tree/d/g && ln -s "
        "f tree/d/l && chown 1:1 tree/d/f && chown 99999:99999 tree/d && touch -hd @7.5 tree/d/* tree/d tree && "
        "chmod 1755 tree/d");
    struct told told = {0};
    buffer_init(&told.text, 65536);
    struct warnings warnings;
    create_while("touch -d @8 tree/d/f", &(struct tar_create_options){.member = tell, .member_context = &told},
                 &warnings, JB_OK);
    assert_string_equal(told.text.data, ". 5 0 755 0 root root 7.500000000 - -\n"
                                        "d 5 0 1755 99999 ? ? 7.500000000 - -\n"
                                        "d/f 0 2000000 644 1 daemon daemon 7.500000000 - changed while it was read\n"
                                        "d/g 1 0 644 1 daemon daemon 8.0 d/f -\n"
                                        "d/l 2 0 777 0 root root 7.500000000 f -\n");
    /* All but the end mark was told of. */
    struct buffer bytes;
    memory_load("archive.tar", &bytes);
    assert_int_equal(bytes.size, told.at + 1024);
    buffer_clean_up(&bytes);
    buffer_clean_up(&told.text);
}

static int refuse(void *context, const struct tar_member *member, jb_error *error)
{
    (void)context;
    return error_set(error, JB_ERROR_IO, "no room for '%s'", member->path);
}

static void refused_member_ends_the_creation(void **state)
{
    (void)state;
    struct warnings warnings;
    make_changing_tree();
    create_while(NULL, &(struct tar_create_options){.member = refuse}, &warnings, JB_ERROR_IO);
}

static void unreadable_tree_is_an_error(void **state)
{
    (void)state;
    struct memory_sink sink;
    memory_sink_init(&sink);
    jb_error error = JB_ERROR_INIT;
    assert_int_equal(tar_create(NULL, "nowhere", "", NULL, &sink.base, NULL, &error), JB_ERROR_NOT_FOUND);
    assert_non_null(strstr(error.text, "cannot open the directory 'nowhere'"));
    assert_int_equal(tar_create(NULL, ".", "/abs", NULL, &sink.base, NULL, &error), JB_ERROR_USAGE);
    buffer_clean_up(&sink.bytes);
}

static void cancelled_walk_ends(void **state)
{
    (void)state;
    make_tree("tree");
    struct memory_sink sink;
    memory_sink_init(&sink);
    jb_operation *operation;
    assert_int_equal(jb_operation_new(NULL, &operation, NULL), JB_OK);
    jb_operation_cancel(operation);
    assert_int_equal(tar_create(operation, "tree", "", NULL, &sink.base, NULL, NULL), JB_ERROR_CANCELLED);
    jb_operation_free(operation);
    buffer_clean_up(&sink.bytes);
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
        CASE(tree_comes_back_whole),
        CASE(gnu_tar_and_bsdtar_read_ours),
        CASE(archives_of_gnu_tar_and_bsdtar_extract),
        CASE(older_forms_extract),
        CASE(sparse_members_become_holes),
        CASE(same_tree_gives_same_bytes),
        CASE(numbers_beyond_the_old_header_have_records),
        CASE(changing_files_keep_the_archive_whole),
        CASE(strict_makes_a_change_a_failure),
        CASE(sockets_are_skipped_with_a_warning),
        CASE(excluded_names_are_left_out),
        CASE(trees_deeper_than_open_files_and_paths_allow),
        CASE(given_owner_replaces_all),
        CASE(owners_go_by_name_where_it_is_known),
        CASE(members_are_told_of_in_order),
        CASE(refused_member_ends_the_creation),
        CASE(unreadable_tree_is_an_error),
        CASE(cancelled_walk_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
