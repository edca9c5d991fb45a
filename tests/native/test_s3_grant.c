/* Grants of single objects: how they are made for stores without sessions, and what a store that holds them asks for.
 */
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "codec/digest.h"
#include "codec/json.h"
#include "s3_fixture.h"
#include "store/s3/policy.h"

#define SECRET "5ec7e75ec7e75ec7e75ec7e75ec7e75ec7e75ec7e75ec7e75ec7e75ec7e75ec7"

/* What a script of an upload needs. */
#define BEGUN "<InitiateMultipartUploadResult><UploadId>U1</UploadId></InitiateMultipartUploadResult>"
#define FOUND "ETag: \"1\"\r\nLast-Modified: Sun, 22 Nov 2026 10:00:00 GMT\r\n"

#define NO_SERVICE                                                                                                     \
    {                                                                                                                  \
        .method = "POST", .target = "/", .status = "405 Method Not Allowed"                                            \
    }
#define BUCKET_IS_THERE                                                                                                \
    {                                                                                                                  \
        .method = "HEAD", .target = "/bkt", .status = "200 OK"                                                         \
    }
#define SESSION(answer)                                                                                                \
    {                                                                                                                  \
        .method = "POST", .target = "/", .status = "200 OK", .reply = (answer)                                         \
    }
#define KEYS                                                                                                           \
    "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>SESSION</AccessKeyId><SecretAccessKey>secret"     \
    "</SecretAccessKey><SessionToken>token</SessionToken><Expiration>2026-11-23T00:00:00Z</Expiration></Credentials>"  \
    "</AssumeRoleResult></AssumeRoleResponse>"
#define LISTING "<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>"
#define PROBE(...)                                                                                                     \
    {                                                                                                                  \
        .method = "GET", .target = "/bkt?list-type=2&max-keys=1",                                                      \
        .headers = {"x-amz-security-token: token", "authorization: AWS4-HMAC-SHA256 Credential=SESSION/*"},            \
        __VA_ARGS__                                                                                                    \
    }
#define REFUSED .status = "403 Forbidden", .reply = "<Error><Code>AccessDenied</Code></Error>"

/* Of the store's own keys. */
#define OWN_LISTING(...)                                                                                               \
    {                                                                                                                  \
        .method = "GET", .target = "/bkt?list-type=2&max-keys=1", .headers = {"!x-amz-security-token"}, __VA_ARGS__    \
    }
/* A signed request that is made to copy. */
#define COPY(...)                                                                                                      \
    {                                                                                                                  \
        .method = "PUT", .target = "/bkt/jpsbackup-probe-*",                                                           \
        .headers = {"x-amz-copy-source: /bkt/jpsbackup-probe-*", "content-length: 0", "!authorization"}, __VA_ARGS__   \
    }

/* A store at the fixture's server that holds these grants only. */
static jb_store *open_granted(const struct s3_fixture *fixture, const char *grants)
{
    return s3_fixture_open(scripted_server_endpoint(fixture->server), (jb_store_options){.grants = grants});
}

/* Grants of "bkt/dir/key" at the fixture's server. */
static char *make_grants(const struct s3_fixture *fixture, int64_t expires, const char *upload)
{
    const char *at = scripted_server_endpoint(fixture->server);
    struct buffer text;
    buffer_init(&text, 65536);
    assert_int_equal(buffer_printf(&text, NULL,
                                   "{\"version\":1,\"expires\":%lld,\"s3\":{\"bkt/dir/key\":{\"get\":\"%s/g?s=1\","
                                   "\"head\":\"%s/h?s=2\",\"put\":\"%s/p?s=3\",\"delete\":\"%s/d?s=4\","
                                   "\"headers\":{\"x-amz-server-side-encryption\":\"AES256\"}",
                                   (long long)expires, at, at, at, at),
                     JB_OK);
    if (upload != NULL)
        assert_int_equal(buffer_printf(&text, NULL,
                                       ",\"upload\":{\"id\":\"%s\",\"part\":\"%s/u?s=5\",\"signatures\":[\"" SECRET
                                       "\",\"" SECRET "\"],\"complete\":\"%s/c?s=6\",\"abort\":\"%s/a?s=7\"}",
                                       upload, at, at, at),
                         JB_OK);
    assert_int_equal(buffer_append_text(&text, "}}}", NULL), JB_OK);
    return buffer_detach(&text);
}

