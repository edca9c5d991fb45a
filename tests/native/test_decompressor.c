/* Decompression ahead on a pool gives what decompression one by one does, of whole streams and of damaged ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <zstd.h>

#include "codec/compressor.h"
#include "codec/decompressor.h"
#include "faults.h"
#include "memory_stream.h"
#include "workspace.h"

#define MIB       ((size_t)1 << 20)
#define FRAME     (4 * MIB)
#define PLENTY    (200 * MIB)
#define ALL       SIZE_MAX
#define TABLE_MIN 17 /* of a seek table around its entries */

/* A source that fails after so many reads. */
struct failing_source {
    struct memory_source memory;
    int (*read)(struct byte_source *, const void **, size_t *, jb_error *);
    unsigned left;
};

static int read_or_fail(struct byte_source *source, const void **bytes, size_t *count, jb_error *error)
{
    struct failing_source *failing = (struct failing_source *)source;
    *count = 0;
    if (failing->left-- == 0)
        return error_set(error, JB_ERROR_CANCELLED, "cancelled by the test");
    return failing->read(source, bytes, count, error);
}

static int drain(struct decompressor *decompressor, struct buffer *plain, jb_error *error)
{
    for (;;) {
        const void *bytes;
        size_t count;
        int code = decompressor->source.read(&decompressor->source, &bytes, &count, error);
        if (code != JB_OK || count == 0)
            return code;
        if (plain != NULL)
            assert_int_equal(buffer_append(plain, bytes, count, NULL), JB_OK);
    }
}

/* `threads` 0: no pool. */
static int decompress_from(struct byte_source *source, unsigned threads, size_t memory, struct buffer *plain,
                           jb_error *error)
{
    struct workers *workers = NULL;
    if (threads > 0 && workers_new(threads, &workers, error) != JB_OK)
        return (int)error->code;
    struct decompressor *decompressor;
    int code = decompressor_new(source, JB_COMPRESSION_ZSTD, workers, memory, &decompressor, error);
    if (code == JB_OK) {
        code = drain(decompressor, plain, error);
        decompressor->free(decompressor);
    }
    workers_free(workers);
    return code;
}

static int decompress(const struct buffer *packed, size_t size, size_t chunk, unsigned threads, struct buffer *plain,
                      jb_error *error)
{
    struct memory_source source;
    memory_source_init(&source, packed->data, size < packed->size ? size : packed->size, chunk);
    buffer_init(plain, (size_t)1 << 30);
    return decompress_from(&source.base, threads, PLENTY, plain, error);
}

static void assert_comes_back(const struct buffer *packed, const void *plain, size_t count, size_t chunk,
                              unsigned threads)
{
    jb_error error = JB_ERROR_INIT;
    struct buffer got;
    assert_ok(error, decompress(packed, ALL, chunk, threads, &got, &error));
    assert_int_equal(got.size, count);
    if (count > 0)
        assert_memory_equal(got.data, plain, count);
    buffer_clean_up(&got);
}

static unsigned char *make_plain(size_t count)
{
    unsigned char *plain = malloc(count + 1);
    fill_pattern(plain, count, 21);
    for (size_t i = 0; i < count; i++)
        if (i / 1000 % 3 != 0)
            plain[i] = (unsigned char)(i / 100);
    return plain;
}

/* As we write it. */
static void pack(const void *plain, size_t count, struct buffer *packed)
{
    jb_error error = JB_ERROR_INIT;
    struct workers *workers;
    assert_ok(error, workers_new(2, &workers, &error));
    struct memory_sink sink;
    memory_sink_init(&sink);
    struct compressor *compressor;
    assert_ok(error, compressor_new_zstd(&sink.base, 0, workers, NULL, PLENTY, &compressor, &error));
    assert_ok(error, compressor->sink.write(&compressor->sink, plain, count, &error));
    assert_ok(error, compressor->finish(compressor, &error));
    compressor->free(compressor);
    workers_free(workers);
    *packed = sink.bytes;
}

/* As other programs may: with or without a size in the header and a checksum. */
static void append_frame(struct buffer *packed, const void *plain, size_t count, bool tells_size, bool checksum)
{
    ZSTD_CCtx *context = ZSTD_createCCtx();
    ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, checksum);
    ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, tells_size);
    size_t capacity = ZSTD_compressBound(count);
    char *bytes = malloc(capacity);
    size_t size = ZSTD_compress2(context, bytes, capacity, plain, count);
    assert_false(ZSTD_isError(size));
    assert_int_equal(buffer_append(packed, bytes, size, NULL), JB_OK);
    free(bytes);
    ZSTD_freeCCtx(context);
}

