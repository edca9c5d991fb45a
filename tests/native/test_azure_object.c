/* Whole objects on Azure: what is asked, and what each answer or fault becomes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "azure_fixture.h"

#define LAST_MODIFIED "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
#define INFO          LAST_MODIFIED "ETag: \"tag-1\"\r\n"
#define SIGNED        "authorization: SharedKey account:*"
#define BLOB          "/account/bucket/key"
#define HEAD_5                                                                                                         \
    {                                                                                                                  \
        "HEAD", BLOB, .status = "200 OK", .reply_headers = INFO, .reply_size = 5                                       \
    }

static const struct store_condition always = {STORE_ALWAYS, NULL}, if_absent = {STORE_IF_ABSENT, NULL},
                                    if_unchanged = {STORE_IF_UNCHANGED, "\"tag-1\""};

static int stat_object(struct azure_fixture *fixture, const char *key, jb_object_info *info)
{
    return azure_stat(fixture->store, fixture->operation, "bucket", key, NULL, info, &fixture->error);
}

static int write_hello(struct azure_fixture *fixture, struct store_condition condition, jb_object_info *info)
{
    return azure_write(fixture->store, fixture->operation, "bucket", "key", "hello", 5, NULL, condition, info,
                       &fixture->error);
}

static void stat_gives_bytes_time_tag_and_version(void **state)
{
    (void)state;
    const struct exchange script[] = {{"HEAD",
                                       "/account/bucket/a%20key",
                                       {SIGNED, "x-ms-version: 2021-12-02"},
                                       .status = "200 OK",
                                       .reply_headers = INFO "x-ms-version-id: 2026-11-23T03:00:00.1234567Z\r\n",
                                       .reply_size = 12345}};
    struct azure_fixture fixture;
    jb_object_info info = {.size = sizeof info};
    BEGIN(fixture, script);
    assert_int_equal(stat_object(&fixture, "a key", &info), JB_OK);
    assert_int_equal(info.bytes, 12345);
    assert_int_equal(info.modified, 784111777);
    assert_string_equal(info.tag, "\"tag-1\"");
    assert_string_equal(info.version, "2026-11-23T03:00:00.1234567Z");
    assert_string_equal(info.key, "a key");
    azure_fixture_end(&fixture);
}

static void a_version_is_asked_for_by_its_id(void **state)
{
    (void)state;
    const struct exchange script[] = {{"GET", BLOB "?versionid=2026-11-23T03%3A00%3A00.1Z", .status = "200 OK",
                                       .reply_headers = INFO, .reply = "old"}};
    struct azure_fixture fixture;
    struct buffer body;
    jb_object_info info = {.size = sizeof info};
    BEGIN(fixture, script);
    buffer_init(&body, 16);
    assert_int_equal(
        azure_read(fixture.store, NULL, "bucket", "key", "2026-11-23T03:00:00.1Z", &body, &info, &fixture.error),
        JB_OK);
    assert_string_equal(body.data, "old");
    buffer_clean_up(&body);
    azure_fixture_end(&fixture);
}

static void a_missing_blob_and_a_missing_container_are_told_apart(void **state)
{
    (void)state;
    static const struct {
        const char *header, *text, *hint;
    } cases[] = {{"x-ms-error-code: BlobNotFound\r\n", "cannot find 'azure://account/bucket/key': BlobNotFound", ""},
                 {"x-ms-error-code: ContainerNotFound\r\n", "ContainerNotFound", "make the container"}};
    for (size_t i = 0; i < 2; i++) {
        const struct exchange script[] = {{"HEAD", BLOB, .status = "404 No", .reply_headers = cases[i].header}};
        struct azure_fixture fixture;
        jb_object_info info = {.size = sizeof info};
        BEGIN(fixture, script);
        assert_int_equal(stat_object(&fixture, "key", &info), JB_ERROR_NOT_FOUND);
        assert_non_null(strstr(fixture.error.text, cases[i].text));
        assert_non_null(strstr(fixture.error.hint, cases[i].hint));
        assert_int_equal(fixture.error.store_status, 404);
        azure_fixture_end(&fixture);
    }
}

static void answers_without_what_they_must_hold_are_malformed(void **state)
{
    (void)state;
    static const char *const headers[] = {LAST_MODIFIED, "ETag: \"1\"\r\nLast-Modified: yesterday\r\n"};
    for (size_t i = 0; i < 2; i++) {
        const struct exchange script[] = {{"HEAD", BLOB, .status = "200 OK", .reply_headers = headers[i]}};
        struct azure_fixture fixture;
        jb_object_info info = {.size = sizeof info};
        BEGIN(fixture, script);
        assert_int_equal(stat_object(&fixture, "key", &info), JB_ERROR_FORMAT);
        azure_fixture_end(&fixture);
    }
}

static void read_survives_a_busy_server_and_a_cut_answer(void **state)
{
    (void)state;
    const struct exchange script[] = {
        {"GET", BLOB, .status = "503 Busy", .reply_headers = "Retry-After: 0\r\n", .reply = AZURE_ERROR("ServerBusy")},
        {"GET", BLOB, .status = "200 OK", .reply_headers = INFO, .reply = "hello, hello", .cut = 7,
         .fault = FAULT_CLOSE_IN_REPLY},
        {"GET", BLOB, .status = "200 OK", .reply_headers = INFO, .reply = "hello"}};
    struct azure_fixture fixture;
    struct buffer body;
    jb_object_info info = {.size = sizeof info};
    BEGIN(fixture, script);
    buffer_init(&body, 1024);
    assert_int_equal(azure_read(fixture.store, NULL, "bucket", "key", NULL, &body, &info, &fixture.error), JB_OK);
    assert_string_equal(body.data, "hello");
    assert_int_equal(info.bytes, 5);
    buffer_clean_up(&body);
    azure_fixture_end(&fixture);
}

static void read_of_an_object_over_the_bound_is_a_limit(void **state)
{
    (void)state;
    const struct exchange script[] = {{"GET", BLOB, .status = "200 OK", .reply_headers = INFO, .reply = "hello"}};
    struct azure_fixture fixture;
    struct buffer body;
    jb_object_info info = {.size = sizeof info};
    BEGIN(fixture, script);
    buffer_init(&body, 4);
    assert_int_equal(azure_read(fixture.store, NULL, "bucket", "key", NULL, &body, &info, &fixture.error),
                     JB_ERROR_LIMIT);
    buffer_clean_up(&body);
    azure_fixture_end(&fixture);
}

struct refusal {
    const char *status, *code;
    jb_code expected;
    const char *hint; /* stands in the hint */
    unsigned tries;
};

