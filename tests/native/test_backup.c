/* Backups, seals, the catalog and rotation on a file store. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "backup/name.h"
#include "backup/seal.h"
#include "small_backup.h"
#include "store/store.h"
#include "workspace.h"

static void folder_names_are_taken_apart_from_their_end(void **state)
{
    (void)state;
    struct backup_id id;
    assert_true(backup_id_parse(&id, "my_prod_2026-11-22T23:48:00_auto"));
    assert_string_equal(id.name, "my_prod");
    assert_string_equal(id.timestamp, "2026-11-22T23:48:00");
    assert_string_equal(id.mode, "auto");
    assert_true(backup_id_parse(&id, "a_2026-11-22T23:48:00_auto_2026-11-22T23:49:00_manual"));
    assert_string_equal(id.name, "a_2026-11-22T23:48:00_auto");
    static const char *const bad[] = {"",
                                      "x",
                                      "_2026-11-22T23:48:00_auto",
                                      "x_2026-02-30T23:48:00_auto",
                                      "x_2026-11-22T23:48:00_other",
                                      "x2026-11-22T23:48:00_auto",
                                      "x_2026-11-22T23:48_auto"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(backup_id_parse(&id, bad[i]));
}

static void a_name_is_claimed_once(void **state)
{
    (void)state;
    struct workspace w;
    workspace_open(&w);
    make_tree(&w);
    jb_error error = JB_ERROR_INIT;
    jb_backup_name name = named("b", "2026-11-22T23:48:00", "manual");
    char *claim;
    assert_ok(error, jb_backup_begin(w.store, w.operation, &name, NULL, false, &claim, &error));
    assert_fails(JB_ERROR_CONFLICT, error, jb_backup_begin(w.store, w.operation, &name, NULL, false, NULL, &error));
    assert_fails(JB_ERROR_CONFLICT, error, back_up(&w, "b", "2026-11-22T23:48:00", "manual", NULL, &error));
    assert_true(exists(&w, "b_2026-11-22T23:48:00_manual/backup.json"));
    assert_ok(error, jb_backup_discard(w.store, w.operation, "bucket", claim, &error));
    assert_false(exists(&w, "b_2026-11-22T23:48:00_manual"));
    jb_text_free(claim);
    workspace_close(&w);
}

/* Takes its time, so that the claim is over before all is read. */
static int count_slowly(void *context, const jb_progress *event)
{
    uint64_t *bytes = context;
    *bytes = event->bytes_done;
    usleep(5000);
    return 0;
}

static void a_large_tree_is_not_read_to_its_end_for_a_name_that_is_taken(void **state)
{
    (void)state;
    const uint64_t size = (uint64_t)64 << 20;
    struct workspace w;
    workspace_open(&w);
    make_tree(&w);
    assert_int_equal(shell("head -c %llu /dev/zero > '%s'", (unsigned long long)size, workspace_file(&w, "tree/large")),
                     0);
    jb_error error = JB_ERROR_INIT;
    uint64_t bytes = 0;
    jb_operation_options options = {
        .size = sizeof options, .progress = count_slowly, .progress_context = &bytes, .progress_interval_ms = 1};
    jb_operation_free(w.operation);
    assert_ok(error, jb_operation_new(&options, &w.operation, &error));
    jb_backup_name name = named("b", "2026-11-22T23:48:00", "manual");
    char *claim;
    assert_ok(error, jb_backup_begin(w.store, w.operation, &name, NULL, false, &claim, &error));
    assert_fails(JB_ERROR_CONFLICT, error, back_up(&w, "b", "2026-11-22T23:48:00", "manual", NULL, &error));
    assert_string_equal(error.text, "the backup 'b_2026-11-22T23:48:00_manual' exists already in 'bucket'");
    assert_true(bytes < size);
    assert_ok(error, jb_backup_discard(w.store, w.operation, "bucket", claim, &error));
    jb_text_free(claim);
    workspace_close(&w);
}

/* The tree fails while the backup is still being claimed, or soon after. */
static void of_a_tree_that_fails_nothing_is_left(void **state)
{
    (void)state;
    struct workspace w;
    workspace_open(&w);
    make_tree(&w);
    char *tree = strdup(workspace_file(&w, "tree"));
    const char *directories[] = {tree, NULL}, *nothing[] = {"no such name", NULL};
    jb_backup_directories_options options = {.size = sizeof options,
                                             .name = named("b", "2026-11-22T23:48:00", "manual"),
                                             .directories = directories,
                                             .include = nothing,
                                             .strict = true};
    for (unsigned i = 0; i < 10; i++) {
        jb_error error = JB_ERROR_INIT;
        assert_fails(JB_ERROR_IO, error, jb_backup_directories(w.store, w.operation, &options, NULL, &error));
        assert_false(exists(&w, "b_2026-11-22T23:48:00_manual"));
    }
    free(tree);
    workspace_close(&w);
}

