#include "conditions.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/grace.h"
#include "../base/random.h"
#include "../base/workers.h"

/* A store that ignores conditions loses the first race; one that only checks before it writes loses one of a few. */
#define ROUNDS     4
#define WRITES_MAX (2 * ROUNDS + 3)

struct finding {
    struct finding *next;
    const char *why; /* NULL: the bucket has conditional writes */
    char bucket[];
};

struct store_conditions {
    pthread_mutex_t mutex;
    struct finding *findings; /* guarded; entries never change or go while the store is open */
};

int store_conditions_new(struct store_conditions **made, jb_error *error)
{
    *made = calloc(1, sizeof **made);
    if (*made == NULL)
        return error_no_memory(error);
    pthread_mutex_init(&(*made)->mutex, NULL);
    return JB_OK;
}

void store_conditions_free(struct store_conditions *conditions)
{
    if (conditions == NULL)
        return;
    for (struct finding *finding = conditions->findings, *next; finding != NULL; finding = next) {
        next = finding->next;
        free(finding);
    }
    pthread_mutex_destroy(&conditions->mutex);
    free(conditions);
}

static const struct finding *find(struct store_conditions *conditions, const char *bucket)
{
    if (conditions == NULL) /* a driver's store that was not opened by jb_store_open */
        return NULL;
    pthread_mutex_lock(&conditions->mutex);
    const struct finding *finding = conditions->findings;
    while (finding != NULL && strcmp(finding->bucket, bucket) != 0)
        finding = finding->next;
    pthread_mutex_unlock(&conditions->mutex);
    return finding;
}

/* Without memory it is found out again next time. */
static void remember(struct store_conditions *conditions, const char *bucket, const char *why)
{
    size_t size = strlen(bucket) + 1;
    struct finding *finding = conditions == NULL ? NULL : malloc(sizeof *finding + size);
    if (finding == NULL)
        return;
    finding->why = why;
    memcpy(finding->bucket, bucket, size);
    pthread_mutex_lock(&conditions->mutex);
    finding->next = conditions->findings;
    conditions->findings = finding;
    pthread_mutex_unlock(&conditions->mutex);
}

struct probe {
    jb_store *store;
    jb_operation *operation;
    jb_operation *tidying;
    const char *bucket;
    char prefix[64];
    char keys[ROUNDS + 1][80];
    struct store_key written[WRITES_MAX];
    char versions[WRITES_MAX][JB_VERSION_SIZE];
    size_t written_count;
};

/* One of two that write the same key at once. */
struct rival {
    struct probe *probe;
    const char *key;
    const char *text;
    pthread_barrier_t *start;
    jb_object_info info;
    int code;
    jb_error error;
};

static void note_write(struct probe *probe, const char *key, const jb_object_info *info)
{
    size_t i = probe->written_count++;
    snprintf(probe->versions[i], sizeof probe->versions[i], "%s", info->version);
    probe->written[i] = (struct store_key){.key = key};
    if (probe->versions[i][0] != '\0')
        probe->written[i].version = probe->versions[i];
}

static int write_text(struct probe *probe, const char *key, const char *text, struct store_condition condition,
                      jb_object_info *info, jb_error *error)
{
    *info = (jb_object_info){.size = sizeof *info};
    return probe->store->driver->write(probe->store, probe->operation, probe->bucket, key, text, strlen(text), NULL,
                                       condition, info, error);
}

static void *compete(void *argument)
{
    struct rival *rival = argument;
    pthread_barrier_wait(rival->start);
    rival->code = write_text(rival->probe, rival->key, rival->text, (struct store_condition){.when = STORE_IF_ABSENT},
                             &rival->info, &rival->error);
    return NULL;
}

/* A store that refuses to be asked has none; any other failure says nothing of conditions. Nor does it where the write
 * went well and its answer lacks something else, such as the encryption. */
static bool is_answer(int code, const jb_error *error)
{
    bool done = error->store_status >= 200 && error->store_status <= 299;
    return code == JB_OK || code == JB_ERROR_CONFLICT || (code == JB_ERROR_UNSUPPORTED && !done);
}

/* Also where the answer was lost: it may be there. */
static void note_if_written(struct probe *probe, const char *key, int code, const jb_object_info *info)
{
    if (code == JB_OK || code == JB_ERROR_UNREACHABLE || code == JB_ERROR_CANCELLED)
        note_write(probe, key, info);
}

static int judge_race(struct probe *probe, const struct rival *rivals, const char **why, jb_error *error)
{
    unsigned won = 0, lost = 0;
    for (size_t i = 0; i < 2; i++)
        note_if_written(probe, rivals[i].key, rivals[i].code, &rivals[i].info);
    for (size_t i = 0; i < 2; i++) {
        int code = rivals[i].code;
        if (!is_answer(code, &rivals[i].error))
            return error_copy(error, &rivals[i].error);
        won += code == JB_OK;
        lost += code == JB_ERROR_CONFLICT;
    }
    if (won == 2)
        *why = "of two writers that created the same object at once both succeeded";
    else if (won != 1 || lost != 1)
        *why = "it refuses to create an object only where it is absent";
    return JB_OK;
}

static int race(struct probe *probe, const char *key, const char **why, jb_error *error)
{
    pthread_barrier_t start;
    if (pthread_barrier_init(&start, NULL, 2) != 0)
        return error_no_memory(error);
    struct rival rivals[] = {
        {.probe = probe, .key = key, .text = "one", .start = &start, .error = JB_ERROR_INIT},
        {.probe = probe, .key = key, .text = "the other", .start = &start, .error = JB_ERROR_INIT}};
    pthread_t thread;
    int errnum = thread_start(&thread, compete, &rivals[0]);
    if (errnum != 0) {
        pthread_barrier_destroy(&start);
        return error_set_errno(error, errnum, "cannot start a thread");
    }
    compete(&rivals[1]);
    pthread_join(thread, NULL);
    pthread_barrier_destroy(&start);
    return judge_race(probe, rivals, why, error);
}

