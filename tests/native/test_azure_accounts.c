/* Storage accounts by Azure Resource Manager: what is asked, and what each answer or fault becomes. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/operation.h"
#include "cloud/azure/endpoint.h"
#include "cloud/azure/service.h"
#include "codec/json.h"
#include "scripted_server.h"

#define TENANT       "11111111-2222-3333-4444-555555555555"
#define CLIENT       "66666666-7777-8888-9999-000000000000"
#define SUBSCRIPTION "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"
#define VERSION      "?api-version=2023-01-01"
#define ACCOUNT                                                                                                        \
    "/subscriptions/" SUBSCRIPTION "/resourceGroups/paas_backup/providers/Microsoft.Storage/storageAccounts/jcprod1"
#define NAME_CHECK "/subscriptions/" SUBSCRIPTION "/providers/Microsoft.Storage/checkNameAvailability" VERSION
#define OPERATION  "/subscriptions/" SUBSCRIPTION "/providers/Microsoft.Storage/locations/westeurope/asyncoperations/1"
#define WISH                                                                                                           \
    "{\"kind\":\"StorageV2\",\"location\":\"westeurope\",\"sku\":{\"name\":\"Standard_RAGRS\"},\"properties\":{"       \
    "\"minimumTlsVersion\":\"TLS1_2\",\"allowBlobPublicAccess\":false,\"supportsHttpsTrafficOnly\":true}}"
#define DESCRIBED(state)                                                                                               \
    "{\"id\":\"" ACCOUNT                                                                                               \
    "\",\"name\":\"jcprod1\",\"location\":\"westeurope\",\"kind\":\"StorageV2\",\"sku\":{\"name\":"                    \
    "\"Standard_RAGRS\",\"tier\":\"Standard\"},\"properties\":{\"provisioningState\":\"" state                         \
    "\",\"primaryEndpoints\":{\"blob\":\"https://jcprod1.blob.core.windows.net/\"}}}"
#define PROBLEM(code) "{\"error\":{\"code\":\"" code "\",\"message\":\"so it is\"}}"
#define MISSING       PROBLEM("ResourceNotFound")
#define BEARER        "authorization: Bearer hush-token"

#define LOGIN                                                                                                          \
    {                                                                                                                  \
        "POST", "/" TENANT "/oauth2/v2.0/token", {"content-type: application/x-www-form-urlencoded"},                  \
            .status = "200 OK",                                                                                        \
            .reply = "{\"token_type\":\"Bearer\",\"expires_in\":3599,\"access_token\":\"hush-token\"}"                 \
    }
#define GET_ACCOUNT(...)                                                                                               \
    {                                                                                                                  \
        "GET", ACCOUNT VERSION, {BEARER, "!content-type"}, __VA_ARGS__                                                 \
    }
#define PUT_ACCOUNT(...)                                                                                               \
    {                                                                                                                  \
        "PUT", ACCOUNT VERSION, {BEARER, "content-type: application/json"}, .body = WISH, __VA_ARGS__                  \
    }
#define DELETE_ACCOUNT(...)                                                                                            \
    {                                                                                                                  \
        "DELETE", ACCOUNT VERSION, {BEARER}, __VA_ARGS__                                                               \
    }
#define LIST_KEYS(...)                                                                                                 \
    {                                                                                                                  \
        "POST", ACCOUNT "/listKeys" VERSION, {BEARER, "content-length: 0"}, __VA_ARGS__                                \
    }
#define COUNT(script) (sizeof(script) / sizeof *(script))

struct fixture {
    struct scripted_server *server;
    jb_azure *azure;
    jb_operation *operation;
    jb_error error;
    char *told;
};

static const struct http_options tuning = {.tries = 3,
                                           .stall_ms = 300,
                                           .connect_timeout_ms = 1000,
                                           .backoff_base_ms = 2,
                                           .backoff_max_ms = 10,
                                           .retry_after_max_ms = 100};
static const struct manager_pauses pauses = {.default_ms = 2, .least_ms = 1, .most_ms = 20};
static const jb_azure_account account = {.size = sizeof account, .name = "jcprod1", .location = "westeurope"};

static void begin_waiting(struct fixture *fixture, const struct exchange *script, size_t count, uint32_t wait_seconds,
                          const struct manager_pauses *between)
{
    *fixture = (struct fixture){.error = JB_ERROR_INIT};
    fixture->server = scripted_server_start(script, count);
    const char *endpoint = scripted_server_endpoint(fixture->server);
    jb_azure_options options = {.size = sizeof options,
                                .tenant = TENANT,
                                .client = CLIENT,
                                .client_secret = "hush-secret",
                                .subscription = SUBSCRIPTION,
                                .login = endpoint,
                                .manager = endpoint,
                                .wait_seconds = wait_seconds};
    assert_int_equal(jb_library_init(NULL), JB_OK);
    assert_int_equal(jb_operation_new(NULL, &fixture->operation, NULL), JB_OK);
    if (azure_open_tuned(&options, &tuning, between, &fixture->azure, &fixture->error) != JB_OK)
        fail_msg("%s", fixture->error.text);
}

static void begin(struct fixture *fixture, const struct exchange *script, size_t count)
{
    begin_waiting(fixture, script, count, 20, &pauses);
}

static void end(struct fixture *fixture)
{
    assert_null(strstr(fixture->error.text, "hush"));
    assert_null(strstr(fixture->error.hint, "hush"));
    if (fixture->told != NULL)
        assert_null(strstr(fixture->told, "hush"));
    jb_text_free(fixture->told);
    jb_azure_close(fixture->azure);
    jb_operation_free(fixture->operation);
    scripted_server_stop(fixture->server);
}

static int create(struct fixture *fixture)
{
    return jb_azure_account_create(fixture->azure, fixture->operation, &account, &fixture->told, &fixture->error);
}

static int delete (struct fixture *fixture)
{
    return jb_azure_account_delete(fixture->azure, fixture->operation, &account, &fixture->error);
}

static int exists(struct fixture *fixture, bool *there)
{
    return jb_azure_account_exists(fixture->azure, fixture->operation, &account, there, &fixture->told,
                                   &fixture->error);
}

static void expect_told(const struct fixture *fixture, const char *wanted)
{
    if (fixture->told == NULL || strcmp(fixture->told, wanted) != 0)
        fail_msg("'%s' instead of '%s'; error '%s'", fixture->told != NULL ? fixture->told : "nothing", wanted,
                 fixture->error.text);
}

static void expect_error(const struct fixture *fixture, const char *text)
{
    if (strstr(fixture->error.text, text) == NULL)
        fail_msg("'%s' is not in '%s'", text, fixture->error.text);
}

/* "http://127.0.0.1:PORT" is known only once the server runs, so headers that name it are filled in by a second one. */
static char headers[2][512];

