/* With what rights an Azure store is asked, what rights it gives to others, and what it does with leases and copies. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "azure_fixture.h"
#include "base/clock.h"
#include "codec/json.h"
#include "store/azure/lease.h"

#define BLOB "/account/bucket/key"
#define INFO "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\nETag: \"x\"\r\n"
#define HEAD_OK                                                                                                        \
    {                                                                                                                  \
        "HEAD", BLOB, .status = "200 OK", .reply_headers = INFO                                                        \
    }
#define TOKEN(text)                                                                                                    \
    {                                                                                                                  \
        "POST", "/tenant/oauth2/v2.0/token",                                                                           \
            .status = "200 OK",                                                                                        \
            .reply = "{\"token_type\":\"Bearer\",\"expires_in\":3599,\"access_token\":\"" text "\"}"                   \
    }

static int stat_key(struct azure_fixture *fixture, const char *key)
{
    jb_object_info info = {.size = sizeof info};
    return azure_stat(fixture->store, fixture->operation, "bucket", key, NULL, &info, &fixture->error);
}

static int open_with(jb_store_options options, jb_error *error)
{
    jb_store *store = NULL;
    options.size = sizeof options;
    if (options.url == NULL)
        options.url = "azure://account";
    *error = (jb_error)JB_ERROR_INIT;
    int code = store_azure_open(&options, &store, error);
    if (code == JB_OK)
        store->driver->close(store);
    return code;
}

static int clear_environment(void **state)
{
    static const char *const names[] = {
        "AZURE_STORAGE_KEY",    "AZURE_STORAGE_SAS_TOKEN", "AZURE_TENANT_ID",
        "AZURE_CLIENT_ID",      "AZURE_CLIENT_SECRET",     "AZURE_STORAGE_BLOB_ENDPOINT",
        "AZURE_AUTHORITY_HOST", "IDENTITY_ENDPOINT",       "IDENTITY_HEADER"};
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        unsetenv(names[i]);
    return 0;
}

static void options_that_are_malformed_are_refused_unseen(void **state)
{
    (void)state;
    static const jb_store_options wrong[] = {
        {.url = "azure://", .account_key = FIXTURE_KEY},
        {.url = "azure://Account", .account_key = FIXTURE_KEY},
        {.url = "azure://account/bucket", .account_key = FIXTURE_KEY},
        {.account_key = "hush-hush"},
        {.sas = "hush=hush"},
        {.sas = "sv=1&sig=hush hush"},
        {.sas = "sv=1&sig=hush#hush"},
        {.account_key = FIXTURE_KEY, .endpoint = "ftp://hush"},
        {.account_key = FIXTURE_KEY, .endpoint = "http://hush:hush@host"},
        {.account_key = FIXTURE_KEY, .endpoint = "http://host/a?sig=hush"},
        {.account_key = FIXTURE_KEY, .endpoint = "http://host//hush"},
        {.account_key = FIXTURE_KEY, .storage_class = "Archive"},
        {.tenant = "tenant", .client = "client"},
        {.client_secret = "hush", .client = "client"},
        {.tenant = "tenant", .client_secret = "hush"},
        {.grants = "{\"version\":2,\"azure\":{\"b/k\":\"sig=hush\"}}"},
        {.grants = "{\"version\":1,\"s3\":{\"b/k\":\"sig=hush\"}}"},
        {.grants = "{\"version\":1,\"azure\":{},\"hush\":1}"},
        {.grants = "{\"version\":1,\"azure\":{\"b/k\":7}}"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        jb_error error;
        int code = open_with(wrong[i], &error);
        if (code != JB_ERROR_USAGE || strstr(error.text, "hush") != NULL || strstr(error.hint, "hush") != NULL)
            fail_msg("%zu: code %d, '%s', '%s'", i, code, error.text, error.hint);
    }
    jb_error error;
    assert_int_equal(open_with((jb_store_options){.grants = "{\"version\":1,\"azure\":{\"b/k\":\"hush"}, &error),
                     JB_ERROR_FORMAT);
    assert_null(strstr(error.text, "hush"));
    assert_int_equal(open_with((jb_store_options){.grants = "{\"version\":1,\"expires\":1,\"azure\":{}}"}, &error),
                     JB_ERROR_ACCESS);
    assert_non_null(strstr(error.text, "expired"));
}

static void rights_come_from_the_environment_where_no_option_gives_them(void **state)
{
    (void)state;
    const struct exchange signed_by_key[] = {
        {"HEAD", BLOB, {"authorization: SharedKey account:*"}, .status = "200 OK", .reply_headers = INFO}};
    const struct exchange by_sas[] = {
        {"HEAD", BLOB "?sv=2&sig=a%2Fb", {"!authorization"}, .status = "200 OK", .reply_headers = INFO}};
    struct azure_fixture fixture;
    setenv("AZURE_STORAGE_KEY", FIXTURE_KEY, 1);
    BEGIN_WITH(fixture, signed_by_key, .size = 0);
    assert_int_equal(stat_key(&fixture, "key"), JB_OK);
    azure_fixture_end(&fixture);
    BEGIN_WITH(fixture, by_sas, .sas = "?sv=2&sig=a%2Fb"); /* an option before the environment */
    assert_int_equal(stat_key(&fixture, "key"), JB_OK);
    azure_fixture_end(&fixture);
    unsetenv("AZURE_STORAGE_KEY");
    setenv("AZURE_STORAGE_SAS_TOKEN", "sv=2&sig=a%2Fb", 1);
    BEGIN_WITH(fixture, by_sas, .size = 0);
    assert_int_equal(stat_key(&fixture, "key"), JB_OK);
    azure_fixture_end(&fixture);
}

