/* The set of names that an archive brought, far beyond its memory; judged by what was put into it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "archive/extract/seen_names.h"
#include "workspace.h"

#define NAMES 60000u

/* Three of four are files, in directories of their own hundred. */
static bool name_of(unsigned i, char path[64])
{
    snprintf(path, 64, "top/%u/name-%u", i / 100, i);
    return i % 4 == 3;
}

static void names_beyond_the_memory_are_all_known(void **state)
{
    (void)state;
    jb_error error = JB_ERROR_INIT;
    struct seen_names *names;
    char path[64];
    assert_ok(error, seen_names_new(4096, &names, &error));
    for (unsigned i = 0; i < NAMES; i++) {
        bool directory = name_of(i, path);
        assert_fails(JB_ERROR_FORMAT, error, seen_names_link(names, path, path, &error));
        assert_ok(error, seen_names_add(names, path, directory, &error));
    }
    for (unsigned i = 0; i < NAMES; i += 7) {
        bool directory = name_of(i, path);
        assert_fails(JB_ERROR_FORMAT, error, seen_names_add(names, path, !directory, &error));
        assert_fails(directory ? JB_OK : JB_ERROR_FORMAT, error, seen_names_add(names, path, directory, &error));
        assert_fails(directory ? JB_ERROR_FORMAT : JB_OK, error, seen_names_link(names, path, path, &error));
    }
    seen_names_free(names);
}

static void ways_lead_through_directories_alone(void **state)
{
    (void)state;
    jb_error error = JB_ERROR_INIT;
    struct seen_names *names;
    char target[] = "", file[] = "a/file", below[] = "a/file/b/c", way[] = "a";
    assert_ok(error, seen_names_new(0, &names, &error));
    assert_ok(error, seen_names_add(names, target, true, &error));
    assert_fails(JB_ERROR_FORMAT, error, seen_names_add(names, target, false, &error));
    assert_fails(JB_ERROR_FORMAT, error, seen_names_link(names, target, target, &error));
    assert_ok(error, seen_names_add(names, file, false, &error));
    assert_fails(JB_ERROR_FORMAT, error, seen_names_add(names, below, false, &error));
    assert_non_null(strstr(error.text, "'a/file', which is no directory"));
    assert_string_equal(below, "a/file/b/c");
    assert_fails(JB_ERROR_FORMAT, error, seen_names_add(names, way, false, &error));
    assert_ok(error, seen_names_add(names, way, true, &error));
    seen_names_free(names);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_beyond_the_memory_are_all_known),
        cmocka_unit_test(ways_lead_through_directories_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
