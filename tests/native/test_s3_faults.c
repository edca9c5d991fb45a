/*
 * What network and server may do to each operation of the S3 driver. An operation survives what passes, or fails
 * clearly; no descriptor is left open (s3_fixture.c counts them), and memory stays as it was.
 *
 * case                                                   test
 * throttled, with and without Retry-After; 429           passing_faults (here), retry_after_… (test_http.c)
 * 408, 500, 502 of a proxy, 503, 504, OperationAborted   passing_faults
 * refused before the body was read                       passing_faults
 * reset before, without, and within the answer           passing_faults
 * closed without and within the answer or its header     passing_faults
 * stalled answer, no answer at all                       passing_faults, a_trickle… (test_http.c)
 * chunked answer that is cut                             passing_faults
 * slow bytes                                             a_slow_reply_is_no_stall… (test_http.c)
 * every try fails                                        lasting_faults_…
 * 100 Continue before the answer, chunked answers        answers_in_chunks_…
 * answer without a length                                an_answer_without_its_length_…
 * wrong length, another range                            another_range_…, more_bytes_… (test_s3_upload.c)
 * wrong or missing ETag                                  an_object_with_another_tag_…, a_part_whose_answer_…
 * (test_s3_upload.c) 200 with an error or with a page of a proxy            a_200_that_is_none_…,
 * a_200_with_an_error_body_… (test_s3_upload.c) expired token, refused keys errors_of_the_store_… (test_s3_object.c),
 * lasting_refusals_… skewed clock                                           a_skewed_clock_…, a_clock_that_cannot_…
 * another region                                         test_s3_object.c
 * part lost before completion                            a_part_lost_before_completion_…
 * completion without an answer, done or not              lost_answer… (test_s3_upload.c)
 * conditional write without an answer                    lost_answer… (test_s3_object.c)
 * pages that repeat, malformed listings                  test_s3_list.c
 * huge headers                                           a_header_without_end_…
 * redirect to somewhere else                             a_redirect_…
 * name that does not resolve, refused connection         an_unknown_host_…, a_server_that_went_away_… (test_http.c)
 * certificates                                           tests/system/test_cli_tls.sh
 * cancelled at each stage                                cancelling_…, a_cancelled_… (test_s3_upload.c)
 */
#include <malloc.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
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

static int run_stat(struct s3_fixture *fixture)
{
    jb_object_info info = {.size = sizeof info};
    int code =
        fixture->store->driver->stat(fixture->store, fixture->operation, "bucket", "key", NULL, &info, &fixture->error);
    if (code == JB_OK)
        assert_int_equal(info.bytes, 5);
    return code;
}

static int run_read(struct s3_fixture *fixture)
{
    jb_object_info info = {.size = sizeof info};
    struct buffer body;
    buffer_init(&body, 1024);
    int code = fixture->store->driver->read(fixture->store, fixture->operation, "bucket", "key", NULL, &body, &info,
                                            &fixture->error);
    if (code == JB_OK)
        assert_string_equal(body.data, "hello");
    buffer_clean_up(&body);
    return code;
}

static int run_write(struct s3_fixture *fixture)
{
    static const struct store_condition always = {STORE_ALWAYS, NULL};
    jb_object_info info = {.size = sizeof info};
    return fixture->store->driver->write(fixture->store, fixture->operation, "bucket", "key", "hello", 5, NULL, always,
                                         &info, &fixture->error);
}

static int run_range(struct s3_fixture *fixture)
{
    char bytes[6] = "";
    struct waited_transfer waited;
    waited_transfer_init(&waited, bytes, 5, 7);
    int code = fixture->store->driver->range(fixture->store, fixture->operation, "bucket", "key", NULL,
                                             &waited.transfer, &fixture->error);
    assert_int_equal(code, JB_OK);
    code = waited_transfer_end(&waited);
    error_copy(&fixture->error, &waited.transfer.error);
    if (code == JB_OK)
        assert_string_equal(bytes, "hello");
    return code;
}

static int count_object(void *context, const jb_object_info *info)
{
    assert_string_equal(info->key, "k");
    ++*(unsigned *)context;
    return 0;
}

static int run_list(struct s3_fixture *fixture)
{
    static const jb_list_options options = {.size = sizeof options, .prefix = "k"};
    unsigned count = 0;
    int code = fixture->store->driver->list(fixture->store, fixture->operation, "bucket", &options, count_object,
                                            &count, &fixture->error);
    if (code == JB_OK)
        assert_int_equal(count, 1);
    return code;
}

