/* Keys that end in the middle of a transfer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "aws_environment.h"
#include "base/clock.h"
#include "base/event.h"
#include "codec/digest.h"
#include "s3_fixture.h"
#include "store/s3/s3.h"

#define SIGNED(key) "authorization: AWS4-HMAC-SHA256 Credential=" key "/*"
#define KEYS(access, expires)                                                                                          \
    "{\"AccessKeyId\": \"" access "\", \"SecretAccessKey\": \"hush-hush\", \"Token\": \"token-of-" access              \
    "\", \"Expiration\": \"" expires "\"}"
#define FIRST   KEYS("FIRST", "2099-01-01T00:00:00Z")
#define SECOND  KEYS("SECOND", "2099-01-01T00:00:00Z")
#define EXPIRED "<Error><Code>ExpiredToken</Code><Message>The provided token has expired.</Message></Error>"
#define BEGUN                                                                                                          \
    "<InitiateMultipartUploadResult><Bucket>bucket</Bucket><UploadId>up</UploadId></InitiateMultipartUploadResult>"
/* MD5 of "first" and "second". */
#define TAG_1 "8b04d5e3775d298e78455efc5ca404d5"
#define TAG_2 "a9f0e61a137d86aa9db53465e0801612"
#define LISTED                                                                                                         \
    "<ListPartsResult><Part><PartNumber>1</PartNumber><ETag>" TAG_1 "</ETag><Size>5</Size></Part>"                     \
    "<Part><PartNumber>2</PartNumber><ETag>" TAG_2 "</ETag><Size>6</Size></Part></ListPartsResult>"
#define GIVE(keys)                                                                                                     \
    {                                                                                                                  \
        "GET", "/keys", .status = "200 OK", .reply = keys                                                              \
    }
#define CREATE(key)                                                                                                    \
    {                                                                                                                  \
        "POST", "/bucket/key?uploads=", .only = SIGNED(key), .status = "200 OK", .reply = BEGUN                        \
    }
#define TAKE_PART(number, key, tag)                                                                                    \
    {                                                                                                                  \
        "PUT", "/bucket/key?partNumber=" number "&uploadId=up", {"x-amz-security-token: token-of-" key},               \
            .only = SIGNED(key), .status = "200 OK", .reply_headers = "ETag: \"" tag "\"\r\n"                          \
    }
/* Until the new keys are there, the old ones may be tried again. */
#define REFUSE_PART(number, key)                                                                                       \
    {                                                                                                                  \
        "PUT", "/bucket/key?partNumber=" number "&uploadId=up", .only = SIGNED(key), .any_times = true,                \
                                                                .status = "400 Bad Request", .reply = EXPIRED          \
    }
#define FINISH(key)                                                                                                    \
    {"GET", "/bucket/key?max-parts=1000&uploadId=up", .only = SIGNED(key), .status = "200 OK", .reply = LISTED},       \
        {"POST", "/bucket/key?uploadId=up", .only = SIGNED(key), .status = "200 OK",                                   \
         .reply = "<CompleteMultipartUploadResult><ETag>x-2</ETag></CompleteMultipartUploadResult>"},                  \
    {                                                                                                                  \
        "HEAD", "/bucket/key", .only = SIGNED(key), .status = "200 OK",                                                \
                               .reply_headers = "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\nETag: \"x-2\"\r\n",   \
                               .reply_size = 11                                                                        \
    }

static struct scripted_server *server;
static jb_store *store;
static jb_error error;

/* A store whose keys come from the script's "/keys", and whose tries last longer than fetching new ones takes. */
static void begin(const struct exchange *exchanges, size_t count)
{
    static const struct http_options tuning = {
        .tries = 12, .stall_ms = 5000, .connect_timeout_ms = 2000, .backoff_base_ms = 100, .backoff_max_ms = 1000};
    char uri[128];
    error = (jb_error)JB_ERROR_INIT;
    server = scripted_server_start(exchanges, count);
    snprintf(uri, sizeof uri, "%s/keys", scripted_server_endpoint(server));
    setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", uri, 1);
    const jb_store_options options = {.size = sizeof options,
                                      .url = "s3://",
                                      .endpoint = scripted_server_endpoint(server),
                                      .region = "us-east-1",
                                      .checksums = "never"};
    assert_int_equal(jb_library_init(&error), JB_OK);
    if (s3_open_tuned(&options, &tuning, &store, &error) != JB_OK)
        fail_msg("%s", error.text);
}
#define BEGIN_KEYS(exchanges) begin(exchanges, sizeof(exchanges) / sizeof *(exchanges))

