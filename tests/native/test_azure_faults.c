/*
 * What network and server may do to each operation of the Azure driver. An operation survives what passes, or fails
 * clearly; no descriptor is left open (fault_matrix.c counts them), and memory stays as it was.
 *
 * case                                                   test (in this file, where none is named)
 * all that passes with any store (fault_matrix.c)        every_operation_survives…
 * throttling by the service's own codes                  every_operation_survives…
 * every try fails                                        lasting_faults…
 * refused keys, expired signatures, skewed clock         lasting_refusals…; test_azure_object.c
 * 200 with an error or a proxy's page                    a_200_that_is_none…
 * redirect to somewhere else, header without end         a_redirect…, a_header…
 * answers in chunks, without a length                    answers_in_chunks…, an_answer_without…
 * wrong or missing ETag, other sizes, other blocks       test_azure_upload.c, test_azure_object.c
 * blocks lost before completion                          blocks_that_are_gone… (test_azure_upload.c)
 * completion without an answer, done or not              test_azure_upload.c
 * conditional write without an answer                    test_azure_object.c
 * pages that repeat, malformed listings                  test_azure_list.c
 * cancelled at each stage                                cancelling…
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "azure_fixture.h"
#include "fault_matrix.h"
#include "store/azure/upload.h"

#define BLOB "/account/bucket/key"
#define INFO "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\nETag: \"x\"\r\n"
#define LIST "/account/bucket?comp=list&maxresults=5000&prefix=k&restype=container"
#define MARK "jb6922a2800123456789abcdef0123"
#define ID   "amI2OTIyYTI4MDAxMjM0NTY3ODlhYmNkZWYwMTIzMDAwMDAw"
#define BLOCK                                                                                                          \
    {                                                                                                                  \
        "PUT", BLOB "?blockid=" ID "&comp=block", .body = "first", .status = "201 Made"                                \
    }
#define COMPLETE                                                                                                       \
    {                                                                                                                  \
        "PUT", BLOB "?comp=blocklist", .status = "201 Made", .reply_headers = INFO                                     \
    }
#define HOLDS                                                                                                          \
    {                                                                                                                  \
        "GET", BLOB "?blocklisttype=committed&comp=blocklist",                                                         \
            .status = "200 OK", .reply_headers = INFO,                                                                 \
            .reply = "<BlockList><CommittedBlocks><Block><Name>" ID "</Name><Size>5</Size></Block>"                    \
                     "</CommittedBlocks></BlockList>"                                                                  \
    }
#define HEAD                                                                                                           \
    {                                                                                                                  \
        "HEAD", BLOB, .status = "200 OK", .reply_headers = INFO, .reply_size = 5                                       \
    }
#define NOT_THERE                                                                                                      \
    {                                                                                                                  \
        "GET", BLOB "?blocklisttype=committed&comp=blocklist", .status = "404 No",                                     \
                                                               .reply = AZURE_ERROR("BlobNotFound")                    \
    }
#define DELETE(name)                                                                                                   \
    {                                                                                                                  \
        "DELETE", "/account/bucket/" name, .status = "202 Accepted"                                                    \
    }

static const struct fault_operation operations[] = {
    {"stat", fault_run_stat, .asked = HEAD},
    {"read", fault_run_read, .asked = {"GET", BLOB, .status = "200 OK", .reply_headers = INFO, .reply = "hello"}},
    {"write", fault_run_write, .asked = {"PUT", BLOB, .body = "hello", .status = "201 Made", .reply_headers = INFO},
     .on_success = {HEAD}},
    {"range", fault_run_range,
     .asked = {"GET", BLOB, .status = "206 Partial", .reply = "hello",
               .reply_headers = INFO "Content-Range: bytes 7-11/20\r\n"}},
    {"list", fault_run_list,
     .asked = {"GET", LIST, .status = "200 OK",
               .reply = "<EnumerationResults><Blobs><Blob><Name>k</Name><Properties><Last-Modified>Sun, 06 Nov 1994 "
                        "08:49:37 GMT</Last-Modified><Etag>0x8D1</Etag><Content-Length>5</Content-Length>"
                        "</Properties></Blob></Blobs><NextMarker/></EnumerationResults>"}},
    /* Both are under way at a time. */
    {"remove", fault_run_remove, .before = {DELETE("b")}, .asked = DELETE("a")},
    {"part", fault_run_upload, .asked = BLOCK, .on_success = {COMPLETE, HOLDS}},
    {"complete", fault_run_upload, .slow = true, .before = {BLOCK}, .asked = COMPLETE, .on_success = {HOLDS},
     .on_failure = {NOT_THERE, NOT_THERE}},
};

