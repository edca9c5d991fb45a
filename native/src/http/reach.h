/* How far a connection to a server comes: its name, the connection, the certificate, an answer. */
#ifndef HTTP_REACH_H
#define HTTP_REACH_H

#include "client.h"

enum http_stage { HTTP_STAGE_NAME, HTTP_STAGE_CONNECTION, HTTP_STAGE_TLS, HTTP_STAGE_ANSWER, HTTP_STAGE_DONE };

struct http_reach {
    enum http_stage stage; /* what failed, or HTTP_STAGE_DONE */
    char server[256];      /* "https://host:port" */
    char reason[CURL_ERROR_SIZE];
    char address[64];   /* that was connected to (a proxy's where there is one); "" for none */
    int64_t name_ms;    /* until the name was known, */
    int64_t connect_ms; /* connected, */
    int64_t tls_ms;     /* encrypted (0: not), */
    int64_t answer_ms;  /* and answered; all since the beginning */
    int status;         /* any is an answer */
    int64_t date;       /* the server's clock, seconds since 1970; 0: not told */
    int64_t asked;      /* this machine's, in the middle of the request */
    char expires[64];   /* the certificate's end, as libcurl writes it; "" for none */
};

/* One try, without credentials, over a connection as the client makes them. Fails only without memory or when
 * cancelled. */
int http_reach(struct http_client *client, const char *server, jb_operation *operation, struct http_reach *reach,
               jb_error *error);

#endif
