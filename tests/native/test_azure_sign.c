/*
 * Signatures of Azure's storage. The requests' and blobs' ones were compared with what azure-storage-blob 12.31 makes
 * of the same key and request; that of a delegated key follows the documented string.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "cloud/azure/sas.h"

#define KEY  "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+Pw=="
#define DATE "Sun, 06 Nov 1994 08:49:37 GMT"

static const int64_t expires = 1795478400; /* 2026-11-24T00:00:00Z */

static struct shared_key the_key(void)
{
    struct shared_key key;
    jb_error error = JB_ERROR_INIT;
    assert_int_equal(shared_key_init(&key, KEY, &error), JB_OK);
    assert_int_equal(key.size, 64);
    return key;
}

static void a_request_is_signed_as_the_sdk_does_it(void **state)
{
    (void)state;
    /* The headers of metadata sort as the service sorts them: '_' before digits. */
    const struct shared_key_header headers[] = {{"x-ms-version", AZURE_VERSION},
                                                {"x-ms-date", DATE},
                                                {"x-ms-meta-a1", "1"},
                                                {"x-ms-meta-a_b", "2"},
                                                {"x-ms-blob-content-type", "application/octet-stream"},
                                                {"x-ms-blob-type", "BlockBlob"},
                                                {"content-type", "text/plain"},
                                                {"if-none-match", "*"}};
    const struct uri_parameter query[] = {{"comp", "block"}, {"blockid", "amI="}};
    const struct shared_key_request request = {.method = "PUT",
                                               .account = "myaccount",
                                               .path = "/mycontainer/a%20b%2Bc/%C3%BC",
                                               .query = query,
                                               .query_count = 2,
                                               .headers = headers,
                                               .header_count = sizeof headers / sizeof *headers,
                                               .body_size = 5};
    struct shared_key key = the_key();
    struct buffer string, value;
    jb_error error = JB_ERROR_INIT;
    buffer_init(&string, 4096);
    buffer_init(&value, 4096);
    assert_int_equal(shared_key_string(&request, &string, &error), JB_OK);
    assert_string_equal(string.data,
                        "PUT\n\n\n5\n\ntext/plain\n\n\n\n*\n\n\nx-ms-blob-content-type:application/octet-stream\n"
                        "x-ms-blob-type:BlockBlob\nx-ms-date:" DATE "\nx-ms-meta-a_b:2\nx-ms-meta-a1:1\n"
                        "x-ms-version:2021-12-02\n/myaccount/mycontainer/a%20b%2Bc/%C3%BC\nblockid:amI=\ncomp:block");
    assert_int_equal(shared_key_authorization(&key, &request, &value, &error), JB_OK);
    assert_string_equal(value.data, "SharedKey myaccount:58ySOnrn8ObS8c3TF7Me3Rd2oFwDD98K6dbGA8Pd5i0=");
    buffer_clean_up(&string);
    buffer_clean_up(&value);
}

/* The example of "Authorize with Shared Key": Get Container Metadata, and a list of blobs. */
static void the_documented_examples_have_these_strings(void **state)
{
    (void)state;
    const struct shared_key_header headers[] = {{"x-ms-date", "Fri, 26 Jun 2015 23:39:12 GMT"},
                                                {"x-ms-version", "2015-02-21"}};
    const struct uri_parameter query[] = {{"restype", "container"}, {"comp", "metadata"}, {"timeout", "20"}};
    const struct shared_key_request request = {.method = "GET",
                                               .account = "myaccount",
                                               .path = "/mycontainer",
                                               .query = query,
                                               .query_count = 3,
                                               .headers = headers,
                                               .header_count = 2};
    struct buffer string;
    jb_error error = JB_ERROR_INIT;
    buffer_init(&string, 4096);
    assert_int_equal(shared_key_string(&request, &string, &error), JB_OK);
    assert_string_equal(string.data, "GET\n\n\n\n\n\n\n\n\n\n\n\nx-ms-date:Fri, 26 Jun 2015 23:39:12 GMT\n"
                                     "x-ms-version:2015-02-21\n/myaccount/mycontainer\ncomp:metadata\n"
                                     "restype:container\ntimeout:20");
    buffer_clean_up(&string);
}