static void name_operation(const char *before, const char *after, size_t index, const struct fixture *fixture)
{
    snprintf(headers[index], sizeof headers[index], "%s%s%s", before, scripted_server_endpoint(fixture->server), after);
}

#define TOLD_REST                                                                                                      \
    "\"location\":\"westeurope\",\"sku\":\"Standard_RAGRS\",\"kind\":\"StorageV2\",\"state\":\"Succeeded\","           \
    "\"endpoint\":\"https://jcprod1.blob.core.windows.net/\""

static void making_an_account_follows_its_location_to_the_end(void **state)
{
    (void)state;
    const struct exchange script[] = {
        LOGIN,
        GET_ACCOUNT(.status = "404 Not Found", .reply = MISSING),
        PUT_ACCOUNT(.status = "202 Accepted", .reply_headers = headers[0]),
        {"GET", OPERATION VERSION, {BEARER}, .status = "202 Accepted", .reply_headers = headers[1]},
        {"GET", OPERATION VERSION, {BEARER}, .status = "202 Accepted", .reply_headers = "Retry-After: 0\r\n"},
        {"GET", OPERATION VERSION, {BEARER}, .status = "200 OK", .reply = DESCRIBED("Succeeded")},
        GET_ACCOUNT(.status = "200 OK", .reply = DESCRIBED("ResolvingDNS")),
        GET_ACCOUNT(.status = "200 OK", .reply = DESCRIBED("Succeeded"))};
    struct fixture fixture;
    begin(&fixture, script, COUNT(script));
    name_operation("Location: ", OPERATION VERSION "\r\nRetry-After: 0\r\n", 0, &fixture);
    name_operation("Location: ", OPERATION VERSION "\r\n", 1, &fixture);
    create(&fixture);
    expect_told(&fixture, "{\"name\":\"jcprod1\",\"resource_group\":\"paas_backup\"," TOLD_REST ",\"created\":true}");
    end(&fixture);
}

