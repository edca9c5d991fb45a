#include <stdlib.h>

#include "../src/base/error.h"
#include "session.h"

static void print_link(const json_t *account, FILE *out)
{
    fprintf(out, "%s\n", account_text(account, "link"));
}

static int make_link(struct session *session, const struct location *location, jb_error *error)
{
    const jb_link_options options = {
        .size = sizeof options,
        .bucket = location->bucket,
        .key = location->key,
        .put = session->arguments.texts[OPTION_PUT] != NULL,
        .seconds = (uint32_t)session->arguments.numbers[OPTION_SECONDS],
    };
    char *link;
    int code = jb_store_link(session->store, session->operation, &options, &link, error);
    if (code != JB_OK)
        return code;
    session->account = json_pack("{s:s}", "link", link);
    jb_text_free(link);
    return session->account != NULL ? JB_OK : error_no_memory(error);
}

static int run(struct session *session, jb_error *error)
{
    struct location location = {0};
    session->print = print_link;
    int code = session_expect(session, 1, 1, "BUCKET/KEY", error);
    if (code == JB_OK)
        code = location_parse(&location, session->arguments.positional[0], true, "the argument", error);
    if (code == JB_OK)
        code = session_connect(session, error);
    if (code == JB_OK)
        code = make_link(session, &location, error);
    free(location.bucket);
    return code;
}

const struct subcommand link_subcommand = {
    .name = "link",
    .bit = IN_LINK,
    .summary = "print a link to one object that works without credentials for a while",
    .usage = "BUCKET/KEY [OPTIONS]",
    .about = "Signs one request with the store's credentials and prints its link on standard output, and nowhere else: "
             "whoever has it can read (or with --put write) this object until it ends. The store is not asked, so the "
             "object need not exist.",
    .examples = "jpsbackup link --store s3:// --region eu-west-1 mine/report.pdf --seconds 600\n"
                "jpsbackup link --store s3:// mine/upload.bin --put",
    .run = run,
};
