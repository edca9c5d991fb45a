/* Request signing against AWS's published test suite (scripts/fetch-sigv4-vectors.sh), and the forms of paths and
 * queries. */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "cloud/aws/sigv4.h"
#include "cloud/uri.h"
#include "codec/digest.h"

/* The key pair that the suite's description names. */
static const char access_key[] = "AKIDEXAMPLE";
static const char secret_key[] = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

#define HEADERS 16

struct vector {
    char *method, *target, *body;
    struct sigv4_header headers[HEADERS];
    size_t header_count;
    const char *date, *token;
};

static char *read_file(const char *directory, const char *name, const char *extension)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s.%s", directory, name, extension);
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        fail_msg("cannot read '%s'", path);
    char *text = calloc(1, 65536);
    size_t size = fread(text, 1, 65535, file), out = 0;
    fclose(file);
    for (size_t i = 0; i < size; i++)
        if (text[i] != '\r')
            text[out++] = text[i];
    text[out] = '\0';
    return text;
}

/* Takes `text` apart in place: the request line, headers (continued where a line begins with a blank), an empty line,
 * the body. */
static void parse_request(char *text, struct vector *vector)
{
    memset(vector, 0, sizeof *vector);
    char *end = strstr(text, "\n\n");
    vector->body = end != NULL ? end + 2 : text + strlen(text);
    if (end != NULL)
        *end = '\0';
    char *line = strchr(text, '\n');
    *line++ = '\0';
    vector->method = text;
    vector->target = strchr(text, ' ') + 1;
    vector->target[-1] = '\0';
    *strrchr(vector->target, ' ') = '\0'; /* a blank may stand in the path, too */
    while (line != NULL && *line != '\0') {
        char *next = strchr(line, '\n');
        while (next != NULL && (next[1] == ' ' || next[1] == '\t'))
            next = strchr(next + 1, '\n'); /* the blanks will be joined */
        if (next != NULL)
            *next++ = '\0';
        char *value = strchr(line, ':');
        *value++ = '\0';
        assert_true(vector->header_count < HEADERS);
        vector->headers[vector->header_count++] = (struct sigv4_header){line, value};
        if (strcasecmp(line, "x-amz-date") == 0)
            vector->date = value;
        if (strcasecmp(line, "x-amz-security-token") == 0)
            vector->token = value;
        line = next;
    }
}

/* Where the request as signed has a token that the request as given lacks, signing is what adds it. Freed by the
 * caller. */
static char *add_token(const char *canonical, struct vector *vector)
{
    static const char mark[] = "\nx-amz-security-token:";
    const char *found = strstr(canonical, mark);
    if (found == NULL || vector->token != NULL)
        return NULL;
    found += sizeof mark - 1;
    char *token = strndup(found, strcspn(found, "\n"));
    vector->token = token;
    vector->headers[vector->header_count++] = (struct sigv4_header){"X-Amz-Security-Token", token};
    return token;
}

static size_t parse_query(char *query, struct uri_parameter *parameters)
{
    size_t count = 0;
    while (query != NULL && *query != '\0') {
        char *next = strchr(query, '&');
        if (next != NULL)
            *next++ = '\0';
        char *value = strchr(query, '=');
        if (value != NULL)
            *value++ = '\0';
        assert_true(uri_decode_form(query));
        assert_true(value == NULL || uri_decode_form(value));
        parameters[count++] = (struct uri_parameter){query, value != NULL ? value : ""};
        query = next;
    }
    return count;
}

