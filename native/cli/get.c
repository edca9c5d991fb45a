#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "format.h"
#include "keys.h"
#include "new_file.h"
#include "../src/base/error.h"
#include "recursive.h"

#define DESCRIPTION_MAX (8u << 20) /* of 10,000 parts and more */

struct wanted {
    struct location location;
    const jb_decryption *decryption; /* NULL for none */
};

struct sink {
    int file;
    const char *name;
    jb_error error;
};

static int write_all(void *context, const void *bytes, size_t count)
{
    struct sink *sink = context;
    const char *next = bytes;
    while (count > 0) {
        ssize_t written = write(sink->file, next, count);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0) {
            error_set_errno(&sink->error, errno, "cannot write '%s'", sink->name);
            return -1;
        }
        next += written;
        count -= (size_t)written;
    }
    return 0;
}

static void print_get(const json_t *account, FILE *out)
{
    char figure[FIGURE_SIZE];
    fputs("got ", out);
    print_text(out, account_text(account, "key"));
    fprintf(out, ": %s", format_bytes(account_number(account, "bytes"), figure));
    fprintf(out, "%s%s\n", account_flag(account, "verified") ? ", verified" : "",
            account_flag(account, "decrypted") ? ", decrypted" : "");
}

static int get(struct session *session, struct sink *sink, const struct wanted *wanted, jb_error *error)
{
    jb_get_options options = {
        .size = sizeof options,
        .bucket = wanted->location.bucket,
        .key = wanted->location.key,
        .decryption = wanted->decryption,
        .write = write_all,
        .write_context = sink,
        .decompress = session->arguments.texts[OPTION_DECOMPRESS] != NULL,
    };
    char *account = NULL, *description = NULL;
    int code = JB_OK;
    if (session->arguments.texts[OPTION_DESCRIPTION] != NULL)
        code = read_text(session->arguments.texts[OPTION_DESCRIPTION], DESCRIPTION_MAX, &description, error);
    options.description = description;
    if (code == JB_OK)
        code = jb_get(session->store, session->operation, &options, &account, error);
    free(description);
    if (code == JB_OK)
        return session_take_account(session, account, error);
    /* Why a write failed is known here alone. */
    if (sink->error.code != JB_OK) {
        *error = sink->error;
        code = (int)sink->error.code;
    }
    return code;
}

static int get_to_file(struct session *session, const char *path, const struct wanted *wanted, jb_error *error)
{
    bool replace = session->arguments.texts[OPTION_REPLACE] != NULL;
    struct new_file file;
    int code = new_file_open(&file, path, replace, error);
    if (code != JB_OK)
        return code;
    struct sink sink = {.file = file.descriptor, .name = path, .error = JB_ERROR_INIT};
    code = session_connect(session, error);
    if (code == JB_OK)
        code = get(session, &sink, wanted, error);
    if (code == JB_OK)
        code = new_file_finish(&file, replace, error);
    new_file_clean_up(&file);
    return code;
}

static int get_to_output(struct session *session, const struct wanted *wanted, jb_error *error)
{
    static const enum option_id of_files[] = {OPTION_REPLACE, OPTION_COUNT};
    struct sink sink = {.file = STDOUT_FILENO, .name = "standard output", .error = JB_ERROR_INIT};
    int code = arguments_refuse(&session->arguments, of_files, "with '-'", error);
    if (code == JB_OK && session->output.mode != OUTPUT_HUMAN)
        code = error_set(error, JB_ERROR_USAGE, "with '-' the object's bytes go to standard output, and no JSON may");
    session->account_to = stderr;
    if (code == JB_OK)
        code = session_connect(session, error);
    return code == JB_OK ? get(session, &sink, wanted, error) : code;
}

static int run(struct session *session, jb_error *error)
{
    struct wanted wanted = {0};
    struct keys keys = {0};
    if (session->arguments.texts[OPTION_RECURSIVE] != NULL)
        return recursive_get(session, error);
    session->print = print_get;
    int code = session_expect(session, 2, 2, "BUCKET/KEY and FILE (or -)", error);
    if (code == JB_OK)
        code = location_parse(&wanted.location, session->arguments.positional[0], true, "the object's name", error);
    if (code == JB_OK)
        code = keys_to_decrypt(&keys, &session->arguments, &wanted.decryption, error);
    if (code == JB_OK) {
        const char *path = session->arguments.positional[1];
        code = strcmp(path, "-") == 0 ? get_to_output(session, &wanted, error)
                                      : get_to_file(session, path, &wanted, error);
    }
    keys_wipe(&keys);
    free(wanted.location.bucket);
    return code;
}

const struct subcommand get_subcommand = {
    .name = "get",
    .bit = IN_GET,
    .summary = "get an object into a file or to standard output",
    .usage = "BUCKET/KEY FILE|- [OPTIONS]\n--recursive BUCKET/PREFIX DIR [OPTIONS]",
    .about = "Gets one object. FILE is written under a temporary name beside it and takes its name when it is whole "
             "and on the disk. With --recursive, gets each object below PREFIX as a file below DIR, many at once.",
    .examples = "jpsbackup get --store file:///mnt/backups mine/notes.pdf notes.pdf\n"
                "jpsbackup get --store s3:// --decompress mine/www.tar.zst - | tar -tv\n"
                "jpsbackup put --store s3:// --outcome image.qcow2 mine/image > image.json\n"
                "jpsbackup get --store s3:// --description image.json mine/image image.qcow2",
    .run = run,
};