static int run_remove(struct s3_fixture *fixture)
{
    static const struct store_key keys[] = {{.key = "a"}, {.key = "b"}};
    return fixture->store->driver->remove(fixture->store, fixture->operation, "bucket", keys, 2, &fixture->error);
}

static int begin(struct s3_fixture *fixture, struct store_upload **upload)
{
    return fixture->store->driver->upload_begin(fixture->store, fixture->operation, "bucket", "key", upload,
                                                &fixture->error);
}

/* Begins an upload and aborts it: for the faults of either. */
static int run_begin(struct s3_fixture *fixture)
{
    struct store_upload *upload;
    int code = begin(fixture, &upload);
    if (code == JB_OK)
        fixture->store->driver->upload_abort(upload);
    return code;
}

static int send_first(struct s3_fixture *fixture, struct store_upload *upload)
{
    char bytes[] = "first";
    struct waited_transfer waited;
    waited_transfer_init(&waited, bytes, 5, 0);
    int code = fixture->store->driver->upload_part(upload, 0, &waited.transfer, &fixture->error);
    assert_int_equal(code, JB_OK);
    code = waited_transfer_end(&waited);
    error_copy(&fixture->error, &waited.transfer.error);
    return code;
}

static int run_upload(struct s3_fixture *fixture)
{
    static const struct store_condition if_absent = {STORE_IF_ABSENT, NULL};
    struct store_upload *upload;
    jb_object_info info = {.size = sizeof info};
    assert_int_equal(begin(fixture, &upload), JB_OK);
    int code = send_first(fixture, upload);
    if (code == JB_OK)
        code = fixture->store->driver->upload_complete(upload, if_absent, &info, &fixture->error);
    if (code != JB_OK)
        fixture->store->driver->upload_abort(upload);
    else
        assert_int_equal(info.bytes, 5);
    return code;
}

/* An operation: what comes before the request that a fault hits, that request with its right answer, what follows. */
struct operation {
    const char *name;
    int (*run)(struct s3_fixture *fixture);
    struct exchange before[2], asked, on_success[2], on_failure[3];
    bool fails_silently; /* best effort: no code tells */
};

static const struct operation operations[] = {
    {"stat", run_stat,
     .asked = {"HEAD", "/bucket/key", .status = "200 OK", .reply_headers = TIMED_TAG, .reply_size = 5}},
    {"read", run_read,
     .asked = {"GET", "/bucket/key", .status = "200 OK", .reply_headers = TIMED_TAG, .reply = "hello"}},
    {"write", run_write,
     .asked = {"PUT", "/bucket/key", .body = "hello", .status = "200 OK", .reply_headers = TAKEN(CHECKSUM_HELLO)}},
    {"range", run_range,
     .asked = {"GET",
               "/bucket/key",
               {"range: bytes=7-11"},
               .status = "206 Partial",
               .reply = "hello",
               .reply_headers = TIMED_TAG "Content-Range: bytes 7-11/20\r\n"}},
    {"list", run_list,
     .asked = {"GET", LIST, .status = "200 OK",
               .reply = "<ListBucketResult><Contents><Key>k</Key><Size>1</Size><LastModified>2026-01-01T00:00:00.000Z"
                        "</LastModified><ETag>\"e\"</ETag></Contents></ListBucketResult>"}},
    {"remove", run_remove,
     .asked = {"POST", "/bucket?delete=", .status = "200 OK", .reply = "<DeleteResult></DeleteResult>"}},
    {"begin", run_begin, .asked = CREATE, .on_success = {ABORT}},
    {"part", run_upload, .before = {CREATE}, .asked = PART, .on_success = {COMPLETE, CONFIRM}, .on_failure = {ABORT}},
    {"complete", run_upload, .before = {CREATE, PART}, .asked = COMPLETE, .on_success = {CONFIRM},
     /* It looks whether the upload was completed after all. */
     .on_failure = {ABORT, {"HEAD", "/bucket/key", .status = "404 No"}, {"HEAD", "/bucket", .status = "200 OK"}}},
    {"abort", run_begin, .before = {CREATE}, .asked = ABORT, .fails_silently = true},
};
#define OPERATIONS (sizeof operations / sizeof *operations)

static void add(struct exchange *script, size_t *count, const struct exchange *exchanges, size_t most)
{
    for (size_t i = 0; i < most && exchanges[i].method != NULL; i++)
        script[(*count)++] = exchanges[i];
}

