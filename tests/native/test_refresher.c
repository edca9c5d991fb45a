/* What is short-lived is fetched again in time, and as soon as it was refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/event.h"
#include "cloud/refresher.h"

struct source {
    struct event event;
    unsigned fetches;
    int64_t life;         /* seconds; 0: never ends */
    unsigned failures[2]; /* fetches of these numbers fail, counted from 1 */
};

static int fetch(void *context, int64_t *expires, jb_error *error)
{
    struct source *source = context;
    event_lock(&source->event);
    unsigned number = ++source->fetches;
    event_signal(&source->event);
    event_unlock(&source->event);
    if (number == source->failures[0] || number == source->failures[1])
        return error_set(error, JB_ERROR_ACCESS, "number %u", number);
    *expires = source->life == 0 ? 0 : clock_now() + source->life;
    return JB_OK;
}

static bool fetched(struct source *source, unsigned count, int64_t within_ms)
{
    int64_t until = clock_monotonic_ms() + within_ms;
    event_lock(&source->event);
    while (source->fetches < count && clock_monotonic_ms() < until)
        event_wait_until(&source->event, until);
    bool done = source->fetches >= count;
    event_unlock(&source->event);
    return done;
}

static struct refresher *begin(struct source *source)
{
    struct refresher *refresher = NULL;
    jb_error error = JB_ERROR_INIT;
    event_init(&source->event);
    assert_int_equal(refresher_new(fetch, source, &refresher, &error), JB_OK);
    assert_int_equal(source->fetches, 1);
    return refresher;
}

static void end(struct refresher *refresher, struct source *source)
{
    refresher_free(refresher);
    event_clean_up(&source->event);
}

static void a_first_fetch_that_fails_fails_the_call(void **state)
{
    (void)state;
    struct source source = {.failures = {1}};
    struct refresher *refresher = NULL;
    jb_error error = JB_ERROR_INIT;
    event_init(&source.event);
    assert_int_equal(refresher_new(fetch, &source, &refresher, &error), JB_ERROR_ACCESS);
    assert_string_equal(error.text, "number 1");
    assert_null(refresher);
    event_clean_up(&source.event);
}

static void a_value_is_renewed_before_it_expires(void **state)
{
    (void)state;
    struct source source = {.life = 3};
    int64_t began = clock_monotonic_ms();
    struct refresher *refresher = begin(&source);
    assert_true(fetched(&source, 2, 10000));
    assert_in_range(clock_monotonic_ms() - began, 900, 2900);
    end(refresher, &source);
}

static void a_refused_value_is_renewed_at_once_but_not_more_than_once_a_second(void **state)
{
    (void)state;
    struct source source = {.life = 86400};
    int64_t began = clock_monotonic_ms();
    struct refresher *refresher = begin(&source);
    for (int i = 0; i < 100; i++)
        refresher_hasten(refresher);
    assert_true(fetched(&source, 2, 10000));
    assert_true(clock_monotonic_ms() - began >= 990);
    assert_false(fetched(&source, 3, 1200)); /* a hundred refusals are one */
    end(refresher, &source);
}

static void a_failed_renewal_is_tried_again(void **state)
{
    (void)state;
    struct source source = {.failures = {2}};
    struct refresher *refresher = begin(&source);
    refresher_hasten(refresher);
    assert_true(fetched(&source, 3, 10000));
    end(refresher, &source);
}

static void a_value_that_never_expires_is_let_be(void **state)
{
    (void)state;
    struct source source = {.life = 0};
    struct refresher *refresher = begin(&source);
    assert_false(fetched(&source, 2, 1200));
    end(refresher, &source);
}

static void a_value_that_comes_expired_is_not_fetched_in_a_tight_loop(void **state)
{
    (void)state;
    struct source source = {.life = -10};
    struct refresher *refresher = begin(&source);
    assert_true(fetched(&source, 2, 10000));
    assert_false(fetched(&source, 4, 1200));
    end(refresher, &source);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_first_fetch_that_fails_fails_the_call),
        cmocka_unit_test(a_value_is_renewed_before_it_expires),
        cmocka_unit_test(a_refused_value_is_renewed_at_once_but_not_more_than_once_a_second),
        cmocka_unit_test(a_failed_renewal_is_tried_again),
        cmocka_unit_test(a_value_that_never_expires_is_let_be),
        cmocka_unit_test(a_value_that_comes_expired_is_not_fetched_in_a_tight_loop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
