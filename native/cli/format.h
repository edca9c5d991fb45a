/* Figures and names as a person reads them. */
#ifndef CLI_FORMAT_H
#define CLI_FORMAT_H

#include <stddef.h>
#include <stdint.h>

#define FIGURE_SIZE 32

/* "17 bytes", "1.5 MiB"; `text` has FIGURE_SIZE characters and is returned. */
const char *format_bytes(uint64_t bytes, char *text);
/* "0:07", "1:02:03". */
const char *format_seconds(uint64_t seconds, char *text);
/* "2026-11-22 23:48:00" in UTC. */
const char *format_time(int64_t seconds, char *text);

/* Names come from stores, archives and users: they must not move a terminal's cursor. Control characters of ASCII and
 * of C1 become '?'. */
void replace_controls(char *text);

#endif