static void grants_reach_their_blobs_and_no_other(void **state)
{
    (void)state;
    const struct exchange script[] = {
        {"HEAD", BLOB "?sig=one", {"!authorization"}, .status = "200 OK", .reply_headers = INFO},
        {"HEAD", "/account/bucket/a%20b?sig=two", .status = "200 OK", .reply_headers = INFO}};
    struct azure_fixture fixture;
    jb_list_options options = {.size = sizeof options, .prefix = ""};
    BEGIN_WITH(fixture, script,
               .grants = "{\"version\":1,\"azure\":{\"bucket/key\":\"sig=one\",\"bucket/a b\":\"sig=two\"}}");
    assert_int_equal(stat_key(&fixture, "key"), JB_OK);
    assert_int_equal(stat_key(&fixture, "a b"), JB_OK);
    assert_int_equal(stat_key(&fixture, "key2"), JB_ERROR_ACCESS);
    assert_non_null(strstr(fixture.error.text, "do not reach 'bucket/key2'"));
    assert_int_equal(stat_key(&fixture, "ke"), JB_ERROR_ACCESS);
    assert_int_equal(azure_list(fixture.store, NULL, "bucket", &options, NULL, NULL, &fixture.error), JB_ERROR_ACCESS);
    azure_fixture_end(&fixture);
}

/* A login service, and a store that asks with its tokens. */
static struct scripted_server *begin_bearer(struct azure_fixture *fixture, const struct exchange *logins,
                                            size_t login_count, const struct exchange *exchanges, size_t count)
{
    struct scripted_server *login = scripted_server_start(logins, login_count);
    setenv("AZURE_AUTHORITY_HOST", scripted_server_endpoint(login), 1);
    azure_fixture_begin_with(fixture, exchanges, count,
                             (jb_store_options){.tenant = "tenant", .client = "client", .client_secret = "hush-hush"});
    return login;
}

static void requests_bear_a_principals_token(void **state)
{
    (void)state;
    const struct exchange logins[] = {TOKEN("T0KEN")};
    const struct exchange script[] = {
        {"HEAD", BLOB, {"authorization: Bearer T0KEN"}, .status = "200 OK", .reply_headers = INFO}};
    struct azure_fixture fixture;
    struct scripted_server *login = begin_bearer(&fixture, logins, 1, script, 1);
    assert_int_equal(stat_key(&fixture, "key"), JB_OK);
    azure_fixture_end(&fixture);
    scripted_server_stop(login);
}

