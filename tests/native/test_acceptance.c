/* The acceptance suite: the file store passes it, and each kind of broken store is found by the check made for it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "store/acceptance/acceptance.h"
#include "workspace.h"

static const struct store_driver *honest;

#define STORE_ARGUMENTS jb_store *store, jb_operation *operation, const char *bucket

#define WRITE_ARGUMENTS                                                                                                \
    STORE_ARGUMENTS, const char *key, const void *bytes, size_t count, const unsigned char *sha256,                    \
        struct store_condition condition, jb_object_info *info, jb_error *error
#define WRITE honest->write(store, operation, bucket, key, bytes, count, sha256, condition, info, error)

static int write_over_existing(WRITE_ARGUMENTS)
{
    if (condition.when == STORE_IF_ABSENT)
        condition.when = STORE_ALWAYS;
    return WRITE;
}

static int write_over_changed(WRITE_ARGUMENTS)
{
    if (condition.when == STORE_IF_UNCHANGED)
        condition.when = STORE_ALWAYS;
    return WRITE;
}

static int write_over_missing(WRITE_ARGUMENTS)
{
    jb_object_info there = {.size = sizeof there};
    if (condition.when == STORE_IF_UNCHANGED &&
        honest->stat(store, operation, bucket, key, NULL, &there, error) == JB_ERROR_NOT_FOUND)
        condition.when = STORE_ALWAYS;
    return WRITE;
}

static int write_cut_off(WRITE_ARGUMENTS)
{
    if (count > 100000)
        count -= 1;
    return WRITE;
}

static int write_no_empty(WRITE_ARGUMENTS)
{
    return count == 0 ? error_set(error, JB_ERROR_FAILED, "MissingContentLength") : WRITE;
}

static int write_without_tag(WRITE_ARGUMENTS)
{
    int code = WRITE;
    info->tag[0] = '\0';
    return code;
}

static int refuse_to_write(WRITE_ARGUMENTS)
{
    (void)store, (void)operation, (void)bucket, (void)key, (void)bytes, (void)count, (void)sha256, (void)condition,
        (void)info;
    return error_set(error, JB_ERROR_ACCESS, "AccessDenied");
}

static int read_other_byte(STORE_ARGUMENTS, const char *key, const char *version, struct buffer *body,
                           jb_object_info *info, jb_error *error)
{
    int code = honest->read(store, operation, bucket, key, version, body, info, error);
    if (code == JB_OK && body->size > 0)
        body->data[0] ^= 1;
    return code;
}

static int stat_other_size(STORE_ARGUMENTS, const char *key, const char *version, jb_object_info *info, jb_error *error)
{
    int code = honest->stat(store, operation, bucket, key, version, info, error);
    info->bytes++;
    return code;
}

static int stat_by_fast_clock(STORE_ARGUMENTS, const char *key, const char *version, jb_object_info *info,
                              jb_error *error)
{
    int code = honest->stat(store, operation, bucket, key, version, info, error);
    info->modified += 3600;
    return code;
}

#define REMOVE_ARGUMENTS STORE_ARGUMENTS, const struct store_key *keys, size_t count, jb_error *error

static int remove_nothing(REMOVE_ARGUMENTS)
{
    (void)store, (void)operation, (void)bucket, (void)keys, (void)count, (void)error;
    return JB_OK;
}

static int remove_the_first(REMOVE_ARGUMENTS)
{
    return honest->remove(store, operation, bucket, keys, count == 0 ? 0 : 1, error);
}

static int refuse_missing(REMOVE_ARGUMENTS)
{
    for (size_t i = 0; i < count; i++) {
        jb_object_info info = {.size = sizeof info};
        if (honest->stat(store, operation, bucket, keys[i].key, NULL, &info, error) != JB_OK)
            return JB_ERROR_NOT_FOUND;
    }
    return honest->remove(store, operation, bucket, keys, count, error);
}

#define RANGE_ARGUMENTS                                                                                                \
    STORE_ARGUMENTS, const char *key, const char *version, struct store_transfer *transfer, jb_error *error

static int range_beyond_the_end(RANGE_ARGUMENTS)
{
    jb_error refusal = JB_ERROR_INIT;
    if (honest->range(store, operation, bucket, key, version, transfer, &refusal) != JB_ERROR_VERIFY)
        return (int)error_copy(error, &refusal);
    transfer->error.code = JB_OK;
    transfer->done(transfer);
    return JB_OK;
}

static int range_from_the_start(RANGE_ARGUMENTS)
{
    if (transfer->offset == 3)
        transfer->offset = 0;
    return honest->range(store, operation, bucket, key, version, transfer, error);
}

#define LIST_ARGUMENTS                                                                                                 \
    STORE_ARGUMENTS, const jb_list_options *options, jb_object_fn each, void *context, jb_error *error

struct distorted {
    jb_object_fn each;
    void *context;
    unsigned count;
};

static int lose_after_a_page(void *context, const jb_object_info *info)
{
    struct distorted *distorted = context;
    return ++distorted->count > 1000 ? 0 : distorted->each(distorted->context, info);
}

static int repeat_after_a_page(void *context, const jb_object_info *info)
{
    struct distorted *distorted = context;
    if (++distorted->count == 1001)
        distorted->each(distorted->context, info);
    return distorted->each(distorted->context, info);
}

static int decode_plus(void *context, const jb_object_info *info)
{
    struct distorted *distorted = context;
    jb_object_info other = *info;
    char key[STORE_KEY_MAX + 1];
    snprintf(key, sizeof key, "%s", info->key);
    for (char *c = key; *c != '\0'; c++)
        *c = *c == '+' ? ' ' : *c;
    other.key = key;
    return distorted->each(distorted->context, &other);
}

static int list_distorted(LIST_ARGUMENTS, jb_object_fn distortion)
{
    struct distorted distorted = {.each = each, .context = context};
    return honest->list(store, operation, bucket, options, distortion, &distorted, error);
}

static int list_one_page(LIST_ARGUMENTS)
{
    return list_distorted(store, operation, bucket, options, each, context, error, lose_after_a_page);
}

static int list_twice(LIST_ARGUMENTS)
{
    return list_distorted(store, operation, bucket, options, each, context, error, repeat_after_a_page);
}

static int list_decoded(LIST_ARGUMENTS)
{
    return list_distorted(store, operation, bucket, options, each, context, error, decode_plus);
}

static int list_without_delimiter(LIST_ARGUMENTS)
{
    jb_list_options other = *options;
    other.delimiter = NULL;
    return honest->list(store, operation, bucket, &other, each, context, error);
}

static int list_nothing_yet(LIST_ARGUMENTS)
{
    (void)store, (void)operation, (void)bucket, (void)options, (void)each, (void)context, (void)error;
    return JB_OK;
}

#define COMPLETE_ARGUMENTS                                                                                             \
    struct store_upload *upload, struct store_condition condition, jb_object_info *info, jb_error *error

static int complete_over_existing(COMPLETE_ARGUMENTS)
{
    condition.when = STORE_ALWAYS;
    return honest->upload_complete(upload, condition, info, error);
}

static int complete_with_other_size(COMPLETE_ARGUMENTS)
{
    int code = honest->upload_complete(upload, condition, info, error);
    info->bytes--;
    return code;
}

static int part_of_zeros(struct store_upload *upload, unsigned number, struct store_transfer *transfer, jb_error *error)
{
    if (number == 1)
        memset(transfer->bytes, 0, transfer->count);
    return honest->upload_part(upload, number, transfer, error);
}

/* A store that shows an object before it is complete. */
static int begin_visibly(STORE_ARGUMENTS, const char *key, struct store_upload **upload, jb_error *error)
{
    jb_object_info info = {.size = sizeof info};
    struct store_condition always = {.when = STORE_ALWAYS};
    honest->write(store, operation, bucket, key, "", 0, NULL, always, &info, error);
    return honest->upload_begin(store, operation, bucket, key, upload, error);
}