static void what_was_signed_beforehand_is_asked_for_as_it_was_signed(void **state)
{
    (void)state;
    static const struct exchange exchanges[] = {
        {.method = "HEAD",
         .target = "/h?s=2",
         .headers = {"!authorization", "!x-amz-date", "!x-amz-content-sha256"},
         .status = "200 OK",
         .reply_headers = FOUND,
         .reply_size = 5},
        {.method = "PUT",
         .target = "/p?s=3",
         .headers = {"!authorization", "!content-type", "if-none-match: *", "x-amz-server-side-encryption: AES256"},
         .body = "hello",
         .status = "200 OK",
         .reply_headers = FOUND},
        {.method = "HEAD", .target = "/h?s=2", .status = "200 OK", .reply_headers = FOUND, .reply_size = 5},
        {.method = "DELETE", .target = "/d?s=4", .headers = {"!authorization"}, .status = "204 No Content"},
    };
    struct s3_fixture fixture;
    BEGIN(fixture, exchanges);
    char *grants = make_grants(&fixture, clock_now() + 60, NULL);
    jb_store *store = open_granted(&fixture, grants);
    jb_object_info info;
    assert_int_equal(store_stat(store, NULL, "bkt", "dir/key", "v1", &info, &fixture.error), JB_OK);
    assert_int_equal(info.bytes, 5);
    assert_int_equal(store_write(store, NULL, "bkt", "dir/key", "hello", 5, NULL,
                                 (struct store_condition){.when = STORE_IF_ABSENT}, &info, &fixture.error),
                     JB_OK);
    const struct store_key keys[] = {{.key = "dir/key"}};
    assert_int_equal(store_remove(store, NULL, "bkt", keys, 1, &fixture.error), JB_OK);
    jb_store_close(store);
    free(grants);
    s3_fixture_end(&fixture);
}

static void what_was_not_granted_is_refused_without_a_request(void **state)
{
    (void)state;
    struct s3_fixture fixture;
    s3_fixture_begin(&fixture, NULL, 0);
    char *grants = make_grants(&fixture, clock_now() + 60, NULL);
    jb_store *store = open_granted(&fixture, grants);
    jb_object_info info;
    jb_error *error = &fixture.error;
    struct store_upload *upload;
    static const char *const others[][2] = {
        {"bkt", "dir/key2"}, {"bkt", "dir/ke"}, {"bkt", "key"}, {"other", "dir/key"}, {"bk", "t/dir/key"}};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        assert_int_equal(store_stat(store, NULL, others[i][0], others[i][1], NULL, &info, error), JB_ERROR_ACCESS);
        assert_non_null(strstr(error->text, "it was not granted"));
        assert_non_null(strstr(error->text, others[i][1]));
    }
    assert_int_equal(jb_store_list(store, NULL, "bkt", NULL, NULL, NULL, error), JB_ERROR_ACCESS);
    assert_int_equal(store_upload_begin(store, NULL, "bkt", "dir/key", &upload, error), JB_ERROR_ACCESS);
    assert_non_null(strstr(error->hint, "larger than what was asked for"));
    assert_int_equal(jb_store_make_bucket(store, NULL, "new", error), JB_ERROR_ACCESS);
    const jb_link_options link = {.size = sizeof link, .bucket = "bkt", .key = "dir/key"};
    char *text;
    assert_int_equal(jb_store_link(store, NULL, &link, &text, error), JB_ERROR_ACCESS);
    static const jb_grant own[] = {{.key = "dir/key"}};
    const jb_grant_options options = {.size = sizeof options, .bucket = "bkt", .grants = own, .count = 1};
    assert_int_equal(jb_store_grant(store, NULL, &options, &text, error), JB_ERROR_ACCESS);
    assert_non_null(strstr(error->text, "cannot be granted to others"));
    jb_store_close(store);
    free(grants);
    s3_fixture_end(&fixture);
}

static atomic_bool part_done;
static void on_part(struct store_transfer *transfer)
{
    (void)transfer;
    part_done = true;
}

