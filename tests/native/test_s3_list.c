/* Listings and batch deletions on S3. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "s3_fixture.h"

#define FIRST       "/bucket?encoding-type=url&list-type=2&max-keys=1000&prefix=p%2F"
#define NEXT(token) "/bucket?continuation-token=" token "&encoding-type=url&list-type=2&max-keys=1000&prefix=p%2F"
#define PAGE(inside)                                                                                                   \
    "<?xml version=\"1.0\"?><ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">" inside               \
    "</ListBucketResult>"
#define OBJECT(key, bytes)                                                                                             \
    "<Contents><Key>" key "</Key><LastModified>1994-11-06T08:49:37.000Z</LastModified><ETag>&quot;t&quot;</ETag>"      \
    "<Size>" bytes "</Size><Owner><ID>x</ID></Owner></Contents>"
#define URL_ENCODED "<EncodingType>url</EncodingType>"
#define MORE(token) "<IsTruncated>true</IsTruncated><NextContinuationToken>" token "</NextContinuationToken>"

struct seen {
    char keys[4096];
    uint64_t bytes;
    unsigned count, stop_at;
};

static int see(void *context, const jb_object_info *info)
{
    struct seen *seen = context;
    size_t used = strlen(seen->keys);
    snprintf(seen->keys + used, sizeof seen->keys - used, "%s|", info->key);
    seen->bytes += info->bytes;
    assert_int_equal(info->size, sizeof *info);
    assert_int_equal(info->modified, 784111777);
    assert_string_equal(info->tag, "\"t\"");
    return ++seen->count == seen->stop_at;
}

static int list(struct s3_fixture *fixture, struct seen *seen)
{
    return fixture->store->driver->list(fixture->store, fixture->operation, "bucket",
                                        &(jb_list_options){.size = sizeof(jb_list_options), .prefix = "p/"}, see, seen,
                                        &fixture->error);
}

static void pages_are_followed_and_keys_decoded(void **state)
{
    (void)state;
    const struct exchange script[] = {
        {"GET", FIRST, .status = "200 OK",
         .reply = PAGE(MORE("a+b=") OBJECT("p/a%20b%2Bc%26", "3") OBJECT("p/d+e", "4") URL_ENCODED)},
        {"GET", NEXT("a%2Bb%3D"), .status = "200 OK", .reply = PAGE(URL_ENCODED MORE("2"))}, /* a page may be empty */
        {"GET", NEXT("2"), .status = "200 OK",
         .reply = PAGE("<IsTruncated>false</IsTruncated>" OBJECT("p/x%25&amp;y", "5"))}};
    struct s3_fixture fixture;
    struct seen seen = {.count = 0};
    BEGIN(fixture, script);
    assert_int_equal(list(&fixture, &seen), JB_OK);
    assert_string_equal(seen.keys, "p/a b+c&|p/d e|p/x%25&y|"); /* the last page said of no encoding */
    assert_int_equal(seen.bytes, 12);
    s3_fixture_end(&fixture);
}

static void take_warning(void *context, jb_log_level level, const char *line)
{
    if (level == JB_LOG_WARNING)
        snprintf(context, 256, "%s", line);
}

static void what_is_no_name_is_passed_over_with_a_warning(void **state)
{
    (void)state;
    const struct exchange script[] = {
        {"GET", FIRST, .status = "200 OK",
         .reply = PAGE(URL_ENCODED OBJECT("p/", "0") OBJECT("p/1", "1") OBJECT("p/sub/", "0") OBJECT("p/full/", "1")
                           OBJECT("p/a%0Ab", "1") OBJECT("p/../up", "1") OBJECT("p/%FF", "1") OBJECT("p/2", "1"))}};
    struct s3_fixture fixture;
    struct seen seen = {.count = 0};
    char warning[256] = "";
    BEGIN(fixture, script);
    jb_operation_free(fixture.operation);
    const jb_operation_options logged = {.size = sizeof logged, .log = take_warning, .log_context = warning};
    assert_int_equal(jb_operation_new(&logged, &fixture.operation, NULL), JB_OK);
    assert_int_equal(list(&fixture, &seen), JB_OK);
    assert_string_equal(seen.keys, "p/1|p/2|");
    /* Folders that hold nothing are not worth it. */
    assert_string_equal(warning, "4 objects in 'bucket' are passed over, 'p/full/' first: such names cannot be held by "
                                 "every store");
    s3_fixture_end(&fixture);
}

