/* Indexes of archives: what is wrong in one is refused, and what a restore of single members costs and leaves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <zstd.h>

#include "archive/index/index_reader.h"
#include "archive/index/index_writer.h"
#include "archive/pax.h"
#include "archive/index/selected_source.h"
#include "base/error.h"
#include "codec/json.h"
#include "memory_stream.h"
#include "small_backup.h"
#include "store/store.h"
#include "stream/object.h"
#include "workspace.h"

#define DIGEST    "00112233445566778899aabbccddeeff"
#define FIRST     "{\"format\":\"jpsbackup-index-2\",\"archive\":\"a.tar.zst\",\"root\":\"r\"}\n"
#define FIRST_OLD "{\"format\":\"jpsbackup-index-1\",\"archive\":\"a.tar.zst\",\"root\":\"r\"}\n"
#define REST      "\"size\":0,\"mode\":\"0755\",\"uid\":0,\"gid\":0,\"mtime\":\"1.000000000\"}\n"
#define TREE      "{\"path\":\"r\",\"type\":\"directory\",\"offset\":0,\"end\":1024," REST
#define FILE_F    "{\"path\":\"r/f\",\"type\":\"file\",\"offset\":1024,\"end\":2048," REST
#define FRAME     "{\"frame\":[3072,100,\"" DIGEST "\"]}\n"
#define END       "{\"members\":2,\"frames\":1}\n"

static const struct indexed_archive described = {
    .name = "a.tar.zst", .root = "r", .files = 2, .content_bytes = 3072, .stored_bytes = 1000};

/* Reads it all; the file's bytes come in pieces of `chunk`. */
static int read_index(const char *text, size_t chunk, jb_error *error)
{
    struct memory_source source;
    struct index_reader *reader;
    struct index_item item;
    memory_source_init(&source, text, strlen(text), chunk);
    int code = index_reader_new(&source.base, &described, &reader, error);
    if (code != JB_OK)
        return code;
    do {
        code = index_reader_next(reader, &item, error);
    } while (code == JB_OK && item.kind != INDEX_END);
    if (code == JB_OK)
        code = index_reader_confirm(reader, error);
    index_reader_free(reader);
    return code;
}

static void an_index_is_read_in_pieces_of_any_size(void **state)
{
    (void)state;
    jb_error error = JB_ERROR_INIT;
    static const char text[] = FIRST TREE FILE_F FRAME END;
    for (size_t chunk = 1; chunk < sizeof text; chunk++)
        assert_ok(error, read_index(text, chunk, &error));
    /* Frames may come before the members that they hold. */
    assert_ok(error, read_index(FIRST FRAME TREE FILE_F END, 100, &error));
}

static void every_truncation_is_noticed(void **state)
{
    (void)state;
    static const char text[] = FIRST TREE FILE_F FRAME END;
    char cut[sizeof text];
    for (size_t size = 0; size + 1 < sizeof text; size++) {
        jb_error error = JB_ERROR_INIT;
        memcpy(cut, text, size);
        cut[size] = '\0';
        assert_fails(JB_ERROR_FORMAT, error, read_index(cut, 64, &error));
    }
}

