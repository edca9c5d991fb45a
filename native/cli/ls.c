#include <stdlib.h>
#include <string.h>

#include "format.h"
#include "../src/base/error.h"
#include "session.h"

#define OBJECTS_MAX 200000 /* in the one line of an outcome */

struct listing {
    enum output_mode mode;
    json_t *objects; /* of an outcome; else NULL, and each object is printed as it comes */
    bool versions;
    uint64_t count;
    uint64_t bytes;
    bool too_many;
};

static void print_version(const jb_object_info *info)
{
    printf("  %s%s", info->version[0] != '\0' ? info->version : "-", info->is_latest ? "  latest" : "");
    fputs(info->is_marker ? "  deleted" : "", stdout);
}

static bool print_object(const struct listing *listing, const jb_object_info *info)
{
    char size[FIGURE_SIZE], time[FIGURE_SIZE];
    if (info->is_prefix)
        printf("%12s  %19s  ", "folder", "");
    else
        printf("%12s  %s  ", format_bytes(info->bytes, size), format_time(info->modified, time));
    print_text(stdout, info->key);
    if (listing->versions)
        print_version(info);
    putchar('\n');
    return ferror(stdout) == 0;
}

static json_t *describe(const struct listing *listing, const jb_object_info *info)
{
    if (info->is_prefix)
        return json_pack("{s:o}", "folder", json_of_text(info->key));
    json_t *object = json_pack("{s:o, s:I, s:I}", "key", json_of_text(info->key), "bytes", (json_int_t)info->bytes,
                               "modified", (json_int_t)info->modified);
    if (listing->versions) {
        json_object_set_new(object, "version", json_of_text(info->version));
        json_object_set_new(object, "latest", json_boolean(info->is_latest));
        json_object_set_new(object, "deleted", json_boolean(info->is_marker));
    }
    return object;
}

static bool print_event(const struct listing *listing, const jb_object_info *info)
{
    json_t *event = json_pack("{s:s}", "event", "object");
    json_t *object = describe(listing, info);
    json_object_update(event, object);
    json_decref(object);
    return output_event(event);
}

static bool keep_object(struct listing *listing, const jb_object_info *info)
{
    listing->too_many = listing->count > OBJECTS_MAX;
    return !listing->too_many && json_array_append_new(listing->objects, describe(listing, info)) == 0;
}

static int list_object(void *context, const jb_object_info *info)
{
    struct listing *listing = context;
    listing->count++;
    listing->bytes += info->bytes;
    bool taken = listing->mode == OUTPUT_HUMAN  ? print_object(listing, info)
                 : listing->mode == OUTPUT_JSON ? print_event(listing, info)
                                                : keep_object(listing, info);
    return taken ? 0 : 1;
}

static void print_totals(const json_t *account, FILE *out)
{
    char size[FIGURE_SIZE];
    uint64_t count = account_number(account, "count");
    fprintf(out, "%llu object%s, %s\n", (unsigned long long)count, count == 1 ? "" : "s",
            format_bytes(account_number(account, "bytes"), size));
}

static int list(struct session *session, const struct location *location, jb_error *error)
{
    enum output_mode mode = session->output.mode;
    struct listing listing = {.mode = mode, .objects = mode == OUTPUT_OUTCOME ? json_array() : NULL};
    const char *const *texts = session->arguments.texts;
    const jb_list_options options = {.size = sizeof options,
                                     .prefix = location->key,
                                     .delimiter = texts[OPTION_FOLDERS] != NULL ? "/" : NULL,
                                     .versions = texts[OPTION_VERSIONS] != NULL};
    listing.versions = options.versions;
    int code =
        jb_store_list(session->store, session->operation, location->bucket, &options, list_object, &listing, error);
    if (listing.too_many) {
        error_set(error, JB_ERROR_LIMIT, "more than %d objects are too many for one line of JSON", OBJECTS_MAX);
        error_hint(error, "give a longer prefix, or --json, which prints one line an object");
        code = JB_ERROR_LIMIT;
    }
    if (code == JB_OK)
        session->account =
            json_pack("{s:s, s:o, s:I, s:I}", "bucket", location->bucket, "prefix", json_of_text(location->key),
                      "count", (json_int_t)listing.count, "bytes", (json_int_t)listing.bytes);
    if (code == JB_OK && listing.objects != NULL)
        json_object_set(session->account, "objects", listing.objects);
    json_decref(listing.objects);
    return code;
}

static int run(struct session *session, jb_error *error)
{
    struct location location = {0};
    session->print = print_totals;
    int code = session_expect(session, 1, 1, "BUCKET[/PREFIX]", error);
    if (session->arguments.texts[OPTION_FOLDERS] != NULL && session->arguments.texts[OPTION_VERSIONS] != NULL)
        code = error_set(error, JB_ERROR_USAGE, "options '--folders' and '--versions' exclude one another");
    if (code == JB_OK)
        code = location_parse(&location, session->arguments.positional[0], false, "the argument", error);
    if (code == JB_OK)
        code = session_connect(session, error);
    if (code == JB_OK)
        code = list(session, &location, error);
    free(location.bucket);
    return code;
}

const struct subcommand ls_subcommand = {
    .name = "ls",
    .bit = IN_LS,
    .summary = "list objects",
    .usage = "BUCKET[/PREFIX] [OPTIONS]",
    .about = "Lists all objects of a bucket whose key starts with PREFIX, with size and time of change (UTC), in the "
             "store's order.",
    .examples = "jpsbackup ls --store file:///mnt/backups mine\n"
                "jpsbackup ls --store s3:// --json mine/notes_",
    .run = run,
};
