/* Whole buckets on S3: what they do, what versions lie in them, and their making and deletion. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "s3_fixture.h"

#define ERROR_BODY(code) "<?xml version=\"1.0\"?><Error><Code>" code "</Code><Message>so it is</Message></Error>"
#define VERSIONING(inside)                                                                                             \
    {                                                                                                                  \
        "GET", "/bucket?versioning=", .status = "200 OK",                                                              \
                                      .reply = "<VersioningConfiguration>" inside "</VersioningConfiguration>"         \
    }
#define ENABLED "<Status>Enabled</Status>"
#define LOCK(status_, body)                                                                                            \
    {                                                                                                                  \
        "GET", "/bucket?object-lock=", .status = status_, .reply = body                                                \
    }
#define LOCKED "<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled></ObjectLockConfiguration>"

static void features_are_asked_once(void **state)
{
    (void)state;
    const struct exchange script[] = {VERSIONING(ENABLED), LOCK("200 OK", LOCKED)};
    struct s3_fixture fixture;
    struct store_bucket_features features;
    BEGIN(fixture, script);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(store_bucket_features(fixture.store, fixture.operation, "bucket", &features, &fixture.error),
                         JB_OK);
        assert_true(features.versioned);
        assert_true(features.lockable);
    }
    s3_fixture_end(&fixture);
}

static void a_store_without_features_has_none(void **state)
{
    (void)state;
    static const struct {
        struct exchange exchanges[2];
        size_t count;
        bool versioned;
    } cases[] = {
        {{VERSIONING("")}, 1, false},
        {{VERSIONING("<Status>Suspended</Status>")}, 1, false},
        {{{"GET", "/bucket?versioning=", .status = "501 No", .reply = ERROR_BODY("NotImplemented")}}, 1, false},
        {{{"GET", "/bucket?versioning=", .status = "403 No", .reply = ERROR_BODY("AccessDenied")}}, 1, false},
        {{{"GET", "/bucket?versioning=", .status = "405 No"}}, 1, false},
        {{VERSIONING(ENABLED), LOCK("404 No", ERROR_BODY("ObjectLockConfigurationNotFoundError"))}, 2, true},
        {{VERSIONING(ENABLED), LOCK("400 No", ERROR_BODY("ObjectLockConfigurationNotFoundError"))}, 2, true},
        {{VERSIONING(ENABLED), LOCK("200 OK", "<ObjectLockConfiguration/>")}, 2, true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct s3_fixture fixture;
        struct store_bucket_features features;
        s3_fixture_begin(&fixture, cases[i].exchanges, cases[i].count);
        int code = store_bucket_features(fixture.store, fixture.operation, "bucket", &features, &fixture.error);
        if (code != JB_OK || features.versioned != cases[i].versioned || features.lockable)
            fail_msg("case %zu: code %d, '%s'", i, code, fixture.error.text);
        s3_fixture_end(&fixture);
    }
}

static void a_missing_bucket_has_no_features_but_an_error(void **state)
{
    (void)state;
    const struct exchange script[] = {
        {"GET", "/bucket?versioning=", .status = "404 No", .reply = ERROR_BODY("NoSuchBucket")}, VERSIONING("")};
    struct s3_fixture fixture;
    struct store_bucket_features features;
    BEGIN(fixture, script);
    assert_int_equal(store_bucket_features(fixture.store, fixture.operation, "bucket", &features, &fixture.error),
                     JB_ERROR_NOT_FOUND);
    assert_int_equal(store_bucket_features(fixture.store, fixture.operation, "bucket", &features, &fixture.error),
                     JB_OK); /* made meanwhile */
    s3_fixture_end(&fixture);
}

struct seen {
    char text[4096];
};

static int see(void *context, const jb_object_info *info)
{
    struct seen *seen = context;
    size_t used = strlen(seen->text);
    snprintf(seen->text + used, sizeof seen->text - used, "%s %s%s%s%s|", info->key, info->version,
             info->is_latest ? " latest" : "", info->is_marker ? " marker" : "", info->is_prefix ? " prefix" : "");
    return 0;
}

static int list(struct s3_fixture *fixture, jb_list_options options, struct seen *seen)
{
    options.size = sizeof options;
    *seen = (struct seen){""};
    return jb_store_list(fixture->store, fixture->operation, "bucket", &options, see, seen, &fixture->error);
}