static void what_does_not_add_up_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *why;
    } cases[] = {
        {"{\"format\":\"jpsbackup-index-3\"}\n", "form 'jpsbackup-index-3'"},
        {"{\"format\":\"jpsbackup-index-2\",\"archive\":\"b\",\"root\":\"r\"}\n", "another archive"},
        {"{\"format\":\"jpsbackup-index-2\",\"archive\":\"a.tar.zst\",\"root\":\"x\"}\n", "another archive"},
        {FIRST "[]\n", "no object"},
        {FIRST "{\"a\":1,\"a\":2}\n", "no valid JSON"},
        {FIRST TREE FILE_F FRAME "{\"members\":3,\"frames\":1}\n", "does not count"},
        {FIRST TREE FILE_F FRAME "{\"members\":2,\"frames\":2}\n", "does not count"},
        {FIRST "{\"members\":0,\"frames\":0}\n", "does not count"},
        {FIRST TREE FILE_F FRAME END END, "behind the last one"},
        {FIRST TREE FILE_F END, "does not count"},
        {FIRST TREE FILE_F "{\"frame\":[2048,100,\"" DIGEST "\"]}\n" END, "frames end before"},
        {FIRST TREE FILE_F "{\"frame\":[4096,100,\"" DIGEST "\"]}\n" END, "larger than the archive"},
        {FIRST TREE FILE_F "{\"frame\":[3072,1001,\"" DIGEST "\"]}\n" END, "larger than the archive"},
        /* Before the end is reached, for who sends frames without end fills the memory. */
        {FIRST FRAME "{\"frame\":[1,1,\"" DIGEST "\"]}\n", "too small"},
        {FIRST "{\"frame\":[3073,1,\"" DIGEST "\"]}\n", "larger than the archive"},
        {FIRST TREE FRAME "{\"members\":1,\"frames\":1}\n", "that of another archive"},
        {FIRST TREE FILE_F "{\"frame\":[1099511627776,100,\"" DIGEST "\"]}\n" END, "no valid frame"},
        {FIRST TREE FILE_F "{\"frame\":[3072,1099511627776,\"" DIGEST "\"]}\n" END, "no valid frame"},
        {FIRST TREE FILE_F "{\"frame\":[0,100,\"" DIGEST "\"]}\n" END, "no valid frame"},
        {FIRST TREE FILE_F "{\"frame\":[3072,-1,\"" DIGEST "\"]}\n" END, "no valid frame"},
        {FIRST TREE FILE_F "{\"frame\":[3072,100,\"00\"]}\n" END, "no valid frame"},
        {FIRST TREE FILE_F "{\"frame\":[3072,100,\"" DIGEST DIGEST "\"]}\n" END, "no valid frame"},
        {FIRST_OLD TREE FILE_F FRAME END, "no valid frame"},
        {FIRST TREE FILE_F "{\"frame\":[3072,100]}\n" END, "no valid frame"},
        {FIRST TREE FILE_F "{\"frame\":{}}\n" END, "no valid frame"},
        {FIRST "{\"path\":\"r\",\"type\":\"directory\",\"offset\":512,\"end\":1024," REST, "'offset'"},
        {FIRST TREE "{\"path\":\"r/f\",\"type\":\"file\",\"offset\":512,\"end\":2048," REST, "'offset'"},
        {FIRST TREE "{\"path\":\"r/f\",\"type\":\"file\",\"offset\":1024,\"end\":1024," REST, "'end'"},
        {FIRST TREE "{\"path\":\"r/f\",\"type\":\"file\",\"offset\":1024,\"end\":512," REST, "'end'"},
        {FIRST TREE "{\"path\":\"r/f\",\"type\":\"file\",\"offset\":1024,\"end\":1500," REST, "'end'"},
        {FIRST TREE "{\"path\":\"r/f\",\"type\":\"file\",\"offset\":1024,\"end\":9223372036854775296," REST, "'end'"},
        {FIRST TREE "{\"path\":\"r/f\",\"type\":\"file\",\"offset\":1024,\"end\":1099511627776," REST FRAME END,
         "frames end before"},
        {FIRST TREE "{\"path\":\"r/../f\",\"type\":\"file\",\"offset\":1024,\"end\":2048," REST, "'path'"},
        {FIRST TREE "{\"path\":\"/r/f\",\"type\":\"file\",\"offset\":1024,\"end\":2048," REST, "'path'"},
        {FIRST TREE "{\"path\":\"r//f\",\"type\":\"file\",\"offset\":1024,\"end\":2048," REST, "'path'"},
        {FIRST TREE "{\"path\":\"rf\",\"type\":\"file\",\"offset\":1024,\"end\":2048," REST, "'path'"},
        {FIRST TREE "{\"path\":\"\",\"type\":\"file\",\"offset\":1024,\"end\":2048," REST, "'path'"},
        {FIRST TREE "{\"path_base64\":\"ci9m!\",\"type\":\"file\",\"offset\":1024,\"end\":2048," REST, "'path'"},
        {FIRST TREE "{\"path_base64\":\"ci8AZg==\",\"type\":\"file\",\"offset\":1024,\"end\":2048," REST, "'path'"},
        {FIRST TREE "{\"path\":\"r/f\",\"path_base64\":\"ci9m\",\"type\":\"file\",\"offset\":1024,\"end\":2048," REST,
         "'path'"},
        {FIRST TREE "{\"path\":\"r/f\",\"type\":\"socket\",\"offset\":1024,\"end\":2048," REST, "'type'"},
        {FIRST TREE "{\"path\":\"r/f\",\"type\":\"hardlink\",\"offset\":1024,\"end\":2048," REST, "'link'"},
        {FIRST TREE
         "{\"path\":\"r/f\",\"type\":\"hardlink\",\"link\":\"etc/passwd\",\"offset\":1024,\"end\":2048," REST,
         "'link'"},
        {FIRST TREE "{\"path\":\"r/f\",\"type\":\"file\",\"link\":\"r\",\"offset\":1024,\"end\":2048," REST, "'link'"},
        {FIRST TREE "{\"path\":\"r/f\",\"type\":\"file\",\"offset\":1024,\"end\":2048,\"size\":-1}\n", "'size'"},
        {FIRST TREE "{\"path\":\"r/f\",\"type\":\"file\",\"offset\":1024,\"end\":2048,\"size\":0,\"mode\":\"99\"}\n",
         "mode"},
        {FIRST TREE "{\"path\":\"r/f\",\"type\":\"file\",\"offset\":1024,\"end\":2048,\"size\":0,\"mode\":\"0644\","
                    "\"uid\":4294967296,\"gid\":0,\"mtime\":\"1.000000000\"}\n",
         "owner"},
        {FIRST TREE "{\"path\":\"r/f\",\"type\":\"file\",\"offset\":1024,\"end\":2048,\"size\":0,\"mode\":\"0644\","
                    "\"uid\":0,\"gid\":0,\"mtime\":\"1.0\"}\n",
         "'mtime'"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        jb_error error = JB_ERROR_INIT;
        int code = read_index(cases[i].text, 1000, &error);
        if (code != JB_ERROR_FORMAT || strstr(error.text, cases[i].why) == NULL)
            fail_msg("case %zu: %s instead of: %s", i, error.text, cases[i].why);
    }
}

