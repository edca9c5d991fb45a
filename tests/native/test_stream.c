/* Streams to objects and back: compression, parts, digests, child processes. */
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/clock.h"
#include "codec/digest.h"
#include "store/store.h"
#include "stream/object.h"
#include "workspace.h"

struct memory {
    unsigned char *bytes;
    size_t count;
    size_t position;
    size_t step; /* at most so many bytes a read; 0 for no bound */
};

static int64_t read_memory(void *context, void *bytes, size_t capacity)
{
    struct memory *memory = context;
    size_t left = memory->count - memory->position;
    size_t given = left < capacity ? left : capacity;
    if (memory->step > 0 && given > memory->step)
        given = memory->step;
    memcpy(bytes, memory->bytes + memory->position, given);
    memory->position += given;
    return (int64_t)given;
}

static int compare_memory(void *context, const void *bytes, size_t count)
{
    struct memory *memory = context;
    if (count > memory->count - memory->position || memcmp(memory->bytes + memory->position, bytes, count) != 0)
        return 1;
    memory->position += count;
    return 0;
}

static jb_put_options put_options(struct memory *memory, const char *key)
{
    return (jb_put_options){
        .size = sizeof(jb_put_options), .bucket = "bucket", .key = key, .read = read_memory, .read_context = memory};
}

static jb_get_options get_options(struct memory *memory, const char *key, const char *description)
{
    return (jb_get_options){.size = sizeof(jb_get_options),
                            .bucket = "bucket",
                            .key = key,
                            .description = description,
                            .write = compare_memory,
                            .write_context = memory,
                            .decompress = true};
}

static void round_trip(size_t count, jb_compression compression, size_t step)
{
    struct workspace w;
    workspace_open(&w);
    jb_error error = JB_ERROR_INIT;
    struct memory memory = {.bytes = malloc(count + 1), .count = count, .step = step};
    fill_pattern(memory.bytes, count / 2, 7);
    memset(memory.bytes + count / 2, 'a', count - count / 2);
    char *account = NULL;
    jb_put_options put = put_options(&memory, "folder/object");
    put.compression = compression;
    assert_ok(error, jb_put(w.store, w.operation, &put, &account, &error));
    for (int described = 0; described < 2; described++) {
        memory.position = 0;
        jb_get_options get = get_options(&memory, "folder/object", described ? account : NULL);
        assert_ok(error, jb_get(w.store, w.operation, &get, NULL, &error));
        assert_int_equal(memory.position, count);
    }
    jb_text_free(account);
    free(memory.bytes);
    workspace_close(&w);
}

static void every_length_comes_back(void **state)
{
    (void)state;
    static const size_t lengths[] = {0,       1, 100000, (4 << 20) - 1, 4 << 20, (4 << 20) + 1, 8 << 20, (8 << 20) + 1,
                                     30 << 20};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++)
        for (int compression = JB_COMPRESSION_NONE; compression <= JB_COMPRESSION_GZIP; compression++)
            round_trip(lengths[i], (jb_compression)compression, 0);
}

static void slow_producers_give_few_bytes_at_a_time(void **state)
{
    (void)state;
    round_trip(100000, JB_COMPRESSION_ZSTD, 7);
    round_trip(100000, JB_COMPRESSION_NONE, 7);
}

