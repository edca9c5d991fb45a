/* Multipart uploads and ranged reads on S3, and each fault on their way. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "codec/digest.h"
#include "s3_fixture.h"

#define ERROR_BODY(code) "<?xml version=\"1.0\"?><Error><Code>" code "</Code><Message>so it is</Message></Error>"
#define ID               "up/1+"
#define BEGUN                                                                                                          \
    "<InitiateMultipartUploadResult><Bucket>bucket</Bucket><UploadId>" ID "</UploadId></"                              \
    "InitiateMultipartUploadResult>"
#define TARGET       "/bucket/key?uploadId=up%2F1%2B"
#define PART(number) "/bucket/key?partNumber=" number "&uploadId=up%2F1%2B"
/* MD5 of "first" and "second", and of both of these together. */
#define TAG_1          "8b04d5e3775d298e78455efc5ca404d5"
#define TAG_2          "a9f0e61a137d86aa9db53465e0801612"
#define TAG_ALL        "\"018d78427d06dd29caa19b06085b7e7e-2\""
#define TAG_OTHER      "\"00000000000000000000000000000000-2\""
#define COMPLETED(tag) "<CompleteMultipartUploadResult><ETag>" tag "</ETag></CompleteMultipartUploadResult>"
#define COMPLETION                                                                                                     \
    "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"                                      \
    "<Part><PartNumber>1</PartNumber><ETag>&quot;" TAG_1 "&quot;</ETag></Part>"                                        \
    "<Part><PartNumber>2</PartNumber><ETag>&quot;" TAG_2 "&quot;</ETag></Part></CompleteMultipartUpload>"
#define HEAD_REPLY(tag) "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\nETag: " tag "\r\n"

#define CREATE                                                                                                         \
    {                                                                                                                  \
        "POST", "/bucket/key?uploads=", {"content-length: 0"}, .status = "200 OK", .reply = BEGUN                      \
    }
#define PART_1                                                                                                         \
    {                                                                                                                  \
        "PUT", PART("1"), {"x-amz-content-sha256: a7937b64b8caa58f03721bb6bacf5c78cb235febe0e70b1b84cd99541461a08e"},  \
            .body = "first", .status = "200 OK", .reply_headers = "ETag: \"" TAG_1 "\"\r\n"                            \
    }
#define PART_2                                                                                                         \
    {                                                                                                                  \
        "PUT", PART("2"), .body = "second", .status = "200 OK", .reply_headers = "ETag: \"" TAG_2 "\"\r\n"             \
    }
#define HEAD(tag, bytes)                                                                                               \
    {                                                                                                                  \
        "HEAD", "/bucket/key", .status = "200 OK", .reply_headers = HEAD_REPLY(tag), .reply_size = bytes               \
    }
#define LIST_PARTS                                                                                                     \
    {                                                                                                                  \
        "GET", "/bucket/key?max-parts=1000&uploadId=up%2F1%2B",                                                        \
            .status = "200 OK",                                                                                        \
            .reply = "<ListPartsResult><Part><PartNumber>1</PartNumber><ETag>" TAG_1 "</ETag><Size>5</Size></Part>"    \
                     "<Part><PartNumber>2</PartNumber><ETag>&quot;" TAG_2 "&quot;</ETag><Size>6</Size></Part>"         \
                     "</ListPartsResult>"                                                                              \
    }
#define ABORT                                                                                                          \
    {                                                                                                                  \
        "DELETE", TARGET, .status = "204 None"                                                                         \
    }
#define COMPLETE(...)                                                                                                  \
    {                                                                                                                  \
        "POST", TARGET, .body = COMPLETION, __VA_ARGS__                                                                \
    }

static const struct store_condition always = {STORE_ALWAYS, NULL}, if_absent = {STORE_IF_ABSENT, NULL};

struct waited {
    struct store_transfer transfer; /* first */
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    unsigned calls;
};