static int list_upload_for_ever(STORE_ARGUMENTS, const char *prefix, store_unfinished_fn each, void *context,
                                jb_error *error)
{
    (void)store, (void)operation, (void)bucket, (void)error;
    struct store_unfinished unfinished = {.key = prefix, .id = "0", .begun = clock_now()};
    each(context, &unfinished);
    return JB_OK;
}

static int copy_over_existing(jb_store *store, jb_operation *operation, const jb_copy_options *options, jb_error *error)
{
    jb_copy_options other = *options;
    other.replace = true;
    return honest->copy(store, operation, &other, error);
}

static int delete_in_words_only(STORE_ARGUMENTS, jb_error *error)
{
    (void)store, (void)operation, (void)bucket, (void)error;
    return JB_OK;
}

static int promise_everything(STORE_ARGUMENTS, struct store_bucket_features *features, jb_error *error)
{
    (void)store, (void)operation, (void)bucket, (void)error;
    *features = (struct store_bucket_features){.versioned = true, .lockable = true};
    return JB_OK;
}

static int protect_in_words_only(STORE_ARGUMENTS, const struct store_key *key, const jb_protection *protection,
                                 jb_error *error)
{
    (void)store, (void)operation, (void)bucket, (void)key, (void)protection, (void)error;
    return JB_OK;
}