static void no_token_goes_out_unencrypted(void **state)
{
    (void)state;
    const struct exchange logins[] = {TOKEN("T0KEN")};
    struct scripted_server *login = scripted_server_start(logins, 1);
    setenv("AZURE_AUTHORITY_HOST", scripted_server_endpoint(login), 1);
    const jb_store_options options = {.size = sizeof options,
                                      .url = "azure://account",
                                      .endpoint = "http://blobs.example",
                                      .tenant = "tenant",
                                      .client = "client",
                                      .client_secret = "hush-hush"};
    jb_store *store = NULL;
    jb_error error = JB_ERROR_INIT;
    assert_int_equal(jb_store_open(&options, &store, &error), JB_ERROR_USAGE);
    assert_non_null(strstr(error.text, "not encrypted"));
    scripted_server_stop(login);
}

static void a_token_that_the_store_refuses_is_renewed(void **state)
{
    (void)state;
    const struct exchange logins[] = {TOKEN("OLD"), TOKEN("NEW")};
    const struct exchange script[] = {{"HEAD",
                                       BLOB,
                                       {"authorization: Bearer OLD"},
                                       .status = "401 Who",
                                       .reply_headers = "x-ms-error-code: InvalidAuthenticationInfo\r\n"},
                                      HEAD_OK};
    struct azure_fixture fixture;
    struct scripted_server *login = begin_bearer(&fixture, logins, 2, script, 2);
    assert_int_equal(stat_key(&fixture, "key"), JB_OK);
    azure_fixture_end(&fixture);
    scripted_server_stop_early(login);
}

static void a_link_is_signed_and_ends(void **state)
{
    (void)state;
    struct azure_fixture fixture;
    char *url = NULL;
    azure_fixture_begin(&fixture, NULL, 0);
    const jb_link_options options = {.size = sizeof options, .bucket = "bucket", .key = "a b", .put = true};
    assert_int_equal(azure_link(fixture.store, NULL, &options, &url, &fixture.error), JB_OK);
    assert_non_null(strstr(url, "/account/bucket/a%20b?sv=2021-12-02&sr=b&sp=cw&se="));
    assert_non_null(strstr(url, "&sig="));
    free(url);
    azure_fixture_end(&fixture);
    azure_fixture_begin_with(&fixture, NULL, 0, (jb_store_options){.sas = "sig=hush"});
    assert_int_equal(azure_link(fixture.store, NULL, &options, &url, &fixture.error), JB_ERROR_UNSUPPORTED);
    azure_fixture_end(&fixture);
}

#define DELEGATION                                                                                                     \
    "<UserDelegationKey><SignedOid>oid</SignedOid><SignedTid>tid</SignedTid>"                                          \
    "<SignedStart>2026-11-23T00:00:00Z</SignedStart><SignedExpiry>2026-11-25T00:00:00Z</SignedExpiry>"                 \
    "<SignedService>b</SignedService><SignedVersion>2021-12-02</SignedVersion><Value>" FIXTURE_KEY                     \
    "</Value></UserDelegationKey>"
#define DELEGATE "/account/?comp=userdelegationkey&restype=service"

static void a_principals_link_is_signed_by_a_delegated_key(void **state)
{
    (void)state;
    const struct exchange logins[] = {TOKEN("T0KEN")};
    const struct exchange script[] = {
        {"POST", DELEGATE, {"authorization: Bearer T0KEN"}, .status = "200 OK", .reply = DELEGATION}};
    struct azure_fixture fixture;
    char *url = NULL;
    struct scripted_server *login = begin_bearer(&fixture, logins, 1, script, 1);
    const jb_link_options options = {.size = sizeof options, .bucket = "bucket", .key = "key"};
    assert_int_equal(azure_link(fixture.store, NULL, &options, &url, &fixture.error), JB_OK);
    assert_non_null(strstr(url, "&skoid=oid&sktid=tid&skt=2026-11-23T00%3A00%3A00Z"));
    free(url);
    azure_fixture_end(&fixture);
    scripted_server_stop(login);
}

static void a_delegated_key_that_is_not_whole_is_malformed(void **state)
{
    (void)state;
    static const char *const answers[] = {"", "<html/>", "<UserDelegationKey><Value>aGk=</Value></UserDelegationKey>",
                                          "<UserDelegationKey><Value>hush hush</Value></UserDelegationKey>"};
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        const struct exchange logins[] = {TOKEN("T0KEN")};
        const struct exchange script[] = {{"POST", DELEGATE, .status = "200 OK", .reply = answers[i]}};
        struct azure_fixture fixture;
        char *url = NULL;
        struct scripted_server *login = begin_bearer(&fixture, logins, 1, script, 1);
        const jb_link_options options = {.size = sizeof options, .bucket = "bucket", .key = "key"};
        assert_int_equal(azure_link(fixture.store, NULL, &options, &url, &fixture.error), JB_ERROR_FORMAT);
        assert_null(strstr(fixture.error.text, "hush"));
        azure_fixture_end(&fixture);
        scripted_server_stop(login);
    }
}

