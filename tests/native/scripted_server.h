/* An HTTP server that expects exact requests and gives exact replies, faults included. */
#ifndef SCRIPTED_SERVER_H
#define SCRIPTED_SERVER_H

#include <stdbool.h>
#include <stddef.h>

enum exchange_fault {
    FAULT_NONE,
    FAULT_RESET_BEFORE_BODY, /* the connection is reset once the request's header was read */
    FAULT_RESET_UNANSWERED,  /* the same once all of it was read */
    FAULT_RESET_IN_REPLY,    /* the same after `cut` bytes of the reply's body */
    FAULT_CLOSE_IN_REPLY,    /* closed in order after `cut` bytes of the reply's body */
    FAULT_STALL,             /* silence after `cut` bytes of the reply's body, until the server stops */
    FAULT_SLOW,              /* the reply's body comes in pieces of `cut` bytes, ten a second, to its end */
    FAULT_SILENT,            /* no reply at all, until the server stops */
    FAULT_EARLY,             /* answered before the request's body is read, then closed */
    FAULT_RAW,               /* `reply` is sent as it is, then the connection closed */
};

/* One request, and its reply. Texts must live as long as the server. */
struct exchange {
    const char *method;
    const char *target;     /* path and query, exactly; ending in '*': what begins so */
    const char *headers[8]; /* "name: value" must be there, value ending in '*' for a prefix; "!name" must not; names in
                               lower case */
    const char *body;       /* exactly; NULL: any */
    size_t body_size;       /* 0: the text's */
    const char *status;     /* "200 OK" */
    const char *reply_headers; /* "ETag: \"1\"\r\n"; may be NULL */
    const char *reply;         /* the body; NULL for none */
    size_t reply_size;         /* 0: the text's; of a reply to HEAD, what Content-Length says */
    enum exchange_fault fault;
    size_t cut;
    const char *only; /* "name: value*": answers no request without this header; NULL: any */
    bool any_times;   /* or never */
};

struct scripted_server;

/*
 * Listens on loopback, on a free port below the ephemeral range. A request is answered by the first exchange not yet
 * used that has its method and target. Its clock stands in 1994, so that a HEAD refused by 403 is sent twice. Ends the
 * test where it cannot start.
 */
struct scripted_server *scripted_server_start(const struct exchange *exchanges, size_t count);
/* "http://127.0.0.1:PORT" */
const char *scripted_server_endpoint(const struct scripted_server *server);
unsigned scripted_server_connections(struct scripted_server *server);
/* Exchanges used so far. */
size_t scripted_server_used(struct scripted_server *server);
/* Fails the test where a request was not as expected or an exchange was not used. */
void scripted_server_stop(struct scripted_server *server);
/* The same where not all exchanges need have been used. */
void scripted_server_stop_early(struct scripted_server *server);

#endif