static const struct refusal refusals[] = {
    {"404 Not Found", "BlobNotFound", JB_ERROR_NOT_FOUND, "", 1},
    {"404 Not Found", "ContainerNotFound", JB_ERROR_NOT_FOUND, "make the container", 1},
    {"403 Forbidden", "AuthorizationFailure", JB_ERROR_ACCESS, "network rules", 1},
    {"403 Forbidden", "AuthorizationPermissionMismatch", JB_ERROR_ACCESS, "Storage Blob Data Contributor", 1},
    {"403 Forbidden", "AuthorizationResourceTypeMismatch", JB_ERROR_ACCESS, "right", 1},
    {"403 Forbidden", "AuthorizationProtocolMismatch", JB_ERROR_ACCESS, "https", 1},
    {"403 Forbidden", "InsufficientAccountPermissions", JB_ERROR_ACCESS, "right", 1},
    {"403 Forbidden", "AccountIsDisabled", JB_ERROR_ACCESS, "enabled", 1},
    {"403 Forbidden", "KeyBasedAuthenticationNotPermitted", JB_ERROR_ACCESS, "managed identity", 1},
    {"401 Who", "NoAuthenticationInformation", JB_ERROR_ACCESS, "key", 1},
    {"409 Conflict", "BlobArchived", JB_ERROR_CONFLICT, "archive tier", 1},
    {"409 Conflict", "BlobImmutableDueToPolicy", JB_ERROR_CONFLICT, "legal hold", 1},
    {"409 Conflict", "SnapshotsPresent", JB_ERROR_CONFLICT, "snapshots", 1},
    {"409 Conflict", "InvalidBlobType", JB_ERROR_CONFLICT, "another one", 1},
    {"409 Conflict", "ContainerBeingDeleted", JB_ERROR_CONFLICT, "wait", FIXTURE_TRIES},
    {"412 No", "ConditionNotMet", JB_ERROR_CONFLICT, "", 1},
    {"412 No", "LeaseIdMissing", JB_ERROR_CONFLICT, "lease", 1},
    {"413 Long", "RequestBodyTooLarge", JB_ERROR_LIMIT, "long", 1},
    {"416 No", "InvalidRange", JB_ERROR_VERIFY, "shorter", 1},
    {"400 Bad", "OutOfRangeInput", JB_ERROR_USAGE, "longer", 1},
    {"400 Bad", "InvalidBlockList", JB_ERROR_VERIFY, "start anew", 1},
    {"400 Bad", "InvalidBlobOrBlock", JB_ERROR_CONFLICT, "another upload", 1},
    {"400 Bad", "Md5Mismatch", JB_ERROR_VERIFY, "", FIXTURE_TRIES},
    {"400 Bad", "SomethingNew", JB_ERROR_FAILED, "", 1},
    {"500 No", "InternalError", JB_ERROR_UNREACHABLE, "endpoint 'http://127.0.0.1", FIXTURE_TRIES},
    {"500 No", "OperationTimedOut", JB_ERROR_UNREACHABLE, "", FIXTURE_TRIES},
    {"503 No", "ServerBusy", JB_ERROR_UNREACHABLE, "fewer requests", FIXTURE_TRIES},
    {"429 Slow", "", JB_ERROR_UNREACHABLE, "", FIXTURE_TRIES},
    {"408 Slow", "", JB_ERROR_UNREACHABLE, "", FIXTURE_TRIES},
    {"502 Bad", "", JB_ERROR_UNREACHABLE, "", FIXTURE_TRIES},
    {"501 No", "", JB_ERROR_UNSUPPORTED, "", 1},
    {"507 Full", "", JB_ERROR_NO_SPACE, "free space", 1},
    {"301 There", "", JB_ERROR_UNREACHABLE, "endpoint", 1},
    {"204 Nothing", "", JB_ERROR_UNREACHABLE, "endpoint", 1},
};

