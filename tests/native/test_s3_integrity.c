/* What a store confirms of what it took: checksums where it knows them, sizes and parts where not, encryption. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "codec/digest.h"
#include "s3_fixture.h"

#define ERROR_BODY(code) "<?xml version=\"1.0\"?><Error><Code>" code "</Code><Message>so it is</Message></Error>"
#define HELLO            "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ="
#define FIRST            "p5N7ZLjKpY8Dchu2us9ceMsjX+vg5wsbhM2ZVBRhoI4="
#define SECOND           "FjZ6rLZ6SgF8jairlWgsyzkIY3gPcRTdoKDgxVZEx8Q="
#define BOTH             "LzQWAyxTThs81Y8OBSjFqPV96lhreIsEDE+rDTcFXSg="
#define OTHER            "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
#define TAG              "ETag: \"e\"\r\n"
#define TIMED_TAG        "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\nETag: \"e\"\r\n"
#define SHA256_IS(value) "x-amz-checksum-sha256: " value "\r\n"
#define HEAD(bytes)                                                                                                    \
    {                                                                                                                  \
        "HEAD", "/bucket/key", .status = "200 OK", .reply_headers = TIMED_TAG, .reply_size = bytes                     \
    }
#define REMOVAL                                                                                                        \
    {                                                                                                                  \
        "POST", "/bucket?delete=", .status = "200 OK", .reply = "<DeleteResult/>"                                      \
    }

static const struct store_condition always = {STORE_ALWAYS, NULL}, if_absent = {STORE_IF_ABSENT, NULL};

static int write_to(jb_store *store, struct store_condition condition, jb_error *error)
{
    jb_object_info info;
    return store_write(store, NULL, "bucket", "key", "hello", 5, NULL, condition, &info, error);
}

/* Two writes to a store with these options; the second shows what was learned from the first. */
static void two_writes(jb_store_options options, int expected, const struct exchange *script, size_t count)
{
    struct s3_fixture fixture;
    s3_fixture_begin(&fixture, script, count);
    jb_store *store = s3_fixture_open(scripted_server_endpoint(fixture.server), options);
    for (int i = 0; i < 2; i++)
        if (write_to(store, always, &fixture.error) != expected)
            fail_msg("write %d: %s", i, fixture.error.text);
    store->driver->close(store);
    s3_fixture_end(&fixture);
}

#define TWO_WRITES(options, expected, ...)                                                                             \
    do {                                                                                                               \
        const struct exchange exchanges[] = {__VA_ARGS__};                                                             \
        two_writes(options, expected, exchanges, sizeof exchanges / sizeof *exchanges);                                \
    } while (0)

#define TAKEN                                                                                                          \
    {                                                                                                                  \
        "PUT", "/bucket/key", {"x-amz-checksum-sha256: " HELLO}, .status = "200 OK",                                   \
                                                                 .reply_headers = TAG SHA256_IS(HELLO)                 \
    }
#define TAKEN_WITHOUT                                                                                                  \
    {                                                                                                                  \
        "PUT", "/bucket/key", {"!x-amz-checksum-sha256"}, .status = "200 OK", .reply_headers = TAG                     \
    }

static void a_write_whose_checksum_is_confirmed_needs_no_further_question(void **state)
{
    (void)state;
    TWO_WRITES((jb_store_options){0}, JB_OK, TAKEN, TAKEN);
    TWO_WRITES((jb_store_options){.checksums = "always"}, JB_OK, TAKEN, TAKEN);
}

static void a_store_that_refuses_checksums_is_not_asked_again(void **state)
{
    (void)state;
    static const struct exchange refusals[] = {
        {"PUT",
         "/bucket/key",
         {"x-amz-checksum-sha256: " HELLO},
         .status = "501 No",
         .reply = ERROR_BODY("NotImplemented")},
        {"PUT",
         "/bucket/key",
         {"x-amz-checksum-sha256: " HELLO},
         .status = "400 Bad",
         .reply = ERROR_BODY("InvalidArgument")},
        {"PUT",
         "/bucket/key",
         {"x-amz-checksum-sha256: " HELLO},
         .status = "400 Bad",
         .reply = "<Error><Code>Odd</Code><Message>header x-amz-checksum-sha256 is unknown</Message></Error>"}};
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++)
        TWO_WRITES((jb_store_options){0}, JB_OK, refusals[i], TAKEN_WITHOUT, HEAD(5), TAKEN_WITHOUT, HEAD(5));
}