static void append_skippable(struct buffer *packed, unsigned char size)
{
    unsigned char bytes[8 + 255] = {0x5f, 0x2a, 0x4d, 0x18, size};
    assert_int_equal(buffer_append(packed, bytes, 8 + (size_t)size, NULL), JB_OK);
}

static void every_length_comes_back_in_order(void **state)
{
    (void)state;
    static const size_t counts[] = {0, 1, 5000, FRAME - 1, FRAME, FRAME + 1, 11 * FRAME + 77};
    unsigned char *plain = make_plain(counts[6]);
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        struct buffer packed;
        pack(plain, counts[i], &packed);
        assert_comes_back(&packed, plain, counts[i], 16 * MIB, 0);
        assert_comes_back(&packed, plain, counts[i], 16 * MIB, 1);
        assert_comes_back(&packed, plain, counts[i], 1000003, 16);
        assert_comes_back(&packed, plain, counts[i], 1000, 3);
        buffer_clean_up(&packed);
    }
    free(plain);
}

static void frames_of_all_kinds_come_in_any_order(void **state)
{
    (void)state;
    unsigned char *plain = make_plain(40 * MIB);
    struct buffer packed;
    buffer_init(&packed, PLENTY);
    size_t at = 0;
    for (unsigned i = 0; i < 1500; i++) {
        size_t count = i % 97 == 5 ? 300000 : i % 13 * 211;
        append_frame(&packed, plain + at, count, i % 7 != 3, i % 3 != 0);
        at += count;
        if (i % 11 == 4)
            append_skippable(&packed, (unsigned char)i);
    }
    /* Larger than a slot, with and without its size; then small ones again. */
    for (unsigned i = 0; i < 2; i++, at += 9 * MIB)
        append_frame(&packed, plain + at, 9 * MIB, i == 0, true);
    append_frame(&packed, plain + at, 5, true, true);
    append_frame(&packed, plain + at + 5, FRAME, true, true);
    at += 5 + FRAME;
    assert_true(at <= 40 * MIB);
    static const size_t chunks[] = {1, 7, 4096, PLENTY};
    for (size_t i = 0; i < sizeof chunks / sizeof *chunks; i++)
        assert_comes_back(&packed, plain, at, chunks[i], i % 2 == 0 ? 1 : 16);
    buffer_clean_up(&packed);
    free(plain);
}

static void every_truncation_is_noticed(void **state)
{
    (void)state;
    unsigned char *plain = make_plain(3000);
    struct buffer packed;
    buffer_init(&packed, PLENTY);
    size_t ends[4] = {0};
    for (unsigned i = 0; i < 3; i++) {
        append_frame(&packed, plain + 1000 * (size_t)i, 1000, i != 1, true);
        ends[i + 1] = packed.size;
    }
    for (size_t size = 0; size <= packed.size; size++) {
        jb_error error = JB_ERROR_INIT;
        struct buffer got;
        size_t frames = 0;
        while (frames < 3 && size >= ends[frames + 1])
            frames++;
        int code = decompress(&packed, size, 100, 2, &got, &error);
        assert_int_equal(code, size == ends[frames] ? JB_OK : JB_ERROR_VERIFY);
        if (code != JB_OK)
            assert_string_equal(error.text, "the zstd stream ends too early");
        assert_true(got.size >= 1000 * frames && got.size <= 3000);
        if (got.size > 0)
            assert_memory_equal(got.data, plain, got.size);
        buffer_clean_up(&got);
    }
    buffer_clean_up(&packed);
    free(plain);
}