/* The code stands in the body, in the header, or, with a proxy's page, in neither. */
static void refusal_is(const struct refusal *refusal, bool in_body)
{
    char body[512], header[128] = "";
    snprintf(body, sizeof body, AZURE_ERROR("%s"), refusal->code);
    if (!in_body)
        snprintf(header, sizeof header, "x-ms-error-code: %s\r\n", refusal->code);
    bool bare = refusal->code[0] == '\0';
    struct exchange script[FIXTURE_TRIES];
    for (unsigned i = 0; i < refusal->tries; i++)
        script[i] =
            (struct exchange){"GET", BLOB, .status = refusal->status, .reply_headers = bare || in_body ? NULL : header,
                              .reply = bare      ? "<html>a proxy"
                                       : in_body ? body
                                                 : ""};
    struct azure_fixture fixture;
    struct buffer reply;
    jb_object_info info = {.size = sizeof info};
    azure_fixture_begin(&fixture, script, refusal->tries);
    buffer_init(&reply, 1024);
    int code = azure_read(fixture.store, NULL, "bucket", "key", NULL, &reply, &info, &fixture.error);
    if (code != (int)refusal->expected || strstr(fixture.error.hint, refusal->hint) == NULL ||
        strstr(fixture.error.text, refusal->code) == NULL || strstr(fixture.error.text, "RequestId") != NULL)
        fail_msg("%s %s: code %d, '%s', '%s'", refusal->status, refusal->code, code, fixture.error.text,
                 fixture.error.hint);
    buffer_clean_up(&reply);
    azure_fixture_end(&fixture);
}