static void run_vector(const char *directory, const char *name)
{
    char *text = read_file(directory, name, "req");
    char *request_text = read_file(directory, name, "creq"), *to_sign = read_file(directory, name, "sts");
    char *authorization = read_file(directory, name, "authz");
    struct vector vector;
    parse_request(text, &vector);
    char *token = add_token(request_text, &vector);
    char *query = strchr(vector.target, '?');
    if (query != NULL)
        *query++ = '\0';
    struct uri_parameter parameters[HEADERS];
    size_t parameter_count = parse_query(query, parameters);

    jb_error error = JB_ERROR_INIT;
    struct buffer path, canonical_query;
    buffer_init(&path, 65536);
    buffer_init(&canonical_query, 65536);
    assert_int_equal(uri_normalized_path(&path, vector.target, &error), JB_OK);
    assert_int_equal(uri_canonical_query(&canonical_query, parameters, parameter_count, &error), JB_OK);
    unsigned char digest[SHA256_SIZE];
    char hash[SHA256_HEX_SIZE];
    assert_int_equal(sha256_of(vector.body, strlen(vector.body), digest, &error), JB_OK);
    hex_encode(digest, sizeof digest, hash);

    struct credentials credentials;
    assert_int_equal(credentials_copy(&credentials, access_key, secret_key, vector.token, &error), JB_OK);
    const struct sigv4_request request = {
        vector.method,  path.data,           canonical_query.size > 0 ? canonical_query.data : "",
        vector.headers, vector.header_count, hash};
    const struct sigv4_scope scope = {&credentials, "us-east-1", "service", vector.date};
    struct sigv4_signature signature;
    sigv4_signature_init(&signature);
    assert_int_equal(sigv4_sign(&request, &scope, &signature, &error), JB_OK);
    if (strcmp(signature.canonical_request.data, request_text) != 0 ||
        strcmp(signature.string_to_sign.data, to_sign) != 0 || strcmp(signature.authorization.data, authorization) != 0)
        fail_msg("'%s' is signed otherwise:\n%s\n--\n%s\n--\n%s\n--\n%s", name, signature.canonical_request.data,
                 request_text, signature.authorization.data, authorization);
    sigv4_signature_clean_up(&signature);
    credentials_clean_up(&credentials);
    buffer_clean_up(&path);
    buffer_clean_up(&canonical_query);
    free(token);
    free(text);
    free(request_text);
    free(to_sign);
    free(authorization);
}

/* A folder holds a vector of its own name, or folders. */
static unsigned run_folder(const char *directory, const char *name)
{
    char path[4096];
    unsigned count = 0;
    struct stat status;
    snprintf(path, sizeof path, "%s/%s.req", directory, name);
    if (stat(path, &status) == 0) {
        run_vector(directory, name);
        count++;
    }
    DIR *folder = opendir(directory);
    assert_non_null(folder);
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        snprintf(path, sizeof path, "%s/%s", directory, entry->d_name);
        if (entry->d_name[0] != '.' && stat(path, &status) == 0 && S_ISDIR(status.st_mode))
            count += run_folder(path, entry->d_name);
    }
    closedir(folder);
    return count;
}

static void all_of_the_published_vectors(void **state)
{
    (void)state;
    const char *directory = getenv("JPSBACKUP_SIGV4_VECTORS");
    if (directory == NULL)
        fail_msg("set JPSBACKUP_SIGV4_VECTORS to the folder that scripts/fetch-sigv4-vectors.sh filled");
    char suite[4096];
    snprintf(suite, sizeof suite, "%s/aws4_testsuite", directory);
    unsigned count = run_folder(suite, "aws4_testsuite");
    print_message("%u vectors\n", count);
    assert_true(count >= 30); /* the suite has 34 */
}

/* The examples of the Amazon S3 API Reference ("Examples: Signature calculations"): paths there are encoded once. */
static void s3_example_get_object_and_list(void **state)
{
    (void)state;
    jb_error error = JB_ERROR_INIT;
    struct credentials credentials;
    assert_int_equal(credentials_copy(&credentials, "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
                                      NULL, &error),
                     JB_OK);
    const struct sigv4_scope scope = {&credentials, "us-east-1", "s3", "20130524T000000Z"};
    static const char empty[] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    const struct sigv4_header get_headers[] = {{"Host", "examplebucket.s3.amazonaws.com"},
                                               {"Range", "bytes=0-9"},
                                               {"x-amz-content-sha256", empty},
                                               {"x-amz-date", scope.date}};
    const struct sigv4_header list_headers[] = {
        {"Host", "examplebucket.s3.amazonaws.com"}, {"x-amz-content-sha256", empty}, {"x-amz-date", scope.date}};
    const struct {
        struct sigv4_request request;
        const char *signature;
    } cases[] = {
        {{"GET", "/test.txt", "", get_headers, 4, empty},
         "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"},
        {{"GET", "/", "max-keys=2&prefix=J", list_headers, 3, empty},
         "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"},
    };
    for (size_t i = 0; i < 2; i++) {
        struct sigv4_signature signature;
        sigv4_signature_init(&signature);
        assert_int_equal(sigv4_sign(&cases[i].request, &scope, &signature, &error), JB_OK);
        assert_non_null(strstr(signature.authorization.data, cases[i].signature));
        sigv4_signature_clean_up(&signature);
    }
    credentials_clean_up(&credentials);
}

