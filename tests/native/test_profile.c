/* AWS's shared files: what they say, and what is wrong with them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "aws_environment.h"
#include "cloud/aws/ini.h"
#include "cloud/aws/profile.h"
#include "cloud/aws/region.h"
#include "scratch.h"

static void write_file(const char *name, const char *bytes, size_t count)
{
    FILE *file = fopen(name, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, count, file), count);
    assert_int_equal(fclose(file), 0);
}

/* Either may be NULL: that file is not there. */
static void files_are(const char *config, const char *credentials)
{
    scratch_run("rm -rf config credentials");
    if (config != NULL)
        write_file("config", config, strlen(config));
    if (credentials != NULL)
        write_file("credentials", credentials, strlen(credentials));
    setenv("AWS_CONFIG_FILE", "config", 1);
    setenv("AWS_SHARED_CREDENTIALS_FILE", "credentials", 1);
}

static struct profile loaded(const char *name)
{
    struct profile profile;
    jb_error error = JB_ERROR_INIT;
    if (profile_load(name, &profile, &error) != JB_OK)
        fail_msg("%s", error.text);
    return profile;
}

static void is_refused(const char *text, int code, const char *why)
{
    struct profile profile = {.found = false};
    jb_error error = JB_ERROR_INIT;
    assert_int_equal(profile_take(&profile, "default", false, text, strlen(text), &error), code);
    assert_non_null(strstr(error.text, why));
    assert_null(strstr(error.text, "hush"));
    profile_clean_up(&profile);
}

static void sections_are_named_as_each_file_names_them(void **state)
{
    (void)state;
    files_are(
        "[default]\nregion = one\n[profile work]\nregion=two\n[work]\nregion = wrong\n[sso-session work]\nx = y\n",
        "[work]\naws_access_key_id = KEY\n[profile work]\naws_access_key_id = WRONG\n");
    struct profile profile = loaded("work");
    assert_true(profile.found);
    assert_string_equal(profile.values[PROFILE_REGION], "two");
    assert_string_equal(profile.values[PROFILE_ACCESS_KEY], "KEY");
    profile_clean_up(&profile);
    profile = loaded("default");
    assert_string_equal(profile.values[PROFILE_REGION], "one");
    profile_clean_up(&profile);
    profile = loaded("nobody");
    assert_false(profile.found);
    profile_clean_up(&profile);
}

static void keys_of_the_credentials_file_win_as_a_whole(void **state)
{
    (void)state;
    files_are(
        "[default]\naws_access_key_id = OLD\naws_secret_access_key = old\naws_session_token = stale\nregion = r\n",
        "[default]\naws_access_key_id = NEW\naws_secret_access_key = new\n");
    struct profile profile = loaded("default");
    assert_string_equal(profile.values[PROFILE_ACCESS_KEY], "NEW");
    assert_string_equal(profile.values[PROFILE_SECRET_KEY], "new");
    assert_null(profile.values[PROFILE_SESSION_TOKEN]);
    assert_string_equal(profile.values[PROFILE_REGION], "r");
    profile_clean_up(&profile);
}

static void blanks_comments_case_and_further_lines_are_understood(void **state)
{
    (void)state;
    files_are(NULL, "# first\r\n; second\r\n\r\n[ default ] # here\r\n  \r\nREGION=\t eu-west-1 \t# why\r\n"
                    "s3 =\r\n  region = wrong\r\n\tmax = 1\r\naws_secret_access_key = a#b;c=d+/\r\n"
                    "role_arn = first\r\nrole_arn = last");
    struct profile profile = loaded("default");
    assert_string_equal(profile.values[PROFILE_REGION], "eu-west-1");
    assert_string_equal(profile.values[PROFILE_SECRET_KEY], "a#b;c=d+/");
    assert_string_equal(profile.values[PROFILE_ROLE], "last");
    profile_clean_up(&profile);
}

static void files_that_are_not_there_are_empty(void **state)
{
    (void)state;
    files_are(NULL, NULL);
    struct profile profile = loaded("default");
    assert_false(profile.found);
    profile_clean_up(&profile);
}

