#include "progress.h"

#include <inttypes.h>
#include <string.h>
#include <sys/ioctl.h>

#include "format.h"

static size_t terminal_columns(FILE *out)
{
    struct winsize size;
    if (ioctl(fileno(out), TIOCGWINSZ, &size) != 0 || size.ws_col < 20)
        return 80;
    return size.ws_col;
}

/* Cuts at the start of a character, so that a terminal never gets half of one. */
static void cut(char *text, size_t columns)
{
    size_t used = 0;
    for (char *c = text; *c != '\0'; c++) {
        if (((unsigned char)*c & 0xc0) == 0x80)
            continue;
        if (used++ == columns) {
            *c = '\0';
            return;
        }
    }
}

void progress_line(const jb_progress *event, FILE *out)
{
    char done[FIGURE_SIZE], total[FIGURE_SIZE], rate[FIGURE_SIZE], left[FIGURE_SIZE];
    char line[1024];
    size_t used = 0;
    const size_t size = sizeof line;
#define ADD(...)                                                                                                       \
    do {                                                                                                               \
        int written = snprintf(line + used, size - used, __VA_ARGS__);                                                 \
        used = written < 0 ? used : used + (size_t)written < size ? used + (size_t)written : size - 1;                 \
    } while (0)
    ADD("%s  %s", event->phase, format_bytes(event->bytes_done, done));
    if (event->bytes_total > 0) {
        double share = 100.0 * (double)event->bytes_done / (double)event->bytes_total;
        ADD(" of %s (%.0f %%)", format_bytes(event->bytes_total, total), share > 100 ? 100 : share);
    }
    if (event->objects_total > 1)
        ADD("  %" PRIu64 " of %" PRIu64, event->objects_done, event->objects_total);
    ADD("  %s/s", format_bytes(event->bytes_per_second, rate));
    if (event->seconds_left >= 0)
        ADD("  %s left", format_seconds((uint64_t)event->seconds_left, left));
    ADD("  %s", event->item);
#undef ADD
    replace_controls(line);
    cut(line, terminal_columns(out) - 1);
    fprintf(out, "\r%s\033[K", line);
    fflush(out);
}
