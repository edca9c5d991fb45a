/* Where secret keys do not stand: in the log, and in this process once the store that used them is closed. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>
#include <openssl/crypto.h>

#include "age_fixture.h"
#include "codec/age_crypto.h"
#include "codec/bech32.h"
#include "http/request.h"
#include "s3_fixture.h"

/* Does not stand in this program as it is: that would be found. */
static const char masked[] =
    "\x2b\x2d\x6d\x38\x69\x2a\x3e\x31\x32\x22\x6e\x2a\x23\x62\x3d\x2a\x3b\x34\x6a\x28\x36\x23\x31\x3f"
    "\x33\x68\x33\x33\x3b\x3b\x34\x34\x31\x31\x29\x2f\x37\x62\x34\x36\x37\x23\x2e\x38\x22\x6a\x31\x30";
#define MASK           0x5a
#define SIZE           (sizeof masked - 1)
#define TAIL           24                   /* bytes looked for: what is freed loses its first ones to the allocator */
#define SANITIZERS_OWN ((uintptr_t)1 << 30) /* bytes of a mapping that is no program's */

static char *unmask(void)
{
    char *secret = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(secret != MAP_FAILED);
    for (size_t i = 0; i < SIZE; i++)
        secret[i] = (char)(masked[i] ^ MASK);
    return secret;
}

/* It looks where nobody should. */
__attribute__((no_sanitize("address", "thread"))) static unsigned count_in(const unsigned char *begin,
                                                                           const unsigned char *end, const char *sought,
                                                                           size_t size)
{
    unsigned found = 0;
    for (const unsigned char *at = begin; at + size <= end; at++) {
        size_t same = 0;
        while (same < size && (at[same] ^ MASK) == (unsigned char)sought[same])
            same++;
        found += same == size;
    }
    return found;
}

/* How often masked bytes stand, unmasked, in what this process can write. */
static unsigned count_copies_of(const char *sought, size_t size)
{
    unsigned found = 0;
    char line[512];
    FILE *maps = fopen("/proc/self/maps", "re");
    assert_non_null(maps);
    while (fgets(line, sizeof line, maps) != NULL) {
        char *rest;
        uintptr_t begin = strtoul(line, &rest, 16), end = strtoul(rest + 1, &rest, 16);
        if (strncmp(rest, " rw", 3) == 0 && end - begin < SANITIZERS_OWN)
            found += count_in((const unsigned char *)begin, (const unsigned char *)end, sought, size);
    }
    fclose(maps);
    return found;
}

static unsigned count_copies(void)
{
    return count_copies_of(masked + SIZE - TAIL, TAIL);
}

static void use(const char *secret, bool works)
{
    static const struct store_condition always = {STORE_ALWAYS, NULL};
    const struct exchange script[] = {
        {"PUT", "/bucket/key", .status = works ? "200 OK" : "403 No", .reply_headers = "ETag: \"e\"\r\n",
         .reply = works ? "" : "<Error><Code>SignatureDoesNotMatch</Code></Error>"},
        {"HEAD", "/bucket/key", .status = "200 OK",
         .reply_headers = "ETag: \"e\"\r\nLast-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n", .reply_size = 1}};
    struct s3_fixture fixture;
    BEGIN(fixture, script);
    jb_store *store = s3_fixture_open(scripted_server_endpoint(fixture.server),
                                      (jb_store_options){.access_key = "ACCESS", .secret_key = secret});
    jb_object_info info = {.size = sizeof info};
    int code = store->driver->write(store, NULL, "bucket", "key", "x", 1, NULL, always, &info, &fixture.error);
    assert_int_equal(code, works ? JB_OK : JB_ERROR_ACCESS);
    assert_true(count_copies() >= 2); /* the caller's and the store's: the search finds what is there */
    store->driver->close(store);
    s3_fixture_end_early(&fixture); /* a store that confirms by itself is not asked again */
}

static void nothing_is_left_of_a_secret_key_once_its_store_is_closed(void **state)
{
    (void)state;
    for (int works = 0; works < 2; works++) {
        char *secret = unmask();
        use(secret, works);
        assert_int_equal(count_copies(), 1);
        OPENSSL_cleanse(secret, SIZE);
        munmap(secret, 4096);
        assert_int_equal(count_copies(), 0);
    }
}

