/*
 * Random sequences of backups, rotations, removals, restores, crashes, faults and competing processes, against a simple
 * model of what must be there after each. The seed is printed; JPSBACKUP_TEST_SEED runs the same sequence again.
 * JPSBACKUP_TEST_STEPS says how many steps; JPSBACKUP_TEST_URL on which store, whose bucket "model" must be empty
 * (default: a directory of the test's own).
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "faults.h"
#include "faulty_store.h"
#include "sampling.h"
#include "steps.h"
#include "trees.h"
#include "workspace.h"

#define ENTRIES_MAX  40
#define RIVALS_MAX   3
#define VERSIONS_MAX 16
#define BUCKET       "model"

/* Names that contain one another, and what folder names, patterns and listings are made of. */
static const char *const names[] = {"a", "a_b", "a_2026-01-01T00:01:00_auto", "a*", "\xc3\xa9t\xc3\xa9 [1-9]"};
static const char *const modes[] = {"manual", "auto"};
#define NAMES (sizeof names / sizeof *names)

/* A backup as it should be. */
struct entry {
    unsigned name, minute, mode;
    enum { ABSENT, COMPLETE, UNFINISHED, UNSURE } state;
    enum { OUT, IN, PERHAPS } catalog;
    unsigned versions[VERSIONS_MAX], count; /* of the tree: one of these; each resumption may have put its own */
};

static struct workspace w;
static jb_store *store;
static bool remote; /* a server's, not a directory */
static struct entry entries[ENTRIES_MAX];
static unsigned minute, version, target_version, step, foreign_certain, foreign_perhaps;

/* ---- the clock ---- */

static time_t clock_offset;
time_t __real_time(time_t *now);
time_t __wrap_time(time_t *now);
time_t __wrap_time(time_t *now)
{
    time_t shifted = __real_time(NULL) + clock_offset;
    if (now != NULL)
        *now = shifted;
    return shifted;
}

/* ---- orders ---- */

enum kind { BACK_UP, ROTATE, REMOVE, VERIFY, RESTORE, RESUME, COLLECT, ENTER };
static const char *const kinds[] = {"backup",  "rotation",   "removal",    "verification",
                                    "restore", "resumption", "collection", "catalog entry"};

struct order {
    enum kind kind;
    struct entry *entry;
    unsigned name, mode, keep, number;
    bool again; /* of a backup: its name is taken */
};

/* What comes in between. */
enum disturbance { NOTHING, A_KILL, A_CALL, AN_ALLOCATION, A_REFUSAL, A_LOST_ANSWER, DISTURBANCES };
static const char *const disturbances[] = {
    "undisturbed", "killed", "with a failing call", "without memory", "without an answer", "with a lost answer"};

static char what[300];

static const char *stamp(unsigned of)
{
    static char texts[4][32];
    static unsigned turn;
    char *text = texts[turn++ % 4];
    time_t when = 1767225600 + (time_t)of * 60; /* 2026-01-01 */
    struct tm parts;
    gmtime_r(&when, &parts);
    strftime(text, sizeof texts[0], "%Y-%m-%dT%H:%M:%S", &parts);
    return text;
}

static void describe(const struct order *order, enum disturbance disturbance)
{
    const struct entry *entry = order->entry;
    if (entry != NULL)
        snprintf(what, sizeof what, "step %u: %s of '%s' %s %s, %s", step, kinds[order->kind], names[entry->name],
                 stamp(entry->minute), modes[entry->mode], disturbances[disturbance]);
    else
        snprintf(what, sizeof what, "step %u: %s of '%s' %s to %u, %s", step, kinds[order->kind], names[order->name],
                 modes[order->mode], order->keep, disturbances[disturbance]);
    if (getenv("JPSBACKUP_TEST_VERBOSE") != NULL)
        fprintf(stderr, "%s\n", what);
}

