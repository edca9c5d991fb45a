/* What the command says: for a person, as JSON events, or as one outcome. */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include <jansson.h>
#include <jpsbackup/operation.h>
#include <stdio.h>

enum output_mode { OUTPUT_HUMAN, OUTPUT_JSON, OUTPUT_OUTCOME };

struct output {
    enum output_mode mode;
    bool quiet;
    bool progress_line;  /* standard error is a terminal and a person reads it */
    bool line_shown;     /* a progress line stands on the terminal; guarded by flockfile(stderr) */
    const char *program; /* "jpsbackup put", for messages */
};

/* Prints the account for a person. */
typedef void (*print_fn)(const json_t *account, FILE *out);

/* jb_progress_fn and jb_log_fn; the context is the struct output. */
int output_progress(void *context, const jb_progress *event);
void output_log(void *context, jb_log_level level, const char *line);

/*
 * The last thing that is said. `account` may be NULL, and may be there although `code` is an error. `to` takes a
 * person's account (standard output unless that carries an object's bytes). Returns the process's exit status.
 */
int output_finish(struct output *output, int code, const json_t *account, print_fn print, FILE *to,
                  const jb_error *error);

/* One more event, with --json; takes `event`. False where it cannot be written. */
bool output_event(json_t *event);

/* As json_string, but of any bytes: what is not UTF-8 becomes '?'. */
json_t *json_of_text(const char *text);

/* Members of an account; 0 and "" where they are missing or of another type. */
uint64_t account_number(const json_t *account, const char *member);
const char *account_text(const json_t *account, const char *member);
bool account_flag(const json_t *account, const char *member);
/* Prints a text from outside with its control characters replaced. */
void print_text(FILE *out, const char *text);
/* A print_fn for flat accounts: a line a member. */
void print_members(const json_t *account, FILE *out);

#endif
