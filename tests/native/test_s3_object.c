/* Whole objects and buckets on S3: what is asked, and what each answer or fault becomes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "s3_fixture.h"

#define LAST_MODIFIED     "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
#define INFO              LAST_MODIFIED "ETag: \"tag-1\"\r\n"
#define ERROR_BODY(code)  "<?xml version=\"1.0\"?><Error><Code>" code "</Code><Message>so it is</Message></Error>"
#define SHA256_OF_HELLO   "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
#define SHA256_OF_NOTHING "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define SIGNED            "authorization: AWS4-HMAC-SHA256 Credential=ACCESS/*"

static const struct store_condition always = {STORE_ALWAYS, NULL}, if_absent = {STORE_IF_ABSENT, NULL},
                                    if_unchanged = {STORE_IF_UNCHANGED, "\"tag-1\""};

static int stat_object(struct s3_fixture *fixture, jb_object_info *info)
{
    return fixture->store->driver->stat(fixture->store, fixture->operation, "bucket", "a key", NULL, info,
                                        &fixture->error);
}

static int read_object(struct s3_fixture *fixture, struct buffer *body, jb_object_info *info)
{
    return fixture->store->driver->read(fixture->store, fixture->operation, "bucket", "key", NULL, body, info,
                                        &fixture->error);
}

static int write_hello(struct s3_fixture *fixture, struct store_condition condition, jb_object_info *info)
{
    return fixture->store->driver->write(fixture->store, fixture->operation, "bucket", "key", "hello", 5, NULL,
                                         condition, info, &fixture->error);
}

static int make_bucket(struct s3_fixture *fixture)
{
    return fixture->store->driver->make_bucket(fixture->store, fixture->operation, "bucket", &fixture->error);
}

static void stat_gives_bytes_time_and_tag(void **state)
{
    (void)state;
    const struct exchange script[] = {{"HEAD",
                                       "/bucket/a%20key",
                                       {SIGNED, "x-amz-content-sha256: " SHA256_OF_NOTHING},
                                       .status = "200 OK",
                                       .reply_headers = INFO,
                                       .reply_size = 12345}};
    struct s3_fixture fixture;
    jb_object_info info = {.size = sizeof info};
    BEGIN(fixture, script);
    assert_int_equal(stat_object(&fixture, &info), JB_OK);
    assert_int_equal(info.bytes, 12345);
    assert_int_equal(info.modified, 784111777);
    assert_string_equal(info.tag, "\"tag-1\"");
    assert_string_equal(info.key, "a key");
    s3_fixture_end(&fixture);
}

static void stat_of_a_missing_object_is_not_found(void **state)
{
    (void)state;
    const struct exchange script[] = {{"HEAD", "/bucket/a%20key", .status = "404 Not Found"},
                                      {"HEAD", "/bucket", .status = "200 OK"}};
    struct s3_fixture fixture;
    jb_object_info info = {.size = sizeof info};
    BEGIN(fixture, script);
    assert_int_equal(stat_object(&fixture, &info), JB_ERROR_NOT_FOUND);
    assert_non_null(strstr(fixture.error.text, "'s3://bucket/a key'"));
    assert_int_equal(fixture.error.store_status, 404);
    s3_fixture_end(&fixture);
}

static void stat_in_a_missing_bucket_says_so(void **state)
{
    (void)state;
    const struct exchange script[] = {{"HEAD", "/bucket/a%20key", .status = "404 Not Found"},
                                      {"HEAD", "/bucket", .status = "404 No"}};
    struct s3_fixture fixture;
    jb_object_info info = {.size = sizeof info};
    BEGIN(fixture, script);
    assert_int_equal(stat_object(&fixture, &info), JB_ERROR_NOT_FOUND);
    assert_non_null(strstr(fixture.error.text, "find the bucket"));
    assert_non_null(strstr(fixture.error.hint, "make the bucket"));
    s3_fixture_end(&fixture);
}

static void stat_without_an_etag_is_malformed(void **state)
{
    (void)state;
    const struct exchange script[] = {{"HEAD", "/bucket/a%20key", .status = "200 OK", .reply_headers = LAST_MODIFIED}};
    struct s3_fixture fixture;
    jb_object_info info = {.size = sizeof info};
    BEGIN(fixture, script);
    assert_int_equal(stat_object(&fixture, &info), JB_ERROR_FORMAT);
    s3_fixture_end(&fixture);
}

static void stat_with_a_time_that_is_none_is_malformed(void **state)
{
    (void)state;
    const struct exchange script[] = {{"HEAD", "/bucket/a%20key", .status = "200 OK",
                                       .reply_headers = "ETag: \"1\"\r\nLast-Modified: yesterday\r\n"}};
    struct s3_fixture fixture;
    jb_object_info info = {.size = sizeof info};
    BEGIN(fixture, script);
    assert_int_equal(stat_object(&fixture, &info), JB_ERROR_FORMAT);
    s3_fixture_end(&fixture);
}

static void read_gives_the_whole_object(void **state)
{
    (void)state;
    const struct exchange script[] = {
        {"GET", "/bucket/key", .status = "503 Busy", .reply = ERROR_BODY("SlowDown")},
        {"GET", "/bucket/key", .status = "200 OK", .reply_headers = INFO, .reply = "hello, hello", .cut = 7,
         .fault = FAULT_CLOSE_IN_REPLY},
        {"GET", "/bucket/key", .status = "200 OK", .reply_headers = INFO, .reply = "hello"}};
    struct s3_fixture fixture;
    struct buffer body;
    jb_object_info info = {.size = sizeof info};
    BEGIN(fixture, script);
    buffer_init(&body, 1024);
    assert_int_equal(read_object(&fixture, &body, &info), JB_OK);
    assert_string_equal(body.data, "hello");
    assert_int_equal(info.bytes, 5);
    buffer_clean_up(&body);
    s3_fixture_end(&fixture);
}

static void read_of_an_object_over_the_bound_is_a_limit(void **state)
{
    (void)state;
    const struct exchange script[] = {
        {"GET", "/bucket/key", .status = "200 OK", .reply_headers = INFO, .reply = "hello"}};
    struct s3_fixture fixture;
    struct buffer body;
    jb_object_info info = {.size = sizeof info};
    BEGIN(fixture, script);
    buffer_init(&body, 4);
    assert_int_equal(read_object(&fixture, &body, &info), JB_ERROR_LIMIT);
    buffer_clean_up(&body);
    s3_fixture_end(&fixture);
}

struct refusal {
    const char *status, *reply, *headers;
    jb_code code;
    const char *hint; /* stands in the hint */
    unsigned tries;   /* 0: one */
};