static void a_line_without_an_end_is_refused_before_it_fills_the_memory(void **state)
{
    (void)state;
    size_t size = (size_t)20 << 20;
    char *text = malloc(size + 1);
    assert_non_null(text);
    memset(text, ' ', size);
    text[size] = '\0';
    jb_error error = JB_ERROR_INIT;
    assert_fails(JB_ERROR_FORMAT, error, read_index(text, 65536, &error));
    assert_non_null(strstr(error.text, "too long"));
    free(text);
}

static int select_one(const char *text, const char *path, struct selection *selection, bool *again, jb_error *error)
{
    const struct indexed_archive archive = {
        .name = "a.tar.zst", .root = "r", .files = 2, .content_bytes = 3072, .stored_bytes = 1000};
    const char *const paths[] = {path, NULL};
    struct memory_source source;
    memory_source_init(&source, text, strlen(text), 1000);
    int code = selection_init(selection, paths, "r", error);
    return code == JB_OK ? selection_read(selection, &source.base, &archive, again, error) : code;
}

static void a_path_chooses_its_member_and_the_directories_above_it(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        uint64_t files, offset, end;
        int code;
    } cases[] = {
        {"f", 2, 0, 2048, JB_OK},
        {"./f/", 2, 0, 2048, JB_OK},
        {"/r/f", 2, 0, 2048, JB_OK},
        {".", 2, 0, 2048, JB_OK},
        {"/r", 2, 0, 2048, JB_OK},
        {"g", 0, 0, 0, JB_ERROR_NOT_FOUND},
        {"f/g", 0, 0, 0, JB_ERROR_NOT_FOUND},
        {"r/f", 0, 0, 0, JB_ERROR_NOT_FOUND},
        {"../f", 0, 0, 0, JB_ERROR_USAGE},
        {"/rf", 0, 0, 0, JB_ERROR_USAGE},
        {"/", 0, 0, 0, JB_ERROR_USAGE},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        jb_error error = JB_ERROR_INIT;
        struct selection selection;
        bool again;
        assert_fails((jb_code)cases[i].code, error,
                     select_one(FIRST TREE FILE_F FRAME END, cases[i].path, &selection, &again, &error));
        if (cases[i].code == JB_OK) {
            assert_false(again);
            assert_int_equal(selection.files, cases[i].files);
            assert_int_equal(selection.stretch_count, 1);
            assert_int_equal(selection.stretches[0].offset, cases[i].offset);
            assert_int_equal(selection.stretches[0].end, cases[i].end);
            assert_int_equal(selection.frame_count, 1);
        }
        selection_clean_up(&selection);
    }
}

/* A frame in memory, which is the whole archive. */
struct packed {
    struct byte_range base;
    char bytes[4096];
};

static int read_packed(struct byte_range *range, uint64_t offset, void *bytes, size_t count, jb_error *error)
{
    (void)error;
    memcpy(bytes, ((struct packed *)range)->bytes + offset, count);
    return JB_OK;
}