#define VERSIONS "/bucket?encoding-type=url&max-keys=1000&prefix=p%2F&versions="
#define VERSIONS_FROM                                                                                                  \
    "/bucket?encoding-type=url&key-marker=p%2Fa%20b&max-keys=1000&prefix=p%2F&version-id-marker=v1&versions="
#define VERSION(element, key, id, latest)                                                                              \
    "<" element "><Key>" key "</Key><VersionId>" id "</VersionId><IsLatest>" latest                                    \
    "</IsLatest><LastModified>1994-11-06T08:49:37.000Z</LastModified></" element ">"
#define MORE_VERSIONS                                                                                                  \
    "<IsTruncated>true</IsTruncated><NextKeyMarker>p%2Fa%20b</NextKeyMarker><NextVersionIdMarker>v1</"                 \
    "NextVersionIdMarker>"

static void versions_and_markers_are_listed_over_pages_within_one_key(void **state)
{
    (void)state;
    const struct exchange script[] = {
        VERSIONING("<Status>Suspended</Status>"),
        {"GET", VERSIONS, .status = "200 OK",
         .reply = "<ListVersionsResult>" MORE_VERSIONS
                  "<EncodingType>url</EncodingType>" VERSION("DeleteMarker", "p%2Fa%20b", "v2", "true")
                      VERSION("Version", "p%2Fa%20b", "v1", "false") "</ListVersionsResult>"},
        {"GET", VERSIONS_FROM, .status = "200 OK",
         .reply = "<ListVersionsResult>" VERSION("Version", "p/a b", "v0", "false")
             VERSION("Version", "p/c", "null", "true") "</ListVersionsResult>"}};
    struct s3_fixture fixture;
    struct seen seen;
    BEGIN(fixture, script);
    assert_int_equal(list(&fixture, (jb_list_options){.prefix = "p/", .versions = true}, &seen), JB_OK);
    assert_string_equal(seen.text, "p/a b v2 latest marker|p/a b v1|p/a b v0|p/c null latest|");
    s3_fixture_end(&fixture);
}

static void pages_of_versions_that_repeat_are_an_error(void **state)
{
    (void)state;
    static const char page[] =
        "<ListVersionsResult>" MORE_VERSIONS "<EncodingType>url</EncodingType></ListVersionsResult>";
    const struct exchange script[] = {VERSIONING(ENABLED),
                                      LOCK("200 OK", LOCKED),
                                      {"GET", VERSIONS, .status = "200 OK", .reply = page},
                                      {"GET", VERSIONS_FROM, .status = "200 OK", .reply = page}};
    struct s3_fixture fixture;
    struct seen seen;
    BEGIN(fixture, script);
    assert_int_equal(list(&fixture, (jb_list_options){.prefix = "p/", .versions = true}, &seen), JB_ERROR_FORMAT);
    s3_fixture_end(&fixture);
}

static void where_no_versions_are_kept_the_objects_are_the_latest(void **state)
{
    (void)state;
    const struct exchange script[] = {
        VERSIONING(""),
        {"GET", "/bucket?encoding-type=url&list-type=2&max-keys=1000&prefix=", .status = "200 OK",
         .reply = "<ListBucketResult><Contents><Key>k</Key><LastModified>1994-11-06T08:49:37Z</LastModified>"
                  "<Size>1</Size></Contents></ListBucketResult>"}};
    struct s3_fixture fixture;
    struct seen seen;
    BEGIN(fixture, script);
    assert_int_equal(list(&fixture, (jb_list_options){.versions = true}, &seen), JB_OK);
    assert_string_equal(seen.text, "k  latest|");
    s3_fixture_end(&fixture);
}

static void a_version_id_that_is_too_long_is_refused(void **state)
{
    (void)state;
    char page[1024], id[301];
    memset(id, 'v', 300);
    id[300] = '\0';
    snprintf(page, sizeof page,
             "<ListVersionsResult><Version><Key>p/k</Key><VersionId>%s</VersionId></Version></ListVersionsResult>", id);
    const struct exchange script[] = {
        VERSIONING(ENABLED), LOCK("200 OK", LOCKED), {"GET", VERSIONS, .status = "200 OK", .reply = page}};
    struct s3_fixture fixture;
    struct seen seen;
    BEGIN(fixture, script);
    assert_int_equal(list(&fixture, (jb_list_options){.prefix = "p/", .versions = true}, &seen), JB_ERROR_FORMAT);
    s3_fixture_end(&fixture);
}

