/* Parts that wait for one another, with a store that takes its time. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
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
    atomic_bool asked; /* for a beginning, or for a whole object */
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
    upload.asked = true;
    *made = &upload;
    return JB_OK;
}

static int write_whole(jb_store *store, jb_operation *operation, const char *bucket, const char *key, const void *bytes,
                       size_t count, const unsigned char *sha256, struct store_condition condition,
                       jb_object_info *info, jb_error *error)
{
    (void)store, (void)operation, (void)bucket, (void)key, (void)bytes, (void)sha256, (void)condition, (void)error;
    upload.asked = true;
    info->bytes = count;
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
                                           .write = write_whole,
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
    struct object object; /* what finish gave */
    int code;
    jb_error error;
};

static void set_up(struct fixture *fixture, size_t memory_bytes, unsigned refused)
{
    jb_error error = JB_ERROR_INIT;
    *fixture = (struct fixture){.error = JB_ERROR_INIT};
    upload = (struct store_upload){.refused = refused};
    event_init(&upload.event);
    assert_int_equal(pthread_create(&upload.server, NULL, serve, NULL), 0);
    assert_ok(error, jb_operation_new(NULL, &fixture->operation, &error));
    assert_ok(error, workers_new(2, &fixture->workers, &error));
    assert_ok(error, part_writer_new(&store, fixture->operation, fixture->workers, "bucket", "key", false, memory_bytes,
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
    object_clean_up(&fixture->object);
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

static void wait_a_while(void)
{
    nanosleep(&(struct timespec){.tv_nsec = 50 * 1000 * 1000}, NULL);
}

/* So many come, and no more within a while. */
static void expect(unsigned count)
{
    event_lock(&upload.event);
    while (upload.count < count)
        event_wait(&upload.event);
    event_unlock(&upload.event);
    wait_a_while();
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

static void *answer_later(void *argument)
{
    (void)argument;
    wait_a_while();
    answer();
    return NULL;
}

static void *finish(void *argument)
{
    struct fixture *fixture = argument;
    fixture->code = part_writer_finish(fixture->writer, &fixture->object, &fixture->error);
    return NULL;
}

static void a_part_waits_for_the_next_while_others_are_under_way(void **state)
{
    (void)state;
    struct fixture fixture;
    pthread_t finishing;
    set_up(&fixture, MEMORY_BYTES, NO_PART);
    unsigned held = sha256_makes_pairs() ? 1 : 0;
    write_parts(&fixture, 0, 2);
    expect(2);
    write_parts(&fixture, 2, 1);
    expect(3 - held);
    write_parts(&fixture, 3, 1);
    expect(4);
    write_parts(&fixture, 4, 1);
    expect(5 - held);
    assert_int_equal(pthread_create(&finishing, NULL, finish, &fixture), 0);
    expect(5); /* nothing more will come that it could wait for */
    answer();
    pthread_join(finishing, NULL);
    assert_ok(fixture.error, fixture.code);
    assert_int_equal(fixture.object.segments[0].part_count, 5);
    for (unsigned i = 0; i < 5; i++) {
        jb_error error = JB_ERROR_INIT;
        unsigned char sha256[SHA256_SIZE];
        memset(fixture.bytes, (int)i, PART_BYTES);
        assert_ok(error, sha256_of(fixture.bytes, PART_BYTES, sha256, &error));
        assert_memory_equal(fixture.object.segments[0].parts[i].sha256, sha256, SHA256_SIZE);
    }
    tear_down(&fixture);
}

static void none_waits_where_there_is_no_room_for_the_next(void **state)
{
    (void)state;
    struct fixture fixture;
    set_up(&fixture, 3 * PART_BYTES, NO_PART);
    write_parts(&fixture, 0, 3);
    expect(3);
    answer();
    tear_down(&fixture);
}

static void a_waiting_part_goes_when_fewer_are_under_way(void **state)
{
    (void)state;
    struct fixture fixture;
    set_up(&fixture, MEMORY_BYTES, NO_PART);
    write_parts(&fixture, 0, 3);
    answer();
    expect(3);
    tear_down(&fixture);
}

static void after_a_failure_a_waiting_part_does_not_go(void **state)
{
    (void)state;
    for (unsigned refused = 0; refused < 2; refused++) {
        struct fixture fixture;
        set_up(&fixture, MEMORY_BYTES, refused);
        write_parts(&fixture, 0, 2);
        expect(2);
        write_parts(&fixture, 2, 1);
        upload.numbers[0] = refused; /* it is answered first */
        answer();
        wait_a_while();
        finish(&fixture);
        assert_int_equal(fixture.code, JB_ERROR_FAILED);
        assert_string_equal(fixture.error.text, "the store has no room");
        tear_down(&fixture);
        assert_int_equal(upload.count, sha256_makes_pairs() ? 2 : 3);
    }
}

static void who_gives_up_waits_for_nothing_that_waits(void **state)
{
    (void)state;
    struct fixture fixture;
    set_up(&fixture, MEMORY_BYTES, NO_PART);
    write_parts(&fixture, 0, 2);
    expect(2);
    write_parts(&fixture, 2, 1);
    pthread_t answering;
    assert_int_equal(pthread_create(&answering, NULL, answer_later, NULL), 0);
    tear_down(&fixture);
    pthread_join(answering, NULL);
    assert_int_equal(upload.count, sha256_makes_pairs() ? 2 : 3);
}

/* A task that waits to be told how it ends. */
struct told {
    struct event event;
    bool told;
    int code;
};

static int wait_to_be_told(void *context, jb_error *error)
{
    struct told *told = context;
    event_lock(&told->event);
    while (!told->told)
        event_wait(&told->event);
    event_unlock(&told->event);
    return told->code == JB_OK ? JB_OK : error_set(error, (jb_code)told->code, "somebody else was there first");
}

static void tell(struct told *told, int code)
{
    event_lock(&told->event);
    told->code = code;
    told->told = true;
    event_signal(&told->event);
    event_unlock(&told->event);
}

static void *tell_later(void *argument)
{
    wait_a_while();
    assert_false(upload.asked);
    tell(argument, JB_OK);
    return NULL;
}

static void nothing_is_asked_before_the_task_has_ended(void **state)
{
    (void)state;
    for (unsigned parts = 0; parts < 2; parts++) {
        struct fixture fixture;
        struct told told = {0};
        struct task *task;
        pthread_t telling;
        event_init(&told.event);
        set_up(&fixture, MEMORY_BYTES, NO_PART);
        assert_ok(fixture.error, task_start(wait_to_be_told, &told, &task, &fixture.error));
        part_writer_after(fixture.writer, task);
        assert_int_equal(pthread_create(&telling, NULL, tell_later, &told), 0);
        answer();
        write_parts(&fixture, 0, parts);
        finish(&fixture);
        assert_ok(fixture.error, fixture.code);
        assert_true(upload.asked);
        pthread_join(telling, NULL);
        tear_down(&fixture);
        task_free(task);
        event_clean_up(&told.event);
    }
}

static void the_tasks_failure_is_the_writers(void **state)
{
    (void)state;
    struct fixture fixture;
    struct told told = {0};
    struct task *task;
    jb_error error = JB_ERROR_INIT;
    event_init(&told.event);
    set_up(&fixture, MEMORY_BYTES, NO_PART);
    assert_ok(error, task_start(wait_to_be_told, &told, &task, &error));
    part_writer_after(fixture.writer, task);
    struct byte_sink *sink = part_writer_sink(fixture.writer);
    assert_ok(error, sink->write(sink, "a", 1, &error));
    tell(&told, JB_ERROR_CONFLICT);
    assert_int_equal(task_wait(task, NULL), JB_ERROR_CONFLICT);
    finish(&fixture);
    assert_int_equal(fixture.code, JB_ERROR_CONFLICT);
    assert_string_equal(fixture.error.text, "somebody else was there first");
    assert_false(upload.asked);
    tear_down(&fixture);
    task_free(task);
    event_clean_up(&told.event);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_part_waits_for_the_next_while_others_are_under_way),
        cmocka_unit_test(none_waits_where_there_is_no_room_for_the_next),
        cmocka_unit_test(a_waiting_part_goes_when_fewer_are_under_way),
        cmocka_unit_test(after_a_failure_a_waiting_part_does_not_go),
        cmocka_unit_test(who_gives_up_waits_for_nothing_that_waits),
        cmocka_unit_test(nothing_is_asked_before_the_task_has_ended),
        cmocka_unit_test(the_tasks_failure_is_the_writers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