/* The fault as an answer to what this operation asks. */
static struct exchange aimed(struct exchange fault, const struct operation *operation)
{
    fault.method = operation->asked.method;
    fault.target = operation->asked.target;
    if (fault.status == NULL)
        fault.status = operation->asked.status;
    if (fault.reply == NULL && fault.fault != FAULT_RAW) {
        fault.reply = operation->asked.reply;
        fault.reply_headers = operation->asked.reply_headers;
    }
    if (strcmp(fault.method, "HEAD") == 0 && fault.fault != FAULT_RAW && fault.reply != NULL) {
        fault.reply_size = strlen(fault.reply);
        fault.reply = NULL;
    }
    return fault;
}

/* Runs the operation with the fault `times` times, then the right answer if there is a try left. */
static int run(const struct operation *operation, struct exchange fault, unsigned times, bool succeeds,
               struct s3_fixture *fixture)
{
    static struct exchange script[16]; /* outlives this call: the fixture's server reads it */
    size_t count = 0;
    add(script, &count, operation->before, 2);
    for (unsigned i = 0; i < times; i++)
        script[count++] = aimed(fault, operation);
    if (succeeds) {
        script[count++] = operation->asked;
        add(script, &count, operation->on_success, 2);
    } else {
        add(script, &count, operation->on_failure, 3);
    }
    s3_fixture_begin(fixture, script, count);
    return operation->run(fixture);
}

static bool has_body(const struct operation *operation)
{
    return operation->asked.reply != NULL && strcmp(operation->asked.method, "HEAD") != 0;
}

static bool within_reply(enum exchange_fault fault)
{
    return fault == FAULT_RESET_IN_REPLY || fault == FAULT_CLOSE_IN_REPLY || fault == FAULT_STALL;
}

struct passing {
    const char *name;
    struct exchange fault;
};