static jb_catalog catalog_of(jb_store *of)
{
    return (jb_catalog){.size = sizeof(jb_catalog), .store = of, .bucket = BUCKET, .key = "catalog.json"};
}

static jb_backup_name name_of(const struct entry *entry)
{
    return (jb_backup_name){.size = sizeof(jb_backup_name),
                            .bucket = BUCKET,
                            .name = names[entry->name],
                            .timestamp = stamp(entry->minute),
                            .mode = modes[entry->mode]};
}

static int back_up(jb_store *with, const struct entry *entry, bool resume, jb_error *error)
{
    const char *directories[] = {workspace_file(&w, "tree"), NULL};
    jb_catalog catalog = catalog_of(with);
    jb_backup_directories_options options = {.size = sizeof options,
                                             .name = name_of(entry),
                                             .directories = directories,
                                             .catalog = &catalog,
                                             .resume = resume};
    return jb_backup_directories(with, NULL, &options, NULL, error);
}

static int rotate(jb_store *with, const struct order *order, jb_error *error)
{
    jb_catalog catalog = catalog_of(with);
    jb_rotate_options options = {.size = sizeof options,
                                 .bucket = BUCKET,
                                 .name = names[order->name],
                                 .mode = modes[order->mode],
                                 .keep = order->keep,
                                 .catalog = &catalog};
    return jb_rotate(with, NULL, &options, NULL, error);
}

static int restore(jb_store *with, const struct entry *entry, jb_error *error)
{
    jb_restore_options options = {.size = sizeof options,
                                  .name = name_of(entry),
                                  .target = workspace_file(&w, "target"),
                                  .journal = workspace_file(&w, "journal")};
    return jb_restore(with, NULL, &options, NULL, error);
}

static int verify(jb_store *with, const struct entry *entry, jb_error *error)
{
    jb_verify_options options = {.size = sizeof options, .name = name_of(entry), .how = JB_VERIFY_FULL};
    return jb_backup_verify(with, NULL, &options, NULL, error);
}

static int enter(jb_store *with, unsigned number, jb_error *error)
{
    jb_catalog catalog = catalog_of(with);
    char text[200];
    snprintf(text, sizeof text, "{\"name\":\"foreign\",\"timestamp\":\"%s\",\"mode\":\"manual\"}", stamp(number));
    return jb_catalog_add(&catalog, NULL, text, error);
}

static int run(jb_store *with, const struct order *order, jb_error *error)
{
    jb_catalog catalog = catalog_of(with);
    jb_gc_options collection = {.size = sizeof collection, .bucket = BUCKET};
    jb_backup_name name = order->entry != NULL ? name_of(order->entry) : (jb_backup_name){0};
    switch (order->kind) {
    case BACK_UP:
        return back_up(with, order->entry, false, error);
    case RESUME:
        return back_up(with, order->entry, true, error);
    case ROTATE:
        return rotate(with, order, error);
    case REMOVE:
        return jb_backup_remove(with, NULL, &name, &catalog, error);
    case VERIFY:
        return verify(with, order->entry, error);
    case RESTORE:
        return restore(with, order->entry, error);
    case COLLECT:
        return jb_gc(with, NULL, &collection, NULL, error);
    case ENTER:
        return enter(with, order->number, error);
    }
    return JB_ERROR_FAILED;
}

/* ---- the model ---- */

static void fail_order(int code, const char *text)
{
    fail_msg("%s: %s: %s", what, jb_code_name((jb_code)code), text);
}

/* How many complete ones of its name and mode are newer? */
static unsigned rank_of(const struct entry *entry)
{
    unsigned rank = 0;
    for (size_t i = 0; i < ENTRIES_MAX; i++)
        rank += entries[i].state == COMPLETE && entries[i].name == entry->name && entries[i].mode == entry->mode &&
                entries[i].minute > entry->minute;
    return rank;
}

