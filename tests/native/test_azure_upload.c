/* Blobs made of blocks, and ranged reads, and each fault on their way. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "azure_fixture.h"
#include "base/clock.h"
#include "store/azure/upload.h"
#include "waited_transfer.h"

/* An upload's mark is random; the tests give it this one. */
#define MARK  "jb6922a2800123456789abcdef0123"
#define BEGUN 0x6922a280
#define ID_1  "amI2OTIyYTI4MDAxMjM0NTY3ODlhYmNkZWYwMTIzMDAwMDAw"
#define ID_2  "amI2OTIyYTI4MDAxMjM0NTY3ODlhYmNkZWYwMTIzMDAwMDAx"
#define BLOB  "/account/bucket/key"
#define INFO  "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\nETag: \"x\"\r\n"
#define BLOCK(id, text, ...)                                                                                           \
    {                                                                                                                  \
        "PUT", BLOB "?blockid=" id "&comp=block", .body = text, __VA_ARGS__                                            \
    }
#define BLOCK_1 BLOCK(ID_1, "first", .status = "201 Made")
#define BLOCK_2 BLOCK(ID_2, "second", .status = "201 Made")
#define LIST_BODY                                                                                                      \
    "<?xml version=\"1.0\" encoding=\"utf-8\"?><BlockList><Latest>" ID_1 "</Latest><Latest>" ID_2                      \
    "</Latest></BlockList>"
#define COMPLETE(...)                                                                                                  \
    {                                                                                                                  \
        "PUT", BLOB "?comp=blocklist", .body = LIST_BODY, __VA_ARGS__                                                  \
    }
#define COMPLETED      COMPLETE(.status = "201 Made", .reply_headers = INFO)
#define ONE(id, bytes) "<Block><Name>" id "</Name><Size>" bytes "</Size></Block>"
#define HOLDS(headers, blocks)                                                                                         \
    {                                                                                                                  \
        "GET", BLOB "?blocklisttype=committed&comp=blocklist",                                                         \
            .status = "200 OK", .reply_headers = headers,                                                              \
            .reply = "\xef\xbb\xbf<?xml version=\"1.0\"?><BlockList><CommittedBlocks>" blocks                          \
                     "</CommittedBlocks></BlockList>"                                                                  \
    }
#define HOLDS_BOTH HOLDS(INFO, ONE(ID_1, "5") ONE(ID_2, "6"))
#define HEAD                                                                                                           \
    {                                                                                                                  \
        "HEAD", BLOB, .status = "200 OK", .reply_headers = INFO "x-ms-version-id: v7\r\n", .reply_size = 11            \
    }

static const struct store_condition always = {STORE_ALWAYS, NULL}, if_absent = {STORE_IF_ABSENT, NULL};

static struct store_upload *begin_upload(struct azure_fixture *fixture)
{
    struct store_upload *upload = NULL;
    if (azure_upload_begin(fixture->store, fixture->operation, "bucket", "key", &upload, &fixture->error) != JB_OK)
        fail_msg("%s", fixture->error.text);
    assert_int_equal(strlen(upload->mark), strlen(MARK));
    memcpy(upload->mark, MARK, sizeof MARK);
    return upload;
}

static int send_part(struct azure_fixture *fixture, struct store_upload *upload, unsigned number, const char *text)
{
    struct waited_transfer waited;
    char bytes[64];
    snprintf(bytes, sizeof bytes, "%s", text);
    waited_transfer_init(&waited, bytes, strlen(bytes), 0);
    int code = azure_upload_part(upload, number, &waited.transfer, &fixture->error);
    if (code != JB_OK)
        return code;
    code = waited_transfer_end(&waited);
    if (code != JB_OK)
        error_copy(&fixture->error, &waited.transfer.error);
    return code;
}

/* Two blocks, then these exchanges for the completion, which must end with `expected`; aborted where it fails. */
static void completion_gives(struct store_condition condition, int expected, const char *text,
                             const struct exchange *exchanges, size_t count, jb_object_info *info)
{
    struct exchange script[16] = {BLOCK_1, BLOCK_2};
    memcpy(script + 2, exchanges, count * sizeof *exchanges);
    struct azure_fixture fixture;
    azure_fixture_begin(&fixture, script, count + 2);
    struct store_upload *upload = begin_upload(&fixture);
    assert_int_equal(send_part(&fixture, upload, 1, "second"), JB_OK);
    assert_int_equal(send_part(&fixture, upload, 0, "first"), JB_OK);
    int code = azure_upload_complete(upload, condition, info, &fixture.error);
    if (code != expected || (code != JB_OK && strstr(fixture.error.text, text) == NULL))
        fail_msg("code %d, '%s'", code, fixture.error.text);
    if (code != JB_OK)
        azure_upload_abort(upload);
    else
        assert_int_equal(info->bytes, 11);
    azure_fixture_end(&fixture);
}