static void a_store_that_ignores_checksums_is_asked_for_the_size(void **state)
{
    (void)state;
    const struct exchange ignored = {
        "PUT", "/bucket/key", {"x-amz-checksum-sha256: " HELLO}, .status = "200 OK", .reply_headers = TAG};
    TWO_WRITES((jb_store_options){0}, JB_OK, ignored, HEAD(5), ignored, HEAD(5));
}

static void checksums_can_be_switched_off(void **state)
{
    (void)state;
    TWO_WRITES((jb_store_options){.checksums = "never"}, JB_OK, TAKEN_WITHOUT, HEAD(5), TAKEN_WITHOUT, HEAD(5));
}

static void checksums_that_must_be_are_an_error_where_they_are_not(void **state)
{
    (void)state;
    const struct exchange ignored = {"PUT", "/bucket/key", .status = "200 OK", .reply_headers = TAG};
    const struct exchange refused = {"PUT", "/bucket/key", .status = "501 No", .reply = ERROR_BODY("NotImplemented")};
    TWO_WRITES((jb_store_options){.checksums = "always"}, JB_ERROR_UNSUPPORTED, ignored, ignored);
    TWO_WRITES((jb_store_options){.checksums = "always"}, JB_ERROR_UNSUPPORTED, refused, refused);
}

static void other_refusals_are_not_laid_to_checksums(void **state)
{
    (void)state;
    const struct exchange skewed = {"PUT", "/bucket/key", .status = "400 Bad", .reply = ERROR_BODY("ExpiredToken")};
    TWO_WRITES((jb_store_options){0}, JB_ERROR_ACCESS, skewed, skewed);
}

/* The write fails, and what it left under a name that was free is removed. */
static void write_is_undone(int expected, const char *text, const struct exchange *script, size_t count)
{
    struct s3_fixture fixture;
    s3_fixture_begin(&fixture, script, count);
    if (write_to(fixture.store, if_absent, &fixture.error) != expected || strstr(fixture.error.text, text) == NULL)
        fail_msg("%s", fixture.error.text);
    s3_fixture_end(&fixture);
}

static void an_object_that_the_store_cut_silently_is_caught_and_removed(void **state)
{
    (void)state;
    const struct exchange script[] = {
        {"PUT", "/bucket/key", .status = "200 OK", .reply_headers = TAG}, HEAD(3), REMOVAL};
    write_is_undone(JB_ERROR_VERIFY, "holds 3 bytes", script, 3);
}

static void an_object_that_cannot_be_confirmed_is_removed(void **state)
{
    (void)state;
    const struct exchange script[] = {{"PUT", "/bucket/key", .status = "200 OK", .reply_headers = TAG},
                                      {"HEAD", "/bucket/key", .status = "501 No"},
                                      REMOVAL};
    write_is_undone(JB_ERROR_UNSUPPORTED, "cannot find 's3://bucket/key'", script, 3);
}

static void an_answer_with_another_checksum_is_caught_and_the_object_removed(void **state)
{
    (void)state;
    const struct exchange script[] = {{"PUT", "/bucket/key", .status = "200 OK", .reply_headers = SHA256_IS(OTHER) TAG},
                                      REMOVAL};
    write_is_undone(JB_ERROR_VERIFY, "another checksum", script, 2);
}

/* He writes without a condition where he has found the key free. */
static void a_single_writers_object_that_is_not_as_it_was_sent_is_removed(void **state)
{
    (void)state;
    const struct exchange script[] = {
        {"HEAD", "/bucket/key", .status = "404 No"},
        {"HEAD", "/bucket", .status = "200 OK"},
        {"PUT", "/bucket/key", {"!if-none-match"}, .status = "200 OK", .reply_headers = SHA256_IS(OTHER) TAG},
        REMOVAL,
        {"HEAD", "/bucket/key", .status = "200 OK", .reply_headers = TIMED_TAG, .reply_size = 3},
    };
    struct s3_fixture fixture;
    BEGIN(fixture, script);
    fixture.store->single_writer = true;
    assert_int_equal(write_to(fixture.store, if_absent, &fixture.error), JB_ERROR_VERIFY);
    assert_int_equal(write_to(fixture.store, if_absent, &fixture.error), JB_ERROR_CONFLICT);
    s3_fixture_end(&fixture);
}

