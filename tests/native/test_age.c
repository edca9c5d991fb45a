/* Encrypted streams: age opens what we write, we what age writes; damage and cuts are noticed before anything of them
 * is given. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "age_fixture.h"
#include "codec/age_chunks.h"
#include "codec/age_keys.h"
#include "workspace.h"

#define SIZE_MOST ((size_t)5 << 20)

static const size_t sizes[] = {0, 1, 65535, 65536, 65537, 131072, 200000};
#define SIZES (sizeof sizes / sizeof *sizes)

static unsigned char plain[SIZE_MOST];

static int make_plain(void **state)
{
    (void)state;
    fill_pattern(plain, sizeof plain, 7);
    return 0;
}

static void assert_plain(const struct buffer *bytes, size_t count)
{
    assert_int_equal(bytes->size, count);
    if (count > 0)
        assert_memory_equal(bytes->data, plain, count);
}

static void assert_opens(const void *sealed, size_t sealed_count, size_t count)
{
    static const size_t chunks[] = {SIZE_MAX, 65552, 65553, 1000};
    jb_error error = JB_ERROR_INIT;
    struct buffer opened;
    for (size_t i = 0; i < sizeof chunks / sizeof *chunks; i++) {
        assert_ok(error, age_open(&age_test_decryption, sealed, sealed_count, chunks[i], &opened, &error));
        assert_plain(&opened, count);
        buffer_clean_up(&opened);
    }
    assert_ok(error, age_open_range(&age_test_decryption, sealed, sealed_count, &opened, &error));
    assert_plain(&opened, count);
    buffer_clean_up(&opened);
}

static void streams_of_any_length_come_back_however_they_were_cut(void **state)
{
    static const size_t chunks[] = {SIZE_MOST, 65536, 65537, 777};
    jb_error error = JB_ERROR_INIT;
    (void)state;
    for (size_t i = 0; i < SIZES; i++)
        for (size_t j = 0; j < sizeof chunks / sizeof *chunks; j++) {
            struct buffer sealed;
            assert_ok(error, age_seal(&age_test_encryption, plain, sizes[i], chunks[j], &sealed, &error));
            assert_opens(sealed.data, sealed.size, sizes[i]);
            buffer_clean_up(&sealed);
        }
}

static void age_opens_what_we_write(void **state)
{
    struct workspace w;
    jb_error error = JB_ERROR_INIT;
    (void)state;
    workspace_open(&w);
    write_file(workspace_file(&w, "identity"), AGE_TEST_IDENTITY "\n", strlen(AGE_TEST_IDENTITY "\n"));
    for (size_t i = 0; i < SIZES; i++) {
        struct buffer sealed;
        size_t count;
        assert_ok(error, age_seal(&age_test_encryption, plain, sizes[i], SIZE_MOST, &sealed, &error));
        write_file(workspace_file(&w, "sealed"), sealed.data, sealed.size);
        buffer_clean_up(&sealed);
        assert_int_equal(shell("cd %s && age -d -i identity sealed > opened", w.path), 0);
        char *opened = read_file(workspace_file(&w, "opened"), &count);
        assert_int_equal(count, sizes[i]);
        assert_memory_equal(opened, plain, count);
        free(opened);
    }
    workspace_close(&w);
}

static void we_open_what_age_writes(void **state)
{
    struct workspace w;
    (void)state;
    workspace_open(&w);
    for (size_t i = 0; i < SIZES; i++) {
        size_t count;
        write_file(workspace_file(&w, "plain"), plain, sizes[i]);
        assert_int_equal(
            shell("cd %s && age -r %s -r %s -o sealed plain", w.path, AGE_OTHER_RECIPIENT, AGE_TEST_RECIPIENT), 0);
        char *sealed = read_file(workspace_file(&w, "sealed"), &count);
        assert_opens(sealed, count, sizes[i]);
        free(sealed);
    }
    workspace_close(&w);
}

/* Neither way gives a byte that was not there, and both fail. */
static void assert_noticed(const void *sealed, size_t count, size_t whole)
{
    jb_error error = JB_ERROR_INIT;
    struct buffer opened;
    for (int ranged = 0; ranged < 2; ranged++) {
        int code = ranged ? age_open_range(&age_test_decryption, sealed, count, &opened, &error)
                          : age_open(&age_test_decryption, sealed, count, 10, &opened, &error);
        if (code != JB_ERROR_VERIFY && code != JB_ERROR_ACCESS && code != JB_ERROR_LIMIT)
            fail_msg("%zu bytes: %s: %s", count, jb_code_name((jb_code)code), error.text);
        assert_in_range(opened.size, 0, whole);
        if (opened.size > 0)
            assert_memory_equal(opened.data, plain, opened.size);
        buffer_clean_up(&opened);
    }
}

