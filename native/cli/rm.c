#include <stdlib.h>
#include <string.h>

#include "../src/base/error.h"
#include "recursive.h"

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
        return error_no_memory(error);
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

static void print_removed_backup(const json_t *account, FILE *out)
{
    fputs("removed the backup ", out);
    print_text(out, account_text(account, "removed"));
    fputc('\n', out);
}

/* One whole backup: its seal first marked, its catalog entry, its objects, and the seal last. */
static int remove_backup(struct session *session, jb_error *error)
{
    jb_backup_name name;
    const char *timestamp;
    struct location location = {0};
    jb_catalog catalog = {0};
    session->print = print_removed_backup;
    int code = session_expect(session, 0, 0, "none with --name", error);
    if (code == JB_OK)
        code = session_backup_name(session, &name, error);
    if (code == JB_OK)
        code = arguments_require(&session->arguments, OPTION_TIMESTAMP, &timestamp, error);
    if (code == JB_OK)
        code = session_catalog(session, &location, &catalog, error);
    if (code == JB_OK)
        code = session_connect(session, error);
    if (code == JB_OK) {
        catalog.store = session->catalog_store;
        name.mode = name.mode == NULL ? "manual" : name.mode;
        const jb_catalog *listed = catalog.key != NULL ? &catalog : NULL;
        code = session->arguments.texts[OPTION_DAMAGED] != NULL
                   ? jb_backup_remove_damaged(session->store, session->operation, &name, listed, error)
                   : jb_backup_remove(session->store, session->operation, &name, listed, error);
    }
    if (code == JB_OK)
        session->account = json_pack("{s:s++++}", "removed", name.name, "_", name.timestamp, "_", name.mode);
    free(location.bucket);
    return code;
}

static int run(struct session *session, jb_error *error)
{
    if (session->arguments.texts[OPTION_NAME] != NULL)
        return remove_backup(session, error);
    static const enum option_id of_backups[] = {OPTION_DAMAGED, OPTION_COUNT};
    size_t count = session->arguments.positional_count;
    session->print = print_removed;
    int code = arguments_refuse(&session->arguments, of_backups, "without '--name'", error);
    if (code != JB_OK)
        return code;
    if (session->arguments.texts[OPTION_RECURSIVE] != NULL)
        return recursive_remove(session, error);
    code = session_expect(session, 1, SIZE_MAX, "BUCKET/KEY", error);
    if (code != JB_OK)
        return code;
    struct location *locations = calloc(count, sizeof *locations);
    if (locations == NULL)
        return error_no_memory(error);
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
    .summary = "remove objects, or one whole backup",
    .usage = "BUCKET/KEY... [OPTIONS]\n--recursive BUCKET/PREFIX [OPTIONS]\n--bucket BUCKET --name NAME --timestamp "
             "TIME [OPTIONS]",
    .about = "Removes the named objects; one that does not exist counts as removed. With --recursive, removes all "
             "below PREFIX/. With --name, removes one whole "
             "backup, also an abandoned one, "
             "but none that is being made. Old backups by number are removed by 'rotate'.",
    .examples = "jpsbackup rm --store file:///mnt/backups mine/notes.pdf mine/old.pdf\n"
                "jpsbackup rm --store file:///mnt/backups --bucket mine --name notes --timestamp 2026-11-22T23:48:00",
    .run = run,
};