static int link_to_nowhere(jb_store *store, jb_operation *operation, const jb_link_options *options, char **url,
                           jb_error *error)
{
    (void)store, (void)operation, (void)options;
    *url = strdup("nowhere");
    return *url != NULL ? JB_OK : error_no_memory(error);
}

static const struct breakage {
    const char *check; /* that must find it */
    struct store_driver broken;
} breakages[] = {
    {"buckets", {.delete_bucket = delete_in_words_only}},
    {"objects", {.read = read_other_byte}},
    {"objects", {.stat = stat_other_size}},
    {"objects", {.write = write_without_tag}},
    {"objects", {.remove = remove_nothing}},
    {"objects", {.remove = refuse_missing}},
    {"names", {.list = list_decoded}},
    {"empty", {.write = write_no_empty}},
    {"sizes", {.write = write_cut_off}},
    {"ranges", {.range = range_beyond_the_end}},
    {"ranges", {.range = range_from_the_start}},
    {"create-if-absent", {.write = write_over_existing}},
    {"race", {.write = write_over_existing}},
    {"replace-if-unchanged", {.write = write_over_changed}},
    {"replace-if-unchanged", {.write = write_over_missing}},
    {"multipart", {.upload_complete = complete_with_other_size}},
    {"multipart", {.upload_part = part_of_zeros}},
    {"multipart", {.upload_begin = begin_visibly}},
    {"multipart-abort", {.upload_begin = begin_visibly}},
    {"multipart-condition", {.upload_complete = complete_over_existing}},
    {"unfinished", {.list_uploads = list_upload_for_ever}},
    {"listing", {.list = list_nothing_yet}},
    {"pages", {.list = list_one_page}},
    {"pages", {.list = list_twice}},
    {"batch", {.remove = remove_the_first}},
    {"delimiter", {.list = list_without_delimiter}},
    {"clock", {.stat = stat_by_fast_clock}},
    {"copy", {.copy = copy_over_existing}},
    {"versions", {.bucket_features = promise_everything}},
    {"protection", {.bucket_features = promise_everything, .protect = protect_in_words_only}},
    {"link", {.link = link_to_nowhere}},
};

/* The honest driver with what the breakage has in its place. */
static struct store_driver break_driver(const struct breakage *breakage)
{
    struct store_driver driver = *honest;
#define TAKE(function)                                                                                                 \
    if (breakage->broken.function != NULL)                                                                             \
    driver.function = breakage->broken.function
    TAKE(delete_bucket);
    TAKE(bucket_features);
    TAKE(read);
    TAKE(stat);
    TAKE(write);
    TAKE(remove);
    TAKE(list);
    TAKE(range);
    TAKE(copy);
    TAKE(protect);
    TAKE(link);
    TAKE(list_uploads);
    TAKE(upload_begin);
    TAKE(upload_part);
    TAKE(upload_complete);
#undef TAKE
    return driver;
}

struct findings {
    const char *wanted; /* ends the run once it was found to fail */
    bool found;
    unsigned failed;
    char first[900];
};

static int take_finding(void *context, const struct acceptance_result *result, jb_error *error)
{
    struct findings *findings = context;
    if (result->outcome == ACCEPTANCE_FAIL) {
        if (findings->failed++ == 0)
            snprintf(findings->first, sizeof findings->first, "%s: %s", result->name, result->error.text);
        findings->found = findings->found || strcmp(result->name, findings->wanted) == 0;
    }
    return findings->found ? error_set(error, JB_ERROR_STATE, "found") : JB_OK;
}

