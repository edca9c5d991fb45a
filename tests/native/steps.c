#include "steps.h"

#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "age_fixture.h"
#include "trees.h"

static struct workspace w;
jb_store *steps_store;
const char *steps_fault = "no fault";

static const char *path_of(const char *name)
{
    return workspace_file(&w, "%s", name);
}

static jb_backup_name named(const char *timestamp)
{
    return (jb_backup_name){
        .size = sizeof(jb_backup_name), .bucket = "bucket", .name = "n", .timestamp = timestamp, .mode = "auto"};
}

static jb_catalog catalog(void)
{
    return (jb_catalog){
        .size = sizeof(jb_catalog), .store = steps_store, .bucket = "bucket", .key = "own/er/catalog.json"};
}

static int back_up_as(const char *name, const char *timestamp, const jb_encryption *encryption, jb_error *error)
{
    const char *directories[] = {path_of("tree"), NULL};
    jb_catalog entries = catalog();
    jb_backup_directories_options options = {.size = sizeof options,
                                             .name = named(timestamp),
                                             .directories = directories,
                                             .catalog = &entries,
                                             .encryption = encryption};
    options.name.name = name;
    char *account = NULL;
    int code = jb_backup_directories(steps_store, NULL, &options, &account, error);
    jb_text_free(account);
    return code;
}

static int back_up_at(const char *timestamp, jb_error *error)
{
    return back_up_as("n", timestamp, NULL, error);
}

static int verify(const char *timestamp, bool full, jb_error *error)
{
    jb_backup_name name = named(timestamp);
    char *account = NULL;
    int code = verify_backup(steps_store, NULL, name, full, &account, error);
    jb_text_free(account);
    return code;
}

/* ---- what must hold ---- */

static void must(int code, const jb_error *error)
{
    if (code != JB_OK)
        fail_msg("after %s: %s: %s", steps_fault, jb_code_name((jb_code)code), error->text);
}

static char *list(void)
{
    jb_error error = JB_ERROR_INIT;
    char *account = NULL;
    must(jb_backup_list(steps_store, NULL, "bucket", "n", &account, &error), &error);
    return account;
}

/* Whatever is listed as complete is whole; the number of them. */
static unsigned check_backups(void)
{
    char *account = list();
    json_t *document = json_loads(account, 0, NULL);
    unsigned complete = 0;
    size_t index;
    json_t *backup;
    json_array_foreach(json_object_get(document, "backups"), index, backup)
    {
        jb_error error = JB_ERROR_INIT;
        if (strcmp(json_string_value(json_object_get(backup, "state")), "complete") != 0)
            continue;
        must(verify(json_string_value(json_object_get(backup, "timestamp")), true, &error), &error);
        complete++;
    }
    json_decref(document);
    jb_text_free(account);
    return complete;
}

static bool is_in_catalog(const char *text)
{
    jb_error error = JB_ERROR_INIT;
    jb_catalog entries = catalog();
    char *account = NULL;
    must(jb_catalog_list(&entries, NULL, &account, &error), &error);
    bool is_there = strstr(account, text) != NULL;
    jb_text_free(account);
    return is_there;
}

static void check_catalog(const char *text)
{
    if (!is_in_catalog(text))
        fail_msg("after %s: '%s' left the catalog", steps_fault, text);
}

void steps_check_error(int code, const jb_error *error)
{
    if (code != JB_OK && (error->text[0] == '\0' || (int)error->code != code))
        fail_msg("after %s: its error is '%s' with the code %s", steps_fault, error->text, jb_code_name(error->code));
    if (code == JB_ERROR_VERIFY || code == JB_ERROR_FORMAT)
        fail_msg("after %s: damage is told where there is none: %s", steps_fault, error->text);
}

/* ---- backups ---- */

static int back_up(jb_error *error)
{
    return back_up_at("2026-11-22T03:00:00", error);
}

static int back_up_encrypted(jb_error *error)
{
    return back_up_as("n", "2026-11-22T03:00:00", &age_test_encryption, error);
}

static void after_backup(bool ended_well)
{
    jb_error error = JB_ERROR_INIT;
    unsigned complete = check_backups();
    if (complete < (ended_well ? 3u : 2u))
        fail_msg("after %s: %u backups are complete", steps_fault, complete);
    check_catalog("02:00:00");
    if (ended_well)
        check_catalog("03:00:00");
    must(back_up_at("2026-11-22T04:00:00", &error), &error);
    check_catalog("04:00:00");
}

