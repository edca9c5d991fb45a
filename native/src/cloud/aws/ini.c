#include "ini.h"

#include <ctype.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#define SECTION_MAX 256

struct reading {
    char line[INI_LINE_MAX + 1];
    char section[SECTION_MAX];
    unsigned number;
    ini_setting_fn each;
    void *context;
};

static char *trimmed(char *text)
{
    while (isspace((unsigned char)*text))
        text++;
    size_t size = strlen(text);
    while (size > 0 && isspace((unsigned char)text[size - 1]))
        text[--size] = '\0';
    return text;
}

/* A comment begins with '#' or ';' after a blank; within a word they belong to the value. */
static void cut_comment(char *text)
{
    for (char *c = text; *c != '\0'; c++)
        if ((*c == '#' || *c == ';') && (c == text || isspace((unsigned char)c[-1]))) {
            *c = '\0';
            return;
        }
}

static int wrong(const struct reading *reading, const char *why, jb_error *error)
{
    return error_set(error, JB_ERROR_FORMAT, "line %u %s", reading->number, why);
}

static int take_section(struct reading *reading, char *line, jb_error *error)
{
    char *end = strchr(line, ']');
    if (end == NULL)
        return wrong(reading, "begins a section but does not end its name", error);
    *end = '\0';
    char *name = trimmed(line + 1);
    if (strlen(name) >= sizeof reading->section)
        return wrong(reading, "names a section by too long a name", error);
    memcpy(reading->section, name, strlen(name) + 1);
    return JB_OK;
}

static int take_line(struct reading *reading, jb_error *error)
{
    char *line = reading->line;
    bool indented = *line == ' ' || *line == '\t';
    char *text = trimmed(line);
    if (*text == '\0' || *text == '#' || *text == ';' || (indented && *text != '['))
        return JB_OK;
    if (*text == '[')
        return take_section(reading, text, error);
    char *equals = strchr(text, '=');
    if (equals == NULL || equals == text)
        return wrong(reading, "is neither a section nor a setting", error);
    *equals = '\0';
    char *name = trimmed(text), *value = trimmed(equals + 1);
    for (char *c = name; *c != '\0'; c++)
        *c = (char)tolower((unsigned char)*c);
    cut_comment(value);
    return reading->each(reading->context, reading->section, name, trimmed(value), error);
}

int ini_read(const char *bytes, size_t count, ini_setting_fn each, void *context, jb_error *error)
{
    struct reading *reading = calloc(1, sizeof *reading);
    if (reading == NULL)
        return error_no_memory(error);
    reading->each = each;
    reading->context = context;
    int code = JB_OK;
    for (size_t at = 0, next; at < count && code == JB_OK; at = next) {
        const char *end = memchr(bytes + at, '\n', count - at);
        size_t size = end != NULL ? (size_t)(end - bytes) - at : count - at;
        next = at + size + 1;
        reading->number++;
        if (size > INI_LINE_MAX)
            code = wrong(reading, "is too long", error);
        else if (memchr(bytes + at, '\0', size) != NULL)
            code = wrong(reading, "holds a NUL byte", error);
        if (code != JB_OK)
            break;
        memcpy(reading->line, bytes + at, size);
        reading->line[size] = '\0';
        code = take_line(reading, error);
    }
    OPENSSL_cleanse(reading, sizeof *reading);
    free(reading);
    return code;
}