/* The example of the same reference, "Authenticating Requests: Using Query Parameters". */
static void s3_example_of_a_presigned_get(void **state)
{
    (void)state;
    struct credentials credentials;
    struct buffer query;
    buffer_init(&query, 4096);
    assert_int_equal(
        credentials_copy(&credentials, "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", NULL, NULL),
        JB_OK);
    const struct sigv4_scope scope = {&credentials, "us-east-1", "s3", "20130524T000000Z"};
    const struct sigv4_header headers[] = {{"Host", "examplebucket.s3.amazonaws.com"}};
    const struct sigv4_request request = {"GET", "/test.txt", NULL, headers, 1, SIGV4_UNSIGNED_PAYLOAD};
    assert_int_equal(sigv4_presign(&request, NULL, 0, &scope, 86400, &query, NULL), JB_OK);
    assert_string_equal(
        query.data,
        "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2F"
        "aws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host&X-Amz-Signature="
        "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404");
    buffer_clean_up(&query);
    credentials_clean_up(&credentials);
}

static void a_presigned_request_holds_its_own_parameters_and_the_token(void **state)
{
    (void)state;
    struct credentials credentials;
    struct buffer query;
    buffer_init(&query, 4096);
    assert_int_equal(credentials_copy(&credentials, access_key, secret_key, "to/ken", NULL), JB_OK);
    const struct sigv4_scope scope = {&credentials, "us-east-1", "s3", "20130524T000000Z"};
    const struct sigv4_header headers[] = {{"x-b", "2"}, {"Host", "h"}};
    const struct sigv4_request request = {"PUT", "/b/k", NULL, headers, 2, SIGV4_UNSIGNED_PAYLOAD};
    const struct uri_parameter own[] = {{"uploadId", "a b"}, {"partNumber", "3"}};
    assert_int_equal(sigv4_presign(&request, own, 2, &scope, 60, &query, NULL), JB_OK);
    assert_non_null(strstr(query.data, "&X-Amz-Security-Token=to%2Fken&"));
    assert_non_null(strstr(query.data, "&X-Amz-SignedHeaders=host%3Bx-b&"));
    assert_non_null(strstr(query.data, "&partNumber=3&uploadId=a%20b&X-Amz-Signature="));
    buffer_clean_up(&query);
    credentials_clean_up(&credentials);
}

static void headers_are_sorted_whatever_their_case(void **state)
{
    (void)state;
    struct credentials credentials;
    assert_int_equal(credentials_copy(&credentials, access_key, secret_key, NULL, NULL), JB_OK);
    const struct sigv4_header headers[] = {{"x-b", "2"}, {"host", "h"}, {"X-C", "3"}, {"X-A", "1"}};
    const struct sigv4_request request = {"GET", "/", "", headers, 4, SIGV4_UNSIGNED_PAYLOAD};
    const struct sigv4_scope scope = {&credentials, "us-east-1", "s3", "20130524T000000Z"};
    struct sigv4_signature signature;
    sigv4_signature_init(&signature);
    assert_int_equal(sigv4_sign(&request, &scope, &signature, NULL), JB_OK);
    assert_string_equal(signature.canonical_request.data,
                        "GET\n/\n\nhost:h\nx-a:1\nx-b:2\nx-c:3\n\nhost;x-a;x-b;x-c\nUNSIGNED-PAYLOAD");
    sigv4_signature_clean_up(&signature);
    credentials_clean_up(&credentials);
}

static void s3_path_is_encoded_once_and_keeps_dots(void **state)
{
    (void)state;
    struct buffer path;
    buffer_init(&path, 1024);
    assert_int_equal(uri_encode(&path, "/a//b/../ü +%41~", true, NULL), JB_OK);
    assert_string_equal(path.data, "/a//b/../%C3%BC%20%2B%2541~");
    buffer_clean_up(&path);
}

static void malformed_encodings_are_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {"%", "%4", "%G1", "%1G", "a%00b"};
    for (size_t i = 0; i < 5; i++) {
        char text[16];
        snprintf(text, sizeof text, "%s", wrong[i]);
        assert_false(uri_decode_form(text));
    }
    char right[] = "a+b%2B%c3%BC";
    assert_true(uri_decode_form(right));
    assert_string_equal(right, "a b+ü");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_of_the_published_vectors),
        cmocka_unit_test(s3_example_get_object_and_list),
        cmocka_unit_test(s3_example_of_a_presigned_get),
        cmocka_unit_test(a_presigned_request_holds_its_own_parameters_and_the_token),
        cmocka_unit_test(headers_are_sorted_whatever_their_case),
        cmocka_unit_test(s3_path_is_encoded_once_and_keeps_dots),
        cmocka_unit_test(malformed_encodings_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
