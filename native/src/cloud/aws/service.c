#include "service.h"

#include <ctype.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../base/clock.h"
#include "../../codec/digest.h"
#include "../endpoint.h"
#include "../uri.h"
#include "sigv4.h"

#define BODY_MAX (1u << 20)

/* IAM is one service for all regions of a partition, and signs with the one it lives in. */
static const char *iam_region(const char *region)
{
    if (strncmp(region, "cn-", 3) == 0)
        return "cn-north-1";
    return strncmp(region, "us-gov-", 7) == 0 ? "us-gov-west-1" : "us-east-1";
}

static void own_endpoint(const char *name, const char *region, char *endpoint, size_t size)
{
    bool china = strncmp(region, "cn-", 3) == 0;
    if (strcmp(name, "iam") != 0)
        snprintf(endpoint, size, "https://%s.%s.amazonaws.com%s", name, region, china ? ".cn" : "");
    else if (china)
        snprintf(endpoint, size, "https://iam.cn-north-1.amazonaws.com.cn");
    else
        snprintf(endpoint, size, "https://iam.%samazonaws.com", strncmp(region, "us-gov-", 7) == 0 ? "us-gov." : "");
}

static const char *configured(const char *name, const char *endpoint)
{
    if (endpoint != NULL && *endpoint != '\0')
        return endpoint;
    const char *variable = strcmp(name, "sts") == 0   ? "AWS_ENDPOINT_URL_STS"
                           : strcmp(name, "iam") == 0 ? "AWS_ENDPOINT_URL_IAM"
                                                      : "AWS_ENDPOINT_URL_SECRETS_MANAGER";
    const char *value = getenv(variable);
    if (value == NULL || *value == '\0')
        value = getenv("AWS_ENDPOINT_URL");
    return value != NULL && *value != '\0' ? value : NULL;
}

int service_init(struct service *service, const char *name, const char *region, const char *endpoint, jb_error *error)
{
    char own[256];
    *service = (struct service){.name = name};
    endpoint = configured(name, endpoint);
    if (endpoint == NULL) {
        own_endpoint(name, region, own, sizeof own);
        endpoint = own;
    }
    service->region = strdup(strcmp(name, "iam") == 0 ? iam_region(region) : region);
    int code = service->region == NULL ? error_no_memory(error)
                                       : endpoint_parse(endpoint, &service->scheme, &service->host, error);
    if (code != JB_OK)
        service_clean_up(service);
    return code;
}

void service_clean_up(struct service *service)
{
    free(service->region);
    free(service->scheme);
    free(service->host);
    service->region = service->scheme = service->host = NULL;
}

/* One request while it is under way. */
struct exchange {
    struct http_request http;
    const struct service *service;
    const struct service_call *call;
    const char *content_type;
    const char *target; /* of JSON; NULL for forms */
    char payload_hash[SHA256_HEX_SIZE];
};

static int sign_with(struct exchange *exchange, const struct credentials *credentials, const char *date,
                     const struct sigv4_header *headers, size_t count, jb_error *error)
{
    const struct sigv4_request to_sign = {.method = "POST",
                                          .path = "/",
                                          .query = "",
                                          .headers = headers,
                                          .header_count = count,
                                          .payload_hash = exchange->payload_hash};
    const struct sigv4_scope scope = {.credentials = credentials,
                                      .region = exchange->service->region,
                                      .service = exchange->service->name,
                                      .date = date};
    struct sigv4_signature signature;
    sigv4_signature_init(&signature);
    int code = sigv4_sign(&to_sign, &scope, &signature, error);
    if (code == JB_OK)
        code = http_request_header(&exchange->http, "Authorization", signature.authorization.data, error);
    sigv4_signature_clean_up(&signature);
    return code;
}

static int add_headers(struct exchange *exchange, const struct credentials *credentials, jb_error *error)
{
    char date[17];
    clock_format_amz(clock_now(), date);
    struct sigv4_header headers[5] = {
        {"Host", exchange->service->host}, {"x-amz-date", date}, {"Content-Type", exchange->content_type}};
    size_t count = 3;
    if (exchange->target != NULL)
        headers[count++] = (struct sigv4_header){"x-amz-target", exchange->target};
    if (credentials != NULL && credentials->session_token != NULL)
        headers[count++] = (struct sigv4_header){"x-amz-security-token", credentials->session_token};
    int code = JB_OK;
    for (size_t i = 0; i < count && code == JB_OK; i++)
        code = http_request_header(&exchange->http, headers[i].name, headers[i].value, error);
    if (code == JB_OK && credentials != NULL)
        code = sign_with(exchange, credentials, date, headers, count, error);
    return code;
}

static int sign(struct http_request *http, jb_error *error)
{
    struct exchange *exchange = http->context;
    if (exchange->call->once && http->maybe_applied) {
        error_set(error, JB_ERROR_UNREACHABLE, "the answer was lost, and asked again the service would do it twice");
        return error_hint(error, "look whether it was done before you try again");
    }
    if (exchange->service->provider == NULL)
        return add_headers(exchange, exchange->service->credentials, error);
    struct credentials credentials;
    int code = credentials_provider_get(exchange->service->provider, &credentials, error);
    if (code != JB_OK)
        return code;
    code = add_headers(exchange, &credentials, error);
    credentials_clean_up(&credentials);
    return code;
}

