/*
 * What network and server may do to each operation of the S3 driver. An operation survives what passes, or fails
 * clearly; no descriptor is left open (fault_matrix.c counts them), and memory stays as it was.
 *
 * case                                                   test (in this file, where none is named)
 * throttled, with and without Retry-After; 429           every_operation_survives…; retry_after… (test_http.c)
 * 408, 500, 502 of a proxy, 503, 504, OperationAborted   every_operation_survives…
 * refused before the body was read                       every_operation_survives…
 * reset before, without, and within the answer           every_operation_survives…
 * closed without and within the answer, or its header    every_operation_survives…
 * stalled answer, no answer at all                       every_operation_survives…
 * chunked answer that is cut                             every_operation_survives…
 * slow bytes                                             a_slow_reply… (test_http.c)
 * every try fails                                        lasting_faults…
 * 100 Continue before the answer, chunked answers        answers_in_chunks…
 * answer without a length                                an_answer_without_its_length…
 * wrong length, another range                            another_range…, more_bytes… (test_s3_upload.c)
 * wrong or missing ETag                                  an_object_with_another_tag…, a_part_whose… (same)
 * 200 with an error or a proxy's page                    a_200_that_is_none…; test_s3_upload.c, test_s3_copy.c
 * a truncated object that the store keeps                test_s3_integrity.c, test_cli_network.sh
 * expired token, refused keys                            lasting_refusals…; test_s3_keys.c
 * skewed clock                                           a_skewed_clock…, a_clock_that_cannot…
 * another region                                         test_s3_region.c
 * part lost before completion                            a_part_lost…
 * completion without an answer, done or not              lost_answer… (test_s3_upload.c)
 * conditional write without an answer                    lost_answer… (test_s3_object.c)
 * pages that repeat, malformed listings                  test_s3_list.c
 * huge headers                                           a_header_without_end…
 * redirect to somewhere else                             a_redirect…
 * name that does not resolve, refused connection         an_unknown_host…; a_server_that… (test_http.c)
 * certificates, old TLS                                  test_cli_tls.sh
 * cancelled at each stage                                cancelling…
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fault_matrix.h"
#include "s3_fixture.h"
#include "waited_transfer.h"

#define ERROR_BODY(code) "<?xml version=\"1.0\"?><Error><Code>" code "</Code><Message>so it is</Message></Error>"
#define TIMED_TAG        "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\nETag: \"e\"\r\n"
#define LIST             "/bucket?encoding-type=url&list-type=2&max-keys=1000&prefix=k"
#define UPLOAD           "/bucket/key?uploadId=id"
/* The store names the checksums of what it took, so nothing more is asked. */
#define TAKEN(checksum) "ETag: \"e\"\r\nx-amz-checksum-sha256: " checksum "\r\n"
#define CHECKSUM_HELLO  "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ="
#define CHECKSUM_FIRST  "p5N7ZLjKpY8Dchu2us9ceMsjX+vg5wsbhM2ZVBRhoI4="
/* MD5 of "first", and the tag of an object of that part alone. */
#define TAG_1   "\"8b04d5e3775d298e78455efc5ca404d5\""
#define TAG_ALL "\"f135b4807ca3ae5e57267e25cab377ac-1\""

#define CREATE                                                                                                         \
    {                                                                                                                  \
        "POST", "/bucket/key?uploads=", .status = "200 OK", .reply_headers = "x-amz-checksum-algorithm: SHA256\r\n",   \
                                        .reply = "<InitiateMultipartUploadResult><UploadId>id</UploadId></"            \
                                                 "InitiateMultipartUploadResult>"                                      \
    }
#define PART                                                                                                           \
    {                                                                                                                  \
        "PUT", "/bucket/key?partNumber=1&uploadId=id",                                                                 \
            .body = "first", .status = "200 OK",                                                                       \
            .reply_headers = "ETag: " TAG_1 "\r\nx-amz-checksum-sha256: " CHECKSUM_FIRST "\r\n"                        \
    }
#define COMPLETE                                                                                                       \
    {                                                                                                                  \
        "POST", UPLOAD,                                                                                                \
            .status = "200 OK",                                                                                        \
            .reply = "<CompleteMultipartUploadResult><ETag>" TAG_ALL "</ETag></CompleteMultipartUploadResult>"         \
    }
#define CONFIRM                                                                                                        \
    {                                                                                                                  \
        "HEAD", "/bucket/key",                                                                                         \
            .status = "200 OK",                                                                                        \
            .reply_headers = "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\nETag: " TAG_ALL "\r\n", .reply_size = 5  \
    }
