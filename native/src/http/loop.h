/* Waits for the sockets of libcurl's transfers, so that what it costs does not grow with their number. */
#ifndef HTTP_LOOP_H
#define HTTP_LOOP_H

#include <curl/curl.h>

#include "../base/error.h"

struct http_loop {
    CURLM *multi;
    int epoll_fd;
    int wake_fd;
    int64_t timer_due_ms; /* when libcurl wants to be called whatever happens; -1: not at all */
};

/* To be cleaned up in either case. */
int http_loop_init(struct http_loop *loop, jb_error *error);
void http_loop_clean_up(struct http_loop *loop);

/* Ends a wait, present or next. From any thread. */
void http_loop_wake(struct http_loop *loop);

/* Waits at most so long for sockets, timers or a wake, and lets libcurl do what is due. */
void http_loop_step(struct http_loop *loop, int64_t timeout_ms);

#endif
