#include <stdlib.h>
#include <string.h>

#include "../src/base/error.h"
#include "session.h"

#define PATTERN_FILE_MAX (1u << 20)

static int read_list(struct pattern_list *patterns, const struct arguments *arguments, enum option_id option,
                     enum option_id option_from, jb_error *error)
{
    const char *path = arguments->texts[option_from];
    size_t given = arguments->list_counts[option], lines = 0;
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
        patterns->list[count++] = arguments->lists[option][i];
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

int patterns_read(struct patterns *patterns, const struct arguments *arguments, jb_error *error)
{
    *patterns = (struct patterns){0};
    int code = read_list(&patterns->exclude, arguments, OPTION_EXCLUDE, OPTION_EXCLUDE_FROM, error);
    if (code == JB_OK)
        code = read_list(&patterns->include, arguments, OPTION_INCLUDE, OPTION_INCLUDE_FROM, error);
    /* To the library no pattern means all, which nobody expects of an empty list. */
    if (code == JB_OK && patterns->include.list != NULL && patterns->include.list[0] == NULL)
        code = error_set(error, JB_ERROR_USAGE, "'%s' has no pattern of what to include",
                         arguments->texts[OPTION_INCLUDE_FROM]);
    return code;
}

static void free_list(struct pattern_list *patterns)
{
    free(patterns->list);
    free(patterns->lines);
}

void patterns_free(struct patterns *patterns)
{
    free_list(&patterns->exclude);
    free_list(&patterns->include);
}
