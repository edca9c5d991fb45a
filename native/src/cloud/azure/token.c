#include "token.h"

#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "../../base/clock.h"
#include "../../base/secret.h"
#include "../../codec/json.h"
#include "../refresher.h"
#include "problem.h"
#include "token_source.h"

#define ANSWER_MAX  65536
#define TOKEN_MAX   32768
#define DEADLINE_MS 60000
#define LIFE_MAX_S  (400 * 86400) /* what says more is no answer of this service */

/* A managed identity's service is near or is not there at all. */
#define MANAGED_TRIES      4
#define MANAGED_CONNECT_MS 2000

struct azure_tokens {
    struct token_source source;
    struct http_client *http;
    jb_operation *operation; /* cancelled at the end, so that nothing is waited for */
    struct refresher *refresher;
    pthread_mutex_t mutex;
    char *token; /* under the mutex */
};

static int prepare(struct http_request *request, jb_error *error)
{
    const struct token_source *source = &((struct azure_tokens *)request->context)->source;
    if (source->header != NULL)
        return http_request_header(request, source->header, source->header_value, error);
    return http_request_header(request, "Content-Type", "application/x-www-form-urlencoded", error);
}

static const char *hint_of(const struct token_source *source, const char *message)
{
    static const struct {
        const char *mark, *hint;
    } known[] = {
        {"AADSTS7000215", "the client's secret is wrong: give the secret's value, not its id"},
        {"AADSTS7000222", "the client's secret has expired: make a new one for the application"},
        {"AADSTS700016", "the client's id is not known in this tenant: check both"},
        {"AADSTS90002", "the tenant's id is wrong, or it belongs to another cloud than the login service"},
        {"AADSTS500011", "the resource is not known in this tenant: check the addresses of login and manager"},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strncmp(message, known[i].mark, strlen(known[i].mark)) == 0)
            return known[i].hint;
    return source->managed ? "give this machine a managed identity, or give a service principal (AZURE_TENANT_ID, "
                             "AZURE_CLIENT_ID, AZURE_CLIENT_SECRET)"
                           : "check the tenant, the client and its secret";
}

/* Both services ask for more tries on 429 and 5xx; the machine's own also on 404 and 410, while it comes up. */
static enum http_verdict judge(struct http_request *request)
{
    const struct token_source *source = &((struct azure_tokens *)request->context)->source;
    int status = request->status;
    if (status == 200)
        return HTTP_DONE;
    struct azure_problem problem;
    azure_problem_read(&request->problem, source->secret, &problem);
    bool again = status == 429 || status >= 500 || (source->managed && (status == 404 || status == 410));
    bool refused = status == 400 || status == 401 || status == 403;
    error_set(&request->error, refused ? JB_ERROR_ACCESS : JB_ERROR_UNREACHABLE, "%s%s%s (status %d)",
              problem.code[0] != '\0' ? problem.code : "it answers otherwise than with a token",
              problem.message[0] != '\0' ? ": " : "", problem.message, status);
    error_hint(&request->error, "%s", hint_of(source, problem.message));
    request->error.retryable = again;
    return again ? HTTP_RETRY : HTTP_FAILED;
}

/* A number, or a text of digits as the managed identities' services give it. */
static bool read_seconds(const json_t *answer, const char *name, int64_t *seconds)
{
    const json_t *member = json_object_get(answer, name);
    const char *text = json_string_value(member);
    if (json_is_integer(member)) {
        *seconds = json_integer_value(member);
        return *seconds > 0;
    }
    if (text == NULL || *text == '\0' || strlen(text) > 12 || text[strspn(text, "0123456789")] != '\0')
        return false;
    *seconds = strtoll(text, NULL, 10);
    return *seconds > 0;
}

static bool is_token(const char *text)
{
    size_t size = text != NULL ? strlen(text) : 0;
    for (size_t i = 0; i < size; i++)
        if (text[i] <= ' ' || text[i] > '~')
            return false;
    return size > 0 && size <= TOKEN_MAX;
}

/* A managed identity's tokens are kept by its service, so there only the moment of their end says how long they last.
 */
static int read_expiry(const json_t *answer, int64_t *expires, jb_error *error)
{
    int64_t now = clock_now();
    int64_t left;
    if (!read_seconds(answer, "expires_on", expires)) {
        if (!read_seconds(answer, "expires_in", &left) || left > LIFE_MAX_S)
            return error_set(error, JB_ERROR_FORMAT, "the answer does not say when the token expires");
        *expires = now + left;
    }
    if (*expires > now + LIFE_MAX_S)
        return error_set(error, JB_ERROR_FORMAT, "the answer does not say when the token expires");
    if (*expires <= now) {
        error_set(error, JB_ERROR_ACCESS, "the token that was given has expired already");
        return error_hint(error, "set this machine's clock right");
    }
    return JB_OK;
}