static void errors_of_the_store_become_codes_and_hints(void **state)
{
    (void)state;
    static const struct refusal refusals[] = {
        {"404 Not Found", ERROR_BODY("NoSuchKey"), NULL, JB_ERROR_NOT_FOUND, "", 1},
        {"404 Not Found", ERROR_BODY("NoSuchBucket"), NULL, JB_ERROR_NOT_FOUND, "make the bucket", 1},
        {"403 Forbidden", ERROR_BODY("AccessDenied"), NULL, JB_ERROR_ACCESS, "right", 1},
        {"403 Forbidden", ERROR_BODY("InvalidAccessKeyId"), NULL, JB_ERROR_ACCESS, "access key", 1},
        {"403 Forbidden", ERROR_BODY("SignatureDoesNotMatch"), NULL, JB_ERROR_ACCESS, "secret key", 1},
        {"403 Forbidden", ERROR_BODY("RequestTimeTooSkewed"), NULL, JB_ERROR_ACCESS, "clock", 2},
        {"400 Bad", ERROR_BODY("ExpiredToken"), NULL, JB_ERROR_ACCESS, "temporary credentials", 1},
        {"403 Forbidden", "<html>a proxy", NULL, JB_ERROR_ACCESS, "", 1},
        {"409 Conflict", "", NULL, JB_ERROR_CONFLICT, "", 1},
        {"412 No", ERROR_BODY("PreconditionFailed"), NULL, JB_ERROR_CONFLICT, "", 1},
        {"429 Slow", "", NULL, JB_ERROR_UNREACHABLE, "endpoint 'http://127.0.0.1", FIXTURE_TRIES},
        {"500 No", ERROR_BODY("InternalError"), NULL, JB_ERROR_UNREACHABLE, "", FIXTURE_TRIES},
        {"503 No", ERROR_BODY("SlowDown"), NULL, JB_ERROR_UNREACHABLE, "fewer requests", FIXTURE_TRIES},
        {"501 No", ERROR_BODY("NotImplemented"), NULL, JB_ERROR_UNSUPPORTED, "", 1},
        {"507 Full", ERROR_BODY("InsufficientStorage"), NULL, JB_ERROR_NO_SPACE, "free space", 1},
        {"403 Full", ERROR_BODY("QuotaExceeded"), NULL, JB_ERROR_NO_SPACE, "free space", 1},
        {"301 Moved", ERROR_BODY("PermanentRedirect"), "x-amz-bucket-region: eu-west-3\r\n", JB_ERROR_USAGE,
         "'eu-west-3'", 2}, /* once more, signed for that region */
        {"400 Bad", "<Error><Code>AuthorizationHeaderMalformed</Code><Region>eu-west-2</Region></Error>", NULL,
         JB_ERROR_FAILED, "", 2},
        {"301 Moved", ERROR_BODY("PermanentRedirect"), "x-amz-bucket-region: evil.host/\r\n", JB_ERROR_USAGE, "", 1},
        {"307 Moved", "", "Location: http://127.0.0.1:1/\r\n", JB_ERROR_USAGE, "region", 1},
        {"204 None", "", NULL, JB_ERROR_UNREACHABLE, "endpoint", 1},
    };
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        const struct refusal *refusal = &refusals[i];
        struct exchange script[FIXTURE_TRIES];
        for (unsigned j = 0; j < refusal->tries; j++)
            script[j] = (struct exchange){"GET", "/bucket/key", .status = refusal->status, .reply = refusal->reply,
                                          .reply_headers = refusal->headers};
        struct s3_fixture fixture;
        struct buffer body;
        jb_object_info info = {.size = sizeof info};
        s3_fixture_begin(&fixture, script, refusal->tries);
        buffer_init(&body, 1024);
        int code = read_object(&fixture, &body, &info);
        if (code != (int)refusal->code || strstr(fixture.error.hint, refusal->hint) == NULL)
            fail_msg("%s %s: code %d, '%s', hint '%s'", refusal->status, refusal->reply, code, fixture.error.text,
                     fixture.error.hint);
        assert_int_equal(fixture.error.store_status, atoi(refusal->status));
        assert_null(strstr(fixture.error.text, "hush"));
        buffer_clean_up(&body);
        s3_fixture_end(&fixture);
    }
}

