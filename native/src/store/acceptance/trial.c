#include "trial.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../base/event.h"
#include "../../codec/digest.h"

const struct store_condition trial_always = {.when = STORE_ALWAYS};
const struct store_condition trial_if_absent = {.when = STORE_IF_ABSENT};

/* AWS's names of actions (Service Authorization Reference, Amazon S3); Azure's permissions of a shared access
 * signature. */
static const char *const rights_s3[] = {
    [RIGHT_READ] = "s3:GetObject",
    [RIGHT_WRITE] = "s3:PutObject",
    [RIGHT_REMOVE] = "s3:DeleteObject",
    [RIGHT_LIST] = "s3:ListBucket",
    [RIGHT_MAKE_BUCKET] = "s3:CreateBucket",
    [RIGHT_DELETE_BUCKET] = "s3:DeleteBucket",
    [RIGHT_UPLOADS] = "s3:ListBucketMultipartUploads",
    [RIGHT_ABORT] = "s3:AbortMultipartUpload",
    [RIGHT_PROTECT] = "s3:PutObjectLegalHold",
};
static const char *const rights_azure[] = {
    [RIGHT_READ] = "read (r)", [RIGHT_WRITE] = "create and write (cw)",   [RIGHT_REMOVE] = "delete (d)",
    [RIGHT_LIST] = "list (l)", [RIGHT_MAKE_BUCKET] = "create containers", [RIGHT_DELETE_BUCKET] = "delete containers",
    [RIGHT_PROTECT] = NULL,
};
static const char *const rights_file[] = {
    [RIGHT_READ] = "to read the directory's files",
    [RIGHT_WRITE] = "to write in the directory",
    [RIGHT_REMOVE] = "to write in the directory",
    [RIGHT_LIST] = "to read the directory",
    [RIGHT_MAKE_BUCKET] = "to write in the store's directory",
    [RIGHT_DELETE_BUCKET] = "to write in the store's directory",
    [RIGHT_PROTECT] = NULL,
};

const char *trial_right_name(const struct trial *trial)
{
    static const struct {
        const char *scheme;
        const char *const *names;
    } kinds[] = {{"s3", rights_s3}, {"azure", rights_azure}, {"file", rights_file}};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(trial->store->driver->scheme, kinds[i].scheme) == 0)
            return kinds[i].names[trial->needed];
    return NULL;
}

const char *trial_key(struct trial *trial, const char *name)
{
    size_t size = strlen(trial->prefix) + strlen(name) + 1;
    char *key = trial->key_count < TRIAL_KEYS_MAX ? malloc(size) : NULL;
    if (key == NULL) {
        error_no_memory(trial->error);
        return NULL;
    }
    snprintf(key, size, "%s%s", trial->prefix, name);
    trial->keys[trial->key_count++] = key;
    return key;
}

void trial_clean_up(struct trial *trial)
{
    jb_error error = JB_ERROR_INIT;
    for (size_t first = 0; first < trial->key_count; first += 1000) {
        size_t count = trial->key_count - first < 1000 ? trial->key_count - first : 1000;
        jb_store_delete(trial->store, trial->tidying, trial->bucket, (const char *const *)trial->keys + first, count,
                        &error);
    }
    for (size_t i = 0; i < trial->key_count; i++)
        free(trial->keys[i]);
    trial->key_count = 0;
}

static void set_text(jb_error *error, const char *format, va_list arguments)
{
    char text[sizeof error->text];
    vsnprintf(text, sizeof text, format, arguments);
    error_set(error, JB_ERROR_FAILED, "%s", text);
}

int trial_failed(struct trial *trial, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    set_text(trial->error, format, arguments);
    va_end(arguments);
    return JB_ERROR_FAILED;
}

int trial_absent(struct trial *trial, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    set_text(trial->error, format, arguments);
    va_end(arguments);
    trial->error->code = JB_ERROR_UNSUPPORTED;
    return JB_ERROR_UNSUPPORTED;
}

int trial_passed(struct trial *trial, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    set_text(trial->error, format, arguments);
    va_end(arguments);
    trial->error->code = JB_OK;
    return JB_OK;
}

int trial_write(struct trial *trial, const char *key, const char *text, struct store_condition condition,
                jb_object_info *info)
{
    jb_object_info own;
    if (key == NULL)
        return (int)trial->error->code;
    trial->needed = RIGHT_WRITE;
    return store_write(trial->store, trial->operation, trial->bucket, key, text, strlen(text), NULL, condition,
                       info != NULL ? info : &own, trial->error);
}