#define ABORT                                                                                                          \
    {                                                                                                                  \
        "DELETE", UPLOAD, .status = "204 None"                                                                         \
    }

static int run_copy(struct fault_setting *setting)
{
    static const jb_copy_options options = {.size = sizeof options,
                                            .from_bucket = "bucket",
                                            .from_key = "from",
                                            .to_bucket = "bucket",
                                            .to_key = "key",
                                            .replace = true};
    return setting->store->driver->copy(setting->store, setting->operation, &options, &setting->error);
}

static const struct fault_operation operations[] = {
    {"stat", fault_run_stat,
     .asked = {"HEAD", "/bucket/key", .status = "200 OK", .reply_headers = TIMED_TAG, .reply_size = 5}},
    {"read", fault_run_read,
     .asked = {"GET", "/bucket/key", .status = "200 OK", .reply_headers = TIMED_TAG, .reply = "hello"}},
    {"write", fault_run_write,
     .asked = {"PUT", "/bucket/key", .body = "hello", .status = "200 OK", .reply_headers = TAKEN(CHECKSUM_HELLO)}},
    {"range", fault_run_range,
     .asked = {"GET",
               "/bucket/key",
               {"range: bytes=7-11"},
               .status = "206 Partial",
               .reply = "hello",
               .reply_headers = TIMED_TAG "Content-Range: bytes 7-11/20\r\n"}},
    {"list", fault_run_list,
     .asked = {"GET", LIST, .status = "200 OK",
               .reply = "<ListBucketResult><Contents><Key>k</Key><Size>1</Size><LastModified>2026-01-01T00:00:00.000Z"
                        "</LastModified><ETag>\"e\"</ETag></Contents></ListBucketResult>"}},
    {"remove", fault_run_remove,
     .asked = {"POST", "/bucket?delete=", .status = "200 OK", .reply = "<DeleteResult></DeleteResult>"}},
    {"copy", run_copy, .slow = true,
     .before = {{"HEAD", "/bucket/from", .status = "200 OK", .reply_headers = TIMED_TAG, .reply_size = 5}},
     .asked = {"PUT",
               "/bucket/key",
               {"x-amz-copy-source: /bucket/from"},
               .status = "200 OK",
               .reply = "<CopyObjectResult><ETag>\"e\"</ETag></CopyObjectResult>"},
     .on_success = {{"HEAD", "/bucket/key", .status = "200 OK", .reply_headers = TIMED_TAG, .reply_size = 5}}},
    {"begin", fault_run_begin, .asked = CREATE, .on_success = {ABORT}},
    {"part", fault_run_upload, .before = {CREATE}, .asked = PART, .on_success = {COMPLETE, CONFIRM},
     .on_failure = {ABORT}, .aborts = true},
    {"complete", fault_run_upload, .slow = true, .aborts = true, .before = {CREATE, PART}, .asked = COMPLETE,
     .on_success = {CONFIRM},
     /* It looks whether the upload was completed after all. */
     .on_failure = {ABORT, {"HEAD", "/bucket/key", .status = "404 No"}, {"HEAD", "/bucket", .status = "200 OK"}}},
    {"abort", fault_run_begin, .before = {CREATE}, .asked = ABORT, .fails_silently = true},
};

static jb_store *open_store(const char *endpoint)
{
    return s3_fixture_open(endpoint, (jb_store_options){0});
}

static const struct fault_matrix matrix = {operations, sizeof operations / sizeof *operations, open_store, NULL};

#define SET_UP(setting, script) fault_setting_begin(&(setting), &matrix, script, sizeof(script) / sizeof *(script))

static void every_operation_survives_every_passing_fault(void **state)
{
    (void)state;
    fault_matrix_survives_passing_faults(&matrix);
    fault_matrix_survives(&matrix, "400 RequestTimeout",
                          (struct exchange){.status = "400 Bad", .reply = ERROR_BODY("RequestTimeout")});
    fault_matrix_survives(&matrix, "409 OperationAborted",
                          (struct exchange){.status = "409 Conflict", .reply = ERROR_BODY("OperationAborted")});
}

static void lasting_faults_fail_clearly(void **state)
{
    (void)state;
    fault_matrix_fails_by_lasting_faults(&matrix);
}

