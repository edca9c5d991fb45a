#include "memory_store.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/error.h"
#include "http/reach.h"

struct held {
    char *key;
    char *bytes;
    size_t count;
    int64_t modified;
    uint64_t tag;
};

struct memory_store {
    jb_store base;
    struct held *items;
    size_t count;
    size_t capacity;
    uint64_t writes;
    int64_t ahead_s;
    unsigned delay_ms;
    pthread_mutex_t mutex; /* guards the next two */
    unsigned reading;
    unsigned most_at_once;
};

static struct held *find(struct memory_store *store, const char *key)
{
    for (size_t i = 0; i < store->count; i++)
        if (strcmp(store->items[i].key, key) == 0)
            return &store->items[i];
    return NULL;
}

static void tell(const struct held *held, jb_object_info *info)
{
    *info = (jb_object_info){.size = sizeof *info, .key = held->key, .bytes = held->count, .modified = held->modified};
    snprintf(info->tag, sizeof info->tag, "%llu", (unsigned long long)held->tag);
}

static int stat_object(jb_store *store, jb_operation *operation, const char *bucket, const char *key,
                       const char *version, jb_object_info *info, jb_error *error)
{
    (void)operation, (void)version;
    const struct held *held = find((struct memory_store *)store, key);
    if (held == NULL)
        return error_set(error, JB_ERROR_NOT_FOUND, "'%s/%s' is not there", bucket, key);
    tell(held, info);
    return JB_OK;
}

static void take_time(struct memory_store *store)
{
    pthread_mutex_lock(&store->mutex);
    store->reading++;
    if (store->reading > store->most_at_once)
        store->most_at_once = store->reading;
    pthread_mutex_unlock(&store->mutex);
    if (store->delay_ms > 0)
        usleep(store->delay_ms * 1000);
    pthread_mutex_lock(&store->mutex);
    store->reading--;
    pthread_mutex_unlock(&store->mutex);
}

static int read_object(jb_store *store, jb_operation *operation, const char *bucket, const char *key,
                       const char *version, struct buffer *body, jb_object_info *info, jb_error *error)
{
    int code = stat_object(store, operation, bucket, key, version, info, error);
    take_time((struct memory_store *)store);
    if (code != JB_OK)
        return code;
    const struct held *held = find((struct memory_store *)store, key);
    return buffer_append(body, held->bytes, held->count, error);
}

static int write_object(jb_store *store, jb_operation *operation, const char *bucket, const char *key,
                        const void *bytes, size_t count, const unsigned char *sha256, struct store_condition condition,
                        jb_object_info *info, jb_error *error)
{
    (void)operation, (void)sha256;
    jb_object_info now = {.tag = ""};
    const struct held *held = find((struct memory_store *)store, key);
    if (held != NULL)
        tell(held, &now);
    if ((condition.when == STORE_IF_ABSENT && held != NULL) ||
        (condition.when == STORE_IF_UNCHANGED && strcmp(now.tag, condition.tag) != 0))
        return error_set(error, JB_ERROR_CONFLICT, "'%s/%s' was changed", bucket, key);
    memory_store_put(store, key, bytes, count, 0);
    tell(find((struct memory_store *)store, key), info);
    return JB_OK;
}

static int list_objects(jb_store *store, jb_operation *operation, const char *bucket, const jb_list_options *options,
                        jb_object_fn each, void *context, jb_error *error)
{
    (void)operation, (void)bucket;
    const struct memory_store *memory = (struct memory_store *)store;
    for (size_t i = 0; i < memory->count; i++) {
        if (strncmp(memory->items[i].key, options->prefix, strlen(options->prefix)) != 0)
            continue;
        jb_object_info info;
        tell(&memory->items[i], &info);
        if (each(context, &info) != 0)
            return error_set(error, JB_ERROR_CANCELLED, "the listing was ended");
    }
    return JB_OK;
}

static void drop(struct held *held)
{
    free(held->key);
    free(held->bytes);
}

