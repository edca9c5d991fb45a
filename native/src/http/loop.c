#include "loop.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "../base/clock.h"

#define EVENTS_AT_ONCE 64

/* libcurl tells which sockets it waits for. */
static int watch(CURL *easy, curl_socket_t socket, int what, void *context, void *unused)
{
    (void)easy, (void)unused;
    const struct http_loop *loop = context;
    if (what == CURL_POLL_REMOVE) {
        epoll_ctl(loop->epoll_fd, EPOLL_CTL_DEL, socket, NULL);
        return 0;
    }
    struct epoll_event event = {.data.fd = socket};
    event.events = ((what & CURL_POLL_IN) != 0 ? EPOLLIN : 0u) | ((what & CURL_POLL_OUT) != 0 ? EPOLLOUT : 0u);
    int result = epoll_ctl(loop->epoll_fd, EPOLL_CTL_MOD, socket, &event);
    if (result != 0 && errno == ENOENT)
        result = epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, socket, &event);
    return result != 0 ? -1 : 0;
}

static int set_timer(CURLM *multi, long timeout_ms, void *context)
{
    (void)multi;
    struct http_loop *loop = context;
    loop->timer_due_ms = timeout_ms < 0 ? -1 : clock_monotonic_ms() + timeout_ms;
    return 0;
}

int http_loop_init(struct http_loop *loop, jb_error *error)
{
    *loop = (struct http_loop){.epoll_fd = -1, .wake_fd = -1, .timer_due_ms = -1};
    loop->multi = curl_multi_init();
    if (loop->multi == NULL)
        return error_no_memory(error);
    curl_multi_setopt(loop->multi, CURLMOPT_SOCKETFUNCTION, watch);
    curl_multi_setopt(loop->multi, CURLMOPT_SOCKETDATA, loop);
    curl_multi_setopt(loop->multi, CURLMOPT_TIMERFUNCTION, set_timer);
    curl_multi_setopt(loop->multi, CURLMOPT_TIMERDATA, loop);
    loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    loop->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = loop->wake_fd};
    if (loop->epoll_fd < 0 || loop->wake_fd < 0 || epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, loop->wake_fd, &event) != 0)
        return error_set_errno(error, errno, "cannot make an event descriptor");
    return JB_OK;
}

void http_loop_clean_up(struct http_loop *loop)
{
    curl_multi_cleanup(loop->multi); /* it still tells which sockets it gives up */
    if (loop->epoll_fd >= 0)
        close(loop->epoll_fd);
    if (loop->wake_fd >= 0)
        close(loop->wake_fd);
}

void http_loop_wake(struct http_loop *loop)
{
    eventfd_write(loop->wake_fd, 1); /* fails only where it is readable already */
}

static void act(struct http_loop *loop, const struct epoll_event *event)
{
    int running;
    if (event->data.fd == loop->wake_fd) {
        eventfd_t count;
        eventfd_read(loop->wake_fd, &count);
        return;
    }
    int what = ((event->events & EPOLLIN) != 0 ? CURL_CSELECT_IN : 0) |
               ((event->events & EPOLLOUT) != 0 ? CURL_CSELECT_OUT : 0) |
               ((event->events & (EPOLLERR | EPOLLHUP)) != 0 ? CURL_CSELECT_ERR : 0);
    curl_multi_socket_action(loop->multi, event->data.fd, what, &running);
}

void http_loop_step(struct http_loop *loop, int64_t timeout_ms)
{
    struct epoll_event events[EVENTS_AT_ONCE];
    int64_t left = loop->timer_due_ms < 0 ? timeout_ms : loop->timer_due_ms - clock_monotonic_ms();
    if (left > timeout_ms)
        left = timeout_ms;
    int count = epoll_wait(loop->epoll_fd, events, EVENTS_AT_ONCE, left > 0 ? (int)left : 0);
    for (int i = 0; i < count; i++)
        act(loop, &events[i]);
    if (loop->timer_due_ms >= 0 && clock_monotonic_ms() >= loop->timer_due_ms) {
        int running;
        loop->timer_due_ms = -1;
        curl_multi_socket_action(loop->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    }
}