static enum http_verdict judge(struct http_request *http)
{
    const struct exchange *exchange = http->context;
    if (http->status >= 200 && http->status <= 299)
        return HTTP_DONE;
    return service_judge(http, exchange->service->provider, exchange->call->secret);
}

static int perform(struct exchange *exchange, const char *body, size_t size, struct buffer *reply, jb_error *error)
{
    const struct service *service = exchange->service;
    unsigned char digest[SHA256_SIZE];
    char url[512];
    int code = sha256_of(body, size, digest, error);
    if (code != JB_OK)
        return code;
    hex_encode(digest, SHA256_SIZE, exchange->payload_hash);
    snprintf(url, sizeof url, "%s://%s/", service->scheme, service->host);
    http_request_init(&exchange->http, "POST", url, exchange->call->operation);
    exchange->http.with_body = true;
    exchange->http.body = body;
    exchange->http.body_size = size;
    exchange->http.reply = reply;
    exchange->http.deadline_ms = exchange->call->deadline_ms;
    exchange->http.prepare = sign;
    exchange->http.judge = judge;
    exchange->http.context = exchange;
    code = http_perform(service->http, &exchange->http);
    if (code == JB_ERROR_UNREACHABLE && exchange->http.error.hint[0] == '\0')
        error_hint(&exchange->http.error, "check that '%s://%s' is right and reachable from this machine",
                   service->scheme, service->host);
    if (code != JB_OK)
        error_copy(error, &exchange->http.error);
    if (exchange->call->repeated != NULL)
        *exchange->call->repeated = exchange->http.tries > 1 && exchange->http.maybe_applied;
    http_request_clean_up(&exchange->http);
    return code;
}

/* Names what was asked; a cancelled call needs no reason. */
static int explained(const struct service_call *call, int code, jb_error *error)
{
    if (code != JB_OK && code != JB_ERROR_CANCELLED && code != JB_ERROR_MEMORY)
        error_prefix(error, "cannot %s", call->what);
    return code;
}

static int append_parameter(struct buffer *body, const char *name, const char *value, jb_error *error)
{
    int code = body->size > 0 ? buffer_append(body, "&", 1, error) : JB_OK;
    if (code == JB_OK)
        code = uri_encode(body, name, false, error);
    if (code == JB_OK)
        code = buffer_append(body, "=", 1, error);
    return code == JB_OK ? uri_encode(body, value, false, error) : code;
}

int service_query(const struct service *service, const struct service_call *call, const char *version,
                  const struct service_parameter *parameters, size_t count, xml_element_fn each, void *context,
                  jb_error *error)
{
    struct exchange exchange = {
        .service = service, .call = call, .content_type = "application/x-www-form-urlencoded; charset=utf-8"};
    struct buffer body, reply;
    buffer_init(&body, BODY_MAX);
    buffer_init(&reply, SERVICE_REPLY_MAX);
    int code = append_parameter(&body, "Action", call->action, error);
    if (code == JB_OK)
        code = append_parameter(&body, "Version", version, error);
    for (size_t i = 0; i < count && code == JB_OK; i++)
        if (parameters[i].value != NULL)
            code = append_parameter(&body, parameters[i].name, parameters[i].value, error);
    if (code == JB_OK)
        code = perform(&exchange, body.data, body.size, &reply, error);
    if (code == JB_OK && each != NULL) {
        code = xml_read(reply.data == NULL ? "" : reply.data, reply.size, each, context, error);
        if (code == JB_ERROR_FORMAT)
            error_prefix(error, "the answer of '%s' makes no sense", service->host);
    }
    buffer_clean_up(&body);
    buffer_clean_up(&reply);
    return explained(call, code, error);
}

static int parse_reply(const struct service *service, const struct buffer *reply, json_t **output, jb_error *error)
{
    int code = json_parse_secret(reply->data, reply->size, "the answer", output, error);
    if (code == JB_OK && !json_is_object(*output)) {
        json_wipe(*output);
        *output = NULL;
        code = error_set(error, JB_ERROR_FORMAT, "the answer is no JSON object");
    }
    if (code == JB_ERROR_FORMAT)
        error_prefix(error, "the answer of '%s' makes no sense", service->host);
    return code;
}

int service_json(const struct service *service, const struct service_call *call, const json_t *input, json_t **output,
                 jb_error *error)
{
    struct exchange exchange = {
        .service = service, .call = call, .content_type = "application/x-amz-json-1.1", .target = call->action};
    struct buffer body, reply;
    buffer_init(&body, BODY_MAX);
    buffer_init(&reply, SERVICE_REPLY_MAX);
    *output = NULL;
    int code = json_write(input, JSON_COMPACT, &body, error);
    if (code == JB_OK)
        code = perform(&exchange, body.data, body.size, &reply, error);
    if (code == JB_OK)
        code = parse_reply(service, &reply, output, error);
    buffer_clean_up(&body);
    buffer_clean_up(&reply);
    return explained(call, code, error);
}