static void an_error_of_hostile_xml_counts_by_its_status(void **state)
{
    (void)state;
    const struct exchange script[] = {
        {"GET", "/bucket/key", .status = "404 No",
         .reply = "<!DOCTYPE x [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]><Error><Code>&b;</Code></Error>"}};
    struct s3_fixture fixture;
    struct buffer body;
    jb_object_info info = {.size = sizeof info};
    BEGIN(fixture, script);
    buffer_init(&body, 16);
    assert_int_equal(read_object(&fixture, &body, &info), JB_ERROR_NOT_FOUND);
    assert_null(strstr(fixture.error.text, "aaaa"));
    s3_fixture_end(&fixture);
}

static void an_endpoint_that_is_not_there_is_unreachable_and_named(void **state)
{
    (void)state;
    struct s3_fixture fixture;
    s3_fixture_begin(&fixture, NULL, 0);
    jb_store *store = s3_fixture_open("http://127.0.0.1:1", (jb_store_options){0});
    jb_object_info info = {.size = sizeof info};
    assert_int_equal(store->driver->stat(store, NULL, "bucket", "key", NULL, &info, &fixture.error),
                     JB_ERROR_UNREACHABLE);
    assert_non_null(strstr(fixture.error.hint, "'http://127.0.0.1:1'"));
    assert_true(fixture.error.retryable);
    store->driver->close(store);
    s3_fixture_end(&fixture);
}

