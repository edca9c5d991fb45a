/* What is wrong with a store, as its user wants to hear it: how far one comes, then what it does. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../base/random.h"
#include "../../codec/json.h"
#include "../../http/reach.h"
#include "trial.h"

#define SKEW_MAX_SECONDS 60

struct diagnosis {
    json_t *checks;
    unsigned counts[ACCEPTANCE_ABSENT + 1];
    jb_error first; /* what the first failed check met */
    const char *first_name;
};

static int add_result(void *context, const struct acceptance_result *result, jb_error *error)
{
    static const char *const outcomes[] = {"pass", "fail", "not-there"};
    struct diagnosis *diagnosis = context;
    int code = JB_OK;
    json_t *check = json_object();
    json_put_text(check, "name", result->name, &code, error);
    json_put_text(check, "proves", result->proves, &code, error);
    json_put_text(check, "outcome", outcomes[result->outcome], &code, error);
    json_put_text(check, "detail", result->error.text, &code, error);
    json_put_text(check, "hint", result->outcome == ACCEPTANCE_PASS ? "" : result->error.hint, &code, error);
    if (result->right != NULL)
        json_put_text(check, "missing_right", result->right, &code, error);
    if (result->outcome == ACCEPTANCE_FAIL)
        json_put_text(check, "code", jb_code_name(result->error.code), &code, error);
    json_append(diagnosis->checks, check, &code, error);
    diagnosis->counts[result->outcome]++;
    if (result->outcome == ACCEPTANCE_FAIL && diagnosis->first_name == NULL) {
        diagnosis->first = result->error;
        diagnosis->first_name = result->name;
    }
    return code;
}

static void set_reach_failure(const struct http_reach *reach, jb_error *error)
{
    switch (reach->stage) {
    case HTTP_STAGE_NAME:
        error_set(error, JB_ERROR_UNREACHABLE, "the name in '%s' is not known: %s", reach->server, reach->reason);
        error_hint(error, "check how the endpoint is written, and this machine's name servers (or the proxy's name)");
        break;
    case HTTP_STAGE_CONNECTION:
        error_set(error, JB_ERROR_UNREACHABLE, "nothing answers at '%s': %s", reach->server, reach->reason);
        error_hint(error, "check the port, whether the server runs, firewalls, and whether a proxy is needed");
        break;
    case HTTP_STAGE_TLS:
        error_set(error, JB_ERROR_UNREACHABLE, "no trusted encrypted connection to '%s': %s", reach->server,
                  reach->reason);
        error_hint(error, "name the authority that signed the server's certificate by --ca-file, or check that the "
                          "endpoint speaks https, its name and this machine's clock");
        break;
    default:
        error_set(error, JB_ERROR_UNREACHABLE, "'%s' takes the connection but gives no answer of HTTP: %s",
                  reach->server, reach->reason);
        error_hint(error, "check that the port is that of the store, and whether it wants https or http");
    }
}

static void judge_reach(const struct http_reach *reach, struct acceptance_result *result)
{
    if (reach->stage != HTTP_STAGE_DONE) {
        result->outcome = ACCEPTANCE_FAIL;
        set_reach_failure(reach, &result->error);
        return;
    }
    char tls[64] = "";
    if (reach->tls_ms > 0)
        snprintf(tls, sizeof tls, ", encrypted after %lld", (long long)reach->tls_ms);
    error_set(&result->error, JB_OK, "%s at %s: name after %lld ms, connected after %lld%s, answer after %lld%s%s",
              reach->server, reach->address, (long long)reach->name_ms, (long long)reach->connect_ms, tls,
              (long long)reach->answer_ms, reach->expires[0] != '\0' ? "; its certificate ends " : "", reach->expires);
}

static void judge_date(const struct http_reach *reach, struct acceptance_result *result)
{
    int64_t ahead = reach->date - reach->asked;
    if (reach->date == 0) {
        result->outcome = ACCEPTANCE_ABSENT;
        error_set(&result->error, JB_OK, "the server does not tell its time");
    } else if (llabs(ahead) <= SKEW_MAX_SECONDS) {
        error_set(&result->error, JB_OK, "within %lld s", (long long)llabs(ahead) + 1);
    } else {
        result->outcome = ACCEPTANCE_FAIL;
        error_set(&result->error, JB_ERROR_ACCESS, "this machine's clock is %lld s %s the server's",
                  (long long)llabs(ahead), ahead > 0 ? "behind" : "ahead of");
        error_hint(&result->error, "set the clock right: stores refuse what is signed more than 15 minutes off");
    }
}

/* *reached false: all further checks would only fail one after another, each after its tries. */
static int look_at_server(jb_store *store, jb_operation *operation, struct diagnosis *diagnosis, bool *reached,
                          jb_error *error)
{
    *reached = true;
    if (store->driver->reach == NULL)
        return JB_OK;
    struct http_reach reach;
    int code = store->driver->reach(store, operation, &reach, error);
    if (code != JB_OK)
        return code;
    struct acceptance_result result = {
        .name = "reach", .proves = "The store's server is found, trusted, and answers.", .error = JB_ERROR_INIT};
    judge_reach(&reach, &result);
    *reached = reach.stage == HTTP_STAGE_DONE;
    code = add_result(diagnosis, &result, error);
    if (code != JB_OK || !*reached)
        return code;
    result = (struct acceptance_result){
        .name = "date", .proves = "This machine's clock and the server's agree.", .error = JB_ERROR_INIT};
    judge_date(&reach, &result);
    return add_result(diagnosis, &result, error);
}

