/* Requests to one server or a few, over kept connections, on a few threads; tried again until they succeed or must
 * not. */
#ifndef HTTP_CLIENT_H
#define HTTP_CLIENT_H

#include "request.h"

struct http_client;

/* 0 or NULL means the default. */
struct http_options {
    const char *ca_file;         /* PEM; default: where the system keeps it */
    const char *proxy;           /* "http://host:port", "" for none; default: as the environment says */
    bool tls_1_3;                /* refuse TLS 1.2; what is older is refused in any case */
    unsigned connections;        /* the most requests under way at a time (pace.h); further ones wait; default 128 */
    unsigned tries;              /* of each request; default 8 */
    uint32_t stall_ms;           /* below 1 KiB/s for so long fails a try; default 60,000 */
    uint32_t connect_timeout_ms; /* default 15,000 */
    uint32_t backoff_base_ms;    /* pause after the first try, doubled after each; half of it is random; default 100 */
    uint32_t backoff_max_ms;     /* default 10,000 */
    uint32_t retry_after_max_ms; /* the longest pause that a server may ask for; default 60,000 */
};

/* Of an option: "1.2", which NULL means, or "1.3". JB_ERROR_USAGE for others. */
int http_tls_minimum(const char *text, bool *tls_1_3, jb_error *error);

int http_client_new(const struct http_options *options, struct http_client **client, jb_error *error);
/* No request may be under way. NULL is allowed. */
void http_client_free(struct http_client *client);

/* As the client uses them, with the defaults filled in; live as long as it. */
const struct http_options *http_client_options(const struct http_client *client);

/* From any thread; returns at once. request->done is called once, on one of the client's threads. */
void http_submit(struct http_client *client, struct http_request *request);
/* Submits and waits (request->done must be NULL). Returns the code in request->error. Not from a callback. */
int http_perform(struct http_client *client, struct http_request *request);

#endif
