/* What S3's error codes mean (Amazon S3 API Reference, "Error responses"). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../base/clock.h"
#include "../../codec/xml.h"
#include "../meaning.h"
#include "request.h"

#define SKEW_MAX_S (14 * 60) /* what is less cannot be why a store refuses: it allows 15 minutes */

static const char clock_hint[] = "set this machine's clock right: it differs from the store's by more than 15 minutes";
static const char key_hint[] = "check the access key and the secret key, and that they belong to this endpoint";
static const char rights_hint[] = "the credentials lack the right for this, or the bucket belongs to another account";
static const char expired_hint[] = "get new temporary credentials: these have expired or are cut short";

static const struct store_meaning meanings[] = {
    {"NoSuchKey", JB_ERROR_NOT_FOUND, false, NULL},
    {"NoSuchVersion", JB_ERROR_NOT_FOUND, false, NULL},
    {"NoSuchBucket", JB_ERROR_NOT_FOUND, false, "make the bucket first, or check its name and the endpoint"},
    {"NoSuchUpload", JB_ERROR_CONFLICT, false, "somebody completed or aborted this multipart upload; start anew"},
    {"AccessDenied", JB_ERROR_ACCESS, false, rights_hint},
    {"AllAccessDisabled", JB_ERROR_ACCESS, false, rights_hint},
    {"AccountProblem", JB_ERROR_ACCESS, false, rights_hint},
    {"InvalidAccessKeyId", JB_ERROR_ACCESS, false, key_hint},
    {"SignatureDoesNotMatch", JB_ERROR_ACCESS, false, key_hint},
    {"RequestTimeTooSkewed", JB_ERROR_ACCESS, false, clock_hint},
    {"RequestExpired", JB_ERROR_ACCESS, false, clock_hint},
    {"ExpiredToken", JB_ERROR_ACCESS, false, expired_hint},
    {"InvalidToken", JB_ERROR_ACCESS, false, expired_hint},
    {"TokenRefreshRequired", JB_ERROR_ACCESS, false, expired_hint},
    {"PreconditionFailed", JB_ERROR_CONFLICT, false, NULL},
    {"ConditionalRequestConflict", JB_ERROR_CONFLICT, true, NULL},
    {"OperationAborted", JB_ERROR_CONFLICT, true, NULL},
    {"BucketAlreadyExists", JB_ERROR_CONFLICT, false, "bucket names are shared by all accounts: choose another one"},
    {"BadDigest", JB_ERROR_VERIFY, true, NULL},
    {"XAmzContentSHA256Mismatch", JB_ERROR_VERIFY, true, NULL},
    {"InvalidPart", JB_ERROR_VERIFY, false, "the store has lost a part, or holds another one: upload anew"},
    {"InvalidPartOrder", JB_ERROR_VERIFY, false, NULL},
    {"InvalidRange", JB_ERROR_VERIFY, false, "the object is shorter than it should be"},
    {"EntityTooLarge", JB_ERROR_LIMIT, false, NULL},
    {"EntityTooSmall", JB_ERROR_LIMIT, false, NULL},
    {"KeyTooLongError", JB_ERROR_USAGE, false, NULL},
    {"InvalidBucketName", JB_ERROR_USAGE, false, "a bucket's name is 3 to 63 lower-case letters, digits, '-' and '.'"},
    {"NotImplemented", JB_ERROR_UNSUPPORTED, false, NULL},
    {"InsufficientStorage", JB_ERROR_NO_SPACE, false, "free space in the store, or raise its quota"},
    {"QuotaExceeded", JB_ERROR_NO_SPACE, false, "free space in the store, or raise its quota"},
    {"XMinioStorageFull", JB_ERROR_NO_SPACE, false, "free space in the store, or raise its quota"},
    {"RequestTimeout", JB_ERROR_UNREACHABLE, true, NULL},
    {"SlowDown", JB_ERROR_UNREACHABLE, true, "the store asks for fewer requests; try again later"},
    {"InternalError", JB_ERROR_UNREACHABLE, true, NULL},
    {"ServiceUnavailable", JB_ERROR_UNREACHABLE, true, NULL},
};

static struct store_meaning meaning_of(const char *store_code, int status)
{
    return store_meaning_of(meanings, sizeof meanings / sizeof *meanings, store_code, status, rights_hint);
}

struct problem {
    char code[64];
    char message[256];
    char region[64];
};

static int take_problem(void *context, const char *path, const char *text, jb_error *error)
{
    struct problem *problem = context;
    (void)error;
    if (strcmp(path, "Error/Code") == 0)
        snprintf(problem->code, sizeof problem->code, "%s", text);
    else if (strcmp(path, "Error/Message") == 0)
        snprintf(problem->message, sizeof problem->message, "%s", text);
    else if (strcmp(path, "Error/Region") == 0 || strcmp(path, "Error/BucketRegion") == 0)
        snprintf(problem->region, sizeof problem->region, "%s", text);
    return JB_OK;
}