static void a_grant_holds_one_signature_a_blob(void **state)
{
    (void)state;
    const jb_grant grants[] = {{.key = "read me"}, {.key = "write", .write = true}};
    struct azure_fixture fixture;
    char *text = NULL;
    json_t *document = NULL;
    azure_fixture_begin(&fixture, NULL, 0);
    const jb_grant_options options = {.size = sizeof options, .bucket = "bucket", .grants = grants, .count = 2};
    assert_int_equal(azure_grant(fixture.store, NULL, &options, &text, &fixture.error), JB_OK);
    const char *line = strchr(text, '\n') + 1;
    assert_int_equal(strncmp(text, "JPSBACKUP_EXPIRES=", 18), 0);
    assert_int_equal(strncmp(line, "JPSBACKUP_GRANTS=", 17), 0);
    assert_int_equal(json_parse(line + 17, strlen(line + 17), "grants", &document, &fixture.error), JB_OK);
    assert_in_range(json_integer_value(json_object_get(document, "expires")) - clock_now(), 43190, 43201);
    const json_t *blobs = json_object_get(document, "azure");
    assert_int_equal(json_object_size(blobs), 5);
    assert_non_null(strstr(json_member_text(blobs, "bucket/read me"), "&sp=r&"));
    assert_non_null(strstr(json_member_text(blobs, "bucket/write"), "&sp=rcwd&"));
    assert_non_null(json_member_text(blobs, "bucket/write.001"));
    assert_non_null(json_member_text(blobs, "bucket/write.003"));
    json_decref(document);
    free(text);
    azure_fixture_end(&fixture);
}

static void leases_are_acquired_renewed_released_and_broken(void **state)
{
    (void)state;
#define LEASE BLOB "?comp=lease"
    const struct exchange script[] = {
        {"PUT", LEASE, {"x-ms-lease-action: acquire", "x-ms-lease-duration: -1"}, .status = "201 Leased"},
        {"PUT", LEASE, {"x-ms-lease-action: renew"}, .status = "200 OK"},
        {"PUT", LEASE, {"x-ms-lease-action: release"}, .status = "200 OK"},
        {"PUT", LEASE, {"x-ms-lease-action: break", "x-ms-lease-break-period: 0"}, .status = "202 OK"},
        {"PUT", LEASE, .status = "409 No", .reply = AZURE_ERROR("LeaseAlreadyPresent")}};
    struct azure_fixture fixture;
    BEGIN(fixture, script);
    struct azure_leased leased = {.azure = (struct azure_store *)fixture.store, .bucket = "bucket", .key = "key"};
    assert_int_equal(azure_lease_acquire(&leased, NULL, -1, &fixture.error), JB_OK);
    assert_int_equal(strlen(leased.id), AZURE_LEASE_SIZE - 1);
    assert_int_equal(azure_lease_renew(&leased, NULL, &fixture.error), JB_OK);
    assert_int_equal(azure_lease_release(&leased, NULL, &fixture.error), JB_OK);
    assert_int_equal(azure_lease_break(&leased, NULL, &fixture.error), JB_OK);
    assert_int_equal(azure_lease_acquire(&leased, NULL, 15, &fixture.error), JB_ERROR_CONFLICT);
    assert_non_null(strstr(fixture.error.hint, "lease"));
    azure_fixture_end(&fixture);
}

