#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "format.h"
#include "../src/base/error.h"
#include "keys.h"
#include "recursive.h"
#include "signals.h"

/* What is put, from the arguments. */
struct source {
    const char *key_argument;
    const char *file; /* NULL with --tree and --command */
};

static bool ends_with(const char *text, const char *ending)
{
    size_t length = strlen(text), size = strlen(ending);
    return length > size && memcmp(text + length - size, ending, size) == 0;
}

/* A FILE that bears the key's ending is compressed already. */
static jb_compression default_compression(const char *key, const char *file)
{
    if (ends_with(key, ".zst"))
        return file != NULL && ends_with(file, ".zst") ? JB_COMPRESSION_NONE : JB_COMPRESSION_ZSTD;
    if (ends_with(key, ".gz"))
        return file != NULL && ends_with(file, ".gz") ? JB_COMPRESSION_NONE : JB_COMPRESSION_GZIP;
    return file != NULL ? JB_COMPRESSION_NONE : JB_COMPRESSION_ZSTD;
}

/* Waits in steps, for a signal may come between a look at its flag and the read. */
static int64_t read_standard_input(void *context, void *bytes, size_t capacity)
{
    jb_error *error = context;
    for (;;) {
        struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
        if (signals_received()) {
            error_set(error, JB_ERROR_CANCELLED, "cancelled");
            return -1;
        }
        int ready = poll(&input, 1, 100);
        if (ready == 0 || (ready < 0 && errno == EINTR))
            continue;
        ssize_t count = read(STDIN_FILENO, bytes, capacity);
        if (count >= 0)
            return count;
        if (errno != EINTR && errno != EAGAIN) {
            error_set_errno(error, errno, "cannot read standard input");
            return -1;
        }
    }
}

static void print_put(const json_t *account, FILE *out)
{
    char content[FIGURE_SIZE], stored[FIGURE_SIZE];
    fputs("put ", out);
    print_text(out, account_text(account, "name"));
    if (account_number(account, "files") > 0)
        fprintf(out, ": %llu files and directories", (unsigned long long)account_number(account, "files"));
    fprintf(out, ": %s, stored as %s", format_bytes(account_number(account, "content_size"), content),
            format_bytes(account_number(account, "size"), stored));
    size_t warnings = json_array_size(json_object_get(account, "warnings"));
    size_t objects = json_array_size(json_object_get(account, "segments"));
    if (objects > 1)
        fprintf(out, " in %zu objects", objects);
    if (*account_text(account, "encryption") != '\0')
        fputs(", encrypted", out);
    if (warnings > 0)
        fprintf(out, ", %zu warning%s", warnings, warnings == 1 ? "" : "s");
    fputs(", size and checksums confirmed by the store\n", out);
}

static int choose_source(struct session *session, struct source *source, jb_put_options *options, jb_error *error)
{
    const struct arguments *arguments = &session->arguments;
    bool tree = arguments->texts[OPTION_TREE] != NULL, command = arguments->texts[OPTION_COMMAND] != NULL;
    if (tree && command)
        return error_set(error, JB_ERROR_USAGE, "options '--tree' and '--command' exclude one another");
    size_t wanted = tree || command ? 1 : 2;
    int code =
        session_expect(session, wanted, wanted, wanted == 1 ? "BUCKET/KEY" : "FILE (or -) and BUCKET/KEY", error);
    if (code != JB_OK)
        return code;
    if (command && (arguments->rest == NULL || arguments->rest[0] == NULL))
        return error_set(error, JB_ERROR_USAGE, "option '--command' needs a program and its arguments after '--'");
    if (!command && arguments->rest != NULL)
        return error_set(error, JB_ERROR_USAGE, "a program after '--' needs option '--command'");
    static const enum option_id of_trees[] = {
        OPTION_EXCLUDE,         OPTION_EXCLUDE_FROM, OPTION_INCLUDE, OPTION_INCLUDE_FROM,
        OPTION_ONE_FILE_SYSTEM, OPTION_STRICT,       OPTION_INDEX,   OPTION_COUNT};
    static const enum option_id of_commands[] = {OPTION_SUCCESS_TEXT, OPTION_COUNT};
    if (!tree)
        code = arguments_refuse(arguments, of_trees, "without '--tree'", error);
    if (code == JB_OK && !command)
        code = arguments_refuse(arguments, of_commands, "without '--command'", error);
    source->key_argument = arguments->positional[wanted - 1];
    source->file = wanted == 2 ? arguments->positional[0] : NULL;
    options->tree = arguments->texts[OPTION_TREE];
    options->command = command ? arguments->rest : NULL;
    return code;
}

