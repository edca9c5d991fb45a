/* Tidying up after a cancelled operation: it goes on, and not for ever. */
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/grace.h"

static void tidying_up_outlives_a_cancellation_for_a_while(void **state)
{
    (void)state;
    jb_error error = JB_ERROR_INIT;
    jb_operation *operation;
    struct grace *grace;
    assert_int_equal(jb_operation_new(NULL, &operation, &error), JB_OK);
    assert_int_equal(grace_new(operation, 300, &grace, &error), JB_OK);
    struct pollfd cancelled = {.fd = operation_cancel_fd(grace_operation(grace)), .events = POLLIN};
    assert_int_equal(poll(&cancelled, 1, 500), 0);
    int64_t began_ms = clock_monotonic_ms();
    jb_operation_cancel(operation);
    assert_int_equal(poll(&cancelled, 1, 10000), 1);
    assert_true(operation_cancelled(grace_operation(grace)));
    assert_true(clock_monotonic_ms() - began_ms >= 300);
    grace_free(grace);
    jb_operation_free(operation);
}

static void without_an_operation_nothing_cancels_the_tidying(void **state)
{
    (void)state;
    jb_error error = JB_ERROR_INIT;
    struct grace *grace;
    assert_int_equal(grace_new(NULL, 0, &grace, &error), JB_OK);
    struct pollfd cancelled = {.fd = operation_cancel_fd(grace_operation(grace)), .events = POLLIN};
    assert_int_equal(poll(&cancelled, 1, 300), 0);
    grace_free(grace);
    grace_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tidying_up_outlives_a_cancellation_for_a_while),
        cmocka_unit_test(without_an_operation_nothing_cancels_the_tidying),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
