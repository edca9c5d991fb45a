/* One of a client's threads, with connections and requests of its own. */
#ifndef HTTP_LANE_H
#define HTTP_LANE_H

#include <pthread.h>
#include <stdatomic.h>

#include "client.h"
#include "pace.h"

#define HTTP_LANES_MAX 4

struct http_lane;

/* What all lanes of a client share. */
struct http_shared {
    atomic_bool answered; /* some server has answered something */
    atomic_bool warned;   /* of what has failed since the last success */
    struct http_lane *lanes[HTTP_LANES_MAX];
    unsigned lane_count; /* neither changes while a request is under way */
    pthread_mutex_t mutex;
    /* Under the mutex. */
    struct http_pace pace;
    unsigned under_way; /* requests of all lanes */
};

/* `options` (with the defaults filled in) and `shared` must outlive the lane. */
int http_lane_new(const struct http_options *options, struct http_shared *shared, struct http_lane **lane,
                  jb_error *error);
/* No request may be under way. NULL is allowed. */
void http_lane_free(struct http_lane *lane);

/* How many requests it has that are not done. From any thread. */
unsigned http_lane_load(const struct http_lane *lane);

/* As http_submit. */
void http_lane_submit(struct http_lane *lane, struct http_request *request);

#endif