static void done(struct store_transfer *transfer)
{
    struct waited *waited = (struct waited *)transfer;
    pthread_mutex_lock(&waited->mutex);
    waited->calls++;
    pthread_cond_signal(&waited->changed);
    pthread_mutex_unlock(&waited->mutex);
}

static void init_waited(struct waited *waited, char *bytes, size_t count, uint64_t offset)
{
    *waited = (struct waited){
        .transfer = {.bytes = bytes, .count = count, .offset = offset, .done = done, .error = JB_ERROR_INIT},
        .mutex = PTHREAD_MUTEX_INITIALIZER,
        .changed = PTHREAD_COND_INITIALIZER};
    sha256_of(bytes, count, waited->transfer.sha256, NULL);
}

static int wait_done(struct waited *waited)
{
    pthread_mutex_lock(&waited->mutex);
    while (waited->calls == 0)
        pthread_cond_wait(&waited->changed, &waited->mutex);
    pthread_mutex_unlock(&waited->mutex);
    assert_int_equal(waited->calls, 1);
    return (int)waited->transfer.error.code;
}

static struct store_upload *begin_upload(struct s3_fixture *fixture)
{
    struct store_upload *upload = NULL;
    int code = fixture->store->driver->upload_begin(fixture->store, fixture->operation, "bucket", "key", &upload,
                                                    &fixture->error);
    if (code != JB_OK)
        fail_msg("%s", fixture->error.text);
    return upload;
}

static int send_part(struct s3_fixture *fixture, struct store_upload *upload, unsigned number, const char *text)
{
    struct waited waited;
    char bytes[64];
    snprintf(bytes, sizeof bytes, "%s", text);
    init_waited(&waited, bytes, strlen(bytes), 0);
    int code = fixture->store->driver->upload_part(upload, number, &waited.transfer, &fixture->error);
    if (code != JB_OK)
        return code;
    code = wait_done(&waited);
    if (code != JB_OK)
        error_copy(&fixture->error, &waited.transfer.error);
    return code;
}

static struct store_upload *upload_two(struct s3_fixture *fixture)
{
    struct store_upload *upload = begin_upload(fixture);
    assert_int_equal(send_part(fixture, upload, 0, "first"), JB_OK);
    assert_int_equal(send_part(fixture, upload, 1, "second"), JB_OK);
    return upload;
}

static int complete(struct s3_fixture *fixture, struct store_upload *upload, struct store_condition condition,
                    jb_object_info *info)
{
    return fixture->store->driver->upload_complete(upload, condition, info, &fixture->error);
}

static void abort_upload(struct s3_fixture *fixture, struct store_upload *upload)
{
    fixture->store->driver->upload_abort(upload);
}

/* Creation and two parts, then these exchanges for the completion, which must end with `expected`; aborted where it
 * fails. */
static void completion_gives(struct store_condition condition, int expected, const struct exchange *exchanges,
                             size_t count, const char *text)
{
    struct exchange script[16] = {CREATE, PART_1, PART_2, LIST_PARTS};
    size_t used = 4;
    for (size_t i = 0; i < count; i++)
        script[used++] = exchanges[i];
    if (expected != JB_OK)
        script[used++] = (struct exchange)ABORT;
    struct s3_fixture fixture;
    s3_fixture_begin(&fixture, script, used);
    struct store_upload *upload = upload_two(&fixture);
    jb_object_info info = {.size = sizeof info};
    int code = complete(&fixture, upload, condition, &info);
    if (code != expected || (code != JB_OK && strstr(fixture.error.text, text) == NULL))
        fail_msg("code %d, '%s'", code, fixture.error.text);
    if (code != JB_OK)
        abort_upload(&fixture, upload);
    else
        assert_int_equal(info.bytes, 11);
    s3_fixture_end(&fixture);
}

#define COMPLETION_GIVES(condition, expected, text, ...)                                                               \
    do {                                                                                                               \
        const struct exchange exchanges[] = {__VA_ARGS__};                                                             \
        completion_gives(condition, expected, exchanges, sizeof exchanges / sizeof *exchanges, text);                  \
    } while (0)

