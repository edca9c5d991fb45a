/* Something that happens once on another thread and that one thread waits for. */
#ifndef BASE_EVENT_H
#define BASE_EVENT_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

/* A condition variable with its mutex, on the monotonic clock. Guard your own state with `mutex`. */
struct event {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
};

void event_init(struct event *event);
void event_clean_up(struct event *event);
void event_lock(struct event *event);
void event_unlock(struct event *event);
/* With the mutex held: wakes all waiters. */
void event_signal(struct event *event);
/* With the mutex held: waits for a signal, or for 100 ms, so that callers re-check cancellation in their loop. */
void event_wait(struct event *event);
/* With the mutex held: waits for a signal or until clock_monotonic_ms() reaches `until_ms`. */
void event_wait_until(struct event *event, int64_t until_ms);

#endif