static void making_an_account_follows_an_asynchronous_operation(void **state)
{
    (void)state;
    const struct exchange script[] = {
        LOGIN,
        GET_ACCOUNT(.status = "404 Not Found", .reply = MISSING),
        PUT_ACCOUNT(.status = "201 Created", .reply_headers = headers[0], .reply = DESCRIBED("Creating")),
        {"GET", OPERATION VERSION, {BEARER}, .status = "200 OK", .reply = "{\"status\":\"InProgress\"}"},
        {"GET", OPERATION VERSION, {BEARER}, .status = "200 OK", .reply = "{\"status\":\"Succeeded\"}"},
        GET_ACCOUNT(.status = "200 OK", .reply = DESCRIBED("Succeeded"))};
    struct fixture fixture;
    begin(&fixture, script, COUNT(script));
    name_operation("Azure-AsyncOperation: ", OPERATION VERSION "\r\n", 0, &fixture);
    assert_int_equal(create(&fixture), JB_OK);
    end(&fixture);
}

static void an_asynchronous_operation_that_fails_says_why(void **state)
{
    (void)state;
    const struct exchange script[] = {
        LOGIN,
        GET_ACCOUNT(.status = "404 Not Found", .reply = MISSING),
        PUT_ACCOUNT(.status = "202 Accepted", .reply_headers = headers[0]),
        {"GET",
         OPERATION VERSION,
         {BEARER},
         .status = "200 OK",
         .reply = "{\"status\":\"Failed\",\"error\":{\"code\":\"ScopeLocked\",\"message\":\"locked\"}}"}};
    struct fixture fixture;
    begin(&fixture, script, COUNT(script));
    name_operation("Azure-AsyncOperation: ", OPERATION VERSION "\r\n", 0, &fixture);
    assert_int_equal(create(&fixture), JB_ERROR_CONFLICT);
    expect_error(&fixture, "cannot make the storage account 'jcprod1': it failed: ScopeLocked: locked");
    end(&fixture);
}

static void an_account_that_is_there_stays_as_it_is(void **state)
{
    (void)state;
    const struct exchange script[] = {LOGIN, GET_ACCOUNT(.status = "200 OK", .reply = DESCRIBED("Succeeded"))};
    struct fixture fixture;
    begin(&fixture, script, COUNT(script));
    create(&fixture);
    expect_told(&fixture, "{\"name\":\"jcprod1\",\"resource_group\":\"paas_backup\"," TOLD_REST ",\"created\":false}");
    end(&fixture);
}

/* Whatever is named, the token must not go there. */
static void an_operation_on_another_host_is_not_followed(void **state)
{
    (void)state;
    static const struct {
        const char *before, *after;
        bool ours; /* between the two stands the endpoint */
    } forms[] = {
        {"Location: http://example.org", OPERATION "\r\n", false},
        {"Location: ", ".example.org" OPERATION "\r\n", true},
        {"Location: ", "@example.org" OPERATION "\r\n", true},
        {"Location: https://127.0.0.1", OPERATION "\r\n", false},
        {"Azure-AsyncOperation: http://127.0.0.1:1", "/x\r\n", false},
        {"Location: //example.org", "/x\r\n", false},
        {"Location: ", OPERATION "\r\n", false},
        {"Azure-AsyncOperation: ", "1/x\r\n", true},
        {"Location: ", "/a b\r\n", true},
        {"Location: ", "\\@example.org/\r\n", true},
    };
    for (size_t i = 0; i < COUNT(forms); i++) {
        const struct exchange script[] = {LOGIN, GET_ACCOUNT(.status = "404 Not Found", .reply = MISSING),
                                          PUT_ACCOUNT(.status = "202 Accepted", .reply_headers = headers[0])};
        struct fixture fixture;
        begin(&fixture, script, COUNT(script));
        if (forms[i].ours)
            name_operation(forms[i].before, forms[i].after, 0, &fixture);
        else
            snprintf(headers[0], sizeof headers[0], "%s%s", forms[i].before, forms[i].after);
        assert_int_equal(create(&fixture), JB_ERROR_UNREACHABLE);
        expect_error(&fixture, "an address outside of 'http://127.0.0.1");
        end(&fixture);
    }
}

static void the_manager_s_own_addresses_are_told_from_others(void **state)
{
    (void)state;
    static const char endpoint[] = "https://management.azure.com";
    assert_true(azure_url_is_on("https://management.azure.com/subscriptions/1?a=b", endpoint));
    assert_true(azure_url_is_on("https://Management.Azure.com:443/subscriptions", endpoint));
    assert_false(azure_url_is_on("https://management.azure.com", endpoint));
    assert_false(azure_url_is_on("http://management.azure.com/", endpoint));
    assert_false(azure_url_is_on("https://management.azure.com:444/", endpoint));
    assert_false(azure_url_is_on("https://management.azure.com.example.org/", endpoint));
    assert_false(azure_url_is_on("https://management.azure.com@example.org/", endpoint));
    assert_false(azure_url_is_on("https://management.azure.com/a\r\nb", endpoint));
    assert_false(azure_url_is_on("https://management.azure.com/#a", endpoint));
}