/* Many runs, and each makes a thousand objects: on a disk every one of them would wait for it. */
static void move_to_memory(struct workspace *w)
{
    char path[] = "/dev/shm/jpsbackup-test-XXXXXX";
    if (mkdtemp(path) == NULL)
        return;
    /* What the workspace removes at its end. */
    assert_int_equal(
        shell("rm -rf '%s' && ln -s '%s' '%s'", workspace_file(w, "store"), path, workspace_file(w, "store")), 0);
    jb_error error = JB_ERROR_INIT;
    jb_store_close(w->store);
    char url[64];
    snprintf(url, sizeof url, "file://%s", path);
    jb_store_options options = {.size = sizeof options, .url = url};
    assert_ok(error, jb_store_open(&options, &w->store, &error));
    assert_ok(error, jb_store_make_bucket(w->store, NULL, "bucket", &error));
}

static void close_memory(struct workspace *w)
{
    assert_int_equal(shell("rm -rf \"$(readlink '%s/store')\"", w->path), 0);
    workspace_close(w);
}

static void the_file_store_passes_all_and_nothing_is_left(void **state)
{
    (void)state;
    struct workspace w;
    workspace_open(&w);
    jb_error error = JB_ERROR_INIT;
    struct findings findings = {.wanted = ""};
    assert_ok(error, acceptance_run(w.store, w.operation, "bucket", true, take_finding, &findings, &error));
    if (findings.failed > 0)
        fail_msg("%s", findings.first);
    assert_int_equal(shell("test -z \"$(find '%s/store' -mindepth 2 ! -name .jpsbackup-lock)\"", w.path), 0);
    assert_int_equal(shell("test $(ls '%s/store' | wc -l) = 1", w.path), 0);
    workspace_close(&w);
}

static void each_broken_store_is_found_by_its_check(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof breakages / sizeof *breakages; i++) {
        struct workspace w;
        workspace_open(&w);
        move_to_memory(&w);
        jb_error error = JB_ERROR_INIT;
        honest = w.store->driver;
        struct store_driver broken = break_driver(&breakages[i]);
        w.store->driver = &broken;
        struct findings findings = {.wanted = breakages[i].check};
        acceptance_run(w.store, w.operation, "bucket", true, take_finding, &findings, &error);
        if (!findings.found)
            fail_msg("breakage %zu was not found by '%s'; first failure: %s", i, breakages[i].check, findings.first);
        w.store->driver = honest;
        close_memory(&w);
    }
}

/* What a check was doing when it failed is gone, too. */
static void a_failed_check_leaves_nothing(void **state)
{
    (void)state;
    static const struct breakage cases[] = {{"ranges", {.range = range_from_the_start}},
                                            {"multipart", {.upload_part = part_of_zeros}},
                                            {"multipart", {.upload_begin = begin_visibly}}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct workspace w;
        workspace_open(&w);
        jb_error error = JB_ERROR_INIT;
        honest = w.store->driver;
        struct store_driver broken = break_driver(&cases[i]);
        w.store->driver = &broken;
        struct findings findings = {.wanted = cases[i].check};
        acceptance_run(w.store, w.operation, "bucket", true, take_finding, &findings, &error);
        assert_int_equal(shell("test -z \"$(find '%s/store' -mindepth 2 ! -name .jpsbackup-lock)\"", w.path), 0);
        w.store->driver = honest;
        workspace_close(&w);
    }
}

/* The first write of many cancels, while others are under way. */
static int write_and_cancel(WRITE_ARGUMENTS)
{
    if (strstr(key, "/many/0100") != NULL)
        jb_operation_cancel(operation);
    int code = operation_check(operation, error);
    return code == JB_OK ? WRITE : code;
}

static void a_cancelled_run_leaves_nothing(void **state)
{
    (void)state;
    struct workspace w;
    workspace_open(&w);
    jb_error error = JB_ERROR_INIT;
    honest = w.store->driver;
    struct breakage cancelling = {"", {.write = write_and_cancel}};
    struct store_driver broken = break_driver(&cancelling);
    w.store->driver = &broken;
    struct findings findings = {.wanted = ""};
    assert_fails(JB_ERROR_CANCELLED, error,
                 acceptance_run(w.store, w.operation, "bucket", true, take_finding, &findings, &error));
    assert_int_equal(shell("test -z \"$(find '%s/store' -mindepth 2 ! -name .jpsbackup-lock)\"", w.path), 0);
    w.store->driver = honest;
    workspace_close(&w);
}

