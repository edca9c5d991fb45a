#include "format.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

const char *format_bytes(uint64_t bytes, char *text)
{
    static const char *const units[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    if (bytes < 1024) {
        snprintf(text, FIGURE_SIZE, "%u byte%s", (unsigned)bytes, bytes == 1 ? "" : "s");
        return text;
    }
    double value = (double)bytes / 1024;
    size_t unit = 0;
    while (value >= 1023.95 && unit + 1 < sizeof units / sizeof *units) {
        value /= 1024;
        unit++;
    }
    snprintf(text, FIGURE_SIZE, "%.1f %s", value, units[unit]);
    return text;
}

const char *format_seconds(uint64_t seconds, char *text)
{
    if (seconds < 3600)
        snprintf(text, FIGURE_SIZE, "%" PRIu64 ":%02" PRIu64, seconds / 60, seconds % 60);
    else
        snprintf(text, FIGURE_SIZE, "%" PRIu64 ":%02" PRIu64 ":%02" PRIu64, seconds / 3600, seconds / 60 % 60,
                 seconds % 60);
    return text;
}

const char *format_time(int64_t seconds, char *text)
{
    time_t when = (time_t)seconds;
    struct tm parts;
    if (gmtime_r(&when, &parts) == NULL || strftime(text, FIGURE_SIZE, "%Y-%m-%d %H:%M:%S", &parts) == 0)
        snprintf(text, FIGURE_SIZE, "?");
    return text;
}

void replace_controls(char *text)
{
    for (unsigned char *c = (unsigned char *)text; *c != '\0'; c++) {
        if (*c < 0x20 || *c == 0x7f) {
            *c = '?';
        } else if (*c == 0xc2 && c[1] >= 0x80 && c[1] < 0xa0) {
            *c = '?';
            c[1] = '?';
        }
    }
}