struct text {
    const char *bytes;
    size_t left;
};

static int64_t read_text(void *context, void *bytes, size_t capacity)
{
    struct text *text = context;
    size_t count = text->left < capacity ? text->left : capacity;
    memcpy(bytes, text->bytes, count);
    text->bytes += count;
    text->left -= count;
    return (int64_t)count;
}

static int put_stream(const char *folder, char **account, jb_error *error)
{
    char key[256], alive[256];
    snprintf(key, sizeof key, "%s/database.gz", folder);
    snprintf(alive, sizeof alive, "%s/alive.node", folder);
    struct text text = {"what a database says", 20};
    jb_put_options options = {.size = sizeof options,
                              .bucket = "bucket",
                              .key = key,
                              .read = read_text,
                              .read_context = &text,
                              .compression = JB_COMPRESSION_GZIP,
                              .alive_key = alive};
    return jb_put(steps_store, NULL, &options, account, error);
}

static int put_file(const char *folder, char **account, jb_error *error)
{
    char key[256];
    snprintf(key, sizeof key, "%s/env", folder);
    jb_put_options options = {.size = sizeof options, .bucket = "bucket", .key = key, .file = path_of("tree/a file")};
    return jb_put(steps_store, NULL, &options, account, error);
}

/* As the engine and its nodes do. */
static int back_up_in_steps(jb_error *error)
{
    jb_backup_name name = named("2026-11-22T03:00:00");
    static const char folder[] = "n_2026-11-22T03:00:00_auto";
    char *claim = NULL, *accounts[2] = {NULL, NULL}, *objects = NULL;
    int code = jb_backup_begin(steps_store, NULL, &name, "{\"uid\":\"1\"}", false, &claim, error);
    if (code == JB_OK)
        code = put_stream(folder, &accounts[0], error);
    if (code == JB_OK)
        code = put_file(folder, &accounts[1], error);
    if (code == JB_OK) {
        size_t size = strlen(accounts[0]) + strlen(accounts[1]) + 4;
        objects = test_malloc(size);
        snprintf(objects, size, "[%s,%s]", accounts[0], accounts[1]);
        code = jb_backup_complete(steps_store, NULL, "bucket", claim, objects, NULL, error);
    }
    jb_catalog entries = catalog();
    if (code == JB_OK)
        code = jb_catalog_add(&entries, NULL,
                              "{\"name\":\"n\",\"timestamp\":\"2026-11-22T03:00:00\",\"mode\":\"auto\"}", error);
    jb_text_free(claim);
    jb_text_free(accounts[0]);
    jb_text_free(accounts[1]);
    if (objects != NULL)
        test_free(objects);
    return code;
}

static int verify_sample(jb_error *error)
{
    const jb_verify_options options = {
        .size = sizeof options, .name = named(NULL), .how = JB_VERIFY_SAMPLE, .percent = 50, .seed = 1};
    char *account = NULL;
    int code = jb_backup_verify(steps_store, NULL, &options, &account, error);
    jb_text_free(account);
    return code;
}

static int verify_latest(jb_error *error)
{
    int code = verify(NULL, false, error);
    if (code == JB_OK)
        code = verify_sample(error);
    return code == JB_OK ? verify("2026-11-22T01:00:00", true, error) : code;
}

static int look(jb_error *error)
{
    jb_backup_name name = named(NULL);
    jb_catalog entries = catalog();
    char *account = NULL;
    int code = jb_backup_list(steps_store, NULL, "bucket", NULL, &account, error);
    jb_text_free(account);
    account = NULL;
    if (code == JB_OK)
        code = jb_backup_show(steps_store, NULL, &name, false, &account, error);
    jb_text_free(account);
    account = NULL;
    if (code == JB_OK)
        code = jb_catalog_list(&entries, NULL, &account, error);
    jb_text_free(account);
    return code;
}

static int count_member(void *context, const jb_member *member)
{
    (void)member;
    ++*(unsigned *)context;
    return 0;
}

static int browse(jb_error *error)
{
    jb_browse_options options = {.size = sizeof options, .name = named(NULL), .path = "sub"};
    unsigned count = 0;
    char *account = NULL;
    int code = jb_backup_browse(steps_store, NULL, &options, count_member, &count, &account, error);
    jb_text_free(account);
    if (code == JB_OK && count != 2)
        fail_msg("after %s: %u members instead of 2", steps_fault, count);
    return code;
}

static void after_reading(bool ended_well)
{
    (void)ended_well;
    assert_int_equal(check_backups(), 2);
    check_catalog("01:00:00");
    check_catalog("02:00:00");
}