static void settle_rotation(const struct order *order, bool certain)
{
    bool goes[ENTRIES_MAX];
    for (size_t i = 0; i < ENTRIES_MAX; i++)
        goes[i] =
            entries[i].name == order->name && entries[i].mode == order->mode &&
            (entries[i].state == UNFINISHED || (entries[i].state == COMPLETE && rank_of(&entries[i]) >= order->keep));
    for (size_t i = 0; i < ENTRIES_MAX; i++) {
        if (!goes[i])
            continue;
        /* What was unfinished goes only where it was on its way out. */
        bool sure = certain && entries[i].state == COMPLETE;
        entries[i].state = sure ? ABSENT : UNSURE;
        entries[i].catalog = sure ? OUT : PERHAPS;
    }
}

static void settle_backup(const struct order *order, int code, bool disturbed, const char *text)
{
    struct entry *entry = order->entry;
    if (order->again) {
        if (code == JB_OK || (!disturbed && code != JB_ERROR_CONFLICT))
            fail_order(code, text);
        return;
    }
    if (code != JB_OK && !disturbed && !(order->kind == RESUME && code == JB_ERROR_CONFLICT))
        fail_order(code, text);
    entry->state = code == JB_OK ? COMPLETE : UNSURE;
    entry->catalog = code == JB_OK ? IN : PERHAPS;
}

static void end_restore(void)
{
    jb_error error = JB_ERROR_INIT;
    const char *journal = workspace_file(&w, "journal");
    if (access(journal, F_OK) != 0)
        return;
    int code = jb_restore_commit(NULL, journal, false, NULL, &error);
    if (code == JB_ERROR_STATE)
        code = jb_restore_undo(NULL, journal, NULL, &error);
    if (code != JB_OK)
        fail_order(code, error.text);
}

static bool target_is(unsigned of)
{
    char kept[128];
    snprintf(kept, sizeof kept, "%s", workspace_file(&w, "kept/%u", of));
    return tree_equal(kept, workspace_file(&w, "target"));
}

static void settle_restore(const struct order *order, int code, bool disturbed, const char *text)
{
    struct entry *entry = order->entry;
    if (code != JB_OK && !disturbed)
        fail_order(code, text);
    end_restore();
    for (size_t i = 0; i < entry->count; i++)
        if (target_is(entry->versions[i])) {
            target_version = entry->versions[i];
            if (code == JB_OK) {
                entry->versions[0] = target_version;
                entry->count = 1;
            }
            return;
        }
    if (code == JB_OK || !target_is(target_version)) {
        size_t count;
        fail_msg("%s: the target got '%s' instead of %u (of %u) of '%s' %s %s", what,
                 read_file(workspace_file(&w, "target/version"), &count), entry->versions[0], entry->count,
                 names[entry->name], stamp(entry->minute), modes[entry->mode]);
    }
}

static void settle(const struct order *order, int code, bool disturbed, const char *text)
{
    struct entry *entry = order->entry;
    if (code == JB_ERROR_VERIFY || code == JB_ERROR_FORMAT)
        fail_order(code, text);
    switch (order->kind) {
    case BACK_UP:
    case RESUME:
        settle_backup(order, code, disturbed, text);
        break;
    case ROTATE:
        if (code != JB_OK && !disturbed)
            fail_order(code, text);
        settle_rotation(order, code == JB_OK);
        break;
    case REMOVE:
        if (code != JB_OK && !disturbed && (entry->state == COMPLETE || code != JB_ERROR_CONFLICT))
            fail_order(code, text);
        entry->state = code == JB_OK ? ABSENT : UNSURE;
        entry->catalog = code == JB_OK ? OUT : PERHAPS;
        break;
    case RESTORE:
        settle_restore(order, code, disturbed, text);
        break;
    case ENTER:
        foreign_certain += code == JB_OK;
        foreign_perhaps += code != JB_OK;
        /* fall through */
    case VERIFY:
    case COLLECT:
        if (code != JB_OK && !disturbed)
            fail_order(code, text);
        break;
    }
}

