#include <stdlib.h>
#include <string.h>

#include "../src/base/clock.h"
#include "../src/base/error.h"
#include "secret_file.h"
#include "session.h"

static const char expires_key[] = "JPSBACKUP_EXPIRES=";

static void print_grant(const json_t *account, FILE *out)
{
    fputs("wrote ", out);
    print_text(out, account_text(account, "file"));
    const char *expires = account_text(account, "expires");
    fprintf(out, ": %llu objects of '%s'%s%s\n", (unsigned long long)account_number(account, "objects"),
            account_text(account, "bucket"), *expires != '\0' ? ", until " : "", expires);
}

static void add_keys(jb_grant *grants, size_t *count, const struct arguments *arguments, enum option_id option)
{
    for (size_t i = 0; i < arguments->list_counts[option]; i++) {
        jb_grant *grant = &grants[(*count)++];
        *grant = (jb_grant){.key = arguments->lists[option][i], .write = option != OPTION_READ};
        if (option == OPTION_WRITE)
            grant->bytes = arguments->numbers[OPTION_SIZE];
        else if (option == OPTION_WRITE_SMALL)
            grant->bytes = 1;
    }
}

static int make_account(struct session *session, const jb_grant_options *options, const char *file,
                        const char *credentials, jb_error *error)
{
    char expires[CLOCK_UTC_SIZE] = "";
    const char *at = strstr(credentials, expires_key);
    if (at != NULL)
        clock_format_utc(strtoll(at + sizeof expires_key - 1, NULL, 10), expires);
    session->account = json_pack("{s:o, s:s, s:I, s:s, s:s}", "file", json_of_text(file), "bucket", options->bucket,
                                 "objects", (json_int_t)options->count, "expires", expires, "kind",
                                 strstr(credentials, "JPSBACKUP_GRANTS=") != NULL ? "requests" : "session");
    return session->account != NULL ? JB_OK : error_no_memory(error);
}

static int make_grant(struct session *session, const jb_grant *grants, size_t count, jb_error *error)
{
    const struct arguments *arguments = &session->arguments;
    const char *file = arguments->positional[1];
    const jb_grant_options options = {
        .size = sizeof options,
        .bucket = arguments->positional[0],
        .grants = grants,
        .count = count,
        .seconds = (uint32_t)arguments->numbers[OPTION_SECONDS],
        .role = arguments->texts[OPTION_ROLE],
        .endpoint = arguments->texts[OPTION_STS_ENDPOINT],
    };
    char *credentials = NULL;
    int code = jb_store_grant(session->store, session->operation, &options, &credentials, error);
    if (code == JB_OK)
        code = make_account(session, &options, file, credentials, error);
    if (code == JB_OK)
        code = secret_file_write(file, credentials, strlen(credentials), error);
    jb_text_free(credentials);
    return code;
}

static int run(struct session *session, jb_error *error)
{
    const struct arguments *arguments = &session->arguments;
    session->print = print_grant;
    size_t most = arguments->list_counts[OPTION_READ] + arguments->list_counts[OPTION_WRITE] +
                  arguments->list_counts[OPTION_WRITE_SMALL];
    int code = session_expect(session, 2, 2, "BUCKET and FILE", error);
    if (code == JB_OK && most == 0)
        code = error_set(error, JB_ERROR_USAGE, "no object was named: give --read, --write or --write-small");
    if (code == JB_OK)
        code = session_connect(session, error);
    if (code != JB_OK)
        return code;
    jb_grant *grants = calloc(most, sizeof *grants);
    if (grants == NULL)
        return error_no_memory(error);
    size_t count = 0;
    add_keys(grants, &count, arguments, OPTION_READ);
    add_keys(grants, &count, arguments, OPTION_WRITE);
    add_keys(grants, &count, arguments, OPTION_WRITE_SMALL);
    code = make_grant(session, grants, count, error);
    free(grants);
    return code;
}

const struct subcommand grant_subcommand = {
    .name = "grant",
    .bit = IN_GRANT,
    .summary = "make a credentials file that reaches single objects only, for a while",
    .usage = "BUCKET FILE [OPTIONS]",
    .about = "Writes a new FILE (mode 0600) for --credentials of another command on another machine: with it only the "
             "objects that were named can be reached. On S3 it holds a session whose policy names them, or, where the "
             "store has no sessions, requests that were signed beforehand; on Azure one signature per blob. The file "
             "is a secret.",
    .examples = "jpsbackup grant --store s3:// mine node.credentials --write dump.sql.zst --seconds 3600\n"
                "jpsbackup grant --store s3:// mine node.credentials --read notes.pdf --role "
                "arn:aws:iam::123456789012:role/node",
    .run = run,
};
