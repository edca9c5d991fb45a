/* Digests of several texts at once are the ones that OpenSSL makes of each. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/evp.h>

#include "codec/digest.h"
#include "codec/sha256_pair.h"

#define TEXTS      3
#define BYTES_MAX  1000
#define SHIFT_MAX  64
#define TRIALS     20000
#define LONG_BYTES ((size_t)9 << 20)

static unsigned chance = 1;

static size_t below(size_t bound)
{
    return (size_t)rand_r(&chance) % bound;
}

static void check(const struct sha256_text *texts, size_t count)
{
    unsigned char expected[SHA256_SIZE];
    jb_error error = JB_ERROR_INIT;
    assert_int_equal(sha256_of_each(texts, count, &error), JB_OK);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(EVP_Digest(texts[i].bytes, texts[i].count, expected, NULL, EVP_sha256(), NULL), 1);
        if (memcmp(expected, texts[i].digest, SHA256_SIZE) != 0)
            fail_msg("text %zu of %zu with %zu bytes", i, count, texts[i].count);
    }
}

static void texts_of_any_lengths_and_places(void **state)
{
    (void)state;
    unsigned char bytes[TEXTS][SHIFT_MAX + BYTES_MAX], digests[TEXTS][SHA256_SIZE];
    struct sha256_text texts[TEXTS];
    for (size_t i = 0; i < TEXTS; i++)
        for (size_t j = 0; j < sizeof bytes[i]; j++)
            bytes[i][j] = (unsigned char)below(256);
    for (int trial = 0; trial < TRIALS; trial++) {
        size_t same = below(BYTES_MAX);
        for (size_t i = 0; i < TEXTS; i++)
            texts[i] =
                (struct sha256_text){bytes[i] + below(SHIFT_MAX), trial % 3 == 0 ? same : below(BYTES_MAX), digests[i]};
        check(texts, below(TEXTS + 1));
    }
}

static void long_texts(void **state)
{
    (void)state;
    unsigned char *bytes = malloc(2 * LONG_BYTES), digests[2][SHA256_SIZE];
    assert_non_null(bytes);
    for (size_t i = 0; i < 2 * LONG_BYTES; i++)
        bytes[i] = (unsigned char)(i * i >> 8);
    check((struct sha256_text[]){{bytes, LONG_BYTES, digests[0]}, {bytes + LONG_BYTES, LONG_BYTES - 1, digests[1]}}, 2);
    free(bytes);
}

/* As xxh128sum prints them. */
static void xxh3_in_its_canonical_form(void **state)
{
    (void)state;
    static const char *const cases[][2] = {{"", "99aa06d3014798d86001c324468d497f"},
                                           {"jpsbackup", "c2f7a76d1f8fb3e4b325ac7ec1d0de64"}};
    for (size_t i = 0; i < 2; i++) {
        unsigned char digest[XXH128_SIZE];
        char hex[XXH128_HEX_SIZE];
        xxh128_of(cases[i][0], strlen(cases[i][0]), digest);
        hex_encode(digest, sizeof digest, hex);
        assert_string_equal(hex, cases[i][1]);
    }
}

int main(void)
{
    print_message("texts are hashed %s\n", sha256_pair_works() ? "side by side" : "one after the other");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_of_any_lengths_and_places),
        cmocka_unit_test(long_texts),
        cmocka_unit_test(xxh3_in_its_canonical_form),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