/* ---- the world ---- */

static struct entry *find(const json_t *described)
{
    const char *name = json_string_value(json_object_get(described, "name"));
    const char *timestamp = json_string_value(json_object_get(described, "timestamp"));
    const char *mode = json_string_value(json_object_get(described, "mode"));
    for (size_t i = 0; i < ENTRIES_MAX; i++)
        if (strcmp(names[entries[i].name], name) == 0 && strcmp(stamp(entries[i].minute), timestamp) == 0 &&
            strcmp(modes[entries[i].mode], mode) == 0)
            return &entries[i];
    return NULL;
}

static json_t *parsed(char *account)
{
    json_t *document = json_loads(account, 0, NULL);
    assert_non_null(document);
    jb_text_free(account);
    return document;
}

static void compare_state(struct entry *entry, bool complete, bool there)
{
    static const char *const states[] = {"absent", "complete", "unfinished"};
    unsigned is = complete ? COMPLETE : there ? UNFINISHED : ABSENT;
    if (entry->state != UNSURE && (unsigned)entry->state != is)
        fail_msg("%s: '%s' %s %s is %s and should be %s", what, names[entry->name], stamp(entry->minute),
                 modes[entry->mode], states[is], states[entry->state]);
    entry->state = is;
}

static void compare_backups(void)
{
    jb_error error = JB_ERROR_INIT;
    char *account = NULL;
    bool complete[ENTRIES_MAX] = {false}, there[ENTRIES_MAX] = {false};
    int code = jb_backup_list(store, NULL, BUCKET, NULL, &account, &error);
    if (code != JB_OK)
        fail_order(code, error.text);
    json_t *list = parsed(account), *backup;
    size_t index;
    json_array_foreach(json_object_get(list, "backups"), index, backup)
    {
        const char *state = json_string_value(json_object_get(backup, "state"));
        struct entry *entry = find(backup);
        if (entry == NULL || strcmp(state, "old") == 0 || strcmp(state, "damaged") == 0)
            fail_msg("%s: nobody made the backup '%s' (%s)", what, json_string_value(json_object_get(backup, "folder")),
                     state);
        there[entry - entries] = true;
        complete[entry - entries] = strcmp(state, "complete") == 0;
    }
    json_decref(list);
    for (size_t i = 0; i < ENTRIES_MAX; i++)
        compare_state(&entries[i], complete[i], there[i]);
}

static void compare_catalog(void)
{
    jb_error error = JB_ERROR_INIT;
    char *account = NULL;
    jb_catalog catalog = catalog_of(store);
    bool in[ENTRIES_MAX] = {false};
    unsigned foreign = 0;
    int code = jb_catalog_list(&catalog, NULL, &account, &error);
    if (code != JB_OK)
        fail_order(code, error.text);
    json_t *list = parsed(account), *listed;
    size_t index;
    json_array_foreach(json_object_get(list, "backups"), index, listed)
    {
        struct entry *entry = find(listed);
        if (entry != NULL && in[entry - entries])
            fail_msg("%s: the catalog has '%s' twice", what, names[entry->name]);
        if (entry != NULL)
            in[entry - entries] = true;
        else if (strcmp(json_string_value(json_object_get(listed, "name")), "foreign") == 0)
            foreign++;
        else
            fail_msg("%s: nobody entered '%s' in the catalog", what,
                     json_string_value(json_object_get(listed, "name")));
    }
    json_decref(list);
    if (foreign < foreign_certain || foreign > foreign_certain + foreign_perhaps)
        fail_msg("%s: the catalog has %u foreign entries instead of %u", what, foreign, foreign_certain);
    foreign_certain = foreign;
    foreign_perhaps = 0;
    for (size_t i = 0; i < ENTRIES_MAX; i++) {
        if (entries[i].catalog != PERHAPS && in[i] != (entries[i].catalog == IN))
            fail_msg("%s: '%s' %s %s %s in the catalog", what, names[entries[i].name], stamp(entries[i].minute),
                     modes[entries[i].mode], in[i] ? "is still" : "is not");
        entries[i].catalog = in[i] ? IN : OUT;
    }
}