static void other_programs_read_what_is_written(void **state)
{
    (void)state;
    struct workspace w;
    workspace_open(&w);
    jb_error error = JB_ERROR_INIT;
    size_t count = 9 << 20;
    struct memory memory = {.bytes = malloc(count), .count = count};
    fill_pattern(memory.bytes, count, 3);
    memset(memory.bytes, 'x', count / 2);
    write_file(workspace_file(&w, "plain"), memory.bytes, count);
    static const struct {
        jb_compression compression;
        const char *key;
        const char *program;
    } forms[] = {{JB_COMPRESSION_ZSTD, "o.zst", "zstd -dqc"}, {JB_COMPRESSION_GZIP, "o.gz", "gzip -dc"}};
    for (size_t i = 0; i < 2; i++) {
        memory.position = 0;
        jb_put_options put = put_options(&memory, forms[i].key);
        put.compression = forms[i].compression;
        assert_ok(error, jb_put(w.store, w.operation, &put, NULL, &error));
        assert_int_equal(shell("%s '%s' | cmp - '%s'", forms[i].program,
                               workspace_file(&w, "store/bucket/%s", forms[i].key), workspace_file(&w, "plain")),
                         0);
    }
    /* Several members or frames after one another, as other programs write them. */
    assert_int_equal(shell("(head -c 5000000 '%s' | gzip; tail -c +5000001 '%s' | gzip) > '%s'",
                           workspace_file(&w, "plain"), workspace_file(&w, "plain"),
                           workspace_file(&w, "store/bucket/two")),
                     0);
    memory.position = 0;
    jb_get_options get = get_options(&memory, "two", NULL);
    assert_ok(error, jb_get(w.store, w.operation, &get, NULL, &error));
    assert_int_equal(memory.position, count);
    free(memory.bytes);
    workspace_close(&w);
}

static void the_seek_table_leads_to_every_frame(void **state)
{
    (void)state;
    struct workspace w;
    workspace_open(&w);
    jb_error error = JB_ERROR_INIT;
    size_t count = 9 << 20;
    struct memory memory = {.bytes = malloc(count), .count = count};
    fill_pattern(memory.bytes, count, 5);
    jb_put_options put = put_options(&memory, "o.zst");
    put.compression = JB_COMPRESSION_ZSTD;
    assert_ok(error, jb_put(w.store, w.operation, &put, NULL, &error));
    size_t size;
    unsigned char *file = (unsigned char *)read_file(workspace_file(&w, "store/bucket/o.zst"), &size);
    assert_memory_equal(file + size - 4, "\xb1\xea\x92\x8f", 4);
    unsigned frames = file[size - 9];
    assert_int_equal(frames, 3);
    const unsigned char *table = file + size - 9 - 8 * frames;
    assert_memory_equal(table - 8, "\x5e\x2a\x4d\x18", 4);
    size_t packed = 0, plain = 0;
    for (unsigned i = 0; i < frames; i++, table += 8) {
        assert_memory_equal(file + packed, "\x28\xb5\x2f\xfd", 4);
        packed += table[0] | (size_t)table[1] << 8 | (size_t)table[2] << 16 | (size_t)table[3] << 24;
        plain += table[4] | (size_t)table[5] << 8 | (size_t)table[6] << 16 | (size_t)table[7] << 24;
    }
    assert_int_equal(plain, count);
    assert_int_equal(packed, size - 9 - 8 * frames - 8);
    free(file);
    free(memory.bytes);
    workspace_close(&w);
}

static void a_damaged_part_is_found_and_named(void **state)
{
    (void)state;
    struct workspace w;
    workspace_open(&w);
    jb_error error = JB_ERROR_INIT;
    size_t count = 20 << 20;
    struct memory memory = {.bytes = malloc(count), .count = count};
    fill_pattern(memory.bytes, count, 11);
    char *account;
    jb_put_options put = put_options(&memory, "object");
    assert_ok(error, jb_put(w.store, w.operation, &put, &account, &error));
    flip_byte(workspace_file(&w, "store/bucket/object"), 9 << 20);
    memory.position = 0;
    jb_get_options get = get_options(&memory, "object", account);
    assert_fails(JB_ERROR_VERIFY, error, jb_get(w.store, w.operation, &get, NULL, &error));
    assert_non_null(strstr(error.text, "'bucket/object' is damaged between bytes 8388608 and 16777216"));
    assert_true(memory.position <= 8 << 20);
    jb_text_free(account);
    free(memory.bytes);
    workspace_close(&w);
}