static void a_reader_may_end_the_listing(void **state)
{
    (void)state;
    const struct exchange script[] = {
        {"GET", FIRST, .status = "200 OK",
         .reply = PAGE(MORE("2") OBJECT("p/1", "1") OBJECT("p/2", "1") OBJECT("p/3", "1"))}};
    struct s3_fixture fixture;
    struct seen seen = {.stop_at = 2};
    BEGIN(fixture, script);
    assert_int_equal(list(&fixture, &seen), JB_ERROR_CANCELLED);
    assert_int_equal(seen.count, 2);
    s3_fixture_end(&fixture);
}

static void pages_that_repeat_are_an_error(void **state)
{
    (void)state;
    const struct exchange script[] = {{"GET", FIRST, .status = "200 OK", .reply = PAGE(MORE("2"))},
                                      {"GET", NEXT("2"), .status = "200 OK", .reply = PAGE(MORE("2"))}};
    struct s3_fixture fixture;
    struct seen seen = {.count = 0};
    BEGIN(fixture, script);
    assert_int_equal(list(&fixture, &seen), JB_ERROR_FORMAT);
    assert_non_null(strstr(fixture.error.text, "repeats the page that begins at '2'"));
    s3_fixture_end(&fixture);
}

static void pages_that_go_round_in_a_longer_circle_are_an_error(void **state)
{
    (void)state;
    enum { STEPS = 30 };
    static const char *const targets[] = {NEXT("a"), NEXT("b"), NEXT("c")};
    static const char *const pages[] = {PAGE(MORE("b")), PAGE(MORE("c")), PAGE(MORE("a"))};
    struct exchange script[STEPS] = {{"GET", FIRST, .status = "200 OK", .reply = PAGE(MORE("a"))}};
    for (int i = 1; i < STEPS; i++)
        script[i] = (struct exchange){"GET", targets[(i - 1) % 3], .status = "200 OK", .reply = pages[(i - 1) % 3]};
    struct s3_fixture fixture;
    struct seen seen = {.count = 0};
    BEGIN(fixture, script);
    assert_int_equal(list(&fixture, &seen), JB_ERROR_FORMAT);
    assert_true(scripted_server_used(fixture.server) < 16);
    s3_fixture_end_early(&fixture);
}

static void malformed_listings_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *reply, *text;
    } wrong[] = {
        {"", "malformed"},
        {"garbage \x01\x02", "malformed"},
        {"<html></html>", "no listing but 'html'"},
        {PAGE(OBJECT("p/1", "1")) "trailing", "malformed"},
        {"<ListBucketResult><Contents>", "malformed"},
        {PAGE(OBJECT("q/1", "1")), "does not start with 'p/'"},
        {PAGE(URL_ENCODED OBJECT("p/%zz", "1")), "malformed key"},
        {PAGE(URL_ENCODED OBJECT("p/%00", "1")), "malformed key"},
        {PAGE(OBJECT("p/1", "-1")), "size '-1'"},
        {PAGE(OBJECT("p/1", "99999999999999999999")), "size '99999999999999999999'"},
        {PAGE("<Contents><Key>p/1</Key><LastModified>now</LastModified></Contents>"), "time 'now'"},
        {PAGE("<Contents><Size>1</Size></Contents>"), "without a key"},
        {PAGE("<IsTruncated>true</IsTruncated>"), "does not say where"},
        {PAGE("<a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a></a></a></a></a></a></a></a></a></a></a></a></a></"
              "a></a></a></a></a>"),
         "nested too deeply"},
        {"<!DOCTYPE ListBucketResult [<!ENTITY x \"p/\">]>" PAGE(OBJECT("&x;", "1")), "document type"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        const struct exchange script[] = {{"GET", FIRST, .status = "200 OK", .reply = wrong[i].reply}};
        struct s3_fixture fixture;
        struct seen seen = {.count = 0};
        BEGIN(fixture, script);
        int code = list(&fixture, &seen);
        if (code != JB_ERROR_FORMAT || strstr(fixture.error.text, wrong[i].text) == NULL || seen.count != 0)
            fail_msg("'%s': code %d, '%s'", wrong[i].reply, code, fixture.error.text);
        s3_fixture_end(&fixture);
    }
}

