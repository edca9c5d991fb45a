/* Tokens of Azure: what is asked of each of the three services, and what each answer or fault becomes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/operation.h"
#include "base/secret.h"
#include "cloud/azure/principal.h"
#include "cloud/azure/token.h"
#include "scripted_server.h"

#define TENANT "11111111-2222-3333-4444-555555555555"
#define CLIENT "66666666-7777-8888-9999-000000000000"
#define SECRET "hush~hush.8Q"
#define TARGET "/" TENANT "/oauth2/v2.0/token"
#define FORM                                                                                                           \
    "client_id=" CLIENT "&client_secret=hush~hush.8Q&grant_type=client_credentials&"                                   \
    "scope=https%3A%2F%2Fmanagement.azure.com%2F.default"
#define IMDS_TARGET  "/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https%3A%2F%2Fmanagement.azure.com"
#define TOKEN_ANSWER "{\"token_type\":\"Bearer\",\"expires_in\":3599,\"access_token\":\"token-1\"}"

#define POST_FORM(...)                                                                                                 \
    {                                                                                                                  \
        "POST", TARGET, {"content-type: application/x-www-form-urlencoded"}, .body = FORM, __VA_ARGS__                 \
    }
#define COUNT(script) (sizeof(script) / sizeof *(script))

static int without_environment(void **state)
{
    (void)state;
    static const char *const names[] = {"AZURE_TENANT_ID",
                                        "AZURE_CLIENT_ID",
                                        "AZURE_CLIENT_SECRET",
                                        "AZURE_AUTHORITY_HOST",
                                        "IDENTITY_ENDPOINT",
                                        "IDENTITY_HEADER",
                                        "AZURE_POD_IDENTITY_AUTHORITY_HOST",
                                        "http_proxy"};
    for (size_t i = 0; i < COUNT(names); i++)
        unsetenv(names[i]);
    return jb_library_init(NULL);
}

static const struct http_options tuning = {.tries = 3,
                                           .stall_ms = 300,
                                           .connect_timeout_ms = 1000,
                                           .backoff_base_ms = 2,
                                           .backoff_max_ms = 10,
                                           .retry_after_max_ms = 100};

static struct azure_principal principal_at(const char *login)
{
    return (struct azure_principal){.tenant = TENANT,
                                    .client = CLIENT,
                                    .secret = SECRET,
                                    .login = login,
                                    .resource = "https://management.azure.com",
                                    .http = &tuning};
}

static struct azure_principal machine(void)
{
    return (struct azure_principal){.resource = "https://management.azure.com", .http = &tuning};
}

static void expect_token(struct azure_tokens *tokens, const char *wanted)
{
    char *token = NULL;
    assert_int_equal(azure_tokens_get(tokens, &token, NULL), JB_OK);
    assert_string_equal(token, wanted);
    secret_free(token);
}

/* Asks the scripted server; the code, with what no error may hold. */
static int ask(const struct exchange *script, size_t count, const char *wanted_token, jb_error *error)
{
    struct scripted_server *server = scripted_server_start(script, count);
    struct azure_principal principal = principal_at(scripted_server_endpoint(server));
    struct azure_tokens *tokens = NULL;
    *error = (jb_error)JB_ERROR_INIT;
    int code = azure_tokens_new(&principal, &tokens, error);
    if (code == JB_OK)
        expect_token(tokens, wanted_token);
    assert_null(strstr(error->text, "hush"));
    assert_null(strstr(error->hint, "hush"));
    azure_tokens_free(tokens);
    scripted_server_stop(server);
    return code;
}

static void a_secret_buys_a_token(void **state)
{
    (void)state;
    const struct exchange script[] = {POST_FORM(.status = "200 OK", .reply = TOKEN_ANSWER)};
    jb_error error;
    assert_int_equal(ask(script, COUNT(script), "token-1", &error), JB_OK);
}

static void the_environment_names_the_principal_and_the_login_host(void **state)
{
    (void)state;
    const struct exchange script[] = {POST_FORM(.status = "200 OK", .reply = TOKEN_ANSWER)};
    struct scripted_server *server = scripted_server_start(script, 1);
    setenv("AZURE_TENANT_ID", TENANT, 1);
    setenv("AZURE_CLIENT_ID", CLIENT, 1);
    setenv("AZURE_CLIENT_SECRET", SECRET, 1);
    setenv("AZURE_AUTHORITY_HOST", scripted_server_endpoint(server), 1);
    struct azure_principal principal = machine();
    struct azure_tokens *tokens = NULL;
    assert_int_equal(azure_tokens_new(&principal, &tokens, NULL), JB_OK);
    expect_token(tokens, "token-1");
    azure_tokens_free(tokens);
    scripted_server_stop(server);
}