static void a_flipped_bit_is_noticed_or_changes_nothing(void **state)
{
    (void)state;
    unsigned char *plain = make_plain(1500);
    struct buffer packed;
    buffer_init(&packed, PLENTY);
    for (unsigned i = 0; i < 3; i++)
        append_frame(&packed, plain + 500 * (size_t)i, 500, i != 1, true);
    size_t unnoticed = 0;
    for (size_t bit = 0; bit < packed.size * 8; bit++) {
        packed.data[bit / 8] = (char)(packed.data[bit / 8] ^ 1 << bit % 8);
        jb_error error = JB_ERROR_INIT;
        struct buffer got;
        int code = decompress(&packed, ALL, 4096, bit % 2 == 0 ? 2 : 0, &got, &error);
        if (code == JB_OK) {
            unnoticed++;
            assert_int_equal(got.size, 1500);
            assert_memory_equal(got.data, plain, 1500);
        } else {
            assert_true(code == JB_ERROR_VERIFY || code == JB_ERROR_LIMIT);
        }
        buffer_clean_up(&got);
        packed.data[bit / 8] = (char)(packed.data[bit / 8] ^ 1 << bit % 8);
    }
    /* The unused bit of each header, and bits of the window's size. */
    assert_true(unnoticed < 24);
    buffer_clean_up(&packed);
    free(plain);
}

static void a_damaged_frame_ends_the_stream_behind_those_before_it(void **state)
{
    (void)state;
    unsigned char *plain = make_plain(10 * FRAME);
    struct buffer packed;
    pack(plain, 10 * FRAME, &packed);
    /* The last frame's checksum stands before the table. */
    size_t at = packed.size - TABLE_MIN - 10 * 8 - 1;
    packed.data[at] = (char)(packed.data[at] ^ 1);
    jb_error error = JB_ERROR_INIT;
    struct buffer got;
    assert_fails(JB_ERROR_VERIFY, error, decompress(&packed, ALL, 16 * MIB, 16, &got, &error));
    assert_string_equal(error.text, "the zstd stream is damaged: Restored data doesn't match checksum");
    assert_int_equal(got.size, 9 * FRAME);
    assert_memory_equal(got.data, plain, got.size);
    buffer_clean_up(&got);
    buffer_clean_up(&packed);
    free(plain);
}

static void headers_that_promise_too_much_take_no_memory(void **state)
{
    (void)state;
    static const struct {
        const char *bytes; /* a header, and a last block, empty mostly */
        size_t count;
        jb_code code;
        const char *text;
    } frames[] = {
        /* 4 GiB - 1 in a single segment. */
        {"\x28\xb5\x2f\xfd\xa0\xff\xff\xff\xff\x01\x00\x00", 12, JB_ERROR_LIMIT, "too much memory"},
        /* 2^63 in a window of 128 MiB, of which one byte comes (zstd's stream decoder overlooks it if none does). */
        {"\x28\xb5\x2f\xfd\xc0\x88\x00\x00\x00\x00\x00\x00\x00\x80\x09\x00\x00x", 18, JB_ERROR_VERIFY, "damaged"},
        /* A window of 2 TiB, without a size and with a small one. */
        {"\x28\xb5\x2f\xfd\x00\xf8\x01\x00\x00", 9, JB_ERROR_LIMIT, "too much memory"},
        {"\x28\xb5\x2f\xfd\x40\xf8\x01\x00\x01\x00\x00", 11, JB_ERROR_LIMIT, "too much memory"},
        /* A block of a type that does not exist; a dictionary that nobody has; what is no frame. */
        {"\x28\xb5\x2f\xfd\x20\x01\x0f\x00\x00\x00", 10, JB_ERROR_VERIFY, "damaged"},
        {"\x28\xb5\x2f\xfd\x21\x05\x01\x09\x00\x00x", 11, JB_ERROR_VERIFY, "damaged"},
        {"no frame at all", 15, JB_ERROR_VERIFY, "damaged"},
    };
    for (size_t i = 0; i < sizeof frames / sizeof *frames; i++)
        for (unsigned threads = 0; threads < 3; threads++) {
            jb_error error = JB_ERROR_INIT;
            struct buffer packed = {.data = (char *)frames[i].bytes, .size = frames[i].count};
            struct buffer got;
            assert_int_equal(decompress(&packed, ALL, 16, threads, &got, &error), frames[i].code);
            assert_non_null(strstr(error.text, frames[i].text));
            buffer_clean_up(&got);
        }
}

