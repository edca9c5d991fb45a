/*
 * How many requests may be under way at a time: as many as the server takes without complaint. Each round of successes
 * lets the number grow by one, each complaint halves it, as TCP does with its window.
 */
#ifndef HTTP_PACE_H
#define HTTP_PACE_H

#include <stdint.h>

struct http_pace {
    unsigned most;      /* never more than this */
    unsigned whole;     /* so many may be under way; at least 1 */
    unsigned successes; /* since `whole` changed; as many as it make it one more */
    uint64_t started;   /* tries so far */
    uint64_t lowered;   /* tries that had been started when the number fell: their complaints are heeded already */
};

/* It begins with the most, for most servers take it; those that do not say so at once. */
void http_pace_init(struct http_pace *pace, unsigned most);

/* A try begins; the answer is its number for http_pace_complaint. */
uint64_t http_pace_start(struct http_pace *pace);

void http_pace_success(struct http_pace *pace);

/* The server asked a try to slow down, or left it without an answer. */
void http_pace_complaint(struct http_pace *pace, uint64_t number);

#endif