static void an_upload_is_completed_and_confirmed(void **state)
{
    (void)state;
    COMPLETION_GIVES(always, JB_OK, "",
                     COMPLETE(.headers = {"!if-none-match"}, .status = "200 OK", .reply = COMPLETED("&quot;x-2&quot;")),
                     HEAD("\"x-2\"", 11));
}

static void a_tag_without_quotes_in_the_answer_is_the_same(void **state)
{
    (void)state;
    COMPLETION_GIVES(always, JB_OK, "", COMPLETE(.status = "200 OK", .reply = COMPLETED("x-2")), HEAD("\"x-2\"", 11));
}

static void blanks_before_the_answer_keep_the_connection_alive(void **state)
{
    (void)state;
    COMPLETION_GIVES(always, JB_OK, "",
                     COMPLETE(.status = "200 OK", .reply = "   \n <?xml version=\"1.0\"?>" COMPLETED("x-2")),
                     HEAD("\"x-2\"", 11));
}

static void completion_sends_its_condition(void **state)
{
    (void)state;
    COMPLETION_GIVES(if_absent, JB_OK, "",
                     COMPLETE(.headers = {"if-none-match: *"}, .status = "200 OK", .reply = COMPLETED("x-2")),
                     HEAD("\"x-2\"", 11));
}

static void completion_that_would_replace_is_a_conflict(void **state)
{
    (void)state;
    COMPLETION_GIVES(if_absent, JB_ERROR_CONFLICT, "PreconditionFailed",
                     COMPLETE(.status = "412 No", .reply = ERROR_BODY("PreconditionFailed")));
}

static void a_200_with_an_internal_error_is_tried_again(void **state)
{
    (void)state;
    COMPLETION_GIVES(always, JB_OK, "", COMPLETE(.status = "200 OK", .reply = ERROR_BODY("InternalError")),
                     COMPLETE(.status = "200 OK", .reply = COMPLETED("x-2")), HEAD("\"x-2\"", 11));
}

static void a_200_with_an_error_body_is_an_error(void **state)
{
    (void)state;
    COMPLETION_GIVES(always, JB_ERROR_VERIFY, "InvalidPart: so it is",
                     COMPLETE(.status = "200 OK", .reply = ERROR_BODY("InvalidPart")),
                     {"HEAD", "/bucket/key", .status = "404 No"}, {"HEAD", "/bucket", .status = "200 OK"});
}

static void an_object_of_another_size_is_not_confirmed(void **state)
{
    (void)state;
    COMPLETION_GIVES(always, JB_ERROR_VERIFY, "has 10 bytes in the store instead of 11",
                     COMPLETE(.status = "200 OK", .reply = COMPLETED("x-2")), HEAD("\"x-2\"", 10));
}

static void an_object_with_another_tag_is_not_confirmed(void **state)
{
    (void)state;
    COMPLETION_GIVES(always, JB_ERROR_VERIFY, "has the tag", COMPLETE(.status = "200 OK", .reply = COMPLETED("x-2")),
                     HEAD("\"y-2\"", 11));
}

static void lost_answer_of_a_completion_is_recognised(void **state)
{
    (void)state;
    COMPLETION_GIVES(if_absent, JB_OK, "", COMPLETE(.fault = FAULT_RESET_UNANSWERED),
                     COMPLETE(.status = "404 No", .reply = ERROR_BODY("NoSuchUpload")), HEAD(TAG_ALL, 11));
}

static void lost_answer_is_recognised_where_the_condition_meets_ones_own_object(void **state)
{
    (void)state;
    COMPLETION_GIVES(if_absent, JB_OK, "", COMPLETE(.status = "504 Gateway"),
                     COMPLETE(.status = "412 No", .reply = ERROR_BODY("PreconditionFailed")), HEAD(TAG_ALL, 11));
}