static void an_operation_that_goes_on_nowhere_is_an_error(void **state)
{
    (void)state;
    const struct exchange script[] = {LOGIN, GET_ACCOUNT(.status = "404 Not Found", .reply = MISSING),
                                      PUT_ACCOUNT(.status = "202 Accepted")};
    struct fixture fixture;
    begin(&fixture, script, COUNT(script));
    assert_int_equal(create(&fixture), JB_ERROR_FORMAT);
    expect_error(&fixture, "does not say where");
    end(&fixture);
}

static void an_operation_without_an_end_is_given_up(void **state)
{
    (void)state;
    static const struct manager_pauses long_ones = {.default_ms = 2000, .least_ms = 1, .most_ms = 5000};
    const struct exchange script[] = {LOGIN, GET_ACCOUNT(.status = "404 Not Found", .reply = MISSING),
                                      PUT_ACCOUNT(.status = "202 Accepted", .reply_headers = headers[0])};
    struct fixture fixture;
    begin_waiting(&fixture, script, COUNT(script), 1, &long_ones);
    name_operation("Location: ", OPERATION VERSION "\r\nRetry-After: 99999\r\n", 0, &fixture);
    assert_int_equal(create(&fixture), JB_ERROR_UNREACHABLE);
    expect_error(&fixture, "has not ended after 1 s");
    assert_true(fixture.error.retryable);
    end(&fixture);
}

static void *cancel_when_waiting(void *context)
{
    struct fixture *fixture = context;
    while (scripted_server_used(fixture->server) < 3)
        usleep(1000);
    jb_operation_cancel(fixture->operation);
    return NULL;
}

static void waiting_for_an_operation_is_cancelled(void **state)
{
    (void)state;
    static const struct manager_pauses long_ones = {.default_ms = 60000, .least_ms = 1, .most_ms = 60000};
    const struct exchange script[] = {LOGIN, GET_ACCOUNT(.status = "404 Not Found", .reply = MISSING),
                                      PUT_ACCOUNT(.status = "202 Accepted", .reply_headers = headers[0])};
    struct fixture fixture;
    begin_waiting(&fixture, script, COUNT(script), 600, &long_ones);
    name_operation("Location: ", OPERATION VERSION "\r\n", 0, &fixture);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, cancel_when_waiting, &fixture), 0);
    assert_int_equal(create(&fixture), JB_ERROR_CANCELLED);
    pthread_join(thread, NULL);
    end(&fixture);
}

static void an_account_is_there_or_not(void **state)
{
    (void)state;
    const struct exchange script[] = {
        LOGIN, GET_ACCOUNT(.status = "200 OK", .reply = DESCRIBED("Succeeded")),
        GET_ACCOUNT(.status = "404 Not Found", .reply = MISSING),
        GET_ACCOUNT(.status = "404 Not Found", .reply = PROBLEM("ResourceGroupNotFound"))};
    struct fixture fixture;
    bool there = false;
    begin(&fixture, script, COUNT(script));
    assert_int_equal(exists(&fixture, &there), JB_OK);
    assert_true(there);
    expect_told(&fixture, "{\"name\":\"jcprod1\",\"resource_group\":\"paas_backup\"," TOLD_REST ",\"exists\":true}");
    for (int i = 0; i < 2; i++) {
        jb_text_free(fixture.told);
        assert_int_equal(exists(&fixture, &there), JB_OK);
        assert_false(there);
        expect_told(&fixture, "{\"name\":\"jcprod1\",\"resource_group\":\"paas_backup\",\"exists\":false}");
    }
    end(&fixture);
}

