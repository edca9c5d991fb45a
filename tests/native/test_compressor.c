/* Compression of streams: frames, what is told of them, and the table behind them. */
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "codec/compressor_frames.h"
#include "faults.h"
#include "memory_stream.h"
#include "workspace.h"

#define FRAME ((size_t)4 << 20)

struct told {
    struct memory_sink *sink;
    uint64_t plain;
    uint64_t packed;
    unsigned count;
    unsigned fail_at; /* from 1 */
};

static int hear(void *context, const struct compressor_frame *frame, jb_error *error)
{
    struct told *told = context;
    if (++told->count == told->fail_at)
        return error_set(error, JB_ERROR_IO, "the listener fails");
    unsigned char xxh128[XXH128_SIZE];
    assert_int_equal(told->sink->bytes.size, told->packed + frame->packed_bytes);
    xxh128_of(told->sink->bytes.data + told->packed, (size_t)frame->packed_bytes, xxh128);
    assert_memory_equal(frame->xxh128, xxh128, XXH128_SIZE);
    told->plain += frame->plain_bytes;
    told->packed += frame->packed_bytes;
    return JB_OK;
}

static int compress_on(struct workers *workers, const void *plain, size_t count, int level, struct told *told,
                       struct memory_sink *sink, jb_error *error)
{
    struct compressor *compressor;
    int code = compressor_new_zstd(&sink->base, level, workers, NULL, 64 << 20, &compressor, error);
    if (code != JB_OK)
        return code;
    if (told != NULL) {
        told->sink = sink;
        compressor_observe(compressor, hear, told);
    }
    code = compressor->sink.write(&compressor->sink, plain, count, error);
    if (code == JB_OK)
        code = compressor->finish(compressor, error);
    compressor->free(compressor);
    return code;
}

static int compress_bytes(const void *plain, size_t count, int level, struct told *told, struct memory_sink *sink,
                          jb_error *error)
{
    struct workers *workers;
    assert_ok(*error, workers_new(3, &workers, error));
    memory_sink_init(sink);
    int code = compress_on(workers, plain, count, level, told, sink, error);
    workers_free(workers);
    return code;
}

static int compress(size_t count, struct told *told, struct memory_sink *sink, jb_error *error)
{
    unsigned char *plain = malloc(count + 1);
    fill_pattern(plain, count, 9);
    int code = compress_bytes(plain, count, 0, told, sink, error);
    free(plain);
    return code;
}

static void an_observer_is_told_of_every_frame_in_order_with_its_digest(void **state)
{
    (void)state;
    static const size_t counts[] = {0, 1, FRAME, 9 * FRAME + 5};
    static const unsigned frames[] = {1, 1, 1, 10};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        jb_error error = JB_ERROR_INIT;
        struct memory_sink sink;
        struct told told = {0};
        assert_ok(error, compress(counts[i], &told, &sink, &error));
        assert_int_equal(told.count, frames[i]);
        assert_int_equal(told.plain, counts[i]);
        assert_int_equal(sink.bytes.size, told.packed + 8 + 8 * frames[i] + 9);
        buffer_clean_up(&sink.bytes);
    }
}

static void an_observer_that_fails_ends_the_compression(void **state)
{
    (void)state;
    jb_error error = JB_ERROR_INIT;
    struct memory_sink sink;
    struct told told = {.fail_at = 2};
    assert_fails(JB_ERROR_IO, error, compress(9 * FRAME, &told, &sink, &error));
    assert_string_equal(error.text, "the listener fails");
    assert_int_equal(told.count, 2);
    buffer_clean_up(&sink.bytes);
}

#define TINY 64

/* Takes a while, sometimes; the frame that begins with '!' fails. */
static int pack_tiny(void *context, int level, const char *plain, size_t plain_count, char *packed, size_t capacity,
                     size_t *packed_count, jb_error *error)
{
    (void)context, (void)level, (void)capacity;
    for (int i = 0; i < plain[1]; i++)
        sched_yield();
    if (plain[0] == '!')
        return error_set(error, JB_ERROR_FAILED, "the frame does not want to");
    memcpy(packed, plain, plain_count);
    *packed_count = plain_count;
    return JB_OK;
}

static void *tiny_context(int level)
{
    (void)level;
    return malloc(1);
}