static void throttling_and_trouble_are_tried_again(void **state)
{
    (void)state;
    const struct exchange script[] = {
        POST_FORM(.status = "429 Too Many Requests", .reply_headers = "Retry-After: 0\r\n", .reply = "slow down"),
        POST_FORM(.status = "503 Service Unavailable", .reply = "{\"error\":\"temporarily_unavailable\"}"),
        POST_FORM(.status = "200 OK", .reply = TOKEN_ANSWER)};
    jb_error error;
    assert_int_equal(ask(script, COUNT(script), "token-1", &error), JB_OK);
}

static void a_wrong_secret_is_refused_with_a_hint(void **state)
{
    (void)state;
    const struct exchange script[] = {
        POST_FORM(.status = "401 Unauthorized",
                  .reply = "{\"error\":\"invalid_client\",\"error_description\":\"AADSTS7000215: Invalid client secret "
                           "provided. Trace ID: 1-2-3 Correlation ID: 4\",\"error_codes\":[7000215]}")};
    jb_error error;
    assert_int_equal(ask(script, COUNT(script), NULL, &error), JB_ERROR_ACCESS);
    assert_non_null(strstr(error.text, "invalid_client: AADSTS7000215: Invalid client secret provided. (status 401)"));
    assert_non_null(strstr(error.hint, "not its id"));
    assert_int_equal(error.store_status, 401);
}

static void an_answer_that_echoes_the_secret_is_not_told(void **state)
{
    (void)state;
    const struct exchange script[] = {
        POST_FORM(.status = "400 Bad Request",
                  .reply = "{\"error\":\"invalid_request\",\"error_description\":\"what is '" SECRET "'?\"}")};
    jb_error error;
    assert_int_equal(ask(script, COUNT(script), NULL, &error), JB_ERROR_ACCESS);
    assert_non_null(strstr(error.text, "invalid_request"));
}

static void answers_that_are_no_token_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *reply;
        jb_code code;
        const char *text;
    } cases[] = {
        {"", JB_ERROR_FORMAT, "no valid JSON"},
        {"hush hush", JB_ERROR_FORMAT, "no valid JSON"},
        {"[]", JB_ERROR_FORMAT, "no bearer token"},
        {"{}", JB_ERROR_FORMAT, "no bearer token"},
        {"{\"access_token\":7,\"expires_in\":3599}", JB_ERROR_FORMAT, "no bearer token"},
        {"{\"access_token\":\"\",\"expires_in\":3599}", JB_ERROR_FORMAT, "no bearer token"},
        {"{\"access_token\":\"a b\",\"expires_in\":3599}", JB_ERROR_FORMAT, "no bearer token"},
        {"{\"access_token\":\"a\\r\\nX: 1\",\"expires_in\":3599}", JB_ERROR_FORMAT, "no bearer token"},
        {"{\"access_token\":\"a\",\"token_type\":\"pop\",\"expires_in\":3599}", JB_ERROR_FORMAT, "no bearer token"},
        {"{\"access_token\":\"a\",\"access_token\":\"hush\",\"expires_in\":1}", JB_ERROR_FORMAT, "no valid JSON"},
        {"{\"access_token\":\"hush\"}", JB_ERROR_FORMAT, "when the token expires"},
        {"{\"access_token\":\"a\",\"expires_in\":-1}", JB_ERROR_FORMAT, "when the token expires"},
        {"{\"access_token\":\"a\",\"expires_in\":9007199254740993}", JB_ERROR_FORMAT, "when the token expires"},
        {"{\"access_token\":\"a\",\"expires_on\":\"99999999999999\"}", JB_ERROR_FORMAT, "when the token expires"},
        {"{\"access_token\":\"a\",\"expires_on\":1000}", JB_ERROR_ACCESS, "has expired already"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct exchange script[] = {POST_FORM(.status = "200 OK", .reply = cases[i].reply)};
        jb_error error;
        assert_int_equal(ask(script, 1, NULL, &error), cases[i].code);
        assert_non_null(strstr(error.text, cases[i].text));
        assert_non_null(strstr(error.text, "cannot get a token from 'http://127.0.0.1"));
    }
}

static void an_endless_answer_is_refused(void **state)
{
    (void)state;
    static char endless[100001];
    memset(endless, 'x', sizeof endless - 1);
    const struct exchange script[] = {POST_FORM(.status = "200 OK", .reply = endless)};
    jb_error error;
    assert_int_equal(ask(script, 1, NULL, &error), JB_ERROR_LIMIT);
}