static void malformed_lines_are_named_by_number_and_not_told(void **state)
{
    (void)state;
    is_refused("[default]\nhush-hush\n", JB_ERROR_FORMAT, "line 2 is neither a section nor a setting");
    is_refused("[default]\n= hush-hush\n", JB_ERROR_FORMAT, "line 2");
    is_refused("\n\n[hush", JB_ERROR_FORMAT, "line 3 begins a section");
    char *text = calloc(1, INI_LINE_MAX + 64);
    memset(text, 'x', INI_LINE_MAX + 1);
    memcpy(text, "a=hush", 6);
    is_refused(text, JB_ERROR_FORMAT, "line 1 is too long");
    memset(text, 'x', 400);
    text[0] = '[', text[400] = ']', text[401] = '\0';
    is_refused(text, JB_ERROR_FORMAT, "too long a name");
    free(text);
}

static void fails_to_load(int code, const char *why)
{
    struct profile profile;
    jb_error error = JB_ERROR_INIT;
    assert_int_equal(profile_load("default", &profile, &error), code);
    if (strstr(error.text, why) == NULL)
        fail_msg("%s", error.text);
    assert_null(strstr(error.text, "hush"));
    profile_clean_up(&profile);
}

static void files_that_hold_nul_or_are_too_long_or_no_files_are_refused(void **state)
{
    (void)state;
    files_are("[default]\n", NULL);
    write_file("credentials", "[default]\nregion=hush\0hush\n", 26);
    fails_to_load(JB_ERROR_FORMAT, "the credentials file 'credentials' holds a NUL byte");
    scratch_run("head -c 1048577 /dev/zero | tr '\\0' '\\n' > credentials");
    fails_to_load(JB_ERROR_LIMIT, "is longer than 1048576 bytes");
    scratch_run("rm credentials && mkfifo credentials");
    fails_to_load(JB_ERROR_FORMAT, "is not a regular file");
    scratch_run("rm credentials && mkdir credentials");
    fails_to_load(JB_ERROR_FORMAT, "is not a regular file");
}

static void region_is(const char *option, const char *profile, const char *expected)
{
    char *region = NULL;
    jb_error error = JB_ERROR_INIT;
    if (region_choose(option, profile, &region, &error) != JB_OK)
        fail_msg("%s", error.text);
    assert_string_equal(region, expected);
    free(region);
}

static void the_region_comes_from_option_environment_or_profile(void **state)
{
    (void)state;
    files_are("[default]\nregion = by-default\n[profile work]\nregion = by-work\n", NULL);
    region_is(NULL, NULL, "by-default");
    region_is(NULL, "work", "by-work");
    region_is(NULL, "without", "us-east-1");
    setenv("AWS_PROFILE", "work", 1);
    region_is("", "", "by-work");
    setenv("AWS_DEFAULT_REGION", "general", 1);
    region_is(NULL, "work", "general");
    setenv("AWS_REGION", "special", 1);
    region_is(NULL, NULL, "special");
    region_is("own", NULL, "own");
}

static void a_broken_file_matters_to_the_region_only_where_a_profile_was_named(void **state)
{
    (void)state;
    files_are("what is this\n", NULL);
    region_is(NULL, NULL, "us-east-1");
    region_is("own", "work", "own");
    char *region = NULL;
    jb_error error = JB_ERROR_INIT;
    assert_int_equal(region_choose(NULL, "work", &region, &error), JB_ERROR_FORMAT);
    assert_null(region);
    files_are("[default]\nregion = a b\n", NULL);
    assert_int_equal(region_choose(NULL, NULL, &region, &error), JB_ERROR_USAGE);
    assert_non_null(strstr(error.text, "'a b'"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(sections_are_named_as_each_file_names_them, aws_environment_clear),
        cmocka_unit_test_setup(keys_of_the_credentials_file_win_as_a_whole, aws_environment_clear),
        cmocka_unit_test_setup(blanks_comments_case_and_further_lines_are_understood, aws_environment_clear),
        cmocka_unit_test_setup(files_that_are_not_there_are_empty, aws_environment_clear),
        cmocka_unit_test_setup(malformed_lines_are_named_by_number_and_not_told, aws_environment_clear),
        cmocka_unit_test_setup(files_that_hold_nul_or_are_too_long_or_no_files_are_refused, aws_environment_clear),
        cmocka_unit_test_setup(the_region_comes_from_option_environment_or_profile, aws_environment_clear),
        cmocka_unit_test_setup(a_broken_file_matters_to_the_region_only_where_a_profile_was_named,
                               aws_environment_clear),
    };
    scratch_enter();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    scratch_leave();
    return failed;
}
