#include <stdlib.h>
#include <string.h>

#include "report.h"
#include "session.h"

static void print_removed(const json_t *account, FILE *out)
{
    uint64_t count = account_number(account, "removed");
    fprintf(out, "removed %llu object%s\n", (unsigned long long)count, count == 1 ? "" : "s");
}

/* One call for each run of arguments in the same bucket. */
static int remove_all(struct session *session, const struct location *locations, size_t count, jb_error *error)
{
    const char **keys = calloc(count, sizeof *keys);
    if (keys == NULL)
        return report_no_memory(error);
    int code = JB_OK;
    for (size_t i = 0, next; i < count && code == JB_OK; i = next) {
        for (next = i; next < count && strcmp(locations[next].bucket, locations[i].bucket) == 0; next++)
            keys[next - i] = locations[next].key;
        code = jb_store_delete(session->store, session->operation, locations[i].bucket, keys, next - i, error);
    }
    free(keys);
    if (code == JB_OK)
        session->account = json_pack("{s:I}", "removed", (json_int_t)count);
    return code;
}

static int run(struct session *session, jb_error *error)
{
    size_t count = session->arguments.positional_count;
    session->print = print_removed;
    int code = session_expect(session, 1, SIZE_MAX, "BUCKET/KEY", error);
    if (code != JB_OK)
        return code;
    struct location *locations = calloc(count, sizeof *locations);
    if (locations == NULL)
        return report_no_memory(error);
    for (size_t i = 0; i < count && code == JB_OK; i++)
        code = location_parse(&locations[i], session->arguments.positional[i], true, "the object's name", error);
    if (code == JB_OK)
        code = session_connect(session, error);
    if (code == JB_OK)
        code = remove_all(session, locations, count, error);
    for (size_t i = 0; i < count; i++)
        free(locations[i].bucket);
    free(locations);
    return code;
}

const struct subcommand rm_subcommand = {
    .name = "rm",
    .bit = IN_RM,
    .summary = "remove objects",
    .usage = "BUCKET/KEY... [OPTIONS]",
    .about = "Removes the named objects. One that does not exist counts as removed. Whole backups are removed by 'rotate'.",
    .examples = "jpsbackup rm --store file:///mnt/backups mine/notes.pdf mine/old.pdf",
    .run = run,
};
