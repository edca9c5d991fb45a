/* gzip is read whatever its header holds and in whatever pieces it comes, and written so that others read it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <zlib.h>

#include "codec/compressor.h"
#include "codec/decompressor.h"
#include "memory_stream.h"
#include "workspace.h"

#define MIB    ((size_t)1 << 20)
#define PLENTY (300 * MIB)
#define WINDOW (15 + 16) /* zlib: the largest, with gzip's header */

static int decompress(const struct buffer *packed, size_t size, size_t chunk, struct buffer *plain, jb_error *error)
{
    struct memory_source source;
    memory_source_init(&source, packed->data, size, chunk);
    buffer_init(plain, PLENTY);
    struct decompressor *decompressor;
    assert_ok(*error, decompressor_new(&source.base, JB_COMPRESSION_GZIP, NULL, 0, &decompressor, error));
    int code;
    for (size_t count = 1; count > 0;) {
        const void *bytes;
        code = decompressor->source.read(&decompressor->source, &bytes, &count, error);
        if (code != JB_OK)
            break;
        assert_int_equal(buffer_append(plain, bytes, count, NULL), JB_OK);
    }
    decompressor->free(decompressor);
    return code;
}

static void assert_comes_back(const struct buffer *packed, const void *plain, size_t count, size_t chunk)
{
    jb_error error = JB_ERROR_INIT;
    struct buffer got;
    assert_ok(error, decompress(packed, packed->size, chunk, &got, &error));
    assert_int_equal(got.size, count);
    if (count > 0)
        assert_memory_equal(got.data, plain, count);
    buffer_clean_up(&got);
}

/* By zlib, with a header of zlib's own where `header` is NULL. */
static void append_member(struct buffer *packed, const void *plain, size_t count, gz_header *header)
{
    z_stream stream = {0};
    assert_int_equal(deflateInit2(&stream, 6, Z_DEFLATED, WINDOW, 8, Z_DEFAULT_STRATEGY), Z_OK);
    if (header != NULL)
        assert_int_equal(deflateSetHeader(&stream, header), Z_OK);
    size_t capacity = deflateBound(&stream, count) + 70000;
    unsigned char *bytes = malloc(capacity);
    stream.next_in = (unsigned char *)plain;
    stream.avail_in = (unsigned)count;
    stream.next_out = bytes;
    stream.avail_out = (unsigned)capacity;
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    assert_int_equal(buffer_append(packed, bytes, stream.total_out, NULL), JB_OK);
    deflateEnd(&stream);
    free(bytes);
}

static void headers_with_any_fields_come_in_any_pieces(void **state)
{
    (void)state;
    unsigned char text[300], extra[65535];
    fill_pattern(text, sizeof text, 1);
    fill_pattern(extra, sizeof extra, 2);
    struct buffer packed;
    buffer_init(&packed, PLENTY);
    unsigned members = 0;
    for (unsigned fields = 0; fields < 16; fields++, members++) {
        gz_header header = {.extra = (fields & 1) != 0 ? extra : NULL,
                            .extra_len = fields == 15 ? 65535 : fields / 2,
                            .name = (fields & 2) != 0 ? (unsigned char *)(fields == 2 ? "" : "a name") : NULL,
                            .comment = (fields & 4) != 0 ? (unsigned char *)"a comment" : NULL,
                            .hcrc = (fields & 8) != 0};
        append_member(&packed, text, fields == 9 ? 0 : sizeof text, &header);
    }
    unsigned char plain[15 * sizeof text];
    for (size_t i = 0; i < 15; i++)
        memcpy(plain + i * sizeof text, text, sizeof text);
    for (size_t chunk = 1; chunk < 40; chunk++)
        assert_comes_back(&packed, plain, sizeof plain, chunk);
    assert_comes_back(&packed, plain, sizeof plain, PLENTY);
    buffer_clean_up(&packed);
}

static void every_truncation_and_every_flipped_bit_is_noticed(void **state)
{
    (void)state;
    unsigned char plain[700];
    fill_pattern(plain, 100, 5);
    for (size_t i = 100; i < sizeof plain; i++)
        plain[i] = plain[i - 93];
    struct buffer packed;
    buffer_init(&packed, PLENTY);
    gz_header header = {.name = (unsigned char *)"name", .hcrc = 1};
    append_member(&packed, plain, 350, &header);
    size_t first = packed.size;
    append_member(&packed, plain + 350, 350, NULL);
    for (size_t size = 0; size < packed.size; size++) {
        jb_error error = JB_ERROR_INIT;
        struct buffer got;
        int code = decompress(&packed, size, 64, &got, &error);
        assert_int_equal(code, size == 0 || size == first ? JB_OK : JB_ERROR_VERIFY);
        if (code != JB_OK)
            assert_string_equal(error.text, "the gzip stream ends too early");
        if (got.size > 0)
            assert_memory_equal(got.data, plain, got.size);
        buffer_clean_up(&got);
    }
    unsigned unnoticed = 0;
    for (size_t bit = 0; bit < packed.size * 8; bit++) {
        packed.data[bit / 8] = (char)(packed.data[bit / 8] ^ 1 << bit % 8);
        jb_error error = JB_ERROR_INIT;
        struct buffer got;
        int code = decompress(&packed, packed.size, 64, &got, &error);
        unnoticed += code == JB_OK;
        assert_true(code == JB_OK || code == JB_ERROR_VERIFY);
        assert_true(code == JB_ERROR_VERIFY || got.size == sizeof plain);
        if (code == JB_OK)
            assert_memory_equal(got.data, plain, sizeof plain);
        buffer_clean_up(&got);
        packed.data[bit / 8] = (char)(packed.data[bit / 8] ^ 1 << bit % 8);
    }
    /* The second header has no checksum: its flag for text, time, level and system may be any; and what fills up the
     * last byte of the content of each. */
    assert_true(unnoticed >= 1 + 48 && unnoticed <= 1 + 48 + 14);
    buffer_clean_up(&packed);
}

