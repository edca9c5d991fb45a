/* Random sets of names that contain one another: what is done to one name touches no other's backups. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "backup/seal.h"
#include "codec/json.h"
#include "memory_store.h"
#include "sampling.h"
#include "workspace.h"

#define SETS    2000
#define NAMES   5
#define BACKUPS 24

enum state { COMPLETE, OLD, OLD_HALF, RUNNING, ABANDONED, DELETING, DAMAGED, STATES };
static const char *const state_names[STATES] = {"complete",  "old",      "old",    "running",
                                                "abandoned", "deleting", "damaged"};

struct model {
    struct backup_id id;
    enum state state;
    bool there;
};

static struct {
    uint64_t seed;
    jb_store *store;
    char names[NAMES][NAME_MAX_BYTES + 1];
    struct model backups[BACKUPS];
    size_t count;
} set;

static uint64_t number(uint64_t bound)
{
    set.seed += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t z = (set.seed ^ (set.seed >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (z ^ (z >> 31)) % bound;
}

/* Each name is made of pieces that could be taken for something else, or is another one with a piece more. */
static void choose_names(void)
{
    static const char *const pieces[] = {"prod",
                                         "p",
                                         "_",
                                         "__",
                                         "*",
                                         "?",
                                         "[a-z]",
                                         ".",
                                         ".*",
                                         "\\",
                                         "%",
                                         " ",
                                         "-",
                                         "\xc3\xa4",
                                         "a\xcc\x88",
                                         "\xe6\x97\xa5",
                                         "auto",
                                         "_auto",
                                         "_manual",
                                         "2026-01-01T00:00:00",
                                         "_2026-01-01T00:00:00_auto",
                                         "_2026-01-02T00:00:00_manual",
                                         "backup.json",
                                         "latest",
                                         "'",
                                         "\"",
                                         "$(x)",
                                         "+",
                                         "#",
                                         "&",
                                         "..",
                                         "~"};
    for (size_t i = 0; i < NAMES; i++) {
        bool grows = i > 0 && number(2) == 0;
        const char *base = grows ? set.names[number(i)] : "";
        char name[1000];
        size_t length = (size_t)snprintf(name, sizeof name, "%s", base);
        for (uint64_t left = 1 + number(3); left > 0; left--)
            length += (size_t)snprintf(name + length, sizeof name - length, "%s",
                                       pieces[number(sizeof pieces / sizeof *pieces)]);
        if (length > NAME_MAX_BYTES || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
            snprintf(name, sizeof name, "x%zu", i);
        memcpy(set.names[i], name, strlen(name) + 1);
    }
}

static void put(const struct backup_id *id, const char *object, const char *text, size_t size, int64_t age)
{
    char key[STORE_KEY_MAX + 1];
    backup_key(id, object, key, sizeof key);
    memory_store_put(set.store, key, text, size, age);
}

static void put_seal(const struct backup_id *id, const char *state, int64_t age)
{
    json_t *document =
        json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:{}, s:[]}", "format", SEAL_FORMAT, "state", state, "name", id->name,
                  "timestamp", id->timestamp, "mode", id->mode, "owner", "x", "environment", "objects");
    struct buffer text;
    buffer_init(&text, 1 << 20);
    assert_int_equal(seal_encode(document, &text, NULL), JB_OK);
    put(id, SEAL_NAME, text.data, text.size, age);
    buffer_clean_up(&text);
    json_decref(document);
}

static void make(const struct model *backup)
{
    static const int64_t old = 3600;
    switch (backup->state) {
    case OLD:
        put(&backup->id, "database.tar", "x", 1, old);
        put(&backup->id, "digital-factory-data.tar.gz", "x", 1, old);
        return;
    case OLD_HALF:
        put(&backup->id, "database.tar", "x", 1, old);
        return;
    case DAMAGED:
        put(&backup->id, SEAL_NAME, "{}", 2, old);
        break;
    case RUNNING:
    case ABANDONED:
        put_seal(&backup->id, "running", backup->state == RUNNING ? 0 : old);
        break;
    default:
        put_seal(&backup->id, state_names[backup->state], old);
        break;
    }
    put(&backup->id, "o", "x", 1, old);
}

