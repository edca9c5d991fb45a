/* Where AWS's keys come from: each place, their order, and each wrong answer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "aws_environment.h"
#include "base/clock.h"
#include "cloud/aws/provider.h"
#include "scratch.h"
#include "scripted_server.h"

#define HUSH "hush-hush"
#define KEYS(access)                                                                                                   \
    "{\"Code\": \"Success\", \"AccessKeyId\": \"" access "\", \"SecretAccessKey\": \"" HUSH "\", \"Token\": \"" HUSH   \
    "-token\", \"Expiration\": \"2099-01-01T00:00:00Z\"}"
#define SESSION(action, access)                                                                                        \
    "<" action "Response xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><" action "Result><Credentials>"          \
    "<AccessKeyId>" access "</AccessKeyId><SecretAccessKey>" HUSH "</SecretAccessKey><SessionToken>" HUSH              \
    "-token</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></" action "Result></" action     \
    "Response>"
#define STS_BODY(action, rest) "Action=" action "&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2F" rest

#define TOKEN                                                                                                          \
    {                                                                                                                  \
        "PUT", "/latest/api/token", {"x-aws-ec2-metadata-token-ttl-seconds: 21600"}, .status = "200 OK",               \
                                                                                     .reply = "instance-token=="       \
    }
#define ROLE_PATH "/latest/meta-data/iam/security-credentials/"
#define ROLE(answer)                                                                                                   \
    {                                                                                                                  \
        "GET", ROLE_PATH, {"x-aws-ec2-metadata-token: instance-token=="}, .status = "200 OK", .reply = answer          \
    }

static struct scripted_server *server;

static void serve(const struct exchange *exchanges, size_t count)
{
    server = scripted_server_start(exchanges, count);
    setenv("AWS_ENDPOINT_URL_STS", scripted_server_endpoint(server), 1);
}
#define SERVE(exchanges) serve(exchanges, sizeof(exchanges) / sizeof *(exchanges))

static void with_instance(void)
{
    unsetenv("AWS_EC2_METADATA_DISABLED");
    setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", scripted_server_endpoint(server), 1);
}

static void with_container(const char *path)
{
    char uri[256];
    snprintf(uri, sizeof uri, "%s%s", scripted_server_endpoint(server), path);
    setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", uri, 1);
}

static void profiles_are(const char *config)
{
    FILE *file = fopen("config", "w");
    assert_non_null(file);
    fputs(config, file);
    fclose(file);
    setenv("AWS_CONFIG_FILE", "config", 1);
}

static int open_provider(struct credentials_source source, struct credentials_provider **provider, jb_error *error)
{
    static const struct http_options http = {.backoff_base_ms = 2, .backoff_max_ms = 5};
    source.http = &http;
    source.region = "eu-west-1";
    assert_int_equal(jb_library_init(NULL), JB_OK);
    *provider = NULL;
    int code = credentials_provider_new(&source, provider, error);
    assert_null(strstr(error->text, HUSH));
    assert_null(strstr(error->hint, HUSH));
    return code;
}

static void gives(struct credentials_source source, const char *access_key)
{
    struct credentials_provider *provider;
    struct credentials keys;
    jb_error error = JB_ERROR_INIT;
    if (open_provider(source, &provider, &error) != JB_OK)
        fail_msg("%s", error.text);
    assert_int_equal(credentials_provider_get(provider, &keys, &error), JB_OK);
    assert_string_equal(keys.access_key, access_key);
    assert_string_equal(keys.secret_key, HUSH);
    credentials_clean_up(&keys);
    credentials_provider_free(provider);
}

static void fails(struct credentials_source source, int code, const char *why)
{
    struct credentials_provider *provider;
    jb_error error = JB_ERROR_INIT;
    int got = open_provider(source, &provider, &error);
    if (got != code || strstr(error.text, why) == NULL)
        fail_msg("%d: %s", got, error.text);
}

static const struct credentials_source chain = {.profile = NULL};

static void options_go_before_profile_and_environment(void **state)
{
    (void)state;
    setenv("AWS_ACCESS_KEY_ID", "ENVIRONMENT", 1);
    setenv("AWS_SECRET_ACCESS_KEY", HUSH, 1);
    profiles_are("[default]\naws_access_key_id = DEFAULT\naws_secret_access_key = " HUSH
                 "\n[profile work]\naws_access_key_id = WORK\naws_secret_access_key = " HUSH "\n");
    gives((struct credentials_source){.access_key = "OPTION", .secret_key = HUSH, .profile = "work"}, "OPTION");
    gives((struct credentials_source){.profile = "work"}, "WORK");
    gives(chain, "ENVIRONMENT");
    setenv("AWS_PROFILE", "work", 1);
    gives(chain, "ENVIRONMENT"); /* as AWS's own tools have it: only an option goes before the keys */
    unsetenv("AWS_ACCESS_KEY_ID"), unsetenv("AWS_SECRET_ACCESS_KEY");
    gives(chain, "WORK");
    unsetenv("AWS_PROFILE");
    gives(chain, "DEFAULT");
}

