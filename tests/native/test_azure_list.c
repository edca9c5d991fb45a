/* Containers of Azure: listing, removal, and the containers themselves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "azure_fixture.h"

#define LIST "/account/bucket?comp=list&maxresults=5000&prefix=p%2F&restype=container"
#define PAGE(blobs, marker)                                                                                            \
    "\xef\xbb\xbf<?xml version=\"1.0\" encoding=\"utf-8\"?><EnumerationResults><Prefix>p/</Prefix><Blobs>" blobs       \
    "</Blobs><NextMarker>" marker "</NextMarker></EnumerationResults>"
#define BLOB(name, bytes)                                                                                              \
    "<Blob><Name>" name "</Name><Properties><Last-Modified>Sun, 06 Nov 1994 08:49:37 GMT</Last-Modified>"              \
    "<Etag>0x8D1</Etag><Content-Length>" bytes                                                                         \
    "</Content-Length><ResourceType>file</ResourceType></Properties></Blob>"
#define CONTAINER "/account/bucket?restype=container"
#define BLOB_INFO "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\nETag: \"1\"\r\n"

struct listed {
    char text[1024];
    unsigned most;
    unsigned count;
};

static int note(void *context, const jb_object_info *info)
{
    struct listed *listed = context;
    size_t used = strlen(listed->text);
    snprintf(listed->text + used, sizeof listed->text - used, "%s:%llu:%s:%s%s%s ", info->key,
             (unsigned long long)info->bytes, info->tag, info->version, info->is_latest ? "+" : "",
             info->is_prefix ? "/" : "");
    return ++listed->count == listed->most;
}

static int list(struct azure_fixture *fixture, jb_list_options options, struct listed *listed)
{
    options.size = sizeof options;
    if (options.prefix == NULL)
        options.prefix = "p/";
    return azure_list(fixture->store, fixture->operation, "bucket", &options, note, listed, &fixture->error);
}

static void pages_follow_one_another(void **state)
{
    (void)state;
    const struct exchange script[] = {
        {"GET", LIST, .status = "200 OK", .reply = PAGE(BLOB("p/a", "1") BLOB("p/&amp;", "2"), "2!92&amp;")},
        {"GET", "/account/bucket?comp=list&marker=2%2192%26&maxresults=5000&prefix=p%2F&restype=container",
         .status = "200 OK", .reply = PAGE(BLOB("p/c", "3"), "")}};
    struct azure_fixture fixture;
    struct listed listed = {.count = 0};
    BEGIN(fixture, script);
    assert_int_equal(list(&fixture, (jb_list_options){0}, &listed), JB_OK);
    assert_string_equal(listed.text, "p/a:1:\"0x8D1\": p/&:2:\"0x8D1\": p/c:3:\"0x8D1\": ");
    azure_fixture_end(&fixture);
}

static void a_delimiter_gives_prefixes(void **state)
{
    (void)state;
    const struct exchange script[] = {
        {"GET", "/account/bucket?comp=list&delimiter=%2F&maxresults=5000&prefix=p%2F&restype=container",
         .status = "200 OK", .reply = PAGE("<BlobPrefix><Name>p/x/</Name></BlobPrefix>" BLOB("p/y", "4"), "")}};
    struct azure_fixture fixture;
    struct listed listed = {.count = 0};
    BEGIN(fixture, script);
    assert_int_equal(list(&fixture, (jb_list_options){.delimiter = "/"}, &listed), JB_OK);
    assert_string_equal(listed.text, "p/x/:0::/ p/y:4:\"0x8D1\": ");
    azure_fixture_end(&fixture);
}

static void versions_tell_which_is_the_latest(void **state)
{
    (void)state;
    const struct exchange script[] = {
        {"GET", "/account/bucket?comp=list&include=versions&maxresults=5000&prefix=p%2F&restype=container",
         .status = "200 OK",
         .reply = PAGE("<Blob><Name>p/a</Name><VersionId>v1</VersionId></Blob><Blob><Name>p/a</Name>"
                       "<VersionId>v2</VersionId><IsCurrentVersion>true</IsCurrentVersion></Blob>"
                       "<Blob><Name>p/b</Name></Blob>",
                       "")}};
    struct azure_fixture fixture;
    struct listed listed = {.count = 0};
    BEGIN(fixture, script);
    assert_int_equal(list(&fixture, (jb_list_options){.versions = true}, &listed), JB_OK);
    assert_string_equal(listed.text, "p/a:0::v1 p/a:0::v2+ p/b:0::+ ");
    azure_fixture_end(&fixture);
}

static void what_is_no_object_is_passed_over(void **state)
{
    (void)state;
    const struct exchange script[] = {
        {"GET", LIST, .status = "200 OK",
         .reply = PAGE("<Blob><Name>p/d</Name><Properties><ResourceType>directory</ResourceType></Properties></Blob>"
                       "<Blob><Name>p/folder/</Name></Blob>" BLOB("p/a", "1"),
                       "")}};
    struct azure_fixture fixture;
    struct listed listed = {.count = 0};
    BEGIN(fixture, script);
    assert_int_equal(list(&fixture, (jb_list_options){0}, &listed), JB_OK);
    assert_string_equal(listed.text, "p/a:1:\"0x8D1\": ");
    azure_fixture_end(&fixture);
}

static void malformed_listings_are_refused(void **state)
{
    (void)state;
    static const char *const pages[] = {"",
                                        "<html/>",
                                        "<EnumerationResults>",
                                        PAGE("<Blob><Name></Name></Blob>", ""),
                                        PAGE("<Blob><Name>other</Name></Blob>", ""),
                                        PAGE(BLOB("p/a", "many"), ""),
                                        PAGE("<Blob><Name>p/a</Name><Properties><Last-Modified>now</Last-Modified>"
                                             "</Properties></Blob>",
                                             ""),
                                        "<!DOCTYPE x [<!ENTITY e \"x\">]><EnumerationResults/>"};
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
        const struct exchange script[] = {{"GET", LIST, .status = "200 OK", .reply = pages[i]}};
        struct azure_fixture fixture;
        struct listed listed = {.count = 0};
        BEGIN(fixture, script);
        assert_int_equal(list(&fixture, (jb_list_options){0}, &listed), JB_ERROR_FORMAT);
        assert_non_null(strstr(fixture.error.text, "cannot list 'azure://account/bucket/p/'"));
        assert_string_equal(listed.text, "");
        azure_fixture_end(&fixture);
    }
}

static void a_repeated_marker_ends_the_listing(void **state)
{
    (void)state;
    struct exchange script[4] = {{"GET", LIST, .status = "200 OK", .reply = PAGE(BLOB("p/a", "1"), "m")}};
    for (size_t i = 1; i < 4; i++)
        script[i] =
            (struct exchange){"GET", "/account/bucket?comp=list&marker=m&maxresults=5000&prefix=p%2F&restype=container",
                              .status = "200 OK", .reply = PAGE(BLOB("p/a", "1"), "m")};
    struct azure_fixture fixture;
    struct listed listed = {.count = 0};
    azure_fixture_begin(&fixture, script, 3);
    int code = list(&fixture, (jb_list_options){0}, &listed);
    assert_int_equal(code, JB_ERROR_FORMAT);
    assert_non_null(strstr(fixture.error.text, "repeats"));
    fixture.store->driver->close(fixture.store);
    jb_operation_free(fixture.operation);
    scripted_server_stop_early(fixture.server);
}

static void a_reader_can_end_a_listing(void **state)
{
    (void)state;
    const struct exchange script[] = {
        {"GET", LIST, .status = "200 OK", .reply = PAGE(BLOB("p/a", "1") BLOB("p/b", "1"), "more")}};
    struct azure_fixture fixture;
    struct listed listed = {.most = 1};
    BEGIN(fixture, script);
    assert_int_equal(list(&fixture, (jb_list_options){0}, &listed), JB_ERROR_CANCELLED);
    assert_string_equal(listed.text, "p/a:1:\"0x8D1\": ");
    azure_fixture_end(&fixture);
}

static void many_objects_are_removed_and_missing_ones_count(void **state)
{
    (void)state;
    enum { COUNT = 50 };
    static char targets[COUNT][64], names[COUNT][16];
    static struct exchange script[COUNT + 10];
    struct store_key keys[COUNT];
    size_t used = 0;
    for (size_t i = 0; i < COUNT; i++) {
        snprintf(names[i], sizeof names[i], "k%zu", i);
        snprintf(targets[i], sizeof targets[i], "/account/bucket/k%zu", i);
        keys[i] = (struct store_key){names[i], NULL};
        if (i % 10 == 0)
            script[used++] = (struct exchange){"DELETE", targets[i], .status = "500 No"};
        script[used++] = i % 7 == 0 ? (struct exchange){"DELETE", targets[i], .status = "404 No",
                                                        .reply = AZURE_ERROR("BlobNotFound")}
                                    : (struct exchange){"DELETE", targets[i], .status = "202 Accepted"};
    }
    struct azure_fixture fixture;
    azure_fixture_begin(&fixture, script, used);
    assert_int_equal(azure_remove(fixture.store, fixture.operation, "bucket", keys, COUNT, &fixture.error), JB_OK);
    azure_fixture_end(&fixture);
}

static void a_refused_removal_names_the_object(void **state)
{
    (void)state;
    const struct exchange script[] = {
        {"DELETE", "/account/bucket/a", .status = "409 No", .reply = AZURE_ERROR("BlobImmutableDueToPolicy")}};
    const struct store_key keys[] = {{"a", NULL}};
    struct azure_fixture fixture;
    BEGIN(fixture, script);
    assert_int_equal(azure_remove(fixture.store, fixture.operation, "bucket", keys, 1, &fixture.error),
                     JB_ERROR_CONFLICT);
    assert_non_null(strstr(fixture.error.text, "cannot delete 'azure://account/bucket/a'"));
    azure_fixture_end(&fixture);
}

static void removal_in_a_missing_container_is_an_error(void **state)
{
    (void)state;
    const struct exchange script[] = {
        {"DELETE", "/account/bucket/a", .status = "404 No", .reply = AZURE_ERROR("ContainerNotFound")}};
    const struct store_key keys[] = {{"a", NULL}};
    struct azure_fixture fixture;
    BEGIN(fixture, script);
    assert_int_equal(azure_remove(fixture.store, fixture.operation, "bucket", keys, 1, &fixture.error),
                     JB_ERROR_NOT_FOUND);
    azure_fixture_end(&fixture);
}

/* A page of a proxy, or of a server that is no store. */
static void a_404_that_the_service_did_not_give_is_no_removal(void **state)
{
    (void)state;
    const struct exchange script[] = {{"DELETE", "/account/bucket/a", .status = "404 No", .reply = "<html/>"}};
    const struct store_key keys[] = {{"a", NULL}};
    struct azure_fixture fixture;
    BEGIN(fixture, script);
    assert_int_equal(azure_remove(fixture.store, fixture.operation, "bucket", keys, 1, &fixture.error),
                     JB_ERROR_NOT_FOUND);
    azure_fixture_end(&fixture);
}