static void end(void)
{
    assert_null(strstr(error.text, "hush"));
    assert_null(strstr(error.text, "token-of"));
    store->driver->close(store);
    scripted_server_stop(server);
}

struct waited {
    struct store_transfer transfer; /* first */
    struct event event;
    bool finished;
};

static void done(struct store_transfer *transfer)
{
    struct waited *waited = (struct waited *)transfer;
    event_lock(&waited->event);
    waited->finished = true;
    event_signal(&waited->event);
    event_unlock(&waited->event);
}

static int send_part(struct store_upload *upload, unsigned number, const char *text)
{
    char bytes[16];
    snprintf(bytes, sizeof bytes, "%s", text);
    struct waited waited = {.transfer = {.bytes = bytes, .count = strlen(bytes), .done = done, .error = JB_ERROR_INIT}};
    event_init(&waited.event);
    sha256_of(bytes, strlen(bytes), waited.transfer.sha256, NULL);
    assert_int_equal(store->driver->upload_part(upload, number, &waited.transfer, &error), JB_OK);
    event_lock(&waited.event);
    while (!waited.finished)
        event_wait(&waited.event);
    event_unlock(&waited.event);
    event_clean_up(&waited.event);
    if (waited.transfer.error.code != JB_OK)
        error_copy(&error, &waited.transfer.error);
    return (int)waited.transfer.error.code;
}

static struct store_upload *begin_upload(void)
{
    struct store_upload *upload = NULL;
    if (store->driver->upload_begin(store, NULL, "bucket", "key", &upload, &error) != JB_OK)
        fail_msg("%s", error.text);
    return upload;
}

static void finish(struct store_upload *upload)
{
    jb_object_info info = {.size = sizeof info};
    const struct store_condition always = {STORE_ALWAYS, NULL};
    if (store->driver->upload_complete(upload, always, &info, &error) != JB_OK)
        fail_msg("%s", error.text);
    assert_int_equal(info.bytes, 11);
}

static void wait_for_key(const char *access_key)
{
    int64_t until = clock_monotonic_ms() + 10000;
    for (bool same = false; !same;) {
        struct credentials keys;
        assert_true(clock_monotonic_ms() < until);
        assert_int_equal(credentials_provider_get(((struct s3_store *)store)->provider, &keys, &error), JB_OK);
        same = strcmp(keys.access_key, access_key) == 0;
        credentials_clean_up(&keys);
        usleep(5000);
    }
}

static void a_token_that_expires_in_the_middle_of_an_upload_is_renewed(void **state)
{
    (void)state;
    static const struct exchange script[] = {
        GIVE(FIRST),
        CREATE("FIRST"),
        TAKE_PART("1", "FIRST", TAG_1),
        REFUSE_PART("2", "FIRST"),
        GIVE(SECOND),
        TAKE_PART("2", "SECOND", TAG_2),
        FINISH("SECOND"),
    };
    BEGIN_KEYS(script);
    struct store_upload *upload = begin_upload();
    assert_int_equal(send_part(upload, 0, "first"), JB_OK);
    assert_int_equal(send_part(upload, 1, "second"), JB_OK);
    finish(upload);
    end();
}

