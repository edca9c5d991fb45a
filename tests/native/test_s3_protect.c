/* Object lock on S3, and uploads that nobody ended. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "s3_fixture.h"

#define ERROR_BODY(code) "<?xml version=\"1.0\"?><Error><Code>" code "</Code><Message>so it is</Message></Error>"
#define XMLNS            " xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\""
#define RETENTION        "/bucket/key?retention=&versionId=v1"
#define HOLD             "/bucket/key?legal-hold=&versionId=v1"

static const struct store_key key = {"key", "v1"};

static void a_version_gets_retention_and_a_hold(void **state)
{
    (void)state;
    const struct exchange script[] = {
        {"PUT",
         RETENTION,
         {"content-md5: e0NHc3rKGhmYA0rL1Dyikg==",
          "x-amz-checksum-sha256: HaGgwoeICrpYPZI3T6EY1NUDoV2iS+c09inJ0AFEGs4="},
         .body = "<Retention" XMLNS "><Mode>COMPLIANCE</Mode><RetainUntilDate>2033-05-18T03:33:20Z</RetainUntilDate>"
                 "</Retention>",
         .status = "200 OK"},
        {"PUT", HOLD, .body = "<LegalHold" XMLNS "><Status>ON</Status></LegalHold>", .status = "200 OK"}};
    const jb_protection wanted = {sizeof wanted, JB_RETENTION_COMPLIANCE, 2000000000, true};
    struct s3_fixture fixture;
    BEGIN(fixture, script);
    assert_int_equal(store_protect(fixture.store, NULL, "bucket", &key, &wanted, &fixture.error), JB_OK);
    s3_fixture_end(&fixture);
}

static void a_hold_is_lifted_where_there_is_one(void **state)
{
    (void)state;
    const struct exchange script[] = {
        {"GET", HOLD, .status = "200 OK", .reply = "<LegalHold><Status>ON</Status></LegalHold>"},
        {"PUT", HOLD, .body = "<LegalHold" XMLNS "><Status>OFF</Status></LegalHold>", .status = "200 OK"},
        {"GET", HOLD, .status = "404 No", .reply = ERROR_BODY("NoSuchObjectLockConfiguration")}};
    const jb_protection none = {.size = sizeof none};
    struct s3_fixture fixture;
    BEGIN(fixture, script);
    assert_int_equal(store_protect(fixture.store, NULL, "bucket", &key, &none, &fixture.error), JB_OK);
    assert_int_equal(store_protect(fixture.store, NULL, "bucket", &key, &none, &fixture.error), JB_OK);
    s3_fixture_end(&fixture);
}

static void a_refused_protection_is_told(void **state)
{
    (void)state;
    const struct exchange script[] = {{"PUT", RETENTION, .status = "403 No", .reply = ERROR_BODY("AccessDenied")}};
    const jb_protection wanted = {sizeof wanted, JB_RETENTION_GOVERNANCE, 2000000000, false};
    struct s3_fixture fixture;
    BEGIN(fixture, script);
    assert_int_equal(store_protect(fixture.store, NULL, "bucket", &key, &wanted, &fixture.error), JB_ERROR_ACCESS);
    assert_non_null(strstr(fixture.error.text, "cannot protect 's3://bucket/key'"));
    s3_fixture_end(&fixture);
}

static void a_protection_is_read(void **state)
{
    (void)state;
    const struct exchange script[] = {
        {"GET", RETENTION, .status = "200 OK",
         .reply = "<Retention><Mode>GOVERNANCE</Mode><RetainUntilDate>2033-05-18T03:33:20.000Z</RetainUntilDate>"
                  "</Retention>"},
        {"GET", HOLD, .status = "200 OK", .reply = "<LegalHold><Status>ON</Status></LegalHold>"}};
    jb_protection found;
    struct s3_fixture fixture;
    BEGIN(fixture, script);
    assert_int_equal(store_protection(fixture.store, NULL, "bucket", &key, &found, &fixture.error), JB_OK);
    assert_int_equal(found.retention, JB_RETENTION_GOVERNANCE);
    assert_int_equal(found.until, 2000000000);
    assert_true(found.legal_hold);
    s3_fixture_end(&fixture);
}

static void what_has_no_protection_or_knows_none_is_unprotected(void **state)
{
    (void)state;
    static const char *const answers[][2] = {{"404 No", ERROR_BODY("NoSuchObjectLockConfiguration")},
                                             {"400 No", ERROR_BODY("InvalidRequest")},
                                             {"501 No", ERROR_BODY("NotImplemented")},
                                             {"405 No", ""}};
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        const struct exchange script[] = {{"GET", RETENTION, .status = answers[i][0], .reply = answers[i][1]},
                                          {"GET", HOLD, .status = answers[i][0], .reply = answers[i][1]}};
        jb_protection found;
        struct s3_fixture fixture;
        BEGIN(fixture, script);
        assert_int_equal(store_protection(fixture.store, NULL, "bucket", &key, &found, &fixture.error), JB_OK);
        assert_int_equal(found.retention, JB_RETENTION_NONE);
        assert_false(found.legal_hold);
        s3_fixture_end(&fixture);
    }
}

static void a_protection_that_cannot_be_read_is_no_absence(void **state)
{
    (void)state;
    const struct exchange script[] = {{"GET", RETENTION, .status = "403 No", .reply = ERROR_BODY("AccessDenied")}};
    jb_protection found;
    struct s3_fixture fixture;
    BEGIN(fixture, script);
    assert_int_equal(store_protection(fixture.store, NULL, "bucket", &key, &found, &fixture.error), JB_ERROR_ACCESS);
    s3_fixture_end(&fixture);
}

#define UPLOADS "/bucket?encoding-type=url&max-uploads=1000&prefix=p%2F&uploads="
#define UPLOADS_FROM                                                                                                   \
    "/bucket?encoding-type=url&key-marker=p%2Fa%20b&max-uploads=1000&prefix=p%2F&upload-id-marker=u%2B1&uploads="
#define UPLOAD(name, id)                                                                                               \
    "<Upload><Key>" name "</Key><UploadId>" id "</UploadId><Initiated>1994-11-06T08:49:37.000Z</Initiated></Upload>"
#define UPLOADS_PAGE(inside)                                                                                           \
    "<ListMultipartUploadsResult><EncodingType>url</EncodingType>" inside "</ListMultipartUploadsResult>"
#define MORE_UPLOADS                                                                                                   \
    "<IsTruncated>true</IsTruncated><NextKeyMarker>p%2Fa%20b</NextKeyMarker><NextUploadIdMarker>u+1</"                 \
    "NextUploadIdMarker>"

static int see(void *context, const struct store_unfinished *unfinished)
{
    char *text = context;
    size_t used = strlen(text);
    assert_int_equal(unfinished->begun, 784111777);
    snprintf(text + used, 256 - used, "%s %s|", unfinished->key, unfinished->id);
    return 0;
}

static void unfinished_uploads_are_listed_over_pages(void **state)
{
    (void)state;
    const struct exchange script[] = {
        {"GET", UPLOADS, .status = "200 OK", .reply = UPLOADS_PAGE(MORE_UPLOADS UPLOAD("p%2Fa%20b", "u+1"))},
        {"GET", UPLOADS_FROM, .status = "200 OK",
         .reply = UPLOADS_PAGE(UPLOAD("p%2Fa%20b", "u2") UPLOAD("p/c", "u3"))}};
    char seen[256] = "";
    struct s3_fixture fixture;
    BEGIN(fixture, script);
    assert_int_equal(store_list_uploads(fixture.store, NULL, "bucket", "p/", see, seen, &fixture.error), JB_OK);
    assert_string_equal(seen, "p/a b u+1|p/a b u2|p/c u3|");
    s3_fixture_end(&fixture);
}

static void malformed_listings_of_uploads_are_refused(void **state)
{
    (void)state;
    static const char *const pages[] = {
        "<html/>",
        UPLOADS_PAGE(UPLOAD("other", "u")),
        UPLOADS_PAGE(UPLOAD("p/a", "")),
        UPLOADS_PAGE("<Upload><UploadId>u</UploadId></Upload>"),
        UPLOADS_PAGE("<IsTruncated>true</IsTruncated>"),
        UPLOADS_PAGE("<Upload><Key>p/a</Key><UploadId>u</UploadId><Initiated>soon</Initiated></Upload>"),
    };
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
        const struct exchange script[] = {{"GET", UPLOADS, .status = "200 OK", .reply = pages[i]}};
        char seen[256] = "";
        struct s3_fixture fixture;
        BEGIN(fixture, script);
        if (store_list_uploads(fixture.store, NULL, "bucket", "p/", see, seen, &fixture.error) != JB_ERROR_FORMAT)
            fail_msg("'%s' is taken", pages[i]);
        s3_fixture_end(&fixture);
    }
}

static void pages_of_uploads_that_repeat_are_an_error(void **state)
{
    (void)state;
    static const char page[] = UPLOADS_PAGE(MORE_UPLOADS);
    const struct exchange script[] = {{"GET", UPLOADS, .status = "200 OK", .reply = page},
                                      {"GET", UPLOADS_FROM, .status = "200 OK", .reply = page}};
    char seen[256] = "";
    struct s3_fixture fixture;
    BEGIN(fixture, script);
    assert_int_equal(store_list_uploads(fixture.store, NULL, "bucket", "p/", see, seen, &fixture.error),
                     JB_ERROR_FORMAT);
    assert_non_null(strstr(fixture.error.text, "repeats"));
    s3_fixture_end(&fixture);
}

static void an_upload_is_aborted_and_one_that_is_gone_too(void **state)
{
    (void)state;
    const struct exchange script[] = {
        {"DELETE", "/bucket/key?uploadId=u%2B", .status = "204 None"},
        {"DELETE", "/bucket/key?uploadId=u%2B", .status = "404 No", .reply = ERROR_BODY("NoSuchUpload")},
        {"DELETE", "/bucket/key?uploadId=u%2B", .status = "403 No", .reply = ERROR_BODY("AccessDenied")}};
    struct s3_fixture fixture;
    BEGIN(fixture, script);
    assert_int_equal(store_remove_upload(fixture.store, NULL, "bucket", "key", "u+", &fixture.error), JB_OK);
    assert_int_equal(store_remove_upload(fixture.store, NULL, "bucket", "key", "u+", &fixture.error), JB_OK);
    assert_int_equal(store_remove_upload(fixture.store, NULL, "bucket", "key", "u+", &fixture.error), JB_ERROR_ACCESS);
    s3_fixture_end(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_version_gets_retention_and_a_hold),
        cmocka_unit_test(a_hold_is_lifted_where_there_is_one),
        cmocka_unit_test(a_refused_protection_is_told),
        cmocka_unit_test(a_protection_is_read),
        cmocka_unit_test(what_has_no_protection_or_knows_none_is_unprotected),
        cmocka_unit_test(a_protection_that_cannot_be_read_is_no_absence),
        cmocka_unit_test(unfinished_uploads_are_listed_over_pages),
        cmocka_unit_test(malformed_listings_of_uploads_are_refused),
        cmocka_unit_test(pages_of_uploads_that_repeat_are_an_error),
        cmocka_unit_test(an_upload_is_aborted_and_one_that_is_gone_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