static void nothing_is_left_of_a_secret_key_that_was_refused(void **state)
{
    (void)state;
    char *secret = unmask();
    jb_store *store = NULL;
    jb_error error = JB_ERROR_INIT;
    const jb_store_options options = {
        .size = sizeof options, .url = "s3://", .endpoint = "no address", .access_key = "ACCESS", .secret_key = secret};
    assert_int_equal(jb_store_open(&options, &store, &error), JB_ERROR_USAGE);
    assert_int_equal(count_copies(), 1);
    munmap(secret, 4096);
}

/* libcurl's own copies of a request are beyond reach; ours are not. */
static void nothing_is_left_of_a_token_in_a_requests_headers(void **state)
{
    (void)state;
    char *secret = unmask();
    jb_error error = JB_ERROR_INIT;
    struct http_request request;
    http_request_init(&request, "GET", "http://localhost/", NULL);
    assert_int_equal(http_request_header(&request, "x-amz-security-token", secret, &error), JB_OK);
    assert_int_equal(http_request_header(&request, "x-amz-date", "today", &error), JB_OK);
    assert_int_equal(count_copies(), 2);
    http_request_clean_up(&request);
    assert_int_equal(count_copies(), 1);
    OPENSSL_cleanse(secret, SIZE);
    munmap(secret, 4096);
}

enum what { ENCRYPT, DECRYPT, DECRYPT_RANGE, UNLOCK };

/* Encrypts, or decrypts in either way, on a stack that stays as it was left until the next time. */
struct encrypting {
    enum what what;
    const jb_encryption *encryption;
    const jb_decryption *decryption;
    struct buffer sealed;
    struct age_file_key key; /* found by UNLOCK */
    int code;
};

static void *encrypt(void *context)
{
    struct encrypting *work = context;
    struct buffer plain;
    jb_error error = JB_ERROR_INIT;
    const void *sealed = work->sealed.data;
    size_t count = work->sealed.size;
    if (work->what == ENCRYPT) {
        work->code = age_seal(work->encryption, "x", 1, 1, &work->sealed, &error);
    } else if (work->what == UNLOCK) {
        work->code = age_unlock(sealed, count, work->decryption, &work->key, &error);
    } else {
        work->code = work->what == DECRYPT ? age_open(work->decryption, sealed, count, 100, &plain, &error)
                                           : age_open_range(work->decryption, sealed, count, &plain, &error);
        buffer_clean_up(&plain);
    }
    return NULL;
}