static void lasting_refusals_fail_clearly_and_at_once(void **state)
{
    (void)state;
    /* Twice, for the answer to HEAD may be about the clock. */
    fault_matrix_fails(&matrix, "AccessDenied",
                       (struct exchange){.status = "403 No", .reply = ERROR_BODY("AccessDenied")}, 2, JB_ERROR_ACCESS);
    fault_matrix_fails(&matrix, "ExpiredToken",
                       (struct exchange){.status = "400 No", .reply = ERROR_BODY("ExpiredToken")}, 1, JB_ERROR_ACCESS);
}

static void a_200_that_is_none_is_never_taken_for_success(void **state)
{
    (void)state;
    fault_matrix_believes_no_other_200(&matrix);
}

static void a_redirect_is_not_followed(void **state)
{
    (void)state;
    fault_matrix_follows_no_redirect(&matrix);
}

static void a_header_without_end_fails(void **state)
{
    (void)state;
    fault_matrix_bounds_headers(&matrix);
}

#define CONTINUE "HTTP/1.1 100 Continue\r\nX-Noise: 1\r\n\r\n"
#define CHUNKED  "HTTP/1.1 200 OK\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n" TIMED_TAG "\r\n"

static void answers_in_chunks_and_after_100_continue_are_read(void **state)
{
    (void)state;
    static const struct {
        int (*run)(struct fault_setting *setting);
        struct exchange exchange;
    } forms[] = {
        {fault_run_read,
         {"GET", "/bucket/key", .fault = FAULT_RAW, .reply = CONTINUE CHUNKED "2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\n\r\n"}},
        {fault_run_range,
         {"GET", "/bucket/key", .fault = FAULT_RAW,
          .reply = CONTINUE "HTTP/1.1 206 Partial\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n" TIMED_TAG
                            "Content-Range: bytes 7-11/20\r\n\r\n5\r\nhello\r\n0\r\nX-Trailer: 1\r\n\r\n"}},
        {fault_run_write,
         {"PUT", "/bucket/key", .fault = FAULT_RAW,
          .reply =
              CONTINUE "HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nETag: "
                       "\"e\"\r\nx-amz-checksum-sha256: " CHECKSUM_HELLO "\r\nContent-Length: 0\r\n\r\n"}},
    };
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        struct fault_setting setting;
        fault_setting_begin(&setting, &matrix, &forms[i].exchange, 1);
        if (forms[i].run(&setting) != JB_OK)
            fail_msg("form %zu: %s", i, setting.error.text);
        fault_setting_end(&setting);
    }
}

/* Of what ends with its connection, nobody knows whether all of it came. */
static void an_answer_without_its_length_is_not_believed(void **state)
{
    (void)state;
    const struct exchange script[] = {
        {"GET", "/bucket/key", .fault = FAULT_RAW, .reply = "HTTP/1.1 200 OK\r\n" TIMED_TAG "\r\nhello"}};
    struct fault_setting setting;
    SET_UP(setting, script);
    assert_int_equal(fault_run_read(&setting), JB_ERROR_FORMAT);
    assert_non_null(strstr(setting.error.text, "how long"));
    fault_setting_end(&setting);
}

/* The scripted server lives in 1994. */
static void a_skewed_clock_is_set_right_by_the_stores(void **state)
{
    (void)state;
    const struct exchange script[] = {
        {"PUT", "/bucket/key", .status = "403 No", .reply = ERROR_BODY("RequestTimeTooSkewed")},
        {"PUT",
         "/bucket/key",
         {"x-amz-date: 19941106T08*"},
         .body = "hello",
         .status = "200 OK",
         .reply_headers = TAKEN(CHECKSUM_HELLO)},
        {"HEAD",
         "/bucket/key",
         {"x-amz-date: 19941106T08*"},
         .status = "200 OK",
         .reply_headers = TIMED_TAG,
         .reply_size = 5}};
    struct fault_setting setting;
    SET_UP(setting, script);
    assert_int_equal(fault_run_write(&setting), JB_OK);
    assert_int_equal(fault_run_stat(&setting), JB_OK);
    fault_setting_end(&setting);
}

static void a_skewed_clock_is_found_where_the_answer_has_no_body(void **state)
{
    (void)state;
    const struct exchange script[] = {{"HEAD", "/bucket/key", .status = "403 No"},
                                      {"HEAD",
                                       "/bucket/key",
                                       {"x-amz-date: 19941106T08*"},
                                       .status = "200 OK",
                                       .reply_headers = TIMED_TAG,
                                       .reply_size = 5}};
    struct fault_setting setting;
    SET_UP(setting, script);
    assert_int_equal(fault_run_stat(&setting), JB_OK);
    fault_setting_end(&setting);
}

