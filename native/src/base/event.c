#include "event.h"

#include <time.h>

#include "clock.h"

void event_init(struct event *event)
{
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_mutex_init(&event->mutex, NULL);
    pthread_cond_init(&event->changed, &attributes);
    pthread_condattr_destroy(&attributes);
}

void event_clean_up(struct event *event)
{
    pthread_cond_destroy(&event->changed);
    pthread_mutex_destroy(&event->mutex);
}

void event_lock(struct event *event)
{
    pthread_mutex_lock(&event->mutex);
}

void event_unlock(struct event *event)
{
    pthread_mutex_unlock(&event->mutex);
}

void event_signal(struct event *event)
{
    pthread_cond_broadcast(&event->changed);
}

void event_wait(struct event *event)
{
    event_wait_until(event, clock_monotonic_ms() + 100);
}

void event_wait_until(struct event *event, int64_t until_ms)
{
    struct timespec until = {.tv_sec = (time_t)(until_ms / 1000), .tv_nsec = (long)(until_ms % 1000) * 1000000};
    pthread_cond_timedwait(&event->changed, &event->mutex, &until);
}