static void an_upload_takes_the_parts_that_were_signed_and_no_more(void **state)
{
    (void)state;
    static const struct exchange exchanges[] = {
        {.method = "PUT",
         .target = "/u?s=5&partNumber=1&X-Amz-Signature=" SECRET,
         .headers = {"!authorization", "!x-amz-content-sha256"},
         .body = "part",
         .status = "200 OK",
         .reply_headers = "ETag: \"9\"\r\n"},
        {.method = "DELETE", .target = "/a?s=7", .status = "204 No Content"},
    };
    struct s3_fixture fixture;
    BEGIN(fixture, exchanges);
    char *grants = make_grants(&fixture, clock_now() + 60, "U1");
    jb_store *store = open_granted(&fixture, grants);
    assert_int_equal(store->driver->limits.parts_max, 2);
    struct store_upload *upload, *again;
    assert_int_equal(store_upload_begin(store, NULL, "bkt", "dir/key", &upload, &fixture.error), JB_OK);
    /* Parts of two uploads must never mix. */
    assert_int_equal(store_upload_begin(store, NULL, "bkt", "dir/key", &again, &fixture.error), JB_ERROR_STATE);
    char bytes[] = "part";
    struct store_transfer transfer = {.bytes = bytes, .count = 4, .done = on_part};
    assert_int_equal(sha256_of(bytes, 4, transfer.sha256, NULL), JB_OK);
    part_done = false;
    assert_int_equal(store->driver->upload_part(upload, 0, &transfer, &fixture.error), JB_OK);
    while (!part_done)
        sched_yield();
    assert_int_equal(transfer.error.code, JB_OK);
    assert_int_equal(store->driver->upload_part(upload, 2, &transfer, &fixture.error), JB_ERROR_ACCESS);
    assert_int_equal(store_remove_upload(store, NULL, "bkt", "dir/key", "U2", &fixture.error), JB_ERROR_ACCESS);
    store->driver->upload_abort(upload);
    jb_store_close(store);
    free(grants);
    s3_fixture_end(&fixture);
}

static void an_object_that_needed_no_parts_leaves_no_upload(void **state)
{
    (void)state;
    static const struct exchange exchanges[] = {
        {.method = "PUT", .target = "/p?s=3", .body = "hello", .status = "200 OK", .reply_headers = FOUND},
        {.method = "HEAD", .target = "/h?s=2", .status = "200 OK", .reply_headers = FOUND, .reply_size = 5},
        {.method = "DELETE", .target = "/a?s=7", .status = "204 No Content"},
    };
    struct s3_fixture fixture;
    BEGIN(fixture, exchanges);
    char *grants = make_grants(&fixture, clock_now() + 60, "U1");
    jb_store *store = open_granted(&fixture, grants);
    jb_object_info info;
    assert_int_equal(store_write(store, NULL, "bkt", "dir/key", "hello", 5, NULL,
                                 (struct store_condition){.when = STORE_ALWAYS}, &info, &fixture.error),
                     JB_OK);
    jb_store_close(store);
    free(grants);
    s3_fixture_end(&fixture);
}

static void after_its_time_nothing_is_asked(void **state)
{
    (void)state;
    struct s3_fixture fixture;
    s3_fixture_begin(&fixture, NULL, 0);
    char *grants = make_grants(&fixture, 1000000000, NULL);
    jb_store *store = open_granted(&fixture, grants);
    jb_object_info info;
    assert_int_equal(store_stat(store, NULL, "bkt", "dir/key", NULL, &info, &fixture.error), JB_ERROR_ACCESS);
    assert_non_null(strstr(fixture.error.text, "ended at 2001-09-09T01:46:40Z"));
    jb_store_close(store);
    free(grants);
    s3_fixture_end(&fixture);
}

static void malformed_grants_are_refused_and_not_repeated(void **state)
{
    (void)state;
#define URL        "\"http://h/?" SECRET "\""
#define READ       "\"get\":" URL ",\"head\":" URL
#define S3(object) "{\"version\":1,\"expires\":1,\"s3\":{\"b/k\":{" object "}}}"
#define WRITE      "\"put\":" URL ",\"delete\":" URL ",\"headers\":{}"
#define UPLOAD(signatures)                                                                                             \
    ",\"upload\":{\"id\":\"U\",\"part\":" URL ",\"complete\":" URL ",\"abort\":" URL ",\"signatures\":" signatures "}"
    static const char *const texts[] = {
        "",
        SECRET,
        "[]",
        "{}",
        "{\"version\":2,\"expires\":1,\"s3\":{\"b/k\":{" READ "}}}",
        "{\"version\":1,\"s3\":{\"b/k\":{" READ "}}}",
        "{\"version\":1,\"expires\":-1,\"s3\":{\"b/k\":{" READ "}}}",
        "{\"version\":1,\"expires\":9223372036854775807,\"s3\":{\"b/k\":{" READ "}}}",
        "{\"version\":1,\"expires\":1,\"s3\":{}}",
        "{\"version\":1,\"expires\":1,\"s3\":[]}",
        "{\"version\":1,\"expires\":1,\"azure\":{\"b/k\":\"" SECRET "\"}}",
        "{\"version\":1,\"expires\":1,\"more\":1,\"s3\":{\"b/k\":{" READ "}}}",
        "{\"version\":1,\"expires\":1,\"s3\":{\"b/k\":\"" SECRET "\"}}",
        S3("\"get\":" URL),
        S3("\"get\":" URL ",\"head\":1"),
        S3("\"get\":" URL ",\"head\":\"ftp://h/?" SECRET "\""),
        S3("\"get\":" URL ",\"head\":\"http://h/ ?" SECRET "\""),
        S3("\"get\":" URL ",\"head\":\"http://h/?\\r\\n" SECRET "\""),
        S3("\"get\":" URL ",\"head\":\"http://h/" SECRET "\""),
        S3(READ ",\"list\":" URL),
        S3(READ ",\"headers\":{}"),
        S3(READ ",\"put\":" URL ",\"delete\":" URL),
        S3(READ ",\"put\":" URL ",\"headers\":{}"),
        S3(READ ",\"put\":" URL ",\"delete\":" URL ",\"headers\":{\"a\":\"b\\nc\"}"),
        S3(READ ",\"put\":" URL ",\"delete\":" URL ",\"headers\":{\"a:b\":\"c\"}"),
        S3(READ "," WRITE ",\"upload\":1"),
        S3(READ "," WRITE UPLOAD("[]")),
        S3(READ "," WRITE UPLOAD("[1]")),
        S3(READ "," WRITE UPLOAD("[\"&x=1" SECRET "\"]")),
        S3(READ "," WRITE UPLOAD("{}")),
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        const jb_store_options options = {.size = sizeof options, .url = "s3://", .grants = texts[i]};
        jb_store *store = NULL;
        jb_error error = JB_ERROR_INIT;
        int code = jb_store_open(&options, &store, &error);
        if (code != JB_ERROR_FORMAT)
            fail_msg("case %zu: %d", i, code);
        assert_null(strstr(error.text, "5ec7"));
        assert_null(strstr(error.hint, "5ec7"));
    }
    const jb_store_options good = {
        .size = sizeof good, .url = "s3://", .grants = S3(READ "," WRITE UPLOAD("[\"" SECRET "\"]"))};
    jb_store *store;
    assert_int_equal(jb_store_open(&good, &store, NULL), JB_OK);
    jb_store_close(store);
}