static void run(struct encrypting *work, enum what what, int code)
{
    static char *stack;
    const size_t size = (size_t)1 << 20;
    pthread_attr_t attributes;
    pthread_t thread;
    if (stack == NULL)
        stack = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(stack != MAP_FAILED);
    work->what = what;
    pthread_attr_init(&attributes);
    assert_int_equal(pthread_attr_setstack(&attributes, stack, size), 0);
    assert_int_equal(pthread_create(&thread, &attributes, encrypt, work), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    pthread_attr_destroy(&attributes);
    assert_int_equal(work->code, code);
}

static void nothing_is_left_of_a_passphrase_after_its_use(void **state)
{
    (void)state;
    char *secret = unmask();
    const jb_encryption encryption = {.size = sizeof encryption, .passphrase = secret};
    const jb_decryption decryption = {.size = sizeof decryption, .passphrase = secret};
    struct encrypting work = {.encryption = &encryption, .decryption = &decryption};
    run(&work, ENCRYPT, JB_OK);
    assert_int_equal(count_copies(), 1);
    run(&work, DECRYPT, JB_OK);
    assert_int_equal(count_copies(), 1);
    work.sealed.data[work.sealed.size - 1] ^= 1;
    run(&work, DECRYPT_RANGE, JB_ERROR_VERIFY);
    assert_int_equal(count_copies(), 1);
    buffer_clean_up(&work.sealed);
    munmap(secret, 4096);
}

/* Masks the bytes and zeroes them. */
static void hide(void *bytes, size_t size, char *hidden)
{
    for (size_t i = 0; i < size; i++)
        hidden[i] = (char)(((char *)bytes)[i] ^ MASK);
    OPENSSL_cleanse(bytes, size);
}

static void nothing_is_left_of_a_files_key_after_its_use(void **state)
{
    (void)state;
    jb_error error = JB_ERROR_INIT;
    struct encrypting work = {.encryption = &age_test_encryption, .decryption = &age_test_decryption};
    struct age_file_key key;
    char hidden[sizeof key];
    run(&work, ENCRYPT, JB_OK);
    assert_int_equal(age_unlock(work.sealed.data, work.sealed.size, work.decryption, &key, &error), JB_OK);
    hide(&key, sizeof key, hidden);
    assert_int_equal(count_copies_of(hidden, sizeof hidden), 0);
    for (int broken = 0; broken < 2; broken++) {
        work.sealed.data[work.sealed.size - 1] ^= (char)broken;
        run(&work, DECRYPT, broken ? JB_ERROR_VERIFY : JB_OK);
        assert_int_equal(count_copies_of(hidden, sizeof hidden), 0);
        run(&work, DECRYPT_RANGE, broken ? JB_ERROR_VERIFY : JB_OK);
        assert_int_equal(count_copies_of(hidden, sizeof hidden), 0);
    }
    run(&work, UNLOCK, JB_OK);
    assert_int_equal(count_copies_of(hidden, sizeof hidden), 1); /* the caller's */
    buffer_clean_up(&work.sealed);
}

static void nothing_is_left_of_an_identitys_key_after_its_use(void **state)
{
    (void)state;
    struct encrypting work = {.encryption = &age_test_encryption, .decryption = &age_test_decryption};
    unsigned char secret[AGE_KEY_SIZE];
    char hidden[sizeof secret];
    assert_true(bech32_decode(AGE_TEST_IDENTITY, "AGE-SECRET-KEY-", secret, sizeof secret));
    hide(secret, sizeof secret, hidden);
    run(&work, ENCRYPT, JB_OK);
    for (enum what what = DECRYPT; what <= UNLOCK; what++) {
        run(&work, what, JB_OK);
        assert_int_equal(count_copies_of(hidden + TAIL / 2, TAIL / 2), 0);
    }
    buffer_clean_up(&work.sealed);
}

struct log {
    const char *secret, *token;
    unsigned lines;
};

static void look_at_line(void *context, jb_log_level level, const char *line)
{
    struct log *log = context;
    (void)level;
    log->lines++;
    assert_null(strstr(line, log->secret));
    assert_null(strstr(line, log->token));
    assert_null(strstr(line, "Signature="));
}

static void no_secret_is_logged_at_any_level(void **state)
{
    (void)state;
    static const struct store_condition always = {STORE_ALWAYS, NULL};
    static const char refusal[] = "<Error><Code>SignatureDoesNotMatch</Code><Message>so it is</Message></Error>";
    const struct exchange script[] = {
        {"PUT", "/bucket/key", .status = "503 Busy"},
        {"PUT", "/bucket/key", .status = "500 No"},
        {"PUT", "/bucket/key", .status = "403 No", .reply = refusal},
    };
    char *secret = unmask();
    struct log log = {secret, "session-token-of-nobody", 0};
    struct s3_fixture fixture;
    BEGIN(fixture, script);
    const jb_operation_options options = {.size = sizeof options, .log = look_at_line, .log_context = &log};
    jb_operation *operation = NULL;
    assert_int_equal(jb_operation_new(&options, &operation, NULL), JB_OK);
    jb_store *store =
        s3_fixture_open(scripted_server_endpoint(fixture.server),
                        (jb_store_options){.access_key = "ACCESS", .secret_key = secret, .session_token = log.token});
    jb_object_info info = {.size = sizeof info};
    assert_int_equal(
        store->driver->write(store, operation, "bucket", "key", "x", 1, NULL, always, &info, &fixture.error),
        JB_ERROR_ACCESS);
    assert_in_range(log.lines, 2, 100);
    look_at_line(&log, JB_LOG_DEBUG, fixture.error.text);
    look_at_line(&log, JB_LOG_DEBUG, fixture.error.hint);
    store->driver->close(store);
    jb_operation_free(operation);
    s3_fixture_end(&fixture);
    OPENSSL_cleanse(secret, SIZE);
    munmap(secret, 4096);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_left_of_a_secret_key_once_its_store_is_closed),
        cmocka_unit_test(nothing_is_left_of_a_secret_key_that_was_refused),
        cmocka_unit_test(nothing_is_left_of_a_token_in_a_requests_headers),
        cmocka_unit_test(nothing_is_left_of_a_passphrase_after_its_use),
        cmocka_unit_test(nothing_is_left_of_a_files_key_after_its_use),
        cmocka_unit_test(nothing_is_left_of_an_identitys_key_after_its_use),
        cmocka_unit_test(no_secret_is_logged_at_any_level),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