static void what_follows_a_member_must_be_one(void **state)
{
    (void)state;
    jb_error error = JB_ERROR_INIT;
    struct buffer packed, got;
    buffer_init(&packed, PLENTY);
    append_member(&packed, "text", 4, NULL);
    assert_int_equal(buffer_append(&packed, "more", 4, NULL), JB_OK);
    assert_fails(JB_ERROR_VERIFY, error, decompress(&packed, packed.size, 64, &got, &error));
    assert_string_equal(error.text, "the gzip stream is damaged: wrong header");
    buffer_clean_up(&got);
    buffer_clean_up(&packed);
}

/* The decoder has output left when the input has ended. */
static void long_matches_come_out_of_few_bytes(void **state)
{
    (void)state;
    const size_t count = 9 * MIB + 13;
    unsigned char *plain = calloc(1, count);
    struct buffer packed;
    buffer_init(&packed, PLENTY);
    append_member(&packed, plain, count, NULL);
    assert_true(packed.size < 10000);
    assert_comes_back(&packed, plain, count, 1);
    assert_comes_back(&packed, plain, count, PLENTY);
    buffer_clean_up(&packed);
    free(plain);
}

static void pack(const void *plain, size_t count, int level, size_t memory, struct buffer *packed)
{
    jb_error error = JB_ERROR_INIT;
    struct workers *workers;
    assert_ok(error, workers_new(3, &workers, &error));
    struct memory_sink sink;
    memory_sink_init(&sink);
    struct compressor *compressor;
    assert_ok(error, compressor_new_gzip(&sink.base, level, workers, NULL, memory, &compressor, &error));
    assert_ok(error, compressor->sink.write(&compressor->sink, plain, count, &error));
    assert_ok(error, compressor->finish(compressor, &error));
    compressor->free(compressor);
    workers_free(workers);
    *packed = sink.bytes;
}

static void gzip_itself_reads_what_is_written_at_every_level(void **state)
{
    (void)state;
    struct workspace w;
    workspace_open(&w);
    const size_t most = 3 * MIB + 77;
    unsigned char *plain = malloc(most);
    fill_pattern(plain, most, 4);
    for (size_t i = 0; i < most; i++)
        plain[i] = i / MIB == 1 ? plain[i] : (unsigned char)('a' + plain[i] % 4);
    size_t before = SIZE_MAX;
    for (int level = 1; level <= 9; level++) {
        const size_t counts[] = {0, 5000, MIB, most};
        for (size_t i = 0; i < (level % 4 == 1 ? 4 : 2); i++) {
            struct buffer packed;
            pack(plain, counts[i], level, level == 5 ? 0 : PLENTY, &packed);
            assert_comes_back(&packed, plain, counts[i], 10007);
            memory_save(workspace_file(&w, "packed"), &packed);
            write_file(workspace_file(&w, "plain"), plain, counts[i]);
            assert_int_equal(
                shell("gzip -dc < '%s' | cmp - '%s'", workspace_file(&w, "packed"), workspace_file(&w, "plain")), 0);
            if (i == 3) {
                assert_true(packed.size < before);
                before = packed.size;
            }
            buffer_clean_up(&packed);
        }
    }
    free(plain);
    workspace_close(&w);
}

static void what_does_not_shrink_is_stored_and_what_comes_twice_is_found(void **state)
{
    (void)state;
    unsigned char *plain = malloc(MIB);
    struct buffer packed;
    fill_pattern(plain, MIB, 8);
    pack(plain, MIB, 9, PLENTY, &packed);
    /* After the header, the type of the first block: 0 for stored. */
    assert_int_equal(packed.data[10] & 6, 0);
    assert_true(packed.size < MIB + 200);
    assert_comes_back(&packed, plain, MIB, 4096);
    buffer_clean_up(&packed);
    for (size_t i = 10000; i < MIB; i++)
        plain[i] = plain[i - 10000];
    pack(plain, MIB, 6, PLENTY, &packed);
    assert_true(packed.size < 30000);
    buffer_clean_up(&packed);
    free(plain);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(headers_with_any_fields_come_in_any_pieces),
        cmocka_unit_test(every_truncation_and_every_flipped_bit_is_noticed),
        cmocka_unit_test(what_follows_a_member_must_be_one),
        cmocka_unit_test(long_matches_come_out_of_few_bytes),
        cmocka_unit_test(gzip_itself_reads_what_is_written_at_every_level),
        cmocka_unit_test(what_does_not_shrink_is_stored_and_what_comes_twice_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