static const json_t *granted(const char *credentials, json_t **document)
{
    const char *at = strstr(credentials, "JPSBACKUP_GRANTS=");
    assert_non_null(at);
    at += strlen("JPSBACKUP_GRANTS=");
    assert_int_equal(json_parse(at, strlen(at) - 1, "grants", document, NULL), JB_OK);
    return json_object_get(*document, "s3");
}

static void a_grant_begins_an_upload_for_what_may_be_large(void **state)
{
    (void)state;
    static const struct exchange exchanges[] = {
        NO_SERVICE,
        BUCKET_IS_THERE,
        COPY(REFUSED),
        {.method = "POST", .target = "/bkt/large?uploads=", .status = "200 OK", .reply = BEGUN},
    };
    struct s3_fixture fixture;
    BEGIN(fixture, exchanges);
    const jb_grant grants[] = {{.key = "large", .write = true, .bytes = 20 << 20},
                               {.key = "small", .write = true, .bytes = 100},
                               {.key = "read"}};
    const jb_grant_options options = {
        .size = sizeof options, .bucket = "bkt", .grants = grants, .count = 3, .seconds = 600};
    char *credentials;
    json_t *document;
    assert_int_equal(jb_store_grant(fixture.store, NULL, &options, &credentials, &fixture.error), JB_OK);
    const json_t *objects = granted(credentials, &document);
    assert_int_equal(json_object_size(objects), 3);
    const json_t *large = json_object_get(objects, "bkt/large"), *small = json_object_get(objects, "bkt/small");
    const json_t *upload = json_object_get(large, "upload");
    assert_string_equal(json_member_text(upload, "id"), "U1");
    assert_int_equal(json_array_size(json_object_get(upload, "signatures")), 5); /* of 5 MiB each */
    assert_null(strstr(json_member_text(upload, "part"), "partNumber"));
    assert_null(strstr(json_member_text(upload, "part"), "Signature="));
    assert_non_null(strstr(json_member_text(upload, "part"), "X-Amz-Expires=600&"));
    assert_non_null(json_object_get(small, "put"));
    assert_null(json_object_get(small, "upload"));
    assert_int_equal(json_object_size(json_object_get(objects, "bkt/read")), 2);
    assert_null(strstr(credentials, "hush-hush"));
    json_decref(document);
    jb_text_free(credentials);
    s3_fixture_end(&fixture);
}