static void a_diagnosis_names_the_right_that_is_missing(void **state)
{
    (void)state;
    struct workspace w;
    workspace_open(&w);
    jb_error error = JB_ERROR_INIT;
    honest = w.store->driver;
    struct breakage refusing = {"", {.write = refuse_to_write}};
    struct store_driver broken = break_driver(&refusing);
    broken.scheme = "s3";
    w.store->driver = &broken;
    char *account = NULL;
    assert_fails(JB_ERROR_ACCESS, error, jb_store_diagnose(w.store, w.operation, "bucket", false, &account, &error));
    assert_non_null(strstr(account, "\"missing_right\":\"s3:PutObject\""));
    assert_non_null(strstr(error.text, "check 'objects'"));
    jb_text_free(account);
    w.store->driver = honest;
    workspace_close(&w);
}

#define IDENTITY_ARGUMENTS jb_store *store, jb_operation *operation, char who[STORE_IDENTITY_SIZE], jb_error *error

static int tell_who(IDENTITY_ARGUMENTS)
{
    (void)store, (void)operation, (void)error;
    snprintf(who, STORE_IDENTITY_SIZE, "arn:aws:iam::1:user/me");
    return JB_OK;
}

static int refuse_keys(IDENTITY_ARGUMENTS)
{
    (void)store, (void)operation, (void)who;
    return error_set(error, JB_ERROR_ACCESS, "InvalidClientTokenId");
}

static int answer_not(IDENTITY_ARGUMENTS)
{
    (void)store, (void)operation, (void)who;
    return error_set(error, JB_ERROR_UNREACHABLE, "nobody answers");
}

static int have_no_service(IDENTITY_ARGUMENTS)
{
    (void)store, (void)operation, (void)who;
    return error_set(error, JB_ERROR_UNSUPPORTED, "nobody is there");
}

/* Out of reach is no failure: private networks often lead to the store alone. */
static void a_diagnosis_tells_whose_the_credentials_are(void **state)
{
    (void)state;
    static const struct {
        int (*identity)(IDENTITY_ARGUMENTS);
        int code;
        const char *outcome; /* NULL: the check is not told of */
        const char *detail;
    } cases[] = {{tell_who, JB_OK, "pass", "arn:aws:iam::1:user/me"},
                 {refuse_keys, JB_ERROR_ACCESS, "fail", "InvalidClientTokenId"},
                 {answer_not, JB_OK, "not-there", "nobody answers"},
                 {have_no_service, JB_OK, NULL, NULL}};
    struct workspace w;
    workspace_open(&w);
    honest = w.store->driver;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        jb_error error = JB_ERROR_INIT;
        struct store_driver other = *honest;
        other.identity = cases[i].identity;
        w.store->driver = &other;
        char *account = NULL, expected[256];
        assert_int_equal(jb_store_diagnose(w.store, w.operation, NULL, false, &account, &error), cases[i].code);
        assert_true((strstr(account, "\"identity\"") != NULL) == (cases[i].outcome != NULL));
        if (cases[i].outcome != NULL) {
            snprintf(expected, sizeof expected, "\"outcome\":\"%s\",\"detail\":\"%s\"", cases[i].outcome,
                     cases[i].detail);
            assert_non_null(strstr(account, expected));
        }
        jb_text_free(account);
        w.store->driver = honest;
    }
    workspace_close(&w);
}

static void a_diagnosis_stops_where_the_bucket_is_missing(void **state)
{
    (void)state;
    struct workspace w;
    workspace_open(&w);
    jb_error error = JB_ERROR_INIT;
    char *account = NULL;
    assert_fails(JB_ERROR_NOT_FOUND, error, jb_store_diagnose(w.store, w.operation, "missing", true, &account, &error));
    assert_non_null(strstr(account, "\"failed\":1,"));
    jb_text_free(account);
    assert_ok(error, jb_store_diagnose(w.store, w.operation, NULL, false, &account, &error));
    jb_text_free(account);
    assert_fails(JB_ERROR_USAGE, error, jb_store_diagnose(w.store, w.operation, NULL, true, NULL, &error));
    workspace_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_file_store_passes_all_and_nothing_is_left),
        cmocka_unit_test(each_broken_store_is_found_by_its_check),
        cmocka_unit_test(a_failed_check_leaves_nothing),
        cmocka_unit_test(a_cancelled_run_leaves_nothing),
        cmocka_unit_test(a_diagnosis_names_the_right_that_is_missing),
        cmocka_unit_test(a_diagnosis_tells_whose_the_credentials_are),
        cmocka_unit_test(a_diagnosis_stops_where_the_bucket_is_missing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