static int put(struct session *session, const struct source *source, jb_put_options *options, jb_error *error)
{
    jb_error input_error = JB_ERROR_INIT;
    if (source->file != NULL && strcmp(source->file, "-") == 0) {
        options->read = read_standard_input;
        options->read_context = &input_error;
    } else {
        options->file = source->file;
    }
    int code = session_connect(session, error);
    if (code == JB_OK && session->arguments.texts[OPTION_MAKE_BUCKET] != NULL)
        code = jb_store_make_bucket(session->store, session->operation, options->bucket, error);
    if (code != JB_OK)
        return code;
    char *account = NULL;
    code = jb_put(session->store, session->operation, options, &account, error);
    if (code == JB_OK)
        return session_take_account(session, account, error);
    if (input_error.code != JB_OK) {
        *error = input_error;
        code = (int)input_error.code;
    }
    return code;
}

static int run(struct session *session, jb_error *error)
{
    const struct arguments *arguments = &session->arguments;
    struct source source = {0};
    struct location location = {0};
    struct patterns patterns = {0};
    struct keys keys = {0};
    jb_put_options options = {
        .size = sizeof options,
        .strict = arguments->texts[OPTION_STRICT] != NULL,
        .one_file_system = arguments->texts[OPTION_ONE_FILE_SYSTEM] != NULL,
        .success_text = arguments->texts[OPTION_SUCCESS_TEXT],
        .replace = arguments->texts[OPTION_REPLACE] != NULL,
        .alive_key = arguments->texts[OPTION_ALIVE],
        .index = arguments->texts[OPTION_INDEX] != NULL,
    };
    if (arguments->texts[OPTION_RECURSIVE] != NULL)
        return recursive_put(session, error);
    session->print = print_put;
    int code = choose_source(session, &source, &options, error);
    if (code == JB_OK)
        code = location_parse(&location, source.key_argument, true, "the object's name", error);
    if (code == JB_OK)
        code = session_compression(session, default_compression(location.key, source.file), &options.compression,
                                   &options.level, error);
    if (code == JB_OK)
        code = patterns_read(&patterns, arguments, error);
    if (code == JB_OK)
        code = keys_to_encrypt(&keys, arguments, &options.encryption, error);
    options.bucket = location.bucket;
    options.key = location.key;
    options.exclude = patterns.exclude.list;
    options.include = patterns.include.list;
    if (code == JB_OK)
        code = put(session, &source, &options, error);
    keys_wipe(&keys);
    patterns_free(&patterns);
    free(location.bucket);
    return code;
}

const struct subcommand put_subcommand = {
    .name = "put",
    .bit = IN_PUT,
    .summary = "put a file, a directory or the output of a program into an object",
    .usage = "FILE|- BUCKET/KEY [OPTIONS]\n--tree DIR BUCKET/KEY [OPTIONS]\n--command BUCKET/KEY [OPTIONS] -- PROGRAM "
             "[ARGUMENTS]\n--recursive DIR BUCKET/PREFIX [OPTIONS]",
    .about = "Puts one object and has the store confirm it. On failure nothing remains under the key that was not "
             "there before. "
             "The account is the object's description. With --recursive, puts each file below DIR as an object "
             "PREFIX/PATH, many at once; links and special files are left out.",
    .examples = "jpsbackup put --store file:///mnt/backups --make-bucket notes.pdf mine/notes.pdf\n"
                "jpsbackup put --store s3:// --region eu-west-1 --tree /srv/www mine/www.tar.zst --exclude '*.tmp'\n"
                "jpsbackup put --store s3:// --command mine/db.xbstream.zst --success-text 'completed OK!' -- \\\n"
                "    mariabackup --backup --stream=xbstream",
    .takes_rest = true,
    .run = run,
};