static void errors_of_the_service_become_codes_and_hints(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        refusal_is(&refusals[i], true);
        refusal_is(&refusals[i], false);
    }
}

static void a_refused_signature_tells_key_clock_and_expiry_apart(void **state)
{
    (void)state;
    static const struct {
        const char *detail, *hint;
    } cases[] = {
        {"Signature not valid in the specified time frame: Start [x] - Expiry [y]", "no longer"},
        {"The MAC signature found in the HTTP request 'hush' is not the same as any computed signature", "clock"},
    };
    for (size_t i = 0; i < 2; i++) {
        char body[512];
        snprintf(body, sizeof body,
                 "<Error><Code>AuthenticationFailed</Code><Message>no</Message><AuthenticationErrorDetail>%s"
                 "</AuthenticationErrorDetail></Error>",
                 cases[i].detail);
        const struct exchange script[] = {{"GET", BLOB, .status = "403 No", .reply = body}};
        struct azure_fixture fixture;
        struct buffer reply;
        jb_object_info info = {.size = sizeof info};
        BEGIN(fixture, script);
        buffer_init(&reply, 1024);
        assert_int_equal(azure_read(fixture.store, NULL, "bucket", "key", NULL, &reply, &info, &fixture.error),
                         JB_ERROR_ACCESS);
        assert_non_null(strstr(fixture.error.hint, cases[i].hint)); /* the scripted server lives in 1994 */
        assert_null(strstr(fixture.error.text, "hush"));
        buffer_clean_up(&reply);
        azure_fixture_end(&fixture);
    }
}

static void a_write_is_confirmed_by_its_size(void **state)
{
    (void)state;
    const struct exchange script[] = {
        {"PUT",
         BLOB,
         {SIGNED, "x-ms-blob-type: BlockBlob", "!if-match", "!if-none-match", "!x-ms-access-tier"},
         .body = "hello",
         .status = "201 Made",
         .reply_headers = INFO "x-ms-version-id: v1\r\n"},
        HEAD_5};
    struct azure_fixture fixture;
    jb_object_info info = {.size = sizeof info};
    BEGIN(fixture, script);
    assert_int_equal(write_hello(&fixture, always, &info), JB_OK);
    assert_int_equal(info.bytes, 5);
    assert_string_equal(info.tag, "\"tag-1\"");
    assert_string_equal(info.version, "v1");
    azure_fixture_end(&fixture);
}

static void a_write_that_the_store_cut_short_is_caught(void **state)
{
    (void)state;
    const struct exchange script[] = {{"PUT", BLOB, .status = "201 Made", .reply_headers = INFO},
                                      {"HEAD", BLOB, .status = "200 OK", .reply_headers = INFO, .reply_size = 4}};
    struct azure_fixture fixture;
    jb_object_info info = {.size = sizeof info};
    BEGIN(fixture, script);
    assert_int_equal(write_hello(&fixture, always, &info), JB_ERROR_VERIFY);
    assert_non_null(strstr(fixture.error.text, "has 4 bytes in the store instead of 5"));
    azure_fixture_end(&fixture);
}

static void a_write_cut_short_does_not_stay_under_a_name_that_was_free(void **state)
{
    (void)state;
    const struct exchange script[] = {
        {"PUT", BLOB, .status = "201 Made", .reply_headers = INFO},
        {"HEAD", BLOB, .status = "200 OK", .reply_headers = INFO, .reply_size = 4},
        {"DELETE", BLOB, {"if-match: \"tag-1\""}, .status = "412 No", .reply = AZURE_ERROR("ConditionNotMet")}};
    struct azure_fixture fixture;
    jb_object_info info = {.size = sizeof info};
    BEGIN(fixture, script);
    assert_int_equal(write_hello(&fixture, if_absent, &info), JB_ERROR_VERIFY);
    azure_fixture_end(&fixture);
}