/* Several parts come in one range, and are compared two at a time. */
static void every_part_of_a_range_is_compared(void **state)
{
    (void)state;
    struct workspace w;
    workspace_open(&w);
    jb_error error = JB_ERROR_INIT;
    static const size_t parts[] = {1 << 20, 1, 63, 2000000, 64};
    enum { COUNT = sizeof parts / sizeof *parts };
    struct memory memory = {.bytes = malloc(4 << 20)};
    fill_pattern(memory.bytes, 4 << 20, 13);
    struct object object = {.name = strdup("parts")};
    struct object_segment *segment = object_add_segment(&object, "parts", &error);
    for (size_t i = 0; i < COUNT; i++) {
        unsigned char sha256[SHA256_SIZE];
        assert_ok(error, sha256_of(memory.bytes + memory.count, parts[i], sha256, &error));
        assert_ok(error, object_add_part(segment, parts[i], sha256, &error));
        memory.count += parts[i];
    }
    write_file(workspace_file(&w, "store/bucket/parts"), memory.bytes, memory.count);
    assert_ok(error, object_finish(&object, &error));
    object.content_bytes = object.bytes;
    json_t *json = object_to_json(&object, &error);
    char *description = json_dumps(json, 0);
    json_decref(json);

    jb_get_options get = get_options(&memory, "parts", description);
    assert_ok(error, jb_get(w.store, w.operation, &get, NULL, &error));
    assert_int_equal(memory.position, memory.count);
    for (size_t i = 0, begin = 0; i < COUNT; begin += parts[i++]) {
        char place[100];
        flip_byte(workspace_file(&w, "store/bucket/parts"), (long)(begin + parts[i] - 1));
        memory.position = 0;
        assert_fails(JB_ERROR_VERIFY, error, jb_get(w.store, w.operation, &get, NULL, &error));
        snprintf(place, sizeof place, "'bucket/parts' is damaged between bytes %zu and %zu:", begin, begin + parts[i]);
        assert_non_null(strstr(error.text, place));
        assert_int_equal(memory.position, 0);
        flip_byte(workspace_file(&w, "store/bucket/parts"), (long)(begin + parts[i] - 1));
    }
    free(description);
    object_clean_up(&object);
    free(memory.bytes);
    workspace_close(&w);
}

/* A part that was made with a larger budget than the reader's. */
static void a_part_larger_than_the_memory_is_verified_as_it_comes(void **state)
{
    (void)state;
    struct workspace w;
    workspace_open(&w);
    jb_error error = JB_ERROR_INIT;
    const size_t part = 100 << 20, rest = 3 << 20;
    struct memory memory = {.bytes = malloc(part + rest), .count = part + rest};
    fill_pattern(memory.bytes, memory.count, 12);
    write_file(workspace_file(&w, "store/bucket/large"), memory.bytes, memory.count);
    struct object object = {.name = strdup("large")};
    unsigned char sha256[SHA256_SIZE];
    struct object_segment *segment = object_add_segment(&object, "large", &error);
    assert_ok(error, sha256_of(memory.bytes, part, sha256, &error));
    assert_ok(error, object_add_part(segment, part, sha256, &error));
    assert_ok(error, sha256_of(memory.bytes + part, rest, sha256, &error));
    assert_ok(error, object_add_part(segment, rest, sha256, &error));
    assert_ok(error, object_finish(&object, &error));
    object.content_bytes = object.bytes;
    json_t *json = object_to_json(&object, &error);
    char *description = json_dumps(json, 0);
    json_decref(json);

    jb_get_options get = get_options(&memory, "large", description);
    assert_ok(error, jb_get(w.store, w.operation, &get, NULL, &error));
    assert_int_equal(memory.position, part + rest);
    flip_byte(workspace_file(&w, "store/bucket/large"), 1 << 20);
    memory.bytes[1 << 20] ^= 1; /* what is lent before the part's end is what the store holds */
    memory.position = 0;
    assert_fails(JB_ERROR_VERIFY, error, jb_get(w.store, w.operation, &get, NULL, &error));
    assert_non_null(strstr(error.text, "'bucket/large' is damaged between bytes 0 and 104857600"));
    assert_true(memory.position < part);
    free(description);
    object_clean_up(&object);
    free(memory.bytes);
    workspace_close(&w);
}