static void an_old_folder_of_the_name_is_not_touched(void **state)
{
    (void)state;
    struct workspace w;
    workspace_open(&w);
    make_tree(&w);
    jb_error error = JB_ERROR_INIT;
    assert_int_equal(shell("mkdir '%s' && echo old > '%s'",
                           workspace_file(&w, "store/bucket/b_2026-11-22T23:48:00_manual"),
                           workspace_file(&w, "store/bucket/b_2026-11-22T23:48:00_manual/jahia-env-vars.gz")),
                     0);
    assert_fails(JB_ERROR_CONFLICT, error, back_up(&w, "b", "2026-11-22T23:48:00", "manual", NULL, &error));
    assert_int_equal(shell("test \"$(ls '%s')\" = jahia-env-vars.gz",
                           workspace_file(&w, "store/bucket/b_2026-11-22T23:48:00_manual")),
                     0);
    workspace_close(&w);
}

static void a_claim_that_was_taken_over_completes_nothing(void **state)
{
    (void)state;
    struct workspace w;
    workspace_open(&w);
    jb_error error = JB_ERROR_INIT;
    jb_backup_name name = named("b", "2026-11-22T23:48:00", "manual");
    char *claim, *other;
    assert_ok(error, jb_backup_begin(w.store, w.operation, &name, NULL, false, &claim, &error));
    assert_ok(error, jb_backup_discard(w.store, w.operation, "bucket", claim, &error));
    assert_ok(error, jb_backup_begin(w.store, w.operation, &name, NULL, false, &other, &error));
    const char *objects =
        "[{\"name\":\"o\",\"kind\":\"stream\",\"compression\":\"none\",\"size\":0,\"content_size\":0,\"digest\":"
        "\"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\",\"segments\":[{\"name\":\"o\",\"size\":0,"
        "\"parts\":[]}]}]";
    assert_fails(JB_ERROR_CONFLICT, error,
                 jb_backup_complete(w.store, w.operation, "bucket", claim, objects, NULL, &error));
    assert_fails(JB_ERROR_CONFLICT, error, jb_backup_discard(w.store, w.operation, "bucket", claim, &error));
    /* The other one's object is not in the store. */
    assert_fails(JB_ERROR_VERIFY, error,
                 jb_backup_complete(w.store, w.operation, "bucket", other, objects, NULL, &error));
    assert_non_null(strstr(error.hint, "put it again"));
    jb_text_free(claim);
    jb_text_free(other);
    workspace_close(&w);
}

static const struct store_driver *honest;
static char rivals_seal[600];

/* Somebody takes the backup over between the look at its seal and the writing of the new one. */
static int write_after_a_rival(jb_store *store, jb_operation *operation, const char *bucket, const char *key,
                               const void *bytes, size_t count, const unsigned char *sha256,
                               struct store_condition condition, jb_object_info *info, jb_error *error)
{
    if (strstr(key, "backup.json") != NULL)
        write_file(rivals_seal, "the rival's", 11);
    return honest->write(store, operation, bucket, key, bytes, count, sha256, condition, info, error);
}

static void a_seal_that_is_changed_meanwhile_is_not_overwritten(void **state)
{
    (void)state;
    struct workspace w;
    workspace_open(&w);
    jb_error error = JB_ERROR_INIT;
    jb_backup_name name = named("b", "2026-11-22T23:48:00", "manual");
    char *claim, *account;
    assert_ok(error, jb_backup_begin(w.store, w.operation, &name, NULL, false, &claim, &error));
    write_file(workspace_file(&w, "file"), "text", 4);
    jb_put_options put = {.size = sizeof put,
                          .bucket = "bucket",
                          .key = "b_2026-11-22T23:48:00_manual/o",
                          .file = workspace_file(&w, "file")};
    assert_ok(error, jb_put(w.store, w.operation, &put, &account, &error));
    char objects[4096];
    snprintf(objects, sizeof objects, "[%s]", account);
    snprintf(rivals_seal, sizeof rivals_seal, "%s",
             workspace_file(&w, "store/bucket/b_2026-11-22T23:48:00_manual/backup.json"));
    honest = w.store->driver;
    struct store_driver raced = *honest;
    raced.write = write_after_a_rival;
    w.store->driver = &raced;
    assert_fails(JB_ERROR_CONFLICT, error,
                 jb_backup_complete(w.store, w.operation, "bucket", claim, objects, NULL, &error));
    w.store->driver = honest;
    size_t count;
    char *seal = read_file(rivals_seal, &count);
    assert_string_equal(seal, "the rival's");
    free(seal);
    jb_text_free(account);
    jb_text_free(claim);
    workspace_close(&w);
}