static int read_selected(const struct selection *selection, struct packed *packed, uint64_t *total, jb_error *error)
{
    struct selected_source *source;
    const void *bytes;
    size_t count;
    *total = 0;
    int code = selected_source_new(&packed->base, selection, "a.tar.zst", &source, error);
    if (code != JB_OK)
        return code;
    do {
        code = selected_source_bytes(source)->read(selected_source_bytes(source), &bytes, &count, error);
        *total += code == JB_OK ? count : 0;
    } while (code == JB_OK && count > 0);
    selected_source_free(source);
    return code;
}

static void frames_are_compared_with_an_index_of_either_form(void **state)
{
    (void)state;
    struct packed packed = {.base = {.read_at = read_packed}};
    char plain[3072];
    fill_pattern((unsigned char *)plain, sizeof plain, 1);
    packed.base.bytes = ZSTD_compress(packed.bytes, sizeof packed.bytes, plain, sizeof plain, 1);
    static const char *const first_lines[] = {FIRST_OLD, FIRST};
    for (size_t form = 0; form < 2; form++) {
        jb_error error = JB_ERROR_INIT;
        unsigned char digest[SHA256_SIZE];
        char hex[SHA256_HEX_SIZE], text[2048];
        if (form == 0)
            assert_ok(error, sha256_of(packed.bytes, packed.base.bytes, digest, &error));
        else
            xxh128_of(packed.bytes, packed.base.bytes, digest);
        hex_encode(digest, form == 0 ? SHA256_SIZE : XXH128_SIZE, hex);
        snprintf(text, sizeof text, "%s" TREE FILE_F "{\"frame\":[3072,%llu,\"%s\"]}\n" END, first_lines[form],
                 (unsigned long long)packed.base.bytes, hex);
        const struct indexed_archive archive = {
            .name = "a.tar.zst", .root = "r", .files = 2, .content_bytes = 3072, .stored_bytes = sizeof packed.bytes};
        const char *const paths[] = {"f", NULL};
        struct selection selection;
        struct memory_source source;
        bool again;
        uint64_t total;
        memory_source_init(&source, text, strlen(text), 1000);
        assert_ok(error, selection_init(&selection, paths, "r", &error));
        assert_ok(error, selection_read(&selection, &source.base, &archive, &again, &error));
        assert_ok(error, read_selected(&selection, &packed, &total, &error));
        assert_in_range(total, 2048, 3072);
        packed.bytes[100] ^= 1;
        assert_fails(JB_ERROR_VERIFY, error, read_selected(&selection, &packed, &total, &error));
        assert_non_null(strstr(error.text, "digest"));
        packed.bytes[100] ^= 1;
        selection_clean_up(&selection);
    }
}

static void sizes_that_cannot_be_do_not_begin_anew_at_zero(void **state)
{
    (void)state;
    enum { FILES = 16 };
    jb_error error = JB_ERROR_INIT;
    char text[8192];
    int length = snprintf(text, sizeof text, "%s", FIRST TREE);
    for (int i = 0; i < FILES; i++)
        length += snprintf(text + length, sizeof text - (size_t)length,
                           "{\"path\":\"r/%d\",\"type\":\"file\",\"offset\":%d,\"end\":%d,\"size\":1152921504606846976,"
                           "\"mode\":\"0755\",\"uid\":0,\"gid\":0,\"mtime\":\"1.000000000\"}\n",
                           i, 1024 + 512 * i, 1536 + 512 * i);
    snprintf(text + length, sizeof text - (size_t)length,
             "{\"frame\":[%d,100,\"" DIGEST "\"]}\n{\"members\":%d,\"frames\":1}\n", 2048 + 512 * FILES, FILES + 1);
    const struct indexed_archive archive = {.name = "a.tar.zst",
                                            .root = "r",
                                            .files = FILES + 1,
                                            .content_bytes = 2048 + 512 * FILES,
                                            .stored_bytes = 1000};
    const char *const paths[] = {"/r", NULL};
    struct selection selection;
    struct memory_source source;
    bool again;
    memory_source_init(&source, text, strlen(text), 1000);
    assert_ok(error, selection_init(&selection, paths, "r", &error));
    assert_ok(error, selection_read(&selection, &source.base, &archive, &again, &error));
    assert_true(selection.bytes == UINT64_MAX);
    selection_clean_up(&selection);
}