static void a_cut_at_any_byte_is_noticed(void **state)
{
    jb_error error = JB_ERROR_INIT;
    struct buffer sealed;
    (void)state;
    assert_ok(error, age_seal(&age_test_encryption, plain, 100, 100, &sealed, &error));
    for (size_t count = 0; count < sealed.size; count++)
        assert_noticed(sealed.data, count, 0);
    buffer_clean_up(&sealed);
}

static void a_cut_around_any_chunk_is_noticed(void **state)
{
    static const int around[] = {-1, 0, 1, 15, 16, 17};
    jb_error error = JB_ERROR_INIT;
    struct buffer sealed;
    (void)state;
    assert_ok(error, age_seal(&age_test_encryption, plain, 200000, 200000, &sealed, &error));
    size_t begin = sealed.size - 200000 - 4 * AGE_TAG_SIZE;
    for (size_t chunk = 0; chunk < 4; chunk++)
        for (size_t i = 0; i < sizeof around / sizeof *around; i++)
            assert_noticed(sealed.data, begin + chunk * AGE_SEALED_SIZE + (size_t)around[i], chunk * AGE_CHUNK_SIZE);
    buffer_clean_up(&sealed);
}

static void a_change_of_any_byte_is_noticed(void **state)
{
    jb_error error = JB_ERROR_INIT;
    struct buffer sealed;
    (void)state;
    assert_ok(error, age_seal(&age_test_encryption, plain, 100, 100, &sealed, &error));
    for (size_t i = 0; i < sealed.size; i++)
        for (unsigned bit = 1; bit < 256; bit *= 4) {
            sealed.data[i] = (char)(sealed.data[i] ^ (char)bit);
            assert_noticed(sealed.data, sealed.size, 0);
            sealed.data[i] = (char)(sealed.data[i] ^ (char)bit);
        }
    buffer_clean_up(&sealed);
}

/* A file of chunks that no writer makes; `lengths` ends with -1, `lasts` says which of them are marked as the last. */
static void seal_chunks(const int *lengths, const char *lasts, struct buffer *sealed)
{
    static unsigned char chunk[AGE_SEALED_SIZE];
    static const unsigned char nonce[AGE_PAYLOAD_NONCE_SIZE] = {1, 2, 3};
    unsigned char file_key[AGE_FILE_KEY_SIZE];
    jb_error error = JB_ERROR_INIT;
    struct age_header header;
    struct age_chunks chunks;
    assert_ok(error, age_keys_wrap(&age_test_encryption, 0, &header, file_key, &error));
    assert_ok(error, age_chunks_init(&chunks, true, file_key, nonce, &error));
    buffer_init(sealed, SIZE_MOST);
    assert_ok(error, buffer_append(sealed, header.text.data, header.text.size, &error));
    assert_ok(error, buffer_append(sealed, nonce, sizeof nonce, &error));
    for (size_t i = 0, at = 0; lengths[i] >= 0; at += (size_t)lengths[i++]) {
        size_t count = (size_t)lengths[i];
        assert_ok(error, age_chunk_seal(&chunks, i, lasts[i] == 'L', plain + at, count, chunk, &error));
        assert_ok(error, buffer_append(sealed, chunk, count + AGE_TAG_SIZE, &error));
    }
    age_chunks_clean_up(&chunks);
    age_header_clean_up(&header);
}