/* Its digests are right, for they are of what was put; but that is not the tree that the seal speaks of. */
static void an_archive_that_lacks_a_member_is_not_verified_and_not_restored(void **state)
{
    (void)state;
    struct workspace w;
    workspace_open(&w);
    make_tree(&w);
    jb_error error = JB_ERROR_INIT;
    jb_backup_name name = named("b", "2026-11-22T23:48:00", "manual");
    char *claim, *account;
    assert_ok(error, jb_backup_begin(w.store, w.operation, &name, NULL, false, &claim, &error));
    jb_put_options put = {.size = sizeof put,
                          .bucket = "bucket",
                          .key = "b_2026-11-22T23:48:00_manual/tree.tar.zst",
                          .tree = workspace_file(&w, "tree"),
                          .compression = JB_COMPRESSION_ZSTD};
    assert_ok(error, jb_put(w.store, w.operation, &put, &account, &error));
    json_t *object = json_loads(account, 0, NULL);
    json_int_t files = json_integer_value(json_object_get(object, "files"));
    assert_true(files > 1);
    json_object_set_new(object, "files", json_integer(files + 1));
    char *described = json_dumps(object, 0), objects[8192];
    snprintf(objects, sizeof objects, "[%s]", described);
    assert_ok(error, jb_backup_complete(w.store, w.operation, "bucket", claim, objects, NULL, &error));
    assert_fails(JB_ERROR_VERIFY, error, verify_backup(w.store, w.operation, name, true, NULL, &error));
    jb_restore_options options = {.size = sizeof options,
                                  .name = name,
                                  .target = workspace_file(&w, "target"),
                                  .journal = workspace_file(&w, "journal")};
    assert_fails(JB_ERROR_VERIFY, error, jb_restore(w.store, w.operation, &options, NULL, &error));
    assert_int_not_equal(access(workspace_file(&w, "target"), F_OK), 0);
    free(described);
    json_decref(object);
    jb_text_free(account);
    jb_text_free(claim);
    workspace_close(&w);
}

struct told_sizes {
    bool relative; /* `content` is what the content has more */
    json_int_t content;
    json_int_t files; /* below zero: as they are */
    int verified, restored;
};

/* A backup of the tree whose description tells other sizes. */
static void seal_with_sizes(struct workspace *w, const jb_backup_name *name, const struct told_sizes *sizes)
{
    jb_error error = JB_ERROR_INIT;
    char *claim, *account, objects[8192], key[200];
    assert_ok(error, jb_backup_begin(w->store, w->operation, name, NULL, false, &claim, &error));
    snprintf(key, sizeof key, "%s_%s_%s/tree.tar.zst", name->name, name->timestamp, name->mode);
    jb_put_options put = {.size = sizeof put,
                          .bucket = "bucket",
                          .key = key,
                          .tree = workspace_file(w, "tree"),
                          .compression = JB_COMPRESSION_ZSTD};
    assert_ok(error, jb_put(w->store, w->operation, &put, &account, &error));
    json_t *object = json_loads(account, 0, NULL);
    json_int_t present = json_integer_value(json_object_get(object, "content_size"));
    json_object_set_new(object, "content_size", json_integer(sizes->content + (sizes->relative ? present : 0)));
    if (sizes->files >= 0)
        json_object_set_new(object, "files_size", json_integer(sizes->files));
    char *described = json_dumps(object, 0);
    snprintf(objects, sizeof objects, "[%s]", described);
    assert_ok(error, jb_backup_complete(w->store, w->operation, "bucket", claim, objects, NULL, &error));
    free(described);
    json_decref(object);
    jb_text_free(account);
    jb_text_free(claim);
}

static void a_tree_holds_what_its_seal_tells_and_no_more(void **state)
{
    (void)state;
    static const struct told_sizes cases[] = {{false, 1, 0, JB_ERROR_VERIFY, JB_ERROR_VERIFY},
                                              {true, 512, -1, JB_ERROR_VERIFY, JB_ERROR_VERIFY},
                                              {true, 0, 0, JB_OK, JB_ERROR_LIMIT}};
    struct workspace w;
    workspace_open(&w);
    make_tree(&w);
    jb_error error = JB_ERROR_INIT;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char timestamp[] = "2026-11-22T23:4x:00";
        timestamp[15] = (char)('0' + i);
        jb_backup_name name = named("b", timestamp, "manual");
        seal_with_sizes(&w, &name, &cases[i]);
        assert_fails(cases[i].verified, error, verify_backup(w.store, w.operation, name, true, NULL, &error));
        jb_restore_options options = {.size = sizeof options,
                                      .name = name,
                                      .target = workspace_file(&w, "target"),
                                      .journal = workspace_file(&w, "journal")};
        assert_fails(cases[i].restored, error, jb_restore(w.store, w.operation, &options, NULL, &error));
        assert_int_not_equal(access(workspace_file(&w, "target"), F_OK), 0);
    }
    workspace_close(&w);
}

static void unfinished_backups_are_listed_and_not_restored(void **state)
{
    (void)state;
    struct workspace w;
    workspace_open(&w);
    jb_error error = JB_ERROR_INIT;
    jb_backup_name name = named("b", "2026-11-22T23:48:00", "manual");
    assert_ok(error, jb_backup_begin(w.store, w.operation, &name, NULL, false, NULL, &error));
    char *list;
    assert_ok(error, jb_backup_list(w.store, w.operation, "bucket", "b", &list, &error));
    assert_non_null(strstr(list, "\"state\":\"running\""));
    jb_text_free(list);
    assert_fails(JB_ERROR_STATE, error, jb_backup_show(w.store, w.operation, &name, false, NULL, &error));
    jb_backup_name latest = named("b", NULL, NULL);
    assert_fails(JB_ERROR_NOT_FOUND, error, jb_backup_show(w.store, w.operation, &latest, false, NULL, &error));
    assert_fails(JB_ERROR_CONFLICT, error, jb_backup_remove(w.store, w.operation, &name, NULL, &error));
    /* Without a sign of life for a quarter of an hour it is abandoned, and can be removed with what its writers left
       unfinished: nobody would look for that in a folder without a seal. */
    assert_int_equal(shell("cd '%s' && echo x > .jpsbackup-tmp-1 && touch -d '20 minutes ago' backup.json",
                           workspace_file(&w, "store/bucket/b_2026-11-22T23:48:00_manual")),
                     0);
    assert_ok(error, jb_backup_list(w.store, w.operation, "bucket", NULL, &list, &error));
    assert_non_null(strstr(list, "\"state\":\"abandoned\""));
    jb_text_free(list);
    assert_ok(error, jb_backup_remove(w.store, w.operation, &name, NULL, &error));
    assert_false(exists(&w, "b_2026-11-22T23:48:00_manual"));
    workspace_close(&w);
}