#define COMPLETION_GIVES(condition, expected, text, ...)                                                               \
    do {                                                                                                               \
        const struct exchange exchanges[] = {__VA_ARGS__};                                                             \
        jb_object_info info = {.size = sizeof info};                                                                   \
        completion_gives(condition, expected, text, exchanges, sizeof exchanges / sizeof *exchanges, &info);           \
    } while (0)

static void an_upload_is_completed_and_confirmed_block_by_block(void **state)
{
    (void)state;
    COMPLETION_GIVES(always, JB_OK, "",
                     COMPLETE(.headers = {"!if-none-match", "content-type: application/xml",
                                          "x-ms-blob-content-type: application/octet-stream"},
                              .status = "201 Made", .reply_headers = INFO),
                     HOLDS_BOTH);
}

static void completion_sends_its_condition_and_learns_the_version(void **state)
{
    (void)state;
    const struct exchange exchanges[] = {COMPLETE(.headers = {"if-none-match: *"}, .status = "201 Made",
                                                  .reply_headers = INFO "x-ms-version-id: v1\r\n"),
                                         HOLDS_BOTH};
    jb_object_info info = {.size = sizeof info};
    completion_gives(if_absent, JB_OK, "", exchanges, 2, &info);
    assert_string_equal(info.version, "v1");
    assert_string_equal(info.tag, "\"x\"");
}

static void completion_that_would_replace_is_a_conflict(void **state)
{
    (void)state;
    COMPLETION_GIVES(if_absent, JB_ERROR_CONFLICT, "BlobAlreadyExists",
                     COMPLETE(.status = "409 No", .reply = AZURE_ERROR("BlobAlreadyExists")));
}

static void a_block_of_another_size_is_not_confirmed(void **state)
{
    (void)state;
    COMPLETION_GIVES(always, JB_ERROR_VERIFY, "a block of 4 bytes in the store instead of 5", COMPLETED,
                     HOLDS(INFO, ONE(ID_1, "4") ONE(ID_2, "6")));
}

static void other_fewer_or_more_blocks_are_not_confirmed(void **state)
{
    (void)state;
    COMPLETION_GIVES(always, JB_ERROR_VERIFY, "other blocks", COMPLETED, HOLDS(INFO, ONE(ID_1, "5")));
    COMPLETION_GIVES(always, JB_ERROR_VERIFY, "other blocks", COMPLETED, HOLDS(INFO, ONE(ID_2, "6") ONE(ID_1, "5")));
    COMPLETION_GIVES(always, JB_ERROR_VERIFY, "other blocks", COMPLETED,
                     HOLDS(INFO, ONE(ID_1, "5") ONE(ID_2, "6") ONE("more", "1")));
    COMPLETION_GIVES(always, JB_ERROR_VERIFY, "other blocks", COMPLETED, HOLDS(INFO, ""));
}

static void an_object_with_another_tag_is_not_confirmed(void **state)
{
    (void)state;
    COMPLETION_GIVES(
        always, JB_ERROR_VERIFY, "other blocks", COMPLETED,
        HOLDS("Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\nETag: \"y\"\r\n", ONE(ID_1, "5") ONE(ID_2, "6")));
}

static void what_is_not_confirmed_does_not_stay_under_a_name_that_was_free(void **state)
{
    (void)state;
    COMPLETION_GIVES(if_absent, JB_ERROR_VERIFY, "a block of 4 bytes in the store instead of 5", COMPLETED,
                     HOLDS(INFO, ONE(ID_1, "4") ONE(ID_2, "6")),
                     {"DELETE", BLOB, {"if-match: \"x\""}, .status = "202 Accepted"});
}