static void make_backups(void)
{
    set.count = 0;
    for (size_t i = 0; i < BACKUPS; i++) {
        struct model *backup = &set.backups[set.count];
        char timestamp[CLOCK_TIMESTAMP_SIZE];
        snprintf(timestamp, sizeof timestamp, "2026-01-0%dT00:00:00", (int)(1 + number(5)));
        *backup = (struct model){.state = (enum state)number(STATES), .there = true};
        if (number(2) == 0)
            backup->state = COMPLETE;
        jb_error error = JB_ERROR_INIT;
        assert_ok(error, backup_id_set(&backup->id, set.names[number(NAMES)], timestamp,
                                       number(2) == 0 ? "auto" : "manual", &error));
        bool known = false;
        for (size_t j = 0; j < set.count; j++)
            known = known || strcmp(set.backups[j].id.folder, backup->id.folder) == 0;
        if (known)
            continue;
        make(backup);
        set.count++;
    }
}

static const struct model *model_of(const char *folder, size_t length)
{
    for (size_t i = 0; i < set.count; i++)
        if (strlen(set.backups[i].id.folder) == length && memcmp(set.backups[i].id.folder, folder, length) == 0)
            return &set.backups[i];
    return NULL;
}

/* Every object there is of a backup that should be there, and none of these lacks its objects. */
static void check_store(const char *what)
{
    size_t expected = 0;
    for (size_t i = 0; i < set.count; i++)
        if (set.backups[i].there)
            expected += set.backups[i].state == OLD_HALF ? 1 : 2;
    if (memory_store_count(set.store) != expected)
        fail_msg("after %s: %zu objects instead of %zu", what, memory_store_count(set.store), expected);
    for (size_t i = 0; i < expected; i++) {
        const char *key = memory_store_key(set.store, i);
        const struct model *backup = model_of(key, (size_t)(strchr(key, '/') - key));
        if (backup == NULL || !backup->there)
            fail_msg("after %s: '%s' should not be there", what, key);
    }
}

static void check_list(const char *name)
{
    jb_error error = JB_ERROR_INIT;
    char *text;
    assert_ok(error, jb_backup_list(set.store, NULL, "bucket", name, &text, &error));
    json_t *account = json_loads(text, 0, NULL);
    const json_t *entries = json_object_get(account, "backups");
    size_t expected = 0;
    for (size_t i = 0; i < set.count; i++)
        expected += set.backups[i].there && (name == NULL || strcmp(set.backups[i].id.name, name) == 0);
    assert_int_equal(json_array_size(entries), expected);
    for (size_t i = 0; i < expected; i++) {
        const json_t *entry = json_array_get(entries, i);
        const char *folder = json_member_text(entry, "folder");
        const struct model *backup = model_of(folder, strlen(folder));
        assert_true(backup != NULL && backup->there);
        assert_string_equal(json_member_text(entry, "name"), backup->id.name);
        assert_string_equal(json_member_text(entry, "state"), state_names[backup->state]);
    }
    json_decref(account);
    jb_text_free(text);
}

static bool is_whole(const struct model *backup)
{
    return backup->there && (backup->state == COMPLETE || backup->state == OLD);
}

/* Newer, or manual in the same minute. */
static bool is_later(const struct model *left, const struct model *right)
{
    int order = strcmp(left->id.timestamp, right->id.timestamp);
    return order > 0 || (order == 0 && strcmp(left->id.mode, right->id.mode) > 0);
}