/* ---- the catalog ---- */

static int change_catalog(jb_error *error)
{
    jb_catalog entries = catalog();
    int code = jb_catalog_add(&entries, NULL,
                              "{\"name\":\"other\",\"timestamp\":\"2026-11-22T09:00:00\",\"mode\":\"manual\"}", error);
    return code == JB_OK ? jb_catalog_remove(&entries, NULL, "n", "2026-11-22T01:00:00", "auto", error) : code;
}

static void after_catalog_change(bool ended_well)
{
    jb_error error = JB_ERROR_INIT;
    if (ended_well && (!is_in_catalog("09:00:00") || is_in_catalog("01:00:00")))
        fail_msg("after %s: the catalog has not changed", steps_fault);
    check_catalog("02:00:00");
    must(change_catalog(&error), &error);
    check_catalog("02:00:00");
    check_catalog("09:00:00");
    assert_false(is_in_catalog("01:00:00"));
    assert_int_equal(check_backups(), 2);
}

static void forget_entry(void)
{
    jb_error error = JB_ERROR_INIT;
    jb_catalog entries = catalog();
    must(jb_catalog_remove(&entries, NULL, "n", "2026-11-22T01:00:00", "auto", &error), &error);
}

static int rebuild_catalog(jb_error *error)
{
    static const char *const buckets[] = {"bucket", NULL};
    const jb_catalog_rebuild_options options = {.size = sizeof options, .buckets = buckets};
    jb_catalog entries = catalog();
    char *account = NULL;
    int code = jb_catalog_rebuild(&entries, steps_store, NULL, &options, &account, error);
    jb_text_free(account);
    return code;
}

static void after_rebuilding(bool ended_well)
{
    jb_error error = JB_ERROR_INIT;
    check_catalog("02:00:00");
    if (!ended_well)
        must(rebuild_catalog(&error), &error);
    check_catalog("01:00:00");
    assert_int_equal(check_backups(), 2);
}

/* ---- removal ---- */

static int rotate(jb_error *error)
{
    jb_catalog entries = catalog();
    jb_rotate_options options = {
        .size = sizeof options, .bucket = "bucket", .name = "n", .mode = "auto", .keep = 1, .catalog = &entries};
    char *account = NULL;
    int code = jb_rotate(steps_store, NULL, &options, &account, error);
    jb_text_free(account);
    return code;
}

static bool is_stored(const char *name)
{
    return access(workspace_file(&w, "store/bucket/%s", name), F_OK) == 0;
}

/* Its directory may be left, empty: nobody sees that. */
static void check_removed(void)
{
    char *account = list();
    if (strstr(account, "01:00:00") != NULL)
        fail_msg("after %s: the removed backup is still listed: %s", steps_fault, account);
    jb_text_free(account);
    DIR *directory = opendir(path_of("store/bucket/n_2026-11-22T01:00:00_auto"));
    for (struct dirent *entry; directory != NULL && (entry = readdir(directory)) != NULL;)
        if (entry->d_type != DT_DIR)
            fail_msg("after %s: '%s' is left of the removed backup", steps_fault, entry->d_name);
    if (directory != NULL)
        closedir(directory);
    if (is_in_catalog("01:00:00"))
        fail_msg("after %s: the removed backup is in the catalog", steps_fault);
}

static void after_rotation(bool ended_well)
{
    jb_error error = JB_ERROR_INIT;
    unsigned complete = check_backups();
    if (complete < 1 || (ended_well && complete != 1))
        fail_msg("after %s: %u backups are complete", steps_fault, complete);
    check_catalog("02:00:00");
    must(rotate(&error), &error);
    assert_int_equal(check_backups(), 1);
    check_catalog("02:00:00");
    check_removed();
}

static int remove_older(jb_error *error)
{
    jb_backup_name name = named("2026-11-22T01:00:00");
    jb_catalog entries = catalog();
    return jb_backup_remove(steps_store, NULL, &name, &entries, error);
}

static void after_removal(bool ended_well)
{
    jb_error error = JB_ERROR_INIT;
    unsigned complete = check_backups();
    if (complete < 1 || (ended_well && complete != 1))
        fail_msg("after %s: %u backups are complete", steps_fault, complete);
    int code = remove_older(&error);
    if (code != JB_ERROR_NOT_FOUND)
        must(code, &error);
    check_catalog("02:00:00");
    check_removed();
    assert_int_equal(check_backups(), 1);
}