int trial_expect(struct trial *trial, const char *key, const char *text, jb_object_info *info)
{
    jb_object_info own, seen;
    struct buffer body;
    if (key == NULL)
        return (int)trial->error->code;
    info = info != NULL ? info : &own;
    trial->needed = RIGHT_READ;
    int code = store_stat(trial->store, trial->operation, trial->bucket, key, NULL, &seen, trial->error);
    if (code != JB_OK)
        return code;
    if (seen.bytes != strlen(text))
        return trial_failed(trial, "the store says that '%s' has %llu bytes instead of %zu", key,
                            (unsigned long long)seen.bytes, strlen(text));
    buffer_init(&body, strlen(text) + 4096);
    code = store_read(trial->store, trial->operation, trial->bucket, key, NULL, &body, info, trial->error);
    if (code == JB_OK && (body.size != strlen(text) || (body.size > 0 && memcmp(body.data, text, body.size) != 0)))
        code = trial_failed(trial, "the store gives other bytes than were written to '%s'", key);
    buffer_clean_up(&body);
    return code;
}

int trial_expect_missing(struct trial *trial, const char *key)
{
    jb_object_info info;
    jb_error error = JB_ERROR_INIT;
    if (key == NULL)
        return (int)trial->error->code;
    trial->needed = RIGHT_READ;
    int code = store_stat(trial->store, trial->operation, trial->bucket, key, NULL, &info, &error);
    if (code == JB_ERROR_NOT_FOUND)
        return JB_OK;
    return code == JB_OK ? trial_failed(trial, "the store has '%s', which should not be there", key)
                         : error_copy(trial->error, &error);
}

int trial_remove(struct trial *trial, const char *const *keys, size_t count)
{
    trial->needed = RIGHT_REMOVE;
    return jb_store_delete(trial->store, trial->operation, trial->bucket, keys, count, trial->error);
}

int trial_expect_conflict(struct trial *trial, int code, bool or_missing, const char *what)
{
    if (code == JB_ERROR_CONFLICT || (or_missing && code == JB_ERROR_NOT_FOUND))
        return JB_OK;
    if (code == JB_OK)
        return trial_failed(trial, "the store %s", what);
    /* A store that refuses conditions as such has them not, which is a failure: backups need them. */
    if (code == JB_ERROR_UNSUPPORTED)
        trial->error->code = JB_ERROR_FAILED;
    return (int)trial->error->code;
}

int trial_list(struct trial *trial, const char *below, const char *delimiter, bool versions, jb_object_fn each,
               void *context)
{
    char prefix[256];
    snprintf(prefix, sizeof prefix, "%s%s", trial->prefix, below);
    jb_list_options options = {.size = sizeof options, .prefix = prefix, .delimiter = delimiter, .versions = versions};
    trial->needed = RIGHT_LIST;
    return jb_store_list(trial->store, trial->operation, trial->bucket, &options, each, context, trial->error);
}

/* Transfers under way, and who waits for them. */
struct flight {
    struct event event;
    size_t under_way;
};

struct passenger {
    struct store_transfer transfer;
    struct flight *flight;
};

static void land(struct store_transfer *transfer)
{
    struct flight *flight = ((struct passenger *)transfer)->flight;
    event_lock(&flight->event);
    flight->under_way--;
    event_signal(&flight->event);
    event_unlock(&flight->event);
}

static void take_off(struct flight *flight, int change)
{
    event_lock(&flight->event);
    flight->under_way = (size_t)((long)flight->under_way + change);
    event_unlock(&flight->event);
}

static void wait_for_all(struct flight *flight)
{
    event_lock(&flight->event);
    while (flight->under_way > 0)
        event_wait(&flight->event);
    event_unlock(&flight->event);
}

int trial_range(struct trial *trial, const char *key, uint64_t offset, char *bytes, size_t count)
{
    struct flight flight = {.under_way = 1};
    struct passenger passenger = {
        .transfer = {.bytes = bytes, .count = count, .offset = offset, .done = land, .error = JB_ERROR_INIT},
        .flight = &flight};
    event_init(&flight.event);
    trial->needed = RIGHT_READ;
    int code = trial->store->driver->range(trial->store, trial->operation, trial->bucket, key, NULL,
                                           &passenger.transfer, trial->error);
    if (code == JB_OK) {
        wait_for_all(&flight);
        if (passenger.transfer.error.code != JB_OK)
            code = error_copy(trial->error, &passenger.transfer.error);
    }
    event_clean_up(&flight.event);
    return code;
}