/* What confirms a write whose answer names no checksum. */
#define CONFIRM(bytes)                                                                                                 \
    {                                                                                                                  \
        "HEAD", "/bucket/key", .status = "200 OK", .reply_headers = INFO, .reply_size = bytes                          \
    }

static void write_sends_the_bytes_and_their_digest(void **state)
{
    (void)state;
    const struct exchange script[] = {{"PUT",
                                       "/bucket/key",
                                       {SIGNED, "x-amz-content-sha256: " SHA256_OF_HELLO, "!if-none-match", "!if-match",
                                        "!x-amz-server-side-encryption", "content-length: 5", "!expect"},
                                       .body = "hello",
                                       .status = "200 OK",
                                       .reply_headers = "ETag: \"new\"\r\n"},
                                      CONFIRM(5)};
    struct s3_fixture fixture;
    jb_object_info info = {.size = sizeof info};
    BEGIN(fixture, script);
    assert_int_equal(write_hello(&fixture, always, &info), JB_OK);
    assert_string_equal(info.tag, "\"new\"");
    assert_int_equal(info.bytes, 5);
    assert_int_equal(info.modified, 784111777); /* by the answer's Date */
    s3_fixture_end(&fixture);
}

static void write_of_nothing_is_an_empty_object(void **state)
{
    (void)state;
    const struct exchange script[] = {{"PUT",
                                       "/bucket/key",
                                       {"x-amz-content-sha256: " SHA256_OF_NOTHING, "content-length: 0"},
                                       .status = "200 OK",
                                       .reply_headers = "ETag: \"new\"\r\n"},
                                      CONFIRM(0)};
    struct s3_fixture fixture;
    jb_object_info info = {.size = sizeof info};
    BEGIN(fixture, script);
    assert_int_equal(
        fixture.store->driver->write(fixture.store, NULL, "bucket", "key", "", 0, NULL, always, &info, &fixture.error),
        JB_OK);
    s3_fixture_end(&fixture);
}

static void write_whose_answer_has_no_etag_is_malformed(void **state)
{
    (void)state;
    const struct exchange script[] = {{"PUT", "/bucket/key", .status = "200 OK"}};
    struct s3_fixture fixture;
    jb_object_info info = {.size = sizeof info};
    BEGIN(fixture, script);
    assert_int_equal(write_hello(&fixture, always, &info), JB_ERROR_FORMAT);
    s3_fixture_end(&fixture);
}

static void conditional_writes_send_their_condition(void **state)
{
    (void)state;
    const struct exchange script[] = {
        {"PUT", "/bucket/key", {"if-none-match: *"}, .status = "200 OK", .reply_headers = "ETag: \"new\"\r\n"},
        {"PUT", "/bucket/key", {"if-match: \"tag-1\""}, .status = "200 OK", .reply_headers = "ETag: \"new\"\r\n"},
        CONFIRM(5),
        CONFIRM(5)};
    struct s3_fixture fixture;
    jb_object_info info = {.size = sizeof info};
    BEGIN(fixture, script);
    assert_int_equal(write_hello(&fixture, if_absent, &info), JB_OK);
    assert_int_equal(write_hello(&fixture, if_unchanged, &info), JB_OK);
    s3_fixture_end(&fixture);
}

