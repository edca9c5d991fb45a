/* What the endpoints beside a container or an instance have in common. */
#include <stdlib.h>
#include <string.h>

#include "../../base/clock.h"
#include "../../codec/json.h"
#include "chain.h"

struct asking {
    const struct metadata_request *request;
};

static int add_headers(struct http_request *http, jb_error *error)
{
    const struct asking *asking = http->context;
    int code = JB_OK;
    for (size_t i = 0; i < 2 && code == JB_OK; i++)
        if (asking->request->headers[i][0] != NULL)
            code = http_request_header(http, asking->request->headers[i][0], asking->request->headers[i][1], error);
    return code;
}

/* Every reply is one, but those that ask to come again. */
static enum http_verdict judge(struct http_request *http)
{
    if (http->status != 429 && http->status < 500)
        return HTTP_DONE;
    error_set(&http->error, JB_ERROR_UNREACHABLE, "the endpoint answers with status %d", http->status);
    http->error.retryable = true;
    return HTTP_RETRY;
}

int metadata_ask(const struct chain *chain, const struct metadata_request *request, struct buffer *reply, int *status,
                 jb_error *error)
{
    struct http_options options = chain->http;
    struct http_client *client;
    options.connections = 1;
    options.tries = METADATA_TRIES;
    options.connect_timeout_ms = METADATA_CONNECT_MS;
    options.stall_ms = METADATA_CONNECT_MS;
    options.backoff_max_ms = 100;
    options.proxy = "";
    int code = http_client_new(&options, &client, error);
    if (code != JB_OK)
        return code;
    struct asking asking = {request};
    struct http_request http;
    http_request_init(&http, request->method, request->url, chain->operation);
    http.context = &asking;
    http.prepare = add_headers;
    http.judge = judge;
    http.expected = 200;
    http.reply = reply;
    http.with_body = strcmp(request->method, "PUT") == 0;
    http.deadline_ms = clock_monotonic_ms() + METADATA_DEADLINE_MS;
    code = http_perform(client, &http);
    *status = http.status;
    if (code != JB_OK)
        error_copy(error, &http.error);
    http_request_clean_up(&http);
    http_client_free(client);
    return code;
}

int metadata_keys(const char *text, size_t size, const char *what, struct sts_session *session, jb_error *error)
{
    json_t *document;
    int code = json_parse_secret(text, size, what, &document, error);
    if (code != JB_OK)
        return code;
    const char *outcome = json_member_text(document, "Code"), *expires = json_member_text(document, "Expiration");
    const char *access = json_member_text(document, "AccessKeyId");
    session->expires = 0;
    if (outcome != NULL && strcmp(outcome, "Success") != 0)
        code = error_set(error, JB_ERROR_ACCESS, "%s gives no keys: %s", what, outcome);
    else if (access == NULL || json_member_text(document, "SecretAccessKey") == NULL)
        code = error_set(error, JB_ERROR_FORMAT, "the answer of %s lacks keys", what);
    else if (expires != NULL && !clock_parse_http(expires, &session->expires))
        code = error_set(error, JB_ERROR_FORMAT, "the last moment of the keys of %s is no date", what);
    else
        code = credentials_copy(&session->credentials, access, json_member_text(document, "SecretAccessKey"),
                                json_member_text(document, "Token"), error);
    if (code == JB_ERROR_USAGE) {
        error->code = JB_ERROR_FORMAT;
        code = error_prefix(error, "the answer of %s makes no sense", what);
    }
    json_wipe(document);
    return code;
}
