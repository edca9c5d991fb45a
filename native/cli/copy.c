#include <stdlib.h>

#include "../src/base/error.h"
#include "session.h"

static void print_copied(const json_t *account, FILE *out)
{
    fputs("copied to ", out);
    print_text(out, account_text(account, "bucket"));
    fputc('/', out);
    print_text(out, account_text(account, "key"));
    fputc('\n', out);
}

static int copy(struct session *session, const struct location *from, const struct location *to, jb_error *error)
{
    const jb_copy_options options = {.size = sizeof options,
                                     .from_bucket = from->bucket,
                                     .from_key = from->key,
                                     .to_bucket = to->bucket,
                                     .to_key = to->key,
                                     .replace = session->arguments.texts[OPTION_REPLACE] != NULL};
    int code = jb_store_copy(session->store, session->operation, &options, error);
    if (code == JB_OK)
        session->account = json_pack("{s:s, s:o}", "bucket", to->bucket, "key", json_of_text(to->key));
    return code;
}

static int run(struct session *session, jb_error *error)
{
    struct location from = {0}, to = {0};
    session->print = print_copied;
    int code = session_expect(session, 2, 2, "FROM-BUCKET/KEY TO-BUCKET/KEY", error);
    if (code == JB_OK)
        code = location_parse(&from, session->arguments.positional[0], true, "the first argument", error);
    if (code == JB_OK)
        code = location_parse(&to, session->arguments.positional[1], true, "the second argument", error);
    if (code == JB_OK)
        code = session_connect(session, error);
    if (code == JB_OK)
        code = copy(session, &from, &to, error);
    free(from.bucket);
    free(to.bucket);
    return code;
}

const struct subcommand copy_subcommand = {
    .name = "copy",
    .bit = IN_COPY,
    .summary = "copy one object within the store",
    .usage = "BUCKET/KEY BUCKET/KEY [OPTIONS]",
    .about = "Has the store copy the first object to the second name; the bytes do not pass through this machine. An "
             "object that is there already stays, unless --replace is given.",
    .examples = "jpsbackup copy --store s3:// mine/notes.pdf archive/2026/notes.pdf\n"
                "jpsbackup copy --store file:///mnt/backups --replace mine/a mine/b",
    .run = run,
};