static void a_redirect_is_not_followed(void **state)
{
    (void)state;
    const struct exchange script[] = {
        POST_FORM(.status = "302 Found", .reply_headers = "Location: http://127.0.0.1:1/\r\n")};
    jb_error error;
    assert_int_equal(ask(script, 1, NULL, &error), JB_ERROR_UNREACHABLE);
}

static void a_silent_service_is_given_up(void **state)
{
    (void)state;
    const struct exchange script[] = {
        POST_FORM(.fault = FAULT_SILENT), POST_FORM(.fault = FAULT_RESET_UNANSWERED),
        POST_FORM(.fault = FAULT_CLOSE_IN_REPLY, .status = "200 OK", .reply = TOKEN_ANSWER, .cut = 20)};
    jb_error error;
    assert_int_equal(ask(script, COUNT(script), NULL, &error), JB_ERROR_UNREACHABLE);
    assert_non_null(strstr(error.hint, "check the tenant"));
}

static void a_refused_token_is_replaced_in_the_background(void **state)
{
    (void)state;
    const struct exchange script[] = {
        POST_FORM(.status = "200 OK", .reply = TOKEN_ANSWER),
        POST_FORM(.status = "200 OK",
                  .reply = "{\"token_type\":\"Bearer\",\"expires_in\":3599,\"access_token\":\"token-2\"}")};
    struct scripted_server *server = scripted_server_start(script, 2);
    struct azure_principal principal = principal_at(scripted_server_endpoint(server));
    struct azure_tokens *tokens = NULL;
    assert_int_equal(azure_tokens_new(&principal, &tokens, NULL), JB_OK);
    azure_tokens_expired(tokens);
    expect_token(tokens, "token-1"); /* at once */
    int64_t until_ms = clock_monotonic_ms() + 10000;
    char *token = NULL;
    do {
        secret_free(token);
        assert_int_equal(azure_tokens_get(tokens, &token, NULL), JB_OK);
    } while (strcmp(token, "token-1") == 0 && clock_monotonic_ms() < until_ms);
    assert_string_equal(token, "token-2");
    secret_free(token);
    azure_tokens_free(tokens);
    scripted_server_stop(server);
}

static void the_end_waits_for_no_fetch(void **state)
{
    (void)state;
    static const struct http_options patient = {.tries = 3, .stall_ms = 60000};
    const struct exchange script[] = {POST_FORM(.status = "200 OK", .reply = TOKEN_ANSWER),
                                      POST_FORM(.fault = FAULT_SILENT)};
    struct scripted_server *server = scripted_server_start(script, 2);
    struct azure_principal principal = principal_at(scripted_server_endpoint(server));
    principal.http = &patient;
    struct azure_tokens *tokens = NULL;
    assert_int_equal(azure_tokens_new(&principal, &tokens, NULL), JB_OK);
    azure_tokens_expired(tokens);
    while (scripted_server_used(server) < 2)
        ;
    int64_t began_ms = clock_monotonic_ms();
    azure_tokens_free(tokens);
    assert_true(clock_monotonic_ms() - began_ms < 10000);
    scripted_server_stop(server);
}

static void a_virtual_machine_asks_its_metadata_service(void **state)
{
    (void)state;
    char answer[256];
    snprintf(answer, sizeof answer,
             "{\"access_token\":\"token-m\",\"expires_in\":\"1\",\"expires_on\":\"%lld\",\"token_type\":\"Bearer\"}",
             (long long)clock_now() + 80000);
    const struct exchange script[] = {
        {"GET", IMDS_TARGET, {"metadata: true", "!content-type"}, .status = "404 Not Found", .reply = "not yet"},
        {"GET", IMDS_TARGET, {"metadata: true"}, .status = "410 Gone"},
        {"GET", IMDS_TARGET, {"metadata: true"}, .status = "200 OK", .reply = answer}};
    struct scripted_server *server = scripted_server_start(script, 3);
    setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", scripted_server_endpoint(server), 1);
    setenv("http_proxy", "http://127.0.0.1:1", 1); /* of no use there */
    setenv("no_proxy", "", 1);
    struct azure_principal principal = machine();
    struct azure_tokens *tokens = NULL;
    jb_error error = JB_ERROR_INIT;
    if (azure_tokens_new(&principal, &tokens, &error) != JB_OK)
        fail_msg("%s", error.text);
    expect_token(tokens, "token-m");
    azure_tokens_free(tokens);
    scripted_server_stop(server);
}