static void a_truncated_stream_is_an_error(void **state)
{
    (void)state;
    static const jb_compression compressions[] = {JB_COMPRESSION_ZSTD, JB_COMPRESSION_GZIP};
    for (size_t i = 0; i < 2; i++) {
        struct workspace w;
        workspace_open(&w);
        jb_error error = JB_ERROR_INIT;
        struct memory memory = {.bytes = malloc(100000), .count = 100000};
        fill_pattern(memory.bytes, memory.count, 2);
        jb_put_options put = put_options(&memory, "object");
        put.compression = compressions[i];
        assert_ok(error, jb_put(w.store, w.operation, &put, NULL, &error));
        assert_int_equal(truncate(workspace_file(&w, "store/bucket/object"), 50000), 0);
        memory.position = 0;
        jb_get_options get = get_options(&memory, "object", NULL);
        assert_fails(JB_ERROR_VERIFY, error, jb_get(w.store, w.operation, &get, NULL, &error));
        free(memory.bytes);
        workspace_close(&w);
    }
}

static int replace_when_read(void *context, const void *bytes, size_t count)
{
    struct workspace *w = context;
    (void)bytes, (void)count;
    char from[PATH_MAX];
    snprintf(from, sizeof from, "%s", workspace_file(w, "other"));
    rename(from, workspace_file(w, "store/bucket/object"));
    return 0;
}

/* More than is fetched ahead, and without blocks on the disk. */
static void make_hole(const char *path)
{
    write_file(path, "", 0);
    assert_int_equal(truncate(path, (off_t)200 << 20), 0);
}

static void an_object_that_is_replaced_while_it_is_read_is_no_mixture(void **state)
{
    (void)state;
    struct workspace w;
    workspace_open(&w);
    jb_error error = JB_ERROR_INIT;
    const jb_get_options get = {
        .size = sizeof get, .bucket = "bucket", .key = "object", .write = replace_when_read, .write_context = &w};
    make_hole(workspace_file(&w, "store/bucket/object"));
    assert_ok(error, jb_get(w.store, w.operation, &get, NULL, &error));
    make_hole(workspace_file(&w, "other"));
    assert_fails(JB_ERROR_CONFLICT, error, jb_get(w.store, w.operation, &get, NULL, &error));
    assert_non_null(strstr(error.text, "'bucket/object' was replaced while it was read"));
    workspace_close(&w);
}

static int put_command(struct workspace *w, const char *script, const char *success, jb_error *error)
{
    const char *argv[] = {"sh", "-c", script, NULL};
    jb_put_options put = {
        .size = sizeof put, .bucket = "bucket", .key = "object", .command = argv, .success_text = success};
    return jb_put(w->store, w->operation, &put, NULL, error);
}

static void assert_bucket_is_empty(struct workspace *w)
{
    assert_int_equal(
        shell("test -z \"$(find '%s' -type f ! -name .jpsbackup-lock)\"", workspace_file(w, "store/bucket")), 0);
}

static void a_producer_that_fails_leaves_nothing(void **state)
{
    (void)state;
    struct workspace w;
    workspace_open(&w);
    jb_error error = JB_ERROR_INIT;
    assert_fails(JB_ERROR_PRODUCER, error,
                 put_command(&w, "head -c 20000000 /dev/zero; echo disk broke >&2; exit 3", NULL, &error));
    assert_non_null(strstr(error.text, "'sh' failed with status 3: disk broke"));
    assert_fails(JB_ERROR_PRODUCER, error, put_command(&w, "echo data; kill -9 $$", NULL, &error));
    assert_non_null(strstr(error.text, "signal 9"));
    assert_fails(JB_ERROR_PRODUCER, error, put_command(&w, "echo data; echo half >&2", "completed OK!", &error));
    assert_non_null(strstr(error.text, "without saying 'completed OK!': half"));
    const char *argv[] = {"no-such-program", NULL};
    jb_put_options put = {.size = sizeof put, .bucket = "bucket", .key = "object", .command = argv};
    assert_fails(JB_ERROR_PRODUCER, error, jb_put(w.store, w.operation, &put, NULL, &error));
    assert_bucket_is_empty(&w);
    assert_ok(error, put_command(&w, "echo data; echo completed OK! >&2", "completed OK!", &error));
    workspace_close(&w);
}

