/* What a rotation by days, weeks, months and years keeps, and why. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>
#include <jansson.h>

#include "backup/name.h"
#include "base/random.h"
#include "codec/json.h"
#include "memory_store.h"
#include "workspace.h"

/* An old backup, which needs no seal. */
static void make(jb_store *store, const char *timestamp)
{
    char key[200];
    snprintf(key, sizeof key, "n_%s_auto/database.tar", timestamp);
    memory_store_put(store, key, "x", 1, 3600);
    snprintf(key, sizeof key, "n_%s_auto/digital-factory-data.tar.gz", timestamp);
    memory_store_put(store, key, "x", 1, 3600);
}

static json_t *rotate(jb_store *store, const jb_rotate_options *numbers, bool dry_run)
{
    jb_error error = JB_ERROR_INIT;
    jb_rotate_options options = *numbers;
    options.size = sizeof options;
    options.bucket = "bucket";
    options.name = "n";
    options.dry_run = dry_run;
    char *text;
    assert_ok(error, jb_rotate(store, NULL, &options, &text, &error));
    json_t *account = json_loads(text, 0, NULL);
    jb_text_free(text);
    return account;
}

/* "timestamp: reason" of all that are kept, in lines. */
static void assert_kept(const json_t *account, const char *expected)
{
    char lines[4000] = "";
    size_t index;
    json_t *entry;
    json_array_foreach(json_object_get(account, "kept"), index, entry)
    {
        size_t length = strlen(lines);
        snprintf(lines + length, sizeof lines - length, "%.10s: %s\n", json_member_text(entry, "timestamp"),
                 json_member_text(entry, "reason"));
    }
    assert_string_equal(lines, expected);
}

static void each_kept_backup_has_its_reasons(void **state)
{
    (void)state;
    static const char *const days[] = {"2024-12-29", "2024-12-30", "2024-12-31", "2025-01-01",
                                       "2025-01-05", "2025-01-06", "2025-02-01"};
    jb_store *store = memory_store_new();
    for (size_t i = 0; i < sizeof days / sizeof *days; i++)
        for (int hour = 3; hour <= 15; hour += 12) {
            char timestamp[32];
            snprintf(timestamp, sizeof timestamp, "%sT%02d:00:00", days[i], hour);
            make(store, timestamp);
        }
    const jb_rotate_options numbers = {
        .keep = 2, .keep_daily = 3, .keep_weekly = 4, .keep_monthly = 2, .keep_yearly = 9};
    json_t *account = rotate(store, &numbers, true);
    assert_kept(account, "2025-02-01: newest, daily 2025-02-01, weekly 2025-W05, monthly 2025-02, yearly 2025\n"
                         "2025-02-01: within the number to keep\n"
                         "2025-01-06: daily 2025-01-06, weekly 2025-W02, monthly 2025-01\n"
                         "2025-01-05: daily 2025-01-05, weekly 2025-W01\n"
                         "2024-12-31: yearly 2024\n"
                         "2024-12-29: weekly 2024-W52\n");
    json_decref(account);
    jb_store_close(store);
}

/* Whatever the numbers are. */
static void the_newest_stays(void **state)
{
    (void)state;
    jb_store *store = memory_store_new();
    make(store, "2025-01-01T00:00:00");
    make(store, "2025-01-01T00:01:00");
    json_t *account = rotate(store, &(jb_rotate_options){.keep_yearly = 1}, false);
    assert_kept(account, "2025-01-01: newest, yearly 2025\n");
    json_decref(account);
    assert_true(memory_store_has(store, "n_2025-01-01T00:01:00_auto/database.tar"));
    assert_int_equal(memory_store_count(store), 2);
    const jb_rotate_options none = {.size = sizeof none, .bucket = "bucket", .name = "n"};
    jb_error error = JB_ERROR_INIT;
    assert_fails(JB_ERROR_USAGE, error, jb_rotate(store, NULL, &none, NULL, &error));
    jb_store_close(store);
}

/* Python's calendar is the judge: for random times and numbers the same backups stay. */
static const char judge[] =
    "import datetime, json, sys\n"
    "forms = {'daily': lambda t: t.date(), 'weekly': lambda t: t.isocalendar()[:2], 'monthly': lambda t: (t.year, "
    "t.month), 'yearly': lambda t: t.year}\n"
    "for line in open(sys.argv[1]):\n"
    "    case = json.loads(line)\n"
    "    times = sorted((e['timestamp'] for e in case['kept'] + case['removed']), reverse=True)\n"
    "    stay = set(times[:max(case['keep'], 1)])\n"
    "    for rule, form in forms.items():\n"
    "        periods = {}\n"
    "        for t in times:\n"
    "            periods.setdefault(form(datetime.datetime.fromisoformat(t)), t)\n"
    "        stay |= set(sorted(periods.values(), reverse=True)[:case[rule]])\n"
    "    assert stay == {e['timestamp'] for e in case['kept']}, (case, stay)\n";