static const struct passing passing_faults[] = {
    {"503 SlowDown", {.status = "503 Busy", .reply = ERROR_BODY("SlowDown")}},
    {"503 with Retry-After",
     {.status = "503 Busy", .reply = ERROR_BODY("SlowDown"), .reply_headers = "Retry-After: 0\r\n"}},
    {"503 with a Retry-After that is none",
     {.status = "503 Busy", .reply = "", .reply_headers = "Retry-After: 99999999999999999999\r\n"}},
    {"429", {.status = "429 Too Many", .reply = ""}},
    {"500", {.status = "500 No", .reply = ERROR_BODY("InternalError")}},
    {"502 of a proxy", {.status = "502 Bad Gateway", .reply = "<html><body>Bad Gateway<br></html>"}},
    {"504", {.status = "504 Late", .reply = ""}},
    {"408", {.status = "408 Late", .reply = ""}},
    {"400 RequestTimeout", {.status = "400 Bad", .reply = ERROR_BODY("RequestTimeout")}},
    {"409 OperationAborted", {.status = "409 Conflict", .reply = ERROR_BODY("OperationAborted")}},
    {"503 before the body was read", {.status = "503 Busy", .reply = ERROR_BODY("SlowDown"), .fault = FAULT_EARLY}},
    {"reset before the body", {.fault = FAULT_RESET_BEFORE_BODY}},
    {"reset without an answer", {.fault = FAULT_RESET_UNANSWERED}},
    {"closed without an answer", {.fault = FAULT_RAW}},
    {"closed within the header", {.fault = FAULT_RAW, .reply = "HTTP/1.1 200 OK\r\nETag: \"e"}},
    {"chunked answer, cut",
     {.fault = FAULT_RAW, .reply = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhel"}},
    {"garbage", {.fault = FAULT_RAW, .reply = "\x16\x03\x01\x02 is not HTTP\r\n\r\n"}},
    {"reset within the answer", {.fault = FAULT_RESET_IN_REPLY, .cut = 3}},
    {"closed within the answer", {.fault = FAULT_CLOSE_IN_REPLY, .cut = 3}},
    {"stalled within the answer", {.fault = FAULT_STALL, .cut = 3}},
    {"silence", {.fault = FAULT_SILENT}},
};

static bool applies(const struct exchange *fault, const struct operation *operation)
{
    if (within_reply(fault->fault) && !has_body(operation))
        return false;
    /* Without a body, these statuses do not tell that the fault passes. */
    bool untold =
        fault->status != NULL && (strncmp(fault->status, "400", 3) == 0 || strncmp(fault->status, "409", 3) == 0);
    if (untold && strcmp(operation->asked.method, "HEAD") == 0)
        return false;
    /* The end of an upload may take ten times as long. */
    bool waits = fault->fault == FAULT_STALL || fault->fault == FAULT_SILENT;
    if (waits && strcmp(operation->name, "complete") == 0)
        return false;
    /* A HEAD's answer ends with its header, and so may the answer to an abort. */
    return !(fault->fault == FAULT_RAW && fault->reply != NULL && strstr(fault->reply, "chunked") != NULL &&
             !has_body(operation));
}

static void every_operation_survives_every_passing_fault(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof passing_faults / sizeof *passing_faults; i++)
        for (size_t j = 0; j < OPERATIONS; j++) {
            struct s3_fixture fixture;
            if (!applies(&passing_faults[i].fault, &operations[j]))
                continue;
            int code = run(&operations[j], passing_faults[i].fault, 1, true, &fixture);
            if (code != JB_OK)
                fail_msg("%s: %s: code %d, '%s'", passing_faults[i].name, operations[j].name, code, fixture.error.text);
            s3_fixture_end(&fixture);
        }
}

/* The fault meets all tries: a clear failure, and nothing left of an upload. */
static void all_fail(const char *name, struct exchange fault, unsigned tries, int expected)
{
    for (size_t i = 0; i < OPERATIONS; i++) {
        const struct operation *operation = &operations[i];
        struct s3_fixture fixture;
        if (!applies(&fault, operation))
            continue;
        int code = run(operation, fault, tries, false, &fixture);
        if (!operation->fails_silently && code != expected)
            fail_msg("%s: %s: code %d, '%s'", name, operation->name, code, fixture.error.text);
        if (!operation->fails_silently &&
            (strstr(fixture.error.text, "cannot ") == NULL || strstr(fixture.error.text, "s3://bucket") == NULL))
            fail_msg("%s: %s: unclear: '%s'", name, operation->name, fixture.error.text);
        s3_fixture_end_early(&fixture);
    }
}

static void lasting_faults_fail_clearly(void **state)
{
    (void)state;
    all_fail("503", (struct exchange){.status = "503 Busy", .reply = ERROR_BODY("SlowDown")}, FIXTURE_TRIES,
             JB_ERROR_UNREACHABLE);
    all_fail("502", (struct exchange){.status = "502 Bad Gateway", .reply = "<html>"}, FIXTURE_TRIES,
             JB_ERROR_UNREACHABLE);
}

static void lasting_refusals_fail_clearly_and_at_once(void **state)
{
    (void)state;
    /* Twice, for the answer to HEAD may be about the clock. */
    all_fail("AccessDenied", (struct exchange){.status = "403 No", .reply = ERROR_BODY("AccessDenied")}, 2,
             JB_ERROR_ACCESS);
    all_fail("ExpiredToken", (struct exchange){.status = "400 No", .reply = ERROR_BODY("ExpiredToken")}, 1,
             JB_ERROR_ACCESS);
}

/* A 200 says nothing by itself. */
static void a_200_that_is_none_is_never_taken_for_success(void **state)
{
    (void)state;
    static const char *const bodies[] = {"<html><body>Please log in</body></html>", ERROR_BODY("AccessDenied"), ""};
    for (size_t i = 0; i < 3; i++)
        for (size_t j = 0; j < OPERATIONS; j++) {
            struct s3_fixture fixture;
            if (operations[j].fails_silently)
                continue;
            struct exchange page = {.status = "200 OK", .reply = bodies[i]};
            int code = run(&operations[j], page, FIXTURE_TRIES, false, &fixture);
            if (code == JB_OK)
                fail_msg("'%s' was taken for success: %s", bodies[i], operations[j].name);
            s3_fixture_end_early(&fixture);
        }
}

/* To another host or scheme, with the signature and the data, at a server's word. */
static void a_redirect_is_not_followed(void **state)
{
    (void)state;
    static const struct exchange nothing[] = {{"GET", "/", .status = "200 OK"}};
    struct scripted_server *elsewhere = scripted_server_start(nothing, 1);
    static char location[128];
    snprintf(location, sizeof location, "Location: %s/\r\n", scripted_server_endpoint(elsewhere));
    for (size_t i = 0; i < OPERATIONS; i++) {
        struct s3_fixture fixture;
        struct exchange moved = {.status = "302 Found", .reply = "", .reply_headers = location};
        int code = run(&operations[i], moved, 1, false, &fixture);
        if (code == JB_OK && !operations[i].fails_silently)
            fail_msg("a redirect was taken for success: %s", operations[i].name);
        s3_fixture_end_early(&fixture);
    }
    assert_int_equal(scripted_server_connections(elsewhere), 0);
    scripted_server_stop_early(elsewhere);
}

#define CONTINUE "HTTP/1.1 100 Continue\r\nX-Noise: 1\r\n\r\n"
#define CHUNKED  "HTTP/1.1 200 OK\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n" TIMED_TAG "\r\n"

static void answers_in_chunks_and_after_100_continue_are_read(void **state)
{
    (void)state;
    static const struct {
        int (*run)(struct s3_fixture *fixture);
        struct exchange exchange;
    } forms[] = {
        {run_read,
         {"GET", "/bucket/key", .fault = FAULT_RAW, .reply = CONTINUE CHUNKED "2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\n\r\n"}},
        {run_range,
         {"GET", "/bucket/key", .fault = FAULT_RAW,
          .reply = CONTINUE "HTTP/1.1 206 Partial\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n" TIMED_TAG
                            "Content-Range: bytes 7-11/20\r\n\r\n5\r\nhello\r\n0\r\nX-Trailer: 1\r\n\r\n"}},
        {run_write,
         {"PUT", "/bucket/key", .fault = FAULT_RAW,
          .reply =
              CONTINUE "HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nETag: "
                       "\"e\"\r\nx-amz-checksum-sha256: " CHECKSUM_HELLO "\r\nContent-Length: 0\r\n\r\n"}},
    };
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        struct s3_fixture fixture;
        s3_fixture_begin(&fixture, &forms[i].exchange, 1);
        if (forms[i].run(&fixture) != JB_OK)
            fail_msg("form %zu: %s", i, fixture.error.text);
        s3_fixture_end(&fixture);
    }
}