static void check_all_content(void)
{
    for (size_t i = 0; i < ENTRIES_MAX; i++) {
        jb_error error = JB_ERROR_INIT;
        if (entries[i].state != COMPLETE)
            continue;
        int code = verify(store, &entries[i], &error);
        if (code != JB_OK)
            fail_order(code, error.text);
        const struct order order = {.kind = RESTORE, .entry = &entries[i]};
        settle(&order, restore(store, &entries[i], &error), false, error.text);
    }
}

/* ---- doing ---- */

static jb_store *open_store(void)
{
    jb_error error = JB_ERROR_INIT;
    char url[128];
    snprintf(url, sizeof url, "file://%s/store", w.path);
    const char *given = getenv("JPSBACKUP_TEST_URL");
    jb_store *opened;
    jb_store_options options = {.size = sizeof options, .url = given != NULL ? given : url};
    assert_ok(error, jb_store_open(&options, &opened, &error));
    return opened;
}

/* In a process of its own with a store of its own, and the same clock; its exit status is the code. */
static pid_t run_apart(const struct order *order, bool killed, unsigned at)
{
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child > 0)
        return child;
    jb_error error = JB_ERROR_INIT;
    jb_store *own = open_store();
    if (killed && !remote)
        faults_begin(FAULT_KILL, at);
    int code = run(own, order, &error);
    faults_end();
    if (code != JB_OK && getenv("JPSBACKUP_TEST_VERBOSE") != NULL)
        fprintf(stderr, "  %s: %s\n", jb_code_name((jb_code)code), error.text);
    _exit(code);
}

#define DIED (-1)

static int end_of(pid_t child)
{
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
        return DIED;
    if (!WIFEXITED(status))
        fail_msg("%s: status %x", what, (unsigned)status);
    return WEXITSTATUS(status) == FAULTS_EXIT_CODE ? DIED : WEXITSTATUS(status);
}

/* Has the server still a request in hand of a process that is gone? Of such a one it has not closed its end yet
 * (CLOSE_WAIT, 08 in /proc/net/tcp). */
static bool server_is_busy(void)
{
    const char *url = getenv("AWS_ENDPOINT_URL"), *port = url != NULL ? strrchr(url, ':') : NULL;
    assert_non_null(port);
    unsigned wanted = (unsigned)strtoul(port + 1, NULL, 10), local, status;
    char line[256];
    bool busy = false;
    FILE *sockets = fopen("/proc/net/tcp", "re");
    assert_non_null(sockets);
    while (!busy && fgets(line, sizeof line, sockets) != NULL)
        busy = sscanf(line, " %*u: %*x:%x %*x:%*x %x", &local, &status) == 2 && local == wanted && status == 8;
    fclose(sockets);
    return busy;
}

/* What a killed process asked for last may be done after its end; only then is it known what there is. */
static void await_server(void)
{
    for (unsigned tries = 0; server_is_busy(); tries++) {
        if (tries == 3000)
            fail_msg("%s: the server does not end a request", what);
        usleep(10000);
    }
    usleep(50000); /* for what one of the server's parts asks of another */
}

