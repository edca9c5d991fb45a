/* Headers of encrypted streams, and who opens them: cases of the classes that age's own vectors have. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "age_fixture.h"
#include "codec/age_base64.h"
#include "codec/age_chunks.h"
#include "codec/age_keys.h"
#include "workspace.h"

static const char content[] = "some content";

#define BODY  "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE" /* 32 bytes */
#define SHARE "QkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkI"
#define SALT  "QkJCQkJCQkJCQkJCQkJCQg"
#define FULL  "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFB" /* a line of 64 */

/* `before`, a stanza that the test's identity opens, `after`, and a right MAC; then the content. */
static void compose(const char *before, const char *after, struct buffer *sealed)
{
    static const unsigned char nonce[AGE_PAYLOAD_NONCE_SIZE] = {0};
    unsigned char file_key[AGE_FILE_KEY_SIZE], chunk[sizeof content + AGE_TAG_SIZE];
    jb_error error = JB_ERROR_INIT;
    struct age_header own, header;
    struct age_chunks chunks;
    assert_ok(error, age_keys_wrap(&age_test_encryption, 0, &own, file_key, &error));
    assert_ok(error, age_header_begin(&header, &error));
    const char *stanza = own.text.data + AGE_MAGIC_SIZE, *end = strstr(stanza, "\n---") + 1;
    assert_ok(error, buffer_append_text(&header.text, before, &error));
    assert_ok(error, buffer_append(&header.text, stanza, (size_t)(end - stanza), &error));
    assert_ok(error, buffer_append_text(&header.text, after, &error));
    assert_ok(error, age_header_end(&header, file_key, &error));
    assert_ok(error, age_chunks_init(&chunks, true, file_key, nonce, &error));
    assert_ok(error, age_chunk_seal(&chunks, 0, true, content, sizeof content, chunk, &error));
    age_chunks_clean_up(&chunks);
    *sealed = header.text;
    sealed->maximum = (size_t)1 << 20;
    assert_ok(error, buffer_append(sealed, nonce, sizeof nonce, &error));
    assert_ok(error, buffer_append(sealed, chunk, sizeof chunk, &error));
    age_header_clean_up(&own);
}

static int open_both(const jb_decryption *decryption, const struct buffer *sealed, jb_error *error)
{
    struct buffer opened;
    int ranged = age_open_range(decryption, sealed->data, sealed->size, &opened, error);
    buffer_clean_up(&opened);
    int code = age_open(decryption, sealed->data, sealed->size, 13, &opened, error);
    assert_int_equal(code, ranged);
    struct age_file_key key;
    assert_int_equal(age_unlock(sealed->data, sealed->size, decryption, &key, error), code);
    if (code == JB_OK)
        assert_memory_equal(opened.data, content, sizeof content);
    buffer_clean_up(&opened);
    return code;
}

static void stanzas_of_other_kinds_are_passed_over(void **state)
{
    static const char *const others[] = {
        "-> grease\n\n",
        "-> ssh-ed25519 abcd " SHARE "\n" BODY "\n",
        "-> x25519 " SHARE "\n" BODY "\n",
        "-> X25519x\n" BODY "\n",
        "-> a!\"#$%&'()*+,-./0189:;<=>?@AZ[\\]^_`az{|}~ b c d e f g h i\n" FULL "\n" FULL "\n\n",
        "-> y\n" FULL "\nQQ\n",
        "-> X25519 " SHARE "\n" BODY "\n", /* another's */
    };
    jb_error error = JB_ERROR_INIT;
    (void)state;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        for (int after = 0; after < 2; after++) {
            struct buffer sealed;
            compose(after ? "" : others[i], after ? others[i] : "", &sealed);
            assert_ok(error, open_both(&age_test_decryption, &sealed, &error));
            buffer_clean_up(&sealed);
        }
}