static void every_flipped_byte_is_noticed(void **state)
{
    (void)state;
    struct workspace w;
    workspace_open(&w);
    make_tree(&w);
    jb_error error = JB_ERROR_INIT;
    assert_ok(error, back_up(&w, "b", "2026-11-22T23:48:00", "manual", NULL, &error));
    jb_backup_name name = named("b", "2026-11-22T23:48:00", "manual");
    assert_ok(error, verify_backup(w.store, w.operation, name, true, NULL, &error));
    static const char *const files[] = {"backup.json", "tree.tar.zst"};
    for (size_t i = 0; i < 2; i++) {
        const char *path = workspace_file(&w, "store/bucket/b_2026-11-22T23:48:00_manual/%s", files[i]);
        char copy[1024];
        snprintf(copy, sizeof copy, "%s", path);
        size_t count;
        free(read_file(copy, &count));
        for (size_t offset = 0; offset < count; offset++) {
            flip_byte(copy, (long)offset);
            char *account = NULL;
            int code = verify_backup(w.store, w.operation, name, true, &account, &error);
            if (code != JB_ERROR_VERIFY)
                fail_msg("byte %zu of %s flipped: %s", offset, files[i], jb_code_name((jb_code)code));
            if (i == 1)
                assert_non_null(strstr(account, "\"name\":\"tree.tar.zst\",\"ok\":false"));
            jb_text_free(account);
            flip_byte(copy, (long)offset);
        }
    }
    assert_ok(error, verify_backup(w.store, w.operation, name, true, NULL, &error));
    workspace_close(&w);
}

static void quick_verification_finds_missing_and_short_objects(void **state)
{
    (void)state;
    struct workspace w;
    workspace_open(&w);
    make_tree(&w);
    jb_error error = JB_ERROR_INIT;
    assert_ok(error, back_up(&w, "b", "2026-11-22T23:48:00", "manual", NULL, &error));
    jb_backup_name name = named("b", NULL, NULL);
    assert_ok(error, verify_backup(w.store, w.operation, name, false, NULL, &error));
    const char *path = workspace_file(&w, "store/bucket/b_2026-11-22T23:48:00_manual/tree.tar.zst");
    assert_int_equal(truncate(path, 100), 0);
    assert_fails(JB_ERROR_VERIFY, error, verify_backup(w.store, w.operation, name, false, NULL, &error));
    assert_non_null(strstr(error.text, "tree.tar.zst"));
    assert_int_equal(unlink(path), 0);
    assert_fails(JB_ERROR_VERIFY, error, verify_backup(w.store, w.operation, name, false, NULL, &error));
    workspace_close(&w);
}

static void rotation_counts_complete_backups_of_exactly_the_name(void **state)
{
    (void)state;
    /* Names that contain one another, and what a pattern would match. */
    static const char *const names[] = {"prod", "my-prod",          "prod_", "prod_2026-11-01T00:00:00_auto", "prod*",
                                        "p.od", "produktiv\xc3\xa4"};
    struct workspace w;
    workspace_open(&w);
    make_tree(&w);
    jb_error error = JB_ERROR_INIT;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        for (int day = 1; day <= 4; day++) {
            char timestamp[32];
            snprintf(timestamp, sizeof timestamp, "2026-11-%02dT00:00:00", day);
            assert_ok(error, back_up(&w, names[i], timestamp, "auto", NULL, &error));
        }
    assert_ok(error, back_up(&w, "prod", "2026-10-01T00:00:00", "manual", NULL, &error));
    jb_backup_name running = named("prod", "2026-10-02T00:00:00", "auto");
    assert_ok(error, jb_backup_begin(w.store, w.operation, &running, NULL, false, NULL, &error));
    jb_rotate_options options = {
        .size = sizeof options, .bucket = "bucket", .name = "prod", .keep = 2, .dry_run = true};
    char *account;
    assert_ok(error, jb_rotate(w.store, w.operation, &options, &account, &error));
    assert_non_null(strstr(account, "prod_2026-11-02T00:00:00_auto"));
    jb_text_free(account);
    assert_true(exists(&w, "prod_2026-11-01T00:00:00_auto"));
    options.dry_run = false;
    assert_ok(error, jb_rotate(w.store, w.operation, &options, NULL, &error));
    assert_false(exists(&w, "prod_2026-11-01T00:00:00_auto/backup.json"));
    assert_false(exists(&w, "prod_2026-11-02T00:00:00_auto"));
    assert_true(exists(&w, "prod_2026-11-03T00:00:00_auto/backup.json"));
    assert_true(exists(&w, "prod_2026-10-01T00:00:00_manual/backup.json"));
    assert_true(exists(&w, "prod_2026-10-02T00:00:00_auto/backup.json"));
    for (size_t i = 1; i < sizeof names / sizeof *names; i++)
        for (int day = 1; day <= 4; day++) {
            char folder[128];
            snprintf(folder, sizeof folder, "%s_2026-11-%02dT00:00:00_auto/tree.tar.zst", names[i], day);
            assert_true(exists(&w, folder));
        }
    options.keep = 0;
    assert_fails(JB_ERROR_USAGE, error, jb_rotate(w.store, w.operation, &options, NULL, &error));
    workspace_close(&w);
}

