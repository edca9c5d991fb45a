#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "help.h"
#include "../src/base/error.h"
#include "signals.h"

#define MIB                (UINT64_C(1) << 20)
#define MEMORY_DEFAULT_MIB 96

const struct subcommand *const subcommands[] = {
    &put_subcommand,     &get_subcommand,
    &ls_subcommand,      &rm_subcommand,
    &copy_subcommand,    &backup_subcommand,
    &list_subcommand,    &verify_subcommand,
    &restore_subcommand, &browse_subcommand,
    &rotate_subcommand,  &protect_subcommand,
    &catalog_subcommand, &link_subcommand,
    &grant_subcommand,   &gc_subcommand,
    &bucket_subcommand,  &doctor_subcommand,
    &aws_subcommand,     &revision_node_subcommand,
    &azure_subcommand,   NULL,
};

static const struct subcommand *find_subcommand(const char *name)
{
    for (size_t i = 0; subcommands[i] != NULL; i++)
        if (strcmp(subcommands[i]->name, name) == 0)
            return subcommands[i];
    return NULL;
}

static int begin(struct session *session, jb_error *error)
{
    uint64_t memory = session->arguments.numbers[OPTION_MEMORY];
    jb_operation_options options = {
        .size = sizeof options,
        .memory_limit_bytes = (memory != 0 ? memory : MEMORY_DEFAULT_MIB) * MIB,
        .progress = output_progress,
        .progress_context = &session->output,
        .progress_interval_ms = session->output.mode == OUTPUT_JSON ? 1000 : 250,
        .log = output_log,
        .log_context = &session->output,
    };
    int code = jb_library_init(error);
    if (code == JB_OK)
        code = jb_operation_new(&options, &session->operation, error);
    if (code == JB_OK)
        signals_cancel(session->operation);
    return code;
}

static void end(struct session *session)
{
    if (session->catalog_store != session->store)
        jb_store_close(session->catalog_store);
    jb_store_close(session->store);
    signals_cancel(NULL);
    jb_operation_free(session->operation);
    json_decref(session->account);
    arguments_clean_up(&session->arguments);
}

static int run(struct session *session, const struct subcommand *subcommand, jb_error *error)
{
    if (session->output.mode == OUTPUT_JSON && session->arguments.texts[OPTION_OUTCOME] != NULL)
        return error_set(error, JB_ERROR_USAGE, "options '--json' and '--outcome' exclude one another");
    if (session->arguments.rest != NULL && !subcommand->takes_rest)
        return error_set(error, JB_ERROR_USAGE, "nothing may follow '--' here");
    int code = begin(session, error);
    return code == JB_OK ? subcommand->run(session, error) : code;
}

static void begin_output(struct output *output, const char *program, int argc, char **argv)
{
    bool json = arguments_peek(OPTION_JSON, argc, argv);
    bool outcome = arguments_peek(OPTION_OUTCOME, argc, argv);
    output->mode = json ? OUTPUT_JSON : outcome ? OUTPUT_OUTCOME : OUTPUT_HUMAN;
    output->quiet = arguments_peek(OPTION_QUIET, argc, argv);
    output->progress_line = output->mode == OUTPUT_HUMAN && !output->quiet && isatty(STDERR_FILENO);
    output->program = program;
}

static int run_subcommand(const struct subcommand *subcommand, int argc, char **argv)
{
    struct session session = {.account_to = stdout};
    jb_error error = JB_ERROR_INIT;
    char program[64];
    snprintf(program, sizeof program, "jpsbackup %s", subcommand->name);
    begin_output(&session.output, program, argc, argv);
    int code = arguments_parse(&session.arguments, subcommand->bit, argc, argv, 2, &error);
    if (code == JB_OK && session.arguments.texts[OPTION_HELP] != NULL) {
        help_subcommand(subcommand, stdout);
        end(&session);
        return fflush(stdout) == 0 ? 0 : 1;
    }
    session.output.quiet = session.output.quiet || session.arguments.texts[OPTION_QUIET] != NULL;
    if (code == JB_OK)
        code = run(&session, subcommand, &error);
    if (code == JB_ERROR_USAGE && error.hint[0] == '\0')
        error_hint(&error, "see 'jpsbackup %s --help'", subcommand->name);
    int status = output_finish(&session.output, code, session.account, session.print, session.account_to, &error);
    end(&session);
    return status;
}

int main(int argc, char **argv)
{
    /* A reader of our output that went away is an error of a write, which is told like any other. */
    signal(SIGPIPE, SIG_IGN);
    const char *name = argc > 1 ? argv[1] : "";
    bool help = strcmp(name, "help") == 0;
    if (help && argc == 3 && find_subcommand(argv[2]) != NULL) {
        help_subcommand(find_subcommand(argv[2]), stdout);
        return fflush(stdout) == 0 ? 0 : 1;
    }
    if ((help && argc == 2) || strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) {
        help_command(stdout);
        return fflush(stdout) == 0 ? 0 : 1;
    }
    if (help && argc == 3)
        name = argv[2]; /* there is none of that name */
    if (strcmp(name, "--version") == 0) {
        printf("jpsbackup %s\n", jb_library_version());
        return fflush(stdout) == 0 ? 0 : 1;
    }
    const struct subcommand *subcommand = find_subcommand(name);
    if (subcommand != NULL)
        return run_subcommand(subcommand, argc, argv);
    struct output output = {0};
    jb_error error = JB_ERROR_INIT;
    begin_output(&output, "jpsbackup", argc, argv);
    if (argc < 2)
        error_set(&error, JB_ERROR_USAGE, "a subcommand is missing");
    else
        error_set(&error, JB_ERROR_USAGE, "there is no subcommand '%.60s'", name);
    error_hint(&error, "see 'jpsbackup --help'");
    return output_finish(&output, JB_ERROR_USAGE, NULL, NULL, stdout, &error);
}
