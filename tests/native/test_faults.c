/*
 * Backups, rotations, catalog changes and restores on a file store, with one fault in each run: an allocation that
 * fails, a system call that fails, a process that ends; each of them in turn.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "faults.h"
#include "sampling.h"
#include "steps.h"

/* One of so many points. Allocations are many, and what follows on each is much the same. */
#define MEMORY_SHARE      3
#define MEMORY_SHARE_SLOW 24
#define CALL_SHARE_SLOW   10

static const char *fault_name(enum fault kind)
{
    return kind == FAULT_MEMORY ? "allocation" : kind == FAULT_CALL ? "call" : "call, where the process ended";
}

static void begin(const struct step *step)
{
    steps_begin_anew();
    if (step->prepare != NULL)
        step->prepare();
}

static void fail_once(const struct step *step, enum fault kind, unsigned at)
{
    char text[160];
    snprintf(text, sizeof text, "a %s without %s %u", step->name, fault_name(kind), at);
    steps_fault = text;
    begin(step);
    jb_error error = JB_ERROR_INIT;
    faults_begin(kind, at);
    int code = step->run(&error);
    faults_end();
    snprintf(text, sizeof text, "a %s without %s %u (%s), which ended with '%s'", step->name, fault_name(kind), at,
             faults_struck(), jb_code_name((jb_code)code));
    steps_check_error(code, &error);
    step->check(code == JB_OK);
}

static void die_once(const struct step *step, enum fault kind, unsigned at)
{
    char text[160];
    snprintf(text, sizeof text, "a %s without %s %u", step->name, fault_name(kind), at);
    steps_fault = text;
    begin(step);
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        jb_error error = JB_ERROR_INIT;
        faults_begin(kind, at);
        _exit(step->run(&error) == JB_OK ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    /* Threads make the number of calls vary by a few. */
    if (WEXITSTATUS(status) != FAULTS_EXIT_CODE && WEXITSTATUS(status) != 0)
        fail_msg("after %s: status %d", text, WEXITSTATUS(status));
    step->check(WEXITSTATUS(status) == 0);
}

static unsigned count_points(const struct step *step, enum fault kind)
{
    jb_error error = JB_ERROR_INIT;
    steps_fault = "no fault";
    begin(step);
    faults_begin(kind, FAULTS_NEVER);
    int code = step->run(&error);
    unsigned count = faults_end();
    if (code != JB_OK)
        fail_msg("a %s without a fault: %s", step->name, error.text);
    step->check(true);
    return count;
}

static bool takes(enum fault kind)
{
    return kind == FAULT_MEMORY ? sampling_takes(MEMORY_SHARE, MEMORY_SHARE_SLOW) : sampling_takes(1, CALL_SHARE_SLOW);
}

static void loop(enum fault kind, void (*once)(const struct step *step, enum fault kind, unsigned at))
{
    for (size_t i = 0; i < steps_count; i++) {
        unsigned count = count_points(&steps[i], kind), taken = 0;
        for (unsigned at = 0; at < count; at++)
            if (takes(kind)) {
                once(&steps[i], kind, at);
                taken++;
            }
        printf("%s: %u of %u times '%s'\n", steps[i].name, taken, count, fault_name(kind));
    }
}

static void an_allocation_that_fails_is_an_error(void **state)
{
    (void)state;
    loop(FAULT_MEMORY, fail_once);
}

static void a_system_call_that_fails_is_an_error(void **state)
{
    (void)state;
    loop(FAULT_CALL, fail_once);
}

static void a_process_that_ends_leaves_what_was_whole(void **state)
{
    (void)state;
    loop(FAULT_KILL, die_once);
}

int main(void)
{
    steps_use_memory();
    faults_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_allocation_that_fails_is_an_error, steps_enter, steps_leave),
        cmocka_unit_test_setup_teardown(a_system_call_that_fails_is_an_error, steps_enter, steps_leave),
        cmocka_unit_test_setup_teardown(a_process_that_ends_leaves_what_was_whole, steps_enter, steps_leave),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