static void chunks_that_no_writer_makes_are_refused(void **state)
{
    static const struct {
        int lengths[4];
        const char *lasts;
        size_t before; /* that may come out before it is noticed */
        const char *text;
    } cases[] = {
        {{65536, 0, -1}, "-L", 65536, "end too early"},                        /* an empty last chunk behind others */
        {{65536, 10, -1}, "--", 65536, "end too early"},                       /* none is the last */
        {{65536, -1}, "-", 0, "end too early"},                                /* the same, where a chunk ends */
        {{65536, 65536, -1}, "LL", 0, "bytes follow the end"},                 /* two are the last */
        {{65536, 65536, -1}, "L-", 0, "bytes follow the end"},                 /* the first is the last */
        {{100, 65536, 10, -1}, "--L", 0, "damaged in the 64 KiB from byte 0"}, /* a short one in the middle */
        {{-1}, "", 0, "end too early"},                                        /* not one */
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buffer sealed, opened;
        jb_error error = JB_ERROR_INIT;
        seal_chunks(cases[i].lengths, cases[i].lasts, &sealed);
        assert_noticed(sealed.data, sealed.size, cases[i].before);
        assert_fails(JB_ERROR_VERIFY, error,
                     age_open(&age_test_decryption, sealed.data, sealed.size, SIZE_MAX, &opened, &error));
        if (strstr(error.text, cases[i].text) == NULL)
            fail_msg("case %zu: %s", i, error.text);
        buffer_clean_up(&opened);
        buffer_clean_up(&sealed);
    }
}

static void bytes_behind_the_end_are_refused(void **state)
{
    jb_error error = JB_ERROR_INIT;
    struct buffer sealed;
    (void)state;
    for (size_t i = 0; i < SIZES; i++) {
        assert_ok(error, age_seal(&age_test_encryption, plain, sizes[i], SIZE_MOST, &sealed, &error));
        assert_ok(error, buffer_append(&sealed, plain, 1, &error));
        assert_noticed(sealed.data, sealed.size, sizes[i]);
        assert_ok(error, buffer_append(&sealed, plain, 70000, &error));
        assert_noticed(sealed.data, sealed.size, sizes[i]);
        buffer_clean_up(&sealed);
    }
}

static void chunks_do_not_change_places(void **state)
{
    static unsigned char saved[AGE_SEALED_SIZE];
    jb_error error = JB_ERROR_INIT;
    struct buffer sealed;
    (void)state;
    assert_ok(error, age_seal(&age_test_encryption, plain, 200000, 200000, &sealed, &error));
    char *first = sealed.data + sealed.size - 200000 - 4 * AGE_TAG_SIZE;
    memcpy(saved, first, sizeof saved);
    memcpy(first, first + AGE_SEALED_SIZE, AGE_SEALED_SIZE);
    memcpy(first + AGE_SEALED_SIZE, saved, AGE_SEALED_SIZE);
    assert_noticed(sealed.data, sealed.size, 0);
    buffer_clean_up(&sealed);
}

static void a_range_gives_any_bytes_in_few_reads(void **state)
{
    static unsigned char got[SIZE_MOST];
    jb_error error = JB_ERROR_INIT;
    struct buffer sealed;
    struct memory_range input;
    struct age_range *range;
    (void)state;
    assert_ok(error, age_seal(&age_test_encryption, plain, sizeof plain, SIZE_MOST, &sealed, &error));
    memory_range_init(&input, sealed.data, sealed.size);
    assert_ok(error, age_range_new(&input.base, &age_test_decryption, &range, &error));
    assert_int_equal(input.reads, 2); /* the header, and the last chunk */
    struct byte_range *output = age_range_bytes(range);
    assert_int_equal(output->bytes, sizeof plain);
    srand(3);
    for (int i = 0; i < 300; i++) {
        size_t offset = (size_t)rand() % sizeof plain, most = sizeof plain - offset;
        size_t count = (size_t)rand() % (i % 10 == 0 ? most : most < 70000 ? most : 70000);
        assert_ok(error, output->read_at(output, offset, got, count, &error));
        assert_memory_equal(got, plain + offset, count);
    }
    input.reads = 0;
    assert_ok(error, output->read_at(output, 100, got, (size_t)4 << 20, &error));
    assert_int_equal(input.reads, 1);
    assert_memory_equal(got, plain + 100, (size_t)4 << 20);
    assert_ok(error, output->read_at(output, sizeof plain, got, 0, &error));
    assert_fails(JB_ERROR_FORMAT, error, output->read_at(output, sizeof plain, got, 1, &error));
    assert_fails(JB_ERROR_FORMAT, error, output->read_at(output, 1, got, sizeof plain, &error));
    assert_fails(JB_ERROR_FORMAT, error, output->read_at(output, UINT64_MAX, got, 2, &error));
    age_range_free(range);
    buffer_clean_up(&sealed);
}