static void the_present_version_becomes_a_past_one_before_it_goes(void **state)
{
    (void)state;
    const struct exchange script[] = {
        {"DELETE", "/account/bucket/a?versionid=v1", .status = "202 Accepted"},
        {"DELETE", "/account/bucket/b?versionid=v2", .status = "403 No",
         .reply = AZURE_ERROR("OperationNotAllowedOnRootBlob")},
        {"HEAD", "/account/bucket/b?versionid=v2", .status = "200 OK", .reply_headers = BLOB_INFO},
        {"DELETE", "/account/bucket/b", {"if-match: \"1\""}, .status = "202 Accepted"},
        {"DELETE", "/account/bucket/b?versionid=v2", .status = "202 Accepted"}};
    const struct store_key keys[] = {{"a", "v1"}, {"b", "v2"}};
    struct azure_fixture fixture;
    BEGIN(fixture, script);
    assert_int_equal(azure_remove(fixture.store, fixture.operation, "bucket", keys, 2, &fixture.error), JB_OK);
    azure_fixture_end(&fixture);
}

static void a_container_is_made_once(void **state)
{
    (void)state;
    static const struct {
        const char *status, *reply;
        int expected;
    } answers[] = {{"201 Made", NULL, JB_OK},
                   {"409 No", AZURE_ERROR("ContainerAlreadyExists"), JB_OK},
                   {"403 No", AZURE_ERROR("AuthorizationFailure"), JB_ERROR_ACCESS},
                   {"200 OK", "<html>a proxy's page</html>", JB_ERROR_UNREACHABLE}};
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        const struct exchange script[] = {{"PUT",
                                           CONTAINER,
                                           {"content-length: 0", "!x-ms-blob-public-access"},
                                           .status = answers[i].status,
                                           .reply = answers[i].reply}};
        struct azure_fixture fixture;
        BEGIN(fixture, script);
        assert_int_equal(azure_make_bucket(fixture.store, fixture.operation, "bucket", &fixture.error),
                         answers[i].expected);
        azure_fixture_end(&fixture);
    }
}