static void a_hard_link_to_nothing_is_refused(void **state)
{
    (void)state;
    jb_error error = JB_ERROR_INIT;
    struct selection selection;
    bool again;
    static const char text[] = FIRST TREE
        "{\"path\":\"r/f\",\"type\":\"hardlink\",\"link\":\"r/no\",\"offset\":1024,\"end\":2048," REST FRAME END;
    assert_ok(error, select_one(text, "f", &selection, &again, &error));
    assert_true(again);
    const struct indexed_archive archive = {
        .name = "a.tar.zst", .root = "r", .files = 2, .content_bytes = 3072, .stored_bytes = 1000};
    struct memory_source source;
    memory_source_init(&source, text, strlen(text), 1000);
    assert_fails(JB_ERROR_FORMAT, error, selection_read(&selection, &source.base, &archive, &again, &error));
    selection_clean_up(&selection);
}

/* The store's ranges are counted. */
static struct {
    const struct store_driver *honest;
    uint64_t bytes;
} counted;

static int count_range(jb_store *store, jb_operation *operation, const char *bucket, const char *key,
                       const char *version, struct store_transfer *transfer, jb_error *error)
{
    __atomic_add_fetch(&counted.bytes, transfer->count, __ATOMIC_RELAXED);
    return counted.honest->range(store, operation, bucket, key, version, transfer, error);
}

static void one_member_costs_its_frames_and_the_index_alone(void **state)
{
    (void)state;
    struct workspace w;
    workspace_open(&w);
    jb_error error = JB_ERROR_INIT;
    assert_int_equal(
        shell("mkdir '%s/tree' && cd '%s/tree' && for i in 1 2 3 4 5 6 7 8; do head -c 4000000 /dev/urandom > $i; done",
              w.path, w.path),
        0);
    assert_ok(error, back_up(&w, "b", "2026-11-22T23:48:00", "manual", NULL, &error));
    counted.honest = w.store->driver;
    struct store_driver driver = *counted.honest;
    driver.range = count_range;
    w.store->driver = &driver;
    const char *const paths[] = {"5", NULL};
    jb_restore_options options = {.size = sizeof options,
                                  .name = named("b", NULL, NULL),
                                  .target = workspace_file(&w, "single"),
                                  .journal = workspace_file(&w, "journal"),
                                  .paths = paths};
    char *account;
    assert_ok(error, jb_restore(w.store, w.operation, &options, &account, &error));
    json_t *json = json_loads(account, 0, NULL);
    uint64_t fetched;
    assert_true(json_member_count(json, "fetched", &fetched));
    assert_int_equal(fetched, counted.bytes);
    /* The file lies in two frames of eight, and the tree's own member in the first. */
    assert_in_range(counted.bytes, 8000000, 13000000);
    assert_int_equal(shell("cmp '%s/tree/5' '%s/single/5'", w.path, w.path), 0);
    w.store->driver = counted.honest;
    json_decref(json);
    jb_text_free(account);
    workspace_close(&w);
}

/* An object of the archive's name comes right after its place was found free. */
static struct {
    const struct store_driver *honest;
    const char *path;
} intruder;

static int intrude(jb_store *store, jb_operation *operation, const char *bucket, const char *key, const char *version,
                   jb_object_info *info, jb_error *error)
{
    int code = intruder.honest->stat(store, operation, bucket, key, version, info, error);
    if (strcmp(key, "t.tar.zst.index.zst") == 0)
        write_file(intruder.path, "taken", 5);
    return code;
}

static void an_archive_that_cannot_be_completed_takes_its_index_with_it(void **state)
{
    (void)state;
    struct workspace w;
    workspace_open(&w);
    jb_error error = JB_ERROR_INIT;
    make_tree(&w);
    intruder.honest = w.store->driver;
    intruder.path = workspace_file(&w, "store/bucket/t.tar.zst");
    struct store_driver driver = *intruder.honest;
    driver.stat = intrude;
    w.store->driver = &driver;
    jb_put_options put = {.size = sizeof put,
                          .bucket = "bucket",
                          .key = "t.tar.zst",
                          .tree = workspace_file(&w, "tree"),
                          .compression = JB_COMPRESSION_ZSTD,
                          .index = true};
    assert_fails(JB_ERROR_CONFLICT, error, jb_put(w.store, w.operation, &put, NULL, &error));
    assert_int_equal(shell("test ! -e '%s'", workspace_file(&w, "store/bucket/t.tar.zst.index.zst")), 0);
    w.store->driver = intruder.honest;
    workspace_close(&w);
}