static void a_failing_input_is_told_of_behind_what_came_before_it(void **state)
{
    (void)state;
    unsigned char *plain = make_plain(6 * FRAME);
    struct buffer packed;
    pack(plain, 6 * FRAME, &packed);
    for (unsigned reads = 0; reads < 6; reads++) {
        jb_error error = JB_ERROR_INIT;
        struct failing_source source = {.left = reads};
        memory_source_init(&source.memory, packed.data, packed.size, packed.size / 6 + 1);
        source.read = source.memory.base.read;
        source.memory.base.read = read_or_fail;
        struct buffer got;
        buffer_init(&got, PLENTY);
        assert_fails(JB_ERROR_CANCELLED, error, decompress_from(&source.memory.base, 3, PLENTY, &got, &error));
        assert_string_equal(error.text, "cancelled by the test");
        assert_true(got.size + FRAME >= reads * FRAME);
        if (got.size > 0)
            assert_memory_equal(got.data, plain, got.size);
        buffer_clean_up(&got);
    }
    buffer_clean_up(&packed);
    free(plain);
}

static void whoever_stops_in_the_middle_waits_for_no_more_than_is_under_way(void **state)
{
    (void)state;
    unsigned char *plain = make_plain(12 * FRAME);
    struct buffer packed;
    pack(plain, 12 * FRAME, &packed);
    for (unsigned reads = 0; reads < 4; reads++) {
        jb_error error = JB_ERROR_INIT;
        struct workers *workers;
        assert_ok(error, workers_new(4, &workers, &error));
        struct memory_source source;
        memory_source_init(&source, packed.data, packed.size, packed.size);
        struct decompressor *decompressor;
        assert_ok(error, decompressor_new(&source.base, JB_COMPRESSION_ZSTD, workers, PLENTY, &decompressor, &error));
        const void *bytes;
        size_t count;
        for (unsigned i = 0; i < reads; i++) {
            assert_ok(error, decompressor->source.read(&decompressor->source, &bytes, &count, &error));
            assert_int_equal(count, FRAME);
            assert_memory_equal(bytes, plain + i * FRAME, count);
        }
        decompressor->free(decompressor);
        workers_free(workers);
    }
    buffer_clean_up(&packed);
    free(plain);
}

static void little_memory_takes_one_frame_after_another(void **state)
{
    (void)state;
    unsigned char *plain = make_plain(3 * FRAME);
    struct buffer packed;
    pack(plain, 3 * FRAME, &packed);
    static const size_t memories[] = {0, MIB, 9 * MIB, 20 * MIB};
    for (size_t i = 0; i < sizeof memories / sizeof *memories; i++) {
        jb_error error = JB_ERROR_INIT;
        struct memory_source source;
        memory_source_init(&source, packed.data, packed.size, 16 * MIB);
        struct buffer got;
        buffer_init(&got, PLENTY);
        assert_ok(error, decompress_from(&source.base, 4, memories[i], &got, &error));
        assert_int_equal(got.size, 3 * FRAME);
        assert_memory_equal(got.data, plain, got.size);
        buffer_clean_up(&got);
    }
    buffer_clean_up(&packed);
    free(plain);
}

static void every_failed_allocation_is_an_error(void **state)
{
    (void)state;
    unsigned char *plain = make_plain(2 * FRAME);
    struct buffer packed;
    pack(plain, 2 * FRAME, &packed);
    unsigned failures = 0;
    for (bool struck = true; struck; failures += struck) {
        jb_error error = JB_ERROR_INIT;
        struct memory_source source;
        memory_source_init(&source, packed.data, packed.size, 16 * MIB);
        faults_begin(FAULT_MEMORY, failures);
        int code = decompress_from(&source.base, 2, PLENTY, NULL, &error);
        faults_end();
        struck = *faults_struck() != '\0';
        assert_int_equal(code, struck ? JB_ERROR_MEMORY : JB_OK);
    }
    /* The pool, the stage, its output, and two buffers for each frame. */
    assert_true(failures >= 7);
    buffer_clean_up(&packed);
    free(plain);
}

int main(void)
{
    faults_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_length_comes_back_in_order),
        cmocka_unit_test(frames_of_all_kinds_come_in_any_order),
        cmocka_unit_test(every_truncation_is_noticed),
        cmocka_unit_test(a_flipped_bit_is_noticed_or_changes_nothing),
        cmocka_unit_test(a_damaged_frame_ends_the_stream_behind_those_before_it),
        cmocka_unit_test(headers_that_promise_too_much_take_no_memory),
        cmocka_unit_test(a_failing_input_is_told_of_behind_what_came_before_it),
        cmocka_unit_test(whoever_stops_in_the_middle_waits_for_no_more_than_is_under_way),
        cmocka_unit_test(little_memory_takes_one_frame_after_another),
        cmocka_unit_test(every_failed_allocation_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
