/* How many requests the client has under way, as a server takes them. */
#include <arpa/inet.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "http/client.h"
#include "http/pace.h"

static void a_burst_of_complaints_halves_the_number_once(void **state)
{
    (void)state;
    struct http_pace pace;
    http_pace_init(&pace, 40);
    uint64_t burst[40];
    for (size_t i = 0; i < 40; i++)
        burst[i] = http_pace_start(&pace);
    for (size_t i = 0; i < 40; i++)
        http_pace_complaint(&pace, burst[i]);
    assert_int_equal(pace.whole, 20);
    http_pace_complaint(&pace, http_pace_start(&pace));
    assert_int_equal(pace.whole, 10);
}

static void there_is_always_one(void **state)
{
    (void)state;
    struct http_pace pace;
    http_pace_init(&pace, 4);
    for (size_t i = 0; i < 10; i++)
        http_pace_complaint(&pace, http_pace_start(&pace));
    assert_int_equal(pace.whole, 1);
}

static void a_round_of_successes_allows_one_more_up_to_the_most(void **state)
{
    (void)state;
    struct http_pace pace;
    http_pace_init(&pace, 6);
    http_pace_complaint(&pace, http_pace_start(&pace));
    assert_int_equal(pace.whole, 3);
    for (unsigned i = 0; i < 3; i++)
        http_pace_success(&pace);
    assert_int_equal(pace.whole, 4);
    for (unsigned i = 0; i < 100; i++)
        http_pace_success(&pace);
    assert_int_equal(pace.whole, 6);
}

#define SERVED_AT_ONCE 4
#define SERVICE_US     2000
#define CONNECTIONS    32
#define REQUESTS       600

/* Serves so many requests at a time and asks all above to slow down, as stores do. */
struct busy_server {
    int listener;
    atomic_uint under_way, refused, served;
};

static void answer(struct busy_server *server, int socket)
{
    static const char busy[] = "HTTP/1.1 503 Slow Down\r\nContent-Length: 0\r\n\r\n";
    static const char done[] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    bool refuse = atomic_fetch_add(&server->under_way, 1) >= SERVED_AT_ONCE;
    atomic_fetch_add(refuse ? &server->refused : &server->served, 1);
    if (!refuse)
        usleep(SERVICE_US); /* so long it is under way */
    atomic_fetch_sub(&server->under_way, 1);
    const char *reply = refuse ? busy : done;
    send(socket, reply, strlen(reply), MSG_NOSIGNAL);
}

struct connection {
    struct busy_server *server;
    int socket;
};

static void *serve(void *context)
{
    struct connection *connection = context;
    char request[4096];
    while (recv(connection->socket, request, sizeof request, 0) > 0) /* small enough to come at once */
        answer(connection->server, connection->socket);
    close(connection->socket);
    free(connection);
    return NULL;
}

static void *accept_all(void *context)
{
    struct busy_server *server = context;
    for (int socket; (socket = accept(server->listener, NULL, NULL)) >= 0;) {
        struct connection *connection = malloc(sizeof *connection);
        *connection = (struct connection){server, socket};
        pthread_t thread;
        pthread_create(&thread, NULL, serve, connection);
        pthread_detach(thread);
    }
    return NULL;
}

static pthread_t busy_server_start(struct busy_server *server, char *url, size_t size)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    server->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(server->listener, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(server->listener, 128), 0);
    getsockname(server->listener, (struct sockaddr *)&address, &length);
    snprintf(url, size, "http://127.0.0.1:%u/x", ntohs(address.sin_port));
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, accept_all, server), 0);
    return thread;
}

static atomic_uint finished;

static void count_finished(struct http_request *request)
{
    (void)request;
    atomic_fetch_add(&finished, 1);
}

static void a_store_that_throttles_gets_as_many_requests_as_it_takes(void **state)
{
    (void)state;
    struct busy_server server = {.listener = -1};
    char url[64];
    assert_int_equal(jb_library_init(NULL), JB_OK);
    pthread_t acceptor = busy_server_start(&server, url, sizeof url);
    const struct http_options options = {.connections = CONNECTIONS, .backoff_base_ms = 4, .backoff_max_ms = 100};
    struct http_client *client;
    assert_int_equal(http_client_new(&options, &client, NULL), JB_OK);
    struct http_request *requests = calloc(REQUESTS, sizeof *requests);
    for (size_t i = 0; i < REQUESTS; i++) {
        http_request_init(&requests[i], "GET", url, NULL);
        requests[i].done = count_finished;
        http_submit(client, &requests[i]);
    }
    while (atomic_load(&finished) < REQUESTS)
        usleep(1000);
    http_client_free(client);
    for (size_t i = 0; i < REQUESTS; i++) {
        if (requests[i].error.code != JB_OK)
            fail_msg("request %zu: %s", i, requests[i].error.text);
        http_request_clean_up(&requests[i]);
    }
    free(requests);
    assert_int_equal(atomic_load(&server.served), REQUESTS);
    /* With all connections in use, seven of eight tries would be refused. */
    assert_in_range(atomic_load(&server.refused), 1, REQUESTS / 2);
    shutdown(server.listener, SHUT_RDWR);
    pthread_join(acceptor, NULL);
    close(server.listener);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_burst_of_complaints_halves_the_number_once),
        cmocka_unit_test(there_is_always_one),
        cmocka_unit_test(a_round_of_successes_allows_one_more_up_to_the_most),
        cmocka_unit_test(a_store_that_throttles_gets_as_many_requests_as_it_takes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
