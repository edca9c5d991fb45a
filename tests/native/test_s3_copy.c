/* Copies within S3: in one request where they may replace, else as parts whose completion has the condition. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "s3_fixture.h"

#define ERROR_BODY(code) "<?xml version=\"1.0\"?><Error><Code>" code "</Code><Message>so it is</Message></Error>"
#define TIMED_TAG        "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\nETag: \"e\"\r\n"
#define SOURCE(bytes)                                                                                                  \
    {                                                                                                                  \
        "HEAD", "/from/a%20key", .status = "200 OK", .reply_headers = TIMED_TAG "x-amz-version-id: v+1\r\n",           \
                                 .reply_size = bytes                                                                   \
    }
#define TARGET(bytes)                                                                                                  \
    {                                                                                                                  \
        "HEAD", "/to/key", .status = "200 OK", .reply_headers = TIMED_TAG, .reply_size = bytes                         \
    }
#define NO_TARGET                                                                                                      \
    {"HEAD", "/to/key", .status = "404 No"},                                                                           \
    {                                                                                                                  \
        "HEAD", "/to", .status = "200 OK"                                                                              \
    }
#define COPY_SOURCE                                                                                                    \
    "x-amz-copy-source: /from/a%20key?versionId=v%2B1", "x-amz-copy-source-if-match: \"e\"", "content-length: 0"
#define COPY(...)                                                                                                      \
    {                                                                                                                  \
        "PUT", "/to/key", {COPY_SOURCE}, .status = "200 OK", __VA_ARGS__                                               \
    }
#define COPIED "<CopyObjectResult><ETag>\"e\"</ETag></CopyObjectResult>"
#define BEGUN                                                                                                          \
    {                                                                                                                  \
        "POST", "/to/key?uploads=",                                                                                    \
            .status = "200 OK",                                                                                        \
            .reply = "<InitiateMultipartUploadResult><UploadId>id</UploadId></InitiateMultipartUploadResult>"          \
    }
#define PART(...)                                                                                                      \
    {                                                                                                                  \
        "PUT", "/to/key?partNumber=1&uploadId=id", {COPY_SOURCE, "!x-amz-copy-source-range"}, .status = "200 OK",      \
                                                                                              __VA_ARGS__              \
    }
#define PART_COPIED "<CopyPartResult><ETag>\"p\"</ETag></CopyPartResult>"
#define PARTS                                                                                                          \
    {                                                                                                                  \
        "GET", "/to/key?max-parts=1000&uploadId=id",                                                                   \
            .status = "200 OK",                                                                                        \
            .reply = "<ListPartsResult><Part><PartNumber>1</PartNumber><ETag>p</ETag><Size>5</Size></Part>"            \
                     "</ListPartsResult>"                                                                              \
    }
#define COMPLETE                                                                                                       \
    {                                                                                                                  \
        "POST", "/to/key?uploadId=id", {"if-none-match: *"},                                                           \
            .status = "200 OK",                                                                                        \
            .reply = "<CompleteMultipartUploadResult><ETag>\"e\"</ETag></CompleteMultipartUploadResult>"               \
    }
#define ABORT                                                                                                          \
    {                                                                                                                  \
        "DELETE", "/to/key?uploadId=id", .status = "204 None"                                                          \
    }

static void copy_gives(bool replace, int expected, const char *text, const struct exchange *script, size_t count)
{
    const jb_copy_options options = {.size = sizeof options,
                                     .from_bucket = "from",
                                     .from_key = "a key",
                                     .to_bucket = "to",
                                     .to_key = "key",
                                     .replace = replace};
    struct s3_fixture fixture;
    s3_fixture_begin(&fixture, script, count);
    int code = jb_store_copy(fixture.store, fixture.operation, &options, &fixture.error);
    if (code != expected || (code != JB_OK && strstr(fixture.error.text, text) == NULL))
        fail_msg("code %d, '%s'", code, fixture.error.text);
    s3_fixture_end(&fixture);
}

#define COPY_GIVES(replace, expected, text, ...)                                                                       \
    do {                                                                                                               \
        const struct exchange exchanges[] = {__VA_ARGS__};                                                             \
        copy_gives(replace, expected, text, exchanges, sizeof exchanges / sizeof *exchanges);                          \
    } while (0)

static void a_copy_that_may_replace_is_one_request(void **state)
{
    (void)state;
    COPY_GIVES(true, JB_OK, "", SOURCE(5), COPY(.reply = COPIED), TARGET(5));
}

static void a_200_with_an_error_body_is_an_error(void **state)
{
    (void)state;
    COPY_GIVES(true, JB_OK, "", SOURCE(5), COPY(.reply = ERROR_BODY("InternalError")), COPY(.reply = COPIED),
               TARGET(5));
    COPY_GIVES(true, JB_ERROR_ACCESS, "AccessDenied", SOURCE(5), COPY(.reply = ERROR_BODY("AccessDenied")));
}

static void a_copy_of_another_size_is_caught(void **state)
{
    (void)state;
    COPY_GIVES(true, JB_ERROR_VERIFY, "has 4 bytes instead of 5", SOURCE(5), COPY(.reply = COPIED), TARGET(4));
}

static void a_source_that_changes_meanwhile_is_a_conflict(void **state)
{
    (void)state;
    COPY_GIVES(true, JB_ERROR_CONFLICT, "PreconditionFailed", SOURCE(5),
               {"PUT", "/to/key", .status = "412 No", .reply = ERROR_BODY("PreconditionFailed")});
}

static void a_copy_that_must_not_replace_is_an_upload_with_a_condition(void **state)
{
    (void)state;
    COPY_GIVES(false, JB_OK, "", SOURCE(5), NO_TARGET, BEGUN, PART(.reply = PART_COPIED), PARTS, COMPLETE, TARGET(5));
}

static void an_object_that_is_there_stays(void **state)
{
    (void)state;
    COPY_GIVES(false, JB_ERROR_CONFLICT, "cannot copy to 's3://to/key'", SOURCE(5), TARGET(7));
}

static void an_object_that_came_meanwhile_stays_and_no_part_is_left(void **state)
{
    (void)state;
    COPY_GIVES(false, JB_ERROR_CONFLICT, "PreconditionFailed", SOURCE(5), NO_TARGET, BEGUN, PART(.reply = PART_COPIED),
               PARTS, {"POST", "/to/key?uploadId=id", .status = "412 No", .reply = ERROR_BODY("PreconditionFailed")},
               ABORT);
    COPY_GIVES(false, JB_ERROR_ACCESS, "AccessDenied", SOURCE(5), NO_TARGET, BEGUN,
               PART(.reply = ERROR_BODY("AccessDenied")), ABORT);
}

static void an_empty_object_is_written_anew(void **state)
{
    (void)state;
    COPY_GIVES(
        false, JB_OK, "", SOURCE(0), NO_TARGET,
        {"PUT", "/to/key", {"if-none-match: *", "!x-amz-copy-source"}, .status = "200 OK", .reply_headers = TIMED_TAG},
        TARGET(0));
}

static void an_object_is_not_copied_onto_itself(void **state)
{
    (void)state;
    const jb_copy_options options = {.size = sizeof options,
                                     .from_bucket = "to",
                                     .from_key = "key",
                                     .to_bucket = "to",
                                     .to_key = "key",
                                     .replace = true};
    struct s3_fixture fixture;
    s3_fixture_begin(&fixture, NULL, 0);
    assert_int_equal(jb_store_copy(fixture.store, NULL, &options, &fixture.error), JB_ERROR_USAGE);
    s3_fixture_end(&fixture);
}

/* One byte more than one request may copy. */
static void a_large_object_is_copied_by_ranges(void **state)
{
    (void)state;
    static struct exchange script[16] = {
        {"HEAD", "/from/a%20key", .status = "200 OK", .reply_headers = TIMED_TAG, .reply_size = 5368709121}};
    static char targets[11][64], ranges[11][80];
    const uint64_t part = UINT64_C(512) << 20;
    size_t used = 1;
    script[used++] = (struct exchange)BEGUN;
    for (unsigned i = 0; i < 11; i++) {
        uint64_t last = i < 10 ? (i + 1) * part - 1 : 5368709120;
        snprintf(targets[i], sizeof targets[i], "/to/key?partNumber=%u&uploadId=id", i + 1);
        snprintf(ranges[i], sizeof ranges[i], "x-amz-copy-source-range: bytes=%llu-%llu",
                 (unsigned long long)(i * part), (unsigned long long)last);
        script[used] = (struct exchange){"PUT", targets[i], .status = "200 OK", .reply = PART_COPIED};
        script[used++].headers[0] = ranges[i];
    }
    script[used - 1].reply = ERROR_BODY("AccessDenied"); /* all else is as for a small one */
    script[used++] = (struct exchange)ABORT;
    copy_gives(true, JB_ERROR_ACCESS, "AccessDenied", script, used);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_copy_that_may_replace_is_one_request),
        cmocka_unit_test(a_200_with_an_error_body_is_an_error),
        cmocka_unit_test(a_copy_of_another_size_is_caught),
        cmocka_unit_test(a_source_that_changes_meanwhile_is_a_conflict),
        cmocka_unit_test(a_copy_that_must_not_replace_is_an_upload_with_a_condition),
        cmocka_unit_test(an_object_that_is_there_stays),
        cmocka_unit_test(an_object_that_came_meanwhile_stays_and_no_part_is_left),
        cmocka_unit_test(an_empty_object_is_written_anew),
        cmocka_unit_test(an_object_is_not_copied_onto_itself),
        cmocka_unit_test(a_large_object_is_copied_by_ranges),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