static void malformed_block_lists_are_refused(void **state)
{
    (void)state;
    COMPLETION_GIVES(always, JB_ERROR_FORMAT, "the size 'big'", COMPLETED, HOLDS(INFO, ONE(ID_1, "big")));
    COMPLETION_GIVES(always, JB_ERROR_FORMAT, "no block list", COMPLETED,
                     {"GET", BLOB "?blocklisttype=committed&comp=blocklist", .status = "200 OK", .reply_headers = INFO,
                      .reply = "<html/>"});
}

static void a_completion_without_a_tag_is_malformed(void **state)
{
    (void)state;
    COMPLETION_GIVES(always, JB_ERROR_FORMAT, "ETag", COMPLETE(.status = "201 Made"));
}

static void a_busy_server_is_asked_again(void **state)
{
    (void)state;
    COMPLETION_GIVES(always, JB_OK, "", COMPLETE(.status = "503 Busy", .reply = AZURE_ERROR("ServerBusy")), COMPLETED,
                     HOLDS_BOTH);
}

static void a_lost_answer_of_a_completion_is_recognised(void **state)
{
    (void)state;
    const struct exchange exchanges[] = {COMPLETE(.fault = FAULT_RESET_UNANSWERED),
                                         COMPLETE(.status = "409 No", .reply = AZURE_ERROR("BlobAlreadyExists")),
                                         HOLDS_BOTH, HEAD};
    jb_object_info info = {.size = sizeof info};
    completion_gives(if_absent, JB_OK, "", exchanges, 4, &info);
    assert_string_equal(info.version, "v7");
}

static void lost_answers_of_all_tries_are_recognised(void **state)
{
    (void)state;
    COMPLETION_GIVES(always, JB_OK, "", COMPLETE(.status = "500 No", .reply = AZURE_ERROR("OperationTimedOut")),
                     COMPLETE(.status = "500 No"), COMPLETE(.status = "504 Gateway"), HOLDS_BOTH, HEAD);
}

static void somebody_elses_blob_after_a_lost_answer_is_a_conflict(void **state)
{
    (void)state;
    COMPLETION_GIVES(if_absent, JB_ERROR_CONFLICT, "BlobAlreadyExists", COMPLETE(.fault = FAULT_RESET_UNANSWERED),
                     COMPLETE(.status = "409 No", .reply = AZURE_ERROR("BlobAlreadyExists")),
                     HOLDS(INFO, ONE("theirs", "5") ONE(ID_2, "6")));
}

static void a_completion_without_answer_that_cut_a_block_is_no_success(void **state)
{
    (void)state;
    COMPLETION_GIVES(always, JB_ERROR_UNREACHABLE, "", COMPLETE(.status = "500 No"), COMPLETE(.status = "500 No"),
                     COMPLETE(.status = "500 No"), HOLDS(INFO, ONE(ID_1, "4") ONE(ID_2, "6")));
}

static void blocks_that_are_gone_fail_clearly(void **state)
{
    (void)state;
    COMPLETION_GIVES(always, JB_ERROR_VERIFY, "InvalidBlockList",
                     COMPLETE(.status = "400 Bad", .reply = AZURE_ERROR("InvalidBlockList")));
}

static void an_upload_of_no_parts_is_an_empty_object(void **state)
{
    (void)state;
    const struct exchange script[] = {
        {"PUT", BLOB, {"if-none-match: *", "content-length: 0"}, .status = "201 Made", .reply_headers = INFO},
        {"HEAD", BLOB, .status = "200 OK", .reply_headers = INFO}};
    struct azure_fixture fixture;
    jb_object_info info = {.size = sizeof info};
    BEGIN(fixture, script);
    assert_int_equal(azure_upload_complete(begin_upload(&fixture), if_absent, &info, &fixture.error), JB_OK);
    assert_int_equal(info.bytes, 0);
    azure_fixture_end(&fixture);
}

static void a_part_that_is_missing_is_not_left_out(void **state)
{
    (void)state;
    const struct exchange script[] = {BLOCK_2};
    struct azure_fixture fixture;
    jb_object_info info = {.size = sizeof info};
    BEGIN(fixture, script);
    struct store_upload *upload = begin_upload(&fixture);
    assert_int_equal(send_part(&fixture, upload, 1, "second"), JB_OK);
    assert_int_equal(azure_upload_complete(upload, always, &info, &fixture.error), JB_ERROR_STATE);
    azure_upload_abort(upload);
    azure_fixture_end(&fixture);
}