static void a_look_that_fails_does_not_undo_a_write(void **state)
{
    (void)state;
    const struct exchange script[] = {{"PUT", BLOB, .status = "201 Made", .reply_headers = INFO},
                                      {"HEAD", BLOB, .status = "404 No"}};
    struct azure_fixture fixture;
    jb_object_info info = {.size = sizeof info};
    BEGIN(fixture, script);
    assert_int_equal(write_hello(&fixture, always, &info), JB_OK);
    azure_fixture_end(&fixture);
}

/* A write whose exchanges are these must end with `expected`. */
static void write_gives(struct store_condition condition, int expected, const char *hint,
                        const struct exchange *exchanges, size_t count)
{
    struct azure_fixture fixture;
    jb_object_info info = {.size = sizeof info};
    azure_fixture_begin(&fixture, exchanges, count);
    int code = write_hello(&fixture, condition, &info);
    if (code != expected || strstr(fixture.error.hint, hint) == NULL)
        fail_msg("code %d, '%s', '%s'", code, fixture.error.text, fixture.error.hint);
    azure_fixture_end(&fixture);
}

#define WRITE_GIVES(condition, expected, hint, ...)                                                                    \
    do {                                                                                                               \
        const struct exchange exchanges[] = {__VA_ARGS__};                                                             \
        write_gives(condition, expected, hint, exchanges, sizeof exchanges / sizeof *exchanges);                       \
    } while (0)
#define PUT(...)                                                                                                       \
    {                                                                                                                  \
        "PUT", BLOB, .body = "hello", __VA_ARGS__                                                                      \
    }
#define GET(text)                                                                                                      \
    {                                                                                                                  \
        "GET", BLOB, .status = "200 OK", .reply_headers = INFO, .reply = text                                          \
    }

static void a_write_sends_its_condition(void **state)
{
    (void)state;
    WRITE_GIVES(if_absent, JB_OK, "", PUT(.headers = {"if-none-match: *"}, .status = "201 Made", .reply_headers = INFO),
                HEAD_5);
    WRITE_GIVES(if_unchanged, JB_OK, "",
                PUT(.headers = {"if-match: \"tag-1\""}, .status = "201 Made", .reply_headers = INFO), HEAD_5);
}

static void a_condition_that_does_not_hold_is_a_conflict(void **state)
{
    (void)state;
    WRITE_GIVES(if_absent, JB_ERROR_CONFLICT, "is there already",
                PUT(.status = "409 No", .reply = AZURE_ERROR("BlobAlreadyExists")));
    WRITE_GIVES(if_unchanged, JB_ERROR_CONFLICT, "read it again",
                PUT(.status = "412 No", .reply = AZURE_ERROR("ConditionNotMet")));
    WRITE_GIVES(if_unchanged, JB_ERROR_CONFLICT, "read it again",
                PUT(.status = "404 No", .reply = AZURE_ERROR("BlobNotFound")));
    WRITE_GIVES(if_unchanged, JB_ERROR_NOT_FOUND, "make the container",
                PUT(.status = "404 No", .reply = AZURE_ERROR("ContainerNotFound")));
}

static void a_write_whose_answer_was_lost_is_recognised(void **state)
{
    (void)state;
    WRITE_GIVES(if_absent, JB_OK, "", PUT(.fault = FAULT_RESET_UNANSWERED),
                PUT(.status = "409 No", .reply = AZURE_ERROR("BlobAlreadyExists")), GET("hello"));
    WRITE_GIVES(if_unchanged, JB_OK, "", PUT(.status = "500 No", .reply = AZURE_ERROR("OperationTimedOut")),
                PUT(.status = "412 No", .reply = AZURE_ERROR("ConditionNotMet")), GET("hello"));
}

