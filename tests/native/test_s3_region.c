/* Buckets in another region than was given, and where requests go. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "s3_fixture.h"

#define TIMED_TAG "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\nETag: \"e\"\r\n"
#define MALFORMED                                                                                                      \
    "<Error><Code>AuthorizationHeaderMalformed</Code><Message>wrong</Message><Region>eu-west-3</Region></Error>"

static int stat_key(jb_store *store, jb_error *error)
{
    jb_object_info info;
    return store_stat(store, NULL, "bucket", "key", NULL, &info, error);
}

static void a_custom_endpoint_is_signed_for_the_region_that_it_names(void **state)
{
    (void)state;
    const struct exchange script[] = {
        {"GET", "/bucket?versioning=", .status = "400 Bad", .reply = MALFORMED},
        {"GET", "/bucket?versioning=", .status = "200 OK", .reply = "<VersioningConfiguration/>"},
        {"HEAD", "/bucket/key", .status = "200 OK", .reply_headers = TIMED_TAG, .reply_size = 5}};
    struct s3_fixture fixture;
    struct store_bucket_features features;
    BEGIN(fixture, script);
    assert_int_equal(store_bucket_features(fixture.store, NULL, "bucket", &features, &fixture.error), JB_OK);
    assert_int_equal(stat_key(fixture.store, &fixture.error), JB_OK); /* and so is what follows */
    s3_fixture_end(&fixture);
}

/* The scripted server is the proxy: it sees the whole address. */
static jb_store *open_by_proxy(struct s3_fixture *fixture, const char *endpoint, bool virtual_host)
{
    return s3_fixture_open(
        endpoint, (jb_store_options){.proxy = scripted_server_endpoint(fixture->server), .virtual_host = virtual_host});
}

static void awss_own_endpoint_is_left_for_the_one_of_the_region(void **state)
{
    (void)state;
    static const char *const endpoints[] = {"http://s3.us-east-1.amazonaws.com", "http://s3.amazonaws.com"};
    static const char *const first[] = {"http://s3.us-east-1.amazonaws.com/bucket/key",
                                        "http://s3.amazonaws.com/bucket/key"};
    for (size_t i = 0; i < 2; i++) {
        const struct exchange script[] = {
            {"HEAD", first[i], .status = "301 Moved", .reply_headers = "x-amz-bucket-region: eu-west-3\r\n"},
            {"HEAD",
             "http://s3.eu-west-3.amazonaws.com/bucket/key",
             {"host: s3.eu-west-3.amazonaws.com"},
             .status = "200 OK",
             .reply_headers = TIMED_TAG,
             .reply_size = 5},
            {"HEAD", "http://s3.eu-west-3.amazonaws.com/bucket/key", .status = "200 OK", .reply_headers = TIMED_TAG,
             .reply_size = 5}};
        struct s3_fixture fixture;
        BEGIN(fixture, script);
        jb_store *store = open_by_proxy(&fixture, endpoints[i], false);
        assert_int_equal(stat_key(store, &fixture.error), JB_OK);
        assert_int_equal(stat_key(store, &fixture.error), JB_OK); /* without a detour */
        store->driver->close(store);
        s3_fixture_end(&fixture);
    }
}

static void a_private_endpoint_of_aws_is_not_left(void **state)
{
    (void)state;
    static const char address[] = "http://bucket.vpce-1.s3.us-east-1.vpce.amazonaws.com/bucket/key";
    const struct exchange script[] = {
        {"HEAD", address, .status = "301 Moved", .reply_headers = "x-amz-bucket-region: eu-west-3\r\n"},
        {"HEAD", address, .status = "200 OK", .reply_headers = TIMED_TAG, .reply_size = 5}};
    struct s3_fixture fixture;
    BEGIN(fixture, script);
    jb_store *store = open_by_proxy(&fixture, "http://bucket.vpce-1.s3.us-east-1.vpce.amazonaws.com", false);
    assert_int_equal(stat_key(store, &fixture.error), JB_OK);
    store->driver->close(store);
    s3_fixture_end(&fixture);
}