static void a_condition_that_does_not_hold_is_a_conflict_without_reading_back(void **state)
{
    (void)state;
    const struct exchange script[] = {
        {"PUT", "/bucket/key", .status = "412 No", .reply = ERROR_BODY("PreconditionFailed")},
        {"PUT", "/bucket/key", .status = "412 No", .reply = ERROR_BODY("PreconditionFailed")},
        {"PUT", "/bucket/key", .status = "404 No", .reply = ERROR_BODY("NoSuchKey")}};
    struct s3_fixture fixture;
    jb_object_info info = {.size = sizeof info};
    BEGIN(fixture, script);
    assert_int_equal(write_hello(&fixture, if_absent, &info), JB_ERROR_CONFLICT);
    assert_non_null(strstr(fixture.error.hint, "there already"));
    assert_int_equal(write_hello(&fixture, if_unchanged, &info), JB_ERROR_CONFLICT);
    assert_non_null(strstr(fixture.error.hint, "changed the object"));
    assert_int_equal(write_hello(&fixture, if_unchanged, &info), JB_ERROR_CONFLICT);
    assert_int_equal(fixture.error.code, JB_ERROR_CONFLICT);
    s3_fixture_end(&fixture);
}

static void a_conditional_write_in_a_missing_bucket_is_not_found(void **state)
{
    (void)state;
    const struct exchange script[] = {{"PUT", "/bucket/key", .status = "404 No", .reply = ERROR_BODY("NoSuchBucket")}};
    struct s3_fixture fixture;
    jb_object_info info = {.size = sizeof info};
    BEGIN(fixture, script);
    assert_int_equal(write_hello(&fixture, if_unchanged, &info), JB_ERROR_NOT_FOUND);
    s3_fixture_end(&fixture);
}

static void lost_answer_of_a_conditional_write_is_recognised_as_ones_own(void **state)
{
    (void)state;
    const struct exchange script[] = {
        {"PUT", "/bucket/key", {"if-none-match: *"}, .fault = FAULT_RESET_UNANSWERED},
        {"PUT", "/bucket/key", {"if-none-match: *"}, .status = "412 No", .reply = ERROR_BODY("PreconditionFailed")},
        {"GET", "/bucket/key", .status = "200 OK", .reply_headers = INFO, .reply = "hello"}};
    struct s3_fixture fixture;
    jb_object_info info = {.size = sizeof info};
    BEGIN(fixture, script);
    assert_int_equal(write_hello(&fixture, if_absent, &info), JB_OK);
    assert_string_equal(info.tag, "\"tag-1\"");
    s3_fixture_end(&fixture);
}

static void lost_answer_of_a_replacement_is_recognised_after_a_500(void **state)
{
    (void)state;
    const struct exchange script[] = {
        {"PUT", "/bucket/key", .status = "500 No"},
        {"PUT", "/bucket/key", .status = "412 No", .reply = ERROR_BODY("PreconditionFailed")},
        {"GET", "/bucket/key", .status = "200 OK", .reply_headers = INFO, .reply = "hello"}};
    struct s3_fixture fixture;
    jb_object_info info = {.size = sizeof info};
    BEGIN(fixture, script);
    assert_int_equal(write_hello(&fixture, if_unchanged, &info), JB_OK);
    s3_fixture_end(&fixture);
}