static void a_container_that_is_being_deleted_is_waited_for(void **state)
{
    (void)state;
    const struct exchange script[] = {
        {"PUT", CONTAINER, .status = "409 No", .reply = AZURE_ERROR("ContainerBeingDeleted")},
        {"PUT", CONTAINER, .status = "201 Made"}};
    struct azure_fixture fixture;
    BEGIN(fixture, script);
    assert_int_equal(azure_make_bucket(fixture.store, fixture.operation, "bucket", &fixture.error), JB_OK);
    azure_fixture_end(&fixture);
}

static void a_container_is_tested_and_tagged(void **state)
{
    (void)state;
    const struct exchange script[] = {
        {"HEAD", CONTAINER, .status = "200 OK"},
        {"HEAD", CONTAINER, .status = "404 No", .reply_headers = "x-ms-error-code: ContainerNotFound\r\n"},
        {"PUT",
         "/account/bucket?comp=metadata&restype=container",
         {"x-ms-meta-owner: me", "x-ms-meta-a_1: b c"},
         .status = "200 OK"}};
    const jb_tag tags[] = {{"Owner", "me"}, {"a_1", "b c"}}, wrong[] = {{"a-b", "c"}}, empty[] = {{"a", ""}},
                 odd[] = {{"a", "\xc3\xbc"}};
    struct azure_fixture fixture;
    BEGIN(fixture, script);
    assert_int_equal(azure_test_bucket(fixture.store, fixture.operation, "bucket", &fixture.error), JB_OK);
    assert_int_equal(azure_test_bucket(fixture.store, fixture.operation, "bucket", &fixture.error), JB_ERROR_NOT_FOUND);
    assert_int_equal(azure_tag_bucket(fixture.store, fixture.operation, "bucket", tags, 2, &fixture.error), JB_OK);
    assert_int_equal(azure_tag_bucket(fixture.store, NULL, "bucket", wrong, 1, &fixture.error), JB_ERROR_USAGE);
    assert_int_equal(azure_tag_bucket(fixture.store, NULL, "bucket", empty, 1, &fixture.error), JB_ERROR_USAGE);
    assert_int_equal(azure_tag_bucket(fixture.store, NULL, "bucket", odd, 1, &fixture.error), JB_ERROR_USAGE);
    azure_fixture_end(&fixture);
}