static void malformed_stanzas_are_refused_though_the_mac_is_right(void **state)
{
    static const struct {
        const char *stanza;
        const char *text;
    } cases[] = {
        {"->\n\n", "no stanza's first"},
        {"-> \n\n", "no stanza's first"},
        {"->  a\n\n", "no stanza's first"},
        {"-> a \n\n", "no stanza's first"},
        {"-> a  b\n\n", "no stanza's first"},
        {"->a\n\n", "no stanza's first"},
        {"-> a\tb\n\n", "no stanza's first"},
        {"-> a\x7f\n\n", "no stanza's first"},
        {"-> \xc3\xa4\n\n", "no stanza's first"},
        {"-> a\r\n\n", "no stanza's first"},
        {"=> a\n\n", "no stanza's first"},
        {"\n-> a\n\n", "no stanza's first"},
        {"-> a\n\n\n", "no stanza's first"},
        {"-> a\n", "ends too early"},
        {"-> a\n" FULL "\n", "ends too early"},
        {"-> a\nQ\n", "no base64"},
        {"-> a\nQQ==\n", "no base64"},
        {"-> a\nQR\n", "no base64"}, /* not canonical */
        {"-> a\nQ_-Q\n", "no base64"},
        {"-> a\nQQ \n", "no base64"},
        {"-> a\nQQ\r\n", "no base64"},
        {"-> a\n" FULL "Q\n\n", "no base64"},
        {"-> a\nQUFB\nQUFB\n", "no stanza's first"}, /* a short line that is not the last */
        {"-> X25519\n" BODY "\n", "wrong arguments"},
        {"-> X25519 " SHARE " more\n" BODY "\n", "wrong arguments"},
        {"-> X25519 QkJC\n" BODY "\n", "wrong arguments"},
        {"-> X25519 " SHARE "QkJC\n" BODY "\n", "wrong arguments"},
        {"-> X25519 QkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJ\n" BODY "\n", "wrong arguments"},
        {"-> X25519 " SHARE "\n\n", "no wrapped key"},
        {"-> X25519 " SHARE "\nQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQQ\n", "no wrapped key"},
        {"-> X25519 " SHARE "\nQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFB\n", "no wrapped key"},
        {"-> X25519 " SHARE "\n" FULL "\n\n", "no wrapped key"},
        {"-> X25519 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n" BODY "\n", "none that a writer makes"},
        {"-> X25519 AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n" BODY "\n", "none that a writer makes"},
        {"-> scrypt " SALT " 10\n" BODY "\n", "beside other keys"},
        {"-> scrypt " SALT "\n" BODY "\n", "wrong arguments"},
        {"-> scrypt " SALT " 10 11\n" BODY "\n", "wrong arguments"},
        {"-> scrypt QkJC 10\n" BODY "\n", "wrong arguments"},
        {"-> scrypt " SALT " 010\n" BODY "\n", "work factor"},
        {"-> scrypt " SALT " -1\n" BODY "\n", "work factor"},
        {"-> scrypt " SALT " +1\n" BODY "\n", "work factor"},
        {"-> scrypt " SALT " 0\n" BODY "\n", "work factor"},
        {"-> scrypt " SALT " 0xa\n" BODY "\n", "work factor"},
        {"-> scrypt " SALT " 10\nQUFB\n", "no wrapped key"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        jb_error error = JB_ERROR_INIT;
        struct buffer sealed;
        compose(cases[i].stanza, "", &sealed);
        int code = open_both(&age_test_decryption, &sealed, &error);
        if (code != JB_ERROR_VERIFY || strstr(error.text, cases[i].text) == NULL)
            fail_msg("'%s': %s: %s", cases[i].stanza, jb_code_name((jb_code)code), error.text);
        buffer_clean_up(&sealed);
    }
}

static void assert_header(const char *text, jb_code expected, const char *message)
{
    jb_error error = JB_ERROR_INIT;
    struct buffer sealed;
    buffer_init(&sealed, (size_t)1 << 20);
    assert_ok(error, buffer_append_text(&sealed, text, &error));
    int code = open_both(&age_test_decryption, &sealed, &error);
    if (code != (int)expected || strstr(error.text, message) == NULL)
        fail_msg("'%.200s': %s: %s", text, jb_code_name((jb_code)code), error.text);
    buffer_clean_up(&sealed);
}

#define FIRST  "age-encryption.org/v1\n"
#define STANZA "-> X25519 " SHARE "\n" BODY "\n"
#define MAC    "--- " SHARE "\n"

static void headers_of_another_form_are_refused(void **state)
{
    (void)state;
    assert_header("", JB_ERROR_VERIFY, "there is none");
    assert_header("plain text", JB_ERROR_VERIFY, "not encrypted in age's format");
    assert_header("age-encryption.org/v2\n" STANZA MAC, JB_ERROR_VERIFY, "not encrypted in age's format");
    assert_header("age-encryption.org/v1\r\n" STANZA MAC, JB_ERROR_VERIFY, "not encrypted in age's format");
    assert_header("age-encryption.org/v", JB_ERROR_VERIFY, "ends too early");
    assert_header(FIRST, JB_ERROR_VERIFY, "ends too early");
    assert_header(FIRST STANZA, JB_ERROR_VERIFY, "ends too early");
    assert_header(FIRST STANZA "--- " SHARE, JB_ERROR_VERIFY, "ends too early");
    assert_header(FIRST MAC, JB_ERROR_VERIFY, "for nobody");
    assert_header(FIRST STANZA "---\n", JB_ERROR_VERIFY, "no MAC");
    assert_header(FIRST STANZA "---" SHARE "\n", JB_ERROR_VERIFY, "no MAC");
    assert_header(FIRST STANZA "---  " SHARE "\n", JB_ERROR_VERIFY, "no MAC");
    assert_header(FIRST STANZA "--- " SHARE " \n", JB_ERROR_VERIFY, "no MAC");
    assert_header(FIRST STANZA "--- " SHARE "=\n", JB_ERROR_VERIFY, "no MAC");
    assert_header(FIRST STANZA "--- QkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJ\n", JB_ERROR_VERIFY, "no MAC");
    assert_header(FIRST STANZA MAC, JB_ERROR_ACCESS, "no identity that was given opens it");
    assert_header(FIRST "-> ssh-rsa abcd\n" BODY "\n" MAC, JB_ERROR_ACCESS, "of kinds that are not known");
    assert_header(FIRST "-> scrypt " SALT " 10\n" BODY "\n" MAC, JB_ERROR_ACCESS, "with a passphrase");
    assert_header(FIRST "-> scrypt " SALT " 23\n" BODY "\n" MAC, JB_ERROR_LIMIT, "work factor above 22");
    assert_header(FIRST "-> scrypt " SALT " 4294967306\n" BODY "\n" MAC, JB_ERROR_LIMIT, "work factor above 22");
    assert_header(FIRST "-> scrypt " SALT " 10\n" BODY "\n-> scrypt " SALT " 10\n" BODY "\n" MAC, JB_ERROR_VERIFY,
                  "beside other keys");
}

static void a_wrong_mac_is_damage(void **state)
{
    jb_error error = JB_ERROR_INIT;
    struct buffer sealed;
    (void)state;
    compose("-> a b\n\n", "", &sealed);
    *strstr(sealed.data, "-> a b") = '-';
    strstr(sealed.data, "-> a b")[5] = 'c';
    assert_fails(JB_ERROR_VERIFY, error, open_both(&age_test_decryption, &sealed, &error));
    assert_non_null(strstr(error.text, "its MAC is wrong"));
    buffer_clean_up(&sealed);
}

static char *repeat(const char *text, size_t count)
{
    size_t size = strlen(text);
    char *all = malloc(count * size + 1);
    assert_non_null(all);
    for (size_t i = 0; i < count; i++)
        memcpy(all + i * size, text, size);
    all[count * size] = '\0';
    return all;
}

static void headers_without_end_are_refused(void **state)
{
    struct {
        const char *begin, *repeated;
        size_t count;
        const char *text;
    } cases[] = {
        {FIRST, "-> a\n\n", 20000, "longer than 65536"},
        {FIRST, "-> a\n\n", 1001, "more than 1000 stanzas"},
        {FIRST "-> ", "a", 70000, "longer than 65536"},
        {FIRST "-> a\n", FULL "\n", 2000, "longer than 65536"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *middle = repeat(cases[i].repeated, cases[i].count), *all;
        assert_true(asprintf(&all, "%s%s" MAC, cases[i].begin, middle) > 0);
        assert_header(all, JB_ERROR_LIMIT, cases[i].text);
        free(all);
        free(middle);
    }
}

static void a_header_of_a_thousand_stanzas_is_read(void **state)
{
    jb_error error = JB_ERROR_INIT;
    struct buffer sealed;
    char *others = repeat("-> a bcdef\n" BODY "\n", 999);
    (void)state;
    compose(others, "", &sealed);
    assert_ok(error, open_both(&age_test_decryption, &sealed, &error));
    buffer_clean_up(&sealed);
    free(others);
}

static void any_recipient_opens_it_and_nobody_else(void **state)
{
    static const char *const both[] = {AGE_OTHER_RECIPIENT, AGE_TEST_RECIPIENT, NULL};
    static const char *const other[] = {AGE_OTHER_IDENTITY, NULL};
    static const char *const either[] = {AGE_OTHER_IDENTITY, AGE_TEST_IDENTITY, NULL};
    const jb_encryption for_both = {.size = sizeof for_both, .recipients = both};
    const jb_decryption by_other = {.size = sizeof by_other, .identities = other};
    const jb_decryption by_either = {.size = sizeof by_either, .identities = either};
    const jb_decryption by_passphrase = {.size = sizeof by_passphrase, .passphrase = "open"};
    jb_error error = JB_ERROR_INIT;
    struct buffer sealed;
    (void)state;
    assert_ok(error, age_seal(&for_both, content, sizeof content, 100, &sealed, &error));
    assert_ok(error, open_both(&age_test_decryption, &sealed, &error));
    assert_ok(error, open_both(&by_other, &sealed, &error));
    buffer_clean_up(&sealed);
    assert_ok(error, age_seal(&age_test_encryption, content, sizeof content, 100, &sealed, &error));
    assert_ok(error, open_both(&by_either, &sealed, &error));
    assert_fails(JB_ERROR_ACCESS, error, open_both(&by_other, &sealed, &error));
    assert_non_null(strstr(error.hint, "give the identity"));
    assert_fails(JB_ERROR_ACCESS, error, open_both(&by_passphrase, &sealed, &error));
    assert_non_null(strstr(error.text, "to public keys, not with a passphrase"));
    buffer_clean_up(&sealed);
}

static void a_passphrase_opens_it_and_no_other(void **state)
{
    const jb_encryption with = {.size = sizeof with, .passphrase = "correct horse \xc3\xa4"};
    const jb_decryption by_it = {.size = sizeof by_it, .passphrase = "correct horse \xc3\xa4"};
    const jb_decryption by_another = {.size = sizeof by_another, .passphrase = "correct horse \xc3\xa5"};
    jb_error error = JB_ERROR_INIT;
    struct buffer sealed;
    (void)state;
    assert_ok(error, age_seal(&with, content, sizeof content, 100, &sealed, &error));
    assert_non_null(strstr(sealed.data, " 15\n")); /* the least, for the fixture gives no memory */
    assert_ok(error, open_both(&by_it, &sealed, &error));
    assert_fails(JB_ERROR_ACCESS, error, open_both(&by_another, &sealed, &error));
    assert_null(strstr(error.text, "correct"));
    assert_fails(JB_ERROR_ACCESS, error, open_both(&age_test_decryption, &sealed, &error));
    assert_non_null(strstr(error.text, "encrypted with a passphrase"));
    buffer_clean_up(&sealed);
}

static void a_passphrases_work_grows_with_the_memory_that_is_allowed(void **state)
{
    const jb_encryption with = {.size = sizeof with, .passphrase = "p"};
    static const struct {
        unsigned mib;
        const char *work_factor;
    } cases[] = {{0, " 15\n"}, {64, " 16\n"}, {96, " 16\n"}, {128, " 17\n"}, {1000, " 18\n"}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        unsigned char file_key[AGE_FILE_KEY_SIZE];
        jb_error error = JB_ERROR_INIT;
        struct age_header header;
        assert_ok(error, age_keys_wrap(&with, (uint64_t)cases[i].mib << 20, &header, file_key, &error));
        assert_non_null(strstr(header.text.data, cases[i].work_factor));
        age_header_clean_up(&header);
    }
}

static void assert_no_recipient(const char *text)
{
    const char *const recipients[] = {AGE_TEST_RECIPIENT, text, NULL};
    const jb_encryption encryption = {.size = sizeof encryption, .recipients = recipients};
    jb_error error = JB_ERROR_INIT;
    assert_fails(JB_ERROR_USAGE, error, age_encryption_check(&encryption, &error));
    assert_null(strstr(error.text, "K674DNC0DXX"));
}

static void assert_no_identity(const char *text)
{
    const char *const identities[] = {AGE_TEST_IDENTITY, text, NULL};
    const jb_decryption decryption = {.size = sizeof decryption, .identities = identities};
    jb_error error = JB_ERROR_INIT;
    assert_fails(JB_ERROR_USAGE, error, age_decryption_check(&decryption, &error));
    if (strlen(text) > 20)
        assert_null(strstr(error.text, text + 20));
}

static void malformed_keys_are_refused(void **state)
{
    (void)state;
    assert_no_recipient("");
    assert_no_recipient("age1");
    assert_no_recipient("age1fy9vsfqvzwty8l6thwxt6z4twzsy777gwkg3pwsgqkep6q7x5cnqjlfwk");
    assert_no_recipient("age1fy9vsfqvzwty8l6thwxt6z4twzsy777gwkg3pwsgqkep6q7x5cnqjlfwkaa");
    assert_no_recipient("age1fy9vsfqvzwty8l6thwxt6z4twzsy777gwkg3pwsgqkep6q7x5cnqjlfwkq");
    assert_no_recipient("age1fy9vsfqvzwty8l6thwxt6z4twzsy777gwkg3pwsgqkep6q7x5bnqjlfwka");
    assert_no_recipient("age1Fy9vsfqvzwty8l6thwxt6z4twzsy777gwkg3pwsgqkep6q7x5cnqjlfwka");
    assert_no_recipient("AGE1FY9VSFQVZWTY8L6THWXT6Z4TWZSY777GWKG3PWSGQKEP6Q7X5CNQJLFWKA");
    assert_no_recipient("agf1fy9vsfqvzwty8l6thwxt6z4twzsy777gwkg3pwsgqkep6q7x5cnqjlfwka");
    assert_no_recipient(" " AGE_TEST_RECIPIENT);
    assert_no_recipient(AGE_TEST_RECIPIENT " ");
    assert_no_recipient("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA");
    assert_no_recipient(AGE_TEST_IDENTITY);
    assert_no_identity("");
    assert_no_identity(AGE_TEST_RECIPIENT);
    assert_no_identity("AGE-SECRET-KEY-1K674DNC0DXXAFFGUXL2V0XSPG8H6WFU4PVUM87DA67SDAAYJUA2QVAWTM");
    assert_no_identity("AGE-SECRET-KEY-1K674DNC0DXXAFFGUXL2V0XSPG8H6WFU4PVUM87DA67SDAAYJUA2QVAWTMM");
    assert_no_identity("age-secret-key-1k674dnc0dxxaffguxl2v0xspg8h6wfu4pvum87da67sdaayjua2qvawtmx");
    assert_no_identity("AGE-SECRET-KEY-1k674DNC0DXXAFFGUXL2V0XSPG8H6WFU4PVUM87DA67SDAAYJUA2QVAWTMX");
}

static void encryption_needs_one_kind_of_key(void **state)
{
    static const char *const recipients[] = {AGE_TEST_RECIPIENT, NULL}, *const none[] = {NULL};
    const jb_encryption wrong[] = {
        {.size = 1, .passphrase = "p"},
        {.size = sizeof(jb_encryption)},
        {.size = sizeof(jb_encryption), .recipients = none},
        {.size = sizeof(jb_encryption), .passphrase = ""},
        {.size = sizeof(jb_encryption), .passphrase = "p", .recipients = recipients},
    };
    const jb_decryption nothing[] = {{.size = 1, .passphrase = "p"},
                                     {.size = sizeof(jb_decryption)},
                                     {.size = sizeof(jb_decryption), .identities = none}};
    jb_error error = JB_ERROR_INIT;
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_fails(JB_ERROR_USAGE, error, age_encryption_check(&wrong[i], &error));
    for (size_t i = 0; i < sizeof nothing / sizeof *nothing; i++)
        assert_fails(JB_ERROR_USAGE, error, age_decryption_check(&nothing[i], &error));
}

static void as_many_recipients_as_are_allowed_can_be_read_back(void **state)
{
    static const char *recipients[AGE_RECIPIENTS_MAX + 2];
    const jb_encryption encryption = {.size = sizeof encryption, .recipients = recipients};
    jb_error error = JB_ERROR_INIT;
    struct buffer sealed;
    (void)state;
    for (size_t i = 0; i < AGE_RECIPIENTS_MAX; i++)
        recipients[i] = i + 1 < AGE_RECIPIENTS_MAX ? AGE_OTHER_RECIPIENT : AGE_TEST_RECIPIENT;
    assert_ok(error, age_seal(&encryption, content, sizeof content, 100, &sealed, &error));
    assert_ok(error, open_both(&age_test_decryption, &sealed, &error));
    buffer_clean_up(&sealed);
    recipients[AGE_RECIPIENTS_MAX] = AGE_TEST_RECIPIENT;
    assert_fails(JB_ERROR_USAGE, error, age_encryption_check(&encryption, &error));
}

static void base64_is_canonical(void **state)
{
    unsigned char bytes[4];
    char text[8];
    (void)state;
    for (unsigned count = 0; count < 4; count++) {
        static const char *const expected[] = {"", "/w", "/+4", "/+7d"};
        age_base64_encode((const unsigned char *)"\xff\xee\xdd", count, text);
        assert_string_equal(text, expected[count]);
        assert_true(age_base64_decode(text, strlen(text), bytes, count));
        assert_memory_equal(bytes, "\xff\xee\xdd", count);
        assert_false(age_base64_decode(text, strlen(text), bytes, count + 1));
    }
    assert_int_equal(age_base64_check("/x", 2), -1);
    assert_int_equal(age_base64_check("/", 1), -1);
    assert_int_equal(age_base64_check("ab\0d", 4), -1);
}

static void what_is_encrypted_is_known_by_its_begin(void **state)
{
    (void)state;
    assert_true(age_is_encrypted(FIRST, strlen(FIRST)));
    assert_true(age_is_encrypted("age-encryption.org/v2", 21));
    assert_false(age_is_encrypted("age-encryption.org/", 19));
    assert_false(age_is_encrypted("another text of enough bytes", 28));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stanzas_of_other_kinds_are_passed_over),
        cmocka_unit_test(malformed_stanzas_are_refused_though_the_mac_is_right),
        cmocka_unit_test(headers_of_another_form_are_refused),
        cmocka_unit_test(a_wrong_mac_is_damage),
        cmocka_unit_test(headers_without_end_are_refused),
        cmocka_unit_test(a_header_of_a_thousand_stanzas_is_read),
        cmocka_unit_test(any_recipient_opens_it_and_nobody_else),
        cmocka_unit_test(a_passphrase_opens_it_and_no_other),
        cmocka_unit_test(a_passphrases_work_grows_with_the_memory_that_is_allowed),
        cmocka_unit_test(malformed_keys_are_refused),
        cmocka_unit_test(encryption_needs_one_kind_of_key),
        cmocka_unit_test(as_many_recipients_as_are_allowed_can_be_read_back),
        cmocka_unit_test(base64_is_canonical),
        cmocka_unit_test(what_is_encrypted_is_known_by_its_begin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
