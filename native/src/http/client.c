#include "client.h"

#include <stdlib.h>
#include <string.h>

#include "../base/event.h"
#include "../base/workers.h"
#include "lane.h"
#include "transfer.h"

/* A lane with fewer connections is not worth its thread. */
#define LANE_CONNECTIONS_MIN 8

struct http_client {
    struct http_options options;
    char *ca_file;
    char *proxy;
    struct http_shared shared;
};

static void set_defaults(struct http_options *options)
{
    static const struct http_options defaults = {
        .connections = 128,
        .tries = 8,
        .stall_ms = 60000,
        .connect_timeout_ms = 15000,
        .backoff_base_ms = 100,
        .backoff_max_ms = 10000,
        .retry_after_max_ms = 60000,
    };
    options->connections = options->connections > 0 ? options->connections : defaults.connections;
    options->tries = options->tries > 0 ? options->tries : defaults.tries;
    options->stall_ms = options->stall_ms > 0 ? options->stall_ms : defaults.stall_ms;
    options->connect_timeout_ms =
        options->connect_timeout_ms > 0 ? options->connect_timeout_ms : defaults.connect_timeout_ms;
    options->backoff_base_ms = options->backoff_base_ms > 0 ? options->backoff_base_ms : defaults.backoff_base_ms;
    options->backoff_max_ms = options->backoff_max_ms > 0 ? options->backoff_max_ms : defaults.backoff_max_ms;
    options->retry_after_max_ms =
        options->retry_after_max_ms > 0 ? options->retry_after_max_ms : defaults.retry_after_max_ms;
}

static void free_members(struct http_client *client)
{
    for (unsigned i = 0; i < client->shared.lane_count; i++)
        http_lane_free(client->shared.lanes[i]);
    pthread_mutex_destroy(&client->shared.mutex);
    free(client->ca_file);
    free(client->proxy);
    free(client);
}

int http_tls_minimum(const char *text, bool *tls_1_3, jb_error *error)
{
    bool given = text != NULL && *text != '\0';
    *tls_1_3 = given && strcmp(text, "1.3") == 0;
    if (!given || *tls_1_3 || strcmp(text, "1.2") == 0)
        return JB_OK;
    error_set(error, JB_ERROR_USAGE, "the lowest version of TLS is '1.2' or '1.3', not '%.20s'", text);
    return error_hint(error, "older versions are not secure and never used");
}

/* One thread takes some 2 GiB/s, or 1 GiB/s where it verifies them. */
static int start_lanes(struct http_client *client, jb_error *error)
{
    struct http_shared *shared = &client->shared;
    unsigned lanes = processors_usable();
    if (lanes > HTTP_LANES_MAX)
        lanes = HTTP_LANES_MAX;
    if (lanes > client->options.connections / LANE_CONNECTIONS_MIN)
        lanes = client->options.connections / LANE_CONNECTIONS_MIN;
    do {
        int code = http_lane_new(&client->options, shared, &shared->lanes[shared->lane_count], error);
        if (code != JB_OK)
            return code;
        shared->lane_count++;
    } while (shared->lane_count < lanes);
    return JB_OK;
}

int http_client_new(const struct http_options *options, struct http_client **client, jb_error *error)
{
    struct http_client *made = calloc(1, sizeof *made);
    if (made == NULL)
        return error_no_memory(error);
    made->options = *options;
    set_defaults(&made->options);
    pthread_mutex_init(&made->shared.mutex, NULL);
    http_pace_init(&made->shared.pace, made->options.connections);
    const char *ca_file = options->ca_file != NULL ? options->ca_file : http_ca_file();
    if (ca_file != NULL)
        made->ca_file = strdup(ca_file);
    made->options.ca_file = made->ca_file;
    if (options->proxy != NULL)
        made->proxy = strdup(options->proxy);
    made->options.proxy = made->proxy;
    bool copied = (ca_file == NULL || made->ca_file != NULL) && (options->proxy == NULL || made->proxy != NULL);
    int code = copied ? start_lanes(made, error) : error_no_memory(error);
    if (code != JB_OK) {
        free_members(made);
        return code;
    }
    *client = made;
    return JB_OK;
}

void http_client_free(struct http_client *client)
{
    if (client != NULL)
        free_members(client);
}

/* To the lane that has least to do, the first of them: what comes one by one uses one connection. */
void http_submit(struct http_client *client, struct http_request *request)
{
    struct http_lane *best = client->shared.lanes[0];
    for (unsigned i = 1; i < client->shared.lane_count; i++)
        if (http_lane_load(client->shared.lanes[i]) < http_lane_load(best))
            best = client->shared.lanes[i];
    http_lane_submit(best, request);
}

struct waiter {
    struct event event;
    bool finished;
};

static void wake_waiter(struct http_request *request)
{
    struct waiter *waiter = request->waiter;
    event_lock(&waiter->event);
    waiter->finished = true;
    event_signal(&waiter->event);
    event_unlock(&waiter->event);
}

const struct http_options *http_client_options(const struct http_client *client)
{
    return &client->options;
}

int http_perform(struct http_client *client, struct http_request *request)
{
    struct waiter waiter = {.finished = false};
    event_init(&waiter.event);
    request->waiter = &waiter;
    request->done = wake_waiter;
    http_submit(client, request);
    event_lock(&waiter.event);
    while (!waiter.finished)
        event_wait(&waiter.event);
    event_unlock(&waiter.event);
    event_clean_up(&waiter.event);
    return (int)request->error.code;
}