/* Frames that fail, and a compressor that is gone as soon as it can be. */
static void frames_of_any_fate(void **state)
{
    (void)state;
    static const struct frame_packer packer = {.frame_bytes = TINY,
                                               .packed_bytes = TINY,
                                               .context_bytes = 1,
                                               .context_new = tiny_context,
                                               .context_free = free,
                                               .pack = pack_tiny};
    jb_error error = JB_ERROR_INIT;
    struct workers *workers;
    assert_ok(error, workers_new(3, &workers, &error));
    for (unsigned round = 0; round < 4000; round++) {
        char plain[6 * TINY];
        size_t frames = 1 + round % 6;
        fill_pattern((unsigned char *)plain, sizeof plain, round);
        for (size_t i = 0; i < frames; i++) {
            plain[i * TINY] = '.';
            plain[i * TINY + 1] = (char)(plain[i * TINY + 1] & 7);
        }
        bool fails = round % 5 == 4;
        if (fails)
            plain[round / 5 % frames * TINY] = '!';
        struct memory_sink sink;
        memory_sink_init(&sink);
        struct told told = {.sink = &sink};
        struct compressor *compressor;
        assert_ok(error,
                  compressor_frames_new(&sink.base, &packer, workers, NULL, 4 * (2 * TINY + 1), &compressor, &error));
        compressor_observe(compressor, hear, &told);
        int code = compressor->sink.write(&compressor->sink, plain, frames * TINY, &error);
        if (code == JB_OK)
            code = compressor->finish(compressor, &error);
        compressor->free(compressor);
        assert_int_equal(code, fails ? JB_ERROR_FAILED : JB_OK);
        assert_int_equal(told.count, fails ? round / 5 % frames : frames);
        buffer_clean_up(&sink.bytes);
    }
    workers_free(workers);
}

/* By its window, a frame's header tells of the level: above 4 MiB from level 9 on, so that the frame is a single
 * segment (RFC 8878, 3.1.1.1.1), and half a MiB at level 1. */
static bool was_searched(const char *frame)
{
    return ((unsigned char)frame[4] & 0x20) != 0;
}

static void what_does_not_shrink_is_not_searched_in_vain(void **state)
{
    (void)state;
    jb_error error = JB_ERROR_INIT;
    unsigned char *plain = malloc(FRAME);
    for (int hopeless = 0; hopeless < 3; hopeless++) {
        fill_pattern(plain, FRAME, 9);
        /* Some of it shrinks, by more than the search must gain at least. */
        for (size_t i = 0; hopeless == 0 && i < FRAME; i += 32)
            plain[i] = plain[i + 1] = plain[i + 2] = plain[i + 3] = plain[i + 4] = 0;
        /* What comes twice is found all the same. */
        if (hopeless == 2)
            for (size_t i = 200000; i < FRAME; i++)
                plain[i] = plain[i - 200000];
        struct memory_sink sink;
        assert_ok(error, compress_bytes(plain, FRAME, 9, NULL, &sink, &error));
        assert_int_equal(was_searched(sink.bytes.data), hopeless == 0);
        assert_true(sink.bytes.size < (hopeless == 2 ? 300000 : FRAME + 200));
        buffer_clean_up(&sink.bytes);
    }
    free(plain);
}

static int ignore(void *context, const struct compressor_frame *frame, jb_error *error)
{
    (void)context, (void)frame, (void)error;
    return JB_OK;
}

static int discard(struct byte_sink *sink, const void *bytes, size_t count, jb_error *error)
{
    (void)sink, (void)bytes, (void)count, (void)error;
    return JB_OK;
}

static int compress_both_ways(struct workers *workers, const void *plain, size_t count, jb_error *error)
{
    struct byte_sink sink = {discard};
    int code = JB_OK;
    for (int gzip = 0; code == JB_OK && gzip < 2; gzip++) {
        struct compressor *compressor;
        code = gzip ? compressor_new_gzip(&sink, 1, workers, NULL, 64 << 20, &compressor, error)
                    : compressor_new_zstd(&sink, 1, workers, NULL, 64 << 20, &compressor, error);
        if (code != JB_OK)
            return code;
        compressor_observe(compressor, ignore, NULL);
        code = compressor->sink.write(&compressor->sink, plain, count, error);
        if (code == JB_OK)
            code = compressor->finish(compressor, error);
        compressor->free(compressor);
    }
    return code;
}

static void every_failed_allocation_is_an_error(void **state)
{
    (void)state;
    jb_error error = JB_ERROR_INIT;
    struct workers *workers;
    assert_ok(error, workers_new(2, &workers, &error));
    unsigned char *plain = calloc(1, FRAME + 1);
    unsigned failures = 0;
    for (bool struck = true; struck; failures += struck) {
        error = (jb_error)JB_ERROR_INIT;
        faults_begin(FAULT_MEMORY, failures);
        int code = compress_both_ways(workers, plain, FRAME + 1, &error);
        faults_end();
        struck = *faults_struck() != '\0';
        if (code != (struck ? JB_ERROR_MEMORY : JB_OK))
            fail_msg("%s (%u) struck, and the answer is %s", faults_struck(), failures, jb_code_name((jb_code)code));
    }
    /* Of each: itself, two buffers for each of three slots; zstd's table. */
    assert_true(failures >= 15);
    free(plain);
    workers_free(workers);
}

int main(void)
{
    faults_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_observer_is_told_of_every_frame_in_order_with_its_digest),
        cmocka_unit_test(an_observer_that_fails_ends_the_compression),
        cmocka_unit_test(frames_of_any_fate),
        cmocka_unit_test(what_does_not_shrink_is_not_searched_in_vain),
        cmocka_unit_test(every_failed_allocation_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
