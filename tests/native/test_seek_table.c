/* The seek table stays under 16 MiB and right for streams of any length. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "codec/seek_table.h"
#include "memory_stream.h"
#include "workspace.h"

#define TABLE_BYTES_MAX ((uint64_t)16 << 20)
#define FRAME           ((uint64_t)4 << 20)

static void the_span_grows_so_that_the_table_stays_under_16_mib(void **state)
{
    (void)state;
    assert_int_equal(seek_table_span(0), 1);
    assert_int_equal(seek_table_span(1), 1);
    assert_int_equal(seek_table_span(SEEK_ENTRIES_MAX), 1);
    assert_int_equal(seek_table_span(SEEK_ENTRIES_MAX + 1), 2);
    unsigned before = 1;
    for (uint64_t frames = 1; frames * FRAME < (uint64_t)3 << 50; frames += 1 + frames / 7) {
        unsigned span = seek_table_span(frames);
        assert_true(span == before || span == 2 * before);
        assert_true((frames + span - 1) / span * 8 + 17 < TABLE_BYTES_MAX);
        /* Not coarser than needed, and an entry's sizes have room in 32 bits, packed ones a little above the plain. */
        assert_true(span == 1 || frames * 8 / span >= TABLE_BYTES_MAX / 2 - 64);
        assert_true(span * (FRAME + FRAME / 128) <= UINT32_MAX);
        before = span;
    }
    assert_int_equal(before, SEEK_SPAN_MAX);
    assert_int_equal(seek_table_span((uint64_t)SEEK_ENTRIES_MAX * SEEK_SPAN_MAX), SEEK_SPAN_MAX);
    assert_int_equal(seek_table_span((uint64_t)SEEK_ENTRIES_MAX * SEEK_SPAN_MAX + 1), 0);
}

static uint32_t u32(const char *from)
{
    const unsigned char *bytes = (const unsigned char *)from;
    return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

/* Frame `i` has i % 1000 + 1 packed bytes and i % 500 plain ones. */
static void add_frames(struct seek_table *table, uint64_t from, uint64_t to)
{
    jb_error error = JB_ERROR_INIT;
    for (uint64_t i = from; i < to; i++)
        if (seek_table_add(table, (size_t)(i % 1000 + 1), (size_t)(i % 500), &error) != JB_OK)
            fail_msg("%s", error.text);
}

static void assert_written(const struct seek_table *table, uint64_t frames)
{
    jb_error error = JB_ERROR_INIT;
    struct memory_sink sink;
    memory_sink_init(&sink);
    assert_ok(error, seek_table_write(table, &sink.base, &error));
    const char *bytes = sink.bytes.data;
    size_t size = sink.bytes.size;
    uint64_t span = seek_table_span(frames);
    uint32_t count = u32(bytes + size - 9);
    assert_int_equal(count, (frames + span - 1) / span);
    assert_true(size < TABLE_BYTES_MAX);
    assert_int_equal(size, 8 + (uint64_t)count * 8 + 9);
    assert_int_equal(u32(bytes), 0x184D2A5E);
    assert_int_equal(u32(bytes + 4), size - 8);
    assert_int_equal(bytes[size - 5], 0);
    assert_int_equal(u32(bytes + size - 4), 0x8F92EAB1);
    for (uint64_t entry = 0, frame = 0; entry < count; entry++) {
        uint32_t packed = 0, plain = 0;
        for (uint64_t i = 0; i < span && frame < frames; i++, frame++) {
            packed += (uint32_t)(frame % 1000 + 1);
            plain += (uint32_t)(frame % 500);
        }
        if (u32(bytes + 8 + entry * 8) != packed || u32(bytes + 8 + entry * 8 + 4) != plain)
            fail_msg("entry %llu of %llu frames is wrong", (unsigned long long)entry, (unsigned long long)frames);
    }
    buffer_clean_up(&sink.bytes);
}

static void a_table_holds_every_frame_of_any_length(void **state)
{
    (void)state;
    const uint64_t most = SEEK_ENTRIES_MAX;
    const uint64_t lengths[] = {0,           1,        2,        255,          256,      257,          most - 1,
                                most,        most + 1, most + 2, 2 * most - 1, 2 * most, 2 * most + 1, 3 * most + 7,
                                4 * most + 1};
    struct seek_table table = {0};
    uint64_t frames = 0;
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        add_frames(&table, frames, lengths[i]);
        frames = lengths[i];
        assert_written(&table, frames);
    }
    seek_table_clean_up(&table);
}

static void what_no_table_can_hold_has_none(void **state)
{
    (void)state;
    jb_error error = JB_ERROR_INIT;
    struct seek_table table = {0};
    add_frames(&table, 0, SEEK_ENTRIES_MAX);
    /* As after so many frames. */
    table.span = table.in_last = SEEK_SPAN_MAX;
    add_frames(&table, 0, 3);
    struct memory_sink sink;
    memory_sink_init(&sink);
    assert_ok(error, seek_table_write(&table, &sink.base, &error));
    assert_int_equal(sink.bytes.size, 0);
    buffer_clean_up(&sink.bytes);
    seek_table_clean_up(&table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_span_grows_so_that_the_table_stays_under_16_mib),
        cmocka_unit_test(a_table_holds_every_frame_of_any_length),
        cmocka_unit_test(what_no_table_can_hold_has_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