static int remove_objects(jb_store *store, jb_operation *operation, const char *bucket, const struct store_key *keys,
                          size_t count, jb_error *error)
{
    (void)operation, (void)bucket, (void)error;
    struct memory_store *memory = (struct memory_store *)store;
    for (size_t i = 0; i < count; i++) {
        struct held *held = find(memory, keys[i].key);
        if (held == NULL)
            continue;
        drop(held);
        *held = memory->items[--memory->count];
    }
    return JB_OK;
}

static int make_bucket(jb_store *store, jb_operation *operation, const char *bucket, jb_error *error)
{
    (void)store, (void)operation, (void)bucket, (void)error;
    return JB_OK;
}

static int reach(jb_store *store, jb_operation *operation, struct http_reach *answer, jb_error *error)
{
    (void)operation, (void)error;
    *answer = (struct http_reach){.asked = clock_now(), .date = clock_now() + ((struct memory_store *)store)->ahead_s};
    return JB_OK;
}

static void close_store(jb_store *store)
{
    memory_store_clear(store);
    free(((struct memory_store *)store)->items);
    pthread_mutex_destroy(&((struct memory_store *)store)->mutex);
    free(store);
}

static const struct store_driver driver = {
    .scheme = "memory",
    .close = close_store,
    .make_bucket = make_bucket,
    .stat = stat_object,
    .read = read_object,
    .write = write_object,
    .list = list_objects,
    .remove = remove_objects,
    .reach = reach,
};

jb_store *memory_store_new(void)
{
    struct memory_store *store = calloc(1, sizeof *store);
    assert_non_null(store);
    store->base.driver = &driver;
    store->base.has_conditions = true;
    pthread_mutex_init(&store->mutex, NULL);
    return &store->base;
}

static void set(struct memory_store *store, struct held *held, const char *bytes, size_t count, int64_t age)
{
    free(held->bytes);
    held->bytes = malloc(count + 1);
    assert_true(held->key != NULL && held->bytes != NULL);
    memcpy(held->bytes, bytes, count);
    held->count = count;
    held->modified = clock_now() + store->ahead_s - age;
    held->tag = ++store->writes;
}

void memory_store_add(jb_store *store, const char *key, const char *bytes, size_t count, int64_t age)
{
    struct memory_store *memory = (struct memory_store *)store;
    if (memory->count == memory->capacity) {
        memory->capacity = memory->capacity * 2 + 16;
        memory->items = realloc(memory->items, memory->capacity * sizeof *memory->items);
        assert_non_null(memory->items);
    }
    struct held *held = &memory->items[memory->count++];
    *held = (struct held){.key = strdup(key)};
    set(memory, held, bytes, count, age);
}

void memory_store_put(jb_store *store, const char *key, const char *bytes, size_t count, int64_t age)
{
    struct memory_store *memory = (struct memory_store *)store;
    struct held *held = find(memory, key);
    if (held == NULL)
        memory_store_add(store, key, bytes, count, age);
    else
        set(memory, held, bytes, count, age);
}

bool memory_store_has(jb_store *store, const char *key)
{
    return find((struct memory_store *)store, key) != NULL;
}

size_t memory_store_count(jb_store *store)
{
    return ((struct memory_store *)store)->count;
}

const char *memory_store_key(jb_store *store, size_t number)
{
    return ((struct memory_store *)store)->items[number].key;
}

void memory_store_set_clock(jb_store *store, int64_t ahead_s)
{
    ((struct memory_store *)store)->ahead_s = ahead_s;
}

unsigned memory_store_most_at_once(jb_store *store)
{
    return ((struct memory_store *)store)->most_at_once;
}

void memory_store_set_delay(jb_store *store, unsigned delay_ms)
{
    ((struct memory_store *)store)->delay_ms = delay_ms;
}

void memory_store_clear(jb_store *store)
{
    struct memory_store *memory = (struct memory_store *)store;
    for (size_t i = 0; i < memory->count; i++)
        drop(&memory->items[i]);
    memory->count = 0;
}