static void what_a_store_kept_of_a_request_that_broke_is_named(void **state)
{
    (void)state;
    const struct exchange script[] = {
        {"PUT", "/bucket/key", .fault = FAULT_RESET_UNANSWERED},
        {"PUT", "/bucket/key", .status = "412 No", .reply = ERROR_BODY("PreconditionFailed")},
        {"GET", "/bucket/key", .status = "200 OK", .reply_headers = TIMED_TAG, .reply = "hel"}};
    write_is_undone(JB_ERROR_VERIFY, "holds the beginning", script, 3);
}

/* Encryption and storage class */

static void encryption_that_is_not_confirmed_is_an_error(void **state)
{
    (void)state;
    const struct exchange script[] = {
        {"PUT",
         "/bucket/key",
         {"x-amz-server-side-encryption: aws:kms", "x-amz-server-side-encryption-aws-kms-key-id: key-1",
          "x-amz-storage-class: STANDARD_IA"},
         .status = "200 OK",
         .reply_headers = TAG SHA256_IS(HELLO) "x-amz-server-side-encryption: aws:kms\r\n"},
        {"PUT", "/bucket/key", .status = "200 OK", .reply_headers = TAG SHA256_IS(HELLO)},
        {"PUT", "/bucket/key", .status = "200 OK",
         .reply_headers = TAG SHA256_IS(HELLO) "x-amz-server-side-encryption: AES256\r\n"},
        {"POST",
         "/bucket/key?uploads=",
         {"x-amz-server-side-encryption: aws:kms", "x-amz-storage-class: STANDARD_IA"},
         .status = "200 OK",
         .reply_headers = "x-amz-server-side-encryption: AES256\r\n",
         .reply = "<InitiateMultipartUploadResult><UploadId>id</UploadId></InitiateMultipartUploadResult>"},
        {"DELETE", "/bucket/key?uploadId=id", .status = "204 None"}};
    struct s3_fixture fixture;
    struct store_upload *upload;
    BEGIN(fixture, script);
    jb_store *store = s3_fixture_open(
        scripted_server_endpoint(fixture.server),
        (jb_store_options){.server_side_encryption = "aws:kms", .kms_key = "key-1", .storage_class = "STANDARD_IA"});
    assert_int_equal(write_to(store, always, &fixture.error), JB_OK);
    assert_int_equal(write_to(store, always, &fixture.error), JB_ERROR_UNSUPPORTED);
    assert_int_equal(write_to(store, always, &fixture.error), JB_ERROR_UNSUPPORTED);
    assert_non_null(strstr(fixture.error.text, "does not confirm the encryption 'aws:kms'"));
    assert_int_equal(store_upload_begin(store, NULL, "bucket", "key", &upload, &fixture.error), JB_ERROR_UNSUPPORTED);
    store->driver->close(store);
    s3_fixture_end(&fixture);
}

/* Uploads of two parts, "first" and "second" */

#define CREATE(...)                                                                                                    \
    {                                                                                                                  \
        "POST", "/bucket/key?uploads=",                                                                                \
            .status = "200 OK",                                                                                        \
            .reply = "<InitiateMultipartUploadResult><UploadId>id</UploadId></InitiateMultipartUploadResult>",         \
            __VA_ARGS__                                                                                                \
    }
#define CREATED_WITH                                                                                                   \
    CREATE(.headers = {"x-amz-checksum-algorithm: SHA256"}, .reply_headers = "x-amz-checksum-algorithm: SHA256\r\n")
#define PART(number, ...)                                                                                              \
    {                                                                                                                  \
        "PUT", "/bucket/key?partNumber=" number "&uploadId=id", .status = "200 OK", __VA_ARGS__                        \
    }
