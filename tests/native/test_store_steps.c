/*
 * Backups, rotations, catalog changes and restores on a store that does not answer, or loses its answer, or whose user
 * is killed, at each of its operations in turn.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "faulty_store.h"
#include "sampling.h"
#include "steps.h"

#define SHARE 3 /* under a sanitizer, one of so many points */

static char what[160];

static void begin(const struct step *step, const char *fault, unsigned at)
{
    snprintf(what, sizeof what, "a %s %s operation %u", step->name, fault, at);
    steps_fault = what;
    steps_begin_anew();
    if (step->prepare != NULL)
        step->prepare();
}

static void fail_once(const struct step *step, enum store_fault fault, unsigned at)
{
    const char *name = fault == STORE_REFUSES ? "without" : "without the answer to";
    begin(step, name, at);
    jb_error error = JB_ERROR_INIT;
    faulty_store_begin(fault, at);
    int code = step->run(&error);
    faulty_store_end();
    snprintf(what, sizeof what, "a %s %s operation %u (%s), which ended with '%s'", step->name, name, at,
             faulty_store_struck(), jb_code_name((jb_code)code));
    steps_check_error(code, &error);
    step->check(code == JB_OK);
}

static void die_once(const struct step *step, enum store_fault fault, unsigned at)
{
    begin(step, fault == STORE_KILLS_BEFORE ? "killed before" : "killed after", at);
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        jb_error error = JB_ERROR_INIT;
        faulty_store_begin(fault, at);
        _exit(step->run(&error) == JB_OK ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    if (!WIFEXITED(status) || (WEXITSTATUS(status) != FAULTY_STORE_EXIT_CODE && WEXITSTATUS(status) != 0))
        fail_msg("after %s: status %x", what, (unsigned)status);
    step->check(WEXITSTATUS(status) == 0);
}

static void loop(enum store_fault fault, void (*once)(const struct step *step, enum store_fault fault, unsigned at))
{
    for (size_t i = 0; i < steps_count; i++) {
        jb_error error = JB_ERROR_INIT;
        begin(&steps[i], "with", 0);
        faulty_store_begin(fault, FAULTY_STORE_NEVER);
        int code = steps[i].run(&error);
        unsigned count = faulty_store_end(), taken = 0;
        if (code != JB_OK)
            fail_msg("a %s without a fault: %s", steps[i].name, error.text);
        for (unsigned at = 0; at < count; at++)
            if (sampling_takes(1, SHARE)) {
                once(&steps[i], fault, at);
                taken++;
            }
        printf("%s: %u of %u operations\n", steps[i].name, taken, count);
    }
}

static void a_store_that_does_not_answer_is_an_error_and_harms_nothing(void **state)
{
    (void)state;
    loop(STORE_REFUSES, fail_once);
}

static void a_lost_answer_harms_nothing(void **state)
{
    (void)state;
    loop(STORE_LOSES_ANSWER, fail_once);
}

static void a_process_that_ends_before_an_operation_leaves_what_was_whole(void **state)
{
    (void)state;
    loop(STORE_KILLS_BEFORE, die_once);
}

static void a_process_that_ends_after_an_operation_leaves_what_was_whole(void **state)
{
    (void)state;
    loop(STORE_KILLS_AFTER, die_once);
}

static int enter(void **state)
{
    int code = steps_enter(state);
    faulty_store_install(steps_store);
    return code;
}

int main(void)
{
    steps_use_memory();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_store_that_does_not_answer_is_an_error_and_harms_nothing, enter, steps_leave),
        cmocka_unit_test_setup_teardown(a_lost_answer_harms_nothing, enter, steps_leave),
        cmocka_unit_test_setup_teardown(a_process_that_ends_before_an_operation_leaves_what_was_whole, enter,
                                        steps_leave),
        cmocka_unit_test_setup_teardown(a_process_that_ends_after_an_operation_leaves_what_was_whole, enter,
                                        steps_leave),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