/* What each refusal becomes. That an account is missing must be said by Azure, not by any page with a 404. */
static void refusals_are_told_with_what_to_do(void **state)
{
    (void)state;
    static const struct {
        const char *status, *reply;
        jb_code code;
        const char *text, *hint;
    } cases[] = {
        {"404 Not Found", "<html>nothing here</html>", JB_ERROR_NOT_FOUND, "(status 404)", ""},
        {"404 Not Found", PROBLEM("SubscriptionNotFound"), JB_ERROR_NOT_FOUND, "SubscriptionNotFound: so it is",
         "subscription's id"},
        {"403 Forbidden", PROBLEM("AuthorizationFailed"), JB_ERROR_ACCESS, "AuthorizationFailed", "role"},
        {"403 Forbidden", "{\"code\":\"RequestDisallowedByPolicy\",\"message\":\"no\"}", JB_ERROR_ACCESS,
         "RequestDisallowedByPolicy: no", "policy"},
        {"401 Unauthorized", PROBLEM("InvalidAuthenticationTokenTenant"), JB_ERROR_ACCESS, "Tenant", "tenant"},
        {"401 Unauthorized", PROBLEM("Bearer hush-token is wrong"), JB_ERROR_ACCESS, "(status 401)", "tenant"},
        {"400 Bad Request", "{\"error\":{\"code\":\"X\",\"message\":\"you sent hush-token\"}}", JB_ERROR_FAILED, "X",
         ""},
        {"409 Conflict", PROBLEM("MissingSubscriptionRegistration"), JB_ERROR_STATE, "Registration", "az provider"},
        {"302 Found", "", JB_ERROR_UNREACHABLE, "(status 302)", "endpoint"},
        {"418 I'm a teapot", "{\"error\":\"hush", JB_ERROR_FAILED, "(status 418)", ""},
        {"200 OK", "hush", JB_ERROR_FORMAT, "no valid JSON", ""},
        {"200 OK", "[1]", JB_ERROR_FORMAT, "no JSON object", ""},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct exchange script[] = {LOGIN, GET_ACCOUNT(.status = cases[i].status, .reply = cases[i].reply)};
        struct fixture fixture;
        bool there = true;
        begin(&fixture, script, COUNT(script));
        assert_int_equal(exists(&fixture, &there), cases[i].code);
        assert_false(there);
        expect_error(&fixture, cases[i].text);
        expect_error(&fixture, "cannot look at the storage account 'jcprod1'");
        if (strstr(fixture.error.hint, cases[i].hint) == NULL)
            fail_msg("'%s' is not in '%s'", cases[i].hint, fixture.error.hint);
        end(&fixture);
    }
}

static void a_missing_resource_group_is_told_when_an_account_is_made(void **state)
{
    (void)state;
    const struct exchange script[] = {
        LOGIN, GET_ACCOUNT(.status = "404 Not Found", .reply = PROBLEM("ResourceGroupNotFound"))};
    struct fixture fixture;
    begin(&fixture, script, COUNT(script));
    assert_int_equal(create(&fixture), JB_ERROR_NOT_FOUND);
    assert_non_null(strstr(fixture.error.hint, "az group create"));
    end(&fixture);
}

static void a_name_that_another_has_is_a_conflict(void **state)
{
    (void)state;
    const struct exchange script[] = {
        LOGIN, GET_ACCOUNT(.status = "404 Not Found", .reply = MISSING),
        PUT_ACCOUNT(.status = "409 Conflict", .reply = PROBLEM("StorageAccountAlreadyTaken"))};
    struct fixture fixture;
    begin(&fixture, script, COUNT(script));
    assert_int_equal(create(&fixture), JB_ERROR_CONFLICT);
    expect_error(&fixture, "cannot make the storage account 'jcprod1': StorageAccountAlreadyTaken");
    end(&fixture);
}

static void throttling_and_changes_under_way_are_tried_again(void **state)
{
    (void)state;
    const struct exchange script[] = {
        LOGIN,
        GET_ACCOUNT(.status = "429 Too Many Requests", .reply_headers = "Retry-After: 1\r\n",
                    .reply = PROBLEM("TooManyRequests")),
        GET_ACCOUNT(.status = "503 Service Unavailable"),
        GET_ACCOUNT(.status = "404 Not Found", .reply = MISSING),
        PUT_ACCOUNT(.status = "409 Conflict", .reply = PROBLEM("StorageAccountOperationInProgress")),
        PUT_ACCOUNT(.fault = FAULT_RESET_UNANSWERED),
        PUT_ACCOUNT(.status = "200 OK", .reply = DESCRIBED("Succeeded")),
        GET_ACCOUNT(.status = "200 OK", .reply = DESCRIBED("Succeeded"))};
    struct fixture fixture;
    begin(&fixture, script, COUNT(script));
    assert_int_equal(create(&fixture), JB_OK);
    end(&fixture);
}