static void damage_older(void)
{
    assert_int_equal(truncate(path_of("store/bucket/n_2026-11-22T01:00:00_auto/backup.json"), 10), 0);
}

static int remove_damaged(jb_error *error)
{
    jb_backup_name name = named("2026-11-22T01:00:00");
    jb_catalog entries = catalog();
    return jb_backup_remove_damaged(steps_store, NULL, &name, &entries, error);
}

static void after_removal_of_damaged(bool ended_well)
{
    jb_error error = JB_ERROR_INIT;
    int code = remove_damaged(&error);
    if (code != JB_ERROR_NOT_FOUND || !ended_well)
        must(code == JB_ERROR_NOT_FOUND ? JB_OK : code, &error);
    check_catalog("02:00:00");
    check_removed();
    assert_int_equal(check_backups(), 1);
}

#define HALF "n_2026-11-22T03:00:00_auto/.jpsbackup-tmp-0123456789abcdef0123456789abcdef"

/* As if 20 minutes had passed. */
static void let_time_pass(void)
{
    DIR *directory = opendir(path_of("store/bucket/n_2026-11-22T03:00:00_auto"));
    const struct timespec times[] = {{.tv_sec = time(NULL) - 1200}, {.tv_sec = time(NULL) - 1200}};
    for (struct dirent *entry; directory != NULL && (entry = readdir(directory)) != NULL;)
        if (entry->d_type != DT_DIR)
            assert_int_equal(utimensat(dirfd(directory), entry->d_name, times, 0), 0);
    if (directory != NULL)
        closedir(directory);
}

/* What a killed backup leaves, 20 minutes old. */
static void abandon(void)
{
    jb_error error = JB_ERROR_INIT;
    jb_backup_name name = named("2026-11-22T03:00:00");
    must(jb_backup_begin(steps_store, NULL, &name, NULL, false, NULL, &error), &error);
    write_file(path_of("store/bucket/" HALF), "half", 4);
    let_time_pass();
}

/* What was begun with the same directories is taken over. */
static int resume(jb_error *error)
{
    const char *directories[] = {path_of("tree"), NULL};
    jb_catalog entries = catalog();
    jb_backup_directories_options options = {.size = sizeof options,
                                             .name = named("2026-11-22T03:00:00"),
                                             .directories = directories,
                                             .catalog = &entries,
                                             .resume = true};
    char *account = NULL;
    int code = jb_backup_directories(steps_store, NULL, &options, &account, error);
    jb_text_free(account);
    return code;
}

/* What was not completed can be resumed again, or is not there any more. */
static void after_resumption(bool ended_well)
{
    jb_error error = JB_ERROR_INIT;
    if (!ended_well && check_backups() == 2) {
        let_time_pass();
        int code = resume(&error);
        if (code != JB_ERROR_NOT_FOUND)
            must(code, &error);
        ended_well = code == JB_OK;
    }
    after_backup(ended_well);
}

static int collect_garbage(jb_error *error)
{
    jb_gc_options options = {.size = sizeof options, .bucket = "bucket"};
    char *account = NULL;
    int code = jb_gc(steps_store, NULL, &options, &account, error);
    jb_text_free(account);
    return code;
}

static void after_collection(bool ended_well)
{
    (void)ended_well;
    jb_error error = JB_ERROR_INIT;
    assert_int_equal(check_backups(), 2);
    must(collect_garbage(&error), &error);
    assert_false(is_stored(HALF));
    assert_true(is_stored("n_2026-11-22T03:00:00_auto/backup.json"));
}

/* ---- restores ---- */

static jb_restore_options restore_options(void)
{
    return (jb_restore_options){.size = sizeof(jb_restore_options),
                                .name = named(NULL),
                                .target = path_of("target"),
                                .journal = path_of("journal")};
}

static int restore(jb_error *error)
{
    jb_restore_options options = restore_options();
    char *account = NULL;
    int code = jb_restore_check(steps_store, NULL, &options, &account, error);
    jb_text_free(account);
    account = NULL;
    if (code == JB_OK)
        code = jb_restore(steps_store, NULL, &options, &account, error);
    jb_text_free(account);
    return code;
}

static bool target_is(const char *tree)
{
    char expected[128];
    snprintf(expected, sizeof expected, "%s", path_of(tree));
    return tree_equal(expected, path_of("target"));
}