static void a_page_of_too_many_objects_is_refused(void **state)
{
    (void)state;
    static const char object[] = OBJECT("p/1", "1");
    char *reply = calloc(1, 1001 * sizeof object + 1024);
    size_t used = (size_t)sprintf(reply, "<ListBucketResult>");
    for (int i = 0; i < 1001; i++)
        used += (size_t)sprintf(reply + used, "%s", object);
    strcat(reply, "</ListBucketResult>");
    const struct exchange script[] = {{"GET", FIRST, .status = "200 OK", .reply = reply}};
    struct s3_fixture fixture;
    struct seen seen = {.count = 0};
    BEGIN(fixture, script);
    assert_int_equal(list(&fixture, &seen), JB_ERROR_FORMAT);
    s3_fixture_end(&fixture);
    free(reply);
}

static void a_page_without_end_is_refused(void **state)
{
    (void)state;
    size_t size = 17u << 20;
    char *reply = malloc(size + 1);
    memset(reply, ' ', size);
    reply[size] = '\0';
    const struct exchange script[] = {{"GET", FIRST, .status = "200 OK", .reply = reply}};
    struct s3_fixture fixture;
    struct seen seen = {.count = 0};
    BEGIN(fixture, script);
    assert_int_equal(list(&fixture, &seen), JB_ERROR_LIMIT);
    s3_fixture_end(&fixture);
    free(reply);
}

static void listing_a_missing_bucket_is_not_found(void **state)
{
    (void)state;
    const struct exchange script[] = {
        {"GET", FIRST, .status = "404 No", .reply = "<Error><Code>NoSuchBucket</Code></Error>"}};
    struct s3_fixture fixture;
    struct seen seen = {.count = 0};
    BEGIN(fixture, script);
    assert_int_equal(list(&fixture, &seen), JB_ERROR_NOT_FOUND);
    assert_non_null(strstr(fixture.error.hint, "make the bucket"));
    s3_fixture_end(&fixture);
}

#define DELETE             "/bucket?delete="
#define DELETED(inside)    "<DeleteResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">" inside "</DeleteResult>"
#define REFUSED(key, code) "<Error><Key>" key "</Key><Code>" code "</Code><Message>so it is</Message></Error>"

static const struct store_key two_keys[] = {{.key = "a"}, {.key = "b&<c> \"d\""}};

static int remove_two(struct s3_fixture *fixture)
{
    return fixture->store->driver->remove(fixture->store, fixture->operation, "bucket", two_keys, 2, &fixture->error);
}

static void deletion_sends_escaped_keys_and_checksums(void **state)
{
    (void)state;
    const struct exchange script[] = {
        {"POST",
         DELETE,
         {"content-md5: 6iWwSmilsG7u8a/c4kfU/A==",
          "x-amz-checksum-sha256: 7b2J+NFgpQi2msdqVRQYyILK5MLrngIVdegfO1fSGVw="},
         .body = "<Delete "
                 "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Quiet>true</Quiet><Object><Key>a</Key></Object>"
                 "<Object><Key>b&amp;&lt;c&gt; &quot;d&quot;</Key></Object></Delete>",
         .status = "200 OK",
         .reply = DELETED("")}};
    struct s3_fixture fixture;
    BEGIN(fixture, script);
    assert_int_equal(remove_two(&fixture), JB_OK);
    s3_fixture_end(&fixture);
}