#define SIGNED_1 "x-amz-content-sha256: a7937b64b8caa58f03721bb6bacf5c78cb235febe0e70b1b84cd99541461a08e"
#define SIGNED_2 "x-amz-content-sha256: 16367aacb67a4a017c8da8ab95682ccb390863780f7114dda0a0e0c55644c7c4"
/* Once the store has shown that it compares checksums, the signature proves the part by that header alone. */
#define BY_CHECKSUM "x-amz-content-sha256: UNSIGNED-PAYLOAD", "authorization: AWS4-HMAC-SHA256 *"
#define PART_1                                                                                                         \
    PART("1", .headers = {"x-amz-checksum-sha256: " FIRST, SIGNED_1},                                                  \
         .reply_headers = "ETag: \"t1\"\r\n" SHA256_IS(FIRST))
#define PART_2                                                                                                         \
    PART("2", .headers = {"x-amz-checksum-sha256: " SECOND, BY_CHECKSUM},                                              \
         .reply_headers = "ETag: \"t2\"\r\n" SHA256_IS(SECOND))
#define PLAIN_1 PART("1", .headers = {"!x-amz-checksum-sha256", SIGNED_1}, .reply_headers = "ETag: \"t1\"\r\n")
#define PLAIN_2 PART("2", .headers = {"!x-amz-checksum-sha256", SIGNED_2}, .reply_headers = "ETag: \"t2\"\r\n")
#define COMPLETE(...)                                                                                                  \
    {                                                                                                                  \
        "POST", "/bucket/key?uploadId=id", .status = "200 OK", __VA_ARGS__                                             \
    }
#define COMPLETED(inside)    "<CompleteMultipartUploadResult><ETag>\"e\"</ETag>" inside "</CompleteMultipartUploadResult>"
#define WITH_CHECKSUM(value) COMPLETED("<ChecksumSHA256>" value "</ChecksumSHA256>")
#define ABORT                                                                                                          \
    {                                                                                                                  \
        "DELETE", "/bucket/key?uploadId=id", .status = "204 None"                                                      \
    }
#define PARTS      "/bucket/key?max-parts=1000&uploadId=id"
#define PARTS_FROM "/bucket/key?max-parts=1000&part-number-marker=1&uploadId=id"
#define LISTED(number, tag, bytes)                                                                                     \
    "<Part><PartNumber>" number "</PartNumber><ETag>" tag "</ETag><Size>" bytes "</Size></Part>"
#define LIST_PARTS(inside)                                                                                             \
    {                                                                                                                  \
        "GET", PARTS, .status = "200 OK", .reply = "<ListPartsResult>" inside "</ListPartsResult>"                     \
    }

struct waited {
    struct store_transfer transfer; /* first */
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    bool ended;
};

static void done(struct store_transfer *transfer)
{
    struct waited *waited = (struct waited *)transfer;
    pthread_mutex_lock(&waited->mutex);
    waited->ended = true;
    pthread_cond_signal(&waited->changed);
    pthread_mutex_unlock(&waited->mutex);
}

static int send_part(jb_store *store, struct store_upload *upload, unsigned number, const char *text, jb_error *error)
{
    char bytes[16];
    snprintf(bytes, sizeof bytes, "%s", text);
    struct waited waited = {.transfer = {.bytes = bytes, .count = strlen(bytes), .done = done, .error = JB_ERROR_INIT},
                            .mutex = PTHREAD_MUTEX_INITIALIZER,
                            .changed = PTHREAD_COND_INITIALIZER};
    sha256_of(bytes, strlen(bytes), waited.transfer.sha256, NULL);
    int code = store->driver->upload_part(upload, number, &waited.transfer, error);
    if (code != JB_OK)
        return code;
    pthread_mutex_lock(&waited.mutex);
    while (!waited.ended)
        pthread_cond_wait(&waited.changed, &waited.mutex);
    pthread_mutex_unlock(&waited.mutex);
    *error = waited.transfer.error;
    return (int)error->code;
}

static int upload_two(jb_store *store, struct store_condition condition, jb_object_info *info, jb_error *error)
{
    struct store_upload *upload;
    int code = store_upload_begin(store, NULL, "bucket", "key", &upload, error);
    if (code != JB_OK)
        return code;
    code = send_part(store, upload, 0, "first", error);
    if (code == JB_OK)
        code = send_part(store, upload, 1, "second", error);
    if (code == JB_OK)
        code = store->driver->upload_complete(upload, condition, info, error);
    if (code != JB_OK)
        store->driver->upload_abort(upload);
    return code;
}

