#include "transfer.h"

#include <ctype.h>
#include <openssl/x509_vfy.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "../base/clock.h"

#define LOWEST_BYTES_PER_SECOND 1024
/* Of libcurl's own, each way: large ones need fewer system calls, small ones keep many connections' memory small. */
#define SOCKET_BUFFER_BYTES_MIN ((size_t)16 << 10)
#define SOCKET_BUFFER_BYTES_MAX ((size_t)256 << 10)
#define SMALL_BODY_BYTES        ((size_t)32 << 10)

static size_t send_body(char *bytes, size_t size, size_t count, void *context)
{
    struct http_request *request = context;
    size_t left = request->body_size - request->sent;
    size_t now = size * count < left ? size * count : left;
    if (now > 0)
        memcpy(bytes, (const char *)request->body + request->sent, now);
    request->sent += now;
    *request->moved += now;
    return now;
}

/*
 * libcurl sends again by itself where a kept connection ends without an answer. That connection may have been closed
 * long ago, or by a server that has just acted on the request.
 */
static int note_sending(void *context, char *remote, char *local, int remote_port, int local_port)
{
    struct http_request *request = context;
    (void)remote, (void)local, (void)remote_port, (void)local_port;
    if (request->sendings++ > 0)
        request->maybe_applied = true;
    return CURL_PREREQFUNC_OK;
}

static int rewind_body(void *context, curl_off_t offset, int origin)
{
    struct http_request *request = context;
    if (origin != SEEK_SET || offset < 0 || (uint64_t)offset > request->body_size)
        return CURL_SEEKFUNC_FAIL;
    request->sent = (size_t)offset;
    return CURL_SEEKFUNC_OK;
}

bool http_transfer_header(struct http_request *request, const char *line, size_t length)
{
    if (length >= 5 && memcmp(line, "HTTP/", 5) == 0) {
        request->headers.size = 0; /* what came before belongs to a 1xx reply */
        request->header_ended = false;
        return true;
    }
    request->header_ended = request->header_ended || *line == '\r' || *line == '\n';
    const char *colon = memchr(line, ':', length);
    if (colon == NULL)
        return true;
    size_t name_size = (size_t)(colon - line);
    const char *begin = colon + 1, *end = line + length;
    while (begin < end && isspace((unsigned char)*begin))
        begin++;
    while (end > begin && isspace((unsigned char)end[-1]))
        end--;
    size_t name_at = request->headers.size;
    if (buffer_append(&request->headers, line, name_size, NULL) != JB_OK ||
        buffer_append(&request->headers, ": ", 2, NULL) != JB_OK ||
        buffer_append(&request->headers, begin, (size_t)(end - begin), NULL) != JB_OK ||
        buffer_append(&request->headers, "\n", 1, NULL) != JB_OK) {
        request->fault = HTTP_FAULT_HEADERS;
        return false;
    }
    for (size_t i = name_at; i < name_at + name_size; i++)
        request->headers.data[i] = (char)tolower((unsigned char)request->headers.data[i]);
    return true;
}

static size_t take_header(char *bytes, size_t size, size_t count, void *context)
{
    return http_transfer_header(context, bytes, size * count) ? size * count : 0;
}

static bool wanted(const struct http_request *request, long status)
{
    return request->expected != 0 ? status == request->expected : status >= 200 && status <= 299;
}

static size_t take_body(char *bytes, size_t size, size_t count, void *context)
{
    struct http_request *request = context;
    size_t length = size * count;
    *request->moved += length;
    long status = 0;
    curl_easy_getinfo(request->easy, CURLINFO_RESPONSE_CODE, &status);
    int code = JB_OK;
    if (!wanted(request, status)) {
        code = buffer_append(&request->problem, bytes, length, NULL);
    } else {
        if (request->into != NULL) {
            if (length > request->into_size - request->received)
                code = JB_ERROR_LIMIT;
            else
                memcpy(request->into + request->received, bytes, length);
        } else if (request->reply != NULL) {
            code = buffer_append(request->reply, bytes, length, NULL);
        }
        request->received += length;
    }
    if (code == JB_OK)
        return length;
    request->fault = code == JB_ERROR_MEMORY ? HTTP_FAULT_MEMORY : HTTP_FAULT_OVERFLOW;
    return 0;
}

static void empty(struct buffer *buffer)
{
    buffer->size = 0;
    if (buffer->data != NULL)
        buffer->data[0] = '\0';
}

static long buffer_size(size_t expected)
{
    if (expected < SOCKET_BUFFER_BYTES_MIN)
        return (long)SOCKET_BUFFER_BYTES_MIN;
    return (long)(expected < SOCKET_BUFFER_BYTES_MAX ? expected : SOCKET_BUFFER_BYTES_MAX);
}