static bool find_staging(const char *path, char *staging, size_t size)
{
    DIR *directory = opendir(path);
    bool found = false;
    for (struct dirent *entry; directory != NULL && !found && (entry = readdir(directory)) != NULL;) {
        found = strncmp(entry->d_name, ".jpsbackup-", 11) == 0;
        if (found)
            snprintf(staging, size, "%s/%s", path, entry->d_name);
    }
    if (directory != NULL)
        closedir(directory);
    return found;
}

static void check_nothing_staged(void)
{
    char staging[400];
    if (find_staging(w.path, staging, sizeof staging))
        fail_msg("after %s: staging is left: %s", steps_fault, staging);
}

/* Ends what was cut off, forward where that is possible. */
static void end_restore(void)
{
    jb_error error = JB_ERROR_INIT;
    jb_restore_options options = restore_options();
    if (access(options.journal, F_OK) != 0)
        return;
    int code = jb_restore_commit(NULL, options.journal, false, NULL, &error);
    must(code == JB_ERROR_STATE ? jb_restore_undo(NULL, options.journal, NULL, &error) : code, &error);
}

static void check_restored_again(void)
{
    jb_error error = JB_ERROR_INIT;
    must(restore(&error), &error);
    assert_true(target_is("tree"));
    check_nothing_staged();
}

static void after_restore(bool ended_well)
{
    end_restore();
    if (!target_is("tree") && (ended_well || !target_is("old")))
        fail_msg("after %s: the target is neither old nor new", steps_fault);
    check_restored_again();
}

static int restore_encrypted(jb_error *error)
{
    jb_restore_options options = restore_options();
    options.name.name = "e";
    options.decryption = &age_test_decryption;
    return jb_restore(steps_store, NULL, &options, NULL, error);
}

static int restore_in_place(jb_error *error)
{
    jb_restore_options options = restore_options();
    options.in_place = true;
    return jb_restore(steps_store, NULL, &options, NULL, error);
}

/* It can only go forward. */
static void after_restore_in_place(bool ended_well)
{
    jb_error error = JB_ERROR_INIT;
    if (ended_well && !target_is("tree"))
        fail_msg("after %s: the target is not restored", steps_fault);
    must(restore_in_place(&error), &error);
    if (!target_is("tree"))
        fail_msg("after %s: the target is not restored by a second run", steps_fault);
    check_restored_again();
}

static int restore_part(jb_error *error)
{
    static const char *const paths[] = {"a file", "sub", NULL};
    jb_restore_options options = restore_options();
    options.target = path_of("part");
    options.paths = paths;
    return jb_restore(steps_store, NULL, &options, NULL, error);
}

static bool part_is_there(void)
{
    size_t count;
    char *text = read_file(path_of("part/a file"), &count);
    bool is_there = strcmp(text, "text\n") == 0 && access(path_of("part/sub/random"), F_OK) == 0 &&
                    access(path_of("part/second"), F_OK) != 0;
    free(text);
    return is_there;
}

static void after_restore_of_part(bool ended_well)
{
    jb_error error = JB_ERROR_INIT;
    end_restore();
    if (ended_well && !part_is_there())
        fail_msg("after %s: the members are not restored", steps_fault);
    if (!ended_well && access(path_of("part"), F_OK) == 0 && !part_is_there())
        fail_msg("after %s: half of the members are there", steps_fault);
    tree_remove(path_of("part"));
    must(restore_part(&error), &error);
    assert_true(part_is_there());
    check_nothing_staged();
    assert_true(target_is("old"));
}

static void stage(void)
{
    jb_error error = JB_ERROR_INIT;
    jb_restore_options options = restore_options();
    must(jb_restore_stage(steps_store, NULL, &options, NULL, &error), &error);
}

static int swap(jb_error *error)
{
    char *account = NULL;
    int code = jb_restore_swap(NULL, path_of("journal"), &account, error);
    jb_text_free(account);
    account = NULL;
    if (code == JB_OK)
        code = jb_restore_status(NULL, path_of("journal"), &account, error);
    jb_text_free(account);
    return code;
}

static int swap_and_undo(jb_error *error)
{
    char *account = NULL;
    int code = swap(error);
    if (code == JB_OK)
        code = jb_restore_undo(NULL, path_of("journal"), &account, error);
    jb_text_free(account);
    return code;
}

static void after_undo(bool ended_well)
{
    jb_error error = JB_ERROR_INIT;
    if (ended_well && !target_is("old"))
        fail_msg("after %s: the old content is not back", steps_fault);
    if (access(path_of("journal"), F_OK) == 0)
        must(jb_restore_undo(NULL, path_of("journal"), NULL, &error), &error);
    if (!target_is("old"))
        fail_msg("after %s: the old content is not back by a second undo", steps_fault);
    check_nothing_staged();
    check_restored_again();
}