static void no_keys_anywhere_are_told_with_every_place(void **state)
{
    (void)state;
    int64_t began = clock_monotonic_ms();
    fails(chain, JB_ERROR_ACCESS, "there are no credentials");
    fails(chain, JB_ERROR_ACCESS, "instance's endpoint");
    assert_true(clock_monotonic_ms() - began < 2000);
}

static void a_web_identity_takes_on_its_role(void **state)
{
    (void)state;
    static const struct exchange script[] = {
        {"POST",
         "/",
         {"!authorization"},
         .body = STS_BODY("AssumeRoleWithWebIdentity", "r&RoleSessionName=pod&WebIdentityToken=a.b-c%2B%2F"),
         .status = "200 OK",
         .reply = SESSION("AssumeRoleWithWebIdentity", "WEB")}};
    SERVE(script);
    scratch_run("printf 'a.b-c+/\\n' > token");
    setenv("AWS_WEB_IDENTITY_TOKEN_FILE", "token", 1);
    fails(chain, JB_ERROR_USAGE, "AWS_ROLE_ARN is not");
    setenv("AWS_ROLE_ARN", "arn:aws:iam::1:role/r", 1);
    setenv("AWS_ROLE_SESSION_NAME", "pod", 1);
    gives(chain, "WEB");
    setenv("AWS_WEB_IDENTITY_TOKEN_FILE", "nowhere", 1);
    fails(chain, JB_ERROR_NOT_FOUND, "cannot open the web identity token 'nowhere'");
    scratch_run("printf '\\n' > empty; printf 'a\\0b' > nul; head -c 20001 /dev/zero | tr '\\0' x > long");
    setenv("AWS_WEB_IDENTITY_TOKEN_FILE", "empty", 1);
    fails(chain, JB_ERROR_FORMAT, "is empty");
    setenv("AWS_WEB_IDENTITY_TOKEN_FILE", "nul", 1);
    fails(chain, JB_ERROR_FORMAT, "NUL");
    setenv("AWS_WEB_IDENTITY_TOKEN_FILE", "long", 1);
    fails(chain, JB_ERROR_LIMIT, "longer than 20000 bytes");
    scripted_server_stop(server);
}

static void an_expired_web_identity_is_told_without_the_token(void **state)
{
    (void)state;
    static const struct exchange script[] = {
        {"POST",
         "/",
         {0},
         .status = "400 Bad Request",
         .reply = "<ErrorResponse><Error><Code>ExpiredTokenException</Code><Message>Token " HUSH
                  "-and-much-more-of-it is expired</Message></Error></ErrorResponse>"}};
    SERVE(script);
    scratch_run("printf " HUSH "-and-much-more-of-it > token");
    setenv("AWS_WEB_IDENTITY_TOKEN_FILE", "token", 1);
    setenv("AWS_ROLE_ARN", "arn:aws:iam::1:role/r", 1);
    fails(chain, JB_ERROR_ACCESS, "cannot assume the role 'arn:aws:iam::1:role/r': ExpiredTokenException (status 400)");
    scripted_server_stop(server);
}