static void keys_are_summed_up_by_a_delimiter(void **state)
{
    (void)state;
    const struct exchange script[] = {
        {"GET", "/bucket?delimiter=%2F&encoding-type=url&list-type=2&max-keys=1000&prefix=p%2F", .status = "200 OK",
         .reply = "<ListBucketResult><EncodingType>url</EncodingType><Delimiter>%2F</Delimiter><Prefix>p%2F</Prefix>"
                  "<Contents><Key>p%2Fk</Key><Size>1</Size></Contents>"
                  "<CommonPrefixes><Prefix>p%2Fa+b%2F</Prefix></CommonPrefixes>"
                  "<CommonPrefixes><Prefix>p%2F%2F</Prefix></CommonPrefixes>"
                  "<CommonPrefixes><Prefix>p%2Fno</Prefix></CommonPrefixes></ListBucketResult>"}};
    struct s3_fixture fixture;
    struct seen seen;
    BEGIN(fixture, script);
    assert_int_equal(list(&fixture, (jb_list_options){.prefix = "p/", .delimiter = "/"}, &seen), JB_OK);
    assert_string_equal(seen.text, "p/k |p/a b/  prefix|"); /* what is no folder's name is passed over */
    s3_fixture_end(&fixture);
}

static void one_version_is_found_read_and_removed_by_its_id(void **state)
{
    (void)state;
    static const char headers[] =
        "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\nETag: \"1\"\r\nx-amz-version-id: v/1+\r\n";
    const struct exchange script[] = {
        {"HEAD", "/bucket/key?versionId=v%2F1%2B", .status = "200 OK", .reply_headers = headers, .reply_size = 5},
        {"GET", "/bucket/key?versionId=v%2F1%2B", .status = "200 OK", .reply_headers = headers, .reply = "hello"},
        {"POST", "/bucket?delete=",
         .body = "<Delete xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Quiet>true</Quiet><Object><Key>key</Key>"
                 "<VersionId>v/1+</VersionId></Object></Delete>",
         .status = "200 OK",
         .reply = "<DeleteResult><Error><Key>key</Key><Code>NoSuchVersion</Code></Error></DeleteResult>"}};
    const struct store_key key = {"key", "v/1+"};
    struct s3_fixture fixture;
    struct buffer body;
    jb_object_info info;
    BEGIN(fixture, script);
    buffer_init(&body, 64);
    assert_int_equal(store_stat(fixture.store, NULL, "bucket", "key", "v/1+", &info, &fixture.error), JB_OK);
    assert_string_equal(info.version, "v/1+");
    assert_int_equal(store_read(fixture.store, NULL, "bucket", "key", "v/1+", &body, &info, &fixture.error), JB_OK);
    assert_string_equal(body.data, "hello");
    assert_int_equal(store_remove(fixture.store, NULL, "bucket", &key, 1, &fixture.error), JB_OK);
    buffer_clean_up(&body);
    s3_fixture_end(&fixture);
}

static void a_bucket_is_tested_by_head(void **state)
{
    (void)state;
    const struct exchange script[] = {{"HEAD", "/bucket", .status = "200 OK"},
                                      {"HEAD", "/bucket", .status = "404 No"},
                                      {"HEAD", "/bucket", .status = "403 No"},
                                      {"HEAD", "/bucket", .status = "403 No"}}; /* by the server's clock */
    struct s3_fixture fixture;
    BEGIN(fixture, script);
    assert_int_equal(jb_store_test_bucket(fixture.store, NULL, "bucket", &fixture.error), JB_OK);
    assert_int_equal(jb_store_test_bucket(fixture.store, NULL, "bucket", &fixture.error), JB_ERROR_NOT_FOUND);
    assert_non_null(strstr(fixture.error.hint, "make the bucket"));
    assert_int_equal(jb_store_test_bucket(fixture.store, NULL, "bucket", &fixture.error), JB_ERROR_ACCESS);
    s3_fixture_end(&fixture);
}