static void lost_answers_of_all_tries_are_recognised(void **state)
{
    (void)state;
    /* One more than the tries: libcurl itself repeats what it sent on a kept connection. */
    COMPLETION_GIVES(always, JB_OK, "", COMPLETE(.fault = FAULT_RESET_UNANSWERED),
                     COMPLETE(.fault = FAULT_RESET_UNANSWERED), COMPLETE(.fault = FAULT_RESET_UNANSWERED),
                     COMPLETE(.fault = FAULT_RESET_UNANSWERED), HEAD(TAG_ALL, 11));
}

static void a_cut_answer_of_a_completion_is_recognised(void **state)
{
    (void)state;
    COMPLETION_GIVES(always, JB_OK, "",
                     COMPLETE(.status = "200 OK", .reply = COMPLETED("x-2"), .cut = 20, .fault = FAULT_CLOSE_IN_REPLY),
                     COMPLETE(.status = "404 No", .reply = ERROR_BODY("NoSuchUpload")), HEAD(TAG_ALL, 11));
}

static void an_empty_answer_of_a_completion_is_recognised(void **state)
{
    (void)state;
    COMPLETION_GIVES(always, JB_OK, "", COMPLETE(.status = "200 OK"),
                     COMPLETE(.status = "404 No", .reply = ERROR_BODY("NoSuchUpload")), HEAD(TAG_ALL, 11));
}

static void lost_answer_with_somebody_elses_object_is_a_conflict(void **state)
{
    (void)state;
    COMPLETION_GIVES(if_absent, JB_ERROR_CONFLICT, "PreconditionFailed", COMPLETE(.fault = FAULT_RESET_UNANSWERED),
                     COMPLETE(.status = "412 No", .reply = ERROR_BODY("PreconditionFailed")), HEAD(TAG_OTHER, 11));
}

static void an_upload_that_is_gone_is_a_conflict(void **state)
{
    (void)state;
    COMPLETION_GIVES(always, JB_ERROR_CONFLICT, "NoSuchUpload",
                     COMPLETE(.status = "404 No", .reply = ERROR_BODY("NoSuchUpload")));
}

static void an_upload_of_no_parts_is_an_empty_object(void **state)
{
    (void)state;
    const struct exchange script[] = {CREATE,
                                      {"PUT",
                                       "/bucket/key",
                                       {"if-none-match: *", "content-length: 0"},
                                       .status = "200 OK",
                                       .reply_headers = "ETag: \"e\"\r\n"},
                                      HEAD("\"e\"", 0),
                                      ABORT};
    struct s3_fixture fixture;
    jb_object_info info = {.size = sizeof info};
    BEGIN(fixture, script);
    struct store_upload *upload = begin_upload(&fixture);
    assert_int_equal(complete(&fixture, upload, if_absent, &info), JB_OK);
    assert_int_equal(info.bytes, 0);
    s3_fixture_end(&fixture);
}

static void creation_without_an_upload_id_is_malformed(void **state)
{
    (void)state;
    static const char *const wrong[] = {"", "<html/>",
                                        "<InitiateMultipartUploadResult><UploadId/></InitiateMultipartUploadResult>"};
    for (size_t i = 0; i < 3; i++) {
        const struct exchange script[] = {{"POST", "/bucket/key?uploads=", .status = "200 OK", .reply = wrong[i]}};
        struct s3_fixture fixture;
        BEGIN(fixture, script);
        struct store_upload *upload = NULL;
        assert_int_equal(
            fixture.store->driver->upload_begin(fixture.store, NULL, "bucket", "key", &upload, &fixture.error),
            JB_ERROR_FORMAT);
        s3_fixture_end(&fixture);
    }
}

static void encryption_and_token_are_sent_and_signed(void **state)
{
    (void)state;
    const struct exchange script[] = {{"POST",
                                       "/bucket/key?uploads=",
                                       {"x-amz-server-side-encryption: AES256", "x-amz-security-token: token"},
                                       .status = "200 OK",
                                       .reply_headers = "x-amz-server-side-encryption: AES256\r\n",
                                       .reply = BEGUN},
                                      {"DELETE", TARGET, {"x-amz-security-token: token"}, .status = "204 None"}};
    struct s3_fixture fixture;
    BEGIN(fixture, script);
    jb_store *store = s3_fixture_open(
        scripted_server_endpoint(fixture.server),
        (jb_store_options){
            .access_key = "A", .secret_key = "s", .session_token = "token", .server_side_encryption = "AES256"});
    struct store_upload *upload = NULL;
    assert_int_equal(store->driver->upload_begin(store, NULL, "bucket", "key", &upload, &fixture.error), JB_OK);
    store->driver->upload_abort(upload);
    store->driver->close(store);
    s3_fixture_end(&fixture);
}

