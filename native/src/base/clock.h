/* Clocks and the product's forms of time; all UTC. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#define CLOCK_TIMESTAMP_SIZE 20 /* "2026-11-22T23:48:00" and NUL: the form in backup names */
#define CLOCK_UTC_SIZE       21 /* the same with "Z": the form in seals */
#define CLOCK_HTTP_SIZE      30

int64_t clock_monotonic_ms(void);
/* Seconds since 1970. */
int64_t clock_now(void);

void clock_format_timestamp(int64_t seconds, char text[CLOCK_TIMESTAMP_SIZE]);
void clock_format_utc(int64_t seconds, char text[CLOCK_UTC_SIZE]);
/* "20261122T234800Z", as signatures want it. */
void clock_format_amz(int64_t seconds, char text[17]);
/* "Sun, 06 Nov 1994 08:49:37 GMT", as HTTP's headers want it. */
void clock_format_http(int64_t seconds, char text[CLOCK_HTTP_SIZE]);
/* Takes the first form, with or without "Z"; false where it is no real date. */
bool clock_parse_timestamp(const char *text, int64_t *seconds);
/* Takes RFC 1123 ("Sun, 06 Nov 1994 08:49:37 GMT") and ISO 8601 with fractions ("2026-11-22T23:48:00.123Z"), as stores
 * answer. */
bool clock_parse_http(const char *text, int64_t *seconds);

#endif
