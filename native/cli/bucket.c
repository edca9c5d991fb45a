#include <stdlib.h>
#include <string.h>

#include "../src/base/error.h"
#include "session.h"

/* The tags' names and values point into `texts`, which the caller frees. */
struct tags {
    jb_tag *list;
    char **texts;
    size_t count;
};

static void tags_free(struct tags *tags)
{
    for (size_t i = 0; tags->texts != NULL && i < tags->count; i++)
        free(tags->texts[i]);
    free(tags->texts);
    free(tags->list);
}

static int tags_read(struct tags *tags, const struct arguments *arguments, jb_error *error)
{
    const char **given = arguments->lists[OPTION_TAG];
    size_t count = arguments->list_counts[OPTION_TAG];
    if (given == NULL)
        return error_set(error, JB_ERROR_USAGE, "option '--tag' is missing");
    tags->list = calloc(count, sizeof *tags->list);
    tags->texts = calloc(count, sizeof *tags->texts);
    if (tags->list == NULL || tags->texts == NULL)
        return error_no_memory(error);
    for (; tags->count < count; tags->count++) {
        const char *equals = strchr(given[tags->count], '=');
        if (equals == NULL || equals == given[tags->count])
            return error_set(error, JB_ERROR_USAGE, "option '--tag' takes NAME=VALUE, not '%.100s'",
                             given[tags->count]);
        char *text = strdup(given[tags->count]);
        if (text == NULL)
            return error_no_memory(error);
        tags->texts[tags->count] = text;
        text[equals - given[tags->count]] = '\0';
        tags->list[tags->count] = (jb_tag){.name = text, .value = text + (equals - given[tags->count]) + 1};
    }
    return JB_OK;
}

static int tag_bucket(struct session *session, const char *bucket, jb_error *error)
{
    struct tags tags = {0};
    int code = tags_read(&tags, &session->arguments, error);
    if (code == JB_OK)
        code = session_connect(session, error);
    if (code == JB_OK)
        code = jb_store_tag_bucket(session->store, session->operation, bucket, tags.list, tags.count, error);
    tags_free(&tags);
    return code;
}

static const struct action {
    const char *name;
    int (*call)(jb_store *store, jb_operation *operation, const char *bucket, jb_error *error);
} actions[] = {
    {"make", jb_store_make_bucket},
    {"test", jb_store_test_bucket},
    {"delete", jb_store_delete_bucket},
};

static int run_action(struct session *session, const char *name, const char *bucket, jb_error *error)
{
    static const enum option_id of_tag[] = {OPTION_TAG, OPTION_COUNT};
    if (strcmp(name, "tag") == 0)
        return tag_bucket(session, bucket, error);
    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++) {
        if (strcmp(actions[i].name, name) != 0)
            continue;
        int code = arguments_refuse(&session->arguments, of_tag, "but with 'tag'", error);
        if (code == JB_OK)
            code = session_connect(session, error);
        return code != JB_OK ? code : actions[i].call(session->store, session->operation, bucket, error);
    }
    return error_set(error, JB_ERROR_USAGE, "the action is make, test, tag or delete, not '%s'", name);
}

static int run(struct session *session, jb_error *error)
{
    int code = session_expect(session, 2, 2, "make, test, tag or delete, and BUCKET", error);
    const char **positional = session->arguments.positional;
    return code != JB_OK ? code : run_action(session, positional[0], positional[1], error);
}

const struct subcommand bucket_subcommand = {
    .name = "bucket",
    .bit = IN_BUCKET,
    .summary = "make, test, tag or delete a bucket",
    .usage = "make BUCKET [OPTIONS]\ntest BUCKET [OPTIONS]\ntag BUCKET --tag NAME=VALUE... [OPTIONS]\n"
             "delete BUCKET [OPTIONS]",
    .about = "'make' succeeds also where the bucket is there and yours, in the region that the options name. 'test' "
             "ends with 4 where it is not there. 'tag' replaces all tags. 'delete' removes only an empty bucket, and "
             "ends with 5 otherwise.",
    .examples = "jpsbackup bucket make --store s3:// --region eu-west-1 mine\n"
                "jpsbackup bucket tag --store s3:// --region eu-west-1 mine --tag project=shop --tag env=prod",
    .run = run,
};