/* Of what ends with its connection, nobody knows whether all of it came. */
static void an_answer_without_its_length_is_not_believed(void **state)
{
    (void)state;
    const struct exchange script[] = {
        {"GET", "/bucket/key", .fault = FAULT_RAW, .reply = "HTTP/1.1 200 OK\r\n" TIMED_TAG "\r\nhello"}};
    struct s3_fixture fixture;
    BEGIN(fixture, script);
    assert_int_equal(run_read(&fixture), JB_ERROR_FORMAT);
    assert_non_null(strstr(fixture.error.text, "how long"));
    s3_fixture_end(&fixture);
}

static void a_header_without_end_fails(void **state)
{
    (void)state;
    static char huge[70000];
    int size = snprintf(huge, sizeof huge, "HTTP/1.1 200 OK\r\n");
    while (size < 66000)
        size += snprintf(huge + size, sizeof huge - (size_t)size, "X-Noise-%d: %0100d\r\n", size, 1);
    const struct exchange header = {.fault = FAULT_RAW, .reply = huge};
    for (size_t i = 0; i < OPERATIONS; i++) {
        struct s3_fixture fixture;
        int code = run(&operations[i], header, 1, false, &fixture);
        if (code == JB_OK && !operations[i].fails_silently)
            fail_msg("a header without end was taken for success: %s", operations[i].name);
        s3_fixture_end_early(&fixture);
    }
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
    struct s3_fixture fixture;
    BEGIN(fixture, script);
    assert_int_equal(run_write(&fixture), JB_OK);
    assert_int_equal(run_stat(&fixture), JB_OK);
    s3_fixture_end(&fixture);
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
    struct s3_fixture fixture;
    BEGIN(fixture, script);
    assert_int_equal(run_stat(&fixture), JB_OK);
    s3_fixture_end(&fixture);
}

static void a_clock_that_cannot_be_set_right_fails_with_a_hint(void **state)
{
    (void)state;
    const struct exchange refusal = {"PUT", "/bucket/key", .status = "403 No",
                                     .reply = ERROR_BODY("RequestTimeTooSkewed")};
    const struct exchange script[] = {refusal, refusal};
    struct s3_fixture fixture;
    BEGIN(fixture, script);
    assert_int_equal(run_write(&fixture), JB_ERROR_ACCESS);
    assert_non_null(strstr(fixture.error.hint, "clock"));
    s3_fixture_end(&fixture);
}

