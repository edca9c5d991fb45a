/* One of a client's threads, with connections and requests of its own. */
#ifndef HTTP_LANE_H
#define HTTP_LANE_H

#include <stdatomic.h>

#include "client.h"

/* What all lanes of a client know. */
struct http_shared {
    atomic_bool answered; /* some server has answered something */
    atomic_bool warned;   /* of what has failed since the last success */
};

struct http_lane;

/* `options` (with the defaults filled in) and `shared` must outlive the lane; at most `connections` requests are under
 * way in it at a time. */
int http_lane_new(const struct http_options *options, unsigned connections, struct http_shared *shared,
                  struct http_lane **lane, jb_error *error);
/* No request may be under way. NULL is allowed. */
void http_lane_free(struct http_lane *lane);

/* How many requests it has that are not done. From any thread. */
unsigned http_lane_load(const struct http_lane *lane);

/* As http_submit. */
void http_lane_submit(struct http_lane *lane, struct http_request *request);

#endif