static void profiles_take_on_roles_by_one_another(void **state)
{
    (void)state;
    static const struct exchange script[] = {
        {"POST",
         "/",
         {"authorization: AWS4-HMAC-SHA256 Credential=BASE/*", "!x-amz-security-token"},
         .body = STS_BODY("AssumeRole", "inner&RoleSessionName=jpsbackup&DurationSeconds=900"),
         .status = "200 OK",
         .reply = SESSION("AssumeRole", "INNER")},
        {"POST",
         "/",
         {"authorization: AWS4-HMAC-SHA256 Credential=INNER/*", "x-amz-security-token: " HUSH "-token"},
         .body = STS_BODY("AssumeRole", "outer&RoleSessionName=me&ExternalId=x%20y"),
         .status = "200 OK",
         .reply = SESSION("AssumeRole", "OUTER")},
    };
    SERVE(script);
    profiles_are("[profile outer]\nrole_arn = arn:aws:iam::1:role/outer\nsource_profile = inner\nexternal_id = x y\n"
                 "role_session_name = me\n"
                 "[profile inner]\nrole_arn = arn:aws:iam::1:role/inner\nsource_profile = inner\n"
                 "duration_seconds = 900\naws_access_key_id = BASE\naws_secret_access_key = " HUSH "\n");
    gives((struct credentials_source){.profile = "outer"}, "OUTER");
    scripted_server_stop(server);
}

static void profiles_in_a_loop_or_too_many_are_refused(void **state)
{
    (void)state;
    char config[2048] =
        "[profile a]\nrole_arn = r\nsource_profile = b\n[profile b]\nrole_arn = r\nsource_profile = a\n";
    for (int i = 0; i < 9; i++)
        snprintf(config + strlen(config), sizeof config - strlen(config),
                 "[profile p%d]\nrole_arn = r\nsource_profile = p%d\n", i, i + 1);
    profiles_are(config);
    fails((struct credentials_source){.profile = "a"}, JB_ERROR_USAGE, "'a' and 'b' refer to one another in a loop");
    fails((struct credentials_source){.profile = "p0"}, JB_ERROR_LIMIT, "more than 8 profiles");
}