void trial_fill(const struct trial_parts *parts, size_t number, char *bytes, size_t count)
{
    uint32_t state = (parts->seed * 977 + (uint32_t)number * 31 + 1) | 1;
    for (size_t i = 0; i < count; i++) {
        state = state * UINT32_C(1664525) + UINT32_C(1013904223);
        bytes[i] = (char)(state >> 24);
    }
}

static size_t part_size(const struct trial_parts *parts, size_t number)
{
    return number + 1 == parts->count ? parts->last_bytes : parts->bytes;
}

static int start_parts(struct trial *trial, const struct trial_parts *parts, struct store_upload *upload,
                       struct passenger *passengers, char *bytes, struct flight *flight)
{
    int code = JB_OK;
    for (size_t left = parts->count; code == JB_OK && left > 0; left--) {
        size_t number = left - 1;
        struct store_transfer *transfer = &passengers[number].transfer;
        *transfer = (struct store_transfer){.bytes = bytes + number * parts->bytes,
                                            .count = part_size(parts, number),
                                            .offset = (uint64_t)number * parts->bytes,
                                            .done = land,
                                            .error = JB_ERROR_INIT};
        passengers[number].flight = flight;
        trial_fill(parts, number, transfer->bytes, transfer->count);
        code = sha256_of(transfer->bytes, transfer->count, transfer->sha256, trial->error);
        if (code != JB_OK)
            break;
        take_off(flight, 1);
        code = trial->store->driver->upload_part(upload, (unsigned)number, transfer, trial->error);
        if (code != JB_OK)
            take_off(flight, -1);
    }
    return code;
}

static int send_parts(struct trial *trial, const struct trial_parts *parts, struct store_upload *upload)
{
    struct flight flight = {0};
    char *bytes = malloc(parts->count * parts->bytes);
    struct passenger *passengers = calloc(parts->count, sizeof *passengers);
    int code = bytes == NULL || passengers == NULL ? error_no_memory(trial->error) : JB_OK;
    event_init(&flight.event);
    if (code == JB_OK)
        code = start_parts(trial, parts, upload, passengers, bytes, &flight);
    wait_for_all(&flight);
    for (size_t i = 0; code == JB_OK && i < parts->count; i++)
        if (passengers[i].transfer.error.code != JB_OK)
            code = error_copy(trial->error, &passengers[i].transfer.error);
    event_clean_up(&flight.event);
    free(passengers);
    free(bytes);
    return code;
}

int trial_upload(struct trial *trial, const char *key, const struct trial_parts *parts, struct store_upload **upload)
{
    *upload = NULL;
    if (key == NULL)
        return (int)trial->error->code;
    trial->needed = RIGHT_WRITE;
    int code = store_upload_begin(trial->store, trial->operation, trial->bucket, key, upload, trial->error);
    if (code != JB_OK) {
        *upload = NULL;
        return code;
    }
    code = send_parts(trial, parts, *upload);
    if (code != JB_OK) {
        trial_abort(trial, *upload);
        *upload = NULL;
    }
    return code;
}

void trial_abort(struct trial *trial, struct store_upload *upload)
{
    if (upload != NULL)
        trial->store->driver->upload_abort(upload);
}

int trial_expect_parts(struct trial *trial, const char *key, const struct trial_parts *parts)
{
    char *wanted = malloc(parts->bytes), *got = malloc(parts->bytes);
    int code = wanted == NULL || got == NULL ? error_no_memory(trial->error) : JB_OK;
    for (size_t i = 0; code == JB_OK && i < parts->count; i++) {
        size_t count = part_size(parts, i);
        trial_fill(parts, i, wanted, count);
        code = trial_range(trial, key, (uint64_t)i * parts->bytes, got, count);
        if (code == JB_OK && memcmp(wanted, got, count) != 0)
            code = trial_failed(trial, "the store gives other bytes of '%s' than were sent in part %zu", key, i + 1);
    }
    free(wanted);
    free(got);
    return code;
}