static void uploads_that_were_begun_are_aborted_when_the_grant_fails(void **state)
{
    (void)state;
    static const struct exchange exchanges[] = {
        NO_SERVICE,
        BUCKET_IS_THERE,
        COPY(REFUSED),
        {.method = "POST", .target = "/bkt/one?uploads=", .status = "200 OK", .reply = BEGUN},
        {.method = "POST",
         .target = "/bkt/two?uploads=",
         .status = "403 Forbidden",
         .reply = "<Error><Code>AccessDenied</Code></Error>"},
        {.method = "DELETE", .target = "/bkt/one?uploadId=U1", .status = "204 No Content"},
    };
    struct s3_fixture fixture;
    BEGIN(fixture, exchanges);
    const jb_grant grants[] = {{.key = "one", .write = true}, {.key = "two", .write = true}};
    const jb_grant_options options = {.size = sizeof options, .bucket = "bkt", .grants = grants, .count = 2};
    char *credentials;
    assert_int_equal(jb_store_grant(fixture.store, NULL, &options, &credentials, &fixture.error), JB_ERROR_ACCESS);
    s3_fixture_end(&fixture);
}

/* Grants reading of "one" and writing of "two" in "bkt". */
static int grant_two(struct s3_fixture *fixture, const char *role, char **credentials)
{
    static const jb_grant grants[] = {{.key = "one"}, {.key = "two", .write = true, .bytes = 1}};
    const jb_grant_options options = {
        .size = sizeof options, .bucket = "bkt", .grants = grants, .count = 2, .role = role};
    return jb_store_grant(fixture->store, fixture->operation, &options, credentials, &fixture->error);
}

static void a_session_is_taken_once_it_has_shown_to_be_narrow(void **state)
{
    (void)state;
    static const struct exchange exchanges[] = {SESSION(KEYS), PROBE(REFUSED),
                                                OWN_LISTING(.status = "200 OK", .reply = LISTING)};
    struct s3_fixture fixture;
    char *credentials;
    BEGIN(fixture, exchanges);
    if (grant_two(&fixture, NULL, &credentials) != JB_OK)
        fail_msg("%s", fixture.error.text);
    assert_string_equal(credentials, "JPSBACKUP_EXPIRES=1795392000\nAWS_ACCESS_KEY_ID=SESSION\n"
                                     "AWS_SECRET_ACCESS_KEY=secret\nAWS_SESSION_TOKEN=token\n");
    jb_text_free(credentials);
    s3_fixture_end(&fixture);
}

static void a_service_that_does_not_heed_policies_is_not_trusted(void **state)
{
    (void)state;
    static const struct exchange exchanges[] = {SESSION(KEYS), PROBE(.status = "200 OK", .reply = LISTING),
                                                BUCKET_IS_THERE, COPY(REFUSED)};
    struct s3_fixture fixture;
    char *credentials;
    BEGIN(fixture, exchanges);
    assert_int_equal(grant_two(&fixture, NULL, &credentials), JB_OK);
    assert_null(strstr(credentials, "AWS_ACCESS_KEY_ID"));
    assert_non_null(strstr(credentials, "JPSBACKUP_GRANTS={"));
    jb_text_free(credentials);
    s3_fixture_end(&fixture);
    /* Where a role was named, it is that or nothing. */
    BEGIN(fixture, exchanges);
    assert_int_equal(grant_two(&fixture, "arn:aws:iam::1:role/r", &credentials), JB_ERROR_UNSUPPORTED);
    assert_non_null(strstr(fixture.error.text, "more than their policy says"));
    s3_fixture_end_early(&fixture);
}

static void a_refusal_that_meets_our_own_keys_too_proves_nothing_of_a_session(void **state)
{
    (void)state;
    static const struct exchange exchanges[] = {SESSION(KEYS), PROBE(REFUSED), OWN_LISTING(REFUSED)};
    struct s3_fixture fixture;
    char *credentials;
    BEGIN(fixture, exchanges);
    assert_int_equal(grant_two(&fixture, "arn:aws:iam::1:role/r", &credentials), JB_ERROR_UNSUPPORTED);
    assert_non_null(strstr(fixture.error.text, "does not show whether sessions are kept to their policy"));
    s3_fixture_end(&fixture);
}

static void signed_requests_that_could_copy_other_objects_are_not_given(void **state)
{
    (void)state;
    static const struct exchange copies[] = {
        NO_SERVICE, BUCKET_IS_THERE, COPY(.status = "404 Not Found", .reply = "<Error><Code>NoSuchKey</Code></Error>")};
    struct s3_fixture fixture;
    char *credentials;
    BEGIN(fixture, copies);
    assert_int_equal(grant_two(&fixture, NULL, &credentials), JB_ERROR_UNSUPPORTED);
    assert_non_null(strstr(fixture.error.text, "heeds headers that were not signed"));
    s3_fixture_end(&fixture);
    /* Rights to read have no request that could. */
    static const struct exchange reads[] = {NO_SERVICE, BUCKET_IS_THERE};
    static const jb_grant one[] = {{.key = "one"}};
    const jb_grant_options options = {.size = sizeof options, .bucket = "bkt", .grants = one, .count = 1};
    BEGIN(fixture, reads);
    assert_int_equal(jb_store_grant(fixture.store, NULL, &options, &credentials, &fixture.error), JB_OK);
    jb_text_free(credentials);
    s3_fixture_end(&fixture);
}