static void a_failed_provisioning_is_an_error(void **state)
{
    (void)state;
    const struct exchange script[] = {LOGIN, GET_ACCOUNT(.status = "404 Not Found", .reply = MISSING),
                                      PUT_ACCOUNT(.status = "200 OK", .reply = DESCRIBED("Creating")),
                                      GET_ACCOUNT(.status = "200 OK", .reply = DESCRIBED("Failed"))};
    struct fixture fixture;
    begin(&fixture, script, COUNT(script));
    assert_int_equal(create(&fixture), JB_ERROR_FAILED);
    expect_error(&fixture, "ended as 'Failed'");
    end(&fixture);
}

static void an_account_is_deleted_to_the_end(void **state)
{
    (void)state;
    const struct exchange script[] = {LOGIN,
                                      GET_ACCOUNT(.status = "200 OK", .reply = DESCRIBED("Succeeded")),
                                      DELETE_ACCOUNT(.status = "202 Accepted", .reply_headers = headers[0]),
                                      {"GET", OPERATION VERSION, {BEARER}, .status = "204 No Content"}};
    struct fixture fixture;
    begin(&fixture, script, COUNT(script));
    name_operation("Location: ", OPERATION VERSION "\r\n", 0, &fixture);
    assert_int_equal(delete (&fixture), JB_OK);
    end(&fixture);
}

static void deleting_what_is_not_there_is_told(void **state)
{
    (void)state;
    const struct exchange script[] = {LOGIN, GET_ACCOUNT(.status = "404 Not Found", .reply = MISSING)};
    struct fixture fixture;
    begin(&fixture, script, COUNT(script));
    assert_int_equal(delete (&fixture), JB_ERROR_NOT_FOUND);
    expect_error(&fixture, "does not exist in the resource group 'paas_backup'");
    end(&fixture);
}

static void a_name_is_free_or_not(void **state)
{
    (void)state;
    static const char body[] = "{\"name\":\"jcprod1\",\"type\":\"Microsoft.Storage/storageAccounts\"}";
    const struct exchange script[] = {
        LOGIN,
        {"POST", NAME_CHECK, {BEARER}, .body = body, .status = "200 OK", .reply = "{\"nameAvailable\":true}"},
        {"POST",
         NAME_CHECK,
         {BEARER},
         .body = body,
         .status = "200 OK",
         .reply = "{\"nameAvailable\":false,\"reason\":\"AlreadyExists\",\"message\":\"taken\"}"},
        {"POST", NAME_CHECK, {BEARER}, .body = body, .status = "200 OK", .reply = "{\"nameAvailable\":\"yes\"}"}};
    struct fixture fixture;
    bool available = false;
    begin(&fixture, script, COUNT(script));
    assert_int_equal(jb_azure_account_name_check(fixture.azure, NULL, "jcprod1", &available, NULL, NULL), JB_OK);
    assert_true(available);
    assert_int_equal(jb_azure_account_name_check(fixture.azure, NULL, "jcprod1", &available, &fixture.told, NULL),
                     JB_OK);
    assert_false(available);
    expect_told(&fixture,
                "{\"name\":\"jcprod1\",\"available\":false,\"reason\":\"AlreadyExists\",\"message\":\"taken\"}");
    assert_int_equal(jb_azure_account_name_check(fixture.azure, NULL, "jcprod1", &available, NULL, &fixture.error),
                     JB_ERROR_FORMAT);
    assert_false(available);
    end(&fixture);
}

static void the_key_named_key1_is_given_apart_from_the_account(void **state)
{
    (void)state;
    const struct exchange script[] = {
        LOGIN, LIST_KEYS(.status = "200 OK",
                         .reply = "{\"keys\":[{\"keyName\":\"key2\",\"value\":\"aHVzaDI=\",\"permissions\":\"FULL\"},"
                                  "{\"keyName\":\"key1\",\"value\":\"aHVzaDE=\",\"permissions\":\"FULL\"}]}")};
    struct fixture fixture;
    char *key = NULL;
    begin(&fixture, script, COUNT(script));
    assert_int_equal(jb_azure_account_key(fixture.azure, NULL, &account, NULL, &key, &fixture.told, NULL), JB_OK);
    assert_string_equal(key, "aHVzaDE=");
    expect_told(&fixture, "{\"name\":\"jcprod1\",\"key\":\"key1\",\"keys\":[\"key2\",\"key1\"]}");
    jb_text_free(key);
    end(&fixture);
}