static void a_clock_that_cannot_be_set_right_fails_with_a_hint(void **state)
{
    (void)state;
    const struct exchange refusal = {"PUT", "/bucket/key", .status = "403 No",
                                     .reply = ERROR_BODY("RequestTimeTooSkewed")};
    const struct exchange script[] = {refusal, refusal};
    struct fault_setting setting;
    SET_UP(setting, script);
    assert_int_equal(fault_run_write(&setting), JB_ERROR_ACCESS);
    assert_non_null(strstr(setting.error.hint, "clock"));
    fault_setting_end(&setting);
}

static void a_part_lost_before_completion_fails_and_leaves_nothing(void **state)
{
    (void)state;
    const struct exchange script[] = {
        CREATE, PART, {"POST", UPLOAD, .status = "400 Bad", .reply = ERROR_BODY("InvalidPart")}, ABORT};
    struct fault_setting setting;
    SET_UP(setting, script);
    assert_int_equal(fault_run_upload(&setting), JB_ERROR_VERIFY);
    assert_non_null(strstr(setting.error.text, "InvalidPart"));
    assert_non_null(strstr(setting.error.hint, "lost a part"));
    fault_setting_end(&setting);
}

static void an_unknown_host_is_unreachable_and_named(void **state)
{
    (void)state;
    struct fault_setting setting = {.error = JB_ERROR_INIT};
    setting.store = s3_fixture_open("http://no-such-host.invalid", (jb_store_options){0});
    assert_int_equal(fault_run_stat(&setting), JB_ERROR_UNREACHABLE);
    assert_non_null(strstr(setting.error.text, "no-such-host.invalid"));
    assert_non_null(strstr(setting.error.hint, "endpoint"));
    setting.store->driver->close(setting.store);
}

static void cancelling_ends_every_operation_at_once_and_leaves_no_upload(void **state)
{
    (void)state;
    fault_matrix_can_be_cancelled(&matrix);
}

static void cancelling_between_two_parts_aborts_the_upload(void **state)
{
    (void)state;
    const struct exchange script[] = {CREATE, PART, ABORT};
    struct fault_setting setting;
    SET_UP(setting, script);
    struct store_upload *upload;
    assert_int_equal(fault_begin_upload(&setting, &upload), JB_OK);
    assert_int_equal(fault_send_first(&setting, upload), JB_OK);
    jb_operation_cancel(setting.operation);
    char bytes[] = "second";
    struct waited_transfer waited;
    waited_transfer_init(&waited, bytes, 6, 5);
    if (setting.store->driver->upload_part(upload, 1, &waited.transfer, &setting.error) == JB_OK)
        assert_int_equal(waited_transfer_end(&waited), JB_ERROR_CANCELLED);
    jb_object_info info = {.size = sizeof info};
    const struct store_condition always = {STORE_ALWAYS, NULL};
    assert_int_not_equal(setting.store->driver->upload_complete(upload, always, &info, &setting.error), JB_OK);
    setting.store->driver->upload_abort(upload);
    fault_setting_end(&setting);
}

static void memory_stays_flat_over_many_faults(void **state)
{
    (void)state;
    fault_matrix_keeps_memory_flat(&matrix);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_operation_survives_every_passing_fault),
        cmocka_unit_test(lasting_faults_fail_clearly),
        cmocka_unit_test(lasting_refusals_fail_clearly_and_at_once),
        cmocka_unit_test(a_200_that_is_none_is_never_taken_for_success),
        cmocka_unit_test(a_redirect_is_not_followed),
        cmocka_unit_test(answers_in_chunks_and_after_100_continue_are_read),
        cmocka_unit_test(an_answer_without_its_length_is_not_believed),
        cmocka_unit_test(a_header_without_end_fails),
        cmocka_unit_test(a_skewed_clock_is_set_right_by_the_stores),
        cmocka_unit_test(a_skewed_clock_is_found_where_the_answer_has_no_body),
        cmocka_unit_test(a_clock_that_cannot_be_set_right_fails_with_a_hint),
        cmocka_unit_test(a_part_lost_before_completion_fails_and_leaves_nothing),
        cmocka_unit_test(an_unknown_host_is_unreachable_and_named),
        cmocka_unit_test(cancelling_ends_every_operation_at_once_and_leaves_no_upload),
        cmocka_unit_test(cancelling_between_two_parts_aborts_the_upload),
        cmocka_unit_test(memory_stays_flat_over_many_faults),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