static void a_store_that_ignores_the_header_of_copies_keeps_nothing_of_the_trial(void **state)
{
    (void)state;
    static const struct exchange exchanges[] = {
        NO_SERVICE,
        BUCKET_IS_THERE,
        COPY(.status = "503 Service Unavailable"),
        COPY(.status = "200 OK", .reply_headers = FOUND),
        {.method = "POST", .target = "/bkt?delete=", .status = "200 OK", .reply = "<DeleteResult/>"},
    };
    struct s3_fixture fixture;
    char *credentials;
    BEGIN(fixture, exchanges);
    if (grant_two(&fixture, NULL, &credentials) != JB_OK)
        fail_msg("%s", fixture.error.text);
    jb_text_free(credentials);
    s3_fixture_end(&fixture);
}

static void aws_gives_a_federation_token_that_its_policy_narrows(void **state)
{
    (void)state;
    static const struct exchange exchanges[] = {
        {.method = "POST",
         .target = "/",
         .body = "Action=GetFederationToken&Version=2011-06-15&Name=jpsbackup&Policy=%7B%22Version%22%3A%222"
                 "012-10-17%22%2C%22Statement%22%3A%5B%7B%22Effect%22%3A%22Allow%22%2C%22Action%22%3A%5B%22s"
                 "3%3AGetObject%22%2C%22s3%3AGetObjectVersion%22%5D%2C%22Resource%22%3A%5B%22arn%3Aaws%3As3%"
                 "3A%3A%3Abkt%2Fone%22%5D%7D%5D%7D&DurationSeconds=43200",
         .status = "200 OK",
         .reply = "<GetFederationTokenResponse><GetFederationTokenResult><Credentials><AccessKeyId>F</AccessKeyId>"
                  "<SecretAccessKey>secret</SecretAccessKey><SessionToken>token</SessionToken><Expiration>"
                  "2026-11-23T00:00:00Z</Expiration></Credentials></GetFederationTokenResult>"
                  "</GetFederationTokenResponse>"},
    };
    struct s3_fixture fixture;
    BEGIN(fixture, exchanges);
    jb_store *store = s3_fixture_open("https://s3.eu-west-1.amazonaws.com", (jb_store_options){.region = "eu-west-1"});
    const jb_grant grant = {.key = "one"};
    const jb_grant_options options = {.size = sizeof options,
                                      .bucket = "bkt",
                                      .grants = &grant,
                                      .count = 1,
                                      .endpoint = scripted_server_endpoint(fixture.server)};
    char *credentials;
    if (jb_store_grant(store, NULL, &options, &credentials, &fixture.error) != JB_OK)
        fail_msg("%s", fixture.error.text);
    assert_non_null(strstr(credentials, "AWS_ACCESS_KEY_ID=F\n"));
    jb_text_free(credentials);
    jb_store_close(store);
    s3_fixture_end(&fixture);
}

static void requests_are_signed_for_the_region_that_the_bucket_is_in(void **state)
{
    (void)state;
    static const struct exchange exchanges[] = {
        NO_SERVICE,
        {.method = "HEAD",
         .target = "/bkt",
         .status = "400 Bad Request",
         .reply_headers = "x-amz-bucket-region: eu-central-1\r\n"},
        BUCKET_IS_THERE,
        COPY(REFUSED),
    };
    struct s3_fixture fixture;
    char *credentials;
    BEGIN(fixture, exchanges);
    if (grant_two(&fixture, NULL, &credentials) != JB_OK)
        fail_msg("%s", fixture.error.text);
    assert_non_null(strstr(credentials, "%2Feu-central-1%2Fs3%2F"));
    assert_null(strstr(credentials, "us-east-1"));
    jb_text_free(credentials);
    s3_fixture_end(&fixture);
}

static void bad_answers_of_the_token_service_are_refused(void **state)
{
    (void)state;
    static const char *const answers[] = {
        "",
        "<AssumeRoleResponse>",
        "<html/>",
        "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>S</AccessKeyId></Credentials>"
        "</AssumeRoleResult></AssumeRoleResponse>",
        "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>S\nx=y</AccessKeyId><SecretAccessKey>s1"
        "</SecretAccessKey><SessionToken>t</SessionToken><Expiration>2026-11-23T00:00:00Z</Expiration></Credentials>"
        "</AssumeRoleResult></AssumeRoleResponse>",
        "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>S</AccessKeyId><SecretAccessKey>s"
        "</SecretAccessKey><SessionToken>t</SessionToken><Expiration>soon</Expiration></Credentials>"
        "</AssumeRoleResult></AssumeRoleResponse>",
    };
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        const struct exchange exchanges[] = {SESSION(answers[i])};
        struct s3_fixture fixture;
        char *credentials;
        BEGIN(fixture, exchanges);
        int code = grant_two(&fixture, "arn:aws:iam::1:role/r", &credentials);
        if (code != JB_ERROR_FORMAT)
            fail_msg("answer %zu: %d %s", i, code, fixture.error.text);
        s3_fixture_end(&fixture);
    }
}