static void keys_that_are_none_are_refused_and_not_told(void **state)
{
    (void)state;
    static const struct {
        const char *reply;
        jb_code code;
    } cases[] = {
        {"{\"keys\":[{\"keyName\":\"key1\",\"value\":\"hush hush\"}]}", JB_ERROR_FORMAT},
        {"{\"keys\":[{\"keyName\":\"key1\",\"value\":\"hush\\n\"}]}", JB_ERROR_FORMAT},
        {"{\"keys\":[{\"keyName\":\"key1\",\"value\":\"\"}]}", JB_ERROR_FORMAT},
        {"{\"keys\":[{\"keyName\":\"key2\",\"value\":\"hush\"}]}", JB_ERROR_NOT_FOUND},
        {"{\"keys\":[7,[],{\"keyName\":7,\"value\":\"hush\"}]}", JB_ERROR_NOT_FOUND},
        {"{\"keys\":\"hush\"}", JB_ERROR_FORMAT},
        {"{\"keys\":[{\"keyName\":\"key1\",\"value\":\"hush", JB_ERROR_FORMAT},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct exchange script[] = {LOGIN, LIST_KEYS(.status = "200 OK", .reply = cases[i].reply)};
        struct fixture fixture;
        char *key = NULL;
        begin(&fixture, script, COUNT(script));
        assert_int_equal(
            jb_azure_account_key(fixture.azure, NULL, &account, "key1", &key, &fixture.told, &fixture.error),
            cases[i].code);
        assert_null(key);
        assert_null(fixture.told);
        end(&fixture);
    }
}

static void an_expired_token_is_replaced_and_the_request_repeated(void **state)
{
    (void)state;
    /* The next try comes later than the new token, which is fetched a second after the first one at the earliest. */
    static const struct http_options patient = {
        .tries = 8, .stall_ms = 300, .connect_timeout_ms = 1000, .backoff_base_ms = 3000, .backoff_max_ms = 3000};
    const struct exchange script[] = {
        LOGIN,
        GET_ACCOUNT(.status = "401 Unauthorized", .reply = PROBLEM("ExpiredAuthenticationToken")),
        {"POST",
         "/" TENANT "/oauth2/v2.0/token",
         {NULL},
         .status = "200 OK",
         .reply = "{\"token_type\":\"Bearer\",\"expires_in\":3599,\"access_token\":\"hush-token-2\"}"},
        {"GET",
         ACCOUNT VERSION,
         {"authorization: Bearer hush-token-2"},
         .status = "200 OK",
         .reply = DESCRIBED("Succeeded")}};
    struct fixture fixture = {.error = JB_ERROR_INIT};
    bool there = false;
    fixture.server = scripted_server_start(script, COUNT(script));
    const char *endpoint = scripted_server_endpoint(fixture.server);
    jb_azure_options options = {.size = sizeof options,
                                .tenant = TENANT,
                                .client = CLIENT,
                                .client_secret = "hush-secret",
                                .subscription = SUBSCRIPTION,
                                .login = endpoint,
                                .manager = endpoint};
    assert_int_equal(azure_open_tuned(&options, &patient, &pauses, &fixture.azure, NULL), JB_OK);
    assert_int_equal(exists(&fixture, &there), JB_OK);
    assert_true(there);
    end(&fixture);
}

static void names_and_addresses_are_checked_before_anybody_is_asked(void **state)
{
    (void)state;
    const struct exchange script[] = {LOGIN};
    static const struct {
        jb_azure_account account;
        const char *text;
    } cases[] = {
        {{sizeof account, NULL, NULL, "westeurope", NULL, NULL}, "name of a storage account"},
        {{sizeof account, "ab", NULL, "westeurope", NULL, NULL}, "name of a storage account"},
        {{sizeof account, "Jcprod1", NULL, "westeurope", NULL, NULL}, "name of a storage account"},
        {{sizeof account, "jc/../prod", NULL, "westeurope", NULL, NULL}, "name of a storage account"},
        {{sizeof account, "a123456789012345678901234", NULL, "westeurope", NULL, NULL}, "name of a storage account"},
        {{sizeof account, "jcprod1", "a/b", "westeurope", NULL, NULL}, "name of a resource group"},
        {{sizeof account, "jcprod1", "group.", "westeurope", NULL, NULL}, "name of a resource group"},
        {{sizeof account, "jcprod1", NULL, NULL, NULL, NULL}, "location is missing"},
        {{0, "jcprod1", NULL, "westeurope", NULL, NULL}, "of another size"},
    };
    struct fixture fixture;
    begin(&fixture, script, COUNT(script));
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_int_equal(jb_azure_account_create(fixture.azure, NULL, &cases[i].account, &fixture.told, &fixture.error),
                         JB_ERROR_USAGE);
        expect_error(&fixture, cases[i].text);
    }
    end(&fixture);
}

