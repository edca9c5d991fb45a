/* The token service, Secrets Manager and IAM: what is sent, and each answer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jpsbackup/aws.h>

#include "aws_environment.h"
#include "scripted_server.h"

#define HUSH "hush-hush-hush-hush"
#define XML_ERROR(code)                                                                                                \
    "<ErrorResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><Error><Type>Sender</Type><Code>" code         \
    "</Code><Message>so it is</Message></Error><RequestId>1</RequestId></ErrorResponse>"
#define JSON_ERROR(type) "{\"__type\": \"" type "\", \"message\": \"so it is\"}"
#define IAM_BODY(action) "Action=" action "&Version=2010-05-08&UserName=backup"
#define IDENTITY_BODY    "Action=GetCallerIdentity&Version=2011-06-15"
#define IDENTITY(account)                                                                                              \
    "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::1:user/me</Arn><UserId>AIDA</UserId>"       \
    "<Account>" account "</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"
#define POSTED(text, answer)                                                                                           \
    {                                                                                                                  \
        "POST", "/", {0}, .body = text, .status = "200 OK", .reply = answer                                            \
    }
#define REFUSED(text, code, answer)                                                                                    \
    {                                                                                                                  \
        "POST", "/", {0}, .body = text, .status = code, .reply = answer                                                \
    }
#define ASKED(action, text, code, answer)                                                                              \
    {                                                                                                                  \
        "POST", "/", {"x-amz-target: secretsmanager." action, "content-type: application/x-amz-json-1.1"},             \
            .body = text, .status = code, .reply = answer                                                              \
    }

static struct scripted_server *server;
static jb_aws *aws;

static void begin(const struct exchange *exchanges, size_t count)
{
    jb_error error = JB_ERROR_INIT;
    server = scripted_server_start(exchanges, count);
    const jb_aws_options options = {.size = sizeof options,
                                    .region = "eu-west-1",
                                    .endpoint = scripted_server_endpoint(server),
                                    .access_key = "ACCESS",
                                    .secret_key = HUSH,
                                    .session_token = HUSH "-token",
                                    .tries = 3};
    assert_int_equal(jb_library_init(&error), JB_OK);
    if (jb_aws_open(&options, &aws, &error) != JB_OK)
        fail_msg("%s", error.text);
}
#define BEGIN(exchanges) begin(exchanges, sizeof(exchanges) / sizeof *(exchanges))

static void end(void)
{
    jb_aws_close(aws);
    scripted_server_stop(server);
}

static void is(int got, int code, const jb_error *error, const char *why)
{
    if (got != code || strstr(error->text, why) == NULL)
        fail_msg("%d: %s", got, error->text);
    assert_null(strstr(error->text, HUSH));
    assert_null(strstr(error->hint, HUSH));
}

static void identity_is(const struct exchange *exchanges, size_t count, int code, const char *why)
{
    jb_error error = JB_ERROR_INIT;
    char *account = NULL;
    begin(exchanges, count);
    int got = jb_aws_identity(aws, NULL, &account, &error);
    is(got, code, &error, why);
    if (code == JB_OK)
        assert_string_equal(account, "{\"account\":\"12\",\"arn\":\"arn:aws:iam::1:user/me\",\"user_id\":\"AIDA\"}");
    jb_text_free(account);
    end();
}

static void a_request_is_signed_for_its_service(void **state)
{
    (void)state;
    static const struct exchange identity[] = {
        {"POST",
         "/",
         {"authorization: AWS4-HMAC-SHA256 Credential=ACCESS/*", "x-amz-security-token: " HUSH "-token",
          "content-type: application/x-www-form-urlencoded; charset=utf-8", "x-amz-date: 2*"},
         .body = IDENTITY_BODY,
         .status = "200 OK",
         .reply = IDENTITY("12")}};
    identity_is(identity, 1, JB_OK, "");
}

static void throttling_and_faults_of_the_service_are_tried_again(void **state)
{
    (void)state;
    static const struct exchange throttled[] = {
        REFUSED(IDENTITY_BODY, "400 Bad Request", XML_ERROR("Throttling")),
        REFUSED(IDENTITY_BODY, "500 Internal", XML_ERROR("InternalFailure")),
        POSTED(IDENTITY_BODY, IDENTITY("12")),
    };
    static const struct exchange for_ever[] = {
        REFUSED(IDENTITY_BODY, "503 Busy", "<html>busy"),
        REFUSED(IDENTITY_BODY, "503 Busy", "<html>busy"),
        REFUSED(IDENTITY_BODY, "503 Busy", "<html>busy"),
    };
    static const struct exchange reset[] = {{"POST", "/", {0}, .fault = FAULT_RESET_UNANSWERED},
                                            POSTED(IDENTITY_BODY, IDENTITY("12"))};
    identity_is(throttled, 3, JB_OK, "");
    identity_is(for_ever, 3, JB_ERROR_UNREACHABLE, "cannot ask whose keys these are: the service refuses (status 503)");
    identity_is(reset, 2, JB_OK, "");
}

static void refusals_are_told_with_the_services_code(void **state)
{
    (void)state;
    static const struct {
        const char *status, *reply;
        int code;
        const char *why;
    } cases[] = {
        {"403 Forbidden", XML_ERROR("InvalidClientTokenId"), JB_ERROR_ACCESS,
         "InvalidClientTokenId: so it is (status 403)"},
        {"403 Forbidden", XML_ERROR("ExpiredToken"), JB_ERROR_ACCESS, "ExpiredToken"},
        {"403 Forbidden", XML_ERROR("AccessDenied"), JB_ERROR_ACCESS, "AccessDenied"},
        {"403 Forbidden", "", JB_ERROR_ACCESS, "the service refuses (status 403)"},
        {"400 Bad Request", XML_ERROR("InvalidAction"), JB_ERROR_UNSUPPORTED, "InvalidAction"},
        {"405 Not Allowed", "<Error><Code>MethodNotAllowed</Code></Error>", JB_ERROR_UNSUPPORTED, "MethodNotAllowed"},
        {"404 Not Found", "<html>", JB_ERROR_UNSUPPORTED, "status 404"},
        {"400 Bad Request", XML_ERROR("SomethingNew"), JB_ERROR_FAILED, "SomethingNew"},
        {"301 Moved", "", JB_ERROR_UNREACHABLE, "status 301"},
        {"200 OK", "", JB_ERROR_FORMAT, "makes no sense"},
        {"200 OK", "<GetCallerIdentityResponse>", JB_ERROR_FORMAT, "makes no sense"},
        {"200 OK", "<!DOCTYPE x [<!ENTITY e \"x\">]><x/>", JB_ERROR_FORMAT, "document type"},
        {"200 OK", "<other/>", JB_ERROR_FORMAT, "lacks account"},
        {"200 OK", IDENTITY("123456789012345678901234567890123"), JB_ERROR_FORMAT, "longer than 31 bytes"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct exchange script[] = {REFUSED(IDENTITY_BODY, cases[i].status, cases[i].reply)};
        identity_is(script, 1, cases[i].code, cases[i].why);
    }
}

static void an_endless_answer_is_refused(void **state)
{
    (void)state;
    static char large[(1 << 20) + 2];
    memset(large, ' ', sizeof large - 1);
    const struct exchange script[] = {POSTED(IDENTITY_BODY, large)};
    identity_is(script, 1, JB_ERROR_LIMIT, "longer than 1048576 bytes");
}

static void a_refused_signature_does_not_repeat_the_session_token(void **state)
{
    (void)state;
    static const struct exchange script[] = {REFUSED(
        IDENTITY_BODY, "403 Forbidden",
        "<ErrorResponse><Error><Code>SignatureDoesNotMatch</Code><Message>the canonical string should have been "
        "x-amz-security-token:" HUSH "-token</Message></Error></ErrorResponse>")};
    static const struct exchange other[] = {REFUSED(
        IDENTITY_BODY, "400 Bad Request",
        "<ErrorResponse><Error><Code>ValidationError</Code><Message>this header is too long: x-amz-security-token:" HUSH
        "-token</Message></Error></ErrorResponse>")};
    identity_is(script, 1, JB_ERROR_ACCESS, "SignatureDoesNotMatch (status 403)");
    identity_is(other, 1, JB_ERROR_USAGE, "ValidationError (status 400)");
}

static void a_session_comes_as_a_credentials_file(void **state)
{
    (void)state;
    static const struct exchange script[] = {
        POSTED(
            "Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fr&RoleSessionName=node&"
            "ExternalId=id&Policy=%7B%7D&DurationSeconds=900",
            "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIA</AccessKeyId><SecretAccessKey>" HUSH
            "</SecretAccessKey><SessionToken>token</SessionToken><Expiration>2026-11-23T04:00:00.5Z</Expiration>"
            "</Credentials></AssumeRoleResult></AssumeRoleResponse>"),
        POSTED("Action=GetFederationToken&Version=2011-06-15&Name=jpsbackup",
               "<GetFederationTokenResponse><GetFederationTokenResult><Credentials><AccessKeyId>ASIA</AccessKeyId>"
               "<SecretAccessKey>" HUSH "</SecretAccessKey><Expiration>2026-11-23T04:00:00Z</Expiration>"
               "</Credentials></GetFederationTokenResult></GetFederationTokenResponse>"),
        POSTED("Action=GetFederationToken&Version=2011-06-15&Name=jpsbackup",
               "<GetFederationTokenResponse><GetFederationTokenResult><Credentials><AccessKeyId>A B</AccessKeyId>"
               "<SecretAccessKey>" HUSH "</SecretAccessKey><SessionToken>t</SessionToken>"
               "<Expiration>2026-11-23T04:00:00Z</Expiration></Credentials></GetFederationTokenResult>"
               "</GetFederationTokenResponse>"),
    };
    char *credentials = NULL, *account = NULL;
    jb_error error = JB_ERROR_INIT;
    jb_aws_session_options options = {.size = sizeof options,
                                      .role = "arn:aws:iam::1:role/r",
                                      .name = "node",
                                      .external_id = "id",
                                      .policy = "{}",
                                      .seconds = 900};
    BEGIN(script);
    is(jb_aws_session(aws, NULL, &options, &credentials, &account, &error), JB_OK, &error, "");
    assert_string_equal(credentials,
                        "AWS_ACCESS_KEY_ID=ASIA\nAWS_SECRET_ACCESS_KEY=" HUSH "\nAWS_SESSION_TOKEN=token\n");
    assert_string_equal(
        account, "{\"access_key\":\"ASIA\",\"expires\":\"2026-11-23T04:00:00Z\",\"role\":\"arn:aws:iam::1:role/r\"}");
    jb_text_free(credentials);
    jb_text_free(account);
    options = (jb_aws_session_options){.size = sizeof options};
    is(jb_aws_session(aws, NULL, &options, &credentials, NULL, &error), JB_ERROR_FORMAT, &error, "lacks keys, token");
    is(jb_aws_session(aws, NULL, &options, &credentials, NULL, &error), JB_ERROR_FORMAT, &error, "makes no sense");
    options.external_id = "id";
    is(jb_aws_session(aws, NULL, &options, &credentials, NULL, &error), JB_ERROR_USAGE, &error, "without a role");
    end();
}

static void secrets_are_read_and_their_absence_told(void **state)
{
    (void)state;
#define GET(code, answer) ASKED("GetSecretValue", "{\"SecretId\":\"s/1\"}", code, answer)
    static const struct exchange script[] = {
        GET("200 OK", "{\"SecretString\": \"" HUSH "\\u00fc\", \"VersionId\": \"v1\"}"),
        GET("400 Bad Request", JSON_ERROR("ResourceNotFoundException")),
        GET("400 Bad Request", JSON_ERROR("com.amazonaws.secretsmanager#InvalidRequestException")),
        GET("400 Bad Request", JSON_ERROR("DecryptionFailure")),
        GET("200 OK", "{\"SecretBinary\": \"" HUSH "\", \"VersionId\": \"v1\"}"),
        GET("200 OK", "{\"SecretString\": \"" HUSH "\"}"),
        GET("200 OK", "{\"SecretString\": \"" HUSH),
        GET("200 OK", "[\"" HUSH "\"]"),
        GET("200 OK", "{\"SecretString\": \"a\", \"SecretString\": \"b\"}"),
    };
    static const struct {
        int code;
        const char *why;
    } failures[] = {{JB_ERROR_NOT_FOUND, "cannot read the secret 's/1': ResourceNotFoundException: so it is"},
                    {JB_ERROR_CONFLICT, "InvalidRequestException"},
                    {JB_ERROR_ACCESS, "DecryptionFailure"},
                    {JB_ERROR_UNSUPPORTED, "bytes, not a text"},
                    {JB_ERROR_FORMAT, "lacks 'VersionId'"},
                    {JB_ERROR_FORMAT, "makes no sense"},
                    {JB_ERROR_FORMAT, "no JSON object"},
                    {JB_ERROR_FORMAT, "makes no sense"}};
    char *secret = NULL, *account = NULL;
    jb_error error = JB_ERROR_INIT;
    BEGIN(script);
    is(jb_aws_secret_get(aws, NULL, "s/1", &secret, &account, &error), JB_OK, &error, "");
    assert_string_equal(secret, HUSH "\xc3\xbc");
    assert_string_equal(account, "{\"name\":\"s/1\",\"version\":\"v1\"}");
    jb_text_free(secret);
    jb_text_free(account);
    for (size_t i = 0; i < sizeof failures / sizeof *failures; i++) {
        is(jb_aws_secret_get(aws, NULL, "s/1", &secret, &account, &error), failures[i].code, &error, failures[i].why);
        assert_null(secret);
    }
    is(jb_aws_secret_get(aws, NULL, "s 1", &secret, &account, &error), JB_ERROR_USAGE, &error, "holds a blank");
    end();
}

static void a_secret_is_not_told_by_an_error_that_repeats_it(void **state)
{
    (void)state;
    static const struct exchange script[] = {
        {"POST",
         "/",
         {"x-amz-target: secretsmanager.CreateSecret"},
         .status = "400 Bad Request",
         .reply_headers = "x-amzn-ErrorType: InvalidParameterException:http://internal/\r\n",
         .reply = "{\"Message\": \"" HUSH " is no good\"}"}};
    jb_error error = JB_ERROR_INIT;
    BEGIN(script);
    is(jb_aws_secret_create(aws, NULL, "s", HUSH "-hush", NULL, &error), JB_ERROR_USAGE, &error,
       "cannot create the secret 's': InvalidParameterException (status 400)");
    is(jb_aws_secret_create(aws, NULL, "s", "\xff" HUSH, NULL, &error), JB_ERROR_USAGE, &error, "no valid UTF-8");
    is(jb_aws_secret_create(aws, NULL, "s", "", NULL, &error), JB_ERROR_USAGE, &error, "missing or empty");
    char *large = malloc(65538);
    memset(large, 'x', 65537);
    large[65537] = '\0';
    is(jb_aws_secret_create(aws, NULL, "s", large, NULL, &error), JB_ERROR_LIMIT, &error, "longer than 65536");
    free(large);
    end();
}

static void a_secret_in_its_days_of_grace_does_not_exist(void **state)
{
    (void)state;
#define DESCRIBE(code, answer) ASKED("DescribeSecret", "{\"SecretId\":\"s\"}", code, answer)
    static const struct exchange script[] = {
        DESCRIBE("200 OK", "{\"Name\": \"s\"}"),
        DESCRIBE("200 OK", "{\"Name\": \"s\", \"DeletedDate\": 1.7e9}"),
        DESCRIBE("400 Bad Request", JSON_ERROR("ResourceNotFoundException")),
        DESCRIBE("400 Bad Request", JSON_ERROR("AccessDeniedException")),
        ASKED("DeleteSecret", "{\"SecretId\":\"s\",\"RecoveryWindowInDays\":30}", "200 OK", "{}"),
        ASKED("DeleteSecret", "{\"SecretId\":\"s\",\"ForceDeleteWithoutRecovery\":true}", "200 OK", "{}"),
    };
    bool exists = false;
    jb_error error = JB_ERROR_INIT;
    BEGIN(script);
    is(jb_aws_secret_exists(aws, NULL, "s", &exists, &error), JB_OK, &error, "");
    assert_true(exists);
    is(jb_aws_secret_exists(aws, NULL, "s", &exists, &error), JB_OK, &error, "");
    assert_false(exists);
    exists = true;
    assert_int_equal(jb_aws_secret_exists(aws, NULL, "s", &exists, NULL), JB_OK);
    assert_false(exists);
    is(jb_aws_secret_exists(aws, NULL, "s", &exists, &error), JB_ERROR_ACCESS, &error, "AccessDenied");
    assert_int_equal(jb_aws_secret_delete(aws, NULL, "s", false, NULL), JB_OK);
    assert_int_equal(jb_aws_secret_delete(aws, NULL, "s", true, NULL), JB_OK);
    end();
}

static void keys_are_not_made_twice_after_a_lost_answer(void **state)
{
    (void)state;
    static const struct exchange script[] = {
        {"POST", "/", {0}, .body = IAM_BODY("CreateAccessKey"), .fault = FAULT_RESET_UNANSWERED}};
    char *credentials = NULL;
    jb_error error = JB_ERROR_INIT;
    BEGIN(script);
    is(jb_aws_key_create(aws, NULL, "backup", &credentials, NULL, &error), JB_ERROR_UNREACHABLE, &error,
       "cannot create keys of the user 'backup': the answer was lost");
    assert_null(credentials);
    end();
}

static void a_deletion_whose_answer_was_lost_has_succeeded(void **state)
{
    (void)state;
    static const struct exchange script[] = {
        {"POST", "/", {0}, .body = IAM_BODY("DeleteUser"), .fault = FAULT_RESET_UNANSWERED},
        REFUSED(IAM_BODY("DeleteUser"), "404 Not Found", XML_ERROR("NoSuchEntity")),
        REFUSED(IAM_BODY("DeleteUser"), "404 Not Found", XML_ERROR("NoSuchEntity")),
    };
    jb_error error = JB_ERROR_INIT;
    BEGIN(script);
    is(jb_aws_user_delete(aws, NULL, "backup", false, &error), JB_OK, &error, "");
    is(jb_aws_user_delete(aws, NULL, "backup", false, &error), JB_ERROR_NOT_FOUND, &error, "NoSuchEntity");
    end();
}

static void a_user_is_deleted_with_all_pages_of_its_own(void **state)
{
    (void)state;
#define KEYS_OF(members)                                                                                               \
    "<ListAccessKeysResponse><ListAccessKeysResult><AccessKeyMetadata>" members                                        \
    "</AccessKeyMetadata></ListAccessKeysResult></ListAccessKeysResponse>"
#define POLICIES_OF(members)                                                                                           \
    "<ListUserPoliciesResponse><ListUserPoliciesResult><PolicyNames>" members                                          \
    "</PolicyNames></ListUserPoliciesResult></ListUserPoliciesResponse>"
#define KEY(id) "<member><UserName>backup</UserName><AccessKeyId>" id "</AccessKeyId></member>"
    static const struct exchange script[] = {
        POSTED(IAM_BODY("ListAccessKeys"), KEYS_OF(KEY("K1") KEY("K2"))),
        POSTED(IAM_BODY("DeleteAccessKey") "&AccessKeyId=K1", "<x/>"),
        POSTED(IAM_BODY("DeleteAccessKey") "&AccessKeyId=K2", "<x/>"),
        POSTED(IAM_BODY("ListAccessKeys"), KEYS_OF("")),
        POSTED(IAM_BODY("ListUserPolicies"), POLICIES_OF("<member>p1</member>")),
        POSTED(IAM_BODY("DeleteUserPolicy") "&PolicyName=p1", "<x/>"),
        POSTED(IAM_BODY("ListUserPolicies"), POLICIES_OF("<member>p2</member>")),
        POSTED(IAM_BODY("DeleteUserPolicy") "&PolicyName=p2", "<x/>"),
        POSTED(IAM_BODY("ListUserPolicies"), POLICIES_OF("")),
        REFUSED(IAM_BODY("DeleteUser"), "409 Conflict", XML_ERROR("DeleteConflict")),
    };
    jb_error error = JB_ERROR_INIT;
    BEGIN(script);
    is(jb_aws_user_delete(aws, NULL, "backup", true, &error), JB_ERROR_CONFLICT, &error, "DeleteConflict");
    assert_non_null(strstr(error.hint, "groups"));
    end();
}

static void what_a_late_listing_still_shows_is_gone(void **state)
{
    (void)state;
    static const struct exchange script[] = {
        POSTED(IAM_BODY("ListAccessKeys"), KEYS_OF(KEY("K1"))),
        POSTED(IAM_BODY("DeleteAccessKey") "&AccessKeyId=K1", "<x/>"),
        POSTED(IAM_BODY("ListAccessKeys"), KEYS_OF(KEY("K1"))),
        REFUSED(IAM_BODY("DeleteAccessKey") "&AccessKeyId=K1", "404 Not Found", XML_ERROR("NoSuchEntity")),
        POSTED(IAM_BODY("ListUserPolicies"), POLICIES_OF("")),
        POSTED(IAM_BODY("DeleteUser"), "<x/>"),
    };
    jb_error error = JB_ERROR_INIT;
    BEGIN(script);
    is(jb_aws_user_delete(aws, NULL, "backup", true, &error), JB_OK, &error, "");
    end();
}

static void a_cancelled_call_ends(void **state)
{
    (void)state;
    jb_operation *operation;
    jb_error error = JB_ERROR_INIT;
    begin(NULL, 0);
    assert_int_equal(jb_operation_new(NULL, &operation, &error), JB_OK);
    jb_operation_cancel(operation);
    is(jb_aws_identity(aws, operation, NULL, &error), JB_ERROR_CANCELLED, &error, "cancelled");
    jb_operation_free(operation);
    end();
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, aws_environment_clear)
    const struct CMUnitTest tests[] = {
        TEST(a_request_is_signed_for_its_service),
        TEST(throttling_and_faults_of_the_service_are_tried_again),
        TEST(refusals_are_told_with_the_services_code),
        TEST(an_endless_answer_is_refused),
        TEST(a_refused_signature_does_not_repeat_the_session_token),
        TEST(a_session_comes_as_a_credentials_file),
        TEST(secrets_are_read_and_their_absence_told),
        TEST(a_secret_is_not_told_by_an_error_that_repeats_it),
        TEST(a_secret_in_its_days_of_grace_does_not_exist),
        TEST(keys_are_not_made_twice_after_a_lost_answer),
        TEST(a_deletion_whose_answer_was_lost_has_succeeded),
        TEST(a_user_is_deleted_with_all_pages_of_its_own),
        TEST(what_a_late_listing_still_shows_is_gone),
        TEST(a_cancelled_call_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