static void a_key_that_is_no_base64_is_refused_unseen(void **state)
{
    (void)state;
    static const char *const wrong[] = {"", "secret", "secret==x", "se ret==", "=abc", "abc", "ab=c"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct shared_key key;
        jb_error error = JB_ERROR_INIT;
        assert_int_equal(shared_key_init(&key, wrong[i], &error), JB_ERROR_USAGE);
        assert_null(strstr(error.text, "secret"));
    }
    char long_key[512];
    memset(long_key, 'A', sizeof long_key - 4);
    long_key[sizeof long_key - 4] = '\0';
    struct shared_key key;
    jb_error error = JB_ERROR_INIT;
    assert_int_equal(shared_key_init(&key, long_key, &error), JB_ERROR_USAGE);
}

static const struct sas_blob blob = {.account = "myaccount",
                                     .container = "mycontainer",
                                     .blob = "a b/\xc3\xbc",
                                     .permissions = "rcwd",
                                     .expires = 1795478400,
                                     .https_only = true};

static void a_blobs_signature_is_the_sdks(void **state)
{
    (void)state;
    struct shared_key key = the_key();
    struct buffer query;
    jb_error error = JB_ERROR_INIT;
    buffer_init(&query, 4096);
    assert_int_equal(sas_for_blob(&blob, &key, NULL, &query, &error), JB_OK);
    assert_string_equal(query.data, "sv=2021-12-02&sr=b&sp=rcwd&se=2026-11-24T00%3A00%3A00Z&spr=https&"
                                    "sig=fvPnvFDIDNIwNdY65keZYwbItXi6Qb0jJboSO78z%2FYI%3D");
    buffer_clean_up(&query);
}

static void an_accounts_signature_is_the_documented_one(void **state)
{
    (void)state;
    const struct sas_account account = {"myaccount", "rwdlac", "sco", expires, true};
    struct shared_key key = the_key();
    struct buffer query;
    jb_error error = JB_ERROR_INIT;
    buffer_init(&query, 4096);
    assert_int_equal(sas_for_account(&account, &key, &query, &error), JB_OK);
    assert_string_equal(query.data, "sv=2021-12-02&ss=b&srt=sco&sp=rwdlac&se=2026-11-24T00%3A00%3A00Z&spr=https&"
                                    "sig=wuTp%2FwF1tVGIkmVUYCzhOcMzp%2FGc4BI5KYMh2CIiSuA%3D");
    buffer_clean_up(&query);
}

static void a_delegated_keys_signature_is_the_documented_one(void **state)
{
    (void)state;
    struct sas_delegation delegation = {.object = "oid",
                                        .tenant = "tid",
                                        .start = "2026-11-23T00:00:00Z",
                                        .expiry = "2026-11-25T00:00:00Z",
                                        .service = "b",
                                        .version = "2021-12-02",
                                        .key = the_key()};
    struct sas_blob readable = blob;
    readable.permissions = "r";
    struct buffer query;
    jb_error error = JB_ERROR_INIT;
    buffer_init(&query, 4096);
    assert_int_equal(sas_for_blob(&readable, NULL, &delegation, &query, &error), JB_OK);
    assert_string_equal(query.data, "sv=2021-12-02&sr=b&sp=r&se=2026-11-24T00%3A00%3A00Z&spr=https&skoid=oid&sktid=tid&"
                                    "skt=2026-11-23T00%3A00%3A00Z&ske=2026-11-25T00%3A00%3A00Z&sks=b&skv=2021-12-02&"
                                    "sig=0VklmdBGi%2Fz%2Brc81Fph6lSoWPO7h5D6gfbD8FV5%2Fl%2F0%3D");
    buffer_clean_up(&query);
}

static void dates_are_written_as_http_wants_them(void **state)
{
    (void)state;
    char text[CLOCK_HTTP_SIZE];
    clock_format_http(784111777, text);
    assert_string_equal(text, DATE);
    clock_format_http(0, text);
    assert_string_equal(text, "Thu, 01 Jan 1970 00:00:00 GMT");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_is_signed_as_the_sdk_does_it),
        cmocka_unit_test(the_documented_examples_have_these_strings),
        cmocka_unit_test(a_key_that_is_no_base64_is_refused_unseen),
        cmocka_unit_test(a_blobs_signature_is_the_sdks),
        cmocka_unit_test(an_accounts_signature_is_the_documented_one),
        cmocka_unit_test(a_delegated_keys_signature_is_the_documented_one),
        cmocka_unit_test(dates_are_written_as_http_wants_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