static void deletion_of_many_keys_goes_in_batches(void **state)
{
    (void)state;
    const struct exchange script[] = {
        {"POST", DELETE, .status = "200 OK", .reply = DELETED("<Deleted><Key>k</Key></Deleted>")},
        {"POST", DELETE, .status = "200 OK", .reply = DELETED("")},
        {"POST", DELETE, {"content-length: 113"}, .status = "200 OK", .reply = DELETED("")}};
    static struct store_key keys[2001];
    for (size_t i = 0; i < 2001; i++)
        keys[i].key = "k";
    struct s3_fixture fixture;
    BEGIN(fixture, script);
    assert_int_equal(fixture.store->driver->remove(fixture.store, NULL, "bucket", keys, 2001, &fixture.error), JB_OK);
    s3_fixture_end(&fixture);
}

static void one_refused_key_fails_the_deletion(void **state)
{
    (void)state;
    const struct exchange script[] = {
        {"POST", DELETE, .status = "200 OK", .reply = DELETED(REFUSED("a", "AccessDenied"))}};
    struct s3_fixture fixture;
    BEGIN(fixture, script);
    assert_int_equal(remove_two(&fixture), JB_ERROR_ACCESS);
    assert_non_null(strstr(fixture.error.text, "1 objects were not deleted, 'a' first"));
    s3_fixture_end(&fixture);
}

static void keys_that_failed_in_passing_are_tried_again(void **state)
{
    (void)state;
    const struct exchange script[] = {
        {"POST", DELETE, .status = "200 OK", .reply = DELETED(REFUSED("a", "InternalError") REFUSED("b", "SlowDown"))},
        {"POST", DELETE, .status = "200 OK", .reply = DELETED("")}};
    struct s3_fixture fixture;
    BEGIN(fixture, script);
    assert_int_equal(remove_two(&fixture), JB_OK);
    s3_fixture_end(&fixture);
}

static void keys_that_do_not_exist_count_as_deleted(void **state)
{
    (void)state;
    const struct exchange script[] = {
        {"POST", DELETE, .status = "200 OK", .reply = DELETED(REFUSED("a", "NoSuchKey"))}};
    struct s3_fixture fixture;
    BEGIN(fixture, script);
    assert_int_equal(remove_two(&fixture), JB_OK);
    s3_fixture_end(&fixture);
}

static void an_answer_that_is_no_deletion_is_malformed(void **state)
{
    (void)state;
    static const char *const wrong[] = {"", "<html></html>", "<DeleteResult>"};
    for (size_t i = 0; i < 3; i++) {
        const struct exchange script[] = {{"POST", DELETE, .status = "200 OK", .reply = wrong[i]}};
        struct s3_fixture fixture;
        BEGIN(fixture, script);
        assert_int_equal(remove_two(&fixture), JB_ERROR_FORMAT);
        s3_fixture_end(&fixture);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pages_are_followed_and_keys_decoded),
        cmocka_unit_test(what_is_no_name_is_passed_over_with_a_warning),
        cmocka_unit_test(a_reader_may_end_the_listing),
        cmocka_unit_test(pages_that_repeat_are_an_error),
        cmocka_unit_test(pages_that_go_round_in_a_longer_circle_are_an_error),
        cmocka_unit_test(malformed_listings_are_refused),
        cmocka_unit_test(a_page_of_too_many_objects_is_refused),
        cmocka_unit_test(a_page_without_end_is_refused),
        cmocka_unit_test(listing_a_missing_bucket_is_not_found),
        cmocka_unit_test(deletion_sends_escaped_keys_and_checksums),
        cmocka_unit_test(deletion_of_many_keys_goes_in_batches),
        cmocka_unit_test(one_refused_key_fails_the_deletion),
        cmocka_unit_test(keys_that_failed_in_passing_are_tried_again),
        cmocka_unit_test(keys_that_do_not_exist_count_as_deleted),
        cmocka_unit_test(an_answer_that_is_no_deletion_is_malformed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