/* The description of a tree with its index, put under `name`; a new reference. */
static json_t *put_described(struct workspace *w, const char *name)
{
    jb_error error = JB_ERROR_INIT;
    char *account;
    jb_put_options put = {.size = sizeof put,
                          .bucket = "bucket",
                          .key = name,
                          .tree = workspace_file(w, "tree"),
                          .compression = JB_COMPRESSION_ZSTD,
                          .index = true};
    assert_ok(error, jb_put(w->store, w->operation, &put, &account, &error));
    json_t *json = json_loads(account, 0, NULL);
    assert_non_null(json);
    jb_text_free(account);
    return json;
}

static void expect_refused(const json_t *description, const char *what)
{
    jb_error error = JB_ERROR_INIT;
    struct object object;
    assert_fails(JB_ERROR_FORMAT, error, object_from_json(description, &object, &error));
    if (strstr(error.text, what) == NULL)
        fail_msg("'%s' does not say '%s'", error.text, what);
}

static void a_description_of_another_index_is_refused(void **state)
{
    (void)state;
    struct workspace w;
    workspace_open(&w);
    make_tree(&w);
    json_t *good = put_described(&w, "t.tar.zst"), *other = put_described(&w, "u.tar.zst");
    json_t *changed = json_deep_copy(good);
    json_object_set(changed, "index", json_object_get(other, "index"));
    expect_refused(changed, "'index'");
    json_object_set_new(changed, "index", json_deep_copy(json_object_get(good, "index")));
    json_object_set_new(json_object_get(changed, "index"), "kind", json_string("stream"));
    expect_refused(changed, "'kind'");
    json_object_set_new(changed, "index", json_null());
    expect_refused(changed, "the index");
    json_object_set_new(changed, "index", json_deep_copy(json_object_get(good, "index")));
    json_object_set_new(json_object_get(changed, "index"), "encryption", json_string("age"));
    expect_refused(changed, "'index'");
    json_object_set_new(changed, "index", json_deep_copy(json_object_get(good, "index")));
    json_object_set_new(changed, "compression", json_string("gzip"));
    expect_refused(changed, "'index'");
    /* An index is one only inside of its archive's description. */
    expect_refused(json_object_get(good, "index"), "'kind'");
    json_decref(changed);
    json_decref(other);
    json_decref(good);
    workspace_close(&w);
}

static void no_object_takes_the_name_of_anothers_index(void **state)
{
    (void)state;
    struct workspace w;
    workspace_open(&w);
    make_tree(&w);
    jb_error error = JB_ERROR_INIT;
    jb_backup_name name = named("b", "2026-11-22T23:48:00", "manual");
    char *claim;
    assert_ok(error, jb_backup_begin(w.store, w.operation, &name, NULL, false, &claim, &error));
    json_t *tree = put_described(&w, "b_2026-11-22T23:48:00_manual/t.tar.zst"), *objects = json_array();
    json_t *stream = json_deep_copy(json_object_get(tree, "index"));
    json_object_set_new(stream, "kind", json_string("stream"));
    json_array_append(objects, tree);
    json_array_append(objects, stream);
    char *text = json_dumps(objects, 0);
    assert_fails(JB_ERROR_USAGE, error, jb_backup_complete(w.store, w.operation, "bucket", claim, text, NULL, &error));
    assert_non_null(strstr(error.text, "named twice"));
    free(text);
    json_array_remove(objects, 1);
    text = json_dumps(objects, 0);
    assert_ok(error, jb_backup_complete(w.store, w.operation, "bucket", claim, text, NULL, &error));
    free(text);
    json_decref(objects);
    json_decref(stream);
    json_decref(tree);
    jb_text_free(claim);
    workspace_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_index_is_read_in_pieces_of_any_size),
        cmocka_unit_test(every_truncation_is_noticed),
        cmocka_unit_test(what_does_not_add_up_is_refused),
        cmocka_unit_test(a_line_without_an_end_is_refused_before_it_fills_the_memory),
        cmocka_unit_test(a_path_chooses_its_member_and_the_directories_above_it),
        cmocka_unit_test(frames_are_compared_with_an_index_of_either_form),
        cmocka_unit_test(sizes_that_cannot_be_do_not_begin_anew_at_zero),
        cmocka_unit_test(a_hard_link_to_nothing_is_refused),
        cmocka_unit_test(one_member_costs_its_frames_and_the_index_alone),
        cmocka_unit_test(an_archive_that_cannot_be_completed_takes_its_index_with_it),
        cmocka_unit_test(a_description_of_another_index_is_refused),
        cmocka_unit_test(no_object_takes_the_name_of_anothers_index),
    };
    return cmocka_run_group_tests_name("index", tests, NULL, NULL);
}