/* `fault` answers the first try of part 1; then all goes well. */
static void part_survives(struct exchange fault)
{
    fault.method = "PUT";
    fault.target = PART("1");
    fault.body = "first";
    const struct exchange script[] = {CREATE, fault, PART_1, ABORT};
    struct s3_fixture fixture;
    BEGIN(fixture, script);
    struct store_upload *upload = begin_upload(&fixture);
    assert_int_equal(send_part(&fixture, upload, 0, "first"), JB_OK);
    abort_upload(&fixture, upload);
    s3_fixture_end(&fixture);
}

static void a_part_survives_slow_down(void **state)
{
    (void)state;
    part_survives((struct exchange){
        .status = "503 Busy", .reply = ERROR_BODY("SlowDown"), .reply_headers = "Retry-After: 0\r\n"});
}

static void a_part_survives_a_reset_before_its_body(void **state)
{
    (void)state;
    part_survives((struct exchange){.fault = FAULT_RESET_BEFORE_BODY});
}

static void a_part_survives_a_lost_answer(void **state)
{
    (void)state;
    part_survives((struct exchange){.fault = FAULT_RESET_UNANSWERED});
}

static void a_part_survives_a_stall(void **state)
{
    (void)state;
    part_survives((struct exchange){.fault = FAULT_SILENT});
}

static void a_part_damaged_on_its_way_is_sent_again(void **state)
{
    (void)state;
    part_survives((struct exchange){.status = "400 Bad", .reply = ERROR_BODY("XAmzContentSHA256Mismatch")});
}

static void a_part_whose_answer_has_no_etag_fails(void **state)
{
    (void)state;
    const struct exchange script[] = {CREATE, {"PUT", PART("1"), .status = "200 OK"}, ABORT};
    struct s3_fixture fixture;
    BEGIN(fixture, script);
    struct store_upload *upload = begin_upload(&fixture);
    assert_int_equal(send_part(&fixture, upload, 0, "first"), JB_ERROR_FORMAT);
    assert_non_null(strstr(fixture.error.text, "part 1 has no ETag"));
    jb_object_info info = {.size = sizeof info};
    assert_int_equal(complete(&fixture, upload, always, &info), JB_ERROR_STATE); /* never a hole */
    abort_upload(&fixture, upload);
    s3_fixture_end(&fixture);
}

static void a_part_refused_names_the_object(void **state)
{
    (void)state;
    const struct exchange script[] = {
        CREATE, {"PUT", PART("1"), .status = "403 No", .reply = ERROR_BODY("AccessDenied")}, ABORT};
    struct s3_fixture fixture;
    BEGIN(fixture, script);
    struct store_upload *upload = begin_upload(&fixture);
    assert_int_equal(send_part(&fixture, upload, 0, "first"), JB_ERROR_ACCESS);
    assert_non_null(strstr(fixture.error.text, "cannot upload a part of 's3://bucket/key'"));
    abort_upload(&fixture, upload);
    s3_fixture_end(&fixture);
}

static void more_parts_than_s3_takes_are_refused(void **state)
{
    (void)state;
    const struct exchange script[] = {CREATE, ABORT};
    struct s3_fixture fixture;
    BEGIN(fixture, script);
    struct store_upload *upload = begin_upload(&fixture);
    assert_int_equal(send_part(&fixture, upload, 10000, "first"), JB_ERROR_LIMIT);
    abort_upload(&fixture, upload);
    s3_fixture_end(&fixture);
}