static void a_handle_needs_a_subscription_and_safe_addresses(void **state)
{
    (void)state;
    const jb_azure_options good = {.size = sizeof good,
                                   .tenant = TENANT,
                                   .client = CLIENT,
                                   .client_secret = "hush",
                                   .subscription = SUBSCRIPTION,
                                   .login = "http://127.0.0.1:1",
                                   .manager = "http://127.0.0.1:1"};
    jb_azure_options options[7] = {good, good, good, good, good, good, good};
    static const char *const texts[] = {"subscription is missing",
                                        "subscription's id is malformed",
                                        "not encrypted",
                                        "manager's address is malformed",
                                        "another size",
                                        "more than 100",
                                        "lowest version of TLS"};
    unsetenv("AZURE_SUBSCRIPTION_ID");
    options[0].subscription = NULL;
    options[1].subscription = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeee/";
    options[2].manager = "http://management.azure.com";
    options[3].manager = "https://management.azure.com/path";
    options[4].size = 1;
    options[5].tries = 101;
    options[6].tls_minimum = "1.1";
    for (size_t i = 0; i < COUNT(options); i++) {
        jb_azure *azure = NULL;
        jb_error error = JB_ERROR_INIT;
        assert_int_equal(jb_azure_open(&options[i], &azure, &error), JB_ERROR_USAGE);
        if (strstr(error.text, texts[i]) == NULL)
            fail_msg("'%s' is not in '%s'", texts[i], error.text);
    }
}

static void the_principal_s_file_gives_all_addresses(void **state)
{
    (void)state;
    const struct exchange script[] = {LOGIN, GET_ACCOUNT(.status = "404 Not Found", .reply = MISSING)};
    struct fixture fixture = {.error = JB_ERROR_INIT};
    fixture.server = scripted_server_start(script, COUNT(script));
    const char *endpoint = scripted_server_endpoint(fixture.server);
    char text[1024];
    snprintf(text, sizeof text,
             "{\"tenantId\":\"" TENANT "\",\"clientId\":\"" CLIENT "\",\"clientSecret\":\"hush-secret\","
             "\"subscriptionId\":\"" SUBSCRIPTION "\",\"activeDirectoryEndpointUrl\":\"%s\","
             "\"resourceManagerEndpointUrl\":\"%s/\"}",
             endpoint, endpoint);
    jb_azure_options options = {.size = sizeof options, .principal = text};
    bool there = true;
    assert_int_equal(azure_open_tuned(&options, &tuning, &pauses, &fixture.azure, NULL), JB_OK);
    assert_int_equal(exists(&fixture, &there), JB_OK);
    assert_false(there);
    end(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(making_an_account_follows_its_location_to_the_end),
        cmocka_unit_test(making_an_account_follows_an_asynchronous_operation),
        cmocka_unit_test(an_asynchronous_operation_that_fails_says_why),
        cmocka_unit_test(an_account_that_is_there_stays_as_it_is),
        cmocka_unit_test(an_operation_on_another_host_is_not_followed),
        cmocka_unit_test(the_manager_s_own_addresses_are_told_from_others),
        cmocka_unit_test(an_operation_that_goes_on_nowhere_is_an_error),
        cmocka_unit_test(an_operation_without_an_end_is_given_up),
        cmocka_unit_test(waiting_for_an_operation_is_cancelled),
        cmocka_unit_test(an_account_is_there_or_not),
        cmocka_unit_test(refusals_are_told_with_what_to_do),
        cmocka_unit_test(a_missing_resource_group_is_told_when_an_account_is_made),
        cmocka_unit_test(a_name_that_another_has_is_a_conflict),
        cmocka_unit_test(throttling_and_changes_under_way_are_tried_again),
        cmocka_unit_test(a_failed_provisioning_is_an_error),
        cmocka_unit_test(an_account_is_deleted_to_the_end),
        cmocka_unit_test(deleting_what_is_not_there_is_told),
        cmocka_unit_test(a_name_is_free_or_not),
        cmocka_unit_test(the_key_named_key1_is_given_apart_from_the_account),
        cmocka_unit_test(keys_that_are_none_are_refused_and_not_told),
        cmocka_unit_test(an_expired_token_is_replaced_and_the_request_repeated),
        cmocka_unit_test(names_and_addresses_are_checked_before_anybody_is_asked),
        cmocka_unit_test(a_handle_needs_a_subscription_and_safe_addresses),
        cmocka_unit_test(the_principal_s_file_gives_all_addresses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