static void producers_inherit_no_descriptors_and_no_input(void **state)
{
    (void)state;
    struct workspace w;
    workspace_open(&w);
    jb_error error = JB_ERROR_INIT;
    /* As a JVM and its libraries leave some: not marked to be closed. */
    int left_open = open("/dev/null", O_RDONLY);
    assert_true(left_open >= 0);
    assert_ok(error, put_command(&w, "ls /proc/self/fd | wc -l; cat", NULL, &error));
    close(left_open);
    size_t count;
    char *bytes = read_file(workspace_file(&w, "store/bucket/object"), &count);
    assert_string_equal(bytes, "4\n"); /* three and the one that ls itself opens */
    free(bytes);
    workspace_close(&w);
}

static int64_t read_and_cancel(void *context, void *bytes, size_t capacity)
{
    struct workspace *w = context;
    memset(bytes, 'x', capacity);
    static int calls;
    if (++calls == 3)
        jb_operation_cancel(w->operation);
    return (int64_t)capacity;
}

static void what_a_producer_leaves_running_is_not_waited_for(void **state)
{
    (void)state;
    struct workspace w;
    workspace_open(&w);
    jb_error error = JB_ERROR_INIT;
    int64_t began_ms = clock_monotonic_ms();
    /* It holds the standard error open that it was born with. */
    char daemon[256], command[400];
    snprintf(daemon, sizeof daemon, "sleep 60 > /dev/null & echo $! >> '%s'", workspace_file(&w, "pids"));
    snprintf(command, sizeof command, "%s; echo data; echo completed OK! >&2", daemon);
    assert_ok(error, put_command(&w, command, "completed OK!", &error));
    static const char *const keys[] = {"object"};
    assert_ok(error, jb_store_delete(w.store, NULL, "bucket", keys, 1, &error));
    snprintf(command, sizeof command, "%s; echo data; echo why it failed >&2; exit 3", daemon);
    assert_fails(JB_ERROR_PRODUCER, error, put_command(&w, command, NULL, &error));
    assert_non_null(strstr(error.text, "status 3: why it failed"));
    assert_true(clock_monotonic_ms() - began_ms < 30000);
    assert_int_equal(shell("kill $(cat '%s')", workspace_file(&w, "pids")), 0);
    workspace_close(&w);
}

static void a_cancelled_put_leaves_nothing(void **state)
{
    (void)state;
    struct workspace w;
    workspace_open(&w);
    jb_error error = JB_ERROR_INIT;
    jb_put_options put = {
        .size = sizeof put, .bucket = "bucket", .key = "object", .read = read_and_cancel, .read_context = &w};
    assert_fails(JB_ERROR_CANCELLED, error, jb_put(w.store, w.operation, &put, NULL, &error));
    assert_bucket_is_empty(&w);
    workspace_close(&w);
}

static void an_existing_object_is_replaced_only_when_asked(void **state)
{
    (void)state;
    struct workspace w;
    workspace_open(&w);
    jb_error error = JB_ERROR_INIT;
    struct memory memory = {.bytes = (unsigned char *)"12345", .count = 5};
    jb_put_options put = put_options(&memory, "object");
    assert_ok(error, jb_put(w.store, w.operation, &put, NULL, &error));
    assert_fails(JB_ERROR_CONFLICT, error, jb_put(w.store, w.operation, &put, NULL, &error));
    memory = (struct memory){.bytes = (unsigned char *)"678", .count = 3};
    put.replace = true;
    assert_ok(error, jb_put(w.store, w.operation, &put, NULL, &error));
    size_t count;
    char *bytes = read_file(workspace_file(&w, "store/bucket/object"), &count);
    assert_string_equal(bytes, "678");
    free(bytes);
    workspace_close(&w);
}