static void a_cancelled_part_ends_and_the_abort_still_works(void **state)
{
    (void)state;
    const struct exchange script[] = {CREATE, {"PUT", PART("1"), .fault = FAULT_SILENT}, ABORT};
    struct s3_fixture fixture;
    BEGIN(fixture, script);
    struct store_upload *upload = begin_upload(&fixture);
    struct waited waited;
    char bytes[] = "first";
    init_waited(&waited, bytes, 5, 0);
    assert_int_equal(fixture.store->driver->upload_part(upload, 0, &waited.transfer, &fixture.error), JB_OK);
    usleep(50000);
    jb_operation_cancel(fixture.operation);
    int64_t before = clock_monotonic_ms();
    assert_int_equal(wait_done(&waited), JB_ERROR_CANCELLED);
    assert_in_range(clock_monotonic_ms() - before, 0, 2000);
    abort_upload(&fixture, upload);
    s3_fixture_end(&fixture);
}

static void many_parts_at_a_time(void **state)
{
    (void)state;
    enum { PARTS = 40 };
    static char targets[PARTS][64], tags[PARTS][64];
    static struct exchange script[PARTS * 2 + 2];
    size_t used = 0;
    script[used++] = (struct exchange)CREATE;
    for (unsigned i = 0; i < PARTS; i++) {
        snprintf(targets[i], sizeof targets[i], "/bucket/key?partNumber=%u&uploadId=up%%2F1%%2B", i + 1);
        snprintf(tags[i], sizeof tags[i], "ETag: \"part-%u\"\r\n", i);
        if (i % 5 == 0)
            script[used++] = (struct exchange){"PUT", targets[i], .status = "500 No"};
        script[used++] =
            (struct exchange){"PUT", targets[i], .body = "bytes", .status = "200 OK", .reply_headers = tags[i]};
    }
    script[used++] = (struct exchange)ABORT;
    struct s3_fixture fixture;
    s3_fixture_begin(&fixture, script, used);
    /* So many connections at once may take a busy machine longer than the fixture's patience. */
    fixture.store->driver->close(fixture.store);
    fixture.store = s3_fixture_open(scripted_server_endpoint(fixture.server), (jb_store_options){.stall_seconds = 30});
    struct store_upload *upload = begin_upload(&fixture);
    struct waited *waited = calloc(PARTS, sizeof *waited);
    char bytes[] = "bytes";
    for (unsigned i = 0; i < PARTS; i++) {
        init_waited(&waited[i], bytes, 5, 5 * i);
        assert_int_equal(fixture.store->driver->upload_part(upload, i, &waited[i].transfer, &fixture.error), JB_OK);
    }
    for (unsigned i = 0; i < PARTS; i++)
        assert_int_equal(wait_done(&waited[i]), JB_OK);
    free(waited);
    abort_upload(&fixture, upload);
    s3_fixture_end(&fixture);
}

/* `exchanges` answer a read of 5 bytes at 7, which must end with `expected`. */
static void range_gives(int expected, const struct exchange *exchanges, size_t count)
{
    struct s3_fixture fixture;
    s3_fixture_begin(&fixture, exchanges, count);
    struct waited waited;
    char bytes[8] = "";
    init_waited(&waited, bytes, 5, 7);
    assert_int_equal(fixture.store->driver->range(fixture.store, fixture.operation, "bucket", "key", NULL,
                                                  &waited.transfer, &fixture.error),
                     JB_OK);
    int code = wait_done(&waited);
    if (code != expected)
        fail_msg("code %d, '%s'", code, waited.transfer.error.text);
    assert_string_equal(bytes + 5, ""); /* nothing beyond its room */
    if (code == JB_OK)
        assert_string_equal(bytes, "hello");
    s3_fixture_end(&fixture);
}

#define RANGE_GIVES(expected, ...)                                                                                     \
    do {                                                                                                               \
        const struct exchange exchanges[] = {__VA_ARGS__};                                                             \
        range_gives(expected, exchanges, sizeof exchanges / sizeof *exchanges);                                        \
    } while (0)