static void rotation_ends_removals_that_were_cut_off(void **state)
{
    (void)state;
    struct workspace w;
    workspace_open(&w);
    make_tree(&w);
    jb_error error = JB_ERROR_INIT;
    assert_ok(error, back_up(&w, "prod", "2026-11-01T00:00:00", "auto", NULL, &error));
    assert_ok(error, back_up(&w, "prod", "2026-11-02T00:00:00", "auto", NULL, &error));
    struct backup_id id;
    struct seal seal;
    assert_ok(error, backup_id_set(&id, "prod", "2026-11-02T00:00:00", "auto", &error));
    assert_ok(error, seal_read(w.store, NULL, "bucket", &id, &seal, &error));
    assert_int_equal(json_object_set_new(seal.document, "state", json_string("deleting")), 0);
    assert_ok(error, seal_write(w.store, NULL, "bucket", &id, &seal, false, &error));
    seal_clean_up(&seal);
    jb_rotate_options options = {.size = sizeof options, .bucket = "bucket", .name = "prod", .keep = 1};
    assert_ok(error, jb_rotate(w.store, w.operation, &options, NULL, &error));
    assert_false(exists(&w, "prod_2026-11-02T00:00:00_auto"));
    assert_true(exists(&w, "prod_2026-11-01T00:00:00_auto/backup.json"));
    workspace_close(&w);
}

/* A node's account must not make the engine seal another object than the one that it names. */
static void a_description_that_leads_elsewhere_is_not_sealed(void **state)
{
    (void)state;
    struct workspace w;
    workspace_open(&w);
    jb_error error = JB_ERROR_INIT;
    jb_backup_name name = named("b", "2026-11-22T23:48:00", "manual");
    char *claim;
    assert_ok(error, jb_backup_begin(w.store, w.operation, &name, NULL, false, &claim, &error));
    write_file(workspace_file(&w, "store/bucket/b_2026-11-22T23:48:00_manual/other"), "", 0);
    const char *objects =
        "[{\"name\":\"o\",\"kind\":\"stream\",\"compression\":\"none\",\"size\":0,\"content_size\":0,\"digest\":"
        "\"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\",\"segments\":[{\"name\":\"other\","
        "\"size\":0,\"parts\":[]}]}]";
    assert_fails(JB_ERROR_FORMAT, error,
                 jb_backup_complete(w.store, w.operation, "bucket", claim, objects, NULL, &error));
    jb_text_free(claim);
    workspace_close(&w);
}

static jb_catalog catalog_of(struct workspace *w)
{
    return (jb_catalog){
        .size = sizeof(jb_catalog), .store = w->store, .bucket = "catalog", .key = "21135_backup_metadata.json"};
}

static void unknown_members_of_the_catalog_survive(void **state)
{
    (void)state;
    struct workspace w;
    workspace_open(&w);
    make_tree(&w);
    jb_error error = JB_ERROR_INIT;
    jb_catalog catalog = catalog_of(&w);
    assert_ok(error, jb_store_make_bucket(w.store, NULL, "catalog", &error));
    const char *before = "{\"version\": 7, \"backups\": [{\"name\": \"x\", \"timestamp\": \"2026-01-01T00:00:00\", "
                         "\"mode\": \"manual\", \"mine\": {\"a\": [1, 2.5, null]}, \"size\": 1},"
                         " {\"name\": \"older entry without a mode\", \"n\": 12345678901234}]}";
    write_file(workspace_file(&w, "store/catalog/21135_backup_metadata.json"), before, strlen(before));
    assert_ok(error,
              jb_catalog_add(&catalog, w.operation,
                             "{\"name\":\"x\",\"timestamp\":\"2026-01-01T00:00:00\",\"mode\":\"manual\",\"size\":2}",
                             &error));
    assert_ok(error,
              jb_catalog_add(&catalog, w.operation,
                             "{\"name\":\"y\",\"timestamp\":\"2026-01-01T00:00:00\",\"mode\":\"auto\",\"size\":3}",
                             &error));
    assert_ok(error, jb_catalog_remove(&catalog, w.operation, "y", "2026-01-01T00:00:00", "manual", &error));
    char *text;
    assert_ok(error, jb_catalog_list(&catalog, w.operation, &text, &error));
    json_t *now = json_loads(text, 0, NULL);
    json_t *expected =
        json_loads("{\"version\": 7, \"backups\": [{\"name\": \"x\", \"timestamp\": \"2026-01-01T00:00:00\", \"mode\": "
                   "\"manual\", \"mine\": {\"a\": [1, 2.5, null]}, \"size\": 2},"
                   " {\"name\": \"older entry without a mode\", \"n\": 12345678901234}, "
                   "{\"name\":\"y\",\"timestamp\":\"2026-01-01T00:00:00\",\"mode\":\"auto\",\"size\":3}]}",
                   0, NULL);
    assert_true(json_equal(now, expected));
    json_decref(now);
    json_decref(expected);
    jb_text_free(text);
    assert_int_equal(shell("python3 -c 'import json,sys; t=open(sys.argv[1]).read(); assert t == "
                           "json.dumps(json.loads(t), indent=2, sort_keys=True), t' '%s'",
                           workspace_file(&w, "store/catalog/21135_backup_metadata.json")),
                     0);
    workspace_close(&w);
}

