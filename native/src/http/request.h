/* One HTTP request with its tries, and what came back. */
#ifndef HTTP_REQUEST_H
#define HTTP_REQUEST_H

#include <curl/curl.h>

#include "../base/buffer.h"
#include "../base/operation.h"

#define HTTP_HEADERS_MAX 32768 /* bytes of one reply's header */
#define HTTP_PROBLEM_MAX 65536 /* bytes kept of a body that explains a failure */

struct http_request;

/* What a reply means. */
enum http_verdict {
    HTTP_DONE,   /* success */
    HTTP_RETRY,  /* request->error says why; fails with it when no try is left */
    HTTP_FAILED, /* request->error says why */
};

/*
 * The caller fills the first group, the rest being zero (http_request_init), and keeps all of it until `done` was
 * called. The callbacks run on one of the client's threads, must be quick and must not call into the client.
 */
struct http_request {
    const char *method;
    const char *url;
    jb_operation *operation; /* cancels the request; may be NULL */
    bool with_body;
    const void *body;
    size_t body_size;
    int expected; /* the status whose body is wanted; 0: any 2xx */
    char *into;   /* takes the wanted body, at most into_size bytes; else: */
    size_t into_size;
    struct buffer *reply;  /* takes the wanted body; NULL where none is wanted */
    int64_t deadline_ms;   /* on the monotonic clock; 0: none */
    unsigned stall_factor; /* so many times the client's stall time are allowed; 0 is 1 */
    /* Before each try, to date and sign it: adds headers by http_request_header. Optional. */
    int (*prepare)(struct http_request *request, jb_error *error);
    /* After each reply, whatever its status. Optional: by default 2xx is done, 429 and 5xx are tried again. */
    enum http_verdict (*judge)(struct http_request *request);
    void (*done)(struct http_request *request);
    void *context; /* the caller's */

    /* Out. */
    jb_error error;        /* JB_OK on success */
    int status;            /* of the last reply; 0 without one */
    size_t received;       /* bytes of the wanted body */
    struct buffer headers; /* of the last reply: "name: value\n" lines */
    struct buffer problem; /* an unwanted body's first bytes */
    unsigned tries;        /* made */
    bool unreached;        /* the last try did not get to the server: no name, no connection */
    bool maybe_applied;    /* an earlier or the last try failed after the server may have acted on it */

    /* The client's, while under way. */
    struct http_request *next;
    struct curl_slist *list;
    CURL *easy;
    bool header_ended; /* of the reply, by its blank line */
    uint64_t number;   /* of this try among the client's */
    size_t sent;
    size_t *moved;        /* the lane's count of what passes of bodies; small ones that are sent are not in it */
    unsigned sendings;    /* within this try */
    int64_t window_moved; /* bytes both ways in this try when its stall window began */
    int64_t window_began_ms;
    int64_t due_ms;
    void *waiter; /* of http_perform */
    enum { HTTP_FAULT_NONE, HTTP_FAULT_OVERFLOW, HTTP_FAULT_HEADERS, HTTP_FAULT_MEMORY } fault;
    char reason[CURL_ERROR_SIZE];
};

void http_request_init(struct http_request *request, const char *method, const char *url, jb_operation *operation);
/* Frees what the client put in; the caller's members stay the caller's. */
void http_request_clean_up(struct http_request *request);

/* Zeroes and frees the headers that `prepare` added; for the client. */
void http_request_drop_headers(struct http_request *request);

/* For `prepare`. JB_ERROR_USAGE where the value would break the header's line. */
int http_request_header(struct http_request *request, const char *name, const char *value, jb_error *error);

/*
 * The value of a reply's header (its name in lower case), in `value`; false where it is missing or does not fit.
 */
bool http_request_reply_header(const struct http_request *request, const char *name, char *value, size_t size);

/* Whether the reply says where its body ends: of one that ends with its connection, nobody can tell whether all came.
 */
bool http_request_told_length(const struct http_request *request);

#endif