#define RANGED(value, text, ...)                                                                                       \
    {                                                                                                                  \
        "GET", "/bucket/key", {"range: bytes=7-11"},                                                                   \
            .status = "206 Partial", .reply_headers = "Content-Range: " value "\r\n", .reply = text, __VA_ARGS__       \
    }

static void a_range_arrives_in_its_place(void **state)
{
    (void)state;
    RANGE_GIVES(JB_OK, RANGED("bytes 7-11/100", "hello"));
}

static void a_range_survives_resets_cuts_and_stalls(void **state)
{
    (void)state;
    RANGE_GIVES(JB_OK, RANGED("bytes 7-11/100", "hello", .cut = 2, .fault = FAULT_RESET_IN_REPLY),
                RANGED("bytes 7-11/100", "hello"));
    RANGE_GIVES(JB_OK, RANGED("bytes 7-11/100", "hello", .cut = 2, .fault = FAULT_CLOSE_IN_REPLY),
                RANGED("bytes 7-11/100", "hello"));
    RANGE_GIVES(JB_OK, RANGED("bytes 7-11/100", "hello", .cut = 2, .fault = FAULT_STALL),
                RANGED("bytes 7-11/100", "hello"));
}

static void another_range_than_asked_for_is_refused(void **state)
{
    (void)state;
    RANGE_GIVES(JB_ERROR_VERIFY, RANGED("bytes 8-12/100", "hello"));
    RANGE_GIVES(JB_ERROR_VERIFY, RANGED("bytes 7-10/11", "hell"));
    RANGE_GIVES(JB_ERROR_VERIFY, RANGED("bytes 7-11/100", "hell"));
}

static int range_of_tag(const char *tag, const struct exchange *exchange)
{
    struct s3_fixture fixture;
    s3_fixture_begin(&fixture, exchange, 1);
    struct waited waited;
    char bytes[8] = "";
    init_waited(&waited, bytes, 5, 7);
    waited.transfer.tag = tag;
    assert_int_equal(fixture.store->driver->range(fixture.store, fixture.operation, "bucket", "key", NULL,
                                                  &waited.transfer, &fixture.error),
                     JB_OK);
    int code = wait_done(&waited);
    s3_fixture_end(&fixture);
    return code;
}

static void a_range_of_an_object_that_was_replaced_is_a_conflict(void **state)
{
    (void)state;
    const struct exchange tagged = {"GET", "/bucket/key", .status = "206 Partial", .reply = "hello",
                                    .reply_headers = "ETag: \"new\"\r\nContent-Range: bytes 7-11/100\r\n"};
    const struct exchange shorter = {"GET", "/bucket/key", .status = "206 Partial", .reply = "h",
                                     .reply_headers = "ETag: \"new\"\r\nContent-Range: bytes 7-7/8\r\n"};
    const struct exchange untagged = RANGED("bytes 7-11/100", "hello");
    assert_int_equal(range_of_tag("\"new\"", &tagged), JB_OK);
    assert_int_equal(range_of_tag("\"old\"", &tagged), JB_ERROR_CONFLICT);
    assert_int_equal(range_of_tag("\"old\"", &shorter), JB_ERROR_CONFLICT);
    assert_int_equal(range_of_tag("\"old\"", &untagged), JB_ERROR_FORMAT);
}

static void a_range_without_content_range_is_malformed(void **state)
{
    (void)state;
    RANGE_GIVES(JB_ERROR_FORMAT, {"GET", "/bucket/key", .status = "206 Partial", .reply = "hello"});
}

static void more_bytes_than_asked_for_are_a_limit(void **state)
{
    (void)state;
    RANGE_GIVES(JB_ERROR_LIMIT, RANGED("bytes 7-11/100", "hello, hello"));
}

static void the_whole_object_instead_of_a_range_is_refused(void **state)
{
    (void)state;
    RANGE_GIVES(JB_ERROR_UNREACHABLE, {"GET", "/bucket/key", .status = "200 OK", .reply = "hello"});
}