static void a_redirect_is_followed_once_and_to_no_host_that_a_server_names(void **state)
{
    (void)state;
    static const char address[] = "http://s3.us-east-1.amazonaws.com/bucket/key";
    static const char *const wrong[] = {"x-amz-bucket-region: evil.example/x\r\n", "x-amz-bucket-region: EU\r\n",
                                        "x-amz-bucket-region: us-east-1\r\n",
                                        "Location: http://evil.example/bucket/key\r\n"};
    for (size_t i = 0; i < 4; i++) {
        const struct exchange script[] = {{"HEAD", address, .status = "301 Moved", .reply_headers = wrong[i]}};
        struct s3_fixture fixture;
        BEGIN(fixture, script);
        jb_store *store = open_by_proxy(&fixture, "http://s3.us-east-1.amazonaws.com", false);
        assert_int_equal(stat_key(store, &fixture.error), JB_ERROR_USAGE);
        store->driver->close(store);
        s3_fixture_end(&fixture);
    }
    const struct exchange circle[] = {
        {"HEAD", address, .status = "301 Moved", .reply_headers = "x-amz-bucket-region: eu-west-3\r\n"},
        {"HEAD", "http://s3.eu-west-3.amazonaws.com/bucket/key", .status = "301 Moved",
         .reply_headers = "x-amz-bucket-region: us-east-1\r\n"}};
    struct s3_fixture fixture;
    BEGIN(fixture, circle);
    jb_store *store = open_by_proxy(&fixture, "http://s3.us-east-1.amazonaws.com", false);
    assert_int_equal(stat_key(store, &fixture.error), JB_ERROR_USAGE);
    store->driver->close(store);
    s3_fixture_end(&fixture);
}

static void a_passing_fault_after_a_redirect_is_survived_there(void **state)
{
    (void)state;
    const struct exchange script[] = {
        {"HEAD", "http://s3.us-east-1.amazonaws.com/bucket/key", .status = "301 Moved",
         .reply_headers = "x-amz-bucket-region: eu-west-3\r\n"},
        {"HEAD", "http://s3.eu-west-3.amazonaws.com/bucket/key", .fault = FAULT_RESET_UNANSWERED},
        {"HEAD", "http://s3.eu-west-3.amazonaws.com/bucket/key", .status = "503 Busy"},
        {"HEAD", "http://s3.eu-west-3.amazonaws.com/bucket/key", .status = "200 OK", .reply_headers = TIMED_TAG,
         .reply_size = 5}};
    struct s3_fixture fixture;
    BEGIN(fixture, script);
    jb_store *store = open_by_proxy(&fixture, "http://s3.us-east-1.amazonaws.com", false);
    assert_int_equal(stat_key(store, &fixture.error), JB_OK);
    store->driver->close(store);
    s3_fixture_end(&fixture);
}

static int stat_in(jb_store *store, const char *bucket, jb_error *error)
{
    jb_object_info info;
    return store_stat(store, NULL, bucket, "key", NULL, &info, error);
}

static void a_bucket_that_is_no_host_name_stays_in_the_path(void **state)
{
    (void)state;
    const struct exchange script[] = {
        {"HEAD", "http://bucket.store.example/key", .status = "200 OK", .reply_headers = TIMED_TAG, .reply_size = 5},
        {"HEAD", "http://a.b.store.example/key", .status = "200 OK", .reply_headers = TIMED_TAG, .reply_size = 5},
        {"HEAD", "http://store.example/Big_One/key", .status = "200 OK", .reply_headers = TIMED_TAG, .reply_size = 5}};
    struct s3_fixture fixture;
    BEGIN(fixture, script);
    jb_store *store = open_by_proxy(&fixture, "http://store.example", true);
    assert_int_equal(stat_in(store, "bucket", &fixture.error), JB_OK);
    assert_int_equal(stat_in(store, "a.b", &fixture.error), JB_OK);
    assert_int_equal(stat_in(store, "Big_One", &fixture.error), JB_OK);
    store->driver->close(store);
    s3_fixture_end(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_custom_endpoint_is_signed_for_the_region_that_it_names),
        cmocka_unit_test(awss_own_endpoint_is_left_for_the_one_of_the_region),
        cmocka_unit_test(a_private_endpoint_of_aws_is_not_left),
        cmocka_unit_test(a_redirect_is_followed_once_and_to_no_host_that_a_server_names),
        cmocka_unit_test(a_passing_fault_after_a_redirect_is_survived_there),
        cmocka_unit_test(a_bucket_that_is_no_host_name_stays_in_the_path),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