static void the_account_describes_the_parts(void **state)
{
    (void)state;
    struct workspace w;
    workspace_open(&w);
    jb_error error = JB_ERROR_INIT;
    struct memory memory = {.bytes = malloc(20 << 20), .count = 20 << 20};
    fill_pattern(memory.bytes, memory.count, 1);
    char *account;
    jb_put_options put = put_options(&memory, "folder/object");
    assert_ok(error, jb_put(w.store, w.operation, &put, &account, &error));
    json_t *json = json_loads(account, 0, NULL);
    json_t *segment = json_array_get(json_object_get(json, "segments"), 0);
    assert_string_equal(json_string_value(json_object_get(json, "name")), "object");
    assert_int_equal(json_integer_value(json_object_get(json, "size")), 20 << 20);
    assert_int_equal(json_array_size(json_object_get(segment, "parts")), 3);
    /* sha256sum is the judge of a part's digest. */
    const char *hex =
        json_string_value(json_object_get(json_array_get(json_object_get(segment, "parts"), 1), "sha256"));
    assert_int_equal(shell("test \"$(tail -c +8388609 '%s' | head -c 8388608 | sha256sum)\" = '%s  -'",
                           workspace_file(&w, "store/bucket/folder/object"), hex),
                     0);
    json_decref(json);
    jb_text_free(account);
    free(memory.bytes);
    workspace_close(&w);
}

/* A driver that takes two parts an object stands for S3's ten thousand. */
static void a_stream_that_outgrows_one_object_goes_on_in_the_next(void **state)
{
    (void)state;
    struct workspace w;
    workspace_open(&w);
    jb_error error = JB_ERROR_INIT;
    struct store_driver small = *w.store->driver;
    small.limits.parts_max = 2;
    w.store->driver = &small;
    struct memory memory = {.bytes = malloc(37 << 20), .count = 37 << 20};
    fill_pattern(memory.bytes, memory.count, 9);
    char *account;
    jb_put_options put = put_options(&memory, "folder/object");
    assert_ok(error, jb_put(w.store, w.operation, &put, &account, &error));
    assert_int_equal(shell("cd '%s' && test \"$(ls | tr '\\n' ' ')\" = 'object object.001 object.002 ' && test $(stat "
                           "-c %%s object.002) = %d",
                           workspace_file(&w, "store/bucket/folder"), 5 << 20),
                     0);
    memory.position = 0;
    jb_get_options get = get_options(&memory, "folder/object", account);
    assert_ok(error, jb_get(w.store, w.operation, &get, NULL, &error));
    assert_int_equal(memory.position, memory.count);
    flip_byte(workspace_file(&w, "store/bucket/folder/object.001"), 100);
    memory.position = 0;
    assert_fails(JB_ERROR_VERIFY, error, jb_get(w.store, w.operation, &get, NULL, &error));
    assert_non_null(strstr(error.text, "folder/object.001"));
    jb_text_free(account);

    /* A later segment's name is taken: nothing of this stream becomes visible. */
    write_file(workspace_file(&w, "store/bucket/other.001"), "mine", 4);
    memory.position = 0;
    put = put_options(&memory, "other");
    assert_fails(JB_ERROR_CONFLICT, error, jb_put(w.store, w.operation, &put, NULL, &error));
    assert_int_equal(shell("cd '%s' && test \"$(ls -d other*)\" = other.001 && test \"$(cat other.001)\" = mine",
                           workspace_file(&w, "store/bucket")),
                     0);
    free(memory.bytes);
    workspace_close(&w);
}

static const struct store_driver *honest;

static int complete_and_lie(struct store_upload *upload, struct store_condition condition, jb_object_info *info,
                            jb_error *error)
{
    int code = honest->upload_complete(upload, condition, info, error);
    info->bytes--;
    return code;
}

static unsigned completed;
static char removed[256];

/* As a bucket with versions, until the third object, which is the stream's first, is lost. */
static int complete_two(struct store_upload *upload, struct store_condition condition, jb_object_info *info,
                        jb_error *error)
{
    if (++completed == 3)
        return error_set(error, JB_ERROR_UNREACHABLE, "lost");
    int code = honest->upload_complete(upload, condition, info, error);
    snprintf(info->version, sizeof info->version, "v%u", completed);
    return code;
}

