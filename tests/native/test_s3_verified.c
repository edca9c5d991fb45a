/* Objects that are read with their description: what came is compared with it, also where a try begins anew. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "codec/digest.h"
#include "s3_fixture.h"

#define TEXT          "0123456789abcdefghij" /* two parts, of 12 and 8 bytes */
#define OTHER         "0123456789abcdefghiX"
#define RANGE_HEADERS "Content-Range: bytes 0-19/20\r\nETag: \"e\"\r\n"

struct taken {
    char bytes[64];
    size_t count;
};

static int take(void *context, const void *bytes, size_t count)
{
    struct taken *taken = context;
    if (count > sizeof taken->bytes - taken->count)
        return -1;
    memcpy(taken->bytes + taken->count, bytes, count);
    taken->count += count;
    return 0;
}

static void describe(char *text, size_t size)
{
    unsigned char digests[2 * SHA256_SIZE], all[SHA256_SIZE];
    char first[SHA256_HEX_SIZE], second[SHA256_HEX_SIZE], whole[SHA256_HEX_SIZE];
    sha256_of(TEXT, 12, digests, NULL);
    sha256_of(&TEXT[12], 8, digests + SHA256_SIZE, NULL);
    sha256_of(digests, sizeof digests, all, NULL);
    hex_encode(digests, SHA256_SIZE, first);
    hex_encode(digests + SHA256_SIZE, SHA256_SIZE, second);
    hex_encode(all, SHA256_SIZE, whole);
    snprintf(text, size,
             "{\"name\":\"key\",\"kind\":\"stream\",\"compression\":\"none\",\"size\":20,\"content_size\":20,"
             "\"digest\":\"%s\","
             "\"segments\":[{\"name\":\"key\",\"size\":20,\"parts\":[{\"size\":12,\"sha256\":\"%s\"},"
             "{\"size\":8,\"sha256\":\"%s\"}]}]}",
             whole, first, second);
}

static int get(const struct exchange *script, size_t count, struct taken *taken, jb_error *error)
{
    struct s3_fixture fixture;
    char description[1024];
    describe(description, sizeof description);
    s3_fixture_begin(&fixture, script, count);
    jb_get_options options = {.size = sizeof options,
                              .bucket = "bucket",
                              .key = "key",
                              .description = description,
                              .write = take,
                              .write_context = taken};
    *taken = (struct taken){.count = 0};
    int code = jb_get(fixture.store, fixture.operation, &options, NULL, error);
    s3_fixture_end(&fixture);
    return code;
}

static void a_range_that_breaks_off_is_hashed_anew(void **state)
{
    (void)state;
    const struct exchange script[] = {
        {"GET", "/bucket/key", .status = "206 Partial", .reply_headers = RANGE_HEADERS, .reply = OTHER,
         .fault = FAULT_CLOSE_IN_REPLY, .cut = 15},
        {"GET", "/bucket/key", .status = "206 Partial", .reply_headers = RANGE_HEADERS, .reply = OTHER,
         .fault = FAULT_RESET_IN_REPLY, .cut = 5},
        {"GET", "/bucket/key", .status = "206 Partial", .reply_headers = RANGE_HEADERS, .reply = TEXT}};
    struct taken taken;
    jb_error error = JB_ERROR_INIT;
    assert_int_equal(get(script, 3, &taken, &error), JB_OK);
    assert_int_equal(taken.count, 20);
    assert_memory_equal(taken.bytes, TEXT, 20);
}

static void a_wrong_beginning_of_a_try_that_breaks_off_is_forgotten(void **state)
{
    (void)state;
    const struct exchange script[] = {
        {"GET", "/bucket/key", .status = "206 Partial", .reply_headers = RANGE_HEADERS, .reply = "X123456789abcdefghij",
         .fault = FAULT_CLOSE_IN_REPLY, .cut = 15},
        {"GET", "/bucket/key", .status = "206 Partial", .reply_headers = RANGE_HEADERS, .reply = TEXT}};
    struct taken taken;
    jb_error error = JB_ERROR_INIT;
    assert_int_equal(get(script, 2, &taken, &error), JB_OK);
    assert_memory_equal(taken.bytes, TEXT, 20);
}

static void damage_is_named_with_its_place_and_nothing_is_lent(void **state)
{
    (void)state;
    const struct exchange script[] = {
        {"GET", "/bucket/key", .status = "206 Partial", .reply_headers = RANGE_HEADERS, .reply = OTHER}};
    struct taken taken;
    jb_error error = JB_ERROR_INIT;
    assert_int_equal(get(script, 1, &taken, &error), JB_ERROR_VERIFY);
    assert_non_null(strstr(error.text, "between bytes 12 and 20"));
    assert_int_equal(taken.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_range_that_breaks_off_is_hashed_anew),
        cmocka_unit_test(a_wrong_beginning_of_a_try_that_breaks_off_is_forgotten),
        cmocka_unit_test(damage_is_named_with_its_place_and_nothing_is_lent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