static int swap_and_keep(jb_error *error)
{
    char *account = NULL;
    int code = swap(error);
    if (code == JB_OK)
        code = jb_restore_commit(NULL, path_of("journal"), true, &account, error);
    jb_text_free(account);
    return code;
}

/* Beside the target, or in it where nothing could be made beside it; taken away from there. */
static bool take_kept(const char *where)
{
    char staging[400], file[450];
    if (!find_staging(where, staging, sizeof staging))
        return false;
    snprintf(file, sizeof file, "%s/old/file", staging);
    bool is_kept = access(file, F_OK) == 0;
    if (is_kept)
        tree_remove(staging);
    return is_kept;
}

static void after_keeping(bool ended_well)
{
    end_restore();
    /* A commit that was cut off may be ended by another one, which keeps nothing. */
    bool is_kept = take_kept(w.path) || take_kept(path_of("target"));
    bool is_new = access(path_of("target/sub/random"), F_OK) == 0;
    if (ended_well ? !is_new || !is_kept : !is_new && !target_is("old"))
        fail_msg("after %s: the target is neither old nor new, or the old content is not kept", steps_fault);
    check_restored_again();
}

const struct step steps[] = {
    {"backup", NULL, back_up, after_backup},
    {"encrypted backup", NULL, back_up_encrypted, after_backup},
    {"backup in steps", NULL, back_up_in_steps, after_backup},
    {"verification", NULL, verify_latest, after_reading},
    {"look", NULL, look, after_reading},
    {"browsing", NULL, browse, after_reading},
    {"catalog change", NULL, change_catalog, after_catalog_change},
    {"catalog made anew", forget_entry, rebuild_catalog, after_rebuilding},
    {"rotation", NULL, rotate, after_rotation},
    {"removal", NULL, remove_older, after_removal},
    {"removal of a damaged backup", damage_older, remove_damaged, after_removal_of_damaged},
    {"resumption", abandon, resume, after_resumption},
    {"collection of garbage", abandon, collect_garbage, after_collection},
    {"restore", NULL, restore, after_restore},
    {"encrypted restore", NULL, restore_encrypted, after_restore},
    {"restore in place", NULL, restore_in_place, after_restore_in_place},
    {"restore of a part", NULL, restore_part, after_restore_of_part},
    {"swap and undo", stage, swap_and_undo, after_undo},
    {"swap and commit", stage, swap_and_keep, after_keeping},
};
const size_t steps_count = sizeof steps / sizeof *steps;

/* ---- the scenario ---- */

void steps_begin_anew(void)
{
    static const char *const parts[] = {"store/bucket", "target", "part", "journal", "journal.check"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        tree_remove(path_of(parts[i]));
    char from[128];
    snprintf(from, sizeof from, "%s", path_of("first"));
    tree_copy(from, path_of("store/bucket"));
    snprintf(from, sizeof from, "%s", path_of("old"));
    tree_copy(from, path_of("target"));
}

int steps_enter(void **state)
{
    (void)state;
    jb_error error = JB_ERROR_INIT;
    workspace_open(&w);
    steps_store = w.store;
    assert_int_equal(
        shell("cd '%s' && mkdir -p tree/sub old && head -c 100000 /dev/urandom > tree/sub/random && "
              "echo text > 'tree/a file' && ln -s sub/random tree/link && ln tree/sub/random tree/second && "
              "echo old > old/file",
              w.path),
        0);
    assert_ok(error, back_up_at("2026-11-22T01:00:00", &error));
    assert_ok(error, back_up_at("2026-11-22T02:00:00", &error));
    assert_ok(error, back_up_as("e", "2026-11-22T02:00:00", &age_test_encryption, &error));
    char from[128];
    snprintf(from, sizeof from, "%s", path_of("store/bucket"));
    tree_copy(from, path_of("first"));
    return 0;
}

int steps_leave(void **state)
{
    (void)state;
    workspace_close(&w);
    return 0;
}

void steps_use_memory(void)
{
    /* Small data: to fill huge pages with zeros would take most of the time. */
    prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
    if (geteuid() == 0 && unshare(CLONE_NEWNS) == 0 && mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
        mount("none", "/tmp", "tmpfs", 0, "size=1g") == 0)
        return;
    fprintf(stderr, "this test needs root and its own mounts\n");
    exit(1);
}