static void lost_answers_of_all_tries_are_recognised(void **state)
{
    (void)state;
    /* The third try meets a kept connection, on which libcurl itself sends once more. */
    const struct exchange script[] = {
        {"PUT", "/bucket/key", .fault = FAULT_RESET_UNANSWERED},
        {"PUT", "/bucket/key", .status = "503 Busy"},
        {"PUT", "/bucket/key", .fault = FAULT_RESET_UNANSWERED},
        {"PUT", "/bucket/key", .fault = FAULT_RESET_UNANSWERED},
        {"GET", "/bucket/key", .status = "200 OK", .reply_headers = INFO, .reply = "hello"}};
    struct s3_fixture fixture;
    jb_object_info info = {.size = sizeof info};
    BEGIN(fixture, script);
    assert_int_equal(write_hello(&fixture, if_absent, &info), JB_OK);
    s3_fixture_end(&fixture);
}

static void lost_answer_with_somebody_elses_object_is_a_conflict(void **state)
{
    (void)state;
    static const char *const others[] = {"hellO", "hello, hello", ""};
    for (size_t i = 0; i < 3; i++) {
        const struct exchange script[] = {
            {"PUT", "/bucket/key", .fault = FAULT_RESET_UNANSWERED},
            {"PUT", "/bucket/key", .status = "412 No", .reply = ERROR_BODY("PreconditionFailed")},
            {"GET", "/bucket/key", .status = "200 OK", .reply_headers = INFO, .reply = others[i]}};
        struct s3_fixture fixture;
        jb_object_info info = {.size = sizeof info};
        BEGIN(fixture, script);
        assert_int_equal(write_hello(&fixture, if_absent, &info), JB_ERROR_CONFLICT);
        s3_fixture_end(&fixture);
    }
}

static void lost_answer_that_cannot_be_read_back_is_said_to_be_unknown(void **state)
{
    (void)state;
    const struct exchange script[] = {
        {"PUT", "/bucket/key", .fault = FAULT_RESET_UNANSWERED},
        {"PUT", "/bucket/key", .status = "412 No", .reply = ERROR_BODY("PreconditionFailed")},
        {"GET", "/bucket/key", .status = "403 No", .reply = ERROR_BODY("AccessDenied")}};
    struct s3_fixture fixture;
    jb_object_info info = {.size = sizeof info};
    BEGIN(fixture, script);
    assert_int_equal(write_hello(&fixture, if_absent, &info), JB_ERROR_ACCESS);
    assert_non_null(strstr(fixture.error.text, "cannot tell whether"));
    s3_fixture_end(&fixture);
}

static void concurrent_conditional_requests_are_tried_again(void **state)
{
    (void)state;
    const struct exchange script[] = {
        {"PUT", "/bucket/key", .status = "409 No", .reply = ERROR_BODY("ConditionalRequestConflict")},
        {"PUT", "/bucket/key", .status = "200 OK", .reply_headers = "ETag: \"new\"\r\n"},
        CONFIRM(5)};
    struct s3_fixture fixture;
    jb_object_info info = {.size = sizeof info};
    BEGIN(fixture, script);
    assert_int_equal(write_hello(&fixture, if_absent, &info), JB_OK);
    s3_fixture_end(&fixture);
}

static void a_tag_that_would_break_the_header_is_refused(void **state)
{
    (void)state;
    struct s3_fixture fixture;
    jb_object_info info = {.size = sizeof info};
    s3_fixture_begin(&fixture, NULL, 0);
    const struct store_condition wrong = {STORE_IF_UNCHANGED, "\"1\"\r\nx-evil: 1"}, empty = {STORE_IF_UNCHANGED, ""};
    assert_int_equal(write_hello(&fixture, wrong, &info), JB_ERROR_USAGE);
    assert_int_equal(write_hello(&fixture, empty, &info), JB_ERROR_USAGE);
    s3_fixture_end(&fixture);
}

static void make_bucket_names_no_location_in_us_east_1(void **state)
{
    (void)state;
    const struct exchange script[] = {{"PUT", "/bucket", {"content-length: 0"}, .status = "200 OK"}};
    struct s3_fixture fixture;
    BEGIN(fixture, script);
    assert_int_equal(make_bucket(&fixture), JB_OK);
    s3_fixture_end(&fixture);
}