static void tags_are_sent_escaped(void **state)
{
    (void)state;
    const struct exchange script[] = {
        {"PUT",
         "/bucket?tagging=",
         {"content-md5: AbvtHBofElWfaevwphB4Pg==", "content-type: application/xml"},
         .body = "<Tagging xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><TagSet><Tag><Key>a&amp;b</Key>"
                 "<Value>c</Value></Tag></TagSet></Tagging>",
         .status = "204 None"},
        {"PUT", "/bucket?tagging=", .status = "501 No", .reply = ERROR_BODY("NotImplemented")}};
    const jb_tag tag = {"a&b", "c"}, nameless = {"", "c"};
    struct s3_fixture fixture;
    BEGIN(fixture, script);
    assert_int_equal(jb_store_tag_bucket(fixture.store, NULL, "bucket", &tag, 1, &fixture.error), JB_OK);
    assert_int_equal(jb_store_tag_bucket(fixture.store, NULL, "bucket", &tag, 1, &fixture.error), JB_ERROR_UNSUPPORTED);
    assert_int_equal(jb_store_tag_bucket(fixture.store, NULL, "bucket", &nameless, 1, &fixture.error), JB_ERROR_USAGE);
    s3_fixture_end(&fixture);
}

#define IS_EMPTY "/bucket?encoding-type=url&list-type=2&max-keys=1&prefix="

static void an_empty_bucket_is_deleted(void **state)
{
    (void)state;
    const struct exchange script[] = {
        VERSIONING(""),
        {"GET", IS_EMPTY, .status = "200 OK", .reply = "<ListBucketResult/>"},
        {"DELETE", "/bucket", .fault = FAULT_RESET_UNANSWERED},
        {"DELETE", "/bucket", .status = "404 No", .reply = ERROR_BODY("NoSuchBucket")}}; /* the first had done it */
    struct s3_fixture fixture;
    BEGIN(fixture, script);
    assert_int_equal(jb_store_delete_bucket(fixture.store, NULL, "bucket", &fixture.error), JB_OK);
    s3_fixture_end(&fixture);
}

static void a_bucket_that_is_not_empty_stays_even_where_the_store_would_delete_it(void **state)
{
    (void)state;
    const struct exchange script[] = {
        VERSIONING(""),
        {"GET", IS_EMPTY, .status = "200 OK",
         .reply = "<ListBucketResult><Contents><Key>folder/</Key><Size>0</Size></Contents></ListBucketResult>"}};
    struct s3_fixture fixture;
    BEGIN(fixture, script);
    assert_int_equal(jb_store_delete_bucket(fixture.store, NULL, "bucket", &fixture.error), JB_ERROR_CONFLICT);
    assert_non_null(strstr(fixture.error.text, "not empty"));
    s3_fixture_end(&fixture);
}

static void a_bucket_that_filled_meanwhile_stays(void **state)
{
    (void)state;
    const struct exchange script[] = {VERSIONING(""),
                                      {"GET", IS_EMPTY, .status = "200 OK", .reply = "<ListBucketResult/>"},
                                      {"DELETE", "/bucket", .status = "409 No", .reply = ERROR_BODY("BucketNotEmpty")}};
    struct s3_fixture fixture;
    BEGIN(fixture, script);
    assert_int_equal(jb_store_delete_bucket(fixture.store, NULL, "bucket", &fixture.error), JB_ERROR_CONFLICT);
    assert_non_null(strstr(fixture.error.hint, "remove what is in it"));
    s3_fixture_end(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(features_are_asked_once),
        cmocka_unit_test(a_store_without_features_has_none),
        cmocka_unit_test(a_missing_bucket_has_no_features_but_an_error),
        cmocka_unit_test(versions_and_markers_are_listed_over_pages_within_one_key),
        cmocka_unit_test(pages_of_versions_that_repeat_are_an_error),
        cmocka_unit_test(where_no_versions_are_kept_the_objects_are_the_latest),
        cmocka_unit_test(a_version_id_that_is_too_long_is_refused),
        cmocka_unit_test(keys_are_summed_up_by_a_delimiter),
        cmocka_unit_test(one_version_is_found_read_and_removed_by_its_id),
        cmocka_unit_test(a_bucket_is_tested_by_head),
        cmocka_unit_test(tags_are_sent_escaped),
        cmocka_unit_test(an_empty_bucket_is_deleted),
        cmocka_unit_test(a_bucket_that_is_not_empty_stays_even_where_the_store_would_delete_it),
        cmocka_unit_test(a_bucket_that_filled_meanwhile_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
