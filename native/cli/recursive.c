#include "recursive.h"

#include <stdlib.h>
#include <string.h>

#include "format.h"
#include "../src/base/error.h"

/* BUCKET/PREFIX with a prefix: what concerns a whole bucket must not come of a forgotten argument. */
static int folder_parse(struct location *location, const char *text, jb_error *error)
{
    int code = location_parse(location, text, true, "with '--recursive' the folder", error);
    return code == JB_OK ? JB_OK : error_hint(error, "name a prefix in the bucket: BUCKET/PREFIX");
}

static void print_files(const json_t *account, FILE *out)
{
    char figure[FIGURE_SIZE];
    uint64_t files = account_number(account, "files"), skipped = account_number(account, "skipped");
    fprintf(out, "%llu file%s, %s", (unsigned long long)files, files == 1 ? "" : "s",
            format_bytes(account_number(account, "bytes"), figure));
    if (skipped > 0)
        fprintf(out, ", %llu left out", (unsigned long long)skipped);
    fputc('\n', out);
}

typedef int (*files_fn)(jb_store *store, jb_operation *operation, const jb_files_options *options, char **account,
                        jb_error *error);

static int run_files(struct session *session, files_fn run, const char *folder, const char *directory, jb_error *error)
{
    struct location location = {0};
    session->print = print_files;
    int code = folder_parse(&location, folder, error);
    if (code == JB_OK)
        code = session_connect(session, error);
    if (code == JB_OK && session->arguments.texts[OPTION_MAKE_BUCKET] != NULL)
        code = jb_store_make_bucket(session->store, session->operation, location.bucket, error);
    const jb_files_options options = {
        .size = sizeof options,
        .bucket = location.bucket,
        .prefix = location.key,
        .directory = directory,
        .replace = session->arguments.texts[OPTION_REPLACE] != NULL,
    };
    char *account = NULL;
    if (code == JB_OK)
        code = run(session->store, session->operation, &options, &account, error);
    if (account != NULL) {
        jb_error ignored = JB_ERROR_INIT;
        int taken = session_take_account(session, account, code == JB_OK ? error : &ignored);
        code = code == JB_OK ? taken : code;
    }
    free(location.bucket);
    return code;
}

int recursive_put(struct session *session, jb_error *error)
{
    static const enum option_id of_one[] = {
        OPTION_TREE,    OPTION_COMMAND,      OPTION_SUCCESS_TEXT,    OPTION_COMPRESS,
        OPTION_LEVEL,   OPTION_ALIVE,        OPTION_EXCLUDE,         OPTION_EXCLUDE_FROM,
        OPTION_STRICT,  OPTION_ENCRYPT_TO,   OPTION_ENCRYPT_TO_FILE, OPTION_PASSPHRASE_FILE,
        OPTION_INCLUDE, OPTION_INCLUDE_FROM, OPTION_ONE_FILE_SYSTEM, OPTION_INDEX,
        OPTION_COUNT};
    int code = arguments_refuse(&session->arguments, of_one, "with '--recursive'", error);
    if (code == JB_OK)
        code = session_expect(session, 2, 2, "DIR and BUCKET/PREFIX", error);
    const char *const *given = session->arguments.positional;
    return code != JB_OK ? code : run_files(session, jb_put_files, given[1], given[0], error);
}

int recursive_get(struct session *session, jb_error *error)
{
    static const enum option_id of_one[] = {OPTION_DECOMPRESS, OPTION_DESCRIPTION, OPTION_PASSPHRASE_FILE,
                                            OPTION_IDENTITY, OPTION_COUNT};
    int code = arguments_refuse(&session->arguments, of_one, "with '--recursive'", error);
    if (code == JB_OK)
        code = session_expect(session, 2, 2, "BUCKET/PREFIX and DIR", error);
    const char *const *given = session->arguments.positional;
    return code != JB_OK ? code : run_files(session, jb_get_files, given[0], given[1], error);
}

/* The prefix as a folder: "logs" must not take "logs-of-others" with it. */
static int remove_below(struct session *session, const struct location *location, jb_error *error)
{
    char *prefix = NULL;
    size_t size = strlen(location->key);
    if (asprintf(&prefix, "%s%s", location->key, location->key[size - 1] == '/' ? "" : "/") < 0)
        return error_no_memory(error);
    uint64_t removed = 0;
    int code = jb_store_delete_prefix(session->store, session->operation, location->bucket, prefix, &removed, error);
    session->account = json_pack("{s:I}", "removed", (json_int_t)removed);
    free(prefix);
    return code;
}

int recursive_remove(struct session *session, jb_error *error)
{
    struct location location = {0};
    int code = session_expect(session, 1, 1, "BUCKET/PREFIX", error);
    if (code == JB_OK)
        code = folder_parse(&location, session->arguments.positional[0], error);
    if (code == JB_OK)
        code = session_connect(session, error);
    if (code == JB_OK)
        code = remove_below(session, &location, error);
    free(location.bucket);
    return code;
}