static void versions_are_protected_and_tell_it(void **state)
{
    (void)state;
    const struct exchange script[] = {
        {"PUT",
         BLOB "?comp=immutabilityPolicies&versionid=v1",
         {"x-ms-immutability-policy-until-date: Sun, 06 Nov 1994 08:49:37 GMT",
          "x-ms-immutability-policy-mode: Locked"},
         .status = "200 OK"},
        {"PUT", BLOB "?comp=legalhold&versionid=v1", {"x-ms-legal-hold: true"}, .status = "200 OK"},
        {"HEAD", BLOB "?versionid=v1", .status = "200 OK",
         .reply_headers = "x-ms-immutability-policy-until-date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
                          "x-ms-immutability-policy-mode: locked\r\nx-ms-legal-hold: true\r\n"},
        {"HEAD", BLOB "?versionid=v1", .status = "200 OK"},
        {"PUT", BLOB "?comp=legalhold&versionid=v1", .status = "400 Bad", .reply = AZURE_ERROR("InvalidOperation")}};
    const struct store_key key = {"key", "v1"};
    jb_protection protection = {sizeof protection, JB_RETENTION_COMPLIANCE, 784111777, true}, seen = {.size = 0};
    struct azure_fixture fixture;
    BEGIN(fixture, script);
    assert_int_equal(azure_protect(fixture.store, NULL, "bucket", &key, &protection, &fixture.error), JB_OK);
    assert_int_equal(azure_protection(fixture.store, NULL, "bucket", &key, &seen, &fixture.error), JB_OK);
    assert_int_equal(seen.retention, JB_RETENTION_COMPLIANCE);
    assert_int_equal(seen.until, 784111777);
    assert_true(seen.legal_hold);
    seen = (jb_protection){.size = sizeof seen};
    assert_int_equal(azure_protection(fixture.store, NULL, "bucket", &key, &seen, &fixture.error), JB_OK);
    assert_int_equal(seen.retention, JB_RETENTION_NONE);
    assert_false(seen.legal_hold);
    protection.retention = JB_RETENTION_NONE;
    assert_int_not_equal(azure_protect(fixture.store, NULL, "bucket", &key, &protection, &fixture.error), JB_OK);
    assert_non_null(strstr(fixture.error.hint, "version-level immutability"));
    azure_fixture_end(&fixture);
}

#define FROM         "/account/bucket/from"
#define COPY(status) "x-ms-copy-id: c1\r\nx-ms-copy-status: " status "\r\n"

static int copy(struct azure_fixture *fixture, bool replace)
{
    const jb_copy_options options = {.size = sizeof options,
                                     .from_bucket = "bucket",
                                     .from_key = "from",
                                     .to_bucket = "bucket",
                                     .to_key = "key",
                                     .replace = replace};
    return azure_copy(fixture->store, fixture->operation, &options, &fixture->error);
}

static void copy_gives(int expected, const char *text, const struct exchange *exchanges, size_t count)
{
    struct exchange script[12] = {{"HEAD", FROM, .status = "200 OK", .reply_headers = INFO, .reply_size = 9}};
    struct azure_fixture fixture;
    memcpy(script + 1, exchanges, count * sizeof *exchanges);
    azure_fixture_begin(&fixture, script, count + 1);
    int code = copy(&fixture, false);
    if (code != expected || (code != JB_OK && strstr(fixture.error.text, text) == NULL))
        fail_msg("code %d, '%s'", code, fixture.error.text);
    azure_fixture_end(&fixture);
}

#define COPY_GIVES(expected, text, ...)                                                                                \
    do {                                                                                                               \
        const struct exchange exchanges[] = {NOTHING_YET, __VA_ARGS__};                                                \
        copy_gives(expected, text, exchanges, sizeof exchanges / sizeof *exchanges);                                   \
    } while (0)
#define STATE(headers, bytes)                                                                                          \
    {                                                                                                                  \
        "HEAD", BLOB, .status = "200 OK", .reply_headers = INFO headers, .reply_size = bytes                           \
    }
#define NOTHING_YET                                                                                                    \
    {                                                                                                                  \
        "HEAD", BLOB, .status = "404 No"                                                                               \
    }
#define START(headers)                                                                                                 \
    {                                                                                                                  \
        "PUT", BLOB, {"if-none-match: *", "x-ms-copy-source: http://127.0.0.1*"}, .status = "202 Accepted",            \
                                                                                  .reply_headers = headers             \
    }

