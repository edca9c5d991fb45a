#include "output.h"

#include <stdlib.h>
#include <string.h>

#include "format.h"
#include "progress.h"
#include "exit_status.h"
#include "../src/base/error.h"

json_t *json_of_text(const char *text)
{
    json_t *string = json_string(text);
    if (string != NULL)
        return string;
    char *ascii = strdup(text);
    if (ascii == NULL)
        return NULL;
    for (char *c = ascii; *c != '\0'; c++)
        if ((unsigned char)*c >= 0x80)
            *c = '?';
    string = json_string(ascii);
    free(ascii);
    return string;
}

uint64_t account_number(const json_t *account, const char *member)
{
    json_int_t value = json_integer_value(json_object_get(account, member));
    return value > 0 ? (uint64_t)value : 0;
}

const char *account_text(const json_t *account, const char *member)
{
    const char *text = json_string_value(json_object_get(account, member));
    return text != NULL ? text : "";
}

bool account_flag(const json_t *account, const char *member)
{
    return json_is_true(json_object_get(account, member));
}

void print_text(FILE *out, const char *text)
{
    char *copy = strdup(text);
    if (copy == NULL)
        return;
    replace_controls(copy);
    fputs(copy, out);
    free(copy);
}

/* One write a line, so that lines of several threads do not mix. Takes `event`. */
static bool write_line(json_t *event)
{
    char *line = event != NULL ? json_dumps(event, JSON_COMPACT) : NULL;
    json_decref(event);
    if (line == NULL)
        return false;
    flockfile(stdout);
    fputs(line, stdout);
    bool written = fputc('\n', stdout) != EOF;
    funlockfile(stdout);
    free(line);
    return written;
}

static void print_line(json_t *event)
{
    write_line(event);
    fflush(stdout);
}

bool output_event(json_t *event)
{
    return write_line(event);
}

static void clear_line(struct output *output)
{
    if (output->line_shown)
        fputs("\r\033[K", stderr);
    output->line_shown = false;
}

static json_t *number_or_null(uint64_t number, bool known)
{
    return known ? json_integer((json_int_t)number) : json_null();
}

static void progress_json(const jb_progress *event)
{
    print_line(json_pack("{s:s, s:s, s:o*, s:I, s:o, s:I, s:o, s:I, s:o}", "event", "progress", "phase", event->phase,
                         "item", json_of_text(event->item), "bytes_done", (json_int_t)event->bytes_done, "bytes_total",
                         number_or_null(event->bytes_total, event->bytes_total != 0), "objects_done",
                         (json_int_t)event->objects_done, "objects_total",
                         number_or_null(event->objects_total, event->objects_total != 0), "bytes_per_second",
                         (json_int_t)event->bytes_per_second, "seconds_left",
                         number_or_null((uint64_t)event->seconds_left, event->seconds_left >= 0)));
}

int output_progress(void *context, const jb_progress *event)
{
    struct output *output = context;
    if (output->mode == OUTPUT_JSON && !output->quiet) {
        progress_json(event);
    } else if (output->progress_line) {
        flockfile(stderr);
        progress_line(event, stderr);
        output->line_shown = true;
        funlockfile(stderr);
    }
    return 0;
}

void output_log(void *context, jb_log_level level, const char *line)
{
    struct output *output = context;
    if (level < JB_LOG_WARNING && (output->mode != OUTPUT_JSON || output->quiet || level < JB_LOG_INFO))
        return;
    if (output->mode == OUTPUT_JSON) {
        print_line(json_pack("{s:s, s:s, s:o*}", "event", "log", "level", level == JB_LOG_WARNING ? "warning" : "info",
                             "text", json_of_text(line)));
        return;
    }
    flockfile(stderr);
    clear_line(output);
    fprintf(stderr, "%s: warning: ", output->program);
    print_text(stderr, line);
    fputc('\n', stderr);
    funlockfile(stderr);
}

static void finish_human(struct output *output, int code, const json_t *account, print_fn print, FILE *to,
                         const jb_error *error)
{
    flockfile(stderr);
    clear_line(output);
    funlockfile(stderr);
    if (account != NULL && print != NULL && !output->quiet)
        print(account, to);
    if (code == JB_OK)
        return;
    fflush(to);
    fprintf(stderr, "%s: %s\n", output->program, error->text[0] != '\0' ? error->text : jb_code_name(error->code));
    if (error->hint[0] != '\0')
        fprintf(stderr, "hint: %s\n", error->hint);
}

static void finish_json(int code, const json_t *account, const jb_error *error)
{
    json_t *result = account != NULL ? json_incref((json_t *)account) : json_object();
    if (code == JB_OK) {
        print_line(json_pack("{s:s, s:o}", "event", "result", "result", result));
        return;
    }
    json_t *event =
        json_pack("{s:s, s:s, s:i, s:o*, s:o*, s:i, s:b}", "event", "error", "code", jb_code_name((jb_code)code),
                  "exit", exit_status((jb_code)code), "text", json_of_text(error->text), "hint",
                  json_of_text(error->hint), "store_status", error->store_status, "retryable", error->retryable);
    if (account != NULL)
        json_object_set(event, "account", result);
    json_decref(result);
    print_line(event);
}

static void finish_outcome(int code, const json_t *account, const jb_error *error)
{
    json_t *outcome = json_pack("{s:i}", "result", exit_status((jb_code)code));
    if (code != JB_OK) {
        json_object_set_new(outcome, "code", json_string(jb_code_name((jb_code)code)));
        json_object_set_new(outcome, "error", json_of_text(error->text));
        json_object_set_new(outcome, "hint", json_of_text(error->hint));
    }
    /* What the outcome itself says must not be hidden by a member of the account that bears the same name. */
    json_object_update_missing(outcome, (json_t *)account);
    print_line(outcome);
}

int output_finish(struct output *output, int code, const json_t *account, print_fn print, FILE *to,
                  const jb_error *error)
{
    if (output->mode == OUTPUT_JSON)
        finish_json(code, account, error);
    else if (output->mode == OUTPUT_OUTCOME)
        finish_outcome(code, account, error);
    else
        finish_human(output, code, account, print, to, error);
    int status = output->mode == OUTPUT_OUTCOME ? 0 : exit_status((jb_code)code);
    if (fflush(to) != 0 || ferror(to) || fflush(stdout) != 0 || ferror(stdout)) {
        fprintf(stderr, "%s: cannot write the account\n", output->program);
        return status != 0 ? status : 1;
    }
    return status;
}

static void print_value(const json_t *value, FILE *out)
{
    size_t index;
    json_t *each;
    if (json_is_boolean(value))
        fputs(json_is_true(value) ? "yes" : "no", out);
    else if (json_is_integer(value))
        fprintf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    else if (json_is_string(value))
        print_text(out, json_string_value(value));
    json_array_foreach(value, index, each)
    {
        fputs(index > 0 ? ", " : "", out);
        print_text(out, json_is_string(each) ? json_string_value(each) : "");
    }
}

void print_members(const json_t *account, FILE *out)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)account, name, value)
    {
        fprintf(out, "%s: ", name);
        print_value(value, out);
        fputc('\n', out);
    }
}