static void profiles_that_cannot_work_say_why(void **state)
{
    (void)state;
    profiles_are("[profile program]\ncredential_process = /bin/echo " HUSH "\n[profile sso]\nsso_session = x\n"
                 "[profile mfa]\nrole_arn = r\nmfa_serial = m\nsource_profile = half\n"
                 "[profile half]\naws_secret_access_key = " HUSH "\n[profile lonely]\nrole_arn = r\n"
                 "[profile both]\nrole_arn = r\nsource_profile = half\ncredential_source = Environment\n"
                 "[profile odd]\nrole_arn = r\ncredential_source = Elsewhere\n"
                 "[profile none]\nrole_arn = r\ncredential_source = Environment\n"
                 "[profile gone]\nrole_arn = r\nsource_profile = nobody\n[profile empty]\nregion = x\n"
                 "[profile bare]\nrole_arn = r\nsource_profile = empty\n"
                 "[profile short]\nrole_arn = r\nduration_seconds = 899\nsource_profile = half\n");
    static const struct {
        const char *name;
        int code;
        const char *why;
    } cases[] = {
        {"program", JB_ERROR_UNSUPPORTED, "credential_process"},
        {"sso", JB_ERROR_UNSUPPORTED, "single sign-on"},
        {"mfa", JB_ERROR_UNSUPPORTED, "mfa_serial"},
        {"half", JB_ERROR_USAGE, "the profile 'half': the access key is missing"},
        {"lonely", JB_ERROR_USAGE, "not who takes it on"},
        {"both", JB_ERROR_USAGE, "both source_profile and credential_source"},
        {"odd", JB_ERROR_USAGE, "'Elsewhere'"},
        {"none", JB_ERROR_ACCESS, "'Environment'"},
        {"gone", JB_ERROR_USAGE, "there is no profile 'nobody'"},
        {"empty", JB_ERROR_ACCESS, "there are no credentials"},
        {"bare", JB_ERROR_ACCESS, "has no keys"},
        {"short", JB_ERROR_USAGE, "duration_seconds"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        fails((struct credentials_source){.profile = cases[i].name}, cases[i].code, cases[i].why);
}

static void a_container_gives_keys_to_whoever_has_its_token(void **state)
{
    (void)state;
    static const struct exchange script[] = {
        {"GET", "/keys?id=1", {"authorization: Bearer x"}, .status = "200 OK", .reply = KEYS("VARIABLE")},
        {"GET", "/keys?id=1", {"authorization: Bearer y"}, .status = "200 OK", .reply = KEYS("FILE")},
        {"GET", "/keys?id=1", {"!authorization"}, .status = "200 OK", .reply = KEYS("OPEN")},
    };
    SERVE(script);
    with_container("/keys?id=1");
    setenv("http_proxy", "http://127.0.0.1:1", 1); /* keys never pass a proxy */
    setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN", "Bearer x", 1);
    gives(chain, "VARIABLE");
    scratch_run("printf 'Bearer y\\n' > token");
    setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "token", 1);
    gives(chain, "FILE");
    unsetenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"), unsetenv("AWS_CONTAINER_AUTHORIZATION_TOKEN");
    gives(chain, "OPEN");
    unsetenv("http_proxy");
    scripted_server_stop(server);
}

static void wrong_answers_of_a_container_are_errors(void **state)
{
    (void)state;
    static const struct {
        const char *status, *reply;
        int code;
        const char *why;
    } cases[] = {
        {"403 Forbidden", HUSH, JB_ERROR_ACCESS, "refuses (status 403)"},
        {"302 Found", "", JB_ERROR_ACCESS, "refuses (status 302)"},
        {"200 OK", "", JB_ERROR_FORMAT, "no valid JSON"},
        {"200 OK", "{\"SecretAccessKey\": \"" HUSH, JB_ERROR_FORMAT, "no valid JSON"},
        {"200 OK", "[\"" HUSH "\"]", JB_ERROR_FORMAT, "lacks keys"},
        {"200 OK", "{\"Code\": \"Nope\"}", JB_ERROR_ACCESS, "gives no keys: Nope"},
        {"200 OK", "{\"AccessKeyId\": \"A\", \"SecretAccessKey\": 1}", JB_ERROR_FORMAT, "lacks keys"},
        {"200 OK", "{\"AccessKeyId\": \"A\", \"SecretAccessKey\": \"" HUSH "\", \"Expiration\": \"soon\"}",
         JB_ERROR_FORMAT, "is no date"},
        {"200 OK", "{\"AccessKeyId\": \"A\", \"SecretAccessKey\": \"" HUSH "\\n\"}", JB_ERROR_FORMAT, "holds a blank"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct exchange script[] = {{"GET", "/", {0}, .status = cases[i].status, .reply = cases[i].reply}};
        SERVE(script);
        with_container("/");
        fails(chain, cases[i].code, cases[i].why);
        scripted_server_stop(server);
    }
    static char large[70000];
    memset(large, ' ', sizeof large - 1);
    const struct exchange script[] = {{"GET", "/", {0}, .status = "200 OK", .reply = large}};
    SERVE(script);
    with_container("/");
    fails(chain, JB_ERROR_LIMIT, "longer than 65536 bytes");
    scripted_server_stop(server);
}

static void a_container_that_stumbles_is_asked_again(void **state)
{
    (void)state;
    static const struct exchange script[] = {
        {"GET", "/", {0}, .status = "503 Busy"},
        {"GET", "/", {0}, .status = "200 OK", .reply = KEYS("SECOND")},
    };
    SERVE(script);
    with_container("/");
    gives(chain, "SECOND");
    scripted_server_stop(server);
}

static void container_addresses_that_leave_the_machine_are_refused(void **state)
{
    (void)state;
    static const char *const others[] = {"http://example.com/",           "http://169.254.170.2.example.com/",
                                         "http://127.0.0.1.example.com/", "http://10.0.0.1/",
                                         "http://169.254.170.4/",         "http://127.0.0.1x/"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", others[i], 1);
        fails(chain, JB_ERROR_USAGE, "another machine over plain HTTP");
    }
    static const char *const wrong[] = {"ftp://127.0.0.1/", "http://", "http://127.0.0.1@example.com/",
                                        "http://127.0.0.1/\r\nx: y", "127.0.0.1"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", wrong[i], 1);
        fails(chain, JB_ERROR_USAGE, "AWS_CONTAINER_CREDENTIALS_FULL_URI is malformed");
    }
    setenv("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "@example.com/", 1);
    fails(chain, JB_ERROR_USAGE, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI is malformed");
}

static void an_instance_gives_keys_by_its_token_alone(void **state)
{
    (void)state;
    static const struct exchange script[] = {
        TOKEN,
        ROLE("the-role\n"),
        {"GET",
         ROLE_PATH "the-role",
         {"x-aws-ec2-metadata-token: instance-token=="},
         .status = "200 OK",
         .reply = KEYS("INSTANCE")},
    };
    SERVE(script);
    with_instance();
    gives(chain, "INSTANCE");
    scripted_server_stop(server);
}

static void an_instance_that_refuses_or_has_no_role_is_none(void **state)
{
    (void)state;
    static const struct exchange refused[] = {{"PUT", "/latest/api/token", {0}, .status = "403 Forbidden"}};
    static const struct exchange roleless[] = {TOKEN, {"GET", ROLE_PATH, {0}, .status = "404 Not Found"}};
    SERVE(refused);
    with_instance();
    fails(chain, JB_ERROR_ACCESS, "there are no credentials");
    scripted_server_stop(server);
    SERVE(roleless);
    with_instance();
    fails(chain, JB_ERROR_ACCESS, "there are no credentials");
    scripted_server_stop(server);
}

static void an_instance_that_is_silent_costs_few_seconds(void **state)
{
    (void)state;
    static const struct exchange script[] = {{"PUT", "/latest/api/token", {0}, .fault = FAULT_SILENT},
                                             {"PUT", "/latest/api/token", {0}, .fault = FAULT_SILENT}};
    SERVE(script);
    with_instance();
    int64_t began = clock_monotonic_ms();
    fails(chain, JB_ERROR_ACCESS, "there are no credentials");
    assert_true(clock_monotonic_ms() - began < 4500);
    scripted_server_stop(server);
}

static void wrong_answers_of_an_instance_are_errors(void **state)
{
    (void)state;
    static const struct exchange blank[] = {
        {"PUT", "/latest/api/token", {0}, .status = "200 OK", .reply = "a token\r\nx: y"}};
    static const struct exchange empty[] = {TOKEN, ROLE("")};
    static const struct exchange folder[] = {TOKEN, ROLE("../../user-data")};
    static const struct exchange keys[] = {
        TOKEN,
        ROLE("r"),
        {"GET", ROLE_PATH "r", {0}, .status = "200 OK", .reply = "{\"Code\": \"AssumeRoleUnauthorizedAccess\"}"}};
    SERVE(blank);
    with_instance();
    fails(chain, JB_ERROR_FORMAT, "malformed token");
    scripted_server_stop(server);
    SERVE(empty);
    with_instance();
    fails(chain, JB_ERROR_FORMAT, "malformed role");
    scripted_server_stop(server);
    SERVE(folder);
    with_instance();
    fails(chain, JB_ERROR_FORMAT, "malformed role");
    scripted_server_stop(server);
    SERVE(keys);
    with_instance();
    fails(chain, JB_ERROR_ACCESS, "AssumeRoleUnauthorizedAccess");
    scripted_server_stop(server);
}

static void a_disabled_instance_is_not_asked(void **state)
{
    (void)state;
    serve(NULL, 0);
    with_instance();
    setenv("AWS_EC2_METADATA_DISABLED", "TRUE", 1);
    fails(chain, JB_ERROR_ACCESS, "there are no credentials");
    scripted_server_stop(server);
}

static void keys_that_never_change_cannot_be_renewed(void **state)
{
    (void)state;
    struct credentials_provider *provider;
    jb_error error = JB_ERROR_INIT;
    assert_int_equal(
        open_provider((struct credentials_source){.access_key = "A", .secret_key = HUSH}, &provider, &error), JB_OK);
    assert_false(credentials_provider_expired(provider));
    credentials_provider_free(provider);
}

static bool has_key(struct credentials_provider *provider, const char *access_key, int64_t within_ms)
{
    int64_t until = clock_monotonic_ms() + within_ms;
    bool same = false;
    do {
        struct credentials keys;
        assert_int_equal(credentials_provider_get(provider, &keys, NULL), JB_OK);
        same = strcmp(keys.access_key, access_key) == 0;
        credentials_clean_up(&keys);
        usleep(5000);
    } while (!same && clock_monotonic_ms() < until);
    return same;
}

static void a_profile_that_was_rewritten_is_read_again_once_its_keys_expired(void **state)
{
    (void)state;
    struct credentials_provider *provider;
    jb_error error = JB_ERROR_INIT;
    profiles_are("[default]\naws_access_key_id = OLD\naws_secret_access_key = " HUSH "\n");
    assert_int_equal(open_provider(chain, &provider, &error), JB_OK);
    profiles_are("[default]\naws_access_key_id = NEW\naws_secret_access_key = " HUSH "\n");
    assert_true(has_key(provider, "OLD", 0));
    assert_true(credentials_provider_expired(provider));
    assert_true(has_key(provider, "NEW", 10000));
    credentials_provider_free(provider);
}

static void keys_that_ended_and_cannot_be_renewed_are_not_given(void **state)
{
    (void)state;
    static const struct exchange script[] = {
        {"GET",
         "/",
         {0},
         .status = "200 OK",
         .reply =
             "{\"AccessKeyId\": \"OLD\", \"SecretAccessKey\": \"" HUSH "\", \"Expiration\": \"2001-01-01T00:00:00Z\"}"},
        {"GET", "/", {0}, .status = "403 Forbidden"},
    };
    struct credentials_provider *provider;
    jb_error error = JB_ERROR_INIT;
    SERVE(script);
    with_container("/");
    assert_int_equal(open_provider(chain, &provider, &error), JB_OK);
    int code;
    int64_t until = clock_monotonic_ms() + 10000;
    do {
        struct credentials keys = {NULL, NULL, NULL};
        code = credentials_provider_get(provider, &keys, &error);
        credentials_clean_up(&keys);
        usleep(5000);
    } while (code == JB_OK && clock_monotonic_ms() < until);
    assert_int_equal(code, JB_ERROR_ACCESS);
    assert_non_null(strstr(error.text, "the keys have expired and cannot be renewed"));
    credentials_provider_free(provider);
    scripted_server_stop(server);
}

static void a_provider_goes_at_once_though_its_source_is_silent(void **state)
{
    (void)state;
    static const struct exchange script[] = {{"GET", "/", {0}, .status = "200 OK", .reply = KEYS("FIRST")},
                                             {"GET", "/", {0}, .fault = FAULT_SILENT}};
    SERVE(script);
    with_container("/");
    struct credentials_provider *provider;
    jb_error error = JB_ERROR_INIT;
    assert_int_equal(open_provider(chain, &provider, &error), JB_OK);
    assert_true(credentials_provider_expired(provider));
    int64_t until = clock_monotonic_ms() + 10000;
    while (scripted_server_used(server) < 2 && clock_monotonic_ms() < until)
        usleep(5000);
    int64_t began = clock_monotonic_ms();
    credentials_provider_free(provider);
    assert_true(clock_monotonic_ms() - began < 900);
    scripted_server_stop(server);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, aws_environment_clear)
    const struct CMUnitTest tests[] = {
        TEST(options_go_before_profile_and_environment),
        TEST(no_keys_anywhere_are_told_with_every_place),
        TEST(a_web_identity_takes_on_its_role),
        TEST(an_expired_web_identity_is_told_without_the_token),
        TEST(profiles_take_on_roles_by_one_another),
        TEST(profiles_in_a_loop_or_too_many_are_refused),
        TEST(profiles_that_cannot_work_say_why),
        TEST(a_container_gives_keys_to_whoever_has_its_token),
        TEST(wrong_answers_of_a_container_are_errors),
        TEST(a_container_that_stumbles_is_asked_again),
        TEST(container_addresses_that_leave_the_machine_are_refused),
        TEST(an_instance_gives_keys_by_its_token_alone),
        TEST(an_instance_that_refuses_or_has_no_role_is_none),
        TEST(an_instance_that_is_silent_costs_few_seconds),
        TEST(wrong_answers_of_an_instance_are_errors),
        TEST(a_disabled_instance_is_not_asked),
        TEST(keys_that_never_change_cannot_be_renewed),
        TEST(a_profile_that_was_rewritten_is_read_again_once_its_keys_expired),
        TEST(keys_that_ended_and_cannot_be_renewed_are_not_given),
        TEST(a_provider_goes_at_once_though_its_source_is_silent),
    };
    scratch_enter();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    scratch_leave();
    return failed;
}