static void upload_gives(int expected, const char *text, const struct exchange *script, size_t count)
{
    struct s3_fixture fixture;
    jb_object_info info = {.size = sizeof info};
    s3_fixture_begin(&fixture, script, count);
    int code = upload_two(fixture.store, if_absent, &info, &fixture.error);
    if (code != expected || (code != JB_OK && strstr(fixture.error.text, text) == NULL))
        fail_msg("code %d, '%s'", code, fixture.error.text);
    if (code == JB_OK) {
        assert_int_equal(info.bytes, 11);
        assert_string_equal(info.tag, "\"e\"");
    }
    s3_fixture_end(&fixture);
}

#define UPLOAD_GIVES(expected, text, ...)                                                                              \
    do {                                                                                                               \
        const struct exchange exchanges[] = {__VA_ARGS__};                                                             \
        upload_gives(expected, text, exchanges, sizeof exchanges / sizeof *exchanges);                                 \
    } while (0)

static void an_upload_that_cannot_be_confirmed_is_removed(void **state)
{
    (void)state;
    UPLOAD_GIVES(JB_ERROR_UNSUPPORTED, "cannot find 's3://bucket/key'", CREATED_WITH, PART_1, PART_2,
                 COMPLETE(.reply = COMPLETED("")), {"HEAD", "/bucket/key", .status = "501 No"}, REMOVAL, ABORT);
}

static void the_checksum_of_all_parts_confirms_an_upload(void **state)
{
    (void)state;
    UPLOAD_GIVES(JB_OK, "", CREATED_WITH, PART_1, PART_2,
                 COMPLETE(.body = "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
                                  "<Part><PartNumber>1</PartNumber><ETag>&quot;t1&quot;</ETag>"
                                  "<ChecksumSHA256>" FIRST "</ChecksumSHA256></Part>"
                                  "<Part><PartNumber>2</PartNumber><ETag>&quot;t2&quot;</ETag>"
                                  "<ChecksumSHA256>" SECOND "</ChecksumSHA256></Part></CompleteMultipartUpload>",
                          .reply = WITH_CHECKSUM(BOTH "-2")));
    UPLOAD_GIVES(JB_OK, "", CREATED_WITH, PART_1, PART_2, COMPLETE(.reply = WITH_CHECKSUM(BOTH)));
}

static void a_completed_object_of_another_checksum_is_caught_and_removed(void **state)
{
    (void)state;
    UPLOAD_GIVES(JB_ERROR_VERIFY, "its checksum differs", CREATED_WITH, PART_1, PART_2,
                 COMPLETE(.reply = WITH_CHECKSUM(OTHER "-2")), REMOVAL, ABORT);
    UPLOAD_GIVES(JB_ERROR_VERIFY, "its checksum differs", CREATED_WITH, PART_1, PART_2,
                 COMPLETE(.reply = WITH_CHECKSUM(BOTH "-3")), REMOVAL, ABORT);
}

static void an_answer_without_the_checksum_is_asked_for_it(void **state)
{
    (void)state;
    const struct exchange same = {"HEAD",
                                  "/bucket/key",
                                  {"x-amz-checksum-mode: ENABLED"},
                                  .status = "200 OK",
                                  .reply_headers = TIMED_TAG SHA256_IS(BOTH "-2"),
                                  .reply_size = 11};
    struct exchange other = same;
    other.reply_headers = TIMED_TAG SHA256_IS(OTHER "-2");
    UPLOAD_GIVES(JB_OK, "", CREATED_WITH, PART_1, PART_2, COMPLETE(.reply = COMPLETED("")), same);
    UPLOAD_GIVES(JB_ERROR_VERIFY, "its checksum differs", CREATED_WITH, PART_1, PART_2,
                 COMPLETE(.reply = COMPLETED("")), other, REMOVAL, ABORT);
}