static void a_role_that_lasts_shorter_gives_what_it_can(void **state)
{
    (void)state;
    static const struct exchange exchanges[] = {
        {.method = "POST",
         .target = "/",
         .status = "400 Bad Request",
         .reply =
             "<ErrorResponse><Error><Code>ValidationError</Code><Message>The requested DurationSeconds exceeds the "
             "MaxSessionDuration set for this role.</Message></Error></ErrorResponse>"},
        SESSION(KEYS),
        PROBE(REFUSED),
        OWN_LISTING(.status = "200 OK", .reply = LISTING),
    };
    struct s3_fixture fixture;
    char *credentials;
    BEGIN(fixture, exchanges);
    assert_int_equal(grant_two(&fixture, "arn:aws:iam::1:role/r", &credentials), JB_OK);
    jb_text_free(credentials);
    s3_fixture_end(&fixture);
}

static void a_token_service_that_is_down_is_no_reason_to_sign(void **state)
{
    (void)state;
    static const struct exchange exchanges[] = {
        {.method = "POST", .target = "/", .status = "503 Service Unavailable"},
        {.method = "POST", .target = "/", .status = "503 Service Unavailable"},
        {.method = "POST", .target = "/", .status = "503 Service Unavailable"},
    };
    struct s3_fixture fixture;
    char *credentials;
    BEGIN(fixture, exchanges);
    assert_int_equal(grant_two(&fixture, NULL, &credentials), JB_ERROR_UNREACHABLE);
    s3_fixture_end(&fixture);
}

static int64_t read_hello(void *context, void *bytes, size_t capacity)
{
    bool *given = context;
    assert_true(capacity >= 5);
    if (*given)
        return 0;
    *given = true;
    memcpy(bytes, "hello", 5);
    return 5;
}

/* AWS answers so for an object that is not there, where listing the bucket is not granted. */
static void an_object_is_put_where_nothing_is_told_of_missing_ones(void **state)
{
    (void)state;
    static const struct exchange exchanges[] = {
        {.method = "HEAD", .target = "/bkt/key", .status = "403 Forbidden"},
        /* Once more, for the scripted server's clock is far off. */
        {.method = "HEAD", .target = "/bkt/key", .status = "403 Forbidden"},
        {.method = "PUT",
         .target = "/bkt/key",
         .headers = {"if-none-match: *"},
         .body = "hello",
         .status = "200 OK",
         .reply_headers = FOUND "x-amz-checksum-sha256: LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=\r\n"},
    };
    struct s3_fixture fixture;
    BEGIN(fixture, exchanges);
    bool given = false;
    const jb_put_options options = {
        .size = sizeof options, .bucket = "bkt", .key = "key", .read = read_hello, .read_context = &given};
    if (jb_put(fixture.store, fixture.operation, &options, NULL, &fixture.error) != JB_OK)
        fail_msg("%s", fixture.error.text);
    s3_fixture_end(&fixture);
}

static int policy_of(const jb_grant *grants, size_t count, const char *region, struct buffer *policy, jb_error *error)
{
    jb_store *store = s3_fixture_open("http://127.0.0.1:1", (jb_store_options){.region = region});
    const jb_grant_options options = {.size = sizeof options, .bucket = "bkt", .grants = grants, .count = count};
    buffer_init(policy, 65536);
    int code = s3_policy((struct s3_store *)store, &options, policy, error);
    jb_store_close(store);
    return code;
}

