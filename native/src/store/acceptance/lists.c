/* Listings and removals of many. */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../base/workers.h"
#include "trial.h"

#define MANY    1050 /* more than one page of any store */
#define WRITERS 8

struct seen {
    const char *key;
    unsigned count;
    uint64_t bytes;
};

static int look_for(void *context, const jb_object_info *info)
{
    struct seen *seen = context;
    if (strcmp(info->key, seen->key) == 0) {
        seen->count++;
        seen->bytes = info->bytes;
    }
    return 0;
}

static int expect_listed(struct trial *trial, const char *key, unsigned count, uint64_t bytes)
{
    struct seen seen = {.key = key};
    int code = trial_list(trial, "", NULL, false, look_for, &seen);
    if (code == JB_OK && seen.count != count)
        code = trial_failed(trial, "the store lists an object %u times right after it was %s", seen.count,
                            count > 0 ? "written" : "removed");
    if (code == JB_OK && count > 0 && seen.bytes != bytes)
        code = trial_failed(trial, "the store lists an object of %llu bytes with %llu", (unsigned long long)bytes,
                            (unsigned long long)seen.bytes);
    return code;
}

static int listings_are_consistent(struct trial *trial)
{
    const char *key = trial_key(trial, "fresh");
    for (unsigned i = 0; i < 3; i++) {
        int code = trial_write(trial, key, "12345", trial_always, NULL);
        if (code == JB_OK)
            code = expect_listed(trial, key, 1, 5);
        if (code == JB_OK)
            code = trial_remove(trial, &key, 1);
        if (code == JB_OK)
            code = expect_listed(trial, key, 0, 0);
        if (code != JB_OK)
            return code;
    }
    return JB_OK;
}

struct many {
    struct trial *trial;
    atomic_size_t next;
    pthread_mutex_t mutex;
    jb_error error; /* the first writer's that failed; guarded */
};

static void *write_many(void *argument)
{
    struct many *many = argument;
    const struct trial *trial = many->trial;
    for (size_t i; (i = many->next++) < MANY;) {
        jb_object_info info;
        jb_error error = JB_ERROR_INIT;
        if (store_write(trial->store, trial->operation, trial->bucket, trial->keys[i], "x", 1, NULL, trial_always,
                        &info, &error) == JB_OK)
            continue;
        pthread_mutex_lock(&many->mutex);
        if (many->error.code == JB_OK)
            many->error = error;
        pthread_mutex_unlock(&many->mutex);
        break;
    }
    return NULL;
}