static void keys_are_renewed_by_time_before_a_store_refuses_them(void **state)
{
    (void)state;
    char soon[32], keys[256];
    clock_format_utc(clock_now() + 3, soon);
    snprintf(keys, sizeof keys, KEYS("FIRST", "%s"), soon);
    const struct exchange script[] = {
        GIVE(keys),
        CREATE("FIRST"),
        TAKE_PART("1", "FIRST", TAG_1),
        GIVE(SECOND),
        TAKE_PART("2", "SECOND", TAG_2),
        FINISH("SECOND"),
    };
    BEGIN_KEYS(script);
    struct store_upload *upload = begin_upload();
    assert_int_equal(send_part(upload, 0, "first"), JB_OK);
    wait_for_key("SECOND");
    assert_int_equal(send_part(upload, 1, "second"), JB_OK);
    finish(upload);
    end();
}

static void an_expired_token_is_suspected_where_head_tells_nothing(void **state)
{
    (void)state;
    static const struct exchange script[] = {
        GIVE(FIRST),
        {"HEAD", "/bucket/key", .only = SIGNED("FIRST"), .any_times = true, .status = "400 Bad Request"},
        GIVE(SECOND),
        {"HEAD", "/bucket/key", .only = SIGNED("SECOND"), .status = "200 OK",
         .reply_headers = "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\nETag: \"x\"\r\n", .reply_size = 11},
    };
    BEGIN_KEYS(script);
    jb_object_info info = {.size = sizeof info};
    if (store->driver->stat(store, NULL, "bucket", "key", NULL, &info, &error) != JB_OK)
        fail_msg("%s", error.text);
    assert_int_equal(info.bytes, 11);
    end();
}

static void keys_that_cannot_be_renewed_fail_with_the_reason(void **state)
{
    (void)state;
    static const struct exchange script[] = {
        GIVE(KEYS("FIRST", "2020-01-01T00:00:00Z")),
        {"GET", "/keys", .any_times = true, .status = "403 Forbidden"},
    };
    BEGIN_KEYS(script);
    int64_t until = clock_monotonic_ms() + 10000;
    while (scripted_server_used(server) < 2 && clock_monotonic_ms() < until)
        usleep(5000);
    struct credentials keys;
    while (credentials_provider_get(((struct s3_store *)store)->provider, &keys, &error) == JB_OK) {
        credentials_clean_up(&keys);
        assert_true(clock_monotonic_ms() < until);
        usleep(5000);
    }
    jb_object_info info = {.size = sizeof info};
    assert_int_equal(store->driver->stat(store, NULL, "bucket", "key", NULL, &info, &error), JB_ERROR_ACCESS);
    assert_non_null(
        strstr(error.text, "the keys have expired and cannot be renewed: the container's endpoint refuses"));
    end();
}

static void keys_of_options_are_not_tried_again(void **state)
{
    (void)state;
    static const struct exchange script[] = {
        {"GET", "/bucket/key", .status = "400 Bad Request", .reply = EXPIRED},
        {"HEAD", "/bucket/key", .status = "400 Bad Request"},
    };
    struct s3_fixture fixture;
    BEGIN(fixture, script);
    struct buffer body;
    jb_object_info info = {.size = sizeof info};
    buffer_init(&body, 100);
    assert_int_equal(
        fixture.store->driver->read(fixture.store, NULL, "bucket", "key", NULL, &body, &info, &fixture.error),
        JB_ERROR_ACCESS);
    assert_non_null(strstr(fixture.error.text, "ExpiredToken"));
    assert_int_equal(fixture.store->driver->stat(fixture.store, NULL, "bucket", "key", NULL, &info, &fixture.error),
                     JB_ERROR_ACCESS);
    buffer_clean_up(&body);
    s3_fixture_end(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_token_that_expires_in_the_middle_of_an_upload_is_renewed, aws_environment_clear),
        cmocka_unit_test_setup(keys_are_renewed_by_time_before_a_store_refuses_them, aws_environment_clear),
        cmocka_unit_test_setup(an_expired_token_is_suspected_where_head_tells_nothing, aws_environment_clear),
        cmocka_unit_test_setup(keys_that_cannot_be_renewed_fail_with_the_reason, aws_environment_clear),
        cmocka_unit_test_setup(keys_of_options_are_not_tried_again, aws_environment_clear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