static void a_copy_is_followed_to_its_end_and_compared(void **state)
{
    (void)state;
    COPY_GIVES(JB_OK, "", START(COPY("success")), STATE(COPY("success"), 9));
    COPY_GIVES(JB_OK, "", START(COPY("pending")), STATE(COPY("pending"), 0), STATE(COPY("success"), 9));
    COPY_GIVES(JB_ERROR_FAILED, "ended with 'failed'", START(COPY("pending")), STATE(COPY("failed"), 0));
    COPY_GIVES(JB_ERROR_VERIFY, "has 8 bytes after the copy, its source 9", START(COPY("success")),
               STATE(COPY("success"), 8));
    COPY_GIVES(JB_ERROR_CONFLICT, "somebody else", START(COPY("pending")),
               STATE("x-ms-copy-id: other\r\nx-ms-copy-status: success\r\n", 9));
    COPY_GIVES(JB_ERROR_CONFLICT, "BlobAlreadyExists",
               {"PUT", BLOB, .status = "409 No", .reply = AZURE_ERROR("BlobAlreadyExists")});
}

/* A try may have been done although it was answered so; what lies there tells, if it was not there before. */
static void a_copys_lost_answer_is_told_from_an_older_copy(void **state)
{
    (void)state;
#define OURS "x-ms-copy-id: c1\r\nx-ms-copy-status: success\r\nx-ms-copy-source: %s" FROM "\r\n"
#define NO                                                                                                             \
    {                                                                                                                  \
        "PUT", BLOB, .status = "500 No"                                                                                \
    }
    for (int older = 0; older < 2; older++) {
        char headers[512];
        struct exchange script[] = {{"HEAD", FROM, .status = "200 OK", .reply_headers = INFO, .reply_size = 9},
                                    NOTHING_YET,
                                    NO,
                                    NO,
                                    NO,
                                    {"HEAD", BLOB, .status = "200 OK", .reply_headers = headers, .reply_size = 9},
                                    {"HEAD", BLOB, .status = "200 OK", .reply_headers = headers, .reply_size = 9}};
        if (older)
            script[1] = script[5];
        struct azure_fixture fixture;
        azure_fixture_begin(&fixture, script, older ? 6 : 7);
        snprintf(headers, sizeof headers, INFO OURS, scripted_server_endpoint(fixture.server));
        assert_int_equal(copy(&fixture, true), older ? JB_ERROR_UNREACHABLE : JB_OK);
        azure_fixture_end(&fixture);
    }
}

static void *cancel_the_fourth_request(void *context)
{
    struct azure_fixture *fixture = context;
    while (scripted_server_used(fixture->server) < 4)
        usleep(1000);
    jb_operation_cancel(fixture->operation);
    return NULL;
}

static void a_cancelled_copy_leaves_nothing(void **state)
{
    (void)state;
    const struct exchange script[] = {
        {"HEAD", FROM, .status = "200 OK", .reply_headers = INFO, .reply_size = 9},
        NOTHING_YET,
        START(COPY("pending")),
        STATE(COPY("pending"), 0),
        {"PUT", BLOB "?comp=copy&copyid=c1", {"x-ms-copy-action: abort"}, .status = "204 None"},
        STATE(COPY("aborted"), 0),
        {"DELETE", BLOB, {"if-match: \"x\""}, .status = "202 Accepted"}};
    struct azure_fixture fixture;
    pthread_t canceller;
    BEGIN(fixture, script);
    assert_int_equal(pthread_create(&canceller, NULL, cancel_the_fourth_request, &fixture), 0);
    assert_int_equal(copy(&fixture, false), JB_ERROR_CANCELLED);
    pthread_join(canceller, NULL);
    azure_fixture_end(&fixture);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, clear_environment)
    const struct CMUnitTest tests[] = {
        TEST(options_that_are_malformed_are_refused_unseen),
        TEST(rights_come_from_the_environment_where_no_option_gives_them),
        TEST(grants_reach_their_blobs_and_no_other),
        TEST(requests_bear_a_principals_token),
        TEST(no_token_goes_out_unencrypted),
        TEST(a_token_that_the_store_refuses_is_renewed),
        TEST(a_link_is_signed_and_ends),
        TEST(a_principals_link_is_signed_by_a_delegated_key),
        TEST(a_delegated_key_that_is_not_whole_is_malformed),
        TEST(a_grant_holds_one_signature_a_blob),
        TEST(leases_are_acquired_renewed_released_and_broken),
        TEST(versions_are_protected_and_tell_it),
        TEST(a_copy_is_followed_to_its_end_and_compared),
        TEST(a_copys_lost_answer_is_told_from_an_older_copy),
        TEST(a_cancelled_copy_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
