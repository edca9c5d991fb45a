#include "help.h"

#include <string.h>

#define COLUMNS       100
#define OPTION_COLUMN 28

/* Prints `text` wrapped, its further lines indented; `column` is where the cursor stands. */
static void print_wrapped(const char *text, size_t indent, size_t column, FILE *out)
{
    while (*text != '\0') {
        size_t length = strcspn(text, " ");
        if (column > indent && column + 1 + length > COLUMNS) {
            fprintf(out, "\n%*s", (int)indent, "");
            column = indent;
        } else if (column > indent) {
            fputc(' ', out);
            column++;
        }
        fprintf(out, "%.*s", (int)length, text);
        column += length;
        text += length;
        text += strspn(text, " ");
    }
    fputc('\n', out);
}

static void print_lines(const char *lines, const char *prefix, FILE *out)
{
    while (*lines != '\0') {
        size_t length = strcspn(lines, "\n");
        fprintf(out, "%s%.*s\n", prefix, (int)length, lines);
        lines += length + (lines[length] == '\n');
    }
}

static void print_option(const struct option_row *row, FILE *out)
{
    char name[128];
    int used = 0;
    if (row->letter != 0)
        used = snprintf(name, sizeof name, "  -%c, ", row->letter);
    else
        used = snprintf(name, sizeof name, "      ");
    used += snprintf(name + used, sizeof name - (size_t)used, "--%s%s%s", row->name, row->value != NULL ? " " : "",
                     row->value != NULL ? row->value : "");
    fputs(name, out);
    if (used + 2 > OPTION_COLUMN)
        fprintf(out, "\n%*s", OPTION_COLUMN, "");
    else
        fprintf(out, "%*s", OPTION_COLUMN - used, "");
    print_wrapped(row->help, OPTION_COLUMN, OPTION_COLUMN, out);
}

static void print_group(const char *title, enum option_group group, int bit, FILE *out)
{
    bool titled = false;
    for (size_t i = 0; i < option_table_rows; i++) {
        const struct option_row *row = &option_table[i];
        if (row->group != group || (row->subcommands & bit) == 0)
            continue;
        if (!titled)
            fprintf(out, "\n%s:\n", title);
        titled = true;
        print_option(row, out);
    }
}

void help_subcommand(const struct subcommand *subcommand, FILE *out)
{
    char prefix[64];
    fputs("usage:\n", out);
    snprintf(prefix, sizeof prefix, "  jpsbackup %s ", subcommand->name);
    print_lines(subcommand->usage, prefix, out);
    fputc('\n', out);
    print_wrapped(subcommand->about, 0, 0, out);
    print_group("options", GROUP_OWN, subcommand->bit, out);
    fputs("\nexamples:\n", out);
    print_lines(subcommand->examples, "  ", out);
    print_group("store options", GROUP_STORE, subcommand->bit, out);
    print_group("common options", GROUP_COMMON, subcommand->bit, out);
}

void help_command(FILE *out)
{
    fputs("usage:\n  jpsbackup SUBCOMMAND [OPTIONS] [ARGUMENTS]\n  jpsbackup --version\n\n", out);
    print_wrapped(
        "Backs directories, files and the output of programs up into object stores, and restores them, verified.", 0, 0,
        out);
    fputs("\nsubcommands:\n", out);
    for (size_t i = 0; subcommands[i] != NULL; i++)
        fprintf(out, "  %-16s%s\n", subcommands[i]->name, subcommands[i]->summary);
    fputs("\nexamples:\n"
          "  jpsbackup backup --store file:///mnt/backups --bucket mine --name notes /home/me/notes\n"
          "  jpsbackup list --store file:///mnt/backups --bucket mine\n"
          "  jpsbackup restore --store file:///mnt/backups --bucket mine --name notes --into /home/me/notes\n\n"
          "exit status:\n"
          "  0 done   1 failure   2 usage   3 verification failed   4 not found   5 conflict\n"
          "  6 access refused   7 store unreachable   8 no space   130 cancelled\n\n"
          "'jpsbackup SUBCOMMAND --help' tells the options and gives examples.\n",
          out);
}
