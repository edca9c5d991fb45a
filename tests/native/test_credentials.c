#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cloud/aws/credentials.h"

static int without_environment(void **state)
{
    (void)state;
    unsetenv("AWS_ACCESS_KEY_ID");
    unsetenv("AWS_SECRET_ACCESS_KEY");
    unsetenv("AWS_SESSION_TOKEN");
    return 0;
}

static void options_win_over_the_environment(void **state)
{
    (void)state;
    setenv("AWS_ACCESS_KEY_ID", "ENVIRONMENT", 1);
    setenv("AWS_SECRET_ACCESS_KEY", "environment-secret", 1);
    setenv("AWS_SESSION_TOKEN", "environment-token", 1);
    struct credentials credentials;
    assert_int_equal(credentials_copy(&credentials, "OPTION", "option-secret", NULL, NULL), JB_OK);
    assert_string_equal(credentials.access_key, "OPTION");
    assert_string_equal(credentials.secret_key, "option-secret");
    assert_null(credentials.session_token); /* a token belongs to its keys */
    credentials_clean_up(&credentials);
}

static void the_environment_gives_all_three(void **state)
{
    (void)state;
    setenv("AWS_ACCESS_KEY_ID", "ENVIRONMENT", 1);
    setenv("AWS_SECRET_ACCESS_KEY", "environment-secret", 1);
    setenv("AWS_SESSION_TOKEN", "environment-token", 1);
    struct credentials credentials;
    bool found = false;
    assert_int_equal(credentials_from_environment(&credentials, &found, NULL), JB_OK);
    assert_true(found);
    assert_string_equal(credentials.access_key, "ENVIRONMENT");
    assert_string_equal(credentials.secret_key, "environment-secret");
    assert_string_equal(credentials.session_token, "environment-token");
    credentials_clean_up(&credentials);
}

static void an_empty_environment_has_none(void **state)
{
    (void)state;
    struct credentials credentials;
    bool found = true;
    setenv("AWS_ACCESS_KEY_ID", "", 1);
    assert_int_equal(credentials_from_environment(&credentials, &found, NULL), JB_OK);
    assert_false(found);
}

static void half_a_pair_is_refused(void **state)
{
    (void)state;
    struct credentials credentials;
    jb_error error = JB_ERROR_INIT;
    assert_int_equal(credentials_copy(&credentials, "ACCESS", NULL, NULL, &error), JB_ERROR_USAGE);
    assert_non_null(strstr(error.text, "secret key is missing"));
    assert_int_equal(credentials_copy(&credentials, NULL, "secret", NULL, &error), JB_ERROR_USAGE);
    assert_non_null(strstr(error.text, "access key is missing"));
}

static void a_secret_with_a_line_end_is_refused_and_not_told(void **state)
{
    (void)state;
    struct credentials credentials;
    jb_error error = JB_ERROR_INIT;
    assert_int_equal(credentials_copy(&credentials, "ACCESS", "hush-hush\n", NULL, &error), JB_ERROR_USAGE);
    assert_null(strstr(error.text, "hush"));
    assert_null(strstr(error.hint, "hush"));
}

static void an_endless_secret_is_refused(void **state)
{
    (void)state;
    struct credentials credentials;
    char secret[1024];
    memset(secret, 'x', sizeof secret - 1);
    secret[sizeof secret - 1] = '\0';
    assert_int_equal(credentials_copy(&credentials, "ACCESS", secret, NULL, NULL), JB_ERROR_USAGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(options_win_over_the_environment, without_environment),
        cmocka_unit_test_setup(the_environment_gives_all_three, without_environment),
        cmocka_unit_test_setup(an_empty_environment_has_none, without_environment),
        cmocka_unit_test_setup(half_a_pair_is_refused, without_environment),
        cmocka_unit_test_setup(a_secret_with_a_line_end_is_refused_and_not_told, without_environment),
        cmocka_unit_test_setup(an_endless_secret_is_refused, without_environment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