static void a_malformed_catalog_is_left_as_it_is(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "", "{", "[]", "{\"backups\": {}}", "{\"backups\": [1]}", "{\"backups\": [], \"backups\": []}"};
    struct workspace w;
    workspace_open(&w);
    jb_catalog catalog = catalog_of(&w);
    jb_error error = JB_ERROR_INIT;
    assert_ok(error, jb_store_make_bucket(w.store, NULL, "catalog", &error));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const char *path = workspace_file(&w, "store/catalog/21135_backup_metadata.json");
        write_file(path, bad[i], strlen(bad[i]));
        assert_fails(JB_ERROR_FORMAT, error,
                     jb_catalog_add(&catalog, w.operation,
                                    "{\"name\":\"y\",\"timestamp\":\"2026-01-01T00:00:00\",\"mode\":\"auto\"}",
                                    &error));
        assert_non_null(strstr(error.hint, "left as it is"));
        size_t count;
        char *bytes = read_file(path, &count);
        assert_string_equal(bytes, bad[i]);
        free(bytes);
    }
    workspace_close(&w);
}

static void a_catalog_that_cannot_be_read_is_not_taken_for_an_empty_one(void **state)
{
    (void)state;
    struct workspace w;
    workspace_open(&w);
    jb_catalog catalog = catalog_of(&w);
    jb_error error = JB_ERROR_INIT;
    assert_int_equal(shell("mkdir -p '%s' && ln -s /nonexistent '%s'", workspace_file(&w, "store"),
                           workspace_file(&w, "store/catalog")),
                     0);
    int code = jb_catalog_add(&catalog, w.operation,
                              "{\"name\":\"y\",\"timestamp\":\"2026-01-01T00:00:00\",\"mode\":\"auto\"}", &error);
    assert_int_not_equal(code, JB_OK);
    workspace_close(&w);
}

static void concurrent_writers_of_the_catalog_lose_nothing(void **state)
{
    (void)state;
    enum { PROCESSES = 32, ENTRIES = 5 };
    struct workspace w;
    workspace_open(&w);
    jb_catalog catalog = catalog_of(&w);
    pid_t children[PROCESSES];
    for (int i = 0; i < PROCESSES; i++) {
        children[i] = fork();
        if (children[i] != 0)
            continue;
        for (int j = 0; j < ENTRIES; j++) {
            char entry[200];
            snprintf(entry, sizeof entry,
                     "{\"name\":\"n%d\",\"timestamp\":\"2026-01-%02dT00:00:00\",\"mode\":\"auto\"}", i, j + 1);
            if (jb_catalog_add(&catalog, NULL, entry, NULL) != JB_OK)
                _exit(1);
        }
        _exit(0);
    }
    for (int i = 0; i < PROCESSES; i++) {
        int status;
        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_int_equal(status, 0);
    }
    jb_error error = JB_ERROR_INIT;
    char *text;
    assert_ok(error, jb_catalog_list(&catalog, NULL, &text, &error));
    json_t *now = json_loads(text, 0, NULL);
    assert_int_equal(json_array_size(json_object_get(now, "backups")), PROCESSES * ENTRIES);
    json_decref(now);
    jb_text_free(text);
    workspace_close(&w);
}

static void a_restored_tree_is_the_same(void **state)
{
    (void)state;
    struct workspace w;
    workspace_open(&w);
    make_tree(&w);
    jb_error error = JB_ERROR_INIT;
    jb_catalog catalog = catalog_of(&w);
    assert_ok(error, back_up(&w, "b", NULL, NULL, &catalog, &error));
    char journal[256], target[256];
    snprintf(journal, sizeof journal, "%s/journal", w.path);
    snprintf(target, sizeof target, "%s/target", w.path);
    assert_int_equal(shell("mkdir '%s' && echo old > '%s/old'", target, target), 0);
    jb_restore_options options = {
        .size = sizeof options, .name = named("b", NULL, NULL), .target = target, .journal = journal};
    char *account;
    assert_ok(error, jb_restore_check(w.store, w.operation, &options, &account, &error));
    jb_text_free(account);
    assert_ok(error, jb_restore(w.store, w.operation, &options, &account, &error));
    assert_non_null(strstr(account, "\"verified\":true"));
    jb_text_free(account);
    assert_int_equal(shell("cd '%s' && tar --sort=name -c tree | (mkdir x && tar -C x -x) && diff -r --no-dereference "
                           "x/tree target && test ! -e target/old",
                           w.path),
                     0);
    assert_int_equal(shell("test -z \"$(find '%s' -name '*jpsbackup-*' -path '*target*')\"", w.path), 0);
    workspace_close(&w);
}

