#include "scripted_server.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/random.h"

#define CONNECTIONS_MAX 64
#define HEADER_MAX      65536

struct connection {
    pthread_t thread;
    int socket;
    struct scripted_server *server;
};

struct scripted_server {
    const struct exchange *exchanges;
    size_t count;
    int listener, stop;
    char endpoint[64];
    pthread_t thread;
    pthread_mutex_t mutex;
    bool *used;
    size_t used_count;
    char problem[8192]; /* the first request that was not as expected */
    struct connection connections[CONNECTIONS_MAX];
    unsigned connection_count;
};

static void complain(struct scripted_server *server, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void complain(struct scripted_server *server, const char *format, ...)
{
    pthread_mutex_lock(&server->mutex);
    if (server->problem[0] == '\0') {
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(server->problem, sizeof server->problem, format, arguments);
        va_end(arguments);
    }
    pthread_mutex_unlock(&server->mutex);
}

/* The header's value in `header` ("name: value\r\n" lines), or NULL; ends at the line's end. */
static const char *find_header(const char *header, const char *name, size_t name_size)
{
    for (const char *line = strstr(header, "\r\n"); line != NULL; line = strstr(line, "\r\n")) {
        line += 2;
        if (strncasecmp(line, name, name_size) == 0 && line[name_size] == ':') {
            line += name_size + 1;
            return line + strspn(line, " ");
        }
    }
    return NULL;
}

/* Whether the request has the header "name: value", or one that begins so where it ends in '*'. */
static bool has_header(const char *header, const char *expected)
{
    const char *colon = strchr(expected, ':');
    const char *value = find_header(header, expected, (size_t)(colon - expected));
    const char *wanted = colon + 2;
    size_t size = strlen(wanted);
    bool prefix = size > 1 && wanted[size - 1] == '*';
    if (prefix)
        size--;
    return value != NULL && strncmp(value, wanted, size) == 0 && (prefix || value[size] == '\r');
}

static bool is_target(const char *wanted, const char *target)
{
    size_t size = strlen(wanted);
    return size > 0 && wanted[size - 1] == '*' ? strncmp(wanted, target, size - 1) == 0 : strcmp(wanted, target) == 0;
}

static bool fits(const struct exchange *exchange, const char *method, const char *target, const char *header)
{
    return strcmp(exchange->method, method) == 0 && is_target(exchange->target, target) &&
           (exchange->only == NULL || has_header(header, exchange->only));
}

static const struct exchange *claim(struct scripted_server *server, const char *method, const char *target,
                                    const char *header)
{
    const struct exchange *found = NULL;
    pthread_mutex_lock(&server->mutex);
    for (size_t i = 0; i < server->count && found == NULL; i++)
        if ((!server->used[i] || server->exchanges[i].any_times) &&
            fits(&server->exchanges[i], method, target, header)) {
            server->used_count += !server->used[i];
            server->used[i] = true;
            found = &server->exchanges[i];
        }
    pthread_mutex_unlock(&server->mutex);
    return found;
}

static void check_headers(struct scripted_server *server, const struct exchange *exchange, const char *header)
{
    for (size_t i = 0; i < sizeof exchange->headers / sizeof *exchange->headers && exchange->headers[i] != NULL; i++) {
        const char *expected = exchange->headers[i];
        if (*expected == '!') {
            if (find_header(header, expected + 1, strlen(expected + 1)) != NULL)
                complain(server, "%s %s: the header '%s' is there", exchange->method, exchange->target, expected + 1);
            continue;
        }
        if (!has_header(header, expected))
            complain(server, "%s %s: no header '%s' in:\n%s", exchange->method, exchange->target, expected, header);
    }
}

static void reset(int socket)
{
    struct linger linger = {.l_onoff = 1, .l_linger = 0};
    setsockopt(socket, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
}

static bool send_all(int socket, const char *bytes, size_t count)
{
    while (count > 0) {
        ssize_t sent = send(socket, bytes, count, MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        bytes += sent;
        count -= (size_t)sent;
    }
    return true;
}

static bool send_slowly(int socket, const char *bytes, size_t count, size_t piece)
{
    while (count > 0) {
        size_t now = count < piece ? count : piece;
        if (!send_all(socket, bytes, now))
            return false;
        bytes += now;
        count -= now;
        usleep(100000);
    }
    return true;
}

static void wait_for_stop(const struct scripted_server *server)
{
    struct pollfd wait = {.fd = server->stop, .events = POLLIN};
    while (poll(&wait, 1, -1) < 0)
        continue;
}

/* False where the connection ends with this reply. */
static bool answer(struct scripted_server *server, int socket, const struct exchange *exchange)
{
    size_t size = exchange->reply_size > 0  ? exchange->reply_size
                  : exchange->reply != NULL ? strlen(exchange->reply)
                                            : 0;
    if (exchange->fault == FAULT_RESET_UNANSWERED) {
        reset(socket);
        return false;
    }
    if (exchange->fault == FAULT_SILENT) {
        wait_for_stop(server);
        return false;
    }
    if (exchange->fault == FAULT_RAW) {
        send_all(socket, exchange->reply, size);
        return false;
    }
    char header[4096];
    int header_size = snprintf(header, sizeof header,
                               "HTTP/1.1 %s\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n%sContent-Length: %zu\r\n\r\n",
                               exchange->status, exchange->reply_headers != NULL ? exchange->reply_headers : "", size);
    bool whole = exchange->fault == FAULT_NONE || exchange->fault == FAULT_EARLY;
    if (!send_all(socket, header, (size_t)header_size))
        return false;
    if (exchange->fault == FAULT_SLOW)
        return send_slowly(socket, exchange->reply, size, exchange->cut);
    if (exchange->reply != NULL && !send_all(socket, exchange->reply, whole ? size : exchange->cut))
        return false;
    if (exchange->fault == FAULT_RESET_IN_REPLY)
        reset(socket);
    if (exchange->fault == FAULT_STALL)
        wait_for_stop(server);
    return whole;
}

/* What the client still sends is read: a reset on unread bytes could take the answer along. */
static void answer_early(struct scripted_server *server, int socket, const struct exchange *exchange)
{
    char ignored[4096];
    if (!answer(server, socket, exchange))
        return;
    shutdown(socket, SHUT_WR);
    while (recv(socket, ignored, sizeof ignored, 0) > 0)
        continue;
}

static bool read_body(int socket, char *body, size_t have, size_t size)
{
    while (have < size) {
        ssize_t got = recv(socket, body + have, size - have, 0);
        if (got <= 0)
            return false;
        have += (size_t)got;
    }
    return true;
}

static void check_body(struct scripted_server *server, const struct exchange *exchange, const char *body, size_t size)
{
    size_t expected = exchange->body_size > 0  ? exchange->body_size
                      : exchange->body != NULL ? strlen(exchange->body)
                                               : 0;
    if (exchange->body != NULL && (size != expected || memcmp(body, exchange->body, size) != 0))
        complain(server, "%s %s: a body of %zu bytes instead of %zu, or another one: %.2000s", exchange->method,
                 exchange->target, size, expected, body);
}

/* One request and its reply; false where the connection ends. `text` holds `*size` bytes read ahead. */
static bool serve(struct scripted_server *server, int socket, char *text, size_t *size)
{
    char *end;
    while ((end = strstr(text, "\r\n\r\n")) == NULL) {
        ssize_t got = *size < HEADER_MAX ? recv(socket, text + *size, HEADER_MAX - *size, 0) : -1;
        if (got <= 0)
            return false;
        *size += (size_t)got;
        text[*size] = '\0';
    }
    end[2] = '\0';
    char method[16], target[8192];
    if (sscanf(text, "%15s %8191s", method, target) != 2) {
        complain(server, "a request without method and target");
        return false;
    }
    const struct exchange *exchange = claim(server, method, target, text);
    if (exchange == NULL) {
        complain(server, "nobody expected '%s %s'", method, target);
        send_all(socket, "HTTP/1.1 404 Unexpected\r\nContent-Length: 0\r\n\r\n", 46);
        return false;
    }
    check_headers(server, exchange, text);
    if (exchange->fault == FAULT_RESET_BEFORE_BODY) {
        reset(socket);
        return false;
    }
    if (exchange->fault == FAULT_EARLY) {
        answer_early(server, socket, exchange);
        return false;
    }
    const char *length = find_header(text, "content-length", 14);
    size_t body_size = length != NULL ? strtoul(length, NULL, 10) : 0;
    size_t ahead = *size - (size_t)(end + 4 - text), taken = ahead < body_size ? ahead : body_size;
    char *body = calloc(1, body_size + 1);
    memcpy(body, end + 4, taken);
    bool whole = read_body(socket, body, taken, body_size);
    if (whole)
        check_body(server, exchange, body, body_size);
    free(body);
    *size = ahead - taken;
    memmove(text, end + 4 + taken, *size);
    text[*size] = '\0';
    return whole && answer(server, socket, exchange);
}

static void *serve_connection(void *context)
{
    struct connection *connection = context;
    char *text = calloc(1, HEADER_MAX + 1);
    size_t size = 0;
    while (serve(connection->server, connection->socket, text, &size))
        continue;
    free(text);
    pthread_mutex_lock(&connection->server->mutex);
    close(connection->socket);
    connection->socket = -1;
    pthread_mutex_unlock(&connection->server->mutex);
    return NULL;
}

static void *accept_connections(void *context)
{
    struct scripted_server *server = context;
    for (;;) {
        struct pollfd wait[2] = {{.fd = server->listener, .events = POLLIN}, {.fd = server->stop, .events = POLLIN}};
        if (poll(wait, 2, -1) < 0)
            continue;
        if (wait[1].revents != 0)
            return NULL;
        int socket = accept(server->listener, NULL, NULL);
        if (socket < 0)
            continue;
        int at_once = 1; /* a header and its body are two sends */
        setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof at_once);
        pthread_mutex_lock(&server->mutex);
        bool room = server->connection_count < CONNECTIONS_MAX;
        if (room) {
            struct connection *connection = &server->connections[server->connection_count++];
            *connection = (struct connection){.socket = socket, .server = server};
            pthread_create(&connection->thread, NULL, serve_connection, connection);
        }
        pthread_mutex_unlock(&server->mutex);
        if (!room) {
            complain(server, "more than %d connections", CONNECTIONS_MAX);
            close(socket);
        }
    }
}

static void listen_somewhere(struct scripted_server *server)
{
    for (int tries = 0; tries < 100; tries++) {
        unsigned port = 3000 + (unsigned)random_below(9000); /* see free_ports in scripts/servers/lib.sh */
        struct sockaddr_in address = {
            .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        server->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (bind(server->listener, (struct sockaddr *)&address, sizeof address) == 0 &&
            listen(server->listener, 64) == 0) {
            snprintf(server->endpoint, sizeof server->endpoint, "http://127.0.0.1:%u", port);
            return;
        }
        close(server->listener);
    }
    fail_msg("no free port found");
}

struct scripted_server *scripted_server_start(const struct exchange *exchanges, size_t count)
{
    struct scripted_server *server = calloc(1, sizeof *server);
    assert_non_null(server);
    server->exchanges = exchanges;
    server->count = count;
    server->used = calloc(count + 1, sizeof *server->used);
    server->stop = eventfd(0, EFD_CLOEXEC);
    pthread_mutex_init(&server->mutex, NULL);
    listen_somewhere(server);
    assert_int_equal(pthread_create(&server->thread, NULL, accept_connections, server), 0);
    return server;
}

const char *scripted_server_endpoint(const struct scripted_server *server)
{
    return server->endpoint;
}

unsigned scripted_server_connections(struct scripted_server *server)
{
    pthread_mutex_lock(&server->mutex);
    unsigned count = server->connection_count;
    pthread_mutex_unlock(&server->mutex);
    return count;
}

size_t scripted_server_used(struct scripted_server *server)
{
    pthread_mutex_lock(&server->mutex);
    size_t count = server->used_count;
    pthread_mutex_unlock(&server->mutex);
    return count;
}

static void end(struct scripted_server *server, bool all)
{
    eventfd_write(server->stop, 1);
    pthread_join(server->thread, NULL);
    pthread_mutex_lock(&server->mutex);
    for (unsigned i = 0; i < server->connection_count; i++)
        if (server->connections[i].socket >= 0)
            shutdown(server->connections[i].socket, SHUT_RDWR);
    pthread_mutex_unlock(&server->mutex);
    for (unsigned i = 0; i < server->connection_count; i++)
        pthread_join(server->connections[i].thread, NULL);
    close(server->listener);
    close(server->stop);
    char problem[sizeof server->problem];
    memcpy(problem, server->problem, sizeof problem);
    for (size_t i = 0; i < server->count && all && problem[0] == '\0'; i++)
        if (!server->used[i] && !server->exchanges[i].any_times)
            snprintf(problem, sizeof problem, "'%s %s' was never asked", server->exchanges[i].method,
                     server->exchanges[i].target);
    pthread_mutex_destroy(&server->mutex);
    free(server->used);
    free(server);
    if (problem[0] != '\0')
        fail_msg("%s", problem);
}

void scripted_server_stop(struct scripted_server *server)
{
    end(server, true);
}

void scripted_server_stop_early(struct scripted_server *server)
{
    end(server, false);
}
