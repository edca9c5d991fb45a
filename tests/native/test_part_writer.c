/* Parts that wait for one another, with a store that takes its time. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/event.h"
#include "codec/digest.h"
#include "stream/part_writer.h"
#include "workspace.h"

#define PART_BYTES   ((size_t)8 << 20)
#define MEMORY_BYTES (8 * PART_BYTES)
#define PARTS_MAX    8
#define NO_PART      PARTS_MAX

struct store_upload {
    struct event event; /* guards what follows */
    struct store_transfer *came[PARTS_MAX];
    unsigned count;
    bool answers;
    bool ended;
    unsigned refused; /* the part that the store does not take */
    unsigned numbers[PARTS_MAX];
    pthread_t server;
};

static struct store_upload upload;

static int begin(jb_store *store, jb_operation *operation, const char *bucket, const char *key,
                 struct store_upload **made, jb_error *error)
{
    (void)store, (void)operation, (void)bucket, (void)key, (void)error;
    *made = &upload;
    return JB_OK;
}

static int take_part(struct store_upload *taken, unsigned number, struct store_transfer *transfer, jb_error *error)
{
    (void)error;
    event_lock(&taken->event);
    taken->numbers[taken->count] = number;
    taken->came[taken->count++] = transfer;
    event_signal(&taken->event);
    event_unlock(&taken->event);
    return JB_OK;
}

static int complete(struct store_upload *completed, struct store_condition condition, jb_object_info *info,
                    jb_error *error)
{
    (void)condition, (void)error;
    info->bytes = completed->count * PART_BYTES;
    return JB_OK;
}

static void drop(struct store_upload *aborted)
{
    (void)aborted;
}

/* Answers what has come, and what comes, until the end. */
static void *serve(void *argument)
{
    (void)argument;
    unsigned answered = 0;
    event_lock(&upload.event);
    while (!upload.ended) {
        if (!upload.answers || answered == upload.count) {
            event_wait(&upload.event);
            continue;
        }
        struct store_transfer *transfer = upload.came[answered];
        bool refused = upload.numbers[answered++] == upload.refused;
        event_unlock(&upload.event);
        if (refused)
            error_set(&transfer->error, JB_ERROR_FAILED, "the store has no room");
        transfer->done(transfer);
        event_lock(&upload.event);
    }
    event_unlock(&upload.event);
    return NULL;
}

static const struct store_driver driver = {.scheme = "slow",
                                           .upload_begin = begin,
                                           .upload_part = take_part,
                                           .upload_complete = complete,
                                           .upload_abort = drop,
                                           .limits = {.parts_max = 10000, .part_bytes_max = (uint64_t)5 << 30}};
static jb_store store = {.driver = &driver};

struct fixture {
    jb_operation *operation;
    struct workers *workers;
    struct part_writer *writer;
    unsigned char *bytes;
};

static void set_up(struct fixture *fixture, unsigned refused)
{
    jb_error error = JB_ERROR_INIT;
    upload = (struct store_upload){.refused = refused};
    event_init(&upload.event);
    assert_int_equal(pthread_create(&upload.server, NULL, serve, NULL), 0);
    assert_ok(error, jb_operation_new(NULL, &fixture->operation, &error));
    assert_ok(error, workers_new(2, &fixture->workers, &error));
    assert_ok(error, part_writer_new(&store, fixture->operation, fixture->workers, "bucket", "key", false, MEMORY_BYTES,
                                     &fixture->writer, &error));
    fixture->bytes = malloc(PART_BYTES);
    assert_non_null(fixture->bytes);
}

static void tear_down(struct fixture *fixture)
{
    part_writer_free(fixture->writer);
    workers_free(fixture->workers);
    jb_operation_free(fixture->operation);
    free(fixture->bytes);
    event_lock(&upload.event);
    upload.ended = true;
    event_signal(&upload.event);
    event_unlock(&upload.event);
    pthread_join(upload.server, NULL);
    event_clean_up(&upload.event);
}

static void write_parts(struct fixture *fixture, unsigned first, unsigned count)
{
    jb_error error = JB_ERROR_INIT;
    struct byte_sink *sink = part_writer_sink(fixture->writer);
    for (unsigned i = first; i < first + count; i++) {
        memset(fixture->bytes, (int)i, PART_BYTES);
        assert_ok(error, sink->write(sink, fixture->bytes, PART_BYTES, &error));
    }
}

/* So many come, and no more within a while. */
static void expect(unsigned count)
{
    event_lock(&upload.event);
    while (upload.count < count)
        event_wait(&upload.event);
    event_unlock(&upload.event);
    nanosleep(&(struct timespec){.tv_nsec = 50 * 1000 * 1000}, NULL);
    event_lock(&upload.event);
    assert_int_equal(upload.count, count);
    event_unlock(&upload.event);
}

static void answer(void)
{
    event_lock(&upload.event);
    upload.answers = true;
    event_signal(&upload.event);
    event_unlock(&upload.event);
}

static void a_part_waits_for_the_next_while_others_are_under_way(void **state)
{
    (void)state;
    struct fixture fixture;
    set_up(&fixture, NO_PART);
    write_parts(&fixture, 0, 3);
    expect(3);
    write_parts(&fixture, 3, 1);
    expect(3);
    write_parts(&fixture, 4, 1);
    expect(5);
    write_parts(&fixture, 5, 1);
    expect(5);
    answer(); /* which lets the last one go */
    struct object object = {0};
    jb_error error = JB_ERROR_INIT;
    assert_ok(error, part_writer_finish(fixture.writer, &object, &error));
    assert_int_equal(object.segments[0].part_count, 6);
    for (unsigned i = 0; i < 6; i++) {
        unsigned char sha256[SHA256_SIZE];
        memset(fixture.bytes, (int)i, PART_BYTES);
        assert_ok(error, sha256_of(fixture.bytes, PART_BYTES, sha256, &error));
        assert_memory_equal(object.segments[0].parts[i].sha256, sha256, SHA256_SIZE);
    }
    object_clean_up(&object);
    tear_down(&fixture);
}

static void a_refused_part_leaves_none_waiting(void **state)
{
    (void)state;
    for (unsigned refused = 0; refused < 4; refused++) {
        struct fixture fixture;
        set_up(&fixture, refused);
        write_parts(&fixture, 0, 4);
        expect(3);
        answer();
        struct object object = {0};
        jb_error error = JB_ERROR_INIT;
        assert_fails(JB_ERROR_FAILED, error, part_writer_finish(fixture.writer, &object, &error));
        tear_down(&fixture);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_part_waits_for_the_next_while_others_are_under_way),
        cmocka_unit_test(a_refused_part_leaves_none_waiting),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