static void damage_keeps_a_restore_from_changing_anything(void **state)
{
    (void)state;
    struct workspace w;
    workspace_open(&w);
    make_tree(&w);
    jb_error error = JB_ERROR_INIT;
    assert_ok(error, back_up(&w, "b", "2026-11-22T23:48:00", "manual", NULL, &error));
    flip_byte(workspace_file(&w, "store/bucket/b_2026-11-22T23:48:00_manual/tree.tar.zst"), 1000);
    char journal[256], target[256];
    snprintf(journal, sizeof journal, "%s/journal", w.path);
    snprintf(target, sizeof target, "%s/target", w.path);
    assert_int_equal(shell("mkdir '%s' && echo old > '%s/old'", target, target), 0);
    jb_restore_options options = {
        .size = sizeof options, .name = named("b", NULL, NULL), .target = target, .journal = journal};
    assert_fails(JB_ERROR_VERIFY, error, jb_restore(w.store, w.operation, &options, NULL, &error));
    assert_non_null(strstr(error.text, "tree.tar.zst"));
    assert_int_equal(shell("test \"$(ls -A '%s')\" = old", target), 0);
    assert_int_equal(shell("test \"$(ls -A '%s')\" = \"$(printf 'store\\ntarget\\ntree')\"", w.path), 0);
    workspace_close(&w);
}

static void a_seal_that_is_too_long_is_a_damaged_one(void **state)
{
    (void)state;
    struct workspace w;
    workspace_open(&w);
    make_tree(&w);
    jb_error error = JB_ERROR_INIT;
    assert_ok(error, back_up(&w, "n", "2026-11-22T23:48:00", "manual", NULL, &error));
    assert_int_equal(shell("cd '%s/store/bucket' && mkdir n_2026-11-22T23:49:00_manual && "
                           "truncate -s 65M n_2026-11-22T23:49:00_manual/backup.json",
                           w.path),
                     0);
    char *account = NULL;
    assert_ok(error, jb_backup_list(w.store, w.operation, "bucket", "n", &account, &error));
    assert_non_null(strstr(account, "\"damaged\""));
    assert_non_null(strstr(account, "\"complete\""));
    jb_text_free(account);
    jb_backup_name latest = named("n", NULL, NULL);
    /* The older one is good, but the newest is not. */
    assert_fails(JB_ERROR_VERIFY, error, verify_backup(w.store, w.operation, latest, false, &account, &error));
    assert_non_null(strstr(account, "n_2026-11-22T23:48:00_manual"));
    assert_non_null(strstr(error.text, "n_2026-11-22T23:49:00_manual"));
    jb_text_free(account);
    jb_backup_name damaged = named("n", "2026-11-22T23:49:00", "manual");
    assert_fails(JB_ERROR_VERIFY, error, jb_backup_show(w.store, w.operation, &damaged, false, NULL, &error));
    assert_true(error.hint[0] != '\0');
    assert_fails(JB_ERROR_VERIFY, error, jb_backup_remove(w.store, w.operation, &damaged, NULL, &error));
    assert_true(error.hint[0] != '\0');
    workspace_close(&w);
}

/* A copy of the backup's folder, sealed as by a version that is not there yet. */
static void seal_as_newer(struct workspace *w, const char *from, const struct backup_id *id)
{
    jb_error error = JB_ERROR_INIT;
    struct buffer text;
    buffer_init(&text, SEAL_BYTES_MAX);
    json_t *document = json_pack("{s:s, s:s, s:s, s:s}", "format", "jpsbackup-seal-2", "name", id->name, "timestamp",
                                 id->timestamp, "mode", id->mode);
    assert_ok(error, seal_encode(document, &text, &error));
    assert_int_equal(shell("cd '%s' && cp -r '%s' '%s'", workspace_file(w, "store/bucket"), from, id->folder), 0);
    write_file(workspace_file(w, "store/bucket/%s/backup.json", id->folder), text.data, text.size);
    json_decref(document);
    buffer_clean_up(&text);
}