static void a_part_lost_before_completion_fails_and_leaves_nothing(void **state)
{
    (void)state;
    const struct exchange script[] = {
        CREATE, PART, {"POST", UPLOAD, .status = "400 Bad", .reply = ERROR_BODY("InvalidPart")}, ABORT};
    struct s3_fixture fixture;
    BEGIN(fixture, script);
    assert_int_equal(run_upload(&fixture), JB_ERROR_VERIFY);
    assert_non_null(strstr(fixture.error.text, "InvalidPart"));
    assert_non_null(strstr(fixture.error.hint, "lost a part"));
    s3_fixture_end(&fixture);
}

static void an_unknown_host_is_unreachable_and_named(void **state)
{
    (void)state;
    struct s3_fixture fixture = {.error = JB_ERROR_INIT};
    fixture.store = s3_fixture_open("http://no-such-host.invalid", (jb_store_options){0});
    assert_int_equal(run_stat(&fixture), JB_ERROR_UNREACHABLE);
    assert_non_null(strstr(fixture.error.text, "no-such-host.invalid"));
    assert_non_null(strstr(fixture.error.hint, "endpoint"));
    fixture.store->driver->close(fixture.store);
}

struct canceller {
    struct s3_fixture *fixture;
    size_t after; /* exchanges */
    int64_t at_ms;
};

static void *cancel_when_reached(void *context)
{
    struct canceller *canceller = context;
    while (scripted_server_used(canceller->fixture->server) < canceller->after)
        usleep(500);
    canceller->at_ms = clock_monotonic_ms();
    jb_operation_cancel(canceller->fixture->operation);
    return NULL;
}

static void cancelling_ends_every_operation_at_once_and_leaves_no_upload(void **state)
{
    (void)state;
    for (size_t i = 0; i < OPERATIONS; i++) {
        const struct operation *operation = &operations[i];
        if (operation->fails_silently)
            continue; /* it is what follows a cancellation */
        struct exchange script[8];
        size_t count = 0;
        add(script, &count, operation->before, 2);
        script[count++] = aimed((struct exchange){.fault = FAULT_SILENT}, operation);
        struct s3_fixture fixture;
        struct canceller canceller = {&fixture, count, 0};
        add(script, &count, operation->on_failure, 1);
        s3_fixture_begin(&fixture, script, count);
        pthread_t thread;
        pthread_create(&thread, NULL, cancel_when_reached, &canceller);
        int code = operation->run(&fixture);
        int64_t ended_ms = clock_monotonic_ms();
        pthread_join(thread, NULL);
        if (code != JB_ERROR_CANCELLED || ended_ms - canceller.at_ms > 1000)
            fail_msg("%s: code %d after %lld ms", operation->name, code, (long long)(ended_ms - canceller.at_ms));
        s3_fixture_end(&fixture); /* the upload was aborted */
    }
}

static void cancelling_between_two_parts_aborts_the_upload(void **state)
{
    (void)state;
    const struct exchange script[] = {CREATE, PART, ABORT};
    struct s3_fixture fixture;
    BEGIN(fixture, script);
    struct store_upload *upload;
    assert_int_equal(begin(&fixture, &upload), JB_OK);
    assert_int_equal(send_first(&fixture, upload), JB_OK);
    jb_operation_cancel(fixture.operation);
    char bytes[] = "second";
    struct waited_transfer waited;
    waited_transfer_init(&waited, bytes, 6, 5);
    if (fixture.store->driver->upload_part(upload, 1, &waited.transfer, &fixture.error) == JB_OK)
        assert_int_equal(waited_transfer_end(&waited), JB_ERROR_CANCELLED);
    jb_object_info info = {.size = sizeof info};
    const struct store_condition always = {STORE_ALWAYS, NULL};
    assert_int_not_equal(fixture.store->driver->upload_complete(upload, always, &info, &fixture.error), JB_OK);
    fixture.store->driver->upload_abort(upload);
    s3_fixture_end(&fixture);
}

/* What is left over of each fault would add up. */
static void memory_stays_flat_over_many_faults(void **state)
{
    (void)state;
    size_t settled = 0;
    for (unsigned round = 0; round < 40; round++) {
        for (size_t i = 0; i < OPERATIONS; i++) {
            struct s3_fixture fixture;
            bool succeeds = round % 2 == 0;
            struct exchange fault = {.status = "503 Busy", .reply = ERROR_BODY("SlowDown")};
            run(&operations[i], fault, succeeds ? 1 : FIXTURE_TRIES, succeeds, &fixture);
            s3_fixture_end_early(&fixture);
        }
        if (round == 9)
            settled = mallinfo2().uordblks;
    }
    assert_in_range(mallinfo2().uordblks, 0, settled + 32768);
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
