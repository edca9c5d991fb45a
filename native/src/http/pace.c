#include "pace.h"

void http_pace_init(struct http_pace *pace, unsigned most)
{
    *pace = (struct http_pace){.most = most, .whole = most};
}

uint64_t http_pace_start(struct http_pace *pace)
{
    return pace->started++;
}

void http_pace_success(struct http_pace *pace)
{
    if (pace->whole == pace->most || ++pace->successes < pace->whole)
        return;
    pace->whole++;
    pace->successes = 0;
}

void http_pace_complaint(struct http_pace *pace, uint64_t number)
{
    /* All tries of one burst meet the same trouble, which must not halve the number for each of them. */
    if (number < pace->lowered)
        return;
    pace->whole = pace->whole > 1 ? pace->whole / 2 : 1;
    pace->successes = 0;
    pace->lowered = pace->started;
}
