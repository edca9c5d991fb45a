#include "clock.h"

#include <ctype.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

int64_t clock_monotonic_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t clock_now(void)
{
    return (int64_t)time(NULL);
}

static void format_time(int64_t seconds, const char *format, char *text, size_t size)
{
    time_t when = (time_t)seconds;
    struct tm parts;
    if (gmtime_r(&when, &parts) == NULL || strftime(text, size, format, &parts) == 0)
        text[0] = '\0';
}

void clock_format_timestamp(int64_t seconds, char text[CLOCK_TIMESTAMP_SIZE])
{
    format_time(seconds, "%Y-%m-%dT%H:%M:%S", text, CLOCK_TIMESTAMP_SIZE);
}

void clock_format_utc(int64_t seconds, char text[CLOCK_UTC_SIZE])
{
    format_time(seconds, "%Y-%m-%dT%H:%M:%SZ", text, CLOCK_UTC_SIZE);
}

void clock_format_amz(int64_t seconds, char text[17])
{
    format_time(seconds, "%Y%m%dT%H%M%SZ", text, 17);
}

/* timegm accepts the 31st of February; a round trip shows whether the date exists. Nothing here is older than 1970. */
static bool to_seconds(const struct tm *parts, int64_t *seconds)
{
    struct tm normal = *parts;
    time_t when = timegm(&normal);
    if (when < 0 || normal.tm_year != parts->tm_year || normal.tm_mon != parts->tm_mon ||
        normal.tm_mday != parts->tm_mday || normal.tm_hour != parts->tm_hour || normal.tm_min != parts->tm_min ||
        normal.tm_sec != parts->tm_sec)
        return false;
    *seconds = (int64_t)when;
    return true;
}

static bool shaped(const char *text, const char *shape)
{
    for (; *shape != '\0'; shape++, text++)
        if (*shape == '0' ? !isdigit((unsigned char)*text) : *text != *shape)
            return false;
    return true;
}

static int number(const char *text, int digits)
{
    int value = 0;
    for (int i = 0; i < digits; i++)
        value = value * 10 + (text[i] - '0');
    return value;
}

static bool parse_iso(const char *text, int64_t *seconds, const char **end)
{
    if (!shaped(text, "0000-00-00T00:00:00"))
        return false;
    struct tm parts = {.tm_year = number(text, 4) - 1900,
                       .tm_mon = number(text + 5, 2) - 1,
                       .tm_mday = number(text + 8, 2),
                       .tm_hour = number(text + 11, 2),
                       .tm_min = number(text + 14, 2),
                       .tm_sec = number(text + 17, 2)};
    *end = text + 19;
    return to_seconds(&parts, seconds);
}

void clock_format_http(int64_t seconds, char text[CLOCK_HTTP_SIZE])
{
    static const char days[] = "SunMonTueWedThuFriSat", months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    time_t when = (time_t)seconds;
    struct tm parts;
    text[0] = '\0';
    if (gmtime_r(&when, &parts) == NULL || parts.tm_year < -1900 || parts.tm_year > 9999 - 1900)
        return;
    /* Not by strftime: its names follow the locale. */
    char long_text[96];
    snprintf(long_text, sizeof long_text, "%.3s, %02d %.3s %04d %02d:%02d:%02d GMT",
             days + (ptrdiff_t)parts.tm_wday * 3, parts.tm_mday, months + (ptrdiff_t)parts.tm_mon * 3,
             parts.tm_year + 1900, parts.tm_hour, parts.tm_min, parts.tm_sec);
    memcpy(text, long_text, CLOCK_HTTP_SIZE - 1);
    text[CLOCK_HTTP_SIZE - 1] = '\0';
}

bool clock_parse_timestamp(const char *text, int64_t *seconds)
{
    const char *end;
    if (!parse_iso(text, seconds, &end))
        return false;
    if (*end == 'Z')
        end++;
    return *end == '\0';
}

static bool parse_rfc1123(const char *text, int64_t *seconds)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    if (strlen(text) != 29 || text[3] != ',' || !shaped(text + 4, " 00 ") || !shaped(text + 11, " 0000 00:00:00 GMT"))
        return false;
    for (int month = 0; month < 12; month++) {
        if (strncmp(text + 8, months + month * 3, 3) != 0)
            continue;
        struct tm parts = {.tm_year = number(text + 12, 4) - 1900,
                           .tm_mon = month,
                           .tm_mday = number(text + 5, 2),
                           .tm_hour = number(text + 17, 2),
                           .tm_min = number(text + 20, 2),
                           .tm_sec = number(text + 23, 2)};
        return to_seconds(&parts, seconds);
    }
    return false;
}

bool clock_parse_http(const char *text, int64_t *seconds)
{
    if (parse_rfc1123(text, seconds))
        return true;
    const char *end;
    if (!parse_iso(text, seconds, &end))
        return false;
    if (*end == '.')
        do
            end++;
        while (isdigit((unsigned char)*end));
    return strcmp(end, "Z") == 0;
}