static void a_policy_names_the_objects_and_their_segments_only(void **state)
{
    (void)state;
#define READ_ACTIONS "\"Action\":[\"s3:GetObject\",\"s3:GetObjectVersion\"]"
#define WRITE_ACTIONS                                                                                                  \
    "\"Action\":[\"s3:PutObject\",\"s3:AbortMultipartUpload\",\"s3:ListMultipartUploadParts\",\"s3:DeleteObject\","    \
    "\"s3:GetObject\",\"s3:GetObjectVersion\"]"
#define POLICY(statements) "{\"Version\":\"2012-10-17\",\"Statement\":[" statements "]}"
    static const struct {
        jb_grant grants[3];
        size_t count;
        const char *region;
        const char *policy;
    } cases[] = {
        {{{.key = "a/r"}},
         1,
         "eu-west-1",
         POLICY("{\"Effect\":\"Allow\"," READ_ACTIONS ",\"Resource\":[\"arn:aws:s3:::bkt/a/r\"]}")},
        {{{.key = "w", .write = true}, {.key = "r"}, {.key = "alive", .write = true, .bytes = 99}},
         3,
         "cn-north-1",
         POLICY(
             "{\"Effect\":\"Allow\"," READ_ACTIONS
             ",\"Resource\":[\"arn:aws-cn:s3:::bkt/r\"]},{\"Effect\":\"Allow\"," WRITE_ACTIONS
             ",\"Resource\":[\"arn:aws-cn:s3:::bkt/w\",\"arn:aws-cn:s3:::bkt/w.???\",\"arn:aws-cn:s3:::bkt/alive\"]}")},
        {{{.key = "r"}, {.key = "r.001"}, {.key = "q.001"}},
         3,
         "us-gov-west-1",
         POLICY(
             "{\"Effect\":\"Allow\"," READ_ACTIONS
             ",\"Resource\":[\"arn:aws-us-gov:s3:::bkt/r\",\"arn:aws-us-gov:s3:::bkt/r.???\",\"arn:aws-us-gov:s3:::bkt/"
             "q.001\"]}")},
        {{{.key = "\"\xc3\xbc"}},
         1,
         "eu-west-1",
         POLICY("{\"Effect\":\"Allow\"," READ_ACTIONS ",\"Resource\":[\"arn:aws:s3:::bkt/\\\"\\u00FC\"]}")},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buffer policy;
        assert_int_equal(policy_of(cases[i].grants, cases[i].count, cases[i].region, &policy, NULL), JB_OK);
        assert_string_equal(policy.data, cases[i].policy);
        buffer_clean_up(&policy);
    }
}

static void a_policy_that_would_reach_more_or_is_too_long_is_refused(void **state)
{
    (void)state;
    static const char *const names[] = {"a*", "?", "${aws:username}"};
    struct buffer policy;
    jb_error error = JB_ERROR_INIT;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const jb_grant grant = {.key = names[i]};
        assert_int_equal(policy_of(&grant, 1, "eu-west-1", &policy, &error), JB_ERROR_UNSUPPORTED);
        assert_non_null(strstr(error.text, names[i]));
        buffer_clean_up(&policy);
    }
    jb_grant many[100];
    for (size_t i = 0; i < 100; i++)
        many[i] = (jb_grant){.key = "an/object/of/some/name"};
    assert_int_equal(policy_of(many, 100, "eu-west-1", &policy, &error), JB_ERROR_LIMIT);
    assert_non_null(strstr(error.text, "of which 2048 are allowed"));
    buffer_clean_up(&policy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_signed_beforehand_is_asked_for_as_it_was_signed),
        cmocka_unit_test(what_was_not_granted_is_refused_without_a_request),
        cmocka_unit_test(an_upload_takes_the_parts_that_were_signed_and_no_more),
        cmocka_unit_test(an_object_that_needed_no_parts_leaves_no_upload),
        cmocka_unit_test(after_its_time_nothing_is_asked),
        cmocka_unit_test(malformed_grants_are_refused_and_not_repeated),
        cmocka_unit_test(a_grant_begins_an_upload_for_what_may_be_large),
        cmocka_unit_test(uploads_that_were_begun_are_aborted_when_the_grant_fails),
        cmocka_unit_test(a_session_is_taken_once_it_has_shown_to_be_narrow),
        cmocka_unit_test(a_service_that_does_not_heed_policies_is_not_trusted),
        cmocka_unit_test(a_refusal_that_meets_our_own_keys_too_proves_nothing_of_a_session),
        cmocka_unit_test(signed_requests_that_could_copy_other_objects_are_not_given),
        cmocka_unit_test(a_store_that_ignores_the_header_of_copies_keeps_nothing_of_the_trial),
        cmocka_unit_test(aws_gives_a_federation_token_that_its_policy_narrows),
        cmocka_unit_test(requests_are_signed_for_the_region_that_the_bucket_is_in),
        cmocka_unit_test(bad_answers_of_the_token_service_are_refused),
        cmocka_unit_test(a_role_that_lasts_shorter_gives_what_it_can),
        cmocka_unit_test(a_token_service_that_is_down_is_no_reason_to_sign),
        cmocka_unit_test(an_object_is_put_where_nothing_is_told_of_missing_ones),
        cmocka_unit_test(a_policy_names_the_objects_and_their_segments_only),
        cmocka_unit_test(a_policy_that_would_reach_more_or_is_too_long_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