static void check_latest(const char *name)
{
    jb_error error = JB_ERROR_INIT;
    const struct model *latest = NULL;
    bool damaged = false;
    for (size_t i = 0; i < set.count; i++) {
        damaged = damaged || (set.backups[i].there && set.backups[i].state == DAMAGED &&
                              strcmp(set.backups[i].id.name, name) == 0);
        if (is_whole(&set.backups[i]) && strcmp(set.backups[i].id.name, name) == 0 &&
            (latest == NULL || is_later(&set.backups[i], latest)))
            latest = &set.backups[i];
    }
    const jb_backup_name which = {.size = sizeof which, .bucket = "bucket", .name = name};
    char *text = NULL;
    int code = jb_backup_show(set.store, NULL, &which, false, &text, &error);
    assert_int_equal(code, latest != NULL ? JB_OK : damaged ? JB_ERROR_VERIFY : JB_ERROR_NOT_FOUND);
    json_t *seal = text != NULL ? json_loads(text, 0, NULL) : NULL;
    if (latest != NULL) {
        assert_string_equal(json_member_text(seal, "name"), name);
        assert_string_equal(json_member_text(seal, "timestamp"), latest->id.timestamp);
        assert_string_equal(json_member_text(seal, "mode"), latest->id.mode);
    }
    json_decref(seal);
    jb_text_free(text);
}

static void rotate(const char *name)
{
    jb_error error = JB_ERROR_INIT;
    const char *mode = number(2) == 0 ? "auto" : "manual";
    jb_rotate_options options = {.size = sizeof options,
                                 .bucket = "bucket",
                                 .name = name,
                                 .mode = mode,
                                 .keep = (uint32_t)(1 + number(3)),
                                 .dry_run = true};
    assert_ok(error, jb_rotate(set.store, NULL, &options, NULL, &error));
    check_store("a dry run");
    options.dry_run = false;
    assert_ok(error, jb_rotate(set.store, NULL, &options, NULL, &error));
    bool goes[BACKUPS] = {false};
    for (size_t i = 0; i < set.count; i++) {
        const struct model *backup = &set.backups[i];
        if (strcmp(backup->id.name, name) != 0 || strcmp(backup->id.mode, mode) != 0)
            continue;
        size_t newer = 0;
        for (size_t j = 0; j < set.count; j++)
            newer += j != i && is_whole(&set.backups[j]) && strcmp(set.backups[j].id.name, name) == 0 &&
                     strcmp(set.backups[j].id.mode, mode) == 0 && is_later(&set.backups[j], backup);
        goes[i] = backup->state == DELETING || (is_whole(backup) && newer >= options.keep);
    }
    for (size_t i = 0; i < set.count; i++)
        set.backups[i].there = set.backups[i].there && !goes[i];
    check_store("a rotation");
}

static void remove_one(void)
{
    jb_error error = JB_ERROR_INIT;
    struct model *backup = &set.backups[number(set.count)];
    if (!backup->there)
        return;
    const jb_backup_name which = {.size = sizeof which,
                                  .bucket = "bucket",
                                  .name = backup->id.name,
                                  .timestamp = backup->id.timestamp,
                                  .mode = backup->id.mode};
    int code = jb_backup_remove(set.store, NULL, &which, NULL, &error);
    int damaged = jb_backup_remove_damaged(set.store, NULL, &which, NULL, &error);
    if (backup->state == RUNNING) {
        assert_int_equal(code, JB_ERROR_CONFLICT);
        assert_int_equal(damaged, JB_ERROR_STATE);
    } else if (backup->state == DAMAGED) {
        assert_int_equal(code, JB_ERROR_VERIFY);
        assert_int_equal(damaged, JB_OK);
    } else {
        assert_int_equal(code, JB_OK);
        assert_int_equal(damaged, JB_ERROR_NOT_FOUND);
    }
    backup->there = backup->state == RUNNING;
    check_store("a removal");
}

static void what_is_done_to_one_name_touches_no_other(void **state)
{
    (void)state;
    uint64_t first = sampling_seed(), sets = sampling_slow() && !sampling_full() ? SETS / 8 : SETS;
    set.store = memory_store_new();
    for (uint64_t seed = first; seed < first + sets; seed++) {
        set.seed = seed;
        memory_store_clear(set.store);
        choose_names();
        make_backups();
        check_list(NULL);
        for (size_t i = 0; i < NAMES; i++) {
            check_list(set.names[i]);
            check_latest(set.names[i]);
        }
        for (int change = 0; change < 3; change++) {
            rotate(set.names[number(NAMES)]);
            remove_one();
        }
        check_list(NULL);
    }
    jb_store_close(set.store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_done_to_one_name_touches_no_other),
    };
    return cmocka_run_group_tests_name("names", tests, NULL, NULL);
}