/* To HEAD, S3 answers an expired token with 400 and no body at all. */
static bool is_nameless(const struct s3_request *request, const char *store_code)
{
    return *store_code == '\0' && request->http.status == 400 && strcmp(request->http.method, "HEAD") == 0;
}

/* Whether keys that are fetched anew may succeed. */
static bool may_have_expired(const struct s3_request *request, const char *store_code)
{
    if (!is_nameless(request, store_code) && strcmp(store_code, "ExpiredToken") != 0 &&
        strcmp(store_code, "TokenRefreshRequired") != 0)
        return false;
    return request->s3->provider != NULL && credentials_provider_expired(request->s3->provider);
}

static enum http_verdict fail(struct s3_request *request, const struct store_meaning *meaning, const char *store_code,
                              const char *message)
{
    snprintf(request->store_code, sizeof request->store_code, "%s", store_code);
    store_meaning_tell(meaning, store_code, message, request->http.status, &request->http.error);
    return meaning->retry || may_have_expired(request, store_code) ? HTTP_RETRY : HTTP_FAILED;
}

/*
 * A date that the store refuses is set right by the store's own clock, and the request signed anew, once: a machine
 * whose clock is wrong must still get its backups out. True where that is to be tried.
 */
static bool correct_clock(struct s3_request *request, const char *store_code)
{
    const struct http_request *http = &request->http;
    char value[64];
    int64_t theirs;
    bool told = strcmp(store_code, "RequestTimeTooSkewed") == 0;
    /* The reply to HEAD has no body to tell why. */
    bool untold = http->status == 403 && *store_code == '\0' && strcmp(http->method, "HEAD") == 0;
    if ((!told && !untold) || request->clock_corrected ||
        !http_request_reply_header(http, "date", value, sizeof value) || !clock_parse_http(value, &theirs))
        return false;
    int64_t ahead = theirs - clock_now(), known = atomic_load(&request->s3->clock_ahead_s);
    if (untold && llabs(ahead - known) < SKEW_MAX_S)
        return false;
    request->clock_corrected = true;
    if (atomic_exchange(&request->s3->clock_ahead_s, ahead) != ahead && llabs(ahead - known) >= SKEW_MAX_S)
        operation_log(http->operation, JB_LOG_WARNING,
                      "this machine's clock is %lld s %s the store's: requests are dated by the store's from now on",
                      llabs(ahead), ahead > 0 ? "behind" : "ahead of");
    return true;
}

/* The request goes to the region that was named, once; that try does not count. */
static enum http_verdict fail_by_region(struct s3_request *request, const struct problem *problem)
{
    jb_error *error = &request->http.error;
    error_set(error, JB_ERROR_USAGE, "the bucket is not in the region '%s' (status %d)", request->region,
              request->http.status);
    if (problem->region[0] != '\0')
        error_hint(error, "give the region '%s', and the endpoint that belongs to it", problem->region);
    else
        error_hint(error, "give the bucket's own region, and the endpoint that belongs to it");
    if (!s3_request_move(request, problem->region))
        return HTTP_FAILED;
    request->http.tries--;
    return HTTP_RETRY;
}

enum http_verdict s3_judge_code(struct s3_request *request, const char *code, const char *message)
{
    struct store_meaning meaning = meaning_of(code, request->http.status);
    if (is_nameless(request, code))
        meaning = (struct store_meaning){"", JB_ERROR_ACCESS, false, expired_hint};
    return fail(request, &meaning, code, message);
}

enum http_verdict s3_judge_problem(struct s3_request *request)
{
    struct problem problem = {"", "", ""};
    const struct http_request *http = &request->http;
    /* A body that is no XML is a proxy's; then the status alone speaks. */
    if (http->problem.size > 0 &&
        xml_read(http->problem.data, http->problem.size, take_problem, &problem, NULL) != JB_OK)
        problem = (struct problem){"", "", ""};
    if (problem.region[0] == '\0')
        http_request_reply_header(http, "x-amz-bucket-region", problem.region, sizeof problem.region);
    bool other_region = problem.region[0] != '\0' && strcmp(problem.region, request->region) != 0;
    if (http->status == 301 || http->status == 307 || strcmp(problem.code, "PermanentRedirect") == 0 ||
        (http->status == 400 && other_region))
        return fail_by_region(request, &problem);
    if (http->status >= 200 && http->status <= 399) {
        error_set(&request->http.error, JB_ERROR_UNREACHABLE,
                  "the endpoint does not answer as a store does (status %d)", http->status);
        return HTTP_FAILED;
    }
    enum http_verdict verdict = s3_judge_code(request, problem.code, problem.message);
    return correct_clock(request, problem.code) ? HTTP_RETRY : verdict;
}