static void a_range_notices_damage_only_where_it_reads_it(void **state)
{
    unsigned char got[10];
    jb_error error = JB_ERROR_INIT;
    struct buffer sealed;
    struct memory_range input;
    struct age_range *range;
    (void)state;
    assert_ok(error, age_seal(&age_test_encryption, plain, 200000, SIZE_MOST, &sealed, &error));
    sealed.data[sealed.size - 100000] ^= 1;
    memory_range_init(&input, sealed.data, sealed.size);
    assert_ok(error, age_range_new(&input.base, &age_test_decryption, &range, &error));
    struct byte_range *output = age_range_bytes(range);
    assert_ok(error, output->read_at(output, 0, got, sizeof got, &error));
    assert_ok(error, output->read_at(output, 199990, got, sizeof got, &error));
    assert_fails(JB_ERROR_VERIFY, error, output->read_at(output, 100000, got, sizeof got, &error));
    age_range_free(range);
    buffer_clean_up(&sealed);
}

/* A sink that has no room, and a source that breaks. */
static int refuse(struct byte_sink *sink, const void *bytes, size_t count, jb_error *error)
{
    (void)bytes;
    (void)count;
    struct limited {
        struct byte_sink base;
        int left;
    } *limited = (struct limited *)sink;
    if (limited->left-- > 0)
        return JB_OK;
    error->code = JB_ERROR_NO_SPACE;
    return JB_ERROR_NO_SPACE;
}

static void a_failing_output_fails_the_encryption(void **state)
{
    (void)state;
    for (int writes = 0; writes < 5; writes++) {
        struct {
            struct byte_sink base;
            int left;
        } sink = {{refuse}, writes};
        jb_error error = JB_ERROR_INIT;
        struct age_encryptor *encryptor = NULL;
        int code = age_encryptor_new(&sink.base, &age_test_encryption, 0, &encryptor, &error);
        if (code == JB_OK)
            code = age_encryptor_sink(encryptor)->write(age_encryptor_sink(encryptor), plain, 200000, &error);
        if (code == JB_OK)
            code = age_encryptor_finish(encryptor, &error);
        assert_int_equal(code, JB_ERROR_NO_SPACE);
        age_encryptor_free(encryptor);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(streams_of_any_length_come_back_however_they_were_cut),
        cmocka_unit_test(age_opens_what_we_write),
        cmocka_unit_test(we_open_what_age_writes),
        cmocka_unit_test(a_cut_at_any_byte_is_noticed),
        cmocka_unit_test(a_cut_around_any_chunk_is_noticed),
        cmocka_unit_test(a_change_of_any_byte_is_noticed),
        cmocka_unit_test(chunks_that_no_writer_makes_are_refused),
        cmocka_unit_test(bytes_behind_the_end_are_refused),
        cmocka_unit_test(chunks_do_not_change_places),
        cmocka_unit_test(a_range_gives_any_bytes_in_few_reads),
        cmocka_unit_test(a_range_notices_damage_only_where_it_reads_it),
        cmocka_unit_test(a_failing_output_fails_the_encryption),
    };
    return cmocka_run_group_tests(tests, make_plain, NULL);
}