/* Where a private network leads to the store alone, the service that knows it is out of reach, and nothing is wrong. */
static int look_at_identity(jb_store *store, jb_operation *operation, struct diagnosis *diagnosis, jb_error *error)
{
    char who[STORE_IDENTITY_SIZE];
    struct acceptance_result result = {
        .name = "identity", .proves = "It is known whose the credentials are.", .error = JB_ERROR_INIT};
    int code = store->driver->identity != NULL ? store->driver->identity(store, operation, who, &result.error)
                                               : JB_ERROR_UNSUPPORTED;
    if (code == JB_ERROR_UNSUPPORTED)
        return JB_OK;
    if (code == JB_ERROR_CANCELLED)
        return error_copy(error, &result.error);
    if (code == JB_OK)
        error_set(&result.error, JB_OK, "%s", who);
    else
        result.outcome = code == JB_ERROR_ACCESS ? ACCEPTANCE_FAIL : ACCEPTANCE_ABSENT;
    return add_result(diagnosis, &result, error);
}

/* Without a bucket: a store that knows who asks says that there is no bucket of a random name. */
static int look_at_credentials(jb_store *store, jb_operation *operation, struct diagnosis *diagnosis, jb_error *error)
{
    char bucket[50], random[33];
    random_name(random);
    snprintf(bucket, sizeof bucket, TRIAL_PREFIX "%.16s", random);
    struct acceptance_result result = {.name = "credentials",
                                       .proves = "The store knows who asks (give a bucket to learn of rights).",
                                       .error = JB_ERROR_INIT};
    int code = jb_store_test_bucket(store, operation, bucket, &result.error);
    if (code == JB_ERROR_CANCELLED)
        return error_copy(error, &result.error);
    if (code == JB_OK || code == JB_ERROR_NOT_FOUND)
        result.error = (jb_error)JB_ERROR_INIT;
    else
        result.outcome = code == JB_ERROR_UNSUPPORTED ? ACCEPTANCE_ABSENT : ACCEPTANCE_FAIL;
    return add_result(diagnosis, &result, error);
}

/* A bucket that is not there, or not ours, makes all that follows meaningless. */
static int stop_without_bucket(void *context, const struct acceptance_result *result, jb_error *error)
{
    int code = add_result(context, result, error);
    bool hopeless = result->outcome == ACCEPTANCE_FAIL && strcmp(result->name, "bucket") == 0 &&
                    result->error.code != JB_ERROR_ACCESS;
    return code == JB_OK && hopeless ? error_set(error, JB_ERROR_STATE, "no bucket") : code;
}

static int give_account(const jb_store *store, const char *bucket, bool full, struct diagnosis *diagnosis,
                        char **account, jb_error *error)
{
    int code = JB_OK;
    json_t *result = json_object();
    json_put_text(result, "store", store->driver->scheme, &code, error);
    if (bucket != NULL)
        json_put_text(result, "bucket", bucket, &code, error);
    json_put(result, "full", json_boolean(full), &code, error);
    json_put_count(result, "passed", diagnosis->counts[ACCEPTANCE_PASS], &code, error);
    json_put_count(result, "failed", diagnosis->counts[ACCEPTANCE_FAIL], &code, error);
    json_put_count(result, "not_there", diagnosis->counts[ACCEPTANCE_ABSENT], &code, error);
    json_put(result, "checks", json_incref(diagnosis->checks), &code, error);
    if (code == JB_OK && account != NULL)
        code = json_text(result, account, error);
    json_decref(result);
    return code;
}

static int examine(jb_store *store, jb_operation *operation, const char *bucket, bool full, struct diagnosis *diagnosis,
                   jb_error *error)
{
    bool reached;
    int code = look_at_server(store, operation, diagnosis, &reached, error);
    if (code != JB_OK || !reached)
        return code;
    code = look_at_identity(store, operation, diagnosis, error);
    if (code != JB_OK)
        return code;
    if (bucket == NULL)
        return look_at_credentials(store, operation, diagnosis, error);
    code = acceptance_run(store, operation, bucket, full, stop_without_bucket, diagnosis, error);
    return code == JB_ERROR_STATE ? JB_OK : code;
}

int jb_store_diagnose(jb_store *store, jb_operation *operation, const char *bucket, bool full, char **account,
                      jb_error *error)
{
    jb_error own = JB_ERROR_INIT;
    if (error == NULL)
        error = &own;
    if (store == NULL || (full && bucket == NULL))
        return error_set(error, JB_ERROR_USAGE, store == NULL ? "the store is missing" : "the bucket is missing");
    int code = bucket != NULL ? store_check_names(bucket, NULL, error) : JB_OK;
    if (code != JB_OK)
        return code;
    struct diagnosis diagnosis = {.checks = json_array(), .first = JB_ERROR_INIT};
    code =
        diagnosis.checks == NULL ? error_no_memory(error) : examine(store, operation, bucket, full, &diagnosis, error);
    if (code == JB_OK)
        code = give_account(store, bucket, full, &diagnosis, account, error);
    json_decref(diagnosis.checks);
    if (code != JB_OK || diagnosis.first_name == NULL)
        return code;
    error_copy(error, &diagnosis.first);
    return error_prefix(error, "check '%s'", diagnosis.first_name);
}