static void somebody_elses_object_after_a_lost_answer_is_a_conflict(void **state)
{
    (void)state;
    WRITE_GIVES(if_absent, JB_ERROR_CONFLICT, "is there already", PUT(.fault = FAULT_RESET_UNANSWERED),
                PUT(.status = "409 No", .reply = AZURE_ERROR("BlobAlreadyExists")), GET("other"));
    WRITE_GIVES(if_absent, JB_ERROR_CONFLICT, "is there already", PUT(.fault = FAULT_RESET_UNANSWERED),
                PUT(.status = "409 No", .reply = AZURE_ERROR("BlobAlreadyExists")), GET("hello, longer"));
}

static void new_objects_get_the_tier_that_was_chosen(void **state)
{
    (void)state;
    const struct exchange script[] = {
        {"PUT", BLOB, {"x-ms-access-tier: Cool"}, .status = "201 Made", .reply_headers = INFO}, HEAD_5};
    struct azure_fixture fixture;
    jb_object_info info = {.size = sizeof info};
    BEGIN_WITH(fixture, script, .account_key = FIXTURE_KEY, .storage_class = "cool");
    assert_int_equal(write_hello(&fixture, always, &info), JB_OK);
    azure_fixture_end(&fixture);
}

static void names_that_azure_would_change_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *bucket, *key;
    } names[] = {{"bucket", "a\\b"}, {"bucket", "a."}, {"bucket", "a./b"}, {"bucket", "x\xef\xbf\xbf"},
                 {"Bucket", "k"},    {"bu", "k"},      {"a--b", "k"},      {"bucket-", "k"},
                 {"bu_cket", "k"}};
    struct azure_fixture fixture;
    azure_fixture_begin(&fixture, NULL, 0);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        jb_object_info info = {.size = sizeof info};
        assert_int_equal(azure_stat(fixture.store, NULL, names[i].bucket, names[i].key, NULL, &info, &fixture.error),
                         JB_ERROR_USAGE);
        assert_string_not_equal(fixture.error.hint, "");
    }
    azure_fixture_end(&fixture);
}

static void a_cancelled_read_ends(void **state)
{
    (void)state;
    const struct exchange script[] = {{"HEAD", BLOB, .fault = FAULT_SILENT}};
    struct azure_fixture fixture;
    jb_object_info info = {.size = sizeof info};
    BEGIN(fixture, script);
    jb_operation_cancel(fixture.operation);
    int code = stat_object(&fixture, "key", &info);
    assert_int_equal(code, JB_ERROR_CANCELLED);
    fixture.store->driver->close(fixture.store);
    jb_operation_free(fixture.operation);
    scripted_server_stop_early(fixture.server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stat_gives_bytes_time_tag_and_version),
        cmocka_unit_test(a_version_is_asked_for_by_its_id),
        cmocka_unit_test(a_missing_blob_and_a_missing_container_are_told_apart),
        cmocka_unit_test(answers_without_what_they_must_hold_are_malformed),
        cmocka_unit_test(read_survives_a_busy_server_and_a_cut_answer),
        cmocka_unit_test(read_of_an_object_over_the_bound_is_a_limit),
        cmocka_unit_test(errors_of_the_service_become_codes_and_hints),
        cmocka_unit_test(a_refused_signature_tells_key_clock_and_expiry_apart),
        cmocka_unit_test(a_write_is_confirmed_by_its_size),
        cmocka_unit_test(a_write_that_the_store_cut_short_is_caught),
        cmocka_unit_test(a_write_cut_short_does_not_stay_under_a_name_that_was_free),
        cmocka_unit_test(a_look_that_fails_does_not_undo_a_write),
        cmocka_unit_test(a_write_sends_its_condition),
        cmocka_unit_test(a_condition_that_does_not_hold_is_a_conflict),
        cmocka_unit_test(a_write_whose_answer_was_lost_is_recognised),
        cmocka_unit_test(somebody_elses_object_after_a_lost_answer_is_a_conflict),
        cmocka_unit_test(new_objects_get_the_tier_that_was_chosen),
        cmocka_unit_test(names_that_azure_would_change_are_refused),
        cmocka_unit_test(a_cancelled_read_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
