/* One try of a request, as libcurl makes it. */
#ifndef HTTP_TRANSFER_H
#define HTTP_TRANSFER_H

#include "client.h"

/* The file where this system keeps its certificate authorities; NULL where none of the usual ones is there. Static. */
const char *http_ca_file(void);

/* How all connections of a client are made: trust, proxy, times. */
void http_connection_options(CURL *easy, const struct http_options *options);

/* Sets `easy` up for the request's next try. */
int http_transfer_begin(struct http_request *request, CURL *easy, const struct http_options *options, jb_error *error);

/* Judges what libcurl answered; fills request->error unless HTTP_DONE. */
enum http_verdict http_transfer_end(struct http_request *request, CURLcode result);

/* Takes the next line of a reply's header into request->headers; fills request->fault where it is too long. */
bool http_transfer_header(struct http_request *request, const char *line, size_t length);

/* True where less than 1 KiB/s has moved for the stall time. */
bool http_transfer_stalled(struct http_request *request, const struct http_options *options, int64_t now_ms);

/* The pause before the next try: exponential with jitter, or what the server's Retry-After asks for. */
int64_t http_retry_pause_ms(const struct http_request *request, const struct http_options *options);

#endif
