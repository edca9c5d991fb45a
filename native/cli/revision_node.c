#include <inttypes.h>

#include "../src/base/error.h"
#include "session.h"

#define DEFAULT_FILE "/data/digital-factory-data/repository/revisionNode"

/* Nothing but the number, for scripts that read it. */
static void print_revision(const json_t *account, FILE *out)
{
    fprintf(out, "%s\n", account_text(account, "revision"));
}

static int run(struct session *session, jb_error *error)
{
    const struct arguments *arguments = &session->arguments;
    const char *path = arguments->texts[OPTION_FILE] != NULL ? arguments->texts[OPTION_FILE] : DEFAULT_FILE;
    bool read = arguments->texts[OPTION_READ] != NULL, write = arguments->texts[OPTION_NUMBER] != NULL;
    uint64_t revision = arguments->numbers[OPTION_NUMBER];
    int code = session_expect(session, 0, 0, "none", error);
    if (code == JB_OK && read == write)
        code = error_set(error, JB_ERROR_USAGE, "exactly one of '--number' and '--read' is needed");
    if (code == JB_OK)
        code = read ? jb_revision_read(path, &revision, error) : jb_revision_write(path, revision, error);
    if (code == JB_OK) {
        char number[24];
        snprintf(number, sizeof number, "%" PRIu64, revision);
        session->account = json_pack("{s:o, s:s}", "file", json_of_text(path), "revision", number);
        session->print = read ? print_revision : NULL;
    }
    return code;
}

const struct subcommand revision_node_subcommand = {
    .name = "revision-node",
    .bit = IN_REVISION_NODE,
    .summary = "read or write a node's cluster revision file",
    .usage = "-n NUMBER [-f FILE]\n-r [-f FILE]",
    .about = "The file holds one unsigned 8-byte big-endian number. It is replaced durably.",
    .examples = "jpsbackup revision-node -n 4711\njpsbackup revision-node -r -f "
                "/data/digital-factory-data/repository/revisionNode",
    .run = run,
};