static void an_app_service_asks_where_its_variables_say(void **state)
{
    (void)state;
    const struct exchange script[] = {{"GET",
                                       "/msi/token?api-version=2019-08-01&client_id=" CLIENT
                                       "&resource=https%3A%2F%2Fmanagement.azure.com",
                                       {"x-identity-header: hush-header", "!metadata"},
                                       .status = "200 OK",
                                       .reply = TOKEN_ANSWER}};
    struct scripted_server *server = scripted_server_start(script, 1);
    char endpoint[128];
    snprintf(endpoint, sizeof endpoint, "%s/msi/token", scripted_server_endpoint(server));
    setenv("IDENTITY_ENDPOINT", endpoint, 1);
    setenv("IDENTITY_HEADER", "hush-header", 1);
    struct azure_principal principal = machine();
    principal.client = CLIENT;
    struct azure_tokens *tokens = NULL;
    jb_error error = JB_ERROR_INIT;
    if (azure_tokens_new(&principal, &tokens, &error) != JB_OK)
        fail_msg("%s", error.text);
    expect_token(tokens, "token-1");
    azure_tokens_free(tokens);
    scripted_server_stop(server);
}

static void expect_usage(const struct azure_principal *principal, jb_code code, const char *text)
{
    struct azure_tokens *tokens = NULL;
    jb_error error = JB_ERROR_INIT;
    assert_int_equal(azure_tokens_new(principal, &tokens, &error), code);
    if (strstr(error.text, text) == NULL)
        fail_msg("'%s' is not in '%s'", text, error.text);
    assert_null(strstr(error.text, "hush"));
    assert_true(error.hint[0] != '\0');
}

static void a_secret_goes_over_an_encrypted_connection_only(void **state)
{
    (void)state;
    static const char *const refused[] = {"http://login.microsoftonline.com",
                                          "http://127.0.0.1.example.org",
                                          "http://10.0.0.1",
                                          "http://127.0.0.1@example.org",
                                          "ftp://127.0.0.1",
                                          "https://host/path",
                                          "https://",
                                          "http://localhost.example.org",
                                          "http://[::1].example.org",
                                          "http://127.0.0.1:80:example.org"};
    for (size_t i = 0; i < COUNT(refused); i++) {
        struct azure_principal principal = principal_at(refused[i]);
        expect_usage(&principal, JB_ERROR_USAGE, "login service");
    }
}

static void halves_of_a_principal_are_refused(void **state)
{
    (void)state;
    struct azure_principal principal = principal_at(NULL);
    principal.secret = NULL;
    expect_usage(&principal, JB_ERROR_USAGE, "secret is missing");
    principal = principal_at(NULL);
    principal.client = NULL;
    expect_usage(&principal, JB_ERROR_USAGE, "client's id is missing");
    principal = principal_at(NULL);
    principal.tenant = "a/../b";
    expect_usage(&principal, JB_ERROR_USAGE, "tenant's id is malformed");
    principal = principal_at(NULL);
    principal.secret = "hush\n";
    expect_usage(&principal, JB_ERROR_USAGE, "client's secret holds");
}

static void an_identity_is_asked_for_on_this_machine_and_link_only(void **state)
{
    (void)state;
    static const char *const refused[] = {"http://10.1.2.3", "http://169.254.169.254.example.org", "http://a@127.0.0.1",
                                          "file:///etc/passwd", "http://127.0.0.1/?a=b"};
    struct azure_principal principal = machine();
    for (size_t i = 0; i < COUNT(refused); i++) {
        setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", refused[i], 1);
        expect_usage(&principal, JB_ERROR_USAGE, "managed identity");
    }
    setenv("IDENTITY_ENDPOINT", "http://127.0.0.1/token", 1);
    expect_usage(&principal, JB_ERROR_UNSUPPORTED, "IDENTITY_HEADER");
}

#define FILE_TEXT                                                                                                      \
    "{\"clientId\":\"" CLIENT "\",\"clientSecret\":\"" SECRET "\",\"subscriptionId\":\"sub\",\"tenantId\":\"" TENANT   \
    "\",\"activeDirectoryEndpointUrl\":\"https://login.microsoftonline.com\",\"extra\":[1]}"