#define LEASE "/account/bucket?comp=lease&restype=container"
#define EVERYTHING                                                                                                     \
    "/account/bucket?comp=list&include=snapshots%2Cuncommittedblobs%2Cversions&maxresults=1&restype=container"

static void an_empty_container_is_deleted_under_a_lease(void **state)
{
    (void)state;
    const struct exchange script[] = {
        {"PUT", LEASE, {"x-ms-lease-action: acquire", "x-ms-lease-duration: 60"}, .status = "201 Leased"},
        {"GET", EVERYTHING, .status = "400 Bad", .reply = AZURE_ERROR("InvalidQueryParameterValue")},
        {"GET", "/account/bucket?comp=list&include=uncommittedblobs&maxresults=1&restype=container", .status = "200 OK",
         .reply = PAGE("", "")},
        {"DELETE", CONTAINER, .status = "202 Accepted"}};
    struct azure_fixture fixture;
    BEGIN(fixture, script);
    assert_int_equal(azure_delete_bucket(fixture.store, fixture.operation, "bucket", &fixture.error), JB_OK);
    azure_fixture_end(&fixture);
}

static void the_lost_answer_of_a_containers_deletion_is_recognised(void **state)
{
    (void)state;
    const struct exchange script[] = {
        {"PUT", LEASE, {"x-ms-lease-action: acquire"}, .status = "201 Leased"},
        {"GET", EVERYTHING, .status = "200 OK", .reply = PAGE("", "")},
        {"DELETE", CONTAINER, .fault = FAULT_RESET_UNANSWERED},
        {"DELETE", CONTAINER, .status = "404 No", .reply = AZURE_ERROR("ContainerNotFound")}};
    struct azure_fixture fixture;
    BEGIN(fixture, script);
    assert_int_equal(azure_delete_bucket(fixture.store, fixture.operation, "bucket", &fixture.error), JB_OK);
    azure_fixture_end(&fixture);
}

