/* Options, environment and addresses of an S3 store. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "aws_environment.h"
#include "s3_fixture.h"
#include "store/s3/s3.h"

static jb_store_options with_keys(void)
{
    return (jb_store_options){
        .size = sizeof(jb_store_options), .url = "s3://", .access_key = "A", .secret_key = "hush-hush"};
}

static void opens_as(jb_store_options options, const char *scheme, const char *host, const char *region)
{
    jb_store *store = NULL;
    jb_error error = JB_ERROR_INIT;
    if (store_s3_open(&options, &store, &error) != JB_OK)
        fail_msg("%s", error.text);
    const struct s3_store *s3 = (const struct s3_store *)store;
    assert_string_equal(s3->scheme, scheme);
    assert_string_equal(s3->host, host);
    assert_string_equal(s3->region, region);
    store->driver->close(store);
}

static void is_refused(jb_store_options options, const char *text)
{
    jb_store *store = NULL;
    jb_error error = JB_ERROR_INIT;
    assert_int_equal(store_s3_open(&options, &store, &error), JB_ERROR_USAGE);
    assert_non_null(strstr(error.text, text));
    assert_null(strstr(error.text, "hush"));
    assert_null(store);
}

static void the_default_endpoint_is_the_regions(void **state)
{
    (void)state;
    jb_store_options options = with_keys();
    opens_as(options, "https", "s3.us-east-1.amazonaws.com", "us-east-1");
    options.region = "eu-west-1";
    opens_as(options, "https", "s3.eu-west-1.amazonaws.com", "eu-west-1");
}

static void the_environment_gives_region_and_endpoint(void **state)
{
    (void)state;
    setenv("AWS_DEFAULT_REGION", "eu-west-2", 1);
    opens_as(with_keys(), "https", "s3.eu-west-2.amazonaws.com", "eu-west-2");
    setenv("AWS_REGION", "eu-west-3", 1);
    setenv("AWS_ENDPOINT_URL", "http://general:9000", 1);
    opens_as(with_keys(), "http", "general:9000", "eu-west-3");
    setenv("AWS_ENDPOINT_URL_S3", "http://special:9001/", 1);
    opens_as(with_keys(), "http", "special:9001", "eu-west-3");
    jb_store_options options = with_keys();
    options.endpoint = "https://own:443";
    options.region = "gra";
    opens_as(options, "https", "own", "gra"); /* a scheme's own port is not part of the signed host */
}

static void malformed_endpoints_are_refused_and_not_told(void **state)
{
    (void)state;
    static const char *const wrong[] = {"host",
                                        "ftp://host",
                                        "http://",
                                        "https:///",
                                        "http://user:hush@host",
                                        "http://host/path",
                                        "http://host?x",
                                        "http://ho st",
                                        "http://host\r\nx: y"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        jb_store_options options = with_keys();
        options.endpoint = wrong[i];
        is_refused(options, "the endpoint is malformed");
    }
}

static void malformed_options_are_refused(void **state)
{
    (void)state;
    jb_store_options options = with_keys();
    options.url = "s3://bucket";
    is_refused(options, "'s3://bucket'");
    options = with_keys();
    options.region = "eu west";
    is_refused(options, "'eu west'");
    options = with_keys();
    options.server_side_encryption = "rot13";
    is_refused(options, "'rot13'");
    options = with_keys();
    options.kms_key = "key";
    is_refused(options, "'aws:kms' only");
    options = with_keys();
    options.server_side_encryption = "aws:kms";
    options.kms_key = "key 1\r\nx-evil: 1";
    is_refused(options, "key's id");
    options = with_keys();
    options.storage_class = "DEEP_ARCHIVE";
    is_refused(options, "cannot be read at once");
    options = with_keys();
    options.checksums = "maybe";
    is_refused(options, "not 'maybe'");
    options = with_keys();
    options.tls_minimum = "1.1";
    is_refused(options, "not '1.1'");
    options = with_keys();
    options.tries = 101;
    is_refused(options, "101 tries");
    options = with_keys();
    options.secret_key = NULL;
    is_refused(options, "secret key is missing");
}

static void the_bucket_stands_in_the_host_where_asked(void **state)
{
    (void)state;
    static char host[64];
    struct exchange script[] = {{"HEAD",
                                 "/a/key%3F",
                                 {host},
                                 .status = "200 OK",
                                 .reply_headers = "ETag: \"1\"\r\nLast-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n"}};
    struct s3_fixture fixture;
    BEGIN(fixture, script);
    const char *port = strrchr(scripted_server_endpoint(fixture.server), ':') + 1;
    snprintf(host, sizeof host, "host: bucket.localhost:%s", port);
    char endpoint[64];
    snprintf(endpoint, sizeof endpoint, "http://localhost:%s", port);
    jb_store *store = s3_fixture_open(endpoint, (jb_store_options){.virtual_host = true});
    jb_object_info info = {.size = sizeof info};
    assert_int_equal(store->driver->stat(store, NULL, "bucket", "a/key?", NULL, &info, &fixture.error), JB_OK);
    store->driver->close(store);
    s3_fixture_end(&fixture);
}

static void a_missing_ca_file_is_told_with_a_hint(void **state)
{
    (void)state;
    struct s3_fixture fixture;
    s3_fixture_begin(&fixture, NULL, 0);
    char endpoint[64];
    snprintf(endpoint, sizeof endpoint, "https%s", strchr(scripted_server_endpoint(fixture.server), ':'));
    jb_store *store = s3_fixture_open(endpoint, (jb_store_options){.ca_file = "/nonexistent/ca.pem"});
    jb_object_info info = {.size = sizeof info};
    assert_int_equal(store->driver->stat(store, NULL, "bucket", "key", NULL, &info, &fixture.error),
                     JB_ERROR_UNREACHABLE);
    assert_non_null(strstr(fixture.error.hint, "AWS_CA_BUNDLE"));
    store->driver->close(store);
    s3_fixture_end(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_default_endpoint_is_the_regions, aws_environment_clear),
        cmocka_unit_test_setup(the_environment_gives_region_and_endpoint, aws_environment_clear),
        cmocka_unit_test_setup(malformed_endpoints_are_refused_and_not_told, aws_environment_clear),
        cmocka_unit_test_setup(malformed_options_are_refused, aws_environment_clear),
        cmocka_unit_test_setup(the_bucket_stands_in_the_host_where_asked, aws_environment_clear),
        cmocka_unit_test_setup(a_missing_ca_file_is_told_with_a_hint, aws_environment_clear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
