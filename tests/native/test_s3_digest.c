/* The digests that an S3 store keeps of objects, compared with a seal's without reading the objects. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backup/folder.h"
#include "s3_fixture.h"

#define TARGET      "/bucket/n_2026-11-22T23%3A48%3A00_auto/o"
#define INFO        "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\nETag: \"tag-1\"\r\n"
#define OF_A        "ypeBEsobvcr6wjGzmiPcTaeG7/gUfE5yuYB3ha/uSLs=" /* SHA-256 of "a" */
#define OF_B        "PiPoFgA5WUoziU9lZOGxNIu9egCI1CxKy3PurtWcAJ0="
#define OF_BOTH     "5aAf7hTg7VxIcU8iGA8lrYNltT+XefedxKPX6Tlj+Uo=" /* of both digests */
#define OF_ONE      "v106/7c+/S7Gw2rTES3ZM+/tY8Thy//PqI4nWcFE8tg=" /* of the digest of "a" */
#define KEEPS(text) INFO "x-amz-checksum-sha256: " text "\r\n"
#define ASKS                                                                                                           \
    {                                                                                                                  \
        "x-amz-checksum-mode: ENABLED"                                                                                 \
    }

/* Confirms an object whose parts are "a", or "a" and "b". */
static int confirm(struct s3_fixture *fixture, size_t parts)
{
    struct object object = {0};
    struct backup_id id;
    unsigned char sha256[SHA256_SIZE];
    assert_int_equal(backup_id_set(&id, "n", "2026-11-22T23:48:00", "auto", NULL), JB_OK);
    struct object_segment *segment = object_add_segment(&object, "o", NULL);
    assert_non_null(segment);
    for (size_t i = 0; i < parts; i++) {
        assert_int_equal(sha256_of(i == 0 ? "a" : "b", 1, sha256, NULL), JB_OK);
        assert_int_equal(object_add_part(segment, 1, sha256, NULL), JB_OK);
    }
    int code = folder_confirm_object(fixture->store, fixture->operation, "bucket", &id, &object, &fixture->error);
    object_clean_up(&object);
    return code;
}

static void a_digest_of_the_same_kind_must_be_the_seals(void **state)
{
    (void)state;
    static const struct {
        size_t parts;
        const char *headers;
        int code;
    } cases[] = {
        {1, KEEPS(OF_A), JB_OK},
        {1, KEEPS(OF_B), JB_ERROR_VERIFY},
        {1, KEEPS(OF_ONE "-1"), JB_OK},
        {1, KEEPS(OF_A "-1"), JB_ERROR_VERIFY},
        {2, KEEPS(OF_BOTH "-2"), JB_OK},
        {2, KEEPS(OF_A "-2"), JB_ERROR_VERIFY},
        /* None, of other parts (a copy by another tool), of the whole of several parts, or no digest at all. */
        {2, INFO, JB_OK},
        {2, KEEPS(OF_A "-3"), JB_OK},
        {2, KEEPS(OF_A), JB_OK},
        {2, KEEPS("nonsense"), JB_OK},
        {2, KEEPS(OF_A "-2x"), JB_OK},
        {2, KEEPS("-2"), JB_OK},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct exchange script[] = {{"HEAD", TARGET, ASKS, .status = "200 OK", .reply_headers = cases[i].headers,
                                           .reply_size = cases[i].parts}};
        struct s3_fixture fixture;
        BEGIN(fixture, script);
        if (confirm(&fixture, cases[i].parts) != cases[i].code)
            fail_msg("case %zu: %s", i, fixture.error.text);
        s3_fixture_end(&fixture);
    }
}

/* Of an object that a key encrypts, who may not use the key is told no checksum. */
static void who_may_not_see_the_digest_sees_the_size(void **state)
{
    (void)state;
    const struct exchange script[] = {
        {"HEAD", TARGET, ASKS, .status = "403 Forbidden", .only = "x-amz-checksum-mode: ENABLED", .any_times = true},
        {"HEAD", TARGET, {"!x-amz-checksum-mode"}, .status = "200 OK", .reply_headers = INFO, .reply_size = 2}};
    struct s3_fixture fixture;
    BEGIN(fixture, script);
    if (confirm(&fixture, 2) != JB_OK)
        fail_msg("%s", fixture.error.text);
    s3_fixture_end(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_digest_of_the_same_kind_must_be_the_seals),
        cmocka_unit_test(who_may_not_see_the_digest_sees_the_size),
    };
    return cmocka_run_group_tests_name("s3 digest", tests, NULL, NULL);
}