static void make_bucket_names_another_region(void **state)
{
    (void)state;
    const struct exchange script[] = {
        {"PUT", "/bucket",
         .body = "<CreateBucketConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
                 "<LocationConstraint>eu-west-3</LocationConstraint></CreateBucketConfiguration>",
         .status = "200 OK"}};
    struct s3_fixture fixture;
    BEGIN(fixture, script);
    jb_store *store =
        s3_fixture_open(scripted_server_endpoint(fixture.server), (jb_store_options){.region = "eu-west-3"});
    assert_int_equal(store->driver->make_bucket(store, NULL, "bucket", &fixture.error), JB_OK);
    store->driver->close(store);
    s3_fixture_end(&fixture);
}

static void make_bucket_that_is_ones_own_already_succeeds(void **state)
{
    (void)state;
    const struct exchange script[] = {
        {"PUT", "/bucket", .status = "409 No", .reply = ERROR_BODY("BucketAlreadyOwnedByYou")}};
    struct s3_fixture fixture;
    BEGIN(fixture, script);
    assert_int_equal(make_bucket(&fixture), JB_OK);
    s3_fixture_end(&fixture);
}

static void make_bucket_that_is_somebody_elses_is_a_conflict(void **state)
{
    (void)state;
    const struct exchange script[] = {
        {"PUT", "/bucket", .status = "409 No", .reply = ERROR_BODY("BucketAlreadyExists")}};
    struct s3_fixture fixture;
    BEGIN(fixture, script);
    assert_int_equal(make_bucket(&fixture), JB_ERROR_CONFLICT);
    assert_non_null(strstr(fixture.error.hint, "choose another"));
    s3_fixture_end(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stat_gives_bytes_time_and_tag),
        cmocka_unit_test(stat_of_a_missing_object_is_not_found),
        cmocka_unit_test(stat_in_a_missing_bucket_says_so),
        cmocka_unit_test(stat_without_an_etag_is_malformed),
        cmocka_unit_test(stat_with_a_time_that_is_none_is_malformed),
        cmocka_unit_test(read_gives_the_whole_object),
        cmocka_unit_test(read_of_an_object_over_the_bound_is_a_limit),
        cmocka_unit_test(errors_of_the_store_become_codes_and_hints),
        cmocka_unit_test(an_error_of_hostile_xml_counts_by_its_status),
        cmocka_unit_test(an_endpoint_that_is_not_there_is_unreachable_and_named),
        cmocka_unit_test(write_sends_the_bytes_and_their_digest),
        cmocka_unit_test(write_of_nothing_is_an_empty_object),
        cmocka_unit_test(write_whose_answer_has_no_etag_is_malformed),
        cmocka_unit_test(conditional_writes_send_their_condition),
        cmocka_unit_test(a_condition_that_does_not_hold_is_a_conflict_without_reading_back),
        cmocka_unit_test(a_conditional_write_in_a_missing_bucket_is_not_found),
        cmocka_unit_test(lost_answer_of_a_conditional_write_is_recognised_as_ones_own),
        cmocka_unit_test(lost_answer_of_a_replacement_is_recognised_after_a_500),
        cmocka_unit_test(lost_answers_of_all_tries_are_recognised),
        cmocka_unit_test(lost_answer_with_somebody_elses_object_is_a_conflict),
        cmocka_unit_test(lost_answer_that_cannot_be_read_back_is_said_to_be_unknown),
        cmocka_unit_test(concurrent_conditional_requests_are_tried_again),
        cmocka_unit_test(a_tag_that_would_break_the_header_is_refused),
        cmocka_unit_test(make_bucket_names_no_location_in_us_east_1),
        cmocka_unit_test(make_bucket_names_another_region),
        cmocka_unit_test(make_bucket_that_is_ones_own_already_succeeds),
        cmocka_unit_test(make_bucket_that_is_somebody_elses_is_a_conflict),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