void http_connection_options(CURL *easy, const struct http_options *options)
{
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_HTTP_CONTENT_DECODING, 0L);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)options->connect_timeout_ms);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "jpsbackup/" JPSBACKUP_VERSION);
    if (options->ca_file != NULL)
        curl_easy_setopt(easy, CURLOPT_CAINFO, options->ca_file);
    long tls = options->tls_1_3 ? CURL_SSLVERSION_TLSv1_3 : CURL_SSLVERSION_TLSv1_2;
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, tls);
    curl_easy_setopt(easy, CURLOPT_PROXY_SSLVERSION, tls);
    if (options->proxy != NULL)
        curl_easy_setopt(easy, CURLOPT_PROXY, options->proxy);
}

static void set_options(const struct http_request *request, CURL *easy, const struct http_options *options)
{
    http_connection_options(easy, options);
    curl_easy_setopt(easy, CURLOPT_URL, request->url);
    curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, buffer_size(request->into != NULL ? request->into_size : 0));
    curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, buffer_size(request->body_size));
    if (strcmp(request->method, "HEAD") == 0)
        curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    else if (strcmp(request->method, "GET") != 0)
        curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request->method);
}

static void set_body(struct http_request *request, CURL *easy)
{
    curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)request->body_size);
    curl_easy_setopt(easy, CURLOPT_READFUNCTION, send_body);
    curl_easy_setopt(easy, CURLOPT_READDATA, request);
    curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, rewind_body);
    curl_easy_setopt(easy, CURLOPT_SEEKDATA, request);
}

/* libcurl sends it together with the header, in one packet where it fits. The method is set apart. */
static void set_small_body(struct http_request *request, CURL *easy)
{
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body_size);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request->body_size > 0 ? (const char *)request->body : "");
}

static bool has_header(const struct curl_slist *list, const char *name)
{
    size_t size = strlen(name);
    for (; list != NULL; list = list->next)
        if (strncasecmp(list->data, name, size) == 0 && list->data[size] == ':')
            return true;
    return false;
}

/* What libcurl would say by itself: waiting for "100 Continue" costs a round trip, or a second where the server does
 * not know it; and it takes a small body for a form. */
static int silence_headers(struct http_request *request, jb_error *error)
{
    static const char *const names[] = {"Expect", "Accept", "Content-Type"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char line[32];
        if (has_header(request->list, names[i]))
            continue;
        snprintf(line, sizeof line, "%s:", names[i]);
        struct curl_slist *list = curl_slist_append(request->list, line);
        if (list == NULL)
            return error_no_memory(error);
        request->list = list;
    }
    return JB_OK;
}

int http_transfer_begin(struct http_request *request, CURL *easy, const struct http_options *options, jb_error *error)
{
    request->tries++;
    request->status = 0;
    request->unreached = request->header_ended = false;
    request->received = request->sent = 0;
    request->sendings = 0;
    request->window_moved = 0;
    request->window_began_ms = clock_monotonic_ms();
    request->fault = HTTP_FAULT_NONE;
    request->reason[0] = '\0';
    empty(&request->headers);
    empty(&request->problem);
    if (request->reply != NULL)
        empty(request->reply);
    http_request_drop_headers(request);
    request->easy = easy;

    set_options(request, easy, options);
    int code = request->prepare != NULL ? request->prepare(request, error) : JB_OK;
    if (code == JB_OK)
        code = silence_headers(request, error);
    if (code != JB_OK)
        return code;
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, request->list);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, request->reason);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, request);
    curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, note_sending);
    curl_easy_setopt(easy, CURLOPT_PREREQDATA, request);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, request);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, request);
    if (request->with_body && request->body_size <= SMALL_BODY_BYTES)
        set_small_body(request, easy);
    else if (request->with_body)
        set_body(request, easy);
    return JB_OK;
}

bool http_transfer_stalled(struct http_request *request, const struct http_options *options, int64_t now_ms)
{
    int64_t allowed_ms = (int64_t)options->stall_ms * (request->stall_factor > 0 ? request->stall_factor : 1);
    /* libcurl's counts of what went through the socket: what our callbacks saw may still lie in its buffers. */
    curl_off_t sent = 0, received = 0;
    curl_easy_getinfo(request->easy, CURLINFO_SIZE_UPLOAD_T, &sent);
    curl_easy_getinfo(request->easy, CURLINFO_SIZE_DOWNLOAD_T, &received);
    int64_t moved = sent + received;
    if (moved < request->window_moved) /* libcurl sends anew */
        request->window_moved = 0;
    if (moved - request->window_moved >= LOWEST_BYTES_PER_SECOND * allowed_ms / 1000) {
        request->window_moved = moved;
        request->window_began_ms = now_ms;
    }
    return now_ms - request->window_began_ms >= allowed_ms;
}