static int carry_out(const struct order *order, enum disturbance disturbance, jb_error *error)
{
    int code;
    switch (disturbance) {
    case A_KILL: {
        pid_t child = run_apart(order, true, sampling_below(order->kind == RESTORE ? 300 : 200));
        if (remote) {
            usleep(sampling_below(150000));
            kill(child, SIGKILL);
        }
        code = end_of(child);
        if (remote)
            await_server();
        return code == DIED ? JB_ERROR_FAILED : code;
    }
    case A_CALL:
    case AN_ALLOCATION:
        faults_begin(disturbance == A_CALL ? FAULT_CALL : FAULT_MEMORY, sampling_below(300));
        code = run(store, order, error);
        faults_end();
        return code;
    case A_REFUSAL:
    case A_LOST_ANSWER:
        faulty_store_begin(disturbance == A_REFUSAL ? STORE_REFUSES : STORE_LOSES_ANSWER, sampling_below(24));
        code = run(store, order, error);
        faulty_store_end();
        return code;
    default:
        return run(store, order, error);
    }
}

static enum disturbance choose_disturbance(void)
{
    if (sampling_below(2) == 0)
        return NOTHING;
    enum disturbance disturbance = (enum disturbance)(1 + sampling_below(DISTURBANCES - 1));
    return remote && (disturbance == A_CALL || disturbance == AN_ALLOCATION) ? A_KILL : disturbance;
}

static struct entry *choose(unsigned states)
{
    size_t start = sampling_below(ENTRIES_MAX);
    for (size_t i = 0; i < ENTRIES_MAX; i++) {
        struct entry *entry = &entries[(start + i) % ENTRIES_MAX];
        if ((states >> entry->state & 1) != 0)
            return entry;
    }
    return NULL;
}

/* NULL where there is no room. */
static struct entry *new_entry(void)
{
    for (size_t i = 0; i < ENTRIES_MAX; i++)
        if (entries[i].state == ABSENT && entries[i].catalog == OUT) {
            entries[i] = (struct entry){.name = sampling_below(NAMES),
                                        .mode = sampling_below(2),
                                        .minute = ++minute,
                                        .versions = {version},
                                        .count = 1};
            return &entries[i];
        }
    return NULL;
}

static struct order new_rotation(void)
{
    return (struct order){
        .kind = ROTATE, .name = sampling_below(NAMES), .mode = sampling_below(2), .keep = 1 + sampling_below(3)};
}

static struct order choose_order(void)
{
    struct order order = {.kind = BACK_UP};
    unsigned chance = sampling_below(100);
    if (chance < 35)
        order.entry = new_entry();
    else if (chance < 40) {
        order.entry = choose(1 << COMPLETE | 1 << UNFINISHED);
        order.again = true;
    } else if (chance < 55)
        return new_rotation();
    else if (chance < 65)
        order = (struct order){.kind = REMOVE, .entry = choose(1 << COMPLETE | 1 << UNFINISHED)};
    else if (chance < 70)
        order = (struct order){.kind = VERIFY, .entry = choose(1 << COMPLETE)};
    else if (chance < 82)
        order = (struct order){.kind = RESTORE, .entry = choose(1 << COMPLETE)};
    else if (chance < 92)
        order = (struct order){.kind = RESUME, .entry = choose(1 << UNFINISHED)};
    else if (chance < 96)
        return (struct order){.kind = COLLECT};
    else
        return (struct order){.kind = ENTER, .number = ++minute};
    if (order.kind == RESUME && order.entry != NULL && order.entry->count == VERSIONS_MAX)
        order.kind = REMOVE;
    return order.entry != NULL ? order : new_rotation();
}

static void do_one(void)
{
    struct order order = choose_order();
    enum disturbance disturbance = choose_disturbance();
    jb_error error = JB_ERROR_INIT;
    describe(&order, disturbance);
    if (order.kind == RESUME || order.kind == COLLECT)
        clock_offset = 1200; /* what nobody works on any more counts as abandoned */
    if (order.kind == RESUME)
        order.entry->versions[order.entry->count++] = version;
    int code = carry_out(&order, disturbance, &error);
    clock_offset = 0;
    settle(&order, code, disturbance != NOTHING, error.text);
}

