#include "options.h"

#include <stdlib.h>
#include <string.h>

#include "../src/base/error.h"

bool parse_number(const char *text, uint64_t *number)
{
    uint64_t value = 0;
    if (*text == '\0')
        return false;
    for (; *text != '\0'; text++) {
        if (*text < '0' || *text > '9' || value > (UINT64_MAX - (uint64_t)(*text - '0')) / 10)
            return false;
        value = value * 10 + (uint64_t)(*text - '0');
    }
    *number = value;
    return true;
}

static const struct option_row *find_row(int subcommand, const char *name, size_t length, char letter)
{
    for (size_t i = 0; i < option_table_rows; i++) {
        const struct option_row *row = &option_table[i];
        if ((row->subcommands & subcommand) == 0)
            continue;
        if (name != NULL ? strlen(row->name) == length && memcmp(row->name, name, length) == 0
                         : row->letter != 0 && row->letter == letter)
            return row;
    }
    return NULL;
}

static bool is_choice(const char *choices, const char *text)
{
    size_t length = strlen(text);
    for (const char *choice = choices; choice != NULL;) {
        const char *end = strchr(choice, '|');
        size_t size = end != NULL ? (size_t)(end - choice) : strlen(choice);
        if (size == length && memcmp(choice, text, size) == 0)
            return true;
        choice = end != NULL ? end + 1 : NULL;
    }
    return false;
}

/* Lists have room for every argument there is, so that they need no growing. */
static int append(const char ***list, size_t *count, size_t room, const char *text, jb_error *error)
{
    if (*list == NULL && (*list = calloc(room + 1, sizeof **list)) == NULL)
        return error_no_memory(error);
    (*list)[(*count)++] = text;
    return JB_OK;
}

static int store_value(struct arguments *arguments, const struct option_row *row, const char *value, size_t room,
                       jb_error *error)
{
    if (row->kind == KIND_LIST)
        return append(&arguments->lists[row->id], &arguments->list_counts[row->id], room, value, error);
    if (arguments->texts[row->id] != NULL && row->kind != KIND_FLAG)
        return error_set(error, JB_ERROR_USAGE, "option '--%s' was given twice", row->name);
    if (row->kind == KIND_TEXT && *value == '\0')
        return error_set(error, JB_ERROR_USAGE, "option '--%s' needs a %s, not an empty text", row->name, row->value);
    if (row->kind == KIND_CHOICE && !is_choice(row->value, value))
        return error_set(error, JB_ERROR_USAGE, "option '--%s' takes %s, not '%s'", row->name, row->value, value);
    if (row->kind == KIND_NUMBER) {
        uint64_t number;
        bool valid = parse_number(value, &number) && number >= row->minimum && number <= row->maximum;
        if (!valid)
            return error_set(error, JB_ERROR_USAGE, "option '--%s' takes a number from %llu to %llu, not '%s'",
                             row->name, (unsigned long long)row->minimum, (unsigned long long)row->maximum, value);
        arguments->numbers[row->id] = number;
    }
    arguments->texts[row->id] = row->kind == KIND_FLAG ? row->name : value;
    return JB_OK;
}

/* One option at argv[*index], with its value, which may be the next argument. */
static int parse_option(struct arguments *arguments, int subcommand, int argc, char **argv, int *index, jb_error *error)
{
    const char *argument = argv[*index];
    const struct option_row *row;
    const char *value = NULL;
    if (argument[1] == '-') {
        const char *name = argument + 2;
        size_t length = strcspn(name, "=");
        row = find_row(subcommand, name, length, 0);
        value = name[length] == '=' ? name + length + 1 : NULL;
    } else {
        row = find_row(subcommand, NULL, 0, argument[1]);
        value = argument[2] != '\0' ? argument + 2 : NULL;
    }
    if (row == NULL) {
        /* Only the name: what follows '=' might be a secret that somebody took for an option's value. */
        size_t shown = strcspn(argument, "=");
        return error_set(error, JB_ERROR_USAGE, "unknown option '%.*s'", (int)(shown < 60 ? shown : 60), argument);
    }
    if (row->kind == KIND_FLAG) {
        if (value != NULL)
            return error_set(error, JB_ERROR_USAGE, "option '--%s' takes no value", row->name);
    } else if (value == NULL) {
        if (*index + 1 >= argc || strcmp(argv[*index + 1], "--") == 0)
            return error_set(error, JB_ERROR_USAGE, "option '--%s' needs a value: %s", row->name, row->value);
        value = argv[++*index];
    }
    return store_value(arguments, row, value, (size_t)argc, error);
}

int arguments_parse(struct arguments *arguments, int subcommand, int argc, char **argv, int first, jb_error *error)
{
    *arguments = (struct arguments){0};
    int code = JB_OK;
    for (int i = first; i < argc && code == JB_OK; i++) {
        if (strcmp(argv[i], "--") == 0) {
            arguments->rest = (const char *const *)argv + i + 1;
            break;
        }
        if (argv[i][0] == '-' && argv[i][1] != '\0')
            code = parse_option(arguments, subcommand, argc, argv, &i, error);
        else
            code = append(&arguments->positional, &arguments->positional_count, (size_t)argc, argv[i], error);
    }
    return code;
}

void arguments_clean_up(struct arguments *arguments)
{
    for (size_t i = 0; i < OPTION_COUNT; i++)
        free(arguments->lists[i]);
    free(arguments->positional);
}

bool arguments_peek(enum option_id flag, int argc, char **argv)
{
    const char *name = "";
    for (size_t i = 0; i < option_table_rows; i++)
        if (option_table[i].id == flag)
            name = option_table[i].name;
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strncmp(argv[i], "--", 2) == 0 && strcmp(argv[i] + 2, name) == 0)
            return true;
    return false;
}

static const char *name_of(enum option_id id)
{
    for (size_t i = 0; i < option_table_rows; i++)
        if (option_table[i].id == id)
            return option_table[i].name;
    return "";
}

int arguments_refuse(const struct arguments *arguments, const enum option_id *ids, const char *why, jb_error *error)
{
    for (; *ids != OPTION_COUNT; ids++)
        if (arguments->texts[*ids] != NULL || arguments->lists[*ids] != NULL)
            return error_set(error, JB_ERROR_USAGE, "option '--%s' has no meaning %s", name_of(*ids), why);
    return JB_OK;
}

int arguments_require(const struct arguments *arguments, enum option_id id, const char **text, jb_error *error)
{
    *text = arguments->texts[id];
    if (*text == NULL)
        return error_set(error, JB_ERROR_USAGE, "option '--%s' is missing", name_of(id));
    return JB_OK;
}