static void two_uploads_never_share_an_id(void **state)
{
    (void)state;
    struct azure_fixture fixture;
    struct store_upload *first = NULL, *second = NULL;
    char one[AZURE_BLOCK_SIZE], other[AZURE_BLOCK_SIZE];
    int64_t begun = 0;
    azure_fixture_begin(&fixture, NULL, 0);
    azure_upload_begin(fixture.store, NULL, "bucket", "key", &first, &fixture.error);
    azure_upload_begin(fixture.store, NULL, "bucket", "key", &second, &fixture.error);
    azure_block_id(first->mark, 49999, one);
    azure_block_id(second->mark, 49999, other);
    assert_string_not_equal(one, other);
    assert_int_equal(strlen(one), AZURE_BLOCK_SIZE - 1);
    assert_true(azure_block_begun(one, &begun));
    assert_in_range(clock_now() - begun, 0, 60);
    assert_false(azure_block_begun("c29tZWJvZHk=", &begun));
    azure_upload_abort(first);
    azure_upload_abort(second);
    azure_fixture_end(&fixture);
}

static void a_part_survives_faults(void **state)
{
    (void)state;
    const struct exchange faults[] = {BLOCK(ID_1, "first", .fault = FAULT_RESET_UNANSWERED),
                                      BLOCK(ID_1, NULL, .fault = FAULT_RESET_BEFORE_BODY),
                                      BLOCK(ID_1, "first", .status = "500 No", .reply = AZURE_ERROR("InternalError")),
                                      BLOCK(ID_1, "first", .status = "503 Busy", .reply_headers = "Retry-After: 0\r\n"),
                                      BLOCK(ID_1, "first", .fault = FAULT_SILENT)};
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        const struct exchange script[] = {faults[i], BLOCK_1};
        struct azure_fixture fixture;
        BEGIN(fixture, script);
        struct store_upload *upload = begin_upload(&fixture);
        assert_int_equal(send_part(&fixture, upload, 0, "first"), JB_OK);
        azure_upload_abort(upload);
        azure_fixture_end(&fixture);
    }
}

static void a_part_refused_names_the_object(void **state)
{
    (void)state;
    const struct exchange script[] = {
        BLOCK(ID_1, "first", .status = "403 No", .reply = AZURE_ERROR("AuthorizationPermissionMismatch"))};
    struct azure_fixture fixture;
    BEGIN(fixture, script);
    struct store_upload *upload = begin_upload(&fixture);
    assert_int_equal(send_part(&fixture, upload, 0, "first"), JB_ERROR_ACCESS);
    assert_non_null(strstr(fixture.error.text, "cannot upload a part of 'azure://account/bucket/key'"));
    azure_upload_abort(upload);
    azure_fixture_end(&fixture);
}

static void more_parts_than_azure_takes_are_refused(void **state)
{
    (void)state;
    struct azure_fixture fixture;
    azure_fixture_begin(&fixture, NULL, 0);
    struct store_upload *upload = begin_upload(&fixture);
    assert_int_equal(send_part(&fixture, upload, 50000, "first"), JB_ERROR_LIMIT);
    azure_upload_abort(upload);
    azure_fixture_end(&fixture);
}

static void a_cancelled_part_ends_promptly(void **state)
{
    (void)state;
    const struct exchange script[] = {BLOCK(ID_1, NULL, .fault = FAULT_SILENT)};
    struct azure_fixture fixture;
    struct waited_transfer waited;
    char bytes[] = "first";
    BEGIN(fixture, script);
    struct store_upload *upload = begin_upload(&fixture);
    waited_transfer_init(&waited, bytes, 5, 0);
    assert_int_equal(azure_upload_part(upload, 0, &waited.transfer, &fixture.error), JB_OK);
    while (scripted_server_used(fixture.server) == 0)
        usleep(1000);
    int64_t before = clock_monotonic_ms();
    jb_operation_cancel(fixture.operation);
    assert_int_equal(waited_transfer_end(&waited), JB_ERROR_CANCELLED);
    assert_in_range(clock_monotonic_ms() - before, 0, 2000);
    azure_upload_abort(upload);
    azure_fixture_end(&fixture);
}

/* Cancels once the server has had so many requests. */
struct canceller {
    struct azure_fixture *fixture;
    size_t requests;
    pthread_t thread;
};

static void *cancel_in_time(void *context)
{
    struct canceller *canceller = context;
    while (scripted_server_used(canceller->fixture->server) < canceller->requests)
        usleep(1000);
    jb_operation_cancel(canceller->fixture->operation);
    return NULL;
}