static jb_store *open_store(const char *endpoint)
{
    return azure_fixture_open(endpoint, (jb_store_options){.account_key = FIXTURE_KEY});
}

static void give_mark(struct store_upload *upload)
{
    assert_int_equal(strlen(upload->mark), strlen(MARK));
    memcpy(upload->mark, MARK, sizeof MARK);
}

static const struct fault_matrix matrix = {
    .operations = operations, .count = sizeof operations / sizeof *operations, .open = open_store, .begun = give_mark};

static void every_operation_survives_every_passing_fault(void **state)
{
    (void)state;
    fault_matrix_survives_passing_faults(&matrix);
    fault_matrix_survives(&matrix, "503 ServerBusy",
                          (struct exchange){.status = "503 Busy",
                                            .reply = AZURE_ERROR("ServerBusy"),
                                            .reply_headers = "x-ms-error-code: ServerBusy\r\n"});
    fault_matrix_survives(&matrix, "500 OperationTimedOut",
                          (struct exchange){.status = "500 Late",
                                            .reply = AZURE_ERROR("OperationTimedOut"),
                                            .reply_headers = "x-ms-error-code: OperationTimedOut\r\n"});
}

static void lasting_faults_fail_clearly(void **state)
{
    (void)state;
    fault_matrix_fails_by_lasting_faults(&matrix);
}

static void lasting_refusals_fail_clearly_and_at_once(void **state)
{
    (void)state;
    fault_matrix_fails(&matrix, "AuthenticationFailed",
                       (struct exchange){.status = "403 No",
                                         .reply = AZURE_ERROR("AuthenticationFailed"),
                                         .reply_headers = "x-ms-error-code: AuthenticationFailed\r\n"},
                       1, JB_ERROR_ACCESS);
    fault_matrix_fails(&matrix, "AuthorizationPermissionMismatch",
                       (struct exchange){.status = "403 No",
                                         .reply = AZURE_ERROR("AuthorizationPermissionMismatch"),
                                         .reply_headers = "x-ms-error-code: AuthorizationPermissionMismatch\r\n"},
                       1, JB_ERROR_ACCESS);
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

#define SET_UP(setting, script) fault_setting_begin(&(setting), &matrix, script, sizeof(script) / sizeof *(script))

static void answers_in_chunks_and_after_100_continue_are_read(void **state)
{
    (void)state;
    const struct exchange script[] = {
        {"GET", BLOB, .fault = FAULT_RAW,
         .reply =
             "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n" INFO
             "\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n"}};
    struct fault_setting setting;
    SET_UP(setting, script);
    assert_int_equal(fault_run_read(&setting), JB_OK);
    fault_setting_end(&setting);
}

/* Of what ends with its connection, nobody knows whether all of it came. */
static void an_answer_without_its_length_is_not_believed(void **state)
{
    (void)state;
    const struct exchange script[] = {
        {"GET", BLOB, .fault = FAULT_RAW, .reply = "HTTP/1.1 200 OK\r\n" INFO "\r\nhello"}};
    struct fault_setting setting;
    SET_UP(setting, script);
    assert_int_equal(fault_run_read(&setting), JB_ERROR_FORMAT);
    fault_setting_end(&setting);
}

static void cancelling_ends_every_operation_at_once(void **state)
{
    (void)state;
    fault_matrix_can_be_cancelled(&matrix);
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
        cmocka_unit_test(a_header_without_end_fails),
        cmocka_unit_test(answers_in_chunks_and_after_100_continue_are_read),
        cmocka_unit_test(an_answer_without_its_length_is_not_believed),
        cmocka_unit_test(cancelling_ends_every_operation_at_once),
        cmocka_unit_test(memory_stays_flat_over_many_faults),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