/* Several processes at a time: new backups, one of them perhaps twice, and a rotation. */
static void let_compete(void)
{
    struct order orders[RIVALS_MAX];
    pid_t children[RIVALS_MAX];
    int codes[RIVALS_MAX];
    size_t count = 0;
    bool duel = sampling_below(3) == 0;
    while (count < 2) {
        struct entry *entry = count == 1 && duel ? orders[0].entry : new_entry();
        if (entry == NULL)
            return;
        entry->state = UNSURE; /* it has its place */
        orders[count++] = (struct order){.kind = BACK_UP, .entry = entry};
    }
    orders[count++] = sampling_below(2) == 0 ? new_rotation() : (struct order){.kind = ENTER, .number = ++minute};
    describe(&orders[0], NOTHING);
    strcat(what, duel ? ", twice at a time" : ", and others at a time");
    for (size_t i = 0; i < count; i++)
        children[i] = run_apart(&orders[i], false, 0);
    for (size_t i = 0; i < count; i++)
        codes[i] = end_of(children[i]);
    if (duel) {
        if (codes[0] != JB_OK) {
            orders[0].again = codes[0] == JB_ERROR_CONFLICT;
            settle(&orders[1], codes[1], false, "the winner of two");
        } else {
            orders[1].again = true;
        }
    }
    for (size_t i = 0; i < 2; i++)
        settle(&orders[i], codes[i], false, "one of several at a time");
    /* Whether it saw the new ones is not known. */
    if (orders[2].kind == ROTATE && codes[2] == JB_OK)
        settle_rotation(&orders[2], false);
    else
        settle(&orders[2], codes[2], false, "one of several at a time");
}

static void change_tree(void)
{
    char path[128], text[32];
    snprintf(text, sizeof text, "%u", ++version);
    snprintf(path, sizeof path, "%s", workspace_file(&w, "tree/version"));
    write_file(path, text, strlen(text));
    unsigned char bytes[3000];
    size_t count = sampling_below(sizeof bytes);
    fill_pattern(bytes, count, version);
    write_file(workspace_file(&w, "tree/sub/data"), bytes, count);
    snprintf(path, sizeof path, "%s", workspace_file(&w, "tree"));
    tree_copy(path, workspace_file(&w, "kept/%u", version));
}

static unsigned steps_wanted(void)
{
    const char *text = getenv("JPSBACKUP_TEST_STEPS");
    if (text != NULL)
        return (unsigned)strtoul(text, NULL, 10);
    unsigned count = sampling_full() ? 20000 : sampling_slow() ? 250 : 2000;
    return remote ? count / 16 : count;
}

static void what_is_there_is_what_should_be_there(void **state)
{
    (void)state;
    unsigned wanted = steps_wanted();
    for (step = 0; step < wanted; step++) {
        unsigned chance = sampling_below(100);
        if (chance < 10)
            change_tree();
        else if (chance < 20)
            let_compete();
        else
            do_one();
        compare_backups();
        compare_catalog();
        if (step % 50 == 49)
            check_all_content();
    }
    check_all_content();
    printf("%u steps, %u versions of the tree\n", wanted, version);
}

static int set_up(void **state)
{
    (void)state;
    jb_error error = JB_ERROR_INIT;
    workspace_open(&w);
    remote = getenv("JPSBACKUP_TEST_URL") != NULL;
    store = open_store();
    faulty_store_install(store);
    assert_ok(error, jb_store_make_bucket(store, NULL, BUCKET, &error));
    assert_int_equal(shell("cd '%s' && mkdir -p tree/sub kept && ln -s sub/data tree/link", w.path), 0);
    change_tree();
    char kept[128];
    snprintf(kept, sizeof kept, "%s", workspace_file(&w, "kept/%u", version));
    tree_copy(kept, workspace_file(&w, "target"));
    target_version = version;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    jb_store_close(store);
    workspace_close(&w);
    return 0;
}

int main(void)
{
    steps_use_memory();
    faults_init();
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_is_there_is_what_should_be_there)};
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