static void start_canceller(struct canceller *canceller)
{
    assert_int_equal(pthread_create(&canceller->thread, NULL, cancel_in_time, canceller), 0);
}

static void a_cancelled_completion_ends_promptly(void **state)
{
    (void)state;
    const struct exchange script[] = {BLOCK_1, BLOCK_2, COMPLETE(.fault = FAULT_SILENT)};
    struct azure_fixture fixture;
    jb_object_info info = {.size = sizeof info};
    struct canceller canceller = {.fixture = &fixture, .requests = 3};
    BEGIN(fixture, script);
    struct store_upload *upload = begin_upload(&fixture);
    assert_int_equal(send_part(&fixture, upload, 0, "first"), JB_OK);
    assert_int_equal(send_part(&fixture, upload, 1, "second"), JB_OK);
    start_canceller(&canceller);
    assert_int_equal(azure_upload_complete(upload, always, &info, &fixture.error), JB_ERROR_CANCELLED);
    pthread_join(canceller.thread, NULL);
    azure_upload_abort(upload);
    azure_fixture_end(&fixture);
}

/* `exchanges` answer a read of 5 bytes at 7, which must end with `expected`. */
static void range_gives(int expected, const struct exchange *exchanges, size_t count)
{
    struct azure_fixture fixture;
    struct waited_transfer waited;
    char bytes[8] = "";
    azure_fixture_begin(&fixture, exchanges, count);
    waited_transfer_init(&waited, bytes, 5, 7);
    assert_int_equal(
        azure_range(fixture.store, fixture.operation, "bucket", "key", NULL, &waited.transfer, &fixture.error), JB_OK);
    int code = waited_transfer_end(&waited);
    if (code != expected)
        fail_msg("code %d, '%s'", code, waited.transfer.error.text);
    assert_string_equal(bytes + 5, ""); /* nothing beyond its room */
    if (code == JB_OK)
        assert_string_equal(bytes, "hello");
    azure_fixture_end(&fixture);
}

#define RANGE_GIVES(expected, ...)                                                                                     \
    do {                                                                                                               \
        const struct exchange exchanges[] = {__VA_ARGS__};                                                             \
        range_gives(expected, exchanges, sizeof exchanges / sizeof *exchanges);                                        \
    } while (0)
#define RANGED(value, text, ...)                                                                                       \
    {                                                                                                                  \
        "GET", BLOB, {"range: bytes=7-11"}, .status = "206 Partial", .reply_headers = "Content-Range: " value "\r\n",  \
                                            .reply = text, __VA_ARGS__                                                 \
    }