static void the_calendar_agrees_with_pythons(void **state)
{
    (void)state;
    struct workspace w;
    workspace_open(&w);
    FILE *cases = fopen(workspace_file(&w, "cases"), "w");
    assert_non_null(cases);
    for (int i = 0; i < 60; i++) {
        jb_store *store = memory_store_new();
        int64_t span = (int64_t)86400 * (int64_t)(1 + random_below(3000));
        for (uint64_t left = 1 + random_below(150); left > 0; left--) {
            char timestamp[CLOCK_TIMESTAMP_SIZE];
            clock_format_timestamp(1600000000 + (int64_t)random_below((uint64_t)span) / 60 * 60, timestamp);
            make(store, timestamp);
        }
        jb_rotate_options numbers = {.keep = (uint32_t)random_below(5),
                                     .keep_daily = (uint32_t)(1 + random_below(15)),
                                     .keep_weekly = (uint32_t)random_below(8),
                                     .keep_monthly = (uint32_t)random_below(20),
                                     .keep_yearly = (uint32_t)random_below(5)};
        json_t *account = rotate(store, &numbers, true);
        json_t *rules =
            json_pack("{s:i, s:i, s:i, s:i, s:i}", "keep", numbers.keep, "daily", numbers.keep_daily, "weekly",
                      numbers.keep_weekly, "monthly", numbers.keep_monthly, "yearly", numbers.keep_yearly);
        assert_int_equal(json_object_update(account, rules), 0);
        json_decref(rules);
        assert_int_equal(json_dumpf(account, cases, JSON_COMPACT), 0);
        fputc('\n', cases);
        json_decref(account);
        jb_store_close(store);
    }
    assert_int_equal(fclose(cases), 0);
    write_file(workspace_file(&w, "judge.py"), judge, strlen(judge));
    assert_int_equal(shell("python3 '%s' '%s'", workspace_file(&w, "judge.py"), workspace_file(&w, "cases")), 0);
    workspace_close(&w);
}

/* Half a minute, were it quadratic in the number of backups. */
static void a_hundred_thousand_backups_are_listed_in_linear_time(void **state)
{
    (void)state;
    enum { COUNT = 100000 };
    jb_store *store = memory_store_new();
    for (int i = 0; i < COUNT; i++) {
        char key[100];
        snprintf(key, sizeof key, "n%06d_2026-01-01T00:00:00_auto/database.tar", i * 7919 % COUNT);
        memory_store_add(store, key, "x", 1, 0);
    }
    jb_error error = JB_ERROR_INIT;
    char *text;
    clock_t begin = clock(); /* of the processor, for the machine may be busy */
    assert_ok(error, jb_backup_list(store, NULL, "bucket", NULL, &text, &error));
    double took = (double)(clock() - begin) / CLOCKS_PER_SEC;
    print_message("%d backups listed in %.2f s\n", COUNT, took);
    assert_true(took < 10);
    json_t *account = json_loads(text, 0, NULL);
    assert_int_equal(json_array_size(json_object_get(account, "backups")), COUNT);
    json_decref(account);
    jb_text_free(text);
    jb_store_close(store);
}

static void seals_are_read_several_at_a_time(void **state)
{
    (void)state;
    enum { COUNT = 80 };
    jb_store *store = memory_store_new();
    jb_error error = JB_ERROR_INIT;
    for (int i = 0; i < COUNT; i++) {
        char timestamp[32];
        snprintf(timestamp, sizeof timestamp, "2026-01-01T%02d:%02d:00", i / 60, i % 60);
        const jb_backup_name name = {.size = sizeof name, .bucket = "bucket", .name = "n", .timestamp = timestamp};
        assert_ok(error, jb_backup_begin(store, NULL, &name, NULL, false, NULL, &error));
        if (i % 10 == 0) {
            char key[100];
            snprintf(key, sizeof key, "n_%s_manual/backup.json", timestamp);
            memory_store_put(store, key, "{", 1, 0);
        }
    }
    memory_store_set_delay(store, 20);
    char *text;
    assert_ok(error, jb_backup_list(store, NULL, "bucket", NULL, &text, &error));
    assert_in_range(memory_store_most_at_once(store), 4, 16);
    json_t *account = json_loads(text, 0, NULL);
    const json_t *backups = json_object_get(account, "backups");
    assert_int_equal(json_array_size(backups), COUNT);
    for (size_t i = 0; i < COUNT; i++) {
        const json_t *entry = json_array_get(backups, i);
        char timestamp[32];
        snprintf(timestamp, sizeof timestamp, "2026-01-01T%02zu:%02zu:00", (COUNT - 1 - i) / 60, (COUNT - 1 - i) % 60);
        assert_string_equal(json_member_text(entry, "timestamp"), timestamp);
        assert_string_equal(json_member_text(entry, "state"), (COUNT - 1 - i) % 10 == 0 ? "damaged" : "running");
    }
    json_decref(account);
    jb_text_free(text);
    jb_store_close(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kept_backup_has_its_reasons),
        cmocka_unit_test(the_newest_stays),
        cmocka_unit_test(the_calendar_agrees_with_pythons),
        cmocka_unit_test(seals_are_read_several_at_a_time),
        cmocka_unit_test(a_hundred_thousand_backups_are_listed_in_linear_time),
    };
    return cmocka_run_group_tests_name("rotate", tests, NULL, NULL);
}