static void a_newer_versions_backup_is_left_alone(void **state)
{
    (void)state;
    struct workspace w;
    workspace_open(&w);
    make_tree(&w);
    jb_error error = JB_ERROR_INIT;
    struct backup_id id;
    char *account;
    assert_ok(error, back_up(&w, "n", "2026-11-22T00:00:00", "auto", NULL, &error));
    assert_ok(error, back_up(&w, "n", "2026-11-24T00:00:00", "auto", NULL, &error));
    assert_ok(error, backup_id_set(&id, "n", "2026-11-21T00:00:00", "auto", &error));
    seal_as_newer(&w, "n_2026-11-22T00:00:00_auto", &id);
    assert_ok(error, backup_id_set(&id, "n", "2026-11-25T00:00:00", "auto", &error));
    seal_as_newer(&w, "n_2026-11-22T00:00:00_auto", &id);
    assert_ok(error, jb_backup_list(w.store, w.operation, "bucket", "n", &account, &error));
    assert_non_null(strstr(account, "\"newer\""));
    assert_null(strstr(account, "\"damaged\""));
    jb_text_free(account);
    const jb_backup_name newer = named("n", id.timestamp, "auto"), latest = named("n", NULL, NULL);
    assert_fails(JB_ERROR_UNSUPPORTED, error, jb_backup_remove_damaged(w.store, NULL, &newer, NULL, &error));
    assert_non_null(strstr(error.text, "newer version"));
    assert_fails(JB_ERROR_UNSUPPORTED, error, jb_backup_remove(w.store, NULL, &newer, NULL, &error));
    assert_fails(JB_ERROR_UNSUPPORTED, error, verify_backup(w.store, w.operation, newer, false, NULL, &error));
    assert_ok(error, verify_backup(w.store, w.operation, latest, false, NULL, &error));
    assert_fails(
        JB_ERROR_NOT_FOUND, error,
        jb_backup_begin(w.store, NULL,
                        &(jb_backup_name){.size = sizeof newer, .bucket = "bucket", .name = "n", .mode = "auto"}, NULL,
                        true, NULL, &error));
    assert_ok(error,
              jb_gc(w.store, NULL, &(jb_gc_options){.size = sizeof(jb_gc_options), .bucket = "bucket"}, NULL, &error));
    const jb_rotate_options rotation = {.size = sizeof rotation, .bucket = "bucket", .name = "n", .keep = 1};
    assert_ok(error, jb_rotate(w.store, w.operation, &rotation, NULL, &error));
    assert_false(exists(&w, "n_2026-11-22T00:00:00_auto"));
    assert_true(exists(&w, "n_2026-11-21T00:00:00_auto/tree.tar.zst"));
    assert_true(exists(&w, "n_2026-11-24T00:00:00_auto/tree.tar.zst"));
    assert_true(exists(&w, "n_2026-11-25T00:00:00_auto/tree.tar.zst"));
    workspace_close(&w);
}

static void revisions_are_eight_big_endian_bytes(void **state)
{
    (void)state;
    struct workspace w;
    workspace_open(&w);
    jb_error error = JB_ERROR_INIT;
    const char *path = workspace_file(&w, "revisionNode");
    assert_ok(error, jb_revision_write(path, 0x0102030405060708, &error));
    size_t count;
    char *bytes = read_file(path, &count);
    assert_int_equal(count, 8);
    assert_memory_equal(bytes, "\1\2\3\4\5\6\7\10", 8);
    free(bytes);
    uint64_t revision;
    assert_ok(error, jb_revision_read(path, &revision, &error));
    assert_int_equal(revision, 0x0102030405060708);
    write_file(path, "123456789", 9);
    assert_fails(JB_ERROR_FORMAT, error, jb_revision_read(path, &revision, &error));
    workspace_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(folder_names_are_taken_apart_from_their_end),
        cmocka_unit_test(a_name_is_claimed_once),
        cmocka_unit_test(a_large_tree_is_not_read_to_its_end_for_a_name_that_is_taken),
        cmocka_unit_test(of_a_tree_that_fails_nothing_is_left),
        cmocka_unit_test(an_old_folder_of_the_name_is_not_touched),
        cmocka_unit_test(a_claim_that_was_taken_over_completes_nothing),
        cmocka_unit_test(a_seal_that_is_changed_meanwhile_is_not_overwritten),
        cmocka_unit_test(an_archive_that_lacks_a_member_is_not_verified_and_not_restored),
        cmocka_unit_test(a_tree_holds_what_its_seal_tells_and_no_more),
        cmocka_unit_test(unfinished_backups_are_listed_and_not_restored),
        cmocka_unit_test(every_flipped_byte_is_noticed),
        cmocka_unit_test(quick_verification_finds_missing_and_short_objects),
        cmocka_unit_test(rotation_counts_complete_backups_of_exactly_the_name),
        cmocka_unit_test(rotation_ends_removals_that_were_cut_off),
        cmocka_unit_test(a_description_that_leads_elsewhere_is_not_sealed),
        cmocka_unit_test(unknown_members_of_the_catalog_survive),
        cmocka_unit_test(a_malformed_catalog_is_left_as_it_is),
        cmocka_unit_test(a_catalog_that_cannot_be_read_is_not_taken_for_an_empty_one),
        cmocka_unit_test(concurrent_writers_of_the_catalog_lose_nothing),
        cmocka_unit_test(a_restored_tree_is_the_same),
        cmocka_unit_test(damage_keeps_a_restore_from_changing_anything),
        cmocka_unit_test(a_seal_that_is_too_long_is_a_damaged_one),
        cmocka_unit_test(a_newer_versions_backup_is_left_alone),
        cmocka_unit_test(revisions_are_eight_big_endian_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