static void a_range_behind_the_end_is_a_verification_error(void **state)
{
    (void)state;
    RANGE_GIVES(JB_ERROR_VERIFY, {"GET", "/bucket/key", .status = "416 No", .reply = ERROR_BODY("InvalidRange")});
}

static void a_range_of_a_missing_object_is_not_found(void **state)
{
    (void)state;
    RANGE_GIVES(JB_ERROR_NOT_FOUND, {"GET", "/bucket/key", .status = "404 No", .reply = ERROR_BODY("NoSuchKey")});
}

static void an_empty_range_is_refused_before_it_starts(void **state)
{
    (void)state;
    struct s3_fixture fixture;
    s3_fixture_begin(&fixture, NULL, 0);
    struct waited waited;
    char bytes[8];
    init_waited(&waited, bytes, 0, 7);
    assert_int_equal(
        fixture.store->driver->range(fixture.store, NULL, "bucket", "key", NULL, &waited.transfer, &fixture.error),
        JB_ERROR_USAGE);
    assert_int_equal(waited.calls, 0);
    s3_fixture_end(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_upload_is_completed_and_confirmed),
        cmocka_unit_test(a_tag_without_quotes_in_the_answer_is_the_same),
        cmocka_unit_test(blanks_before_the_answer_keep_the_connection_alive),
        cmocka_unit_test(completion_sends_its_condition),
        cmocka_unit_test(completion_that_would_replace_is_a_conflict),
        cmocka_unit_test(a_200_with_an_internal_error_is_tried_again),
        cmocka_unit_test(a_200_with_an_error_body_is_an_error),
        cmocka_unit_test(an_object_of_another_size_is_not_confirmed),
        cmocka_unit_test(an_object_with_another_tag_is_not_confirmed),
        cmocka_unit_test(lost_answer_of_a_completion_is_recognised),
        cmocka_unit_test(lost_answer_is_recognised_where_the_condition_meets_ones_own_object),
        cmocka_unit_test(lost_answers_of_all_tries_are_recognised),
        cmocka_unit_test(a_cut_answer_of_a_completion_is_recognised),
        cmocka_unit_test(an_empty_answer_of_a_completion_is_recognised),
        cmocka_unit_test(lost_answer_with_somebody_elses_object_is_a_conflict),
        cmocka_unit_test(an_upload_that_is_gone_is_a_conflict),
        cmocka_unit_test(an_upload_of_no_parts_is_an_empty_object),
        cmocka_unit_test(creation_without_an_upload_id_is_malformed),
        cmocka_unit_test(encryption_and_token_are_sent_and_signed),
        cmocka_unit_test(a_part_survives_slow_down),
        cmocka_unit_test(a_part_survives_a_reset_before_its_body),
        cmocka_unit_test(a_part_survives_a_lost_answer),
        cmocka_unit_test(a_part_survives_a_stall),
        cmocka_unit_test(a_part_damaged_on_its_way_is_sent_again),
        cmocka_unit_test(a_part_whose_answer_has_no_etag_fails),
        cmocka_unit_test(a_part_refused_names_the_object),
        cmocka_unit_test(more_parts_than_s3_takes_are_refused),
        cmocka_unit_test(a_cancelled_part_ends_and_the_abort_still_works),
        cmocka_unit_test(many_parts_at_a_time),
        cmocka_unit_test(a_range_arrives_in_its_place),
        cmocka_unit_test(a_range_survives_resets_cuts_and_stalls),
        cmocka_unit_test(another_range_than_asked_for_is_refused),
        cmocka_unit_test(a_range_of_an_object_that_was_replaced_is_a_conflict),
        cmocka_unit_test(a_range_without_content_range_is_malformed),
        cmocka_unit_test(more_bytes_than_asked_for_are_a_limit),
        cmocka_unit_test(the_whole_object_instead_of_a_range_is_refused),
        cmocka_unit_test(a_range_behind_the_end_is_a_verification_error),
        cmocka_unit_test(a_range_of_a_missing_object_is_not_found),
        cmocka_unit_test(an_empty_range_is_refused_before_it_starts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