/* Without its id, a deletion would hide the wrong version and keep it. */
static void what_is_not_as_it_was_sent_is_removed_by_its_version(void **state)
{
    (void)state;
    const struct exchange removal = {
        "POST", "/bucket?delete=", .status = "200 OK", .reply = "<DeleteResult/>",
        .body = "<Delete xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Quiet>true</Quiet><Object><Key>key</Key>"
                "<VersionId>v7</VersionId></Object></Delete>"};
    UPLOAD_GIVES(JB_ERROR_VERIFY, "its checksum differs", CREATED_WITH, PART_1, PART_2,
                 COMPLETE(.reply_headers = "x-amz-version-id: v7\r\n", .reply = WITH_CHECKSUM(OTHER)), removal, ABORT);
    const struct exchange script[] = {
        {"PUT", "/bucket/key", .status = "200 OK", .reply_headers = TAG SHA256_IS(OTHER) "x-amz-version-id: v7\r\n"},
        removal};
    struct s3_fixture fixture;
    BEGIN(fixture, script);
    assert_int_equal(write_to(fixture.store, if_absent, &fixture.error), JB_ERROR_VERIFY);
    s3_fixture_end(&fixture);
}

static void a_lost_answer_is_recognised_by_the_checksum(void **state)
{
    (void)state;
    const struct exchange found = {"HEAD", "/bucket/key", .status = "200 OK",
                                   .reply_headers = TIMED_TAG SHA256_IS(BOTH "-2"), .reply_size = 11};
    struct exchange other = found;
    other.reply_headers = TIMED_TAG SHA256_IS(OTHER "-2");
    UPLOAD_GIVES(JB_OK, "", CREATED_WITH, PART_1, PART_2, COMPLETE(.fault = FAULT_RESET_UNANSWERED),
                 {"POST", "/bucket/key?uploadId=id", .status = "404 No", .reply = ERROR_BODY("NoSuchUpload")}, found);
    UPLOAD_GIVES(
        JB_ERROR_CONFLICT, "NoSuchUpload", CREATED_WITH, PART_1, PART_2, COMPLETE(.fault = FAULT_RESET_UNANSWERED),
        {"POST", "/bucket/key?uploadId=id", .status = "404 No", .reply = ERROR_BODY("NoSuchUpload")}, other, ABORT);
}

static void a_part_that_came_with_another_checksum_is_sent_again(void **state)
{
    (void)state;
    UPLOAD_GIVES(JB_OK, "", CREATED_WITH, PART("1", .reply_headers = "ETag: \"t1\"\r\n" SHA256_IS(OTHER)), PART_1,
                 PART_2, COMPLETE(.reply = WITH_CHECKSUM(BOTH "-2")));
}

static void an_upload_without_checksums_has_its_parts_listed(void **state)
{
    (void)state;
    UPLOAD_GIVES(JB_OK, "", CREATE(.headers = {"x-amz-checksum-algorithm: SHA256"}), PLAIN_1, PLAIN_2,
                 LIST_PARTS(LISTED("1", "\"t1\"", "5") LISTED("2", "t2", "6")), COMPLETE(.reply = COMPLETED("")),
                 HEAD(11));
}

static void a_store_that_refuses_to_keep_checksums_gets_uploads_without(void **state)
{
    (void)state;
    UPLOAD_GIVES(JB_OK, "",
                 {"POST",
                  "/bucket/key?uploads=",
                  {"x-amz-checksum-algorithm: SHA256"},
                  .status = "501 No",
                  .reply = ERROR_BODY("NotImplemented")},
                 CREATE(.headers = {"!x-amz-checksum-algorithm"}), PLAIN_1, PLAIN_2,
                 LIST_PARTS(LISTED("1", "\"t1\"", "5") LISTED("2", "\"t2\"", "6")), COMPLETE(.reply = COMPLETED("")),
                 HEAD(11));
}

static void a_list_of_parts_may_take_several_pages(void **state)
{
    (void)state;
    UPLOAD_GIVES(JB_OK, "", CREATE(.headers = {NULL}), PLAIN_1, PLAIN_2,
                 LIST_PARTS("<IsTruncated>true</IsTruncated>" LISTED("1", "\"t1\"", "5")),
                 {"GET", PARTS_FROM, .status = "200 OK",
                  .reply = "<ListPartsResult>" LISTED("2", "\"t2\"", "6") "</ListPartsResult>"},
                 COMPLETE(.reply = COMPLETED("")), HEAD(11));
}