static void a_range_arrives_in_its_place(void **state)
{
    (void)state;
    RANGE_GIVES(JB_OK, RANGED("bytes 7-11/100", "hello"));
    RANGE_GIVES(JB_OK, RANGED("bytes 7-11/100", "hello", .cut = 2, .fault = FAULT_RESET_IN_REPLY),
                RANGED("bytes 7-11/100", "hello", .cut = 2, .fault = FAULT_CLOSE_IN_REPLY),
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
    RANGE_GIVES(JB_ERROR_LIMIT, RANGED("bytes 7-11/100", "hello, hello"));
    RANGE_GIVES(JB_ERROR_FORMAT, {"GET", BLOB, .status = "206 Partial", .reply = "hello"});
    RANGE_GIVES(JB_ERROR_UNREACHABLE, {"GET", BLOB, .status = "200 OK", .reply = "hello"});
    RANGE_GIVES(JB_ERROR_VERIFY, {"GET", BLOB, .status = "416 No", .reply = AZURE_ERROR("InvalidRange")});
    RANGE_GIVES(JB_ERROR_NOT_FOUND, {"GET", BLOB, .status = "404 No", .reply = AZURE_ERROR("BlobNotFound")});
}

static int note_unfinished(void *context, const struct store_unfinished *unfinished)
{
    char *text = context;
    size_t used = strlen(text);
    snprintf(text + used, 256 - used, "%s@%lld ", unfinished->key, (long long)unfinished->begun);
    return 0;
}

#define NAMED(name, bytes)                                                                                             \
    "<Blob><Name>" name "</Name><Properties><Content-Length>" bytes "</Content-Length></Properties></Blob>"

static void names_with_waiting_blocks_only_are_unfinished_uploads(void **state)
{
    (void)state;
    char mark[AZURE_UPLOAD_SIZE + 8], id[AZURE_BLOCK_SIZE], young[256];
    snprintf(mark, sizeof mark, "jb%08x%s", (unsigned)clock_now(), &MARK[10]);
    azure_block_id(mark, 0, id);
    snprintf(young, sizeof young, "<BlockList><UncommittedBlocks>" ONE("%s", "5") "</UncommittedBlocks></BlockList>",
             id);
    const struct exchange script[] = {
        {"GET", "/account/bucket?comp=list&include=uncommittedblobs&maxresults=5000&prefix=f%2F&restype=container",
         .status = "200 OK",
         .reply = "<EnumerationResults><Blobs>" NAMED("f/full", "7") NAMED("f/empty", "0") NAMED("f/waiting", "0")
             NAMED("f/young", "0") NAMED("f/foreign", "0")
                 NAMED("f/gone", "0") "</Blobs><NextMarker/></EnumerationResults>"},
        {"HEAD", "/account/bucket/f/empty", .status = "200 OK", .reply_headers = INFO},
        {"HEAD", "/account/bucket/f/waiting", .status = "404 No"},
        {"GET", "/account/bucket/f/waiting?blocklisttype=uncommitted&comp=blocklist", .status = "200 OK",
         .reply = "<BlockList><UncommittedBlocks>" ONE(ID_1, "5") "</UncommittedBlocks></BlockList>"},
        {"HEAD", "/account/bucket/f/young", .status = "404 No"},
        {"GET", "/account/bucket/f/young?blocklisttype=uncommitted&comp=blocklist", .status = "200 OK", .reply = young},
        {"HEAD", "/account/bucket/f/foreign", .status = "404 No"},
        {"GET", "/account/bucket/f/foreign?blocklisttype=uncommitted&comp=blocklist", .status = "200 OK",
         .reply = "<BlockList><UncommittedBlocks>" ONE("c29tZWJvZHk=", "5") "</UncommittedBlocks></BlockList>"},
        {"HEAD", "/account/bucket/f/gone", .status = "404 No"},
        {"GET", "/account/bucket/f/gone?blocklisttype=uncommitted&comp=blocklist", .status = "404 No",
         .reply = AZURE_ERROR("BlobNotFound")}};
    struct azure_fixture fixture;
    char text[256] = "", expected[64];
    BEGIN(fixture, script);
    assert_int_equal(
        azure_list_uploads(fixture.store, fixture.operation, "bucket", "f/", note_unfinished, text, &fixture.error),
        JB_OK);
    snprintf(expected, sizeof expected, "f/waiting@%lld ", (long long)BEGUN);
    assert_string_equal(text, expected);
    azure_fixture_end(&fixture);
}

static void waiting_blocks_are_dropped_by_an_empty_blob_that_goes_again(void **state)
{
    (void)state;
#define EMPTY_LIST "<?xml version=\"1.0\" encoding=\"utf-8\"?><BlockList></BlockList>"
    const struct exchange script[] = {
        {"PUT",
         BLOB "?comp=blocklist",
         {"if-none-match: *"},
         .body = EMPTY_LIST,
         .status = "201 Made",
         .reply_headers = INFO},
        {"DELETE", BLOB, {"if-match: \"x\""}, .status = "202 Accepted"},
        {"PUT", BLOB "?comp=blocklist", .status = "409 No", .reply = AZURE_ERROR("BlobAlreadyExists")}};
    struct azure_fixture fixture;
    BEGIN(fixture, script);
    assert_int_equal(azure_remove_upload(fixture.store, NULL, "bucket", "key", "blocks", &fixture.error), JB_OK);
    assert_int_equal(azure_remove_upload(fixture.store, NULL, "bucket", "key", "blocks", &fixture.error), JB_OK);
    azure_fixture_end(&fixture);
}

static void cancelled_in_between_the_empty_blob_goes_all_the_same(void **state)
{
    (void)state;
    const struct exchange script[] = {{"PUT", BLOB "?comp=blocklist", .status = "201 Made", .reply_headers = INFO},
                                      {"DELETE", BLOB, {"if-match: \"x\""}, .fault = FAULT_SILENT},
                                      {"DELETE", BLOB, {"if-match: \"x\""}, .status = "202 Accepted"}};
    struct azure_fixture fixture;
    struct canceller canceller = {.fixture = &fixture, .requests = 2};
    BEGIN(fixture, script);
    start_canceller(&canceller);
    assert_int_equal(azure_remove_upload(fixture.store, fixture.operation, "bucket", "key", "blocks", &fixture.error),
                     JB_OK);
    pthread_join(canceller.thread, NULL);
    azure_fixture_end(&fixture);
}

static void cancelled_before_its_answer_the_empty_blob_is_looked_for(void **state)
{
    (void)state;
    const struct exchange script[] = {{"PUT", BLOB "?comp=blocklist", .fault = FAULT_SILENT},
                                      {"HEAD", BLOB, .status = "404 No"}};
    struct azure_fixture fixture;
    struct canceller canceller = {.fixture = &fixture, .requests = 1};
    BEGIN(fixture, script);
    start_canceller(&canceller);
    assert_int_equal(azure_remove_upload(fixture.store, fixture.operation, "bucket", "key", "blocks", &fixture.error),
                     JB_ERROR_CANCELLED);
    pthread_join(canceller.thread, NULL);
    azure_fixture_end(&fixture);
}

static void somebody_elses_blob_is_not_removed_after_a_lost_answer(void **state)
{
    (void)state;
    /* The mark is random, so the script cannot give it back: the blob counts as somebody else's, and stays. */
    const struct exchange script[] = {
        {"PUT", BLOB "?comp=blocklist", .fault = FAULT_RESET_UNANSWERED},
        {"PUT", BLOB "?comp=blocklist", .status = "409 No", .reply = AZURE_ERROR("BlobAlreadyExists")},
        {"HEAD", BLOB, .status = "200 OK", .reply_headers = INFO "x-ms-meta-jpsbackup: another\r\n"}};
    struct azure_fixture fixture;
    BEGIN(fixture, script);
    assert_int_equal(azure_remove_upload(fixture.store, NULL, "bucket", "key", "blocks", &fixture.error), JB_OK);
    azure_fixture_end(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_upload_is_completed_and_confirmed_block_by_block),
        cmocka_unit_test(completion_sends_its_condition_and_learns_the_version),
        cmocka_unit_test(completion_that_would_replace_is_a_conflict),
        cmocka_unit_test(a_block_of_another_size_is_not_confirmed),
        cmocka_unit_test(other_fewer_or_more_blocks_are_not_confirmed),
        cmocka_unit_test(an_object_with_another_tag_is_not_confirmed),
        cmocka_unit_test(what_is_not_confirmed_does_not_stay_under_a_name_that_was_free),
        cmocka_unit_test(malformed_block_lists_are_refused),
        cmocka_unit_test(a_completion_without_a_tag_is_malformed),
        cmocka_unit_test(a_busy_server_is_asked_again),
        cmocka_unit_test(a_lost_answer_of_a_completion_is_recognised),
        cmocka_unit_test(lost_answers_of_all_tries_are_recognised),
        cmocka_unit_test(somebody_elses_blob_after_a_lost_answer_is_a_conflict),
        cmocka_unit_test(a_completion_without_answer_that_cut_a_block_is_no_success),
        cmocka_unit_test(blocks_that_are_gone_fail_clearly),
        cmocka_unit_test(an_upload_of_no_parts_is_an_empty_object),
        cmocka_unit_test(a_part_that_is_missing_is_not_left_out),
        cmocka_unit_test(two_uploads_never_share_an_id),
        cmocka_unit_test(a_part_survives_faults),
        cmocka_unit_test(a_part_refused_names_the_object),
        cmocka_unit_test(more_parts_than_azure_takes_are_refused),
        cmocka_unit_test(a_cancelled_part_ends_promptly),
        cmocka_unit_test(a_cancelled_completion_ends_promptly),
        cmocka_unit_test(a_range_arrives_in_its_place),
        cmocka_unit_test(another_range_than_asked_for_is_refused),
        cmocka_unit_test(names_with_waiting_blocks_only_are_unfinished_uploads),
        cmocka_unit_test(somebody_elses_blob_is_not_removed_after_a_lost_answer),
        cmocka_unit_test(cancelled_in_between_the_empty_blob_goes_all_the_same),
        cmocka_unit_test(cancelled_before_its_answer_the_empty_blob_is_looked_for),
        cmocka_unit_test(waiting_blocks_are_dropped_by_an_empty_blob_that_goes_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