static enum http_verdict judge_by_status(struct http_request *request)
{
    if (request->status >= 200 && request->status <= 299)
        return HTTP_DONE;
    error_set(&request->error, JB_ERROR_FAILED, "the server answered with status %d", request->status);
    return request->status == 429 || request->status >= 500 ? HTTP_RETRY : HTTP_FAILED;
}

static enum http_verdict judge_reply(struct http_request *request)
{
    if (request->status >= 500)
        request->maybe_applied = true; /* a gateway may say so while the server behind it goes on */
    if (request->status >= 300 && request->status <= 399 && request->judge == NULL) {
        error_set(&request->error, JB_ERROR_FAILED, "the server redirects, with status %d", request->status);
        return HTTP_FAILED;
    }
    enum http_verdict verdict = request->judge != NULL ? request->judge(request) : judge_by_status(request);
    if (verdict == HTTP_DONE)
        request->error.code = JB_OK;
    else
        request->error.store_status = request->status;
    return verdict;
}

/* Of the URL only scheme and host: the rest may hold a signature. */
static void distrust(struct http_request *request, CURLcode result, const char *reason)
{
    long verified = X509_V_OK;
    const char *host = strstr(request->url, "://");
    size_t shown = host == NULL ? 0 : (size_t)(host - request->url) + 3 + strcspn(host + 3, "/?");
    curl_easy_getinfo(request->easy, CURLINFO_SSL_VERIFYRESULT, &verified);
    error_set(&request->error, JB_ERROR_UNREACHABLE, "the certificate of '%.*s' is not trusted: %s", (int)shown,
              request->url, reason);
    if (verified == X509_V_ERR_CERT_HAS_EXPIRED || verified == X509_V_ERR_CERT_NOT_YET_VALID)
        error_hint(&request->error, "the certificate is out of date, or this machine's clock is wrong");
    else if (result == CURLE_PEER_FAILED_VERIFICATION && (verified == X509_V_OK || verified == X509_V_ERR_UNSPECIFIED))
        /* OpenSSL found nothing wrong: libcurl itself compares the names. */
        error_hint(&request->error, "give the endpoint by a name that stands in its certificate");
    else
        error_hint(&request->error,
                   "name the file with the certificate authority that signed it (option ca_file, or AWS_CA_BUNDLE)");
}

static enum http_verdict judge_fault(struct http_request *request, CURLcode result)
{
    jb_error *error = &request->error;
    const char *reason = request->reason[0] != '\0' ? request->reason : curl_easy_strerror(result);
    enum http_verdict verdict = HTTP_RETRY;
    switch (result) {
    case CURLE_OUT_OF_MEMORY:
        error_no_memory(error);
        return HTTP_FAILED;
    case CURLE_URL_MALFORMAT:
        error_set(error, JB_ERROR_USAGE, "the address is malformed: %s", reason);
        return HTTP_FAILED;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
        distrust(request, result, reason);
        return HTTP_FAILED;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_CONNECT:
        request->unreached = true;
        break;
    case CURLE_SSL_CONNECT_ERROR:
        break;
    default:
        request->maybe_applied = true;
    }
    error_set(error, JB_ERROR_UNREACHABLE,
              request->unreached ? "the server cannot be reached: %s" : "no whole answer from the server: %s", reason);
    error->retryable = true;
    return verdict;
}

enum http_verdict http_transfer_end(struct http_request *request, CURLcode result)
{
    long status = 0;
    curl_easy_getinfo(request->easy, CURLINFO_RESPONSE_CODE, &status);
    /* Where no body is to follow, libcurl takes a header that was cut for a whole one. */
    if (result == CURLE_OK && !request->header_ended)
        result = CURLE_PARTIAL_FILE;
    request->status = request->header_ended ? (int)status : 0;
    /* Of a reply that is not the wanted one, the status and the body's beginning say enough. */
    bool told = result == CURLE_OK || (request->fault == HTTP_FAULT_OVERFLOW && !wanted(request, status));
    if (told)
        return judge_reply(request);
    switch (request->fault) {
    case HTTP_FAULT_OVERFLOW:
        error_set(&request->error, JB_ERROR_LIMIT, "the server's answer is longer than %zu bytes",
                  request->into != NULL ? request->into_size : request->reply->maximum);
        return HTTP_FAILED;
    case HTTP_FAULT_HEADERS:
        error_set(&request->error, JB_ERROR_FORMAT, "the header of the server's answer is longer than %d bytes",
                  HTTP_HEADERS_MAX);
        return HTTP_FAILED;
    case HTTP_FAULT_MEMORY:
        error_no_memory(&request->error);
        return HTTP_FAILED;
    case HTTP_FAULT_NONE:
        break;
    }
    return judge_fault(request, result);
}