static int note_removal(jb_store *store, jb_operation *operation, const char *bucket, const struct store_key *keys,
                        size_t count, jb_error *error)
{
    for (size_t i = 0; i < count; i++) {
        size_t used = strlen(removed);
        snprintf(removed + used, sizeof removed - used, "%s:%s ", keys[i].key, keys[i].version);
    }
    return honest->remove(store, operation, bucket, keys, count, error);
}

static void a_stream_that_fails_at_its_last_object_takes_away_the_versions_it_made(void **state)
{
    (void)state;
    struct workspace w;
    workspace_open(&w);
    jb_error error = JB_ERROR_INIT;
    honest = w.store->driver;
    struct store_driver small = *honest;
    small.limits.parts_max = 2;
    small.upload_complete = complete_two;
    small.remove = note_removal;
    w.store->driver = &small;
    struct memory memory = {.bytes = malloc(37 << 20), .count = 37 << 20};
    fill_pattern(memory.bytes, memory.count, 9);
    jb_put_options put = put_options(&memory, "object");
    assert_fails(JB_ERROR_UNREACHABLE, error, jb_put(w.store, w.operation, &put, NULL, &error));
    assert_string_equal(removed, "object.001:v2 object.002:v1 ");
    assert_bucket_is_empty(&w);
    free(memory.bytes);
    workspace_close(&w);
}

static int write_and_lie(jb_store *store, jb_operation *operation, const char *bucket, const char *key,
                         const void *bytes, size_t count, const unsigned char *sha256, struct store_condition condition,
                         jb_object_info *info, jb_error *error)
{
    int code = honest->write(store, operation, bucket, key, bytes, count, sha256, condition, info, error);
    info->bytes--;
    return code;
}

static void a_store_that_confirms_another_size_is_not_believed(void **state)
{
    (void)state;
    static const size_t lengths[] = {100, 20 << 20}; /* one write, and an upload of parts */
    for (size_t i = 0; i < 2; i++) {
        struct workspace w;
        workspace_open(&w);
        jb_error error = JB_ERROR_INIT;
        honest = w.store->driver;
        struct store_driver liar = *honest;
        liar.upload_complete = complete_and_lie;
        liar.write = write_and_lie;
        w.store->driver = &liar;
        struct memory memory = {.bytes = malloc(lengths[i]), .count = lengths[i]};
        fill_pattern(memory.bytes, memory.count, 4);
        jb_put_options put = put_options(&memory, "object");
        assert_fails(JB_ERROR_VERIFY, error, jb_put(w.store, w.operation, &put, NULL, &error));
        assert_bucket_is_empty(&w);
        free(memory.bytes);
        workspace_close(&w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_length_comes_back),
        cmocka_unit_test(slow_producers_give_few_bytes_at_a_time),
        cmocka_unit_test(other_programs_read_what_is_written),
        cmocka_unit_test(the_seek_table_leads_to_every_frame),
        cmocka_unit_test(a_damaged_part_is_found_and_named),
        cmocka_unit_test(every_part_of_a_range_is_compared),
        cmocka_unit_test(a_part_larger_than_the_memory_is_verified_as_it_comes),
        cmocka_unit_test(a_truncated_stream_is_an_error),
        cmocka_unit_test(an_object_that_is_replaced_while_it_is_read_is_no_mixture),
        cmocka_unit_test(a_producer_that_fails_leaves_nothing),
        cmocka_unit_test(producers_inherit_no_descriptors_and_no_input),
        cmocka_unit_test(what_a_producer_leaves_running_is_not_waited_for),
        cmocka_unit_test(a_cancelled_put_leaves_nothing),
        cmocka_unit_test(an_existing_object_is_replaced_only_when_asked),
        cmocka_unit_test(the_account_describes_the_parts),
        cmocka_unit_test(a_stream_that_outgrows_one_object_goes_on_in_the_next),
        cmocka_unit_test(a_stream_that_fails_at_its_last_object_takes_away_the_versions_it_made),
        cmocka_unit_test(a_store_that_confirms_another_size_is_not_believed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
