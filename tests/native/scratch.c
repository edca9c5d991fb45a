#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static char directory[64];

void scratch_enter(void)
{
    snprintf(directory, sizeof(directory), "/tmp/jpsbackup-test-XXXXXX");
    assert_non_null(mkdtemp(directory));
    assert_int_equal(chdir(directory), 0);
}

void scratch_leave(void)
{
    assert_int_equal(chdir("/"), 0);
    scratch_run("rm -rf --one-file-system %s", directory);
}

static int run(const char *format, va_list arguments)
{
    char *line = NULL;
    assert_true(vasprintf(&line, format, arguments) >= 0);
    int status = system(line);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        print_message("exit status %d: %s\n", status, line);
    free(line);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

int scratch_status(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int status = run(format, arguments);
    va_end(arguments);
    return status;
}

void scratch_run(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int status = run(format, arguments);
    va_end(arguments);
    assert_int_equal(status, 0);
}