/* Replaces what it read, then tries to replace it by the tag that is stale since. */
static int replace_by_stale_tag(struct probe *probe, const char *key, const char **why, jb_error *error)
{
    jb_object_info first, second, third;
    int code = write_text(probe, key, "first", (struct store_condition){.when = STORE_ALWAYS}, &first, error);
    note_if_written(probe, key, code, &first);
    if (code != JB_OK)
        return code;
    struct store_condition unchanged = {.when = STORE_IF_UNCHANGED, .tag = first.tag};
    code = write_text(probe, key, "second", unchanged, &second, error);
    note_if_written(probe, key, code, &second);
    if (code != JB_OK) {
        if (!is_answer(code, error))
            return code;
        *why = "it refuses to replace an object that is unchanged";
        return JB_OK;
    }
    code = write_text(probe, key, "third", unchanged, &third, error);
    note_if_written(probe, key, code, &third);
    if (code == JB_OK)
        *why = "it replaced an object although it had been changed";
    return is_answer(code, error) ? JB_OK : code;
}

/* Also when cancelled: nothing of the probe is to stay. */
static void clean_up(struct probe *probe)
{
    jb_error error = JB_ERROR_INIT;
    if (probe->written_count > 0 && probe->store->driver->remove(probe->store, probe->tidying, probe->bucket,
                                                                 probe->written, probe->written_count, &error) != JB_OK)
        operation_log(probe->operation, JB_LOG_WARNING, "left in place below '%s/%s': %s", probe->bucket, probe->prefix,
                      error.text);
}

static int run_probe(struct probe *probe, const char **why, jb_error *error)
{
    char random[33];
    random_name(random);
    snprintf(probe->prefix, sizeof probe->prefix, "jpsbackup-probe-%s", random);
    for (unsigned i = 0; i <= ROUNDS; i++)
        snprintf(probe->keys[i], sizeof probe->keys[i], "%s/%u", probe->prefix, i);
    int code = JB_OK;
    for (size_t i = 0; code == JB_OK && *why == NULL && i < ROUNDS; i++)
        code = race(probe, probe->keys[i], why, error);
    if (code == JB_OK && *why == NULL)
        code = replace_by_stale_tag(probe, probe->keys[ROUNDS], why, error);
    clean_up(probe);
    return code;
}

int store_conditions_measure(jb_store *store, jb_operation *operation, const char *bucket, const char **why,
                             jb_error *error)
{
    *why = NULL;
    struct grace *grace;
    int code = grace_new(operation, GRACE_MS, &grace, error);
    if (code != JB_OK)
        return code;
    struct probe *probe = calloc(1, sizeof *probe);
    if (probe != NULL) {
        *probe =
            (struct probe){.store = store, .operation = operation, .tidying = grace_operation(grace), .bucket = bucket};
        code = run_probe(probe, why, error);
    } else {
        code = error_no_memory(error);
    }
    free(probe);
    grace_free(grace);
    return code;
}

int store_conditions_probe(jb_store *store, jb_operation *operation, const char *bucket, bool *has, const char **why,
                           jb_error *error)
{
    *why = NULL;
    *has = true;
    if (store->has_conditions)
        return JB_OK;
    const struct finding *finding = find(store->conditions, bucket);
    if (finding == NULL) {
        int code = store_conditions_measure(store, operation, bucket, why, error);
        if (code != JB_OK)
            return code;
        remember(store->conditions, bucket, *why);
    } else {
        *why = finding->why;
    }
    *has = *why == NULL;
    return JB_OK;
}

int store_conditions_require(jb_store *store, jb_operation *operation, const char *bucket, jb_error *error)
{
    bool has;
    const char *why;
    int code = store_conditions_probe(store, operation, bucket, &has, &why, error);
    if (code != JB_OK)
        return error_prefix(error, "finding out whether the store has conditional writes");
    if (has || store->single_writer)
        return JB_OK;
    error_set(error, JB_ERROR_UNSUPPORTED, "the store of '%s' has no conditional writes: %s", bucket, why);
    return error_hint(error, "where nobody else writes backups or catalogs there, say so with --single-writer");
}

int store_conditions_compare(jb_store *store, jb_operation *operation, const char *bucket, const char *key,
                             struct store_condition *condition, jb_error *error)
{
    if (condition->when == STORE_ALWAYS || !store->single_writer || store->has_conditions)
        return JB_OK;
    const struct finding *finding = find(store->conditions, bucket);
    if (finding != NULL && finding->why == NULL)
        return JB_OK;
    jb_object_info info = {.size = sizeof info};
    int code = store->driver->stat(store, operation, bucket, key, NULL, &info, error);
    if (code != JB_OK && code != JB_ERROR_NOT_FOUND)
        return code;
    bool is_there = code == JB_OK;
    if (condition->when == STORE_IF_ABSENT && is_there)
        return error_set(error, JB_ERROR_CONFLICT, "'%s/%s' exists already", bucket, key);
    if (condition->when == STORE_IF_UNCHANGED && (!is_there || strcmp(info.tag, condition->tag) != 0))
        return error_set(error, JB_ERROR_CONFLICT, "'%s/%s' was changed by somebody else", bucket, key);
    *condition = (struct store_condition){.when = is_there ? STORE_ALWAYS : STORE_ONTO_NOTHING};
    return JB_OK;
}