static void parts_that_are_not_as_sent_are_caught_before_completion(void **state)
{
    (void)state;
    static const struct {
        const char *parts, *text;
        int code;
    } wrong[] = {
        {LISTED("1", "\"t1\"", "4") LISTED("2", "\"t2\"", "6"), "4 bytes of part 1 instead of 5", JB_ERROR_VERIFY},
        {LISTED("1", "\"t1\"", "5") LISTED("2", "\"tX\"", "6"), "another part 2", JB_ERROR_VERIFY},
        {LISTED("1", "\"t1\"", "5"), "1 parts", JB_ERROR_VERIFY},
        {LISTED("2", "\"t2\"", "6"), "part 2 where part 1", JB_ERROR_VERIFY},
        {LISTED("1", "\"t1\"", "5") LISTED("2", "\"t2\"", "6") LISTED("3", "\"t3\"", "6"), "part 3", JB_ERROR_VERIFY},
        {LISTED("1", "\"t1\"", "much"), "number 'much'", JB_ERROR_FORMAT},
        {"<IsTruncated>true</IsTruncated>", "does not end", JB_ERROR_FORMAT},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char reply[1024];
        snprintf(reply, sizeof reply, "<ListPartsResult>%s</ListPartsResult>", wrong[i].parts);
        UPLOAD_GIVES(wrong[i].code, wrong[i].text, CREATE(.headers = {NULL}), PLAIN_1, PLAIN_2,
                     {"GET", PARTS, .status = "200 OK", .reply = reply}, ABORT);
    }
}

static void where_parts_cannot_be_listed_the_size_of_all_must_do(void **state)
{
    (void)state;
    UPLOAD_GIVES(JB_OK, "", CREATE(.headers = {NULL}), PLAIN_1, PLAIN_2,
                 {"GET", PARTS, .status = "501 No", .reply = ERROR_BODY("NotImplemented")},
                 COMPLETE(.reply = COMPLETED("")), HEAD(11));
    UPLOAD_GIVES(JB_ERROR_VERIFY, "has 10 bytes", CREATE(.headers = {NULL}), PLAIN_1, PLAIN_2,
                 {"GET", PARTS, .status = "403 No", .reply = ERROR_BODY("AccessDenied")},
                 COMPLETE(.reply = COMPLETED("")), HEAD(10), REMOVAL, ABORT);
}

/* MinIO and SeaweedFS say nothing of it before the object is there. */
static void encryption_may_be_confirmed_by_the_finished_object(void **state)
{
    (void)state;
    static const char *const answers[] = {"AES256", "none"};
    for (size_t i = 0; i < 2; i++) {
        char headers[256];
        snprintf(headers, sizeof headers, TIMED_TAG "x-amz-server-side-encryption: %s\r\n", answers[i]);
        const struct exchange script[] = {
            CREATED_WITH,
            PART_1,
            PART_2,
            COMPLETE(.reply = WITH_CHECKSUM(BOTH "-2")),
            {"HEAD", "/bucket/key", .status = "200 OK", .reply_headers = headers, .reply_size = 11},
            REMOVAL,
            ABORT};
        struct s3_fixture fixture;
        jb_object_info info = {.size = sizeof info};
        s3_fixture_begin(&fixture, script, i == 0 ? 5 : 7);
        jb_store *store = s3_fixture_open(scripted_server_endpoint(fixture.server),
                                          (jb_store_options){.server_side_encryption = "AES256"});
        assert_int_equal(upload_two(store, if_absent, &info, &fixture.error), i == 0 ? JB_OK : JB_ERROR_UNSUPPORTED);
        store->driver->close(store);
        s3_fixture_end(&fixture);
    }
}

static int with_encryption(const struct exchange *script, size_t count,
                           int (*act)(jb_store *store, struct store_condition condition, jb_error *error))
{
    struct s3_fixture fixture;
    s3_fixture_begin(&fixture, script, count);
    jb_store *store = s3_fixture_open(scripted_server_endpoint(fixture.server),
                                      (jb_store_options){.server_side_encryption = "AES256"});
    int code = act(store, if_absent, &fixture.error);
    store->driver->close(store);
    s3_fixture_end(&fixture);
    return code;
}