static void a_container_that_is_not_empty_stays(void **state)
{
    (void)state;
    const struct exchange script[] = {{"PUT", LEASE, {"x-ms-lease-action: acquire"}, .status = "201 Leased"},
                                      {"GET", EVERYTHING, .status = "200 OK", .reply = PAGE(BLOB("x", "0"), "")},
                                      {"PUT", LEASE, {"x-ms-lease-action: release"}, .status = "200 OK"}};
    struct azure_fixture fixture;
    BEGIN(fixture, script);
    assert_int_equal(azure_delete_bucket(fixture.store, fixture.operation, "bucket", &fixture.error),
                     JB_ERROR_CONFLICT);
    assert_non_null(strstr(fixture.error.text, "not empty"));
    azure_fixture_end(&fixture);
}

static void features_are_told_by_the_container_or_by_a_version(void **state)
{
    (void)state;
    static const struct {
        const char *headers, *page;
        bool versioned, lockable;
    } cases[] = {
        {"x-ms-immutable-storage-with-versioning-enabled: true\r\n", NULL, true, true},
        {NULL, PAGE("<Blob><Name>a</Name><VersionId>v</VersionId></Blob>", ""), true, false},
        {NULL, PAGE("<Blob><Name>a</Name></Blob>", ""), false, false},
        {NULL, PAGE("", ""), false, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct exchange script[] = {{"HEAD", CONTAINER, .status = "200 OK", .reply_headers = cases[i].headers},
                                          {"GET",
                                           "/account/bucket?comp=list&include=versions&maxresults=1&restype=container",
                                           .status = "200 OK", .reply = cases[i].page}};
        struct azure_fixture fixture;
        struct store_bucket_features features = {false, false};
        azure_fixture_begin(&fixture, script, cases[i].page != NULL ? 2 : 1);
        assert_int_equal(azure_bucket_features(fixture.store, fixture.operation, "bucket", &features, &fixture.error),
                         JB_OK);
        assert_int_equal(features.versioned, cases[i].versioned);
        assert_int_equal(features.lockable, cases[i].lockable);
        azure_fixture_end(&fixture);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pages_follow_one_another),
        cmocka_unit_test(a_delimiter_gives_prefixes),
        cmocka_unit_test(versions_tell_which_is_the_latest),
        cmocka_unit_test(what_is_no_object_is_passed_over),
        cmocka_unit_test(malformed_listings_are_refused),
        cmocka_unit_test(a_repeated_marker_ends_the_listing),
        cmocka_unit_test(a_reader_can_end_a_listing),
        cmocka_unit_test(many_objects_are_removed_and_missing_ones_count),
        cmocka_unit_test(a_refused_removal_names_the_object),
        cmocka_unit_test(removal_in_a_missing_container_is_an_error),
        cmocka_unit_test(a_404_that_the_service_did_not_give_is_no_removal),
        cmocka_unit_test(the_present_version_becomes_a_past_one_before_it_goes),
        cmocka_unit_test(a_container_is_made_once),
        cmocka_unit_test(a_container_that_is_being_deleted_is_waited_for),
        cmocka_unit_test(a_container_is_tested_and_tagged),
        cmocka_unit_test(an_empty_container_is_deleted_under_a_lease),
        cmocka_unit_test(the_lost_answer_of_a_containers_deletion_is_recognised),
        cmocka_unit_test(a_container_that_is_not_empty_stays),
        cmocka_unit_test(features_are_told_by_the_container_or_by_a_version),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