static void a_principal_is_read_from_its_file_and_from_the_secret_around_it(void **state)
{
    (void)state;
    static const char *const texts[] = {
        FILE_TEXT, "{\"value\":\"{\\\"clientId\\\":\\\"" CLIENT "\\\",\\\"clientSecret\\\":\\\"" SECRET
                   "\\\",\\\"subscriptionId\\\":\\\"sub\\\",\\\"tenantId\\\":\\\"" TENANT
                   "\\\",\\\"activeDirectoryEndpointUrl\\\":\\\"https://login.microsoftonline.com\\\"}\"}"};
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct principal_file file;
        jb_error error = JB_ERROR_INIT;
        if (principal_file_parse(&file, texts[i], &error) != JB_OK)
            fail_msg("%s", error.text);
        assert_string_equal(file.tenant, TENANT);
        assert_string_equal(file.client, CLIENT);
        assert_string_equal(file.secret, SECRET);
        assert_string_equal(file.subscription, "sub");
        assert_string_equal(file.login, "https://login.microsoftonline.com");
        assert_null(file.manager);
        principal_file_clean_up(&file);
    }
}

static void a_bad_principal_file_is_refused_and_not_quoted(void **state)
{
    (void)state;
    static char endless[70000];
    memset(endless, ' ', sizeof endless - 1);
    const struct {
        const char *text;
        jb_code code;
        const char *told;
    } cases[] = {
        {"", JB_ERROR_FORMAT, "no valid JSON"},
        {"{\"clientSecret\":\"hush\" hush}", JB_ERROR_FORMAT, "no valid JSON"},
        {"\"hush\"", JB_ERROR_FORMAT, "no valid JSON"},
        {"[\"hush\"]", JB_ERROR_FORMAT, "no JSON object"},
        {"{\"value\":\"hush\"}", JB_ERROR_FORMAT, "no valid JSON"},
        {"{\"value\":\"[]\"}", JB_ERROR_FORMAT, "no JSON object"},
        {"{\"value\":{\"clientSecret\":\"hush\"}}", JB_ERROR_FORMAT, "'tenantId'"},
        {"{\"tenantId\":\"t\",\"clientId\":\"c\",\"clientSecret\":7}", JB_ERROR_FORMAT, "'clientSecret'"},
        {"{\"tenantId\":\"t\",\"clientId\":\"\",\"clientSecret\":\"hush\"}", JB_ERROR_FORMAT, "'clientId'"},
        {"{\"tenantId\":\"t\",\"clientId\":\"c\",\"clientSecret\":\"hush\",\"subscriptionId\":1}", JB_ERROR_FORMAT,
         "'subscriptionId'"},
        {endless, JB_ERROR_LIMIT, "longer than"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct principal_file file;
        jb_error error = JB_ERROR_INIT;
        assert_int_equal(principal_file_parse(&file, cases[i].text, &error), cases[i].code);
        if (strstr(error.text, cases[i].told) == NULL)
            fail_msg("'%s' is not in '%s'", cases[i].told, error.text);
        assert_null(strstr(error.text, "hush"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_secret_buys_a_token, without_environment),
        cmocka_unit_test_setup(the_environment_names_the_principal_and_the_login_host, without_environment),
        cmocka_unit_test_setup(throttling_and_trouble_are_tried_again, without_environment),
        cmocka_unit_test_setup(a_wrong_secret_is_refused_with_a_hint, without_environment),
        cmocka_unit_test_setup(an_answer_that_echoes_the_secret_is_not_told, without_environment),
        cmocka_unit_test_setup(answers_that_are_no_token_are_refused, without_environment),
        cmocka_unit_test_setup(an_endless_answer_is_refused, without_environment),
        cmocka_unit_test_setup(a_redirect_is_not_followed, without_environment),
        cmocka_unit_test_setup(a_silent_service_is_given_up, without_environment),
        cmocka_unit_test_setup(a_refused_token_is_replaced_in_the_background, without_environment),
        cmocka_unit_test_setup(the_end_waits_for_no_fetch, without_environment),
        cmocka_unit_test_setup(a_virtual_machine_asks_its_metadata_service, without_environment),
        cmocka_unit_test_setup(an_app_service_asks_where_its_variables_say, without_environment),
        cmocka_unit_test_setup(a_secret_goes_over_an_encrypted_connection_only, without_environment),
        cmocka_unit_test_setup(halves_of_a_principal_are_refused, without_environment),
        cmocka_unit_test_setup(an_identity_is_asked_for_on_this_machine_and_link_only, without_environment),
        cmocka_unit_test_setup(a_principal_is_read_from_its_file_and_from_the_secret_around_it, without_environment),
        cmocka_unit_test_setup(a_bad_principal_file_is_refused_and_not_quoted, without_environment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
