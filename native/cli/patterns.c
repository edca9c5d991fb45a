#include <stdlib.h>
#include <string.h>

#include "../src/base/error.h"
#include "session.h"

#define PATTERN_FILE_MAX (1u << 20)

int patterns_read(struct patterns *patterns, const struct arguments *arguments, jb_error *error)
{
    *patterns = (struct patterns){0};
    const char *path = arguments->texts[OPTION_EXCLUDE_FROM];
    size_t given = arguments->list_counts[OPTION_EXCLUDE], lines = 0;
    if (path != NULL) {
        int code = read_text(path, PATTERN_FILE_MAX, &patterns->lines, error);
        if (code != JB_OK)
            return code;
        lines = 1;
        for (const char *c = patterns->lines; *c != '\0'; c++)
            lines += *c == '\n';
    }
    if (given + lines == 0)
        return JB_OK;
    patterns->list = calloc(given + lines + 1, sizeof *patterns->list);
    if (patterns->list == NULL)
        return error_no_memory(error);
    size_t count = 0;
    for (size_t i = 0; i < given; i++)
        patterns->list[count++] = arguments->lists[OPTION_EXCLUDE][i];
    char *rest = patterns->lines;
    for (char *line; (line = strsep(&rest, "\n")) != NULL;) {
        size_t length = strlen(line);
        if (length > 0 && line[length - 1] == '\r')
            line[length - 1] = '\0';
        if (*line != '\0')
            patterns->list[count++] = line;
    }
    return JB_OK;
}

void patterns_free(struct patterns *patterns)
{
    free(patterns->list);
    free(patterns->lines);
}