static int upload_two_to(jb_store *store, struct store_condition condition, jb_error *error)
{
    jb_object_info info = {.size = sizeof info};
    return upload_two(store, condition, &info, error);
}

/* The object stays in the clear, for it might be somebody else's with the same bytes; but nobody is told that it is
 * as it should be. */
static void encryption_is_confirmed_after_a_lost_answer_too(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        char sealed[256];
        snprintf(sealed, sizeof sealed, TIMED_TAG SHA256_IS(BOTH "-2") "%s",
                 i == 0 ? "x-amz-server-side-encryption: AES256\r\n" : "");
        const int expected = i == 0 ? JB_OK : JB_ERROR_UNSUPPORTED;
        const struct exchange uploaded[] = {
            CREATED_WITH,
            PART_1,
            PART_2,
            COMPLETE(.fault = FAULT_RESET_UNANSWERED),
            {"POST", "/bucket/key?uploadId=id", .status = "404 No", .reply = ERROR_BODY("NoSuchUpload")},
            {"HEAD", "/bucket/key", .status = "200 OK", .reply_headers = sealed, .reply_size = 11},
            {"HEAD", "/bucket/key", .status = "200 OK", .reply_headers = sealed, .reply_size = 11},
            ABORT};
        const struct exchange written[] = {
            {"PUT", "/bucket/key", .fault = FAULT_RESET_UNANSWERED},
            {"PUT", "/bucket/key", .status = "412 No", .reply = ERROR_BODY("PreconditionFailed")},
            {"GET", "/bucket/key", .status = "200 OK", .reply_headers = sealed, .reply = "hello"},
            {"HEAD", "/bucket/key", .status = "200 OK", .reply_headers = sealed, .reply_size = 5}};
        assert_int_equal(with_encryption(uploaded, i == 0 ? 7 : 8, upload_two_to), expected);
        assert_int_equal(with_encryption(written, 4, write_to), expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_write_whose_checksum_is_confirmed_needs_no_further_question),
        cmocka_unit_test(a_store_that_refuses_checksums_is_not_asked_again),
        cmocka_unit_test(a_store_that_ignores_checksums_is_asked_for_the_size),
        cmocka_unit_test(checksums_can_be_switched_off),
        cmocka_unit_test(checksums_that_must_be_are_an_error_where_they_are_not),
        cmocka_unit_test(other_refusals_are_not_laid_to_checksums),
        cmocka_unit_test(an_object_that_the_store_cut_silently_is_caught_and_removed),
        cmocka_unit_test(an_object_that_cannot_be_confirmed_is_removed),
        cmocka_unit_test(an_answer_with_another_checksum_is_caught_and_the_object_removed),
        cmocka_unit_test(a_single_writers_object_that_is_not_as_it_was_sent_is_removed),
        cmocka_unit_test(what_a_store_kept_of_a_request_that_broke_is_named),
        cmocka_unit_test(encryption_that_is_not_confirmed_is_an_error),
        cmocka_unit_test(encryption_may_be_confirmed_by_the_finished_object),
        cmocka_unit_test(encryption_is_confirmed_after_a_lost_answer_too),
        cmocka_unit_test(an_upload_that_cannot_be_confirmed_is_removed),
        cmocka_unit_test(the_checksum_of_all_parts_confirms_an_upload),
        cmocka_unit_test(a_completed_object_of_another_checksum_is_caught_and_removed),
        cmocka_unit_test(an_answer_without_the_checksum_is_asked_for_it),
        cmocka_unit_test(what_is_not_as_it_was_sent_is_removed_by_its_version),
        cmocka_unit_test(a_lost_answer_is_recognised_by_the_checksum),
        cmocka_unit_test(a_part_that_came_with_another_checksum_is_sent_again),
        cmocka_unit_test(an_upload_without_checksums_has_its_parts_listed),
        cmocka_unit_test(a_store_that_refuses_to_keep_checksums_gets_uploads_without),
        cmocka_unit_test(a_list_of_parts_may_take_several_pages),
        cmocka_unit_test(parts_that_are_not_as_sent_are_caught_before_completion),
        cmocka_unit_test(where_parts_cannot_be_listed_the_size_of_all_must_do),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