static int take_answer(struct azure_tokens *tokens, const struct buffer *reply, int64_t *expires, jb_error *error)
{
    json_t *answer = NULL;
    int code = json_parse_secret(reply->data, reply->size, "the answer", &answer, error);
    if (code != JB_OK)
        return code;
    const char *type = json_member_text(answer, "token_type");
    const char *text = json_member_text(answer, "access_token");
    char *token = NULL;
    if ((type != NULL && strcasecmp(type, "Bearer") != 0) || !is_token(text))
        code = error_set(error, JB_ERROR_FORMAT, "the answer holds no bearer token");
    if (code == JB_OK)
        code = read_expiry(answer, expires, error);
    if (code == JB_OK && (token = strdup(text)) == NULL)
        code = error_no_memory(error);
    if (code == JB_OK) {
        pthread_mutex_lock(&tokens->mutex);
        char *old = tokens->token;
        tokens->token = token;
        pthread_mutex_unlock(&tokens->mutex);
        secret_free(old);
    }
    json_wipe(answer);
    return code;
}

static int fetch(void *context, int64_t *expires, jb_error *error)
{
    struct azure_tokens *tokens = context;
    const struct token_source *source = &tokens->source;
    struct buffer reply;
    buffer_init(&reply, ANSWER_MAX);
    struct http_request request;
    http_request_init(&request, source->method, source->url, tokens->operation);
    request.context = tokens;
    request.prepare = prepare;
    request.judge = judge;
    request.expected = 200;
    request.reply = &reply;
    request.deadline_ms = clock_monotonic_ms() + DEADLINE_MS;
    request.with_body = source->form != NULL;
    request.body = source->form;
    request.body_size = source->form != NULL ? strlen(source->form) : 0;
    int code = http_perform(tokens->http, &request);
    if (code != JB_OK)
        error_copy(error, &request.error);
    else
        code = take_answer(tokens, &reply, expires, error);
    if (code == JB_ERROR_UNREACHABLE && error->hint[0] == '\0')
        error_hint(error, "%s", hint_of(source, ""));
    if (code != JB_OK && code != JB_ERROR_MEMORY && code != JB_ERROR_CANCELLED)
        error_prefix(error, "cannot get a token from '%s'", source->place);
    http_request_clean_up(&request);
    buffer_clean_up(&reply);
    return code;
}

static int open_client(struct azure_tokens *tokens, const struct http_options *given, jb_error *error)
{
    struct http_options options = given != NULL ? *given : (struct http_options){0};
    options.connections = 1;
    if (tokens->source.managed) {
        options.proxy = "";
        if (options.tries == 0 || options.tries > MANAGED_TRIES)
            options.tries = MANAGED_TRIES;
        if (options.connect_timeout_ms == 0 || options.connect_timeout_ms > MANAGED_CONNECT_MS)
            options.connect_timeout_ms = MANAGED_CONNECT_MS;
    }
    return http_client_new(&options, &tokens->http, error);
}

int azure_tokens_new(const struct azure_principal *principal, struct azure_tokens **tokens, jb_error *error)
{
    struct azure_tokens *made = calloc(1, sizeof *made);
    if (made == NULL)
        return error_no_memory(error);
    pthread_mutex_init(&made->mutex, NULL);
    int code = token_source_init(&made->source, principal, error);
    if (code == JB_OK)
        code = jb_operation_new(NULL, &made->operation, error);
    if (code == JB_OK)
        code = open_client(made, principal->http, error);
    if (code == JB_OK)
        code = refresher_new(fetch, made, &made->refresher, error);
    if (code != JB_OK) {
        azure_tokens_free(made);
        return code;
    }
    *tokens = made;
    return JB_OK;
}

void azure_tokens_free(struct azure_tokens *tokens)
{
    if (tokens == NULL)
        return;
    if (tokens->operation != NULL)
        jb_operation_cancel(tokens->operation);
    refresher_free(tokens->refresher);
    http_client_free(tokens->http);
    jb_operation_free(tokens->operation);
    token_source_clean_up(&tokens->source);
    secret_free(tokens->token);
    pthread_mutex_destroy(&tokens->mutex);
    free(tokens);
}

int azure_tokens_get(struct azure_tokens *tokens, char **token, jb_error *error)
{
    pthread_mutex_lock(&tokens->mutex);
    *token = strdup(tokens->token);
    pthread_mutex_unlock(&tokens->mutex);
    return *token == NULL ? error_no_memory(error) : JB_OK;
}

void azure_tokens_expired(struct azure_tokens *tokens)
{
    refresher_hasten(tokens->refresher);
}