/* The check's first MANY keys, "many/0000" and so on. */
static int make_many(struct trial *trial)
{
    for (unsigned i = 0; i < MANY; i++) {
        char name[32];
        snprintf(name, sizeof name, "many/%04u", i);
        if (trial_key(trial, name) == NULL)
            return (int)trial->error->code;
    }
    struct many many = {.trial = trial, .error = JB_ERROR_INIT};
    pthread_mutex_init(&many.mutex, NULL);
    pthread_t threads[WRITERS];
    size_t started = 0;
    trial->needed = RIGHT_WRITE;
    while (started < WRITERS && thread_start(&threads[started], write_many, &many) == 0)
        started++;
    if (started == 0)
        write_many(&many);
    for (size_t i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
    pthread_mutex_destroy(&many.mutex);
    return many.error.code == JB_OK ? JB_OK : error_copy(trial->error, &many.error);
}

/* How often each of the many was listed. */
struct tally {
    size_t prefix_length;
    unsigned times[MANY];
    unsigned strangers;
};

static int count_one(void *context, const jb_object_info *info)
{
    struct tally *tally = context;
    const char *digits = info->key + tally->prefix_length;
    char *end;
    unsigned long number = strlen(info->key) > tally->prefix_length ? strtoul(digits, &end, 10) : MANY;
    if (number < MANY && *end == '\0' && info->bytes == 1)
        tally->times[number]++;
    else
        tally->strangers++;
    return 0;
}

static int expect_tally(struct trial *trial, const char *below, unsigned first, unsigned count)
{
    struct tally tally = {.prefix_length = strlen(trial->prefix) + strlen("many/")};
    int code = trial_list(trial, below, NULL, false, count_one, &tally);
    if (code != JB_OK)
        return code;
    unsigned missing = 0, twice = 0, others = tally.strangers;
    for (unsigned i = 0; i < MANY; i++) {
        bool wanted = i >= first && i < first + count;
        missing += wanted && tally.times[i] == 0;
        twice += wanted && tally.times[i] > 1;
        others += !wanted && tally.times[i] > 0;
    }
    if (missing + twice + others > 0)
        return trial_failed(trial, "of %u objects the store lists %u not at all, %u twice, and %u others", count,
                            missing, twice, others);
    return JB_OK;
}

static int all_pages_are_listed(struct trial *trial)
{
    int code = make_many(trial);
    if (code == JB_OK)
        code = expect_tally(trial, "many/", 0, MANY);
    if (code == JB_OK)
        code = expect_tally(trial, "many/103", 1030, 10);
    if (code == JB_OK)
        code = trial_remove(trial, (const char *const *)trial->keys, MANY);
    return code == JB_OK ? expect_tally(trial, "many/", 0, 0) : code;
}

static int batches_are_removed(struct trial *trial)
{
    const char *keys[] = {trial_key(trial, "batch/1"), trial_key(trial, "batch/never"), trial_key(trial, "batch/2 +&")};
    const char *other = trial_key(trial, "batch/stays");
    if (other == NULL)
        return (int)trial->error->code;
    int code = trial_write(trial, keys[0], "1", trial_always, NULL);
    if (code == JB_OK)
        code = trial_write(trial, keys[2], "2", trial_always, NULL);
    if (code == JB_OK)
        code = trial_write(trial, other, "3", trial_always, NULL);
    if (code == JB_OK)
        code = trial_remove(trial, keys, 3);
    for (size_t i = 0; code == JB_OK && i < 3; i++)
        code = trial_expect_missing(trial, keys[i]);
    return code == JB_OK ? trial_expect(trial, other, "3", NULL) : code;
}

struct levels {
    size_t prefix_length;
    unsigned objects, prefixes, others;
};

static int count_level(void *context, const jb_object_info *info)
{
    struct levels *levels = context;
    const char *name = strlen(info->key) > levels->prefix_length ? info->key + levels->prefix_length : "";
    if (!info->is_prefix && strcmp(name, "top") == 0)
        levels->objects++;
    else if (info->is_prefix && (strcmp(name, "one/") == 0 || strcmp(name, "two/") == 0))
        levels->prefixes++;
    else
        levels->others++;
    return 0;
}

static int levels_are_summed_up(struct trial *trial)
{
    static const char *const names[] = {"tree/top", "tree/one/a", "tree/one/b", "tree/two/deep/c"};
    int code = JB_OK;
    for (size_t i = 0; code == JB_OK && i < sizeof names / sizeof *names; i++)
        code = trial_write(trial, trial_key(trial, names[i]), "x", trial_always, NULL);
    struct levels levels = {.prefix_length = strlen(trial->prefix) + strlen("tree/")};
    if (code == JB_OK)
        code = trial_list(trial, "tree/", "/", false, count_level, &levels);
    if (code == JB_OK && (levels.objects != 1 || levels.prefixes != 2 || levels.others != 0))
        code = trial_failed(trial, "of one object and two prefixes the store lists %u and %u, and %u others",
                            levels.objects, levels.prefixes, levels.others);
    return code;
}

const struct check list_checks[] = {
    {.name = "listing",
     .proves = "An object is listed right after it was written, and not after it was removed.",
     .run = listings_are_consistent,
     .quick = true},
    {.name = "pages",
     .proves = "Of more than a thousand objects each is listed once, by prefix too, and all go at once.",
     .run = all_pages_are_listed},
    {.name = "batch",
     .proves = "Objects are removed together, missing ones count as removed, and others stay.",
     .run = batches_are_removed},
    {.name = "delimiter", .proves = "What lies deeper is summed up by '/'.", .run = levels_are_summed_up},
    {.name = NULL},
};
